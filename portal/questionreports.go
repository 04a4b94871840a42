package portal

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/questions"
	"shuyuan/internal/fault"
	"shuyuan/internal/reports"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showReport is GET /datasets/{slug}/questions/{id}/report: the form that says
// what is wrong with a public question or its answer.
func (s *Server) showReport(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.reportPage(c, "", templates.Mistake{}, q.Get("done") != "")
}

func (s *Server) reportPage(c *fiber.Ctx, reason reports.Reason, wrong templates.Mistake, done bool) error {
	number, _, err := questionForm(c, "0")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.ReportPage{
		Frame: s.quietFrame(c, text.T(ctx, "举报")), Slug: c.Params("slug"), Reason: reason, Mistake: wrong, Done: done,
		Most: s.Accounts.Rate(questions.ReportBucket).Limit,
	}
	if p.Question, err = s.Questions.Public(ctx, actor(c), p.Slug, number); err != nil {
		return err
	}
	return s.page(c, templates.Report(p))
}

// report is POST /datasets/{slug}/questions/{id}/report.
func (s *Server) report(c *fiber.Ctx) error {
	f, err := form(c, "reason")
	if err != nil {
		return err
	}
	number, _, err := questionForm(c, "0")
	if err != nil {
		return err
	}
	slug, reason := c.Params("slug"), reports.Reason(f.Get("reason"))
	err = s.Questions.Report(c.UserContext(), actor(c), slug, number, reason)
	if wrong, ok := s.mistake(c, err); ok && fault.KindOf(err) != fault.Unauthenticated {
		return s.reportPage(c, reason, wrong, false)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/datasets/"+slug+"/questions/"+strconv.FormatInt(number, 10)+"/report?done=1")
}

// judgeQuestion is POST /desk/questions/{id}/judge: hides an answered question
// with a reason, dismisses what was reported of it, or shows it again.
func (s *Server) judgeQuestion(c *fiber.Ctx) error {
	f, err := form(c, "revision", "reason", "action")
	if err != nil {
		return err
	}
	number, revision, err := questionForm(c, f.Get("revision"))
	if err != nil {
		return err
	}
	action := questions.Action(f.Get("action"))
	if action != questions.Hide && action != questions.Keep && action != questions.Show {
		return malformed("action", "请求的格式不对。")
	}
	_, err = s.Questions.Judge(c.UserContext(), actor(c), number, action, f.Get("reason"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskQuestionPage(c, f.Get("reason"), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/questions?done=1")
}
