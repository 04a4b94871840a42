package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal"
)

// exposed are the headers that a page of another origin may read.
const exposed = "ETag, Link, Location, Retry-After, X-Data-Source, X-Data-Acquired, Content-Digest, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Tus-Resumable, Upload-Offset, Upload-Length, Upload-Expires"

// The buckets that requests are counted in: by network, or with keyed behind the
// name by the account whose key it is, so that more keys are no more calls. A
// question about rows costs more than an entry of the
// catalogue, and an export more than a question.
const (
	byNetwork = "api"
	ofRows    = "rows"
	ofExport  = "export"
	keyed     = "-key"
)

// bucketOf is where a request is counted that asks for path.
func bucketOf(path string) string {
	rest, ok := strings.CutPrefix(path, Base+"/resources/")
	if _, what, found := strings.Cut(rest, "/"); ok && found {
		switch {
		case strings.HasPrefix(what, "export."):
			return ofExport
		case what == "rows", strings.HasPrefix(what, "facets/"), strings.HasPrefix(what, "distributions/"):
			return ofRows
		}
	}
	return byNetwork
}

// around stands before everything under /api, also before what is not there:
// other origins may read the answer, and it is counted.
func (a *api) around(c *fiber.Ctx) error {
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	c.Set(fiber.HeaderAccessControlExposeHeaders, exposed)
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if c.Method() != fiber.MethodOptions { // a browser asks that by itself
		if err := a.count(c); err != nil {
			return err
		}
	}
	if a.hidden(c) {
		return fiber.ErrNotFound // as of whatever is not there
	}
	return c.Next()
}

// count counts the request and says what is left.
func (a *api) count(c *fiber.Ctx) error {
	bucket, subject := bucketOf(c.Path()), a.Network(c)
	if who := a.Actor(c); who.Key != "" {
		bucket, subject = bucket+keyed, strconv.FormatInt(who.ID, 10)
	}
	limit, err := a.limits.Allow(c.UserContext(), bucket, subject)
	if err != nil {
		return err
	}
	c.Set("RateLimit-Policy", ratePolicy(bucket, a.Accounts.Rate(bucket)))
	c.Set("RateLimit-Limit", strconv.Itoa(limit.Limit))
	c.Set("RateLimit-Remaining", strconv.Itoa(limit.Remaining))
	c.Set("RateLimit-Reset", strconv.Itoa(seconds(limit.Reset)))
	if limit.Allowed {
		return nil
	}
	f := fault.New(fault.TooMany, "请求太多，请在 %d 秒后再试。", int(limit.Retry/time.Second)+1) // as Retry-After says
	f.Retry = limit.Retry
	return f
}

func ratePolicy(bucket string, r account.Rate) string {
	return fmt.Sprintf("%q;q=%d;w=%d", bucket, r.Limit, int(r.Window/time.Second))
}

// seconds rounds up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// preflight answers a browser that asks before it sends a key along.
func preflight(c *fiber.Ctx) error {
	if slices.ContainsFunc(Routes, func(r portal.Route) bool { return r.Method == fiber.MethodPost && r.Path == c.Path() && r.Scope != "" }) {
		return portal.PreflightOf(c, "GET, HEAD, POST", "Authorization, Accept, Accept-Language, Content-Type, If-None-Match")
	}
	return portal.Preflight(c, "Authorization, Accept, Accept-Language, If-None-Match")
}
