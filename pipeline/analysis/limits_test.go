package analysis_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/analysis"
	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/money"
)

func TestLimitsByHand(t *testing.T) {
	t.Parallel()
	l := analysis.NewLimits([]rules.Limit{
		{ID: "week", Per: rules.PerCustomer, WindowDays: 7, MaxAmount: money.ByCurrency{"USD": 1000, "JPY": 500}, HasCount: true, MaxCount: 5},
		{ID: "order", Per: rules.PerOrder, HasCount: true, MaxCount: 2},
	})
	l.Trimmed(0, "USD", 30)
	l.Denied(0, "USD", 70)
	l.Held(1, "EUR")
	l.Stand(0, "USD", report.NearLimit{ID: "ann", UsedMinor: 799, UsedCount: 3}) // 79.9 %
	l.Stand(0, "USD", report.NearLimit{ID: "bob", UsedMinor: 800, UsedCount: 1})
	l.Stand(0, "USD", report.NearLimit{ID: "cy", UsedMinor: 100, UsedCount: 5})
	l.Stand(1, "EUR", report.NearLimit{ID: "o", UsedMinor: 1 << 40, UsedCount: 1}) // half of its count, and no sum bounds it
	want := []report.LimitAnalysis{
		{Limit: "week", Per: "customer", Currency: "JPY", WindowDays: 7, MaxMinor: 500, MaxCount: 5},
		{Limit: "week", Per: "customer", Currency: "USD", WindowDays: 7, MaxMinor: 1000, MaxCount: 5, Trimmed: 1, Denied: 1, TakenMinor: 100, Near: []report.NearLimit{
			{ID: "cy", UsedMinor: 100, UsedCount: 5, UsedBasis: 10_000}, {ID: "bob", UsedMinor: 800, UsedCount: 1, UsedBasis: 8000}}},
		{Limit: "order", Per: "order", Currency: "EUR", MaxCount: 2, Held: 1},
	}
	if diff := cmp.Diff(want, l.Lines()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The twenty who stand highest are named, whoever comes first, and all others
// above the bound are counted.
func TestNearInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		used := rapid.SliceOfN(rapid.Int64Range(70, 110), 0, 60).Draw(t, "used")
		all := make([]report.NearLimit, len(used))
		for i, u := range used {
			all[i] = report.NearLimit{ID: fmt.Sprintf("c%02d", i), UsedMinor: u}
		}
		limits := []rules.Limit{{ID: "l", Per: rules.PerCustomer, MaxAmount: money.ByCurrency{"USD": 100}}}
		l, again := analysis.NewLimits(limits), analysis.NewLimits(limits)
		for _, s := range all {
			l.Stand(0, "USD", s)
		}
		others := analysis.NewLimits(limits) // who has looked at some of them
		apart := rapid.IntRange(0, len(all)).Draw(t, "apart")
		for i, s := range rapid.Permutation(all).Draw(t, "order") {
			if i < apart {
				others.Stand(0, "USD", s)
			} else {
				again.Stand(0, "USD", s)
			}
		}
		again.Join(others)
		got := l.Lines()[0]
		if diff := cmp.Diff(got, again.Lines()[0]); diff != "" {
			t.Fatalf("in another order\n%s", diff)
		}
		near := slices.DeleteFunc(used, func(u int64) bool { return u < 80 })
		slices.Sort(near)
		slices.Reverse(near)
		if len(got.Near) != min(len(near), 20) || got.NearMore != int64(len(near)-len(got.Near)) {
			t.Fatalf("%d near and %d more, want %d", len(got.Near), got.NearMore, len(near))
		}
		for i, s := range got.Near {
			if s.UsedMinor != near[i] || s.UsedBasis != 100*near[i] {
				t.Fatalf("place %d is %+v, want one of %d", i, s, near[i])
			}
		}
	})
}
