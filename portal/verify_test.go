package portal_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/portal"
)

// sold is the portal over a world with one published product, its files by their form,
// and the table without its stamp.
func sold(t *testing.T) (*marketplacetest.World, *whole, *marketplace.VersionView, map[stamp.Form][]byte, []byte) {
	t.Helper()
	w := marketplacetest.New(t)
	v := w.Published(t)
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	files := map[stamp.Form][]byte{}
	for _, a := range v.Artefacts {
		r, err := w.Store.Open(t.Context(), blob.Digest(a.SHA256))
		if err != nil {
			t.Fatal(err)
		}
		if files[a.Form], err = io.ReadAll(r); err != nil || r.Close() != nil {
			t.Fatal(err)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(files[stamp.CSV]), int64(len(files[stamp.CSV])))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("data.csv")
	if err != nil {
		t.Fatal(err)
	}
	bare, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return w, wholeOn(t, w.Catalogue, func(s *setup) { s.Products = w.Products }), v, files, bare
}

// checks sends a file as the form on the page does; parts are what stands in it.
func (b *browser) checks(name string, content []byte, more ...string) reply {
	b.t.Helper()
	form := b.open("/verify").doc(b.t).Find(`form[action="/verify"][enctype="multipart/form-data"]`)
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	err := m.WriteField("csrf", form.Find(`[name="csrf"]`).AttrOr("value", ""))
	if err == nil && name != "-" {
		var part io.Writer
		if part, err = m.CreateFormFile("file", name); err == nil {
			_, err = part.Write(content)
		}
	}
	for _, extra := range more {
		err = errors.Join(err, m.WriteField(extra, "1"))
	}
	if err = errors.Join(err, m.Close()); err != nil {
		b.t.Fatal(err)
	}
	r := b.as("", http.MethodPost, "/verify", nil)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body.Bytes())), int64(body.Len())
	r.Header.Set("Content-Type", m.FormDataContentType())
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return b.whole.send(b.t, r)
}

// Whoever has a file or a number is told one of five things without signing in, and
// nobody is told who bought it.
func TestAnybodyChecksAFileOrANumber(t *testing.T) {
	w, p, v, files, bare := sold(t)
	b := p.browser(t)
	word := func(what string, r reply, want verify.Verdict) {
		t.Helper()
		got := r.doc(t).Find("h1.word")
		if r.status != 200 || got.AttrOr("data-verdict", "") != string(want) || got.Text() != want.Words(false) {
			t.Errorf("%s: %d, %q, want %s: %.300s", what, r.status, got.Text(), want, r.doc(t).Find("main").Text())
		}
	}
	again := bytes.Replace(files[stamp.JSON], []byte(`"data":`), []byte(`"data": `), 1)
	forged := slices.Clone(again)
	at := bytes.Index(forged, []byte(`"data":`))
	at += bytes.IndexAny(forged[at:], "123456789")
	forged[at] = '1' + (forged[at]-'0')%9
	for _, c := range []struct {
		name string
		body []byte
		want verify.Verdict
	}{
		{"a.zip", files[stamp.CSV], verify.Valid}, {"a.json", again, verify.Unstamped}, {"a.json", forged, verify.Altered}, {"a.csv", bare, verify.Unstamped}, {"a.csv", []byte("a,b\n1,2\n"), verify.Unknown},
	} {
		r := b.checks(c.name, c.body)
		word(c.name, r, c.want)
		if !strings.Contains(r.header.Get("Cache-Control"), "no-store") {
			t.Errorf("an answer about a file may be kept: %s", r.header.Get("Cache-Control"))
		}
	}
	if diff := b.checks("a.json", forged).doc(t).Find(".diff dd"); diff.Length() != 2 || diff.First().Text() != v.Contents[0].Digest {
		t.Errorf("what differs: %q", diff.Text())
	}
	for _, what := range []string{v.Product, v.Full(), v.Seal.Digest, v.Artefacts[0].SHA256, url.PathEscape(v.Full())} {
		r := p.get(t, visitor, "/verify/"+what)
		word(what, r, verify.Valid)
		text := r.doc(t).Find("article.ans").Text()
		for _, want := range []string{v.Product, v.Seal.Statement.Predicate.Sources[0].Acquired.Date, v.Seal.Statement.Predicate.Sources[0].Provider.Department, v.Seal.Statement.Predicate.Mandate.Authorization, "检查点"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %s: %s", what, want, text)
			}
		}
		if entry := r.doc(t).Find("article.ans a[href='/api/v1/log/proof/inclusion?leaf=" + strconv.FormatInt(v.Seal.Leaf, 10) + "']").Text(); entry != fmt.Sprintf("日志第 %d 条", v.Seal.Leaf+1) {
			t.Errorf("the entry of the log is called %q, its index is %d", entry, v.Seal.Leaf)
		}
		if r.doc(t).Find("article.ans svg.seal").Length() != 1 || r.doc(t).Find("article.ans .void").Length() != 0 {
			t.Errorf("%s: the seal is not there, or void", what)
		}
	}
	for _, what := range []string{strings.ToLower(v.Product), url.PathEscape("ｐｒｄ—２０２６—０００００１"), "SHA256:" + strings.ToUpper(v.Seal.Digest), url.PathEscape(v.Full())} { // by the interface as on the page
		var said struct{ Verdict, Product string }
		if r := p.get(t, visitor, "/api/v1/verify/"+what); r.status != 200 || json.Unmarshal([]byte(r.body), &said) != nil || said.Verdict != string(verify.Valid) || said.Product != v.Product {
			t.Errorf("the interface says of %s: %d %+v", what, r.status, said)
		}
	}
	for _, what := range []string{url.PathEscape("РRD-2026-000001"), "nothing", "PRD-2O26-000001"} { // what can be no number is unknown, and no error
		if r := p.get(t, visitor, "/api/v1/verify/"+what); r.status != 200 || !strings.Contains(r.body, `"verdict":"unknown"`) {
			t.Errorf("the interface says of %s: %d %s", what, r.status, r.body)
		}
	}
	word("the digest of a content", p.get(t, visitor, "/verify/"+v.Contents[0].Digest+"?file=1"), verify.Unstamped)
	word("a number that there is not", p.get(t, visitor, "/verify/PRD-2026-999999"), verify.Unknown)
	for _, at := range []string{"/verify?q=djz-2026-000001", "/verify/DJZ-2026-000001"} { // a certificate has a page of its own that says whether it counts
		if r := p.get(t, visitor, at); r.status != 303 || r.header.Get("Location") != "/certificates/DJZ-2026-000001" {
			t.Errorf("%s: %d to %q", at, r.status, r.header.Get("Location"))
		}
	}
	if r := p.get(t, visitor, "/verify?q="+url.QueryEscape(" ｐｒｄ—2026—000001 ")); r.status != 303 || r.header.Get("Location") != "/verify/PRD-2026-000001" {
		t.Errorf("a number as a Chinese keyboard types it: %d %s", r.status, r.header.Get("Location"))
	}
	for _, bad := range []string{"/verify?q=" + url.QueryEscape("РRD-2026-000001"), "/verify/" + url.PathEscape("РRD-2026-000001"), "/verify/nothing", "/verify?q="} {
		if r := p.get(t, visitor, bad); r.status != 422 || r.doc(t).Find("#q-note .err").Text() == "" || r.doc(t).Find("h1.word").Length() != 0 {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
	if r := p.get(t, visitor, "/verify/PRD-2026-999999", "Accept-Language", "en"); !strings.Contains(r.body, ">unknown<") {
		t.Error("the answer is not in English")
	}
	var proof verify.Proof
	r := p.get(t, visitor, "/verify/"+v.Full()+"/proof.json")
	if err := json.Unmarshal([]byte(r.body), &proof); err != nil || !strings.Contains(r.header.Get("Content-Disposition"), ".proof.json") {
		t.Fatalf("%d %v", r.status, err)
	}
	got, err := verify.File(t.Context(), bytes.NewReader(again), int64(len(again)), verify.Options{TrustLookup: true, Proofs: []verify.Proof{proof}})
	if err != nil || got.Statement != nil || len(got.Roots) == 0 { // the proof is whole, and nobody vouched for its keys
		t.Errorf("%+v, %v", got, err)
	}

	w.Move(t, v.Product, "1.0.0", marketplace.Recall)
	w.Set(w.Clock().Add(3 * time.Second))
	word("a file of what was recalled", b.checks("a.zip", files[stamp.CSV]), verify.Lapsed)
	r = p.get(t, visitor, "/verify/"+v.Full())
	word("what was recalled", r, verify.Lapsed)
	if !strings.Contains(r.body, "示例理由") || r.doc(t).Find("article.ans .void svg.seal").Length() != 1 {
		t.Error("the page does not say why, or the seal is as it was")
	}
}

// What a file takes to read counts against whoever sent it, and against nobody else; one
// whose reader is killed is answered, and called no form that was cut off.
func TestWhatAFileTakesCounts(t *testing.T) {
	w := marketplacetest.New(t)
	w.Products.Checks.Second = 2000 // as many files is a second: each of these is some
	p := wholeOn(t, w.Catalogue, func(s *setup) {
		s.Products = w.Products
		s.limits[string(portal.CheckVisit)] = account.Rate{Limit: 10, Window: time.Minute}
		s.Config.Proxies = prefixes(t, []string{"0.0.0.0/32"})
	})
	b := p.browser(t)
	send := func(from string, body string) reply {
		t.Helper()
		var form bytes.Buffer
		m := multipart.NewWriter(&form)
		part, err := m.CreateFormField("csrf")
		if err == nil {
			part, err = m.CreateFormFile("file", "a.csv")
		}
		if err == nil {
			_, err = io.WriteString(part, body)
		}
		if err = errors.Join(err, m.Close()); err != nil {
			t.Fatal(err)
		}
		r := b.as("", http.MethodPost, "/verify", nil)
		r.Body, r.ContentLength = io.NopCloser(&form), int64(form.Len())
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.Header.Set("X-Forwarded-For", from)
		return p.send(t, r)
	}
	n := 0
	for ; n < 5; n++ {
		if r := send("203.0.113.7", "a,b\n1,2\n"); r.status != 200 {
			if r.status != http.StatusTooManyRequests || n == 0 || r.header.Get("Retry-After") == "" || !strings.Contains(r.doc(t).Find("main").Text(), "读得久的一个算几个") {
				t.Errorf("file %d: %d %s", n, r.status, r.doc(t).Find("main").Text())
			}
			break
		}
	}
	if n == 5 {
		t.Error("five files of many each are let through where ten may be")
	}
	if r := send("198.51.100.9", "a,b\n1,2\n"); r.status != 200 || r.doc(t).Find("h1.word").Length() != 1 {
		t.Errorf("somebody else: %d", r.status)
	}
	w.Products.Checks.Time = time.Millisecond
	if r := send("192.0.2.4", "a,b\n1,2\n"); r.status != 200 || r.doc(t).Find("h1.word").AttrOr("data-verdict", "") != string(verify.Unknown) || !strings.Contains(r.body, "没有核对完") {
		t.Errorf("a file whose reader is killed: %d %s", r.status, r.doc(t).Find("main").Text())
	}
}

// What no form of ours sends.
func TestWhatIsNoFileToCheck(t *testing.T) {
	p := newWhole(t)
	b := p.browser(t)
	for what, c := range map[string]struct {
		got  reply
		want int
	}{
		"nothing": {b.checks("a.csv", nil), 422}, "no name": {b.checks("", []byte("a")), 422}, "too much": {b.checks("a.csv", bytes.Repeat([]byte("a"), 1<<20+1)), 422},
		"no file": {b.checks("-", nil), 400}, "a field more": {b.checks("a.csv", []byte("a,b\n1,2\n"), "buyer"), 400},
	} {
		if c.got.status != c.want || c.got.doc(t).Find("h1.word").Length() != 0 {
			t.Errorf("%s: %d", what, c.got.status)
		}
	}
	for address, want := range map[string]int{"/verify/PRD-2026-000001/proof.json": 404, "/verify/%FF": 400, "/verify?x=1": 400, "/verify/PRD-2026-000001?x=1": 400, "/marketplace?kind=nothing": 422, "/marketplace?before=x": 400, "/marketplace?q=" + strings.Repeat("a", 101): 422, "/products/PRD-2026-000001": 404, "/products/PRD-2026-000001/1.0.0/notice.txt": 404} {
		if r := p.get(t, visitor, address); r.status != want {
			t.Errorf("%s: %d, want %d", address, r.status, want)
		}
	}
}

// The page of a product says where it is from, and what anybody can take away of that.
func TestThePublicPageOfAProduct(t *testing.T) {
	w, p, v, _, _ := sold(t)
	r := p.get(t, visitor, "/products/"+v.Product)
	doc := r.doc(t)
	if r.status != 200 || doc.Find(".ph svg.seal").Length() != 1 || doc.Find("figure.prov svg rect").Length() < 4 || doc.Find(".tree li").Length() < 3 {
		t.Fatalf("%d %s", r.status, doc.Find("main").Text())
	}
	text := doc.Find("main").Text()
	s := v.Seal.Statement.Predicate
	for _, want := range []string{v.Artefacts[0].SHA256, v.Contents[0].Digest, s.Sources[0].Acquired.Date, s.Sources[0].Title, s.Mandate.Authorization, "数据资源持有权", "国家"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	if strings.Contains(text, w.Owner.Name) {
		t.Error("the page names a person")
	}
	for file, want := range map[string]string{"notice.txt": s.Sources[0].Acquired.Date, "stamp.dsse.json": `"payloadType"`, "prov.jsonld": "prov"} {
		if r := p.get(t, visitor, "/products/"+v.Product+"/1.0.0/"+file); r.status != 200 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %d %.100s", file, r.status, r.body)
		}
	}
	for _, file := range []string{"/1.0.0/other.txt", "/1.0.1/notice.txt"} {
		if r := p.get(t, visitor, "/products/"+v.Product+file); r.status != 404 {
			t.Errorf("%s: %d", file, r.status)
		}
	}
	source := s.Sources[0].Provider.Code
	for query, want := range map[string]int{"": 1, "?q=" + url.QueryEscape("客流"): 1, "?q=nothing": 0, "?kind=dataset": 1, "?kind=model": 0, "?q=" + v.Product: 1, "?source=never-there": 0} {
		r := p.get(t, visitor, "/marketplace"+query)
		if got := r.doc(t).Find(".goods > li").Length(); r.status != 200 || got != want {
			t.Errorf("%s: %d, %d products, want %d (%s)", query, r.status, got, want, source)
		}
	}
	options := p.get(t, visitor, "/marketplace").doc(t).Find("#source option")
	if options.Length() < 2 {
		t.Fatal("no department is offered")
	}
	if got := p.get(t, visitor, "/marketplace?source="+options.Eq(1).AttrOr("value", "")).doc(t).Find(".goods > li").Length(); got != 1 {
		t.Errorf("of the department: %d", got)
	}
	if about := p.get(t, visitor, "/about").doc(t).Find("main .lines").Text(); strings.Contains(about, "还没有盖了印的产品") {
		t.Error("the promise is not kept where it is")
	}
}
