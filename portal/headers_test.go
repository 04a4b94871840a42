package portal_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/portal"
)

// trouble mounts routes that go wrong in every way that a handler can.
func trouble(s *setup) {
	s.Mounts = append(s.Mounts, func(server *portal.Server) {
		for path, handle := range map[string]func(*portal.Server, *fiber.Ctx) error{
			"/trouble/panic": func(*portal.Server, *fiber.Ctx) error { panic("canary-panic: SELECT secret FROM users") },
			"/trouble/error": func(*portal.Server, *fiber.Ctx) error {
				return errors.New("canary-error: dial tcp 10.0.0.5:5432: refused")
			},
			"/trouble/late":   func(*portal.Server, *fiber.Ctx) error { return context.DeadlineExceeded },
			"/trouble/public": func(*portal.Server, *fiber.Ctx) error { panic("canary-public") },
		} {
			server.Handle(portal.Route{Method: "GET", Path: path, By: []account.Role{account.Visitor}, Handle: handle, Public: path == "/trouble/public"})
		}
	})
}

// classes is one address of every class of answer, with its status.
func classes(t *testing.T, w *whole) map[string]int {
	t.Helper()
	list := map[string]int{"/trouble/panic": 500, "/trouble/error": 500, "/trouble/late": 503, "/nothing": 404, "/datasets?x=1": 400, "/datasets/": 301, "/api/v1/nothing": 404, "/api/v1/datasets?x=1": 400}
	for _, a := range addresses(t, w) {
		list[a.path] = w.get(t, visitor, a.path).status
	}
	return list
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	for _, secure := range []bool{true, false} {
		w := newWhole(t, trouble, func(s *setup) { s.Config.Secure, s.Log = secure, slog.New(slog.DiscardHandler) })
		for path, status := range classes(t, w) {
			for _, r := range []reply{w.get(t, visitor, path), w.send(t, w.as(visitor, http.MethodHead, path, nil)), w.get(t, visitor, path, "If-None-Match", "*")} {
				want := map[string]string{
					"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "strict-origin-when-cross-origin",
					"Cross-Origin-Opener-Policy": "same-origin", "Server": "", "X-Powered-By": "", "Strict-Transport-Security": "",
				}
				policy := r.header.Get("Content-Security-Policy")
				if strings.HasSuffix(path, "/embed") { // the one page that others may frame
					want["X-Frame-Options"] = ""
					if !strings.Contains(policy, "frame-ancestors *;") {
						t.Errorf("%s (%d) cannot be framed: %q", path, status, policy)
					}
					policy = strings.Replace(policy, "frame-ancestors *;", "", 1)
				}
				if secure {
					want["Strict-Transport-Security"] = "max-age=31536000"
				}
				for name, value := range want {
					if got := r.header.Get(name); got != value {
						t.Errorf("%s (%d): %s: %q, want %q", path, status, name, got, value)
					}
				}
				if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http") {
					t.Errorf("%s (%d): policy %q", path, status, policy)
				}
				if len(r.header.Values("Content-Security-Policy")) != 1 || r.header.Get("Permissions-Policy") == "" {
					t.Errorf("%s (%d): %v", path, status, r.header)
				}
				if secrets := r.contains("canary", "10.0.0.5", "goroutine", "SELECT"); secrets != "" {
					t.Errorf("%s says %s", path, secrets)
				}
				if status >= 400 && r.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s (%d) may be kept: %q", path, status, r.header.Get("Cache-Control"))
				}
			}
		}
	}
}

// Other sites' pages may read what is for programs, and nothing else; never as
// the person who sits before them.
func TestOtherSitesReadOnlyWhatIsForPrograms(t *testing.T) {
	w := newWhole(t, trouble, func(s *setup) { s.Log = slog.New(slog.DiscardHandler) })
	for path, status := range classes(t, w) {
		forPrograms := strings.HasPrefix(path, "/api/") || (strings.HasPrefix(path, "/d/") || strings.HasPrefix(path, "/r/")) && status < 400
		for _, who := range []persona{visitor, own} {
			r := w.get(t, who, path, "Origin", "https://elsewhere.example")
			if got := r.header.Get("Access-Control-Allow-Origin"); (got == "*") != forPrograms && r.status == status || got != "*" && got != "" {
				t.Errorf("%s: %s: %q", who, path, got)
			}
			if got := r.header.Get("Access-Control-Allow-Credentials"); got != "" {
				t.Errorf("%s: %s lets other sites act as the reader", who, path)
			}
			if got, want := r.header.Get("Cross-Origin-Resource-Policy"), map[bool]string{true: "cross-origin", false: "same-origin"}[forPrograms && !strings.HasPrefix(path, "/r/")]; got != want && r.status == status && !strings.HasPrefix(path, "/r/") {
				t.Errorf("%s: %s: Cross-Origin-Resource-Policy %q, want %q", who, path, got, want)
			}
		}
	}
}

// A visitor is given no cookie, but for the language chosen and for the forms
// that sign in and up, and that object to data.
func TestVisitorsGetNoCookie(t *testing.T) {
	w := newWhole(t, trouble, func(s *setup) { s.Log = slog.New(slog.DiscardHandler) })
	list := classes(t, w)
	list["/account"] = 303
	for path := range list {
		r := w.get(t, visitor, path)
		if got := r.header.Values("Set-Cookie"); len(got) > 0 != (slices.Contains([]string{"/sign-in", "/sign-up", "/recover"}, path) || (strings.HasSuffix(path, "/correct") || strings.HasPrefix(path, "/receipts/of/")) && r.status == http.StatusOK) {
			t.Errorf("%s: %v", path, got)
		}
	}
	for path, name := range map[string]string{"/sign-in": "__Host-session-form", "/lang?to=en&back=/": "lang"} {
		r := w.get(t, visitor, path)
		cookies := (&http.Response{Header: r.header}).Cookies()
		if len(cookies) != 1 || cookies[0].Name != name || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != "/" || cookies[0].Domain != "" {
			t.Errorf("%s: %v", path, r.header.Values("Set-Cookie"))
		}
		if !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s with a cookie may be kept: %s", path, r.header.Get("Cache-Control"))
		}
	}
}

var nonce = regexp.MustCompile(`'nonce-([A-Z2-7]{20,})'`)

// What one person is shown, nobody else is: not from our cache, not from one on
// the way, and with a nonce of its own.
func TestPagesOfOnePersonAreForThatPersonAlone(t *testing.T) {
	w := newWhole(t)
	w.hide(t, "draft-open", "draft", "unconditional")
	w.indexed(t)
	names := map[persona]string{own: "本部门专员", other: "别部门专员", admin: "周总管"}
	seen := map[string]bool{}
	for _, path := range []string{"/", "/datasets", "/datasets/draft-open", "/departments/tjj", "/help", "/account", "/nothing", "/account.css", "/account/x.css"} {
		for range 2 {
			for _, who := range []persona{own, visitor, other, visitor, admin, key, visitor} {
				r := w.get(t, who, path)
				for of, name := range names {
					if strings.Contains(r.body, name) && of != who && !(who == key && of == own) {
						t.Errorf("%s: %s is shown the name of %s", path, who, of)
					}
				}
				if who == visitor || who == key {
					if strings.Contains(r.body, `name="csrf"`) || nonce.MatchString(r.header.Get("Content-Security-Policy")) && who == visitor {
						t.Errorf("%s: %s is given a token or a nonce", path, who)
					}
					continue
				}
				if cc := r.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
					t.Errorf("%s: %s: %s", path, who, cc)
				}
				if r.header.Get("ETag") != "" {
					t.Errorf("%s: %s: an ETag", path, who)
				}
				if r.status == 200 {
					m := nonce.FindStringSubmatch(r.header.Get("Content-Security-Policy"))
					if m == nil || seen[m[1]] {
						t.Errorf("%s: %s: no nonce of its own: %v", path, who, m)
					} else {
						seen[m[1]] = true
					}
				}
			}
		}
	}
}

// lines keeps what was logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// The log has one line for each request and the cause of each failure, under
// the reference that the page names; never a query, a cookie, a key or a form.
func TestWhatTheLogKnows(t *testing.T) {
	log := &lines{}
	w := newWhole(t, trouble, func(s *setup) {
		s.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	b := w.browser(t)
	b.signIn("/sign-in?back=/datasets%3Fq%3Dcanary-query", "own", "canary-password")
	b.signIn("/sign-in", "own", password)
	b.submit(b.open("/account"), "/account/keys", url.Values{"name": {"canary-name"}, "days": {"30"}})
	w.get(t, key, "/datasets?q=canary-query", "Cookie", "other=canary-cookie", "User-Agent", "canary-agent\r\n", "X-Forwarded-For", "canary-hop")
	w.get(t, visitor, "/datasets?canary-parameter=1")
	w.get(t, visitor, "/datasets?q="+w.keys[key])
	failed := w.get(t, visitor, "/trouble/panic?canary-query")
	text := log.String()
	for _, secret := range []string{"canary-query", "canary-password", password, "canary-name", "canary-cookie", "canary-agent", "canary-hop", "canary-parameter", w.keys[key][:20], b.session(), w.tokens[own], w.Accounts.CSRF(w.tokens[own])[:8]} {
		if strings.Contains(text, secret) {
			t.Errorf("the log knows %q", secret)
		}
	}
	reference := failed.doc(t).Find(".tomb code").Text()
	if len(reference) != 12 || !strings.Contains(text, `"request":"`+reference+`","status":500,"error":"panic: canary-panic`) {
		t.Errorf("the log does not know the failure %q", reference)
	}
	if got := strings.Count(text, `"msg":"request"`); got < 8 {
		t.Errorf("%d requests are in the log", got)
	}
	for _, r := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.Contains(r, `"msg":"request"`) && (!strings.Contains(r, `"route":"`) || !strings.Contains(r, `"us":`)) {
			t.Errorf("an event says too little: %s", r)
		}
	}
}

// A path in the log cannot write a line of its own, nor fill the disk.
func TestThePathInTheLogIsOnlyAPath(t *testing.T) {
	log := &lines{}
	w := newWhole(t, func(s *setup) { s.Log = slog.New(slog.NewJSONHandler(log, nil)) })
	for _, path := range []string{"/a%0a%7b%22msg%22:%22request%22%7d", "/%e2%80%ae%00", "/" + strings.Repeat("長", 2000), "/%ff%fe"} {
		w.get(t, visitor, path)
	}
	for _, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
		if len(line) > 2500 || !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}") || strings.ContainsFunc(line, func(r rune) bool { return r < 0x20 || r == 0x202e || r == 0xfffd }) {
			t.Errorf("%d bytes: %.300q", len(line), line)
		}
	}
}

// What could not even be read stays out of the log too: it is anybody's guess
// what was in it.
func TestAnUnreadableRequestLeavesNothingInTheLog(t *testing.T) {
	log := &lines{}
	w := newWhole(t, func(s *setup) {
		s.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	addr := w.listen(t)
	for _, raw := range []string{
		"GET /canary-path HTTP/1.1\r\nHost: data.example\r\nAuthorization: Bearer canary-key\r\nCookie: a=canary-cookie\r\ncanary header\r\n\r\n",
		"GET /?canary-query HTTP/1.1\r\nHost: data.example\r\nX-A: canary\r\n canary-fold\r\n\r\n",
		"POST /sign-in HTTP/1.1\r\nHost: data.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000000\r\n\r\npassword=canary-password",
		"GET /" + strings.Repeat("canary", 10000) + " HTTP/1.1\r\nHost: data.example\r\n\r\n",
		"canary\x00canary\r\n\r\n",
	} {
		speak(t, addr, raw)
	}
	form := url.Values{"csrf": {w.Accounts.CSRF(w.tokens[own])}}.Encode() + "&password=%cacanary-password%zz"
	r := w.as(own, http.MethodPost, "/sign-in", url.Values{})
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(form)), int64(len(form))
	if got := w.send(t, r); got.status != 400 {
		t.Errorf("a form that cannot be read: %d", got.status)
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(strings.ReplaceAll(line, `"path":"/canary-path"`, ""), "canary") || strings.Contains(line, "%zz") {
			t.Errorf("the log knows: %.300s", line)
		}
	}
	if got := strings.Count(log.String(), `"status":400`); got < 3 {
		t.Errorf("the log knows of %d bad requests", got)
	}
}

// Whoever is being answered is answered to the end; nobody new is let in.
func TestStoppingWaitsForWhoIsBeingServed(t *testing.T) {
	entered, release := make(chan context.Context, 1), make(chan struct{})
	w := newWhole(t, func(s *setup) {
		s.Mounts = append(s.Mounts, func(server *portal.Server) {
			server.Handle(portal.Route{Method: "GET", Path: "/waits", By: []account.Role{account.Visitor}, Handle: func(_ *portal.Server, c *fiber.Ctx) error {
				entered <- c.UserContext()
				<-release
				return c.SendString("done")
			}})
		})
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served, stopped, answered := make(chan error, 1), make(chan error, 1), make(chan conversation, 1)
	go func() { served <- w.Serve(l) }()
	go func() { answered <- speak(t, l.Addr().String(), "GET /waits HTTP/1.1\r\nHost: data.example\r\n\r\n") }()
	if deadline, ok := (<-entered).Deadline(); !ok || time.Until(deadline) > 31*time.Second {
		t.Errorf("the request has until %v, %v", deadline, ok)
	}
	go func() { stopped <- w.Shutdown(context.Background()) }()
	if err := <-served; err != nil { // the door is closed
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", l.Addr().String()); err == nil {
		if _, err := io.ReadAll(conn); err == nil {
			t.Error("somebody new is let in")
		}
		conn.Close()
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped before the answer: %v", err)
	default:
	}
	close(release)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if got := <-answered; len(got.answers) != 1 || got.answers[0].body != "done" {
		t.Errorf("%+v", got.answers)
	}
}
