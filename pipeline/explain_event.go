package pipeline

import (
	"fmt"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// eventBuilder explains one row, or one released hold, whose trace is nil.
type eventBuilder struct {
	*explainer
	trace    *match.Trace
	first    *match.Trace // the row of its incident and source that counts
	company  bool         // a row of its incident matched or was rejected, so that its rows merge
	decision *award.Decision
	reject   *match.Reject
	event    report.ExplainedEvent
	source   *match.Source
	program  *rules.SourceProgram
}

func (x *explainer) place(p diag.Pos) string {
	p.File = placeOf(x.project, p.File)
	return p.String()
}

// line is the place of something named: rules/late.yaml:12.
func (x *explainer) line(at diag.Text) string { return x.project.lineOf(at) }

func (p *project) lineOf(at diag.Text) string {
	pos, _ := at.At(0)
	return fmt.Sprintf("%s:%d", placeOf(p, pos.File), pos.Line)
}

func emptyEvent() report.ExplainedEvent {
	return report.ExplainedEvent{
		LimitedBy: []string{}, Causes: []report.ExplainedCause{}, Rules: []report.ExplainedRule{}, Exclusions: []report.ExplainedGuard{},
		Approvals: []report.ExplainedGuard{}, Steps: []report.ExplainedStep{}, History: []report.ExplainedGiven{}, Facts: []report.ExplainedValue{},
	}
}

// released explains a hold that a person released: its award is frozen, and its
// row may be in no file of the night.
func (x *explainer) released(d *award.Decision) *eventBuilder {
	b := x.decisionOf(d)
	b.approvedBy()
	return b
}

// decisionOf explains a decision from its incident alone.
func (x *explainer) decisionOf(d *award.Decision) *eventBuilder {
	b := &eventBuilder{explainer: x, decision: d}
	inc := d.Incident
	b.event = emptyEvent()
	e := &b.event
	e.Source, e.EventID, e.IncidentID, e.CreditID = inc.Source, inc.EventID(), inc.ID(), inc.CreditID()
	e.CustomerID, e.OrderID, e.SellerID, e.Currency = inc.Customer(), inc.Order(), inc.Seller(), inc.Currency
	e.Since, e.At = inc.Since.String(), inc.At.String()
	b.decided()
	return b
}

// classify sets what the row is and its outcome.
func (b *eventBuilder) classify() {
	t := b.trace
	b.event = emptyEvent()
	e := &b.event
	e.Source, e.EventID, e.CustomerID, e.OrderID, e.SellerID = t.Source, t.Event, t.Customer, t.Order, t.Seller
	e.File, e.Row, e.Currency, e.Outcome = t.Place.File, t.Place.Row, t.Currency, string(t.Class)
	if t.Keyed {
		e.IncidentID, e.CreditID = t.Key.IncidentID(), t.Key.CreditID()
	}
	if t.Read {
		e.Since = t.Since.String()
	}
	if t.HasAt {
		e.At = t.At.String()
	}
	switch {
	case b.reject != nil:
		e.Outcome, e.Reason, e.Detail = report.RowRejected, b.reject.Code, b.reject.Detail
		if b.reject.Column != "" && t.Class == match.RowRejected {
			e.Detail = b.reject.Column + ": " + b.reject.Detail
		}
	case b.company && b.first != t:
		e.Outcome, e.Reason, e.Detail = report.RowMerged, "superseded", fmt.Sprintf("row %d of %s has a higher version (%s, and this has %s)",
			b.first.Place.Row, b.first.Place.File, versionText(b.first), versionText(t))
		if match.SameVersion(b.first, t) {
			e.Reason, e.Detail = "duplicate", fmt.Sprintf("it is the same as row %d of %s", b.first.Place.Row, b.first.Place.File)
		}
	case t.Class == match.RowMatched && b.decision != nil && (b.decision.Incident.Place() != t.Place || b.decision.Incident.Source != t.Source):
		inc := b.decision.Incident
		e.Outcome, e.Reason, e.Detail = report.RowMerged, "another-source", fmt.Sprintf("event %s of %s reports the same incident with at least as high an award", inc.EventID(), inc.Source)
	case t.Class == match.RowMatched && b.decision != nil:
		b.decided()
	case t.Class == match.RowNotYet:
		e.Detail = fmt.Sprintf("it is final at %s, and the night ends at %s. A later night decides it", t.At, b.night.asOf)
		if event := b.night.events[t.Source]; event.LastReading[t.Place.File] {
			e.Detail = fmt.Sprintf("it is final at %s, the night ends at %s, and no later night reads %s: unless the row is delivered again, nobody decides it", t.At, b.night.asOf, t.Place.File)
		}
	case t.Class == match.RowOutOfWindow:
		e.Detail = outOfWindow(t, b.night)
	}
}

func versionText(t *match.Trace) string {
	w := words{currency: t.Currency}
	return w.value(t.Version)
}

func outOfWindow(t *match.Trace, n *night) string {
	horizon := calendar.StartOfDay(n.date.AddDays(1-n.work.HorizonDays), n.zone)
	if t.Read && t.Since < horizon {
		return fmt.Sprintf("it began at %s, before the horizon of %d days, which begins at %s", t.Since, n.work.HorizonDays, horizon)
	}
	return fmt.Sprintf("it was final at %s, before %s, where this night's rows begin: an earlier night settled it", t.At, t.From)
}

// decided takes over the decision.
func (b *eventBuilder) decided() {
	d, e := b.decision, &b.event
	e.Outcome, e.Reason = string(d.Outcome), d.Reason
	e.GrossMinor, e.AmountMinor = d.GrossMinor, d.Minor
	e.LimitedBy = append(e.LimitedBy, d.LimitedBy()...)
	for _, c := range d.Causes() {
		e.Causes = append(e.Causes, report.ExplainedCause{Kind: c.Kind, ID: c.ID, Why: c.Why})
	}
	if d.Repeat {
		b.settledBefore(e)
	}
}

// settledBefore finds what settled the incident on an earlier night.
func (x *explainer) settledBefore(e *report.ExplainedEvent) {
	for i := range x.postings {
		p := &x.postings[i]
		if p.IncidentID != e.IncidentID || p.BusinessDate >= x.date {
			continue
		}
		switch p.Kind {
		case ledger.Issue, ledger.Deny, ledger.Hold, ledger.Reject, ledger.Lapse:
			posting := explainedPosting(p)
			e.Settled = &posting
		}
	}
	if e.Settled != nil || x.night == nil {
		return
	}
	// An event of another source may have been paid for the same incident.
	if c, ok := x.night.book.Credit(e.CreditID); ok {
		e.Settled = &report.ExplainedPosting{
			Date: c.Issued.String(), Kind: string(ledger.Issue), CreditID: c.CreditID, IncidentID: e.IncidentID, EventID: c.EventID, OrderID: c.OrderID,
			RuleID: c.RuleID, Reason: c.Reason, Minor: c.GrantedMinor, Currency: c.Currency,
		}
	}
}

// fill evaluates everything on the row. It is kept apart from classify, so that
// only events that are shown cost it.
func (b *eventBuilder) fill() {
	b.program, b.source = b.night.program.Sources[b.event.Source], b.night.sources[b.event.Source]
	if b.program == nil || b.trace != nil && !b.trace.Read {
		return
	}
	r := b.reader()
	if b.trace != nil {
		b.rules(r)
		b.nearest()
	} else {
		b.frozen()
	}
	for _, g := range b.program.Exclusions {
		b.event.Exclusions = append(b.event.Exclusions, b.guard(r, g, b.exclusionPlace(g.ID)))
	}
	if b.event.Outcome == report.RowMerged || b.event.Outcome == report.RowRejected || b.decision == nil {
		return
	}
	b.steps()
	b.readHistory(r)
}

func (b *eventBuilder) reader() *reader {
	var row ir.Row
	if b.trace != nil {
		row = b.trace.Row
	} else {
		row = b.source.ApprovalRow(b.decision.Incident, b.decision.Minor)
	}
	return b.readerOf(row)
}

// readerOf is a reader of a row of the source.
func (b *eventBuilder) readerOf(row ir.Row) *reader {
	if b.parts == nil {
		b.parts = parts{}
	}
	return &reader{words: words{slots: b.program.Slots, currency: row.Currency}, row: row, place: b.place, parts: b.parts}
}

func (b *eventBuilder) guard(r *reader, g rules.GuardProgram, place string) report.ExplainedGuard {
	out := report.ExplainedGuard{ID: g.ID, Place: place}
	out.Outcome, out.Conditions = r.guard(g.When)
	return out
}

func (b *eventBuilder) exclusionPlace(id string) string {
	for _, x := range b.night.rulebook.Exclusions {
		if x.ID == id {
			return b.line(x.At)
		}
	}
	return ""
}

// rules evaluates every rule of the source on the row.
func (b *eventBuilder) rules(r *reader) {
	for i := range b.program.Rules {
		p := &b.program.Rules[i]
		out := report.ExplainedRule{
			ID: p.Rule.ID, Place: b.line(p.Rule.At), Shadow: p.Rule.Mode == rules.Shadow, Conditions: []report.ExplainedCondition{}, Amount: []report.ExplainedValue{},
		}
		switch {
		case p.Rule.HasFrom && b.date < p.Rule.From:
			out.Inactive = "it begins on " + p.Rule.From.String()
		case p.Rule.HasUntil && b.date > p.Rule.Until:
			out.Inactive = "it ended with " + p.Rule.Until.String()
		default:
			b.rule(r, p, &out)
		}
		b.event.Rules = append(b.event.Rules, out)
	}
}

func (b *eventBuilder) rule(r *reader, p *rules.RuleProgram, out *report.ExplainedRule) {
	out.Outcome, out.Conditions = b.conditions(r, p)
	out.NearMiss = nearMiss(out.Conditions)
	if out.Outcome != report.IsTrue {
		return
	}
	amount, fault := p.Amount.Eval(&r.row)
	if fault != nil || amount.Null() {
		_, out.Fault = outcomeOf(amount, fault)
		return
	}
	node := b.amountOf(r, p, out)
	out.Amount, out.Phrase = r.steps(node), r.phrase(node)
	if !b.taken(out) {
		rounded, err := money.Decimal(amount.I).ToMinor(r.currency, money.HalfEven)
		if err != nil {
			out.Fault = err.Error()
			return
		}
		out.Minor = rounded.Minor
	}
	out.Amount = r.rounded(out.Amount, out.Minor, out.ByValue, b.trace.Value)
}

// taken copies what matching made of the award, where it kept it.
func (b *eventBuilder) taken(out *report.ExplainedRule) bool {
	if b.decision == nil || b.event.Outcome == report.RowMerged {
		return false
	}
	d := b.decision
	i := slices.IndexFunc(d.Incident.Awards(), func(a award.Award) bool { return a.RuleID == out.ID })
	if i < 0 {
		return false
	}
	out.Minor, out.ByValue = d.Incident.Awards()[i].Minor, d.Incident.Awards()[i].CappedByValue
	out.Chosen = d.Award == &d.Incident.Awards()[i]
	return true
}

// frozen is the rule of a released hold: its award is as the hold kept it.
func (b *eventBuilder) frozen() {
	a := b.decision.Award
	if a == nil {
		return
	}
	out := report.ExplainedRule{
		ID: a.RuleID, Outcome: report.IsTrue, Minor: b.decision.GrossMinor, Chosen: true, Conditions: []report.ExplainedCondition{}, Amount: []report.ExplainedValue{},
	}
	if i := b.night.ruleIndex(a.RuleID); i >= 0 {
		out.Place = b.line(b.night.rulebook.Rules[i].At)
	}
	b.event.Rules = append(b.event.Rules, out)
}

// nearMiss is the one condition that failed where all others hold.
func nearMiss(conditions []report.ExplainedCondition) *report.ExplainedCondition {
	var missed *report.ExplainedCondition
	for i := range conditions {
		switch {
		case conditions[i].Outcome == report.IsTrue:
		case missed != nil || conditions[i].Outcome != report.IsFalse:
			return nil
		default:
			missed = &conditions[i]
		}
	}
	return missed
}

// nearest names the rule that an unmatched row came closest to: of those that
// failed on one condition only, one with a distance, then the first.
func (b *eventBuilder) nearest() {
	if b.event.Outcome != report.RowUnmatched {
		return
	}
	best := -1
	for i, r := range b.event.Rules {
		if r.NearMiss == nil {
			continue
		}
		if best < 0 || !measured(b.event.Rules[best].NearMiss) && measured(r.NearMiss) {
			best = i
		}
	}
	if best >= 0 {
		b.event.Nearest = b.event.Rules[best].ID
	}
}

func measured(c *report.ExplainedCondition) bool {
	return c.Threshold != nil && c.Threshold.Distance != ""
}
