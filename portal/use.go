package portal

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/use"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// What follows a grant: reports of use, destruction at the end, audits.

// usesFollowed are the roles that see it at the desk, useDrawers those that draw samples.
var (
	usesFollowed = []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}
	useDrawers   = []account.Role{account.Authority, account.Regulator}
)

// useNumber reads a number of an address; one that is none leads nowhere.
func useNumber(c *fiber.Ctx, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != c.Params(name) { // +1 and 01 are no second addresses
		return 0, fault.New(fault.NotFound, "没有这一件。")
	}
	return n, nil
}

// doneIn reads whether the address says that something was just done.
func doneIn(c *fiber.Ctx) (bool, error) {
	q, err := query(c, "done")
	if err != nil {
		return false, err
	}
	return q.Get("done") != "", nil
}

// showUseReport is GET /grants/{number}/reports/{period}.
func (s *Server) showUseReport(c *fiber.Ctx) error {
	done, err := doneIn(c)
	if err != nil {
		return err
	}
	return s.useReportPage(c, nil, "", done, templates.Mistake{})
}

func (s *Server) useReportPage(c *fiber.Ctx, typed *use.Content, missing string, done bool, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	p := templates.UseReportPage{Missing: missing, Done: done, Mistake: wrong}
	var err error
	if grant := c.Params("number"); grant != "" {
		var n int64
		if n, err = useNumber(c, "period"); err != nil {
			return err
		}
		p.ReportPage, err = s.Use.Report(ctx, who, grant, int(min(n, 1_000_000)))
	} else {
		var id int64
		if id, err = useNumber(c, "id"); err != nil {
			return err
		}
		p.ReportPage, err = s.Use.DeskReport(ctx, who, id)
	}
	if err != nil {
		return err
	}
	p.Typed = p.Content
	if typed != nil {
		p.Typed = *typed
	}
	p.Frame = s.quietFrame(c, text.T(ctx, "第 %d 期使用报告", p.Report.Number))
	return s.page(c, templates.UseReport(p))
}

// fileUseReport is POST /grants/{number}/reports/{period}.
func (s *Server) fileUseReport(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "used", "results", "access", "security", "problems", "personal", "personal_how", "onward", "onward_how", "shown")
	if err != nil {
		return err
	}
	n, err := useNumber(c, "period")
	if err != nil {
		return err
	}
	content := use.Content{Used: f.Get("used"), Results: f.Get("results"), Access: f.Get("access"), Security: f.Get("security"), Problems: f.Get("problems"),
		Personal: f.Get("personal"), PersonalHow: f.Get("personal_how"), Onward: f.Get("onward"), OnwardHow: f.Get("onward_how"), Shown: f.Get("shown")}
	r, err := s.Use.File(c.UserContext(), actor(c), c.Params("number"), int(min(n, 1_000_000)), content, revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.useReportPage(c, &content, "", false, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, r.Path()+"?done=1")
}

// readUseReport is POST /desk/use/reports/{id}.
func (s *Server) readUseReport(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "missing")
	if err != nil {
		return err
	}
	id, err := useNumber(c, "id")
	if err != nil {
		return err
	}
	action := use.ReportAction(f.Get("action"))
	if action != use.AcceptReport && action != use.ReturnReport {
		return malformed("action", "请求的格式不对。")
	}
	r, err := s.Use.Read(c.UserContext(), actor(c), id, action, f.Get("missing"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.useReportPage(c, nil, f.Get("missing"), false, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, r.Desk()+"?done=1")
}

// showDestruction is GET /grants/{number}/destruction, and GET /desk/use/destructions/{id}.
func (s *Server) showDestruction(c *fiber.Ctx) error {
	done, err := doneIn(c)
	if err != nil {
		return err
	}
	return s.destructionPage(c, templates.UseDestructionPage{Done: done})
}

func (s *Server) readDestruction(c *fiber.Ctx) (*use.DestructionPage, error) {
	if grant := c.Params("number"); grant != "" {
		return s.Use.Destruction(c.UserContext(), actor(c), grant)
	}
	id, err := useNumber(c, "id")
	if err != nil {
		return nil, err
	}
	return s.Use.DeskDestruction(c.UserContext(), actor(c), id)
}

func (s *Server) destructionPage(c *fiber.Ctx, p templates.UseDestructionPage) (err error) {
	if p.DestructionPage, err = s.readDestruction(c); err != nil {
		return err
	}
	p.Book = s.Policy
	if p.Typed == (use.Statement{}) && p.Mistake == (templates.Mistake{}) {
		if p.Typed = p.Statement; !p.Typed.DestroyedOn.IsZero() {
			p.On = p.Typed.DestroyedOn.Format(time.DateOnly)
		}
	}
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "到期销毁"))
	return s.page(c, templates.UseDestruction(p))
}

// showCertificate is GET …/certificate of either.
func (s *Server) showCertificate(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	found, err := s.readDestruction(c)
	if err != nil {
		return err
	}
	if found.SHA256 == "" || found.Waits() {
		return fault.New(fault.NotFound, "还没有销毁证明。")
	}
	return s.page(c, templates.Certificate(templates.UseDestructionPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "销毁证明 %s", found.Number)), DestructionPage: found}))
}

// certifyDestruction is POST /grants/{number}/destruction: the certificate, or a
// reason for none.
func (s *Server) certifyDestruction(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "method", "destroyer", "destroyed_on", "supervisor", "copies", "true", "ground", "ground_words")
	if err != nil {
		return err
	}
	ctx, who, grant := c.UserContext(), actor(c), c.Params("number")
	p := templates.UseDestructionPage{On: f.Get("destroyed_on"), Ground: f.Get("ground"), Why: f.Get("ground_words")}
	p.Typed = use.Statement{Method: f.Get("method"), Destroyer: f.Get("destroyer"), Supervisor: f.Get("supervisor"), Copies: f.Get("copies"), True: f.Get("true") == "1"}
	if on, err := time.ParseInLocation(time.DateOnly, p.On, workdays.Zone); err == nil { // what is no day is none
		p.Typed.DestroyedOn = on
	}
	var d *use.Destruction
	switch use.DestructionAction(f.Get("action")) {
	case use.Certify:
		d, err = s.Use.Certify(ctx, who, grant, p.Typed, revision)
	case use.Claim:
		d, err = s.Use.Claim(ctx, who, grant, p.Ground, p.Why, revision)
	default:
		return malformed("action", "请求的格式不对。")
	}
	wrong, ok := s.mistake(c, err)
	if ok {
		p.Mistake = wrong
		return s.destructionPage(c, p)
	}
	if err != nil {
		return err
	}
	return seeOther(c, d.Path()+"?done=1")
}

// judgeDestruction is POST /desk/use/destructions/{id}.
func (s *Server) judgeDestruction(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "words")
	if err != nil {
		return err
	}
	id, err := useNumber(c, "id")
	if err != nil {
		return err
	}
	action := use.DestructionAction(f.Get("action"))
	switch action {
	case use.Confirm, use.FindWanting, use.Excuse, use.Deny, use.WriteOff:
	default:
		return malformed("action", "请求的格式不对。")
	}
	d, err := s.Use.Judge(c.UserContext(), actor(c), id, action, f.Get("words"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.destructionPage(c, templates.UseDestructionPage{Words: f.Get("words"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, d.Desk()+"?done=1")
}

// showUseAudit is GET /grants/{number}/audits/{id}, and GET /desk/use/audits/{id}.
func (s *Server) showUseAudit(c *fiber.Ctx) error {
	done, err := doneIn(c)
	if err != nil {
		return err
	}
	return s.useAuditPage(c, use.AuditStep{}, done, templates.Mistake{})
}

func (s *Server) useAuditPage(c *fiber.Ctx, typed use.AuditStep, done bool, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	id, err := useNumber(c, "id")
	if err != nil {
		return err
	}
	p := templates.UseAuditPage{Typed: typed, Done: done, Mistake: wrong}
	if grant := c.Params("number"); grant != "" {
		p.AuditPage, err = s.Use.Audit(ctx, who, grant, id)
	} else {
		p.AuditPage, err = s.Use.DeskAudit(ctx, who, id)
	}
	if err != nil {
		return err
	}
	p.Profile, p.Named = s.Use.Violations(&p.Audit)
	p.Frame = s.quietFrame(c, text.T(ctx, "抽查 %s", p.Draw.Number))
	return s.page(c, templates.UseAudit(p))
}

// answerUseAudit is POST /grants/{number}/audits/{id}.
func (s *Server) answerUseAudit(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "answer")
	if err != nil {
		return err
	}
	return s.movedUseAudit(c, use.AuditStep{Action: use.Answer, Words: f.Get("answer"), Revision: revision})
}

// findUseAudit is POST /desk/use/audits/{id}.
func (s *Server) findUseAudit(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "action", "words", "violation", "closing")
	if err != nil {
		return err
	}
	step := use.AuditStep{Action: use.AuditAction(f.Get("action")), Words: f.Get("words"), Violation: f.Get("violation"), Revision: revision}
	switch step.Action {
	case use.FindInOrder, use.FindFault:
	case use.CloseAudit:
		step.Words = f.Get("closing")
	default:
		return malformed("action", "请求的格式不对。")
	}
	return s.movedUseAudit(c, step)
}

func (s *Server) movedUseAudit(c *fiber.Ctx, step use.AuditStep) error {
	id, err := useNumber(c, "id")
	if err != nil {
		return err
	}
	_, err = s.Use.Move(c.UserContext(), actor(c), c.Params("number"), id, step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.useAuditPage(c, step, false, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// deskUse reads which part of a list is asked for.
func (s *Server) deskUse(c *fiber.Ctx, of use.About) (p templates.DeskUsePage, f use.Filter, path string, err error) {
	q, err := query(c, "part", "before")
	if err != nil {
		return p, f, "", err
	}
	f = use.Filter{Part: q.Get("part"), Limit: listed + 1}
	if !templates.KnownUsePart(f.Part) {
		return p, f, "", malformed("part", "没有这种，请从列表里选。")
	}
	if f.Before, err = after(q.Get("before")); err != nil {
		return p, f, "", err
	}
	p = templates.DeskUsePage{Frame: s.quietFrame(c, text.T(c.UserContext(), "使用监管")), Of: of, Part: f.Part}
	p.Wide = true
	path = templates.UseListHref(of, f.Part)
	if f.Part == "" {
		path += "?before="
	} else {
		path += "&before="
	}
	return p, f, path, nil
}

// showDeskUse is GET /desk/use: the reports of use.
func (s *Server) showDeskUse(c *fiber.Ctx) error {
	p, f, next, err := s.deskUse(c, use.AboutReport)
	if err != nil {
		return err
	}
	if p.Reports, err = s.Use.Reports(c.UserContext(), actor(c), f); err != nil {
		return err
	}
	p.Reports, p.Next = pageOf(p.Reports, func(r use.Report) int64 { return r.ID }, next)
	return s.page(c, templates.DeskUse(p))
}

// showDestructions is GET /desk/use/destructions.
func (s *Server) showDestructions(c *fiber.Ctx) error {
	p, f, next, err := s.deskUse(c, use.AboutDestruction)
	if err != nil {
		return err
	}
	if p.Destructions, err = s.Use.Destructions(c.UserContext(), actor(c), f); err != nil {
		return err
	}
	p.Destructions, p.Next = pageOf(p.Destructions, func(d use.Destruction) int64 { return d.ID }, next)
	return s.page(c, templates.DeskUse(p))
}

// showUseAudits is GET /desk/use/audits.
func (s *Server) showUseAudits(c *fiber.Ctx) error {
	p, f, next, err := s.deskUse(c, use.AboutAudit)
	if err != nil {
		return err
	}
	if p.Audits, err = s.Use.Audits(c.UserContext(), actor(c), f); err != nil {
		return err
	}
	p.Audits, p.Next = pageOf(p.Audits, func(a use.Audit) int64 { return a.ID }, next)
	return s.page(c, templates.DeskUse(p))
}

// showDraws is GET /desk/use/draws.
func (s *Server) showDraws(c *fiber.Ctx) error {
	if _, err := query(c, "before"); err != nil {
		return err
	}
	return s.drawsPage(c, use.LiveGrants, text.T(c.UserContext(), templates.StandardQuestions), templates.Mistake{})
}

func (s *Server) drawsPage(c *fiber.Ctx, which, questions string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	before, err := after(c.Query("before"))
	if err != nil {
		return err
	}
	p := templates.UseDrawsPage{Frame: s.quietFrame(c, text.T(ctx, "抽样")), Limits: s.Use.Limits(), Which: which, Questions: questions, Mistake: wrong}
	if p.Items, err = s.Use.Draws(ctx, actor(c), before, listed+1); err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(d use.Draw) int64 { return d.ID }, "/desk/use/draws?before=")
	return s.page(c, templates.UseDraws(p))
}

// drawSample is POST /desk/use/draws.
func (s *Server) drawSample(c *fiber.Ctx) error {
	f, err := form(c, "which", "questions", "sent")
	if err != nil {
		return err
	}
	d, err := s.Use.Draw(c.UserContext(), actor(c), f.Get("which"), f.Get("questions"), sent(c, f))
	if wrong, ok := s.mistake(c, err); ok {
		return s.drawsPage(c, f.Get("which"), f.Get("questions"), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/use/draws/"+strconv.FormatInt(d.ID, 10))
}

// showDraw is GET /desk/use/draws/{id}.
func (s *Server) showDraw(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	id, err := useNumber(c, "id")
	if err != nil {
		return err
	}
	p := templates.UseDrawPage{}
	if p.Draw, p.Audits, err = s.Use.Sampled(c.UserContext(), actor(c), id); err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, text.T(c.UserContext(), "抽查 %s", p.Draw.Number))
	p.Wide = true
	return s.page(c, templates.UseDraw(p))
}

// owedUnder is what follows grants, and what their holder owes of it.
func (s *Server) owedUnder(c *fiber.Ctx, grants ...licensing.Held) (use.Under, error) {
	if s.Use == nil {
		return use.Under{}, nil
	}
	ids := make([]int64, len(grants))
	for i := range grants {
		ids[i] = grants[i].ID
	}
	return s.Use.Under(c.UserContext(), ids...)
}

// resultsShown is how many results the page of an entry shows.
const resultsShown = 20

// resultsOf are what holders let everybody know of what came of an entry's data.
func (s *Server) resultsOf(c *fiber.Ctx, d *datasets.Dataset) ([]use.Shown, error) {
	if s.Use == nil || d.Status != datasets.Published {
		return nil, nil
	}
	return s.Use.Results(c.UserContext(), d, resultsShown)
}
