package portal_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// From the first question to the data, over HTTP and without a script: each page
// leads to the next, the agreement that was shown is the one that is signed, and
// every answer under the grant says what the data is for.
func TestAnApplicationFromThePageToTheData(t *testing.T) {
	w := newWhole(t)
	made, _ := w.hide(t, "on-conditions", datasets.Published, datasets.Conditional)
	d, err := w.Datasets.Dataset(t.Context(), account.Actor{}, made.Slug)
	if err != nil {
		t.Fatal(err)
	}
	resource := d.Resources[0].ID
	w.everyone(t)
	const purpose = "向本市居民提示下一日的空气质量，结果免费公布。"
	if page := w.get(t, visitor, "/datasets/"+d.Slug+"/apply"); page.status != 200 || !strings.Contains(page.body, "/sign-in?") {
		t.Fatalf("before: %d", page.status)
	}
	number := strings.TrimPrefix(w.post(t, citizen, "/datasets/"+d.Slug+"/apply", url.Values{"organisation": {"0"}}).header.Get("Location"), "/applications/")
	at := "/applications/" + number
	edit := w.get(t, citizen, at+"/edit").doc(t)
	form := url.Values{"revision": {edit.Find(`input[name=revision]`).AttrOr("value", "")}, "go": {"sign"}, "seen": {"1"}, "lane": {"public"}, "area": {"社会服务"}, "purpose": {purpose},
		"outputs": {"超标概率表"}, "months": {"6"}, "storage": {"自有机房，磁盘加密。"}, "item." + resource: {"1"}}
	if r := w.post(t, citizen, at+"/edit", form); r.header.Get("Location") != at+"/edit?check=1" {
		t.Fatalf("without a column: %d %s", r.status, r.header.Get("Location"))
	}
	checked := w.get(t, citizen, at+"/edit?check=1").doc(t)
	if !strings.Contains(checked.Find(".errs").Text(), "请至少选一列") {
		t.Errorf("the list of what is missing: %s", checked.Find(".errs").Text())
	}
	form.Set("revision", checked.Find(`input[name=revision]`).AttrOr("value", ""))
	for i, name := range checked.Find(`.cols input`).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") }) {
		form.Set("col."+resource+"."+strconv.Itoa(i), name)
	}
	if r := w.post(t, citizen, at+"/edit", form); r.header.Get("Location") != at+"/sign" {
		t.Fatalf("complete: %d %s", r.status, r.header.Get("Location"))
	}
	sign := w.get(t, citizen, at+"/sign").doc(t)
	signed := url.Values{"agreed": {"1"}}
	sign.Find(`form[action="` + at + `/sign"] input[type=hidden]`).Each(func(_ int, s *goquery.Selection) {
		if name := s.AttrOr("name", ""); name != "csrf" {
			signed.Set(name, s.AttrOr("value", ""))
		}
	})
	if r := w.post(t, citizen, at+"/sign", signed); r.header.Get("Location") != at+"?done=submitted" {
		t.Fatalf("signed: %d %s", r.status, r.contains("没有成功"))
	}
	desk := "/desk" + at
	for _, who := range []persona{other, "buyer"} {
		if r := w.get(t, who, desk); r.status != 404 && r.status != 403 {
			t.Errorf("%s reads it: %d", who, r.status)
		}
	}
	revision := func() string {
		return w.get(t, own, desk).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "")
	}
	if r := w.post(t, own, desk+"/accept", url.Values{"revision": {revision()}}); r.status != 303 {
		t.Fatalf("accepted: %d", r.status)
	}
	if r := w.get(t, citizen, "/api/v1/resources/"+resource+"/rows"); r.status != 403 && r.status != 401 {
		t.Errorf("rows before the decision: %d", r.status)
	}
	if r := w.post(t, own, desk+"/decide", url.Values{"revision": {revision()}, "item." + resource: {"granted"}}); r.status != 303 {
		t.Fatalf("decided: %d %s", r.status, r.contains("没有成功"))
	}
	for _, path := range []string{"/d/" + resource + "/1/data.csv", "/datasets/" + d.Slug, "/datasets/" + d.Slug + "/resources/" + resource} {
		r := w.get(t, citizen, path)
		if r.status != 200 || !strings.HasPrefix(r.header.Get("Shuyuan-Grant"), "SQZ-") || !strings.Contains(r.header.Get("Shuyuan-Purpose"), url.PathEscape("空气质量")) || !strings.Contains(r.header.Get("Cache-Control"), "private") {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
		if strings.HasPrefix(path, "/datasets") && !strings.Contains(r.doc(t).Find("main").Text(), purpose) {
			t.Errorf("%s does not say what the data is for", path)
		}
		if r := w.get(t, other, path); r.status == 200 && r.header.Get("Shuyuan-Grant") != "" {
			t.Errorf("%s: another is given it", path)
		}
	}
	if n := w.get(t, citizen, "/downloads").doc(t).Find("table tbody tr").Length(); n != 3 {
		t.Errorf("%d deliveries are shown", n)
	}

	// whoever holds a part is led to where it is given, and shown nothing else
	if _, err := w.Pool.Exec(t.Context(), `UPDATE grant_items SET columns = columns[1:1]`); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/datasets/" + d.Slug, "/datasets/" + d.Slug + "/resources/" + resource} {
		main := w.get(t, citizen, path).doc(t).Find("main")
		if main.Find(`a[href^="/grants/SQZ-"]`).Length() != 1 || main.Find(`a[href$="/apply"]`).Length() != 0 || main.Find(".xt, .preview tbody").Length() != 0 {
			t.Errorf("%s with a part: %s", path, main.Text())
		}
	}
	if r := w.get(t, citizen, "/d/"+resource+"/1/data.csv"); r.status != 200 || strings.Count(strings.SplitN(r.body, "\n", 2)[0], ",") != 0 {
		t.Errorf("the part as a file: %d %q", r.status, r.body)
	}
}
