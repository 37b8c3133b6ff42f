package ruletest_test

import (
	"testing"

	"amends/pipeline/ruletest"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/ir"
)

// meaning compiles a rule with a condition.
func meaning(t *testing.T, when string) string {
	t.Helper()
	book, list := rules.Parse([]rules.File{{Path: "a.yaml", Bytes: []byte(`
terms: {standard: {valid_days: 30}}
define: {s: {late: n >= 1}}
rules:
  - id: r
    on: s
    amount: p
    reason: R
    when: |
      ` + when + "\n")}})
	at := diag.Text{Source: "at", Parts: []diag.Part{{Pos: diag.Pos{File: "amends.yaml", Line: 1, Col: 1}}}}
	column := func(name string, kind ir.Kind) rules.Column {
		return rules.Column{Name: name, Type: ir.Type{Kind: kind}}
	}
	program, more := rules.Compile(book, &rules.Catalog{Currencies: []string{"USD"}, Sources: []rules.Source{{
		Name: "s", Currency: "USD", Customer: "c", Since: "at", Value: "p", At: at,
		Columns: []rules.Column{column("n", ir.Int), column("m", ir.Int), column("d", ir.Decimal), column("p", ir.Money), column("c", ir.String), column("at", ir.Time)},
	}}})
	if list = append(list, more...); list.HasErrors() {
		t.Fatal(list)
	}
	return ruletest.Meaning(program)
}

func TestWhatMeansTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"n > 3", "n >= 4", true},
		{"n <= 3", "n < 4", true},
		{"n > 3", "n >= 3", false},
		{"d > 3", "d >= 4", false}, // between them there are numbers
		{"late", "n >= 1", true},
		{"n + m > 3", "m + n > 3", true},
		{"n - m > 3", "m - n > 3", false},
		{"n > 1 + 2", "n > 3", true},
		{"d > 1 / 2", "d > 0.5", true},
		{"n == m", "m == n", true},
		{"n > m", "m > n", false},
		{"n > 9223372036854775807", "n >= 9223372036854775807", false},
		{"n > 1 and m > 1", "n > 1 or m > 1", false},
		{"min(n, m) > 1", "max(n, m) > 1", false},
		{`c in ["a", "b"]`, `c in ["a"]`, false},
	} {
		if same := meaning(t, c.a) == meaning(t, c.b); same != c.same {
			t.Errorf("%s and %s: %t", c.a, c.b, same)
		}
	}
}
