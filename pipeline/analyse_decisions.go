package pipeline

import (
	"fmt"
	"strings"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
)

// analyseDecisions says what rules, limits and budgets did tonight, with
// examples.
func (n *night) analyseDecisions(a *report.Analysis, out *publish.Night) {
	w := n.weighed
	a.Rules, a.Overlaps, a.OverlapsMore, a.Limits = w.Rules, w.Overlaps, w.OverlapsMore, w.Limits
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
	w := &report.Analysis{Rules: analysis.Rules(n.rulebook.Rules, n.decisions)}
	for i := range w.Rules {
		at, _ := n.rulebook.Rules[i].At.At(0)
		w.Rules[i].Place = fmt.Sprintf("%s:%d", showRule(n.work, at.File), at.Line)
	}
	w.Overlaps, w.OverlapsMore = analysis.Overlaps(n.rulebook.Rules, n.decisions)
	weighing := n.newWeighing()
	n.resolved = nil
	if err := weighing.marginal(&analysis.Marginal{Lines: w.Rules}); err != nil {
		return err
	}
	limits := analysis.NewLimits(n.rulebook.Limits)
	n.limitEffects(limits)
	w.Limits = limits.Lines()
	n.weighed = w
	return nil
}

// limitEffects counts what limits did to tonight's awards. An award that several
// of them lowered counts for the last of these, as in the summary.
func (n *night) limitEffects(to *analysis.Limits) {
	if len(n.rulebook.Limits) == 0 {
		return
	}
	index := map[string]int{}
	for i := range n.rulebook.Limits {
		index[n.rulebook.Limits[i].ID] = i
	}
	for _, d := range n.decisions {
		currency := d.Incident.Currency
		if d.Outcome == award.Denied {
			if id, by := strings.CutPrefix(d.Reason, resolve.LimitPrefix); by {
				to.Denied(index[id], currency, d.GrossMinor)
			}
			continue
		}
		if d.Outcome != award.Issued && d.Outcome != award.Held {
			continue
		}
		if len(d.LimitedBy) > 0 && d.Minor < d.GrossMinor {
			if id, by := strings.CutPrefix(d.LimitedBy[len(d.LimitedBy)-1], resolve.LimitPrefix); by {
				to.Trimmed(index[id], currency, d.GrossMinor-d.Minor)
			}
		}
		for i := range d.Causes {
			if d.Causes[i].Kind == resolve.LimitCause {
				to.Held(index[d.Causes[i].ID], currency)
			}
		}
	}
}
