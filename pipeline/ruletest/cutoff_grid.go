package ruletest

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"amends/rules"
	"amends/rules/grid"
	"amends/rules/ir"
	"amends/rules/money"
)

// gridEnds finds the numbers of a cell at which something begins or ends: of a
// comparison, or of a band.
var gridEnds = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(>=|<=|≥|≤|>|<)\s*(-?[0-9]+(?:\.[0-9]+)?)|([\[(]?)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*\.\.\s*(-?[0-9]+(?:\.[0-9]+)?)\s*([\])]?)`)
})

// border is where a column of a decision table passes from one case to another:
// what is not yet in the upper case, and what is.
type border struct {
	column int
	at     money.Decimal
	above  bool // the number itself is still in the lower case
}

// gridEnd is a number of a cell that stands on a border.
type gridEnd struct {
	row, column int
	from, to    int // bytes of the cell
}

// grid adds the borders of a decision table. One moves with every cell that
// stands on it, so that what it takes from one row it gives to another: `< 50`
// and `>= 50`, and of whole numbers `1..3` and `4..7`.
func (f *cutOffs) grid(rule *rules.Rule, columns []grid.Column) {
	sheet, path := rule.Table.Sheet, rule.Table.Path
	kinds := make([]ir.Kind, len(sheet.Header))
	for i, cell := range sheet.Header {
		at := slices.IndexFunc(columns, func(c grid.Column) bool { return c.Header == cell.Text })
		if at >= 0 {
			kinds[i] = columns[at].Type.Kind
		}
	}
	ends := map[border][]gridEnd{}
	var borders []border
	for r, row := range sheet.Rows {
		if strings.HasPrefix(row.Cells[0].Text, "#") {
			continue // for people only
		}
		for c, cell := range row.Cells {
			if c >= len(kinds) || !slices.Contains([]ir.Kind{ir.Int, ir.Decimal, ir.Money}, kinds[c]) {
				continue
			}
			for _, m := range gridEnds().FindAllStringSubmatchIndex(cell.Text, -1) {
				part := func(i int) string {
					if m[2*i] < 0 {
						return ""
					}
					return cell.Text[m[2*i]:m[2*i+1]]
				}
				add := func(group int, above bool) {
					at, err := money.ParseDecimal(part(group))
					if err != nil {
						return
					}
					if above && kinds[c] == ir.Int {
						at, above = at+money.One, false
					}
					b := border{c, at, above}
					if ends[b] == nil {
						borders = append(borders, b)
					}
					ends[b] = append(ends[b], gridEnd{r, c, m[2*group], m[2*group+1]})
				}
				if sign := part(1); sign != "" {
					add(2, sign == ">" || sign == "<=" || sign == "≤")
					continue
				}
				add(4, part(3) == "(")
				add(5, part(6) != ")")
			}
		}
	}
	for _, b := range borders {
		f.border(path, rule.Table.Name, sheet, kinds[b.column], ends[b])
	}
}

// border adds a border by the first of its numbers.
func (f *cutOffs) border(path, name string, sheet *grid.Sheet, kind ir.Kind, ends []gridEnd) {
	first := ends[0]
	cell := sheet.Rows[first.row].Cells[first.column]
	header := strings.Join(strings.Fields(sheet.Header[first.column].Text), " ")
	c := CutOff{
		Of: "column " + header + " of " + name, Name: header + " of " + name, Kind: kind, Bound: true, At: sheet.At(cell),
		Before: header + " " + cell.Text[:first.from], Number: cell.Text[first.from:first.to], After: cell.Text[first.to:],
	}
	c.put = func(b *rules.Rulebook, number string) {
		b.Rules = slices.Clone(b.Rules)
		moved := movedEnds(sheet, ends, c.Number, number)
		for i := range b.Rules {
			if t := b.Rules[i].Table; t != nil && t.Path == path {
				table := *t
				table.Sheet = moved
				b.Rules[i].Table = &table
			}
		}
	}
	f.add("column "+path+" "+cell.Name+" "+c.Before, c)
}

// movedEnds is a sheet whose numbers on a border are as much more as one of them
// is.
func movedEnds(sheet *grid.Sheet, ends []gridEnd, before, after string) *grid.Sheet {
	changed := *sheet
	changed.Rows = slices.Clone(sheet.Rows)
	was, _ := money.ParseDecimal(before) // both are numbers
	is, _ := money.ParseDecimal(after)
	_, written, _ := strings.Cut(after, ".")
	for _, e := range slices.Backward(ends) { // a cell's last number first: those before it stay in place
		row := &changed.Rows[e.row]
		if &row.Cells[0] == &sheet.Rows[e.row].Cells[0] {
			row.Cells = slices.Clone(row.Cells)
		}
		cell := &row.Cells[e.column]
		number := cell.Text[e.from:e.to]
		v, _ := money.ParseDecimal(number)
		_, fraction, point := strings.Cut(number, ".")
		text := withDigits(v+is-was, max(len(fraction), len(written)), point || written != "")
		cell.Text = cell.Text[:e.from] + text + cell.Text[e.to:]
	}
	return &changed
}
