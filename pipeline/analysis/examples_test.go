package analysis_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
)

// picked is what is chosen of decisions, some of which another took in.
func picked(decisions []*award.Decision, date string) (largest, random []*award.Decision) {
	all, other := analysis.NewPicks(date), analysis.NewPicks(date)
	for i, d := range decisions {
		if i < len(decisions)/3 {
			other.Add(d)
		} else {
			all.Add(d)
		}
	}
	all.Join(other)
	return all.Chosen()
}

// The largest of each currency come in turn, and nothing is picked twice or for
// the order in which it comes.
func TestPick(t *testing.T) {
	t.Parallel()
	var all []*award.Decision
	for i := range 90 {
		d := decided([]string{"USD", "JPY", "USD"}[i%3], []award.Outcome{award.Issued, award.Held, award.Suppressed, award.Issued}[i%4], int64(i/2), 0, 0, int64(i/2))
		copy(d.Incident.Key[:], fmt.Sprintf("%02d", i))
		all = append(all, d)
	}
	largest, random := picked(all, "2026-03-01")
	if len(largest) != 25 || len(random) != 25 {
		t.Fatalf("%d and %d of them", len(largest), len(random))
	}
	seen := map[*award.Decision]bool{}
	for i, d := range append(largest, random...) {
		if seen[d] || d.Outcome == award.Suppressed {
			t.Errorf("%s is picked again, or suppressed", d.Incident.CreditID())
		}
		seen[d] = true
		if want := []string{"JPY", "USD"}[i%2]; i < 25 && d.Incident.Currency != want {
			t.Errorf("place %d is of %s", i, d.Incident.Currency)
		}
		if i > 1 && i < 25 && d.Minor > largest[i-2].Minor {
			t.Errorf("place %d is larger than the one before", i)
		}
	}
	if _, other := picked(all, "2026-03-02"); other[0] == random[0] && other[1] == random[1] {
		t.Error("another night draws the same")
	}
	rapid.Check(t, func(t *rapid.T) {
		l, r := picked(rapid.Permutation(all).Draw(t, "order"), "2026-03-01")
		for i, d := range append(l, r...) {
			if d != append(largest, random...)[i] {
				t.Fatalf("place %d depends on the order", i)
			}
		}
	})
}
