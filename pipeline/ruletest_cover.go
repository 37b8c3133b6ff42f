package pipeline

import (
	"slices"
	"strings"

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
		by := d.LimitedBy()
		for _, cause := range d.Causes() {
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
	n.coverSpending(c)
	if n.credit != nil {
		source, voids := n.ready.Events[0].Source, n.voids()
		row := voids.Row(source, *n.credit)
		c.Voided(&row, func(i int) bool { return voids.About(i, source, *n.credit) })
	}
}

// coverSpending shows what budgets and guardrails did to the awards that came to
// them.
func (n *testNight) coverSpending(c *ruletest.Coverage) {
	purses := resolve.NewPurses(n.rulebook.Budgets)
	reached := false
	for _, d := range n.decisions {
		refusing, spends := spent(d)
		if !spends && refusing == "" {
			continue
		}
		reached = reached || spends
		var ids []string
		for i, purse := range purses.Claim(d, d.Minor).Purses {
			if purse >= 0 {
				ids = append(ids, n.rulebook.Budgets[i].ID)
			}
		}
		c.Budgeted(ids, refusing)
	}
	if reached {
		c.Guarded(slices.ContainsFunc(n.breaches, func(b resolve.Breach) bool { return b.ID == resolve.MaxAmountID }))
	}
}

// spent says which budget had no room for an award, if one had none, and whether
// the award passed them all.
func spent(d *award.Decision) (refusing string, spends bool) {
	if id, is := strings.CutPrefix(d.Reason, resolve.BudgetPrefix); is && d.Outcome == award.Denied {
		return id, false
	}
	guarded := len(d.Causes()) > 0
	for _, cause := range d.Causes() {
		if cause.Kind == resolve.BudgetCause {
			return cause.ID, false
		}
		guarded = guarded && cause.Kind == resolve.GuardrailCause
	}
	return "", d.Outcome == award.Issued || d.Outcome == award.Held && guarded
}
