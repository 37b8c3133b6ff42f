package pipeline

import (
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
	"amends/pipeline/ruletest"
	"amends/rules/money"
)

// builders are what became of the case's rows, in their order.
func (n *testNight) builders() []*eventBuilder {
	x := &explainer{config: n.config, project: n.project, date: n.date, night: n.night,
		out: &report.Explanation{BusinessDate: n.date.String(), Timezone: n.work.Timezone, Notes: []string{}}}
	wanted := map[rowPlace]bool{}
	for _, at := range n.places {
		wanted[at] = true
	}
	byPlace := map[rowPlace]*eventBuilder{}
	for _, b := range x.builders(n.traces, wanted) {
		byPlace[rowPlace{b.event.Source, b.trace.Place}] = b
	}
	ordered := make([]*eventBuilder, len(n.places))
	for i, at := range n.places {
		ordered[i] = byPlace[at]
	}
	return ordered
}

// outcome is what became of the i-th row.
func (n *testNight) outcome(i int, b *eventBuilder) *ruletest.Outcome {
	e := &b.event
	o := &ruletest.Outcome{Outcome: e.Outcome, Reason: e.Reason, Detail: e.Detail, LimitedBy: e.LimitedBy}
	if i == 0 {
		o.VoidedBy = n.voidedBy
	}
	d := b.decision
	if d == nil || e.Outcome == report.RowMerged || e.Outcome == report.RowRejected {
		return o
	}
	for _, a := range d.Incident.Awards() {
		o.MatchedRules = append(o.MatchedRules, a.RuleID)
		o.WouldGive = append(o.WouldGive, a.RuleID+" "+money.Amount{Minor: a.Minor, Currency: d.Incident.Currency}.String())
	}
	for _, c := range d.Causes() {
		o.Causes = append(o.Causes, c.Kind+":"+c.ID)
	}
	if d.Award == nil {
		return o
	}
	amount := money.Amount{Minor: d.Minor, Currency: d.Incident.Currency}
	t := n.rulebook.Terms[d.Award.Terms]
	last := lastUsableDay(t, n.effective)
	o.Rule, o.Terms, o.Funding = d.Award.RuleID, d.Award.Terms, d.Award.Funding
	o.Gross = money.Amount{Minor: d.GrossMinor, Currency: amount.Currency}.String()
	if d.Outcome == award.Issued || d.Outcome == award.Held {
		o.Amount = amount.String()
	}
	o.Expires, o.Message = last.String(), renderMessage(d.Award.Message(), amount, last)
	return o
}

// result holds the case against what it expects, and says of what failed why it
// came out as it did.
func (n *testNight) result() *ruletest.CaseResult {
	r := &ruletest.CaseResult{Ready: n.ready}
	for i, b := range n.builders() {
		row := ruletest.RowResult{Outcome: n.outcome(i, b)}
		row.Differences = n.ready.Expect[i].Compare(row.Outcome)
		if len(row.Differences) > 0 {
			row.Why = n.why(b, n.ready.Expect[i].Asked(row.Outcome))
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// why explains what matters of a row: the rules that were expected, the one that
// counts, and what took its award away.
func (n *testNight) why(b *eventBuilder, expected []string) string {
	b.fill()
	event := &b.event
	event.Sentence = report.Sentence(event)
	event.Rules = slices.DeleteFunc(event.Rules, func(r report.ExplainedRule) bool {
		return !r.Chosen && !slices.Contains(expected, r.ID) && (len(expected) > 0 || r.ID != event.Nearest)
	})
	event.Exclusions = slices.DeleteFunc(event.Exclusions, func(g report.ExplainedGuard) bool {
		return resolve.ExcludedPrefix+g.ID != event.Reason && "exclusion:"+g.ID != event.Reason
	})
	event.Approvals = slices.DeleteFunc(event.Approvals, func(g report.ExplainedGuard) bool {
		return !slices.ContainsFunc(event.Causes, func(c report.ExplainedCause) bool { return c.Kind == "approval" && c.ID == g.ID })
	})
	event.Steps = slices.DeleteFunc(event.Steps, func(s report.ExplainedStep) bool { return s.Effect == report.StepFits })
	if event.Outcome != string(award.Issued) && event.Outcome != string(award.Held) && event.Outcome != string(award.Denied) {
		event.History = nil
	}
	var text strings.Builder
	_ = report.WhyText(&text, b.explainer.out, event) // a Builder takes everything
	return text.String()
}
