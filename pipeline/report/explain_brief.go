package report

import (
	"cmp"
	"strings"
)

// shortened writes what decided about an event: the rule whose award counts with
// its conditions and amount, a line for each other rule, and of exclusions,
// approvals and limits those that did something. The rest is named or counted.
func (p *printer) shortened(e *ExplainedEvent) {
	t := Table{Columns: []Column{{Name: "rule", Wrap: 28}, {Name: "says", Wrap: 22}, {Name: "because", Wrap: Rest}}}
	for _, r := range inReadingOrder(e.Rules) {
		if r.Chosen {
			p.explainedRule(r, e)
			continue
		}
		says, because := p.ruleInShort(r, e)
		t.Rows = append(t.Rows, []string{r.ID, says, because})
	}
	if len(t.Rows) > 0 {
		name := "Other rules"
		if len(t.Rows) == len(e.Rules) {
			name = "Rules"
		}
		p.section(name, "")
		p.table(t)
	}
	acted := func(list []ExplainedGuard) (some []ExplainedGuard) {
		for _, g := range list {
			if g.Outcome != IsFalse {
				some = append(some, g)
			}
		}
		return some
	}
	p.guards("Exclusions", acted(e.Exclusions))
	p.guards("Approval rules", acted(e.Approvals))
	fits := p.stepsThatActed(e)
	p.given(e)
	p.quiet(len(e.Exclusions)-len(acted(e.Exclusions)), len(e.Approvals)-len(acted(e.Approvals)), fits)
}

// stepsThatActed writes the steps that changed an award or let it wait, and
// returns the names of the others.
func (p *printer) stepsThatActed(e *ExplainedEvent) (fits []string) {
	some := *e
	some.Steps = nil
	for _, s := range e.Steps {
		if s.Effect == StepFits {
			fits = append(fits, strings.TrimSpace(s.Step+" "+s.ID))
		} else {
			some.Steps = append(some.Steps, s)
		}
	}
	p.steps(&some)
	return fits
}

// quiet names what had nothing to say.
func (p *printer) quiet(exclusions, approvals int, fits []string) {
	var parts []string
	if exclusions > 0 {
		parts = append(parts, Counted(int64(exclusions), "exclusion that does not hold", "exclusions that do not hold"))
	}
	if approvals > 0 {
		parts = append(parts, Counted(int64(approvals), "approval rule that does not", "approval rules that do not"))
	}
	if len(fits) > 0 {
		parts = append(parts, strings.Join(fits, ", ")+", which left the amount as it is")
	}
	if len(parts) > 0 {
		p.line("")
		p.line("Not shown: %s.", strings.Join(parts, "; "))
	}
}

// ruleInShort is what a rule says whose award does not count, and why.
func (p *printer) ruleInShort(r *ExplainedRule, e *ExplainedEvent) (says, because string) {
	switch {
	case r.Inactive != "":
		return "not evaluated", r.Inactive
	case r.Fault != "":
		return "its amount is unknown", r.Fault
	case r.Outcome == IsTrue && r.Minor == 0 && len(r.Amount) == 0:
		says = "hits"
	case r.Outcome == IsTrue:
		says = "would give " + Amount(r.Minor, e.Currency)
	case r.Outcome == IsFalse:
		says = "does not hit"
	default:
		says = "cannot be evaluated"
	}
	var lines []string
	for i := range r.Conditions {
		if c := &r.Conditions[i]; c.Outcome != IsTrue {
			lines = append(lines, p.conditionInShort(c))
		}
	}
	if r.Shadow {
		lines = append(lines, "in trial: it never pays")
	}
	return says, strings.Join(lines, "\n")
}

// conditionInShort is a condition that does not hold with the value that decided:
// "days_late >= 4 (days_late = 1, 3 short)".
func (p *printer) conditionInShort(c *ExplainedCondition) string {
	detail := cmp.Or(c.Fault, c.Outcome)
	switch t := c.Threshold; {
	case t != nil && t.Distance != "":
		detail = t.Expression + " = " + p.clock.local(t.Value) + ", " + t.Distance
	case t != nil && t.Expression != c.Text:
		detail = t.Expression + " = " + p.clock.local(t.Value)
	case c.Fault == "" && c.Outcome == IsFalse && len(c.Values) == 1 && c.Values[0].Name != c.Text:
		detail = c.Values[0].Name + " = " + p.clock.local(c.Values[0].Value)
	}
	return c.Text + " (" + detail + ")"
}
