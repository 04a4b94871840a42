package portal_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/portal"
)

// What is away for a moment is a 503 that says so, on a page and to a program,
// also when the time of the request was spent on finding out.
func TestWhatIsAwayForAMomentIsSaidToBe(t *testing.T) {
	nowhere, err := database.Open(t.Context(), "postgres://canary:canary@127.0.0.1:1/canary")
	if err != nil {
		t.Fatal(err)
	}
	defer nowhere.Close()
	w := newWhole(t, func(s *setup) {
		s.Log = slog.New(slog.DiscardHandler)
		s.Mounts = append(s.Mounts, func(server *portal.Server) {
			for path, handle := range map[string]func(*portal.Server, *fiber.Ctx) error{
				"late": func(_ *portal.Server, c *fiber.Ctx) error {
					ctx, cancel := context.WithTimeout(c.UserContext(), 0)
					defer cancel()
					c.SetUserContext(ctx)
					<-ctx.Done()
					return fmt.Errorf("look: %w", ctx.Err())
				},
				"away": func(_ *portal.Server, c *fiber.Ctx) error {
					return fmt.Errorf("look: %w", nowhere.Ping(c.UserContext()))
				},
			} {
				for _, prefix := range []string{"/trouble/", "/api/v1/trouble/"} {
					server.Handle(portal.Route{Method: "GET", Path: prefix + path, By: []account.Role{account.Visitor}, Handle: handle})
				}
			}
		})
	})
	for path, says := range map[string][2]string{
		"late": {"服务现在太忙，请稍后再试。", "The service is too busy; please try again in a moment."},
		"away": {"数据库暂时没有响应，请稍后再试。", "The database does not answer at the moment. Please try again later."},
	} {
		for prefix, looks := range map[string]string{"/trouble/": "<h1>", "/api/v1/trouble/": `"status":503`} {
			for i, language := range []string{"zh", "en"} {
				got := w.get(t, visitor, prefix+path, "Accept-Language", language)
				if got.status != 503 || got.header.Get("Retry-After") == "" || !strings.Contains(got.body, looks) || !strings.Contains(got.body, says[i]) || got.contains("canary") != "" {
					t.Errorf("%s%s in %s: %d %v\n%s", prefix, path, language, got.status, got.header, got.body)
				}
			}
		}
	}
}
