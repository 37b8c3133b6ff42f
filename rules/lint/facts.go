package lint

import (
	"slices"

	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
)

// Facts is what the newest files hold, as far as they were read.
type Facts struct {
	Sources    map[string]*Table // by event source
	Dimensions map[string]*Table // by the dimension's name
}

// Table is what was read of one source.
type Table struct {
	Files   int
	Rows    int64
	Columns map[string]*Column // as rules see them
}

// Column is what one column holds.
type Column struct {
	Nulls int64
	Texts map[string]bool // every text that it has; nil where they are too many, or no texts
	Same  bool            // every value that is not missing is one
	Value ir.Value        // one of its values; null where it has none
}

// leastRows is how many rows have to be read before it means anything that a
// value is not among them.
const leastRows = 50

// leastUnequal is the same for a text that rows are to differ from: leaving out
// what is rare is right, so that many rows have to lack it.
const leastUnequal = 1000

// of returns what is known of a slot's column, with its table.
func (f Facts) of(slot ir.Slot, s *source) (*Column, *Table) {
	var table *Table
	switch {
	case slot.Origin == ir.FromColumn && s != nil:
		table = f.Sources[s.Name]
	case slot.Origin == ir.FromDimension:
		table = f.Dimensions[slot.Dimension]
	}
	if table == nil || table.Rows < leastRows {
		return nil, nil
	}
	return table.Columns[slot.Column], table
}

// data finds texts that no row has, and columns that say nothing.
func (l *linter) data() {
	told := map[*Column]bool{} // columns, once each
	for _, p := range l.places {
		for _, v := range p.visits {
			switch n := v.node.(type) {
			case *ir.Read:
				l.column(n, p, v.at, told)
			case *ir.In:
				for _, value := range n.List {
					l.text(n.X, value, n.At, false, p, v.at)
				}
			case *ir.Call:
				if n.Op == ir.OpEq || n.Op == ir.OpNe {
					for i := range n.Args {
						if c, ok := ir.Unwrap(n.Args[1-i]).(*ir.Const); ok {
							l.text(n.Args[i], c.Value, c.At, n.Op == ir.OpNe, p, v.at)
						}
					}
				}
			}
		}
	}
}

// text reports a text that a column is compared with and does not have; where
// it is to be unequal, that the comparison tells no rows apart.
func (l *linter) text(x ir.Node, v ir.Value, offset int, unequal bool, p place, at *diag.Text) {
	x = ir.Unwrap(x)
	if coalesce, ok := x.(*ir.Coalesce); ok {
		if d, ok := ir.Unwrap(coalesce.Else).(*ir.Const); ok && d.Value == v {
			return // what stands for a missing value
		}
		x = ir.Unwrap(coalesce.X)
	}
	read, ok := x.(*ir.Read)
	if !ok || v.Kind != ir.String {
		return
	}
	column, table := l.Facts.of(p.slots[read.Slot], p.source)
	if column == nil || column.Texts == nil || column.Texts[v.S] {
		return
	}
	near := document.Suggestion(v.S, sortedKeys(column.Texts))
	if near != "" {
		l.report(*at, offset, "L028", msgNoText(p.slots[read.Slot].Name, v.S, table), near)
		return
	}
	if unequal && (v.S == "" || table.Rows < leastUnequal) {
		return // "" asks whether there is a text at all
	}
	message := msgNoText(p.slots[read.Slot].Name, v.S, table)
	if unequal {
		message += hitsThemAll
	}
	l.report(*at, offset, "L029", message, hintTexts(sortedKeys(column.Texts)))
}

// column reports a column that is missing in every row, or the same in all.
func (l *linter) column(n *ir.Read, p place, at *diag.Text, told map[*Column]bool) {
	slot := p.slots[n.Slot]
	column, table := l.Facts.of(slot, p.source)
	if column == nil || told[column] || p.source != nil && isKey(p.source, slot.Name) {
		return
	}
	told[column] = true
	switch {
	case column.Nulls == table.Rows:
		l.report(*at, n.At, "L050", msgAlwaysNull(slot.Name, table), hintAlwaysNull)
	case column.Same && column.Nulls == 0 && slot.Type.Kind != ir.Bool:
		l.report(*at, n.At, "L051", msgAlwaysSame(slot.Name, column.Value, table), "")
	}
}

// isKey reports whether a column says whose a row is, or in which currency.
func isKey(s *source, name string) bool {
	return slices.Contains([]string{s.CurrencyColumn, s.Order, s.Customer, s.Seller, s.Zone}, name)
}
