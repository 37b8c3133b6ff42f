package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ExplanationText writes an explanation for people: for each event its
// sentence, then tables of what decided, and with Full of all that was read, at
// most as wide as widthOf says. Of several events of an order or customer, those
// that got nothing have their sentence alone, with the nearest rule in it, unless
// Full is asked for.
// The error is the writer's.
func ExplanationText(w io.Writer, x *Explanation, o TextOptions) error {
	out := buffer(w)
	p := &printer{out: out, colour: o.Colour, clock: newClock(x.Timezone)}
	for _, note := range x.Notes {
		p.line("%s", oneLine(note))
		p.line("")
	}
	if len(x.Events)+x.More > 1 {
		p.line("%s of %s %s on the night of %s.", Counted(int64(len(x.Events)+x.More), "event", "events"), x.Kind, oneLine(x.ID), x.BusinessDate)
		p.line("")
	}
	brief := 0
	for i := range x.Events {
		if i > 0 {
			p.line("")
		}
		if e := &x.Events[i]; !o.Full && x.brief(e) {
			brief++
			p.sentence(e, x.BusinessDate)
		} else {
			p.event(x, e, o.Full)
		}
	}
	if brief > 0 {
		p.line("")
		p.line("By their sentence alone: %s that got nothing.", Counted(int64(brief), "event", "events"))
	}
	if x.More > 0 {
		p.line("")
		p.line("And %s more: name one of them, or leave out sources with --source.", Counted(int64(x.More), "event", "events"))
	}
	p.postings(x.Postings)
	if !o.Full && x.Basis != BasisPublished { // which has no more than is shown
		p.line("")
		p.line("With --full, everything that was looked at is shown: every condition, exclusion and limit.")
	}
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}

// brief reports whether an event's sentence is enough: it got nothing and waits
// for nothing, and was not named itself, but is one of several.
func (x *Explanation) brief(e *ExplainedEvent) bool {
	named := x.Kind == OfEvent || x.Kind == OfCredit
	return !named && len(x.Events)+x.More > 1 && e.Outcome != "issued" && e.Outcome != "held"
}

// sentence writes which event it is, and below this heading what it came to: of
// several events no sentence stands nearer to another one's heading.
func (p *printer) sentence(e *ExplainedEvent, date string) {
	bold := func(s string) string { return s }
	if p.colour {
		bold = func(s string) string { return "\x1b[1m" + s + "\x1b[0m" }
	}
	p.line("Event %s of %s, night of %s", oneLine(e.EventID), e.Source, date)
	p.line("%s", bold(oneLine(e.Sentence)))
	if e.Later != "" {
		p.line("%s", oneLine(e.Later))
	}
}

// event writes one event; in full, or what decided about it.
func (p *printer) event(x *Explanation, e *ExplainedEvent, full bool) {
	p.sentence(e, x.BusinessDate)
	p.line("")
	p.identity(e, full)
	if !full {
		p.shortened(e)
	} else {
		p.explainedRules(e)
		p.guards("Exclusions", e.Exclusions)
		p.guards("Approval rules", e.Approvals)
		p.steps(e)
		p.given(e)
	}
	if len(e.Facts) > 0 {
		p.section("What rules read", "")
		p.values(e.Facts)
	}
}

// identity says who and what an event is, and what the customer knows of it.
func (p *printer) identity(e *ExplainedEvent, full bool) {
	t := Table{Columns: []Column{{Name: "what", Wrap: 14}, {Name: "is", Wrap: Rest}}}
	add := func(name, value string) {
		if value != "" {
			t.Rows = append(t.Rows, []string{name, value})
		}
	}
	add("outcome", strings.TrimSpace(e.Outcome+" "+e.Reason))
	add("order", e.OrderID)
	add("customer", e.CustomerID)
	add("seller", e.SellerID)
	if c := e.Credit; c != nil {
		add("can be used", p.clock.day(c.EffectiveAt, 0)+" to "+p.clock.day(c.ExpiresAt, -1))
		if c.MinPurchaseMinor > 0 {
			add("with it goes", "an order of "+Amount(c.MinPurchaseMinor, e.Currency)+" or more")
		}
		add("was told", c.Message)
	}
	if full {
		add("incident", e.IncidentID)
	}
	add("credit", e.CreditID)
	if a := e.Approval; a != nil {
		add("approved", fmt.Sprintf("%s of %s, by %s after the night of %s: %s", Amount(a.Minor, e.Currency), Amount(a.HeldMinor, e.Currency), a.By, a.After, oneLine(a.Why)))
		add("request", a.Request)
	}
	if e.File != "" && full {
		add("row", fmt.Sprintf("%d of %s (counted from 0)", e.Row, e.File))
	}
	add("began", p.clock.local(e.Since))
	add("final at", p.clock.local(e.At))
	p.table(t)
}

func (p *printer) explainedRules(e *ExplainedEvent) {
	for _, r := range inReadingOrder(e.Rules) {
		p.explainedRule(r, e)
	}
}

func (p *printer) explainedRule(r *ExplainedRule, e *ExplainedEvent) {
	p.section("Rule "+oneLine(named(r.ID, r.Place)), ruleState(r, e))
	p.conditions(r.Conditions)
	if len(r.Amount) > 0 {
		p.line("  its amount, step by step:")
		p.values(r.Amount)
	}
}

// inReadingOrder puts the rule that counts first, then others that hit or
// cannot be evaluated, then near misses; within each the rulebook's order stays.
func inReadingOrder(list []ExplainedRule) []*ExplainedRule {
	rank := func(r *ExplainedRule) int {
		switch {
		case r.Chosen:
			return 0
		case r.Inactive == "" && r.Outcome != IsFalse:
			return 1
		case r.NearMiss != nil:
			return 2
		}
		return 3
	}
	sorted := make([]*ExplainedRule, len(list))
	for i := range list {
		sorted[i] = &list[i]
	}
	slices.SortStableFunc(sorted, func(a, b *ExplainedRule) int { return cmp.Compare(rank(a), rank(b)) })
	return sorted
}

// ruleState is what came of a rule, in a few words.
func ruleState(r *ExplainedRule, e *ExplainedEvent) string {
	state := ""
	switch {
	case r.Inactive != "":
		return "not evaluated, " + r.Inactive
	case r.Fault != "":
		return "hits, but its amount is unknown: " + r.Fault
	case r.Outcome == IsTrue && r.Minor == 0 && len(r.Amount) == 0:
		state = "hits"
	case r.Outcome == IsTrue:
		state = "hits and would give " + Amount(r.Minor, e.Currency)
	case r.Outcome == IsFalse:
		state = "does not hit"
	default:
		state = "cannot be evaluated (" + r.Outcome + ")"
	}
	switch {
	case r.Chosen && e.Outcome == "issued":
		state += ", and its award wins"
	case r.Chosen:
		state += ", and its award is the one that counts"
	case r.NearMiss != nil:
		state += ", by one condition only"
	}
	if r.Shadow {
		state += "; shadow: it never pays"
	}
	return state
}

func (p *printer) values(values []ExplainedValue) {
	t := Table{Columns: []Column{{Name: "value of", Wrap: 60}, {Name: "is", Wrap: Rest}}}
	for _, v := range values {
		t.Rows = append(t.Rows, []string{v.Name, p.clock.local(v.Value)})
	}
	p.table(t)
}

func (p *printer) conditions(list []ExplainedCondition) {
	if len(list) == 0 {
		return
	}
	t := Table{Columns: []Column{{Name: "condition", Wrap: 44}, {Name: "is", Wrap: 8}, {Name: "because it read", Wrap: Rest}}}
	var add func(c *ExplainedCondition, depth string)
	add = func(c *ExplainedCondition, depth string) {
		t.Rows = append(t.Rows, []string{depth + c.Text, c.Outcome, p.conditionValues(c)})
		for i := range c.Parts {
			add(&c.Parts[i], depth+"  or ")
		}
	}
	for i := range list {
		add(&list[i], "")
	}
	p.table(t)
}

func (p *printer) conditionValues(c *ExplainedCondition) string {
	var lines []string
	for _, v := range c.Values {
		lines = append(lines, v.Name+" = "+p.clock.local(v.Value))
	}
	if c.Threshold != nil {
		need := "to be true it needs " + c.Threshold.Needs
		if c.Threshold.Distance != "" {
			need += ": " + c.Threshold.Distance
		}
		lines = append(lines, need)
	}
	if c.Fault != "" {
		lines = append(lines, c.Fault)
	}
	return strings.Join(lines, "\n")
}

func (p *printer) guards(name string, list []ExplainedGuard) {
	if len(list) == 0 {
		return
	}
	p.section(name, "")
	t := Table{Columns: []Column{{Name: "id", Wrap: 24}, {Name: "condition", Wrap: 32}, {Name: "is", Wrap: 8}, {Name: "because it read", Wrap: Rest}}}
	for _, g := range list {
		for i := range g.Conditions {
			c := &g.Conditions[i]
			id := ""
			if i == 0 {
				id = strings.TrimSpace(g.ID + "\n" + g.Place)
			}
			t.Rows = append(t.Rows, []string{id, c.Text, c.Outcome, p.conditionValues(c)})
		}
	}
	p.table(t)
}

func (p *printer) steps(e *ExplainedEvent) {
	if len(e.Steps) == 0 {
		return
	}
	p.section("From the award to the credit", "")
	t := Table{Columns: []Column{{Name: "step", Wrap: 28}, {Name: "says", Wrap: 10}, {Name: "before", Figures: true}, {Name: "after", Figures: true}, {Name: "why", Wrap: Rest}}}
	for i := range e.Steps {
		s := &e.Steps[i]
		t.Rows = append(t.Rows, []string{strings.TrimSpace(s.Step + " " + s.ID + "\n" + s.Place), s.Effect, Amount(s.BeforeMinor, e.Currency), Amount(s.AfterMinor, e.Currency), s.Why})
	}
	p.table(t)
}

func (p *printer) given(e *ExplainedEvent) {
	if len(e.History) == 0 {
		return
	}
	p.section("What was given before, and what counted it", "")
	t := Table{Columns: []Column{{Name: "date", Wrap: 10}, {Name: "kind", Wrap: 10}, {Name: "amount", Figures: true}, {Name: "order", Wrap: 32}, {Name: "counted by", Wrap: Rest}}}
	for _, h := range e.History {
		t.Rows = append(t.Rows, []string{h.Date, h.Kind, Amount(h.Minor, h.Currency), h.OrderID, strings.Join(h.CountedBy, ", ")})
	}
	p.table(t)
}

func (p *printer) postings(list []ExplainedPosting) {
	if len(list) == 0 {
		return
	}
	p.section("In the ledger, on all nights", "")
	t := Table{Columns: []Column{{Name: "date", Wrap: 10}, {Name: "posting", Wrap: 10}, {Name: "amount", Figures: true}, {Name: "event", Wrap: 36}, {Name: "rule", Wrap: 20}, {Name: "reason", Wrap: Rest}}}
	for _, x := range list {
		amount := ""
		if x.Minor != 0 {
			amount = Amount(x.Minor, x.Currency)
		}
		t.Rows = append(t.Rows, []string{x.Date, x.Kind, amount, x.EventID, x.RuleID, x.Reason})
	}
	p.table(t)
}
