package api

import (
	"github.com/gofiber/fiber/v2"
)

// exposed are the headers that a page of another origin may read.
const exposed = "ETag, Link, Retry-After, Content-Language, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"

// around stands before everything under /api, also before what is not there:
// other origins may read the answer.
func (a *api) around(c *fiber.Ctx) error {
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	c.Set(fiber.HeaderAccessControlExposeHeaders, exposed)
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return c.Next()
}

// preflight answers a browser that asks before it sends a key along.
func preflight(c *fiber.Ctx) error {
	c.Set(fiber.HeaderAllow, "GET, HEAD, OPTIONS")
	c.Set(fiber.HeaderAccessControlAllowMethods, "GET, HEAD, OPTIONS")
	c.Set(fiber.HeaderAccessControlAllowHeaders, "Authorization, Accept, Accept-Language, If-None-Match")
	c.Set(fiber.HeaderAccessControlMaxAge, "86400")
	c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return c.SendStatus(fiber.StatusNoContent)
}
