package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/resolve"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

const weighedOn calendar.Date = 20_000

// drawnNight is a night before it decides, so small that limits, budgets and
// guardrails often bind and ties are common.
type drawnNight struct {
	rulebook  *rules.Rulebook
	incidents []*award.Incident
	released  []*award.Incident
	given     []resolve.Given // the order is named after its customer, or is the customer
	past      []pastNight
}

var (
	drawnCodes    = rapid.SampledFrom([]string{"USD", "USD", "USD", "JPY"})
	drawnPers     = rapid.SampledFrom([]rules.Per{rules.PerRun, rules.PerRule, rules.PerSeller})
	drawnCustomer = rapid.SampledFrom([]string{"ann", "bob", "cy", "di"})
	drawnOrder    = rapid.SampledFrom([]string{"", "-1", "-2"})
	drawnSeller   = rapid.SampledFrom([]string{"", "s1", "s2"})
	drawnRules    = rapid.SampledFrom([]rules.RuleIDs{nil, nil, {"r0"}, {"r2", "r1"}})
	drawnDenies   = rapid.SampledFrom([]rules.Exceed{rules.Deny, rules.Hold})
)

func drawNight(t *rapid.T) drawnNight {
	n := drawnNight{rulebook: drawRulebook(t)}
	for i := range rapid.IntRange(0, 14).Draw(t, "incidents") {
		inc := drawIncident(t, fmt.Sprintf("%02d", i)) // as matched ones, by id
		for rule := range n.rulebook.Rules {
			if rapid.IntRange(0, 2).Draw(t, "hit") == 0 {
				inc.SetAwards(append(inc.Awards(), drawAward(t, rule, n.rulebook.Rules[rule].Mode == rules.Shadow)))
			}
		}
		switch {
		case len(inc.Awards()) == 0:
			continue
		case rapid.IntRange(0, 7).Draw(t, "released") == 0:
			inc.SetAwards([]award.Award{drawAward(t, rapid.IntRange(-1, 2).Draw(t, "rule"), false)})
			inc.Awards()[0].Minor = max(inc.Awards()[0].Minor, 1)
			inc.Own().Release = &award.Release{GrossMinor: inc.Awards()[0].Minor + 3, Causes: []award.Cause{rapid.SampledFrom([]award.Cause{
				{Kind: resolve.LimitCause, ID: "l0"}, {Kind: resolve.BudgetCause, ID: "b0"}, {Kind: "terms", ID: "strict"}}).Draw(t, "cause")}}
			n.released = append(n.released, inc)
			continue
		case rapid.IntRange(0, 9).Draw(t, "excluded") == 0:
			inc.Own().Exclusion = "x"
		case rapid.IntRange(0, 9).Draw(t, "doubted") == 0:
			inc.Own().ExclusionFaults = []string{"x: null"}
		}
		n.incidents = append(n.incidents, inc)
	}
	for range rapid.IntRange(0, 4).Draw(t, "given") {
		n.given = append(n.given, resolve.Given{
			Date: weighedOn.AddDays(-rapid.IntRange(0, 9).Draw(t, "ago")), Currency: drawnCodes.Draw(t, "code"), Minor: rapid.Int64Range(1, 40).Draw(t, "minor"),
			RuleID: rapid.SampledFrom([]string{"", "r0", "r1"}).Draw(t, "rule"), OrderID: drawnCustomer.Draw(t, "customer") + drawnOrder.Draw(t, "order"),
		})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "past") {
		n.past = append(n.past, pastNight{date: weighedOn.AddDays(-1 - i), minor: money.ByCurrency{"USD": rapid.Int64Range(1, 120).Draw(t, "past")}})
	}
	return n
}

func drawIncident(t *rapid.T, id string) *award.Incident {
	inc := &award.Incident{
		Origin: &award.Origin{Source: "deliveries", Currency: drawnCodes.Draw(t, "code")},
		At:     calendar.Instant(rapid.IntRange(0, 2).Draw(t, "at")),
	}
	copy(inc.Key[:], id)
	parties := award.Parties{Customer: drawnCustomer.Draw(t, "customer"), Seller: drawnSeller.Draw(t, "seller")}
	if order := drawnOrder.Draw(t, "order"); order != "" {
		parties.Order = parties.Customer + order
	}
	inc.SetParties(parties)
	return inc
}

func drawAward(t *rapid.T, rule int, shadow bool) award.Award {
	return award.Award{
		Rule:  &award.Rule{RuleIndex: rule, RuleID: fmt.Sprint("r", rule), Shadow: shadow, Reason: "LATE", Priority: rapid.IntRange(1, 2).Draw(t, "priority"), Terms: rapid.SampledFrom([]string{"plain", "plain", "plain", "strict"}).Draw(t, "terms")},
		Minor: rapid.Int64Range(0, 60).Draw(t, "minor"),
	}
}

func drawCaps(t *rapid.T, most int64) money.ByCurrency {
	caps := money.ByCurrency{"USD": rapid.Int64Range(0, most).Draw(t, "cap"), "JPY": most / 2}
	if rapid.IntRange(0, 5).Draw(t, "unnamed") == 0 {
		delete(caps, "JPY")
	}
	return caps
}

func drawRulebook(t *rapid.T) *rules.Rulebook {
	book := &rules.Rulebook{
		Rules:   []rules.Rule{{ID: "r0"}, {ID: "r1"}, {ID: "r2"}, {ID: "r3", Mode: rules.Shadow}},
		Combine: rapid.SampledFrom([]rules.Combine{rules.Highest, rules.Sum}).Draw(t, "combine"),
		Terms: map[string]*rules.Terms{"plain": {Name: "plain", ValidDays: 9},
			"strict": {Name: "strict", ValidDays: 9, MinPurchase: money.ByCurrency{"JPY": 1}}},
		MinAward: money.ByCurrency{"USD": 5},
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "limits") {
		l := rules.Limit{ID: fmt.Sprint("l", i), Per: rapid.SampledFrom([]rules.Per{rules.PerCustomer, rules.PerOrder}).Draw(t, "per"), Rules: drawnRules.Draw(t, "rules"),
			Exceed: rapid.SampledFrom([]rules.Exceed{rules.Deny, rules.Trim, rules.Hold}).Draw(t, "exceed"), MaxAmount: drawCaps(t, 100)}
		if l.HasCount = rapid.Bool().Draw(t, "count"); l.HasCount {
			l.MaxCount = rapid.IntRange(0, 3).Draw(t, "max_count")
		}
		book.Limits = append(book.Limits, l)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "budgets") {
		book.Budgets = append(book.Budgets, rules.Budget{ID: fmt.Sprint("b", i), Per: drawnPers.Draw(t, "per"), Rules: drawnRules.Draw(t, "rules"), Exceed: drawnDenies.Draw(t, "exceed"), MaxAmount: drawCaps(t, 250)})
	}
	if rapid.Bool().Draw(t, "guarded") {
		book.Guardrails = &rules.Guardrails{MaxAmountVsMedian: 2 * money.One, MedianDays: 9, MinHistory: 2, MaxAmount: drawCaps(t, 300)}
	}
	return book
}

// night makes a night of it, without the awards of a rule; nobody's is whole.
func (d drawnNight) night(without int) *night {
	n := &night{
		session: &session{issuable: d.past}, work: &workspace.Workspace{HorizonDays: 50}, rulebook: d.rulebook, date: weighedOn, zone: time.UTC,
		matched: &match.Result{}, requests: requests{released: d.released},
		sources: map[string]*match.Source{"deliveries": match.NewSource(match.Event{}, match.Night{Zone: time.UTC}, &rules.SourceProgram{}, nil, nil)},
	}
	n.history = newHistory(ledger.NewBook(), n.date, n.work.HorizonDays, []publish.Hold{})
	for _, g := range d.given {
		customer, _, ordered := strings.Cut(g.OrderID, "-")
		if !ordered {
			g.OrderID = ""
		}
		n.history.external.add(customer, g)
	}
	for _, inc := range d.incidents {
		other := *inc
		other.SetAwards(slices.DeleteFunc(slices.Clone(inc.Awards()), func(a award.Award) bool { return a.RuleIndex == without }))
		if len(other.Awards()) > 0 {
			n.matched.Incidents = append(n.matched.Incidents, &other)
		}
	}
	return n
}

// paid is what a night issues and newly holds, by currency.
func paid(n *night) (issued, held money.ByCurrency) {
	issued, held = money.ByCurrency{}, money.ByCurrency{}
	for _, d := range n.decisions {
		switch {
		case d.Outcome == award.Issued:
			issued[d.Incident.Currency] += d.Minor
		case d.Outcome == award.Held && d.Incident.Released() == nil:
			held[d.Incident.Currency] += d.Minor
		}
	}
	return issued, held
}

// What a rule costs at the margin is the difference of two nights: one as it was,
// and one decided from the beginning without the rule.
func TestMarginalIsTheDifferenceOfTwoNights(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		for range 40 { // one alone seldom has a budget that bites only in between
			checkMarginal(t, drawNight(t), seen)
		}
	})
	for _, what := range []string{"less", "more", "fewer holds", "more holds", "budget", "another budget", "guardrail", "another guardrail", "limit"} {
		if seen[what] == 0 {
			t.Errorf("no night has %s: %v", what, seen)
		}
	}
}

func checkMarginal(t *rapid.T, drawn drawnNight, seen map[string]int) {
	n := drawn.night(nobody)
	if err := n.decide(); err != nil {
		t.Fatal(err)
	}
	before := decisionTexts(n)
	w, err := n.newWeighing()
	if err != nil {
		t.Fatal(err)
	}
	lines := w.rules.Lines()
	if err := w.marginal(&analysis.Marginal{Lines: lines}); err != nil {
		t.Fatal(err)
	}
	if after := decisionTexts(n); !slices.Equal(before, after) {
		t.Fatalf("weighing changed decisions\n%q\n%q", before, after)
	}
	issued, held := paid(n)
	for rule := range drawn.rulebook.Rules {
		other := drawn.night(rule)
		if err := other.decide(); err != nil {
			t.Fatal(err)
		}
		issuedOther, heldOther := paid(other)
		gotIssued, gotHeld := money.ByCurrency{}, money.ByCurrency{}
		for _, m := range lines[rule].Money {
			gotIssued[m.Currency], gotHeld[m.Currency] = m.MarginalMinor, m.MarginalHeldMinor
		}
		for _, code := range []string{"USD", "JPY"} {
			if want := issued[code] - issuedOther[code]; gotIssued[code] != want {
				t.Fatalf("rule %d: %d %s would not have been issued, want %d\n%q\n%q", rule, gotIssued[code], code, want, before, decisionTexts(other))
			}
			if want := held[code] - heldOther[code]; gotHeld[code] != want {
				t.Fatalf("rule %d: %d %s would not have been held, want %d\n%q\n%q", rule, gotHeld[code], code, want, before, decisionTexts(other))
			}
		}
		see(seen, n, other, gotIssued, gotHeld)
	}
}

func see(seen map[string]int, n, other *night, issued, held money.ByCurrency) {
	count := func(what string, is bool) {
		if is {
			seen[what]++
		}
	}
	refused := func(n *night) int {
		m := 0
		for _, d := range n.decisions {
			if len(n.refused) > 0 || d.Outcome == award.Held && d.Causes()[0].Kind == resolve.BudgetCause {
				m++
			}
		}
		return m
	}
	count("less", slices.Max(append(slices.Collect(maps.Values(issued)), 0)) > 0)
	count("more", slices.Min(append(slices.Collect(maps.Values(issued)), 0)) < 0)
	count("fewer holds", slices.Max(append(slices.Collect(maps.Values(held)), 0)) > 0)
	count("more holds", slices.Min(append(slices.Collect(maps.Values(held)), 0)) < 0)
	count("budget", refused(n) > 0)
	count("another budget", refused(n) == 0 && refused(other) > 0)
	count("guardrail", len(n.breaches) > 0)
	count("another guardrail", len(n.breaches) != len(other.breaches))
	count("limit", slices.ContainsFunc(n.decisions, func(d *award.Decision) bool { return len(d.LimitedBy()) > 0 }))
}

func decisionTexts(n *night) []string {
	var list []string
	for _, d := range n.decisions {
		list = append(list, fmt.Sprintf("%s of %s order %q: %s %s %d of %d %s %q %v", d.Incident.CreditID(), d.Incident.Customer(), d.Incident.Order(), d.Outcome, d.Reason, d.Minor, d.GrossMinor, d.Incident.Currency, d.LimitedBy(), d.Causes()))
	}
	return list
}
