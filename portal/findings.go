package portal

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showFindings lists what the officers of a department must decide about.
func (s *Server) showFindings(c *fiber.Ctx) error {
	ctx := c.UserContext()
	q, err := query(c, "all", "done")
	if err != nil {
		return err
	}
	p := templates.FindingsPage{Frame: s.frame(c, text.T(ctx, "个人信息和隐患"), ""), Open: q.Get("all") == ""}
	p.NoIndex = true
	if q.Get("done") != "" {
		p.Done = text.T(ctx, "已记下您的决定。")
	}
	if p.Items, err = s.Datasets.Findings(ctx, actor(c), datasets.FindingFilter{Open: p.Open}); err != nil {
		return err
	}
	return s.page(c, templates.Findings(p))
}

// showFinding is one finding.
func (s *Server) showFinding(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.findingPage(c, "", templates.Mistake{})
}

func (s *Server) findingPage(c *fiber.Ctx, reason string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	id, err := findingID(c)
	if err != nil {
		return err
	}
	p := templates.FindingPage{Frame: s.frame(c, text.T(ctx, "个人信息和隐患"), ""), Reason: reason, Mistake: wrong}
	p.NoIndex = true
	if p.Finding, err = s.Datasets.Finding(ctx, actor(c), id); err != nil {
		return err
	}
	return s.page(c, templates.Finding(p))
}

func findingID(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "没有这一条发现。")
	}
	return id, nil
}

// decideFinding records a decision.
func (s *Server) decideFinding(c *fiber.Ctx) error {
	f, err := form(c, "state", "reason")
	if err != nil {
		return err
	}
	id, err := findingID(c)
	if err != nil {
		return err
	}
	err = s.Datasets.DecideFinding(c.UserContext(), actor(c), id, datasets.FindingState(f.Get("state")), f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.findingPage(c, f.Get("reason"), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/findings?done=1")
}
