package portal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
)

// listen serves the portal on a real socket: what is tried here, no library
// would send.
func (w *whole) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return l.Addr().String()
}

// conversation is what a server said to raw bytes, and whether it hung up.
type conversation struct {
	answers []reply
	raw     string
	closed  bool
}

// speak sends raw bytes and hears what comes back until the server hangs up or
// has nothing more to say.
func speak(t *testing.T, addr, raw string) conversation {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.WriteString(conn, raw) // the server may hang up before the end
	}()
	var heard bytes.Buffer
	reader := bufio.NewReader(io.TeeReader(conn, &heard))
	var out conversation
	for {
		// with nothing to come the server waits for us, and we for a moment
		if len(out.answers) > 0 {
			_ = conn.SetReadDeadline(time.Now().Add(400 * time.Millisecond))
		}
		if _, err := reader.Peek(1); err != nil {
			out.closed = !errors.Is(err, os.ErrDeadlineExceeded)
			break
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("%.100q is answered by what is no answer: %v: %q", raw, err, heard.String())
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatalf("%.100q: %v", raw, err)
		}
		out.answers = append(out.answers, reply{response.StatusCode, response.Header, string(body)})
	}
	out.raw = heard.String()
	return out
}

const next = "GET /healthz HTTP/1.1\r\nHost: data.example\r\n\r\n"

// What a proxy before us could read in another way than we do, we do not read
// at all: 400, and nothing more on that connection (T01-T11).
func TestWhatTwoProgramsReadDifferentlyIsRefused(t *testing.T) {
	w := newWhole(t)
	addr := w.listen(t)
	post := "POST /sign-in HTTP/1.1\r\nHost: data.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, c := range []struct{ id, raw string }{
		{"T01 Content-Length and Transfer-Encoding", post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX" + next},
		{"T01 the other order", post + "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX" + next},
		{"T01 on GET", "GET / HTTP/1.1\r\nHost: data.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next},
		{"T02 two lengths", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\na=bcd" + next},
		{"T02 two lengths in one", post + "Content-Length: 4, 5\r\n\r\na=bcd" + next},
		{"T02 no number", post + "Content-Length: +4\r\n\r\na=bc" + next},
		{"T02 hexadecimal", post + "Content-Length: 0x4\r\n\r\na=bc" + next},
		{"T02 negative", post + "Content-Length: -1\r\n\r\na=bc" + next},
		{"T03 two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next},
		{"T03 two codings in one", post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + next},
		{"T04 xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + next},
		{"T04 chunked, then something", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + next},
		{"T04 a tab", post + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + next},
		{"T04 identity", post + "Content-Length: 4\r\nTransfer-Encoding: identity\r\n\r\na=bc" + next},
		{"T05 chunked in HTTP/1.0", strings.Replace(post, "HTTP/1.1", "HTTP/1.0", 1) + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next},
		{"T06 LF in a chunk extension", post + "Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n" + next},
		{"T06 LF after a chunk size", post + "Transfer-Encoding: chunked\r\n\r\n3\na=b\r\n0\r\n\r\n" + next},
		{"T06 a chunk longer than it says", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n" + next},
		{"T06 a size that is none", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n" + next},
		{"T06 a size beyond any number", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n" + next},
		{"T07 bare LF", "GET / HTTP/1.1\nHost: data.example\n\n" + next},
		{"T07 bare LF in one line", "GET / HTTP/1.1\r\nHost: data.example\nX-A: b\r\n\r\n" + next},
		{"T07 bare LF at the end", "GET / HTTP/1.1\r\nHost: data.example\r\n\n" + next},
		{"T07 bare CR", "GET / HTTP/1.1\r\nHost: data.example\r\nX-A: b\rX-B: c\r\n\r\n" + next},
		{"T08 a blank before the colon", "GET / HTTP/1.1\r\nHost: data.example\r\nX-A : b\r\n\r\n" + next},
		{"T08 a blank before the first header", "GET / HTTP/1.1\r\n Host: data.example\r\n\r\n" + next},
		{"T08 no colon", "GET / HTTP/1.1\r\nHost: data.example\r\nX-A\r\n\r\n" + next},
		{"T08 NUL in a name", "GET / HTTP/1.1\r\nHost: data.example\r\nX-\x00A: b\r\n\r\n" + next},
		{"T08 NUL in a value", "GET / HTTP/1.1\r\nHost: data.example\r\nX-A: b\x00c\r\n\r\n" + next},
		{"T09 a folded header", "GET / HTTP/1.1\r\nHost: data.example\r\nX-A: b\r\n c\r\n\r\n" + next},
		{"T10 two hosts", "GET / HTTP/1.1\r\nHost: data.example\r\nHost: evil.example\r\n\r\n" + next},
		{"T10 no host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n" + next},
		{"T10 an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n" + next},
		{"T10 a host with a path", "GET / HTTP/1.1\r\nHost: data.example/x\r\n\r\n" + next},
		{"T10 a host with an account", "GET / HTTP/1.1\r\nHost: a@data.example\r\n\r\n" + next},
		{"T11 another host in the line", "GET http://evil.example/ HTTP/1.1\r\nHost: data.example\r\n\r\n" + next},
		{"no version", "GET /\r\n\r\n" + next},
		{"another protocol", "GET / FTP/1.1\r\nHost: data.example\r\n\r\n" + next},
		{"a version that comes", "GET / HTTP/2.0\r\nHost: data.example\r\n\r\n" + next},
		{"two blanks", "GET  / HTTP/1.1\r\nHost: data.example\r\n\r\n" + next},
		{"no slash", "GET datasets HTTP/1.1\r\nHost: data.example\r\n\r\n" + next},
		{"a control character in the address", "GET /a\x01b HTTP/1.1\r\nHost: data.example\r\n\r\n" + next},
		{"bytes that are no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + next},
		{"A32 another method by a header", "GET / HTTP/1.1\r\nHost: data.example\r\nX-HTTP-Method-Override: DELETE\r\n\r\n" + next},
	} {
		got := speak(t, addr, c.raw)
		if len(got.answers) != 1 || got.answers[0].status != http.StatusBadRequest || !got.closed {
			var statuses []int
			for _, a := range got.answers {
				statuses = append(statuses, a.status)
			}
			t.Errorf("%s: answered %v, closed: %v", c.id, statuses, got.closed)
			continue
		}
		checkRefusal(t, c.id, got.answers[0])
	}
	// A lone LF may end the first line (RFC 9112, 2.2): nobody reads another
	// length or another host out of it.
	if got := speak(t, addr, "GET /healthz HTTP/1.1\nHost: data.example\r\n\r\n"+next); len(got.answers) != 2 || got.answers[0].status != 200 || got.answers[1].status != 200 {
		t.Errorf("LF after the first line: %+v", got.answers)
	}
	if got := speak(t, addr, next+strings.Replace(next, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)); len(got.answers) != 2 || got.answers[1].status != 200 || !got.closed {
		t.Errorf("two sound requests are answered: %+v", got)
	}
}

// checkRefusal holds a page that refuses to what every such page promises.
func checkRefusal(t *testing.T, id string, r reply) {
	t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Set-Cookie": "", "Server": "", "Etag": ""} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %s: %q, want %q", id, name, got, want)
		}
	}
	if !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s: no policy", id)
	}
	for _, inside := range []string{"evil", "fasthttp", "fiber", "goroutine", "unsupported", "parsing", "127.0.0.1", "runtime"} {
		if strings.Contains(strings.ToLower(r.body), inside) {
			t.Errorf("%s: the page says %q", id, inside)
		}
	}
}

// Too much of anything is named for what it is, and ends the connection.
func TestTooMuchIsRefusedByName(t *testing.T) {
	w := newWhole(t)
	addr := w.listen(t)
	get := "GET / HTTP/1.1\r\nHost: data.example\r\n"
	post := "POST /sign-in HTTP/1.1\r\nHost: data.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for _, c := range []struct {
		id, raw string
		want    int
	}{
		{"a flood of headers", get + strings.Repeat("X-A: bbbbbbbbbbbbbbbb\r\n", 5000) + "\r\n", 431},
		{"A32 a megabyte of a key", get + "Authorization: Bearer " + strings.Repeat("a", 1<<20) + "\r\n\r\n", 431},
		{"A08 a cookie of 32 kB", get + "Cookie: session=" + strings.Repeat("a", 32<<10) + "\r\n\r\n", 431},
		{"an address of 100 kB of the API", "GET /api/v1/datasets?q=" + strings.Repeat("a", 100<<10) + " HTTP/1.1\r\nHost: data.example\r\n\r\n", 431},
		{"an address of 100 kB", "GET /" + strings.Repeat("a", 100<<10) + " HTTP/1.1\r\nHost: data.example\r\n\r\n", 431},
		{"R23 a body of 4 GB", post + "Content-Length: 4294967296\r\n\r\na=b", 413},
		{"a body of 2 MB", post + "Content-Length: 2097152\r\n\r\n" + strings.Repeat("a", 2<<20), 413},
		{"chunks without end", post + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat("a", 0x10000)+"\r\n", 20), 413},
	} {
		got := speak(t, addr, c.raw)
		if len(got.answers) != 1 || got.answers[0].status != c.want || !got.closed {
			t.Errorf("%s: %d answers, %+v", c.id, len(got.answers), got.answers)
			continue
		}
		checkRefusal(t, c.id, got.answers[0])
		if program := got.answers[0].header.Get("Content-Type") == "application/problem+json"; program != strings.HasPrefix(c.raw, "GET /api/") {
			t.Errorf("%s: answered as %s", c.id, got.answers[0].header.Get("Content-Type"))
		}
	}
	if got := speak(t, addr, next); len(got.answers) != 1 || got.answers[0].status != 200 {
		t.Error("nobody else is served any more")
	}
}

// Whoever sends a request a byte at a time is cut off when the time for a whole
// request is over, and keeps nobody else waiting.
func TestSlowRequestsEndInTime(t *testing.T) {
	w := newWhole(t)
	w.App().Server().ReadTimeout = 700 * time.Millisecond
	addr := w.listen(t)
	post := "POST /sign-in HTTP/1.1\r\nHost: data.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\n"
	for name, raw := range map[string]string{"slow headers": "GET / HTTP/1.1\r\nX-A: " + strings.Repeat("a", 400), "a slow body": post + strings.Repeat("a", 400)} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fast := strings.LastIndex(raw, "\n") + 1
		if _, err := io.WriteString(conn, raw[:fast]); err != nil {
			t.Fatal(err)
		}
		hungUp := make(chan string)
		go func() {
			all, _ := io.ReadAll(conn)
			hungUp <- string(all)
		}()
		drip := time.NewTicker(20 * time.Millisecond)
		defer drip.Stop()
		sent, answer, over := fast, "", false
		for !over {
			select {
			case answer = <-hungUp:
				over = true
			case <-drip.C:
				if sent == len(raw) {
					t.Fatalf("%s: %d bytes later nobody has hung up", name, sent)
				}
				_, _ = conn.Write([]byte(raw[sent : sent+1])) // it may have hung up just now
				sent++
				if sent == fast+5 { // meanwhile
					if got := speak(t, addr, next); len(got.answers) != 1 || got.answers[0].status != 200 {
						t.Errorf("%s: others are not served", name)
					}
				}
			}
		}
		if !strings.HasPrefix(answer, "HTTP/1.1 408 ") || !strings.HasSuffix(answer, "请求没有在限时内送完。\n") {
			t.Errorf("%s: told %.40q", name, answer)
		}
	}
}

// Links are made from the configured address, whatever a request says of
// itself (T10, T11, A20).
func TestTheHostOfARequestChangesNothing(t *testing.T) {
	w := newWhole(t)
	w.File(t, "a.csv", table(10), func(d *datasets.Dataset) { d.Slug = "there" })
	w.indexed(t)
	addr := w.listen(t)
	for _, path := range []string{"/", "/datasets/there", "/feed.xml", "/sitemap.xml", "/sitemap-1.xml", "/opensearch.xml", "/robots.txt", "/r/none", "/datasets/there/", "/account", "/api/v1/datasets"} {
		for _, headers := range []string{
			"Host: evil.example\r\n", "Host: evil.example:8080\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Port: 1\r\n",
			"Host: data.example\r\nForwarded: host=evil.example;proto=gopher\r\nX-Original-URL: /account\r\nX-Rewrite-URL: /account\r\nX-Forwarded-Prefix: /evil\r\n",
		} {
			got := speak(t, addr, "GET "+path+" HTTP/1.1\r\n"+headers+"Connection: close\r\n\r\n")
			if len(got.answers) != 1 {
				t.Fatalf("%s: %d answers", path, len(got.answers))
			}
			for _, bad := range []string{"evil", "gopher"} {
				if strings.Contains(got.raw, bad) {
					t.Errorf("%s with %q repeats %s", path, headers, bad)
				}
			}
			if want := w.get(t, visitor, path); got.answers[0].status != want.status || got.answers[0].body != want.body {
				t.Errorf("%s with %q is answered otherwise: %d", path, headers, got.answers[0].status)
			}
		}
	}
}

// A path that a proxy would decode before it guards it is no path (T15, T16).
func TestPathTricksReachNothing(t *testing.T) {
	w := newWhole(t)
	addr := w.listen(t)
	for _, path := range []string{
		"/%61ccount", "/%2561ccount", "/account%2e", "/%2e%2e/account", "/static/..%2f..%2fetc/passwd", "/static/../account", "/static/%2e%2e/%2e%2e/account",
		"/static/..;/account", "/..;/account", "/;/account", "/account;x=1", "/account/.", "/account/..", "/account/../account", "/./account", "//account", "/static//account",
		"/\\account", "/%5caccount", "/static/%5c..%5caccount", "/account%00", "/account%00.css", "/%c0%ae%c0%ae/account", "/%e0%80%ae/account", "/account/x.css", "/account%2fx.css",
		"/ACCOUNT", "/Account", "/account%20", "/account%09", "/account%0a", "/account%0d%0aX-Evil:%201", "/d/../../etc/passwd/1/x", "/d/..%2f..%2f/1/x", "/d/a/1/..%2f..%2fetc%2fpasswd",
		"/static/css/../../static.go", "/static/" + strings.Repeat("../", 20) + "etc/passwd", "/%2f%2fevil.example", "//evil.example/%2f..", "/.git/config", "/.env",
	} {
		got := speak(t, addr, "GET "+path+" HTTP/1.1\r\nHost: data.example\r\nCookie: __Host-session="+w.tokens[own]+"\r\nConnection: close\r\n\r\n")
		if len(got.answers) != 1 {
			t.Fatalf("%s: %d answers: %q", path, len(got.answers), got.raw)
		}
		a := got.answers[0]
		if a.status != 404 && a.status != 400 {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
		if a.header.Get("X-Evil") != "" || strings.Contains(got.raw, "own@tests.example") || strings.Contains(got.raw, "root:") {
			t.Errorf("%s: %q", path, got.raw)
		}
	}
	// a slash at the end is a slip of the hand, and leads to a path of ours
	for path, want := range map[string]string{"/datasets/": "/datasets", "/datasets/?q=a": "/datasets?q=a", "/account/": "/account"} {
		got := speak(t, addr, "GET "+path+" HTTP/1.1\r\nHost: data.example\r\nConnection: close\r\n\r\n")
		if a := got.answers[0]; a.status != 301 || a.header.Get("Location") != want {
			t.Errorf("%s: %d to %s", path, a.status, a.header.Get("Location"))
		}
	}
}

// Nothing that comes in goes out as a header of its own (T17-T19, A30).
func TestNoHeaderComesFromOutside(t *testing.T) {
	w := newWhole(t)
	addr := w.listen(t)
	for _, path := range []string{
		"/lang?to=en&back=/x%0d%0aX-Evil:%201", "/lang?to=en&back=%0d%0aX-Evil:%201", "/lang?to=en%0d%0aX-Evil:%201&back=/", "/datasets/%0d%0aX-Evil:%201/", "/datasets/?q=%0d%0aX-Evil:%201",
		"/sign-in?back=/x%0d%0aX-Evil:%201", "/account?done=%0d%0aX-Evil:%201", "/account%0d%0aX-Evil:%201/", "/r/%0d%0aX-Evil:%201", "/lang?to=en&back=/%E5%98%8D%E5%98%8AX-Evil:%201",
	} {
		got := speak(t, addr, "GET "+path+" HTTP/1.1\r\nHost: data.example\r\nConnection: close\r\n\r\n")
		for _, a := range got.answers {
			if a.header.Get("X-Evil") != "" || strings.ContainsAny(a.header.Get("Location"), "\r\n") {
				t.Errorf("%s: %v", path, a.header)
			}
		}
		if head, _, _ := strings.Cut(got.raw, "\r\n\r\n"); len(got.answers) != 1 || strings.Contains(head, "\nX-Evil") {
			t.Errorf("%s: %d answers: %q", path, len(got.answers), head)
		}
	}
}

// Only a proxy of ours says for whom it asks (T11, A21-A24).
func TestForwardedForIsBelievedOfOurProxiesOnly(t *testing.T) {
	for _, c := range []struct {
		name      string
		proxies   []string
		forwarded []string
		limited   bool // whether two askers count as one
	}{
		{"no proxy: what is said does not count", nil, []string{"198.51.100.1", "198.51.100.2"}, true},
		{"behind a proxy: it does", []string{"127.0.0.0/8"}, []string{"198.51.100.1", "198.51.100.2"}, false},
		{"what the client put before is not believed", []string{"127.0.0.0/8"}, []string{"1.1.1.1, 198.51.100.1", "2.2.2.2, 198.51.100.1"}, true},
		{"nor in a line of its own", []string{"127.0.0.0/8"}, []string{"1.1.1.1\r\nX-Forwarded-For: 198.51.100.1", "2.2.2.2\r\nX-Forwarded-For: 198.51.100.1"}, true},
		{"two proxies in a row", []string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"198.51.100.1, 10.0.0.1", "198.51.100.2, 10.0.0.2"}, false},
		{"a household walks through its /64", []string{"127.0.0.0/8"}, []string{"2001:db8::1", "2001:db8::ffff"}, true},
		{"two households", []string{"127.0.0.0/8"}, []string{"2001:db8:0:1::1", "2001:db8:0:2::1"}, false},
		{"nonsense is nobody new", []string{"127.0.0.0/8"}, []string{"x", "y"}, true},
		{"the header is absent", []string{"127.0.0.0/8"}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWhole(t, limit("sign-in-network", 1), func(d *setup) { d.Config.Proxies = prefixes(t, c.proxies) })
			addr := w.listen(t)
			var last int
			for i := range 2 {
				line := ""
				if c.forwarded != nil {
					line = "X-Forwarded-For: " + c.forwarded[i] + "\r\n"
				}
				last = w.tryPassword(t, addr, line)
			}
			if limited := last == http.StatusTooManyRequests; limited != c.limited {
				t.Errorf("the second is answered %d", last)
			}
		})
	}
}

func prefixes(t *testing.T, list []string) []netip.Prefix {
	t.Helper()
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// tryPassword signs in with a wrong password and returns the status.
func (w *whole) tryPassword(t *testing.T, addr, line string) int {
	t.Helper()
	secret := w.Accounts.NewPreSession()
	form := url.Values{"csrf": {w.Accounts.CSRF(secret)}, "identifier": {"own@tests.example"}, "password": {"wrong"}}.Encode()
	got := speak(t, addr, "POST /sign-in HTTP/1.1\r\nHost: data.example\r\nConnection: close\r\nCookie: __Host-session-form="+secret+"\r\n"+line+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "+strconv.Itoa(len(form))+"\r\n\r\n"+form)
	if len(got.answers) != 1 {
		t.Fatalf("%d answers", len(got.answers))
	}
	return got.answers[0].status
}
