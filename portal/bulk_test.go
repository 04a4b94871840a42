package portal_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"shuyuan/datasets"
)

// sheetForm sends files as the form of the desk does.
func (w *whole) sheetForm(t *testing.T, who persona, secret, entries, items string) reply {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("csrf", w.Accounts.CSRF(w.tokens[who]))
	if secret != "" {
		_ = m.WriteField("secret", secret)
	}
	for _, f := range [][2]string{{"file", entries}, {"items", items}} {
		part, err := m.CreateFormFile(f[0], f[0]+".csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, f[1]) // a buffer does not fail
	}
	_ = m.Close()
	r := httptest.NewRequest(http.MethodPost, "/desk/imports", &b)
	for k, v := range w.as(who, http.MethodPost, "/desk/imports", url.Values{}).Header {
		r.Header[k] = v
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return w.send(t, r)
}

// hiddenFields are those of the form that does a step.
func hiddenFields(t *testing.T, r reply, step string) url.Values {
	t.Helper()
	out := url.Values{}
	form := r.doc(t).Find(`form[action="/desk/imports/confirm"]:has(input[value="` + step + `"])`)
	if form.Length() != 1 {
		t.Fatalf("%d forms for %s", form.Length(), step)
	}
	inputs := form.Find("input[type=hidden]")
	for i := range inputs.Length() {
		in := inputs.Eq(i)
		out.Set(in.AttrOr("name", ""), in.AttrOr("value", ""))
	}
	out.Del("csrf")
	return out
}

// A sheet is shown first, stored when somebody confirms, and taken back; the
// errors come along as a file.
func TestASheetThroughTheDesk(t *testing.T) {
	w := newWhole(t)
	w.Office(t)
	w.People(t)
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Status, d.Title = "shown", datasets.Published, "公开的" })
	if page := w.get(t, own, "/desk/catalogue"); !strings.Contains(page.body, `href="/desk/imports"`) {
		t.Error("the list of entries does not lead there")
	}
	page := w.get(t, own, "/desk/imports").doc(t)
	files := page.Find(`a[href^="/desk/imports/files/"]`)
	if files.Length() != 7 {
		t.Errorf("%d files", files.Length())
	}
	for i := range files.Length() {
		got := w.get(t, own, files.Eq(i).AttrOr("href", ""))
		if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %d %v", files.Eq(i).AttrOr("href", ""), got.status, got.header)
		}
	}
	out := w.get(t, own, "/desk/imports/files/entries.csv").body
	if rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out, "\uFEFF"))).ReadAll(); err != nil || len(rows) != 2 || rows[1][0] != "shown" {
		t.Errorf("%q, %v", out, err)
	}
	sheet := "网址名,目录名称,摘要\nfresh,<b>新的</b>,好\nbad,坏的,\"=1+1\"\nshown,改公开的,\n"
	seen := w.sheetForm(t, own, "no", sheet, "")
	if seen.status != 422 || !strings.Contains(seen.body, "&lt;b&gt;新的") || !strings.Contains(seen.body, "会被表格软件当成公式") || !strings.Contains(seen.body, "须先登记变更") {
		t.Fatalf("%d %s", seen.status, seen.body)
	}
	if w.get(t, own, "/desk/catalogue/fresh").status != 404 {
		t.Fatal("stored before anybody confirmed")
	}
	told := w.post(t, own, "/desk/imports/confirm", hiddenFields(t, seen, "errors"))
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(told.body, "\uFEFF"))).ReadAll()
	if err != nil || len(lines) != 3 || lines[1][0] != "条目" || lines[1][1] != "3" || lines[1][2] != "摘要" || lines[1][3] == "" {
		t.Errorf("%v, %q", err, lines)
	}
	report := w.post(t, own, "/desk/imports/confirm", hiddenFields(t, seen, "report"))
	if report.status != 200 || !strings.Contains(report.body, "fresh") {
		t.Errorf("%d %s", report.status, report.body)
	}
	apply := hiddenFields(t, seen, "apply")
	if all := w.post(t, own, "/desk/imports/confirm", apply); all.status != 422 || all.doc(t).Find(`[name=only_good][aria-invalid]`).Length() != 1 {
		t.Errorf("with what is wrong: %d", all.status)
	}
	apply.Set("only_good", "1")
	made := w.post(t, own, "/desk/imports/confirm", apply)
	if made.status != 303 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	if w.get(t, own, "/desk/catalogue/fresh").status != 200 || w.get(t, own, "/desk/catalogue/bad").status != 404 {
		t.Error("not what was confirmed")
	}
	if again := w.post(t, own, "/desk/imports/confirm", apply); again.status != 409 {
		t.Errorf("twice: %d", again.status)
	}
	at, _, _ := strings.Cut(made.header.Get("Location"), "?")
	if record := w.get(t, own, at); record.status != 200 || !strings.Contains(record.body, "可以撤销") || !strings.Contains(record.body, "sha256") {
		t.Errorf("%d %s", record.status, record.body)
	}
	if w.get(t, other, at).status != 404 || w.post(t, other, at+"/undo", nil).status != 404 {
		t.Error("another department reaches it")
	}
	if undone := w.post(t, own, at+"/undo", nil); undone.status != 303 || w.get(t, own, "/desk/catalogue/fresh").status != 404 {
		t.Errorf("undo: %d", undone.status)
	}
	if twice := w.post(t, own, at+"/undo", nil); twice.status != 409 {
		t.Errorf("undo twice: %d", twice.status)
	}
}

// What no page of ours sends, and what concerns a state secret.
func TestBadFormsOfSheets(t *testing.T) {
	w := newWhole(t)
	w.Office(t)
	w.People(t)
	sheet := "网址名,目录名称\nx,绝密工程\n"
	for name, c := range map[string]struct {
		secret, sheet string
		status        int
		says          string
	}{
		"no answer":       {"", sheet, 422, "请先回答是否涉及国家秘密"},
		"another answer":  {"perhaps", sheet, 422, "请先回答是否涉及国家秘密"},
		"a secret":        {"yes", sheet, 422, "AS-2"},
		"a row that is":   {"no", "网址名,目录名称,是否涉及国家秘密\nx,绝密工程,是\n", 422, "第 2 行写明涉及国家秘密"},
		"nothing":         {"no", "", 422, "请选一个文件"},
		"too much":        {"no", strings.Repeat("a", 700<<10), 422, "文件太大"},
		"unknown heading": {"no", "网址名,status\nx,published\n", 422, "不认识这一栏"},
	} {
		got := w.sheetForm(t, own, c.secret, c.sheet, "")
		if got.status != c.status || !strings.Contains(got.body, c.says) || strings.Contains(got.body, "绝密工程") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for name, form := range map[string]url.Values{
		"no step":         {"secret": {"no"}},
		"another step":    {"secret": {"no"}, "step": {"publish"}},
		"no base64":       {"secret": {"no"}, "step": {"apply"}, "file": {"%%%"}},
		"another field":   {"secret": {"no"}, "step": {"apply"}, "department": {"2"}},
		"a field twice":   {"secret": {"no", "no"}, "step": {"apply"}},
		"a file too many": {"secret": {"no"}, "step": {"apply"}, "file2": {"AA"}},
	} {
		if got := w.post(t, own, "/desk/imports/confirm", form); got.status != 400 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if got := w.post(t, own, "/desk/imports/confirm", url.Values{"secret": {"yes"}, "step": {"apply"}, "file": {"5Y-W"}}); got.status != 422 || !strings.Contains(got.body, "AS-2") {
		t.Errorf("a secret, confirmed: %d", got.status)
	}
	for _, address := range []string{"/desk/imports/0", "/desk/imports/x", "/desk/imports/99999999999999999999", "/desk/imports/files/..%2fx"} {
		if got := w.get(t, own, address); got.status != 404 && got.status != 400 {
			t.Errorf("%s: %d", address, got.status)
		}
	}
}
