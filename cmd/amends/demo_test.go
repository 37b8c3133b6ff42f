package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/money"
	"amends/samples"

	"github.com/google/go-cmp/cmp"
)

// witness passes a demo's calls on to the generator, and keeps what it was told.
type witness struct {
	*samples.Generator
	dates []calendar.Date
	open  [][]samples.OpenCredit
}

func (w *witness) WriteNight(date calendar.Date, open []samples.OpenCredit) error {
	w.dates, w.open = append(w.dates, date), append(w.open, open)
	return w.Generator.WriteNight(date, open)
}

func witnessed(t *testing.T, dir string) (*demo, *witness) {
	t.Helper()
	g, err := samples.New(samples.Options{Dir: dir, Deliveries: 3000, Nights: 6, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	a, _, _ := testApp()
	w := &witness{Generator: g}
	return &demo{app: a, data: w, nights: g.Nights(), dir: dir, config: pipeline.Config{Dir: dir}}, w
}

// What a night writes depends on what was open before it and the night before
// that, so a demo that goes on must tell its generator all of it again.
func TestAStoppedDemoTellsItsGeneratorTheSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, whole := witnessed(t, dir)
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, err := d.explained()
	if err != nil || len(next) != 1 {
		t.Fatalf("what to explain: %v, %v; want one command", next, err)
	}
	if text, err := amends(dir, strings.Fields(next[0].command)...); err != nil || !strings.Contains(text, "because") {
		t.Errorf("%s: %v\n%s", next[0].command, err, text)
	}
	for i, open := range whole.open[1:] {
		content, err := os.ReadFile(filepath.Join(d.folder(d.nights[i]), "summary.json"))
		if err != nil {
			t.Fatal(err)
		}
		summary, err := report.Parse(content)
		if err != nil {
			t.Fatal(err)
		}
		want, got := money.ByCurrency{}, money.ByCurrency{}
		for _, line := range summary.RollForward {
			want[line.Currency] = line.Closing
		}
		var held int64
		for _, c := range open {
			got[c.Currency] += c.RemainingMinor
			if c.RemainingMinor == 0 {
				held++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || held != summary.HoldFlow.Closing {
			t.Errorf("open after %s: %d holds, want %d; value (-closing +told):\n%s", d.nights[i], held, summary.HoldFlow.Closing, diff)
		}
	}
	for _, manifest := range []string{"5.json", "6.json"} {
		if err := os.Remove(filepath.Join(dir, "state", "manifests", manifest)); err != nil {
			t.Fatal(err)
		}
	}
	d, again := witnessed(t, dir)
	if err := d.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.dates, again.dates); diff != "" {
		t.Errorf("dates (-whole +stopped):\n%s", diff)
	}
	if diff := cmp.Diff(whole.open, again.open); diff != "" {
		t.Errorf("open credits (-whole +stopped):\n%s", diff)
	}
}

func TestDemoOptionsAreTheClaim(t *testing.T) {
	t.Parallel()
	c := demoCommand{Dir: filepath.Join(t.TempDir(), "a", "b"), Deliveries: 10, Nights: 2, Seed: 3}
	for range 2 {
		if err := c.claim(); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []demoCommand{{c.Dir, 11, 2, 3, 0}, {c.Dir, 10, 3, 3, 0}, {c.Dir, 10, 2, 4, 0}} {
		if err := other.claim(); err == nil || !strings.Contains(err.Error(), "--seed 3") {
			t.Errorf("%+v: err %v, want the options that the folder has", other, err)
		}
	}
}
