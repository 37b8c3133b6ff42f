package pipeline_test

import (
	"errors"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"time"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/state"
)

// What is committed is read once; a night that comes is seen by the next look,
// and changes no view that was taken before.
func TestAReaderLooksAgain(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	r := pipeline.NewReader(w.config())
	look := func() *pipeline.View {
		v, err := r.Look(t.Context())
		return must(t, v, err)
	}
	before := look()
	if look().Chain() != before.Chain() {
		t.Error("the chain was opened twice")
	}
	seen, err := before.Seen()
	mustDo(t, err)
	if len(seen.Holds) == 0 || seen.Open != nil {
		t.Fatalf("%d holds, and %d open credits that nobody asked for", len(seen.Holds), len(seen.Open))
	}
	whole := w.see()
	if len(whole.Holds) != len(seen.Holds) || len(whole.Open) == 0 {
		t.Errorf("%d holds, %d open", len(whole.Holds), len(whole.Open))
	}
	w.mustRun(demoLast, demoLast)
	if got := look().Chain().Last().Date(); got != demoLast {
		t.Errorf("the last night is %s", got)
	}
	if got := before.Chain().Last().Date(); got != demoLast-1 {
		t.Errorf("the view from before is of %s", got)
	}
	reject := state.Request{Kind: state.Reject, Credits: []string{seen.Holds[0].CreditID}, By: "Mo", Why: "no"}
	if _, err := seen.Ask(&reject); !errors.Is(err, pipeline.ErrRefused) {
		t.Errorf("asked in view of the night before: %v", err)
	}
}

// openCounting counts how often the credits with value left are read.
type openCounting struct {
	durable.FS
	reads int
}

// ReadFile implements durable.FS.
func (f *openCounting) ReadFile(path string) ([]byte, error) {
	if strings.HasSuffix(path, "/open.parquet") {
		f.reads++
	}
	return f.FS.ReadFile(path)
}

// While a void waits, pages and metrics ask for the status again and again.
func TestStatusReadsTheOpenCreditsOnce(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	open := w.see().Open
	w.ask(state.Request{Kind: state.Void, Credits: []string{open[0].CreditID, open[1].CreditID}, By: "Mo", Why: "no"})
	c := w.config()
	files := &openCounting{FS: durable.OS{}}
	c.FS = files
	r := pipeline.NewReader(c)
	want := map[string]int64{}
	for _, credit := range open[:2] {
		want[credit.Currency] += credit.Remaining()
	}
	for range 3 {
		v, err := r.Look(t.Context())
		status, err := must(t, v, err).Status(time.Now())
		if q := must(t, status, err).Requests; len(q) != 1 || !q[0].Good || !maps.Equal(q[0].Minor, want) {
			t.Errorf("%+v, want %v", q, want)
		}
		clear(status.Requests[0].Minor) // the caller's own
	}
	if files.reads != 1 {
		t.Errorf("the open credits were read %d times", files.reads)
	}
}

// A dry run is read where its folder holds one, and nothing else is.
func TestDryRunsAreReadBack(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	w.mustDryRun(demoLast, demoLast, "")
	w.put("state/dry-runs/2026-01-01/manifest.json", w.get("state/runs/"+demoLast.String()+"/manifest.json"))
	v, err := pipeline.NewReader(w.config()).Look(t.Context())
	mustDo(t, err)
	c := v.Chain()
	names, err := c.DryRuns()
	if err != nil || len(names) != 2 {
		t.Fatalf("%q, %v", names, err)
	}
	m, digest, err := c.ReadDryRun(demoLast)
	mustDo(t, err)
	if digest != state.Digest(w.get("state/dry-runs/"+demoLast.String()+"/manifest.json")) {
		t.Error("not the manifest's digest")
	}
	content, err := c.ReadDryOutput(m, "summary.json")
	if err != nil || string(content) != string(w.get("state/dry-runs/"+demoLast.String()+"/summary.json")) {
		t.Errorf("summary.json: %v", err)
	}
	w.put("state/dry-runs/"+demoLast.String()+"/summary.json", append(content, ' '))
	if _, err := c.ReadDryOutput(m, "summary.json"); !errors.Is(err, state.ErrBroken) {
		t.Errorf("a file that was changed: %v", err)
	}
	if _, err := c.ReadDryOutput(m, "../../LOCK"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that its manifest does not list: %v", err)
	}
	if _, _, err := c.ReadDryRun(demoLast - 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if _, _, err := c.ReadDryRun(demoFirst.AddDays(-4)); !errors.Is(err, state.ErrNotDryRun) { // 2026-01-01
		t.Errorf("a committed run in a dry run's folder: %v", err)
	}
}

// Only voids and reversals take a second person.
func TestAnApprovalIsNotConfirmed(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	id := w.ask(state.Request{Kind: state.Reject, Credits: []string{w.see().Holds[0].CreditID}, By: "Mo", Why: "no"})
	_, err := w.see().Ask(&state.Request{Kind: state.Confirm, Confirms: id, By: "Ana", Why: "yes"})
	if !errors.Is(err, pipeline.ErrRefused) {
		t.Errorf("%v", err)
	}
	waiting, err := state.Open(durable.OS{}, w.path("state"))
	mustDo(t, err)
	if pending, err := waiting.PendingRequests(); err != nil || len(pending) != 1 {
		t.Errorf("%d wait, %v", len(pending), err)
	}
}
