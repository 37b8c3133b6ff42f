package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
)

func leaf(v ir.Value) *ir.Table { return ir.NewLeaf(v) }

func whole(i int64) *ir.Table { return leaf(ir.Value{Kind: ir.Int, I: i}) }

func decimal(millionths int64) *ir.Table { return leaf(ir.Value{Kind: ir.Decimal, I: millionths}) }

type level = map[string]*ir.Table

func tables() map[string]*ir.Table {
	return map[string]*ir.Table{
		"caps": ir.NewTable(level{
			"late":   ir.NewTable(level{"USD": whole(10), "GBP": decimal(8_500_000), "JPY": whole(1500)}),
			"review": ir.NewTable(level{"USD": whole(100), "GBP": whole(80), "JPY": whole(15000)}),
		}),
		"rates": ir.NewTable(level{
			"de": ir.NewTable(level{"express": decimal(500_000), "post": whole(1)}),
			"fr": ir.NewTable(level{"post": decimal(250_000)}),
		}),
		"days": ir.NewTable(level{"de": whole(2), "fr": whole(3)}),
		"reply": ir.NewTable(level{
			"de": leaf(ir.StringValue("Hallo")), "fr": leaf(ir.StringValue("Salut"))}),
		"mixed": ir.NewTable(level{"de": whole(1), "fr": leaf(ir.StringValue("x"))}),
	}
}

// scope has rows of several currencies, or of the one given.
func scope(currency string) *check.Scope {
	s := &check.Scope{
		Slots:      map[string]ir.Slot{},
		Dimensions: map[string]bool{"customer": true, "item": true},
		Tables:     tables(),
		Defines:    map[string]ir.Node{},
		Currency:   currency,
		History:    currency == "",
		Used:       &ir.SlotSet{},
	}
	if currency == "" {
		s.CurrencySlot = "ccy"
		s.Slots["ccy"] = ir.Slot{Name: "ccy", Type: ir.Type{Kind: ir.String}, Origin: ir.FromColumn}
	}
	for _, column := range []struct {
		name     string
		kind     ir.Kind
		nullable bool
	}{
		{"item_price", ir.Money, false}, {"refund", ir.Money, true},
		{"days_late", ir.Int, false}, {"stars", ir.Int, true}, {"weight", ir.Decimal, false},
		{"country", ir.String, false}, {"note", ir.String, true},
		{"arrived", ir.Bool, false}, {"fragile", ir.Bool, true},
		{"promised_at", ir.Time, false}, {"delivered_at", ir.Time, true}, {"as_of", ir.Time, false},
		{"ship_date", ir.Date, false}, {"due_date", ir.Date, true},
		{"customer.tier", ir.String, false}, {"customer.abuse_flag", ir.Bool, false}, {"item.note", ir.String, true},
	} {
		s.Slots[column.name] = ir.Slot{Name: column.name, Type: ir.Type{Kind: column.kind, Nullable: column.nullable}, Origin: ir.FromColumn}
	}
	return s
}

func text(source string) diag.Text {
	return diag.Text{Source: source, Parts: []diag.Part{{Pos: diag.Pos{File: "r.yaml", Line: 1, Col: 1}, Line: source}}}
}

// wanted is one line of a case: a caret and what stands after it.
type wanted struct {
	col  int
	code string
	text string
}

func parseWanted(t *testing.T, line string) wanted {
	t.Helper()
	caret := strings.IndexByte(line, '^')
	code, words, ok := strings.Cut(strings.TrimSpace(line[caret+1:]), " ")
	if caret < 0 || !ok || strings.Trim(line[:caret], ".") != "" {
		t.Fatalf("malformed expectation %q", line)
	}
	return wanted{col: caret + 1, code: code, text: words}
}

// Each file of testdata/bad has cases apart by empty lines: an expression, and
// below it each diagnostic that is wanted. There may be no other error.
func TestBadExpressions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		bytes, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		currency := ""
		if filepath.Base(file) == "single.txt" {
			currency = "USD"
		}
		for _, block := range strings.Split(string(bytes), "\n\n") {
			lines := strings.Split(strings.TrimSpace(block), "\n")
			if strings.HasPrefix(lines[0], "#") {
				continue
			}
			t.Run(lines[0], func(t *testing.T) {
				t.Parallel()
				badExpression(t, currency, lines)
			})
		}
	}
}

func badExpression(t *testing.T, currency string, lines []string) {
	node, list := check.Expr(text(lines[0]), scope(currency), check.Want{})
	if node != nil {
		t.Errorf("a node was returned beside errors")
	}
	var got []diag.Diagnostic
	for _, d := range list {
		if d.Severity == diag.Error {
			got = append(got, d)
		}
	}
	if len(got) != len(lines)-1 {
		t.Fatalf("%d diagnostics, want %d:\n%v", len(got), len(lines)-1, list)
	}
	for i, line := range lines[1:] {
		want := parseWanted(t, line)
		shown := fmt.Sprintf("%s; %s", got[i].Message, got[i].Hint)
		if got[i].Pos.Col != want.col || got[i].Code != want.code || !strings.Contains(shown, want.text) {
			t.Errorf("got %s\nwant col %d %s ...%s...", got[i], want.col, want.code, want.text)
		}
		if strings.Contains(shown, "{") && !strings.Contains(shown, "{...}") || strings.HasSuffix(strings.TrimSpace(got[i].Message), ";") {
			t.Errorf("a placeholder is left: %s", shown)
		}
	}
}
