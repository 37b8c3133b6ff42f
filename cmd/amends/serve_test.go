package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The demo that servers catch up on: its nights are due, one a day, by the
// clock of servedNow.
const (
	servedNights     = 16
	servedDeliveries = "8000"
	servedFirst      = "2026-01-05"
	servedNow        = "2026-01-21T12:00:00Z"
)

// servedDemo is a workspace whose first night alone is settled.
func servedDemo(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts servers")
	}
	parent := t.TempDir()
	dir := filepath.Join(parent, "amends-demo")
	for _, step := range []func() error{
		func() error {
			_, err := amends(parent, "demo", "--deliveries", servedDeliveries, "--nights", strconv.Itoa(servedNights))
			return err
		},
		func() error { return os.RemoveAll(filepath.Join(dir, "state")) },
		func() error { _, err := amends(dir, "run", "--date", servedFirst); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestServedNights starts servers on copies of one demo.
func TestServedNights(t *testing.T) {
	t.Parallel()
	source := servedDemo(t)
	for name, test := range map[string]func(t *testing.T, dir string){
		"stopped": stoppedServer, "killed": killedServer, "two": twoServers, "failing": failingNight, "second signal": secondSignal,
		"pages only": pagesOnly,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "served")
			if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
				t.Fatal(err)
			}
			test(t, dir)
		})
	}
}

// process is a server of its own process.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	mu   sync.Mutex
	text bytes.Buffer // of stderr, and stdout: there is none
}

// Write implements io.Writer.
func (p *process) Write(content []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(content)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func serve(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("amends", append([]string{"-C", dir, "serve", "--listen="}, args...)...)}
	p.cmd.Env = append(os.Environ(), clockVariable+"="+servedNow)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it has ended, where the test got there
	return p
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("%v\n%s", err, p.said())
	}
}

// wait returns the exit code; -1 for a process that was killed.
func (p *process) wait() int {
	_ = p.cmd.Wait() // the code says it
	return p.cmd.ProcessState.ExitCode()
}

// until waits for something that a server brings about.
func (p *process) until(what string, happened func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(awaitedTime); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s did not come:\n%s", what, p.said())
		}
	}
}

func (p *process) untilSaid(text string) {
	p.t.Helper()
	p.until(text, func() bool { return strings.Contains(p.said(), text) })
}

func (p *process) untilSettled(dir string, nights int) {
	p.t.Helper()
	p.until("the night", func() bool { return settledNights(p.t, dir) >= nights })
}

func settledNights(t *testing.T, dir string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "state", "manifests", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// sound wants a state that verify finds nothing in, with so many nights; the
// chain has each date once.
func sound(t *testing.T, dir string, nights int) {
	t.Helper()
	if _, err := amends(dir, "verify"); err != nil {
		t.Error(err)
	}
	out, err := amends(dir, "status", "--json")
	var status struct {
		Runs    int
		Skipped []string
		First   string
	}
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		t.Error(err)
	}
	if err != nil || status.Runs != nights || len(status.Skipped) > 0 || status.First != servedFirst {
		t.Errorf("%v, want %d nights: %s", err, nights, out)
	}
}

var inProgress = regexp.MustCompile(`stopping once the night in progress is settled; .* date=(\S+)`)

// A server that is stopped finishes its night, and another one goes on from there.
func stoppedServer(t *testing.T, dir string) {
	p := serve(t, dir)
	p.untilSettled(dir, 3)
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitDone {
		t.Errorf("exit code %d: %s", code, p.said())
	}
	nights := settledNights(t, dir)
	started := strings.Count(p.said(), "night starts")
	if started != nights-1 || nights >= servedNights || !strings.HasSuffix(p.said(), "amends: stopped\n") {
		t.Errorf("%d nights were started after the first, %d of %d are settled:\n%s", started, nights, servedNights, p.said())
	}
	if m := inProgress.FindStringSubmatch(p.said()); m != nil { // nights are all but a moment of its time
		if _, err := os.Stat(filepath.Join(dir, "state", "runs", m[1], "manifest.json")); err != nil {
			t.Errorf("%v:\n%s", err, p.said())
		}
	}
	sound(t, dir, nights)

	p = serve(t, dir)
	p.untilSaid("next night date=2026-01-21 due=2026-01-22T07:30:00Z")
	p.signal(syscall.SIGINT)
	if code := p.wait(); code != exitDone {
		t.Errorf("exit code %d: %s", code, p.said())
	}
	sound(t, dir, servedNights)
}

// A server that is killed again and again settles each night once.
func killedServer(t *testing.T, dir string) {
	for nights := 4; nights < 12; nights += 3 {
		p := serve(t, dir)
		p.untilSettled(dir, nights)
		time.Sleep(time.Duration(nights) * 3 * time.Millisecond) // somewhere in the next night
		p.signal(syscall.SIGKILL)
		if code := p.wait(); code != -1 {
			t.Fatalf("exit code %d: %s", code, p.said())
		}
	}
	p := serve(t, dir)
	p.untilSaid("next night")
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitDone || strings.Contains(p.said(), "fail") {
		t.Errorf("exit code %d: %s", code, p.said())
	}
	sound(t, dir, servedNights)
}

// Two servers of one state settle each night once, and neither complains.
func twoServers(t *testing.T, dir string) {
	one, other := serve(t, dir), serve(t, dir)
	one.untilSettled(dir, servedNights)
	starts := 0
	for _, p := range []*process{one, other} {
		p.signal(syscall.SIGTERM)
		if code := p.wait(); code != exitDone || strings.Contains(p.said(), "fail") || strings.Contains(p.said(), "error") {
			t.Errorf("exit code %d: %s", code, p.said())
		}
		starts += strings.Count(p.said(), "already_committed=false")
	}
	if starts != servedNights-1 {
		t.Errorf("%d nights were settled:\n%s\n%s", starts, one.said(), other.said())
	}
	sound(t, dir, servedNights)
}

// A night that cannot run is reported with all there is to mend, and the server
// lives on.
func failingNight(t *testing.T, dir string) {
	bad := filepath.Join(dir, "rules", "bad.yaml")
	if err := os.WriteFile(bad, []byte("rules:\n  - id: bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := serve(t, dir)
	p.untilSaid("night failed date=2026-01-06 again=2026-01-22T07:30:00Z")
	p.untilSaid("rules/bad.yaml:2:5: B005")
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitDone || settledNights(t, dir) != 1 {
		t.Errorf("exit code %d: %s", code, p.said())
	}
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}

	// And in JSON, that files are missing, past the deadline.
	if err := os.RemoveAll(filepath.Join(dir, "data", "deliveries", "dt=2026-01-07")); err != nil {
		t.Fatal(err)
	}
	p = serve(t, dir, "--log", "json")
	p.untilSaid("night failed")
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != exitDone || settledNights(t, dir) != 2 {
		t.Errorf("exit code %d: %s", code, p.said())
	}
	var failure struct{ Level, Date, Again, Error string }
	for line := range strings.Lines(p.said()) {
		var l struct{ Msg, Level, Date, Again, Error string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if l.Msg == "night failed" {
			failure.Level, failure.Date, failure.Again, failure.Error = l.Level, l.Date, l.Again, l.Error
		}
	}
	if failure.Level != "ERROR" || failure.Date != "2026-01-07" || !strings.HasPrefix(failure.Again, "2026-01-22T02:30:00") ||
		!strings.Contains(failure.Error, "still missing at the deadline, 2026-01-08T05:30:00-05:00") || !strings.Contains(failure.Error, "data/deliveries/dt=2026-01-07") {
		t.Errorf("%+v", failure)
	}
}

// pagesOnly serves a workspace with nights that are due, and settles none.
func pagesOnly(t *testing.T, dir string) {
	t.Helper()
	p := serve(t, dir, "--listen=127.0.0.1:0", "--pages-only", "--log", "json")
	p.untilSaid("pages only: no night is run here")
	p.untilSaid(`"url":"http://`)
	at := regexp.MustCompile(`"url":"(http://[^"]+)"`).FindStringSubmatch(p.said())[1]
	for path, want := range map[string]string{"healthz": "ok: the last settled night is " + servedFirst + "; pages only: this server runs no nights", "": "Pages only: this server runs no nights."} {
		answer, err := http.Get(at + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("/%s: %s %v, no %q in\n%s", path, answer.Status, err, want, body)
		}
	}
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.said())
	}
	if n := settledNights(t, dir); n != 1 || strings.Contains(p.said(), "night starts") {
		t.Errorf("%d nights are settled, want the 1 that was\n%s", n, p.said())
	}
}
