package portal

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/static"
)

// healthz is GET /healthz: 200 while the process serves.
func (s *Server) healthz(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString("ok\n")
}

// static is GET /static/{hash}/{name}: files that never change under their
// address.
func (s *Server) static(c *fiber.Ctx) error {
	body, kind, coding, etag, ok := static.Lookup(c.Path(), c.Get(fiber.HeaderAcceptEncoding))
	if !ok {
		return fault.New(fault.NotFound, "没有这一页。")
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderContentType, kind)
	if matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
		return c.SendStatus(http.StatusNotModified)
	}
	if coding != "" {
		c.Set(fiber.HeaderContentEncoding, coding)
	}
	c.Response().SetBodyRaw(body)
	return nil
}

// favicon is GET /favicon.ico, which browsers ask for by themselves.
func (s *Server) favicon(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return c.Redirect(static.URL("icons/favicon.svg"), fiber.StatusFound)
}

// noRobots is robots.txt of the origin of downloads: crawlers find the data
// through its pages.
func (s *Server) noRobots(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	return c.SendString("User-agent: *\nDisallow: /\n")
}
