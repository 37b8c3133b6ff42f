package resolve_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// Amounts are small, so that limits bind and ties are common.
var (
	codes   = rapid.SampledFrom([]string{"USD", "USD", "USD", "JPY"})
	orders  = rapid.SampledFrom([]string{"", "o1", "o2", "o3"})
	sellers = rapid.SampledFrom([]string{"", "s1", "s2"})
	ruleIDs = rapid.SampledFrom([]string{"late", "lost"})
	of      = rapid.SampledFrom([]rules.RuleIDs{nil, nil, {"late"}, {"lost"}, {"lost", "late"}})
)

func drawFailures(t *rapid.T, customer string) []failure {
	failures := make([]failure, rapid.IntRange(0, 8).Draw(t, "failures"))
	for i := range failures {
		f := failure{
			id: fmt.Sprintf("%s-%d", customer, i), customer: customer,
			order: orders.Draw(t, "order"), seller: sellers.Draw(t, "seller"), currency: codes.Draw(t, "currency"),
			at: calendar.Instant(rapid.IntRange(0, 2).Draw(t, "at")),
		}
		if f.order != "" {
			f.order = customer + f.order
		}
		for j := range rapid.IntRange(1, 3).Draw(t, "awards") {
			f.awards = append(f.awards, award.Award{
				Rule:  &award.Rule{RuleIndex: j, RuleID: ruleIDs.Draw(t, "rule"), Priority: rapid.IntRange(1, 2).Draw(t, "priority"), Reason: "LATE", Shadow: rapid.IntRange(0, 5).Draw(t, "shadow") == 0},
				Minor: rapid.Int64Range(0, 60).Draw(t, "minor"),
			})
		}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			f.excluded = "x"
		case 1:
			f.faults = []string{"x: null"}
		case 2, 3:
			minor := rapid.Int64Range(1, 60).Draw(t, "frozen")
			f.release = released(minor+rapid.Int64Range(0, 20).Draw(t, "more"), rapid.SampledFrom([]string{"limit:l0", "budget:b0", "approval:large", "combine:highest"}).Draw(t, "cause"))
			f.awards = []award.Award{{Rule: &award.Rule{RuleID: "late", Priority: 1, Reason: "LATE"}, Minor: minor}}
		}
		failures[i] = f
	}
	return failures
}

func drawCaps(t *rapid.T) money.ByCurrency {
	caps := money.ByCurrency{"USD": rapid.Int64Range(0, 150).Draw(t, "cap"), "JPY": 80}
	if rapid.IntRange(0, 5).Draw(t, "without") == 0 {
		delete(caps, "JPY")
	}
	return caps
}

func drawPolicy(t *rapid.T) *resolve.Policy {
	p := &resolve.Policy{
		Combine: rapid.SampledFrom([]rules.Combine{rules.Highest, rules.Sum}).Draw(t, "combine"),
		Date:    tonight, HorizonDays: 50, MinAward: usd(rapid.Int64Range(0, 10).Draw(t, "min_award")),
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "limits") {
		l := rules.Limit{
			ID:         fmt.Sprintf("l%d", i),
			Per:        rapid.SampledFrom([]rules.Per{rules.PerCustomer, rules.PerOrder}).Draw(t, "per"),
			Rules:      of.Draw(t, "rules"),
			WindowDays: rapid.SampledFrom([]int{0, 5, 30}).Draw(t, "window"),
			Exceed:     rapid.SampledFrom([]rules.Exceed{rules.Deny, rules.Trim, rules.Hold}).Draw(t, "exceed"),
		}
		if l.HasCount = rapid.Bool().Draw(t, "count"); l.HasCount {
			l.MaxCount = rapid.IntRange(0, 5).Draw(t, "max_count")
		}
		if rapid.Bool().Draw(t, "amount") {
			l.MaxAmount = drawCaps(t)
		}
		p.Limits = append(p.Limits, l)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "budgets") {
		p.Budgets = append(p.Budgets, rules.Budget{
			ID:        fmt.Sprintf("b%d", i),
			Per:       rapid.SampledFrom([]rules.Per{rules.PerRun, rules.PerRule, rules.PerSeller}).Draw(t, "per"),
			Rules:     of.Draw(t, "rules"),
			Exceed:    rapid.SampledFrom([]rules.Exceed{rules.Deny, rules.Hold}).Draw(t, "exceed"),
			MaxAmount: drawCaps(t),
		})
	}
	if rapid.Bool().Draw(t, "guardrails") {
		p.Guardrails = &rules.Guardrails{MaxAmount: drawCaps(t), MaxAmountVsMedian: triple, MinHistory: 2}
	}
	return p
}

func drawPast(t *rapid.T, customer string) past {
	p := past{settled: map[string]string{}}
	for range rapid.IntRange(0, 4).Draw(t, "given") {
		g := given(rapid.IntRange(-1, 60).Draw(t, "days"), orders.Draw(t, "order"), rapid.Int64Range(0, 60).Draw(t, "minor"))
		g.Currency = codes.Draw(t, "currency")
		g.RuleID = rapid.SampledFrom([]string{"", "late", "lost"}).Draw(t, "rule")
		if g.OrderID != "" {
			g.OrderID = customer + g.OrderID
		}
		p.given = append(p.given, g)
	}
	for i := range 8 {
		if kind := rapid.SampledFrom([]string{"", "", "", "", "", "issue", "hold"}).Draw(t, "settled"); kind != "" {
			p.settled[fmt.Sprintf("in-%s-%d", customer, i)] = kind
		}
	}
	return p
}

// large holds what is above 50: which depends on what limits left.
func large(_ *award.Incident, minor int64) []award.Cause {
	if minor > 50 {
		return []award.Cause{{Kind: "approval", ID: "large"}}
	}
	return nil
}

func decide(t *rapid.T, failures []failure, p past, policy *resolve.Policy) []*award.Decision {
	decisions, err := resolve.Resolve(incidents(failures), p, policy, large)
	if err != nil {
		t.Fatal(err)
	}
	return decisions
}

func pays(d *award.Decision) bool { return d.Outcome == award.Issued || d.Outcome == award.Held }

func TestEveryIncidentIsDecidedOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		failures, policy := drawFailures(t, "ann"), drawPolicy(t)
		decisions := decide(t, failures, drawPast(t, "ann"), policy)
		if err := settle(decisions, policy); err != nil {
			t.Fatal(err)
		}
		if _, _, err := guard(decisions, policy, resolve.GuardHistory{Totals: map[string][]int64{"USD": {9, 20}}}); err != nil {
			t.Fatal(err)
		}
		if len(decisions) != len(failures) {
			t.Fatalf("%d decisions of %d incidents", len(decisions), len(failures))
		}
		for i, d := range decisions { // up to 8 incidents: their ids sort as their numbers
			if nameOf(d.Incident) != failures[i].id {
				t.Fatalf("decision %d is of %s", i, nameOf(d.Incident))
			}
			wellFormed(t, d)
		}
	})
}

// wellFormed checks what holds of any decision by itself.
func wellFormed(t *rapid.T, d *award.Decision) {
	switch {
	case d.Reason == "":
		t.Fatalf("%s: no reason", show(d))
	case pays(d) != (d.Minor > 0), d.Minor < 0, d.Minor > d.GrossMinor:
		t.Fatalf("%s: amount", show(d))
	case (d.Outcome == award.Held) != (len(d.Causes()) > 0):
		t.Fatalf("%s: held without a cause, or with one and not held", show(d))
	case d.Repeat && pays(d):
		t.Fatalf("%s: paid again", show(d))
	case pays(d) && d.Award.Shadow:
		t.Fatalf("%s: a shadow rule pays", show(d))
	case d.Incident.Released() != nil && d.Minor > d.Incident.Awards()[0].Minor:
		t.Fatalf("%s: above the frozen %d", show(d), d.Incident.Awards()[0].Minor)
	case d.Incident.Released() != nil && slices.ContainsFunc(d.Causes(), func(c award.Cause) bool { return c.Kind == resolve.GuardrailCause }):
		t.Fatalf("%s: a guardrail held a released award", show(d))
	}
}

func TestOrderOfInputDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		policy := drawPolicy(t)
		var first, second []*award.Decision
		for _, customer := range []string{"ann", "bob"} {
			failures, p := drawFailures(t, customer), drawPast(t, customer)
			first = append(first, decide(t, failures, p, policy)...)
			p.given = rapid.Permutation(p.given).Draw(t, "given")
			// Other customers before or after change nothing: each call is one customer's.
			second = append(decide(t, rapid.Permutation(failures).Draw(t, "failures"), p, policy), second...)
		}
		nights := rapid.SliceOfN(rapid.Int64Range(1, 50), 0, 4).Draw(t, "nights")
		second = rapid.Permutation(second).Draw(t, "decisions")
		var breaches [2][]resolve.Breach
		for i, decisions := range [][]*award.Decision{first, second} {
			if err := settle(decisions, policy); err != nil {
				t.Fatal(err)
			}
			var err error
			if breaches[i], _, err = guard(decisions, policy, resolve.GuardHistory{Totals: map[string][]int64{"USD": nights}}); err != nil {
				t.Fatal(err)
			}
			nights = rapid.Permutation(nights).Draw(t, "nights")
		}
		lines, again := showAll(first), showAll(second)
		slices.Sort(lines)
		slices.Sort(again)
		if !slices.Equal(lines, again) || !slices.Equal(breaches[0], breaches[1]) {
			t.Fatalf("got\n%q, %v\nand in another order\n%q, %v", lines, breaches[0], again, breaches[1])
		}
	})
}

// What is given within a limit's window, and what tonight adds to it, is within
// the limit, unless nothing was added or a person let it pass.
func TestLimitsAreNeverExceeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		policy, p := drawPolicy(t), drawPast(t, "ann")
		decisions := decide(t, drawFailures(t, "ann"), p, policy)
		for _, l := range policy.Limits {
			scopes := []string{"ann"}
			if l.Per == rules.PerOrder {
				scopes = []string{"anno1", "anno2", "anno3"}
			}
			for _, scope := range scopes {
				checkLimit(t, policy, l, scope, p, decisions)
			}
		}
	})
}

func checkLimit(t *rapid.T, policy *resolve.Policy, l rules.Limit, scope string, p past, decisions []*award.Decision) {
	days := l.WindowDays
	if days == 0 {
		days = policy.HorizonDays
	}
	in := func(order, rule string) bool {
		named := len(l.Rules) == 0
		for _, id := range l.Rules {
			named = named || id == rule
		}
		return named && (l.Per == rules.PerCustomer || order == scope)
	}
	count, minor := 0, money.ByCurrency{}
	for _, g := range p.given {
		if ago := int(tonight) - int(g.Date); in(g.OrderID, g.RuleID) && ago >= 0 && ago < days && g.Minor > 0 {
			count++
			minor[g.Currency] += g.Minor
		}
	}
	added, addedMinor := 0, money.ByCurrency{}
	for _, d := range decisions {
		switch {
		case !pays(d) || !in(d.Incident.Order(), d.Award.RuleID):
		case d.Incident.Released() != nil && d.Incident.Released().Causes[0].ID == l.ID:
			return // it passes, and so all after it may be above
		case d.Outcome == award.Issued || l.Exceed != rules.Hold:
			if _, capped := l.MaxAmount[d.Incident.Currency]; len(l.MaxAmount) > 0 && !capped {
				if d.Outcome == award.Issued {
					t.Fatalf("%s: issued without a cap in %s", show(d), d.Incident.Currency)
				}
				added++
				continue
			}
			added++
			addedMinor[d.Incident.Currency] += d.Minor
		}
	}
	if l.HasCount && added > 0 && count+added > l.MaxCount {
		t.Fatalf("%s: %d + %d credits of %d: %q", l.ID, count, added, l.MaxCount, showAll(decisions))
	}
	for code, sum := range addedMinor {
		if capMinor, capped := l.MaxAmount[code]; capped && minor[code]+sum > capMinor {
			t.Fatalf("%s: %d + %d of %d %s: %q", l.ID, minor[code], sum, capMinor, code, showAll(decisions))
		}
	}
}

// A second budget keeper, with a list of what was spent instead of sums, gives
// the same verdicts; what it accepts is within every budget but for releases.
func TestBudgetsAgreeWithALedgerOfSpending(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		policy := drawPolicy(t)
		var decisions []*award.Decision
		for _, customer := range []string{"ann", "bob", "cy"} {
			decisions = append(decisions, decide(t, drawFailures(t, customer), drawPast(t, customer), policy)...)
		}
		want := map[string]string{}
		var spent []*award.Decision
		for _, d := range inOrder(decisions) {
			refusal := ""
			for _, b := range slices.Backward(policy.Budgets) {
				if refuses(b, d, spent) {
					refusal = b.ID // the first in file order is the last of these
				}
			}
			if want[nameOf(d.Incident)] = refusal; refusal == "" {
				clone := *d
				spent = append(spent, &clone)
			}
		}
		if err := settle(decisions, policy); err != nil {
			t.Fatal(err)
		}
		for _, d := range decisions {
			refusal, was := want[nameOf(d.Incident)]
			switch {
			case !was:
			case refusal == "" && d.Outcome != award.Issued:
				t.Fatalf("%s: nothing refuses it", show(d))
			case refusal != "" && d.Reason != "budget:"+refusal:
				t.Fatalf("%s: %s refuses it", show(d), refusal)
			}
		}
	})
}

func inOrder(decisions []*award.Decision) []*award.Decision {
	issued := slices.DeleteFunc(slices.Clone(decisions), func(d *award.Decision) bool { return d.Outcome != award.Issued })
	slices.SortFunc(issued, award.Compare)
	return issued
}

func refuses(b rules.Budget, d *award.Decision, spent []*award.Decision) bool {
	scope := func(d *award.Decision) string {
		return map[rules.Per]string{rules.PerRun: "run", rules.PerRule: d.Award.RuleID, rules.PerSeller: d.Incident.Seller()}[b.Per]
	}
	named := func(d *award.Decision) bool {
		return len(b.Rules) == 0 || slices.Contains(b.Rules, d.Award.RuleID)
	}
	if scope(d) == "" || !named(d) {
		return false
	}
	if d.Incident.Released() != nil && d.Incident.Released().Causes[0] == (award.Cause{Kind: "budget", ID: b.ID}) {
		return false
	}
	sum := big.NewInt(d.Minor)
	for _, s := range spent {
		if named(s) && scope(s) == scope(d) && s.Incident.Currency == d.Incident.Currency {
			sum.Add(sum, big.NewInt(s.Minor))
		}
	}
	capMinor, ok := b.MaxAmount[d.Incident.Currency]
	return !ok || sum.Cmp(big.NewInt(capMinor)) > 0
}
