package portal

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/scenario"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// scenarioDesk are the roles that have scenarios at the desk: each sees its own.
var scenarioDesk = []account.Role{account.Operator, account.Officer, account.Head, account.SecurityReviewer, account.Authority, account.Regulator}

// showScenarios is GET /scenarios: what was decided, for everybody.
func (s *Server) showScenarios(c *fiber.Ctx) error {
	q, err := query(c, "q", "sector", "state", "department", "developer", "before")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	f := scenario.Filter{Text: strings.TrimSpace(q.Get("q")), Sector: q.Get("sector"), State: q.Get("state"), Department: q.Get("department"), Developer: q.Get("developer"), Before: before, Limit: listed + 1}
	if f.State != "" && !slices.Contains(scenario.PublicStates, scenario.State(f.State)) {
		return malformed("state", "没有这种状态，请从列表里选。")
	}
	if len([]rune(f.Text)) > 100 {
		return malformed("q", "搜索的文字太长。")
	}
	p := templates.ScenariosPage{Frame: s.frame(c, text.T(ctx, "场景"), text.T(ctx, "二级开发主体按场景使用公共数据的授权。")), Book: s.Policy, Filter: f}
	p.Feeds = []templates.Link{{Href: "/scenarios/feed.xml", Title: p.Title}}
	if p.Facets, err = s.Scenarios.FacetsOf(ctx); err != nil {
		return err
	}
	if p.Progress, err = s.Scenarios.Progress(ctx); err != nil {
		return err
	}
	if p.Items, err = s.Scenarios.Public(ctx, f); err != nil {
		return err
	}
	next := p.Href()
	if strings.Contains(next, "?") {
		next += "&before="
	} else {
		next += "?before="
	}
	p.Items, p.Next = pageOf(p.Items, func(x scenario.Scenario) int64 { return x.ID }, next)
	if p.Released, err = s.Scenarios.ReleasedOf(ctx, p.Items); err != nil {
		return err
	}
	if p.Held, err = s.Scenarios.HeldOf(ctx, p.Items); err != nil {
		return err
	}
	return s.page(c, templates.Scenarios(p))
}

// showPublicScenario is GET /scenarios/{number}.
func (s *Server) showPublicScenario(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	x, err := s.Scenarios.PublicOne(ctx, c.Params("number"))
	if err != nil {
		return err
	}
	p := templates.PublicScenarioPage{Frame: s.frame(c, x.Title, x.Description), Book: s.Policy, Scenario: x, AwardBy: s.Scenarios.AwardBy(x)}
	n, err := s.Scenarios.ReleasedOf(ctx, []scenario.Scenario{*x})
	if err != nil {
		return err
	}
	p.Released = n[x.ID]
	held, err := s.Scenarios.HeldOf(ctx, []scenario.Scenario{*x})
	if err != nil {
		return err
	}
	p.Held = held[x.ID]
	if p.Results, err = s.Scenarios.ResultsOf(ctx, x); err != nil {
		return err
	}
	return s.page(c, templates.PublicScenario(p))
}

// showScenarioTemplates is GET /scenarios/templates.
func (s *Server) showScenarioTemplates(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := map[string]string{"consent": "常设同意已给出。", "recall": "常设同意已收回。", "end": "模板已停用。", "made": "模板已做成，部门可以给出常设同意。"}[q.Get("done")]
	return s.templatesPage(c, said, templates.Mistake{})
}

func (s *Server) templatesPage(c *fiber.Ctx, said string, wrong templates.Mistake) (err error) {
	ctx := c.UserContext()
	p := templates.ScenarioTemplatesPage{Frame: s.quietFrame(c, text.T(ctx, "场景模板")), Book: s.Policy, Keeps: map[string]bool{}, Months: s.Scenarios.Limits().Consent, Mistake: wrong}
	if said != "" {
		p.Done = text.T(ctx, said)
	}
	if p.Items, err = s.Scenarios.Templates(ctx, "", false); err != nil {
		return err
	}
	for i := range p.Items {
		p.Keeps[p.Items[i].Number] = s.Scenarios.Keeps(ctx, actor(c), &p.Items[i])
	}
	return s.page(c, templates.ScenarioTemplates(p))
}

// moveScenarioTemplate is POST /scenarios/templates/{number}.
func (s *Server) moveScenarioTemplate(c *fiber.Ctx) error {
	f, err := form(c, "action", "item", "revision")
	if err != nil {
		return err
	}
	ctx, who, number := c.UserContext(), actor(c), c.Params("number")
	item, _ := strconv.ParseInt(f.Get("item"), 10, 64) // none is no item
	revision, _ := strconv.Atoi(f.Get("revision"))     // none is not the one that is there
	switch f.Get("action") {
	case "consent":
		err = s.Scenarios.Consents(ctx, who, number, item)
	case "recall":
		err = s.Scenarios.Recall(ctx, who, number, item)
	case "end":
		err = s.Scenarios.EndTemplate(ctx, who, number, revision)
	default:
		err = malformed("action", "请求的格式不对。")
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.templatesPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/scenarios/templates?done="+f.Get("action"))
}

// showOwnScenarios is GET /account/scenarios.
func (s *Server) showOwnScenarios(c *fiber.Ctx) error {
	q, err := query(c, "before", "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.OwnScenariosPage{Frame: s.quietFrame(c, text.T(ctx, "我的场景"))}
	if p.Places, err = s.Scenarios.Places(ctx, actor(c)); err != nil {
		return err
	}
	if p.Items, err = s.Scenarios.Mine(ctx, actor(c), before, listed+1); err != nil {
		return err
	}
	if q.Get("done") == "withdraw" {
		p.Done = text.T(ctx, "已撤回。")
	}
	p.Items, p.Next = pageOf(p.Items, func(x scenario.Scenario) int64 { return x.ID }, "/account/scenarios?before=")
	return s.page(c, templates.OwnScenarios(p))
}

// showDeskScenarios is GET /desk/scenarios.
func (s *Server) showDeskScenarios(c *fiber.Ctx) error {
	q, err := query(c, "all", "state", "before")
	if err != nil {
		return err
	}
	if !templates.KnownScenarioState(q.Get("state")) {
		return malformed("state", "没有这种状态，请从列表里选。")
	}
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.OwnScenariosPage{Frame: s.quietFrame(c, text.T(ctx, "场景")), Desk: true, Filter: scenario.DeskFilter{All: q.Get("all") != "", State: q.Get("state"), Before: before, Limit: listed + 1}}
	if p.Items, err = s.Scenarios.Desk(ctx, actor(c), p.Filter); err != nil {
		return err
	}
	next := p.Href()
	if strings.Contains(next, "?") {
		next += "&before="
	} else {
		next += "?before="
	}
	p.Items, p.Next = pageOf(p.Items, func(x scenario.Scenario) int64 { return x.ID }, next)
	return s.page(c, templates.OwnScenarios(p))
}

// showNewScenario is GET /account/scenarios/new.
func (s *Server) showNewScenario(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.newScenarioPage(c, "", templates.Mistake{})
}

func (s *Server) newScenarioPage(c *fiber.Ctx, chosen string, wrong templates.Mistake) (err error) {
	ctx := c.UserContext()
	p := templates.NewScenarioPage{Frame: s.quietFrame(c, text.T(ctx, "申请场景")), Chosen: chosen, Mistake: wrong}
	if p.Places, err = s.Scenarios.Places(ctx, actor(c)); err != nil {
		return err
	}
	if p.Templates, err = s.Scenarios.Templates(ctx, "", true); err != nil {
		return err
	}
	return s.page(c, templates.NewScenario(p))
}

// beginScenario is POST /account/scenarios/new.
func (s *Server) beginScenario(c *fiber.Ctx) error {
	f, err := form(c, "place", "template", "sent")
	if err != nil {
		return err
	}
	raw, mandate, _ := strings.Cut(f.Get("place"), "/")
	organisation, err := positive(raw)
	if err != nil {
		return err
	}
	x, err := s.Scenarios.Start(c.UserContext(), actor(c), organisation, mandate, f.Get("template"), sent(c, f))
	if wrong, ok := s.mistake(c, err); ok {
		return s.newScenarioPage(c, f.Get("place"), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, x.Path()+"/edit")
}

// ownScenario is the scenario that an address names, for its developer.
func (s *Server) ownScenario(c *fiber.Ctx) (*scenario.View, error) {
	v, err := s.Scenarios.One(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return nil, err
	}
	if desk := strings.HasPrefix(c.Path(), "/desk/"); desk == v.On(scenario.OfDeveloper) {
		return nil, fault.New(fault.NotFound, "没有这个场景。")
	}
	return v, nil
}

// showEditScenario is GET /account/scenarios/{number}/edit.
func (s *Server) showEditScenario(c *fiber.Ctx) error {
	q, err := query(c, "check")
	if err != nil {
		return err
	}
	v, err := s.ownScenario(c)
	if err != nil {
		return err
	}
	return s.scenarioFormPage(c, v.Scenario, scenarioFormOf(v.Scenario), q.Get("check") != "", templates.Mistake{})
}

// scenarioFormOf is a draft as its form shows it.
func scenarioFormOf(x *scenario.Scenario) scenario.Form {
	f := scenario.Form{Title: x.Title, Sector: x.Sector, Class: x.Class, Research: x.Research, Purpose: x.Purpose, Description: x.Description, Method: x.Method, Audience: x.Audience, Personal: x.Personal, PersonalHow: x.PersonalHow,
		SecurityPlan: x.SecurityPlan, EmergencyPlan: x.EmergencyPlan, Filing: x.Filing, Delivery: x.Delivery}
	if x.Months > 0 {
		f.Months = strconv.Itoa(x.Months)
	}
	for _, o := range x.Outputs {
		out := scenario.FormOutput{Form: o.Form, Fields: o.Fields}
		if o.Minimum > 0 {
			out.Minimum = strconv.Itoa(o.Minimum)
		}
		f.Outputs = append(f.Outputs, out)
	}
	for _, i := range x.Items {
		item := scenario.FormItem{Resource: i.Resource, Columns: i.Columns, Uses: map[string]string{}, Why: i.Why, Where: i.Where, Span: i.Span, Refresh: i.Refresh}
		for c, u := range i.Uses {
			item.Uses[c] = string(u)
		}
		f.Items = append(f.Items, item)
	}
	return f
}

func (s *Server) scenarioFormPage(c *fiber.Ctx, x *scenario.Scenario, f scenario.Form, check bool, wrong templates.Mistake) (err error) {
	ctx := c.UserContext()
	if x.State != scenario.Draft && x.State != scenario.Returned {
		return seeOther(c, x.Path())
	}
	p := templates.ScenarioFormPage{Frame: s.quietFrame(c, text.T(ctx, "场景 %s", x.Number)), Book: s.Policy, Scenario: x, Form: f, Limits: s.Scenarios.Limits(), Checked: check, Mistake: wrong}
	profile := x.Mandate.Body.Profile
	p.Sectors, p.SectorsBy = scenario.Sectors(s.Policy, profile, s.Now())
	p.ResearchBy = scenario.Research(s.Policy, profile, s.Now())
	if p.Choices, err = s.Scenarios.Choices(ctx, x); err != nil {
		return err
	}
	if p.Ahead, p.Award, p.AwardBy, err = s.Scenarios.Ahead(x); err != nil {
		return err
	}
	problems, err := s.Scenarios.Problems(ctx, x)
	if err != nil {
		return err
	}
	for _, e := range problems {
		f := fault.Of(e)
		p.Problems = append(p.Problems, templates.Mistake{Field: f.Field, Sentence: Sentence(ctx, f)})
	}
	return s.page(c, templates.ScenarioForm(p))
}

// scenarioForm reads the form of a draft.
func scenarioForm(c *fiber.Ctx) (scenario.Form, int, string, error) {
	raw, err := formWith(c, []string{"item.", "col.", "use.", "why.", "where.", "span.", "refresh.", "form.", "fields.", "minimum."},
		"revision", "go", "title", "sector", "class", "research", "purpose", "description", "method", "audience", "personal", "personal_how", "security_plan", "emergency_plan", "filing", "delivery", "months")
	if err != nil {
		return scenario.Form{}, 0, "", err
	}
	revision, err := strconv.Atoi(raw.Get("revision"))
	if err != nil {
		return scenario.Form{}, 0, "", malformed("revision", "请求的格式不对。")
	}
	f := scenario.Form{Title: raw.Get("title"), Sector: raw.Get("sector"), Class: raw.Get("class"), Research: raw.Get("research") != "", Purpose: raw.Get("purpose"), Description: raw.Get("description"), Method: raw.Get("method"), Audience: raw.Get("audience"),
		Personal: raw.Get("personal"), PersonalHow: raw.Get("personal_how"), SecurityPlan: raw.Get("security_plan"), EmergencyPlan: raw.Get("emergency_plan"), Filing: raw.Get("filing"), Delivery: raw.Get("delivery"), Months: raw.Get("months")}
	var names []string
	for name := range raw {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // in the order of the form, also of its tenth column
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		if n, ok := strings.CutPrefix(name, "form."); ok {
			f.Outputs = append(f.Outputs, scenario.FormOutput{Form: raw.Get(name), Fields: raw.Get("fields." + n), Minimum: raw.Get("minimum." + n)})
		}
		id, ok := strings.CutPrefix(name, "item.")
		if !ok || raw.Get(name) == "" {
			continue
		}
		i := scenario.FormItem{Resource: id, Where: raw.Get("where." + id), Span: raw.Get("span." + id), Refresh: raw.Get("refresh." + id), Uses: map[string]string{}}
		for _, col := range names {
			if n, ok := strings.CutPrefix(col, "col."+id+"."); ok {
				column := raw.Get(col)
				i.Columns = append(i.Columns, column)
				i.Uses[column] = raw.Get("use." + id + "." + n)
			}
		}
		i.Reason, i.Why = reasonsOf(raw.Get("why."+id), i.Columns)
		f.Items = append(f.Items, i)
	}
	return f, revision, raw.Get("go"), nil
}

// reasonsOf reads why columns are needed: one reason for all, or "列：理由" for each,
// with semicolons between.
func reasonsOf(raw string, columns []string) (string, map[string]string) {
	each := map[string]string{}
	for part := range strings.SplitSeq(strings.ReplaceAll(raw, ";", "；"), "；") {
		name, why, ok := strings.Cut(part, "：")
		name = strings.TrimSpace(name)
		if !ok || !slices.Contains(columns, name) {
			return raw, nil
		}
		each[name] = strings.TrimSpace(why)
	}
	return "", each
}

// saveScenario is POST /account/scenarios/{number}/edit.
func (s *Server) saveScenario(c *fiber.Ctx) error {
	f, revision, next, err := scenarioForm(c)
	if err != nil {
		return err
	}
	x, err := s.Scenarios.SaveDraft(c.UserContext(), actor(c), c.Params("number"), f, revision)
	if wrong, ok := s.mistake(c, err); ok {
		v, err := s.ownScenario(c)
		if err != nil {
			return err
		}
		return s.scenarioFormPage(c, v.Scenario, f, false, wrong)
	}
	if err != nil {
		return err
	}
	switch next {
	case "papers":
		return seeOther(c, x.Path()+"/papers")
	case "check":
		return seeOther(c, x.Path()+"/edit?check=1")
	}
	return seeOther(c, x.Path()+"/edit")
}

// autosaveScenario is POST /account/scenarios/{number}/autosave, for a script: it
// answers with the revision that the next saving is of.
func (s *Server) autosaveScenario(c *fiber.Ctx) error {
	f, revision, _, err := scenarioForm(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	x, err := s.Scenarios.SaveDraft(ctx, actor(c), c.Params("number"), f, revision)
	if wrong, ok := s.mistake(c, err); ok {
		return c.JSON(map[string]string{"wrong": wrong.Sentence})
	}
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"revision": strconv.Itoa(x.Revision), "saved": text.T(ctx, "已自动保存 %s", templates.Moment(*x.SavedAt))})
}

// submitScenario is POST /account/scenarios/{number}/submit.
func (s *Server) submitScenario(c *fiber.Ctx) error {
	f, err := form(c, "revision")
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(f.Get("revision"))
	if err != nil {
		return malformed("revision", "请求的格式不对。")
	}
	x, err := s.Scenarios.Submit(c.UserContext(), actor(c), c.Params("number"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		v, err := s.ownScenario(c)
		if err != nil {
			return err
		}
		return s.scenarioFormPage(c, v.Scenario, scenarioFormOf(v.Scenario), true, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, x.Path()+"?done=submit")
}

// followScenario is POST /account/scenarios/{number}/follow: an application that comes
// from another.
func (s *Server) followScenario(c *fiber.Ctx) error {
	f, err := form(c, "kind", "sent")
	if err != nil {
		return err
	}
	x, err := s.Scenarios.StartFrom(c.UserContext(), actor(c), c.Params("number"), scenario.Kind(f.Get("kind")), sent(c, f))
	if wrong, ok := s.mistake(c, err); ok {
		return s.scenarioPage(c, "", templates.ScenarioStepForm{}, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, x.Path()+"/edit")
}
