package web_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"amends/pipeline/web"
)

// Monitors hear of a failure and of a night that is late, and of nothing else.
func TestHealthIsTheSchedulers(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	var now *web.Scheduler
	s := newSite(t, web.Options{Config: w.config(), Scheduler: func() *web.Scheduler { return now }})
	ago := func(minutes int) time.Time { return demoNow.Add(-time.Duration(minutes) * time.Minute) }
	for _, c := range []struct {
		what   string
		at     *web.Scheduler
		status int
		text   string
	}{
		{"nothing is scheduled", nil, 200, "ok: the last settled night is 2026-01-12; nothing is scheduled"},
		{"before the next night", &web.Scheduler{NextDate: demoNext, NextDue: ago(-60)}, 200, "ok: the last settled night is 2026-01-12\n"},
		{"just due", &web.Scheduler{NextDate: demoNext, NextDue: ago(15)}, 200, "ok"},
		{"overdue", &web.Scheduler{NextDate: demoNext, NextDue: ago(16)}, 503, "not ok: the night of 2026-01-13 was due at 2026-01-14 03:44 EST and is not settled"},
		{"overdue, at work", &web.Scheduler{NextDate: demoNext, NextDue: ago(300), RunningDate: demoNext, Stage: "matching"}, 200, "ok"},
		{"waits for files", &web.Scheduler{NextDate: demoNext, NextDue: ago(120), WaitingDate: demoNext, WaitingUntil: ago(-60)}, 200, "ok"},
		{"waited too long", &web.Scheduler{NextDate: demoNext, NextDue: ago(120), WaitingDate: demoNext, WaitingUntil: ago(30)}, 503, "is not settled"},
		{"locked out", &web.Scheduler{NextDate: demoNext, NextDue: ago(120), Locked: true}, 503, "another run is at work"},
		{"failed", &web.Scheduler{NextDate: demoNext, NextDue: ago(5), LastSuccess: ago(1440), LastSuccessDate: demoLast, LastFailure: ago(4), LastFailureDate: demoNext, LastError: "disk is full"},
			503, "not ok: the night of 2026-01-13 failed at 2026-01-14 03:56 EST: disk is full"},
		{"failed, at it again", &web.Scheduler{LastFailure: ago(4), LastFailureDate: demoNext, LastError: "disk is full", RunningDate: demoNext}, 503, "disk is full"},
		{"failed before a date was known", &web.Scheduler{LastFailure: ago(4), LastError: "amends.yaml"}, 503, "not ok: nights failed at"},
		{"overcome", &web.Scheduler{NextDate: demoNext + 1, NextDue: ago(-1000), LastSuccess: ago(1), LastFailure: ago(4), LastError: "disk is full"}, 200, "ok"},
	} {
		now = c.at
		a := s.get("/healthz", c.status)
		if !strings.HasPrefix(a.body, c.text) && !strings.Contains(a.body, c.text) {
			t.Errorf("%s: %q, want %q", c.what, a.body, c.text)
		}
		page := s.get("/", http.StatusOK)
		if got := strings.Contains(page.body, "Nights do not run."); got != (c.status == 503) {
			t.Errorf("%s: the overview says so: %v", c.what, got)
		}
	}
}

func TestTheOverviewShowsTheScheduler(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	now := &web.Scheduler{RunningDate: demoNext, Stage: "matching"}
	s := newSite(t, web.Options{Config: w.config(), Title: "Credits <b>", Scheduler: func() *web.Scheduler { return now }})
	wants(t, s.get("/", http.StatusOK), "the night of 2026-01-13 is at work: matching", "Credits &lt;b&gt;")
	now = &web.Scheduler{WaitingDate: demoNext, WaitingUntil: demoNow, WaitingFor: "data/deliveries", NextDate: demoNext, NextDue: demoNow}
	wants(t, s.get("/", http.StatusOK), "waits for its files until 2026-01-14 04:00 EST: data/deliveries", "2026-01-14 04:00 EST, for 2026-01-13")
	now = &web.Scheduler{LastFailure: demoNow, LastFailureDate: demoNext, LastError: "disk is full"}
	if a := s.get("/", http.StatusOK); strings.Count(a.body, "disk is full") != 1 {
		t.Errorf("a failure is there %d times", strings.Count(a.body, "disk is full"))
	}
	now = &web.Scheduler{LastSuccess: demoNow, LastSuccessDate: demoLast, Warning: "a guardrail held every award", LastFailure: demoNow.Add(-time.Hour), LastError: "x"}
	wants(t, s.get("/", http.StatusOK), "waiting for the next night", "a guardrail held every award", "2026-01-14 03:00 EST: x")
	now = &web.Scheduler{Locked: true}
	wants(t, s.get("/", http.StatusOK), "another run is at work")
}

// With a token, whoever has none learns only whether all is well.
func TestHealthWithoutATokenHasNoDetail(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	failed := &web.Scheduler{LastFailure: demoNow, LastFailureDate: demoNext, LastError: "disk is full"}
	s := newSite(t, web.Options{Config: w.config(), Token: demoToken, Scheduler: func() *web.Scheduler { return failed }})
	if a := s.get("/healthz", http.StatusServiceUnavailable); a.body != "not ok\n" {
		t.Errorf("%q", a.body)
	}
	wants(t, s.get("/healthz", http.StatusServiceUnavailable, header("Authorization", "Bearer "+demoToken)), "disk is full")
	if a := s.get("/healthz", http.StatusServiceUnavailable, header("Authorization", "Bearer wrong-wrong-wrong-wrong")); a.body != "not ok\n" {
		t.Errorf("%q", a.body)
	}
}

func TestMetricsAreThoseThatAreGiven(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	s := newSite(t, web.Options{Config: w.config(), Token: demoToken, Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "amends_up 1\n")
	})})
	s.get("/metrics", http.StatusUnauthorized, header("Accept", "text/plain"))
	if a := s.get("/metrics", http.StatusOK, header("Authorization", "Bearer "+demoToken)); a.body != "amends_up 1\n" {
		t.Errorf("%q", a.body)
	}
}
