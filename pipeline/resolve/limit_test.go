package resolve_test

import (
	"math"
	"slices"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules"
	"amends/rules/money"
)

func TestAmountLimits(t *testing.T) {
	t.Parallel()
	// 700 of 1000 are left: given 300 in the window of 90 days.
	earlier := past{given: []resolve.Given{given(90, "", 9999), given(89, "", 100), given(0, "o9", 200), given(-1, "", 9999), given(1, "", -5000)}}
	// In the order of awards: c (priority), a, b (at), d (id).
	four := []failure{
		{id: "a", minor: 300, priority: 1, at: 1}, {id: "b", minor: 300, priority: 1, at: 2},
		{id: "c", minor: 200, priority: 0, at: 9}, {id: "d", minor: 50, priority: 1, at: 2},
	}
	runNights(t, []nightCase{{
		name: "trim: 700 = 200 + 300 + 200 of 300 + 0",
		past: earlier, policy: resolve.Policy{Limits: []rules.Limit{amountLimit("cap", usd(1000), rules.Trim)}},
		failures: four,
		want: []string{
			"a issued LATE 300/300", "b issued LATE 200/300 by limit:cap", "c issued LATE 200/200", "d denied limit:cap 0/50 by limit:cap",
		},
	}, {
		name: "deny: 700 = 200 + 300 + none of 300 + 50",
		past: earlier, policy: resolve.Policy{Limits: []rules.Limit{amountLimit("cap", usd(1000), rules.Deny)}},
		failures: four,
		want: []string{
			"a issued LATE 300/300", "b denied limit:cap 0/300 by limit:cap", "c issued LATE 200/200", "d issued LATE 50/50",
		},
	}, {
		name: "hold: what is held counts, so nothing fits after it",
		past: earlier, policy: resolve.Policy{Limits: []rules.Limit{amountLimit("cap", usd(1000), rules.Hold)}},
		failures: four,
		want: []string{
			"a issued LATE 300/300", "b held limit:cap 300/300 for limit:cap", "c issued LATE 200/200", "d held limit:cap 50/50 for limit:cap",
		},
	}, {
		name: "exactly all of it",
		past: earlier, policy: resolve.Policy{Limits: []rules.Limit{amountLimit("cap", usd(1000), rules.Deny)}},
		failures: []failure{{id: "a", minor: 700}, {id: "b", minor: 1}},
		want:     []string{"a issued LATE 700/700", "b denied limit:cap 0/1 by limit:cap"},
	}, {
		name:     "a trim to just min_award and to one below it",
		policy:   resolve.Policy{MinAward: usd(25), Limits: []rules.Limit{{ID: "cap", Per: rules.PerOrder, MaxAmount: usd(100), Exceed: rules.Trim}}, Combine: rules.Sum},
		failures: []failure{{id: "a", order: "o1", minor: 75}, {id: "b", order: "o1", minor: 80, at: 1}, {id: "c", order: "o2", minor: 76}, {id: "d", order: "o2", minor: 80, at: 1}},
		want: []string{
			"a issued LATE 75/75", "b issued LATE 25/80 by limit:cap", "c issued LATE 76/76", "d denied limit:cap 0/80 by limit:cap",
		},
	}, {
		name: "history above the cap", // it was lowered since
		past: earlier, policy: resolve.Policy{Limits: []rules.Limit{amountLimit("cap", usd(200), rules.Trim)}},
		failures: []failure{{id: "a", minor: 1}},
		want:     []string{"a denied limit:cap 0/1 by limit:cap"},
	}, {
		name:     "a cap without the currency never pays",
		policy:   resolve.Policy{Limits: []rules.Limit{amountLimit("cap", money.ByCurrency{"USD": 5, "EUR": 0}, rules.Deny)}},
		failures: []failure{{id: "a", currency: "JPY", minor: 1}, {id: "b", minor: 5}, {id: "c", currency: "EUR", minor: 1}},
		want:     []string{"a held limit:cap 1/1 for limit:cap", "b issued LATE 5/5", "c denied limit:cap 0/1 by limit:cap"},
	}, {
		name:     "each currency has a cap of its own",
		past:     past{given: []resolve.Given{{Date: tonight, Currency: "JPY", Minor: 90}, given(0, "", 1)}},
		policy:   resolve.Policy{Limits: []rules.Limit{amountLimit("cap", money.ByCurrency{"USD": 5, "JPY": 100}, rules.Trim)}},
		failures: []failure{{id: "a", currency: "JPY", minor: 50}, {id: "b", minor: 50}},
		want:     []string{"a issued LATE 10/50 by limit:cap", "b issued LATE 4/50 by limit:cap"},
	}})
}

func TestCountLimits(t *testing.T) {
	t.Parallel()
	earlier := past{given: []resolve.Given{given(90, "", 1), given(89, "", 1), given(3, "", 0), {Date: tonight, Currency: "JPY", Minor: 1}}} // 2 count
	three := []failure{{id: "a", at: 1, minor: 5}, {id: "b", at: 2, minor: 5}, {id: "c", at: 3, minor: 5}}
	var nights []nightCase
	for exceed, want := range map[rules.Exceed][]string{
		rules.Deny: {"a issued LATE 5/5", "b issued LATE 5/5", "c denied limit:n 0/5 by limit:n"},
		rules.Trim: {"a issued LATE 5/5", "b issued LATE 5/5", "c denied limit:n 0/5 by limit:n"}, // a count cannot trim
		rules.Hold: {"a issued LATE 5/5", "b issued LATE 5/5", "c held limit:n 5/5 for limit:n"},
	} {
		nights = append(nights, nightCase{
			name: string('0' + rune(exceed)), past: earlier, failures: three, want: want,
			policy: resolve.Policy{Limits: []rules.Limit{countLimit("n", 4, exceed)}},
		})
	}
	both := countLimit("n", 4, rules.Trim)
	both.MaxAmount = usd(9) // earlier: 1 USD and a credit of 1 JPY
	nights = append(nights, nightCase{
		name: "count and amount", past: earlier, failures: three,
		policy: resolve.Policy{Limits: []rules.Limit{both}},
		want:   []string{"a issued LATE 5/5", "b issued LATE 3/5 by limit:n", "c denied limit:n 0/5 by limit:n"},
	}, nightCase{
		name: "none at all", failures: three[:1],
		policy: resolve.Policy{Limits: []rules.Limit{countLimit("n", 0, rules.Deny)}},
		want:   []string{"a denied limit:n 0/5 by limit:n"},
	}, nightCase{
		name: "both exceeded give one cause", failures: three[:1],
		policy: resolve.Policy{Limits: []rules.Limit{{ID: "n", Per: rules.PerCustomer, HasCount: true, MaxAmount: usd(0), Exceed: rules.Hold}}},
		want:   []string{"a held limit:n 5/5 for limit:n"},
	})
	runNights(t, nights)
}

func TestLimitsInFileOrder(t *testing.T) {
	t.Parallel()
	perOrder := rules.Limit{ID: "order", Per: rules.PerOrder, MaxAmount: usd(100), Exceed: rules.Trim}
	whole := rules.Limit{ID: "whole", Per: rules.PerCustomer, MaxAmount: usd(1000), Exceed: rules.Deny}
	runNights(t, []nightCase{{
		name:     "the amount that one trimmed is what the next sees",
		policy:   resolve.Policy{Limits: []rules.Limit{amountLimit("a", usd(50), rules.Trim), amountLimit("b", usd(50), rules.Deny), amountLimit("c", usd(20), rules.Trim)}},
		failures: []failure{{id: "a", minor: 80}},
		want:     []string{"a issued LATE 20/80 by limit:a,limit:c"},
	}, {
		name:     "the other way around it is denied",
		policy:   resolve.Policy{Limits: []rules.Limit{amountLimit("b", usd(50), rules.Deny), amountLimit("a", usd(50), rules.Trim)}},
		failures: []failure{{id: "a", minor: 80}},
		want:     []string{"a denied limit:b 0/80 by limit:b"},
	}, {
		name:     "a denial wins over a hold before it, and a hold goes on to be trimmed",
		policy:   resolve.Policy{Limits: []rules.Limit{amountLimit("hold", usd(10), rules.Hold), amountLimit("trim", usd(50), rules.Trim)}},
		failures: []failure{{id: "a", at: 1, minor: 80}, {id: "b", at: 2, minor: 80}},
		want:     []string{"a held limit:hold 50/80 by limit:trim for limit:hold", "b denied limit:trim 0/80 by limit:trim"},
	}, {
		name:   "what is denied counts nowhere, not in the limits that it passed either",
		policy: resolve.Policy{Limits: []rules.Limit{countLimit("n", 1, rules.Deny), amountLimit("cap", usd(50), rules.Deny)}},
		failures: []failure{
			{id: "a", at: 1, minor: 51}, {id: "b", at: 2, minor: 50}, {id: "c", at: 3, minor: 1},
		},
		want: []string{"a denied limit:cap 0/51 by limit:cap", "b issued LATE 50/50", "c denied limit:n 0/1 by limit:n"},
	}, {
		name:   "per order, beside per customer; without an order alone",
		past:   past{given: []resolve.Given{given(300, "o1", 40), given(1, "", 60), given(1, "o3", 700)}},
		policy: resolve.Policy{Combine: rules.Sum, Limits: []rules.Limit{perOrder, whole}},
		failures: []failure{
			{id: "a", order: "o1", at: 1, minor: 50}, {id: "b", order: "o1", at: 2, minor: 50}, // 60 left: 50 + 10
			{id: "c", order: "o2", at: 3, minor: 50},                                              // 800 + 60 + 50 = 910
			{id: "d", at: 4, minor: 101},                                                          // 100 does not fit
			{id: "e", at: 5, minor: 80}, {id: "f", at: 6, minor: 11}, {id: "g", at: 7, minor: 10}, // 990, no, 1000
		},
		want: []string{
			"a issued LATE 50/50", "b issued LATE 10/50 by limit:order", "c issued LATE 50/50",
			"d denied limit:whole 0/101 by limit:order,limit:whole",
			"e issued LATE 80/80", "f denied limit:whole 0/11 by limit:whole", "g issued LATE 10/10",
		},
	}, {
		name:     "a count per order, for awards without one",
		policy:   resolve.Policy{Limits: []rules.Limit{{ID: "n", Per: rules.PerOrder, HasCount: true, MaxCount: 1, Exceed: rules.Deny}}},
		past:     past{given: []resolve.Given{given(1, "", 1)}},
		failures: []failure{{id: "a", minor: 1}, {id: "b", minor: 1}},
		want:     []string{"a issued LATE 1/1", "b issued LATE 1/1"},
	}, {
		name:     "without a window as far back as the horizon",
		policy:   resolve.Policy{HorizonDays: 400, Limits: []rules.Limit{whole}},
		past:     past{given: []resolve.Given{given(400, "", 900), given(399, "", 600)}},
		failures: []failure{{id: "a", minor: 401}, {id: "b", minor: 400}},
		want:     []string{"a denied limit:whole 0/401 by limit:whole", "b issued LATE 400/400"},
	}, {
		name:     "combined awards do not count",
		policy:   resolve.Policy{Limits: []rules.Limit{countLimit("n", 1, rules.Deny)}},
		failures: []failure{{id: "a", order: "o", minor: 1, at: 1}, {id: "b", order: "o", minor: 2, at: 2}},
		want:     []string{"a suppressed combined 0/1", "b issued LATE 2/2"},
	}})
}

// At most twice in 60 days for same-day, whatever else there is: a limit counts
// and binds awards of its rules alone.
func TestLimitsOfSomeRules(t *testing.T) {
	t.Parallel()
	twice := rules.Limit{ID: "twice", Per: rules.PerCustomer, Rules: rules.RuleIDs{"same-day"}, WindowDays: 60, HasCount: true, MaxCount: 2, Exceed: rules.Deny}
	each := []failure{
		{id: "a", rule: "same-day", at: 1, minor: 5}, {id: "b", rule: "lost", at: 2, minor: 7},
		{id: "c", rule: "same-day", at: 3, minor: 5}, {id: "d", rule: "same-day", at: 4, minor: 5},
	}
	sums := rules.Limit{ID: "sums", Per: rules.PerCustomer, Rules: rules.RuleIDs{"late", "lost"}, WindowDays: 60, MaxAmount: usd(100), Exceed: rules.Trim}
	some := []failure{{id: "a", rule: "lost", at: 1, minor: 30}, {id: "b", rule: "same-day", at: 2, minor: 900}, {id: "c", rule: "late", at: 3, minor: 30}, {id: "d", rule: "late", at: 4, minor: 1}}
	runNights(t, []nightCase{{
		name:   "what other rules gave, and others than amends, counts for nothing",
		past:   past{given: []resolve.Given{givenBy("lost", 1, 5), givenBy("lost", 2, 5), givenBy("", 3, 5), givenBy("same-day", 60, 5)}}, // (D-60, D] is without the last
		policy: resolve.Policy{Limits: []rules.Limit{twice}}, failures: each,
		want: []string{"a issued LATE 5/5", "b issued LATE 7/7", "c issued LATE 5/5", "d denied limit:twice 0/5 by limit:twice"},
	}, {
		name:   "one on the first day of the window counts",
		past:   past{given: []resolve.Given{givenBy("same-day", 59, 5)}},
		policy: resolve.Policy{Limits: []rules.Limit{twice}}, failures: each,
		want: []string{"a issued LATE 5/5", "b issued LATE 7/7", "c denied limit:twice 0/5 by limit:twice", "d denied limit:twice 0/5 by limit:twice"},
	}, {
		name:   "several rules have one sum: 100 = 40 + 20 before, 30 and 10 of 30 tonight",
		past:   past{given: []resolve.Given{givenBy("late", 1, 40), givenBy("lost", 59, 20), givenBy("same-day", 1, 700), givenBy("", 1, 700)}},
		policy: resolve.Policy{Limits: []rules.Limit{sums}}, failures: some,
		want: []string{"a issued LATE 30/30", "b issued LATE 900/900", "c issued LATE 10/30 by limit:sums", "d denied limit:sums 0/1 by limit:sums"},
	}, {
		name:   "beside one of all rules, which counts what the other lets pass",
		policy: resolve.Policy{Limits: []rules.Limit{twice, countLimit("all", 3, rules.Hold)}}, failures: append(each[:4:4], failure{id: "e", rule: "lost", at: 5, minor: 7}),
		want: []string{
			"a issued LATE 5/5", "b issued LATE 7/7", "c issued LATE 5/5", "d denied limit:twice 0/5 by limit:twice", "e held limit:all 7/7 for limit:all",
		},
	}, {
		name:   "held awards count, and the winning rule decides, not the others that hit",
		policy: resolve.Policy{Limits: []rules.Limit{{ID: "one", Per: rules.PerCustomer, Rules: rules.RuleIDs{"late"}, HasCount: true, MaxCount: 1, Exceed: rules.Hold}}},
		failures: []failure{
			{id: "a", at: 1, awards: []award.Award{{Rule: &award.Rule{RuleID: "late", Reason: "LATE"}, Minor: 3}, {Rule: &award.Rule{RuleIndex: 1, RuleID: "lost", Reason: "LOST"}, Minor: 4}}},
			{id: "b", at: 2, minor: 5}, {id: "c", at: 3, minor: 6}, {id: "d", at: 4, minor: 7},
		},
		want: []string{"a issued LOST 4/4", "b issued LATE 5/5", "c held limit:one 6/6 for limit:one", "d held limit:one 7/7 for limit:one"},
	}, {
		name:     "a released award counts by the rule that held it, and passes the limit that it names",
		policy:   resolve.Policy{Limits: []rules.Limit{{ID: "one", Per: rules.PerCustomer, Rules: rules.RuleIDs{"late"}, HasCount: true, MaxCount: 1, Exceed: rules.Deny}}},
		past:     past{given: []resolve.Given{givenBy("late", 1, 5)}},
		failures: []failure{{id: "a", at: 1, minor: 5, release: released(5, "limit:one")}, {id: "b", at: 2, minor: 5, release: released(5, "approval:x")}, {id: "c", at: 3, rule: "lost", minor: 5, release: released(5, "approval:x")}},
		want:     []string{"a issued LATE 5/5", "b denied limit:one 0/5 by limit:one", "c issued LATE 5/5"},
	}, {
		name:   "per order, where the other awards of the order are of other rules",
		past:   past{given: []resolve.Given{{Date: tonight - 1, OrderID: "o1", RuleID: "lost", Currency: "USD", Minor: 50}, {Date: tonight - 1, OrderID: "o2", RuleID: "late", Currency: "USD", Minor: 50}}},
		policy: resolve.Policy{Combine: rules.Sum, Limits: []rules.Limit{{ID: "order", Per: rules.PerOrder, Rules: rules.RuleIDs{"late"}, MaxAmount: usd(60), Exceed: rules.Trim}}},
		failures: []failure{
			{id: "a", order: "o1", at: 1, minor: 60}, {id: "b", order: "o1", rule: "lost", at: 2, minor: 60}, {id: "c", order: "o1", at: 3, minor: 1}, {id: "d", order: "o2", at: 4, minor: 60},
		},
		want: []string{"a issued LATE 60/60", "b issued LATE 60/60", "c denied limit:order 0/1 by limit:order", "d issued LATE 10/60 by limit:order"},
	}})
}

func TestLimitsOfReleasedAwards(t *testing.T) {
	t.Parallel()
	runNights(t, []nightCase{{
		name:   "the limits it names are passed, and it counts for those after it",
		policy: resolve.Policy{Limits: []rules.Limit{amountLimit("a", usd(100), rules.Hold), amountLimit("b", usd(150), rules.Trim)}},
		failures: []failure{
			{id: "a", at: 1, minor: 120, release: released(120, "limit:a")},
			{id: "b", at: 2, minor: 40},
		},
		want: []string{"a issued LATE 120/120", "b held limit:a 30/40 by limit:b for limit:a"},
	}, {
		name:   "also one that trims or denies: it held for want of a currency, or an overflow",
		policy: resolve.Policy{Limits: []rules.Limit{amountLimit("a", usd(50), rules.Trim), amountLimit("b", usd(50), rules.Deny), countLimit("n", 0, rules.Trim)}},
		failures: []failure{
			{id: "a", minor: 60, release: released(60, "limit:a", "limit:b", "limit:n")},
			{id: "b", currency: "JPY", minor: 60, release: released(60, "limit:a", "limit:b", "limit:n")},
		},
		want: []string{"a issued LATE 60/60", "b issued LATE 60/60"},
	}, {
		name:   "others still hold, trim and deny it",
		policy: resolve.Policy{Limits: []rules.Limit{amountLimit("a", usd(100), rules.Hold), amountLimit("b", usd(150), rules.Trim)}},
		failures: []failure{
			{id: "a", at: 1, minor: 120, release: released(130, "approval:a", "limit:b")},
			{id: "b", at: 2, minor: 40, release: released(40, "limit:a")},
			{id: "c", at: 3, minor: 40, release: released(40, "limit:a")},
		},
		want: []string{
			"a held limit:a 120/130 for limit:a",
			"b issued LATE 30/40 by limit:b",
			"c denied limit:b 0/40 by limit:b",
		},
	}})
}

func TestLimitOverflowHolds(t *testing.T) {
	t.Parallel()
	huge := []resolve.Given{given(1, "", math.MaxInt64), given(2, "", 1), given(3, "", 1), {Date: tonight, Currency: "JPY", Minor: 3}}
	runNights(t, []nightCase{{
		name:   "in history, in that currency only",
		past:   past{given: huge},
		policy: resolve.Policy{Limits: []rules.Limit{amountLimit("cap", money.ByCurrency{"USD": 10, "JPY": 10}, rules.Deny)}},
		failures: []failure{
			{id: "a", minor: 1}, {id: "b", currency: "JPY", minor: 7}, {id: "c", minor: 1, release: released(1, "limit:cap")},
		},
		want: []string{"a held limit:cap 1/1 for limit:cap", "b issued LATE 7/7", "c issued LATE 1/1"},
	}, {
		name:   "tonight: the first held one fits the sum, the second does not",
		policy: resolve.Policy{Limits: []rules.Limit{amountLimit("cap", usd(10), rules.Hold), amountLimit("none", nil, rules.Deny)}},
		failures: []failure{
			{id: "a", at: 1, minor: math.MaxInt64}, {id: "b", at: 2, minor: math.MaxInt64}, {id: "c", at: 3, minor: 1},
		},
		want: []string{
			"a held limit:cap 9223372036854775807/9223372036854775807 for limit:cap",
			"b held limit:cap 9223372036854775807/9223372036854775807 for limit:cap",
			"c held limit:cap 1/1 for limit:cap",
		},
	}})
}

func TestLimitsSayWhy(t *testing.T) {
	t.Parallel()
	horizon := resolve.Policy{Date: tonight, HorizonDays: 400}
	forever := resolve.Policy{Date: tonight}
	tests := []struct {
		policy resolve.Policy
		limit  rules.Limit
		want   string
	}{
		{horizon, amountLimit("x", usd(4000), rules.Hold), "exceeds 40.00 USD in 90 days"},
		{horizon, rules.Limit{ID: "x", Per: rules.PerOrder, MaxAmount: usd(5), Exceed: rules.Hold}, "exceeds 0.05 USD in 400 days"},
		{forever, rules.Limit{ID: "x", Per: rules.PerOrder, MaxAmount: usd(5), Exceed: rules.Hold}, "exceeds 0.05 USD"},
		{horizon, countLimit("x", 0, rules.Hold), "exceeds a count of 0 in 90 days"},
		{horizon, amountLimit("x", money.ByCurrency{"JPY": 1}, rules.Trim), "has no amount in USD"},
	}
	for _, test := range tests {
		test.policy.Limits = []rules.Limit{test.limit}
		got, err := resolve.Resolve(incidents([]failure{{id: "a", minor: 4001}}), past{}, &test.policy, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := []award.Cause{{Kind: "limit", ID: "x", Why: test.want}}
		if !slices.Equal(got[0].Causes(), want) {
			t.Errorf("causes = %v, want %v", got[0].Causes(), want)
		}
	}
}
