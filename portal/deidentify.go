package portal

import (
	"context"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/deidentify"
	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showDeidentify is GET /desk/deidentify: what could be treated.
func (s *Server) showDeidentify(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.DeidentifyPage{Frame: s.quietFrame(c, text.T(ctx, "脱敏"))}
	p.Wide = true
	var err error
	if p.Items, err = s.Deidentify.Sources(ctx, actor(c)); err != nil {
		return err
	}
	if p.Book, p.Source, err = s.treatmentSource(ctx, actor(c)); err != nil {
		return err
	}
	return s.page(c, templates.Deidentify(p))
}

// sourceOf reads which table is meant.
func sourceOf(f url.Values) (src deidentify.Source, err error) {
	src.Upload = f.Get("upload")
	if raw := f.Get("version"); raw != "" {
		if src.Version, err = positive(raw); err != nil {
			return src, fault.New(fault.NotFound, "没有这份可以脱敏的数据。")
		}
	}
	if raw := f.Get("table"); raw != "" {
		if src.Table, err = strconv.Atoi(raw); err != nil {
			return src, fault.New(fault.NotFound, "没有这份可以脱敏的数据。")
		}
	}
	return src, nil
}

// showRecipe is GET /desk/deidentify/table: what is to be done to each column.
func (s *Server) showRecipe(c *fiber.Ctx) error {
	q, err := query(c, "version", "upload", "table")
	if err != nil {
		return err
	}
	src, err := sourceOf(q)
	if err != nil {
		return err
	}
	p, err := s.recipePage(c, src)
	if err != nil {
		return err
	}
	return s.page(c, templates.Recipe(*p))
}

func (s *Server) recipePage(c *fiber.Ctx, src deidentify.Source) (*templates.RecipePage, error) {
	ctx := c.UserContext()
	o, err := s.Deidentify.Open(ctx, actor(c), src)
	if err != nil {
		return nil, err
	}
	p := &templates.RecipePage{Frame: s.quietFrame(c, text.T(ctx, "脱敏")), Opened: o, Rules: s.houseRules("quality.small_cells")}
	p.Wide = true
	p.Form = templates.RecipeForm{Recipe: o.Recipe, Least: strconv.FormatInt(o.Least, 10)}
	if src.Upload == "" {
		p.Form.Title = o.Content.Entry.Title + "（脱敏）"
	}
	return p, nil
}

// treatments are what the form says of each column, in the order of the table: a
// row of it has one of each field.
func treatments(f url.Values) ([]ingest.Treatment, error) {
	methods, quasi := f["method"], map[string]bool{}
	for _, i := range f["quasi"] {
		quasi[i] = true
	}
	for _, name := range []string{"first", "last", "width", "level"} {
		if len(f[name]) != len(methods) {
			return nil, fault.At("columns", "脱敏的列和表的列对不上，请重新打开。")
		}
	}
	out := make([]ingest.Treatment, len(methods))
	for i, method := range methods {
		t := ingest.Treatment{Method: ingest.Method(method), Quasi: quasi[strconv.Itoa(i)]}
		var err error
		switch t.Method {
		case ingest.Mask:
			if t.First, err = wholeNumber(f["first"][i]); err == nil {
				t.Last, err = wholeNumber(f["last"][i])
			}
		case ingest.Band:
			var width int
			width, err = wholeNumber(f["width"][i])
			t.Width = int64(width)
		case ingest.CoarseDate, ingest.Place:
			t.Level = f["level"][i]
		case ingest.Keep, ingest.Drop, ingest.Hash:
		}
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

// wholeNumber reads a whole number of a form; empty is 0.
func wholeNumber(raw string) (int, error) {
	if raw == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil {
		return 0, fault.At("columns", "要填整数：%s", raw)
	}
	return n, nil
}

// deidentify is POST /desk/deidentify/table: it shows what would come of a
// recipe, or makes it.
func (s *Server) deidentify(c *fiber.Ctx) error {
	f, err := form(c, "version", "upload", "table", "method*", "first*", "last*", "width*", "level*", "quasi*", "least", "title", "secret", "action")
	if err != nil {
		return err
	}
	src, err := sourceOf(f)
	if err != nil {
		return err
	}
	p, err := s.recipePage(c, src)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p.Form.Least, p.Form.Title, p.Form.Secret = f.Get("least"), f.Get("title"), f.Get("secret")
	var recipe ingest.Recipe
	if recipe.Columns, err = treatments(f); err == nil {
		if len(recipe.Columns) == len(p.Opened.Columns) {
			p.Form.Recipe = recipe
		}
		var least int
		if least, err = wholeNumber(f.Get("least")); err != nil {
			err = fault.At("least", "最小的组要是正整数。")
		}
		for _, t := range recipe.Columns {
			if t.Quasi && t.Method != ingest.Drop {
				recipe.Least = int64(least) // of no groups, none is too small
			}
		}
	}
	leave := func() {}
	if err == nil {
		leave, err = s.Enter(c)
	}
	if err == nil {
		defer leave()
		if f.Get("action") == "make" {
			var made *datasets.Lineage
			if made, err = s.Deidentify.Make(ctx, who, src, recipe, catalogue.NewEntry{Title: p.Form.Title, Declaration: catalogue.Declaration(p.Form.Secret)}); err == nil {
				return seeOther(c, "/desk/uploads/"+made.UploadID)
			}
		} else {
			p.Made, err = s.Deidentify.Preview(ctx, who, src, recipe)
		}
	}
	if wrong, ok := s.mistake(c, err); ok {
		p.Form.Mistake = wrong
	} else if err != nil {
		return err
	}
	return s.page(c, templates.Recipe(*p))
}

// showConsent is GET /desk/deidentify/consent: the form that registers that
// whoever has the right agreed.
func (s *Server) showConsent(c *fiber.Ctx) error {
	q, err := query(c, "version")
	if err != nil {
		return err
	}
	src, err := sourceOf(q)
	if err != nil {
		return err
	}
	return s.consentPage(c, src.Version, templates.ConsentForm{})
}

func (s *Server) consentPage(c *fiber.Ctx, version int64, asked templates.ConsentForm) error {
	ctx := c.UserContext()
	content, err := s.Deidentify.Content(ctx, actor(c), deidentify.Source{Version: version})
	if err != nil {
		return err
	}
	p := templates.ConsentPage{Frame: s.quietFrame(c, text.T(ctx, "权利人同意")), Content: content, Version: version, Form: asked}
	if p.Book, p.Source, err = s.treatmentSource(ctx, actor(c)); err != nil {
		return err
	}
	return s.page(c, templates.Consent(p))
}

// treatmentSource is what says that data can be opened once it is treated or its owner
// agrees: the text that binds who's department, else the platform's rule.
func (s *Server) treatmentSource(ctx context.Context, who account.Actor) (*policy.Book, policy.Rule, error) {
	d, err := s.departmentOf(ctx, who.Department)
	if err != nil || d == nil {
		return s.Policy, s.treatmentRule(""), err
	}
	return s.Policy, s.treatmentRule(d.Profile), nil
}

func (s *Server) treatmentRule(profile string) policy.Rule {
	if _, found, ok := s.Policy.Governing(profile, "open.declassification", s.Now()); ok && len(found.Cite) > 0 {
		return found
	}
	rule, _ := s.Policy.House().Rule("opening_after_treatment")
	return rule
}

// consent is POST /desk/deidentify/consent.
func (s *Server) consent(c *fiber.Ctx) error {
	f, err := form(c, "version", "holder", "document", "date", "scope", "title", "secret")
	if err != nil {
		return err
	}
	src, err := sourceOf(f)
	if err != nil {
		return err
	}
	said := datasets.Consent{Holder: f.Get("holder"), Document: f.Get("document"), Date: f.Get("date"), Scope: f.Get("scope")}
	made, err := s.Deidentify.Consent(c.UserContext(), actor(c), src.Version, said, catalogue.NewEntry{Title: f.Get("title"), Declaration: catalogue.Declaration(f.Get("secret"))})
	if fault.KindOf(err) == fault.NotFound {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.consentPage(c, src.Version, templates.ConsentForm{Consent: said, Title: f.Get("title"), Secret: f.Get("secret"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/uploads/"+made.UploadID)
}
