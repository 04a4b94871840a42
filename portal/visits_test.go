package portal

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/policy"
)

// held is a portal behind a proxy, so that requests come from many networks,
// that lets each ask so much of a kind in a minute and each account less.
func held(t *testing.T, kind Visit, network, each int) *world {
	t.Helper()
	asked := asking(t)
	limits := map[string]account.Rate{string(kind): {Limit: network, Window: time.Minute}, string(kind) + byAccount: {Limit: each, Window: time.Minute}}
	return newWorldOn(t, asked.Catalogue, func(d *Deps) {
		d.Accounts = account.NewService(asked.Pool, account.Config{Limits: limits}, asked.Clock)
		d.Config.Proxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32")}
	})
}

// from asks as a visitor from an address.
func (w *world) from(t *testing.T, ip, address string, headers ...string) answer {
	t.Helper()
	return w.get(t, address, append([]string{"X-Forwarded-For", ip}, headers...)...)
}

func TestWhoAsksTooMuchIsToldWhenToComeBack(t *testing.T) {
	for _, c := range []struct {
		kind    Visit
		address func(page string, n int) string
		words   [2]string
	}{
		{QuestionVisit, func(page string, n int) string { return at(page, "q", strconv.Itoa(n)) }, [2]string{"表格查询太多：每分钟最多 20 次（平台规则）", "Too many questions about tables: at most 20 a minute"}},
		{QuestionVisit, func(page string, n int) string { return at(page+"/explorer", "q", strconv.Itoa(n)) }, [2]string{"表格查询太多", "Too many questions"}},
		{QuestionVisit, func(page string, n int) string { return at(page+"/embed", "q", strconv.Itoa(n)) }, [2]string{"表格查询太多", "Too many questions"}},
		{SearchVisit, func(_ string, n int) string { return "/datasets?q=" + strconv.Itoa(n) }, [2]string{"搜索太多：每分钟最多 20 次", "Too many searches"}},
		{PageVisit, func(_ string, n int) string { return "/datasets/none-" + strconv.Itoa(n) }, [2]string{"网页打开得太多：每分钟最多 20 个", "Too many pages"}},
		{DownloadVisit, func(page string, _ int) string { return "/d/" + page[strings.LastIndex(page, "/")+1:] + "/1/s.csv" }, [2]string{"下载太多：每分钟最多 20 次", "Too many downloads"}},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			w := held(t, c.kind, 20, 5)
			page := w.file(t, "s.csv", stations)
			if kept := w.from(t, "203.0.113.9", page); kept.status != http.StatusOK {
				t.Fatalf("the first page: %d", kept.status)
			}
			passed := 0
			for n := range 30 {
				r := w.from(t, "203.0.113.7", c.address(page, n))
				if r.status != http.StatusTooManyRequests {
					passed++
					continue
				}
				wait, err := strconv.Atoi(r.header.Get("Retry-After"))
				if err != nil || wait < 1 || wait > 65 || r.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
					t.Fatalf("%v", r.header)
				}
				for i, language := range []string{"zh-CN", "en"} {
					r := w.from(t, "203.0.113.7", c.address(page, n), "Accept-Language", language)
					if text := r.page(t).Find("main").Text(); r.status != http.StatusTooManyRequests || !strings.Contains(text, c.words[i]) || !strings.Contains(text, r.header.Get("Retry-After")) {
						t.Fatalf("%s: %d %s", language, r.status, text)
					}
				}
			}
			if passed != 20 {
				t.Errorf("%d of 30 passed, want 20", passed)
			}
			if r := w.from(t, "203.0.113.8", c.address(page, 99)); r.status == http.StatusTooManyRequests {
				t.Error("another network is refused with it")
			}
			if r := w.from(t, "203.0.113.7", page); r.status != http.StatusOK {
				t.Errorf("a page that is kept is refused: %d", r.status)
			}
			if r := w.from(t, "203.0.113.7", "/healthz"); r.status != http.StatusOK {
				t.Errorf("healthz: %d", r.status)
			}
			w.Set(w.Clock().Add(3 * time.Minute))
			if r := w.from(t, "203.0.113.7", c.address(page, 100)); r.status == http.StatusTooManyRequests {
				t.Error("it is not let in again")
			}
		})
	}
}

// An account is counted by itself: neither with its network nor with another.
func TestAnAccountIsCountedByItself(t *testing.T) {
	w := held(t, QuestionVisit, 20, 5)
	page := w.file(t, "s.csv", stations)
	office := w.Office(t)
	token := func(identifier string) string {
		if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: identifier, Name: "专员", Password: "correct horse battery", Roles: []account.Role{account.Officer}, Department: office.ID}); err != nil {
			t.Fatal(err)
		}
		in, err := w.Accounts.SignIn(t.Context(), identifier, "correct horse battery", "203.0.113.7", "test")
		if err != nil {
			t.Fatal(err)
		}
		return in.Token
	}
	first, second := token("a@tests.example"), token("b@tests.example")
	ask := func(session string, n int) int {
		var headers []string
		if session != "" {
			headers = []string{"Cookie", "session=" + session}
		}
		return w.from(t, "203.0.113.7", at(page, "q", fmt.Sprint(n)), headers...).status
	}
	passed := 0
	for n := range 9 {
		if ask(first, n) == http.StatusOK {
			passed++
		}
	}
	if passed != 5 {
		t.Errorf("%d of one account passed, want 5", passed)
	}
	for n := range 5 {
		if got := ask(second, n); got != http.StatusOK {
			t.Errorf("another account of the same network: %d", got)
		}
	}
	for n := range 20 {
		if got := ask("", n); got != http.StatusOK {
			t.Fatalf("a visitor of the same network: %d", got)
		}
	}
	if got := ask("", 21); got != http.StatusTooManyRequests {
		t.Errorf("a visitor more than the network may have: %d", got)
	}
}

// A page that is kept is not counted, whoever asks however often, and asks the
// database for nothing.
func TestAPageThatIsKeptIsNotCounted(t *testing.T) {
	w := held(t, QuestionVisit, 1, 1)
	page := w.file(t, "s.csv", stations)
	w.from(t, "203.0.113.7", page)
	for range 50 {
		if r := w.from(t, "203.0.113.7", page); r.status != http.StatusOK {
			t.Fatalf("%d", r.status)
		}
	}
	var windows int
	if err := w.Pool.QueryRow(t.Context(), `SELECT coalesce(sum(count), 0) FROM rate_windows WHERE bucket = 'questions'`).Scan(&windows); err != nil || windows != 1 {
		t.Errorf("%d questions are counted, want the one that was made: %v", windows, err)
	}
}

// What is asked from the machine itself is not counted, unless a proxy on it
// says for whom it asks.
func TestTheMachineItselfIsNotCounted(t *testing.T) {
	w := held(t, QuestionVisit, 1, 1)
	page := w.file(t, "s.csv", stations)
	for n := range 5 {
		if r := w.from(t, "127.0.0.1", at(page, "q", fmt.Sprint(n))); r.status != http.StatusOK {
			t.Errorf("%d", r.status)
		}
		if r := w.from(t, "::1", at(page, "q", fmt.Sprint(n))); r.status != http.StatusOK {
			t.Errorf("%d", r.status)
		}
	}
}

// Whatever costs work and is no form is counted as something, also what nobody
// has thought of; forms and the API have limits of their own.
func TestEveryPageIsCounted(t *testing.T) {
	free := map[string]bool{"/healthz": true, "/static/*": true, "/favicon.ico": true, "/lang": true, "/robots.txt": true, "/opensearch.xml": true, "/workspaces/:number/jobs/:job/state": true} // the last is asked every second by a page that is open
	for _, r := range slices.Concat(Routes, FileRoutes, []Route{{Method: "GET", Path: "/new"}, {Method: "POST", Path: "/form"}, {Method: "GET", Path: "/api/v1/x"}}) {
		got := r.counted()
		if want := r.Method != http.MethodGet || free[r.Path] || strings.HasPrefix(r.Path, "/api/"); (got == Uncounted) != want || !want && !slices.Contains(visits, got) {
			t.Errorf("%s %s is counted as %q", r.Method, r.Path, got)
		}
	}
}

// The limits are rules of the platform, and wide: a school behind one address
// does not meet them.
func TestTheLimitsAreRulesOfThePlatform(t *testing.T) {
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	rates, err := VisitRates(book)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range visits {
		network, each := rates[string(v)], rates[string(v)+byAccount]
		if v == CheckVisit { // each is read by a child of its own
			continue
		}
		if network.Limit < 3000 || each.Limit < 300 || network.Window != time.Minute || each.Window != time.Minute {
			t.Errorf("%s: %+v, %+v", v, network, each)
		}
	}
	w := newWorld(t)
	page := w.get(t, "/law/house-defaults").page(t).Find("main").Text()
	for _, want := range []string{"一个网络一分钟可以请求", "6000", "1200"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the platform's rules does not say %s", want)
		}
	}
}
