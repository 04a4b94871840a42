package portal

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
	"shuyuan/licensing"
	"shuyuan/licensing/papers"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// listed is how many cases a page of a list shows.
const listed = 30

// showBefore is GET /datasets/{slug}/apply: what is needed and how long it takes,
// before the first field.
func (s *Server) showBefore(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.beforePage(c, 0, templates.Mistake{})
}

func (s *Server) beforePage(c *fiber.Ctx, chosen int64, wrong templates.Mistake) error {
	ctx := c.UserContext()
	before, err := s.Licensing.Before(ctx, actor(c), c.Params("slug"))
	if err != nil {
		return err
	}
	p := templates.BeforePage{Frame: s.quietFrame(c, text.T(ctx, "申请：%s", text.Pick(ctx, before.Dataset.Title, before.Dataset.TitleEN))), Book: s.Policy, Prospect: before, Chosen: chosen, Mistake: wrong}
	return s.page(c, templates.Before(p))
}

// beginApplication is POST /datasets/{slug}/apply.
func (s *Server) beginApplication(c *fiber.Ctx) error {
	f, err := form(c, "organisation")
	if err != nil {
		return err
	}
	var organisation int64
	if raw := f.Get("organisation"); raw != "" && raw != "0" {
		if organisation, err = positive(raw); err != nil {
			return err
		}
	}
	a, err := s.Licensing.Begin(c.UserContext(), actor(c), c.Params("slug"), organisation)
	if wrong, ok := s.mistake(c, err); ok {
		return s.beforePage(c, organisation, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, begunAt(a))
}

// begunAt is where whoever began an application goes on: in the draft, or with the
// one that is under way already, which says so.
func begunAt(a *licensing.Application) string {
	switch {
	case !a.There():
		return "/applications/" + a.Number
	case a.State == licensing.Draft || a.State == licensing.Returned:
		return "/applications/" + a.Number + "/edit?there=1"
	}
	return "/applications/" + a.Number + "?done=there"
}

// there says that no second application was begun.
const there = "这份数据您已有一件申请在办，就是这一件；没有另建新的。"

// showApplications is GET /applications.
func (s *Server) showApplications(c *fiber.Ctx) error {
	q, err := query(c, "before", "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.ApplicationsPage{Frame: s.quietFrame(c, text.T(ctx, "我的申请"))}
	if p.Items, err = s.Licensing.Mine(ctx, actor(c), before, listed+1); err != nil {
		return err
	}
	if q.Get("done") == "withdrawn" {
		p.Done = text.T(ctx, "已撤回。")
	}
	p.Items, p.Next = pageOf(p.Items, func(a licensing.Application) int64 { return a.ID }, "/applications?before=")
	return s.page(c, templates.Applications(p))
}

// after reads where a list goes on; 0: at its beginning.
func after(raw string) (int64, error) {
	if raw == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || id < 1 {
		return 0, malformed("before", "没有这一页，请从第一页看起。")
	}
	return id, nil
}

// pageOf cuts a list that was asked for with one more than a page holds, and
// makes the address of the next page.
func pageOf[T any](items []T, id func(T) int64, next string) ([]T, string) {
	if len(items) <= listed {
		return items, ""
	}
	items = items[:listed]
	return items, next + strconv.FormatInt(id(items[listed-1]), 10)
}

// showApplication is GET /applications/{number}: how it stands, for whoever
// applied.
func (s *Server) showApplication(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.applicationPage(c, q.Get("done"), templates.DecisionForm{}, templates.Mistake{})
}

// applicationSaid are the sentences about what was just done.
var applicationSaid = map[string]string{
	"there":     there,
	"submitted": "已提交，回执发到邮箱。", "disputed": "异议已提出，由数据主管部门决定。", "consented": "已签署，数据已开通。",
	"accept": "已受理。", "return": "已退回补正，申请人收到信。", "scope": "已办结，申请人收到信。", "award": "已决定公开竞争，申请人收到信。", "awarded": "竞争结果已登记。",
	"decided": "已决定，申请人收到信。", "judged": "已决定，双方收到信。",
}

// applicationPage is the page of an application on the side that the route is
// for: whoever stands on another side finds nothing.
func (s *Server) applicationPage(c *fiber.Ctx, said string, f templates.DecisionForm, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	a, side, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	if a.State == licensing.Draft && side == licensing.OfApplicant {
		return seeOther(c, "/applications/"+a.Number+"/edit")
	}
	p := templates.ApplicationPage{Frame: s.quietFrame(c, a.Number), Book: s.Policy, Application: a, Side: side, Rules: s.Licensing.Rules(a), Limits: s.Licensing.Limits(), Form: f, Mistake: wrong}
	if words := applicationSaid[said]; words != "" {
		p.Done = text.T(ctx, words)
	}
	if p.Events, err = s.Licensing.Events(ctx, who, a); err != nil {
		return err
	}
	if p.Agreements, err = s.Licensing.Agreements(ctx, who, a); err != nil {
		return err
	}
	if s.Use != nil && side != licensing.OfApplicant {
		if p.Owed, err = s.Use.OwedBy(ctx, a.User, a.Organisation); err != nil {
			return err
		}
	}
	if s.Supervision != nil && side != licensing.OfApplicant {
		if p.Past, err = s.Supervision.Past(ctx, a.User, a.Organisation); err != nil {
			return err
		}
	}
	p.Actions = s.Licensing.Offered(who, a, side)
	if p.Differences, p.WasFor, err = s.Licensing.Against(ctx, a); err != nil {
		return err
	}
	if clock := a.Running(); clock != nil {
		p.Row = templates.CountInbox([]inbox.Item{{Clock: clock}}, s.Calendars.Calendar(), p.Now)[0]
	}
	return s.page(c, templates.Application(p))
}

// applicationFor is the application that an address names, on the side that it is
// under: /applications for whoever applied, /desk for everybody else.
func (s *Server) applicationFor(c *fiber.Ctx) (*licensing.Application, licensing.Side, error) {
	a, side, err := s.Licensing.One(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return nil, "", err
	}
	if desk := strings.HasPrefix(c.Path(), "/desk/"); desk == (side == licensing.OfApplicant) {
		return nil, "", fault.New(fault.NotFound, "没有这件申请。")
	}
	return a, side, nil
}

// showEditApplication is GET /applications/{number}/edit.
func (s *Server) showEditApplication(c *fiber.Ctx) error {
	q, err := query(c, "check", "there")
	if err != nil {
		return err
	}
	a, _, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	said := ""
	if q.Get("there") != "" {
		said = text.T(c.UserContext(), there)
	}
	return s.editPage(c, a, formOf(a), q.Get("check") != "", said, templates.Mistake{})
}

// formOf is a draft as its form shows it.
func formOf(a *licensing.Application) licensing.Form {
	f := licensing.Form{Seen: a.Seen, Lane: a.Lane, Area: a.Area, Purpose: a.Purpose, Outputs: a.Outputs, Storage: a.Storage}
	if a.Months > 0 {
		f.Months = strconv.Itoa(a.Months)
	}
	for _, i := range a.Items {
		f.Items = append(f.Items, licensing.FormItem{Resource: i.Resource, Columns: i.Columns, Where: i.Where, Why: i.Why})
	}
	return f
}

func (s *Server) editPage(c *fiber.Ctx, a *licensing.Application, f licensing.Form, check bool, said string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	if a.State != licensing.Draft && a.State != licensing.Returned {
		return seeOther(c, "/applications/"+a.Number)
	}
	d, terms, err := s.Licensing.ConditionsOf(ctx, actor(c), a.Dataset.Slug)
	if err != nil {
		return err
	}
	p := templates.EditPage{
		Frame: s.quietFrame(c, text.T(ctx, "申请：%s", text.Pick(ctx, d.Title, d.TitleEN))), Book: s.Policy, Application: a, Dataset: d,
		Rules: s.Licensing.Rules(a), Conditions: terms, Form: f, Checked: check, Done: said, Mistake: wrong,
	}
	p.Papers = templates.PaperSet{Slots: a.Materials(terms.Materials), Papers: a.PapersOf(papers.Application, licensing.OfApplicant)}
	if a.State == licensing.Returned {
		p.Papers.Asked = a.Asked
	}
	if p.Agreement, err = s.Licensing.Preview(ctx, a); err != nil {
		return err
	}
	problems, err := s.Licensing.Problems(ctx, a)
	if err != nil {
		return err
	}
	for _, e := range problems {
		f := fault.Of(e)
		p.Problems = append(p.Problems, templates.Mistake{Field: f.Field, Sentence: Sentence(ctx, f)})
	}
	return s.page(c, templates.EditApplication(p))
}

// applicationForm reads the form of a draft.
func applicationForm(c *fiber.Ctx) (licensing.Form, int, string, error) {
	fields := []string{"revision", "go", "seen", "lane", "area", "purpose", "outputs", "months", "storage"}
	raw, err := formWith(c, []string{"item.", "col.", "where.", "why."}, fields...)
	if err != nil {
		return licensing.Form{}, 0, "", err
	}
	revision, err := strconv.Atoi(raw.Get("revision"))
	if err != nil {
		return licensing.Form{}, 0, "", malformed("revision", "请求的格式不对。")
	}
	f := licensing.Form{Seen: raw.Get("seen") != "", Lane: raw.Get("lane"), Area: raw.Get("area"), Purpose: raw.Get("purpose"), Outputs: raw.Get("outputs"), Months: raw.Get("months"), Storage: raw.Get("storage")}
	var names []string
	for name := range raw {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		id, ok := strings.CutPrefix(name, "item.")
		if !ok || raw.Get(name) == "" {
			continue
		}
		i := licensing.FormItem{Resource: id, Where: raw.Get("where." + id), Why: raw.Get("why." + id)}
		for _, col := range names {
			if strings.HasPrefix(col, "col."+id+".") {
				i.Columns = append(i.Columns, raw.Get(col))
			}
		}
		f.Items = append(f.Items, i)
	}
	return f, revision, raw.Get("go"), nil
}

// saveApplication is POST /applications/{number}/edit.
func (s *Server) saveApplication(c *fiber.Ctx) error {
	f, revision, next, err := applicationForm(c)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	saved, err := s.Licensing.SaveDraft(ctx, who, c.Params("number"), f, revision)
	if wrong, ok := s.mistake(c, err); ok {
		a, _, err := s.applicationFor(c)
		if err != nil {
			return err
		}
		return s.editPage(c, a, f, false, "", wrong)
	}
	if err != nil {
		return err
	}
	if next == "papers" {
		return seeOther(c, "/applications/"+saved.Number+"/papers")
	}
	if next != "sign" {
		return seeOther(c, "/applications/"+saved.Number+"/edit")
	}
	problems, err := s.Licensing.Problems(ctx, saved)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return seeOther(c, "/applications/"+saved.Number+"/edit?check=1")
	}
	return seeOther(c, "/applications/"+saved.Number+"/sign")
}

// autosaveApplication is POST /applications/{number}/autosave, for a script: it
// answers with the revision that the next saving is of.
func (s *Server) autosaveApplication(c *fiber.Ctx) error {
	f, revision, _, err := applicationForm(c)
	if err != nil {
		return err
	}
	a, err := s.Licensing.SaveDraft(c.UserContext(), actor(c), c.Params("number"), f, revision)
	if wrong, ok := s.mistake(c, err); ok {
		return c.JSON(fiber.Map{"wrong": wrong.Sentence})
	}
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"revision": a.Revision, "saved": text.T(c.UserContext(), "已保存，%s", templates.Moment(a.SavedAt))})
}

// showSign is GET /applications/{number}/sign: the agreement, before it is signed.
func (s *Server) showSign(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.signPage(c, templates.Mistake{})
}

func (s *Server) signPage(c *fiber.Ctx, wrong templates.Mistake) error {
	ctx := c.UserContext()
	a, _, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	p := templates.SignPage{Frame: s.quietFrame(c, text.T(ctx, "签署并提交")), Application: a, Action: "/applications/" + a.Number + "/sign", Mistake: wrong}
	switch a.State {
	case licensing.Draft, licensing.Returned:
		problems, err := s.Licensing.Problems(ctx, a)
		if err != nil {
			return err
		}
		if len(problems) > 0 && wrong.Sentence == "" {
			return seeOther(c, "/applications/"+a.Number+"/edit?check=1")
		}
		if p.Agreement, err = s.Licensing.Preview(ctx, a); err != nil {
			return err
		}
	case licensing.Offered:
		all, err := s.Licensing.Agreements(ctx, actor(c), a)
		if err != nil {
			return err
		}
		p.Agreement = all[0].Body
	default:
		return seeOther(c, "/applications/"+a.Number)
	}
	return s.page(c, templates.SignApplication(p))
}

// sign is POST /applications/{number}/sign: it submits a draft, or takes what the
// department offered.
func (s *Server) sign(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "agreed", "terms")
	if err != nil {
		return err
	}
	ctx, who, number := c.UserContext(), actor(c), c.Params("number")
	a, _, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	said := "submitted"
	switch {
	case f.Get("agreed") == "":
		err = fault.At("agreed", "请勾选，确认有权签署并遵守协议。")
	case a.State == licensing.Offered:
		said = "consented"
		_, err = s.Licensing.Consent(ctx, who, number, revision)
	default:
		_, err = s.Licensing.Submit(ctx, who, number, revision, f.Get("terms"))
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.signPage(c, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/applications/"+number+"?done="+said)
}

// revisionForm reads a small form about one revision of a case.
func revisionForm(c *fiber.Ctx, names ...string) (f url.Values, revision int, err error) {
	if f, err = form(c, append(names, "revision")...); err != nil {
		return nil, 0, err
	}
	if revision, err = strconv.Atoi(f.Get("revision")); err != nil {
		return nil, 0, malformed("revision", "请求的格式不对。")
	}
	return f, revision, nil
}

// withdrawApplication is POST /applications/{number}/withdraw.
func (s *Server) withdrawApplication(c *fiber.Ctx) error {
	_, revision, err := revisionForm(c)
	if err != nil {
		return err
	}
	_, err = s.Licensing.Withdraw(c.UserContext(), actor(c), c.Params("number"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.applicationPage(c, "", templates.DecisionForm{}, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/applications?done=withdrawn")
}

// disputeApplication is POST /applications/{number}/dispute.
func (s *Server) disputeApplication(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "grounds")
	if err != nil {
		return err
	}
	_, err = s.Licensing.Dispute(c.UserContext(), actor(c), c.Params("number"), f.Get("grounds"), revision)
	return s.afterMove(c, "disputed", templates.DecisionForm{Grounds: f.Get("grounds")}, err)
}

// afterMove shows what was wrong with a move, or the case after it.
func (s *Server) afterMove(c *fiber.Ctx, said string, f templates.DecisionForm, err error) error {
	if wrong, ok := s.mistake(c, err); ok {
		return s.applicationPage(c, "", f, wrong)
	}
	if err != nil {
		return err
	}
	path := c.Path()
	return seeOther(c, path[:strings.LastIndexByte(path, '/')]+"?done="+said)
}

// showAgreement is GET …/agreement/{edition}: one edition of the text.
func (s *Server) showAgreement(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	a, side, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	all, err := s.Licensing.Agreements(ctx, actor(c), a)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(g licensing.Agreement) bool { return strconv.Itoa(g.Edition) == c.Params("edition") })
	if i < 0 {
		return fault.New(fault.NotFound, "没有这一稿协议。")
	}
	p := templates.ApplicationPage{Frame: s.quietFrame(c, text.T(ctx, "协议")+" "+a.Number), Application: a, Side: side}
	return s.page(c, templates.AgreementText(p, &all[i]))
}

// showDeskApplications is GET /desk/applications: what a department is asked, or
// what is disputed before an authority.
func (s *Server) showDeskApplications(c *fiber.Ctx) error {
	q, err := query(c, "all", "before")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.ApplicationsPage{Frame: s.quietFrame(c, text.T(ctx, "开放申请")), Desk: true, All: q.Get("all") != ""}
	if who.Any(account.Officer, account.Head) {
		p.Items, err = s.Licensing.Asked(ctx, who, p.All, before, listed+1)
	} else {
		p.Items, err = s.Licensing.Disputes(ctx, who)
	}
	if err != nil {
		return err
	}
	more := "/desk/applications?before="
	if p.All {
		more = "/desk/applications?all=1&before="
	}
	p.Items, p.Next = pageOf(p.Items, func(a licensing.Application) int64 { return a.ID }, more)
	return s.page(c, templates.Applications(p))
}

// acceptApplication is POST /desk/applications/{number}/accept.
func (s *Server) acceptApplication(c *fiber.Ctx) error {
	_, revision, err := revisionForm(c)
	if err != nil {
		return err
	}
	_, err = s.Licensing.Accept(c.UserContext(), actor(c), c.Params("number"), revision)
	return s.afterMove(c, "accept", templates.DecisionForm{}, err)
}

// returnApplication is POST /desk/applications/{number}/return.
func (s *Server) returnApplication(c *fiber.Ctx) error {
	f, err := formWith(c, []string{"material."}, "missing", "revision")
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(f.Get("revision"))
	if err != nil {
		return malformed("revision", "请求的格式不对。")
	}
	asked := materialsIn(f)
	_, err = s.Licensing.Return(c.UserContext(), actor(c), c.Params("number"), f.Get("missing"), revision, asked...)
	return s.afterMove(c, "return", templates.DecisionForm{Missing: f.Get("missing"), Materials: asked}, err)
}

// rejectApplication is POST /desk/applications/{number}/scope.
func (s *Server) rejectApplication(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "ground", "reason")
	if err != nil {
		return err
	}
	_, err = s.Licensing.RejectScope(c.UserContext(), actor(c), c.Params("number"), f.Get("ground"), f.Get("reason"), revision)
	return s.afterMove(c, "scope", templates.DecisionForm{Ground: f.Get("ground"), Reason: f.Get("reason")}, err)
}

// awardApplication is POST /desk/applications/{number}/award.
func (s *Server) awardApplication(c *fiber.Ctx) error {
	_, revision, err := revisionForm(c)
	if err != nil {
		return err
	}
	_, err = s.Licensing.SendToAward(c.UserContext(), actor(c), c.Params("number"), revision)
	return s.afterMove(c, "award", templates.DecisionForm{}, err)
}

// recordAward is POST /desk/applications/{number}/awarded.
func (s *Server) recordAward(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "method", "notice", "day", "bidders", "winner")
	if err != nil {
		return err
	}
	w := licensing.Award{Method: f.Get("method"), Notice: f.Get("notice"), Day: f.Get("day"), Winner: strings.TrimSpace(f.Get("winner"))}
	for line := range strings.Lines(f.Get("bidders")) {
		w.Bidders = append(w.Bidders, strings.TrimSpace(line))
	}
	_, err = s.Licensing.RecordAward(c.UserContext(), actor(c), c.Params("number"), w, revision)
	return s.afterMove(c, "awarded", templates.DecisionForm{Award: w}, err)
}

// decideApplication is POST /desk/applications/{number}/decide.
func (s *Server) decideApplication(c *fiber.Ctx) error {
	raw, err := formWith(c, []string{"item.", "given.", "rows.", "why."}, append(slices.Clone(basisFields), "revision", "reason")...)
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(raw.Get("revision"))
	if err != nil {
		return malformed("revision", "请求的格式不对。")
	}
	f := templates.DecisionForm{Reason: raw.Get("reason"), Bases: formValues{raw}.basis(), Items: map[string]licensing.ItemVerdict{}}
	v := licensing.Verdict{Reason: f.Reason}
	v.Bases, _ = catalogue.ReadBases("bases", f.Bases) // no more lines than the form has
	for name := range raw {
		id, ok := strings.CutPrefix(name, "item.")
		if !ok {
			continue
		}
		x := licensing.ItemVerdict{Resource: id, Decision: raw.Get(name), Where: raw.Get("rows." + id), Reason: raw.Get("why." + id)}
		for col := range raw {
			if strings.HasPrefix(col, "given."+id+".") {
				x.Columns = append(x.Columns, raw.Get(col))
			}
		}
		v.Items, f.Items[id] = append(v.Items, x), x
	}
	_, err = s.Licensing.Decide(c.UserContext(), actor(c), c.Params("number"), v, revision)
	return s.afterMove(c, "decided", f, err)
}

// judgeApplication is POST /desk/applications/{number}/judge.
func (s *Server) judgeApplication(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "verdict", "decision")
	if err != nil {
		return err
	}
	if d := f.Get("decision"); d != "uphold" && d != "overturn" {
		return malformed("decision", "请求的格式不对。")
	}
	_, err = s.Licensing.Judge(c.UserContext(), actor(c), c.Params("number"), f.Get("verdict"), f.Get("decision") == "overturn", revision)
	return s.afterMove(c, "judged", templates.DecisionForm{Verdict: f.Get("verdict")}, err)
}

// showConditions is GET /desk/catalogue/{slug}/conditions.
func (s *Server) showConditions(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.conditionsPage(c, q.Get("done") != "", nil, templates.Mistake{})
}

func (s *Server) conditionsPage(c *fiber.Ctx, saved bool, typed *licensing.Conditions, wrong templates.Mistake) error {
	ctx := c.UserContext()
	d, terms, err := s.Licensing.ConditionsOf(ctx, actor(c), c.Params("slug"))
	if err != nil {
		return err
	}
	if typed != nil {
		terms = *typed
	}
	p := templates.ConditionsPage{Frame: s.quietFrame(c, text.T(ctx, "申请的条件")), Dataset: d, Conditions: terms, Limits: s.Licensing.Limits(), Materials: strings.Join(terms.Materials, "\n"), Mistake: wrong}
	if saved {
		p.Done = text.T(ctx, "已保存。")
	}
	return s.page(c, templates.ConditionsForm(p))
}

// setConditions is POST /desk/catalogue/{slug}/conditions.
func (s *Server) setConditions(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "months", "files", "rows", "materials")
	if err != nil {
		return err
	}
	terms := licensing.Conditions{Revision: revision, Materials: []string{}}
	for name, to := range map[string]*int{"months": &terms.Months, "files": &terms.Files, "rows": &terms.Rows} {
		*to, _ = strconv.Atoi(f.Get(name)) // 0 is refused in words
	}
	for line := range strings.Lines(f.Get("materials")) {
		if line = strings.TrimSpace(line); line != "" {
			terms.Materials = append(terms.Materials, line)
		}
	}
	err = s.Licensing.SetConditions(c.UserContext(), actor(c), c.Params("slug"), terms)
	if wrong, ok := s.mistake(c, err); ok {
		return s.conditionsPage(c, false, &terms, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/catalogue/"+c.Params("slug")+"/conditions?done=1")
}

// newestOf are the newest versions of the files of an entry.
func newestOf(d *datasets.Dataset) map[string]*datasets.Version {
	out := map[string]*datasets.Version{}
	for i := range d.Resources {
		if v := d.Resources[i].Newest; v != nil {
			out[d.Resources[i].ID] = v
		}
	}
	return out
}

// mostDecided is how many decisions the page of an entry shows.
const mostDecided = 200

// showDecisions is GET /datasets/{slug}/decisions: what became of the applications
// for an entry, without who asked.
func (s *Server) showDecisions(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	d, list, other, err := s.Licensing.Consistency(ctx, who, c.Params("slug"), mostDecided)
	if err != nil {
		return err
	}
	if d.Open != datasets.Conditional {
		return fault.New(fault.NotFound, "这个数据集不用申请。")
	}
	_, terms, err := s.Licensing.ConditionsOf(ctx, who, d.Slug)
	if err != nil {
		return err
	}
	p := templates.DecisionsPage{Frame: s.quietFrame(c, text.T(ctx, "办结的申请：%s", text.Pick(ctx, d.Title, d.TitleEN))), Dataset: d, Conditions: terms, Items: list, Other: other}
	if held := s.Policy.Provision("AS-27.2"); len(held) > 0 && held[0].Profile == d.Department.Profile {
		p.Equal = held[0].Profile
	}
	p.Wide = true
	return s.page(c, templates.Decisions(p))
}
