package pipeline

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// explainPublished explains a committed night that cannot be run again, from
// what it published: the decisions and the values that rules read.
func (x *explainer) explainPublished(m *state.Manifest, changed string) error {
	x.out.Basis, x.out.AsOf = report.BasisPublished, calendar.Instant(m.AsOf).String()
	x.note("The night cannot be run again: %s. This is what it published; conditions are not shown, and rows that no rule fitted are in no file.", changed)
	content, err := x.chain.ReadOutput(m, publish.DecisionsFile)
	if err != nil {
		return err
	}
	rows, err := publish.ReadDecisions(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	causes, err := x.publishedCauses(m)
	if err != nil {
		return err
	}
	for _, kind := range x.kinds() {
		named := func(d publish.Decision) bool {
			return x.names(kind, d.EventID, d.OrderID, d.CustomerID, d.IncidentID) && (x.request.Source == "" || x.request.Source == d.Source)
		}
		if !slices.ContainsFunc(rows, named) {
			continue
		}
		x.out.Kind = kind
		for i := range rows {
			switch {
			case !named(rows[i]):
			case len(x.out.Events) == maxExplained:
				x.out.More++
			default:
				e, err := x.published(&rows[i])
				if err != nil {
					return err
				}
				if e.Outcome == string(award.Held) {
					e.Causes = append(e.Causes, causes[e.CreditID]...)
				}
				x.out.Events = append(x.out.Events, e)
			}
		}
		break
	}
	return x.finish()
}

// publishedCauses are why awards were held, by credit.
func (x *explainer) publishedCauses(m *state.Manifest) (map[string][]report.ExplainedCause, error) {
	content, err := x.chain.ReadOutput(m, heldFile)
	if err != nil {
		return nil, err
	}
	holds, err := publish.ReadHolds(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	causes := map[string][]report.ExplainedCause{}
	for _, h := range holds {
		for _, c := range h.HoldCauses {
			causes[h.CreditID] = append(causes[h.CreditID], report.ExplainedCause{Kind: c.Kind, ID: c.ID, Why: c.Why})
		}
	}
	return causes, nil
}

func (x *explainer) published(d *publish.Decision) (report.ExplainedEvent, error) {
	e := emptyEvent()
	e.Source, e.EventID, e.IncidentID, e.CreditID = d.Source, d.EventID, d.IncidentID, award.CreditIDOf(d.IncidentID)
	e.CustomerID, e.OrderID, e.SellerID, e.Currency = d.CustomerID, d.OrderID, d.SellerID, d.Currency
	e.Outcome, e.Reason, e.GrossMinor, e.AmountMinor = string(d.Outcome), d.Reason, d.GrossMinor, d.AmountMinor
	e.LimitedBy = append(e.LimitedBy, d.LimitedBy...)
	for _, id := range d.MatchedRules {
		r := report.ExplainedRule{ID: id, Outcome: report.IsTrue, Chosen: id == d.RuleID, Conditions: []report.ExplainedCondition{}, Amount: []report.ExplainedValue{}}
		for i := range x.project.rulebook.Rules {
			if rule := &x.project.rulebook.Rules[i]; rule.ID == id {
				r.Place = x.line(rule.At)
			}
		}
		if r.Chosen {
			r.Minor = d.GrossMinor
		}
		e.Rules = append(e.Rules, r)
	}
	var facts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(d.Facts), &facts); err != nil {
		return e, err
	}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		e.Facts = append(e.Facts, report.ExplainedValue{Name: name, Value: string(facts[name])})
	}
	if d.Repeat {
		x.settledBefore(&e)
	}
	return e, nil
}
