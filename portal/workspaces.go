package portal

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/workspace"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showWorkspaces is GET /workspaces.
func (s *Server) showWorkspaces(c *fiber.Ctx) error { return s.workspacesPage(c, templates.Mistake{}) }

func (s *Server) workspacesPage(c *fiber.Ctx, wrong templates.Mistake) (err error) {
	ctx, who := c.UserContext(), actor(c)
	p := templates.WorkspacesPage{Frame: s.quietFrame(c, text.T(ctx, "安全开发空间")), Mistake: wrong}
	if p.Items, err = s.Workspaces.Mine(ctx, who); err != nil {
		return err
	}
	if p.Openable, err = s.Workspaces.Openable(ctx, who); err != nil {
		return err
	}
	return s.page(c, templates.Workspaces(p))
}

// openWorkspace is POST /workspaces.
func (s *Server) openWorkspace(c *fiber.Ctx) error {
	f, err := form(c, "scenario")
	if err != nil {
		return err
	}
	w, err := s.Workspaces.Open(c.UserContext(), actor(c), f.Get("scenario"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.workspacesPage(c, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, w.Path())
}

// showWorkspace is GET /workspaces/{number}: job names the one whose result is
// shown, program what the editor holds.
func (s *Server) showWorkspace(c *fiber.Ctx) error {
	q, err := query(c, "job", "program", "version", "done")
	if err != nil {
		return err
	}
	p := templates.WorkspacePage{}
	switch q.Get("done") {
	case "saved":
		p.Done = text.T(c.UserContext(), "程序已经保存。")
	case "cancelled":
		p.Done = text.T(c.UserContext(), "作业已经取消，正在运行的随即停下。")
	case "closed":
		p.Done = text.T(c.UserContext(), "空间正在关闭，销毁以后在这一页给出证明。")
	case "1":
		p.Done = text.T(c.UserContext(), "已记下。")
	}
	if name := q.Get("program"); name != "" {
		version, _ := strconv.Atoi(q.Get("version")) // none is the last
		saved, err := s.Workspaces.Program(c.UserContext(), actor(c), c.Params("number"), name, version)
		if err != nil {
			return err
		}
		p.Form = templates.ProgramForm{Name: saved.Name, SQL: saved.SQL, Parameters: saved.Parameters, Version: saved.Version}
	}
	return s.workspacePage(c, p, q.Get("job"))
}

func (s *Server) workspacePage(c *fiber.Ctx, p templates.WorkspacePage, job string) (err error) {
	ctx, who := c.UserContext(), actor(c)
	if p.Space, err = s.Workspaces.Workspace(ctx, who, c.Params("number")); err != nil {
		return err
	}
	if p.Space.Party.Side != workspace.OfDeveloper {
		return seeOther(c, p.Space.Desk())
	}
	if job == "" && len(p.Space.Jobs) > 0 {
		job = p.Space.Jobs[0].Number
	}
	if job != "" {
		if p.Job, err = s.Workspaces.Job(ctx, who, p.Space.Number, job); err != nil {
			return err
		}
		if p.Form.SQL == "" && p.Form.Name == "" && p.Mistake.Sentence == "" {
			p.Form = templates.ProgramForm{Name: p.Job.Name, SQL: p.Job.SQL, Parameters: templates.ParameterLines(p.Job.Parameters, p.Job.Given)}
		}
		if p.Job.Review != nil {
			if p.Review, err = s.Workspaces.Review(ctx, who, p.Job.Review.Number); err != nil {
				return err
			}
		}
	}
	if p.Form.SQL == "" && p.Mistake.Sentence == "" {
		p.Form.SQL = p.Space.First()
	}
	p.Frame, p.Book = s.quietFrame(c, p.Space.Scenario.Title), s.Policy
	p.Wide = true
	p.Why = s.whyNot(c, p.Space.Why)
	if p.Waits() {
		p.Refresh = 3
	}
	return s.page(c, templates.Workspace(p))
}

// whyNot is what an error tells a person; empty where there is none.
func (s *Server) whyNot(c *fiber.Ctx, err error) string {
	if err == nil {
		return ""
	}
	return Sentence(c.UserContext(), fault.Of(err))
}

// runProgram is POST /workspaces/{number}: runs what the editor holds, tries it on
// samples, or saves it.
func (s *Server) runProgram(c *fiber.Ctx) error {
	f, err := form(c, "name", "sql", "parameters", "action", "sent")
	if err != nil {
		return err
	}
	ctx, who, number := c.UserContext(), actor(c), c.Params("number")
	typed := templates.ProgramForm{Name: f.Get("name"), SQL: f.Get("sql"), Parameters: f.Get("parameters")}
	again := func(err error) error {
		if wrong, ok := s.mistake(c, err); ok {
			return s.workspacePage(c, templates.WorkspacePage{Form: typed, Mistake: wrong}, "")
		}
		return err
	}
	if f.Get("action") == "save" {
		saved, err := s.Workspaces.SaveProgram(ctx, who, number, typed.Name, typed.SQL, typed.Parameters)
		if err != nil {
			return again(err)
		}
		return seeOther(c, "/workspaces/"+number+"?done=saved&program="+url.QueryEscape(saved.Name))
	}
	n := workspace.NewJob{Kind: workspace.OfSQL, Name: typed.Name, SQL: typed.SQL, Sent: sent(c, f)}
	if f.Get("action") == "sample" {
		n.Kind = workspace.OfSample
	}
	if n.Parameters, n.Given, err = workspace.ReadParameters(typed.Parameters); err != nil {
		return again(err)
	}
	j, err := s.Workspaces.Ask(ctx, who, number, n)
	if err != nil {
		return again(err)
	}
	return seeOther(c, "/workspaces/"+number+"?job="+j.Number+"#jobs")
}

// showWorkspaceJob is GET /workspaces/{number}/jobs/{job}: with its log.
func (s *Server) showWorkspaceJob(c *fiber.Ctx) error {
	return s.workspaceJobPage(c, templates.WorkspaceJobPage{})
}

func (s *Server) workspaceJobPage(c *fiber.Ctx, p templates.WorkspaceJobPage) (err error) {
	if p.Job, err = s.Workspaces.Job(c.UserContext(), actor(c), c.Params("number"), c.Params("job")); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, p.Job.Number)
	p.Why = s.whyNot(c, p.Job.Why)
	if p.Job.State.Open() {
		p.Refresh = 3
	}
	return s.page(c, templates.WorkspaceJob(p))
}

// workspaceJobState is GET /workspaces/{number}/jobs/{job}/state, for the script of
// the page: how far it is.
func (s *Server) workspaceJobState(c *fiber.Ctx) error {
	j, err := s.Workspaces.Job(c.UserContext(), actor(c), c.Params("number"), c.Params("job"))
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"open": j.State.Open(), "state": j.State, "says": templates.JobStateName(c.UserContext(), j.State), "percent": int(j.Percent)})
}

// moveWorkspaceJob is POST /workspaces/{number}/jobs/{job}: cancel it, ask for its
// result, or have its program registered.
func (s *Server) moveWorkspaceJob(c *fiber.Ctx) error {
	f, err := form(c, "action", "title", "purpose")
	if err != nil {
		return err
	}
	ctx, who, number, job := c.UserContext(), actor(c), c.Params("number"), c.Params("job")
	at := "/workspaces/" + number + "?job=" + job + "&done=1"
	switch f.Get("action") {
	case "cancel":
		at = "/workspaces/" + number + "?job=" + job + "&done=cancelled"
		err = s.Workspaces.Cancel(ctx, who, number, job)
	case "release":
		_, err = s.Workspaces.AskRelease(ctx, who, number, workspace.NewReview{Job: job, Title: f.Get("title"), Purpose: f.Get("purpose")})
	case "register":
		_, err = s.Workspaces.ProposeAlgorithm(ctx, who, number, job, f.Get("title"))
	default:
		err = malformed("action", "没有这个动作。")
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.workspaceJobPage(c, templates.WorkspaceJobPage{Mistake: wrong, Action: f.Get("action"), Title: f.Get("title"), Purpose: f.Get("purpose")})
	}
	if err != nil {
		return err
	}
	return seeOther(c, at)
}

// runAlgorithm is POST /workspaces/{number}/algorithms/{algorithm}: run it, or take
// it back.
func (s *Server) runAlgorithm(c *fiber.Ctx) error {
	f, err := form(c, "action", "parameters", "revision", "sent")
	if err != nil {
		return err
	}
	ctx, who, number, algorithm := c.UserContext(), actor(c), c.Params("number"), c.Params("algorithm")
	if f.Get("action") == "withdraw" {
		revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
		_, err = s.Workspaces.MoveAlgorithm(ctx, who, number, algorithm, workspace.TakeBack, "", revision)
	} else {
		n := workspace.NewJob{Kind: workspace.OfAlgorithm, Algorithm: algorithm, Sent: sent(c, f)}
		if _, n.Given, err = workspace.ReadParameters(f.Get("parameters")); err == nil {
			_, err = s.Workspaces.Ask(ctx, who, number, n)
		}
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.workspacePage(c, templates.WorkspacePage{Mistake: wrong}, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/workspaces/"+number+"#jobs")
}

// takeMount is POST /workspaces/{number}/mounts/{mount}: the newer version.
func (s *Server) takeMount(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Params("mount"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "没有这份挂载。")
	}
	err = s.Workspaces.TakeNewer(c.UserContext(), actor(c), c.Params("number"), id)
	if wrong, ok := s.mistake(c, err); ok {
		return s.workspacePage(c, templates.WorkspacePage{Mistake: wrong}, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/workspaces/"+c.Params("number")+"?done=1#mounts")
}

// setWorkspaceMember is POST /workspaces/{number}/members.
func (s *Server) setWorkspaceMember(c *fiber.Ctx) error {
	f, err := form(c, "user", "programs", "asks")
	if err != nil {
		return err
	}
	user, _ := strconv.ParseInt(f.Get("user"), 10, 64) // nobody is none of them
	err = s.Workspaces.SetMember(c.UserContext(), actor(c), c.Params("number"), user, f.Get("programs") != "", f.Get("asks") != "")
	if wrong, ok := s.mistake(c, err); ok {
		return s.workspacePage(c, templates.WorkspacePage{Mistake: wrong}, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/workspaces/"+c.Params("number")+"?done=1#members")
}

// closeWorkspace is POST /workspaces/{number}/close.
func (s *Server) closeWorkspace(c *fiber.Ctx) error {
	f, err := form(c, "reason", "revision")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	_, err = s.Workspaces.Move(c.UserContext(), actor(c), c.Params("number"), workspace.Step{Action: workspace.Close, Words: f.Get("reason"), Revision: revision})
	if wrong, ok := s.mistake(c, err); ok {
		return s.workspacePage(c, templates.WorkspacePage{Mistake: wrong, Reason: f.Get("reason")}, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/workspaces/"+c.Params("number")+"?done=closed")
}

// showOwnReview is GET /workspaces/{number}/reviews/{review}.
func (s *Server) showOwnReview(c *fiber.Ctx) error {
	return s.outputPage(c, templates.OutputPage{Own: true})
}

// withdrawReview is POST /workspaces/{number}/reviews/{review}.
func (s *Server) withdrawReview(c *fiber.Ctx) error {
	f, err := form(c, "revision")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	_, err = s.Workspaces.MoveReview(c.UserContext(), actor(c), c.Params("review"), workspace.ReviewStep{Action: workspace.Withdraw, Revision: revision})
	if wrong, ok := s.mistake(c, err); ok {
		return s.outputPage(c, templates.OutputPage{Own: true, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path())
}

// downloadRelease is GET /workspaces/{number}/releases/{file}: the one way on which
// anything of a result leaves.
func (s *Server) downloadRelease(c *fiber.Ctx) error {
	name, kind, _ := strings.Cut(c.Params("file"), ".")
	b, err := s.Workspaces.Download(c.UserContext(), actor(c), c.Params("number"), name, kind)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, b.Media)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+b.Name+`"`)
	c.Set(fiber.HeaderETag, `"`+b.SHA256+`"`)
	return c.Send(b.Bytes)
}

// downloadUsage is GET /workspaces/{number}/usage/{month}.csv: everything that was
// measured in a month, for whoever works there and for who looks after it.
func (s *Server) downloadUsage(c *fiber.Ctx) error {
	name, ok := strings.CutSuffix(c.Params("file"), ".csv")
	at, err := time.ParseInLocation("2006-01", name, workdays.Zone)
	if err != nil || !ok {
		return fault.New(fault.NotFound, "没有这个月的用量。")
	}
	sheet, err := s.Workspaces.UsageOf(c.UserContext(), actor(c), c.Params("number"), at)
	if err != nil {
		return err
	}
	body, err := sheet.CSV()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+sheet.Name()+`"`)
	return c.Send(body)
}

// showDestroyed is GET /workspaces/{number}/destruction.
func (s *Server) showDestroyed(c *fiber.Ctx) error {
	v, err := s.Workspaces.Workspace(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	if v.Certificate == nil {
		return fault.New(fault.NotFound, "这个空间还没有销毁。")
	}
	return s.page(c, templates.WorkspaceDestroyed(templates.DestroyedPage{Frame: s.quietFrame(c, v.Certificate.Number), Space: v}))
}
