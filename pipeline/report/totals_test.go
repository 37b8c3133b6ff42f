package report

import (
	"errors"
	"math"
	"testing"

	"amends/rules/money"

	"github.com/google/go-cmp/cmp"
)

func TestTotalsSumNights(t *testing.T) {
	t.Parallel()
	other := &Summary{
		Issued: []MoneyLine{
			{Rule: "late", Reason: "DELIVERY_LATE", Currency: "USD", Count: 1, Minor: 55},
			{Rule: "lost", Reason: "DELIVERY_LOST", Currency: "USD", Count: 90, Minor: 9000},
		},
		Suppressions: []ReasonLine{{Reason: "abuse", Count: 2}, {Reason: "combined", Count: 40}, {Reason: "already-issued", Count: 7, Repeat: 7}},
	}
	var totals Totals
	for _, s := range []*Summary{sampleNight(), other} {
		if err := totals.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if totals.Nights != 2 || totals.IssuedCount != 112 || totals.HeldCount != 4 || totals.ForfeitedCount != 2 ||
		totals.RedeemedCount != 7 || totals.SuppressedCount != 56 || totals.Rejected != 2 {
		t.Errorf("counts are %+v", totals)
	}
	for name, c := range map[string]struct{ got, want money.ByCurrency }{
		"issued":    {totals.Issued, money.ByCurrency{"USD": 21400, "JPY": 1500}},
		"held":      {totals.Held, money.ByCurrency{"USD": 40000}},
		"forfeited": {totals.Forfeited, money.ByCurrency{"USD": 700}},
		"redeemed":  {totals.Redeemed, money.ByCurrency{"USD": 3000}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	rules := []RuleTotal{
		{Rule: "lost", Count: 90, Issued: money.ByCurrency{"USD": 9000}},
		{Rule: "late", Count: 22, Issued: money.ByCurrency{"USD": 12400, "JPY": 1500}},
	}
	if diff := cmp.Diff(rules, totals.Rules()); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	reasons := []ReasonTotal{{"combined", 40}, {"abuse", 11}, {"limit:per-customer-quarter", 5}}
	if diff := cmp.Diff(reasons, totals.Suppressions()); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestTotalsRefuseToOverflow(t *testing.T) {
	t.Parallel()
	huge := &Summary{Forfeited: []MoneyLine{{Currency: "USD", Count: 1, Minor: math.MaxInt64}}}
	var totals Totals
	if err := totals.Add(huge); err != nil {
		t.Fatal(err)
	}
	if err := totals.Add(huge); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("err %v, want overflow", err)
	}
}

func TestTotalsSumWhatEachRuleDid(t *testing.T) {
	t.Parallel()
	nights := []*Summary{
		{Rules: []RuleLine{
			{Rule: "late", Mode: "live", Hits: 3, Wins: 2, Gross: money.ByCurrency{"USD": 3700}, Issued: money.ByCurrency{"USD": 700}},
			{Rule: "try", Mode: "shadow", Hits: 9, Gross: money.ByCurrency{"USD": 90, "JPY": 5}},
		}},
		{Rules: []RuleLine{
			{Rule: "new", Mode: "live"},
			{Rule: "late", Mode: "live", Hits: 1, Wins: 1, Gross: money.ByCurrency{"JPY": 100}, Issued: money.ByCurrency{"JPY": 100}},
			{Rule: "try", Mode: "live", Hits: 1, Wins: 1, Gross: money.ByCurrency{"USD": 10}, Issued: money.ByCurrency{"USD": 10}},
		}},
	}
	var totals Totals
	for _, s := range nights {
		if err := totals.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	want := []RuleLine{
		{Rule: "late", Mode: "live", Hits: 4, Wins: 3, Gross: money.ByCurrency{"USD": 3700, "JPY": 100}, Issued: money.ByCurrency{"USD": 700, "JPY": 100}},
		{Rule: "try", Mode: "shadow", Hits: 9, Gross: money.ByCurrency{"USD": 90, "JPY": 5}, Issued: money.ByCurrency{}},
		{Rule: "new", Mode: "live", Gross: money.ByCurrency{}, Issued: money.ByCurrency{}},
		{Rule: "try", Mode: "live", Hits: 1, Wins: 1, Gross: money.ByCurrency{"USD": 10}, Issued: money.ByCurrency{"USD": 10}},
	}
	if diff := cmp.Diff(want, totals.RuleLines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if nights[0].Rules[0].Hits != 3 || nights[0].Rules[0].Gross["USD"] != 3700 {
		t.Error("adding changed a summary")
	}
	huge := &Summary{Rules: []RuleLine{{Rule: "late", Mode: "live", Gross: money.ByCurrency{"USD": math.MaxInt64}}}}
	if err := totals.Add(huge); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("err %v, want overflow", err)
	}
}
