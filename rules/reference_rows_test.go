package rules

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

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

// A referenceRecord is a place of a rulebook with keys: a file with one key that
// is nowhere makes the parser say which there are.
type referenceRecord struct {
	title string
	yaml  string // with %s where the keys stand
	keys  map[string]string
}

func referenceKeys(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, record := range referenceRecords {
		keys, needed := probe(t, record.yaml)
		table := newReferenceTable("key", "", "is")
		for _, key := range keys {
			is, known := record.keys[key]
			if !known {
				t.Errorf("%s: the key %s has no words", record.title, key)
			}
			must := ""
			if needed[key] {
				must = "required"
			}
			table.row(code(key), must, is)
		}
		if len(keys) != len(record.keys) {
			t.Errorf("%s has the keys %s, and words for %s", record.title, keys, slices.Sorted(maps.Keys(record.keys)))
		}
		b.WriteString("### " + record.title + "\n\n" + table.String() + "\n")
	}
	return b.String()
}

// probe asks the parser for the keys of a place, and which of them it misses
// where none is there.
func probe(t *testing.T, yaml string) (keys []string, needed map[string]bool) {
	t.Helper()
	_, list := Parse([]File{{Path: "probe.yaml", Bytes: []byte(strings.ReplaceAll(yaml, "%s", "qqqqqqqqqqqq: 1"))}})
	needed = map[string]bool{}
	for _, d := range list {
		if _, all, ok := strings.Cut(d.Hint, " the keys "); ok && strings.Contains(d.Message, "qqqqqqqqqqqq") {
			keys = strings.Split(all, ", ")
		}
		if key, ok := strings.CutSuffix(strings.TrimPrefix(d.Message, `the key "`), `" is missing`); ok {
			needed[key] = true
		}
	}
	if len(keys) == 0 {
		t.Errorf("the parser does not say which keys %s can have: %v", yaml, list)
	}
	return keys, needed
}

var referenceRecords = []referenceRecord{
	{"a file", "%s\n", map[string]string{
		"rules": "when, and how much", "tables": "constants by key and by currency", "define": "names for expressions, by source",
		"terms": "conditions of credits, by name", "exclude": "who gets nothing though a rule fits", "combine": "of several incidents of one order: `highest` (where nothing is said) or `sum`",
		"limits": "caps per customer or order", "approval": "what waits for a person", "hold_days": "how many days it waits, 1 to 3650; default 14",
		"min_award": "by currency: a limit that leaves less denies; default one minor unit", "budgets": "caps on a night, a rule or a seller", "guardrails": "a night out of the ordinary holds its awards",
		"void": "open credits to take back",
	}},
	{"rules", "rules:\n  - {%s}\n", map[string]string{
		"id": "a-z, 0-9 and -; on every credit and report", "on": "one source", "when": "a condition", "amount": "what is given; or `table`",
		"table": "a CSV file beside this one: a [decision table](TABLES.md); then `when` may be left out", "hits": "of a decision table: `unique` (where nothing is said), `first` or `highest`", "gaps": "of a decision table: `reported` (where nothing is said) or `allowed`",
		"reason": "a code, such as DELIVERY_LATE", "terms": "the name of terms; default `standard`", "funding": "`platform` (where nothing is said), `seller`, or an expression that gives one of them",
		"priority": "a whole number; lower goes first where money is short; default 100", "mode": "`live` (where nothing is said) or `shadow`: reported, never paid",
		"from": "the first business date", "until": "the last business date", "uncapped": "`true`: may be above the event's value", "message": "what the customer reads, at most 2,000 bytes",
	}},
	{"terms", "terms:\n  standard: {%s}\n", map[string]string{
		"valid_days": "usable through the day effective date + so many; this or `expires_on`", "expires_on": "the last usable day", "min_valid_days": "with `expires_on`: never fewer days than these",
		"min_purchase": "by currency", "categories": "`only` and `except`, lists of categories", "sold_by": "`first-party` or `third-party`; default any",
		"stackable": "`false`: alone in a purchase; default `true`", "remind_days": "in expiring.parquet so many days before the end",
	}},
	{"categories", "terms:\n  standard:\n    categories: {%s}\n", map[string]string{"only": "nothing but these", "except": "not these"}},
	{"exclude", "exclude:\n  - {%s}\n", map[string]string{"id": "the reason: `excluded:ID`", "on": "one or several sources; default all", "when": "a condition"}},
	{"limits", "limits:\n  - {%s}\n", map[string]string{
		"id": "stands in decisions as `limited_by`", "per": "`customer` or `order`", "window_days": "so many days back, tonight's included; default as far as history goes",
		"max_count": "credits; 0 is none", "max_amount": "by currency; one of the two, or both", "exceed": "`trim` to what is left, `deny` or `hold`",
	}},
	{"approval", "approval:\n  - {%s}\n", map[string]string{"id": "the cause of the hold", "on": "one or several sources; default all", "when": "a condition; `amount` is what would be given"}},
	{"budgets", "budgets:\n  - {%s}\n", map[string]string{"id": "the cause", "per": "`run`, `rule` or `seller`", "max_amount": "by currency", "exceed": "`hold` or `deny`"}},
	{"guardrails", "guardrails: {%s}\n", map[string]string{
		"max_amount_vs_median": "so many times the median night", "median_days": "of so many nights; default 28", "min_history": "from so many nights on; default 7", "max_amount": "of a night, by currency",
	}},
	{"void", "void:\n  - {%s}\n", map[string]string{"id": "why", "when": "a condition on dimensions, `amount` and `remaining`"}},
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
