package web

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	sessionCookie = "amends_session"
	// sessionHours is a long working day.
	sessionHours = 12
	// maxTries is how many wrong tokens one address may send within triesWindow. A
	// token of 16 characters is not guessed at any pace; the bound keeps the log
	// and the line free.
	maxTries    = 10
	triesWindow = 15 * time.Minute
	// maxAddresses bounds what is remembered of them; those beyond share a count.
	maxAddresses = 1000
)

// tries counts wrong tokens by address.
type tries struct {
	mu    sync.Mutex
	since time.Time
	of    map[string]int
}

// allowed reports whether an address may try again at a time.
func (t *tries) allowed(address string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil || now.Sub(t.since) >= triesWindow {
		t.since, t.of = now, map[string]int{}
	}
	return t.of[t.known(address)] < maxTries
}

// failed counts a wrong token.
func (t *tries) failed(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of[t.known(address)]++
}

func (t *tries) known(address string) string {
	if _, seen := t.of[address]; !seen && len(t.of) >= maxAddresses {
		return ""
	}
	return address
}

// peerOf is who is at the other end of the line: the browser, or a proxy.
func peerOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// proves reports whether a text is the token, and counts it where it is not.
// The error says that there were too many tries.
func (s *site) proves(r *http.Request, text string) (bool, error) {
	address := s.options.Proxies.addressOf(r)
	if !s.tries.allowed(address, s.options.Now()) {
		return false, &problem{http.StatusTooManyRequests, "Too many wrong tokens", "Wait a quarter of an hour and try again."}
	}
	if same(text, s.options.Token) {
		return true, nil
	}
	s.tries.failed(address)
	s.options.Log.Warn("a wrong token", "address", address)
	return false, nil
}

// knows reports whether a request comes from somebody who had the token.
func (s *site) knows(r *http.Request) (bool, error) {
	if s.options.Token == "" {
		return true, nil
	}
	if token := bearer(r); token != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		if same(token, s.options.Token) {
			return true, nil // programs behind one proxy do not lock each other out
		}
		return s.proves(r, token)
	}
	cookie, err := r.Cookie(sessionCookie)
	return err == nil && s.isSession(cookie.Value), nil
}

// signedIn lets a request pass that knows the token; others are led to /login.
func (s *site) signedIn(next answer) answer {
	return func(w http.ResponseWriter, r *http.Request) error {
		known, err := s.knows(r)
		switch {
		case err != nil:
			return err
		case known:
			return next(w, r)
		case r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html"):
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return nil
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="amends"`)
		return &problem{http.StatusUnauthorized, "The token is needed", "Sign in, or send it as Authorization: Bearer."}
	}
}

// session makes a cookie's value: when it ends, and that this process said so.
func (s *site) session() string {
	until := strconv.FormatInt(s.options.Now().Add(sessionHours*time.Hour).Unix(), 10)
	return until + "." + s.sign("session "+until+" "+s.options.Token)
}

func (s *site) isSession(value string) bool {
	until, signature, _ := strings.Cut(value, ".")
	if !same(signature, s.sign("session "+until+" "+s.options.Token)) {
		return false
	}
	ends, err := strconv.ParseInt(until, 10, 64)
	return err == nil && s.options.Now().Unix() < ends
}

func (s *site) setSession(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: s.options.Proxies.secure(r),
	})
}

func (s *site) loginPage(w http.ResponseWriter, r *http.Request) error {
	if s.options.Token == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	return s.show(w, http.StatusOK, "login.html", &view{Title: "Sign in", Here: "login"})
}

func (s *site) login(w http.ResponseWriter, r *http.Request) error {
	if s.options.Token == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return nil
	}
	right, err := s.proves(r, r.PostForm.Get("token"))
	if err != nil {
		return err
	}
	if !right {
		return s.show(w, http.StatusUnauthorized, "login.html", &view{Title: "Sign in", Here: "login", Error: "That is not the token."})
	}
	s.setSession(w, r, s.session(), sessionHours*3600)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) error {
	s.setSession(w, r, "", -1)
	if s.options.Token == "" {
		return fmt.Errorf("%w: nobody is signed in", errNothing)
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
	return nil
}
