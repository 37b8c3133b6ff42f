package grid

import (
	"slices"
	"strings"

	"amends/rules/check"
	"amends/rules/ir"
	"amends/rules/money"
)

// amounts are the columns that say how much: each row fills one way of saying
// it, and may bound it.
type amounts struct {
	expression int // the column amount; -1 where there is none
	cap        int
	fixed      map[string]int // amount USD, by currency
	caps       map[string]int
	shares     []share
}

// share is a column percent of something.
type share struct {
	at int
	of ir.Node
}

const (
	amountWord  = "amount"
	capWord     = "cap"
	percentWord = "percent of"
)

// amountColumn takes a header that says how much; false where it is a condition.
func (c *compiler) amountColumn(i int, cell Cell) bool {
	a := &c.amount
	if a.fixed == nil {
		*a = amounts{expression: -1, cap: -1, fixed: map[string]int{}, caps: map[string]int{}}
	}
	header := strings.Join(strings.Fields(cell.Text), " ")
	rest, code := currencyOf(header)
	switch {
	case header == amountWord:
		a.expression = i
	case header == capWord:
		a.cap = i
	case code != "" && rest == amountWord:
		a.fixed[code] = i
	case code != "" && rest == capWord:
		a.caps[code] = i
	case strings.HasPrefix(header, percentWord+" "):
		of := strings.TrimSpace(strings.TrimPrefix(header, percentWord))
		if node := c.expr(cell, of, check.Want{Kind: ir.Money}); node != nil {
			a.shares = append(a.shares, share{i, node})
		}
	default:
		return false
	}
	return true
}

// wholeAmounts reports columns by currency that lack one, and a table that says
// nothing of money.
func (c *compiler) wholeAmounts(top Cell) {
	a := &c.amount
	if a.expression < 0 && len(a.fixed) == 0 && len(a.shares) == 0 {
		c.report(top, codeHeader, msgNoAmount, hintNoAmount)
	}
	if a.cap >= 0 && len(a.caps) > 0 {
		c.report(c.sheet.Header[a.cap], codeHeader, msgTwoCaps, "")
	}
	for _, group := range []struct {
		name    string
		columns map[string]int
	}{{amountWord, a.fixed}, {capWord, a.caps}} {
		if len(group.columns) == 0 {
			continue
		}
		var missing []string
		for _, code := range c.options.Currencies {
			if _, ok := group.columns[code]; !ok {
				missing = append(missing, code)
			}
		}
		if len(missing) > 0 {
			c.report(top, codeHeader, msgLacks(group.name, missing), hintLacks(group.name+" "+missing[0]))
		}
	}
}

// rowAmount is what a row gives; nil where something is wrong with it.
func (c *compiler) rowAmount(r *Row, label string) ir.Node {
	a := &c.amount
	var found []ir.Node
	ways := 0
	add := func(node ir.Node) {
		if ways++; node != nil {
			found = append(found, node)
		}
	}
	if a.expression >= 0 && !r.Cells[a.expression].blank() {
		add(c.moneyCell(r.Cells[a.expression]))
	}
	if c.someFilled(r, a.fixed) {
		add(c.fixed(r, a.fixed, label))
	}
	for _, s := range a.shares {
		if cell := r.Cells[s.at]; !cell.blank() {
			add(c.share(s, cell))
		}
	}
	switch {
	case ways == 0:
		c.report(r.Cells[c.firstAmount()], codeAmount, msgNoAmountCell, hintNoAmountCell)
		return nil
	case ways > 1:
		c.report(r.Cells[c.firstAmount()], codeAmount, msgTwoAmounts, hintTwoAmounts)
		return nil
	case len(found) == 0:
		return nil
	}
	var most ir.Node
	switch {
	case a.cap >= 0 && !r.Cells[a.cap].blank():
		most = c.moneyCell(r.Cells[a.cap])
	case c.someFilled(r, a.caps):
		most = c.fixed(r, a.caps, label+" "+capWord)
	default:
		return found[0]
	}
	if most == nil {
		return nil
	}
	return &ir.Call{Op: ir.OpMin, Args: []ir.Node{found[0], most}, Kind: ir.Money, At: most.Offset()}
}

// firstAmount is the leftmost column that says how much.
func (c *compiler) firstAmount() int {
	first := len(c.sheet.Header) - 1
	if c.amount.expression >= 0 {
		first = c.amount.expression
	}
	for _, i := range c.amount.fixed {
		first = min(first, i)
	}
	for _, s := range c.amount.shares {
		first = min(first, s.at)
	}
	return first
}

func (c *compiler) someFilled(r *Row, columns map[string]int) bool {
	for _, i := range columns {
		if !r.Cells[i].blank() {
			return true
		}
	}
	return false
}

// moneyCell is a cell with an expression that gives money.
func (c *compiler) moneyCell(cell Cell) ir.Node {
	number := strings.TrimSpace(strings.TrimSuffix(cell.Text, "%"))
	_, err := money.ParseDecimal(number)
	switch {
	case decimalComma().MatchString(cell.Text) && strings.Trim(cell.Text, "0123456789,. %") == "":
		c.report(cell, codeAmount, msgDecimalComma, hintDecimalComma)
		return nil
	case err == nil && number != cell.Text:
		c.report(cell, codeAmount, msgNumber("an amount, found a share"), hintPercentHeader)
		return nil
	case err == nil && c.scope.Currency == "" && strings.Trim(number, "0.") != "":
		c.report(cell, codeAmount, msgBareAmount, hintBareAmount)
		return nil
	case err == nil && strings.HasPrefix(number, "-"):
		c.report(cell, codeAmount, msgNegative, "")
		return nil
	}
	node := c.expr(cell, cell.Text, check.Want{Kind: ir.Money})
	if node == nil {
		return nil
	}
	if constant, ok := node.(*ir.Const); ok {
		return &ir.Const{Value: constant.Value, At: c.options.Base + cell.At}
	}
	return &ir.Named{Name: cell.Text, X: node, At: c.options.Base + cell.At}
}

// fixed is an amount for each currency, the row's own of which counts.
func (c *compiler) fixed(r *Row, columns map[string]int, label string) ir.Node {
	entries := map[string]*ir.Table{}
	var missing []string
	first := -1
	for _, code := range sortedCodes(columns) {
		cell := r.Cells[columns[code]]
		if cell.blank() {
			if slices.Contains(c.options.Currencies, code) {
				missing = append(missing, code)
			}
			continue
		}
		if first < 0 || columns[code] < first {
			first = columns[code]
		}
		if v, ok := c.decimal(cell, code); ok {
			entries[code] = ir.NewLeaf(ir.Value{Kind: ir.Money, I: int64(v)})
		} else {
			missing = append(missing, "")
		}
	}
	at := c.options.Base + r.Cells[first].At
	switch {
	case len(missing) > 0 && missing[0] == "":
		return nil
	case len(missing) > 0:
		c.report(r.Cells[columns[missing[0]]], codeAmount, msgAmountLacks(missing), hintNoAmountCell)
		return nil
	}
	if c.scope.Currency != "" {
		leaf, _ := entries[c.scope.Currency].Leaf()
		return &ir.Const{Value: leaf, At: at}
	}
	return &ir.Lookup{Name: label, Steps: []ir.Step{{Index: c.currency(at)}}, Tree: ir.NewTable(entries), Kind: ir.Money, At: at}
}

func sortedCodes(columns map[string]int) []string {
	var codes []string
	for code := range columns {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// decimal reads an amount in a currency.
func (c *compiler) decimal(cell Cell, code string) (money.Decimal, bool) {
	digits, _ := money.Digits(code)
	v, err := money.ParseDecimal(cell.Text)
	switch {
	case strings.Contains(cell.Text, ","):
		c.report(cell, codeAmount, msgDecimalComma, hintDecimalComma)
	case err != nil && strings.HasSuffix(cell.Text, "%"):
		c.report(cell, codeAmount, msgNumber("an amount in "+code+", found a share"), hintPercentHeader)
	case err != nil:
		c.report(cell, codeAmount, msgNumber("an amount in "+code), hintPercent)
	case v < 0:
		c.report(cell, codeAmount, msgNegative, "")
	default:
		if _, err := money.ParseAmount(cell.Text, code); err != nil {
			c.report(cell, codeAmount, msgDigits(code, digits), "")
			return 0, false
		}
		return v, true
	}
	return 0, false
}

// share is so many percent of something.
func (c *compiler) share(s share, cell Cell) ir.Node {
	number := strings.TrimSpace(strings.TrimSuffix(cell.Text, "%"))
	v, err := money.ParseDecimal(number)
	switch {
	case strings.Contains(cell.Text, ","):
		c.report(cell, codeAmount, msgDecimalComma, hintDecimalComma)
	case err != nil:
		c.report(cell, codeAmount, msgNumber("a number of percent"), hintPercentCell)
	case v < 0:
		c.report(cell, codeAmount, msgNegative, "")
	default:
		at := c.options.Base + cell.At
		of := s.of
		if _, plain := of.(*ir.Read); !plain {
			of = &ir.Named{Name: strings.TrimSpace(strings.TrimPrefix(c.sheet.Header[s.at].Text, percentWord)), X: of, At: at}
		}
		return &ir.Call{Op: ir.OpPct, Kind: ir.Money, At: at, Args: []ir.Node{of, &ir.Const{Value: ir.Value{Kind: ir.Decimal, I: int64(v)}, At: at}}}
	}
	return nil
}
