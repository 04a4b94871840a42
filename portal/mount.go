package portal

import (
	"context"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
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
