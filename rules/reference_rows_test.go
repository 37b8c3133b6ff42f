package rules

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"amends/rules/document"
	"amends/rules/ir"
)

// referenceKinds are the kinds of values: how they are written and what is
// particular to them.
func referenceKinds(t *testing.T) string {
	t.Helper()
	words := map[ir.Kind][3]string{
		ir.Bool:     {"a condition", "`true`, `false`", "it is `true` or `false`, never a number"},
		ir.Int:      {"a whole number", "`3`, `1_000`", "64 bits; becomes a decimal where one is wanted; divided by another it gives a decimal"},
		ir.Decimal:  {"a number", "`0.10`, `12.5`", "exact, six digits after the point; results are rounded at the sixth, half to even"},
		ir.Money:    {"an amount", "a column, an entry of a table by currency; a number where rows have one currency", "in the row's currency, six digits after the point; an award is rounded once, at its end, to what the currency has"},
		ir.String:   {"a text", "`\"prime\"`, `'prime'`", "capitals matter; compared byte by byte"},
		ir.Time:     {"an instant", "a column, `as_of`", "to the microsecond; not compared with a date or a text"},
		ir.Date:     {"a calendar day", "`\"2026-01-31\"` beside a date, `date(\"2026-01-31\")`, `business_date`", "a time becomes one by `date(t)`, in the row's zone"},
		ir.Duration: {"a length of time", "`hours(36)`, `days(2)`", "`days(1)` is 24 hours"},
	}
	table := newReferenceTable("kind", "is", "written", "mind")
	for kind := ir.Bool; kind <= ir.Duration; kind++ {
		row, known := words[kind]
		if !known {
			t.Errorf("the kind %s has no words", kind)
		}
		table.row(code(kind.String()), row[0], row[1], row[2])
	}
	if (ir.Duration + 1).String() != "kind(9)" {
		t.Error("there is a kind after duration")
	}
	return table.String()
}

// referenceOperators are the operations that stand between their operands, and
// the signs.
func referenceOperators(t *testing.T) string {
	t.Helper()
	examples := map[ir.Op][2]string{
		ir.OpNot:        {"not (3 > 5)", "true"},
		ir.OpNeg:        {"-item_price", "-80.00 USD"},
		ir.OpAdd:        {"2 + 3.5", "5.5"},
		ir.OpSub:        {"as_of - promised_at", "hours(126)"},
		ir.OpMul:        {"0.10 * item_price", "8.00 USD"},
		ir.OpDiv:        {"1 / 4", "0.25"},
		ir.OpEq:         {`service_level == "same-day"`, "true"},
		ir.OpNe:         {`customer.tier != "prime"`, "false"},
		ir.OpLt:         {"3 < 5", "true"},
		ir.OpLe:         {"item_price <= caps.late[currency]", "false"},
		ir.OpGt:         {"as_of - promised_at > days(5)", "true"},
		ir.OpGe:         {"business_date >= \"2026-01-15\"", "true"},
		ir.OpContains:   {`"gift-card" contains "card"`, "true"},
		ir.OpStartsWith: {`service_level startsWith "same"`, "true"},
		ir.OpEndsWith:   {`service_level endsWith "night"`, "false"},
	}
	table := newReferenceTable("operator", "example", "gives", "takes → gives", "faults")
	for _, op := range ir.Ops() {
		if !op.Infix() && op != ir.OpNot && op != ir.OpNeg {
			continue
		}
		example, known := examples[op]
		if !known || !strings.Contains(example[0], op.String()) {
			t.Errorf("the operator %s has no example", op)
			continue
		}
		claim(t, example[0], example[1])
		table.row(code(op.String()), code(example[0]), code(example[1]), takesInfix(op), faultsOf(op))
	}
	return table.String()
}

// referenceForms are what the checker builds without an operation.
func referenceForms(t *testing.T) string {
	t.Helper()
	table := newReferenceTable("form", "is", "example", "gives")
	for _, row := range [][4]string{
		{"a and b", "both; also `a && b`", `customer.tier == "prime" and item_price > caps.late[currency]`, "true"},
		{"a or b", "one of them, or both; also `a || b`", "1 > 2 or 2 > 1", "true"},
		{"x in [...]", "one of written values", `service_level in ["same-day", "next-day"]`, "true"},
		{"x not in [...]", "none of them", `customer.tier not in ["basic"]`, "true"},
		{"text matches \"...\"", "fits a written pattern (RE2)", `"AB12" matches "^[A-Z]+[0-9]+$"`, "true"},
		{"c ? a : b", "if c, a, else b", `customer.tier == "prime" ? 0.10 : 0.05`, "0.1"},
		{"x ?? y", "x, or y where x has no value", `exception_code ?? "none"`, `"none"`},
		{"x == nil", "has no value", "exception_code == nil", "true"},
		{"x != nil", "has one", "delivered_at != nil", "true"},
		{"table.key", "an entry of a table", "rates.late.standard", "0.05"},
		{"table[text]", "the entry that a text names; the fault missing-key where there is none", `caps.late[currency]`, "10.00 USD"},
		{"dimension.column", "a column of the row that joins", `customer.tier`, `"prime"`},
	} {
		claim(t, row[2], row[3])
		table.row(code(row[0]), row[1], code(row[2]), code(row[3]))
	}
	return table.String()
}

// referenceNulls shows what the checker says of values that may be missing.
func referenceNulls(t *testing.T) string {
	t.Helper()
	table := newReferenceTable("condition", "check", "why")
	for _, row := range [][3]string{
		{"delivered_at > promised_at", "R016", "it may have no value here"},
		{"delivered_at != nil and delivered_at > promised_at", "", "behind `!= nil and` it has one"},
		{"delivered_at > promised_at and delivered_at != nil", "R016", "the guard stands first"},
		{"delivered_at == nil or delivered_at > promised_at", "", "behind `== nil or` it has one"},
		{"delivered_at != nil or delivered_at > promised_at", "R016", "behind `!= nil or` it has none"},
		{"delivered_at == nil ? false : delivered_at > promised_at", "", "in the other branch it has one"},
		{"not (delivered_at == nil) and delivered_at > promised_at", "", "the same guard, turned round"},
		{"(delivered_at ?? as_of) > promised_at", "", "a default"},
		{`exception_code == "weather"`, "R016", "also for `==`: nothing is not another text"},
		{`(exception_code ?? "") == "weather"`, "", "a default"},
		{`exception_code in ["weather", "strike"]`, "R016", "also for `in`"},
		{"item_price != nil", "R017", "a warning: it always has a value, or the row is rejected"},
	} {
		_, _, list := evaluate(t, row[0])
		got := ""
		if len(list) > 0 {
			got = list[0].Code
		}
		if got != row[1] {
			t.Errorf("%s: check says %v, not %q", row[0], list, row[1])
		}
		says := "ok"
		if got != "" {
			says = got
		}
		table.row(code(row[0]), says, row[2])
	}
	return table.String()
}

// referenceFaults are the reasons why an expression has no value, each with one
// on the row that gives it.
func referenceFaults(t *testing.T) string {
	t.Helper()
	words := map[ir.FaultCode][2]string{
		ir.Overflow:       {"a number beyond 64 bits at six digits (about nine trillion), or a time or day outside the years 1 to 9999", "item_price * 1_000_000_000_000 > caps.late[currency]"},
		ir.DivideByZero:   {"something is divided by zero", "item_price / credits(30) > caps.late[currency]"},
		ir.MissingKey:     {"a table has no entry for the key", "rates.late[service_level] > 0.01"},
		ir.UnexpectedNull: {"a column is empty that is not listed under `nullable`", `category == "toys"`},
		ir.MissingRow:     {"a required dimension has no row", "order.total > caps.late[currency]"},
		ir.ConflictingRow: {"a dimension has several rows of the key, which differ", "seller.rating > 4.5"},
		ir.OutOfDomain:    {"the function does not take the value: `clamp` with its low above its high, a date plus a part of a day", "clamp(item_price, caps.late[currency], caps.small[currency]) > caps.small[currency]"},
	}
	table := newReferenceTable("fault", "when", "on the row of the examples")
	for fault := ir.Overflow; fault <= ir.OutOfDomain; fault++ {
		row, known := words[fault]
		if !known {
			t.Errorf("the fault %s has no words", fault)
			continue
		}
		if _, got, list := evaluate(t, row[1]); got == nil || got.Code != fault {
			t.Errorf("%s gives %v, not %s (%v)", row[1], got, fault, list)
		}
		table.row(code(fault.String()), row[0], code(row[1]))
	}
	return table.String()
}

// referenceKeys are the records that the parser reads by, each with those
// inside it.
func referenceKeys(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	var write func(title string, r *document.Record)
	write = func(title string, r *document.Record) {
		table := newReferenceTable("key", "is", "written", "where it is not")
		for _, key := range r.Keys {
			otherwise := key.Default
			if key.Needed {
				otherwise = "an error"
			}
			if key.Doc == "" {
				t.Errorf("%s: the key %s has no words", title, key.Name)
			}
			table.row(code(key.Name), key.Doc, writtenAs(t, &key.Shape), otherwise)
		}
		b.WriteString("### " + title + "\n\n" + table.String() + "\n")
		for _, key := range r.Keys {
			inside := &key.Shape
			if inside.Each != nil && inside.Kind != document.Texts {
				inside = inside.Each
			}
			if inside.Record != nil {
				write(key.Name, inside.Record)
			}
		}
	}
	write("a file", fileRecord)
	return b.String()
}

// writtenAs says how a value is written.
func writtenAs(t *testing.T, s *document.Shape) string {
	t.Helper()
	kinds := map[document.Kind]string{
		document.Text: "a text", document.Expression: "an expression", document.Message: "a text with names in braces",
		document.Number: "a number", document.Truth: "`true` or `false`", document.Day: "a day, `2026-11-30`", document.Texts: "one or a list",
		document.Amounts: "amounts by currency", document.List: "a list", document.ByName: "entries by name", document.Map: "keys", document.Tree: "constants by key",
		document.Whole: fmt.Sprintf("a whole number, %d to %d", s.Low, s.High), document.OneOf: "`" + strings.Join(s.Words, "`, `") + "`",
	}
	words, known := kinds[s.Kind]
	if !known {
		t.Errorf("nothing says how kind %d is written", s.Kind)
	}
	if len(s.Examples) > 0 {
		words += ": `" + s.Examples[0] + "`"
	}
	return words
}

// TestReferenceNames compiles the names that the page lists by hand, each where
// it says.
func TestReferenceNames(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	_, names, _ := strings.Cut(string(page), "\n## Names\n")
	names, _, _ = strings.Cut(names, "\n## ")
	for _, name := range []string{"as_of", "business_date", "currency", "amount", "remaining"} {
		if !strings.Contains(names, "| `"+name+"` |") {
			t.Errorf("%s does not list %s", referencePage, name)
		}
	}
	message := strings.Join(regexp.MustCompile(`\{\w+\}`).FindAllString(names, -1), " ")
	if strings.Count(message, "{") != len(strings.Fields("amount customer expires_on order reason seller source")) {
		t.Errorf("%s lists the placeholders %s", referencePage, message)
	}
	_, list := compileText(referenceTables+`terms: {standard: {valid_days: 1}}
rules:
  - {id: names, on: deliveries, when: 'as_of > promised_at and business_date > "2026-01-01" and currency == "USD"', amount: item_price, reason: R, message: "`+message+`"}
approval:
  - {id: large, when: 'amount > caps.late[currency] and business_date > "2026-01-01" and as_of > promised_at'}
void:
  - {id: back, when: 'remaining < amount and currency == "USD" and business_date > "2026-01-01"'}
`, referenceCatalog(t))
	for _, d := range list {
		t.Error(d)
	}
}
