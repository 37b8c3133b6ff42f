package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"amends/pipeline"
)

// lockedBuffer is stderr of a server in this process.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String implements fmt.Stringer.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// interrupted is a server in this process, which gets signals in the middle of
// its first night: each is sent once the one before it was taken note of.
func interrupted(t *testing.T, dir string, signals int, echo time.Duration) (said string, err error) {
	t.Helper()
	a, _, _ := testApp()
	stderr := &lockedBuffer{}
	a.err, a.config.Dir, a.serving = stderr, dir, true
	s := newServer(a, 1)
	s.echo = echo
	sent := make(chan os.Signal)
	show := s.config.Progress
	s.config.Progress = func(p pipeline.Progress) {
		show(p)
		if p.Stage != "matching" {
			return
		}
		for n := range signals {
			sent <- syscall.SIGTERM
			for echo == 0 && !strings.Contains(stderr.String(), []string{"stopping once", "second signal:"}[n]) {
				time.Sleep(time.Millisecond)
			}
		}
		signals = 0
	}
	err = s.run(context.Background(), nil, sent)
	return stderr.String(), err
}

// The second signal abandons the night, the first one alone finishes it.
func secondSignal(t *testing.T, dir string) {
	said, err := interrupted(t, dir, 2, 0)
	if !errors.Is(err, context.Canceled) || !strings.Contains(said, "night abandoned, nothing of it is committed date=2026-01-06") || settledNights(t, dir) != 1 {
		t.Errorf("err %v, %d nights: %s", err, settledNights(t, dir), said)
	}
	// Who stops it may signal it and its group: that is one signal.
	said, err = interrupted(t, dir, 3, time.Hour)
	if err != nil || strings.Contains(said, "second signal:") || settledNights(t, dir) != 2 {
		t.Errorf("err %v, %d nights: %s", err, settledNights(t, dir), said)
	}
	said, err = interrupted(t, dir, 1, 0)
	if err != nil || !strings.Contains(said, "settled; a second signal abandons it date=2026-01-07") || settledNights(t, dir) != 3 {
		t.Errorf("err %v, %d nights: %s", err, settledNights(t, dir), said)
	}
	sound(t, dir, 3)
}

// plainWorkspace is amends.yaml and rules, with no data.
func plainWorkspace(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	if err := copyMissing("testdata/shop", dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "amends.yaml")
	content, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(content, more...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestServeSaysWhatIsWrongAtOnce(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		more string
		args []string
		code int
		said string
	}{
		"nothing to do": {"", []string{"--listen="}, exitUsage, "nothing is left to do"},
		"workers":       {"", []string{"--workers=-1"}, exitUsage, "want 1 or more"},
		"a bad cron":    {"schedule: {cron: \"61 2 * * *\"}\n", nil, exitFailed, "amends.yaml:"},
		"a taken port":  {"", []string{"--listen", taken.Addr().String()}, exitFailed, "--listen " + taken.Addr().String()},
		"no address":    {"", []string{"--listen", "nowhere"}, exitUsage, "want HOST:PORT"},
		"no token":      {"", []string{"--listen", "0.0.0.0:0"}, exitUsage, "can be reached from other machines, so the pages need a token"},
		"a short token": {"", []string{"--token-file", token}, exitUsage, "want at least 16"},
		"no token file": {"", []string{"--token-file", token + "2"}, exitFailed, "--token-file: open "},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"-C", plainWorkspace(t, c.more), "serve"}, c.args...)
		if code := run(context.Background(), args, &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.said) || stdout.Len() > 0 {
			t.Errorf("%s: exit code %d, want %d and %q: %s", name, code, c.code, c.said, &stderr)
		}
	}
}

// get asks for a page.
func get(t *testing.T, pages *site, path string) (status int, page string) {
	t.Helper()
	response, err := http.Get("http://" + pages.listener.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // read whole
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// Without a schedule there are pages alone; main's interrupt ends them.
func TestServePagesAlone(t *testing.T) {
	t.Parallel()
	a, _, _ := testApp()
	stderr := &lockedBuffer{}
	a.err, a.config.Dir = stderr, plainWorkspace(t, "")
	s := newServer(a, 0)
	pages, err := s.listen("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx, pages, nil) }()
	for path, want := range map[string]string{"/": "<!doctype html>", "/healthz": "ok: no night is settled yet; nothing is scheduled", "/metrics": "amends_up 1"} {
		if status, page := get(t, pages, path); status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%s: status %d: %s", path, status, page)
		}
	}
	interrupt()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, want := range []string{"pages url=http://127.0.0.1:", "no schedule in amends.yaml: no night is started", "amends: stopping\n", "amends: stopped\n"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %q in:\n%s", want, stderr)
		}
	}
	if _, err := http.Get("http://" + pages.listener.Addr().String() + "/healthz"); err == nil {
		t.Error("pages are still served")
	}
}

// A night whose files did not come is told to the web hook and to metrics, as
// one that fails in itself is.
func TestAServedNightWithoutFilesIsTold(t *testing.T) {
	t.Parallel()
	told := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			content = []byte(err.Error())
		}
		told <- string(content)
	}))
	defer hook.Close()
	a, _, _ := testApp()
	stderr := &lockedBuffer{}
	a.err, a.serving = stderr, true
	a.config.Dir = plainWorkspace(t, "schedule: {cron: \"0 0 * * *\"}\nnotify: {url: \""+hook.URL+"\"}\n")
	s := newServer(a, 0)
	pages, err := s.listen("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx, pages, nil) }()
	var message struct {
		Event        string `json:"event"`
		BusinessDate string `json:"business_date"`
		Error        string `json:"error"`
	}
	if err := json.Unmarshal([]byte(<-told), &message); err != nil {
		t.Error(err)
	}
	status, page := get(t, pages, "/healthz")
	if status != http.StatusServiceUnavailable || !strings.Contains(page, "not ok: the night of "+message.BusinessDate+" failed at ") {
		t.Errorf("/healthz: status %d: %s", status, page)
	}
	status, page = get(t, pages, "/")
	for range 500 { // the scheduler tells of the failure first, and then waits
		if strings.Contains(page, "Next try") {
			break
		}
		time.Sleep(10 * time.Millisecond)
		status, page = get(t, pages, "/")
	}
	if status != http.StatusOK || !strings.Contains(page, "Nights that run themselves") || !strings.Contains(page, "Next try") {
		t.Errorf("/: status %d: %s", status, page)
	}
	interrupt()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if message.Event != "failure" || message.BusinessDate == "" || !strings.Contains(message.Error, "still missing at the deadline") ||
		!strings.Contains(message.Error, "expected data/deliveries/dt="+message.BusinessDate) {
		t.Errorf("told %+v", message)
	}
	if o := a.observed(); !o.Failed || !o.Succeeded.IsZero() {
		t.Errorf("metrics %+v", o)
	}
	if len(told) > 0 || strings.Count(stderr.String(), "night failed") != 1 {
		t.Errorf("told again: %s", stderr)
	}
}
