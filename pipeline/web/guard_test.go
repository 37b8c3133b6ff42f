package web_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"amends/pipeline/web"
)

// header sets a header of a request.
func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

// approvalForm is a form that would approve the largest hold.
func approvalForm(t *testing.T, w *demo, s *site) url.Values {
	t.Helper()
	return with(hidden(t, s.get("/holds/"+w.largest().CreditID, http.StatusOK)), "do", "approve", "by", "Mo", "why", "ok")
}

// Nothing is written by a form that no page of this process made for this person.
func TestFormsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	form := approvalForm(t, w, s)
	for _, path := range []string{"/review", "/review/write", "/confirm", "/confirm/write", "/logout"} {
		for _, changes := range [][]func(*http.Request){
			{header("Sec-Fetch-Site", "cross-site"), header("Origin", "http://evil.example")},
			{header("Sec-Fetch-Site", "same-site")},
			{header("Origin", "http://evil.example")},
			{header("Origin", "http://localhost:9")},
			{header("Origin", "null")},
		} {
			wants(t, s.post(path, http.StatusForbidden, form, changes...), "This came from another site")
		}
		for _, token := range []string{"", "0", form.Get("form")[1:] + "0"} {
			wants(t, s.post(path, http.StatusForbidden, with(form, "form", token)), "from before a restart")
		}
		without := with(form)
		delete(without, "form")
		s.post(path+"?form="+form.Get("form"), http.StatusForbidden, without)
		other := newSite(t, web.Options{Config: w.config()})
		other.post(path, http.StatusForbidden, form)
	}
	if got := w.pending(); len(got) != 0 {
		t.Errorf("written: %q", got)
	}
	s.post("/review/write", http.StatusSeeOther, form, header("Sec-Fetch-Site", "same-origin"), header("Origin", "http://localhost:8080"))
	if got := w.pending(); len(got) != 1 {
		t.Errorf("its own form wrote %q", got)
	}
}

// A name that leads here from elsewhere does not make its pages ours.
func TestOnlyNamesOfThisMachineAreAnswered(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	for _, name := range []string{"localhost", "localhost:80", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"} {
		s.get("/runs", http.StatusOK, host(name))
	}
	for _, name := range []string{"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.7:8080", "", "127.0.0.2", "0.0.0.0:8080", "[::]"} {
		wants(t, s.get("/holds", http.StatusMisdirectedRequest, host(name)), "This name is not known here")
		s.get("/healthz", http.StatusMisdirectedRequest, host(name))
	}
	behind := newSite(t, web.Options{Config: w.config(), Token: "0123456789abcdef"})
	behind.get("/healthz", http.StatusOK, host("credits.example"))
}

func TestWhatIsSentIsBounded(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config()})
	form := approvalForm(t, w, s)
	wants(t, s.post("/review/write", http.StatusRequestEntityTooLarge, with(form, "why", strings.Repeat("x", 65<<10))), "Too much was sent")
	wants(t, s.post("/review/write", http.StatusBadRequest, with(form, "why", strings.Repeat("x", 5000))), "5000 bytes, more than 4096")
	if got := w.pending(); len(got) != 0 {
		t.Errorf("written: %q", got)
	}
}

// No address leads out of what the manifest lists.
func TestNoPathLeadsElsewhere(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.put("secret.txt", []byte("secret"))
	w.run(demoNext, true)
	s := newSite(t, web.Options{Config: w.config()})
	for _, base := range []string{"/runs/" + demoLast.String(), "/dry-runs/" + demoNext.String()} {
		for _, path := range []string{
			"/files/..%2f..%2f..%2fsecret.txt", "/files/%2e%2e/%2e%2e/%2e%2e/secret.txt", "/files/..%5c..%5csecret.txt", "/files/rules/..%2f..%2f..%2f..%2fsecret.txt",
			"/files/", "/files/.", "/files/..", "/files/%00", "/files/" + url.PathEscape(w.path("secret.txt")), "/files/rules",
		} {
			a := s.send(http.MethodGet, base+path, nil)
			if strings.Contains(a.body, "secret\n") || a.body == "secret" || a.StatusCode == http.StatusOK {
				t.Errorf("%s: %d %s", base+path, a.StatusCode, a.body)
			}
		}
	}
	for _, date := range []string{"..", "%2e%2e", "..%2f..", "2026-01-12%2f..", "2026-1-12", "%00"} {
		for _, kind := range []string{"/runs/", "/dry-runs/"} {
			for _, rest := range []string{"", "/report.html", "/files/manifest.json"} {
				if a := s.send(http.MethodGet, kind+date+rest, nil); a.StatusCode == http.StatusOK {
					t.Errorf("%s is a page", kind+date+rest)
				}
			}
		}
	}
}

// A page that panics is one page; the log says where.
func TestAPanicIsOnePage(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	var log bytes.Buffer
	s := newSite(t, web.Options{Config: w.config(), Log: slog.New(slog.NewTextHandler(&log, nil)), Scheduler: func() *web.Scheduler { panic("no schedule") }})
	a := s.get("/", http.StatusInternalServerError)
	wants(t, a, "Something went wrong here")
	if strings.Contains(a.body, "no schedule") || !strings.Contains(log.String(), "no schedule") || !strings.Contains(log.String(), "goroutine") {
		t.Errorf("page %s\nlog %s", a.body, log.String())
	}
	s.get("/runs", http.StatusOK)
}
