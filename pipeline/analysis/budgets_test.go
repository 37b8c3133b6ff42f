package analysis_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/analysis"
	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/money"
)

func TestBudgetsByHand(t *testing.T) {
	t.Parallel()
	budgets := []rules.Budget{{ID: "nightly", Per: rules.PerRun, MaxAmount: money.ByCurrency{"USD": 1000, "EUR": 700}}}
	b := analysis.NewBudgets(budgets, []analysis.Scope{{Currency: "USD", MaxMinor: 1000}})
	b.Fits(0, 600)
	b.Refuses(0, 500)
	b.Fits(0, 300)
	b.Choose()
	b.Burns(0, 600)
	b.Burns(0, 300)
	want := []report.BudgetAnalysis{
		{Budget: "nightly", Per: "run", Currency: "EUR", MaxMinor: 700},
		{Budget: "nightly", Per: "run", Currency: "USD", MaxMinor: 1000, UsedMinor: 900, UsedBasis: 9000, Awards: 2, Refused: 1, RefusedMinor: 500,
			Burn: []report.BurnPoint{{Awards: 1, UsedMinor: 600}, {Awards: 2, UsedMinor: 900}}},
	}
	if diff := cmp.Diff(want, b.Lines()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Of a hundred sellers the twenty that used most are shown, then twenty of the
// thirty others that were refused something; sixty are left out.
func TestBudgetsOfManySellers(t *testing.T) {
	t.Parallel()
	budgets := []rules.Budget{{ID: "seller", Per: rules.PerSeller, MaxAmount: money.ByCurrency{"USD": 1000}}}
	var scopes []analysis.Scope
	for i := range 100 {
		scopes = append(scopes, analysis.Scope{ID: fmt.Sprintf("s%02d", i), Currency: "USD", MaxMinor: 1000})
	}
	b := analysis.NewBudgets(budgets, scopes)
	for i := range int32(100) {
		b.Fits(i, int64(10*(i+1)))
		if i < 30 {
			b.Refuses(i, int64(100+i))
		}
	}
	b.Choose()
	lines := b.Lines()
	if len(lines) != 40 {
		t.Fatalf("%d scopes are shown", len(lines))
	}
	for i, l := range lines {
		want := fmt.Sprintf("s%02d", 99-i) // most used first; of the refused, the ones refused most used most
		if i >= 20 {
			want = fmt.Sprintf("s%02d", 49-i)
		}
		if l.Scope != want || l.ScopesMore != 60 || (i >= 20) != (l.Refused == 1) {
			t.Errorf("place %d: %+v, want %s", i, l, want)
		}
	}
}

// A burn-down keeps its first and last point and no more than 200 of them.
func TestBurnDowns(t *testing.T) {
	t.Parallel()
	budgets := []rules.Budget{{ID: "nightly", Per: rules.PerRun, MaxAmount: money.ByCurrency{"USD": 1 << 40}}}
	for _, awards := range []int64{1, 2, 197, 198, 199, 200, 201, 397, 398, 399, 20_000, 99_999} {
		b := analysis.NewBudgets(budgets, []analysis.Scope{{Currency: "USD", MaxMinor: 1 << 40}})
		for range awards {
			b.Fits(0, 3)
		}
		b.Choose()
		for range awards {
			b.Burns(0, 3)
		}
		burn := b.Lines()[0].Burn
		if len(burn) > 200 || len(burn) < int(min(awards, 100)) || burn[0].Awards != 1 || burn[len(burn)-1].Awards != awards {
			t.Errorf("%d awards: %d points, %v", awards, len(burn), burn)
		}
		for i, p := range burn {
			if p.UsedMinor != 3*p.Awards || i > 0 && p.Awards <= burn[i-1].Awards {
				t.Errorf("%d awards: point %d is %v", awards, i, p)
			}
		}
	}
}
