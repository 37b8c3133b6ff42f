package pipeline

import (
	"cmp"
	"slices"

	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/ir"
)

// maxNearRows is how many rows of a decision table are shown that an event came
// close to.
const maxNearRows = 3

// tableRow is the row of a rule's decision table that an event hit, as a
// spreadsheet counts, and its label; nil where the rule has no table.
func (b *eventBuilder) tableRow(r *reader, p *rules.RuleProgram) *rules.TableRow {
	if p.Table == nil {
		return nil
	}
	if i := p.Table.Row(&r.row); i >= 0 {
		return &p.Table.Rows[i]
	}
	return nil
}

// amountOf is what an amount is made of: of a table, only the row that counts.
func (b *eventBuilder) amountOf(r *reader, p *rules.RuleProgram, out *report.ExplainedRule) ir.Node {
	row := b.tableRow(r, p)
	if row == nil {
		return p.Amount.Node
	}
	out.TableRow = row.Label
	out.Place += ", " + row.Label
	return row.Amount.Node
}

// conditions explains what a rule hits.
func (b *eventBuilder) conditions(r *reader, p *rules.RuleProgram) (outcome string, list []report.ExplainedCondition) {
	if p.Table == nil {
		return r.guard(p.When)
	}
	v, fault := p.When.Eval(&r.row)
	outcome, _ = outcomeOf(v, fault)
	if p.Table.Given != nil {
		_, list = r.guard(p.Table.Given)
	}
	if row := b.tableRow(r, p); row != nil {
		return outcome, append(list, r.cells(row)...)
	}
	return outcome, append(list, b.noRow(r, p))
}

// cells are the conditions of one row of a table.
func (r *reader) cells(row *rules.TableRow) []report.ExplainedCondition {
	_, list := r.guard(row.When)
	return list
}

// noRow says of a table of which no row fits which came closest: those with the
// fewest cells that do not.
func (b *eventBuilder) noRow(r *reader, p *rules.RuleProgram) report.ExplainedCondition {
	out := report.ExplainedCondition{Text: "a row of " + p.Rule.Table.Name, Place: b.line(p.Rule.Table.At), Outcome: report.IsFalse, Values: []report.ExplainedValue{}}
	type near struct {
		row    *rules.TableRow
		missed []report.ExplainedCondition
	}
	var rows []near
	for i := range p.Table.Rows {
		n := near{row: &p.Table.Rows[i]}
		for _, c := range r.cells(n.row) {
			if c.Outcome != report.IsTrue {
				n.missed = append(n.missed, c)
			}
			if c.Outcome != report.IsTrue && c.Outcome != report.IsFalse {
				out.Outcome, out.Fault = c.Outcome, c.Fault
			}
		}
		rows = append(rows, n)
	}
	slices.SortStableFunc(rows, func(a, b near) int { return cmp.Compare(len(a.missed), len(b.missed)) })
	for _, n := range rows[:min(len(rows), maxNearRows)] {
		for _, c := range n.missed {
			c.Text = n.row.Label + ": " + c.Text
			out.Parts = append(out.Parts, c)
		}
	}
	if len(rows) > 0 && len(rows[0].missed) == 1 {
		out.Threshold = rows[0].missed[0].Threshold
	}
	return out
}
