package portal_test

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

const anyPDF = "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"

// handIn sends files by the first form for a slot on a page of papers: name and
// content by turns, with a type that is not believed.
func (w *whole) handIn(t *testing.T, who persona, page, slot string, files ...string) reply {
	t.Helper()
	var body strings.Builder
	m := multipart.NewWriter(&body)
	err := errors.Join(m.WriteField("csrf", w.Accounts.CSRF(w.tokens[who])), m.WriteField("slot", slot))
	for i := 0; i+1 < len(files); i += 2 {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", multipart.FileContentDisposition("file", files[i]))
		h.Set("Content-Type", "text/html")
		part, failed := m.CreatePart(h)
		if failed == nil {
			_, failed = io.WriteString(part, files[i+1])
		}
		err = errors.Join(err, failed)
	}
	if err = errors.Join(err, m.Close()); err != nil {
		t.Fatal(err)
	}
	r := w.as(who, http.MethodPost, page, nil)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body.String())), int64(body.Len())
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.send(t, r)
}

// From the list of the department to the file on its desk, over HTTP and without
// a script: what is listed is asked for at its place, several files come at once,
// a bad one is named and the others stay, nobody else is given any, and what is
// given out can do no harm in a browser.
func TestMaterialsFromTheListToTheDesk(t *testing.T) {
	w := newWhole(t)
	made, _ := w.hide(t, "with-materials", datasets.Published, datasets.Conditional)
	d, err := w.Datasets.Dataset(t.Context(), account.Actor{}, made.Slug)
	if err != nil {
		t.Fatal(err)
	}
	w.everyone(t)
	terms := url.Values{"revision": {"0"}, "months": {"12"}, "files": {"20"}, "rows": {"1000"}, "materials": {"营业执照\n数据安全方案"}}
	if r := w.post(t, own, "/desk/catalogue/"+d.Slug+"/conditions", terms); r.status != 303 {
		t.Fatalf("conditions: %d", r.status)
	}
	number := strings.TrimPrefix(w.post(t, citizen, "/datasets/"+d.Slug+"/apply", url.Values{"organisation": {"0"}}).header.Get("Location"), "/applications/")
	at := "/applications/" + number
	papers := at + "/papers"
	resource := d.Resources[0].ID
	edit := w.get(t, citizen, at+"/edit").doc(t)
	form := url.Values{"revision": {edit.Find(`input[name=revision]`).AttrOr("value", "")}, "go": {"papers"}, "seen": {"1"}, "lane": {"public"}, "area": {"社会服务"}, "purpose": {"向本市居民提示下一日的空气质量，结果免费公布。"},
		"outputs": {"超标概率表"}, "months": {"6"}, "storage": {"自有机房，磁盘加密。"}, "item." + resource: {"1"}}
	for i, name := range edit.Find(`.cols input`).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") }) {
		form.Set("col."+resource+"."+strconv.Itoa(i), name)
	}
	if r := w.post(t, citizen, at+"/edit", form); r.header.Get("Location") != papers {
		t.Fatalf("saved on the way to the materials: %d %s", r.status, r.header.Get("Location"))
	}
	form.Set("revision", w.get(t, citizen, at+"/edit").doc(t).Find(`input[name=revision]`).AttrOr("value", ""))
	form.Set("go", "sign")
	if r := w.post(t, citizen, at+"/edit", form); r.header.Get("Location") != at+"/edit?check=1" {
		t.Fatalf("without materials: %d %s", r.status, r.header.Get("Location"))
	}
	checked := w.get(t, citizen, at+"/edit?check=1").doc(t)
	if got := checked.Find("#f-papers").Text() + checked.Find(".errs").Text(); !strings.Contains(got, "请交材料：营业执照。") || !strings.Contains(checked.Find(".errs").Text(), "请交材料：数据安全方案。") {
		t.Errorf("what is missing: %s", got)
	}

	for name, c := range map[string]struct {
		files []string
		says  string
	}{
		"nothing chosen":    {[]string{"", ""}, "请选一个文件"},
		"empty":             {[]string{"a.pdf", ""}, "文件是空的"},
		"a page":            {[]string{"a.pdf", "<html><script>alert(1)</script>"}, "只收 PDF"},
		"a script in a PDF": {[]string{"好.pdf", anyPDF, "坏.pdf", "%PDF-1.4\n/JavaScript (app.alert(1))\n%%EOF\n"}, "“坏”没有收下。PDF 里有脚本"},
	} {
		r := w.handIn(t, citizen, papers, "营业执照", c.files...)
		if got := r.doc(t).Find("#slot-0-note").Text(); r.status != 422 || !strings.Contains(got, c.says) {
			t.Errorf("%s: %d %s", name, r.status, got)
		}
	}
	if n := w.get(t, citizen, papers).doc(t).Find("#slot-0 .papers li").Length(); n != 1 {
		t.Errorf("%d are kept beside a bad one", n)
	}
	if r := w.handIn(t, citizen, papers, "数据安全方案", "..\\方案\u202Efdp.exe", anyPDF, strings.Repeat("长", 1300)+".pdf", anyPDF); r.status != 303 {
		t.Fatalf("two at once: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	page := w.get(t, citizen, papers).doc(t)
	names := page.Find("#slot-1 .papers h3").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if len(names) != 2 || names[0] != "方案fdp.pdf" {
		t.Errorf("the names of hostile files: %q", names)
	}
	remove, _ := page.Find(`#slot-1 .papers li:contains("长长长")`).Find(`form[action$="/remove"]`).Attr("action")
	if r := w.post(t, citizen, remove, nil); r.status != 303 {
		t.Errorf("removed: %d", r.status)
	}
	file, _ := w.get(t, citizen, papers).doc(t).Find("#slot-0 .papers a").Attr("href")
	for _, who := range []persona{visitor, other, own, "buyer"} {
		if r := w.get(t, who, file); r.status == 200 {
			t.Errorf("%s is given a file of a draft", who)
		}
		if r := w.handIn(t, who, papers, "营业执照", "a.pdf", anyPDF); r.status == 303 && !strings.HasPrefix(r.header.Get("Location"), "/sign-in") || r.status == 200 {
			t.Errorf("%s adds to it: %d", who, r.status)
		}
	}

	form.Set("revision", w.get(t, citizen, at+"/edit").doc(t).Find(`input[name=revision]`).AttrOr("value", ""))
	if r := w.post(t, citizen, at+"/edit", form); r.header.Get("Location") != at+"/sign" {
		t.Fatalf("complete: %d %s", r.status, r.header.Get("Location"))
	}
	sign := w.get(t, citizen, at+"/sign").doc(t)
	if got := sign.Find(".agree").Text(); !strings.Contains(got, "营业执照：好.pdf") || !strings.Contains(got, "数据安全方案：方案fdp.pdf") {
		t.Errorf("the agreement: %s", got)
	}
	signed := url.Values{"agreed": {"1"}}
	sign.Find(`form[action="` + at + `/sign"] input[type=hidden]`).Each(func(_ int, s *goquery.Selection) {
		if name := s.AttrOr("name", ""); name != "csrf" {
			signed.Set(name, s.AttrOr("value", ""))
		}
	})
	if r := w.post(t, citizen, at+"/sign", signed); r.header.Get("Location") != at+"?done=submitted" {
		t.Fatalf("signed: %d", r.status)
	}
	if r := w.get(t, citizen, papers); r.status != 303 {
		t.Errorf("the forms after that: %d", r.status)
	}
	desk := w.get(t, own, "/desk"+at).doc(t)
	links := desk.Find("#papers-application .papers a").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("href", "") })
	if len(links) != 2 {
		t.Fatalf("on the desk: %v", links)
	}
	got := w.get(t, own, links[0])
	h := got.header
	if got.status != 200 || got.body != anyPDF || h.Get("Content-Type") != "application/pdf" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("%d %v", got.status, h)
	}
	for _, who := range []persona{visitor, other, "buyer", citizen} {
		if r := w.get(t, who, links[0]); r.status == 200 {
			t.Errorf("%s is given it at the desk", who)
		}
	}
	revision := desk.Find(`input[name=revision]`).First().AttrOr("value", "")
	if r := w.post(t, own, "/desk"+at+"/return", url.Values{"revision": {revision}, "material.0": {"护照"}}); r.status != 422 {
		t.Errorf("asked for what is not listed: %d", r.status)
	}
	if r := w.post(t, own, "/desk"+at+"/return", url.Values{"revision": {revision}, "material.0": {"营业执照"}, "missing": {"看不清"}}); r.status != 303 {
		t.Fatalf("returned: %d", r.status)
	}
	if got := w.get(t, citizen, papers).doc(t); !strings.Contains(got.Find("#slot-0 header").Text(), "还要交") || got.Find("#slot-0 .papers form").Length() != 0 {
		t.Errorf("what is wanted anew: %s", got.Find("#slot-0").Text())
	}
}
