package web_test

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"amends/pipeline/publish"
	"amends/pipeline/web"
)

// demoNow is the morning on which the next night is due.
var demoNow = time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC)

// site is the pages of a workspace, asked as a browser asks.
type site struct {
	t      *testing.T
	pages  http.Handler
	cookie string
}

func newSite(t *testing.T, o web.Options) *site {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return demoNow }
	}
	pages, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &site{t: t, pages: pages}
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

// send sends a request; each change bends it first.
func (s *site) send(method, path string, form url.Values, changes ...func(*http.Request)) answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	r.Host = "localhost:8080"
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if s.cookie != "" {
		r.Header.Set("Cookie", s.cookie)
	}
	for _, change := range changes {
		change(r)
	}
	w := httptest.NewRecorder()
	s.pages.ServeHTTP(w, r)
	return answer{w.Result(), w.Body.String()}
}

// get asks for a page, which must come with a status.
func (s *site) get(path string, status int, changes ...func(*http.Request)) answer {
	s.t.Helper()
	a := s.send(http.MethodGet, path, nil, changes...)
	if a.StatusCode != status {
		s.t.Errorf("GET %s: %d, want %d:\n%s", path, a.StatusCode, status, a.body)
	}
	return a
}

// post sends a form, with the token and the digest that a page has.
func (s *site) post(path string, status int, form url.Values, changes ...func(*http.Request)) answer {
	s.t.Helper()
	a := s.send(http.MethodPost, path, form, changes...)
	if a.StatusCode != status {
		s.t.Errorf("POST %s: %d, want %d:\n%s", path, a.StatusCode, status, a.body)
	}
	return a
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// hidden are the hidden fields of a page: what its form sends besides.
func hidden(t *testing.T, a answer) url.Values {
	t.Helper()
	values := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(a.body, -1) {
		values.Set(m[1], m[2])
	}
	if values.Get("form") == "" {
		t.Fatalf("no form on the page:\n%s", a.body)
	}
	return values
}

// with are values and more of them.
func with(values url.Values, more ...string) url.Values {
	out := url.Values{}
	for name, list := range values {
		out[name] = list
	}
	for i := 0; i < len(more); i += 2 {
		out.Set(more[i], more[i+1])
	}
	return out
}

func wants(t *testing.T, a answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("the page has no %q:\n%s", text, shorten(a.body))
		}
	}
}

// shorten is a page's main part, for a message.
func shorten(body string) string {
	if _, main, ok := strings.Cut(body, "<main>"); ok {
		body = main
	}
	return body[:min(len(body), 1500)]
}

// largest is the hold of the largest amount in a currency with cents.
func (w *demo) largest() publish.Hold {
	w.t.Helper()
	var largest publish.Hold
	for _, h := range w.see().Holds {
		if h.Currency != "JPY" && h.AmountMinor > largest.AmountMinor {
			largest = h
		}
	}
	if largest.AmountMinor < 100 {
		w.t.Fatalf("the largest hold is %+v", largest)
	}
	return largest
}

func TestEveryPageIsThere(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.run(demoNext, true)
	s := newSite(t, web.Options{Config: w.config()})
	last, hold := demoLast.String(), w.largest()
	for _, c := range []struct{ path, kind, text string }{
		{"/", "text/html; charset=utf-8", "8 nights since 2026-01-05"},
		{"/runs", "text/html; charset=utf-8", "/runs/" + last + "\""},
		{"/runs/" + last, "text/html; charset=utf-8", "/runs/" + last + "/files/issuance.parquet"},
		{"/dry-runs", "text/html; charset=utf-8", "/dry-runs/" + demoNext.String()},
		{"/dry-runs/" + demoNext.String(), "text/html; charset=utf-8", "Nothing of it is committed"},
		{"/holds", "text/html; charset=utf-8", hold.CreditID},
		{"/holds/" + hold.CreditID, "text/html; charset=utf-8", html.EscapeString(hold.HoldCauses[0].Why)},
		{"/requests", "text/html; charset=utf-8", "No request waits."},
		{"/status.json", "application/json", `"last": "` + last + `"`},
		{"/healthz", "text/plain; charset=utf-8", "ok: the last settled night is " + last},
		{"/style.css", "text/css; charset=utf-8", "prefers-color-scheme"},
	} {
		a := s.get(c.path, http.StatusOK)
		if got := a.Header.Get("Content-Type"); got != c.kind {
			t.Errorf("%s is %s", c.path, got)
		}
		wants(t, a, c.text)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.path, name, got, want)
			}
		}
	}
	for _, path := range []string{"/nope", "/runs/2026-01-32", "/runs/2025-01-01", "/runs/" + demoNext.String(), "/dry-runs/" + last, "/holds/cr1_none",
		"/requests/rq1_none", "/metrics", "/runs?page=2", "/runs?page=x", "/runs/" + last + "/files/none.parquet"} {
		wants(t, s.get(path, http.StatusNotFound), "<h1>", "404 Not Found")
	}
	if a := s.send(http.MethodDelete, "/holds", nil); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") == "" {
		t.Errorf("DELETE: %d", a.StatusCode)
	}
	if a := s.get("/review/write", http.StatusSeeOther); a.Header.Get("Location") != "/holds" {
		t.Errorf("a form's target leads to %q", a.Header.Get("Location"))
	}
}

// An award is approved with less, in two steps; the second night carries it out.
func TestAnAwardIsApprovedWithLess(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	hold := w.largest()
	form := with(hidden(t, s.get("/holds/"+hold.CreditID, http.StatusOK)), "by", " Mo Ali ", "why", "half of it", "amount", "1.00", "do", "approve")
	shown := s.post("/review", http.StatusOK, form)
	wants(t, shown, "Let go 1 award of", "1.00 together?", "Mo Ali", "half of it", "Nothing is written yet", "Lowered from")
	if got := w.pending(); len(got) != 0 {
		t.Fatalf("the first step wrote %q", got)
	}
	a := s.post("/review/write", http.StatusSeeOther, hidden(t, shown))
	ids := w.pending()
	if len(ids) != 1 || a.Header.Get("Location") != "/requests/"+ids[0] {
		t.Fatalf("wrote %q, leads to %q", ids, a.Header.Get("Location"))
	}
	wants(t, s.get(a.Header.Get("Location"), http.StatusOK), "Mo Ali", "half of it", "1.00", "waits for the next night")
	wants(t, s.get("/requests", http.StatusOK), ids[0], "lets go 1 award")
	wants(t, s.post("/review/write", http.StatusConflict, hidden(t, shown)), "no second request is needed")
	w.runNext()
	wants(t, s.get("/runs/"+demoNext.String(), http.StatusOK), ids[0], "Mo Ali", "done")
	wants(t, s.get("/requests", http.StatusOK), "No request waits.")
	s.get("/holds/"+hold.CreditID, http.StatusNotFound)
	wants(t, s.post("/review", http.StatusConflict, form), "was committed while you looked")
}
