package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/report"
	"amends/rules/diag"
	"amends/rules/money"

	"github.com/alecthomas/kong"
)

func testApp() (a *app, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return &app{out: &output{w: stdout}, err: stderr, config: pipeline.Config{Dir: "."}}, stdout, stderr
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	list := diag.List{{Pos: diag.Pos{File: "rules/a.yaml", Line: 2, Col: 3}, Code: "R014", Message: "not good", Line: "  bad"}}
	for name, c := range map[string]struct {
		err  error
		code int
		said string // on stderr
	}{
		"done":        {nil, exitDone, ""},
		"failed":      {errors.New("disk full"), exitFailed, "amends: disk full\n"},
		"usage":       {fmt.Errorf("%w: no range", pipeline.ErrUsage), exitUsage, "no range"},
		"findings":    {finding(exitFindings), exitFindings, ""},
		"held":        {finding(exitHeld), exitHeld, ""},
		"locked":      {fmt.Errorf("state: %w", durable.ErrLocked), exitLocked, "another run is at work"},
		"refused":     {fmt.Errorf("%w: a gap", pipeline.ErrRefused), exitFailed, "refused: a gap"},
		"interrupted": {fmt.Errorf("2026-01-05: %w", context.Canceled), exitFailed, "nothing of it is committed"},
		"bad rules":   {fmt.Errorf("2026-01-05: %w", list.Err()), exitFailed, "rules/a.yaml:2:3: R014: not good\n   |   bad\n   | ..^\n"},
		"missing":     {fmt.Errorf("x: %w", &pipeline.MissingFilesError{Sources: []pipeline.MissingSource{{Source: "a", Files: "a/*"}}}), exitFailed, "files are missing:\n  source \"a\": no file matches a/*\n"},
	} {
		a, stdout, stderr := testApp()
		if code := a.report(c.err); code != c.code || !strings.Contains(stderr.String(), c.said) || (c.said == "") != (stderr.Len() == 0) {
			t.Errorf("%s: exit code %d and %q, want %d and %q", name, code, stderr, c.code, c.said)
		}
		if stdout.Len() > 0 {
			t.Errorf("%s: stdout has %q", name, stdout)
		}
	}
}

func TestACancelledRunCommitsNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"demo", "--dir", dir, "--deliveries", "500", "--nights", "2"}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d, stderr %q; want %d and interrupted", code, &stderr, exitFailed)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "state", "manifests", "*.json")); len(names) > 0 {
		t.Errorf("committed: %q", names)
	}
	if code := run(context.Background(), []string{"demo", "--dir", dir, "--deliveries", "500", "--nights", "2"}, &stdout, &stderr); code != exitDone {
		t.Errorf("the run after it has exit code %d: %s", code, &stderr)
	}
}

func TestANightIsAbandonedAtAnyStage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"demo", "--dir", dir, "--deliveries", "500", "--nights", "1"}, &stdout, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	if err := os.RemoveAll(filepath.Join(dir, "state")); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, stage := range stages {
		ctx, cancel := context.WithCancel(context.Background())
		config := pipeline.Config{Dir: dir, Progress: func(p pipeline.Progress) {
			if p.Stage == stage {
				seen = append(seen, stage)
				cancel()
			}
		}}
		const first = 20458 // 2026-01-05
		_, err := pipeline.Run(ctx, config, pipeline.RunOptions{From: first, To: first}, nil)
		cancel()
		_, statErr := os.Stat(filepath.Join(dir, "state", "manifests", "1.json"))
		if committed := statErr == nil; committed != (err == nil) {
			t.Fatalf("cancelled while %s: err %v, committed %v", stage, err, committed)
		}
		if err == nil && stage != "publishing" && stage != "committed" {
			t.Errorf("cancelled while %s: the night went on", stage)
		}
		if err == nil {
			return
		}
	}
	t.Errorf("no stage was committed; seen %q", seen)
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestAnOutputThatIsLostIsAFailure(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	if code := run(context.Background(), []string{"version"}, fullDisk{}, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "no space") {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
}

func TestProgressIsForTerminals(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out)
	p.report(pipeline.Progress{Date: 20458, Night: 1, Of: 2, Stage: "matching", Rows: 1234})
	p.clear()
	if out.Len() > 0 {
		t.Errorf("a bar without a terminal: %q", &out)
	}
	p = &progress{w: &out}
	p.report(pipeline.Progress{Date: 20458, Night: 1, Of: 2, Stage: "matching", Rows: 1234})
	if got := out.String(); !strings.Contains(got, "2026-01-05 (1 of 2) matching, 1,234 rows") || !strings.Contains(got, "13%") {
		t.Errorf("the bar is %q", got)
	}
	p.report(pipeline.Progress{Date: 20458, Night: 2, Of: 2, Stage: "a stage of later days"}) // counted as the night's begin
	p.clear()
}

func TestStatusNamesFewDatesAndHolds(t *testing.T) {
	t.Parallel()
	a, stdout, _ := testApp()
	a.config.Dir = "shop"
	s := &pipeline.StatusResult{Runs: 1, First: "2026-01-01", Last: "2026-01-01", NextDate: "2026-01-02",
		Outstanding: map[string]int64{"USD": 1250, "JPY": 0}, OpenCredits: 1}
	for _, d := range []string{"02", "03", "04", "05", "06", "07"} {
		s.Missed = append(s.Missed, "2026-01-"+d)
	}
	for i := range maxHoldsShown + 3 {
		s.Holds = append(s.Holds, pipeline.HoldStatus{Rule: fmt.Sprintf("rule-%d.", i), Causes: []string{"limit", "budget"}})
	}
	a.showNights(s)
	a.showHolds(s.Holds)
	got := stdout.String()
	for _, want := range []string{
		"1 night settled, 2026-01-01 to 2026-01-01.\nCustomers can still use $12.50 (1 credit).\n",
		"6 dates have ended and are not settled yet: 2026-01-02 to 2026-01-07\n  amends -C shop run --from 2026-01-02 --to 2026-01-07\n",
		"23 awards wait for a person", "rule-19.", "and 3 more (amends -C shop status --json has all)",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	s.MissedWaits = "source x: no file"
	stdout.Reset()
	a.showNights(s)
	if got := stdout.String(); !strings.Contains(got, "not settled yet: 2026-01-02 to 2026-01-07\n  2026-01-02 comes first, and its files are not there yet.\n") || strings.Contains(got, "run --from") {
		t.Errorf("without files:\n%s", got)
	}
	if strings.Contains(got, "rule-20.") {
		t.Error("more holds are shown than are announced")
	}
}

func TestRangeTotalsRefuseToOverflow(t *testing.T) {
	t.Parallel()
	a, _, _ := testApp()
	p := &nightPrinter{app: a}
	huge := &report.Summary{Issued: []report.MoneyLine{{Currency: "USD", Count: 1, Minor: 1 << 62}}}
	for date := range 2 {
		p.night(&pipeline.NightResult{Date: 20458, Sequence: date, Summary: huge})
	}
	if err := p.end(); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("err %v, want overflow", err)
	}
}

// What the parser says is the same whether it knows all commands or only the one
// that the arguments name.
func TestOneCommandIsEnoughForTheParser(t *testing.T) {
	t.Parallel()
	said := func(args []string, options ...kong.Option) string {
		var c commands
		var out bytes.Buffer
		parser, err := kong.New(&c, append(options, kong.Name("amends"), kong.Description(description), kong.NoDefaultHelp(), kong.Writers(&out, &out))...)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(args)
		if err == nil {
			command, _, _ := strings.Cut(parsed.Command(), " ")
			fields := reflect.ValueOf(c).FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, command) })
			fmt.Fprintf(&out, "%s %s %+v", parsed.Command(), c.Workspace, fields)
		}
		return fmt.Sprintf("%s%v", &out, err)
	}
	for _, line := range []string{"", "--help", "--help run", "run --help", "-C x run --help", "-C run bogus", "-Crun bogus", "bogus", "chek", "run --bogus",
		"-C run check", "--workspace run check", "--workspace=run check", "explain --order run", "run --daet 2026-01-01", "run --date x", "run extra", "--json status",
		"review", "review --help", "review approve --help", "review approve", "status -C", "-C", "-- run", "run -- x", "verify --replay 2026-01-15", "-hC run check"} {
		args := strings.Fields(line)
		if got, want := said(args, onlyCommand(args)...), said(args); got != want {
			t.Errorf("amends %s:\n%s\nwant\n%s", line, got, want)
		}
	}
	if onlyCommand([]string{"-C", "x", "run"}) == nil || onlyCommand([]string{"-C", "run"}) != nil {
		t.Error("only the first argument that is no flag names a command")
	}
}

// What goes to a file is laid out as documents show it, whoever looked.
func TestAFileIsNoTerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, w := range []io.Writer{file, &bytes.Buffer{}} {
		if got := columns(w); got != report.MaxWidth {
			t.Errorf("%T: %d columns", w, got)
		}
	}
}
