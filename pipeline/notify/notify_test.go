package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"amends/pipeline/workspace"
)

// sender is one that waits little between tries.
func sender(t *testing.T, address string, retries int) *Sender {
	t.Helper()
	s, err := New(&workspace.Notify{Timeout: 2 * time.Second, Retries: retries}, address)
	if err != nil {
		t.Fatal(err)
	}
	s.client.RetryWaitMin, s.client.RetryWaitMax = time.Millisecond, 2*time.Millisecond
	return s
}

// server answers with statuses in turn, the last again and again.
func server(t *testing.T, statuses ...int) (address string, calls *atomic.Int32, bodies chan []byte) {
	t.Helper()
	calls, bodies = new(atomic.Int32), make(chan []byte, 100)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(calls.Add(1))
		body, _ := io.ReadAll(r.Body)
		bodies <- body
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("User-Agent") != "amends" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		w.WriteHeader(statuses[min(n, len(statuses))-1])
	}))
	t.Cleanup(web.Close)
	return web.URL + "/hook/s3cret", calls, bodies
}

var night = Message{Event: "held", Workspace: "shop", BusinessDate: "2026-01-15", EffectiveDate: "2026-01-16",
	Counts: map[string]int64{"issued": 2, "held": 1}, AmountsMinor: map[string]Amount{"issued": {"USD": 700}}, Folder: "state/runs/2026-01-15"}

func TestAMessageIsSentOnce(t *testing.T) {
	t.Parallel()
	address, calls, bodies := server(t, http.StatusNoContent)
	if err := sender(t, address, 3).Send(context.Background(), night); err != nil || calls.Load() != 1 {
		t.Fatalf("%v after %d calls", err, calls.Load())
	}
	const want = `{"version":1,"event":"held","workspace":"shop","business_date":"2026-01-15","effective_date":"2026-01-16",` +
		`"counts":{"held":1,"issued":2},"amounts_minor":{"issued":{"USD":700}},"folder":"state/runs/2026-01-15"}` + "\n"
	if got := string(<-bodies); got != want {
		t.Errorf("sent\n%s\nwant\n%s", got, want)
	}
}

func TestServerErrorsAreTriedAgain(t *testing.T) {
	t.Parallel()
	address, calls, bodies := server(t, 500, 503, 429, 200)
	if err := sender(t, address, 3).Send(context.Background(), night); err != nil || calls.Load() != 4 {
		t.Errorf("%v after %d calls, want 4", err, calls.Load())
	}
	first := <-bodies
	for range 3 {
		if again := <-bodies; string(again) != string(first) || len(first) == 0 {
			t.Errorf("tried again with %q", again)
		}
	}
	address, calls, _ = server(t, 500)
	err := sender(t, address, 2).Send(context.Background(), night)
	if err == nil || calls.Load() != 3 || !strings.Contains(err.Error(), "held of 2026-01-15: the answer is 500") {
		t.Errorf("%v after %d calls, want 3", err, calls.Load())
	}
}

func TestRefusalsAreFinal(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 404, 410} {
		address, calls, _ := server(t, status)
		if err := sender(t, address, 3).Send(context.Background(), night); err == nil || calls.Load() != 1 {
			t.Errorf("%d: %v after %d calls", status, err, calls.Load())
		}
	}
}

func TestNobodyListensAndTheSecretStaysOne(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	address := web.URL + "/hook/s3cret"
	web.Close()
	err := sender(t, address, 1).Send(context.Background(), night)
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v", err)
	}
	if _, err := New(&workspace.Notify{}, "s3cret"); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
}

func TestASlowServerIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer web.Close()
	defer close(release)
	s := sender(t, web.URL, 1)
	s.client.HTTPClient.Timeout = 30 * time.Millisecond
	began := time.Now()
	if err := s.Send(context.Background(), night); err == nil || time.Since(began) > time.Minute/2 { // the server never answers
		t.Errorf("%v after %v", err, time.Since(began))
	}
	// All messages of a run share one bound.
	s.client.HTTPClient.Timeout, s.left = time.Minute, 40*time.Millisecond
	if err := s.Send(context.Background(), night); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
	if err := s.Send(context.Background(), night); !errors.Is(err, ErrSpent) {
		t.Errorf("%v, want that the time is spent", err)
	}
}

func TestTheEndOfTheContextEndsIt(t *testing.T) {
	t.Parallel()
	address, calls, _ := server(t, 500)
	s := sender(t, address, 10)
	s.client.RetryWaitMin, s.client.RetryWaitMax = time.Hour, time.Hour
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := s.Send(ctx, night); err == nil || time.Since(began) > 10*time.Second || calls.Load() != 1 {
		t.Errorf("%v after %v and %d calls", err, time.Since(began), calls.Load())
	}
}

func TestRedirections(t *testing.T) {
	t.Parallel()
	target, calls, bodies := server(t, 200)
	for _, status := range []int{301, 302, 303, 307, 308} {
		web := httptest.NewServer(http.RedirectHandler(target, status))
		if err := sender(t, web.URL, 1).Send(context.Background(), night); err == nil || calls.Load() != 0 {
			t.Errorf("%d to another host: %v, and that has %d calls", status, err, calls.Load())
		}
		web.Close()
	}
	mux := http.NewServeMux()
	web := httptest.NewServer(mux)
	defer web.Close()
	mux.Handle("/moved", http.RedirectHandler("/here", http.StatusPermanentRedirect))
	mux.Handle("/seen", http.RedirectHandler("/here", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusTemporaryRedirect))
	mux.HandleFunc("/here", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- body
	})
	if err := sender(t, web.URL+"/moved", 0).Send(context.Background(), night); err != nil {
		t.Error(err)
	} else if m := (Message{}); json.Unmarshal(<-bodies, &m) != nil || m.Event != "held" {
		t.Errorf("the host's own redirection loses the message: %+v", m)
	}
	for _, path := range []string{"/seen", "/round"} {
		if err := sender(t, web.URL+path, 0).Send(context.Background(), night); err == nil {
			t.Errorf("%s is taken for an answer", path)
		}
	}
	if len(bodies) > 0 {
		t.Error("a redirection that forgets the method was followed")
	}
}

func TestALongErrorIsCut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"short", strings.Repeat("a", maxErrorBytes), strings.Repeat("aé", maxErrorBytes)} {
		got := short(text)
		if len(got) > maxErrorBytes+len("…") || !strings.HasPrefix(text, strings.TrimSuffix(got, "…")) || len(text) <= maxErrorBytes && got != text {
			t.Errorf("%d bytes become %d", len(text), len(got))
		}
	}
}
