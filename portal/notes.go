package portal

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/notes"
	"shuyuan/internal/account"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// explainers are who writes and approves notes.
var explainers = []account.Role{account.Officer, account.Head}

// notesOf are the newest versions of the notes on an entry that is public; none
// where nobody writes any.
func (s *Server) notesOf(c *fiber.Ctx, d *datasets.Dataset) ([]notes.Version, error) {
	if s.Notes == nil || d.Status != datasets.Published {
		return nil, nil
	}
	return s.Notes.Of(c.UserContext(), actor(c), d.Slug, true)
}

// showNotes is GET /datasets/{slug}/notes: every version of every note.
func (s *Server) showNotes(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	d, err := s.Datasets.Dataset(ctx, actor(c), c.Params("slug"))
	if err != nil {
		return err
	}
	p := templates.NotesPage{Frame: s.frame(c, text.T(ctx, "解读：%s", text.Pick(ctx, d.Title, d.TitleEN)), ""), Dataset: d}
	if p.Items, err = s.Notes.Of(ctx, actor(c), d.Slug, false); err != nil {
		return err
	}
	return s.page(c, templates.Notes(p))
}

// showDeskNotes is GET /desk/notes.
func (s *Server) showDeskNotes(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.DeskNotesPage{Frame: s.quietFrame(c, text.T(ctx, "解读"))}
	if q.Get("done") != "" {
		p.Done = text.T(ctx, "已记下。")
	}
	if p.Items, err = s.Notes.Department(ctx, actor(c)); err != nil {
		return err
	}
	return s.page(c, templates.DeskNotes(p))
}

// showNewNote is GET /desk/notes/new?dataset=.
func (s *Server) showNewNote(c *fiber.Ctx) error {
	q, err := query(c, "dataset")
	if err != nil {
		return err
	}
	return s.newNotePage(c, q.Get("dataset"), notes.Text{}, templates.Mistake{})
}

func (s *Server) newNotePage(c *fiber.Ctx, slug string, t notes.Text, wrong templates.Mistake) error {
	d, err := s.Datasets.Dataset(c.UserContext(), actor(c), slug)
	if err != nil {
		return err
	}
	n := &notes.Note{Dataset: *d, State: notes.Draft, Text: t}
	return s.page(c, templates.DeskNote(templates.DeskNotePage{Frame: s.quietFrame(c, text.T(c.UserContext(), "写解读")), Note: n, Mistake: wrong, Writes: true}))
}

// noteText is what a form says a note says.
func noteText(f url.Values) notes.Text {
	return notes.Text{Title: f.Get("title"), TitleEN: f.Get("title_en"), Body: f.Get("body"), BodyEN: f.Get("body_en")}
}

// writeNote is POST /desk/notes/new.
func (s *Server) writeNote(c *fiber.Ctx) error {
	f, err := form(c, "dataset", "title", "title_en", "body", "body_en")
	if err != nil {
		return err
	}
	n, err := s.Notes.Write(c.UserContext(), actor(c), f.Get("dataset"), noteText(f))
	if wrong, ok := s.mistake(c, err); ok {
		return s.newNotePage(c, f.Get("dataset"), noteText(f), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/notes/"+strconv.FormatInt(n.ID, 10)+"?done=1")
}

// showDeskNote is GET /desk/notes/{id}.
func (s *Server) showDeskNote(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	done := ""
	if q.Get("done") != "" {
		done = text.T(c.UserContext(), "已记下。")
	}
	return s.deskNotePage(c, nil, "", done, templates.Mistake{})
}

func (s *Server) deskNotePage(c *fiber.Ctx, typed *notes.Text, reason, done string, wrong templates.Mistake) error {
	number, err := numberIn(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.DeskNotePage{Frame: s.quietFrame(c, text.T(ctx, "解读")), Reason: reason, Done: done, Mistake: wrong}
	if p.Note, err = s.Notes.One(ctx, who, number); err != nil {
		return err
	}
	for _, a := range p.Note.Offer(who) {
		switch a {
		case notes.Edit:
			p.Writes = true
		case notes.Submit:
			p.Submits = true
		case notes.Approve:
			p.Decides = true
		}
	}
	if typed != nil {
		p.Note.Text = *typed
	}
	return s.page(c, templates.DeskNote(p))
}

// saveNote is POST /desk/notes/{id}.
func (s *Server) saveNote(c *fiber.Ctx) error {
	f, err := form(c, "revision", "title", "title_en", "body", "body_en")
	if err != nil {
		return err
	}
	number, revision, err := noteForm(c, f)
	if err != nil {
		return err
	}
	typed := noteText(f)
	_, err = s.Notes.Save(c.UserContext(), actor(c), number, typed, revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskNotePage(c, &typed, "", "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=1")
}

// moveNote is POST /desk/notes/{id}/move.
func (s *Server) moveNote(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason")
	if err != nil {
		return err
	}
	number, revision, err := noteForm(c, f)
	if err != nil {
		return err
	}
	_, err = s.Notes.Move(c.UserContext(), actor(c), number, notes.Action(f.Get("action")), f.Get("reason"), revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.deskNotePage(c, nil, f.Get("reason"), "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/notes/"+c.Params("id")+"?done=1")
}

// noteForm reads which note a form is about, and which revision of it.
func noteForm(c *fiber.Ctx, f url.Values) (number int64, revision int, err error) {
	if number, err = numberIn(c, "id"); err != nil {
		return 0, 0, err
	}
	if revision, err = strconv.Atoi(f.Get("revision")); err != nil {
		return 0, 0, malformed("revision", "请求的格式不对。")
	}
	return number, revision, nil
}
