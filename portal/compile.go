package portal

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// The desk's pages about the entries of the catalogue: what a department says
// of its data, and what the authority says to that.

const entriesPerPage = 50

// showEntries is GET /desk/catalogue.
func (s *Server) showEntries(c *fiber.Ctx) error {
	q, err := query(c, "q", "state", "open", "share", "class", "status", "page")
	if err != nil {
		return err
	}
	page, err := pageNumber(q, 1000)
	if err != nil {
		return err
	}
	f := catalogue.Filter{
		Text: q.Get("q"), State: catalogue.State(q.Get("state")), Open: datasets.OpenType(q.Get("open")), Share: q.Get("share"),
		DBClass: datasets.DBClass(q.Get("class")), Status: datasets.Status(q.Get("status")), Offset: (page - 1) * entriesPerPage, Limit: entriesPerPage,
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.EntriesPage{Frame: s.quietFrame(c, text.T(ctx, "目录编制")), Filter: f, May: who.Is(account.Officer), All: who.Is(account.Authority)}
	p.Wide = true
	if p.Lines, p.Total, err = s.Catalogue.List(ctx, who, f); err != nil {
		return err
	}
	p.Pager = templates.EntriesPager(f, page, (p.Total+entriesPerPage-1)/entriesPerPage)
	return s.page(c, templates.Entries(p))
}

// showNewEntry is GET /desk/catalogue/new.
func (s *Server) showNewEntry(c *fiber.Ctx) error {
	q, err := query(c, "from")
	if err != nil {
		return err
	}
	return s.newEntryPage(c, templates.NewEntryForm{From: q.Get("from")}, templates.Mistake{})
}

func (s *Server) newEntryPage(c *fiber.Ctx, form templates.NewEntryForm, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	p := templates.NewEntryPage{Frame: s.quietFrame(c, text.T(ctx, "新建条目")), Form: form, Mistake: wrong}
	var err error
	if p.Templates, err = s.Catalogue.Templates(ctx, who); err != nil {
		return err
	}
	lines, _, err := s.Catalogue.List(ctx, who, catalogue.Filter{Limit: 200})
	if err != nil {
		return err
	}
	p.Entries = slices.DeleteFunc(lines, func(l catalogue.ListLine) bool { return l.Title == "" })
	return s.page(c, templates.NewEntry(p))
}

// createEntry is POST /desk/catalogue/new.
func (s *Server) createEntry(c *fiber.Ctx) error {
	f, err := form(c, "secret", "title", "slug", "from", "template")
	if err != nil {
		return err
	}
	asked := templates.NewEntryForm{Secret: f.Get("secret"), Title: f.Get("title"), Slug: f.Get("slug"), From: f.Get("from"), Template: f.Get("template")}
	n := catalogue.NewEntry{Declaration: catalogue.Declaration(asked.Secret), Title: asked.Title, Slug: asked.Slug, From: asked.From}
	if asked.Template != "" {
		if n.Template, err = strconv.ParseInt(asked.Template, 10, 64); err != nil {
			return malformed("template", "没有这个模板。")
		}
	}
	slug, err := s.Catalogue.Create(c.UserContext(), actor(c), n)
	if err != nil && n.Declaration == catalogue.Secret {
		return s.refuseSecret(c, err)
	}
	if wrong, ok := s.mistake(c, err); ok {
		if fault.KindOf(err) == fault.Conflict && wrong.Field == "" {
			wrong.Field = "slug"
		}
		return s.newEntryPage(c, asked, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.EntryHref(slug))
}

// refuseSecret says that a state secret is not taken in, and repeats nothing of
// what was sent.
func (s *Server) refuseSecret(c *fiber.Ctx, err error) error {
	f := fault.Of(err)
	if f.Field != "secret" {
		return err
	}
	ctx := c.UserContext()
	c.Status(fiber.StatusUnprocessableEntity).Set(fiber.HeaderCacheControl, "no-store")
	return s.page(c, templates.SecretRefused(templates.SecretPage{Frame: s.quietFrame(c, text.T(ctx, "涉及国家秘密，不能录入")), Book: s.Policy, Sentence: Sentence(ctx, f)}))
}

// entryPage is everything about an entry.
func (s *Server) entryPage(c *fiber.Ctx, slug string) (*templates.EntryPage, error) {
	ctx, who := c.UserContext(), actor(c)
	e, err := s.Catalogue.Entry(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	p := &templates.EntryPage{Frame: s.quietFrame(c, e.Title), Book: s.Policy, Entry: e, Content: catalogue.Of(e.Dataset), Offers: e.Offers(who)}
	p.Wide = true
	p.Findings = e.Examine()
	if err := e.Editable(who); err == nil {
		p.Edit = true
	} else if who.Is(account.Officer) {
		p.Locked = Sentence(ctx, fault.Of(err))
	}
	if p.Vocab, err = s.Catalogue.Vocabulary(ctx); err != nil {
		return nil, err
	}
	if p.Typed, err = s.Catalogue.Typed(ctx, who, e); err != nil {
		return nil, err
	}
	if p.History, err = s.Catalogue.History(ctx, e); err != nil {
		return nil, err
	}
	p.Alike, err = s.alike(c, e)
	return p, err
}

// showEntry is GET /desk/catalogue/{slug}.
func (s *Server) showEntry(c *fiber.Ctx) error {
	q, err := query(c, "done", "restore", "check")
	if err != nil {
		return err
	}
	p, err := s.entryPage(c, c.Params("slug"))
	if err != nil {
		return err
	}
	p.Shown = q.Get("check") == "1"
	p.Done = doneWords(c.UserContext(), q.Get("done"))
	if q.Get("restore") == "1" && p.Edit {
		for _, t := range p.Typed {
			if t.Mine {
				p.Content, p.Typed = t.Content.Over(p.Content), nil
				break
			}
		}
	}
	return s.page(c, templates.Entry(*p))
}

// doneWords says what was done before the page was shown.
func doneWords(ctx context.Context, done string) string {
	switch done {
	case "saved":
		return text.T(ctx, "已保存。")
	case "submit":
		return text.T(ctx, "已报送主管部门。")
	case "send_to_head":
		return text.T(ctx, "已送本部门负责人签发。")
	case "sign":
		return text.T(ctx, "已签发，并报送主管部门。")
	case "recall":
		return text.T(ctx, "已撤回，可以修改。")
	case "confirm":
		return text.T(ctx, "已确认。")
	case "return":
		return text.T(ctx, "已退回部门。")
	case "template":
		return text.T(ctx, "已存为本部门的模板。")
	}
	return ""
}

// entryFields are the fields that the form of an entry may have.
var entryFields = func() []string {
	names := []string{"secret", "revision", "step"}
	for _, f := range catalogue.Fields {
		if f.Kind == catalogue.Shown {
			continue
		}
		names = append(names, f.Key)
		most := templates.MaxSlots
		if f.Kind == catalogue.Items {
			most = templates.MaxItemSlots
		}
		names = append(names, slotNames(f.Key, templates.PartsOf(f.Kind), most)...)
	}
	return names
}()

// slotNames are the inputs of so many lines.
func slotNames(key string, parts []string, most int) []string {
	var names []string
	for _, part := range parts {
		for i := range most {
			names = append(names, templates.Slot(key, i, part))
		}
	}
	return names
}

// typed is what the form of an entry says. A field that the form did not have
// is not said.
func typed(f url.Values) catalogue.Content {
	out := catalogue.Content{}
	for _, field := range catalogue.Fields {
		parts := templates.PartsOf(field.Kind)
		switch {
		case field.Kind == catalogue.Shown:
		case len(parts) == 0 || f.Has(field.Key):
			if f.Has(field.Key) {
				out[field.Key] = strings.ReplaceAll(f.Get(field.Key), "\r\n", "\n")
			}
		case f.Has(templates.Slot(field.Key, 0, parts[0])):
			out[field.Key] = slotted(f, field.Key, parts)
		}
	}
	return out
}

// slotted puts the lines of a field together. A line of which nothing but a
// preset was chosen is none.
func slotted(f url.Values, key string, parts []string) string {
	var out []string
	for i := range max(templates.MaxSlots, templates.MaxItemSlots) {
		values, anything := make([]string, len(parts)), false
		for j, part := range parts {
			v := strings.Join(strings.Fields(strings.ReplaceAll(f.Get(templates.Slot(key, i, part)), "|", "｜")), " ")
			values[j] = v
			anything = anything || v != "" && part != "type"
		}
		if anything {
			out = append(out, strings.TrimRight(strings.Join(values, " | "), " |"))
		}
	}
	return strings.Join(out, "\n")
}

func revisionOf(f url.Values) (int64, error) {
	n, err := strconv.ParseInt(f.Get("revision"), 10, 64)
	if err != nil {
		return 0, malformed("revision", "请求的格式不对。")
	}
	return n, nil
}

// saveEntry is POST /desk/catalogue/{slug}: save, and submit if that was asked.
func (s *Server) saveEntry(c *fiber.Ctx) error {
	f, err := form(c, entryFields...)
	if err != nil {
		return err
	}
	ctx, who, slug := c.UserContext(), actor(c), c.Params("slug")
	if catalogue.Declaration(f.Get("secret")) == catalogue.Secret {
		_, err := s.Catalogue.Save(ctx, who, slug, catalogue.Saved{Declaration: catalogue.Secret})
		return s.refuseSecret(c, err)
	}
	in := catalogue.Saved{Declaration: catalogue.Declaration(f.Get("secret")), Content: typed(f)}
	if in.Revision, err = revisionOf(f); err != nil {
		return err
	}
	wrong, err := s.Catalogue.Save(ctx, who, slug, in)
	if err != nil || len(wrong) > 0 {
		return s.entryAgain(c, slug, in.Content, wrong, err)
	}
	step := catalogue.Action(f.Get("step"))
	switch step {
	case catalogue.Submit, catalogue.SendToHead:
	case "save", "":
		return seeOther(c, templates.EntryHref(slug)+"?done=saved")
	default:
		return malformed("step", "请求的格式不对。")
	}
	p, err := s.entryPage(c, slug)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(p.Findings, catalogue.Finding.Blocks) {
		p.Shown, p.Mistake = true, templates.Mistake{Sentence: text.T(ctx, "草稿已保存，还不能报送：请看每一项旁边的说明。")}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.page(c, templates.Entry(*p))
	}
	if err := s.Catalogue.Move(ctx, who, slug, step, "", p.Entry.Revision); err != nil {
		return s.entryAgain(c, slug, nil, nil, err)
	}
	return seeOther(c, templates.EntryHref(slug)+"?done="+string(step))
}

// entryAgain shows the form with what was typed and why it was not taken.
func (s *Server) entryAgain(c *fiber.Ctx, slug string, content catalogue.Content, wrong []catalogue.Finding, err error) error {
	m, ok := s.mistake(c, err)
	if err != nil && !ok {
		return err
	}
	p, failed := s.entryPage(c, slug)
	if failed != nil {
		return failed
	}
	p.Mistake = m
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		p.Findings, p.Shown = append(wrong, p.Findings...), true
		p.Mistake = templates.Mistake{Sentence: text.T(c.UserContext(), "有的地方读不懂，什么也没有保存：请看那一项旁边的说明。")}
	}
	if content != nil {
		if fault.KindOf(err) == fault.Conflict && p.Edit {
			p.Conflict, p.Theirs = true, catalogue.Diff(p.Content, content.Over(p.Content))
		}
		p.Content = content.Over(p.Content)
	}
	return s.page(c, templates.Entry(*p))
}

// moveEntry is POST /desk/catalogue/{slug}/move.
func (s *Server) moveEntry(c *fiber.Ctx) error {
	f, err := form(c, "action", "reason", "revision")
	if err != nil {
		return err
	}
	revision, err := revisionOf(f)
	if err != nil {
		return err
	}
	ctx, slug, action := c.UserContext(), c.Params("slug"), catalogue.Action(f.Get("action"))
	err = s.Catalogue.Move(ctx, actor(c), slug, action, f.Get("reason"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		p, failed := s.entryPage(c, slug)
		if failed != nil {
			return failed
		}
		p.Mistake, p.Reason = wrong, f.Get("reason")
		return s.page(c, templates.Entry(*p))
	}
	if err != nil {
		return err
	}
	if action == catalogue.Return || action == catalogue.Confirm || action == catalogue.Sign {
		return seeOther(c, "/desk/catalogue")
	}
	return seeOther(c, templates.EntryHref(slug)+"?done="+string(action))
}

// autosaveEntry is POST /desk/catalogue/{slug}/autosave, for a script. It
// answers who else is typing.
func (s *Server) autosaveEntry(c *fiber.Ctx) error {
	f, err := form(c, entryFields...)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	revision, err := revisionOf(f)
	if err != nil {
		return err
	}
	content := typed(f)
	if catalogue.Declaration(f.Get("secret")) != catalogue.NotSecret {
		content = nil
	}
	others, err := s.Catalogue.Autosave(ctx, actor(c), c.Params("slug"), catalogue.Saved{Declaration: catalogue.Declaration(f.Get("secret")), Content: content, Revision: revision})
	c.Set(fiber.HeaderCacheControl, "no-store")
	if wrong, ok := s.mistake(c, err); ok {
		return c.JSON(map[string]any{"error": wrong.Sentence})
	}
	if err != nil {
		return err
	}
	names := []string{}
	for _, t := range others {
		if !t.Mine {
			names = append(names, t.By)
		}
	}
	body, err := json.Marshal(map[string]any{"others": names})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(body)
}

// keepTemplate is POST /desk/catalogue/{slug}/template.
func (s *Server) keepTemplate(c *fiber.Ctx) error {
	f, err := form(c, "name")
	if err != nil {
		return err
	}
	slug := c.Params("slug")
	err = s.Catalogue.KeepTemplate(c.UserContext(), actor(c), slug, strings.TrimSpace(f.Get("name")))
	if err != nil {
		return s.entryAgain(c, slug, nil, nil, err)
	}
	return seeOther(c, templates.EntryHref(slug)+"?done=template")
}

// showEntryHistory is GET /desk/catalogue/{slug}/history.
func (s *Server) showEntryHistory(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	p, err := s.entryPage(c, c.Params("slug"))
	if err != nil {
		return err
	}
	return s.page(c, templates.EntryHistory(*p))
}
