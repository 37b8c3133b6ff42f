package resolve_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules"
	"amends/rules/money"
)

// issuedOf are decisions as Resolve leaves them, in the given order: issued in full.
func issuedOf(failures []failure) []*award.Decision {
	var all []*award.Decision
	for _, f := range failures {
		inc := f.incident()
		d := &award.Decision{Incident: inc, Award: &inc.Awards()[0], Verdict: &award.Verdict{Outcome: award.Issued, Reason: "LATE"}, GrossMinor: f.minor, Minor: f.minor}
		if f.release != nil {
			d.GrossMinor = f.release.GrossMinor
		}
		all = append(all, d)
	}
	return all
}

func budget(id string, per rules.Per, maxAmount money.ByCurrency, exceed rules.Exceed) rules.Budget {
	return rules.Budget{ID: id, Per: per, MaxAmount: maxAmount, Exceed: exceed}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	run := budget("nightly", rules.PerRun, usd(100), rules.Hold)
	perRule := budget("each-rule", rules.PerRule, usd(60), rules.Deny)
	perSeller := budget("each-seller", rules.PerSeller, usd(50), rules.Hold)
	tests := []struct {
		name     string
		budgets  []rules.Budget
		failures []failure
		want     []string
	}{{
		name:     "none",
		failures: []failure{{id: "a", minor: 1 << 60}},
		want:     []string{"a issued LATE 1152921504606846976/1152921504606846976"},
	}, {
		name:    "greedy, in order of awards: a later, smaller one may fit",
		budgets: []rules.Budget{run},
		failures: []failure{
			{id: "a", customer: "ann", priority: 100, at: 1, minor: 30}, // 90, third
			{id: "b", customer: "bob", priority: 100, at: 3, minor: 10}, // 100, fifth
			{id: "c", customer: "cy", priority: 10, at: 9, minor: 60},   // first
			{id: "d", customer: "di", priority: 100, at: 2, minor: 11},  // 101, fourth
			{id: "e", customer: "ed", priority: 100, at: 0, minor: 41},  // 101, second
		},
		want: []string{
			"a issued LATE 30/30", "b issued LATE 10/10", "c issued LATE 60/60",
			"d held budget:nightly 11/11 for budget:nightly", "e held budget:nightly 41/41 for budget:nightly",
		},
	}, {
		name:    "an award that one budget refuses spends from none",
		budgets: []rules.Budget{run, perRule},
		failures: []failure{
			{id: "a", rule: "late", minor: 60}, {id: "b", rule: "late", minor: 1}, {id: "c", rule: "lost", minor: 40}, {id: "d", rule: "lost", minor: 1},
		},
		want: []string{
			"a issued LATE 60/60", "b denied budget:each-rule 0/1 by budget:each-rule", "c issued LATE 40/40",
			"d held budget:nightly 1/1 for budget:nightly", // 20 of its rule are left
		},
	}, {
		name:     "the first in file order decides: deny",
		budgets:  []rules.Budget{perRule, run},
		failures: []failure{{id: "a", minor: 101}},
		want:     []string{"a denied budget:each-rule 0/101 by budget:each-rule"},
	}, {
		name:     "the first in file order decides: hold",
		budgets:  []rules.Budget{run, perRule},
		failures: []failure{{id: "a", minor: 101}},
		want:     []string{"a held budget:nightly 101/101 for budget:nightly"},
	}, {
		name:    "per seller, where there is one",
		budgets: []rules.Budget{perSeller},
		failures: []failure{
			{id: "a", seller: "s", minor: 50}, {id: "b", seller: "s", minor: 1}, {id: "c", seller: "t", minor: 50}, {id: "d", minor: 51}, {id: "e", minor: 51},
		},
		want: []string{
			"a issued LATE 50/50", "b held budget:each-seller 1/1 for budget:each-seller", "c issued LATE 50/50",
			"d issued LATE 51/51", "e issued LATE 51/51",
		},
	}, {
		name:    "each currency apart, and a cap without it never pays",
		budgets: []rules.Budget{budget("nightly", rules.PerRun, money.ByCurrency{"USD": 100, "JPY": 10}, rules.Deny)},
		failures: []failure{
			{id: "a", minor: 100}, {id: "b", currency: "JPY", minor: 10}, {id: "c", currency: "GBP", minor: 1}, {id: "d", currency: "JPY", minor: 1},
		},
		want: []string{
			"a issued LATE 100/100", "b issued LATE 10/10", "c held budget:nightly 1/1 for budget:nightly",
			"d denied budget:nightly 0/1 by budget:nightly",
		},
	}, {
		name:    "a release passes the budgets it names, and spends",
		budgets: []rules.Budget{run, perRule},
		failures: []failure{
			{id: "a", rule: "x", minor: 120, release: released(150, "budget:nightly", "budget:each-rule")},
			{id: "b", rule: "y", minor: 1},
			{id: "c", rule: "y", minor: 61, release: released(61, "budget:nightly")},
			{id: "d", rule: "y", currency: "GBP", minor: 1, release: released(1, "budget:nightly", "budget:each-rule")},
		},
		want: []string{
			"a issued LATE 120/150", "b held budget:nightly 1/1 for budget:nightly",
			"c denied budget:each-rule 0/61 by budget:each-rule", "d issued LATE 1/1",
		},
	}, {
		name:    "an overflow holds the award, and the rest goes on",
		budgets: []rules.Budget{budget("nightly", rules.PerRun, usd(math.MaxInt64), rules.Deny), budget("seller", rules.PerSeller, usd(5), rules.Deny)},
		failures: []failure{
			{id: "a", minor: math.MaxInt64 - 1}, {id: "b", minor: 2}, {id: "c", minor: 1}, {id: "d", minor: 1},
			{id: "e", minor: 1, release: released(1, "budget:nightly")},
			{id: "f", minor: 6, seller: "s", release: released(6, "budget:nightly")}, // the budgets after it still see it
			{id: "g", minor: 1},
		},
		want: []string{
			"a issued LATE 9223372036854775806/9223372036854775806", "b held budget:nightly 2/2 for budget:nightly", "c issued LATE 1/1",
			"d held budget:nightly 1/1 for budget:nightly",
			"e issued LATE 1/1", "f denied budget:seller 0/6 by budget:seller",
			"g held budget:nightly 1/1 for budget:nightly",
		},
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			decisions := issuedOf(test.failures)
			if err := settle(decisions, &resolve.Policy{Budgets: test.budgets}); err != nil {
				t.Fatal(err)
			}
			same(t, decisions, test.want)
		})
	}
}

func TestSettlePassesOverWhatDoesNotPay(t *testing.T) {
	t.Parallel()
	decisions := issuedOf([]failure{{id: "a", minor: 90}, {id: "b", minor: 90}, {id: "c", minor: 90}, {id: "d", minor: 90}})
	decisions[0].Decide(award.Held, "approval:large")
	decisions[0].Hold(award.Cause{Kind: "approval", ID: "large"})
	decisions[1].Decide(award.Denied, "limit:x")
	decisions[1].Minor = 0
	decisions[2].Decide(award.Suppressed, resolve.Combined)
	decisions[2].Minor = 0
	shadow := &award.Decision{Incident: failure{id: "e"}.incident(), Verdict: &award.Verdict{Outcome: award.Suppressed, Reason: resolve.ShadowOnly}} // no award at all
	decisions = append(decisions, shadow)
	policy := resolve.Policy{Budgets: []rules.Budget{budget("nightly", rules.PerRun, usd(100), rules.Hold)}}
	if err := settle(decisions, &policy); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a held approval:large 90/90 for approval:large", "b denied limit:x 0/90", "c suppressed combined 0/90",
		"d issued LATE 90/90", "e suppressed shadow-only 0/0",
	}
	same(t, decisions, want)
}

func TestBudgetsSayWhy(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]rules.Budget{
		"exceeds 0.05 USD of the run":     budget("x", rules.PerRun, usd(5), rules.Hold),
		"exceeds 0.05 USD of rule late":   budget("x", rules.PerRule, usd(5), rules.Hold),
		"exceeds 0.05 USD of seller acme": budget("x", rules.PerSeller, usd(5), rules.Hold),
		"has no amount in USD":            budget("x", rules.PerRun, nil, rules.Deny),
	} {
		decisions := issuedOf([]failure{{id: "a", seller: "acme", minor: 6}})
		if err := settle(decisions, &resolve.Policy{Budgets: []rules.Budget{b}}); err != nil {
			t.Fatal(err)
		}
		if got := decisions[0].Causes(); !slices.Equal(got, []award.Cause{{Kind: "budget", ID: "x", Why: want}}) {
			t.Errorf("causes = %v, want %s", got, want)
		}
	}
}

func TestSettleAndGuardRefuse(t *testing.T) {
	t.Parallel()
	broken := map[string]func(*award.Decision){
		"undecided":           func(d *award.Decision) { d.Decide("", "") },
		"without an award":    func(d *award.Decision) { d.Award = nil },
		"of nothing":          func(d *award.Decision) { d.Minor = 0 },
		"above its award":     func(d *award.Decision) { d.GrossMinor = 4 },
		"held above it":       func(d *award.Decision) { d.Decide(award.Held, ""); d.GrossMinor = 4 },
		"without an incident": func(d *award.Decision) { d.Incident = nil },
	}
	for name, breaks := range broken {
		decisions := issuedOf([]failure{{id: "a", minor: 5}})
		breaks(decisions[0])
		if err := settle(decisions, &resolve.Policy{}); !errors.Is(err, resolve.ErrContract) {
			t.Errorf("settle one %s: %v, want %v", name, err, resolve.ErrContract)
		}
		if _, _, err := guard(decisions, &resolve.Policy{}, resolve.GuardHistory{}); !errors.Is(err, resolve.ErrContract) {
			t.Errorf("guard one %s: %v, want %v", name, err, resolve.ErrContract)
		}
	}
	policy := resolve.Policy{Budgets: []rules.Budget{budget("x", rules.PerOrder, nil, rules.Hold)}}
	if err := settle(nil, &policy); !errors.Is(err, resolve.ErrContract) {
		t.Errorf("settle by a budget per order: %v, want %v", err, resolve.ErrContract)
	}
	if err := settle([]*award.Decision{nil}, &resolve.Policy{}); !errors.Is(err, resolve.ErrContract) {
		t.Errorf("settle nil: %v, want %v", err, resolve.ErrContract)
	}
}
