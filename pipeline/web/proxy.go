package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the addresses of proxies before the pages. What they say of a
// request is believed: who asks (X-Forwarded-For), and that the browser speaks
// TLS with them (X-Forwarded-Proto). Nobody else's word is.
type Proxies []netip.Prefix

// ParseProxies reads addresses such as 10.0.0.5 and networks such as 10.0.0.0/8.
func ParseProxies(texts []string) (Proxies, error) {
	var proxies Proxies
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return nil, fmt.Errorf("proxy %q: want an address such as 10.0.0.5, or a network such as 10.0.0.0/8", text)
			}
			network = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
		}
		proxies = append(proxies, network.Masked())
	}
	return proxies, nil
}

func (p Proxies) has(text string) bool {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	for _, network := range p {
		if network.Contains(address.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// addressOf is who asks: of a request through a proxy, the last address in its
// list that is no proxy's. What stands before that anybody may have written.
func (p Proxies) addressOf(r *http.Request) string {
	address := peerOf(r)
	if !p.has(address) {
		return address
	}
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(list) - 1; i >= 0; i-- {
		said, err := netip.ParseAddr(strings.TrimSpace(list[i]))
		if err != nil {
			return address
		}
		if address = said.Unmap().String(); !p.has(address) {
			return address
		}
	}
	return address
}

// secure reports whether the browser's connection is encrypted: with this server,
// or with a proxy before it.
func (p Proxies) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	said := r.Header.Values("X-Forwarded-Proto")
	return len(said) == 1 && strings.EqualFold(strings.TrimSpace(said[0]), "https") && p.has(peerOf(r))
}
