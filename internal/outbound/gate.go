package outbound

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
)

// Resolver finds the addresses of a name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Config is how a gate works. The zero value reaches the public web.
type Config struct {
	Allow    Allow
	Portal   string         // address of the portal itself, which is reached wherever it is; empty: none
	Agent    string         // name in the User-Agent; empty: the link monitor's
	Contact  string         // address of a page that says who asks, for the User-Agent
	Resolver Resolver       // nil: the system's
	Roots    *x509.CertPool // nil: the system's
	Now      func() time.Time
	Times    Times // zero fields: Usual
}

// Times are how long each part of a request may take.
type Times struct {
	Connect time.Duration // to resolve the name, and again to connect, and again to agree on encryption
	Head    time.Duration // from the request to the head of the answer
	Whole   time.Duration // all of these and the body; a redirect begins anew
}

// Usual are the times unless Config says otherwise.
var Usual = Times{Connect: 5 * time.Second, Head: 10 * time.Second, Whole: 20 * time.Second}

// The bounds on one answer.
const (
	maxRedirects = 5
	maxHead      = 64 << 10 // bytes of a head
	maxKept      = 1 << 20  // bytes of a body that are kept at most
)

// Gate makes requests to addresses that people typed.
type Gate struct {
	cfg   Config
	self  target
	agent string

	mu    sync.Mutex
	hosts map[string]*host
}

// host lets one request at a time go to a host.
type host struct {
	free    chan struct{}
	waiting int
}

// New returns a gate. Its error is about the configuration.
func New(cfg Config) (*Gate, error) {
	g := &Gate{cfg: cfg, hosts: map[string]*host{}, agent: cmp.Or(cfg.Agent, "Shuyuan-LinkMonitor/1.0")}
	if cfg.Contact != "" {
		g.agent += " (+" + cfg.Contact + ")"
	}
	if cfg.Portal != "" {
		var err error
		if g.self, err = parse(cfg.Portal); err != nil {
			return nil, fmt.Errorf("outbound: address of the portal: %w", err)
		}
	}
	for _, p := range cfg.Allow.Networks {
		if in(p.Addr(), never) {
			return nil, fmt.Errorf("outbound: %s is never reached: everybody, nobody, link-local addresses, and where clouds keep secrets", p)
		}
	}
	if g.cfg.Resolver == nil {
		g.cfg.Resolver = net.DefaultResolver
	}
	g.cfg.Times = cfg.Times.or(Usual)
	return g, nil
}

func (t Times) or(usual Times) Times {
	for _, p := range []struct{ to, from *time.Duration }{{&t.Connect, &usual.Connect}, {&t.Head, &usual.Head}, {&t.Whole, &usual.Whole}} {
		if *p.to == 0 {
			*p.to = *p.from
		}
	}
	return t
}

// Request is one question to an address.
type Request struct {
	Method string // GET, HEAD or POST
	URL    string
	Keep   int // bytes of the body that are wanted; a GET asks for no more, and no more is read

	Header map[string]string // of a POST
	Body   []byte            // of a POST
}

// Answer is what came back, whatever its status.
type Answer struct {
	URL             string // the address that answered, after redirects
	Moved           bool   // every redirect on the way was permanent
	Status          int
	ContentType     string
	Length          int64 // of the whole, -1 where it is not said
	Body            []byte
	Took            time.Duration // to the head of the answer, redirects included
	CertificateEnds time.Time     // zero for what is not encrypted
	Address         netip.Addr    // that was connected to
}

// Do makes a request and follows its redirects, but for those of a POST: what is
// sent is for nobody else. What had no answer is an *Error, unless ctx ended
// first. It waits while another request goes to the same host.
func (g *Gate) Do(ctx context.Context, r Request) (*Answer, error) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		if err := g.CheckSecure(r.URL); err != nil {
			return nil, err
		}
	default:
		return nil, refuse(Malformed, "only GET, HEAD and POST")
	}
	r.Keep = min(r.Keep, maxKept)
	address, moved := r.URL, true
	var took time.Duration
	for hop := 0; ; hop++ {
		t, err := parse(address)
		if err != nil {
			return nil, err
		}
		a, next, err := g.once(ctx, r, t)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, explain(err)
		}
		took += a.Took
		if next == "" {
			a.Took, a.Moved = took, moved && hop > 0
			return a, nil
		}
		if hop == maxRedirects {
			return nil, refuse(Redirects, "more than "+strconv.Itoa(maxRedirects))
		}
		moved = moved && (a.Status == http.StatusMovedPermanently || a.Status == http.StatusPermanentRedirect)
		address = next
	}
}

// once asks one address, and says where it leads on to, if it does.
func (g *Gate) once(ctx context.Context, r Request, t target) (a *Answer, next string, err error) {
	leave, err := g.enter(ctx, t.host)
	if err != nil {
		return nil, "", err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Times.Whole)
	defer cancel()
	ip, err := g.resolve(ctx, t)
	if err != nil {
		return nil, "", err
	}
	q, err := http.NewRequestWithContext(ctx, r.Method, t.url.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, "", refuse(Malformed, "no address")
	}
	q.Header.Set("User-Agent", g.agent)
	q.Header.Set("Accept", "*/*")
	for name, value := range r.Header {
		q.Header.Set(name, value)
	}
	if r.Method == http.MethodGet && r.Keep > 0 {
		q.Header.Set("Range", "bytes=0-"+strconv.Itoa(r.Keep-1))
	}
	transport := g.transport(t, ip)
	defer transport.CloseIdleConnections()
	start := g.cfg.Now()
	response, err := transport.RoundTrip(q)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	a = &Answer{URL: t.url.String(), Status: response.StatusCode, ContentType: shortened(response.Header.Get("Content-Type")),
		Length: length(response), Took: g.cfg.Now().Sub(start), Address: ip}
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		a.CertificateEnds = response.TLS.PeerCertificates[0].NotAfter
	}
	if r.Method != http.MethodPost {
		if next, err := redirect(response); next != "" || err != nil {
			return a, next, err
		}
	}
	if r.Keep > 0 {
		if a.Body, err = io.ReadAll(io.LimitReader(response.Body, int64(r.Keep))); err != nil {
			return nil, "", err
		}
	}
	return a, "", nil
}

// redirect is where an answer leads on to, empty where it is the last.
func redirect(response *http.Response) (string, error) {
	switch response.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return "", nil
	}
	to, err := response.Location() // against the address that was asked
	if err != nil {
		return "", refuse(Redirects, "to nowhere")
	}
	return to.String(), nil
}

// length is how long the whole is, also where only a part of it was asked for.
func length(response *http.Response) int64 {
	var from, to, whole int64
	if response.StatusCode == http.StatusPartialContent {
		if _, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &whole); err == nil && whole >= 0 {
			return whole
		}
		return -1
	}
	return response.ContentLength
}

// shortened is a header as it may be kept and shown.
func shortened(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	return strings.ToValidUTF8(s[:min(len(s), 200)], "")
}

// resolve finds the one address that a request goes to. A name of which any
// address is not public is refused: it is not what it seems.
func (g *Gate) resolve(ctx context.Context, t target) (netip.Addr, error) {
	own := g.own(t)
	if !own && !g.cfg.Allow.port(t.port) {
		return netip.Addr{}, refuse(PortRefused, "port "+strconv.Itoa(t.port))
	}
	found, err := g.lookUp(ctx, t.host)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range found {
		if !own && !g.cfg.Allow.address(a) {
			return netip.Addr{}, refuse(NotPublic, a.Unmap().String())
		}
	}
	for _, a := range found { // IPv4 first: it works wherever there is a network
		if a.Unmap().Is4() {
			return a.Unmap(), nil
		}
	}
	return found[0].Unmap(), nil
}

func (g *Gate) lookUp(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, g.cfg.Times.Connect)
	defer cancel()
	found, err := g.cfg.Resolver.LookupNetIP(ctx, "ip", host)
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound || err == nil && len(found) == 0 {
		return nil, refuse(NoName, host)
	}
	if err != nil {
		return nil, &Error{NameFailed, err}
	}
	return found, nil
}

// transport connects to ip and to nothing else, whatever a name means by then.
// It speaks HTTP/1.1, in which the head of an answer is bounded, and takes
// answers as they are, so that nothing swells when it is unpacked.
func (g *Gate) transport(t target, ip netip.Addr) *http.Transport {
	own := g.own(t)
	dialer := &net.Dialer{Timeout: g.cfg.Times.Connect, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !own && !g.cfg.Allow.address(to.Addr()) || int(to.Port()) != t.port {
			return refuse(NotPublic, address)
		}
		return nil
	}}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, netip.AddrPortFrom(ip, uint16(t.port)).String())
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: g.cfg.Roots, Time: g.cfg.Now},
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2
		TLSHandshakeTimeout:    g.cfg.Times.Connect,
		ResponseHeaderTimeout:  g.cfg.Times.Head,
		MaxResponseHeaderBytes: maxHead,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// enter waits until no other request goes to a host. The host of a redirect is
// entered when the one before has been left.
func (g *Gate) enter(ctx context.Context, name string) (leave func(), err error) {
	g.mu.Lock()
	h := g.hosts[name]
	if h == nil {
		h = &host{free: make(chan struct{}, 1)}
		g.hosts[name] = h
	}
	h.waiting++
	g.mu.Unlock()
	forget := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if h.waiting--; h.waiting == 0 {
			delete(g.hosts, name)
		}
	}
	select {
	case h.free <- struct{}{}:
		return func() { <-h.free; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}
