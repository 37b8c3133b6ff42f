package pipeline

import (
	"fmt"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
)

// analyseDecisions says what rules, limits and budgets did tonight, with
// examples.
func (n *night) analyseDecisions(a *report.Analysis, out *publish.Night) {
	w := n.weighed
	a.Rules, a.Overlaps, a.OverlapsMore = w.Rules, w.Overlaps, w.OverlapsMore
	a.Requests = n.requestEffects(w.Requests)
	a.Waiting, a.Holds, a.HoldsMore = n.waiting(out.Holds)
	a.Limits, a.Budgets, a.Examples = w.Limits, w.Budgets, w.Examples
	a.Rejects = analysis.Rejects(func(yield func(analysis.Reject) bool) {
		for i := range out.Rejects {
			r := &out.Rejects[i]
			shown := analysis.Reject{Source: r.Source, Code: r.Code, RejectRow: report.RejectRow{File: r.File, Row: r.Row, Column: r.Column, Detail: r.Detail}}
			if !yield(shown) {
				return
			}
		}
	})
}

// weigh works out what needs the ledger as the decisions saw it: before tonight
// is posted. Decisions stay as they are.
func (n *night) weigh() error {
	if n.session.unreported {
		n.resolved, n.refused = nil, nil
		return nil
	}
	w, limits := &report.Analysis{}, analysis.NewLimits(n.rulebook.Limits)
	var weighing *weighing
	var largest, random []*award.Decision
	err := n.together(
		func() (err error) {
			weighing, err = n.newWeighing()
			return err
		},
		func() error {
			w.Rules = analysis.Rules(n.rulebook.Rules, n.decisions)
			w.Overlaps, w.OverlapsMore = analysis.Overlaps(n.rulebook.Rules, n.decisions)
			n.limitEffects(limits)
			largest, random = analysis.Pick(n.decisions, n.date.String())
			return nil
		})
	if err != nil {
		return err
	}
	for i := range w.Rules {
		at, _ := n.rulebook.Rules[i].At.At(0)
		w.Rules[i].Place = fmt.Sprintf("%s:%d", showRule(n.work, at.File), at.Line)
	}
	if err := weighing.marginal(&analysis.Marginal{Lines: w.Rules}); err != nil {
		return err
	}
	weighing.keepCustomers()
	for _, s := range weighing.scales {
		limits.AddStood(s.limits)
	}
	w.Limits, w.Budgets, w.Examples = limits.Lines(), weighing.budgets(), weighing.examples(largest, random)
	w.Requests = n.requestsAsked()
	n.weighed, n.resolved, n.refused = w, nil, nil
	return nil
}
