package portal

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/sources"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// The desk's pages about who collects what (一数一源), and whose values hold.

// disputing are the roles that bring a case of values that disagree further.
var disputing = []account.Role{account.Officer, account.Authority}

func (s *Server) showDuplicates(c *fiber.Ctx) error { return s.sourceCases(c, sources.Duplicate) }
func (s *Server) showInconsistencies(c *fiber.Ctx) error {
	return s.sourceCases(c, sources.Inconsistency)
}

func (s *Server) sourceCases(c *fiber.Ctx, kind sources.Kind) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	title := "目录重复"
	if kind == sources.Inconsistency {
		title = "数据不一致"
	}
	p := templates.SourceCasesPage{Frame: s.quietFrame(c, text.T(ctx, title)), Kind: kind, May: kind == sources.Inconsistency && who.Any(disputing...)}
	p.Wide = true
	var err error
	if p.Cases, err = s.Catalogue.Sources().Cases(ctx, who, kind); err != nil {
		return err
	}
	return s.page(c, templates.SourceCases(p))
}

func (s *Server) showDuplicate(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.sourceCasePage(c, sources.Duplicate, templates.Mistake{}, templates.SourceForm{})
}

func (s *Server) showInconsistency(c *fiber.Ctx) error {
	if _, err := query(c, "rows"); err != nil {
		return err
	}
	return s.sourceCasePage(c, sources.Inconsistency, templates.Mistake{}, templates.SourceForm{})
}

// sourceCase is the case of a kind that the address names.
func (s *Server) sourceCase(c *fiber.Ctx, kind sources.Kind) (*sources.Case, error) {
	id, err := positive(c.Params("id"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "没有这一案。")
	}
	found, err := s.Catalogue.Sources().Case(c.UserContext(), actor(c), id)
	if err == nil && found.Kind != kind {
		err = fault.New(fault.NotFound, "没有这一案。")
	}
	return found, err
}

func (s *Server) sourceCasePage(c *fiber.Ctx, kind sources.Kind, wrong templates.Mistake, typed templates.SourceForm) error {
	ctx, who := c.UserContext(), actor(c)
	found, err := s.sourceCase(c, kind)
	if err != nil {
		return err
	}
	p := templates.SourceCasePage{Frame: s.quietFrame(c, found.Title()), Book: s.Policy, Case: found, Offers: found.Offers(who), Mistake: wrong, Typed: typed}
	p.Wide = true
	if kind == sources.Duplicate {
		if p.Alike, err = s.Catalogue.Sources().Explain(ctx, found); err != nil {
			return err
		}
		return s.page(c, templates.SourceCase(p))
	}
	if c.Query("rows") == "1" {
		if err := s.admitVisit(c, QuestionVisit); err != nil {
			return err
		}
		p.Rows, err = s.Catalogue.Sources().Disagree(ctx, who, found)
		p.RowsNot = s.sentence(c, err)
	}
	return s.page(c, templates.SourceCase(p))
}

// openDuplicate is POST /desk/duplicates.
func (s *Server) openDuplicate(c *fiber.Ctx) error {
	f, err := form(c, "entry", "others*", "about")
	if err != nil {
		return err
	}
	slug := f.Get("entry")
	id, err := s.Catalogue.Sources().OpenDuplicate(c.UserContext(), actor(c), slug, f["others"], f.Get("about"))
	if err != nil {
		return s.entryAgain(c, slug, nil, nil, err)
	}
	return seeOther(c, "/desk/duplicates/"+strconv.FormatInt(id, 10))
}

func (s *Server) moveDuplicate(c *fiber.Ctx) error { return s.moveSourceCase(c, sources.Duplicate) }
func (s *Server) moveInconsistency(c *fiber.Ctx) error {
	return s.moveSourceCase(c, sources.Inconsistency)
}

func (s *Server) moveSourceCase(c *fiber.Ctx, kind sources.Kind) error {
	f, err := form(c, "action", "reason", "source", "revision")
	if err != nil {
		return err
	}
	step := sources.Step{Action: sources.Action(f.Get("action")), Reason: f.Get("reason")}
	if step.Revision, err = revisionOf(f); err != nil {
		return err
	}
	if raw := f.Get("source"); raw != "" {
		if step.Source, err = strconv.ParseInt(raw, 10, 64); err != nil {
			return malformed("source", "请求的格式不对。")
		}
	}
	found, err := s.sourceCase(c, kind)
	if err != nil {
		return err
	}
	return s.afterStep(c, found, s.Catalogue.Sources().Move(c.UserContext(), actor(c), found.ID, step),
		templates.SourceForm{Action: f.Get("action"), Reason: f.Get("reason"), Source: f.Get("source")})
}

func (s *Server) stateOnDuplicate(c *fiber.Ctx) error { return s.statePosition(c, sources.Duplicate) }
func (s *Server) stateOnInconsistency(c *fiber.Ctx) error {
	return s.statePosition(c, sources.Inconsistency)
}

func (s *Server) statePosition(c *fiber.Ctx, kind sources.Kind) error {
	f, err := form(c, "names", "statement", "revision")
	if err != nil {
		return err
	}
	said := sources.Said{Statement: f.Get("statement"), Names: -1}
	if said.Revision, err = revisionOf(f); err != nil {
		return err
	}
	if raw := f.Get("names"); raw != "" {
		if said.Names, err = strconv.ParseInt(raw, 10, 64); err != nil {
			return malformed("names", "请求的格式不对。")
		}
	}
	found, err := s.sourceCase(c, kind)
	if err != nil {
		return err
	}
	return s.afterStep(c, found, s.Catalogue.Sources().State(c.UserContext(), actor(c), found.ID, said), templates.SourceForm{Names: f.Get("names"), Statement: said.Statement})
}

// afterStep shows the case anew, or the form again with why it was not taken.
func (s *Server) afterStep(c *fiber.Ctx, found *sources.Case, err error, typed templates.SourceForm) error {
	if wrong, ok := s.mistake(c, err); ok {
		return s.sourceCasePage(c, found.Kind, wrong, typed)
	}
	if err != nil {
		return err
	}
	return seeOther(c, found.Path())
}

// showNewInconsistency is GET /desk/inconsistencies/new.
func (s *Server) showNewInconsistency(c *fiber.Ctx) error {
	q, err := query(c, "entry", "correction")
	if err != nil {
		return err
	}
	return s.newInconsistencyPage(c, sources.NewInconsistency{One: q.Get("entry"), FromCorrection: q.Get("correction") == "1"}, templates.Mistake{})
}

func (s *Server) newInconsistencyPage(c *fiber.Ctx, n sources.NewInconsistency, wrong templates.Mistake) error {
	return s.page(c, templates.NewInconsistency(templates.NewInconsistencyPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "立不一致案")), Form: n, Mistake: wrong}))
}

// openInconsistency is POST /desk/inconsistencies.
func (s *Server) openInconsistency(c *fiber.Ctx) error {
	f, err := form(c, "one", "other", "about", "correction")
	if err != nil {
		return err
	}
	n := sources.NewInconsistency{One: f.Get("one"), Other: f.Get("other"), About: f.Get("about"), FromCorrection: f.Get("correction") == "1"}
	id, err := s.Catalogue.Sources().OpenInconsistency(c.UserContext(), actor(c), n)
	if wrong, ok := s.mistake(c, err); ok {
		return s.newInconsistencyPage(c, n, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/inconsistencies/"+strconv.FormatInt(id, 10))
}

// openHeldEntry is POST /desk/changes/{id}/entries/{slug}/open.
func (s *Server) openHeldEntry(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	change, err := s.change(c)
	if err != nil {
		return err
	}
	err = s.Catalogue.OpenHeld(c.UserContext(), actor(c), change.ID, c.Params("slug"))
	if wrong, ok := s.mistake(c, err); ok {
		wrong.Field = ""
		return s.catalogueChangePage(c, wrong, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.ChangeHref(change.ID))
}

// alike is what the page of an entry shows of others that have its items.
func (s *Server) alike(c *fiber.Ctx, e *catalogue.Entry) (templates.AlikePart, error) {
	who := actor(c)
	found, err := s.Catalogue.Sources().Matches(c.UserContext(), who, e.Dataset.ID)
	may := who.Is(account.Authority) && slices.ContainsFunc(found, func(m sources.Match) bool { return m.Case == 0 || m.State == sources.Closed })
	return templates.AlikePart{Rules: s.Catalogue.Sources().Rules(), Matches: found, May: may}, err
}

// marksOf are the cases about an entry that its public page tells of.
func (s *Server) marksOf(c *fiber.Ctx, d *datasets.Dataset) ([]sources.Mark, error) {
	if s.Catalogue == nil {
		return nil, nil
	}
	return s.Catalogue.Sources().Marks(c.UserContext(), d)
}
