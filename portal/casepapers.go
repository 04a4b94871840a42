package portal

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/papers"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// takePapers reads a form with the fields csrf and slot and then files, in this
// order, so that nobody waits for files that are not for us, and hands each to
// add. It stops at the first that is not taken, and says which that was: those
// before it are kept.
func (s *Server) takePapers(c *fiber.Ctx, most int, add func(context.Context, papers.New, io.Reader) error) (slot string, kept int, err error) {
	return s.papersIn(c, most, func(form *multipart.Reader) error {
		secret, err := formField(form, "csrf")
		if err != nil {
			return err
		}
		return s.Accounts.CheckCSRF(token(c), secret)
	}, add)
}

// papersIn reads such a form behind what begin reads of it.
func (s *Server) papersIn(c *fiber.Ctx, most int, begin func(*multipart.Reader) error, add func(context.Context, papers.New, io.Reader) error) (slot string, kept int, err error) {
	body := s.arriving(c)
	defer body.done()
	defer func() {
		if err != nil {
			c.Response().Header.SetConnectionClose() // the rest of the body is not read
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fault.New(fault.Malformed, "表单没有送完，文件没有保存，请重新上传。").Because(err)
		}
	}()
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || media != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return "", 0, malformed("", "请求的格式不对。")
	}
	form := multipart.NewReader(body, params["boundary"])
	if err := begin(form); err != nil {
		return "", 0, err
	}
	if slot, err = formField(form, "slot"); err != nil {
		return "", 0, err
	}
	ctx := context.WithoutCancel(c.UserContext())
	for ; ; kept++ {
		part, err := form.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && kept > 0:
			return slot, kept, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return slot, kept, err
		case err != nil || part.FormName() != "file":
			return slot, kept, malformed("file", "请求的格式不对。")
		case part.FileName() == "":
			return slot, kept, fault.At("file", "请选一个文件。")
		case kept == most: // more than any case keeps
			return slot, kept, fault.At("file", "一件最多交 %d 个文件，请合并或删去几个再传。", most)
		}
		err = add(ctx, papers.New{Slot: slot, Name: part.FileName()}, part)
		if f := fault.Of(err); err != nil && f.Kind == fault.Invalid && f.Field == "file" {
			return slot, kept, fault.At("file", "“%s”没有收下。%s", papers.Name(part.FileName(), ""), Sentence(ctx, f)).Because(err)
		}
		if err != nil {
			return slot, kept, err
		}
	}
}

// showPapers is GET …/papers of an application: what is handed in with it, and
// the forms for more.
func (s *Server) showPapers(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := map[string]string{"added": "文件已上传。", "removed": "文件已移除。"}[q.Get("done")]
	return s.papersPage(c, said, "", templates.Mistake{})
}

func (s *Server) papersPage(c *fiber.Ctx, said, slot string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	a, side, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	kind, open := s.Licensing.PapersNow(a, side)
	if !open {
		return seeOther(c, templates.ApplicationPath(a, side))
	}
	_, terms, err := s.Licensing.ConditionsOf(ctx, actor(c), a.Dataset.Slug)
	if err != nil {
		return err
	}
	p := templates.PapersPage{
		Frame: s.quietFrame(c, text.T(ctx, "材料")+" "+a.Number), Application: a, Side: side, Kind: kind,
		Papers: templates.PaperSet{Action: templates.ApplicationPath(a, side) + "/papers", Papers: a.PapersOf(kind, side), Rules: s.Licensing.PaperRules(), Slot: slot, Mistake: wrong},
	}
	if kind == papers.Application {
		p.Papers.Slots = a.Materials(terms.Materials)
		if a.State == licensing.Returned {
			p.Papers.Asked = a.Asked
		}
	}
	if said != "" {
		p.Done = text.T(ctx, said)
	}
	return s.page(c, templates.Papers(p))
}

// addPapers is POST …/papers of an application.
func (s *Server) addPapers(c *fiber.Ctx) error {
	number, who := c.Params("number"), actor(c)
	if _, _, err := s.applicationFor(c); err != nil {
		return err
	}
	slot, _, err := s.takePapers(c, s.Licensing.PaperRules().Files, func(ctx context.Context, n papers.New, r io.Reader) error {
		_, err := s.Licensing.AddPaper(ctx, who, number, n, r)
		return err
	})
	if wrong, ok := s.mistake(c, err); ok {
		return s.papersPage(c, "", slot, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=added")
}

// removePaper is POST …/papers/{paper}/remove of an application.
func (s *Server) removePaper(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	a, side, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	err = s.Licensing.RemovePaper(c.UserContext(), actor(c), a.Number, c.Params("paper"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.papersPage(c, "", "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.ApplicationPath(a, side)+"/papers?done=removed")
}

// readCasePaper is GET …/papers/{paper} of an application.
func (s *Server) readCasePaper(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	a, _, err := s.applicationFor(c)
	if err != nil {
		return err
	}
	p, raw, err := s.Licensing.ReadPaper(c.UserContext(), actor(c), a.Number, c.Params("paper"))
	if err != nil {
		return err
	}
	return sendKept(c, p.Media, p.Name, raw)
}

// materialsIn are the materials ticked in a form.
func materialsIn(f url.Values) []string {
	var names []string
	for name := range f {
		if len(name) > len("material.") && name[:len("material.")] == "material." {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []string
	for _, name := range names {
		out = append(out, f.Get(name))
	}
	return out
}
