package datasetstest

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/blob"
	"shuyuan/internal/outbound"
	"shuyuan/internal/policy"
)

// Portal is the address of the portal itself, for addresses of its own.
const Portal = "https://data.example"

// LinkRules are the rules of the platform about checking addresses.
func LinkRules(t testing.TB) datasets.LinkRules {
	t.Helper()
	book, err := policy.Load(policy.Files)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := datasets.LinkRulesOf(book)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// Site is a web site on this machine, at an address of its own so that a gate
// can open it and no more of the machine.
func Site(t testing.TB, h http.Handler) (base string, port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL, l.Addr().(*net.TCPAddr).Port
}

// Watching is an option of New for tests in which addresses are checked: those
// of Sites on these ports, and of the public web.
func Watching(ports ...int) func(testing.TB, blob.Store) datasets.Option {
	return func(t testing.TB, _ blob.Store) datasets.Option {
		t.Helper()
		gate, err := outbound.New(outbound.Config{
			Allow: outbound.Allow{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, Ports: ports}, Portal: Portal,
			Now: func() time.Time { return Now }, Times: outbound.Times{Connect: 2 * time.Second, Head: 500 * time.Millisecond, Whole: time.Second},
		})
		if err != nil {
			t.Fatal(err)
		}
		return datasets.Links(gate, LinkRules(t), Portal)
	}
}

// Link adds an address to an entry, a service unless an option says otherwise,
// and returns its id.
func (c *Catalogue) Link(t testing.TB, d *datasets.Dataset, url string, options ...func(*datasets.Link)) string {
	t.Helper()
	l := &datasets.Link{Kind: datasets.LinkAPI, URL: url, Format: "json"}
	for _, o := range options {
		o(l)
	}
	return c.Resource(t, d, func(r *datasets.Resource) { r.Link = l })
}
