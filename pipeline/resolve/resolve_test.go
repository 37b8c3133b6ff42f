package resolve_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules"
)

func TestOneAwardPerIncident(t *testing.T) {
	t.Parallel()
	shadow := award.Award{Rule: &award.Rule{RuleIndex: 0, RuleID: "trial", Shadow: true}, Minor: 9999}
	runNights(t, []nightCase{
		{
			name: "only shadow rules",
			failures: []failure{
				{id: "a", awards: []award.Award{shadow}},
				{id: "b", awards: []award.Award{shadow, {Rule: &award.Rule{RuleIndex: 1, Shadow: true}}}},
			},
			want: []string{"a suppressed shadow-only 0/0", "b suppressed shadow-only 0/0"},
		},
		{
			name: "live rules give nothing",
			failures: []failure{
				{id: "a", minor: 0},
				{id: "b", awards: []award.Award{shadow, {Rule: &award.Rule{RuleIndex: 1}}}},
				{id: "c", minor: -5},
				{id: "d", minor: math.MinInt64},
			},
			want: []string{
				"a suppressed zero-amount 0/0", "b suppressed zero-amount 0/0",
				"c suppressed zero-amount 0/0", "d suppressed zero-amount 0/0",
			},
		},
		{
			name: "the highest live award",
			failures: []failure{
				{id: "a", awards: []award.Award{shadow, {Rule: &award.Rule{RuleIndex: 1, Reason: "LOW"}, Minor: 300}, {Rule: &award.Rule{RuleIndex: 2, Reason: "HIGH"}, Minor: 500}, {Rule: &award.Rule{RuleIndex: 3}, Minor: 0}}},
				// A rule with a better priority but a lower amount does not win.
				{id: "b", awards: []award.Award{{Rule: &award.Rule{RuleIndex: 1, Reason: "FIRST", Priority: 1}, Minor: 300}, {Rule: &award.Rule{RuleIndex: 2, Reason: "SECOND", Priority: 9}, Minor: 301}}},
			},
			want: []string{"a issued HIGH 500/500", "b issued SECOND 301/301"},
		},
		{
			name: "ties go to the rule that stands earlier",
			failures: []failure{
				{id: "a", awards: []award.Award{{Rule: &award.Rule{RuleIndex: 4, Reason: "FOURTH"}, Minor: 300}, {Rule: &award.Rule{RuleIndex: 7, Reason: "SEVENTH"}, Minor: 300}}},
				{id: "b", awards: []award.Award{{Rule: &award.Rule{RuleIndex: 7, Reason: "SEVENTH"}, Minor: 300}, {Rule: &award.Rule{RuleIndex: 4, Reason: "FOURTH"}, Minor: 300}}},
				{id: "c", awards: []award.Award{{Rule: &award.Rule{RuleIndex: 4, Reason: "ROW1"}, Minor: 300}, {Rule: &award.Rule{RuleIndex: 4, Reason: "ROW2"}, Minor: 300}}},
			},
			want: []string{"a issued FOURTH 300/300", "b issued FOURTH 300/300", "c issued ROW1 300/300"},
		},
	})
}

func TestExclusions(t *testing.T) {
	t.Parallel()
	runNights(t, []nightCase{{
		name: "holding, unknown, both",
		failures: []failure{
			{id: "a", minor: 100, excluded: "compensated"},
			{id: "b", minor: 100, faults: []string{"compensated: order.refund_status is null: at 3", "late-claim: no order"}},
			{id: "c", minor: 100, excluded: "late-claim", faults: []string{"compensated: null"}},
			{id: "d", minor: 0, excluded: "late-claim"}, // nothing to exclude
		},
		want: []string{
			"a suppressed excluded:compensated 0/100",
			"b held exclusion:compensated 100/100 for exclusion:compensated,exclusion:late-claim",
			"c suppressed excluded:late-claim 0/100",
			"d suppressed zero-amount 0/0",
		},
	}, {
		name: "of a released hold: dimensions are current",
		failures: []failure{
			{id: "a", minor: 100, excluded: "compensated", release: released(100, "exclusion:compensated")},
			{id: "b", minor: 100, faults: []string{"compensated: null"}, release: released(100, "exclusion:compensated")},
			{id: "c", minor: 100, faults: []string{"late-claim: null"}, release: released(100, "exclusion:compensated")},
		},
		want: []string{
			"a suppressed excluded:compensated 0/100",
			"b issued LATE 100/100",
			"c held exclusion:late-claim 100/100 for exclusion:late-claim",
		},
	}})
	inc := failure{id: "a", minor: 1, faults: []string{"compensated: a: b"}}.incident()
	got, err := resolve.Resolve([]*award.Incident{inc}, past{}, &resolve.Policy{}, nil)
	want := award.Cause{Kind: "exclusion", ID: "compensated", Why: "a: b"}
	if err != nil || !slices.Equal(got[0].Causes(), []award.Cause{want}) {
		t.Errorf("causes = %v, %v; want %v", got[0].Causes(), err, want)
	}
}

func TestSettledBefore(t *testing.T) {
	t.Parallel()
	settled := map[string]string{}
	for _, kind := range []string{"issue", "deny", "reject", "lapse", "hold"} {
		settled["in-"+kind] = kind
		settled["in-released-"+kind] = kind
	}
	settled["in-excluded"], settled["in-shadow"], settled["in-zero"] = "issue", "hold", "deny"
	runNights(t, []nightCase{{
		name: "each kind",
		past: past{settled: settled},
		failures: []failure{
			{id: "issue", minor: 5}, {id: "deny", minor: 5}, {id: "reject", minor: 5}, {id: "lapse", minor: 5}, {id: "hold", minor: 5},
			{id: "new", minor: 5},
			{id: "excluded", minor: 5, excluded: "x"}, {id: "shadow", awards: []award.Award{{Rule: &award.Rule{Shadow: true}}}}, {id: "zero"},
		},
		want: []string{
			"deny suppressed already-denied 0/5 repeat",
			"excluded suppressed excluded:x 0/5 repeat",
			"hold suppressed already-held 0/5 repeat",
			"issue suppressed already-issued 0/5 repeat",
			"lapse suppressed already-lapsed 0/5 repeat",
			"new issued LATE 5/5",
			"reject suppressed already-rejected 0/5 repeat",
			"shadow suppressed shadow-only 0/0 repeat",
			"zero suppressed zero-amount 0/0 repeat",
		},
	}, {
		name: "a release ends its own hold and nothing else",
		past: past{settled: settled},
		failures: []failure{
			{id: "released-issue", minor: 5, release: released(5)}, {id: "released-deny", minor: 5, release: released(5)},
			{id: "released-reject", minor: 5, release: released(5)}, {id: "released-lapse", minor: 5, release: released(5)},
			{id: "released-hold", minor: 5, release: released(5)},
		},
		want: []string{
			"released-deny suppressed already-denied 0/5 repeat",
			"released-hold issued LATE 5/5",
			"released-issue suppressed already-issued 0/5 repeat",
			"released-lapse suppressed already-lapsed 0/5 repeat",
			"released-reject suppressed already-rejected 0/5 repeat",
		},
	}})
}

func TestApproval(t *testing.T) {
	t.Parallel()
	// Holds what is above 500, and cannot tell where there is no seller.
	approve := func(inc *award.Incident, minor int64) []award.Cause {
		var causes []award.Cause
		if minor > 500 {
			causes = append(causes, award.Cause{Kind: "approval", ID: "large"})
		}
		if inc.Seller() == "" {
			causes = append(causes, award.Cause{Kind: "approval", ID: "seller"})
		}
		return causes
	}
	runNights(t, []nightCase{{
		name:    "causes add up, and see the amount after limits",
		approve: approve,
		policy:  resolve.Policy{Limits: []rules.Limit{amountLimit("cap", usd(1100), rules.Trim)}},
		failures: []failure{
			{id: "a", at: 1, minor: 501, seller: "s"},
			{id: "b", at: 2, minor: 99},
			{id: "c", at: 3, minor: 501, seller: "s"}, // 500 are left of 1100
			{id: "d", at: 4, minor: 501},              // denied: nobody is asked
		},
		want: []string{
			"a held approval:large 501/501 for approval:large",
			"b held approval:seller 99/99 for approval:seller",
			"c issued LATE 500/501 by limit:cap",
			"d denied limit:cap 0/501 by limit:cap",
		},
	}, {
		name:    "a release satisfies the causes it names, by kind and id",
		approve: approve,
		failures: []failure{
			{id: "a", minor: 600, release: released(600, "approval:large", "approval:seller")},
			{id: "b", minor: 600, release: released(600, "approval:large")},
			{id: "c", minor: 600, seller: "s", release: released(600, "limit:large")},
			{id: "d", minor: 400, seller: "s", release: released(600)}, // lowered by the approver
		},
		want: []string{
			"a issued LATE 600/600",
			"b held approval:seller 600/600 for approval:seller",
			"c held approval:large 600/600 for approval:large",
			"d issued LATE 400/600",
		},
	}, {
		name:     "after other causes",
		approve:  approve,
		failures: []failure{{id: "a", minor: 501, seller: "s", faults: []string{"x: null"}}},
		want:     []string{"a held exclusion:x 501/501 for exclusion:x,approval:large"},
	}})
}

func TestResolveRefuses(t *testing.T) {
	t.Parallel()
	one := failure{id: "a", minor: 1}
	shadow := []award.Award{{Rule: &award.Rule{Shadow: true}, Minor: 1}}
	tests := []struct {
		name      string
		incidents []*award.Incident
		past      past
		policy    resolve.Policy
	}{
		{name: "an incident twice", incidents: incidents([]failure{one, one})},
		{name: "two customers", incidents: incidents([]failure{one, {id: "b", customer: "bob", minor: 1}})},
		{name: "nil", incidents: []*award.Incident{nil}},
		{name: "no awards", incidents: incidents([]failure{{id: "a", awards: []award.Award{}}})},
		{name: "an unknown settlement", incidents: incidents([]failure{one}), past: past{settled: map[string]string{"in-a": "refund"}}},
		{name: "a release of two awards", incidents: incidents([]failure{{id: "a", awards: []award.Award{{Rule: &award.Rule{}, Minor: 1}, {Rule: &award.Rule{}, Minor: 1}}, release: released(1)}})},
		{name: "a release of a shadow award", incidents: incidents([]failure{{id: "a", awards: shadow, release: released(1)}})},
		{name: "a release of nothing", incidents: incidents([]failure{{id: "a", release: released(1)}})},
		{name: "a release of less than nothing", incidents: incidents([]failure{{id: "a", minor: -1, release: released(1)}})},
		{name: "a release above its award", incidents: incidents([]failure{{id: "a", minor: 2, release: released(1)}})},
		{name: "a combine", policy: resolve.Policy{Combine: 7}},
		{name: "a limit per run", policy: resolve.Policy{Limits: []rules.Limit{{Per: rules.PerRun, Exceed: rules.Deny}}}},
		{name: "a limit that does nothing", policy: resolve.Policy{Limits: []rules.Limit{{Per: rules.PerOrder}}}},
		{name: "a budget per customer", policy: resolve.Policy{Budgets: []rules.Budget{{Per: rules.PerCustomer, Exceed: rules.Deny}}}},
		{name: "a budget that trims", policy: resolve.Policy{Budgets: []rules.Budget{{Per: rules.PerRun, Exceed: rules.Trim}}}},
	}
	for _, test := range tests {
		got, err := resolve.Resolve(test.incidents, test.past, &test.policy, nil)
		if !errors.Is(err, resolve.ErrContract) || got != nil {
			t.Errorf("%s: %v, %v; want %v", test.name, showAll(got), err, resolve.ErrContract)
		}
	}
	if got, err := resolve.Resolve(nil, past{}, &resolve.Policy{}, nil); err != nil || len(got) != 0 {
		t.Errorf("nothing: %v, %v", showAll(got), err)
	}
}

func TestResolveLeavesItsArguments(t *testing.T) {
	t.Parallel()
	all := incidents([]failure{{id: "b", order: "o", minor: 5}, {id: "a", order: "o", minor: 9}})
	before := slices.Clone(all)
	policy := resolve.Policy{Date: tonight, Limits: []rules.Limit{amountLimit("cap", usd(4), rules.Trim)}}
	if _, err := resolve.Resolve(all, past{}, &policy, nil); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(all, before) || all[1].Awards()[0].Minor != 9 {
		t.Error("the incidents were moved or changed")
	}
}
