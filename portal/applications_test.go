package portal_test

import (
	"fmt"
	"net/http"
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
	made, words := w.hide(t, "on-conditions", datasets.Published, datasets.Conditional)
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

	// what a page gave is written down with its bytes, HEAD gives nothing, and a
	// comparison gives both versions and costs one question
	written := func(where string) (n, counted, bytes int) {
		t.Helper()
		if err := w.Pool.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE a.counted), coalesce(min(e.bytes), 0) FROM acquisitions a LEFT JOIN acquisition_ends e ON e.acquisition_id = a.id JOIN versions v ON v.id = a.version_id WHERE `+where).Scan(&n, &counted, &bytes); err != nil {
			t.Fatal(err)
		}
		return n, counted, bytes
	}
	if n, _, bytes := written(`a.channel = 'page'`); n != 2 || bytes < 1000 {
		t.Errorf("%d pages, the least with %d bytes", n, bytes)
	}
	for _, path := range []string{"/datasets/" + d.Slug, "/d/" + resource + "/1/data.csv", "/datasets/" + d.Slug + "/resources/" + resource} {
		if r := w.send(t, w.as(citizen, http.MethodHead, path, nil)); r.status != 200 {
			t.Errorf("HEAD %s: %d", path, r.status)
		}
	}
	if n, _, _ := written(`true`); n != 3 {
		t.Errorf("HEAD is written down: %d", n)
	}
	v := d.Resources[0].Newest
	w.Version(t, d, resource, v.FileName, words[11]+",年份\n一,2025\n二,2026\n", datasets.Field{Name: words[11], Type: "text"}, datasets.Field{Name: "年份", Type: "integer"})
	if r := w.get(t, citizen, "/datasets/"+d.Slug+"/resources/"+resource+"/changes/2"); r.status != 200 || r.doc(t).Find("main table").Length() == 0 {
		t.Errorf("the comparison: %d", r.status)
	}
	for number := 1; number <= 2; number++ {
		if n, counted, bytes := written(fmt.Sprintf(`a.part LIKE 'changes %%' AND v.number = %d`, number)); n != 1 || counted != number-1 || bytes < 1000 {
			t.Errorf("version %d of the comparison: %d written down, %d counted, %d bytes", number, n, counted, bytes)
		}
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

// A grant is renewed and changed from its own page: the form is written already,
// the department sees what would be another, and what was changed leads to what
// took its place.
func TestAGrantIsChangedFromItsPage(t *testing.T) {
	w := newWhole(t)
	made, _ := w.hide(t, "on-conditions", datasets.Published, datasets.Conditional)
	d, err := w.Datasets.Dataset(t.Context(), account.Actor{}, made.Slug)
	if err != nil {
		t.Fatal(err)
	}
	resource := d.Resources[0].ID
	w.everyone(t)
	value := func(doc *goquery.Document, name string) string {
		return doc.Find("main input[name="+name+"]").First().AttrOr("value", "")
	}
	// through writes and signs a draft as its form stands, with what is given besides,
	// and lets the department agree.
	through := func(at string, besides url.Values) {
		t.Helper()
		edit := w.get(t, citizen, at+"/edit").doc(t)
		form := url.Values{"go": {"sign"}, "seen": {"1"}}
		edit.Find("form[data-keep]").Find("input, textarea, select option[selected]").Each(func(_ int, s *goquery.Selection) {
			name, v := s.AttrOr("name", ""), s.AttrOr("value", "")
			switch _, checked := s.Attr("checked"); {
			case goquery.NodeName(s) == "option":
				name = s.Parent().AttrOr("name", "")
			case goquery.NodeName(s) == "textarea":
				v = s.Text()
			case s.AttrOr("type", "") == "radio" && !checked, s.AttrOr("type", "") == "checkbox" && !checked, name == "csrf":
				return
			}
			form.Set(name, strings.TrimSpace(v))
		})
		for k, v := range besides {
			form[k] = v
		}
		if r := w.post(t, citizen, at+"/edit", form); r.header.Get("Location") != at+"/sign" {
			t.Fatalf("%s: %d %s %v", at, r.status, r.header.Get("Location"), form)
		}
		sign := w.get(t, citizen, at+"/sign").doc(t)
		if r := w.post(t, citizen, at+"/sign", url.Values{"agreed": {"1"}, "revision": {value(sign, "revision")}, "terms": {value(sign, "terms")}}); r.status != 303 {
			t.Fatalf("signed: %d", r.status)
		}
		desk := "/desk" + at
		for _, step := range []url.Values{{"": {"accept"}}, {"": {"decide"}, "item." + resource: {"granted"}}} {
			f := url.Values{"revision": {value(w.get(t, own, desk).doc(t), "revision")}}
			if v := step["item."+resource]; v != nil {
				f["item."+resource] = v
			}
			if r := w.post(t, own, desk+"/"+step.Get(""), f); r.status != 303 {
				t.Fatalf("%s: %d", step.Get(""), r.status)
			}
		}
	}
	at := w.post(t, citizen, "/datasets/"+d.Slug+"/apply", url.Values{"organisation": {"0"}}).header.Get("Location")
	first := w.get(t, citizen, at+"/edit").doc(t)
	column := first.Find(`.cols input`).First()
	through(at, url.Values{"lane": {"public"}, "area": {"社会服务"}, "purpose": {"向本市居民提示下一日的空气质量，结果免费公布。"}, "outputs": {"超标概率表"}, "months": {"6"},
		"storage": {"自有机房，磁盘加密。"}, "item." + resource: {"1"}, column.AttrOr("name", ""): {column.AttrOr("value", "")}})
	grant, _ := w.get(t, citizen, "/grants").doc(t).Find(`.hit a[href^="/grants/SQZ-"]`).Attr("href")
	page := w.get(t, citizen, grant).doc(t)
	if page.Find(`button[value=change]`).Length() != 1 || page.Find(`button[value=renewal]`).Length() != 0 || !strings.Contains(page.Find("#renew").Text(), "起可以申请续期") {
		t.Fatalf("what is offered: %s", page.Find("#renew").Text())
	}
	for kind, status := range map[string]int{"renewal": 422, "new": 422, "longer": 400} {
		if r := w.post(t, citizen, grant+"/apply", url.Values{"kind": {kind}}); r.status != status && !(status == 422 && r.status == 409) {
			t.Errorf("%s: %d", kind, r.status)
		}
	}
	if r := w.post(t, other, grant+"/apply", url.Values{"kind": {"change"}}); r.status != 404 {
		t.Errorf("another's: %d", r.status)
	}
	change := strings.TrimSuffix(w.post(t, citizen, grant+"/apply", url.Values{"kind": {"change"}}).header.Get("Location"), "/edit")
	if !strings.HasPrefix(change, "/applications/SQ-") {
		t.Fatalf("begun: %q", change)
	}
	through(change, url.Values{"purpose": {"改为统计各站一年的变化，结果免费公布。"}})
	if desk := w.get(t, own, "/desk"+change).doc(t).Find("#earlier").Text(); !strings.Contains(desk, "用途原来是") {
		t.Errorf("what the department is shown: %q", desk)
	}
	old := w.get(t, citizen, grant).doc(t)
	if !strings.Contains(old.Find("main").Text(), "由新的代替") || !strings.Contains(old.Find("main").Text(), "后面是SQZ-") {
		t.Errorf("the one before: %s", old.Find("main").Text())
	}
	if r := w.get(t, citizen, "/d/"+resource+"/1/data.csv"); r.status != 200 || strings.HasSuffix(grant, r.header.Get("Shuyuan-Grant")) {
		t.Errorf("under the new one: %d %s", r.status, r.header.Get("Shuyuan-Grant"))
	}
}

// Whoever applies for what they have an application for already is led to that one
// and told so, in the draft, after it was handed in, and from a grant.
func TestASecondApplicationIsSaidToBeTheFirst(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	w.withProfile(t, "cn-fujian-2023")
	grant, _ := w.given(t, "twice")
	another, _ := w.hide(t, "draft", datasets.Published, datasets.Conditional)
	const said = "就是这一件"
	for name, x := range map[string]struct {
		path string
		form url.Values
	}{
		"an entry": {"/datasets/" + another.Slug + "/apply", url.Values{"organisation": {"0"}}},
		"a grant":  {"/grants/" + grant + "/apply", url.Values{"kind": {"change"}}},
	} {
		first := w.post(t, citizen, x.path, x.form).header.Get("Location")
		if page := w.get(t, citizen, first+"/edit").doc(t); strings.Contains(page.Find("main").Text(), said) || page.Find("#purpose").Length() != 1 {
			t.Errorf("%s: the first: %s", name, first)
		}
		again := w.post(t, citizen, x.path, x.form).header.Get("Location")
		if page := w.get(t, citizen, again).doc(t); again != first+"/edit?there=1" || page.Find(`.note[role=status]:contains("`+said+`")`).Length() != 1 {
			t.Errorf("%s: led to %s: %s", name, again, page.Find(".note").Text())
		}
		number := strings.TrimPrefix(first, "/applications/")
		if _, err := w.Pool.Exec(t.Context(), `UPDATE applications SET state = 'submitted', submitted_at = now(), lane = 'public', purpose = 'x', conditions = '{}' WHERE number = $1`, number); err != nil {
			t.Fatal(err)
		}
		again = w.post(t, citizen, x.path, x.form).header.Get("Location")
		if page := w.get(t, citizen, again).doc(t); again != first+"?done=there" || page.Find(`.note[role=status]:contains("`+said+`")`).Length() != 1 {
			t.Errorf("%s, handed in: led to %s: %s", name, again, page.Find(".note").Text())
		}
	}
}
