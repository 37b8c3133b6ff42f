package resolve_test

import (
	"errors"
	"maps"
	"math"
	"slices"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules"
	"amends/rules/money"
)

const triple = 3 * money.One

func TestGuardrails(t *testing.T) {
	t.Parallel()
	absolute := rules.Guardrails{MaxAmount: usd(100)}
	median := rules.Guardrails{MaxAmountVsMedian: triple, MinHistory: 3}
	half := rules.Guardrails{MaxAmountVsMedian: money.One / 2, MinHistory: 1}
	dollars := func(nights ...int64) map[string][]int64 { return map[string][]int64{"USD": nights} }
	tests := []struct {
		name     string
		guard    *rules.Guardrails
		nights   map[string][]int64
		totals   money.ByCurrency // tonight's, in one award each
		breaches []string         // id and currency
	}{
		{name: "none", totals: usd(1 << 50)},
		{name: "at the absolute cap", guard: &absolute, totals: usd(100)},
		{name: "above it", guard: &absolute, totals: usd(101), breaches: []string{"max-amount USD"}},
		{name: "a cap without the currency", guard: &absolute, totals: money.ByCurrency{"USD": 100, "JPY": 1}, breaches: []string{"max-amount JPY"}},
		{name: "no absolute cap", guard: &rules.Guardrails{}, totals: money.ByCurrency{"USD": 1 << 60, "JPY": 1}},

		{name: "three times the median of three", guard: &median, nights: dollars(90, 7, 10), totals: usd(30)},
		{name: "more than that", guard: &median, nights: dollars(90, 7, 10), totals: usd(31), breaches: []string{"vs-median USD"}},
		{name: "of four: 3 × 10.5 = 31.5", guard: &median, nights: dollars(90, 11, 7, 10), totals: usd(31)},
		{name: "more than 31.5", guard: &median, nights: dollars(90, 11, 7, 10), totals: usd(32), breaches: []string{"vs-median USD"}},
		{name: "too short a history", guard: &median, nights: dollars(1, 1), totals: usd(1 << 50)},
		{name: "the history of another currency", guard: &median, nights: map[string][]int64{"JPY": {1, 1, 1}}, totals: usd(1 << 50)},
		{name: "no history and none asked for", guard: &rules.Guardrails{MaxAmountVsMedian: triple}, totals: usd(1 << 50)},
		{name: "history, but no ratio", guard: &rules.Guardrails{}, nights: dollars(1, 1, 1), totals: usd(1 << 50)},
		{name: "half of 5 is 2.5", guard: &half, nights: dollars(5), totals: usd(2)},
		{name: "3 is more", guard: &half, nights: dollars(5), totals: usd(3), breaches: []string{"vs-median USD"}},
		{name: "beyond 64 bits on both sides", guard: &median, nights: dollars(math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64), totals: usd(math.MaxInt64)},
		{
			name: "beyond 64 bits and just above", guard: &rules.Guardrails{MaxAmountVsMedian: money.One}, nights: dollars(math.MaxInt64, math.MaxInt64-1),
			totals: usd(math.MaxInt64), breaches: []string{"vs-median USD"},
		},
		{
			name: "both, and each currency apart", guard: &rules.Guardrails{MaxAmount: money.ByCurrency{"USD": 100, "EUR": 100, "JPY": 100}, MaxAmountVsMedian: triple},
			nights: map[string][]int64{"USD": {1}, "EUR": {1}, "JPY": {50}}, totals: money.ByCurrency{"USD": 101, "EUR": 4, "JPY": 101},
			breaches: []string{"vs-median EUR", "max-amount JPY", "max-amount USD", "vs-median USD"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var failures []failure
			for _, code := range test.totals.Currencies() {
				failures = append(failures, failure{id: code, currency: code, minor: test.totals[code]})
			}
			decisions := issuedOf(failures)
			breaches, issuable, err := guard(decisions, &resolve.Policy{Guardrails: test.guard}, resolve.GuardHistory{Totals: test.nights})
			if err != nil || !maps.Equal(issuable, test.totals) {
				t.Fatalf("issuable = %v, %v; want %v", issuable, err, test.totals)
			}
			var got []string
			for _, b := range breaches {
				got = append(got, b.ID+" "+b.Currency)
			}
			if !slices.Equal(got, test.breaches) {
				t.Errorf("breaches = %v, want %v", got, test.breaches)
			}
			for _, d := range decisions {
				breached := slices.ContainsFunc(breaches, func(b resolve.Breach) bool { return b.Currency == d.Incident.Currency })
				if (d.Outcome == award.Held) != breached || d.Minor != d.GrossMinor {
					t.Errorf("%s", show(d))
				}
			}
		})
	}
}

// Of 30 + 31 + 1000 + 500 only the first two are new and issued.
func TestGuardHoldsNewAwardsOnly(t *testing.T) {
	t.Parallel()
	decisions := issuedOf([]failure{
		{id: "a", minor: 30}, {id: "b", minor: 31}, {id: "c", minor: 1000, release: released(1000)}, {id: "d", minor: 500}, {id: "e", currency: "JPY", minor: 60},
	})
	decisions[3].Decide(award.Held, "approval:large")
	history := resolve.GuardHistory{Totals: map[string][]int64{"USD": {20, 10, 15}}}
	policy := resolve.Policy{Guardrails: &rules.Guardrails{MaxAmountVsMedian: triple + money.One/2, MinHistory: 3, MaxAmount: money.ByCurrency{"USD": 60, "JPY": 60}}}
	breaches, issuable, err := guard(decisions, &policy, history)
	if err != nil || !maps.Equal(issuable, money.ByCurrency{"USD": 61, "JPY": 60}) {
		t.Errorf("issuable = %v, %v", issuable, err)
	}
	same(t, decisions, []string{
		"a held guardrail:max-amount 30/30 for guardrail:max-amount,guardrail:vs-median",
		"b held guardrail:max-amount 31/31 for guardrail:max-amount,guardrail:vs-median",
		"c issued LATE 1000/1000", "d held approval:large 500/500", "e issued LATE 60/60",
	})
	want := []resolve.Breach{
		{ID: "max-amount", Currency: "USD", TotalMinor: 61, Awards: 2, Why: "the night's 0.61 USD exceed 0.60 USD"},
		{ID: "vs-median", Currency: "USD", TotalMinor: 61, Awards: 2, Why: "the night's 0.61 USD exceed 3.5 times the median of 3 nights"},
	}
	if !slices.Equal(breaches, want) {
		t.Errorf("breaches = %+v\nwant %+v", breaches, want)
	}
	if decisions[0].Causes()[1].Why != want[1].Why {
		t.Errorf("cause = %+v", decisions[0].Causes()[1])
	}
	if !slices.Equal(history.Totals["USD"], []int64{20, 10, 15}) {
		t.Errorf("the history was sorted in place: %v", history.Totals)
	}
}

func TestGuardOverflow(t *testing.T) {
	t.Parallel()
	decisions := issuedOf([]failure{{id: "a", minor: math.MaxInt64}, {id: "b", minor: 1}})
	policy := resolve.Policy{Guardrails: &rules.Guardrails{MaxAmount: usd(1)}}
	if _, _, err := guard(decisions, &policy, resolve.GuardHistory{}); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("error = %v, want %v", err, money.ErrOverflow)
	}
	if decisions[0].Outcome != award.Issued {
		t.Errorf("%s: changed by a call that failed", show(decisions[0]))
	}
}
