package portal_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/licensing"
	"shuyuan/portal"
)

// table is a CSV of some hundred kilobytes that compresses well.
func table(rows int) string {
	var b strings.Builder
	b.WriteString("年份,地区,人口\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,福建省第%d县,%d\n", 2000+i%25, i, 4000+i*7%1000)
	}
	return b.String()
}

// offer publishes a file, and returns its address.
func (w *whole) offer(t *testing.T, name, text string) string {
	t.Helper()
	_, v := w.File(t, name, text)
	return "/d/" + v.ResourceID + "/1/" + url.PathEscape(name)
}

func digest(b string) string {
	sum := sha256.Sum256([]byte(b))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func TestADownloadIsTheFile(t *testing.T) {
	w := newWhole(t)
	text := table(4000)
	r := w.get(t, visitor, w.offer(t, "人口.csv", text))
	if r.status != http.StatusOK || r.body != text {
		t.Fatalf("%d, %d bytes", r.status, len(r.body))
	}
	for name, want := range map[string]string{
		"Content-Length": strconv.Itoa(len(text)), "Content-Digest": digest(text), "Repr-Digest": digest(text), "Accept-Ranges": "bytes",
		"Content-Type": "text/csv; charset=utf-8", "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"Content-Encoding": "", "Set-Cookie": "", "Vary": "Accept-Encoding",
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if tag := r.header.Get("ETag"); !strings.HasPrefix(tag, `"`) || len(tag) != 34 {
		t.Errorf("the ETag is not strong: %s", tag)
	}
	if _, err := http.ParseTime(r.header.Get("Last-Modified")); err != nil {
		t.Error(err)
	}
	head := w.send(t, w.as(visitor, http.MethodHead, w.offer(t, "b.csv", text), nil))
	if head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Length") != strconv.Itoa(len(text)) || head.header.Get("Repr-Digest") != digest(text) || head.header.Get("Content-Digest") != "" {
		t.Errorf("HEAD: %d, %d bytes, %v", head.status, len(head.body), head.header)
	}
}

// A browser asks before a page of another site may read a part of a file. It is
// answered alike on both origins, and alike for what is not there.
func TestOtherSitesMayAskForPartsOfFiles(t *testing.T) {
	w := newWhole(t)
	address := w.offer(t, "a.csv", table(10))
	newest := "/r/" + strings.Split(address, "/")[2]
	for _, path := range []string{address, newest, "/d/neverthere/1/a.csv", "/r/neverthere"} {
		for name, app := range map[string]*fiber.App{"portal": w.App(), "files": w.Files()} {
			r := w.as(visitor, http.MethodOptions, path, nil)
			r.Header.Set("Origin", "https://elsewhere.example")
			r.Header.Set("Access-Control-Request-Method", "GET")
			r.Header.Set("Access-Control-Request-Headers", "authorization,if-match,if-none-match,if-range,range")
			response, err := app.Test(r, -1)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			h := response.Header
			if response.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Set-Cookie") != "" ||
				!strings.HasPrefix(h.Get("Access-Control-Allow-Methods"), "GET, HEAD") || h.Get("Access-Control-Max-Age") != "86400" {
				t.Errorf("%s of %s: %d %v", path, name, response.StatusCode, h)
			}
			for _, header := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "Authorization"} {
				if !slices.Contains(strings.Split(h.Get("Access-Control-Allow-Headers"), ", "), header) {
					t.Errorf("%s of %s: a page may not send %s", path, name, header)
				}
			}
		}
	}
}

func TestWhoHasTheFileIsNotSentItAgain(t *testing.T) {
	w := newWhole(t)
	address := w.offer(t, "a.csv", table(10))
	first := w.get(t, visitor, address)
	tag, modified := first.header.Get("ETag"), first.header.Get("Last-Modified")
	for _, c := range []struct {
		name   string
		want   int
		header []string
	}{
		{"the same", 304, []string{"If-None-Match", tag}},
		{"weakly the same", 304, []string{"If-None-Match", "W/" + tag}},
		{"one of several", 304, []string{"If-None-Match", `"x", ` + tag + ` ,"y"`}},
		{"any", 304, []string{"If-None-Match", "*"}},
		{"another", 200, []string{"If-None-Match", `"x"`}},
		{"no tag at all", 200, []string{"If-None-Match", "x"}},
		{"a part of it", 200, []string{"If-None-Match", strings.Trim(tag, `"`)}},
		{"not since", 304, []string{"If-Modified-Since", modified}},
		{"since long ago", 200, []string{"If-Modified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"}},
		{"since no time", 200, []string{"If-Modified-Since", "yesterday"}},
		{"a tag is asked before a time", 200, []string{"If-None-Match", `"x"`, "If-Modified-Since", modified}},
		{"only this", 200, []string{"If-Match", tag}},
		{"only one of these", 200, []string{"If-Match", `"x", ` + tag}},
		{"only if there", 200, []string{"If-Match", "*"}},
		{"only another", 412, []string{"If-Match", `"x"`}},
		{"weakly this is not this", 412, []string{"If-Match", "W/" + tag}},
		{"only another, and not the same", 412, []string{"If-Match", `"x"`, "If-None-Match", tag}},
		{"the same, and a part", 304, []string{"If-None-Match", tag, "Range", "bytes=0-1"}},
	} {
		r := w.get(t, visitor, address, c.header...)
		if r.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, r.status, c.want)
		}
		if c.want != 200 && (c.want == 304 && r.body != "" || r.header.Get("Content-Disposition") != "" || r.header.Get("Content-Digest") != "") {
			t.Errorf("%s: %q %v", c.name, r.body, r.header)
		}
		if c.want == 304 && (r.header.Get("ETag") != tag || r.header.Get("Cache-Control") != first.header.Get("Cache-Control") || r.header.Get("Vary") != first.header.Get("Vary")) {
			t.Errorf("%s: a 304 that says less than its 200: %v", c.name, r.header)
		}
	}
}

// The library of the language answers ranges too; where the two agree there is
// little doubt.
func TestRangesAreCutAsOthersCutThem(t *testing.T) {
	w := newWhole(t)
	text := table(50)
	address := w.offer(t, "a.csv", text)
	tag := w.get(t, visitor, address).header.Get("ETag")
	theirs := func(header string) reply {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Range", header)
		rec.Header().Set("ETag", tag)
		rec.Header().Set("Content-Type", "text/csv; charset=utf-8")
		http.ServeContent(rec, r, "a.csv", time.Time{}, strings.NewReader(text))
		return reply{rec.Code, rec.Header(), rec.Body.String()}
	}
	n := len(text)
	for _, header := range []string{
		"bytes=0-0", "bytes=0-99", "bytes=100-", "bytes=-1", "bytes=-100", fmt.Sprintf("bytes=%d-", n-1), fmt.Sprintf("bytes=0-%d", n-1), fmt.Sprintf("bytes=0-%d", n+1000),
		fmt.Sprintf("bytes=-%d", n+1), "bytes=0-9,100-109", "bytes=100-109,0-9", "bytes=-5,0-4", fmt.Sprintf("bytes=%d-", n), "bytes=9-1", fmt.Sprintf("bytes=5-9,%d-", n), "",
	} {
		ours, want := w.get(t, visitor, address, "Range", header), theirs(header)
		if ours.status != want.status {
			t.Errorf("%q: %d, the library says %d", header, ours.status, want.status)
			continue
		}
		if ours.status == http.StatusRequestedRangeNotSatisfiable {
			if got := ours.header.Get("Content-Range"); got != fmt.Sprintf("bytes */%d", n) {
				t.Errorf("%q: Content-Range %q", header, got)
			}
			continue
		}
		if got := ours.header.Get("Content-Range"); got != want.header.Get("Content-Range") {
			t.Errorf("%q: Content-Range %q, the library says %q", header, got, want.header.Get("Content-Range"))
		}
		if diff := cmp.Diff(parts(t, want), parts(t, ours)); diff != "" {
			t.Errorf("%q: %s", header, diff)
		}
		if got := ours.header.Get("Content-Length"); got != strconv.Itoa(len(ours.body)) {
			t.Errorf("%q: %d bytes announced as %s", header, len(ours.body), got)
		}
		if ours.status == http.StatusPartialContent && (ours.header.Get("ETag") != tag || ours.header.Get("Repr-Digest") != digest(text) || ours.header.Get("Content-Digest") != "") {
			t.Errorf("%q: %v", header, ours.header)
		}
	}
	// What is no range is no reason to refuse the file (RFC 9110, 14.2); too
	// much of it is.
	for header, want := range map[string]int{
		"bytes=a-b": 200, "rows=0-1": 200, "bytes=0-1,x": 200, "bytes 0-1": 200,
		"bytes=" + strings.Repeat("0-0,2-2,", 500): 416, "bytes=0-,0-,0-": 416,
	} {
		if r := w.get(t, visitor, address, "Range", header); r.status != want {
			t.Errorf("%.40q: %d, want %d", header, r.status, want)
		}
	}
	if r := w.send(t, w.as(visitor, http.MethodHead, address, nil), "Range", "bytes=0-1"); r.status != 200 || r.header.Get("Content-Length") != strconv.Itoa(n) {
		t.Errorf("HEAD knows no ranges: %d %v", r.status, r.header)
	}
}

// parts are the bodies of an answer with their places.
func parts(t *testing.T, r reply) []string {
	t.Helper()
	media, params, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil || media != "multipart/byteranges" {
		return []string{r.body}
	}
	var out []string
	reader := multipart.NewReader(strings.NewReader(r.body), params["boundary"])
	for {
		p, err := reader.NextPart()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Header.Get("Content-Range")+" "+p.Header.Get("Content-Type")+": "+string(body))
	}
}

// A part is sent only of the very state that the reader has the rest of; no
// file is ever put together from two.
func TestGoingOnAfterABreak(t *testing.T) {
	w := newWhole(t)
	text := table(100)
	address := w.offer(t, "a.csv", text)
	first := w.get(t, visitor, address)
	for _, c := range []struct {
		name, header string
		want         int
	}{
		{"the same state", first.header.Get("ETag"), 206},
		{"another state", `"x"`, 200},
		{"weakly the same", "W/" + first.header.Get("ETag"), 200},
		{"its time", first.header.Get("Last-Modified"), 200},
		{"nonsense", "x", 200},
	} {
		r := w.get(t, visitor, address, "Range", "bytes=10-", "If-Range", c.header)
		if r.status != c.want {
			t.Errorf("%s: %d, want %d", c.name, r.status, c.want)
		}
		if whole := r.body == text; whole != (c.want == 200) {
			t.Errorf("%s: %d of %d bytes", c.name, len(r.body), len(text))
		}
	}
	r := w.get(t, visitor, address, "Range", "bytes=9999999-", "If-Range", `"x"`)
	if r.status != 200 {
		t.Errorf("a range of another state is no reason to refuse: %d", r.status)
	}
}

func decode(t *testing.T, coding, body string) string {
	t.Helper()
	var r io.Reader
	var err error
	switch coding {
	case "br":
		r = brotli.NewReader(strings.NewReader(body))
	case "gzip":
		r, err = gzip.NewReader(strings.NewReader(body))
	case "zstd":
		r, err = zstd.NewReader(strings.NewReader(body))
	default:
		return body
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestTextGoesOutCompressed(t *testing.T) {
	w := newWhole(t)
	text := table(3000)
	address := w.offer(t, "a.csv", text)
	plain := w.get(t, visitor, address)
	tags := map[string]bool{plain.header.Get("ETag"): true}
	for accept, coding := range map[string]string{"br": "br", "zstd": "zstd", "gzip": "gzip", "gzip, deflate, br, zstd": "br", "gzip;q=1, br;q=0": "gzip", "GZIP": "gzip", "deflate": "", "br;q=0, gzip;Q=0": "", "*": "", "identity": ""} {
		r := w.get(t, visitor, address, "Accept-Encoding", accept)
		if r.status != 200 || r.header.Get("Content-Encoding") != coding || decode(t, coding, r.body) != text {
			t.Errorf("%s: %d, %q, %d bytes", accept, r.status, r.header.Get("Content-Encoding"), len(r.body))
		}
		if r.header.Get("Vary") != "Accept-Encoding" || r.header.Get("Content-Length") != strconv.Itoa(len(r.body)) {
			t.Errorf("%s: %v", accept, r.header)
		}
		if r.header.Get("Content-Digest") != digest(r.body) || r.header.Get("Repr-Digest") != digest(r.body) {
			t.Errorf("%s: the digest is not that of what is sent", accept)
		}
		if coding == "" {
			continue
		}
		tag := r.header.Get("ETag")
		if len(r.body) > len(text)/2 || strings.HasPrefix(tag, "W/") || r.header.Get("Accept-Ranges") != "none" {
			t.Errorf("%s: %d bytes, %v", accept, len(r.body), r.header)
		}
		tags[tag] = true
		if got := w.get(t, visitor, address, "Accept-Encoding", accept, "If-None-Match", tag); got.status != 304 || got.header.Get("ETag") != tag {
			t.Errorf("%s: who has it is sent it again: %d", accept, got.status)
		}
		if got := w.get(t, visitor, address, "Accept-Encoding", accept, "If-None-Match", plain.header.Get("ETag")); got.status != 304 || got.header.Get("ETag") != plain.header.Get("ETag") {
			t.Errorf("%s: who has the plain one is sent it again: %d", accept, got.status)
		}
		head := w.send(t, w.as(visitor, http.MethodHead, address, nil), "Accept-Encoding", accept)
		if head.header.Get("Content-Length") != strconv.Itoa(len(r.body)) || head.header.Get("ETag") != tag || head.header.Get("Content-Encoding") != coding {
			t.Errorf("%s: HEAD: %v", accept, head.header)
		}
		// A part is a part of the plain file, also for who has begun with
		// another form of it.
		if got := w.get(t, visitor, address, "Accept-Encoding", accept, "Range", "bytes=0-9"); got.status != 206 || got.body != text[:10] || got.header.Get("Content-Encoding") != "" || got.header.Get("ETag") != plain.header.Get("ETag") {
			t.Errorf("%s: a part: %d %q %v", accept, got.status, got.body, got.header)
		}
		if got := w.get(t, visitor, address, "Accept-Encoding", accept, "Range", "bytes=10-", "If-Range", tag); got.status != 200 || decode(t, coding, got.body) != text {
			t.Errorf("%s: the rest of a compressed file: %d", accept, got.status)
		}
		if got := w.get(t, visitor, address, "Accept-Encoding", accept, "If-Match", tag); got.status != 200 {
			t.Errorf("%s: If-Match: %d", accept, got.status)
		}
	}
	if len(tags) != 4 {
		t.Errorf("%d tags for 4 forms of the file", len(tags))
	}
	for name, text := range map[string]string{"small.csv": "a,b\n1,2\n", "packed.csv.gz": gzipped(t, table(2000))} {
		r := w.get(t, visitor, w.offer(t, name, text), "Accept-Encoding", "br, gzip, zstd")
		if r.header.Get("Content-Encoding") != "" || r.body != text || r.header.Get("Accept-Ranges") != "bytes" {
			t.Errorf("%s is compressed for nothing: %v", name, r.header)
		}
	}
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Names reach the reader as they are (RFC 6266, RFC 8187), and the address
// with the name in it is found.
func TestFilesKeepTheirNames(t *testing.T) {
	w := newWhole(t)
	for _, name := range []string{"a.csv", "人口 普查 2020.csv", `a"b'c;d.csv`, "it's (1) [2] {3}.csv", "50%.csv", "50%25.csv", "a+b&c=d@e:f,g!.csv", "é日本語😀.csv", "a*b~c`d|e^f.csv", "a#b.csv", "a%2Fb.csv"} {
		r := w.get(t, visitor, w.offer(t, name, "a,b\n1,2\n"))
		if r.status != 200 {
			t.Errorf("%s: %d", name, r.status)
			continue
		}
		kind, params, err := mime.ParseMediaType(r.header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || params["filename"] != name {
			t.Errorf("%s: %v, %s", name, err, r.header.Get("Content-Disposition"))
		}
		plain, _, _ := strings.Cut(r.header.Get("Content-Disposition"), "; filename*=")
		if strings.ContainsFunc(plain, func(r rune) bool { return r > 0x7e || r < 0x20 }) {
			t.Errorf("%s: an old client is sent %s", name, plain)
		}
	}
}

func TestTheSameRowsInAnotherFormat(t *testing.T) {
	w := newWhole(t)
	d, v := w.File(t, "人口.csv", "年份,人口\n2025,4193\n")
	at := "/d/" + v.ResourceID + "/1/"
	for _, c := range []struct {
		path, want, name string
	}{
		{"data.csv", "年份,人口\n2025,4193\n", "人口.csv"},
		{"data.csv?bom=1", "\ufeff年份,人口\n2025,4193\n", "人口.csv"},
		{"data.csv?table=1", "年份,人口\n2025,4193\n", "人口.csv"},
		{"data.json", "[\n{\"年份\":2025,\"人口\":4193}\n]\n", "人口.json"},
		{"data.ndjson", "{\"年份\":2025,\"人口\":4193}\n", "人口.ndjson"},
	} {
		r := w.get(t, visitor, at+c.path)
		_, params, _ := mime.ParseMediaType(r.header.Get("Content-Disposition"))
		if r.status != 200 || r.body != c.want || params["filename"] != c.name || r.header.Get("Content-Digest") != digest(c.want) || !strings.Contains(r.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %q %v", c.path, r.status, r.body, r.header)
		}
		if part := w.get(t, visitor, at+c.path, "Range", "bytes=1-3"); part.status != 206 || part.body != c.want[1:4] {
			t.Errorf("%s: a part: %d %q", c.path, part.status, part.body)
		}
	}
	for path, want := range map[string]int{
		"data.geojson": 404, "data.zip": 404, "data.csv-bom": 404, "package.zip?bom=1": 400, "package.zip?table=2": 400, "data.": 404, "data": 404, "data.csv.gz": 404, "other.csv": 404, "data.CSV": 404, "..%5Cdata.csv": 400, "data.csv?bom=2": 400, "data.json?bom=1": 400,
		"data.csv?table=0": 400, "data.csv?table=2": 400, "data.csv?table=x": 400, "data.csv?table=-1": 400, "data.csv?callback=x": 400, "data.csv?format=..%2Fx": 400, url.PathEscape("人口.csv") + "?bom=1": 400,
	} {
		if r := w.get(t, visitor, at+path); r.status != want {
			t.Errorf("%s: %d, want %d", path, r.status, want)
		}
	}
	for _, number := range []string{"0", "01", "-1", "2", "1.0", "+1", "x", "99999999999999999999", "１"} {
		if r := w.get(t, visitor, "/d/"+v.ResourceID+"/"+url.PathEscape(number)+"/data.csv"); r.status != 404 {
			t.Errorf("version %s: %d", number, r.status)
		}
	}

	for name, begins := range map[string]string{"data.xlsx": "PK\x03\x04", "data.parquet": "PAR1", "data.xml": "<?xml", "package.zip": "PK\x03\x04"} {
		r := w.get(t, visitor, at+name)
		if r.status != 200 || !strings.HasPrefix(r.body, begins) || r.header.Get("Content-Digest") != digest(r.body) || !strings.HasPrefix(r.header.Get("ETag"), `"`) {
			t.Errorf("%s: %d %.20q %v", name, r.status, r.body, r.header)
		}
		if part := w.get(t, visitor, at+name, "Range", "bytes=1-3"); part.status != 206 || part.body != r.body[1:4] {
			t.Errorf("%s: a part: %d %q", name, part.status, part.body)
		}
	}

	// A new version has a new address; the old one stays what it was.
	w.Version(t, d, v.ResourceID, "人口2.csv", "年份,人口\n2026,4200\n")
	if r := w.get(t, visitor, "/r/"+v.ResourceID); r.status != 302 || r.header.Get("Location") != "/d/"+v.ResourceID+"/2/"+url.PathEscape("人口2.csv") || r.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("the newest: %d %v", r.status, r.header)
	}
	if r := w.get(t, visitor, at+"data.csv"); r.body != "年份,人口\n2025,4193\n" {
		t.Errorf("the first version: %q", r.body)
	}
}

// An origin of its own for downloads serves what a visitor may have, whoever
// asks, and sets no cookie.
func TestTheOriginOfDownloadsKnowsNobody(t *testing.T) {
	w := newWhole(t, func(d *setup) { d.Config.FilesURL = "https://files.example/" })
	_, open := w.File(t, "a.csv", "a,b\n1,2\n")
	_, draft := w.File(t, "a.csv", "a,b\n3,4\n", func(d *datasets.Dataset) { d.Status = datasets.Draft })
	if r := w.get(t, visitor, "/r/"+open.ResourceID); r.header.Get("Location") != "https://files.example/d/"+open.ResourceID+"/1/a.csv" {
		t.Errorf("the newest lies at %s", r.header.Get("Location"))
	}
	for path, want := range map[string]int{"/d/" + open.ResourceID + "/1/a.csv": 200, "/d/" + draft.ResourceID + "/1/a.csv": 404, "/r/" + open.ResourceID: 302, "/healthz": 200, "/robots.txt": 200, "/": 404, "/datasets": 404, "/sign-in": 404, "/account": 404, "/api/v1/datasets": 404} {
		for _, who := range personas {
			response, err := w.Files().Test(w.as(who, http.MethodGet, path, nil), -1)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != want || len(response.Cookies()) > 0 {
				t.Errorf("%s: %s: %d, want %d; cookies %v", who, path, response.StatusCode, want, response.Cookies())
			}
		}
	}
}

// What somebody fetched who had to be let in, no cache on the way keeps for
// others.
func TestOnlyWhatVisitorsGetIsKeptOnTheWay(t *testing.T) {
	w := newWhole(t)
	_, open := w.File(t, "a.csv", "a,b\n1,2\n")
	_, draft := w.File(t, "a.csv", "a,b\n3,4\n", func(d *datasets.Dataset) { d.Status = datasets.Draft })
	for _, c := range []struct {
		who     persona
		v       *datasets.Version
		private bool
	}{{visitor, open, false}, {own, open, true}, {own, draft, true}, {key, open, true}, {key, draft, true}} {
		r := w.get(t, c.who, "/d/"+c.v.ResourceID+"/1/a.csv")
		if private := strings.Contains(r.header.Get("Cache-Control"), "no-store"); r.status != 200 || private != c.private {
			t.Errorf("%s: %d %s", c.who, r.status, r.header.Get("Cache-Control"))
		}
	}
}

// tied is a store whose objects die with the context they were opened in, as a
// connection to an object store does.
type tied struct{ blob.Store }

func (s tied) Open(ctx context.Context, d blob.Digest) (blob.Object, error) {
	o, err := s.Store.Open(ctx, d)
	return tiedObject{o, ctx}, err
}

type tiedObject struct {
	blob.Object
	ctx context.Context
}

func (o tiedObject) Read(p []byte) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	return o.Object.Read(p)
}

// The last byte is sent after the handler has returned and its context ended.
func TestADownloadOutlivesItsHandler(t *testing.T) {
	w := newWhole(t)
	text := table(5000)
	address := w.offer(t, "a.csv", text)
	d := w.Deps
	d.Datasets, d.Mounts = datasets.NewService(w.Pool, tied{w.Store}, licensing.Gate{}, w.Clock, datasetstest.Asked(t, w.Store)), nil
	s, err := portal.New(d)
	if err != nil {
		t.Fatal(err)
	}
	w.Server = s
	for _, path := range []string{address, address[:strings.LastIndex(address, "/")] + "/data.json"} {
		if r := w.get(t, visitor, path); r.status != 200 || r.header.Get("Content-Digest") != digest(r.body) {
			t.Errorf("%s: %d, %d bytes", path, r.status, len(r.body))
		}
	}
	if r := w.get(t, visitor, address, "Range", "bytes=5-"); r.status != 206 || r.body != text[5:] {
		t.Errorf("a part: %d, %d bytes", r.status, len(r.body))
	}
}

func TestDownloadsAreCountedOnce(t *testing.T) {
	w := newWhole(t)
	d, v := w.File(t, "a.csv", table(500))
	address := "/d/" + v.ResourceID + "/1/a.csv"
	w.get(t, visitor, address)                                                                                       // counts
	w.get(t, visitor, address, "Range", "bytes=0-99")                                                                // begins: counts
	w.get(t, visitor, address, "Range", "bytes=100-")                                                                // goes on
	w.get(t, visitor, address, "If-None-Match", w.get(t, visitor, address, "Range", "bytes=5-6").header.Get("ETag")) // has it
	w.send(t, w.as(visitor, http.MethodHead, address, nil))                                                          // looks
	w.get(t, visitor, address, "Range", "bytes=99999999-")                                                           // gets nothing
	if err := w.Datasets.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept, err := w.Datasets.Dataset(t.Context(), account.Actor{}, d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	if kept.Downloads != 2 {
		t.Errorf("%d downloads, want 2", kept.Downloads)
	}
}

// The whole dataset is one data package: what is in it is what was published,
// and what may not be had is left out and said.
func TestAWholeDatasetIsOnePackage(t *testing.T) {
	w := newWhole(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug, d.Title = "two-files", "两个文件" })
	first, second := w.Resource(t, d), w.Resource(t, d)
	w.Version(t, d, first, "人口.csv", "年份,人口\n2025,4193\n", datasets.Field{Name: "人口", Label: "=常住人口", Type: "integer"})
	w.Version(t, d, second, "人口.csv", "年份,人口\n2026,4200\n")
	r := w.get(t, visitor, "/datasets/two-files/all.zip")
	if r.status != 200 || r.header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(r.header.Get("ETag"), `W/"`) || r.header.Get("Cache-Control") != "public, no-cache" || !strings.Contains(r.header.Get("Content-Disposition"), "two-files.zip") {
		t.Fatalf("%d %v", r.status, r.header)
	}
	z, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		if f.Modified.Year() != 2026 {
			t.Errorf("%s is of %s", f.Name, f.Modified)
		}
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	again := "data/" + second + "-人口.csv"
	if files["data/人口.csv"] != "年份,人口\n2025,4193\n" || files[again] != "年份,人口\n2026,4200\n" {
		t.Errorf("the originals: %q", files)
	}
	var about struct {
		Name, Title, Homepage string
		Licenses              []map[string]string
		Resources             []struct {
			Path, Hash string
			Bytes      int
		}
	}
	if err := json.Unmarshal([]byte(files["datapackage.json"]), &about); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(files[again]))
	if about.Name != "two-files" || about.Title != "两个文件" || about.Homepage != base+"/datasets/two-files" || about.Licenses[0]["name"] != datasetstest.Licence || len(about.Resources) != 2 ||
		about.Resources[1].Path != again || about.Resources[1].Hash != "sha256:"+hex.EncodeToString(sum[:]) || about.Resources[1].Bytes != len(files[again]) {
		t.Errorf("%+v", about)
	}
	if !strings.Contains(files["dictionary.csv"], ",人口,,'=常住人口,") || !strings.Contains(files["licence.txt"], "CC-BY-4.0") || !strings.Contains(files["source.txt"], "两个文件") {
		t.Errorf("the notes: %q", files)
	}
	if not := w.get(t, visitor, "/datasets/two-files/all.zip", "If-None-Match", r.header.Get("ETag")); not.status != 304 || not.body != "" {
		t.Errorf("asked again: %d", not.status)
	}
	w.Version(t, d, first, "人口.csv", "年份,人口\n2027,4300\n")
	if now := w.get(t, visitor, "/datasets/two-files/all.zip", "If-None-Match", r.header.Get("ETag")); now.status != 200 {
		t.Errorf("after a new version: %d", now.status)
	}
	w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "no-files" })
	conditional, _ := w.File(t, "a.csv", "a\n1\n", func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	for slug, want := range map[string]int{"no-files": 404, "nothing": 404, conditional.Slug: 403} {
		if r := w.get(t, visitor, "/datasets/"+slug+"/all.zip"); r.status != want {
			t.Errorf("%s: %d, want %d", slug, r.status, want)
		}
	}
}
