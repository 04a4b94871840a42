package portal

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/questions"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// answersShown is how many answers the page of an entry shows.
const answersShown = 5

// showQuestions is GET /datasets/{slug}/questions: every answer about an entry.
func (s *Server) showQuestions(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	d, err := s.Datasets.Dataset(ctx, actor(c), c.Params("slug"))
	if err != nil {
		return err
	}
	p := templates.QuestionsPage{Frame: s.frame(c, text.T(ctx, "问答：%s", text.Pick(ctx, d.Title, d.TitleEN)), ""), Dataset: d}
	if p.Items, err = s.Questions.Of(ctx, actor(c), d.Slug, 500); err != nil {
		return err
	}
	if p.Gone, err = s.Questions.Gone(ctx, actor(c), d.Slug); err != nil {
		return err
	}
	return s.page(c, templates.Questions(p))
}

// showAsk is GET /datasets/{slug}/ask: the form for a question.
func (s *Server) showAsk(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.askPage(c, "", "", templates.Mistake{})
}

func (s *Server) askPage(c *fiber.Ctx, asker, body string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	d, err := s.Datasets.Dataset(ctx, actor(c), c.Params("slug"))
	if err != nil {
		return err
	}
	p := templates.AskPage{Frame: s.quietFrame(c, text.T(ctx, "提问：%s", text.Pick(ctx, d.Title, d.TitleEN))), Dataset: d, Asker: asker, Body: body, Days: s.Questions.Days(d), Mistake: wrong}
	return s.page(c, templates.Ask(p))
}

// ask is POST /datasets/{slug}/ask.
func (s *Server) ask(c *fiber.Ctx) error {
	f, err := form(c, "asker", "body", templates.TrapName)
	if err != nil {
		return err
	}
	ctx, who, slug := c.UserContext(), actor(c), c.Params("slug")
	if f.Get(templates.TrapName) != "" {
		if err = s.Questions.Waste(ctx, who, slug, f.Get("asker"), f.Get("body")); err == nil {
			trapped.Inc()
		}
	} else {
		_, err = s.Questions.Ask(ctx, who, slug, f.Get("asker"), f.Get("body"))
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.askPage(c, f.Get("asker"), f.Get("body"), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/questions?done=asked")
}

// showOwnQuestions is GET /account/questions.
func (s *Server) showOwnQuestions(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.OwnQuestionsPage{Frame: s.quietFrame(c, text.T(ctx, "我的提问"))}
	if q.Get("done") == "asked" {
		p.Done = text.T(ctx, "已送给部门，答复了会写信告诉您。")
	}
	if p.Items, err = s.Questions.Asked(ctx, actor(c)); err != nil {
		return err
	}
	return s.page(c, templates.OwnQuestions(p))
}

// takeBackQuestion is POST /account/questions/{id}/take-back.
func (s *Server) takeBackQuestion(c *fiber.Ctx) error {
	f, err := form(c, "revision")
	if err != nil {
		return err
	}
	number, revision, err := questionForm(c, f.Get("revision"))
	if err != nil {
		return err
	}
	if _, err := s.Questions.Move(c.UserContext(), actor(c), number, questions.TakeBack, "", revision); err != nil {
		return err
	}
	return seeOther(c, "/account/questions")
}

// questionForm reads which question a form is about, and which revision of it.
func questionForm(c *fiber.Ctx, revision string) (number int64, at int, err error) {
	number, err = strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || number < 1 {
		return 0, 0, fault.New(fault.NotFound, "没有这个问题。")
	}
	if at, err = strconv.Atoi(revision); err != nil {
		return 0, 0, malformed("revision", "请求的格式不对。")
	}
	return number, at, nil
}

// showDeskQuestions is GET /desk/questions: what a department is asked.
func (s *Server) showDeskQuestions(c *fiber.Ctx) error {
	q, err := query(c, "all", "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.DeskQuestionsPage{Frame: s.quietFrame(c, text.T(ctx, "问答")), All: q.Get("all") != ""}
	if q.Get("done") != "" {
		p.Done = text.T(ctx, "已记下。")
	}
	if p.Items, err = s.Questions.Department(ctx, actor(c), p.All); err != nil {
		return err
	}
	return s.page(c, templates.DeskQuestions(p))
}

// showDeskQuestion is GET /desk/questions/{id}.
func (s *Server) showDeskQuestion(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.deskQuestionPage(c, "", templates.Mistake{})
}

func (s *Server) deskQuestionPage(c *fiber.Ctx, answer string, wrong templates.Mistake) error {
	number, _, err := questionForm(c, "0")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.DeskQuestionPage{Frame: s.quietFrame(c, text.T(ctx, "问答")), Answer: answer, Mistake: wrong}
	if p.Question, err = s.Questions.One(ctx, actor(c), number); err != nil {
		return err
	}
	if p.Reports, err = s.Questions.Reports(ctx, actor(c), number); err != nil {
		return err
	}
	return s.page(c, templates.DeskQuestion(p))
}

// answerQuestion is POST /desk/questions/{id}.
func (s *Server) answerQuestion(c *fiber.Ctx) error {
	f, err := form(c, "revision", "answer", "action")
	if err != nil {
		return err
	}
	number, revision, err := questionForm(c, f.Get("revision"))
	if err != nil {
		return err
	}
	action := questions.Action(f.Get("action"))
	if action != questions.Answer && action != questions.Decline {
		return malformed("action", "请求的格式不对。")
	}
	_, err = s.Questions.Move(c.UserContext(), actor(c), number, action, f.Get("answer"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskQuestionPage(c, f.Get("answer"), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/questions?done=1")
}

// answersOf are the newest answers about an entry that is public, and what was
// hidden of them; none where nobody can ask.
func (s *Server) answersOf(c *fiber.Ctx, d *datasets.Dataset) (list, gone []questions.Question, err error) {
	if s.Questions == nil || d.Status != datasets.Published {
		return nil, nil, nil
	}
	if list, err = s.Questions.Of(c.UserContext(), actor(c), d.Slug, answersShown); err != nil {
		return nil, nil, err
	}
	gone, err = s.Questions.Gone(c.UserContext(), actor(c), d.Slug)
	return list, gone, err
}
