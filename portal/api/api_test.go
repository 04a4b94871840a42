package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/portal"
	"shuyuan/portal/api"
	"shuyuan/portal/problem"
	"shuyuan/search"
)

// public are the slugs of a grid that everybody may know of.
var public = map[string]bool{"published-unconditional": true, "published-conditional": true}

func TestOnlyWhatIsPublicIsToldByAnyRoute(t *testing.T) {
	w := newWorld(t)
	grid := w.Grid(t)
	everything := ""
	for _, path := range []string{"/datasets?limit=100&facets=theme,org,open,format,freq,region,tag", "/datasets?q=ed", "/departments", "/themes", "/departments/tjj", "/themes/people", "/stats"} {
		a := w.get(t, api.Base+path)
		if a.status != http.StatusOK {
			t.Errorf("%s: %d", path, a.status)
		}
		everything += string(a.body)
	}
	for slug, d := range grid {
		if told := strings.Contains(everything, slug); told != public[slug] {
			t.Errorf("%s is told of: %v", slug, told)
		}
		want := http.StatusNotFound
		switch {
		case public[slug]:
			want = http.StatusOK
		case d.Status == datasets.Withdrawn && d.Open != datasets.Withheld:
			want = http.StatusGone
		}
		id := d.Resources[0].ID
		for _, path := range []string{"/datasets/" + slug, "/datasets/" + slug + "/notes", "/datasets/" + slug + "/questions", "/resources/" + id, "/resources/" + id + "/versions", "/resources/" + id + "/versions/1", "/resources/" + id + "/schema"} {
			if got := w.get(t, api.Base+path); got.status != want {
				t.Errorf("%s: %d, want %d: %s", path, got.status, want, got.body)
			}
		}
	}
	var list api.List
	w.read(t, api.Base+"/datasets?facets=open,theme", &list)
	want := map[string][]api.Count{
		"open":  {{Value: "conditional", Label: "有条件开放", LabelEN: "Open on conditions", Count: 1}, {Value: "unconditional", Label: "无条件开放", LabelEN: "Open without condition", Count: 1}},
		"theme": {{Value: "people", Label: "人口", LabelEN: "People", Count: 2}},
	}
	if diff := cmp.Diff(want, list.Facets); diff != "" || list.Total != 2 {
		t.Errorf("%d in all, facets: %s", list.Total, diff)
	}
	var theme api.Theme
	w.read(t, api.Base+"/themes/people", &theme)
	var stats api.Stats
	w.read(t, api.Base+"/stats", &stats)
	if theme.Datasets != 2 || stats.Datasets != 2 || stats.Conditional != 1 {
		t.Errorf("the theme counts %d, the figures %d, conditional %d", theme.Datasets, stats.Datasets, stats.Conditional)
	}
}

// A key and a session see what everybody sees, also of their own department.
func TestAKeyShowsNothingMore(t *testing.T) {
	w := newWorld(t)
	grid := w.Grid(t)
	key, session := w.officer(t)
	for _, headers := range [][]string{{"Authorization", "Bearer " + key}, {"Cookie", "session=" + session}} {
		if a := w.get(t, api.Base+"/datasets?limit=100", headers...); strings.Contains(string(a.body), "withheld") || strings.Contains(string(a.body), "draft") {
			t.Errorf("%s is told of what is not public: %s", headers[0], a.body)
		}
		for slug := range grid {
			if a := w.get(t, api.Base+"/datasets/"+slug, headers...); (a.status == http.StatusOK) != public[slug] {
				t.Errorf("%s: %s is answered with %d", headers[0], slug, a.status)
			}
		}
	}
}

// officer makes a data officer of the catalogue's office, with a key and a
// session.
func (w *world) officer(t *testing.T) (key, session string) {
	t.Helper()
	ctx := context.Background()
	office := w.Office(t)
	_, err := w.Accounts.CreateUser(ctx, account.System("test"), account.NewUser{Identifier: "officer@tests.example", Name: "示例专员", Password: "correct horse battery", Roles: []account.Role{account.Officer}, Department: office.ID})
	if err != nil {
		t.Fatal(err)
	}
	in, err := w.Accounts.SignIn(ctx, "officer@tests.example", "correct horse battery", "203.0.113.7", "test")
	if err != nil {
		t.Fatal(err)
	}
	who, err := w.Accounts.Actor(ctx, in.Token)
	if err != nil {
		t.Fatal(err)
	}
	key, _, err = w.Accounts.CreateKey(ctx, who, "test", []string{account.ScopeRead}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return key, in.Token
}

func TestWhatMustBeAppliedForHasMetadataAndNoData(t *testing.T) {
	w := newWorld(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Open = "tides", datasets.Conditional })
	id := w.Resource(t, d)
	w.Version(t, d, id, "潮汐.csv", "站,密\n甲,9001\n", datasets.Field{Name: "密", Label: "密级", Type: "text", Codes: []datasets.Code{{Value: "9001", Label: "内部"}}})
	var whole api.Dataset
	w.read(t, api.Base+"/datasets/tides", &whole)
	if whole.Open != "conditional" || len(whole.Opening.Basis) != 1 || whole.Opening.Method == "" || whole.Opening.UseRequirements == "" || whole.Opening.Safeguards == "" {
		t.Errorf("what is needed: %+v", whole.Opening)
	}
	newest := whole.Resources[0].Newest
	if newest == nil || newest.Served || newest.SHA256 == "" || newest.Tables[0].Rows != 1 {
		t.Errorf("the version: %+v", newest)
	}
	for _, path := range []string{"/datasets/tides", "/resources/" + id, "/resources/" + id + "/versions", "/resources/" + id + "/versions/1", "/resources/" + id + "/schema"} {
		if body := string(w.get(t, api.Base+path).body); strings.Contains(body, "9001") || strings.Contains(body, "内部") || strings.Contains(body, "/d/"+id) || strings.Contains(body, "/r/"+id) {
			t.Errorf("%s tells values or where the bytes are: %s", path, body)
		}
	}
	var schema api.Schema
	w.read(t, api.Base+"/resources/"+id+"/schema", &schema)
	if f := schema.Tables[0].Fields[1]; f.Name != "密" || f.Label != "密级" {
		t.Errorf("the dictionary: %+v", schema)
	}
}

func TestAnEntryHasItsFieldsItsFilesAndTheirAddresses(t *testing.T) {
	w := asking(t)
	due := time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)
	d := w.Dataset(t, func(d *datasets.Dataset) {
		d.Slug, d.Title, d.TitleEN, d.Tags, d.NextDue = "holidays", "节假日安排", "Public holidays", []string{"日历"}, &due
		d.ResourceCode, d.SourceURL, d.TemporalStart, d.Spatial, d.Contact = "350000/0001", "https://www.gov.cn/", "2004", "全国", "数据科"
	})
	id := w.Resource(t, d)
	w.Version(t, d, id, "节假日.csv", "日期,类型\n2026-01-01,1\n", datasets.Field{Name: "日期", Type: "date", Description: "公历日期"}, datasets.Field{Name: "类型", Type: "text", Codes: []datasets.Code{{Value: "1", Label: "放假"}}})
	v2 := w.Version(t, d, id, "节假日.csv", "日期,类型\n2026-01-01,1\n2026-01-02,1\n", datasets.Field{Name: "类型", Type: "text", Codes: []datasets.Code{{Value: "1", Label: "休息"}}})
	var whole api.Dataset
	w.read(t, api.Base+"/datasets/holidays", &whole)
	if whole.TitleEN != "Public holidays" || whole.Department.Slug != "tjj" || whole.Theme.NameEN != "People" || whole.Licence.ID != datasetstest.Licence ||
		*whole.NextDue != "2027-01-15" || whole.Updated != "2026-01-15" || whole.Fresh != "in-time" || whole.Catalogue.ResourceCode != "350000/0001" ||
		whole.Source.URL != "https://www.gov.cn/" || whole.Coverage.Start != "2004" || whole.Contact.Name != "数据科" || whole.Region.NameEN != "Fujian" {
		t.Errorf("%+v", whole)
	}
	var entry api.Entry
	w.read(t, api.Base+"/resources/"+id, &entry)
	if diff := cmp.Diff(whole.Resources[0], entry.Resource); diff != "" || entry.Dataset.Slug != "holidays" {
		t.Errorf("the file by itself: %s", diff)
	}
	name := url.PathEscape("节假日.csv")
	base := "https://data.example/d/" + id + "/2/"
	if n := entry.Newest; n.Number != 2 || n.SHA256 != v2.SHA256 || !n.Served || n.Original != base+name || n.Tables[0].CSV != base+"data.csv" || n.Tables[0].CSVExcel != base+"data.csv?bom=1" || n.Tables[0].JSON != base+"data.json" || n.Tables[0].Rows != 2 || n.Tables[0].Columns != 2 {
		t.Errorf("the newest version: %+v", entry.Newest)
	}
	// what it says can be fetched can be fetched, and is what it says
	for _, address := range []string{entry.Latest, entry.Newest.Original, entry.Newest.Tables[0].CSV, entry.Newest.Tables[0].CSVExcel, entry.Newest.Tables[0].JSON, entry.Newest.Tables[0].NDJSON, entry.Newest.Tables[0].XLSX, entry.Newest.Tables[0].Parquet, entry.Newest.Tables[0].XML, entry.Newest.Tables[0].Package, entry.URL, entry.Newest.URL, entry.Newest.Schema, entry.Dataset.URL, entry.Page, whole.Page} {
		if a := w.get(t, strings.TrimPrefix(address, "https://data.example")); a.status != http.StatusOK && a.status != http.StatusFound {
			t.Errorf("%s: %d", address, a.status)
		}
	}
	// each version has the dictionary that was written for it, and of columns
	// that nobody wrote about again what was said before
	for query, version := range map[string]int{"": 2, "?version=1": 1, "?version=2": 2} {
		var schema api.Schema
		w.read(t, api.Base+"/resources/"+id+"/schema"+query, &schema)
		label := []string{"放假", "休息"}[version-1]
		if f := schema.Tables[0].Fields; schema.Version != version || f[0].Description != "公历日期" || len(f[1].Codes) != 1 || f[1].Codes[0].Label != label {
			t.Errorf("schema%s: %+v", query, schema)
		}
	}
	if a := w.get(t, api.Base+"/resources/"+id+"/schema?version=3"); a.status != http.StatusNotFound {
		t.Errorf("a version that there is not: %d", a.status)
	}
}

func TestFiltersCombineAndTheirValuesAreAlternatives(t *testing.T) {
	w := newWorld(t)
	sea := w.Theme(t, func(d *datasets.Theme) { d.Slug = "sea" })
	w.File(t, "a.csv", "年份\n2025\n", func(d *datasets.Dataset) { d.Slug, d.Title, d.Tags = "a", "港口 甲", []string{"潮汐", "港口"} })
	w.File(t, "b.json", `[{"年份":2025}]`, func(d *datasets.Dataset) {
		d.Slug, d.Title, d.Theme, d.Frequency = "b", "港口 乙", sea, datasets.Daily
	})
	w.File(t, "c.csv", "年份\n2025\n", func(d *datasets.Dataset) { d.Slug, d.Open, d.Tags = "c", datasets.Conditional, []string{"港口"} })
	for query, want := range map[string]string{
		"":                       "c b a",
		"theme=sea":              "b",
		"theme=sea,people&open=": "c b a",
		"theme=sea&theme=people&open=conditional":      "c",
		"tag=" + url.QueryEscape("潮汐,港口"):              "c a",
		"format=json&freq=daily,weekly":                "b",
		"org=tjj&region=350000&format=csv":             "c a",
		"q=" + url.QueryEscape("港口"):                   "a b",
		"q=" + url.QueryEscape("港口") + "&theme=people": "a",
		"theme=nothing": "",
	} {
		var list api.List
		w.read(t, api.Base+"/datasets?"+query, &list)
		var got []string
		for _, item := range list.Items {
			got = append(got, item.Slug)
		}
		if strings.Join(got, " ") != want || list.Total != len(got) {
			t.Errorf("%s: %v of %d, want %s", query, got, list.Total, want)
		}
	}
	var list api.List
	w.read(t, api.Base+"/datasets?theme=sea&facets=theme&facets=format,tag", &list)
	if len(list.Facets) != 3 || len(list.Facets["theme"]) != 2 || list.Facets["format"][0] != (api.Count{Value: "json", Label: "JSON", LabelEN: "JSON", Count: 1}) || list.Facets["tag"] == nil {
		t.Errorf("facets: %+v", list.Facets)
	}
}

// walk follows next to the end and returns the slugs; between pages it calls
// meanwhile.
func (w *world) walk(t *testing.T, query string, meanwhile func(page int)) (slugs []string) {
	t.Helper()
	cursor := ""
	for page := 0; ; page++ {
		if page > 50 {
			t.Fatal("the list has no end")
		}
		address := api.Base + "/datasets?" + query
		if cursor != "" {
			address += "&cursor=" + url.QueryEscape(cursor)
		}
		a := w.get(t, address)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", address, a.status, a.body)
		}
		var list api.List
		a.into(t, &list)
		for _, item := range list.Items {
			slugs = append(slugs, item.Slug)
		}
		link := a.header.Get("Link")
		if (list.Next == "") != (link == "") {
			t.Fatalf("next %q, Link %q", list.Next, link)
		}
		if list.Next == "" {
			return slugs
		}
		following := strings.TrimSuffix(strings.TrimPrefix(link, "<https://data.example"), `>; rel="next"`)
		meanwhile(page)
		w.Changed()
		var followed, asked api.List
		w.read(t, following, &followed)
		w.read(t, api.Base+"/datasets?"+query+"&cursor="+url.QueryEscape(list.Next), &asked)
		if diff := cmp.Diff(asked, followed); diff != "" {
			t.Fatalf("the Link leads elsewhere than the cursor: %s", diff)
		}
		cursor = list.Next
	}
}

// The catalogue changes while it is walked: what was there all the time comes
// exactly once, in every order.
func TestAWalkMissesNothingAndRepeatsNothingWhileTheCatalogueChanges(t *testing.T) {
	for _, query := range []string{"limit=3", "limit=1&sort=updated", "limit=4&sort=popular", "limit=3&theme=people,other&facets=open", "limit=3&q=" + url.QueryEscape("常在"), "limit=7&q=" + url.QueryEscape("常在") + "&open=unconditional"} {
		t.Run(query, func(t *testing.T) {
			w := newWorld(t)
			for i := range 11 {
				w.Dataset(t, func(d *datasets.Dataset) {
					d.Slug, d.Title, d.LastUpdated = fmt.Sprintf("stays-%02d", i), "常在", time.Date(2026, 1, 1+i/2, 0, 0, 0, 0, time.UTC)
				})
			}
			goes := w.Dataset(t, func(d *datasets.Dataset) {
				d.Slug, d.Title, d.LastUpdated = "goes", "常在", time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
			})
			seen := map[string]int{}
			for _, slug := range w.walk(t, query, func(page int) {
				for i := range 2 {
					w.Dataset(t, func(d *datasets.Dataset) {
						d.Slug, d.Title, d.LastUpdated = fmt.Sprintf("new-%d-%d", page, i), "常在", time.Date(2026, 3, 1+page, 0, 0, 0, 0, time.UTC)
					})
				}
				if page == 1 {
					if err := w.Service.Move(t.Context(), datasetstest.Officer(goes.Department), goes.Slug, datasets.Withdraw, "有误", goes.Revision); err != nil {
						t.Fatal(err)
					}
				}
			}) {
				seen[slug]++
			}
			for i := range 11 {
				if slug := fmt.Sprintf("stays-%02d", i); seen[slug] != 1 {
					t.Errorf("%s came %d times", slug, seen[slug])
				}
			}
			for slug, n := range seen {
				if n > 1 {
					t.Errorf("%s came %d times", slug, n)
				}
			}
		})
	}
}

func TestVersionsAreListedInParts(t *testing.T) {
	w := newWorld(t)
	d := w.Dataset(t)
	id := w.Resource(t, d)
	for range 7 {
		w.Version(t, d, id, "a.csv", "年份\n2025\n")
	}
	var numbers []int
	path := api.Base + "/resources/" + id + "/versions"
	for address := path + "?limit=3"; address != ""; {
		var part api.Versions
		w.read(t, address, &part)
		for _, v := range part.Items {
			numbers = append(numbers, v.Number)
		}
		if len(numbers) == 3 { // one more while we read: it belongs to the beginning
			w.Version(t, d, id, "a.csv", "年份\n2025\n")
		}
		address = ""
		if part.Next != "" {
			address = path + "?limit=3&cursor=" + part.Next
		}
	}
	if diff := cmp.Diff([]int{7, 6, 5, 4, 3, 2, 1}, numbers); diff != "" {
		t.Error(diff)
	}
}

func TestACursorOfAnotherListIsRefused(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.Dataset(t, func(d *datasets.Dataset) { d.Title = "常在" })
	}
	next := func(query string) string {
		var list api.List
		w.read(t, api.Base+"/datasets?limit=1&"+query, &list)
		if list.Next == "" {
			t.Fatalf("%s: no next", query)
		}
		return list.Next
	}
	plain, found := next(""), next("q="+url.QueryEscape("常在"))
	if a := w.get(t, api.Base+"/datasets?limit=2&cursor="+plain); a.status != http.StatusOK {
		t.Errorf("with another limit it goes on: %d %s", a.status, a.body)
	}
	edited := []byte(plain)
	edited[len(edited)-3] ^= 1
	for _, cursor := range []string{string(edited), plain[:len(plain)-4], plain + "AAAA", found, "1", "%00", "..%2f..%2f", "eyJvIjoidXBkYXRlZCIsInYiOiIyMDI2LTAxLTAxIiwiaSI6MX0"} {
		a := w.get(t, api.Base+"/datasets?limit=1&cursor="+cursor)
		if a.status != http.StatusBadRequest {
			t.Errorf("cursor %s: %d %s", cursor, a.status, a.body)
		}
	}
	for _, query := range []string{"sort=popular", "theme=people", "q=x"} {
		var p problem.Problem
		if a := w.get(t, api.Base+"/datasets?limit=1&"+query+"&cursor="+plain); a.status != http.StatusBadRequest {
			t.Errorf("the cursor of the whole list with %s: %d", query, a.status)
		} else if a.into(t, &p); len(p.Errors) != 1 || p.Errors[0].Location != "query.cursor" {
			t.Errorf("%+v", p)
		}
	}
	d := w.Dataset(t)
	id := w.Resource(t, d)
	w.Version(t, d, id, "a.csv", "年份\n2025\n")
	if a := w.get(t, api.Base+"/resources/"+id+"/versions?cursor="+plain); a.status != http.StatusBadRequest {
		t.Errorf("the cursor of datasets for versions: %d", a.status)
	}
}

func TestABadRequestNamesItsPlaceInTheReadersLanguage(t *testing.T) {
	w := newWorld(t)
	d, _ := w.File(t, "a.csv", "年份\n2025\n")
	id := d.Resources[0].ID
	long := strings.Repeat("a", 300)
	for address, location := range map[string]string{
		"/datasets?limit=0": "query.limit", "/datasets?limit=-1": "query.limit", "/datasets?limit=101": "query.limit", "/datasets?limit=1e9": "query.limit",
		"/datasets?limit=0x10": "query.limit", "/datasets?limit=007": "query.limit", "/datasets?limit=99999999999999999999": "query.limit", "/datasets?limit=abc": "query.limit",
		"/datasets?limit=1&limit=2": "query.limit", "/datasets?offset=10": "query.offset", "/datasets?page=2": "query.page", "/datasets?callback=x": "query.callback",
		"/datasets?visibility=private": "query.visibility", "/datasets?filter=visibility%3Dprivate%20OR%201%3D1": "query.filter", "/datasets?attributesToRetrieve=*": "query.attributesToRetrieve",
		"/datasets?sort=id": "query.sort", "/datasets?sort=updated&sort=popular": "query.sort", "/datasets?open=withheld": "query.open", "/datasets?open=unconditional,withheld": "query.open",
		"/datasets?freq=hourly": "query.freq", "/datasets?facets=status": "query.facets", "/datasets?q=" + long: "query.q", "/datasets?theme=" + long: "query.theme",
		"/datasets?q=a%00b": "query.q", "/datasets?q=%ff%fe": "query.q", "/datasets?theme=" + strings.Repeat("a,b,", 1) + numbers(60): "query.theme", "/datasets?cursor=" + long + long + long + long: "query.cursor",
		"/datasets/" + d.Slug + "?a=1": "query.a", "/departments?limit=1": "query.limit", "/themes?x=": "query.x", "/stats?day=1": "query.day", "/openapi.json?v=3": "query.v",
		"/resources/" + id + "/versions?limit=1000": "query.limit", "/resources/" + id + "/schema?version=0": "query.version", "/resources/" + id + "/schema?version=one": "query.version",
		"/verify/" + strings.Repeat("a", 64) + "?proof=maybe": "query.proof", "/verify/" + strings.Repeat("a", 64) + "?proof=1": "query.proof",
		"/datasets?q=%zz": "", "/datasets?q=a;b": "", "/datasets?q=" + strings.Repeat("a", 40<<10): "",
	} {
		for language, han := range map[string]bool{"zh-CN": true, "en": false} {
			a := w.get(t, api.Base+address, "Accept-Language", language, "Accept", "text/html")
			var p problem.Problem
			if a.status != http.StatusBadRequest || a.header.Get("Content-Type") != problem.MediaType {
				t.Errorf("%.80s: %d %s", address, a.status, a.header.Get("Content-Type"))
				continue
			}
			a.into(t, &p)
			if p.Status != a.status || p.Title != "Bad Request" || p.Detail == "" || strings.ContainsFunc(p.Detail, isHan) != han {
				t.Errorf("%.80s in %s: %+v", address, language, p)
			}
			if location == "" && len(p.Errors) == 0 {
				continue
			}
			if len(p.Errors) != 1 || p.Errors[0].Location != location || p.Errors[0].Message == "" {
				t.Errorf("%.80s: %+v, want %s", address, p.Errors, location)
			}
		}
	}
}

func isHan(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }

func numbers(n int) string {
	var out []string
	for i := range n {
		out = append(out, strconv.Itoa(i))
	}
	return strings.Join(out, ",")
}

func TestWhatThereIsNotIsAProblem(t *testing.T) {
	w := asking(t)
	d, _ := w.File(t, "a.csv", "年份\n2025\n")
	id := d.Resources[0].ID
	for _, address := range []string{
		"/api/v1/nothing", "/api/v2/datasets", "/api/v1/datasets/no-such-dataset", "/api/v1/datasets/" + strings.Repeat("a", 300), "/api/v1/datasets/%E6%95%B0", "/api/v1/resources/x", "/api/v1/resources/x/schema",
		"/api/v1/resources/" + id + "/versions/0", "/api/v1/resources/" + id + "/versions/2", "/api/v1/resources/" + id + "/versions/-1", "/api/v1/resources/" + id + "/versions/01", "/api/v1/resources/" + id + "/versions/1e3",
		"/api/v1/resources/" + id + "/versions/99999999999999999999", "/api/v1/resources/x/versions", "/api/v1/departments/none", "/api/v1/themes/none", "/api/v1/DATASETS", "/api/v1/resources/" + id + "/row", "/api/v1/resources/" + id + "/rows?version=2", "/api/v1/resources/" + id + "/export.doc", "/api/v1/resources/x/rows", "/api/v1/resources/x/export.csv", "/api/v1/datasets/" + d.Slug + "/resources",
	} {
		a := w.get(t, address)
		var p problem.Problem
		if a.status != http.StatusNotFound || a.header.Get("Content-Type") != problem.MediaType {
			t.Errorf("%s: %d %s %s", address, a.status, a.header.Get("Content-Type"), a.body)
			continue
		}
		a.into(t, &p)
		if p.Status != 404 || p.Type != "/developers#error-not-found" || p.Detail == "" || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("ETag") != "" {
			t.Errorf("%s: %+v %v", address, p, a.header)
		}
	}
}

func TestOtherMethodsAreRefusedAndHEADIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.File(t, "a.csv", "年份\n2025\n")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		a := ask(t, w.Server, method, api.Base+"/datasets")
		allow := a.header.Get("Allow")
		if a.status != http.StatusMethodNotAllowed || a.header.Get("Content-Type") != problem.MediaType || !strings.Contains(allow, "GET") || !strings.Contains(allow, "HEAD") || strings.Contains(allow, "POST") {
			t.Errorf("%s: %d, Allow %q, %s", method, a.status, allow, a.body)
		}
	}
	get, head := w.get(t, api.Base+"/datasets"), ask(t, w.Server, http.MethodHead, api.Base+"/datasets")
	if head.status != http.StatusOK || len(head.body) != 0 || head.header.Get("ETag") != get.header.Get("ETag") || head.header.Get("Content-Length") != strconv.Itoa(len(get.body)) {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
}

func TestAnAnswerThatHasNotChangedIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	d, _ := w.File(t, "a.csv", "年份\n2025\n")
	id := d.Resources[0].ID
	for _, path := range []string{"/datasets", "/datasets/" + d.Slug, "/resources/" + id, "/resources/" + id + "/versions", "/resources/" + id + "/versions/1", "/resources/" + id + "/schema", "/departments", "/departments/tjj", "/themes", "/themes/people", "/stats", "/openapi.json"} {
		for _, coding := range []string{"", "gzip", "br"} {
			first := w.get(t, api.Base+path, "Accept-Encoding", coding)
			tag := first.header.Get("ETag")
			if first.status != http.StatusOK || !strings.HasPrefix(tag, `"`) || first.header.Get("Vary") != "Accept-Encoding" || !strings.HasPrefix(first.header.Get("Cache-Control"), "public") || first.header.Get("Content-Type") != "application/json" {
				t.Fatalf("%s: %d %v", path, first.status, first.header)
			}
			if again := w.get(t, api.Base+path, "Accept-Encoding", coding, "If-None-Match", tag); again.status != http.StatusNotModified || len(again.body) != 0 || again.header.Get("ETag") != tag {
				t.Errorf("%s again: %d, %d bytes, %v", path, again.status, len(again.body), again.header)
			}
			if weak := w.get(t, api.Base+path, "Accept-Encoding", coding, "If-None-Match", `"x", W/`+tag); weak.status != http.StatusNotModified {
				t.Errorf("%s by the weak form: %d", path, weak.status)
			}
			if other := w.get(t, api.Base+path, "Accept-Encoding", coding, "If-None-Match", `"another"`); other.status != http.StatusOK || string(other.body) != string(first.body) {
				t.Errorf("%s for another state: %d", path, other.status)
			}
		}
	}
	before := w.get(t, api.Base+"/datasets").header.Get("ETag")
	w.Dataset(t)
	w.Changed()
	if after := w.get(t, api.Base+"/datasets", "If-None-Match", before); after.status != http.StatusOK || after.header.Get("ETag") == before {
		t.Errorf("after a change: %d %s", after.status, after.header.Get("ETag"))
	}
}

func TestOtherOriginsMayRead(t *testing.T) {
	w := newWorld(t)
	w.File(t, "a.csv", "年份\n2025\n")
	a := w.get(t, api.Base+"/datasets", "Origin", "https://elsewhere.example")
	if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" || a.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("%v", a.header)
	}
	for _, name := range []string{"ETag", "Link", "Retry-After", "RateLimit-Remaining"} {
		if !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), name) {
			t.Errorf("%s cannot be read", name)
		}
	}
	written := map[string]bool{}
	for _, r := range api.Routes {
		written[r.Path] = written[r.Path] || r.Scope != ""
	}
	for _, r := range api.Routes {
		if !strings.HasPrefix(r.Path, api.Base) {
			continue // a page
		}
		asked := ask(t, w.Server, http.MethodOptions, strings.NewReplacer(":slug", "x", ":id", "x", ":n", "1").Replace(r.Path),
			"Origin", "https://elsewhere.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization,if-none-match")
		if asked.status != http.StatusNoContent || asked.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(asked.header.Get("Access-Control-Allow-Headers"), "Authorization") ||
			(r.Scope == "" && !written[r.Path] && asked.header.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS") || // what needs no key changes nothing from another site
			(r.Scope != "" && !strings.Contains(asked.header.Get("Access-Control-Allow-Methods"), r.Method)) || asked.header.Get("RateLimit-Limit") != "" {
			t.Errorf("%s: %d %v", r.Path, asked.status, asked.header)
		}
	}
}

func TestTheQuotaHoldsAcrossReplicasAndAKeyHasItsOwn(t *testing.T) {
	w := newWorld(t)
	w.Dataset(t)
	key, _ := w.officer(t)
	limits := func(d *portal.Deps) {
		d.Accounts = account.NewService(w.Pool, account.Config{Limits: map[string]account.Rate{"api": {Limit: 40, Window: time.Minute}, "api-key": {Limit: 60, Window: time.Minute}}}, w.Clock)
	}
	servers := []*portal.Server{replica(t, w.Catalogue, limits), replica(t, w.Catalogue, limits)}
	passed := func(n int, headers ...string) (ok int, last answer) {
		for i := range n {
			last = ask(t, servers[i%2], http.MethodGet, api.Base+"/themes", headers...)
			switch last.status {
			case http.StatusOK:
				ok++
			case http.StatusTooManyRequests:
			default:
				t.Fatalf("%d %s", last.status, last.body)
			}
		}
		return ok, last
	}
	first := ask(t, servers[0], http.MethodGet, api.Base+"/themes")
	for name, want := range map[string]string{"RateLimit-Policy": `"api";q=40;w=60`, "RateLimit-Limit": "40", "RateLimit-Remaining": "39", "RateLimit-Reset": "60"} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	ok, last := passed(60)
	if ok != 39 {
		t.Errorf("%d more requests passed, want 39", ok)
	}
	var p problem.Problem
	last.into(t, &p)
	wait, err := strconv.Atoi(last.header.Get("Retry-After"))
	if last.header.Get("Content-Type") != problem.MediaType || p.Status != 429 || err != nil || wait < 1 || wait > 63 || last.header.Get("RateLimit-Remaining") != "0" || last.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%+v %v", p, last.header)
	}
	if refused := ask(t, servers[0], http.MethodGet, "/api/v1/nothing"); refused.status != http.StatusTooManyRequests {
		t.Errorf("what there is not: %d", refused.status)
	}
	if page := ask(t, servers[0], http.MethodGet, "/themes/people"); page.status == http.StatusTooManyRequests {
		t.Error("pages are counted with the API")
	}
	if ok, last := passed(70, "Authorization", "Bearer "+key); ok != 60 || last.header.Get("RateLimit-Policy") != `"api-key";q=60;w=60` {
		t.Errorf("%d requests with a key passed, want 60: %v", ok, last.header)
	}
	w.Set(w.Clock().Add(time.Duration(wait) * time.Second))
	if ok, last := passed(1); ok != 1 {
		t.Errorf("after Retry-After: %d %s", last.status, last.body)
	}
}

// More keys are no more calls: those of one account share its quota, on all
// replicas together; another account has its own.
func TestTheKeysOfAnAccountShareItsQuota(t *testing.T) {
	w := newWorld(t)
	w.Dataset(t)
	_, session := w.officer(t)
	who, err := w.Accounts.Actor(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	make := func(who account.Actor, name string) string {
		key, _, err := w.Accounts.CreateKey(t.Context(), who, name, []string{account.ScopeRead}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + key
	}
	keys := []string{make(who, "a"), make(who, "b"), make(who, "c")}
	limits := func(d *portal.Deps) {
		d.Accounts = account.NewService(w.Pool, account.Config{Limits: map[string]account.Rate{"api-key": {Limit: 30, Window: time.Minute}}}, w.Clock)
	}
	servers := []*portal.Server{replica(t, w.Catalogue, limits), replica(t, w.Catalogue, limits)}
	ok := 0
	for i := range 60 {
		if a := ask(t, servers[i%2], http.MethodGet, api.Base+"/themes", "Authorization", keys[i%3]); a.status == http.StatusOK {
			ok++
		} else if a.status != http.StatusTooManyRequests {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	if ok != 30 {
		t.Errorf("%d calls by three keys passed, want 30", ok)
	}
	if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: "other@tests.example", Name: "别人", Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	in, err := w.Accounts.SignIn(t.Context(), "other@tests.example", "correct horse battery", "203.0.113.8", "test")
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.Accounts.Actor(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	if a := ask(t, servers[0], http.MethodGet, api.Base+"/themes", "Authorization", make(other, "d")); a.status != http.StatusOK {
		t.Errorf("another account: %d", a.status)
	}
}

func TestABadKeyIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, header := range []string{"Bearer sy_nonsense", "Bearer ", "Basic eDp5", "sy_x"} {
		a := w.get(t, api.Base+"/themes", "Authorization", header)
		if a.status != http.StatusUnauthorized || a.header.Get("Content-Type") != problem.MediaType || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v %s", header, a.status, a.header, a.body)
		}
	}
}

// down is a search engine that does not answer.
type down struct{}

func (down) Search(context.Context, search.Query) (search.Result, error) {
	return search.Result{}, errors.New("connect 10.0.0.7:7700 with key masterKey: refused")
}
func (down) Suggest(context.Context, string, int) ([]search.Suggestion, error) { return nil, nil }

func TestTheCatalogueCanBeReadWhileTheSearchEngineIsDown(t *testing.T) {
	w := newWorld(t, func(d *portal.Deps) { d.Search = down{}; d.Log = silent })
	w.Dataset(t)
	var list api.List
	if w.read(t, api.Base+"/datasets?theme=people", &list); list.Total != 1 {
		t.Errorf("%+v", list)
	}
	a := w.get(t, api.Base+"/datasets?q=x")
	var p problem.Problem
	if a.into(t, &p); a.status != http.StatusInternalServerError || p.Reference == "" || strings.Contains(string(a.body), "7700") || strings.Contains(string(a.body), "masterKey") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
