package portal

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// who looks after workspaces, and who judges what leaves them
var (
	overseers = []account.Role{account.Operator, account.Authority, account.Regulator}
	judges    = []account.Role{account.Operator, account.Authority}
	freezers  = []account.Role{account.Operator, account.Regulator}
)

// showDeskWorkspaces is GET /desk/workspaces.
func (s *Server) showDeskWorkspaces(c *fiber.Ctx) error {
	f, asked, err := caseFilter(c, "/desk/workspaces")
	if err != nil {
		return err
	}
	p := templates.DeskWorkspacesPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "开发空间")), CaseFilter: f}
	p.Wide = true
	if p.Items, err = s.Workspaces.AtDesk(c.UserContext(), actor(c), asked.All, asked.Before, asked.Limit); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(w workspace.Looked) int64 { return w.ID }, nextHref(f))
	return s.page(c, templates.DeskWorkspaces(p))
}

// showDeskWorkspace is GET /desk/workspaces/{number}.
func (s *Server) showDeskWorkspace(c *fiber.Ctx) error {
	return s.deskWorkspacePage(c, templates.DeskWorkspacePage{})
}

func (s *Server) deskWorkspacePage(c *fiber.Ctx, p templates.DeskWorkspacePage) (err error) {
	if p.Space, err = s.Workspaces.Workspace(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Book = s.quietFrame(c, p.Space.Number), s.Policy
	p.Why = s.whyNot(c, p.Space.Why)
	return s.page(c, templates.DeskWorkspace(p))
}

// moveDeskWorkspace is POST /desk/workspaces/{number}: freeze it, lift that, close it.
func (s *Server) moveDeskWorkspace(c *fiber.Ctx) error {
	f, err := form(c, "action", "reason", "revision")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	_, err = s.Workspaces.Move(c.UserContext(), actor(c), c.Params("number"), workspace.Step{Action: workspace.Action(f.Get("action")), Words: f.Get("reason"), Revision: revision})
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskWorkspacePage(c, templates.DeskWorkspacePage{Mistake: wrong, Reason: f.Get("reason")})
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path())
}

// moveDeskAlgorithm is POST /desk/workspaces/{number}/algorithms/{algorithm}.
func (s *Server) moveDeskAlgorithm(c *fiber.Ctx) error {
	f, err := form(c, "action", "words", "revision")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	_, err = s.Workspaces.MoveAlgorithm(c.UserContext(), actor(c), c.Params("number"), c.Params("algorithm"), workspace.AlgorithmAction(f.Get("action")), f.Get("words"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskWorkspacePage(c, templates.DeskWorkspacePage{Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/workspaces/"+c.Params("number"))
}

// showOutputs is GET /desk/outputs.
func (s *Server) showOutputs(c *fiber.Ctx) error {
	f, asked, err := caseFilter(c, "/desk/outputs")
	if err != nil {
		return err
	}
	p := templates.OutputsPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "结果审核")), CaseFilter: f}
	p.Wide = true
	if p.Items, err = s.Workspaces.Reviews(c.UserContext(), actor(c), asked.All, asked.Before, asked.Limit); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(r workspace.Review) int64 { return r.ID }, nextHref(f))
	return s.page(c, templates.Outputs(p))
}

// showOutput is GET /desk/outputs/{review}.
func (s *Server) showOutput(c *fiber.Ctx) error { return s.outputPage(c, templates.OutputPage{}) }

func (s *Server) outputPage(c *fiber.Ctx, p templates.OutputPage) (err error) {
	if p.Case, err = s.Workspaces.Review(c.UserContext(), actor(c), c.Params("review")); err != nil {
		return err
	}
	developer := p.Case.Party.Side == workspace.OfDeveloper
	if p.Own && (!developer || p.Case.Review.Workspace != c.Params("number")) || !p.Own && developer {
		return fault.New(fault.NotFound, "没有这件结果审核。")
	}
	p.Frame, p.Book = s.quietFrame(c, p.Case.Number), s.Policy
	p.Why = s.whyNot(c, p.Case.Why)
	p.Wide = true
	if p.Case.State == workspace.AutoCheck || p.Case.State == workspace.WithChanges {
		p.Refresh = 3
	}
	return s.page(c, templates.Output(p))
}

// moveOutput is POST /desk/outputs/{review}.
func (s *Server) moveOutput(c *fiber.Ctx) error {
	f, err := form(c, "action", "words", "drop*", "round", "revision")
	if err != nil {
		return err
	}
	step := workspace.ReviewStep{Action: workspace.ReviewAction(f.Get("action")), Words: f.Get("words"), Want: workspace.Wanted{Drop: f["drop"]}}
	step.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	if raw := f.Get("round"); raw != "" {
		if step.Want.Round, err = strconv.Atoi(raw); err != nil {
			step.Want.Round = -1 // refused with the others that are none
		}
	}
	_, err = s.Workspaces.MoveReview(c.UserContext(), actor(c), c.Params("review"), step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.outputPage(c, templates.OutputPage{Mistake: wrong, Words: step.Words, Drop: step.Want.Drop, Round: f.Get("round")})
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path())
}
