package portal_test

import (
	"mime"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/verify"
)

// The page of a version offers the forms that fit what is in it; each file is given out
// under its name and type, and anybody who sends it to be checked is told that it is
// genuine, and of one that was cut short or changed that it is not.
func TestTheFormsOfAVersion(t *testing.T) {
	w := marketplacetest.New(t)
	x := w.Made(t)
	w.Built(t, x, w.Release(t))
	p := wholeOn(t, w.Catalogue, func(s *setup) { s.Products = w.Products })
	var identifier string
	if err := w.Pool.QueryRow(t.Context(), `UPDATE users u SET password = o.password FROM users o WHERE o.identifier = 'own@tests.example' AND u.id = $1 RETURNING u.identifier`, w.Owner.ID).Scan(&identifier); err != nil {
		t.Fatal(err)
	}
	p.tokens["owner"] = p.signIn(t, identifier)
	at := "/account/products/" + x.Number + "/versions/1.0.0"
	boxes := func(r reply, only string) []string {
		return r.doc(t).Find(`#describe [name="forms"]` + only).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") })
	}
	all := []string{"csv", "xlsx", "json", "ndjson", "ndjson1", "parquet", "pdf"}
	page := p.get(t, "owner", at)
	if got := boxes(page, ""); !slices.Equal(got, all) {
		t.Errorf("of a table without places it offers %v", got)
	}
	if got := boxes(page, "[checked]"); !slices.Equal(got, []string{"csv", "json"}) {
		t.Errorf("chosen were %v", got)
	}
	for lang, says := range map[string][]string{
		"zh": {"GeoJSON：这份数据没有表示地点的列", "第一行是来源标识，不是数据", "原样附在里面"},
		"en": {"GeoJSON：This data has no column of places", "is the stamp and no row", "attached as it is"},
	} {
		text := p.get(t, "owner", at, "Accept-Language", lang).doc(t).Find("#describe").Text()
		for _, s := range says {
			if !strings.Contains(strings.ReplaceAll(text, ": ", "："), s) {
				t.Errorf("in %s it does not say %q: %s", lang, s, text)
			}
		}
	}
	if r := p.post(t, "owner", at, url.Values{"method": {"另一种方法"}, "forms": {"gif"}}); r.status != 422 || r.doc(t).Find("#method").Text() != "另一种方法" {
		t.Errorf("a form that there is not: %d", r.status)
	}
	p.post303(t, "owner", at, url.Values{"method": {"按车站分组计数"}, "notes": {"增加格式"}, "forms": all})
	if got := boxes(p.get(t, "owner", at), "[checked]"); !slices.Equal(got, all) {
		t.Errorf("then chosen are %v", got)
	}
	v := w.Move(t, x.Number, "1.0.0", marketplace.Check, marketplace.Seal, marketplace.Publish)
	if r := p.post(t, "owner", at, url.Values{"method": {"x"}, "forms": {"csv"}}); r.status != 409 || p.get(t, "owner", at).doc(t).Find("#describe").Length() != 0 {
		t.Errorf("a sealed version is described anew: %d", r.status)
	}
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(v.Artefacts) != len(all) || v.Notes != "增加格式" {
		t.Errorf("%d files, %q", len(v.Artefacts), v.Notes)
	}
	b := p.browser(t)
	for _, a := range v.Artefacts {
		r := p.get(t, "owner", at+"/files/"+url.PathEscape(a.Name))
		_, said, err := mime.ParseMediaType(r.header.Get("Content-Disposition"))
		if err != nil || r.status != 200 || said["filename"] != a.Name || r.header.Get("Content-Type") != a.Media || !strings.HasPrefix(a.Name, v.Full()+"-stations.") {
			t.Errorf("%s: %d %v %s", a.Name, r.status, r.header, err)
		}
		body := []byte(r.body)
		changed := slices.Clone(body)
		changed[len(body)/2] ^= 1
		for what, sent := range map[string][]byte{"as it was delivered": body, "cut short": body[:len(body)/2], "changed": changed} {
			word := verify.Verdict(b.checks(a.Name, sent).doc(t).Find("h1.word").AttrOr("data-verdict", ""))
			if word == "" || (word == verify.Valid) != (what == "as it was delivered") || word == verify.Lapsed {
				t.Errorf("%s %s: %q", a.Name, what, word)
			}
		}
	}
	public := p.get(t, visitor, "/products/"+x.Number).doc(t).Find("#files").Text()
	for _, s := range []string{"NDJSON（第一行是来源标识）", "PDF", "程序读数据时跳过这一行"} {
		if !strings.Contains(public, s) {
			t.Errorf("the page of the product does not say %q: %s", s, public)
		}
	}
}
