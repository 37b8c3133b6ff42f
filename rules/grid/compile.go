package grid

import (
	"fmt"
	"slices"
	"strings"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// Options say how a rule uses a table.
type Options struct {
	Name        string // as the rule writes it, for labels: damaged.csv
	Hits        Hits
	GapsAllowed bool
	Base        int      // the offset of the sheet in the text that nodes point into
	Currencies  []string // that rows can have, ascending
	Analysed    bool     // what rows mean for each other was looked at before
}

// Compile makes IR of a sheet in the scope of a source. The table is nil where
// the list has errors.
func Compile(s *Sheet, scope *check.Scope, options Options) (*Table, diag.List) {
	c := &compiler{sheet: s, scope: scope, options: options, table: &Table{Sheet: s, Hits: options.Hits}}
	c.header()
	if c.list.HasErrors() {
		return nil, c.sorted()
	}
	for i := range s.Rows {
		c.row(&s.Rows[i])
	}
	if c.list.HasErrors() {
		return nil, c.sorted()
	}
	if !c.options.Analysed {
		c.analyse()
	}
	if c.list.HasErrors() {
		return nil, c.sorted()
	}
	c.assemble()
	return c.table, c.sorted()
}

type compiler struct {
	sheet   *Sheet
	scope   *check.Scope
	options Options
	table   *Table
	list    diag.List

	conditions []condition
	amount     amounts
	tests      [][]test // by row and condition
}

// condition is one column of conditions.
type condition struct {
	at       int    // of the sheet's columns
	header   string // the expression
	currency string // the one currency in which it tests; "" for every row
	node     ir.Node
	domain   domain
}

func (c *compiler) sorted() diag.List {
	c.list.Sort()
	return c.list
}

func (c *compiler) report(cell Cell, code, message, hint string) {
	c.list.Add(c.sheet.At(cell).Diagnose(0, code, inCell(cell, message), hint))
}

func (c *compiler) warn(cell Cell, severity diag.Severity, code, message, hint string) {
	d := c.sheet.At(cell).Diagnose(0, code, message, hint)
	d.Severity = severity
	c.list.Add(d)
}

// expr checks an expression that stands in a cell.
func (c *compiler) expr(cell Cell, text string, want check.Want) ir.Node {
	node, list := check.Expr(c.sheet.expression(cell, text), c.scope, want)
	for _, d := range list {
		d.Message = "cell " + cell.Name + ": " + d.Message
		c.list.Add(d)
	}
	return node
}

// currencyOf takes the code of a currency from the end of a header.
func currencyOf(header string) (rest, code string) {
	i := strings.LastIndexAny(header, " \t\n")
	if i < 0 {
		return header, ""
	}
	if _, known := money.Digits(header[i+1:]); !known {
		return header, ""
	}
	return strings.TrimSpace(header[:i]), header[i+1:]
}

// header sorts out what each column is for.
func (c *compiler) header() {
	seen := map[string]Cell{}
	for i, cell := range c.sheet.Header {
		switch {
		case cell.note():
			continue
		case cell.Text == "":
			if slices.ContainsFunc(c.sheet.Rows, func(r Row) bool { return r.Cells[i].Text != "" }) {
				c.report(cell, codeHeader, msgBlankHeader, hintBlankHeader)
			}
			continue
		}
		key := strings.Join(strings.Fields(cell.Text), " ")
		if first, twice := seen[key]; twice {
			c.report(cell, codeHeader, msgTwice(first), "")
			continue
		}
		seen[key] = cell
		if !c.amountColumn(i, cell) {
			c.conditionColumn(i, cell)
		}
	}
	if c.list.HasErrors() {
		return
	}
	top := c.sheet.Header[0]
	if len(c.conditions) == 0 {
		c.report(top, codeHeader, msgNoCondition, hintNoCondition)
	}
	c.wholeGroups()
	c.wholeAmounts(top)
}

func (c *compiler) conditionColumn(i int, cell Cell) {
	header, code := currencyOf(cell.Text)
	node := c.expr(cell, header, check.Want{NullableOK: true})
	if node == nil {
		return
	}
	kind := node.Type().Kind
	switch {
	case kind == ir.Time || kind == ir.Duration:
		c.report(cell, codeHeader, msgKind(word(kind)), hintKind(word(kind), header))
	case code != "" && kind != ir.Money:
		c.report(cell, codeHeader, msgNotMoney(header, word(kind)), hintBlankHeader)
	case code == "" && kind == ir.Money && c.scope.Currency == "":
		c.report(cell, codeHeader, msgBareMoney(header), hintBareMoney(header, c.options.Currencies))
	default:
		c.conditions = append(c.conditions, condition{at: i, header: header, currency: code, node: node, domain: domain{kind, node.Type().Nullable, c.natural(node)}})
		c.table.Columns = append(c.table.Columns, Column{Header: cell.Text, Type: node.Type()})
	}
}

// natural reports whether a condition is never below zero: an event's own money,
// which is rejected below zero wherever it counts, and what history adds up.
func (c *compiler) natural(node ir.Node) bool {
	read, ok := node.(*ir.Read)
	if !ok || read.Of.Kind != ir.Money {
		return false
	}
	origin := c.scope.Used.Slots()[read.Slot].Origin
	return origin == ir.FromColumn || origin == ir.FromHistory
}

// wholeGroups reports a condition by currency that lacks one.
func (c *compiler) wholeGroups() {
	for i, first := range c.conditions {
		if first.currency == "" || slices.ContainsFunc(c.conditions[:i], func(o condition) bool { return o.header == first.header }) {
			continue
		}
		var missing []string
		for _, code := range c.options.Currencies {
			if !slices.ContainsFunc(c.conditions, func(o condition) bool { return o.header == first.header && o.currency == code }) {
				missing = append(missing, code)
			}
		}
		if len(missing) > 0 {
			c.report(c.sheet.Header[first.at], codeHeader, msgLacks(first.header, missing), hintLacks(first.header+" "+missing[0]))
		}
	}
}

func (c *compiler) row(r *Row) {
	tests := make([]test, len(c.conditions))
	for i, condition := range c.conditions {
		cell := r.Cells[condition.at]
		t, bad := parseTest(cell.Text, condition.domain)
		switch {
		case bad != (wrong{}):
			if bad.hint == hintBands && condition.domain.kind == ir.String {
				bad.hint = hintTexts
			}
			c.report(cell, codeCell, bad.what, bad.hint)
		case t.set(condition.domain).empty():
			c.report(cell, codeCell, msgEmptyCell, "")
		}
		tests[i] = t
	}
	c.tests = append(c.tests, tests)
	label := fmt.Sprintf("%s row %d", c.options.Name, r.Number)
	row := TableRow{Number: r.Number, Place: c.sheet.At(r.Cells[0]), Label: label}
	row.Amount = c.rowAmount(r, label)
	if !c.list.HasErrors() {
		row.When = &ir.Named{Name: label, X: c.fits(r, tests), At: c.options.Base + r.Cells[0].At}
	}
	c.table.Rows = append(c.table.Rows, row)
}

const msgEmptyCell = "nothing fits this cell"

// pick is the number of the first row of which something holds, the last one's
// where it holds of no other.
func (t *Table) pick(at int, holds func(row *TableRow) ir.Node) ir.Node {
	number := func(i int) ir.Node {
		return &ir.Const{Value: ir.Value{Kind: ir.Int, I: int64(t.Rows[i].Number)}, At: at}
	}
	node := number(len(t.Rows) - 1)
	for i := len(t.Rows) - 2; i >= 0; i-- {
		node = &ir.If{Cond: holds(&t.Rows[i]), Then: number(i), Else: node, At: at}
	}
	return node
}

// least is below every amount.
const least = -1 << 63

// assemble makes the condition and the amount of the table of its rows.
func (c *compiler) assemble() {
	t := c.table
	at := c.options.Base
	whens := make([]ir.Node, len(t.Rows))
	for i := range t.Rows {
		whens[i] = t.Rows[i].When
	}
	t.When = or(whens, at)
	last := len(t.Rows) - 1
	if t.Hits == Highest && last > 0 {
		args := make([]ir.Node, len(t.Rows))
		for i, row := range t.Rows {
			args[i] = &ir.If{Cond: row.When, Then: row.Amount, Else: &ir.Const{Value: ir.Value{Kind: ir.Money, I: least}, At: at}, At: at}
		}
		t.Amount = &ir.Call{Op: ir.OpMax, Args: args, Kind: ir.Money, At: at}
		t.Number = t.pick(at, func(row *TableRow) ir.Node {
			most := &ir.Call{Op: ir.OpEq, Args: []ir.Node{row.Amount, t.Amount}, Kind: ir.Bool, At: at}
			return &ir.And{Operands: []ir.Node{row.When, most}, At: at}
		})
		return
	}
	t.Number = t.pick(at, func(row *TableRow) ir.Node { return row.When })
	// Of unique and of first the last row needs no test: When holds.
	t.Amount = t.Rows[last].Amount
	for i := last - 1; i >= 0; i-- {
		t.Amount = &ir.If{Cond: t.Rows[i].When, Then: t.Rows[i].Amount, Else: t.Amount, At: at}
	}
}
