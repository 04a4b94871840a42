package portal

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/catalogue"
	"shuyuan/internal/fault"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/scenario"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showScenario is GET /account/scenarios/{number} and GET /desk/scenarios/{number}.
func (s *Server) showScenario(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.scenarioPage(c, q.Get("done"), templates.ScenarioStepForm{}, templates.Mistake{})
}

func (s *Server) scenarioPage(c *fiber.Ctx, done string, f templates.ScenarioStepForm, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	v, err := s.ownScenario(c)
	if err != nil {
		return err
	}
	desk := strings.HasPrefix(c.Path(), "/desk/")
	if v.State == scenario.Draft && !desk && wrong.Sentence == "" {
		return seeOther(c, v.Path()+"/edit")
	}
	p := templates.ScenarioPage{Frame: s.quietFrame(c, v.Number), Book: s.Policy, Case: v, Desk: desk, Form: f, Mistake: wrong, Violations: s.Scenarios.ViolationsFrom(v.Scenario), Offers: map[int][]scenario.ReportAction{}, Follow: map[scenario.Kind]bool{}}
	switch done {
	case "":
	case "submit":
		p.Done = text.T(ctx, "已提交，运营机构收到信。")
	default:
		p.Done = text.T(ctx, "已记下，有关各方收到信。")
	}
	profile := v.Mandate.Body.Profile
	for i := range v.Items {
		if len(v.Mine) > 0 && v.Items[i].ID == v.Mine[0] {
			profile = v.Items[i].Dataset.Department.Profile
		}
	}
	p.Basis = s.basisInputs("basis", f.Bases, catalogue.RulesOn(s.Policy, profile, s.Now()).Open)
	if p.Reports, err = s.Scenarios.Reports(ctx, v); err != nil {
		return err
	}
	for i := range p.Reports {
		p.Offers[p.Reports[i].Number] = s.Scenarios.ReportOffers(who, v, &p.Reports[i])
	}
	if !desk {
		for _, k := range []scenario.Kind{scenario.Change, scenario.Extension, scenario.Again} {
			p.Follow[k] = s.Scenarios.MayFollow(v.Scenario, k)
		}
		if p.Follow[scenario.Change] && !p.Follow[scenario.Extension] {
			from := v.Until.AddDate(0, 0, -s.Scenarios.ExtensibleFrom())
			p.Extensible = &from
		}
	}
	if v.May(scenario.Offer) {
		p.Preview = s.Scenarios.Preview(v.Scenario, f.Blanks)
	}
	p.Keeps = desk && s.Scenarios.MayMakeTemplate(ctx, who, v.Scenario)
	return s.page(c, templates.Scenario(p))
}

// moveScenario is POST …/scenarios/{number}/move.
func (s *Server) moveScenario(c *fiber.Ctx) error {
	raw, err := form(c, append([]string{"revision", "action", "reason", "missing", "verdict", "violation", "tender", "method", "notice", "day", "winner", "code", "fee", "officer", "officer_contact", "operator_contact", "developer_contact", "dispute", "place"}, basisFields...)...)
	if err != nil {
		return err
	}
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	f := templates.ScenarioStepForm{Action: raw.Get("action"), Reason: raw.Get("reason"), Missing: raw.Get("missing"), Verdict: raw.Get("verdict"), Violation: raw.Get("violation"), Bases: formValues{raw}.basis(),
		Award:  scenario.NewAward{Tender: raw.Get("tender"), Method: raw.Get("method"), Notice: raw.Get("notice"), Day: raw.Get("day"), Winner: raw.Get("winner"), Code: raw.Get("code")},
		Blanks: scenario.Blanks{Fee: raw.Get("fee"), Officer: raw.Get("officer"), OfficerContact: raw.Get("officer_contact"), OperatorContact: raw.Get("operator_contact"), DeveloperContact: raw.Get("developer_contact"), Dispute: raw.Get("dispute"), Place: raw.Get("place")},
	}
	step := scenario.Step{Action: scenario.Action(f.Action), Words: f.Reason, Missing: f.Missing, Verdict: f.Verdict, Violation: f.Violation, Award: f.Award, Blanks: f.Blanks}
	step.Revision, _ = strconv.Atoi(raw.Get("revision"))  // none is not the one that is there
	step.Bases, _ = catalogue.ReadBases("basis", f.Bases) // no more lines than the form has
	if step.Action == scenario.Sign {                     // has an address of its own, which asks anew who it is
		return malformed("action", "请求的格式不对。")
	}
	return s.afterScenario(c, f, func(ctx context.Context) error {
		_, err := s.Scenarios.Move(ctx, actor(c), c.Params("number"), step)
		return err
	})
}

// afterScenario shows what came of a step.
func (s *Server) afterScenario(c *fiber.Ctx, f templates.ScenarioStepForm, do func(context.Context) error) error {
	err := do(c.UserContext())
	if wrong, ok := s.mistake(c, err); ok {
		return s.scenarioPage(c, "", f, wrong)
	}
	if err != nil {
		return err
	}
	if f.Action == string(scenario.Withdraw) {
		return seeOther(c, "/account/scenarios?done=withdraw")
	}
	at := c.Path()
	at = at[:strings.Index(at, c.Params("number"))+len(c.Params("number"))]
	return seeOther(c, at+"?done=1")
}

// signScenario is POST …/scenarios/{number}/sign.
func (s *Server) signScenario(c *fiber.Ctx) error {
	raw, err := form(c, "revision", "terms")
	if err != nil {
		return err
	}
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	step := scenario.Step{Action: scenario.Sign, SHA256: raw.Get("terms")}
	step.Revision, _ = strconv.Atoi(raw.Get("revision")) // none is not the one that is there
	return s.afterScenario(c, templates.ScenarioStepForm{Action: "sign"}, func(ctx context.Context) error {
		_, err := s.Scenarios.Move(ctx, actor(c), c.Params("number"), step)
		return err
	})
}

// opineScenario is POST /desk/scenarios/{number}/opinion.
func (s *Server) opineScenario(c *fiber.Ctx) error {
	raw, err := formWith(c, []string{"given.", "use."}, append([]string{"revision", "item", "decision", "where", "reason"}, basisFields...)...)
	if err != nil {
		return err
	}
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	said := scenario.Said{Decision: raw.Get("decision"), Where: raw.Get("where"), Reason: raw.Get("reason"), Uses: map[string]string{}}
	said.Item, _ = strconv.ParseInt(raw.Get("item"), 10, 64) // none is no item
	for name := range raw {
		if n, ok := strings.CutPrefix(name, "given."); ok {
			said.Columns = append(said.Columns, raw.Get(name))
			said.Uses[raw.Get(name)] = raw.Get("use." + n)
		}
	}
	f := templates.ScenarioStepForm{Action: "opine", Bases: formValues{raw}.basis(), Said: said}
	said.Bases, _ = catalogue.ReadBases("basis", f.Bases) // no more lines than the form has
	revision, _ := strconv.Atoi(raw.Get("revision"))      // none is not the one that is there
	return s.afterScenario(c, f, func(ctx context.Context) error {
		_, err := s.Scenarios.Opine(ctx, actor(c), c.Params("number"), said, revision)
		return err
	})
}

// moveScenarioReport is POST …/scenarios/{number}/reports/{report}.
func (s *Server) moveScenarioReport(c *fiber.Ctx) error {
	raw, err := form(c, "revision", "action", "used", "results", "security", "problems", "missing")
	if err != nil {
		return err
	}
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	number, err := strconv.Atoi(c.Params("report"))
	if err != nil {
		return fault.New(fault.NotFound, "没有这个场景。")
	}
	step := scenario.ReportStep{Action: scenario.ReportAction(raw.Get("action")), Missing: raw.Get("missing"), Content: scenario.Content{Used: raw.Get("used"), Results: raw.Get("results"), Security: raw.Get("security"), Problems: raw.Get("problems")}}
	step.Revision, _ = strconv.Atoi(raw.Get("revision")) // none is not the one that is there
	return s.afterScenario(c, templates.ScenarioStepForm{Action: "report", Reason: strconv.Itoa(number)}, func(ctx context.Context) error {
		_, err := s.Scenarios.MoveReport(ctx, actor(c), c.Params("number"), number, step)
		return err
	})
}

// makeScenarioTemplate is POST /desk/scenarios/{number}/template.
func (s *Server) makeScenarioTemplate(c *fiber.Ctx) error {
	raw, err := form(c, "title")
	if err != nil {
		return err
	}
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	_, err = s.Scenarios.MakeTemplate(c.UserContext(), actor(c), c.Params("number"), raw.Get("title"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.scenarioPage(c, "", templates.ScenarioStepForm{}, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/scenarios/templates?done=made")
}

// showScenarioPapers is GET …/scenarios/{number}/papers.
func (s *Server) showScenarioPapers(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := map[string]string{"added": "文件已上传。", "removed": "文件已移除。"}[q.Get("done")]
	return s.scenarioPapersPage(c, said, "", templates.Mistake{})
}

func (s *Server) scenarioPapersPage(c *fiber.Ctx, said, slot string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	v, err := s.ownScenario(c)
	if err != nil {
		return err
	}
	at := v.Path()
	if strings.HasPrefix(c.Path(), "/desk/") {
		at = v.DeskPath()
	}
	var kind papers.Kind
	open := false
	for _, side := range v.Sides {
		if k, ok := v.PapersNow(side); ok {
			kind, open = k, true
		}
	}
	if !open {
		return seeOther(c, at)
	}
	p := templates.ScenarioPapersPage{Frame: s.quietFrame(c, text.T(ctx, "材料")+" "+v.Number), Case: v, Kind: kind, Back: at,
		Papers: templates.PaperSet{Action: at + "/papers", Papers: v.PapersOf(kind), Rules: s.Scenarios.PaperRules(), Slot: slot, Mistake: wrong}}
	if kind == papers.Scenario {
		p.Papers.Slots = v.Slots()
		p.Back = at + "/edit"
	}
	if said != "" {
		p.Done = text.T(ctx, said)
	}
	return s.page(c, templates.ScenarioPapers(p))
}

// addScenarioPapers is POST …/scenarios/{number}/papers.
func (s *Server) addScenarioPapers(c *fiber.Ctx) error {
	number, who := c.Params("number"), actor(c)
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	slot, _, err := s.takePapers(c, s.Scenarios.PaperRules().Files, func(ctx context.Context, n papers.New, r io.Reader) error {
		_, err := s.Scenarios.AddPaper(ctx, who, number, n, r)
		return err
	})
	if wrong, ok := s.mistake(c, err); ok {
		return s.scenarioPapersPage(c, "", slot, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=added")
}

// removeScenarioPaper is POST …/scenarios/{number}/papers/{paper}/remove.
func (s *Server) removeScenarioPaper(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	err := s.Scenarios.RemovePaper(c.UserContext(), actor(c), c.Params("number"), c.Params("paper"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.scenarioPapersPage(c, "", "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, strings.TrimSuffix(c.Path(), "/"+c.Params("paper")+"/remove")+"?done=removed")
}

// readScenarioPaper is GET …/scenarios/{number}/papers/{paper}.
func (s *Server) readScenarioPaper(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	if _, err := s.ownScenario(c); err != nil {
		return err
	}
	p, raw, err := s.Scenarios.ReadPaper(c.UserContext(), actor(c), c.Params("number"), c.Params("paper"))
	if err != nil {
		return err
	}
	return sendKept(c, p.Media, p.Name, raw)
}

// scenarioContract is the agreement that an address names.
func (s *Server) scenarioContract(c *fiber.Ctx) (*scenario.View, *scenario.Contract, error) {
	if _, err := query(c); err != nil {
		return nil, nil, err
	}
	v, err := s.ownScenario(c)
	if err != nil {
		return nil, nil, err
	}
	for i := range v.Contracts {
		if v.Contracts[i].Number == c.Params("contract") {
			return v, &v.Contracts[i], nil
		}
	}
	return nil, nil, fault.New(fault.NotFound, "没有这一稿协议。")
}

// showScenarioContract is GET …/scenarios/{number}/contracts/{contract}.
func (s *Server) showScenarioContract(c *fiber.Ctx) error {
	v, g, err := s.scenarioContract(c)
	if err != nil {
		return err
	}
	back := v.Path()
	if strings.HasPrefix(c.Path(), "/desk/") {
		back = v.DeskPath()
	}
	return s.page(c, templates.ScenarioContract(templates.ScenarioContractPage{Frame: s.quietFrame(c, g.Number), Case: v, Contract: g, Back: back}))
}

// scenarioContractPDF is GET …/contracts/{contract}/pdf, of one that both have signed.
func (s *Server) scenarioContractPDF(c *fiber.Ctx) error {
	v, g, err := s.scenarioContract(c)
	if err != nil {
		return err
	}
	if !g.Signed() {
		return fault.New(fault.NotFound, "没有这一稿协议。")
	}
	raw, err := templates.ScenarioContractPDF(v.Scenario, g)
	if err != nil {
		return err
	}
	return sendKept(c, "application/pdf", templates.ScenarioContractFile(g.Number, "pdf"), raw)
}

// scenarioContractText is GET …/contracts/{contract}/text: the bytes that were signed.
func (s *Server) scenarioContractText(c *fiber.Ctx) error {
	_, g, err := s.scenarioContract(c)
	if err != nil {
		return err
	}
	return sendKept(c, "text/plain; charset=utf-8", templates.ScenarioContractFile(g.Number, "txt"), []byte(g.Body))
}
