package gateway

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds how far a list of forwarded addresses is followed.
const maxHops = 32

// ParsePrefixes reads a comma-separated list of addresses and prefixes in CIDR form.
func ParsePrefixes(list string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		if addr, err := netip.ParseAddr(text); err == nil {
			prefixes = append(prefixes, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("reading trusted proxies: %q is neither an address nor a prefix", text)
		}
		prefixes = append(prefixes, prefix.Masked())
	}
	return prefixes, nil
}

// clientOf is who a request comes from, as far as it can be trusted: the peer,
// or, when that is a trusted proxy, the right-most address of X-Forwarded-For
// that is not. An IPv6 client is its /64, since one host has all of those.
func clientOf(r *http.Request, trusted []netip.Prefix) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := 0; i < maxHops && isTrusted(addr, trusted) && len(hops) > 0; i++ {
		hop, ok := parseHop(hops[len(hops)-1])
		if !ok {
			break
		}
		addr, hops = hop, hops[:len(hops)-1]
	}
	return clientPrefix(addr)
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// parseHop reads one address, with or without a port; some proxies write the port too.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(s)
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func clientPrefix(addr netip.Addr) netip.Prefix {
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	p, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
