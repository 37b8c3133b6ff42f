package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// ErrToken is why pages are not served: there is no token, or it is too short.
var ErrToken = errors.New("token")

// minTokenBytes makes a token too long to be tried out.
const minTokenBytes = 16

// The server's limits. What a page sends is small; a published file may be large
// and the line slow.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 15 * time.Second
	writeTimeout   = 5 * time.Minute
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
)

// CheckListen says whether pages may be served on an address such as
// 127.0.0.1:8080. Those of this machine alone need no token; any other does,
// and ErrToken says so.
func CheckListen(address, token string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen on %q: want HOST:PORT, such as 127.0.0.1:8080: %w", address, err)
	}
	if token == "" && !isLoopback(host) {
		return fmt.Errorf("%w: %q can be reached from other machines, so the pages need a token of at least %d characters; or listen on 127.0.0.1",
			ErrToken, address, minTokenBytes)
	}
	return checkToken(token)
}

func checkToken(token string) error {
	if token != "" && len(token) < minTokenBytes {
		return fmt.Errorf("%w: has %d characters, want at least %d", ErrToken, len(token), minTokenBytes)
	}
	return nil
}

// isLoopback reports whether a host without its port is this machine by one of
// its fixed names. Other names may lead anywhere.
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && (address == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || address == netip.IPv6Loopback())
}

// NewServer returns a server of the pages whose limits keep a slow or idle
// client from holding it up.
func NewServer(address string, pages http.Handler) *http.Server {
	return &http.Server{
		Addr: address, Handler: pages, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}
}
