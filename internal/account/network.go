package account

import "net/netip"

// Network is the network that an address counts under: an IPv4 address
// itself, and the /64 of an IPv6 address, since one household can walk through
// a whole /64. What is no address counts together as "unknown".
func Network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}
