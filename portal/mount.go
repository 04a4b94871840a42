package portal

import (
	"context"
	"io"
	"mime/multipart"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/licensing/papers"
	"shuyuan/templates"
)

// This file is what Mounts build with: the same gate, cache, frame and snippets
// that the portal's own routes have.

// Handle registers a route of a mount behind the gate that stands before
// Routes.
func (s *Server) Handle(r Route) { s.add(s.app, r) }

// Kept answers from the page cache, or makes the answer once for all who ask
// at the same time. Only for what every visitor is shown alike.
func (s *Server) Kept(c *fiber.Ctx, make func(*Server, *fiber.Ctx) error) error {
	return s.cached(c, Route{Handle: make})
}

// Query reads the parameters of the address as pages do. See query.
func Query(c *fiber.Ctx, names ...string) (map[string][]string, error) { return query(c, names...) }

// Disposition offers an answer as a file to keep, called name.
func Disposition(name string) string { return disposition(name) }

// Harmless is a cell that no spreadsheet takes for a formula.
func Harmless(cell string) string { return harmless(cell) }

// Matches reports whether an If-None-Match names etag; the comparison is weak.
func Matches(header, etag string) bool { return matches(header, etag) }

// Packed sends body as it is or compressed, as the reader can take it. Its ETag
// must be weak: it names all of these.
func Packed(c *fiber.Ctx, body []byte) error {
	c.Append(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if coding := chooseCoding(c.Get(fiber.HeaderAcceptEncoding), pageCodings); coding != "" && len(body) >= leastPacked {
		c.Set(fiber.HeaderContentEncoding, coding)
		body = compress(coding, body)
	}
	return c.Send(body)
}

// TakePapers reads the same form as a program sends it, whose key says who it is:
// slot, and then files.
func (s *Server) TakePapers(c *fiber.Ctx, most int, add func(context.Context, papers.New, io.Reader) error) error {
	_, _, err := s.papersIn(c, most, func(*multipart.Reader) error { return nil }, add)
	return err
}

// SendKept gives a file out as one to keep, never as a page of this site.
func SendKept(c *fiber.Ctx, media, name string, raw []byte) error {
	return sendKept(c, media, name, raw)
}

// Page renders a page of a mount.
func (s *Server) Page(c *fiber.Ctx, view templ.Component) error { return s.page(c, view) }

// Frame is what surrounds a page that may be found by search engines.
func (s *Server) Frame(c *fiber.Ctx, title, description string) templates.Frame {
	return s.frame(c, title, description)
}

// Snippets are examples that run as they are and read this version of a file.
func (s *Server) Snippets(ctx context.Context, v *datasets.Version) []templates.Snippet {
	return snippets(ctx, s.Config.BaseURL, v)
}
