package outbound

import "net/netip"

// special are the parts of the internet's own range that are no place on the
// internet: IANA's registries of special-purpose addresses (RFC 6890), and
// what clouds use for themselves. IPv6 outside 2000::/3 is special as a whole:
// among it are the forms that hide an IPv4 address (::ffff:0:0/96, and NAT64's
// 64:ff9b::/96 and 64:ff9b:1::/48).
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // Azure's channel to its machines
	"2001::/23",        // IETF protocols, Teredo among them, which hides an IPv4 address
	"2001:db8::/32", "3fff::/20",
	"2002::/16", // 6to4, which hides an IPv4 address
)

// never are addresses that no configuration opens: everybody at once, nobody,
// the neighbourhood of the machine, and where clouds tell a machine its
// secrets.
var never = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "168.63.129.16/32",
	"::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
)

var globalIPv6 = netip.MustParsePrefix("2000::/3")

// public reports whether a is an address of the public internet. An IPv4
// address that is written as IPv6 is the IPv4 address.
func public(a netip.Addr) bool {
	if a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	return a.IsValid() && !in(a, special) && (a.Is4() || globalIPv6.Contains(a))
}

func in(a netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}
