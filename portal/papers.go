package portal

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
)

// addPaper is POST /organisations/{id}/papers: a form with a file. Its fields
// come before it, so that nobody waits for a file that is not for us.
func (s *Server) addPaper(c *fiber.Ctx) error {
	id, err := orgID(c)
	if err != nil {
		return err
	}
	body := s.arriving(c)
	defer body.done()
	n, err := s.takePaper(c, id, body)
	if err != nil {
		c.Response().Header.SetConnectionClose() // the rest of the body is not read
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.New(fault.Malformed, "表单没有送完，文件没有保存，请重新上传。").Because(err)
	}
	if wrong, ok := s.mistake(c, err); ok && n.Kind != "" {
		return s.organisationPage(c, func(p *templates.OrganisationPage) {
			p.Paper = templates.PaperForm{NewPaper: n, Mistake: wrong}
		})
	}
	if err != nil {
		return err
	}
	return seeOther(c, orgPath(id)+"?done=paper")
}

// takePaper reads a form with the fields csrf, kind, expires, replaces and file,
// in this order.
func (s *Server) takePaper(c *fiber.Ctx, org int64, body io.Reader) (n account.NewPaper, err error) {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || media != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return n, malformed("", "请求的格式不对。")
	}
	form := multipart.NewReader(body, params["boundary"])
	secret, err := formField(form, "csrf")
	if err != nil {
		return n, err
	}
	if err := s.Accounts.CheckCSRF(token(c), secret); err != nil {
		return n, err
	}
	for _, f := range []struct {
		name  string
		value *string
	}{{"kind", &n.Kind}, {"expires", &n.Expires}, {"replaces", &n.Replaces}} {
		if *f.value, err = formField(form, f.name); err != nil {
			return n, err
		}
	}
	part, err := form.NextRawPart()
	if err != nil || part.FormName() != "file" {
		return n, malformed("file", "请求的格式不对。")
	}
	if n.Name = part.FileName(); n.Name == "" {
		return n, fault.At("file", "请选一个文件。")
	}
	return n, s.Accounts.AddPaper(context.WithoutCancel(c.UserContext()), actor(c), org, n, part)
}

// readPaper is GET /organisations/{id}/papers/{paper}: always as a file to keep,
// never as a page of this site.
func (s *Server) readPaper(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	id, err := orgID(c)
	if err != nil {
		return err
	}
	p, raw, err := s.Accounts.ReadPaper(c.UserContext(), actor(c), id, c.Params("paper"))
	if err != nil {
		return err
	}
	h := &c.Response().Header
	h.Set(fiber.HeaderContentType, p.Media)
	h.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(p.Name))
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	return c.Send(raw)
}
