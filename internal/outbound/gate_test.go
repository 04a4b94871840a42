package outbound

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// names resolves from a table. Of several answers to a name each is given
// once, in turn, and the last for ever.
type names struct {
	mu     sync.Mutex
	table  map[string][]string // name -> answers, addresses between blanks
	asked  map[string]int
	answer error
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.answer != nil {
		return nil, n.answer
	}
	answers, ok := n.table[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if n.asked == nil {
		n.asked = map[string]int{}
	}
	at := min(n.asked[host], len(answers)-1)
	n.asked[host]++
	var out []netip.Addr
	for a := range strings.FieldsSeq(answers[at]) {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

// serve starts a server at an address of this machine and returns its port.
func serve(t *testing.T, at string, h http.Handler, start func(*httptest.Server)) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(at, "0"))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s)
	t.Cleanup(s.CloseClientConnections) // before Close waits for them
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return l.Addr().(*net.TCPAddr).Port
}

func plain(s *httptest.Server) { s.Start() }

// open is a gate that may reach 127.0.0.2 on these ports, and no more of this
// machine.
func open(t *testing.T, change func(*Config), ports ...int) *Gate {
	t.Helper()
	cfg := Config{
		Allow: Allow{Networks: prefixes("127.0.0.2/32"), Ports: ports}, Now: func() time.Time { return now }, Contact: "https://data.example/about",
		Resolver: &names{}, Times: Times{Connect: 2 * time.Second, Head: 2 * time.Second, Whole: 4 * time.Second},
	}
	if change != nil {
		change(&cfg)
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestAddressesThatAreNotPublicAreRefused are H01 to H05 and what is like them:
// refused before a connection is made, however they are written.
func TestAddressesThatAreNotPublicAreRefused(t *testing.T) {
	resolver := &names{table: map[string][]string{
		"inside.example":   {"10.0.0.1"},
		"both.example":     {"93.184.216.34 10.0.0.1"},
		"mapped.example":   {"::ffff:192.168.1.1"},
		"nat64.example":    {"64:ff9b::a00:1"},
		"metadata.example": {"169.254.169.254"},
		"localhost":        {"127.0.0.1 ::1"},
	}}
	g, err := New(Config{Resolver: resolver, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id, address string
		want        Problem
	}{
		{"H01 loopback", "http://127.0.0.1/", NotPublic},
		{"H01 loopback, another", "http://127.8.9.10/", NotPublic},
		{"H02 two parts", "http://127.1/", Malformed},
		{"H02 one number", "http://2130706433/", Malformed},
		{"H02 octal", "http://0177.0.0.01/", Malformed},
		{"H03 hexadecimal", "http://0x7f.1/", Malformed},
		{"H03 hexadecimal, one number", "http://0x7f000001/", Malformed},
		{"H04 IPv6 loopback", "http://[::1]/", NotPublic},
		{"H04 mapped", "http://[::ffff:10.0.0.1]/", NotPublic},
		{"H04 mapped loopback", "http://[::ffff:7f00:1]/", NotPublic},
		{"compatible", "http://[::7f00:1]/", NotPublic},
		{"NAT64", "http://[64:ff9b::7f00:1]/", NotPublic},
		{"local NAT64", "http://[64:ff9b:1::a00:1]/", NotPublic},
		{"6to4", "http://[2002:7f00:1::]/", NotPublic},
		{"Teredo", "http://[2001:0:7f00:1::]/", NotPublic},
		{"link-local IPv6", "http://[fe80::1]/", NotPublic},
		{"a zone", "http://[fe80::1%25eth0]/", Malformed},
		{"unique local", "http://[fd00:ec2::254]/", NotPublic},
		{"private 10", "http://10.255.0.1/", NotPublic},
		{"private 172", "https://172.31.255.255/", NotPublic},
		{"private 192", "http://192.168.0.1/", NotPublic},
		{"shared", "http://100.64.0.1/", NotPublic},
		{"metadata of Alibaba Cloud", "http://100.100.100.200/latest/meta-data/", NotPublic},
		{"metadata", "http://169.254.169.254/latest/meta-data/", NotPublic},
		{"Azure's channel", "http://168.63.129.16/", NotPublic},
		{"nobody", "http://0.0.0.0/", NotPublic},
		{"multicast", "http://224.0.0.1/", NotPublic},
		{"everybody", "http://255.255.255.255/", NotPublic},
		{"documentation", "http://192.0.2.1/", NotPublic},
		{"full-width figures", "http://１２７.０.０.１/", NotPublic},
		{"ideographic full stops", "http://127。0。0。1/", NotPublic},
		{"H05 a name of a private address", "http://inside.example/", NotPublic},
		{"H05 a name of both", "http://both.example/", NotPublic},
		{"H05 a name, mapped", "http://mapped.example/", NotPublic},
		{"H05 a name, NAT64", "http://nat64.example/", NotPublic},
		{"H05 a name of the metadata", "http://metadata.example/", NotPublic},
		{"localhost", "http://localhost/", NotPublic},
		{"localhost with a dot", "http://localhost./", NotPublic},
		{"H08 file", "file:///etc/passwd", Malformed},
		{"H08 gopher", "gopher://93.184.216.34/", Malformed},
		{"H08 ftp", "ftp://93.184.216.34/", Malformed},
		{"H08 credentials", "http://user:secret@93.184.216.34/", Malformed},
		{"no host", "http:///x", Malformed},
		{"no scheme", "//93.184.216.34/", Malformed},
		{"a backslash", `http://93.184.216.34\@10.0.0.1/`, Malformed},
		{"a line end", "http://93.184.216.34/\r\nHost: x", Malformed},
		{"a port of a database", "http://93.184.216.34:5432/", PortRefused},
		{"a port of a cache", "http://93.184.216.34:6379/", PortRefused},
		{"no port", "http://93.184.216.34:99999/", Malformed},
		{"too long", "http://93.184.216.34/" + strings.Repeat("a", maxAddress), Malformed},
	} {
		if _, err := g.Do(t.Context(), Request{Method: http.MethodGet, URL: c.address}); ProblemOf(err) != c.want {
			t.Errorf("%s: %s: %v, want %s", c.id, c.address, err, c.want)
		}
	}
}

// What an address shows by itself is said when it is typed, before anything is
// asked of anybody.
func TestAnAddressIsCheckedWithoutAskingAnybody(t *testing.T) {
	g := open(t, func(c *Config) { c.Resolver, c.Portal = nil, "http://127.0.0.1:8080" }, 8443)
	for address, want := range map[string]Problem{
		"https://data.example/api":   "",
		"http://数据.example:8443/接口":  "",
		"http://127.0.0.2/":          "",
		"http://127.0.0.3/":          NotPublic,
		"http://10.0.0.1/":           NotPublic,
		"https://data.example:9000/": PortRefused,
		"http://127.0.0.1:8080/api":  "", // the portal itself
		"https://127.0.0.1:8080/api": PortRefused,
		"http://127.0.0.1:8081/":     PortRefused,
		"ftp://data.example/":        Malformed,
	} {
		if err := g.Check(address); ProblemOf(err) != want {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

// TestNoConfigurationOpensWhatIsNeverReached: a network that is too wide does
// not open it, and one that names it is refused.
func TestNoConfigurationOpensWhatIsNeverReached(t *testing.T) {
	wide := Allow{Networks: prefixes("100.64.0.0/10", "160.0.0.0/4", "fd00::/8")}
	for address, want := range map[string]bool{
		"100.64.1.1": true, "fd00::1": true, "100.100.100.200": false, "169.254.169.254": false, "fd00:ec2::254": false, "168.63.129.16": false, "10.0.0.1": false, "8.8.8.8": true,
	} {
		if got := wide.address(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	for _, network := range []string{"169.254.0.0/16", "224.0.0.0/4", "::/0", "64:ff9b::/96", "0.0.0.0/0"} {
		if _, err := New(Config{Allow: Allow{Networks: prefixes(network)}}); err == nil {
			t.Errorf("%s can be opened", network)
		}
	}
}

// TestANameIsResolvedOnce is H06: a name that means a public address when it is
// looked at and this machine when it is connected to. The connection is made to
// what was looked at.
func TestANameIsResolvedOnce(t *testing.T) {
	var reached atomic.Int32
	port := serve(t, "127.0.0.1", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }), plain)
	resolver := &names{table: map[string][]string{"rebinding.example": {"127.0.0.2", "127.0.0.1"}}}
	g := open(t, func(c *Config) { c.Resolver = resolver }, port)
	_, err := g.Do(t.Context(), Request{Method: http.MethodGet, URL: fmt.Sprintf("http://rebinding.example:%d/", port)})
	if ProblemOf(err) != Unreachable || resolver.asked["rebinding.example"] != 1 { // nothing listens at 127.0.0.2
		t.Errorf("%v, asked %d times", err, resolver.asked["rebinding.example"])
	}
	_, err = g.Do(t.Context(), Request{Method: http.MethodGet, URL: fmt.Sprintf("http://rebinding.example:%d/", port)})
	if ProblemOf(err) != NotPublic || reached.Load() != 0 {
		t.Errorf("%v, reached %d times", err, reached.Load())
	}
}

// TestARedirectIsLookedAtAnew is H07: a redirect to this machine, to a network
// that only we can reach, to a port and to a scheme of something else.
func TestARedirectIsLookedAtAnew(t *testing.T) {
	var reached atomic.Int32
	inner := serve(t, "127.0.0.1", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }), plain)
	outer := serve(t, "127.0.0.2", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	}), plain)
	g := open(t, func(c *Config) { c.Resolver = &names{table: map[string][]string{"inside.example": {"10.0.0.1"}}} }, inner, outer)
	for to, want := range map[string]Problem{
		fmt.Sprintf("http://127.0.0.1:%d/", inner): NotPublic,
		fmt.Sprintf("//127.0.0.1:%d/", inner):      NotPublic,
		"http://inside.example/":                   NotPublic,
		"http://169.254.169.254/":                  NotPublic,
		"http://127.0.0.2:22/":                     PortRefused,
		"file:///etc/passwd":                       Malformed,
		"http://a:b@127.0.0.2/":                    Malformed,
		"":                                         Redirects,
	} {
		address := fmt.Sprintf("http://127.0.0.2:%d/?to=%s", outer, to)
		if _, err := g.Do(t.Context(), Request{Method: http.MethodHead, URL: address}); ProblemOf(err) != want {
			t.Errorf("to %q: %v, want %s", to, err, want)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("this machine was reached %d times", reached.Load())
	}
}

// What is sent goes encrypted, but to this machine where that is open, and to no
// other address than the one that was named.
func TestWhatIsSentGoesEncryptedAndNowhereElse(t *testing.T) {
	var reached atomic.Int32
	port := serve(t, "127.0.0.2", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reached.Add(1); r.URL.Path == "/other" {
			t.Error("a redirect of a POST was followed")
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || string(body) != "{}" || r.Header.Get("Webhook-Id") != "msg_1" || r.Header.Get("Range") != "" || !strings.HasPrefix(r.UserAgent(), "Shuyuan-Webhook/1.0") {
			t.Errorf("%s %v %q, %v", r.Method, r.Header, body, err)
		}
		http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
	}), plain)
	g := open(t, func(c *Config) {
		c.Agent, c.Resolver = "Shuyuan-Webhook/1.0", &names{table: map[string][]string{"hooks.example": {"127.0.0.2"}, "localhost": {"127.0.0.2"}}}
	}, port)
	for address, want := range map[string]Problem{
		fmt.Sprintf("http://127.0.0.2:%d/", port):     "",
		fmt.Sprintf("http://localhost:%d/", port):     "",
		fmt.Sprintf("http://hooks.example:%d/", port): NotEncrypted, // the name may lead elsewhere tomorrow
		"http://93.184.216.34/":                       NotEncrypted,
		"http://10.0.0.1/":                            NotPublic,
		"https://a:b@hooks.example/":                  Malformed,
	} {
		before := reached.Load()
		a, err := g.Do(t.Context(), Request{Method: http.MethodPost, URL: address, Body: []byte("{}"), Header: map[string]string{"webhook-id": "msg_1"}})
		if ProblemOf(err) != want || want == "" && (a == nil || a.Status != http.StatusTemporaryRedirect) || want != "" && reached.Load() != before {
			t.Errorf("%s: %+v, %v", address, a, err)
		}
	}
}

func TestRedirectsAreFollowedFiveTimes(t *testing.T) {
	port := serve(t, "127.0.0.2", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		if n == 0 {
			return
		}
		status := http.StatusMovedPermanently
		if r.URL.Query().Has("for-now") {
			status = http.StatusFound
		}
		http.Redirect(w, r, fmt.Sprintf("/%d", n-1), status)
	}), plain)
	g := open(t, nil, port)
	base := fmt.Sprintf("http://127.0.0.2:%d/", port)
	for _, c := range []struct {
		path  string
		want  Problem
		moved bool
	}{{"0", "", false}, {"5", "", true}, {"5?for-now", "", false}, {"6", Redirects, false}} {
		a, err := g.Do(t.Context(), Request{Method: http.MethodHead, URL: base + c.path})
		if ProblemOf(err) != c.want || err == nil && (a.Moved != c.moved || a.URL != base+"0") {
			t.Errorf("%s: %+v, %v", c.path, a, err)
		}
	}
}

// TestAnswersAreBounded are H09 to H12: an answer without an end, one that
// swells, one that comes a byte at a time, one that never begins, and a head
// without an end. What a server holds back it holds until the test ends.
func TestAnswersAreBounded(t *testing.T) {
	over := make(chan struct{})
	port := serve(t, "127.0.0.2", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hold := func() { <-over }
		switch r.URL.Path {
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		case "/promised":
			w.Header().Set("Content-Length", "10000000000")
			w.Write(make([]byte, 2000))
			w.(http.Flusher).Flush()
			hold()
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte("\x1f\x8b\x08\x00not unpacked"))
		case "/drip":
			w.Write([]byte("a"))
			w.(http.Flusher).Flush()
			hold()
		case "/silent":
			hold()
		case "/head":
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("a", 100))
			}
		case "/part":
			w.Header().Set("Content-Range", "bytes 0-99/123456")
			w.WriteHeader(http.StatusPartialContent)
			w.Write(make([]byte, 100))
		}
	}), plain)
	t.Cleanup(func() { close(over) })
	g := open(t, func(c *Config) { c.Times = Times{Head: 200 * time.Millisecond, Whole: 400 * time.Millisecond} }, port)
	for _, c := range []struct {
		path   string
		want   Problem
		body   int
		length int64
	}{
		{"endless", "", 1000, -1},
		{"promised", "", 1000, 10_000_000_000},
		{"bomb", "", 16, 16},
		{"drip", Slow, 0, 0},
		{"silent", Slow, 0, 0},
		{"head", BadAnswer, 0, 0},
		{"part", "", 100, 123456},
	} {
		a, err := g.Do(t.Context(), Request{Method: http.MethodGet, URL: fmt.Sprintf("http://127.0.0.2:%d/%s", port, c.path), Keep: 1000})
		if ProblemOf(err) != c.want || err == nil && (len(a.Body) != c.body || a.Length != c.length) {
			t.Errorf("%s: %v, %+v", c.path, err, a)
		}
	}
}

// TestWhatIsNoAnswerIsSaid: a server that hangs up, one that speaks something
// else, none at all, a name that there is not, and one that cannot be resolved.
func TestWhatIsNoAnswerIsSaid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "220 mail.example ESMTP\r\n")
			c.Close()
		}
	}()
	mail := l.Addr().(*net.TCPAddr).Port
	g := open(t, nil, mail, 1)
	for address, want := range map[string]Problem{
		fmt.Sprintf("http://127.0.0.2:%d/", mail):  BadAnswer,
		fmt.Sprintf("https://127.0.0.2:%d/", mail): NoEncryption,
		"http://127.0.0.2:1/":                      Unreachable,
		"http://nobody.example/":                   NoName,
	} {
		if _, err := g.Do(t.Context(), Request{Method: http.MethodGet, URL: address, Keep: 10}); ProblemOf(err) != want {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	failing := open(t, func(c *Config) {
		c.Resolver = &names{answer: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}
	})
	if _, err := failing.Do(t.Context(), Request{Method: http.MethodGet, URL: "http://data.example/"}); ProblemOf(err) != NameFailed {
		t.Errorf("resolver away: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := g.Do(ended, Request{Method: http.MethodGet, URL: "http://127.0.0.2:1/"}); err != context.Canceled {
		t.Errorf("ended: %v", err)
	}
	if _, err := g.Do(t.Context(), Request{Method: http.MethodPut, URL: "http://127.0.0.2:1/"}); ProblemOf(err) != Malformed {
		t.Errorf("PUT: %v", err)
	}
}

// certificate makes one for these names that is good from the first day to the
// last, and the pool that trusts it.
func certificate(t *testing.T, first, last time.Time, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: first, NotAfter: last,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(made)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// TestCertificatesAreHeldToTheirNameAndTime is H20: self-signed, out of date,
// of another name. A good one says when it ends.
func TestCertificatesAreHeldToTheirNameAndTime(t *testing.T) {
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name        string
		first, last time.Time
		of          string
		trusted     bool
		want        Problem
	}{
		{"good", year(2026), year(2027), "data.example", true, ""},
		{"self-signed", year(2026), year(2027), "data.example", false, Untrusted},
		{"expired", year(2020), year(2021), "data.example", true, Expired},
		{"not yet good", year(2027), year(2028), "data.example", true, Expired},
		{"of another name", year(2026), year(2027), "other.example", true, WrongName},
	} {
		cert, pool := certificate(t, c.first, c.last, c.of)
		port := serve(t, "127.0.0.2", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), func(s *httptest.Server) {
			s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			s.StartTLS()
		})
		g := open(t, func(cfg *Config) {
			cfg.Resolver = &names{table: map[string][]string{"data.example": {"127.0.0.2"}}}
			if cfg.Roots = x509.NewCertPool(); c.trusted {
				cfg.Roots = pool
			}
		}, port)
		a, err := g.Do(t.Context(), Request{Method: http.MethodHead, URL: fmt.Sprintf("https://data.example:%d/", port)})
		if ProblemOf(err) != c.want || err == nil && !a.CertificateEnds.Equal(c.last) {
			t.Errorf("%s: %v, %+v", c.name, err, a)
		}
	}
}

// TestNothingOfOursGoesAlong: the request names who asks and where that is
// explained, and carries no cookie, credential or referrer, also after a
// redirect and with a proxy in the environment.
func TestNothingOfOursGoesAlong(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	var last http.Header
	port := serve(t, "127.0.0.2", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			http.Redirect(w, r, "/next?key=1", http.StatusFound)
			return
		}
		last = r.Header
	}), plain)
	g := open(t, nil, port)
	if _, err := g.Do(t.Context(), Request{Method: http.MethodGet, URL: fmt.Sprintf("http://127.0.0.2:%d/#part", port), Keep: 1024}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"User-Agent": "Shuyuan-LinkMonitor/1.0 (+https://data.example/about)", "Range": "bytes=0-1023", "Accept": "*/*",
		"Cookie": "", "Authorization": "", "Referer": "", "Accept-Encoding": "", "X-Forwarded-For": "",
	} {
		if got := last.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestOneRequestAtATimeGoesToAHost: of six that are asked at once, never two
// are there together; another host does not wait for them.
func TestOneRequestAtATimeGoesToAHost(t *testing.T) {
	var there, most atomic.Int32
	first, free := make(chan struct{}, 6), make(chan struct{})
	port := serve(t, "127.0.0.2", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, "other") {
			return
		}
		most.Store(max(most.Load(), there.Add(1)))
		first <- struct{}{}
		<-free
		there.Add(-1)
	}), plain)
	g := open(t, func(c *Config) {
		c.Resolver = &names{table: map[string][]string{"data.example": {"127.0.0.2"}, "other.example": {"127.0.0.2"}}}
	}, port)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := g.Do(t.Context(), Request{Method: http.MethodHead, URL: fmt.Sprintf("http://data.example:%d/", port)}); err != nil {
				t.Error(err)
			}
		})
	}
	<-first
	if _, err := g.Do(t.Context(), Request{Method: http.MethodHead, URL: fmt.Sprintf("http://other.example:%d/", port)}); err != nil {
		t.Errorf("another host: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := g.Do(ended, Request{Method: http.MethodHead, URL: fmt.Sprintf("http://data.example:%d/", port)}); err != context.Canceled {
		t.Errorf("who does not want to wait: %v", err)
	}
	close(free)
	all.Wait()
	if most.Load() != 1 || len(g.hosts) != 0 {
		t.Errorf("%d at the same time, %d hosts remembered", most.Load(), len(g.hosts))
	}
}

// The portal itself is reached where it is, though that is no public address:
// what it answers, everybody may have.
func TestThePortalItselfIsReached(t *testing.T) {
	own := serve(t, "127.0.0.1", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), plain)
	other := serve(t, "127.0.0.1", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), plain)
	g := open(t, func(c *Config) { c.Portal = fmt.Sprintf("http://127.0.0.1:%d", own) }, other)
	for port, want := range map[int]Problem{own: "", other: NotPublic} {
		if _, err := g.Do(t.Context(), Request{Method: http.MethodHead, URL: fmt.Sprintf("http://127.0.0.1:%d/healthz", port)}); ProblemOf(err) != want {
			t.Errorf("port %d: %v", port, err)
		}
	}
}

// What a server writes into a header is kept as it may be shown.
func TestAHeaderIsKeptAsItMayBeShown(t *testing.T) {
	for in, want := range map[string]string{"text/csv": "text/csv", "text/\x00csv\x1b": "text/csv", "\xff\xfetext": "text", strings.Repeat("数", 100): strings.Repeat("数", 66)} {
		if got := shortened(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
