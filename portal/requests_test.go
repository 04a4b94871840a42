package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

func request(title string) url.Values {
	return url.Values{"title": {title}, "need": {"村名和经纬度。"}, "purpose": {"规划乡村公交。"}, "proposer": {"市民甲"}}
}

// but is a form with one field otherwise.
func but(f url.Values, name, value string) url.Values {
	out := url.Values{}
	for k, v := range f {
		out[k] = v
	}
	out.Set(name, value)
	return out
}

func TestARequestIsPublicSecondedAndAnswered(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t)
	w.indexed(t)
	if none := w.get(t, visitor, "/datasets?q=没有这样的东西").doc(t).Find(`a[href^="/requests/new?title="]`); none.Length() != 1 {
		t.Errorf("a search that finds nothing leads to %d forms", none.Length())
	}
	if filled := w.get(t, citizen, "/requests/new?title=村委会坐标").doc(t).Find("#title").AttrOr("value", ""); filled != "村委会坐标" {
		t.Errorf("the words are not filled in: %q", filled)
	}
	good := but(request("村委会坐标<script>alert(1)</script>"), "department", "tjj")
	for field, value := range map[string]string{"title": "短", "need": "？", "purpose": strings.Repeat("长", 1001), "proposer": "", "department": "none-such"} {
		r := w.post(t, citizen, "/requests/new", but(good, field, value))
		if r.status != 422 || r.doc(t).Find("#"+field).AttrOr("aria-invalid", "") != "true" || !strings.Contains(r.body, "规划乡村公交") && field != "purpose" {
			t.Errorf("%s: %d", field, r.status)
		}
	}
	if r := w.post(t, citizen, "/requests/new", but(good, "contact_note", "买药")); r.status != 303 || strings.Contains(w.get(t, visitor, "/requests").body, "村委会坐标") {
		t.Errorf("what a program fills in unseen: %d", r.status)
	}
	made := w.post(t, citizen, "/requests/new", good)
	at := strings.TrimSuffix(made.header.Get("Location"), "?done=proposed")
	if made.status != 303 || at == "" {
		t.Fatal(made.status, made.body)
	}
	for _, path := range []string{"/requests", at, "/requests?q=坐标&sort=new&state=waiting&department=tjj"} {
		if r := w.get(t, visitor, path); r.status != 200 || !strings.Contains(r.body, "村委会坐标") || strings.Contains(r.body, "<script>alert(1)") || strings.Contains(r.body, "tests.example") {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if r := w.post(t, persona(account.Buyer), "/requests/new", but(good, "title", "村委会坐标")); r.status != 422 || r.doc(t).Find(`#anyway[aria-invalid="true"]`).Length() != 1 || r.doc(t).Find(`form a[href="`+at+`"]`).Length() != 1 {
		t.Errorf("one like it: %d", r.status)
	}
	for _, c := range []struct {
		who  persona
		on   string
		want int
	}{{visitor, "1", 401}, {citizen, "1", 409}, {persona(account.Buyer), "1", 303}, {persona(account.Buyer), "1", 303}, {other, "1", 303}, {other, "0", 303}, {other, "x", 400}} {
		if r := w.post(t, c.who, at+"/vote", url.Values{"on": {c.on}, "back": {"//elsewhere.example/"}}); r.status != c.want || strings.Contains(r.header.Get("Location"), "elsewhere") {
			t.Errorf("%s votes %s: %d to %s", c.who, c.on, r.status, r.header.Get("Location"))
		}
	}
	if votes := w.get(t, persona(account.Buyer), at).doc(t).Find(`button.vote[aria-pressed="true"] b`).Text(); votes != "1" {
		t.Errorf("%q votes", votes)
	}
	if r := w.post(t, citizen, at+"/withdraw", url.Values{"revision": {"1"}}); r.status != 409 {
		t.Errorf("withdrawn while somebody waits: %d", r.status)
	}
	desk := "/desk" + at
	if !strings.Contains(w.get(t, own, "/desk/inbox").body, desk) || strings.Contains(w.get(t, other, "/desk/inbox").body, desk) || w.get(t, other, desk).status != 404 {
		t.Error("it waits for its department, and for nobody else")
	}
	if r := w.post(t, own, desk, url.Values{"action": {"refuse"}, "ground": {"barred"}, "words": {"个人隐私"}, "revision": {"1"}}); r.status != 422 || !strings.Contains(r.body, "个人隐私") {
		t.Errorf("barred without a basis: %d", r.status)
	}
	if r := w.post(t, own, desk, url.Values{"action": {"burn"}, "revision": {"1"}}); r.status != 400 {
		t.Errorf("no such move: %d", r.status)
	}
	if r := w.post(t, own, desk, url.Values{"action": {"link"}, "dataset": {base + "/datasets/" + d.Slug}, "words": {"就是这份"}, "revision": {"1"}}); r.status != 303 {
		t.Fatal(r.status, r.body)
	}
	if r := w.post(t, own, desk, url.Values{"action": {"refuse"}, "ground": {"nothing"}, "words": {"没有"}, "revision": {"1"}}); r.status != 409 {
		t.Errorf("an old page: %d", r.status)
	}
	page := w.get(t, visitor, at)
	if !strings.Contains(page.body, "就是这份") || page.doc(t).Find(`a[href="/datasets/`+d.Slug+`"]`).Length() == 0 || strings.Contains(w.get(t, own, "/desk/inbox").body, desk) {
		t.Error("the answer is not on the page, or it still waits")
	}
	if english := w.get(t, visitor, at, "Accept-Language", "en"); !strings.Contains(english.body, "Official answer") {
		t.Error("there is no English page")
	}
	gone := w.Dataset(t, func(x *datasets.Dataset) { x.Status = datasets.Draft })
	if strings.Contains(w.get(t, visitor, at).body, gone.Slug) {
		t.Error("a draft is shown")
	}
}

func TestTooManyRequestsADayAreRefused(t *testing.T) {
	w := newWhole(t, limit("demand", 1))
	w.everyone(t)
	for i, want := range []int{303, 429} {
		if r := w.post(t, citizen, "/requests/new", but(request("一份数据"+strings.Repeat("新", i+1)), "anyway", "1")); r.status != want {
			t.Errorf("request %d: %d", i+1, r.status)
		}
	}
}
