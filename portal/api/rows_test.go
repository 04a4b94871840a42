package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/portal"
	"shuyuan/portal/api"
	"shuyuan/portal/problem"
)

// population is a table with a code, a number that is not always one, and a
// date that is not always one.
const population = "区划,人口,日期,备注\n350100,842,2020年1月31日,\"a<b\"\n350200,-,2020年2月30日,=1+1\n350300,321,2020年3月1日,\n"

// people is the file of population in a world, as a path of the API.
func (w *world) people(t *testing.T, options ...func(*datasets.Dataset)) string {
	t.Helper()
	d := w.Dataset(t, options...)
	id := w.Resource(t, d)
	w.Version(t, d, id, "人口.csv", population, datasets.Field{Name: "区划", Label: "区划代码", LabelEN: "Division code", Type: "text"},
		datasets.Field{Name: "人口", Type: "integer"}, datasets.Field{Name: "日期", Type: "date"})
	return api.Base + "/resources/" + id
}

// rowsPage is an answer about rows as a program reads it.
type rowsPage struct {
	Version int
	Fields  []struct {
		Name, Label, Type, Column string
		LabelEN                   string `json:"label_en"`
	}
	Rows       json.RawMessage
	Misfits    []api.Misfit
	Total      int64
	TotalExact bool `json:"total_exact"`
	Next, Prev string
}

func TestRowsAreObjectsAndSayWhichCellsAreNoValues(t *testing.T) {
	w := asking(t)
	path := w.people(t)
	var got rowsPage
	w.read(t, path+"/rows", &got)
	want := `[{"区划":"350100","人口":842,"日期":"2020-01-31","备注":"a<b"},{"区划":"350200","人口":"-","日期":"2020年2月30日","备注":"=1+1"},{"区划":"350300","人口":321,"日期":"2020-03-01","备注":null}]`
	if string(got.Rows) != want {
		t.Errorf("%s\nwant %s", got.Rows, want)
	}
	if diff := cmp.Diff([]api.Misfit{{Row: 1, Name: "人口"}, {Row: 1, Name: "日期"}}, got.Misfits); diff != "" {
		t.Error(diff)
	}
	if f := got.Fields[0]; f.Name != "区划" || f.Label != "区划代码" || f.LabelEN != "Division code" || f.Type != "text" || got.Total != 3 || !got.TotalExact || got.Version != 1 || got.Next != "" {
		t.Errorf("%+v", got)
	}
	for query, want := range map[string]string{
		"select=人口&where=人口 > 400":                                `[{"人口":842}]`,
		"select=sum(人口) as 总数":                                    `[{"总数":1163}]`,
		"select=人口, 人口":                                           `[{"人口":842,"人口_2":842},{"人口":"-","人口_2":"-"},{"人口":321,"人口_2":321}]`,
		"group_by=left(区划, 4) as 市&where=区划 != '350200'":          `[{"市":"3501","count":1},{"市":"3503","count":1}]`,
		"select=区划&order_by=人口 desc&limit=1":                      `[{"区划":"350100"}]`,
		"select=区划&where=区划代码 = '350300' and search(区划, '3503')":  `[{"区划":"350300"}]`,
		"select=count(*) as n&where=人口 is null&version=1&table=1": `[{"n":1}]`,
	} {
		var got rowsPage
		w.read(t, path+"/rows?"+query2(query), &got)
		if string(got.Rows) != want {
			t.Errorf("%s: %s, want %s", query, got.Rows, want)
		}
	}
}

// query2 escapes what a person writes after the question mark.
func query2(s string) string {
	v := url.Values{}
	if s == "" {
		return s
	}
	for part := range strings.SplitSeq(s, "&") {
		name, value, _ := strings.Cut(part, "=")
		v.Set(name, value)
	}
	return v.Encode()
}

// A walk reads the version that it began in to its end, by the cursor and by the
// Link alike.
func TestAWalkThroughRowsStaysWithItsVersion(t *testing.T) {
	w := asking(t)
	d := w.Dataset(t)
	id := w.Resource(t, d)
	w.Version(t, d, id, "a.csv", "甲,乙\n1,a\n2,b\n3,c\n4,d\n5,e\n")
	path := api.Base + "/resources/" + id + "/rows"
	address := path + "?" + query2("select=甲&order_by=乙 desc&limit=2")
	var all []string
	for page := 1; address != ""; page++ {
		a := w.get(t, address)
		var got rowsPage
		a.into(t, &got)
		if a.status != http.StatusOK || got.Version != 1 {
			t.Fatalf("page %d: %d %s", page, a.status, a.body)
		}
		all = append(all, string(got.Rows))
		if page == 1 {
			w.Version(t, d, id, "a.csv", "甲,乙\n9,z\n")
		}
		link := a.header.Get("Link")
		if (got.Next == "") != (link == "") {
			t.Fatalf("next %q, Link %q", got.Next, link)
		}
		address = strings.TrimSuffix(strings.TrimPrefix(link, "<https://data.example"), `>; rel="next"`)
	}
	if got, want := strings.Join(all, ""), `[{"甲":5},{"甲":4}][{"甲":3},{"甲":2}][{"甲":1}]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var newest rowsPage
	w.read(t, path, &newest)
	if newest.Version != 2 || string(newest.Rows) != `[{"甲":9,"乙":"z"}]` {
		t.Errorf("%+v", newest)
	}
}

func TestRowsAreNotSentAgain(t *testing.T) {
	w := asking(t)
	path := w.people(t)
	first := w.get(t, path+"/rows?"+query2("where=人口 > 1"))
	etag := first.header.Get("ETag")
	if !strings.HasPrefix(etag, `W/"`) || first.header.Get("Cache-Control") != "public, no-cache" || first.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", first.header)
	}
	again := w.get(t, path+"/rows?"+query2("where=人口  >  1"), "If-None-Match", etag)
	if again.status != http.StatusNotModified || len(again.body) != 0 || again.header.Get("ETag") != etag {
		t.Errorf("the same question in other words: %d %q", again.status, again.body)
	}
	if other := w.get(t, path+"/rows?"+query2("where=人口 > 2"), "If-None-Match", etag); other.status != http.StatusOK {
		t.Errorf("another question: %d", other.status)
	}
	exported := w.get(t, path+"/export.csv")
	if a := w.get(t, path+"/export.csv", "If-None-Match", exported.header.Get("ETag")); a.status != http.StatusNotModified || len(a.body) != 0 {
		t.Errorf("an export: %d", a.status)
	}
	if a := w.get(t, path+"/export.csv?bom=1", "If-None-Match", exported.header.Get("ETag")); a.status != http.StatusOK {
		t.Errorf("another export: %d", a.status)
	}
	for _, address := range []string{"/rows", "/export.csv", "/export.xlsx"} {
		if a := ask(t, w.Server, http.MethodHead, path+address); a.status != http.StatusOK || len(a.body) != 0 || a.header.Get("ETag") == "" {
			t.Errorf("HEAD %s: %d, %d bytes, %v", address, a.status, len(a.body), a.header)
		}
	}
}

func TestAnExportIsTheSameSlice(t *testing.T) {
	w := asking(t)
	path := w.people(t)
	for query, want := range map[string]string{
		"csv?":                                    "区划,人口,日期,备注\n350100,842,2020-01-31,a<b\n350200,-,2020年2月30日,=1+1\n350300,321,2020-03-01,\n",
		"csv?limit=1&bom=1":                       "\uFEFF区划,人口,日期,备注\n350100,842,2020-01-31,a<b\n",
		"csv?safe=1&where=人口 is null":             "区划,人口,日期,备注\n350200,-,2020年2月30日,'=1+1\n",
		"csv?labels=zh&select=区划&limit=1":         "区划代码\n350100\n",
		"csv?labels=en&select=区划&limit=1":         "Division code\n350100\n",
		"ndjson?where=人口 > 400":                   `{"区划":"350100","人口":842,"日期":"2020-01-31","备注":"a<b"}` + "\n",
		"json?select=区划&order_by=区划 desc&limit=1": "[\n{\"区划\":\"350300\"}\n]\n",
		"json?where=人口 > 1000000":                 "[\n\n]\n",
	} {
		format, asked, _ := strings.Cut(query, "?")
		a := w.get(t, path+"/export."+format+"?"+query2(asked))
		if a.status != http.StatusOK || string(a.body) != want {
			t.Errorf("%s: %d %q, want %q", query, a.status, a.body, want)
		}
		if d := a.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || !strings.Contains(d, url.PathEscape("人口")) || !strings.HasSuffix(d, "."+format) || strings.Contains(d, "-slice-") == (asked == "") || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v", query, a.header)
		}
	}
	for format, begins := range map[string]string{"xlsx": "PK\x03\x04", "parquet": "PAR1", "xml": "<?xml"} {
		if a := w.get(t, path+"/export."+format); a.status != http.StatusOK || !strings.HasPrefix(string(a.body), begins) {
			t.Errorf("%s: %d %.40q", format, a.status, a.body)
		}
	}
}

// What may not be had is refused in every form, and nothing of it is said.
func TestRowsStandBehindTheGate(t *testing.T) {
	w := asking(t)
	key, session := w.officer(t)
	conditional := w.people(t, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	withheld := w.people(t, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	draft := w.people(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	gone := w.people(t, func(d *datasets.Dataset) { d.Status = datasets.Withdrawn })
	for _, c := range []struct {
		path                          string
		visitor, withSession, withKey int
	}{
		{conditional, http.StatusForbidden, http.StatusForbidden, http.StatusForbidden},
		{withheld, http.StatusNotFound, http.StatusNotFound, http.StatusNotFound},
		{draft, http.StatusNotFound, http.StatusNotFound, http.StatusOK},
		{gone, http.StatusGone, http.StatusGone, http.StatusOK},
	} {
		for _, address := range []string{"/rows", "/rows?limit=1", "/export.csv", "/export.json", "/export.xlsx", "/facets/1", "/distributions/1"} {
			for headers, want := range map[[2]string]int{{}: c.visitor, {"Cookie", "session=" + session}: c.withSession, {"Authorization", "Bearer " + key}: c.withKey} {
				a := w.get(t, c.path+address, headers[:]...)
				if headers[0] == "" {
					a = w.get(t, c.path+address)
				}
				if a.status != want || want != http.StatusOK && strings.Contains(string(a.body), "350100") {
					t.Errorf("%s%s as %s: %d, want %d: %s", c.path, address, headers[0], a.status, want, a.body)
				}
				if want == http.StatusOK && a.header.Get("Cache-Control") != "private, no-cache" {
					t.Errorf("%s may be kept for others: %v", address, a.header)
				}
			}
		}
	}
}

func TestAQuestionThatIsWrongNamesTheParameter(t *testing.T) {
	w := asking(t)
	path := w.people(t)
	for query, location := range map[string]string{
		"/rows?limit=0":                    "query.limit",
		"/rows?limit=10001":                "query.limit",
		"/rows?" + query2("where=年份 > 1"):  "query.where",
		"/rows?" + query2("where=人口 >"):    "query.where",
		"/rows?" + query2("select=不是(人口)"): "query.select",
		"/rows?" + query2("order_by=没有"):   "query.order_by",
		"/rows?" + query2("group_by=1"):    "query.group_by",
		"/rows?cursor=abc":                 "query.cursor",
		"/rows?table=2":                    "query.table",
		"/rows?offset=5":                   "query.offset",
		"/export.csv?cursor=abc":           "query.cursor",
		"/export.csv?bom=2":                "query.bom",
		"/export.json?bom=1":               "query.bom",
		"/export.csv?limit=0":              "query.limit",
	} {
		a := w.get(t, path+query)
		var p problem.Problem
		a.into(t, &p)
		if a.status != http.StatusBadRequest || len(p.Errors) != 1 || p.Errors[0].Location != location {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if a := w.get(t, path+"/export.docx"); a.status != http.StatusNotFound {
		t.Errorf("a format that there is not: %d", a.status)
	}
}

func TestAColumnIsCountedByValueAndByBin(t *testing.T) {
	w := asking(t)
	d := w.Dataset(t)
	id := w.Resource(t, d)
	w.Version(t, d, id, "a.csv", "区,PM2.5(μg/m3),日期\n甲,1,2020-01-31\n乙,2,2020-02-01\n甲,30,2020-02-02\n丙,-,\n")
	path := api.Base + "/resources/" + id
	for address, want := range map[string]string{
		"/facets/区?limit=1":                                `{"distinct":3,"nulls":0,"rows":4,"values":[{"rows":2,"value":"甲"}]}`,
		"/facets/1?" + query2("where=`PM2.5(μg/m3)` < 10"): `{"distinct":2,"nulls":0,"rows":2,"values":[{"rows":1,"value":"乙"},{"rows":1,"value":"甲"}]}`,
		"/facets/2":        `{"distinct":3,"nulls":1,"rows":4,"values":[{"rows":1,"value":1},{"rows":1,"value":2},{"rows":1,"value":30}]}`,
		"/distributions/3": `{"bins":[{"from":"2020-01-31","rows":1,"to":"2020-02-01"},{"from":"2020-02-01","rows":1,"to":"2020-02-02"},{"from":"2020-02-02","rows":1,"to":"2020-02-03"}],"nulls":1,"rows":4,"unit":"day","values":[]}`,
		"/distributions/区": `{"bins":[],"nulls":0,"rows":4,"unit":"","values":[{"rows":2,"value":"甲"},{"rows":1,"value":"丙"},{"rows":1,"value":"乙"}]}`,
	} {
		a := w.get(t, path+strings.ReplaceAll(address, "区", url.PathEscape("区")))
		var got map[string]any
		a.into(t, &got)
		for _, name := range []string{"resource", "version", "table", "field"} {
			if got[name] == nil {
				t.Errorf("%s: no %s", address, name)
			}
			delete(got, name)
		}
		body, _ := json.Marshal(got)
		if a.status != http.StatusOK || string(body) != want {
			t.Errorf("%s: %d %s, want %s", address, a.status, body, want)
		}
		if again := w.get(t, path+strings.ReplaceAll(address, "区", url.PathEscape("区")), "If-None-Match", a.header.Get("ETag")); again.status != http.StatusNotModified {
			t.Errorf("%s again: %d", address, again.status)
		}
	}
	for address, want := range map[string]int{"/facets/4": http.StatusNotFound, "/facets/0": http.StatusNotFound, "/distributions/" + url.PathEscape("没有"): http.StatusNotFound, "/facets/1?where=x": http.StatusBadRequest, "/facets/1?limit=0": http.StatusBadRequest, "/facets/%ff": http.StatusBadRequest} {
		if a := w.get(t, path+address); a.status != want {
			t.Errorf("%s: %d, want %d: %s", address, a.status, want, a.body)
		}
	}
}

// A condition of 2,000 Chinese characters is asked by an address; one that is
// longer than any may be is refused in a sentence.
func TestALongConditionInChinese(t *testing.T) {
	w := asking(t)
	path := w.people(t)
	const head, tail = `区划 = "`, `" or 人口 = 842`
	long := head + strings.Repeat("福", 2000-len([]rune(head+tail))) + tail
	for _, what := range []string{"/rows", "/export.csv", "/export.json", "/facets/区划", "/distributions/人口"} {
		a := w.get(t, path+strings.NewReplacer("区划", "1", "人口", "2").Replace(what)+"?"+url.Values{"where": {long}}.Encode())
		if a.status != http.StatusOK || !strings.Contains(string(a.body), "350100") && !strings.Contains(string(a.body), "842") || strings.Contains(string(a.body), "350300") {
			t.Errorf("%s: %d %.200s", what, a.status, a.body)
		}
	}
	a := w.get(t, path+"/rows?"+url.Values{"where": {strings.Repeat("福", portal.MaxQuery/9+1)}}.Encode())
	var p problem.Problem
	if a.into(t, &p); a.status != http.StatusBadRequest || !strings.Contains(p.Detail, "32192") {
		t.Errorf("longer than an address: %d %s", a.status, a.body)
	}
	a = w.get(t, path+"/rows?"+url.Values{"where": {`区划 = "` + strings.Repeat("福", 2700) + `"`}}.Encode())
	if a.into(t, &p); a.status != http.StatusBadRequest || !strings.Contains(p.Detail, "8000") || len(p.Errors) != 1 || p.Errors[0].Location != "query.where" {
		t.Errorf("longer than a condition: %d %s", a.status, a.body)
	}
}

// An estimate says so and leads to the exact count, which further pages keep.
func TestATotalIsCountedWhereItIsAskedFor(t *testing.T) {
	w := asking(t)
	d := w.Dataset(t)
	id := w.Resource(t, d)
	const n = 1_010_000
	var file strings.Builder
	file.WriteString("甲\n")
	want := int64(0)
	for i := range n {
		line := "n" + strconv.Itoa(i)
		file.WriteString(line + "\n")
		if strings.Contains(line, "77") {
			want++
		}
	}
	w.Version(t, d, id, "n.csv", file.String())
	type counted struct {
		rowsPage
		Exactly string `json:"count_exactly"`
	}
	ask := func(address string) (got counted, link string) {
		a := w.get(t, address)
		if a.into(t, &got); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", address, a.status, a.body)
		}
		return got, a.header.Get("Link")
	}
	about, _ := ask(api.Base + "/resources/" + id + "/rows?limit=5&where=" + url.QueryEscape(`contains(甲, "77")`))
	if about.TotalExact || about.Exactly == "" {
		t.Fatalf("%+v", about)
	}
	exact, link := ask(strings.TrimPrefix(about.Exactly, "https://data.example"))
	if !exact.TotalExact || exact.Total != want || exact.Exactly != "" || string(exact.Rows) != string(about.Rows) {
		t.Errorf("%+v, want %d", exact, want)
	}
	next, _, _ := strings.Cut(strings.TrimPrefix(link, "<https://data.example"), ">")
	if further, _ := ask(next); !further.TotalExact || further.Total != want {
		t.Errorf("the next page: %+v", further)
	}
}

// What is written down of a delivery is the whole question: which rows they were
// can be told from it.
func TestADeliveryIsWrittenDownWithItsQuestion(t *testing.T) {
	w := asking(t)
	path := w.people(t)
	key, session := w.officer(t)
	for _, address := range []string{"/rows?limit=2", "/facets/人口?" + query2("where=区划 = '350100'"), "/export.csv?limit=1"} {
		if a := w.get(t, path+address, "Authorization", "Bearer "+key); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", address, a.status, a.body)
		}
	}
	who, err := w.Accounts.Actor(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := w.Service.Acquired(t.Context(), who, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, a := range taken {
		part, err := url.QueryUnescape(a.Part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	if diff := cmp.Diff([]string{"limit=1", "facet 1 20 人口 where=区划 = '350100'", "limit=2"}, parts); diff != "" {
		t.Error(diff)
	}
}
