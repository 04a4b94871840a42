// Package static holds the files that never change under their address:
// stylesheet, scripts, icons. An address carries the hash of the content, so a
// browser may keep a file for ever and a new build is seen at once.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed css js icons
var files embed.FS

// Prefix is where portal mounts Lookup.
const Prefix = "/static/"

// CacheControl is sent with everything Lookup finds.
const CacheControl = "public, max-age=31536000, immutable"

// sheet is the one stylesheet: css/*.css in the order of their names. The
// layers in it (reset, tokens, base, parts, page) decide what wins.
const sheet = "css/site.css"

type file struct {
	body []byte
	kind string
	hash string

	// Compressing takes longer than a request should wait for at start, and
	// a file nobody asks for need not be compressed at all.
	br, gz func() []byte
}

var types = map[string]string{
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
	".txt":  "text/plain; charset=utf-8",
	".json": "application/json",
}

var all = load()

func load() map[string]*file {
	m := map[string]*file{}
	var css bytes.Buffer
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if path.Dir(name) == "css" {
			css.Write(body)
			return nil
		}
		m[name] = newFile(name, body)
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("static: the embedded files cannot be read: %v", err))
	}
	m[sheet] = newFile(sheet, css.Bytes())
	return m
}

func newFile(name string, body []byte) *file {
	sum := sha256.Sum256(body)
	kind, ok := types[path.Ext(name)]
	if !ok {
		panic("static: no media type for " + name)
	}
	f := &file{body: body, kind: kind, hash: hex.EncodeToString(sum[:6])}
	f.br = sync.OnceValue(func() []byte {
		return smaller(body, func(b *bytes.Buffer) {
			w := brotli.NewWriterLevel(b, brotli.BestCompression)
			w.Write(body) //nolint:errcheck // a buffer does not fail
			w.Close()     //nolint:errcheck // a buffer does not fail
		})
	})
	f.gz = sync.OnceValue(func() []byte {
		return smaller(body, func(b *bytes.Buffer) {
			w, _ := gzip.NewWriterLevel(b, gzip.BestCompression)
			w.Write(body) //nolint:errcheck // a buffer does not fail
			w.Close()     //nolint:errcheck // a buffer does not fail
		})
	})
	return f
}

// smaller is the compressed body, or nil where compressing does not pay.
func smaller(body []byte, compress func(*bytes.Buffer)) []byte {
	var b bytes.Buffer
	compress(&b)
	if b.Len() >= len(body)*9/10 {
		return nil
	}
	return b.Bytes()
}

// URL is the address of a file, for example "css/site.css". It panics if there
// is none: a page that names a missing file is a mistake of the build.
func URL(name string) string {
	f, ok := all[name]
	if !ok {
		panic("static: there is no " + name)
	}
	return Prefix + f.hash + "/" + name
}

// Names lists every file that has an address, sorted.
func Names() []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Lookup finds the file of an address in the best encoding that acceptEncoding
// allows: br, gzip or none ("" is the identity). The ETag is strong and differs
// per encoding. An address with an old or a wrong hash is not found: a page of
// another build must not be styled by this one for a year.
func Lookup(address, acceptEncoding string) (body []byte, contentType, encoding, etag string, ok bool) {
	hash, name, found := strings.Cut(strings.TrimPrefix(address, Prefix), "/")
	f := all[name]
	if !found || f == nil || f.hash != hash {
		return nil, "", "", "", false
	}
	if accepts(acceptEncoding, "br") {
		if b := f.br(); b != nil {
			return b, f.kind, "br", `"` + f.hash + `-br"`, true
		}
	}
	if accepts(acceptEncoding, "gzip") {
		if b := f.gz(); b != nil {
			return b, f.kind, "gzip", `"` + f.hash + `-gz"`, true
		}
	}
	return f.body, f.kind, "", `"` + f.hash + `"`, true
}

// accepts reads an Accept-Encoding header: is coding there, and not with q=0?
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if !ok {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}
