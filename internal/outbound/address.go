package outbound

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// ports are where the web is served. A configuration may add to them.
var ports = []int{80, 443}

// Allow is what a configuration opens beyond the public web, for a portal that
// stands in the network of a government.
type Allow struct {
	Networks []netip.Prefix // reached although they are not public; what is never reached is none of them
	Ports    []int          // besides 80 and 443
}

// port reports whether requests may go to a port.
func (a Allow) port(n int) bool { return slices.Contains(ports, n) || slices.Contains(a.Ports, n) }

// address reports whether requests may go to an address.
func (a Allow) address(ip netip.Addr) bool {
	ip = ip.Unmap()
	return public(ip) || ip.Zone() == "" && in(ip, a.Networks) && !in(ip, never)
}

// target is where a request goes.
type target struct {
	url  *url.URL // with the name in ASCII
	host string   // name or address, without a port
	port int
}

// maxAddress is how long an address may be, in bytes.
const maxAddress = 4000

// parse reads an address that somebody typed, as browsers read it, and refuses
// what is no plain address of the web.
func parse(raw string) (target, error) {
	var t target
	if len(raw) > maxAddress || strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\\' }) {
		return t, refuse(Malformed, "blanks, control characters or backslashes, or too long")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return t, refuse(Malformed, "no address")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return t, refuse(Malformed, "only http and https")
	}
	if u.User != nil {
		return t, refuse(Malformed, "credentials in the address")
	}
	if t.host, err = hostName(u.Hostname()); err != nil {
		return t, err
	}
	t.port = map[string]int{"http": 80, "https": 443}[u.Scheme]
	if p := u.Port(); p != "" {
		if t.port, err = strconv.Atoi(p); err != nil || t.port < 1 || t.port > 65535 {
			return t, refuse(Malformed, "no such port")
		}
	}
	clean := *u
	clean.Fragment, clean.RawFragment = "", ""
	clean.Host = t.host
	if strings.Contains(t.host, ":") {
		clean.Host = "[" + t.host + "]"
	}
	if u.Port() != "" {
		clean.Host += ":" + strconv.Itoa(t.port)
	}
	t.url = &clean
	return t, nil
}

// hostName is a host in its one spelling. A name whose last part is a number
// is an address in a spelling that resolvers read in more than one way (127.1,
// 0x7f.1, 2130706433), unless it is a plain one.
func hostName(raw string) (string, error) {
	if a, err := netip.ParseAddr(raw); err == nil {
		if a.Zone() != "" {
			return "", refuse(Malformed, "an address with a zone")
		}
		return a.Unmap().String(), nil
	}
	name, err := idna.Lookup.ToASCII(raw)
	if err != nil || name == "" || len(name) > 253 || strings.ContainsAny(name, ":/?#@%[]") {
		return "", refuse(Malformed, "no name of a host")
	}
	name = strings.TrimSuffix(name, ".")
	if a, err := netip.ParseAddr(name); err == nil { // full-width figures
		return a.Unmap().String(), nil
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", refuse(Malformed, "a number as a name")
	}
	return name, nil
}

// Check reports why no request can go to an address, as far as that shows
// without asking anybody: nil, or an *Error. A name may still turn out to be of
// an address that is not public.
func (g *Gate) Check(raw string) error {
	t, err := parse(raw)
	if err != nil {
		return err
	}
	if g.own(t) {
		return nil
	}
	if !g.cfg.Allow.port(t.port) {
		return refuse(PortRefused, "port "+strconv.Itoa(t.port))
	}
	if a, err := netip.ParseAddr(t.host); err == nil && !g.cfg.Allow.address(a) {
		return refuse(NotPublic, a.String())
	}
	return nil
}

// CheckSecure is Check for an address to which something is sent that is not for
// everybody on the way to read: encrypted, or of this machine itself, where a
// configuration opens that.
func (g *Gate) CheckSecure(raw string) error {
	if err := g.Check(raw); err != nil {
		return err
	}
	if t, err := parse(raw); err != nil || t.url.Scheme != "https" && !loopback(t.host) {
		return refuse(NotEncrypted, "only https")
	}
	return nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// own reports whether t is the portal itself.
func (g *Gate) own(t target) bool {
	return g.self.host != "" && t.host == g.self.host && t.port == g.self.port && t.url.Scheme == g.self.url.Scheme
}
