package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/lint"
)

func column(name string, kind ir.Kind, nullable bool) rules.Column {
	return rules.Column{Name: name, Type: ir.Type{Kind: kind, Nullable: nullable}}
}

// shop has rows in two currencies, one of them without cents.
func shop() *rules.Catalog {
	return &rules.Catalog{
		Currencies: []string{"JPY", "USD"},
		Sources: []rules.Source{{
			Name: "late", CurrencyColumn: "currency", Order: "order", Customer: "customer", Value: "price",
			At: diag.Text{Source: "at"},
			Columns: []rules.Column{
				column("order", ir.String, false), column("customer", ir.String, false), column("currency", ir.String, false),
				column("price", ir.Money, false), column("at", ir.Time, false), column("days", ir.Int, false),
				column("weight", ir.Decimal, false), column("level", ir.String, false), column("code", ir.String, true),
				column("came", ir.Time, true), column("flag", ir.Bool, false),
			},
		}},
	}
}

const head = `terms: {standard: {valid_days: 30}}
tables: {caps: {USD: 10.00, JPY: 1500}, most: {USD: 50.00, JPY: 700}}
limits: [{id: most, per: customer, max_amount: {USD: 100.00, JPY: 15000}, exceed: trim}]
`

// said returns the findings of a rulebook as codes with their lines below head.
func said(t *testing.T, text string, facts lint.Facts) []string {
	t.Helper()
	if !strings.Contains(text, "terms:") {
		text = head + text
	}
	book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte(text)}})
	program, more := rules.Compile(book, shop())
	if list = append(list, more...); program == nil {
		t.Fatalf("%v\n%s", list, text)
	}
	var codes []string
	for _, d := range lint.Run(lint.Input{Program: program, Catalog: shop(), Today: calendar.Date(20_500), HasDate: true, Facts: facts}) {
		if d.Severity == diag.Error {
			t.Errorf("an error: %s", d)
		}
		if !strings.HasPrefix(d.Code, "L04") {
			codes = append(codes, d.Code)
		}
	}
	return codes
}

// conditions are pairs of conditions of rules that give the same share, with
// what is said of them.
func TestConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		whens []string
		want  []string
	}{
		{"fine", []string{`days >= 1`}, nil},
		{"bounds that touch", []string{`days >= 3 and days <= 3`}, nil},
		{"bounds that cross", []string{`days >= 4 and days <= 3`}, []string{"L020"}},
		{"whole numbers between halves", []string{`days > 1.2 and days < 1.9`}, []string{"L020"}},
		{"decimals between halves", []string{`weight > 1.2 and weight < 1.9`}, nil},
		{"two texts", []string{`level == "a" and level == "b"`}, []string{"L020"}},
		{"a text of a list", []string{`level in ["a", "b"] and level != "a"`}, nil},
		{"a list without its texts", []string{`level in ["a", "b"] and level != "a" and level not in ["b", "c"]`}, []string{"L020"}},
		{"missing and not", []string{`code == nil and (code ?? "a") == "a" and code != nil`}, []string{"L020"}},
		{"a default that fits", []string{`code == nil and (code ?? "a") == "a"`}, nil},
		{"a default that does not", []string{`code == nil and (code ?? "b") == "a"`}, []string{"L020"}},
		{"one currency only", []string{`price > most[currency] and price < caps[currency]`}, []string{"L020"}}, // USD: above 50 and below 10
		{"other columns", []string{`days > 3 and weight < 2`}, nil},
		{"opposites of two columns", []string{`came != nil and came > at and came <= at`}, []string{"L020"}},
		{"history is never below zero", []string{`credits(90) < 0`}, []string{"L020"}},
		{"always", []string{`days > 3 or days <= 3`}, []string{"L021"}},
		{"always, missing or not", []string{`code == nil or code != ""  or (code ?? "") == ""`}, []string{"L021"}},
		{"nearly always", []string{`days > 4 or days <= 3`}, nil},
		{"weekdays end at 7", []string{`weekday(date(at)) <= 7`}, []string{"L021"}},
		{"the same twice", []string{`days >= 1`, `not (days < 1)`}, []string{"L022"}},
		{"the second narrower", []string{`days >= 1`, `days >= 5 and flag`}, []string{"L022"}},
		{"the second wider", []string{`days >= 5`, `days >= 1`}, nil},
		{"by another order of parts", []string{`flag and days >= 1 and level == "a"`, `level == "a" and flag and days >= 1`}, []string{"L022"}},
		{"a part of a list", []string{`level in ["a", "b"]`, `level == "b"`}, []string{"L022"}},
		{"another subject", []string{`days >= 1`, `weight >= 5`}, nil},
		{"bands without a gap", []string{`days >= 1 and days <= 3`, `days >= 4 and days <= 7`}, nil},
		{"a gap", []string{`days >= 1 and days <= 3`, `days >= 5 and days <= 7`}, []string{"L023"}},
		{"a gap that a third rule fills", []string{`days >= 1 and days <= 3`, `days >= 5 and days <= 7`, `days == 4 and not (flag and not flag)`}, nil},
		{"no gap between decimals", []string{`weight < 2`, `weight >= 2`}, nil},
		{"a gap between decimals", []string{`weight < 2`, `weight > 2`}, []string{"L023"}},
		{"an overlap", []string{`days >= 1 and days <= 3`, `days >= 3 and days <= 7`}, []string{"L024"}},
		{"steps without an end", []string{`days >= 5`, `days >= 1`}, nil},
		{"one inside another", []string{`days >= 2 and days <= 3`, `days >= 1 and days <= 9`}, nil},
		{"bands of different rules", []string{`flag and days >= 1 and days <= 3`, `not flag and days >= 5 and days <= 7`}, nil},
		{"two weeks of a year", []string{`date(at) >= "2026-01-01" and date(at) <= "2026-01-07"`, `date(at) >= "2026-02-01" and date(at) <= "2026-02-07"`}, nil},
		{"hours and days", []string{`came != nil and hours_between(at, came) > days`}, []string{"L026"}},
		{"hours of days", []string{`came != nil and hours_between(at, came) > days * 24`}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := "rules:\n"
			for i, when := range test.whens {
				text += fmt.Sprintf("  - {id: r%d, on: late, when: '%s', amount: 0.10 * price, reason: R}\n", i, when)
			}
			if diff := cmp.Diff(test.want, said(t, text, lint.Facts{})); diff != "" {
				t.Errorf("(-want +got)\n%s%s", diff, text)
			}
		})
	}
}

// The second of two rules, which hits a part of the rows of the first, counts
// or does not by what both give.
func TestShadowedByAmount(t *testing.T) {
	t.Parallel()
	tests := []struct {
		first, second string
		hidden        bool
	}{
		{"0.10 * price", "0.10 * price", true},
		{"0.10 * price", "0.05 * price", true},
		{"0.05 * price", "0.10 * price", false},
		{"0.10 * price", "min(0.20 * price, caps[currency])", false},
		{"0.10 * price", "min(0.05 * price, caps[currency])", true},
		{"min(0.10 * price, caps[currency])", "min(0.05 * price, caps[currency])", true},
		{"min(0.10 * price, caps[currency])", "min(0.05 * price, most[currency])", false},
		{"pct(price, 10)", "0.09 * price", true},
		{"pct(price, 10)", "0.11 * price", false},
		{"caps[currency]", "min(price, caps[currency])", true},
		{"most[currency]", "caps[currency]", false}, // not in yen
		{"max(caps[currency], price)", "price", true},
		{"clamp(price, caps[currency], 2 * caps[currency])", "caps[currency]", true},
		{"flag ? price : 0.50 * price", "0.50 * price", true},
		{"flag ? price : 0.40 * price", "0.50 * price", false},
		{"weight * price", "0.01 * price", false},
	}
	for _, test := range tests {
		text := fmt.Sprintf("rules:\n  - {id: first, on: late, when: days >= 1, amount: '%s', reason: R}\n  - {id: second, on: late, when: days >= 2, amount: '%s', reason: R}\n", test.first, test.second)
		if got := slices.Contains(said(t, text, lint.Facts{}), "L022"); got != test.hidden {
			t.Errorf("%s before %s: hidden is %v", test.first, test.second, got)
		}
	}
}

// What makes a rule another one though its condition is the same.
func TestShadowedNot(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"mode: shadow", "from: 2020-01-01", "until: 2099-01-01"} {
		text := "rules:\n  - {id: first, on: late, when: days >= 1, amount: 0.10 * price, reason: R, " + more + "}\n" +
			"  - {id: second, on: late, when: days >= 1, amount: 0.05 * price, reason: R}\n"
		if got := said(t, text, lint.Facts{}); len(got) != 0 {
			t.Errorf("%s: %q", more, got)
		}
	}
	text := "rules:\n  - {id: first, on: late, when: days >= 1, amount: 0.10 * price, reason: R}\n" +
		"  - {id: second, on: late, when: days >= 1, amount: 'min(0.05 * price, caps[currency])', reason: R, uncapped: true}\n"
	if got := said(t, text, lint.Facts{}); !slices.Equal(got, []string{"L025"}) {
		t.Errorf("uncapped: %q", got)
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		amount string
		want   []string
	}{
		{"0.10 * price", nil},
		{"price", nil},
		{"1.5 * price", []string{"L010"}},
		{"min(1.5 * price, caps[currency])", nil},
		{"10 * price", []string{"L010", "L013"}},
		{"min(2 * caps[currency], price)", nil},
		{"pct(price, 12.5)", nil},
		{"pct(price, 0.125)", []string{"L013"}},
		{"pct(price, 100)", nil},
		{"clamp(price, caps[currency], most[currency])", []string{"L014"}}, // in yen the cap is the smaller one
		{"max(caps[currency], min(price, 0.5 * caps[currency]))", []string{"L014"}},
		{"max(caps[currency], price)", []string{"L010"}},
		{"days_between(\"2026-01-01\", date(as_of)) * 0.1 * price", []string{"L015"}},
		{"0 * price", []string{"L018"}},
		{"-1 * price", []string{"L018"}},
	}
	for _, test := range tests {
		text := "rules:\n  - {id: r, on: late, when: days >= 1, amount: '" + test.amount + "', reason: R}\n"
		got := said(t, text, lint.Facts{})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.amount, diff)
		}
	}
}

// Where digits stand on both sides of a comma, a decimal comma may be meant, and a
// warning of the amount says so; a space behind the comma means an argument.
func TestADecimalComma(t *testing.T) {
	t.Parallel()
	const meant = "; the comma in 0,08 parts two values: is 0.08 meant?"
	for amount, want := range map[string]int{
		"min(0,08 * price, caps[currency])":  2, // L013 and L018
		"min(0, 08 * price, caps[currency])": 0,
		"10 * price":                         0,
	} {
		book, list := rules.Parse([]rules.File{{Path: "r.yaml", Bytes: []byte(head + "rules:\n  - {id: r, on: late, when: days >= 1, amount: '" + amount + "', reason: R}\n")}})
		program, more := rules.Compile(book, shop())
		if list = append(list, more...); program == nil {
			t.Fatalf("%s: %v", amount, list)
		}
		got := 0
		for _, d := range lint.Run(lint.Input{Program: program, Catalog: shop(), Today: calendar.Date(20_500), HasDate: true}) {
			if strings.HasSuffix(d.String(), meant) {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: %d warnings say what may be meant, want %d", amount, got, want)
		}
	}
}

// Nothing is said of a name in a text that few rows were read for.
func TestFewRowsSayNothing(t *testing.T) {
	t.Parallel()
	text := "rules:\n  - {id: r, on: late, when: 'level == \"aa\" and code != nil', amount: 0.10 * price, reason: R}\n"
	facts := func(rows int64) lint.Facts {
		return lint.Facts{Sources: map[string]*lint.Table{"late": {Files: 1, Rows: rows, Columns: map[string]*lint.Column{
			"level": {Texts: map[string]bool{"a": true, "zzz": true}, Value: ir.StringValue("a")},
			"code":  {Nulls: rows, Texts: map[string]bool{}, Same: true},
		}}}}
	}
	if got := said(t, text, facts(49)); len(got) != 0 {
		t.Errorf("49 rows: %q", got)
	}
	if diff := cmp.Diff([]string{"L028", "L050"}, said(t, text, facts(50))); diff != "" {
		t.Errorf("50 rows (-want +got): %s", diff)
	}
}

// A text that no row has is said of also where rows are to have another one.
func TestTextsThatNoRowHas(t *testing.T) {
	t.Parallel()
	facts := lint.Facts{Sources: map[string]*lint.Table{"late": {Files: 1, Rows: 1000, Columns: map[string]*lint.Column{
		"level": {Texts: map[string]bool{"gold": true, "silver": true}, Value: ir.StringValue("gold")},
		"code":  {Nulls: 20, Texts: map[string]bool{"lost": true, "weather": true}, Value: ir.StringValue("lost")},
	}}}}
	for when, want := range map[string][]string{
		`level == "storm"`:                 {"L029"},
		`level != "storm"`:                 {"L029"},
		`level != "golds"`:                 {"L028"},
		`level != "gold"`:                  nil,
		`level != ""`:                      nil,
		`(code ?? "") != "storm"`:          {"L029"},
		`(code ?? "none") != "none"`:       nil,
		`not (level in ["storm", "gold"])`: {"L029"},
	} {
		text := "rules:\n  - {id: r, on: late, when: '" + when + " and days >= 1', amount: 0.10 * price, reason: R}\n"
		if diff := cmp.Diff(want, said(t, text, facts)); diff != "" {
			t.Errorf("%s (-want +got): %s", when, diff)
		}
	}
}

// What is rare may be left out by name: few rows say nothing of it.
func TestFewRowsSayNothingOfWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	facts := lint.Facts{Sources: map[string]*lint.Table{"late": {Files: 1, Rows: 999, Columns: map[string]*lint.Column{
		"level": {Texts: map[string]bool{"gold": true, "silver": true}, Value: ir.StringValue("gold")},
	}}}}
	text := "rules:\n  - {id: r, on: late, when: 'level != \"storm\" and days >= 1', amount: 0.10 * price, reason: R}\n"
	if got := said(t, text, facts); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	const text = `rules:
  # amends: allow L020, L021 because the first
  # speaks of the next line
  - id: a
    when: x   # amends: allow L022 because of y
    # amends: allow L023 because it is a block
    when: |
      one
      two
    amount: z
# amends: allow R014 because errors are fine
# amends: allow L999 because
# amends: allowed are all
`
	at := func(line int, code string, severity diag.Severity) diag.Diagnostic {
		return diag.Diagnostic{Pos: diag.Pos{File: "r.yaml", Line: line, Col: 1}, Code: code, Severity: severity}
	}
	list := diag.List{
		at(4, "L020", diag.Warning), at(5, "L020", diag.Warning), at(5, "L022", diag.Warning),
		at(9, "L023", diag.Note), at(10, "L023", diag.Warning), at(4, "L021", diag.Error),
	}
	kept, accepted := lint.Allow(list, []lint.File{{Path: "r.yaml", Text: text}}, true)
	var got []string
	for _, d := range kept {
		got = append(got, fmt.Sprintf("%d %s", d.Pos.Line, d.Code))
	}
	want := []string{"2 L001", "4 L021", "5 L020", "10 L023", "11 L002", "12 L002"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got): %s", diff)
	}
	got = nil
	for _, a := range accepted {
		got = append(got, fmt.Sprintf("%d %s %s", a.Pos.Line, a.Code, a.Because))
	}
	want = []string{"4 L020 the first", "5 L022 of y", "9 L023 it is a block"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accepted (-want +got): %s", diff)
	}
	kept, _ = lint.Allow(nil, []lint.File{{Path: "r.yaml", Text: "a: 1 # amends: allow L020 because of b"}}, false)
	if len(kept) != 0 {
		t.Errorf("of a part of the checks: %v", kept)
	}
}
