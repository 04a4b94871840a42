package portal

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/papers"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// Who works on authorised operation at the desk: those who authorise and who watch,
// those who operate, and all of them.
var (
	authorising = []account.Role{account.Authority, account.Head, account.Regulator}
	planning    = []account.Role{account.Authority, account.Head}
	operating   = []account.Role{account.Operator}
	mandated    = []account.Role{account.Authority, account.Head, account.Regulator, account.Operator}
)

// showAuthority is GET /desk/authority, and GET /desk/operator: authorised operation as
// those who authorise, watch or operate have it.
func (s *Server) showAuthority(c *fiber.Ctx) error {
	q, err := query(c, "all")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.MandatesPage{Frame: s.quietFrame(c, text.T(ctx, "授权运营")), Book: s.Policy, All: q.Get("all") != "", Drafts: who.Is(account.Authority)}
	p.Wide = true
	if p.Mandates, err = s.Operation.Mandates(ctx, who, operation.Filter{All: p.All, Limit: mostMandates}); err != nil {
		return err
	}
	if p.Entries, err = s.Operation.Entries(ctx, who, operation.Filter{All: p.All, Limit: listed}); err != nil {
		return err
	}
	if who.Is(account.Operator) {
		p.Title = text.T(ctx, "运营")
		if p.Load, err = s.Operation.LoadOf(ctx, who); err != nil {
			return err
		}
		if p.Waiting, err = inbox.Waiting(ctx, who, s.Operation, s.Scenarios, s.Workspaces); err != nil {
			return err
		}
		return s.page(c, templates.Mandates(p))
	}
	if p.Plans, err = s.Operation.Plans(ctx, who, 0, mostMandates); err != nil {
		return err
	}
	if p.Owed, err = s.Operation.Owed(ctx, who); err != nil {
		return err
	}
	if p.Slug, p.Profile, err = s.Operation.Home(ctx, who); err != nil {
		return err
	}
	return s.page(c, templates.Mandates(p))
}

// mostMandates is how many plans and mandates the page of a desk lists.
const mostMandates = 200

// planFields are the fields of the form of a plan.
var planFields = []string{"title", "parent", "need", "products", "forms*", "purposes*", "months", "security_level", "security", "evaluation", "exit", "items", "revision", "sent"}

// planForm reads the form of a plan.
func planForm(c *fiber.Ctx) (templates.MandatePlanForm, operation.PlanForm, error) {
	f, err := form(c, planFields...)
	if err != nil {
		return templates.MandatePlanForm{}, operation.PlanForm{}, err
	}
	typed := templates.MandatePlanForm{Title: f.Get("title"), Parent: strings.TrimSpace(f.Get("parent")), Need: f.Get("need"), Products: f.Get("products"), Months: strings.TrimSpace(f.Get("months")), SecurityLevel: f.Get("security_level"), Security: f.Get("security"),
		Evaluation: f.Get("evaluation"), Exit: f.Get("exit"), Items: f.Get("items"), Forms: f["forms"], Purposes: f["purposes"]}
	typed.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	n := operation.PlanForm{Parent: typed.Parent, Title: typed.Title, Need: typed.Need, Products: typed.Products, Forms: typed.Forms, Purposes: typed.Purposes, SecurityLevel: typed.SecurityLevel, Security: typed.Security, Evaluation: typed.Evaluation, Exit: typed.Exit, Items: scopeIn(typed.Items), Sent: sent(c, f)}
	if typed.Months != "" {
		if n.Months, err = strconv.Atoi(typed.Months); err != nil {
			return typed, n, fault.At("months", "请写期限是几个月。")
		}
	}
	return typed, n, nil
}

// scopeIn reads the lines of a scope: the entry, and its columns.
func scopeIn(raw string) (out []operation.NewItem) {
	for line := range strings.SplitSeq(raw, "\n") {
		line = strings.TrimSpace(strings.ReplaceAll(line, "：", ":"))
		if line == "" {
			continue
		}
		at := strings.LastIndex(line, ":")
		if at < 0 || strings.HasPrefix(line[at:], "://") {
			out = append(out, operation.NewItem{Slug: slugIn(line)})
			continue
		}
		i := operation.NewItem{Slug: slugIn(line[:at])}
		for _, c := range strings.FieldsFunc(line[at+1:], func(r rune) bool { return strings.ContainsRune(",，、;；", r) }) {
			if c = strings.TrimSpace(c); c != "" {
				i.Columns = append(i.Columns, c)
			}
		}
		out = append(out, i)
	}
	return out
}

// fenIn reads an amount in yuan; empty is none.
func fenIn(field, raw string) (int64, error) {
	raw = strings.TrimSpace(strings.ReplaceAll(raw, ",", ""))
	if raw == "" {
		return 0, nil
	}
	whole, cents, _ := strings.Cut(raw, ".")
	for len(cents) < 2 {
		cents += "0"
	}
	n, err := strconv.ParseInt(whole+cents, 10, 64)
	if err != nil || len(cents) != 2 || n < 0 || strings.HasPrefix(raw, "+") {
		return 0, fault.At(field, "请写金额，例如 12.50。")
	}
	return n, nil
}

// showNewPlan is GET /desk/plans/new.
func (s *Server) showNewPlan(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	limits := s.Operation.Limits()
	return s.editPlanPage(c, "", templates.MandatePlanForm{Months: strconv.Itoa(limits.Usual)}, templates.Mistake{})
}

func (s *Server) editPlanPage(c *fiber.Ctx, number string, f templates.MandatePlanForm, wrong templates.Mistake) error {
	return s.page(c, templates.EditMandatePlan(templates.EditMandatePlanPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "起草实施方案")), Book: s.Policy, Number: number, Form: f, Limits: s.Operation.Limits(), Mistake: wrong}))
}

// draftPlan is POST /desk/plans.
func (s *Server) draftPlan(c *fiber.Ctx) error {
	typed, n, err := planForm(c)
	var p *operation.Plan
	if err == nil {
		p, err = s.Operation.NewPlan(c.UserContext(), actor(c), n)
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.editPlanPage(c, "", typed, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/plans/"+p.Number)
}

// showPlan is GET /desk/plans/{number}.
func (s *Server) showPlan(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.mandatePlanPage(c, templates.MandatePlanPage{Done: noted(c.UserContext(), q)})
}

// noted is what a page says after something was done.
func noted(ctx context.Context, q url.Values) string {
	if q.Get("done") == "" {
		return ""
	}
	return text.T(ctx, "已记下。")
}

func (s *Server) mandatePlanPage(c *fiber.Ctx, p templates.MandatePlanPage) (err error) {
	if p.Plan, err = s.Operation.PlanOf(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Book = s.quietFrame(c, p.Plan.Number), s.Policy
	return s.page(c, templates.MandatePlan(p))
}

// showEditPlan is GET /desk/plans/{number}/edit.
func (s *Server) showEditPlan(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	v, err := s.Operation.PlanOf(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	if !v.Edits {
		return seeOther(c, "/desk/plans/"+v.Number)
	}
	return s.editPlanPage(c, v.Number, templates.PlanFormOf(v.Plan), templates.Mistake{})
}

// savePlan is POST /desk/plans/{number}/edit.
func (s *Server) savePlan(c *fiber.Ctx) error {
	number := c.Params("number")
	typed, n, err := planForm(c)
	if err == nil {
		_, err = s.Operation.SavePlan(c.UserContext(), actor(c), number, typed.Revision, n)
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.editPlanPage(c, number, typed, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/plans/"+number+"?done=1")
}

// movePlan is POST /desk/plans/{number}.
func (s *Server) movePlan(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason")
	if err != nil {
		return err
	}
	typed := templates.MandatePlanStepForm{Action: operation.PlanAction(f.Get("action")), Reason: f.Get("reason")}
	revision, _ := strconv.Atoi(f.Get("revision"))
	_, err = s.Operation.MovePlan(c.UserContext(), actor(c), c.Params("number"), revision, typed.Action, typed.Reason)
	if wrong, ok := s.mistake(c, err); ok {
		return s.mandatePlanPage(c, templates.MandatePlanPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/plans/"+c.Params("number")+"?done=1")
}

// awardPlan is POST /desk/plans/{number}/award.
func (s *Server) awardPlan(c *fiber.Ctx) error {
	f, err := form(c, "revision", "tender", "winner", "way", "candidates", "on", "words")
	if err != nil {
		return err
	}
	typed := templates.MandatePlanStepForm{Winner: f.Get("winner"), Way: f.Get("way"), Candidates: f.Get("candidates"), On: f.Get("on"), Words: f.Get("words"), Tender: f.Get("tender")}
	revision, _ := strconv.Atoi(f.Get("revision"))
	candidates, _ := strconv.Atoi(strings.TrimSpace(typed.Candidates)) // no number is nobody
	_, err = s.Operation.RecordAward(c.UserContext(), actor(c), c.Params("number"), revision, operation.NewAward{Winner: typed.Winner, Way: typed.Way, Candidates: candidates, On: typed.On, Words: typed.Words, Tender: typed.Tender})
	if wrong, ok := s.mistake(c, err); ok {
		return s.mandatePlanPage(c, templates.MandatePlanPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/plans/"+c.Params("number")+"?done=1")
}

// showPlanPapers is GET /desk/plans/{number}/papers.
func (s *Server) showPlanPapers(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := map[string]string{"added": "文件已上传。", "removed": "文件已移除。"}[q.Get("done")]
	return s.planPapersPage(c, said, templates.Mistake{})
}

func (s *Server) planPapersPage(c *fiber.Ctx, said string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	v, err := s.Operation.PlanOf(ctx, actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	at := "/desk/plans/" + v.Number
	switch {
	case !v.Prepares && wrong.Sentence != "":
		return s.mandatePlanPage(c, templates.MandatePlanPage{Mistake: wrong})
	case !v.Prepares:
		return seeOther(c, at)
	}
	p := templates.MandatePlanPapersPage{
		Frame: s.quietFrame(c, text.T(ctx, "选定过程的材料")+" "+v.Number), Plan: v,
		Papers: templates.PaperSet{Action: at + "/papers", Papers: v.Papers, Rules: s.Operation.PaperRules(), Mistake: wrong},
	}
	if said != "" {
		p.Done = text.T(ctx, said)
	}
	return s.page(c, templates.MandatePlanPapers(p))
}

// addPlanPapers is POST /desk/plans/{number}/papers.
func (s *Server) addPlanPapers(c *fiber.Ctx) error {
	number, who := c.Params("number"), actor(c)
	if _, err := s.Operation.PlanOf(c.UserContext(), who, number); err != nil {
		return err
	}
	_, _, err := s.takePapers(c, s.Operation.PaperRules().Files, func(ctx context.Context, n papers.New, r io.Reader) error {
		_, err := s.Operation.AddAwardPaper(ctx, who, number, n, r)
		return err
	})
	if wrong, ok := s.mistake(c, err); ok {
		return s.planPapersPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=added")
}

// removePlanPaper is POST /desk/plans/{number}/papers/{paper}/remove.
func (s *Server) removePlanPaper(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	number := c.Params("number")
	err := s.Operation.RemoveAwardPaper(c.UserContext(), actor(c), number, c.Params("paper"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.planPapersPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/plans/"+number+"/papers?done=removed")
}

// readPlanPaper is GET /desk/plans/{number}/papers/{paper}.
func (s *Server) readPlanPaper(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	p, raw, err := s.Operation.ReadAwardPaper(c.UserContext(), actor(c), c.Params("number"), c.Params("paper"))
	if err != nil {
		return err
	}
	return sendKept(c, p.Media, p.Name, raw)
}

// mandateFields are the fields that an agreement's form may have, and no others:
// asked before it is looked up what the form is about.
func mandateFields(c *fiber.Ctx) (url.Values, error) {
	return formWith(c, []string{"ceiling."}, "title", "from", "last", "income", "income_months", "items", "revision", "sent")
}

// mandateForm reads the form of an agreement whose products have these forms.
func mandateForm(c *fiber.Ctx, forms []string) (templates.MandateForm, operation.Form, error) {
	f, err := mandateFields(c)
	if err != nil {
		return templates.MandateForm{}, operation.Form{}, err
	}
	typed := templates.MandateForm{Title: f.Get("title"), From: f.Get("from"), Last: f.Get("last"), Items: f.Get("items"), Income: f.Get("income"), IncomeMonths: strings.TrimSpace(f.Get("income_months")), Ceilings: map[string]string{}}
	typed.Revision, _ = strconv.Atoi(f.Get("revision"))
	n := operation.Form{Title: typed.Title, From: typed.From, Last: typed.Last, Items: scopeIn(typed.Items), Sent: sent(c, f)}
	for name := range f {
		parts := strings.Split(name, ".")
		if len(parts) != 3 || parts[0] != "ceiling" {
			continue
		}
		typed.Ceilings[name] = f.Get(name)
		if strings.TrimSpace(f.Get(name)) == "" {
			continue
		}
		fen, wrong := fenIn("ceilings", f.Get(name))
		if wrong != nil {
			err = wrong
		}
		n.Ceilings = append(n.Ceilings, operation.Ceiling{Form: parts[1], Unit: parts[2], Fen: fen})
	}
	operation.Sort(n.Ceilings, forms)
	if err != nil {
		return typed, n, err
	}
	if n.Income, err = fenIn("income", typed.Income); err != nil {
		return typed, n, err
	}
	if typed.IncomeMonths != "" {
		var wrong error
		if n.IncomeMonths, wrong = strconv.Atoi(typed.IncomeMonths); wrong != nil {
			n.IncomeMonths = -1 // no number is none that is taken
		}
	}
	return typed, n, nil
}

func (s *Server) editMandatePage(c *fiber.Ctx, p templates.EditMandatePage) error {
	p.Frame, p.Book, p.Limits = s.quietFrame(c, p.Heading), s.Policy, s.Operation.Limits()
	return s.page(c, templates.EditMandate(p))
}

// drafting is the page on which the agreement of a plan is drafted.
func (s *Server) drafting(c *fiber.Ctx) (*operation.PlanView, templates.EditMandatePage, error) {
	ctx := c.UserContext()
	v, err := s.Operation.PlanOf(ctx, actor(c), c.Params("number"))
	if err != nil {
		return nil, templates.EditMandatePage{}, err
	}
	at := "/desk/plans/" + v.Number
	return v, templates.EditMandatePage{Action: at + "/agreement", Back: templates.Link{Href: at, Title: v.Number}, Heading: text.T(ctx, "起草授权运营协议"), Forms: v.Forms}, nil
}

// showDraftMandate is GET /desk/plans/{number}/agreement.
func (s *Server) showDraftMandate(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	v, p, err := s.drafting(c)
	if err != nil {
		return err
	}
	if !v.Drafts {
		return seeOther(c, "/desk/plans/"+v.Number)
	}
	p.Form = templates.MandateFormOf(&operation.Mandate{Title: v.Plan.Title, Items: v.Items, From: s.Now(), Until: operation.UsualEnd(s.Now(), v.Months), IncomeMonths: s.Operation.Limits().Cycle})
	return s.editMandatePage(c, p)
}

// draftMandate is POST /desk/plans/{number}/agreement.
func (s *Server) draftMandate(c *fiber.Ctx) error {
	if _, err := mandateFields(c); err != nil {
		return err
	}
	v, p, err := s.drafting(c)
	if err != nil {
		return err
	}
	typed, n, err := mandateForm(c, v.Forms)
	var m *operation.Mandate
	if err == nil {
		m, err = s.Operation.DraftMandate(c.UserContext(), actor(c), v.Number, n)
	}
	if err != nil {
		wrong, ok := s.mistake(c, err)
		if !ok {
			return err
		}
		p.Form, p.Mistake = typed, wrong
		return s.editMandatePage(c, p)
	}
	return seeOther(c, "/desk/mandates/"+m.Number)
}

// changing is the page on which a draft is changed, or a mandate renewed.
func (s *Server) changing(c *fiber.Ctx, renew bool) (*operation.View, templates.EditMandatePage, error) {
	ctx := c.UserContext()
	v, err := s.Operation.Mandate(ctx, actor(c), c.Params("number"))
	if err != nil {
		return nil, templates.EditMandatePage{}, err
	}
	at := "/desk/mandates/" + v.Number
	p := templates.EditMandatePage{Action: at + "/edit", Back: templates.Link{Href: at, Title: v.Number}, Heading: text.T(ctx, "修改授权运营协议"), Forms: v.Forms}
	if renew {
		p.Action, p.Heading = at+"/renew", text.T(ctx, "续期")
	}
	return v, p, nil
}

// showEditMandate is GET /desk/mandates/{number}/edit.
func (s *Server) showEditMandate(c *fiber.Ctx) error { return s.showChange(c, false) }

// showRenewMandate is GET /desk/mandates/{number}/renew.
func (s *Server) showRenewMandate(c *fiber.Ctx) error { return s.showChange(c, true) }

func (s *Server) showChange(c *fiber.Ctx, renew bool) error {
	if _, err := query(c); err != nil {
		return err
	}
	v, p, err := s.changing(c, renew)
	if err != nil {
		return err
	}
	if renew && !v.Renews || !renew && !v.Edits {
		return seeOther(c, "/desk/mandates/"+v.Number)
	}
	p.Form = templates.MandateFormOf(v.Mandate)
	if renew {
		next := *v.Mandate
		next.From, next.Until, next.Revision = v.Until, operation.UsualEnd(v.Until, s.Operation.Limits().Cycle), 0
		p.Form = templates.MandateFormOf(&next)
	}
	return s.editMandatePage(c, p)
}

// saveMandate is POST /desk/mandates/{number}/edit.
func (s *Server) saveMandate(c *fiber.Ctx) error {
	return s.changeMandate(c, false, func(number string, revision int, f operation.Form) (*operation.Mandate, error) {
		return s.Operation.SaveMandate(c.UserContext(), actor(c), number, revision, f)
	})
}

// renewMandate is POST /desk/mandates/{number}/renew.
func (s *Server) renewMandate(c *fiber.Ctx) error {
	return s.changeMandate(c, true, func(number string, _ int, f operation.Form) (*operation.Mandate, error) {
		return s.Operation.RenewMandate(c.UserContext(), actor(c), number, f)
	})
}

func (s *Server) changeMandate(c *fiber.Ctx, renew bool, do func(string, int, operation.Form) (*operation.Mandate, error)) error {
	if _, err := mandateFields(c); err != nil {
		return err
	}
	v, p, err := s.changing(c, renew)
	if err != nil {
		return err
	}
	typed, n, err := mandateForm(c, v.Forms)
	var m *operation.Mandate
	if err == nil {
		m, err = do(v.Number, typed.Revision, n)
	}
	if err != nil {
		wrong, ok := s.mistake(c, err)
		if !ok {
			return err
		}
		p.Form, p.Mistake = typed, wrong
		return s.editMandatePage(c, p)
	}
	return seeOther(c, "/desk/mandates/"+m.Number+"?done=1")
}

// showMandate is GET /desk/mandates/{number}.
func (s *Server) showMandate(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.mandatePage(c, templates.MandatePage{Done: noted(c.UserContext(), q)})
}

func (s *Server) mandatePage(c *fiber.Ctx, p templates.MandatePage) (err error) {
	if p.Case, err = s.Operation.Mandate(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	p.Frame, p.Book, p.Ending = s.quietFrame(c, p.Case.Number), s.Policy, s.Operation.Limits().Ending
	if from, until, ok := p.Case.IncomePeriod(s.Now()); ok {
		income := &templates.PermittedIncome{From: from, Until: until}
		income.Permitted, income.Deducted = p.Case.Permitted(from)
		if income.Charged, err = s.Workspaces.ChargedUnder(c.UserContext(), p.Case.Number, from, until); err != nil {
			return err
		}
		p.Income = income
	}
	return s.page(c, templates.Mandate(p))
}

// moveMandate is POST /desk/mandates/{number}.
func (s *Server) moveMandate(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason", "basis", "shown")
	if err != nil {
		return err
	}
	typed := templates.MandateStepForm{Action: operation.Action(f.Get("action")), Reason: f.Get("reason"), Basis: f.Get("basis")}
	step := operation.Step{Action: typed.Action, Words: typed.Reason, Basis: typed.Basis, Shown: f.Get("shown")}
	step.Revision, _ = strconv.Atoi(f.Get("revision"))
	_, err = s.Operation.Move(c.UserContext(), actor(c), c.Params("number"), step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.mandatePage(c, templates.MandatePage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/mandates/"+c.Params("number")+"?done=1")
}

// evaluateMandate is POST /desk/mandates/{number}/evaluate.
func (s *Server) evaluateMandate(c *fiber.Ctx) error {
	f, err := form(c, "from", "verdict", "findings", "income")
	if err != nil {
		return err
	}
	typed := templates.MandateStepForm{From: f.Get("from"), Verdict: f.Get("verdict"), Findings: f.Get("findings"), Income: f.Get("income")}
	n := operation.NewEvaluation{From: typed.From, Verdict: typed.Verdict, Findings: typed.Findings}
	if n.Income, err = fenIn("income", typed.Income); err == nil {
		_, err = s.Operation.Evaluate(c.UserContext(), actor(c), c.Params("number"), n)
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.mandatePage(c, templates.MandatePage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/mandates/"+c.Params("number")+"?done=1")
}

// mandatePDF is GET /desk/mandates/{number}/pdf: the agreement as both sides signed it.
func (s *Server) mandatePDF(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	v, err := s.Operation.Mandate(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	if v.BodySigned.At == nil {
		return fault.New(fault.NotFound, "双方还没有签署。")
	}
	raw, err := templates.MandatePDF(v.Mandate, s.Config.BaseURL)
	if err != nil {
		return err
	}
	return sendKept(c, "application/pdf", "授权运营协议-"+v.Number+".pdf", raw)
}

// mandateText is GET /desk/mandates/{number}/text: the bytes that are signed, and
// nothing else.
func (s *Server) mandateText(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	v, err := s.Operation.Mandate(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	if v.Text == "" {
		return fault.New(fault.NotFound, "协议的文本还没有锁定。")
	}
	return sendKept(c, "text/plain; charset=utf-8", "授权运营协议-"+v.Number+".txt", []byte(v.Text))
}

// issueReport is POST /desk/authority/reports.
func (s *Server) issueReport(c *fiber.Ctx) error {
	f, err := form(c, "year")
	if err != nil {
		return err
	}
	year, _ := strconv.Atoi(f.Get("year"))
	ctx, who := c.UserContext(), actor(c)
	slug, _, err := s.Operation.Home(ctx, who)
	if err != nil {
		return err
	}
	_, err = s.Operation.Issue(ctx, who, year)
	if wrong, ok := s.mistake(c, err); ok {
		return s.disclosureReportPage(c, slug, year, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/operation/reports/"+slug+"/"+strconv.Itoa(year))
}
