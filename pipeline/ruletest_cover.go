package pipeline

import (
	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/pipeline/resolve"
	"amends/pipeline/ruletest"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
)

// ruleWords show rules as `explain` does.
func (p *project) ruleWords() ruletest.Words {
	return ruletest.Words{
		Text: func(n ir.Node, slots []ir.Slot) string { return words{slots: slots}.text(n) },
		Place: func(at diag.Pos) diag.Pos {
			at.File = placeOf(p, at.File)
			return at
		},
	}
}

// cover shows the night's rows and awards to the coverage of its program.
func (n *testNight) cover(c *ruletest.Coverage) {
	active := func(r *rules.Rule) bool { return !(r.HasFrom && n.date < r.From || r.HasUntil && n.date > r.Until) }
	for _, t := range n.traces {
		if t.Read && t.Class != match.RowNotYet && t.Class != match.RowOutOfWindow {
			c.Read(t.Source, &t.Row, active)
		}
	}
	for _, d := range n.decisions {
		by := d.LimitedBy
		for _, cause := range d.Causes {
			if cause.Kind == resolve.LimitCause {
				by = append(by[:len(by):len(by)], resolve.LimitPrefix+cause.ID)
			}
		}
		if d.Outcome == award.Issued || d.Outcome == award.Held {
			row := n.sources[d.Incident.Source].ApprovalRow(d.Incident, d.Minor)
			c.Approved(d.Incident.Source, &row)
		}
		if d.Outcome != award.Suppressed {
			c.Limited(d.Award.RuleID, by)
		}
	}
}
