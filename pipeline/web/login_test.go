package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"amends/pipeline/web"
)

const demoToken = "0123456789abcdef-token"

func TestWhereListeningTakesAToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address, token string
		ok             bool
	}{
		{"127.0.0.1:8080", "", true}, {"localhost:8080", "", true}, {"[::1]:8080", "", true}, {"127.0.0.1:8080", demoToken, true},
		{":8080", "", false}, {"0.0.0.0:8080", "", false}, {"[::]:8080", "", false}, {"192.168.1.2:8080", "", false}, {"credits.example:8080", "", false},
		{"localhost.example:80", "", false}, {"0.0.0.0:8080", "fifteen-bytes-x", false}, {"127.0.0.1:8080", "short", false}, {"0.0.0.0:8080", "sixteen-bytes-xx", true},
	} {
		err := web.CheckListen(c.address, c.token)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, web.ErrToken) {
			t.Errorf("%s with %q: %v", c.address, c.token, err)
		}
	}
	if err := web.CheckListen("8080", ""); err == nil || !strings.Contains(err.Error(), "HOST:PORT") {
		t.Errorf("a port alone: %v", err)
	}
	if _, err := web.New(web.Options{Token: "short"}); !errors.Is(err, web.ErrToken) {
		t.Errorf("a short token: %v", err)
	}
	server := web.NewServer("127.0.0.1:0", http.NotFoundHandler())
	if server.ReadHeaderTimeout == 0 || server.ReadTimeout == 0 || server.WriteTimeout == 0 || server.IdleTimeout == 0 || server.MaxHeaderBytes == 0 {
		t.Errorf("%+v has no limit somewhere", server)
	}
}

func TestATokenLetsPeopleIn(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	now := demoNow
	s := newSite(t, web.Options{Config: w.config(), Token: demoToken, Now: func() time.Time { return now }})
	paths := []string{"/", "/runs", "/runs/" + demoLast.String(), "/runs/" + demoLast.String() + "/files/issuance.parquet", "/runs/" + demoLast.String() + "/report.html",
		"/dry-runs", "/holds", "/holds/" + w.largest().CreditID, "/requests", "/nope"}
	for _, path := range paths {
		if a := s.get(path, http.StatusSeeOther); a.Header.Get("Location") != "/login" || strings.Contains(a.body, "awards") {
			t.Errorf("%s leads to %q: %s", path, a.Header.Get("Location"), a.body)
		}
	}
	for _, path := range []string{"/metrics", "/status.json"} {
		s.get(path, http.StatusUnauthorized, header("Accept", "*/*"))
		s.get(path, http.StatusUnauthorized, header("Accept", "*/*"), header("Authorization", "Bearer 0123456789abcdef-other"))
	}
	wants(t, s.get("/status.json", http.StatusOK, header("Authorization", "Bearer "+demoToken)), `"runs": 8`)
	login := hidden(t, s.get("/login", http.StatusOK))
	s.post("/review/write", http.StatusUnauthorized, login)
	s.post("/review/write", http.StatusUnauthorized, login, header("Authorization", "Bearer "+demoToken))
	s.post("/login", http.StatusForbidden, url.Values{"token": {demoToken}})
	wants(t, s.post("/login", http.StatusUnauthorized, with(login, "token", demoToken+"x")), "That is not the token.")
	a := s.post("/login", http.StatusSeeOther, with(login, "token", demoToken))
	cookies := a.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != 12*3600 || strings.Contains(c.Value, demoToken) {
		t.Errorf("cookie %+v", c)
	}
	s.cookie = c.Name + "=" + c.Value
	wants(t, s.get("/", http.StatusOK), "Sign out", "awards wait")
	s.post("/review", http.StatusOK, approvalForm(t, w, s))
	until, signature, _ := strings.Cut(c.Value, ".")
	for _, forged := range []string{"", "x", until + ".", until + "." + signature[1:] + "0", "99999999999." + signature, demoToken} {
		s.cookie = c.Name + "=" + forged
		s.get("/", http.StatusSeeOther)
	}
	s.cookie = c.Name + "=" + c.Value
	if out := s.post("/logout", http.StatusSeeOther, login).Cookies(); len(out) != 1 || out[0].MaxAge >= 0 {
		t.Errorf("sign out leaves %+v", out)
	}
	now = now.Add(12*time.Hour + time.Second)
	s.get("/", http.StatusSeeOther)
	other := newSite(t, web.Options{Config: w.config(), Token: demoToken})
	other.cookie = s.cookie
	other.get("/", http.StatusSeeOther)
}

// Whoever tries tokens out on the form is stopped, and nobody else with them: not
// another address, and not a program that sends the right one.
func TestTriesAreLimited(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	now := demoNow
	s := newSite(t, web.Options{Config: w.config(), Token: demoToken, Now: func() time.Time { return now }})
	login := hidden(t, s.get("/login", http.StatusOK))
	for range 10 {
		s.post("/login", http.StatusUnauthorized, with(login, "token", "wrong-wrong-wrong"))
	}
	s.post("/login", http.StatusTooManyRequests, with(login, "token", demoToken))
	s.get("/status.json", http.StatusTooManyRequests, header("Authorization", "Bearer wrong-wrong-wrong"))
	s.get("/status.json", http.StatusOK, header("Authorization", "Bearer "+demoToken))
	from := func(address string) func(*http.Request) {
		return func(r *http.Request) { r.RemoteAddr = address + ":1" }
	}
	for i := range 20 {
		s.get("/healthz", http.StatusOK, header("Authorization", "Bearer wrong"), from("198.51.100.7"))
		if i < 9 {
			s.post("/login", http.StatusUnauthorized, with(login, "token", "wrong"), from("198.51.100.7"))
		}
	}
	s.post("/login", http.StatusSeeOther, with(login, "token", demoToken), from("198.51.100.7"))
	now = now.Add(15 * time.Minute)
	s.post("/login", http.StatusSeeOther, with(login, "token", demoToken))
}
