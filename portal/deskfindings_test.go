package portal_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
)

// Numbers that a test may use, as no page may show them.
const (
	someID    = "110105190801010018"
	somePhone = "13800138000"
)

// found is a portal with a published file that names two persons, in an entry
// of the Office, and what was found in it.
func found(t *testing.T) (*whole, *datasets.Dataset, []datasets.Finding) {
	t.Helper()
	w := newWhole(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Title = "helpers", "便民服务点" })
	v := datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("单位,备注,电话\n甲,证件 " + someID + "," + somePhone + "\n乙,,05918765432\n"), Reviewed: true}
	blind := datasets.NewService(w.Pool, w.Store, &datasetstest.Gate{}, w.Clock) // publishes without asking for rows
	officer := datasetstest.Officer(d.Department)
	if _, err := blind.AddVersion(t.Context(), officer, d, w.Resource(t, d), v); err != nil {
		t.Fatal(err)
	}
	if err := w.Service.ScanVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := w.Service.Findings(t.Context(), officer, datasets.FindingFilter{})
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	return w, d, all
}

func page(f datasets.Finding) string { return fmt.Sprintf("/desk/findings/%d", f.ID) }

// An officer sees what was found in the files of the own department, masked,
// and decides with a reason.
func TestOfficersDecideAboutFindingsOnTheirDesk(t *testing.T) {
	w, _, all := found(t)
	list := w.get(t, own, "/desk/findings")
	doc := document(t, list.body)
	if list.status != 200 || doc.Find("main tbody tr").Length() != 2 {
		t.Fatalf("%d: %s", list.status, doc.Find("main").Text())
	}
	for _, want := range []string{"“备注”列有 1 行里有居民身份证号", "“电话”列有 1 行里有手机号码", "先决定，才能发布", "便民服务点"} {
		if !strings.Contains(doc.Find("main tbody").Text(), want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	at := slices.IndexFunc(all, func(f datasets.Finding) bool { return f.Column == "备注" })
	one := w.get(t, own, page(all[at]))
	for _, want := range []string{"1101************18", "行号不数表头", "可以公开", "属实，不能这样公开"} {
		if one.status != 200 || !strings.Contains(one.body, want) {
			t.Errorf("%d: the page does not say %q", one.status, want)
		}
	}
	english := w.get(t, own, page(all[at]), "Accept-Language", "en")
	if text := document(t, english.body).Find("main").Text(); !strings.Contains(text, "resident ID") {
		t.Errorf("in English: %s", text)
	}

	for name, form := range map[string]url.Values{
		"without a reason":     {"state": {"dismissed"}},
		"with blanks for it":   {"state": {"dismissed"}, "reason": {"  "}},
		"with neither":         {"reason": {"公开的"}},
		"with a state of none": {"state": {"gone"}, "reason": {"公开的"}},
	} {
		a := w.post(t, own, page(all[at]), form)
		doc := document(t, a.body)
		if a.status != 422 || doc.Find("#finding-reason").AttrOr("aria-invalid", "") != "true" || doc.Find("#finding-reason").Text() != form.Get("reason") {
			t.Errorf("%s: %d: %s", name, a.status, doc.Find("#decide").Text())
		}
	}
	if a := w.get(t, own, "/desk/findings"); document(t, a.body).Find("main tbody tr").Length() != 2 {
		t.Error("a refused decision decided")
	}

	a := w.post(t, own, page(all[at]), url.Values{"state": {"dismissed"}, "reason": {"已公告的公示样例"}})
	if a.status != 303 || a.header.Get("Location") != "/desk/findings?done=1" {
		t.Fatalf("%d to %s", a.status, a.header.Get("Location"))
	}
	after := document(t, w.get(t, own, "/desk/findings?done=1").body)
	if n := after.Find("main tbody tr").Length(); n != 1 || !strings.Contains(after.Find(`[role="status"]`).Text(), "已记下您的决定。") {
		t.Errorf("%d wait: %s", n, after.Find("main").Text())
	}
	if n := document(t, w.get(t, own, "/desk/findings?all=1").body).Find("main tbody tr").Length(); n != 2 {
		t.Errorf("%d in all", n)
	}
	if text := document(t, w.get(t, own, page(all[at])).body).Find("#where").Text(); !strings.Contains(text, "已公告的公示样例") {
		t.Errorf("the reason is not shown: %s", text)
	}
	if a := w.post(t, own, page(all[1-at]), url.Values{"state": {"confirmed"}}); a.status != 303 {
		t.Errorf("confirmed without a reason: %d", a.status)
	}
	f, err := w.Service.Finding(t.Context(), datasetstest.Officer(w.Office(t)), all[1-at].ID)
	if err != nil || f.State != datasets.FindingConfirmed || !f.Stands() {
		t.Errorf("%+v, %v", f, err)
	}
}

// What is in public files is said at the top; a decision that was carried shows
// whose it is, of when, and about which version.
func TestTheDeskShowsAlarmsAndDecisionsThatWereCarried(t *testing.T) {
	w, d, all := found(t)
	list := document(t, w.get(t, own, "/desk/findings").body)
	if note := list.Find("#alarms").Text(); !strings.Contains(note, "最前面的 2 条在已经公开的文件里") || list.Find("tbody b.late:contains('已公开在第 1 版里')").Length() != 2 {
		t.Errorf("%q in %s", note, list.Find("main").Text())
	}
	if english := document(t, w.get(t, own, "/desk/findings", "Accept-Language", "en").body).Find("#alarms").Text(); !strings.Contains(english, "at the head of the list: 2") {
		t.Errorf("in English: %s", english)
	}
	officer := datasetstest.Officer(d.Department)
	for _, f := range all {
		if err := w.Service.DecideFinding(t.Context(), officer, f.ID, datasets.FindingDismissed, "已公告的公示样例"); err != nil {
			t.Fatal(err)
		}
	}
	if n := document(t, w.get(t, own, "/desk/findings?all=1").body).Find("#alarms").Length(); n != 0 {
		t.Error("what is decided alarms")
	}
	next := datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("单位,备注,电话\n甲,证件 " + someID + "," + somePhone + "\n乙,,05918765432\n丙,,\n"), Reviewed: true, Reason: "新的一期"}
	w.Set(datasetstest.Now.Add(5 * time.Minute))
	v, err := w.Service.AddVersion(t.Context(), officer, d, all[0].ResourceID, next)
	if err != nil {
		t.Fatal(err)
	}
	carried, err := w.Service.Findings(t.Context(), officer, datasets.FindingFilter{SHA256: v.SHA256})
	if err != nil || len(carried) != 2 {
		t.Fatalf("%+v, %v", carried, err)
	}
	if n := document(t, w.get(t, own, "/desk/findings?all=1").body).Find("tbody:contains('沿用第 1 版的决定')").Length(); n != 1 {
		t.Error("the list does not say that a decision was carried")
	}
	state := document(t, w.get(t, own, page(carried[0])).body).Find("#where").Text()
	for _, want := range []string{"可以公开", "示例专员", "2026-11-22 10:00", "沿用第 1 版的决定", "已公告的公示样例"} {
		if !strings.Contains(state, want) {
			t.Errorf("%q is not in %s", want, state)
		}
	}
	if english := document(t, w.get(t, own, page(carried[0]), "Accept-Language", "en").body).Find("#where").Text(); !strings.Contains(english, "As decided about version 1") {
		t.Errorf("in English: %s", english)
	}
}

// Nobody else sees or decides anything, and nowhere stands a whole value.
func TestFindingsAreTheirDepartmentsAlone(t *testing.T) {
	w, d, all := found(t)
	public := []string{"/datasets/" + d.Slug, "/datasets/" + d.Slug + "/resources/" + all[0].ResourceID, "/departments/" + d.Department.Slug,
		"/api/v1/datasets/" + d.Slug, "/api/v1/resources/" + all[0].ResourceID}
	for _, who := range personas {
		for _, address := range append([]string{"/desk/findings", "/desk/findings?all=1", page(all[0]), page(all[1])}, public...) {
			a := w.get(t, who, address)
			if strings.HasPrefix(address, "/desk") {
				if word := a.contains(someID, someID[4:16], somePhone, somePhone[3:9]); word != "" {
					t.Errorf("%s: %s shows %s", who, address, word)
				}
			}
			if word := a.contains("1101************18", "138******00", "居民身份证号：", "里有手机号码"); word != "" && (who != own || !strings.HasPrefix(address, "/desk")) {
				t.Errorf("%s: %s shows %s", who, address, word)
			}
		}
		if who == own {
			continue
		}
		for _, f := range all {
			a := w.post(t, who, page(f), url.Values{"state": {"dismissed"}, "reason": {"公开的"}})
			if refused := a.status == 404 || a.status == 403 || a.status == 401 || a.status == 303 && strings.HasPrefix(a.header.Get("Location"), "/sign-in"); !refused {
				t.Errorf("%s decides: %d to %s", who, a.status, a.header.Get("Location"))
			}
		}
	}
	if a := w.get(t, other, page(all[0])); a.status != 404 {
		t.Errorf("the page for another department: %d", a.status)
	}
	if a := w.get(t, other, "/desk/findings"); a.status != 200 || document(t, a.body).Find("main tbody tr").Length() != 0 {
		t.Errorf("the list for another department: %d", a.status)
	}
	if a := w.send(t, w.as(own, "POST", page(all[0]), url.Values{"state": {"dismissed"}, "reason": {"公开的"}})); a.status == 303 {
		t.Errorf("decided by a form of another site: %d", a.status)
	}
	for _, f := range all {
		if now, err := w.Service.Finding(t.Context(), datasetstest.Officer(d.Department), f.ID); err != nil || now.State != datasets.FindingOpen {
			t.Errorf("%+v, %v", now, err)
		}
	}
	for _, address := range []string{"/desk/findings/0", "/desk/findings/x", "/desk/findings/999999"} {
		if a := w.get(t, own, address); a.status != 404 {
			t.Errorf("%s: %d", address, a.status)
		}
	}
}

// What each column holds stands on the page of its file once it is worked out,
// for whoever may have the rows.
func TestTheProfileOfEachColumnIsShownToWhoMayHaveTheRows(t *testing.T) {
	w := newWhole(t)
	for open, shown := range map[datasets.OpenType]bool{datasets.Unconditional: true, datasets.Conditional: false} {
		d := w.Dataset(t, func(d *datasets.Dataset) { d.Open = open })
		v := w.Version(t, d, w.Resource(t, d), "a.csv", "县,人口\n闽侯,100\n闽侯,300\n连江,\n")
		address := "/datasets/" + d.Slug + "/resources/" + v.ResourceID
		if document(t, w.get(t, visitor, address).body).Find("table.profile").Length() != 0 {
			t.Error("a profile before it was worked out")
		}
		if err := w.Service.MakeProfiles(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Changed()
		table := document(t, w.get(t, visitor, address).body).Find("table.profile")
		if !shown {
			if table.Length() != 0 {
				t.Errorf("values of what must be applied for: %s", table.Text())
			}
			continue
		}
		rows := table.Find("tbody tr")
		if rows.Length() != 2 {
			t.Fatalf("%d columns: %s", rows.Length(), table.Text())
		}
		for i, want := range []string{"县 | — | 0 | 2 | 连江 | 闽侯 | — | 闽侯 ×2", "人口 |  | 33.33% | 2 | 100 | 300 | 200 | 100300"} {
			got := strings.Join(rows.Eq(i).Children().Map(func(_ int, cell *goquery.Selection) string { return strings.TrimSpace(cell.Text()) }), " | ")
			if got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		}
		if rows.Eq(1).Find("svg.hist path").Length() != 1 {
			t.Error("no distribution is drawn")
		}
	}
}

// The page of a department counts by rule what its entries keep, and lists them
// by quality, the best first.
func TestADepartmentShowsItsQuality(t *testing.T) {
	w := newWhole(t)
	good := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "各行不同的" })
	w.Version(t, good, w.Resource(t, good), "a.csv", "甲,乙\n1,2\n3,4\n")
	bad := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "有重复行的" })
	w.Version(t, bad, w.Resource(t, bad), "a.csv", "甲,乙\n1,2\n1,2\n")
	if err := w.Service.LookAtVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Changed()
	office := "/departments/" + w.Office(t).Slug
	doc := document(t, w.get(t, visitor, office).body)
	row := doc.Find("#quality tbody tr").FilterFunction(func(_ int, r *goquery.Selection) bool {
		return strings.Contains(r.Find("th").Text(), "没有一模一样的行")
	})
	cells := row.Find("td.num").Map(func(_ int, cell *goquery.Selection) string { return strings.TrimSpace(cell.Text()) })
	if !slices.Equal(cells, []string{"1", "1"}) {
		t.Errorf("rows that are the same: %v in %s", cells, doc.Find("#quality").Text())
	}
	titles := func(query string) string {
		t.Helper()
		a := w.get(t, visitor, office+query)
		text := document(t, a.body).Find("main").Text()
		if a.status != 200 {
			t.Fatalf("%s: %d", query, a.status)
		}
		if strings.Index(text, "各行不同的") < strings.Index(text, "有重复行的") {
			return "good first"
		}
		return "bad first"
	}
	if got := titles("?sort=quality"); got != "good first" {
		t.Errorf("by quality: %s", got)
	}
}
