package grid_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/grid"
	"amends/rules/ir"
	"amends/rules/vm"
)

// slots are what the tables of these tests may test.
var slots = map[string]ir.Slot{
	"days":     {Name: "days", Type: ir.Type{Kind: ir.Int}, Origin: ir.FromColumn},
	"weight":   {Name: "weight", Type: ir.Type{Kind: ir.Decimal, Nullable: true}, Origin: ir.FromColumn},
	"tier":     {Name: "tier", Type: ir.Type{Kind: ir.String, Nullable: true}, Origin: ir.FromColumn},
	"fragile":  {Name: "fragile", Type: ir.Type{Kind: ir.Bool}, Origin: ir.FromColumn},
	"price":    {Name: "price", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromColumn},
	"day":      {Name: "day", Type: ir.Type{Kind: ir.Date}, Origin: ir.FromColumn},
	"at":       {Name: "at", Type: ir.Type{Kind: ir.Time}, Origin: ir.FromColumn},
	"currency": {Name: "currency", Type: ir.Type{Kind: ir.String}, Origin: ir.FromColumn},
}

// scope is one of a source with one currency, or with "" of one with several.
func scope(currency string) *check.Scope {
	s := &check.Scope{Slots: slots, Currency: currency, Used: &ir.SlotSet{}}
	if currency == "" {
		s.CurrencySlot = "currency"
	}
	return s
}

// fake is a cell as drawn: what the CSV says, and whether a value fits, worked
// out from the numbers it was drawn from and never from its text.
type fake struct {
	text string
	fits func(v ir.Value) bool
}

func drawNumber(t *rapid.T, nullable bool) fake {
	a, b := rapid.Int64Range(-3, 9).Draw(t, "a"), rapid.Int64Range(-3, 9).Draw(t, "b")
	low, high := min(a, b), max(a, b)+1
	number := func(v ir.Value, f func(n int64) bool) bool { return !v.Null() && f(v.I) }
	of := func(n int64) int64 { return n }
	unit := int64(1)
	if nullable { // the column of decimals: half units
		unit = 500_000
	}
	of = func(n int64) int64 { return n * unit }
	text := func(n int64) string {
		if unit == 1 {
			return fmt.Sprint(n)
		}
		sign := ""
		if n < 0 {
			sign, n = "-", -n
		}
		return fmt.Sprintf("%s%d.%d", sign, n/2, n%2*5)
	}
	all := []fake{
		{"", func(ir.Value) bool { return true }},
		{"-", func(ir.Value) bool { return true }},
		{text(a), func(v ir.Value) bool { return number(v, func(n int64) bool { return n == of(a) }) }},
		{text(low) + ".." + text(high), func(v ir.Value) bool { return number(v, func(n int64) bool { return n >= of(low) && n <= of(high) }) }},
		{"[" + text(low) + " .. " + text(high) + ")", func(v ir.Value) bool { return number(v, func(n int64) bool { return n >= of(low) && n < of(high) }) }},
		{"(" + text(low) + ".." + text(high) + "]", func(v ir.Value) bool { return number(v, func(n int64) bool { return n > of(low) && n <= of(high) }) }},
		{">= " + text(a), func(v ir.Value) bool { return number(v, func(n int64) bool { return n >= of(a) }) }},
		{"<" + text(a), func(v ir.Value) bool { return number(v, func(n int64) bool { return n < of(a) }) }},
		{"not > " + text(a), func(v ir.Value) bool { return number(v, func(n int64) bool { return n <= of(a) }) }},
		{text(a) + ", " + text(low) + ".." + text(high), func(v ir.Value) bool {
			return number(v, func(n int64) bool { return n == of(a) || n >= of(low) && n <= of(high) })
		}},
		{"NOT " + text(a) + ", " + text(b), func(v ir.Value) bool { return number(v, func(n int64) bool { return n != of(a) && n != of(b) }) }},
	}
	if nullable {
		all = append(all, fake{"null", ir.Value.Null}, fake{"not null", func(v ir.Value) bool { return !v.Null() }})
	}
	return rapid.SampledFrom(all).Draw(t, "cell")
}

func drawText(t *rapid.T) fake {
	one := func(words ...string) func(v ir.Value) bool {
		return func(v ir.Value) bool {
			for _, w := range words {
				if !v.Null() && v.S == w {
					return true
				}
			}
			return false
		}
	}
	return rapid.SampledFrom([]fake{
		{"", func(ir.Value) bool { return true }},
		{"gold", one("gold")}, {"gold, silver", one("gold", "silver")}, {`"a, b"`, one("a, b")}, {`"-",gold`, one("-", "gold")},
		{"not gold", func(v ir.Value) bool { return !v.Null() && v.S != "gold" }},
		{"null", ir.Value.Null}, {`"null"`, one("null")}, {"Not Null", func(v ir.Value) bool { return !v.Null() }},
	}).Draw(t, "text")
}

func drawBool(t *rapid.T) fake {
	return rapid.SampledFrom([]fake{
		{"", func(ir.Value) bool { return true }}, {"TRUE", func(v ir.Value) bool { return v.I == 1 }}, {"no", func(v ir.Value) bool { return v.I == 0 }},
		{"not yes", func(v ir.Value) bool { return v.I == 0 }},
	}).Draw(t, "bool")
}

// naiveTable is a table as drawn.
type naiveTable struct {
	hits    grid.Hits
	rows    [][]fake // days, weight, tier, fragile
	amounts []int64  // dollars
}

func drawTable(t *rapid.T) naiveTable {
	table := naiveTable{hits: grid.Hits(rapid.IntRange(0, 2).Draw(t, "hits"))}
	for range rapid.IntRange(1, 5).Draw(t, "rows") {
		table.rows = append(table.rows, []fake{drawNumber(t, false), drawNumber(t, true), drawText(t), drawBool(t)})
		table.amounts = append(table.amounts, rapid.Int64Range(0, 4).Draw(t, "amount"))
	}
	return table
}

func (n naiveTable) csv(t *rapid.T) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "separator")
	w.UseCRLF = rapid.Bool().Draw(t, "crlf")
	_ = w.Write([]string{"days", "weight", "tier", "fragile", "amount", "# note"})
	for i, row := range n.rows {
		_ = w.Write([]string{row[0].text, row[1].text, row[2].text, row[3].text, fmt.Sprint(n.amounts[i]), "x"})
	}
	w.Flush()
	return rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "mark") + b.String()
}

// hit is the row that counts, -1 for none, and how many fit.
func (n naiveTable) hit(values []ir.Value) (row, fitting int) {
	row = -1
	for i, cells := range n.rows {
		fits := true
		for k, cell := range cells {
			fits = fits && cell.fits(values[k])
		}
		if !fits {
			continue
		}
		fitting++
		if row < 0 || n.hits == grid.Highest && n.amounts[i] > n.amounts[row] {
			row = i
		}
	}
	return row, fitting
}

func drawValues(t *rapid.T) []ir.Value {
	weight := ir.Value{Kind: ir.Decimal, I: rapid.Int64Range(-8, 22).Draw(t, "weight") * 250_000}
	tier := ir.StringValue(rapid.SampledFrom([]string{"gold", "silver", "a, b", "-", "null", "other"}).Draw(t, "tier"))
	if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
		weight = ir.Value{}
	}
	if rapid.IntRange(0, 4).Draw(t, "no tier") == 0 {
		tier = ir.Value{}
	}
	return []ir.Value{{Kind: ir.Int, I: rapid.Int64Range(-4, 11).Draw(t, "days")}, weight, tier, ir.BoolValue(rapid.Bool().Draw(t, "fragile"))}
}

// TestTablesGiveWhatTheySay compares a compiled table with one that is read cell
// by cell, and what is said of it with the events it meets.
func TestTablesGiveWhatTheySay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		naive := drawTable(t)
		text := naive.csv(t)
		sheet, list := grid.Read("t.csv", []byte(text))
		if list.HasErrors() {
			t.Fatalf("%v\n%s", list, text)
		}
		s := scope("USD")
		table, list := grid.Compile(sheet, s, grid.Options{Name: "t.csv", Hits: naive.hits, Currencies: []string{"USD"}})
		overlap, gap := has(list, "B044"), has(list, "B045")
		for range 30 {
			values := drawValues(t)
			row, fitting := naive.hit(values)
			if naive.hits == grid.Unique && fitting > 1 && !overlap {
				t.Fatalf("rows meet in %v, and nothing says so\n%s", values, text)
			}
			if fitting == 0 && !gap && table != nil {
				t.Fatalf("no row fits %v, and nothing says so\n%s", values, text)
			}
			if table == nil {
				if !overlap {
					t.Fatalf("%v\n%s", list, text)
				}
				continue
			}
			given := evaluate(t, table, s, values)
			want := "nothing"
			if row >= 0 {
				want = fmt.Sprintf("row %d, %d", row+2, naive.amounts[row])
			}
			if given != want {
				t.Fatalf("%v gives %s, want %s\n%s", values, given, want, text)
			}
		}
	})
}

func has(list diag.List, code string) bool {
	for _, d := range list {
		if d.Code == code {
			return true
		}
	}
	return false
}

type failer interface {
	Fatalf(format string, args ...any)
}

// evaluate is what a table gives on an event: its row and its amount.
func evaluate(t failer, table *grid.Table, s *check.Scope, values []ir.Value) string {
	all := s.Used.Slots()
	row := ir.Row{Values: make([]ir.Value, len(all)), Currency: "USD"}
	for i, slot := range all {
		for k, name := range []string{"days", "weight", "tier", "fragile"} {
			if slot.Name == name {
				row.Values[i] = values[k]
			}
		}
	}
	value := func(n ir.Node) ir.Value {
		p, err := vm.Compile(n, all)
		if err != nil {
			t.Fatalf("%v", err)
		}
		v, fault := p.Eval(&row)
		if fault != nil {
			t.Fatalf("%v of %s", fault, ir.Print(n, all))
		}
		return v
	}
	if value(table.When).I == 0 {
		return "nothing"
	}
	amount := value(table.Amount).I
	for _, r := range table.Rows {
		if value(r.When).I != 0 && value(r.Amount).I == amount {
			return fmt.Sprintf("row %d, %d", r.Number, amount/1_000_000)
		}
	}
	return "no row"
}
