package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
)

// answer answers a request, or returns why it does not: then nothing was written.
type answer func(w http.ResponseWriter, r *http.Request) error

// pagePolicy lets a page show itself and send its forms here, and nothing else:
// no script, no frame, no other site.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// reportPolicy is for published reports, which bring their own scripts: in a
// sandbox they have no origin, so they cannot ask anything of the pages, send
// nothing anywhere, and load nothing.
const reportPolicy = "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
	"img-src data:; font-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"

// maxFormBytes bounds a form: a filter and two texts of 4 KiB, escaped.
const maxFormBytes = 64 << 10

// guard is around every page: headers, what may ask, and recovery.
func (s *site) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(s.handle(func(http.ResponseWriter, *http.Request) error {
		return &problem{http.StatusForbidden, "This came from another site", "A form of another site was sent here. Nothing was done."}
	}))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		// Not no-referrer: forms would then have the origin null, which no check can
		// tell from another site's. To other sites nothing is sent either way.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		defer s.recovered(w, r)
		if s.options.Token == "" && !isLoopback(hostOf(r)) {
			// A name that somebody else's server gave this address: its pages would
			// count as ours.
			s.fail(w, r, &problem{http.StatusMisdirectedRequest, "This name is not known here",
				fmt.Sprintf("The pages answer to localhost, 127.0.0.1 and [::1], not to %q.", r.Host)})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
		next.ServeHTTP(w, r)
	})
}

func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return r.Host
}

// recovered ends a page that panicked with a page of its own.
func (s *site) recovered(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		panic(cause) // the server's own way to end a connection
	}
	s.options.Log.Error("a page panicked", "path", r.URL.Path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	s.fail(w, r, &problem{http.StatusInternalServerError, "Something went wrong here", "The page could not be made. What is published is not touched by this."})
}

// handle makes a page a handler.
func (s *site) handle(h answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(w, r)
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// formed lets a form pass that this process made.
func (s *site) formed(next answer) answer {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			var large *http.MaxBytesError
			if errors.As(err, &large) {
				return &problem{http.StatusRequestEntityTooLarge, "Too much was sent", fmt.Sprintf("A form has at most %d bytes.", large.Limit)}
			}
			return &problem{http.StatusBadRequest, "The form cannot be read", err.Error()}
		}
		if !same(r.PostForm.Get("form"), s.formToken()) {
			return &problem{http.StatusForbidden, "This form is from before a restart, or from elsewhere",
				"Nothing was done. Go back, load the page again, and send it anew."}
		}
		return next(w, r)
	}
}

// formToken is in every form of this process. Another site cannot read it.
func (s *site) formToken() string { return s.sign("form") }

// sign returns what only this process can make of a text.
func (s *site) sign(text string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// same compares without telling by its time how much is the same, length
// included.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// bearer returns the token of an Authorization header, "" without one.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
