package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/licensing/corrections"
	"shuyuan/portal/api"
)

// objection is the body of one that is fine but for what a test replaces.
func objection(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`{"resource": "villagescsv", "table": 1, "row": 2, "column": "人口", "channel": "provider", "alleged": "人口应是 210。", "evidence": "村委会公示的名册。", "contact": "zhang@tests.example"}`)
}

func TestAProgramObjectsAndFollows(t *testing.T) {
	w := newWorld(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "villages" })
	w.Version(t, d, w.Resource(t, d, func(r *datasets.Resource) { r.ID = "villagescsv" }), "a.csv", "村名,人口\n甲村,100\n乙村,200\n", datasets.Field{Name: "村名", Type: "text"}, datasets.Field{Name: "人口", Type: "integer"})
	at := api.Base + "/datasets/villages/corrections"
	file := func(body string) answer {
		r := httptest.NewRequest(http.MethodPost, at, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		response, err := w.App().Test(r, -1)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		got, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer{response.StatusCode, response.Header, got}
	}
	for name, c := range map[string]struct {
		body   string
		status int
		field  string
	}{
		"no such row":            {objection(`"row": 2`, `"row": 3`), 422, "row"},
		"a row below the first":  {objection(`"row": 2`, `"row": -2`), 422, ""},
		"a row that is text":     {objection(`"row": 2`, `"row": "2"`), 400, ""},
		"no such column":         {objection("人口\", \"channel", "面积\", \"channel"), 422, "column"},
		"a field that is none":   {objection(`"row": 2`, `"row": 2, "admin": true`), 400, ""},
		"no channel":             {objection(`"channel": "provider", `, ""), 422, "channel"},
		"no contact":             {objection("zhang@tests.example", ""), 422, "contact"},
		"a person's number":      {objection("人口应是 210。", "身份证 11010519491231002X 的不对。"), 422, "alleged"},
		"a megabyte":             {objection("名册", strings.Repeat("长", 1<<20/3)), 413, ""},
		"no JSON":                {"row=2", 400, ""},
		"two objects":            {objection() + objection(), 400, ""},
		"a control character":    {objection("人口应是 210。", `人口\u0000应是 210。`), 422, "alleged"},
		"what is no body at all": {"", 422, "channel"},
	} {
		a := file(c.body)
		if a.status != c.status || c.field != "" && !strings.Contains(string(a.body), `"`+c.field+`"`) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	var filed api.ObjectionFiled
	a := file(objection())
	if a.into(t, &filed); a.status != http.StatusCreated || filed.Number != "FH-1" || filed.State != "received" || filed.Due == nil || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := file(objection()); a.status != http.StatusConflict {
		t.Errorf("the same again: %d", a.status)
	}
	w.Changed()
	var entry api.Dataset
	if w.get(t, api.Base+"/datasets/villages").into(t, &entry); entry.Rechecks != 1 {
		t.Errorf("the entry is marked %d", entry.Rechecks)
	}
	var all api.Objections
	got := w.get(t, at)
	if got.into(t, &all); len(all.Open) != 1 || len(all.Answered) != 0 || all.Open[0].Place != (api.ObjectionPlace{Resource: "villagescsv", Version: 1, Table: 1, Row: 2, Column: "人口"}) || strings.Contains(string(got.body), "210") {
		t.Errorf("%s", got.body)
	}
	officer := account.Actor{ID: 7, Name: "某", Roles: []account.Role{account.Officer}, Department: w.Office(t).ID, Session: "s"}
	for i, s := range []corrections.Step{{Action: corrections.TakeUp}, {Action: corrections.Confirm, Words: "核对过，没有错。"}} {
		s.Revision = i + 1
		if _, err := w.Corrections.Move(t.Context(), officer, 1, s); err != nil {
			t.Fatal(err)
		}
	}
	w.Changed()
	got = w.get(t, at)
	if got.into(t, &all); len(all.Open) != 0 || len(all.Answered) != 1 || all.Answered[0].Outcome != "no_error" || all.Answered[0].Answer != "核对过，没有错。" || strings.Contains(string(got.body), "名册") || strings.Contains(string(got.body), "zhang") {
		t.Errorf("%s", got.body)
	}
	var followed api.FollowedObjection
	f := w.get(t, api.Base+"/corrections?link="+filed.Link)
	if f.into(t, &followed); followed.State != "no_error" || followed.Answer == nil || followed.Reopen == nil || f.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s", f.status, f.body)
	}
	for _, link := range []string{"1-abcdefghijklmnopqrstuvwxyz234567", "2-x", "x"} {
		if a := w.get(t, api.Base+"/corrections?link="+link); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", link, a.status)
		}
	}
}
