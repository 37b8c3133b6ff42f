package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/pipeline/durable"
)

// logLines runs a command and reads its stderr, every line of which is an object.
func logLines(t *testing.T, want int, args ...string) (lines []map[string]any, stdout string) {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := run(context.Background(), args, &out, &stderr); code != want {
		t.Fatalf("%q: exit code %d, want %d: %s", args, code, want, &stderr)
	}
	for line := range strings.Lines(stderr.String()) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%q: %q is no object: %v", args, line, err)
		}
		if at, err := time.Parse(time.RFC3339Nano, object["time"].(string)); err != nil || at.Location() != time.UTC {
			t.Errorf("%q: the time of %q is not in UTC (%v)", args, line, err)
		}
		lines = append(lines, object)
	}
	if len(lines) == 0 || lines[len(lines)-1]["msg"] != "exit" || lines[len(lines)-1]["exit_code"] != float64(want) {
		t.Errorf("%q: the last line is no exit with code %d: %s", args, want, &stderr)
	}
	return lines, out.String()
}

// withMessage are the lines of one message.
func withMessage(lines []map[string]any, message string) []map[string]any {
	return slices.DeleteFunc(slices.Clone(lines), func(l map[string]any) bool { return l["msg"] != message })
}

// loggedDemo is a small demo of which no night is settled.
func loggedDemo(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"demo", "--dir", dir, "--deliveries", "500", "--nights", "3"}, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if err := os.RemoveAll(filepath.Join(dir, "state")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestLogAsJSON(t *testing.T) {
	t.Parallel()
	dir := loggedDemo(t)
	lines, text := logLines(t, exitDone, "-C", dir, "run", "--from", "2026-01-05", "--to", "2026-01-06", "--log", "json", "--json")
	var result struct {
		Nights []struct {
			Summary struct {
				Sources []struct{ Read float64 }
				Issued  []struct {
					Currency string
					Minor    float64
					Count    float64
				}
				Rejects []struct{ Count float64 }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &result); err != nil || len(result.Nights) != 2 {
		t.Fatalf("%d nights, %v", len(result.Nights), err)
	}
	nights := withMessage(lines, "night")
	if len(nights) != 2 || nights[0]["date"] != "2026-01-05" || nights[1]["date"] != "2026-01-06" {
		t.Fatalf("nights %v", nights)
	}
	for i, n := range nights {
		rows, credits, rejects, issued := 0.0, 0.0, 0.0, map[string]float64{}
		for _, s := range result.Nights[i].Summary.Sources {
			rows += s.Read
		}
		for _, l := range result.Nights[i].Summary.Issued {
			credits += l.Count
			issued[l.Currency] += l.Minor
		}
		for _, l := range result.Nights[i].Summary.Rejects {
			rejects += l.Count
		}
		if n["rows"] != rows || n["credits"] != credits || n["rejects"] != rejects || n["duration_ms"] == nil || credits == 0 {
			t.Errorf("night %v: want %v rows, %v credits, %v rejects", n, rows, credits, rejects)
		}
		logged := n["issued_minor"].(map[string]any)
		for currency, minor := range issued {
			if logged[currency] != minor {
				t.Errorf("%s: %v, want %v", currency, logged[currency], minor)
			}
		}
	}
	if got := withMessage(lines, "stage"); len(got) != 2*len(stages) || got[0]["stage"] != "checking" || got[0]["level"] != "DEBUG" {
		t.Errorf("%d stages, the first %v", len(got), got[0])
	}
	if got := withMessage(lines, "start"); len(got) != 1 || got[0]["from"] != "2026-01-05" || got[0]["dry_run"] != false {
		t.Errorf("start %v", got)
	}

}

// The same night again, and what goes wrong, are objects too.
func TestLogAsJSONHasWhatGoesWrong(t *testing.T) {
	t.Parallel()
	dir := loggedDemo(t)
	logLines(t, exitDone, "-C", dir, "run", "--from", "2026-01-05", "--to", "2026-01-06", "--log", "json")
	lines, text := logLines(t, exitDone, "-C", dir, "run", "--date", "2026-01-05", "--log=json")
	if n := withMessage(lines, "night"); len(n) != 1 || n[0]["already_committed"] != true || !strings.HasPrefix(text, "The night of 2026-01-05 is committed already") {
		t.Errorf("night %v, stdout %q", n, text)
	}
	lines, _ = logLines(t, exitFailed, "-C", dir, "run", "--date", "2026-01-30", "--log", "json")
	if e := lines[len(lines)-2]; e["level"] != "ERROR" || e["exit_code"] != 1.0 || !strings.Contains(e["msg"].(string), "2026-01-07 to 2026-01-29 come first") {
		t.Errorf("error %v", e)
	}
	lines, _ = logLines(t, exitUsage, "-C", dir, "run", "--date", "someday", "--log", "json")
	if e := lines[0]; e["level"] != "ERROR" || e["exit_code"] != 2.0 {
		t.Errorf("error %v", e)
	}
	release, err := durable.OS{}.Lock(filepath.Join(dir, "state", "LOCK"))
	if err != nil {
		t.Fatal(err)
	}
	lines, _ = logLines(t, exitLocked, "-C", dir, "run", "--date", "2026-01-07", "--log", "json")
	if e := lines[len(lines)-2]; e["exit_code"] != 4.0 {
		t.Errorf("error %v", e)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rules", "bad.yaml"), []byte("rules:\n  - id: bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, _ = logLines(t, exitFailed, "-C", dir, "run", "--date", "2026-01-07", "--log", "json")
	if !slices.ContainsFunc(lines, func(l map[string]any) bool {
		return l["file"] == "rules/bad.yaml" && l["line"] == 2.0 && l["code"] != "" && l["level"] == "ERROR"
	}) {
		t.Errorf("no line of rules/bad.yaml in %v", lines)
	}
}

func TestLogAsTextIsWhatPeopleRead(t *testing.T) {
	t.Parallel()
	a, _, stderr := testApp()
	log := a.logger()
	log.Info("listening", "address", ":8080", "what", "two words", "at", time.Date(2026, 1, 5, 6, 7, 8, 0, time.FixedZone("", 3600)))
	log.With("a", 1).WithGroup("g").With("b", 2).Info("grouped", "c", slog.GroupValue(slog.Int("d", 4)))
	log.Debug("unseen?")
	log.Error("failed", "error", "a.yaml:1:2: bad\n   | ..^\n", "again", 3)
	a.level.Set(slog.LevelWarn)
	log.Info("unseen")
	a.tell("%d of %s", 2, "a=b")
	log.Warn("asked", "by", "José\x1b[2J", "why", "a\rb", "of", "Zo\xeb", "name", "José")
	want := "amends: listening address=:8080 what=\"two words\" at=2026-01-05T05:07:08Z\n" +
		"amends: grouped a=1 g.b=2 g.c.d=4\namends: failed again=3\n  error:\n    a.yaml:1:2: bad\n       | ..^\namends: 2 of a=b\n" +
		"amends: asked by=\"José\\x1b[2J\" why=\"a\\rb\" of=\"Zo\\xeb\" name=José\n"
	if got := stderr.String(); got != want {
		t.Errorf("stderr\n%s\nwant\n%s", got, want)
	}
}

func TestLogFormatIsKnownBeforeFlagsAreParsed(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"run --log json": true, "run --log=json --dry-run": true, "run --log text": false, "run --log": false, "run": false,
		"explain -- --log json": false, "run --out json": false,
	} {
		if got := logsJSON(strings.Fields(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
