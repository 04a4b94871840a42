package portal

import (
	"context"
	"io"

	"github.com/gofiber/fiber/v2"

	"shuyuan/licensing/papers"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showOrderPapers is GET /desk/orders/{number}/papers: the files that are handed in
// with what the department answers.
func (s *Server) showOrderPapers(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := map[string]string{"added": "文件已上传。", "removed": "文件已移除。"}[q.Get("done")]
	return s.orderPapersPage(c, said, templates.Mistake{})
}

func (s *Server) orderPapersPage(c *fiber.Ctx, said string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	v, err := s.Supervision.Order(ctx, actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	at := "/desk/orders/" + v.Number
	switch {
	case !v.Prepares && wrong.Sentence != "":
		return s.orderPage(c, templates.OrderPage{Mistake: wrong})
	case !v.Prepares:
		return seeOther(c, at)
	}
	p := templates.OrderPapersPage{
		Frame: s.quietFrame(c, text.T(ctx, "证据的文件")+" "+v.Number), Case: v,
		Papers: templates.PaperSet{Action: at + "/papers", Papers: v.PapersOf(v.Side), Rules: s.Supervision.PaperRules(), Mistake: wrong},
	}
	if said != "" {
		p.Done = text.T(ctx, said)
	}
	return s.page(c, templates.OrderPapers(p))
}

// addOrderPapers is POST /desk/orders/{number}/papers.
func (s *Server) addOrderPapers(c *fiber.Ctx) error {
	number, who := c.Params("number"), actor(c)
	if _, err := s.Supervision.Order(c.UserContext(), who, number); err != nil {
		return err
	}
	_, _, err := s.takePapers(c, s.Supervision.PaperRules().Files, func(ctx context.Context, n papers.New, r io.Reader) error {
		_, err := s.Supervision.AddOrderPaper(ctx, who, number, n, r)
		return err
	})
	if wrong, ok := s.mistake(c, err); ok {
		return s.orderPapersPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=added")
}

// removeOrderPaper is POST /desk/orders/{number}/papers/{paper}/remove.
func (s *Server) removeOrderPaper(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	number := c.Params("number")
	err := s.Supervision.RemoveOrderPaper(c.UserContext(), actor(c), number, c.Params("paper"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.orderPapersPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/orders/"+number+"/papers?done=removed")
}

// readOrderPaper is GET /desk/orders/{number}/papers/{paper}.
func (s *Server) readOrderPaper(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	p, raw, err := s.Supervision.ReadOrderPaper(c.UserContext(), actor(c), c.Params("number"), c.Params("paper"))
	if err != nil {
		return err
	}
	return sendKept(c, p.Media, p.Name, raw)
}
