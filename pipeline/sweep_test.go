package pipeline_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/report"
	"amends/rules/money"

	"github.com/google/go-cmp/cmp"
)

const sweptRule = "arrived and days_late >= 1 and days_late <= 3 and not weather"

// A number of a sweep gives what the rulebook gives in which a person has written
// it: the comparison of both files says so, and so does a near miss beside it.
func TestASweepIsTheComparisonOfItsNumbers(t *testing.T) {
	t.Parallel()
	a := newRunDemo(t)
	request := pipeline.DiffRequest{From: demoFirst, To: demoLast, HasRange: true}
	var s *report.Sweep
	a.unchanged(".", func() {
		var err error
		if s, err = pipeline.Sweep(t.Context(), a.config(), request, "late-short: days_late >= 0..3"); err != nil {
			t.Fatal(demoMessage(err))
		}
	})
	if len(s.Steps) != 4 || s.Today.Value != "1" || s.Steps[1].Credits != s.Today.Credits || s.Steps[1].Gained+s.Steps[1].Lost+s.Steps[1].Changed != 0 {
		t.Fatalf("steps %+v of today's %+v", s.Steps, s.Today)
	}
	for _, k := range []int{2, 3} {
		step := &s.Steps[k]
		with := a.otherRules([3]string{"late.yaml", sweptRule, strings.Replace(sweptRule, ">= 1", fmt.Sprintf(">= %d", k), 1)})
		d := a.diff(diffAll(with))
		got := report.CutOffStep{Value: step.Value, Hits: step.Hits, HitFates: step.HitFates, WouldGive: step.WouldGive, Credits: d.B.IssuedCount, Issued: d.B.Issued,
			HeldCount: d.B.HeldCount, Held: money.ByCurrency{}, Gained: d.Counts.Gained, Lost: d.Counts.Lost, Changed: d.Counts.Changed}
		for currency, minor := range d.B.Held {
			got.Held[currency] = minor
		}
		if diff := cmp.Diff(got, *step); diff != "" {
			t.Errorf("%d: the comparison and the sweep differ: %s", k, diff)
		}
		if f := step.HitFates; f.Issued+f.Held+f.Better+f.Excluded+f.Denied+f.Other != step.Hits || f.Issued == 0 {
			t.Errorf("%d: of %d hits %+v", k, step.Hits, f)
		}
		if len(d.NearMisses) != 1 || d.NearMisses[0].Before != "1" || d.NearMisses[0].Now.Hits != step.Hits {
			t.Errorf("%d: near misses %+v", k, d.NearMisses)
			continue
		}
		for _, near := range d.NearMisses[0].Steps { // the same number, beside another
			for i := range s.Steps {
				if other := &s.Steps[i]; other.Value == near.Value && (other.Hits != near.Hits || !cmp.Equal(other.Issued, near.Issued) || other.Credits != near.Credits) {
					t.Errorf("beside %d, %s gives %+v, and in the sweep %+v", k, near.Value, near, *other)
				}
			}
		}
	}
	if s.Steps[2].Hits >= s.Steps[1].Hits || s.Steps[2].Lost == 0 {
		t.Errorf("two days hit as much as one: %+v", s.Steps[2])
	}
}

// What check would refuse is refused before a night is run.
func TestASweepIsCheckedFirst(t *testing.T) {
	t.Parallel()
	a := newRunDemo(t)
	for _, threshold := range []string{"late-short: days_late >= 1..100000000000000000000", "nobody: days_late >= 1..2", "storm: days_late >= 1..2"} {
		_, err := pipeline.Sweep(t.Context(), a.config(), pipeline.DiffRequest{}, threshold)
		if !errors.Is(err, pipeline.ErrUsage) {
			t.Errorf("%s: %v", threshold, err)
		}
	}
}
