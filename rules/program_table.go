package rules

import (
	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/grid"
	"amends/rules/ir"
)

// TableProgram is the decision table of a rule, row by row. The rule's When and
// Amount are made of the same parts.
type TableProgram struct {
	Given   *Expr // the rule's own when; nil where it has none
	Hits    grid.Hits
	Columns []grid.Column
	Rows    []TableRow
	Number  ir.Node // int: the Number of the row that gives the amount, where the rule hits
}

// TableRow is one row of a decision table.
type TableRow struct {
	Number int       // as a spreadsheet counts: the header is row 1
	Label  string    // damaged.csv row 7
	Place  diag.Text // without words
	When   *Expr     // bool
	Amount *Expr     // money
}

// Row returns the index in Rows of the row that gave the rule's amount on an
// event that the rule hits; -1 where none can be told.
func (t *TableProgram) Row(row *ir.Row) int {
	best, most := -1, int64(0)
	for i, r := range t.Rows {
		fits, fault := r.When.Eval(row)
		if fault != nil {
			return -1 // the rule's amount faults as well
		}
		if fits.I == 0 {
			continue
		}
		if t.Hits != grid.Highest {
			return i
		}
		amount, fault := r.Amount.Eval(row)
		if fault != nil {
			return -1
		}
		if best < 0 || amount.I > most {
			best, most = i, amount.I
		}
	}
	return best
}

// FactName is how the facts of a decision call the row of a rule's table.
func (r *RuleProgram) FactName() string { return r.Rule.Table.Name + " row (rule " + r.Rule.ID + ")" }

// table compiles what a rule with a decision table hits and gives.
func (b *build) table(rule *Rule, r *RuleProgram) {
	given, list := b.expr(rule.When, check.Want{Kind: ir.Bool})
	b.list = append(b.list, list...)
	sheet := rule.Table.Sheet
	if sheet == nil {
		return // which was reported when it was read
	}
	table, list := grid.Compile(sheet, b.scope, grid.Options{
		Name: rule.Table.Name, Hits: rule.Table.Hits, GapsAllowed: rule.Table.GapsAllowed,
		Base: grid.Base(rule.When), Currencies: b.compiler.currencies(b.source), Analysed: b.final,
	})
	b.list = append(b.list, list...)
	if table == nil || given == nil && rule.When.Source != "" {
		return
	}
	text := sheet.Text(rule.When)
	when := table.When
	if given != nil {
		when = &ir.And{Operands: []ir.Node{given.Node, when}, At: given.Node.Offset()}
	}
	r.When, r.Amount = b.add(text, when), b.add(text, table.Amount)
	r.Table = &TableProgram{Given: given, Hits: table.Hits, Columns: table.Columns, Number: table.Number}
	for _, row := range table.Rows {
		r.Table.Rows = append(r.Table.Rows, TableRow{
			Number: row.Number, Label: row.Label, Place: row.Place, When: b.add(text, row.When), Amount: b.add(text, row.Amount),
		})
	}
}

// condition is all that a rule says of the events that it hits, as written.
func (r *Rule) condition() string {
	if r.Table == nil || r.Table.Sheet == nil {
		return r.When.Source
	}
	return r.Table.Sheet.Text(r.When).Source
}
