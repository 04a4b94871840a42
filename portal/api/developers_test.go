package api_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/getkin/kin-openapi/openapi3"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/portal"
	"shuyuan/portal/api"
	"shuyuan/portal/problem"
)

// shown is a page of w in a language.
func (w *world) shown(t *testing.T, path, language string) *goquery.Document {
	t.Helper()
	a := w.get(t, path, "Accept-Language", language)
	if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(string(a.body)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// stocked is a catalogue with something in it that the examples can read.
func stocked(t *testing.T) *world {
	t.Helper()
	w := asking(t)
	w.Grid(t)
	d := w.Dataset(t, func(d *datasets.Dataset) {
		d.Slug, d.Title, d.TitleEN, d.Tags = "codes", "区划代码", "Division codes", []string{"区划"}
	})
	w.Version(t, d, w.Resource(t, d), "it's 代码.csv", "代码,名称\n0350,甲\n0351,乙\n", datasets.Field{Name: "代码", Type: "text"})
	w.Service.CountDownload(d.ID, 1)
	if err := w.Service.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestThePageStatesTheQuotasThatAreInForce(t *testing.T) {
	w := stocked(t)
	server := replica(t, w.Catalogue, func(d *portal.Deps) {
		d.Accounts = account.NewService(w.Pool, account.Config{Limits: map[string]account.Rate{"api": {Limit: 77, Window: 30 * time.Second}, "api-key": {Limit: 1234, Window: time.Minute}}}, w.Clock)
	})
	page := string(ask(t, server, http.MethodGet, "/developers").body)
	for _, figure := range []string{"77", "30", "1,234", "RateLimit-Limit: 77", "RateLimit-Remaining: 76", `&#34;api&#34;;q=77;w=30`} {
		if !strings.Contains(page, figure) {
			t.Errorf("%s is not on the page", figure)
		}
	}
	first := ask(t, server, http.MethodGet, api.Base+"/themes")
	if !strings.Contains(page, "RateLimit-Policy: "+strings.ReplaceAll(first.header.Get("RateLimit-Policy"), `"`, "&#34;")) {
		t.Errorf("the page shows other headers than %v", first.header)
	}
}

// The error on the page is the one that is sent.
func TestTheErrorOnThePageIsARealOne(t *testing.T) {
	w := stocked(t)
	for _, language := range []string{"zh-CN", "en"} {
		a := w.get(t, api.Base+"/datasets?limit=1000", "Accept-Language", language)
		var p problem.Problem
		a.into(t, &p)
		if shown := w.shown(t, "/developers", language).Find("#errors pre").Text(); !strings.Contains(shown, p.Detail) || !strings.Contains(shown, "400") || !strings.Contains(shown, p.Errors[0].Location) {
			t.Errorf("%s: %s", language, shown)
		}
	}
}

// Every kind of fault has a type of its own, and the type is the address of its
// explanation.
func TestEveryTypeOfProblemLeadsToItsExplanation(t *testing.T) {
	w := stocked(t)
	page := w.shown(t, "/developers", "zh-CN")
	seen := map[string]fault.Kind{}
	for kind := fault.Internal; kind <= fault.Malformed; kind++ {
		kindOf := problem.Type(kind)
		if other, twice := seen[kindOf]; twice {
			t.Errorf("%s is of %d and of %d", kindOf, other, kind)
		}
		seen[kindOf] = kind
		id, ok := strings.CutPrefix(kindOf, "/developers#")
		row := page.Find(`#errors tr[id="` + id + `"]`)
		if !ok || row.Length() != 1 || !strings.Contains(row.Text(), strconv.Itoa(problem.Status(kind))) || !strings.Contains(row.Text(), kindOf) {
			t.Errorf("%s leads to %q", kindOf, row.Text())
		}
	}
	for address, want := range map[string]string{"/datasets?x=1": "malformed", "/datasets/none": "not-found", "/nothing": "not-found"} {
		var p problem.Problem
		w.get(t, api.Base+address).into(t, &p)
		if p.Type != "/developers#error-"+want {
			t.Errorf("%s: %+v", address, p)
		}
	}
}

func TestThePagesShowEveryOperationParameterAndField(t *testing.T) {
	w := stocked(t)
	w.logged(t).grow(t, 1)
	w.Office(t)
	_, key := w.asker(t, "program@tests.example", account.ScopeApply)
	if a := w.propose(t, key, `{"title":"全省村委会坐标","need":"村名和经纬度。","purpose":"规划乡村公交。","proposer":"市民","department":"tjj"}`); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	doc := w.described(t)
	for _, language := range []string{"zh-CN", "en"} {
		page, reference := w.shown(t, "/developers", language), w.shown(t, "/developers/reference", language)
		for path, item := range doc.Paths.Map() {
			for method, o := range item.Operations() {
				w.showsOperation(t, page, reference, language, method, path, o)
			}
		}
		for name, schema := range doc.Components.Schemas {
			table := reference.Find("#type-" + name).Next().Text()
			for field := range schema.Value.Properties {
				if !strings.Contains(table, field) {
					t.Errorf("%s.%s is not in the reference in %s", name, field, language)
				}
			}
		}
		reference.Find(`a[href^="#"]`).Each(func(_ int, s *goquery.Selection) {
			if href, _ := s.Attr("href"); reference.Find(href).Length() != 1 {
				t.Errorf("%s leads nowhere", href)
			}
		})
	}
}

// showsOperation fails unless the pages say all of an operation.
func (w *world) showsOperation(t *testing.T, page, reference *goquery.Document, language, method, path string, o *openapi3.Operation) {
	t.Helper()
	section := reference.Find("#" + o.OperationID)
	words := o.Summary
	if language == "zh-CN" {
		words, _ = o.Extensions["x-summary-zh"].(string)
	}
	if section.Find("h2").Text() != words || section.Find(".call").Text() != method+" "+api.Base+path {
		t.Errorf("%s in %s: %s", path, language, section.Text())
	}
	for _, p := range o.Parameters {
		if !strings.Contains(section.Find("tbody").Text(), p.Value.Name) {
			t.Errorf("%s in %s: no parameter %s", path, language, p.Value.Name)
		}
	}
	for status, response := range o.Responses.Map() {
		if status != "304" && !strings.Contains(section.Find("code").Text(), status) {
			t.Errorf("%s %s in %s: no status %s", method, path, language, status)
		}
		for name, header := range response.Value.Headers {
			if header.Value.Extensions["x-description-zh"] != nil && !strings.Contains(section.Find("tbody").Text(), name) {
				t.Errorf("%s %s in %s: no header %s", method, path, language, name)
			}
		}
	}
	if o.RequestBody != nil {
		for media := range o.RequestBody.Value.Content {
			if !strings.Contains(section.Text(), media) {
				t.Errorf("%s %s in %s: no body as %s", method, path, language, media)
			}
		}
	}
	if page.Find(`a[href="/developers/reference#`+o.OperationID+`"]`).Length() != 1 {
		t.Errorf("%s is not in the table of contents", path)
	}
	try, there := section.Find("a.hash").Attr("href")
	if changes(o) {
		if there || !strings.Contains(section.Text(), map[string]string{"zh-CN": "要密钥", "en": "Needs a key"}[language]) {
			t.Errorf("%s %s in %s does not say that it needs a key, or offers to be tried", method, path, language)
		}
		return
	}
	if !there && (method != http.MethodGet || slices.ContainsFunc(o.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.In == "query" && p.Value.Required })) {
		return // it files something, or asks for what the reader alone has been given
	}
	if a := w.get(t, strings.TrimPrefix(try, "https://data.example")); a.status != answersOf(path) {
		t.Errorf("%s: its example %q answers %d", path, try, a.status)
	}
}

func TestThePagesSpeakTheLanguageOfTheReader(t *testing.T) {
	w := stocked(t)
	for _, path := range []string{"/developers", "/developers/reference"} {
		page := w.shown(t, path, "en")
		page.Find("pre, code, dd, [lang^=zh], .t.fields td.wrap").Remove() // code and words of the document, which name Chinese terms
		if text := page.Find("main").Text(); strings.ContainsFunc(text, isHan) {
			t.Errorf("%s: %s", path, regexp.MustCompile(`\p{Han}+`).FindAllString(text, -1))
		}
	}
}

// address is an address of the portal within code.
var address = regexp.MustCompile(`https://data\.example/[^\s"'\\)]*`)

// Every address in every example leads to something, and no example names
// what is not for everybody.
func TestTheExamplesReadWhatIsThere(t *testing.T) {
	w := stocked(t)
	page := w.shown(t, "/developers", "zh-CN")
	seen := 0
	page.Find("pre code").Each(func(_ int, s *goquery.Selection) {
		code := s.Text()
		for _, found := range address.FindAllString(code, -1) {
			path := strings.TrimPrefix(found, "https://data.example")
			path = strings.TrimSuffix(path, "?")                                                                                                                              // the code goes on with its parameters
			if strings.Contains(path, "$DATASET") || strings.Contains(path, "$SPACE") || s.Closest("#workspaces-code").Length() > 0 || s.Closest("#owed-code").Length() > 0 { // what needs a key is run as it stands, too
				continue
			}
			a := w.get(t, path)
			if path == "/api/v1/uploads" { // only written to; the process test of uploads runs that example
				if a.status != http.StatusMethodNotAllowed {
					t.Errorf("%s: %d to who reads it", found, a.status)
				}
				continue
			}
			if a.status != http.StatusOK && a.status != http.StatusFound {
				t.Errorf("%s: %d in\n%s", found, a.status, code)
			}
			seen++
		}
	})
	page.Find("#addresses a").Each(func(_ int, s *goquery.Selection) {
		href, _ := s.Attr("href")
		if a := w.get(t, href); a.status != http.StatusOK && a.status != http.StatusFound {
			t.Errorf("%s: %d", href, a.status)
		}
		seen++
	})
	if seen < 20 {
		t.Errorf("only %d addresses: the examples are gone", seen)
	}
	text := page.Find("main").Text()
	if !strings.Contains(text, "it'\\''s 代码.csv") || !strings.Contains(text, `dtype={"代码": str`) || !strings.Contains(text, url.PathEscape("it's 代码.csv")) && !strings.Contains(text, "it%27s") {
		t.Errorf("the examples do not read the most used file: %s", page.Find("#code").Text())
	}
	for _, private := range []string{"draft-", "withdrawn-", "-withheld"} {
		if strings.Contains(text, private) {
			t.Errorf("the examples name %s…", private)
		}
	}
}

func TestThePagesStandInAnEmptyCatalogue(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/developers", "/developers/reference"} {
		page := w.shown(t, path, "zh-CN")
		if page.Find("h1").Length() != 1 || page.Find(`a[href*="{"]`).Length() != 0 {
			t.Errorf("%s: %s", path, page.Text())
		}
		if a := w.get(t, path+"?x=1"); a.status != http.StatusBadRequest {
			t.Errorf("%s with a parameter: %d", path, a.status)
		}
	}
}

// Every question on the page is answered by this portal, and the page names
// every function and every limit.
func TestTheQuestionsOnThePageAreAnswered(t *testing.T) {
	w := asking(t)
	d := w.Dataset(t)
	w.Version(t, d, w.Resource(t, d), "a.csv", "名称,人口,日期,位置(a/b)\n甲1,842,2020-01-31,\"119.30,26.08\"\n乙,321,2021-03-01,\"119.31,26.09\"\n",
		datasets.Field{Name: "位置(a/b)", Type: "point"})
	for _, language := range []string{"zh-CN", "en"} {
		section := w.shown(t, "/developers", language).Find("section#language, #language").First()
		links := section.Find("td a")
		if links.Length() < 9 {
			t.Errorf("%s: %d questions", language, links.Length())
		}
		links.Each(func(_ int, a *goquery.Selection) {
			href := a.AttrOr("href", "")
			if r := w.get(t, href); r.status != http.StatusOK || strings.Contains(string(r.body), `"rows":[]`) {
				t.Errorf("%s: %d %.200s", href, r.status, r.body)
			}
		})
		said := section.Text()
		for _, f := range rows.Functions() {
			if !strings.Contains(said, f.Form) {
				t.Errorf("%s: nothing of %s", language, f.Name)
			}
		}
		for _, n := range []int{rows.MaxLimit, rows.MaxText, portal.MaxQuery, rows.MaxKeys, rows.SheetRows, portal.ExportsAtOnce} {
			if !strings.Contains(said, strconv.Itoa(n)) {
				t.Errorf("%s: nothing of the limit %d", language, n)
			}
		}
	}
}

// Questions about rows and exports are counted by themselves, and who asks too
// often is told when to come back.
func TestRowsAndExportsHaveQuotasOfTheirOwn(t *testing.T) {
	w := asking(t)
	path := w.people(t)
	two := account.Rate{Limit: 2, Window: time.Minute}
	server := replica(t, w.Catalogue, func(d *portal.Deps) {
		d.Accounts = account.NewService(w.Pool, account.Config{Limits: map[string]account.Rate{"api": {Limit: 100, Window: time.Minute}, "rows": two, "export": two}}, w.Clock)
	})
	for bucket, address := range map[string]string{"rows": "/rows", "export": "/export.csv"} {
		for i, want := range []int{200, 200, 429} {
			a := ask(t, server, http.MethodGet, path+address)
			if a.status != want || a.header.Get("RateLimit-Limit") != "2" || !strings.HasPrefix(a.header.Get("RateLimit-Policy"), `"`+bucket+`"`) || (want == 429) != (a.header.Get("Retry-After") != "") {
				t.Errorf("%s, %d: %d %v", address, i, a.status, a.header)
			}
		}
	}
	if a := ask(t, server, http.MethodGet, path+"/facets/1"); a.status != http.StatusTooManyRequests {
		t.Errorf("a facet counts as a question about rows: %d", a.status)
	}
	if a := ask(t, server, http.MethodGet, path); a.status != http.StatusOK || a.header.Get("RateLimit-Limit") != "100" {
		t.Errorf("the catalogue: %d %v", a.status, a.header)
	}
}

// answersOf is what the example of an operation answers in the worlds of these tests: no
// product was sealed in them, and the journey of one reads its rows.
func answersOf(path string) int {
	if path == "/products/{number}/rows" {
		return http.StatusNotFound
	}
	return http.StatusOK
}
