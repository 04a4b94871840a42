package portal

import (
	"bytes"
	"crypto/rand"
	"log/slog"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"shuyuan/templates"
	"shuyuan/templates/text"
)

// page renders into a buffer before the first byte is sent, so that a page
// that fails half-way is an error and not half a page. A status set before
// stays.
func (s *Server) page(c *fiber.Ctx, view templ.Component) error {
	var body bytes.Buffer
	if err := view.Render(c.UserContext(), &body); err != nil {
		handedOn(c, 0, false)
		return err
	}
	handedOn(c, body.Len(), true)
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderContentLanguage, string(text.Of(c.UserContext())))
	return c.Send(body.Bytes())
}

// frame is what surrounds a page that may be found by search engines.
func (s *Server) frame(c *fiber.Ctx, title, description string) templates.Frame {
	f := s.quietFrame(c, title)
	f.NoIndex = false
	f.Description = description
	f.Canonical = s.Config.BaseURL + c.Path()
	return f
}

// quietFrame is what surrounds a page that is not to be found: errors, forms,
// what only one person sees.
func (s *Server) quietFrame(c *fiber.Ctx, title string) templates.Frame {
	f := templates.Frame{
		Lang: text.Of(c.UserContext()), Path: localPath(c), Title: title, Base: s.Config.BaseURL, NoIndex: true,
		Actor: actor(c), Now: s.Now(), Sample: s.Config.Sample,
	}
	if !f.Actor.IsVisitor() {
		f.Nonce = rand.Text()
		c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy+" 'nonce-"+f.Nonce+"'")
		f.CSRF = s.formToken(c)
		f.Unread = s.unread(c)
	}
	return f
}

// unread counts what who asks was told and has not read. Where it cannot be
// counted now, the page stands without.
func (s *Server) unread(c *fiber.Ctx) int {
	if s.Following == nil || actor(c).Session == "" {
		return 0
	}
	n, err := s.Following.Unread(c.UserContext(), actor(c))
	if err != nil {
		s.Log.LogAttrs(c.UserContext(), slog.LevelWarn, "notices not counted", slog.Any("error", err))
	}
	return n
}

// seeOther sends the reader on after a form.
func seeOther(c *fiber.Ctx, path string) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Redirect(path, fiber.StatusSeeOther)
}
