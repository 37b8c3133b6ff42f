package pipeline

import (
	"fmt"

	"amends/pipeline/analysis"
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
	weighing, err := n.newWeighing()
	if err != nil {
		return err
	}
	w := &report.Analysis{Rules: weighing.rules.Lines()}
	w.Overlaps, w.OverlapsMore = weighing.rules.Overlaps()
	for i := range w.Rules {
		at, _ := n.rulebook.Rules[i].At.At(0)
		w.Rules[i].Place = fmt.Sprintf("%s:%d", showRule(n.work, at.File), at.Line)
	}
	if err := weighing.marginal(&analysis.Marginal{Lines: w.Rules}); err != nil {
		return err
	}
	weighing.keepCustomers()
	w.Limits, w.Budgets, w.Examples = weighing.limits.Lines(), weighing.budgets(), weighing.examples(weighing.picks.Chosen())
	w.Requests = n.requestsAsked()
	n.weighed, n.resolved, n.refused = w, nil, nil
	return nil
}
