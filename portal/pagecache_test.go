package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
)

// counting is a portal with one public route more, which counts how often its
// page is made.
func counting(t *testing.T, body func(*fiber.Ctx, int64) error) (*world, *atomic.Int64) {
	t.Helper()
	var made atomic.Int64
	w := newWorld(t, func(d *Deps) {
		d.Mounts = append(d.Mounts, func(s *Server) {
			s.Handle(Route{Method: "GET", Path: "/counted", By: anybody, Public: true, Handle: func(_ *Server, c *fiber.Ctx) error {
				return body(c, made.Add(1))
			}})
		})
	})
	return w, &made
}

func numbered(c *fiber.Ctx, n int64) error { return c.SendString("page " + strconv.FormatInt(n, 10)) }

func TestAPageIsMadeOnceUntilTheCatalogueChanges(t *testing.T) {
	w, made := counting(t, numbered)
	ask := func(want string) {
		t.Helper()
		if got := w.get(t, "/counted"); got.body != want {
			t.Errorf("got %q, want %q", got.body, want)
		}
	}
	ask("page 1")
	ask("page 1")
	w.Changed()
	ask("page 2")
	w.Set(w.Clock().Add(cacheAge - time.Millisecond))
	ask("page 2")
	w.Set(w.Clock().Add(time.Millisecond)) // news of a change may have been lost
	ask("page 3")
	if made.Load() != 3 {
		t.Errorf("made %d times", made.Load())
	}
}

// A change that nobody told us of is found within a second.
func TestAPageGoesWithAChangeThatWasNotHeardOf(t *testing.T) {
	w, _ := counting(t, numbered)
	ask := func(want string) {
		t.Helper()
		if got := w.get(t, "/counted"); got.body != want {
			t.Errorf("got %q, want %q", got.body, want)
		}
	}
	ask("page 1")
	w.Dataset(t) // announced to the followers of the change table, of whom there are none
	ask("page 1")
	w.Set(w.Clock().Add(cacheLook))
	ask("page 2")
	w.Set(w.Clock().Add(cacheLook))
	ask("page 2")
}

// What is overdue by one day more tomorrow is not shown as of yesterday.
func TestNoPageIsKeptIntoTheNextDay(t *testing.T) {
	w, _ := counting(t, numbered)
	w.Set(time.Date(2026, 11, 25, 15, 59, 0, 0, time.UTC)) // a minute to midnight in China
	w.get(t, "/counted")
	w.Set(time.Date(2026, 11, 25, 15, 59, 59, 0, time.UTC))
	if got := w.get(t, "/counted"); got.body != "page 1" {
		t.Errorf("before midnight: %q", got.body)
	}
	w.Set(time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC))
	if got := w.get(t, "/counted"); got.body != "page 2" {
		t.Errorf("at midnight: %q", got.body)
	}
}

// What somebody has to be known for is made for them alone.
func TestWhoShowsASessionOrAKeyNeverMeetsTheCache(t *testing.T) {
	w, _ := counting(t, numbered)
	w.get(t, "/counted")
	for i, headers := range [][]string{{"Cookie", "session=" + strings.Repeat("a", 64)}, {"Cookie", "session=x"}, {"Cookie", "a=b; session=x; session=y"}} {
		if got, want := w.get(t, "/counted", headers...), fmt.Sprintf("page %d", i+2); got.body != want || got.header.Get("Cache-Control") != "private, no-store" || got.header.Get("ETag") != "" {
			t.Errorf("%v: %q %v", headers, got.body, got.header)
		}
	}
	if got := w.get(t, "/counted", "Cookie", "lang=en; other=1"); got.body != "page 5" { // another language, and kept
		t.Errorf("another cookie: %q", got.body)
	}
	if got := w.get(t, "/counted"); got.body != "page 1" {
		t.Errorf("the visitor is shown %q", got.body)
	}
}

// A page differs by address and language and by nothing else that a request
// may hold (T12, T14).
func TestOnePageForEveryWayToAskForIt(t *testing.T) {
	w, made := counting(t, numbered)
	for _, headers := range [][]string{nil, {"X-Forwarded-Host", "evil.example"}, {"User-Agent", "x"}, {"Referer", "https://evil.example"}, {"X-Original-Url", "/account"}, {"Cookie", "theme=dark"}, {"Accept", "application/json"}, {"Accept-Encoding", "br"}, {"Accept-Language", "zh-TW"}, {"Accept-Language", "de"}, {"Range", "bytes=0-1"}} {
		if got := w.get(t, "/counted", headers...); got.body != "page 1" {
			t.Errorf("%v: %q", headers, got.body)
		}
	}
	w.get(t, "/counted", "Accept-Language", "en-GB, zh;q=0.5")
	w.get(t, "/counted", "Accept-Language", "fr, en;q=0.1")
	if made.Load() != 2 {
		t.Errorf("made %d times for two languages", made.Load())
	}
	for _, query := range []string{"?a=1&b=2", "?b=2&a=1", "?b=%32&a=%31", "?a=1&&b=2"} {
		if got := w.get(t, "/counted"+query); got.body != "page 3" {
			t.Errorf("%s: %q", query, got.body)
		}
	}
}

func TestOnlySoundPagesAreKept(t *testing.T) {
	for name, c := range map[string]struct {
		body func(*fiber.Ctx, int64) error
		kept bool
	}{
		"a page":         {numbered, true},
		"a fault":        {func(*fiber.Ctx, int64) error { return fault.New(fault.NotFound, "没有这一页。") }, false},
		"a failure":      {func(*fiber.Ctx, int64) error { return errors.New("broken") }, false},
		"another status": {func(c *fiber.Ctx, n int64) error { c.Status(203); return numbered(c, n) }, false},
		"one with a cookie": {func(c *fiber.Ctx, n int64) error {
			c.Cookie(&fiber.Cookie{Name: "a", Value: "b"})
			return numbered(c, n)
		}, false},
		"a page of any size": {func(c *fiber.Ctx, _ int64) error { return c.SendString(strings.Repeat("x", cacheEntry+1)) }, false},
	} {
		w, made := counting(t, c.body)
		w.get(t, "/counted")
		w.get(t, "/counted")
		if kept := made.Load() == 1; kept != c.kept {
			t.Errorf("%s: made %d times", name, made.Load())
		}
	}
}

func TestACrowdWaitsForOnePage(t *testing.T) {
	const crowd = 20
	release := make(chan struct{})
	w, made := counting(t, func(c *fiber.Ctx, n int64) error {
		<-release
		return numbered(c, n)
	})
	var wg sync.WaitGroup
	begun := make(chan struct{}, crowd)
	for range crowd {
		wg.Go(func() {
			begun <- struct{}{}
			if got := w.get(t, "/counted"); got.body != "page 1" || got.status != 200 {
				t.Errorf("%d %q", got.status, got.body)
			}
		})
	}
	for range crowd {
		<-begun
	}
	close(release)
	wg.Wait()
	if n := made.Load(); n > 3 { // one or two may have come after the first page was gone and done
		t.Errorf("made %d times", n)
	}
}

// A page made from what the catalogue held before a change is not kept after it.
func TestAPageThatAChangeOvertookIsNotKept(t *testing.T) {
	var w *world
	w, _ = counting(t, func(c *fiber.Ctx, n int64) error {
		if n == 1 {
			w.Changed() // while the page is being made
		}
		return numbered(c, n)
	})
	if got := w.get(t, "/counted"); got.body != "page 1" {
		t.Errorf("%q", got.body)
	}
	if got := w.get(t, "/counted"); got.body != "page 2" {
		t.Errorf("the old page stays: %q", got.body)
	}
}

func TestTheCacheStaysWithinItsBounds(t *testing.T) {
	p := newPageCache(func() time.Time { return time.Unix(0, 0) })
	body := []byte(strings.Repeat("公共数据", cacheEntry/24))
	stored := make([]byte, cacheEntry/2)
	copy(stored, compress(storedCoding, body))
	for i := range 400 {
		page := &cachedPage{status: 200, stored: stored, plain: len(body), keepable: true, expires: time.Unix(1, 0)}
		p.put(strconv.Itoa(i), page, 0)
		p.keep(page, "", body)
		p.keep(page, "", body) // a second reader came to the same
		if p.bytes > cacheBytes || p.forms > formBytes {
			t.Fatalf("%d and %d bytes after %d pages", p.bytes, p.forms, i+1)
		}
	}
	if len(p.pages) < 100 {
		t.Errorf("only %d pages are kept", len(p.pages))
	}
	sum, forms := 0, 0
	for key, page := range p.pages {
		sum += page.size(key)
		for _, form := range page.forms {
			forms += len(form)
		}
	}
	if sum != p.bytes || forms != p.forms || forms == 0 {
		t.Errorf("%d and %d bytes are counted, %d and %d are there", p.bytes, p.forms, sum, forms)
	}
	p.clear()
	gone := &cachedPage{stored: stored}
	if p.keep(gone, "", body); p.bytes != 0 || p.forms != 0 {
		t.Errorf("%d and %d bytes are counted in an empty cache", p.bytes, p.forms)
	}
}

func TestKeptPagesAreSentAsTheReaderCanHaveThem(t *testing.T) {
	text := strings.Repeat("公共数据，一数一源。", 500)
	w, _ := counting(t, func(c *fiber.Ctx, _ int64) error { return c.SendString(text) })
	tags := map[string]string{}
	for _, accept := range []string{"", "br", "zstd", "gzip", "gzip, br;q=0"} {
		got := w.get(t, "/counted", "Accept-Encoding", accept)
		coding := got.header.Get("Content-Encoding")
		tag := got.header.Get("ETag")
		if was, ok := tags[coding]; ok && was != tag {
			t.Errorf("%s: two tags for %q", accept, coding)
		}
		tags[coding] = tag
		if got.status != 200 || strings.HasPrefix(tag, "W/") || !strings.Contains(got.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: %d %v", accept, got.status, got.header)
		}
		if coding != "" && len(got.body) >= len(text) {
			t.Errorf("%s: %d bytes", accept, len(got.body))
		}
		if again := w.get(t, "/counted", "Accept-Encoding", accept, "If-None-Match", tag); again.status != 304 || again.body != "" || again.header.Get("ETag") != tag {
			t.Errorf("%s: %d", accept, again.status)
		}
		if other := w.get(t, "/counted", "Accept-Encoding", accept, "If-None-Match", `"x"`); other.status != 200 {
			t.Errorf("%s: %d", accept, other.status)
		}
		head := w.do(t, headOf("/counted", accept))
		if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != strconv.Itoa(len(got.body)) || head.header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %d %v", accept, head.status, head.header)
		}
	}
	if len(tags) != 4 {
		t.Errorf("%v", tags)
	}
}

func headOf(address, accept string) *http.Request {
	r := httptest.NewRequest(http.MethodHead, address, nil)
	r.Header.Set("Accept-Encoding", accept)
	return r
}
