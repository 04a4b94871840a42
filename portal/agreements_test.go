package portal_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/PuerkitoBio/goquery"

	"shuyuan/datasets"
	"shuyuan/internal/account"
)

// textOf is what a PDF shows, as its reader copies it: the texts of its pages, put
// together without what only sets them.
func textOf(t *testing.T, raw string) string {
	t.Helper()
	var out strings.Builder
	for _, part := range regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`).FindAllStringSubmatch(raw, -1) {
		z, err := zlib.NewReader(strings.NewReader(part[1]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(z)
		if err != nil || !bytes.Contains(content, []byte("Tj")) {
			continue
		}
		for rest := content; ; {
			at := bytes.Index(rest, []byte("("))
			if at < 0 {
				break
			}
			rest = rest[at+1:]
			var units []uint16
			for rest[0] != ')' {
				var b [2]byte
				for i := range b {
					if rest[0] == '\\' {
						rest = rest[1:]
						if rest[0] == 'r' {
							rest[0] = '\r'
						}
					}
					b[i], rest = rest[0], rest[1:]
				}
				units = append(units, uint16(b[0])<<8|uint16(b[1]))
			}
			out.WriteString(string(utf16.Decode(units)))
		}
	}
	return out.String()
}

// bare is a text without its spaces and lines.
func bare(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\u3000", " ")), "")
}

// What both sides signed is given to both as a document with the seal, which says
// the same as the text, the same bytes each time; the text itself has the hash
// that stands on it, and whoever holds both numbers can ask whether it is one.
func TestAnAgreementIsADocumentThatCanBeChecked(t *testing.T) {
	w := newWhole(t)
	made, _ := w.hide(t, "on-conditions", datasets.Published, datasets.Conditional)
	d, err := w.Datasets.Dataset(t.Context(), account.Actor{}, made.Slug)
	if err != nil {
		t.Fatal(err)
	}
	w.everyone(t)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE users SET name = '㐂' || chr(134071) WHERE id = $1`, w.actorOf(t, citizen).ID); err != nil {
		t.Fatal(err)
	}
	at := w.applied(t, d)
	desk := "/desk" + at
	pdf, plain := at+"/agreement/1/pdf", at+"/agreement/1/text"
	if r := w.get(t, citizen, pdf); r.status != 404 {
		t.Errorf("signed by one side: %d", r.status)
	}
	revision := func() string {
		return w.get(t, own, desk).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "")
	}
	w.post303(t, own, desk+"/accept", url.Values{"revision": {revision()}})
	w.post303(t, own, desk+"/decide", url.Values{"revision": {revision()}, "item." + d.Resources[0].ID: {"granted"}})

	text := w.get(t, citizen, plain)
	sum := sha256.Sum256([]byte(text.body))
	hash := hex.EncodeToString(sum[:])
	if text.status != 200 || !strings.Contains(w.get(t, citizen, at).doc(t).Find(".sha").Text(), hash) {
		t.Fatalf("the text: %d, its hash %s is not on the page", text.status, hash)
	}
	got := w.get(t, citizen, pdf)
	h := got.header
	if got.status != 200 || h.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || !strings.Contains(h.Get("Content-Disposition"), "SQ-2026-") ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("%d %v", got.status, h)
	}
	if w.get(t, own, "/desk"+pdf).body != got.body || w.get(t, citizen, pdf).body != got.body {
		t.Error("it is another one each time")
	}
	shown := bare(textOf(t, got.body))
	if _, body, _ := strings.Cut(text.body, "\n"); !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(shown, "第1页共2页", ""), strings.TrimPrefix(at, "/applications/")+"第1稿", ""), bare(strings.ReplaceAll(body, "𠮷", "〔U+20BB7〕"))) {
		t.Errorf("it does not say what was signed:\n%s\n%s", shown, bare(body))
	}
	for _, part := range []string{hash, "双方已签", "第1页共2页", "㐂〔U+20BB7〕", "U+20BB7", "北京时间", "没有下列字"} {
		if !strings.Contains(shown, part) {
			t.Errorf("it does not say %s", part)
		}
	}
	for _, bad := range []string{"/JavaScript", "/JS", "/Launch", "/EmbeddedFile", "/AcroForm"} {
		if strings.Contains(got.body, bad) {
			t.Errorf("it has %s", bad)
		}
	}
	if !strings.Contains(got.body, "/Lang") || !strings.Contains(got.body, "/ToUnicode") {
		t.Error("it names no language, or its text cannot be copied")
	}
	for _, who := range []persona{visitor, other, "buyer"} {
		for _, address := range []string{pdf, plain, "/desk" + pdf, "/desk" + plain} {
			if r := w.get(t, who, address); r.status == 200 || strings.HasPrefix(r.body, "%PDF") {
				t.Errorf("%s is given %s", who, address)
			}
		}
	}

	number := strings.TrimPrefix(at, "/applications/")
	check := func(number, hash string) reply {
		return w.get(t, visitor, "/agreements/check?number="+url.QueryEscape(number)+"&sha256="+url.QueryEscape(hash))
	}
	if r := check(number, hash); r.status != 200 || !strings.Contains(r.doc(t).Find(".proof").Text(), "现在有效") || strings.Contains(r.doc(t).Find("main").Text(), "㐂") || strings.Contains(r.body, d.Title) {
		t.Errorf("checked: %d %s", r.status, r.doc(t).Find("main").Text())
	}
	nothing := check(number, strings.Repeat("0", 64))
	for name, c := range map[string]struct {
		number, hash string
		status       int
	}{
		"another hash": {number, strings.Repeat("0", 64), 404}, "another number": {"SQ-2026-999999", hash, 404}, "no hash": {number, "", 422}, "no number": {"", hash, 422},
		"part of the hash": {number, hash[:63], 422}, "hostile": {"<script>", "' OR 1=1", 422},
	} {
		r := check(c.number, c.hash)
		if r.status != c.status || r.doc(t).Find(".proof").Length() != 0 {
			t.Errorf("%s: %d", name, r.status)
		}
		if c.status == 404 && r.doc(t).Find(".note.bad").Text() != nothing.doc(t).Find(".note.bad").Text() {
			t.Errorf("%s is told apart from no agreement", name)
		}
	}
	grant := w.get(t, own, desk).doc(t).Find(`a[href^="/desk/grants/"]`).AttrOr("href", "")
	w.post303(t, own, grant+"/move", url.Values{"revision": {w.get(t, own, grant).doc(t).Find(`input[name=revision]`).First().AttrOr("value", "")}, "action": {"revoke"}, "reason": {"违规"}})
	if r := check(number, hash); !strings.Contains(r.doc(t).Find(".proof").Text(), "终止") {
		t.Errorf("revoked: %s", r.doc(t).Find(".proof").Text())
	}
}

// applied is the path of an application of a citizen for all of d's one file,
// submitted over HTTP.
func (w *whole) applied(t *testing.T, d *datasets.Dataset) string {
	t.Helper()
	at := w.post(t, citizen, "/datasets/"+d.Slug+"/apply", url.Values{"organisation": {"0"}}).header.Get("Location")
	edit := w.get(t, citizen, at+"/edit").doc(t)
	resource := d.Resources[0].ID
	form := url.Values{"revision": {edit.Find(`input[name=revision]`).AttrOr("value", "")}, "go": {"sign"}, "seen": {"1"}, "lane": {"public"}, "area": {"社会服务"}, "purpose": {"向本市居民提示下一日的空气质量，结果免费公布。" + strings.Repeat("很长的词averylongword", 20)},
		"outputs": {"超标概率表"}, "months": {"6"}, "storage": {"自有机房，磁盘加密。"}, "item." + resource: {"1"}}
	for i, name := range edit.Find(`.cols input`).Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("value", "") }) {
		form.Set("col."+resource+"."+strconv.Itoa(i), name)
	}
	if r := w.post(t, citizen, at+"/edit", form); r.header.Get("Location") != at+"/sign" {
		t.Fatalf("complete: %d %s", r.status, r.header.Get("Location"))
	}
	signed := url.Values{"agreed": {"1"}}
	w.get(t, citizen, at+"/sign").doc(t).Find(`form[action="` + at + `/sign"] input[type=hidden]`).Each(func(_ int, s *goquery.Selection) {
		if name := s.AttrOr("name", ""); name != "csrf" {
			signed.Set(name, s.AttrOr("value", ""))
		}
	})
	w.post303(t, citizen, at+"/sign", signed)
	return at
}
