package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/licensing"
)

// linked is a portal with an address of a site that answers with the status it
// is turned to.
func linked(t *testing.T, configure ...func(*setup)) (w *whole, base string, status *atomic.Int32) {
	t.Helper()
	status = &atomic.Int32{}
	status.Store(200)
	base, port := datasetstest.Site(t, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(int(status.Load()))
	}))
	return wholeOn(t, datasetstest.New(t, licensing.Gate{}, datasetstest.Watching(port)), configure...), base, status
}

func document(t *testing.T, body string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestThePageOfAnAddress says where it leads, to whom, and how it is; at every
// link out stands the host, and the other site learns no more than that.
func TestThePageOfAnAddress(t *testing.T) {
	w, site, status := linked(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "services" })
	id := w.Link(t, d, site+"/api", func(l *datasets.Link) {
		l.Usage, l.Notes, l.Docs = "GET 请求，无须密钥", "坐标为 CGCS2000", "https://docs.example/guide"
	})
	path := "/datasets/services/resources/" + id
	host := strings.TrimPrefix(site, "http://")
	at := func(hours float64) { w.Set(datasetstest.Now.Add(time.Duration(hours * float64(time.Hour)))) }
	check := func() {
		t.Helper()
		if err := w.Service.CheckLinks(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	state := func(want string) {
		t.Helper()
		for _, page := range []string{path, "/datasets/services"} {
			a := w.get(t, visitor, page)
			if got := strings.Join(strings.Fields(document(t, a.body).Find(".linkstate").First().Text()), " "); a.status != 200 || got != want {
				t.Errorf("%s: %d, %q, want %q", page, a.status, got, want)
			}
		}
	}
	state("还没有检查")
	check()
	at(2.5)
	state("可用 2 小时前检查")
	page := document(t, w.get(t, visitor, path).body)
	for _, want := range []string{"GET 请求，无须密钥", "坐标为 CGCS2000", "将离开本站。内容由 " + host + " 负责", "每 24 小时一次；连续 3 次、2 天没有回应，算失效。检查不算下载。", "平台规则", "90 天内检查 1 次，1 次有回应（100.0%）"} {
		if !strings.Contains(page.Find("main").Text(), want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	out := page.Find(`main a[href^="http"]`).FilterFunction(func(_ int, a *goquery.Selection) bool {
		href, _ := a.Attr("href")
		return !strings.HasPrefix(href, base) && !strings.Contains(href, "creativecommons")
	})
	if out.Length() != 3 {
		t.Errorf("%d links out", out.Length())
	}
	out.Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		u, _ := url.Parse(href)
		rel, _ := a.Attr("rel")
		if target, has := a.Attr("target"); has || rel != "external noopener nofollow" || !strings.Contains(a.Text(), u.Host) {
			t.Errorf("%s: rel %q, target %q, says %q", href, rel, target, a.Text())
		}
	})
	at(24)
	status.Store(404)
	check()
	at(24 + 72)
	state("暂时没有回应 4 天前还可用")
	check()
	check()
	at(24 + 72 + 6)
	check()
	state("失效 4 天前还可用")
	if text := document(t, w.get(t, visitor, path).body).Find("#state").Text(); !strings.Contains(text, "服务器回答 404。") {
		t.Errorf("what is wrong is not said: %s", text)
	}
	if a := w.get(t, visitor, "/r/"+id); a.status != 404 || !strings.Contains(a.body, "这个资源是一个地址") {
		t.Errorf("sent elsewhere without being told: %d", a.status)
	}
}

// A visitor sees neither the address of data that must be applied for, nor
// anything of what is withheld.
func TestAnAddressThatMustBeAppliedForIsNotShown(t *testing.T) {
	w, site, _ := linked(t)
	for open, want := range map[datasets.OpenType]int{datasets.Conditional: 200, datasets.Withheld: 404} {
		d := w.Dataset(t, func(d *datasets.Dataset) { d.Open = open })
		id := w.Link(t, d, site+"/secret", func(l *datasets.Link) { l.Usage = "用 " + site })
		if err := w.Service.CheckLinks(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/datasets/" + d.Slug, "/datasets/" + d.Slug + "/resources/" + id, "/api/v1/datasets/" + d.Slug, "/api/v1/resources/" + id} {
			for _, who := range []persona{visitor, other} {
				a := w.get(t, who, path)
				if strings.HasPrefix(path, "/api") && who == other {
					continue // a session is no key
				}
				if a.status != want || strings.Contains(a.body, site) || strings.Contains(a.body, "127.0.0.2") {
					t.Errorf("%s for %s: %d: %s", path, who, a.status, a.body)
				}
			}
		}
	}
}

// TestTheDeskOfAddresses: an officer sees, checks and corrects those of the own
// department, and no others.
func TestTheDeskOfAddresses(t *testing.T) {
	w, site, status := linked(t, limit("link-check", 3))
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "路况接口" })
	id := w.Link(t, d, site+"/old")
	foreign := w.Link(t, w.Dataset(t, func(d *datasets.Dataset) { d.Title, d.Department = "公交接口", w.theirs }), site+"/theirs")
	list := func(query string) string {
		t.Helper()
		a := w.get(t, own, "/desk/links"+query)
		if a.status != 200 {
			t.Fatalf("%s: %d", query, a.status)
		}
		return strings.Join(strings.Fields(document(t, a.body).Find("main table").Text()), " ")
	}
	if got := list(""); !strings.Contains(got, "路况接口") || strings.Contains(got, "公交接口") || !strings.Contains(got, "还没有检查") || !strings.Contains(got, site+"/old") {
		t.Errorf("the list: %s", got)
	}
	status.Store(500)
	for n, want := range []struct {
		resource string
		status   int
	}{{id, 303}, {foreign, 403}, {"nothing000", 404}, {id, 429}} {
		if a := w.post(t, own, "/desk/links/check", url.Values{"resource": {want.resource}}); a.status != want.status {
			t.Errorf("check %d: %d, want %d", n, a.status, want.status)
		}
	}
	if got := list("?state=failing&sort=slowest"); !strings.Contains(got, "暂时没有回应") || !strings.Contains(got, "服务器回答 500。") {
		t.Errorf("after a check: %s", got)
	}
	if got := list("?state=ok"); got != "" {
		t.Errorf("those that work: %s", got)
	}
	for _, bad := range []string{"?state=green", "?sort=colour"} {
		if a := w.get(t, own, "/desk/links"+bad); a.status != 400 && a.status != 422 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
	form := url.Values{"kind": {"api"}, "url": {"http://10.0.0.1/"}, "format": {"json"}, "usage": {"<b>"}}
	a := w.post(t, own, "/desk/links/"+id, form)
	field := document(t, a.body).Find("#f-url")
	if wrong, _ := field.Attr("aria-invalid"); a.status != 422 || wrong != "true" || field.AttrOr("value", "") != "http://10.0.0.1/" || !strings.Contains(a.body, "内部网络的地址") {
		t.Errorf("an address inside: %d", a.status)
	}
	form.Set("url", site+"/new")
	if a := w.post(t, own, "/desk/links/"+id, form); a.status != 303 {
		t.Errorf("a good address: %d", a.status)
	}
	if got := list(""); !strings.Contains(got, site+"/new") || !strings.Contains(got, "还没有检查") {
		t.Errorf("after the change: %s", got)
	}
	if a := w.get(t, own, "/desk/links/"+id); a.status != 200 || document(t, a.body).Find("#f-usage").Text() != "<b>" {
		t.Errorf("the form: %d", a.status)
	}
	for _, who := range []persona{visitor, other, admin, key} {
		for _, path := range []string{"/desk/links/" + id, "/desk/links"} {
			if a := w.get(t, who, path); a.status == 200 && strings.Contains(a.body, site+"/new") {
				t.Errorf("%s sees %s", who, path)
			}
		}
		if a := w.post(t, who, "/desk/links/"+id, form); a.status < 400 && a.status != 303 || a.status == 303 && !strings.Contains(a.header.Get("Location"), "sign-in") {
			t.Errorf("%s changes it: %d", who, a.status)
		}
	}
}

// The English page says it in English, to the last word.
func TestTheDeskOfAddressesInEnglish(t *testing.T) {
	w, site, status := linked(t)
	status.Store(503)
	d := w.Dataset(t)
	w.Link(t, d, site)
	if err := w.Service.CheckLinks(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Does not answer for now", "the platform never got through", "The server answers 503.", "Check now"} {
		if a := w.get(t, own, "/desk/links", "Accept-Language", "en"); !strings.Contains(a.body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}
