package pipeline

import (
	"cmp"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/ir"
)

// maxFacts is how many values an example shows: more than people's rules read.
const maxFacts = 60

// examples explains some of tonight's awards as `amends explain` does, from what
// the night still holds of their rows.
func (w *weighing) examples(largest, random []*award.Decision) []report.Example {
	n := w.night
	x := &explainer{config: n.config, project: n.project, date: n.date, night: n}
	for _, d := range slices.Concat(largest, random) {
		customer := d.Incident.Customer()
		if _, known := x.resolved[customer]; known {
			continue
		}
		var incidents []*award.Incident
		first, end := n.people.of(customer)
		for _, d := range n.resolved[first:end] {
			if !suppressedAtOnce(d) {
				incidents = append(incidents, d.Incident)
			}
		}
		x.resolveAgain(customer, incidents)
	}
	var list []report.Example
	for _, d := range largest {
		list = append(list, x.example(d, "largest"))
	}
	for _, d := range random {
		list = append(list, x.example(d, "random"))
	}
	return list
}

// example explains one award.
func (x *explainer) example(d *award.Decision, why string) report.Example {
	b := x.decisionOf(d)
	b.program, b.source = x.night.program.Sources[d.Incident.Source], x.night.sources[d.Incident.Source]
	r := b.reader()
	if d.Incident.Released() != nil {
		b.approvedBy()
		b.frozen()
	} else {
		b.hits(r)
	}
	s := b.stepper()
	s.lowered()
	e := &b.event
	out := report.Example{
		Why: why, Sentence: report.Sentence(e), Outcome: e.Outcome, CreditID: e.CreditID, CustomerID: e.CustomerID, OrderID: e.OrderID,
		Source: e.Source, EventID: e.EventID, Rule: d.Award.RuleID, Minor: d.Minor, Currency: e.Currency, Facts: b.facts(r),
	}
	for i := range e.Rules {
		if e.Rules[i].Chosen {
			out.Place = e.Rules[i].Place
		}
	}
	return out
}

// hits are the rules that would give the incident something, as matching kept
// them: a sentence needs no others.
func (b *eventBuilder) hits(r *reader) {
	inc := b.decision.Incident
	for i := range inc.Awards() {
		a := &inc.Awards()[i]
		at := slices.IndexFunc(b.program.Rules, func(p rules.RuleProgram) bool { return p.Index == a.RuleIndex })
		p := &b.program.Rules[at]
		out := report.ExplainedRule{
			ID: a.RuleID, Place: b.line(p.Rule.At), Shadow: a.Shadow, Outcome: report.IsTrue, Minor: a.Minor, ByValue: a.CappedByValue, Chosen: b.decision.Award == a,
		}
		if node := b.amountOf(r, p, &out); out.Chosen {
			out.Phrase = r.phrase(node)
		}
		b.event.Rules = append(b.event.Rules, out)
	}
}

// facts are the values that rules read, by name.
func (b *eventBuilder) facts(r *reader) []report.ExplainedValue {
	list := []report.ExplainedValue{}
	for i, slot := range r.slots {
		if slot.Origin != ir.FromAward {
			list = append(list, report.ExplainedValue{Name: slot.Name, Value: r.value(r.row.Values[i])})
		}
	}
	slices.SortStableFunc(list, func(a, b report.ExplainedValue) int { return cmp.Compare(a.Name, b.Name) })
	return list[:min(len(list), maxFacts)]
}
