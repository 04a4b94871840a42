package api_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/portal/api"
)

// formOf is a form with a slot and files, name and content by turns, with a type
// that is not believed; and its media type.
func formOf(t *testing.T, slot string, files ...string) (body, media string) {
	t.Helper()
	var out bytes.Buffer
	m := multipart.NewWriter(&out)
	if err := m.WriteField("slot", slot); err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(files, 2) {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", multipart.FileContentDisposition("file", pair[0]))
		h.Set("Content-Type", "text/html")
		part, err := m.CreatePart(h)
		if err == nil {
			_, err = part.Write([]byte(pair[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), m.FormDataContentType()
}

// hands sends files of one material of an application.
func (w *applicant) hands(t *testing.T, number, slot string, want int, files []string, headers ...string) answer {
	t.Helper()
	body, media := formOf(t, slot, files...)
	return w.do(t, "addPapers", "/applications/"+number+"/papers", body, want, append([]string{"Content-Type", media}, headers...)...)
}

// listing lets the department of the entry ask for materials.
func (w *applicant) listing(t *testing.T, materials ...string) {
	t.Helper()
	if err := w.Licensing.SetConditions(t.Context(), w.officer, w.dataset.Slug, licensing.Conditions{Months: 12, Files: 20, Rows: 1000, Materials: materials}); err != nil {
		t.Fatal(err)
	}
}

// A program hands in what the entry lists, under the checks of the page, and takes
// back what is only prepared; what it sees stands in the order in which it came.
func TestAProgramHandsInMaterials(t *testing.T) {
	w := applyingBy(t, licensingtest.Tianjin, "2026-11-05")
	w.listing(t, "营业执照", "数据安全方案")
	var a api.Application
	w.sends(t, "beginApplication", "/datasets/"+w.dataset.Slug+"/applications", `{}`, 200).into(t, &a)
	at := "/applications/" + a.Number
	w.sends(t, "saveApplication", at, jsonOf(t, w.draft(a.Revision)), 200).into(t, &a)
	if len(a.Missing) != 2 || a.Missing[0].Field != "papers" || a.Sign != nil {
		t.Fatalf("%+v", a.Missing)
	}
	var p api.Papers
	w.do(t, "listPapers", at+"/papers", "", 200).into(t, &p)
	if p.Open != "application" || len(p.Slots) != 2 || !p.Slots[0].Missing || p.Slots[0].Slot != "营业执照" || len(p.Items) != 0 || p.Limits.File == 0 || p.Limits.Files == 0 {
		t.Fatalf("%+v", p)
	}
	for name, c := range map[string]struct {
		slot  string
		files []string
		says  string
	}{
		"nothing chosen":      {"营业执照", []string{"", ""}, "file"},
		"empty":               {"营业执照", []string{"a.pdf", ""}, "file"},
		"a page":              {"营业执照", []string{"a.pdf", "<html><script>alert(1)</script>"}, "file"},
		"a script in a PDF":   {"营业执照", []string{"a.pdf", "%PDF-1.4\n/JavaScript (app.alert(1))\n%%EOF\n"}, "file"},
		"nobody asked for it": {"无犯罪记录", []string{"a.pdf", licensingtest.PDF}, "slot"},
	} {
		var problem struct{ Errors []struct{ Location string } }
		answer := w.hands(t, a.Number, c.slot, 422, c.files)
		if answer.into(t, &problem); len(problem.Errors) != 1 || problem.Errors[0].Location != c.says {
			t.Errorf("%s: %s", name, answer.body)
		}
	}
	// several at once, the order kept though they come within one moment; a bad one is
	// named and those before it stay
	names := []string{"丙.pdf", "甲.pdf", "乙.pdf", "丁.pdf", "戊.pdf"}
	var files []string
	for _, n := range names {
		files = append(files, n, licensingtest.PDF)
	}
	w.hands(t, a.Number, "营业执照", 200, files).into(t, &p)
	said := w.hands(t, a.Number, "", 422, []string{"好.pdf", licensingtest.PDF, "坏.pdf", "no"})
	if !strings.Contains(string(said.body), "坏") {
		t.Errorf("%s", said.body)
	}
	var got []string
	w.hands(t, a.Number, "数据安全方案", 200, []string{"..\\方案\u202Efdp.exe", licensingtest.PDF}).into(t, &p)
	for _, x := range p.Items {
		got = append(got, x.Name)
	}
	if want := append(names, "好.pdf", "方案fdp.pdf"); !slices.Equal(got, want) {
		t.Errorf("they stand as %q, they came as %q", got, want)
	}
	if p.Slots[0].Missing || p.Slots[1].Missing || p.Items[0].For != "application" || p.Items[0].Handed != nil || p.Items[0].By != "王五" {
		t.Errorf("%+v", p)
	}

	// a file is given back as it came, as one to keep; it goes with what is asked
	one := strings.TrimPrefix(p.Items[0].URL, "https://data.example"+api.Base)
	file := w.do(t, "getPaper", one, "", 200)
	if string(file.body) != licensingtest.PDF || file.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || file.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%v %s", file.header, file.body)
	}
	w.do(t, "removePaper", one, "", 200).into(t, &p)
	if len(p.Items) != len(names)+1 {
		t.Errorf("%+v", p.Items)
	}
	w.do(t, "removePaper", one, "", 404)
	w.do(t, "getPaper", one, "", 404)

	// nobody else finds anything, by whatever key; a session is no key
	one = strings.TrimPrefix(p.Items[0].URL, "https://data.example"+api.Base)
	for name, key := range map[string]string{"a stranger": w.keyOf(t, w.Person(t, "赵六"), account.ScopeApply), "the department": w.keyOf(t, w.officer, account.ScopeApply)} {
		with := []string{"Authorization", "Bearer " + key}
		w.do(t, "listPapers", at+"/papers", "", 404, with...)
		w.do(t, "getPaper", one, "", 404, with...)
		w.do(t, "removePaper", one, "", 404, with...)
		w.hands(t, a.Number, "营业执照", 404, []string{"a.pdf", licensingtest.PDF}, with...)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	if r := ask(t, w.Server, http.MethodPost, api.Base+at+"/papers", "Authorization", "Bearer "+w.key, "Content-Type", "application/json"); r.status != 400 {
		t.Errorf("no form: %d %s", r.status, r.body)
	}

	// once it is signed nothing of it changes
	w.do(t, "getApplication", at, "", 200).into(t, &a)
	if _, err := w.Licensing.Submit(t.Context(), w.who, a.Number, a.Revision, a.Agreements[0].SHA256); err != nil {
		t.Fatal(err)
	}
	w.do(t, "removePaper", one, "", 409)
	w.hands(t, a.Number, "营业执照", 409, []string{"a.pdf", licensingtest.PDF})
	if w.do(t, "listPapers", at+"/papers", "", 200).into(t, &p); p.Open != "" || p.Items[0].Handed == nil || !strings.Contains(a.Agreements[0].Text, p.Items[0].SHA256) {
		t.Errorf("%+v", p)
	}
}

// Evidence of a dispute is prepared like materials, and goes to the authority with
// the dispute.
func TestAProgramPreparesADispute(t *testing.T) {
	w := applyingBy(t, licensingtest.Fujian, "2026-11-05")
	a := w.Accepted(t, w.officer, w.Submitted(t, w.who, w.dataset))
	a, err := w.Licensing.Decide(t.Context(), w.officer, a.Number, licensingtest.Refused(a), a.Revision)
	if err != nil {
		t.Fatal(err)
	}
	var p api.Papers
	w.hands(t, a.Number, "", 200, []string{"证据.pdf", licensingtest.PDF}).into(t, &p)
	if p.Open != "dispute" || len(p.Items) != 1 || p.Items[0].For != "dispute" {
		t.Fatalf("%+v", p)
	}
	w.sends(t, "disputeApplication", "/applications/"+a.Number+"/dispute", fmt.Sprintf(`{"revision":%d,"grounds":"保障措施写明了。"}`, a.Revision), 200)
	if w.do(t, "listPapers", "/applications/"+a.Number+"/papers", "", 200).into(t, &p); p.Open != "" || p.Items[0].Handed == nil {
		t.Errorf("%+v", p)
	}
}
