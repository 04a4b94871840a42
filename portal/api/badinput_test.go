package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/portal/problem"
)

// The list of bad inputs as far as it is about questions to the rows of a file
// (R01–R27, R31–R33): each is refused as JSON that names what is wrong and
// repeats no markup, or finds nothing, and the next question is answered.
func TestBadQuestions(t *testing.T) {
	w := asking(t)
	path, elsewhere := w.people(t), w.people(t)
	private := w.people(t, func(d *datasets.Dataset) { d.Status = datasets.Draft })
	withheld := w.people(t, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	key, _ := w.officer(t)
	next := func(path string, headers ...string) string {
		var page rowsPage
		w.get(t, path+"/rows?limit=1", headers...).into(t, &page)
		if page.Next == "" {
			t.Fatalf("%s has no second page", path)
		}
		return page.Next
	}
	cursor := next(path)
	where := func(condition string) string { return path + "/rows?" + url.Values{"where": {condition}}.Encode() }
	const markup = "<script>alert(1)</script>"
	for _, c := range []struct {
		name, address string
		want          int
	}{
		{"R01 a column with more behind it", where("id; drop table datasets"), 400},
		{"R02 a quoted name that ends early", path + "/rows?" + url.Values{"order_by": {`"a"",b`}}.Encode(), 400},
		{"R03 a cast", where("人口::regclass = 1"), 400},
		{"R04 a subselect", where("人口 = (select 1)"), 400},
		{"R05 columns of an engine", path + "/rows?select=ctid,xmin,tableoid", 400},
		{"R06 an operator that there is not", where(`区划 ~ "a"`), 400},
		{"R07 similar to", where(`区划 similar to "a"`), 400},
		{"R08 a function as a value", where("人口 = pg_sleep(9)"), 400},
		{"R09 a function that takes SQL", where(`ts_rewrite("a", "select 1") = "b"`), 400},
		{"R10 SQL in a text", where(`区划 = "'; select pg_sleep(9); --"`), 200},
		{"R11 a file in another case", strings.ToUpper(path[strings.LastIndex(path, "/")+1:]), 404},
		{"R11 another schema", where("main.人口 = 1"), 400},
		{"R12 dots", path + "%2E%2E%2Frows/rows", 400},
		{"R12 a table by its name", path + "/rows?table=public.users", 400},
		{"R13 a cursor edited", path + "/rows?limit=1&cursor=" + strings.Repeat("A", 8) + cursor[8:], 400},
		{"R13 a cursor cut", path + "/rows?limit=1&cursor=" + cursor[:len(cursor)-2], 400},
		{"R14 a cursor of another dataset", elsewhere + "/rows?limit=1&cursor=" + cursor, 400},
		{"R16 a cursor of who may see more", private + "/rows?limit=1&cursor=" + next(private, "Authorization", "Bearer "+key), 404},
		{"R17 limit -1", path + "/rows?limit=-1", 400},
		{"R17 limit 1e9", path + "/rows?limit=1e9", 400},
		{"R17 limit 10^9", path + "/rows?limit=1000000000", 400},
		{"R17 limit 0x10", path + "/rows?limit=0x10", 400},
		{"R18 a thousand filters", where(strings.Repeat("人口=1 and ", 600) + "人口=1"), 400},
		{"R18 a thousand parameters", path + "/rows?" + strings.Repeat("where=a&", 1000), 400},
		{"R19 a value longer than a question", where(`区划 = "` + strings.Repeat("x", 9000) + `"`), 400},
		{"R20 a private file", private + "/rows", 404},
		{"R20 a withheld file", withheld + "/rows", 404},
		{"R21 a join", path + "/rows?join=" + private[strings.LastIndex(private, "/")+1:], 400},
		{"R21 an expansion", path + "/rows?expand=dataset.draft", 400},
		{"R22 a version there is not", path + "/rows?version=9", 404},
		{"R24 NUL", where("区划 = \"a\x00b\""), 400},
		{"R24 NUL escaped, which is six characters", where(`区划 = "a\u0000b"`), 200},
		{"R25 text against a number", where(`人口 > "1"`), 400},
		{"R25 a number against text", where(`区划 = 350100`), 400},
		{"R25 a number against a date", where(`日期 > 2020`), 400},
		{"R26 no such day", where(`日期 = "2023-02-30"`), 400},
		{"R26 a year of six digits", where(`日期 = "999999-01-01"`), 400},
		{"R27 infinity", where("人口 < Infinity"), 400},
		{"R27 beyond any number", where("人口 < 1e999"), 400},
		{"R31 markup in a condition", where(markup), 400},
		{"R31 markup in a number", path + "/rows?limit=" + url.QueryEscape(markup), 400},
		{"R31 markup in a cursor", path + "/rows?cursor=" + url.QueryEscape(markup), 400},
		{"R32 a callback", path + "/rows?callback=alert", 400},
		{"R32 a callback of an export", path + "/export.json?callback=alert", 400},
		{"R33 a format that climbs", path + "/rows?format=..%2F..%2Fx", 400},
		{"R33 an export that climbs", path + "/export.csv?format=..%2F..%2Fx", 400},
		{"R33 an export of no format", path + "/export...x", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.HasPrefix(c.address, "/") {
				c.address = path[:strings.LastIndex(path, "/")+1] + c.address + "/rows"
			}
			a := w.get(t, c.address, "Accept", "text/html")
			if a.status != c.want {
				t.Fatalf("%d, want %d: %.300s", a.status, c.want, a.body)
			}
			if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/") || !strings.Contains(kind, "json") || a.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("answered by %s", kind)
			}
			body := string(a.body)
			for _, inside := range []string{markup, "alert(", "SQLSTATE", "read_parquet", "Binder Error", "Parser Error", "goroutine", "350100"} {
				if strings.Contains(body, inside) && !(inside == "alert(" && !strings.Contains(body, "<")) && !(inside == "350100" && strings.Contains(c.address, inside)) {
					t.Errorf("the answer holds %q: %s", inside, body)
				}
			}
			if c.want == http.StatusBadRequest && strings.Contains(c.address, "/rows?") && len(c.address) < 8<<10 {
				var p problem.Problem
				if a.into(t, &p); len(p.Errors) != 1 || !strings.HasPrefix(p.Errors[0].Location, "query.") {
					t.Errorf("what is wrong is not named: %s", a.body)
				}
			}
		})
	}
	t.Run("R15 a cursor of an older version", func(t *testing.T) { // goes on in that version, and in no other
		id := path[strings.LastIndex(path, "/")+1:]
		d, _, err := w.Service.Resource(t.Context(), account.Actor{}, id)
		if err != nil {
			t.Fatal(err)
		}
		w.Version(t, d, id, "人口.csv", strings.ReplaceAll(population, "350200", "999999"))
		var page rowsPage
		w.get(t, path+"/rows?limit=1&cursor="+cursor).into(t, &page)
		if page.Version != 1 || !strings.Contains(string(page.Rows), "350200") {
			t.Errorf("%+v", page)
		}
		if a := w.get(t, path+"/rows?version=2&limit=1&cursor="+cursor); a.status != http.StatusBadRequest {
			t.Errorf("in another version: %d", a.status)
		}
	})
	t.Run("R20 a private file is told from none by nothing", func(t *testing.T) {
		none := w.get(t, "/api/v1/resources/nosuchfile0/rows")
		for _, hidden := range []string{private, withheld} {
			a := w.get(t, hidden+"/rows")
			if got, want := strings.ReplaceAll(string(a.body), hidden, ""), strings.ReplaceAll(string(none.body), "/api/v1/resources/nosuchfile0", ""); a.status != none.status || got != want {
				t.Errorf("%s, none is %s", got, want)
			}
		}
	})
	if a := w.get(t, path+"/rows"); a.status != http.StatusOK {
		t.Errorf("afterwards: %d", a.status)
	}
}
