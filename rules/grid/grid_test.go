package grid_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/rules/columnar"
	"amends/rules/diag"
	"amends/rules/grid"
	"amends/rules/ir"
	"amends/rules/vm"
)

// compiled is what is said of a table, one line each, without hints.
func compiled(text, currency string, options grid.Options) (*grid.Table, []string) {
	if options.Name == "" {
		options.Name = "t.csv"
	}
	if options.Currencies == nil {
		options.Currencies = []string{"GBP", "JPY", "USD"}
		if currency != "" {
			options.Currencies = []string{currency}
		}
	}
	sheet, list := grid.Read("t.csv", []byte(text))
	var table *grid.Table
	if sheet != nil {
		var more diag.List
		table, more = grid.Compile(sheet, scope(currency), options)
		list = append(list, more...)
	}
	var said []string
	for _, d := range list {
		d.Hint = ""
		said = append(said, d.String())
	}
	return table, said
}

// TestMistakes holds what is said of tables that are wrong, and where.
func TestMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       string
	}{
		{"empty", "", `t.csv: B040: the table is empty`},
		{"header alone", "days,amount\n,,\n", `t.csv:1:1: B040: cell A1 ("days"): the table has a header and no rows`},
		{"workbook", "PK\x03\x04...", `t.csv: B040: the file is a workbook, not CSV`},
		{"UTF-16", "\xff\xfed\x00", `t.csv: B040: the file is UTF-16, not UTF-8`},
		{"Latin 1", "tier,amount\nf\xfcr,1\n", `t.csv:2:2: B040: a byte that is not UTF-8`},
		{"control", "tier,amount\na\x00b,1\n", `t.csv:2:2: B040: the control character U+0000 is not allowed`},
		{"stray quote", "days,amount\n1,5\" tall\n", `t.csv:2:4: B040: not CSV: bare " in non-quoted-field`},
		{"open quote", "days,amount\n1,\"5\n", `t.csv:2:5: B040: not CSV: extraneous or missing " in quoted-field`},
		{"more cells than headers", "days,amount\n1,2,3\n", `t.csv:2:5: B040: cell C2 ("3"): the header has no cell above this one`},
		{"separator", "sep=#\ndays#amount\n", `t.csv:1:1: B040: cells are separated by a comma, a semicolon or a tab, not by '#'`},
		{"twice", "days,days ,amount\n1,1,1\n", `t.csv:1:6: B041: cell B1 ("days"): the header is already in cell A1`},
		{"time", "at,amount\n1,1\n", `t.csv:1:1: B041: cell A1 ("at"): a table cannot test a time`},
		{"unknown", "dais,amount\n1,1\n", `t.csv:1:1: R010: cell A1: there is no "dais" here`},
		{"no header", "days,,amount\n1,x,1\n", `t.csv:1:6: B041: cell B1 (""): a column with cells and without a header`},
		{"no condition", "# a,amount\n1,1\n", `t.csv:1:1: B041: cell A1 ("# a"): the table has no column that tests anything`},
		{"no amount", "days\n1\n", `t.csv:1:1: B041: cell A1 ("days"): the table has no column that says how much`},
		{"whole number", "days,amount\n1.5,1\n", `t.csv:2:1: B042: cell A2 ("1.5"): "1.5" is not a whole number`},
		{"decimal comma", "weight;amount\n1,5;1\n", `t.csv:2:1: B042: cell A2 ("1,5"): a number has a point, not a comma`},
		{"thousands", "days;amount\n\"1,500\";1\n", `t.csv:2:1: B042: cell A2 ("1,500"): a number has a point, not a comma`},
		{"comma in amount", "days;amount\n1;1,5\n", `t.csv:2:3: B043: cell B2 ("1,5"): a number has a point, not a comma`},
		{"dash range", "days,amount\n10-20,1\n", `t.csv:2:1: B042: cell A2 ("10-20"): "10-20" is not a whole number`},
		{"half bracket", "days,amount\n[1..2,1\n", `t.csv:2:1: B042: cell A2 ("[1..2"): a band with one bracket`},
		{"empty band", "days,amount\n(1..2),1\n", `t.csv:2:1: B042: cell A2 ("(1..2)"): nothing lies between 1 and 2`},
		{"open band", "days,amount\n1..,1\n", `t.csv:2:1: B042: cell A2 ("1.."): a band without one of its ends`},
		{"formula", "days,amount\n=5,1\n", `t.csv:2:1: B042: cell A2 ("=5"): the value alone means equal`},
		{"comparisons in a list", "days,amount\n\">= 1, < 5\",1\n", `t.csv:2:1: B042: cell A2 (">= 1, < 5"): a comparison stands alone in its cell`},
		{"null", "days,amount\nnull,1\n", `t.csv:2:1: B042: cell A2 ("null"): what this column tests is never null, so the row never fits`},
		{"not any", "days,amount\nnot -,1\n", `t.csv:2:1: B042: cell A2 ("not -"): not any is nothing`},
		{"text in order", "tier,amount\n> a,1\n", `t.csv:2:1: B042: cell A2 ("> a"): texts have no order`},
		{"nothing is neither", "fragile,amount\n\"not true, false\",1\n", `t.csv:2:1: B042: cell A2 ("not true, false"): nothing fits this cell`},
		{"date", "day,amount\n31.01.2026,1\n", `t.csv:2:1: B042: cell A2 ("31.01.2026"): "31.01.2026" is not a date`},
		{"no amount in a row", "days,amount\n1,\n", `t.csv:2:3: B043: cell B2 (""): the row does not say how much`},
		{"two amounts", "days,amount,percent of price\n1,1,1\n", `t.csv:2:3: B043: cell B2 ("1"): the row says how much in two ways`},
		{"share as amount", "days,amount\n1,10 %\n", `t.csv:2:3: B043: cell B2 ("10 %"): expected an amount, found a share`},
		{"negative", "days,amount USD\n1,-1\n", `t.csv:2:3: B043: cell B2 ("-1"): an amount is not negative`},
		{"digits", "days,amount USD\n1,1.005\n", `t.csv:2:3: B043: cell B2 ("1.005"): USD has 2 digits after the point`},
		{"overlap", "days,tier,amount\n1..5,-,1\n5..9,gold,2\n", `t.csv:3:1: B044: rows 2 and 3 both fit days 5, tier "gold"`},
		{"gap", "days,amount\n< 5,1\n> 5,2\n", `t.csv:1:1: warning: B045: no row fits days 5`},
		{"gap of fractions", "weight,amount\n< 5,1\n> 5.5,2\nnull,0\n", `t.csv:1:1: warning: B045: no row fits weight 5`},
		{"gap of null", "weight,amount\nnot null,1\n", `t.csv:1:1: warning: B045: no row fits weight null`},
		{"gap of texts", "tier,amount\n\"gold, silver\",1\nnull,1\n", `t.csv:1:1: warning: B045: no row fits tier another text`},
		{"later lines", "days,# note,amount\n1,\"two\nlines\",1\n\n1,,2\n", `t.csv:5:1: B044: rows 2 and 4 both fit days 1`},
	}
	for _, test := range tests {
		_, said := compiled(test.text, "USD", grid.Options{})
		if len(said) != 1 && !(len(said) > 1 && strings.Contains(test.want, "B044")) || said[0] != test.want && said[len(said)-1] != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, strings.Join(said, "\n     "), test.want)
		}
	}
}

// TestSeveralCurrencies holds what tables need where rows have several.
func TestSeveralCurrencies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"price,amount\n1,0\n", `t.csv:1:1: B041: cell A1 ("price"): price is money, and the rows have several currencies`},
		{"days,amount\n1,5\n", `t.csv:2:3: B043: cell B2 ("5"): a bare number is no amount where rows have several currencies`},
		{"days,amount USD,amount GBP\n1,1,1\n", `t.csv:1:1: B041: cell A1 ("days"): there is no column "amount JPY", and rows can have JPY`},
		{"price USD,price GBP,amount\n1,1,0\n", `t.csv:1:1: B041: cell A1 ("price USD"): there is no column "price JPY", and rows can have JPY`},
		{"days USD,amount\n1,0\n", `t.csv:1:1: B041: cell A1 ("days USD"): only money is tested or counted by currency, and "days" is a whole number`},
		{"days,amount USD,amount GBP,amount JPY\n1,1,,100\n", `t.csv:2:5: B043: cell C2 (""): the row has amounts in some currencies and none in GBP`},
		{"days,amount USD,amount GBP,amount JPY\n1,1,1,1.5\n", `t.csv:2:7: B043: cell D2 ("1.5"): JPY has 0 digits after the point`},
		{"price USD,price GBP,price JPY,amount\n< 5,< 5,< 500,0\n>= 5,> 5,>= 500,0\n", `t.csv:1:1: warning: B045: no row fits price GBP 5`},
		{"price USD,price GBP,price JPY,amount\n< 5,< 5,< 500,0\n>= 5,>= 5,>= 400,0\n", `t.csv:3:1: B044: rows 2 and 3 both fit price JPY 400`},
	} {
		if _, said := compiled(test.text, "", grid.Options{}); len(said) != 1 || said[0] != test.want {
			t.Errorf("%q:\n got %s\nwant %s", test.text, strings.Join(said, "\n     "), test.want)
		}
	}
}

// TestAmounts holds what rows give, worked out by hand.
func TestAmounts(t *testing.T) {
	t.Parallel()
	const text = `price USD,price GBP,price JPY,percent of price,amount USD,amount GBP,amount JPY,amount,cap USD,cap GBP,cap JPY
< 50,< 40,< 5000,,2,1.5,300,,,,
[50..200),[40..160),[5000..20000),12.5 %,,,,,20,15,2000
>= 200,>= 160,>= 20000,,,,,price / 4,,,
`
	table, said := compiled(text, "", grid.Options{})
	if said != nil || table == nil {
		t.Fatal(said)
	}
	for _, test := range []struct {
		currency    string
		price, want int64
		number      int
	}{
		{"USD", 49_990_000, 2_000_000, 2}, {"GBP", 30_000_000, 1_500_000, 2}, {"JPY", 4_999_000_000, 300_000_000, 2},
		{"USD", 50_000_000, 6_250_000, 3}, {"USD", 199_000_000, 20_000_000, 3}, {"JPY", 5_000_000_000, 625_000_000, 3},
		{"GBP", 160_000_000, 40_000_000, 4},
	} {
		s := scope("")
		sheet, _ := grid.Read("t.csv", []byte(text))
		table, _ := grid.Compile(sheet, s, grid.Options{Name: "t.csv", Currencies: []string{"GBP", "JPY", "USD"}})
		row := ir.Row{Currency: test.currency}
		for _, slot := range s.Used.Slots() {
			row.Values = append(row.Values, map[string]ir.Value{"price": {Kind: ir.Money, I: test.price}, "currency": ir.StringValue(test.currency)}[slot.Name])
		}
		var got []int64
		for _, n := range []ir.Node{table.When, table.Amount, table.Number} {
			p, err := vm.Compile(n, s.Used.Slots())
			if err != nil {
				t.Fatal(err)
			}
			v, fault := p.Eval(&row)
			if fault != nil {
				t.Fatal(fault)
			}
			got = append(got, v.I)
		}
		if diff := cmp.Diff([]int64{1, test.want, int64(test.number)}, got); diff != "" {
			t.Errorf("%s %d: %s", test.currency, test.price, diff)
		}
	}
}

// TestNeverCounts holds that a row which the rows before it hide is named, and
// that nothing else is.
func TestNeverCounts(t *testing.T) {
	t.Parallel()
	_, said := compiled("days,tier,amount\n1..5,-,1\n2,gold,2\n6,-,1\n-,-,0\n", "USD", grid.Options{Hits: grid.First})
	if diff := cmp.Diff([]string{"t.csv:3:1: warning: B046: row 3 never counts: whatever fits it fits row 2, which stands before it"}, said); diff != "" {
		t.Error(diff)
	}
}

// TestLimits holds that a table at the limit is compiled for both evaluators,
// and that one above it is refused.
func TestLimits(t *testing.T) {
	t.Parallel()
	text := func(rows int) string {
		var b strings.Builder
		b.WriteString("days,tier,weight,amount\n")
		for i := range rows {
			fmt.Fprintf(&b, "%d,\"a%d, b%d\",>= %d.5,%d\n", i, i, i%7, i, i%9)
		}
		return b.String()
	}
	for _, hits := range []grid.Hits{grid.Unique, grid.First, grid.Highest} {
		sheet, _ := grid.Read("t.csv", []byte(text(grid.MaxRows)))
		s := scope("USD")
		table, list := grid.Compile(sheet, s, grid.Options{Name: "t.csv", Hits: hits, Currencies: []string{"USD"}})
		if list.HasErrors() {
			t.Fatal(list)
		}
		if _, err := columnar.Compile([]ir.Node{table.When, table.Amount, table.Number}, s.Used.Slots()); err != nil {
			t.Error(err)
		}
		for _, n := range []ir.Node{table.When, table.Amount} {
			if _, err := vm.Compile(n, s.Used.Slots()); err != nil {
				t.Error(err)
			}
		}
	}
	if _, list := grid.Read("t.csv", []byte(text(grid.MaxRows+1))); len(list) != 1 || list[0].Code != "B040" {
		t.Errorf("one row too many: %v", list)
	}
	wide := strings.Repeat("days,", grid.MaxColumns) + "amount\n"
	if _, list := grid.Read("t.csv", []byte(wide)); len(list) != 1 || list[0].Code != "B040" {
		t.Errorf("one column too many: %v", list)
	}
	if _, list := grid.Read("t.csv", make([]byte, grid.MaxBytes+1)); len(list) != 1 || list[0].Code != "B040" {
		t.Errorf("one byte too many: %v", list)
	}
}

// TestManyCombinations holds that the search for gaps ends, and says so.
func TestManyCombinations(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("days,weight,tier,price,day,amount\n")
	for i := range 120 {
		fmt.Fprintf(&b, "%d..%d,%d..%d,not a%d,%d..%d,>= 20%02d-01-01,1\n", i, i+60, i*3%100, i*3%100+50, i, i*7%110, i*7%110+40, i%90+10)
	}
	b.WriteString("-,-,-,-,-,0\n")
	table, said := compiled(b.String(), "USD", grid.Options{Hits: grid.First})
	if table == nil || len(said) != 1 || !strings.Contains(said[0], "B047") {
		t.Errorf("%v", said)
	}
}

// FuzzRead holds that no bytes stop the reader or the compiler, and that what is
// said of them has a place in the file.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"days,tier,amount\n1..5,gold,2\n", "\ufeffdays;amount\r\n[1..2);1\r\n;;\r\n", "sep=;\ndays;amount\n>= 5;1,5\n", "\"days\",\"amount\"\n\"1\n2\",\"x\"\"y\"\n",
		"weight,amount\nnot null,1\n", "price USD\tamount USD\n< 5\t1\n", "tier,amount\n\"\"\"a, b\"\", c\",1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sheet, list := grid.Read("t.csv", data)
		if sheet == nil != list.HasErrors() {
			t.Fatalf("a sheet: %v, and %v", sheet != nil, list)
		}
		lines := strings.Count(strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n"), "\n") + 1
		if sheet != nil {
			sheet.Lines()
			s := scope("USD")
			table, more := grid.Compile(sheet, s, grid.Options{Name: "t.csv", Hits: grid.First, GapsAllowed: len(data) > 2000, Currencies: []string{"USD"}})
			if table == nil != more.HasErrors() {
				t.Fatalf("a table: %v, and %v", table != nil, more)
			}
			list = append(list, more...)
			if table != nil {
				if _, err := vm.Compile(table.Amount, s.Used.Slots()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, d := range list {
			if d.Pos.Line > lines || d.Pos.Line < 0 {
				t.Fatalf("%s of %d lines", d, lines)
			}
		}
	})
}

// Money that is worked out can be below zero: two rows that meet there overlap,
// and what nobody named there is a gap. An event's own money is never below zero.
func TestMoneyBelowZero(t *testing.T) {
	for text, code := range map[string]string{
		"price - 5,amount\n<= 10,1\nnot 0..10,2\n": "B044", // both fit -2
		"price - 5,amount\n>= 0,1\n":               "B045",
		"price,amount\n>= 0,1\n":                   "",
	} {
		_, said := compiled(text, "USD", grid.Options{})
		if code == "" && len(said) > 0 || code != "" && !strings.Contains(fmt.Sprint(said), code) {
			t.Errorf("%q: %v, want %q", text, said, code)
		}
	}
}
