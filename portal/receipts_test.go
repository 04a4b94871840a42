package portal_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/marketplace/marketplacetest"
)

// Anybody asks for a certificate of download on the page of a file, without an account
// and without script, takes it away and checks it.
func TestPagesOfACertificateOfDownload(t *testing.T) {
	w := marketplacetest.New(t)
	grid := w.Grid(t)
	p := wholeOn(t, w.Catalogue, func(s *setup) { s.Products = w.Products })
	d := grid["published-unconditional"]
	id := d.Resources[0].ID
	ask := "/receipts/of/" + id + "/1"
	if got := p.get(t, visitor, "/datasets/"+d.Slug+"/resources/"+id).doc(t).Find(`a[href="` + ask + `"]`).Text(); got != "下载凭证" {
		t.Errorf("on the page of the file: %q", got)
	}
	b := p.browser(t)
	page := b.open(ask)
	if page.status != 200 || page.doc(t).Find(`a[href^="/law/cn-tianjin-2018#legal_equivalence.open"]`).Length() != 1 || page.doc(t).Find(`input[name="csrf"]`).AttrOr("value", "") == "" {
		t.Fatalf("%s: %d", ask, page.status)
	}
	csrf := page.doc(t).Find(`input[name="csrf"]`).First().AttrOr("value", "")
	for form, status := range map[string]int{"": 422, "package": 422, "original": 303} { // the last makes the only one
		if r := b.send("POST", ask, url.Values{"csrf": {csrf}, "form": {form}}); r.status != status {
			t.Errorf("form %q: %d", form, r.status)
		}
	}
	if r := b.send("POST", ask, url.Values{"form": {"original"}}); r.status != 403 {
		t.Errorf("without the secret of the form: %d", r.status)
	}
	for _, slug := range []string{"published-conditional", "draft-unconditional", "published-withheld"} {
		want := 404
		if slug == "published-conditional" {
			want = 403
		}
		if r := b.open("/receipts/of/" + grid[slug].Resources[0].ID + "/1"); r.status != want {
			t.Errorf("%s: %d", slug, r.status)
		}
	}
	var number, sha, envelope string
	if err := w.Pool.QueryRow(t.Context(), `SELECT number, sha256, convert_from(envelope, 'UTF8') FROM download_receipts`).Scan(&number, &sha, &envelope); err != nil {
		t.Fatal(err)
	}
	at := "/receipts/" + number
	if r := b.open(at); r.doc(t).Find(`[data-verdict="valid"]`).Length() != 1 || !strings.Contains(r.body, sha) || !strings.Contains(r.body, "北京时间") {
		t.Errorf("%s: %d", at, r.status)
	}
	if r := b.open(at + "/dsse.json"); r.body != envelope {
		t.Error("what is taken away is not what was signed")
	}
	if r := b.open(at + "/pdf"); !strings.HasPrefix(r.body, "%PDF-") || b.checks("凭证.pdf", []byte(r.body)).doc(t).Find(`[data-verdict="valid"]`).Length() != 1 {
		t.Errorf("the PDF: %d", r.status)
	}
	if r := b.checks("凭证.json", []byte(envelope)); r.doc(t).Find(`[data-verdict="valid"]`).Length() != 1 || !strings.Contains(r.body, number) || !strings.Contains(r.doc(t).Find(".ans .file").Text(), "凭证.json") || !strings.HasPrefix(r.doc(t).Find("title").Text(), "真实有效 · ") {
		t.Errorf("the JSON: %d", r.status)
	}
	if r := b.open("/verify?q=" + strings.ToLower(number)); r.status != 303 || r.header.Get("Location") != at {
		t.Errorf("by its number: %d", r.status)
	}
	if r := b.open("/verify/" + sha + "?file=1"); r.doc(t).Find(`[data-verdict="valid"]`).Length() != 1 || !strings.Contains(r.body, number) {
		t.Errorf("by the digest of the file: %d", r.status)
	}
	if r := b.open("/verify/" + number + "/proof.json"); r.status != 200 || !json.Valid([]byte(r.body)) {
		t.Errorf("its proof: %d", r.status)
	}
	if r := b.open("/receipts/XZZ-1999-000001"); r.status != 404 {
		t.Errorf("one that there is not: %d", r.status)
	}
	conditional, err := w.Service.Version(t.Context(), account.System("test"), grid["published-conditional"].Resources[0].ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r := b.open("/verify/" + conditional.SHA256); conditional.SHA256 != sha && r.doc(t).Find(`[data-verdict="unknown"]`).Length() != 1 {
		t.Error("something is said of a file that is not open")
	}
}
