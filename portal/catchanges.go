package portal

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showCatalogueChanges is GET /desk/changes.
func (s *Server) showCatalogueChanges(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.CatalogueChangesPage{Frame: s.quietFrame(c, text.T(ctx, "目录变更")), May: who.Is(account.Officer)}
	p.Wide = true
	var err error
	if p.Changes, err = s.Catalogue.Changes(ctx, who); err != nil {
		return err
	}
	return s.page(c, templates.CatalogueChanges(p))
}

// showNewCatalogueChange is GET /desk/changes/new.
func (s *Server) showNewCatalogueChange(c *fiber.Ctx) error {
	q, err := query(c, "entry")
	if err != nil {
		return err
	}
	var form catalogue.NewChange
	if q.Has("entry") {
		form.Entries = []string{q.Get("entry")}
	}
	return s.newCatalogueChangePage(c, form, templates.Mistake{})
}

func (s *Server) newCatalogueChangePage(c *fiber.Ctx, form catalogue.NewChange, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	p := templates.NewCatalogueChangePage{Frame: s.quietFrame(c, text.T(ctx, "登记变更")), Book: s.Policy, Form: form, Mistake: wrong}
	department, err := s.departmentOf(ctx, who.Department)
	if err != nil {
		return err
	}
	if department == nil {
		return fault.New(fault.NotFound, "没有这个部门。")
	}
	p.Rules = catalogue.RulesOn(s.Policy, department.Profile, s.Now())
	if p.Entries, _, err = s.Catalogue.List(ctx, who, catalogue.Filter{Status: datasets.Published, Limit: 500}); err != nil {
		return err
	}
	return s.page(c, templates.NewCatalogueChange(p))
}

// recordCatalogueChange is POST /desk/changes/new.
func (s *Server) recordCatalogueChange(c *fiber.Ctx) error {
	f, err := form(c, "trigger", "event_date", "evidence", "entry*")
	if err != nil {
		return err
	}
	n := catalogue.NewChange{Trigger: f.Get("trigger"), EventDate: f.Get("event_date"), Evidence: f.Get("evidence"), Entries: f["entry"]}
	id, err := s.Catalogue.Record(c.UserContext(), actor(c), n)
	if wrong, ok := s.mistake(c, err); ok {
		return s.newCatalogueChangePage(c, n, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.ChangeHref(id))
}

// change is the change that an address names.
func (s *Server) change(c *fiber.Ctx) (*catalogue.Change, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return nil, fault.New(fault.NotFound, "没有这次变更。")
	}
	return s.Catalogue.Change(c.UserContext(), actor(c), id)
}

func (s *Server) catalogueChangePage(c *fiber.Ctx, wrong templates.Mistake, reason string) error {
	ctx, who := c.UserContext(), actor(c)
	change, err := s.change(c)
	if err != nil {
		return err
	}
	p := templates.CatalogueChangePage{Frame: s.quietFrame(c, text.T(ctx, "目录变更")), Book: s.Policy, Change: change, Offers: change.Offers(who), Mistake: wrong, Reason: reason}
	if p.Vocab, err = s.Catalogue.Vocabulary(ctx); err != nil {
		return err
	}
	return s.page(c, templates.CatalogueChange(p))
}

// showCatalogueChange is GET /desk/changes/{id}.
func (s *Server) showCatalogueChange(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.catalogueChangePage(c, templates.Mistake{}, "")
}

// moveCatalogueChange is POST /desk/changes/{id}/move.
func (s *Server) moveCatalogueChange(c *fiber.Ctx) error {
	f, err := form(c, "action", "reason", "revision")
	if err != nil {
		return err
	}
	change, err := s.change(c)
	if err != nil {
		return err
	}
	revision, err := revisionOf(f)
	if err != nil {
		return err
	}
	err = s.Catalogue.MoveChange(c.UserContext(), actor(c), change.ID, catalogue.ChangeAction(f.Get("action")), f.Get("reason"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.catalogueChangePage(c, wrong, f.Get("reason"))
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.ChangeHref(change.ID))
}

// changedEntryPage is the form of an entry within a change.
func (s *Server) changedEntryPage(c *fiber.Ctx) (*templates.EntryPage, *catalogue.ChangeEntry, error) {
	change, err := s.change(c)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.entryPage(c, c.Params("slug"))
	if err != nil {
		return nil, nil, err
	}
	for i := range change.Entries {
		if e := &change.Entries[i]; e.Slug == c.Params("slug") {
			p.Change, p.Edit, p.Locked, p.Typed = change, change.Department.ID == actor(c).Department, "", nil
			if e.After != nil {
				p.Content, p.Findings, p.Shown = e.Written().Over(p.Content), e.Findings, true
			}
			return p, e, nil
		}
	}
	return nil, nil, fault.New(fault.NotFound, "没有这个目录条目。")
}

// showChangedEntry is GET /desk/changes/{id}/entries/{slug}.
func (s *Server) showChangedEntry(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	p, _, err := s.changedEntryPage(c)
	if err != nil {
		return err
	}
	return s.page(c, templates.Entry(*p))
}

// saveChangedEntry is POST /desk/changes/{id}/entries/{slug}.
func (s *Server) saveChangedEntry(c *fiber.Ctx) error {
	f, err := form(c, entryFields...)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	change, err := s.change(c)
	if err != nil {
		return err
	}
	in := catalogue.Saved{Declaration: catalogue.Declaration(f.Get("secret")), Content: typed(f)}
	if in.Declaration == catalogue.Secret {
		_, err := s.Catalogue.SaveChange(ctx, who, change.ID, c.Params("slug"), catalogue.Saved{Declaration: catalogue.Secret})
		return s.refuseSecret(c, err)
	}
	if in.Revision, err = revisionOf(f); err != nil {
		return err
	}
	wrong, err := s.Catalogue.SaveChange(ctx, who, change.ID, c.Params("slug"), in)
	if err == nil && len(wrong) == 0 {
		return seeOther(c, templates.ChangeHref(change.ID))
	}
	m, ok := s.mistake(c, err)
	if err != nil && !ok {
		return err
	}
	p, _, failed := s.changedEntryPage(c)
	if failed != nil {
		return failed
	}
	p.Content, p.Mistake = in.Content.Over(p.Content), m
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		p.Findings, p.Shown = wrong, true
		p.Mistake = templates.Mistake{Sentence: text.T(ctx, "没有保存：收紧共享或开放，须先有依据；请看每一项旁边的说明。")}
		if slices.ContainsFunc(wrong, func(f catalogue.Finding) bool { return f.Check == "readable" || f.Check == "loosened" }) {
			p.Mistake = templates.Mistake{Sentence: text.T(ctx, "没有保存：请看每一项旁边的说明。")}
		}
	}
	return s.page(c, templates.Entry(*p))
}
