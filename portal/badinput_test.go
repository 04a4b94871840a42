package portal_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/portal"
	"shuyuan/portal/api"
	"shuyuan/search"
)

// mostRepeated is how much of what was sent an answer may repeat: the address
// of a page to come back to, an account to be corrected.
const mostRepeated = 1000

// bad is one request that no page of ours makes, under its number in the list
// of bad inputs, and what must come of it.
type bad struct {
	id     string
	method string // GET if empty
	path   string
	header []string
	form   url.Values
	as     persona
	want   int
}

// The list of bad inputs as far as it is about searching (S), reading and
// downloading (R), texts (M), and signing in, sessions and keys (A); what needs
// a raw socket (T) is in transport_test.go, what needs a story in the other
// tests. Everything is refused with a clear page or problem, says nothing of
// what is inside, repeats nothing of what was sent, and leaves the portal
// standing. What looks bad and is not, is answered.
func badInputs(w *whole) []bad {
	long := strings.Repeat("长", 3000)
	csrf := func(fields url.Values) url.Values {
		fields.Set("csrf", w.Accounts.CSRF(w.tokens[own]))
		return fields
	}
	enter := func(identifier, secret string) url.Values {
		return csrf(url.Values{"identifier": {identifier}, "password": {secret}})
	}
	out := []bad{
		{id: "S11 a filter of an engine", path: "/datasets?filter=visibility%3Dprivate+OR+1%3D1", want: 400},
		{id: "S11 in the API", path: "/api/v1/datasets?filter=visibility%3Dprivate+OR+1%3D1", want: 400},
		{id: "S12 nested", path: "/datasets?" + strings.Repeat("filter%5B", 300) + "=1", want: 400},
		{id: "S12 brackets", path: "/datasets?theme%5B%5D=a", want: 400},
		{id: "S13 what to return", path: "/datasets?attributesToRetrieve=*", want: 400},
		{id: "S14 an index", path: "/datasets?index=internal", want: 400},
		{id: "S14 an index in the words", path: "/datasets?q=..%2F..%2Fdatasets%2F_search", want: 200},
		{id: "S15 page 10^9", path: "/datasets?page=1000000000", want: 400},
		{id: "S15 page 0", path: "/datasets?page=0", want: 400},
		{id: "S15 page -1", path: "/datasets?page=-1", want: 400},
		{id: "S15 page 1.5", path: "/datasets?page=1.5", want: 400},
		{id: "S15 page 0x1", path: "/datasets?page=0x1", want: 400},
		{id: "S15 page 01", path: "/datasets?page=01", want: 400},
		{id: "S15 page in Arabic digits", path: "/datasets?page=" + url.QueryEscape("٣"), want: 400},
		{id: "S15 the last page but one beyond", path: "/datasets?page=501", want: 400},
		{id: "S16 size 10^6", path: "/api/v1/datasets?limit=1000000", want: 400},
		{id: "S16 size -1", path: "/api/v1/datasets?limit=-1", want: 400},
		{id: "S16 a size pages do not have", path: "/datasets?size=1000000", want: 400},
		{id: "S17 two pages", path: "/datasets?page=1&page=2", want: 400},
		{id: "S17 two queries", path: "/datasets?q=a&q=b", want: 400},
		{id: "S17 a facet there is not", path: "/api/v1/datasets?facets=theme,password", want: 400},
		{id: "S17 a hidden order", path: "/datasets?sort=created_by", want: 400},
		{id: "S17 in the API", path: "/api/v1/datasets?sort=created_by", want: 400},
		{id: "S19 40 KB of query", path: "/datasets?q=" + strings.Repeat("a", 40<<10), want: 400},
		{id: "S19 of parameters", path: "/datasets?" + strings.Repeat("theme=a&", 4100), want: 400},
		{id: "S19 in the API", path: "/api/v1/datasets?q=" + strings.Repeat("a", 10<<10), want: 400},
		{id: "S19 of completion", path: "/datasets/suggest?q=" + strings.Repeat("a", 10<<10), want: 400},
		{id: "S19 more characters than a query has", path: "/datasets?q=" + url.QueryEscape(long[:900]), want: 400},
		{id: "S19 more filters than a query has", path: "/datasets?" + values("tag", 60), want: 400},
		{id: "S20 U+200B alone", path: "/datasets?q=%E2%80%8B", want: 200},
		{id: "S20 emoji", path: "/datasets?q=" + url.QueryEscape("😀👩‍👩‍👧‍👦"), want: 200},
		{id: "S20 blanks", path: "/datasets?q=+%E3%80%80+", want: 200},
		{id: "S20 control characters", path: "/datasets?q=a%00b", want: 400},
		{id: "S20 a bell", path: "/datasets?theme=%07", want: 400},
		{id: "S20 a bell for completion", path: "/datasets/suggest?q=%07", want: 400},
		{id: "S20 half a character", path: "/datasets?q=%e5%8d", want: 400},
		{id: "S20 bytes that are no text", path: "/datasets?q=%ff%fe", want: 400},
		{id: "S20 an escape that is none", path: "/datasets?q=%zz", want: 400},
		{id: "S20 a semicolon between parameters", path: "/datasets?q=a;b=c", want: 400},
		{id: "S24 wildcards", path: "/datasets?q=" + url.QueryEscape(strings.Repeat("*?", 90)), want: 200},
		{id: "S24 an expression", path: "/datasets?q=" + url.QueryEscape("(((((a+)+)+)+)+)$"+strings.Repeat("a", 60)), want: 200},
		{id: "S24 unbalanced quotes", path: "/datasets?q=" + url.QueryEscape(`"'(“”[{`), want: 200},
		{id: "S24 operators", path: "/datasets?q=" + url.QueryEscape(`+a -b title:c^9 ~d AND (OR NOT`), want: 200},
		{id: "S24 for completion", path: "/datasets/suggest?q=" + url.QueryEscape(`"*(`), want: 200},
		{id: "S24 in the feed", path: "/datasets/feed.xml?q=" + url.QueryEscape(`]]><x/>&"`), want: 200},

		{id: "R01 in an id", path: "/datasets/there/resources/" + url.PathEscape("a'; DROP TABLE datasets; --"), want: 404},
		{id: "R01 in a slug", path: "/datasets/" + url.PathEscape("' OR '1'='1"), want: 404},
		{id: "R01 in the API", path: "/api/v1/resources/" + url.PathEscape("(select pg_sleep(9))"), want: 404},
		{id: "R10 in a filter", path: "/datasets?theme=" + url.QueryEscape("a' OR pg_sleep(9)--"), want: 200},
		{id: "R11 another case", path: "/datasets/THERE", want: 404},
		{id: "R12 dots", path: "/datasets/public.datasets", want: 404},
		{id: "R13 a cursor of nobody", path: "/api/v1/datasets?cursor=AAAA", want: 400},
		{id: "R17 version 0x1", path: "/datasets/there/resources/there0000?version=0x1", want: 400},
		{id: "R17 version -1", path: "/datasets/there/resources/there0000?version=-1", want: 400},
		{id: "R17 version 10^30", path: "/datasets/there/resources/there0000?version=" + strings.Repeat("9", 31), want: 400},
		{id: "R17 two versions", path: "/datasets/there/resources/there0000?version=1&version=2", want: 400},
		{id: "R20 a file under another dataset", path: "/datasets/elsewhere/resources/there0000", want: 404},
		{id: "R22 a version there is not", path: "/datasets/there/resources/there0000?version=9", want: 404},
		{id: "R24 NUL in a path", path: "/datasets/a%00b", want: 400},
		{id: "R24 a megabyte id", path: "/d/" + strings.Repeat("a", 8<<10) + "/1/a.csv", want: 404},
		{id: "R31 a page asked of the API", path: "/api/v1/datasets?limit=%3Cscript%3Ealert(1)%3C/script%3E", header: []string{"Accept", "text/html"}, want: 400},
		{id: "R31 of a path there is not", path: "/api/v1/%3Cscript%3Ealert(1)", header: []string{"Accept", "text/html"}, want: 404},
		{id: "R32 a callback", path: "/api/v1/datasets?callback=alert", want: 400},
		{id: "R32 for completion", path: "/datasets/suggest?q=a&callback=alert", want: 400},
		{id: "R33 a format that climbs", path: "/api/v1/datasets?format=..%2F..%2Fx", want: 200}, // a filter like another: nothing has that format
		{id: "R33 for a download", path: "/d/there0000/1/data.csv?format=..%2F..%2Fx", want: 400},

		{id: "M01 in an address", path: "/datasets/%3Cscript%3Ealert(1)%3C%2Fscript%3E", want: 400}, // the slash in it
		{id: "M01 without a slash", path: "/%3Cimg%20src=x%20onerror=alert(1)%3E", want: 404},
		{id: "M02 in a query", path: "/datasets?q=" + url.QueryEscape(`"><img src=x onerror=alert(1)>`), want: 200},

		{id: "A04 no password", method: "POST", path: "/sign-in", form: enter("own@tests.example", ""), want: 422},
		{id: "A04 a password of a megabyte", method: "POST", path: "/sign-in", form: enter("own@tests.example", strings.Repeat("a", 1_000_000)), want: 422},
		{id: "A05 NUL in a password", method: "POST", path: "/sign-in", form: enter("own@tests.example", "a\x00b"), want: 422},
		{id: "A05 bytes that are no text", method: "POST", path: "/sign-in", form: enter("own@tests.example", "\xff\xfe\xfd\xfc"), want: 422},
		{id: "A03 an account that is none", method: "POST", path: "/sign-in", form: enter("own", password), want: 422},
		{id: "A03 with a line break", method: "POST", path: "/sign-in", form: enter("own@tests.example\r\nBcc: x", password), want: 422},
		{id: "A03 of a megabyte", method: "POST", path: "/sign-in", form: enter(strings.Repeat("a", 900_000)+"@tests.example", password), want: 422},
		{id: "A06 a chosen session", path: "/account", header: []string{"Cookie", "__Host-session=" + strings.Repeat("a", 64)}, want: 303},
		{id: "A07 two sessions", path: "/account", header: []string{"Cookie", "__Host-session=" + w.tokens[own] + "; __Host-session=" + w.tokens[other]}, want: 303},
		{id: "A07 the same twice", path: "/account", header: []string{"Cookie", "__Host-session=" + w.tokens[own] + "; __Host-session=" + w.tokens[own]}, want: 303},
		{id: "A08 a cookie of 8 KB", path: "/account", header: []string{"Cookie", "__Host-session=" + strings.Repeat("a", 8<<10)}, want: 303},
		{id: "A09 the cookie of another environment", path: "/account", header: []string{"Cookie", "session=" + w.tokens[own]}, want: 303},
		{id: "A09 half a session", path: "/account", header: []string{"Cookie", "__Host-session=" + w.tokens[own][:63]}, want: 303},
		{id: "A09 in capitals", path: "/account", header: []string{"Cookie", "__Host-session=" + strings.ToUpper(w.tokens[own])}, want: 303},
		{id: "A09 a session as a key", path: "/account", header: []string{"Authorization", "Bearer " + w.tokens[own]}, want: 401},
		{id: "A26 a wrong checksum", path: "/datasets", header: []string{"Authorization", "Bearer " + w.keys[key][:48] + "!"}, want: 401},
		{id: "A26 half a key", path: "/datasets", header: []string{"Authorization", "Bearer " + w.keys[key][:30]}, want: 401},
		{id: "A26 in the API", path: "/api/v1/datasets", header: []string{"Authorization", "Bearer sy_x"}, want: 401},
		{id: "A28 a key and a session", path: "/datasets", header: []string{"Authorization", "Bearer " + w.keys[key], "Cookie", "__Host-session=" + w.tokens[own]}, want: 401},
		{id: "A28 a key and a dead session", path: "/datasets", header: []string{"Authorization", "Bearer " + w.keys[key], "Cookie", "__Host-session=x"}, want: 401},
		{id: "A31 a key where one signs in", as: key, path: "/account", want: 403},
		{id: "A32 Basic", path: "/datasets", header: []string{"Authorization", "Basic b3duOng="}, want: 401},
		{id: "A32 no scheme", path: "/datasets", header: []string{"Authorization", w.keys[key]}, want: 401},
		{id: "A32 nothing behind the scheme", path: "/datasets", header: []string{"Authorization", "Bearer "}, want: 401},
		{id: "A32 12 KB", path: "/datasets", header: []string{"Authorization", "Bearer " + strings.Repeat("a", 12<<10)}, want: 401},
		{id: "A33 letters beyond ASCII", path: "/datasets", header: []string{"Authorization", "Bearer ключ"}, want: 401},
		{id: "A33 for a language", path: "/help", header: []string{"Accept-Language", "中文;q=一, en;q=x"}, want: 200},
		{id: "A33 weights that are none", path: "/help", header: []string{"Accept-Language", "en;q=NaN, zh;q=-1, *;q=1e999"}, want: 200},
		{id: "A33 a coding of 4 KB", path: "/help", header: []string{"Accept-Encoding", strings.Repeat("br;q=0,", 600)}, want: 200},

		{id: "a language there is not", path: "/lang?to=fr&back=/", want: 400},
		{id: "no language", path: "/lang?back=/", want: 400},
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "OPTIONS", "PROPFIND", "GET2", "get"} {
		for _, path := range []string{"/", "/datasets/there", "/feed.xml"} {
			out = append(out, bad{id: method + " where one reads", method: method, path: path, want: 405})
		}
	}
	return append(out, bad{id: "GET where one writes", path: "/sign-out", want: 405}, bad{id: "DELETE in the API", method: "DELETE", path: "/api/v1/datasets", want: 405}, bad{id: "POST to nothing", method: "POST", path: "/nothing", want: 404})
}

// A mistyped parameter is named, so that one sees the mistake; but not what is
// too long or too odd to be one, and never what it was set to.
func TestAnUnknownParameterIsNamed(t *testing.T) {
	w := newWhole(t)
	w.indexed(t)
	for name, shown := range map[string]bool{"themes": true, "page_size": true, "utm-source": true, "x1": true, "Theme": false, "主题": false, "a<b": false, strings.Repeat("a", 21): false} {
		for _, path := range []string{"/datasets", "/help", "/api/v1/datasets"} {
			r := w.get(t, visitor, path+"?"+url.Values{name: {"canary-value"}}.Encode(), "Accept-Language", "en")
			said := r.body
			if !strings.HasPrefix(path, "/api/") {
				said = r.doc(t).Find("main").Text()
			}
			if r.status != 400 || strings.Contains(said, "The parameter "+name+" is not known here.") != shown || r.contains("canary-value") != "" {
				t.Errorf("%s?%s: %d %.300s", path, name, r.status, said)
			}
		}
	}
}

func values(name string, n int) string {
	v := url.Values{}
	for i := range n {
		v.Add(name, strings.Repeat("x", i+1))
	}
	return v.Encode()
}

func TestBadInputs(t *testing.T) {
	w := newWhole(t)
	for _, slug := range []string{"there", "elsewhere"} {
		d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = slug })
		w.Version(t, d, w.Resource(t, d, func(r *datasets.Resource) { r.ID = slug + "0000" }), "a.csv", "年份,人口\n2025,4193\n")
	}
	w.indexed(t)
	for _, c := range badInputs(w) {
		method := c.method
		if method == "" {
			method = http.MethodGet
		}
		r := w.as(c.as, http.MethodPost, "/", c.form)
		r.Method = method
		target, err := url.ParseRequestURI(c.path)
		if err != nil { // as raw as it is
			path, query, _ := strings.Cut(c.path, "?")
			target = &url.URL{Path: path, RawQuery: query}
		}
		r.URL, r.RequestURI = target, c.path
		if method == http.MethodGet {
			r.Body, r.ContentLength = http.NoBody, 0
		}
		if strings.HasPrefix(c.id, "A0") && method == "POST" { // from a browser that has the session of the token
			r.Header.Set("Cookie", "__Host-session="+w.tokens[own])
		}
		got := w.send(t, r, c.header...)
		if got.status != c.want {
			t.Errorf("%s: %d, want %d: %.200s", c.id, got.status, c.want, got.body)
			continue
		}
		if got.status < 400 {
			continue
		}
		if c.want == 405 && got.header.Get("Allow") == "" {
			t.Errorf("%s: what is allowed is not said", c.id)
		}
		if got.header.Get("Cache-Control") != "no-store" && got.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s may be kept: %s", c.id, got.header.Get("Cache-Control"))
		}
		for _, inside := range []string{"<script>alert", "<img src=x", "onerror=alert", "DROP TABLE", "pg_sleep(9))", "SQLSTATE", "goroutine", ".go:", "fiber", "Cannot ", password, strings.Repeat("a", mostRepeated+1)} {
			if method != "HEAD" && strings.Contains(got.body, inside) {
				t.Errorf("%s: the answer holds %q", c.id, inside)
			}
		}
		program := strings.HasPrefix(c.path, "/api/")
		if kind := got.header.Get("Content-Type"); program != strings.HasPrefix(kind, "application/problem+json") || !program && !strings.HasPrefix(kind, "text/html") {
			t.Errorf("%s is answered by %s", c.id, kind)
		}
		if !program && got.doc(t).Find("h1").Length() != 1 {
			t.Errorf("%s: no page", c.id)
		}
	}
	if got := w.get(t, own, "/account"); got.status != 200 {
		t.Errorf("afterwards the account is answered %d", got.status)
	}
	if got := w.get(t, visitor, "/datasets/there"); got.status != 200 {
		t.Errorf("afterwards a dataset is answered %d", got.status)
	}
}

// What no page asks for is said to be unknown, wherever it is asked (no route
// reads a parameter that it does not know).
func TestEveryRouteRefusesWhatItDoesNotKnow(t *testing.T) {
	w := newWhole(t)
	free := []string{"/healthz", "/static/*", "/favicon.ico"} // monitors and old browsers put things there
	for _, a := range addresses(t, w) {
		if slices.Contains(free, a.route) {
			continue
		}
		who := visitor
		if slices.ContainsFunc(slices.Concat(portal.Routes, api.DeskRoutes), func(r portal.Route) bool { return r.Path == a.route && r.Session }) {
			who = own
		}
		before := w.get(t, who, a.path).status
		if a.route == "/lang" {
			before = 200
		}
		if got := w.get(t, who, a.path+"?unknown=1").status; before < 400 && got != 400 {
			t.Errorf("%s?unknown=1 is answered %d", a.path, got)
		}
	}
}

// A26, A27: a key in an address is in logs and histories by now, so it is
// ended.
func TestAKeyInAnAddressIsRevoked(t *testing.T) {
	for _, path := range []string{"/datasets?key=", "/api/v1/datasets?api_key=", "/?", "/static/x?x=", "/datasets?q=look%20at%20"} {
		w := newWhole(t)
		if got := w.get(t, visitor, path+w.keys[key]); got.status != 401 && got.status != 303 || strings.Contains(got.body, w.keys[key]) {
			t.Errorf("%s: %d", path, got.status)
		}
		w.Set(w.Clock().Add(time.Second))
		if got := w.get(t, key, "/api/v1/datasets"); got.status != 401 {
			t.Errorf("%s: a second later the key is answered %d", path, got.status)
		}
	}
}

// A search that looks strange is one all the same (S21-S23).
func TestStrangeSearchesFind(t *testing.T) {
	w := newWhole(t)
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Title = "toolbox", "台湾测试工具箱 ABC" })
	w.indexed(t)
	for _, q := range []string{"工", "工具", "臺灣", "ＡＢＣ", "测试　ＡＢＣ", "gongju", `"工具`, "工具*", "工具\u200b"} {
		got := w.get(t, visitor, "/datasets?"+url.Values{"q": {q}}.Encode())
		if got.status != 200 || !strings.Contains(got.body, "/datasets/toolbox") {
			t.Errorf("%q: %d, and does not find", q, got.status)
		}
	}
}

// brokenEngine fails as one does whose server is gone, with its address and key
// in the error.
type brokenEngine struct{ search.Engine }

var errBroken = errors.New(`ask: Post "http://search.internal:7700/indexes?key=sk_canary": connection refused`)

func (brokenEngine) Cursor(context.Context) (int64, error)               { return 0, nil }
func (brokenEngine) Put(context.Context, []search.Document, int64) error { return errBroken }
func (brokenEngine) Search(context.Context, search.Query) (search.Result, error) {
	return search.Result{}, errBroken
}
func (brokenEngine) Suggest(context.Context, string, int) ([]search.Suggestion, error) {
	return nil, errBroken
}
func (brokenEngine) Close() error { return nil }

// failing is a Finder whose every answer is that error.
type failing struct{}

func (failing) Search(context.Context, search.Query) (search.Result, error) {
	return search.Result{}, errBroken
}
func (failing) Suggest(context.Context, string, int) ([]search.Suggestion, error) {
	return nil, errBroken
}

// S18: while the engine is gone people find by the catalogue itself, and nobody
// learns where the engine lives.
func TestSearchWithoutItsEngine(t *testing.T) {
	w := newWhole(t, func(s *setup) {
		s.Search = search.NewService(search.Config{Engine: brokenEngine{}, Datasets: s.Datasets, Log: slog.New(slog.DiscardHandler)})
	})
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Title = "toolbox", "测试工具箱" })
	for path, want := range map[string]string{"/datasets?q=" + url.QueryEscape("工具"): "/datasets/toolbox", "/datasets": "/datasets/toolbox", "/datasets/suggest?q=" + url.QueryEscape("测试"): "suggestions", "/": "/datasets/toolbox", "/api/v1/datasets?q=" + url.QueryEscape("工具"): "toolbox"} {
		got := w.get(t, visitor, path)
		if got.status != 200 || !strings.Contains(got.body, want) || got.contains("sk_canary", "search.internal", "7700") != "" {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	w = newWhole(t, func(s *setup) { s.Search, s.Log = failing{}, slog.New(slog.DiscardHandler) })
	for _, path := range []string{"/datasets?q=a", "/datasets/suggest?q=a", "/datasets/feed.xml", "/api/v1/datasets?q=a"} {
		got := w.get(t, visitor, path)
		if got.status != 500 || got.contains("sk_canary", "search.internal", "7700", "refused") != "" || len(got.body) == 0 {
			t.Errorf("%s: %d", path, got.status)
		}
		if got.contains("编号") == "" && got.contains(`"reference":"`) == "" {
			t.Errorf("%s: nothing to ask for help with", path)
		}
	}
}

// hostile is text that wants out of wherever it stands (M01-M05, A01 of cells).
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `</title><svg onload=alert(1)>`, `]]><script>alert(1)</script>`, `{{7*7}}`, `${7*7}`, `<!--`, `</script><script>alert(1)`,
	`&lt;script&gt;`, `javascript:alert(1)`, "\u2028alert(1)", `<a href="javascript:alert(1)">x</a>`, `" onmouseover="alert(1)`, `%3Cscript%3E`, `\u003cscript\u003e`,
}

// Texts of the catalogue and of files are shown as the text they are, on every
// page, in every feed and document (M01-M10).
func TestHostileTextsStayText(t *testing.T) {
	w := newWhole(t)
	all := strings.Join(hostile[:6], " ")
	department := w.Department(t, func(d *datasets.Department) {
		d.Slug, d.Name, d.NameEN, d.Description, d.Contact = "hostile", all, all, all, all
	})
	theme := w.Theme(t, func(d *datasets.Theme) { d.Slug, d.Name, d.NameEN = "hostile", hostile[0], hostile[3] })
	for i, text := range hostile {
		slug := "hostile-" + string(rune('a'+i))
		open := datasets.Unconditional
		if i%2 == 1 {
			open = datasets.Conditional
		}
		d := w.Dataset(t, func(d *datasets.Dataset) {
			d.Slug, d.Title, d.TitleEN, d.Summary, d.SummaryEN, d.Department, d.Theme, d.Open = slug, text, text, text, text, department, theme, open
			d.Source, d.Processing, d.Contact, d.Spatial, d.UpdateMethod, d.OpenReason = text, text, text, text, text, text
			d.OpenBasis, d.OpenMethod, d.UseRequirements, d.Safeguards = []string{text}, text, text, text
			if tag := strings.NewReplacer(",", "", ";", "").Replace(text); len(tag) <= 30 {
				d.Tags = []string{tag}
			}
		})
		id := w.Resource(t, d, func(r *datasets.Resource) {
			r.ID, r.Name, r.NameEN, r.Description = strings.ReplaceAll(slug, "-", "")+"0000", text, text, text
		})
		quoted := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		w.Version(t, d, id, strings.NewReplacer("/", "", "\u2028", "").Replace(text)+".csv", quoted+",年份\n"+quoted+",2025\n", datasets.Field{Name: text, Label: text, LabelEN: text, Unit: text, Description: text, Type: "text", Codes: []datasets.Code{{Value: text, Label: text}}})
	}
	w.indexed(t)
	var list []string
	for i, text := range hostile {
		slug := "hostile-" + string(rune('a'+i))
		list = append(list, "/datasets/"+slug, "/datasets/"+slug+"/resources/"+strings.ReplaceAll(slug, "-", "")+"0000", "/datasets?"+url.Values{"q": {text}}.Encode(), "/datasets?"+url.Values{"tag": {text}, "theme": {text}}.Encode(), "/datasets/feed.xml?"+url.Values{"q": {text}}.Encode())
	}
	list = append(list, "/", "/datasets", "/feed.xml", "/departments", "/departments/hostile", "/departments/hostile/feed.xml", "/themes", "/themes/hostile", "/themes/hostile/feed.xml", "/stats", "/stats/promises", "/sitemap-1.xml")
	for _, language := range []string{"zh", "en"} {
		for _, path := range list {
			got := w.get(t, visitor, path, "Accept-Language", language)
			if got.status != 200 && !(got.status == 400 && strings.Contains(path, "?")) {
				t.Errorf("%s: %d", path, got.status)
			}
			if strings.Contains(got.header.Get("Content-Type"), "xml") {
				wellFormedXML(t, path, got.body)
			} else {
				harmlessPage(t, path, got.doc(t))
			}
		}
	}
}

func wellFormedXML(t *testing.T, path, body string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		if e, ok := token.(xml.StartElement); ok && slices.Contains([]string{"script", "svg", "img", "a"}, e.Name.Local) {
			t.Errorf("%s has an element %s", path, e.Name.Local)
		}
	}
}

func harmlessPage(t *testing.T, path string, doc *goquery.Document) {
	t.Helper()
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(value, "javascript:") && (a.Key == "href" || a.Key == "src" || a.Key == "action") {
				t.Errorf("%s: <%s %s=%q>", path, goquery.NodeName(s), a.Key, a.Val)
			}
		}
	})
	doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		if src, ok := s.Attr("src"); ok != strings.HasPrefix(src, "/static/") || !ok && s.AttrOr("type", "") != "application/ld+json" {
			t.Errorf("%s: a script: %.100s", path, s.Text())
		}
	})
	doc.Find("img, iframe, object, embed, svg a").Each(func(_ int, s *goquery.Selection) { t.Errorf("%s: <%s>", path, goquery.NodeName(s)) })
}

// R34: what we make of a file runs nothing in a spreadsheet; the file itself
// stays what it was.
func TestCellsRunNothing(t *testing.T) {
	w := newWhole(t)
	cells := []string{"=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "＝1+1", "＠x", "-5", "+5.5", "1e5"}
	var b strings.Builder
	b.WriteString("值,年份\n")
	for _, cell := range cells {
		b.WriteString(`"` + cell + `",2025` + "\n")
	}
	_, v := w.File(t, "a.csv", b.String())
	made := w.get(t, visitor, "/d/"+v.ResourceID+"/1/data.csv?bom=1").body
	for i, cell := range cells {
		danger := i < 7
		if got := strings.Contains(made, "'"+cell); got != danger {
			t.Errorf("%q is made harmless: %v", cell, got)
		}
	}
	if got := w.get(t, visitor, "/d/"+v.ResourceID+"/1/a.csv").body; got != b.String() {
		t.Errorf("the original is %q", got)
	}
}
