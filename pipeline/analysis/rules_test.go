package analysis_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/rules"
)

var book = []rules.Rule{{ID: "late"}, {ID: "storm", Mode: rules.Shadow}, {ID: "lost"}}

// decided is a decision of an incident with awards, written as rule index and
// minor units in turn; the one that counts is chosen.
func decided(currency string, outcome award.Outcome, minor int64, chosen int, awards ...int64) *award.Decision {
	inc := &award.Incident{Origin: &award.Origin{Currency: currency}}
	for i := 0; i < len(awards); i += 2 {
		inc.SetAwards(append(inc.Awards(), award.Award{Rule: &award.Rule{RuleIndex: int(awards[i]), RuleID: book[awards[i]].ID, Shadow: awards[i] == 1}, Minor: awards[i+1]}))
	}
	d := &award.Decision{Incident: inc, Verdict: &award.Verdict{Outcome: outcome}, Minor: minor}
	if chosen >= 0 {
		d.Award = &inc.Awards()[chosen]
		d.GrossMinor = d.Award.Minor
	}
	return d
}

func night() []*award.Decision {
	gone := decided("USD", award.Issued, 50, 0, 0, 50) // released, and its rule is no more
	gone.Incident.Own().Release, gone.Award.RuleIndex = &award.Release{GrossMinor: 60}, -1
	again := decided("USD", award.Suppressed, 0, 0, 0, 40) // an earlier night paid it
	again.Repeat = true
	released := decided("USD", award.Issued, 130, 0, 2, 130)
	released.Incident.Own().Release = &award.Release{GrossMinor: 130}
	return []*award.Decision{
		decided("USD", award.Issued, 100, 0, 0, 100, 2, 90),
		decided("USD", award.Issued, 70, 0, 0, 75, 1, 500), // trimmed
		decided("JPY", award.Held, 30, 1, 1, 10, 2, 30),
		again,
		decided("USD", award.Suppressed, 0, -1, 1, 20),
		gone, released,
	}
}

// gathered is what rules did, of decisions that two took in by turns.
func gathered(decisions []*award.Decision) *analysis.Rules {
	all, other := analysis.NewRules(book), analysis.NewRules(book)
	for i, d := range decisions {
		[]*analysis.Rules{all, other}[i%2].Add(d)
	}
	all.Join(other)
	return all
}

func TestRulesByHand(t *testing.T) {
	t.Parallel()
	got := gathered(night()).Lines()
	for i := range got {
		for j := range got[i].Money {
			var sum int64
			for _, b := range got[i].Money[j].Amounts {
				sum += b.Count
			}
			if m := got[i].Money[j]; sum != m.Wins {
				t.Errorf("%s: %d amounts in bins, %d wins", got[i].Rule, sum, m.Wins)
			}
			got[i].Money[j].Amounts = nil
		}
	}
	// 350 are issued in USD: 100 + 70 of late, 130 of lost, 50 of a rule that is gone.
	want := []report.RuleAnalysis{
		{Rule: "late", Mode: "live", Hits: 3, Wins: 2, SettledHits: 1, Money: []report.RuleMoney{
			{Currency: "USD", Wins: 2, GrossMinor: 100 + 75 + 40, SettledMinor: 40, Minor: 170, MeanMinor: 85, ShareBasis: 4857}}},
		{Rule: "storm", Mode: "shadow", Hits: 3, Money: []report.RuleMoney{{Currency: "JPY", GrossMinor: 10}, {Currency: "USD", GrossMinor: 520}}},
		{Rule: "lost", Mode: "live", Hits: 2, Wins: 1, Money: []report.RuleMoney{
			{Currency: "JPY", GrossMinor: 30}, {Currency: "USD", Wins: 1, GrossMinor: 90, Minor: 130, MeanMinor: 130, ShareBasis: 3714}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOverlapsByHand(t *testing.T) {
	t.Parallel()
	got, more := gathered(night()).Overlaps()
	want := []report.Overlap{
		{A: "late", B: "late", Count: 3}, {A: "late", B: "storm", Count: 1}, {A: "late", B: "lost", Count: 1},
		{A: "storm", B: "storm", Count: 3}, {A: "storm", B: "lost", Count: 1}, {A: "lost", B: "lost", Count: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" || more != 0 {
		t.Errorf("%d more (-want +got)\n%s", more, diff)
	}
}

// Means are half to even: 1.5 is 2, and so is 2.5.
func TestMeansAreHalfToEven(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, mean int64 }{{1, 2, 2}, {2, 3, 2}, {3, 4, 4}, {2, 2, 2}} {
		got := gathered([]*award.Decision{decided("USD", award.Issued, c.a, 0, 0, c.a), decided("USD", award.Issued, c.b, 0, 0, c.b)}).Lines()
		if mean := got[0].Money[0].MeanMinor; mean != c.mean {
			t.Errorf("%d and %d: %d, want %d", c.a, c.b, mean, c.mean)
		}
	}
}

// Bins stand side by side, equally wide by 1, 2 or 5 and zeros, and each amount
// is counted in the one that holds it.
func TestHistograms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.SampledFrom([]int64{1, 9, 40, 3000, 1_000_000, math.MaxInt64 / 64}).Draw(t, "most")
		amounts := rapid.SliceOfN(rapid.Int64Range(1, most), 1, 40).Draw(t, "amounts")
		var decisions []*award.Decision
		for _, minor := range amounts {
			decisions = append(decisions, decided("USD", award.Issued, minor, 0, 0, minor))
		}
		list := gathered(decisions).Lines()[0].Money[0].Amounts
		if len(list) < 8 || len(list) > 16 {
			t.Fatalf("%d bins: %v", len(list), list)
		}
		width := list[0].ToMinor - list[0].FromMinor
		for w := width; w != 1 && w != 2 && w != 5; w /= 10 {
			if w%10 != 0 {
				t.Fatalf("bins of %d", width)
			}
		}
		for i, b := range list {
			if b.ToMinor-b.FromMinor != width || b.FromMinor%width != 0 || b.FromMinor < 0 || i > 0 && b.FromMinor != list[i-1].ToMinor {
				t.Fatalf("bin %d of %v", i, list)
			}
			var want int64
			for _, minor := range amounts {
				if minor >= b.FromMinor && minor < b.ToMinor {
					want++
				}
			}
			if b.Count != want {
				t.Fatalf("%d amounts in %v, want %d of %v", b.Count, b, want, amounts)
			}
		}
	})
}
