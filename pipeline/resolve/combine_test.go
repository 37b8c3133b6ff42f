package resolve_test

import (
	"math"
	"testing"

	"amends/pipeline/resolve"
	"amends/rules"
	"amends/rules/money"
)

func TestCombineHighest(t *testing.T) {
	t.Parallel()
	runNights(t, []nightCase{{
		name: "the highest of each order; without an order alone",
		failures: []failure{
			{id: "a", order: "o1", minor: 300}, {id: "b", order: "o1", minor: 500}, {id: "c", order: "o1", minor: 499},
			{id: "d", order: "o2", minor: 100},
			{id: "e", minor: 100}, {id: "f", minor: 100},
		},
		want: []string{
			"a suppressed combined 0/300", "b issued LATE 500/500", "c suppressed combined 0/499",
			"d issued LATE 100/100", "e issued LATE 100/100", "f issued LATE 100/100",
		},
	}, {
		name: "ties: priority, then at, then credit id",
		failures: []failure{
			{id: "a", order: "o1", minor: 9, priority: 2, at: 1}, {id: "b", order: "o1", minor: 9, priority: 1, at: 5},
			{id: "c", order: "o2", minor: 9, at: 6}, {id: "d", order: "o2", minor: 9, at: 5},
			{id: "e", order: "o3", minor: 9}, {id: "f", order: "o3", minor: 9},
		},
		want: []string{
			"a suppressed combined 0/9", "b issued LATE 9/9",
			"c suppressed combined 0/9", "d issued LATE 9/9",
			"e issued LATE 9/9", "f suppressed combined 0/9",
		},
	}, {
		name: "less what the order got: lowered, nothing left, more than all",
		past: past{given: []resolve.Given{given(1, "o1", 150), given(2, "o1", 50), given(1, "o2", 500), given(1, "o3", 501), given(3, "", 400)}},
		failures: []failure{
			{id: "a", order: "o1", minor: 500}, {id: "b", order: "o2", minor: 500}, {id: "c", order: "o3", minor: 500},
			{id: "d", minor: 500}, // what was given without an order is not netted
		},
		want: []string{
			"a issued LATE 300/500 by combine",
			"b suppressed combined 0/500 by combine",
			"c suppressed combined 0/500 by combine",
			"d issued LATE 500/500",
		},
	}, {
		name:   "a net below min_award, but not a whole award below it",
		policy: resolve.Policy{MinAward: usd(25)},
		past:   past{given: []resolve.Given{given(1, "o1", 76), given(1, "o2", 75)}},
		failures: []failure{
			{id: "a", order: "o1", minor: 100}, {id: "b", order: "o2", minor: 100}, {id: "c", order: "o3", minor: 24},
		},
		want: []string{"a suppressed combined 0/100 by combine", "b issued LATE 25/100 by combine", "c issued LATE 24/24"},
	}, {
		name:   "only within the horizon, and nothing of zero or less",
		policy: resolve.Policy{HorizonDays: 10},
		past: past{given: []resolve.Given{
			given(10, "o", 1), given(9, "o", 20), given(0, "o", 300), given(-1, "o", 4000), // one day out, first, last, tomorrow
			given(5, "o", 0), given(5, "o", -70_000),
		}},
		failures: []failure{{id: "a", order: "o", minor: 50_000}},
		want:     []string{"a issued LATE 49680/50000 by combine"},
	}, {
		name: "what was suppressed earlier does not compete",
		past: past{settled: map[string]string{"in-b": "issue"}},
		failures: []failure{
			{id: "a", order: "o", minor: 100},
			{id: "b", order: "o", minor: 900},
			{id: "c", order: "o", minor: 900, excluded: "x"},
			{id: "d", order: "o", minor: 200, faults: []string{"x: null"}},
		},
		want: []string{
			"a suppressed combined 0/100", "b suppressed already-issued 0/900 repeat", "c suppressed excluded:x 0/900",
			"d held exclusion:x 200/200 for exclusion:x",
		},
	}, {
		name:   "sum nets nothing",
		policy: resolve.Policy{Combine: rules.Sum},
		past:   past{given: []resolve.Given{given(1, "o", 9999)}},
		failures: []failure{
			{id: "a", order: "o", minor: 300}, {id: "b", order: "o", minor: 500}, {id: "c", order: "o", currency: "JPY", minor: 7},
		},
		want: []string{"a issued LATE 300/300", "b issued LATE 500/500", "c issued LATE 7/7"},
	}})
}

func TestCombineTwoCurrencies(t *testing.T) {
	t.Parallel()
	pounds := resolve.Given{Date: tonight - 1, OrderID: "o1", Currency: "GBP", Minor: 1}
	old := resolve.Given{Date: tonight - 30, OrderID: "o2", Currency: "GBP", Minor: 1}
	void := resolve.Given{Date: tonight - 1, OrderID: "o2", Currency: "GBP", Minor: 0}
	runNights(t, []nightCase{{
		name: "tonight: the highest of each is held",
		failures: []failure{
			{id: "a", order: "o", minor: 100}, {id: "b", order: "o", minor: 200}, {id: "c", order: "o", currency: "GBP", minor: 150},
		},
		want: []string{
			"a suppressed combined 0/100",
			"b held combine:highest 200/200 for combine:highest",
			"c held combine:highest 150/150 for combine:highest",
		},
	}, {
		name:   "in history, where it counts",
		policy: resolve.Policy{HorizonDays: 30},
		past:   past{given: []resolve.Given{pounds, old, void, given(1, "o1", 40), given(1, "o3", 200), {Date: tonight, OrderID: "o3", Currency: "GBP", Minor: 1}}},
		failures: []failure{
			{id: "a", order: "o1", minor: 100}, {id: "b", order: "o2", minor: 100}, {id: "c", order: "o3", minor: 100},
		},
		want: []string{
			"a held combine:highest 60/100 by combine for combine:highest",
			"b issued LATE 100/100",
			"c suppressed combined 0/100 by combine", // nothing left to hold
		},
	}, {
		name: "a release that names it is paid",
		past: past{given: []resolve.Given{pounds}},
		failures: []failure{
			{id: "a", order: "o1", minor: 60, release: released(100, "combine:highest")},
		},
		want: []string{"a issued LATE 60/100"},
	}, {
		name: "an overflow in what the order got",
		past: past{given: []resolve.Given{given(1, "o", math.MaxInt64), given(2, "o", 1), given(3, "o", 1)}},
		failures: []failure{
			{id: "a", order: "o", minor: 100}, {id: "b", order: "o", minor: 101},
		},
		want: []string{"a suppressed combined 0/100", "b held combine:highest 101/101 for combine:highest"},
	}, {
		name:     "no overflow at the highest sum",
		past:     past{given: []resolve.Given{given(1, "o", math.MaxInt64-1), given(2, "o", 1)}},
		failures: []failure{{id: "a", order: "o", minor: math.MaxInt64}},
		want:     []string{"a suppressed combined 0/9223372036854775807 by combine"},
	}})
}

// An order got 40 of 100, so 60 were held. When a person releases them, the 40
// have been taken off already.
func TestCombineNetsAReleaseOnce(t *testing.T) {
	t.Parallel()
	runNights(t, []nightCase{{
		name:     "nothing new: the frozen amount",
		past:     past{given: []resolve.Given{given(9, "o", 40)}},
		failures: []failure{{id: "a", order: "o", minor: 60, release: released(100)}},
		want:     []string{"a issued LATE 60/100"},
	}, {
		name:     "25 more since: 100 less 65",
		past:     past{given: []resolve.Given{given(9, "o", 40), given(1, "o", 25)}},
		failures: []failure{{id: "a", order: "o", minor: 60, release: released(100)}},
		want:     []string{"a issued LATE 35/100 by combine"},
	}, {
		name:     "lowered by the approver to 20, and 25 more since: 35 are left, so 20",
		past:     past{given: []resolve.Given{given(9, "o", 40), given(1, "o", 25)}},
		failures: []failure{{id: "a", order: "o", minor: 20, release: released(100)}},
		want:     []string{"a issued LATE 20/100"},
	}, {
		name: "against a new award of 70: 60 are more than 70 less 40",
		past: past{given: []resolve.Given{given(9, "o", 40)}},
		failures: []failure{
			{id: "a", order: "o", minor: 60, release: released(100)},
			{id: "b", order: "o", minor: 70},
		},
		want: []string{"a issued LATE 60/100", "b suppressed combined 0/70"},
	}, {
		name: "against a new award of 110: 70 are more than 60",
		past: past{given: []resolve.Given{given(9, "o", 40)}},
		failures: []failure{
			{id: "a", order: "o", minor: 60, release: released(100)},
			{id: "b", order: "o", minor: 110},
		},
		want: []string{"a suppressed combined 0/100", "b issued LATE 70/110 by combine"},
	}, {
		name:     "a frozen amount below min_award is no trim of tonight",
		policy:   resolve.Policy{MinAward: money.ByCurrency{"USD": 50}},
		failures: []failure{{id: "a", order: "o", minor: 20, release: released(100)}},
		want:     []string{"a issued LATE 20/100"},
	}})
}
