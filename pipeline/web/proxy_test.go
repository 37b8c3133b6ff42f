package web_test

import (
	"net/http"
	"strings"
	"testing"

	"amends/pipeline/web"
)

func mustProxies(t *testing.T, texts ...string) web.Proxies {
	t.Helper()
	proxies, err := web.ParseProxies(texts)
	if err != nil {
		t.Fatal(err)
	}
	return proxies
}

// Only a proxy that was named is believed that the browser speaks TLS with it.
func TestCookiesBehindAProxy(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config(), Token: demoToken, Proxies: mustProxies(t, "10.0.0.5", "192.0.2.0/24", "::1")})
	login := hidden(t, s.get("/login", http.StatusOK))
	for _, c := range []struct {
		from   string
		proto  []string
		secure bool
	}{
		{"10.0.0.5:4711", []string{"https"}, true},
		{"10.0.0.5:4711", []string{"HTTPS"}, true},
		{"192.0.2.77:1", []string{"https"}, true},
		{"[::ffff:10.0.0.5]:1", []string{"https"}, true},
		{"[::1]:1", []string{"https"}, true},
		{"10.0.0.5:4711", []string{"http"}, false},
		{"10.0.0.5:4711", []string{"https", "http"}, false},
		{"10.0.0.5:4711", nil, false},
		{"10.0.0.6:4711", []string{"https"}, false},
		{"nowhere", []string{"https"}, false},
	} {
		a := s.post("/login", http.StatusSeeOther, with(login, "token", demoToken), func(r *http.Request) {
			r.RemoteAddr, r.Header["X-Forwarded-Proto"] = c.from, c.proto
		})
		if cookies := a.Cookies(); len(cookies) != 1 || cookies[0].Secure != c.secure || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
			t.Errorf("from %s with %q: %+v, want secure %v", c.from, c.proto, cookies, c.secure)
		}
	}
}

// Wrong tokens count for who sent them through the proxy, whatever else they write
// into the list of addresses.
func TestTriesBehindAProxy(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config(), Token: demoToken, Proxies: mustProxies(t, "10.0.0.0/8")})
	login := hidden(t, s.get("/login", http.StatusOK))
	through := func(peer string, list ...string) func(*http.Request) {
		return func(r *http.Request) { r.RemoteAddr, r.Header["X-Forwarded-For"] = peer+":1", list }
	}
	for i := range 10 {
		forged := strings.Repeat("1", i%3+1) + ".1.1.1"
		s.post("/login", http.StatusUnauthorized, with(login, "token", "wrong"), through("10.0.0.5", forged+", 198.51.100.7, 10.0.0.9"))
	}
	right := with(login, "token", demoToken)
	s.post("/login", http.StatusTooManyRequests, right, through("10.0.0.5", "203.0.113.1", "198.51.100.7"))
	s.post("/login", http.StatusTooManyRequests, right, through("198.51.100.7", "203.0.113.1")) // not through a proxy
	s.post("/login", http.StatusSeeOther, right, through("10.0.0.5", "198.51.100.7, 203.0.113.1"))
	s.post("/login", http.StatusSeeOther, right, through("10.0.0.5", "rubbish"))
	s.post("/login", http.StatusSeeOther, right, through("10.0.0.5"))
}

func TestProxiesAreAddresses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "proxy.example", "10.0.0.0/99", "10.0.0.5:80"} {
		if _, err := web.ParseProxies([]string{text}); err == nil || !strings.Contains(err.Error(), "want an address such as 10.0.0.5") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
