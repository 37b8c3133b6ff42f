package ruletest_test

import (
	"slices"
	"strings"
	"testing"

	"amends/pipeline/ruletest"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
)

// cutOffBook compares in each way that a rulebook can.
const cutOffBook = `
tables:
  floors: {USD: 20.00, vip: {USD: 5.00}}
  names: {a: "3"}
terms: {standard: {valid_days: 30}}
define:
  s:
    limit: "3"
    late: n >= 1 and n < limit
    unused: n > 99
exclude:
  - {id: small, on: [s, z], when: p < 0.50}
rules:
  - {id: r, on: s, when: 'late and p > floors.USD and (d * 2.5 >= m or at + hours(48) < as_of)', amount: 0.10 * p, reason: R}
  - {id: q, on: s, when: 'late and credits(90) <= 2 and m == 7 and d - 2.50 > -5', amount: p > 1000 ? 1 : 2, reason: R}
approval:
  - {id: large, when: amount > 12_000}
`

// cutOffTable has borders between whole numbers and between amounts.
const cutOffTable = `n,p,percent of p
1..3,-,5
[4..8),< 50.00,10
[4..8),>= 50.00,8
> 7,<= 20,12
> 7,> 20,11
`

// cutOffTableBelow has borders below zero.
const cutOffTableBelow = "n,percent of p\n< -5,4\n-5..1,5\n2..5,10\n> 5,8\n"

// cutOffs compiles a rulebook on a source of a number of each kind.
func cutOffs(t *testing.T, text string) (*rules.Catalog, []*ruletest.CutOff) {
	t.Helper()
	book, list := rules.Parse([]rules.File{{Path: "a.yaml", Bytes: []byte(text)}, {Path: "t.csv", Bytes: []byte(cutOffTable)}, {Path: "below.csv", Bytes: []byte(cutOffTableBelow)}})
	at := diag.Text{Source: "at", Parts: []diag.Part{{Pos: diag.Pos{File: "amends.yaml", Line: 1, Col: 1}}}}
	column := func(name string, kind ir.Kind) rules.Column {
		return rules.Column{Name: name, Type: ir.Type{Kind: kind}}
	}
	source := rules.Source{
		Name: "s", Currency: "USD", Customer: "c", Since: "at", Value: "p", At: at,
		Columns: []rules.Column{column("n", ir.Int), column("m", ir.Int), column("d", ir.Decimal), column("p", ir.Money), column("c", ir.String), column("at", ir.Time)},
	}
	other := source // exclusions and approvals are about it too
	other.Name = "z"
	catalog := &rules.Catalog{Currencies: []string{"USD"}, Sources: []rules.Source{source, other}}
	program, more := rules.Compile(book, catalog)
	if list = append(list, more...); list.HasErrors() {
		t.Fatal(list)
	}
	return catalog, ruletest.CutOffs(program)
}

func TestCutOffs(t *testing.T) {
	t.Parallel()
	want := []string{
		"define late | n >= 1 | int | for r, q | 0 2 6",
		"define limit | 3 | int | for r, q | 2 4 8",
		"table floors.USD | p > floors.USD | money | for r | 18.00 19.99 20.01 22.00",
		"rule r | d * 2.5 >= m | decimal | for r | not a bound",
		"rule r | at + hours(48) < as_of | duration | for r | 46 47 49 50",
		"rule q | credits(90) <= 2 | int | for q | 1 3 7",
		"rule q | m == 7 | int | for q | not a bound",
		"rule q | d - 2.50 > -5 | decimal | for q | not a bound", // 2.50
		"rule q | d - 2.50 > -5 | decimal | for q | -6 -4",
		"exclusion small | p < 0.50 | money | for  | 0.45 0.49 0.51 0.55",
		"approval large | amount > 12_000 | money | for  | not a bound",
		"table floors.vip.USD |  | decimal | for  | not a bound",
	}
	_, list := cutOffs(t, cutOffBook)
	got := make([]string, len(list))
	for i, c := range list {
		near := "not a bound"
		if c.Bound {
			near = strings.Join(c.Neighbours(), " ")
		}
		got[i] = strings.Join([]string{c.Of, c.Text(), c.Kind.String(), "for " + strings.Join(c.Rules, ", "), near}, " | ")
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// A border of a decision table moves with every cell on it.
func TestCutOffsOfATable(t *testing.T) {
	t.Parallel()
	const book = "terms: {standard: {valid_days: 30}}\nrules: [{id: r, on: s, when: n < 50, table: t.csv, gaps: allowed, reason: R}]\n"
	catalog, list := cutOffs(t, book)
	want := []string{
		"column n of t.csv | n 1..3 | 1 | 0 2 6", "column n of t.csv | n 1..3 | 3 | 2 4 8", "column n of t.csv | n [4..8) | 8 | 3 7 9 13",
		"column p of t.csv | p < 50.00 | 50.00 | 45.00 49.99 50.01 55.00", "column p of t.csv | p <= 20 | 20 | 18 19 21 22", "rule r | n < 50 | 50 | 45 49 51 55",
	}
	var got []string
	for _, c := range list {
		got = append(got, strings.Join([]string{c.Of, c.Text(), c.Number, strings.Join(c.Neighbours(), " ")}, " | "))
		if !c.Bound || !slices.Equal(c.Rules, []string{"r"}) {
			t.Errorf("%s %s: bound %t, rules %q", c.Of, c.Text(), c.Bound, c.Rules)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for i, c := range []struct{ to, before, after string }{
		1: {"2", "1..3,-,5\n[4..8),<", "1..2,-,5\n[3..8),<"}, 2: {"9", "[4..8)", "[4..9)"}, 3: {"45", "50.00", "45.00"}, 4: {"25.50", " 20,1", " 25.50,1"},
	} {
		if c.to == "" {
			continue
		}
		edited := strings.ReplaceAll(cutOffTable, c.before, c.after)
		switch i { // the other sides of the borders
		case 1:
			edited = strings.ReplaceAll(edited, "[4..8)", "[3..8)")
		case 2:
			edited = strings.ReplaceAll(edited, "> 7", "> 8")
		}
		program, diags := rules.Compile(list[i].With(c.to), catalog)
		if diags.HasErrors() {
			t.Errorf("%s: %v", c.to, diags)
			continue
		}
		other, diags := rules.Parse([]rules.File{{Path: "a.yaml", Bytes: []byte(book)}, {Path: "t.csv", Bytes: []byte(edited)}})
		written, more := rules.Compile(other, catalog)
		if append(diags, more...).HasErrors() {
			t.Fatal(diags, more)
		}
		if got, want := ruletest.Meaning(program), ruletest.Meaning(written); got != want {
			t.Errorf("%s for %s means\n%s\nand written so\n%s", c.to, list[i].Number, got, want)
		}
	}
	s, err := ruletest.ParseSweep("r: p < 40..60 step 10")
	if err != nil || !s.Fits(list[3]) || !list[3].Swept("r") || list[1].Swept("r") {
		t.Errorf("%v; a comparison of a table can be swept, and the end of a band cannot", err)
	}
}

// The border at -5 is one, and that at 5 another.
func TestCutOffsOfATableBelowZero(t *testing.T) {
	t.Parallel()
	const book = "terms: {standard: {valid_days: 30}}\nrules: [{id: r, on: s, table: below.csv, reason: R}]\n"
	catalog, list := cutOffs(t, book)
	want := []string{"n < -5 | -5 | -10 -6 -4 0", "n -5..1 | 1 | 0 2 6", "n 2..5 | 5 | 0 4 6 10"}
	var got []string
	for _, c := range list {
		got = append(got, strings.Join([]string{c.Text(), c.Number, strings.Join(c.Neighbours(), " ")}, " | "))
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	edited := strings.ReplaceAll(strings.ReplaceAll(cutOffTableBelow, "< -5", "< -3"), "-5..1", "-3..1")
	program, diags := rules.Compile(list[0].With("-3"), catalog)
	other, more := rules.Parse([]rules.File{{Path: "a.yaml", Bytes: []byte(book)}, {Path: "below.csv", Bytes: []byte(edited)}})
	written, last := rules.Compile(other, catalog)
	if diags = append(append(diags, more...), last...); diags.HasErrors() {
		t.Fatal(diags)
	}
	if got, want := ruletest.Meaning(program), ruletest.Meaning(written); got != want {
		t.Errorf("-3 means\n%s\nand written so\n%s", got, want)
	}
}

// With another number the rulebook says what its author would have written.
func TestACutOffWithAnotherNumber(t *testing.T) {
	t.Parallel()
	catalog, list := cutOffs(t, cutOffBook)
	for name, c := range map[string]struct{ before, after string }{
		"late: n >= 5..5":                             {"n >= 1", "n >= 5"},
		"limit: 5..5":                                 {`limit: "3"`, `limit: "5"`},
		"floors.USD: 30.00..30.00":                    {"{USD: 20.00", "{USD: 30.00"},
		"r: at + hours(10..10) < as_of":               {"hours(48)", "hours(10)"},
		"q: credits(90) <= 1..1":                      {"credits(90) <= 2", "credits(90) <= 1"},
		"q: d - 2.50 > -7..-7":                        {"> -5", "> -7"},
		"q: d - 2.50 > 0..0":                          {"> -5", "> 0"},
		"q: d -1.50..1.50 > -5":                       {"d - 2.50", "d - 1.50"},
		"small: p < 0.75..0.75":                       {"p < 0.50", "p < 0.75"},
		"large: amount  >  15_000..15_000  step  10 ": {"12_000", "15000"},
		"floors.vip.USD: 6..6":                        {"vip: {USD: 5.00}", "vip: {USD: 6}"},
	} {
		s, err := ruletest.ParseSweep(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		fits := slices.DeleteFunc(slices.Clone(list), func(c *ruletest.CutOff) bool { return !s.Fits(c) })
		if len(fits) != 1 || len(s.Values) != 1 {
			t.Errorf("%s: fits %d comparisons, has the values %q", name, len(fits), s.Values)
			continue
		}
		program, diags := rules.Compile(fits[0].With(s.Values[0]), catalog)
		if diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		edited := strings.Replace(cutOffBook, c.before, c.after, 1)
		if edited == cutOffBook {
			t.Fatalf("%s: the rulebook has no %q", name, c.before)
		}
		book, _ := rules.Parse([]rules.File{{Path: "a.yaml", Bytes: []byte(edited)}})
		other, _ := rules.Compile(book, catalog)
		if got, want := ruletest.Meaning(program), ruletest.Meaning(other); got != want {
			t.Errorf("%s means\n%s\nand written so\n%s", name, got, want)
		}
	}
}

func TestWhatASweepTries(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"r: n >= 1..3":                                "1 2 3",
		"r: p > 20..30 step 2.50":                     "20.00 22.50 25.00 27.50 30.00",
		"r: p > 0.05..0.08":                           "0.05 0.06 0.07 0.08",
		"r: n >= 1..10 step 4":                        "1 5 9",
		"r: n >= -2..1":                               "-2 -1 0 1",
		"r: d > -0.50..-0.45 step 0.05":               "-0.50 -0.45",
		"r: n >= 7 .. 7":                              "7",
		"r: n >= 9223372036854..9223372036854 step 5": "9223372036854", // the largest: no step more is a number
		"r: p > 1_000..2_000 step 500":                "1000 1500 2000",
	} {
		s, err := ruletest.ParseSweep(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := strings.Join(s.Values, " "); got != want {
			t.Errorf("%s tries %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"r":                         "want the name of a rule",
		": n >= 1..2":               "want the name of a rule",
		"r: n >= 1":                 "has no range",
		"r: n >= 1..2 and n < 3..4": "has 2 ranges",
		"r: n >= 2..1":              "write the lower number first",
		"r: n >= 1..51":             "is 51 numbers, at most 50 are tried: say how far apart they are, such as step 2",
		"r: n >= 1..20000":          "such as step 500",
		"r: n >= -1..-2":            "write the lower number first",
		"r: n >= -9223372036854..9223372036854 step 9223372036854": "is too far",
		"r: n >= 1..2 step 0":             "step 0: want more than 0",
		"r: n >= 1..2 step x":             `"x" is no number`,
		"r: n >= 1..2.1234567":            `"2.1234567" is no number`,
		"r: n >= 1..99999999999999999999": "is no number",
	} {
		if _, err := ruletest.ParseSweep(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
