package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"shuyuan/static"
)

func TestEveryFileIsServedUnderItsHashInEveryEncoding(t *testing.T) {
	for _, name := range static.Names() {
		url := static.URL(name)
		plain, kind, enc, tag, ok := static.Lookup(url, "")
		if !ok || enc != "" || kind == "" || tag == "" {
			t.Fatalf("%s: ok=%v encoding=%q type=%q etag=%q", url, ok, enc, kind, tag)
		}
		br, _, enc, brTag, _ := static.Lookup(url, "gzip, br;q=1.0")
		if enc == "br" {
			got, err := io.ReadAll(brotli.NewReader(bytes.NewReader(br)))
			if err != nil || !bytes.Equal(got, plain) || brTag == tag {
				t.Errorf("%s: brotli differs (%v) or shares its ETag", name, err)
			}
		}
		gz, _, enc, _, _ := static.Lookup(url, "gzip;q=0.5, br;q=0")
		if enc == "br" {
			t.Errorf("%s: br was refused with q=0 and sent", name)
		}
		if enc == "gzip" {
			r, err := gzip.NewReader(bytes.NewReader(gz))
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := io.ReadAll(r); !bytes.Equal(got, plain) {
				t.Errorf("%s: gzip differs", name)
			}
		}
	}
}

func TestTheStylesheetIsCompressed(t *testing.T) {
	if _, _, enc, _, _ := static.Lookup(static.URL("css/site.css"), "br"); enc != "br" {
		t.Errorf("encoding = %q, want br", enc)
	}
}

func TestAnotherHashIsNotFound(t *testing.T) {
	url := static.URL("css/site.css")
	for _, bad := range []string{
		"/static/000000000000/css/site.css", "/static/css/site.css", "/static/", "/static", "",
		url + "x", strings.Replace(url, "css/site.css", "css/../css/site.css", 1), "/static/x/../static.go",
	} {
		if _, _, _, _, ok := static.Lookup(bad, ""); ok {
			t.Errorf("%q was found", bad)
		}
	}
}

// The policy of public pages allows nothing from elsewhere, so a stylesheet or
// script that names another origin would be broken, and one that is fetched
// would be a leak.
func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(url\(|@import|import\s*\(|from\s+)["']?(https?:)?//`)
	for _, name := range static.Names() {
		body, _, _, _, _ := static.Lookup(static.URL(name), "")
		if m := outside.Find(body); m != nil {
			t.Errorf("%s loads from elsewhere: %s", name, m)
		}
	}
}
