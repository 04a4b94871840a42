package blob_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shuyuan/internal/blob"
	"shuyuan/internal/blob/blobtest"
	"shuyuan/internal/fault"
)

func TestS3IsAStore(t *testing.T) {
	bucket := blobtest.S3(t)
	blobtest.Run(t, func() blob.Store {
		s, err := blob.NewS3(t.Context(), bucket())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestAnS3ThatCannotBeUsedIsSaidAtTheStart(t *testing.T) {
	good := blobtest.S3(t)()
	for name, change := range map[string]func(*blob.S3Config){
		"wrong secret":     func(c *blob.S3Config) { c.SecretKey = "not-the-secret-of-it" },
		"no such bucket":   func(c *blob.S3Config) { c.Bucket = "nobody-made-this" },
		"no bucket":        func(c *blob.S3Config) { c.Bucket = "" },
		"no scheme":        func(c *blob.S3Config) { c.Endpoint = "localhost:9000" },
		"a password in it": func(c *blob.S3Config) { c.Endpoint = "http://a:b@localhost:9000" },
		"nobody is there":  func(c *blob.S3Config) { c.Endpoint, c.Stall = "http://127.0.0.1:1", time.Second },
		"it never answers": func(c *blob.S3Config) { c.Endpoint, c.Stall = hanging(t), 200*time.Millisecond },
		"it speaks no S3":  func(c *blob.S3Config) { c.Endpoint = silly(t) },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			change(&c)
			_, err := blob.NewS3(t.Context(), c)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, secret := range []string{good.SecretKey, "not-the-secret-of-it"} {
				if strings.Contains(fmt.Sprintf("%v %+v %#v %v %#v", err, err, err, c, c), secret) {
					t.Errorf("the secret is told: %v", err)
				}
			}
		})
	}
}

func hanging(t *testing.T) string {
	t.Helper()
	end := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	t.Cleanup(func() { close(end); s.Close() })
	return s.URL
}

func silly(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "teapot", http.StatusTeapot)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// troubled puts a proxy before a real S3 server, which passes everything on
// until it is given some trouble to make.
func troubled(t *testing.T) (blob.Store, *atomic.Pointer[trouble]) {
	t.Helper()
	c := blobtest.S3(t)()
	behind, err := url.Parse(c.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var now atomic.Pointer[trouble]
	end := make(chan struct{})
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host // as it was signed
		},
		ModifyResponse: func(r *http.Response) error {
			if f := now.Load(); f != nil {
				return (*f)(r, end)
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	front := httptest.NewServer(proxy)
	front.Config.ErrorLog = nil
	t.Cleanup(func() { close(end); front.Close() })
	c.Endpoint, c.Stall = front.URL, 500*time.Millisecond
	s, err := blob.NewS3(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s, &now
}

type trouble func(r *http.Response, end <-chan struct{}) error

func isData(r *http.Response) bool {
	return r.Request.Method == http.MethodGet && strings.Count(r.Request.URL.Path, "/") == 4
}

// instead replaces the body of every answer that carries an object.
func instead(change func([]byte) []byte) *trouble {
	f := trouble(func(r *http.Response, _ <-chan struct{}) error {
		if !isData(r) {
			return nil
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		b = change(b)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		r.Header.Set("Content-Length", strconv.Itoa(len(b)))
		return nil
	})
	return &f
}

func TestAnObjectThatComesShortOrChangedIsNeverTakenForWhole(t *testing.T) {
	s, now := troubled(t)
	b := blobtest.Bytes(200_000)
	i := blobtest.Put(t, s, b)
	if _, err := blob.Verify(t.Context(), s, i.Digest); err != nil {
		t.Fatalf("without trouble: %v", err)
	}
	hang := trouble(func(r *http.Response, end <-chan struct{}) error {
		if isData(r) {
			r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 1000), waiting{end}))
		}
		return nil
	})
	cut := trouble(func(r *http.Response, _ <-chan struct{}) error {
		if isData(r) {
			r.Body = io.NopCloser(io.LimitReader(r.Body, 1000)) // the length promised stays
		}
		return nil
	})
	refuse := trouble(func(r *http.Response, _ <-chan struct{}) error {
		if isData(r) {
			return io.ErrClosedPipe
		}
		return nil
	})
	for name, f := range map[string]*trouble{
		"short and honest about it": instead(func(b []byte) []byte { return b[:len(b)-1] }),
		"longer":                    instead(func(b []byte) []byte { return append(b, 'x') }),
		"empty":                     instead(func([]byte) []byte { return nil }),
		"one byte changed":          instead(func(b []byte) []byte { b[len(b)/2] ^= 1; return b }),
		"cut off":                   &cut,
		"hung half-way":             &hang,
		"500":                       &refuse,
	} {
		t.Run(name, func(t *testing.T) {
			now.Store(f)
			defer now.Store(nil)
			o, err := s.Open(t.Context(), i.Digest)
			if err != nil {
				t.Fatal(err)
			}
			defer o.Close()
			got, err := io.ReadAll(o)
			if name == "longer" { // what was asked for is there; the rest is not looked at
				if err != nil || !bytes.Equal(got, b) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
				return
			}
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("got %d bytes and %v, want fault.Unavailable", len(got), err)
			}
			if len(got) >= len(b) {
				t.Error("all bytes were handed out before the fault")
			}
		})
	}
	t.Run("a range that is not the one asked for", func(t *testing.T) {
		f := trouble(func(r *http.Response, _ <-chan struct{}) error {
			r.Header.Del("Content-Range")
			return nil
		})
		now.Store(&f)
		defer now.Store(nil)
		o, err := s.Open(t.Context(), i.Digest)
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if _, err := o.Seek(10, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if n, err := o.Read(make([]byte, 10)); n > 0 || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %d bytes and %v", n, err)
		}
	})
}

type waiting struct{ end <-chan struct{} }

func (w waiting) Read([]byte) (int, error) { <-w.end; return 0, io.EOF }

func TestAPutWhoseAnswerIsLostFailsAndCanBeRepeated(t *testing.T) {
	s, now := troubled(t)
	b := blobtest.Bytes(1000)
	lost := trouble(func(r *http.Response, _ <-chan struct{}) error {
		if r.Request.Method == http.MethodPut {
			return io.ErrClosedPipe
		}
		return nil
	})
	now.Store(&lost)
	if _, err := s.Put(t.Context(), bytes.NewReader(b), 0); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want fault.Unavailable", err)
	}
	now.Store(nil)
	blobtest.Put(t, s, b)
	if _, err := blob.Verify(t.Context(), s, blobtest.Digest(b)); err != nil {
		t.Error(err)
	}
	if all := blobtest.List(t, s); len(all) != 1 {
		t.Errorf("list says %v", all)
	}
}

func TestASmallRangeIsAskedForAsASmallRange(t *testing.T) {
	s, now := troubled(t)
	i := blobtest.Put(t, s, blobtest.Bytes(20<<20))
	var asked []string
	watch := trouble(func(r *http.Response, _ <-chan struct{}) error {
		if isData(r) {
			asked = append(asked, r.Request.Header.Get("Range"))
		}
		return nil
	})
	now.Store(&watch)
	o, err := s.Open(t.Context(), i.Digest)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if _, err := o.Seek(-100, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(o, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Seek(1000, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(o, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	want := "bytes=20971420-20971519 bytes=1000-1049575"
	if got := strings.Join(asked, " "); got != want {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

func TestAStoreThatHangsIsUnavailableSoon(t *testing.T) {
	s, now := troubled(t)
	i := blobtest.Put(t, s, blobtest.Bytes(10))
	hang := trouble(func(_ *http.Response, end <-chan struct{}) error { <-end; return nil })
	now.Store(&hang)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for name, call := range map[string]func() error{
		"stat":   func() error { _, err := s.Stat(ctx, i.Digest); return err },
		"open":   func() error { _, err := s.Open(ctx, i.Digest); return err },
		"put":    func() error { _, err := s.Put(ctx, strings.NewReader("x"), 0); return err },
		"delete": func() error { return s.Delete(ctx, i.Digest) },
		"list":   func() error { return s.List(ctx, func(blob.Info) error { return nil }) },
	} {
		if err := call(); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: got %v, want fault.Unavailable", name, err)
		}
	}
	if ctx.Err() != nil {
		t.Error("it took longer than 20 s")
	}
}
