package rules

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amends/rules/calendar"
	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// referencePage is what authors look things up in. Its words are written by
// hand; what stands between <!-- NAME --> and <!-- end --> is made here.
const referencePage = "REFERENCE.md"

// TestReference holds the page to the tables of the checker, the evaluator and
// the parser. UPDATE_DOCS=1 rewrites it.
func TestReference(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(referencePage)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]func(*testing.T) string{
		"row": referenceRowTable, "kinds": referenceKinds, "operators": referenceOperators, "forms": referenceForms,
		"functions": referenceFunctions, "nulls": referenceNulls, "faults": referenceFaults, "keys": referenceKeys,
	}
	parts := regexp.MustCompile(`(?s)<!-- (\w+) -->\n(.*?)<!-- end -->`)
	got := parts.ReplaceAllFunc(page, func(part []byte) []byte {
		name := string(parts.FindSubmatch(part)[1])
		build := made[name]
		if build == nil {
			t.Errorf("%s: nothing makes %s", referencePage, name)
			return part
		}
		delete(made, name)
		return fmt.Appendf(nil, "<!-- %s -->\n%s<!-- end -->", name, build(t))
	})
	if len(made) > 0 {
		t.Errorf("%s has no place for %s", referencePage, slices.Sorted(maps.Keys(made)))
	}
	switch {
	case bytes.Equal(page, got) || t.Failed():
	case os.Getenv("UPDATE_DOCS") != "":
		if err := os.WriteFile(referencePage, got, 0o600); err != nil {
			t.Error(err)
		}
	default:
		t.Errorf("%s is not what the tables say; UPDATE_DOCS=1 go test ./rules -run TestReference rewrites it. It would be:\n%s", referencePage, firstDifference(page, got))
	}
}

func firstDifference(a, b []byte) string {
	old, fresh := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i, line := range fresh {
		if i >= len(old) || old[i] != line {
			return fmt.Sprintf("line %d: %s", i+1, line)
		}
	}
	return fmt.Sprintf("%d lines", len(fresh))
}

// A referenceSlot is a name that the examples read, with its value on their row.
type referenceSlot struct {
	name, written string // the value as the page shows it
	kind          ir.Kind
	nullable      bool
	value         ir.Value
}

func instant(t *testing.T, text string) ir.Value {
	t.Helper()
	at, err := calendar.ParseInstant(text)
	if err != nil {
		t.Fatal(err)
	}
	return ir.Value{Kind: ir.Time, I: int64(at)}
}

// referenceRow is a parcel that was promised for a Saturday evening in New York
// and came on Monday.
func referenceRow(t *testing.T) []referenceSlot {
	t.Helper()
	date, err := calendar.FromYMD(2026, 1, 15)
	if err != nil {
		t.Fatal(err)
	}
	timeOf := func(text string) ir.Value { return instant(t, text) }
	amount := func(cents int64) ir.Value { return ir.Value{Kind: ir.Money, I: cents * 10_000} }
	return []referenceSlot{
		{"item_price", "80.00 USD", ir.Money, false, amount(8000)},
		{"promised_at", "2026-01-10T23:00:00Z, Saturday 18:00 in New York", ir.Time, false, timeOf("2026-01-10T23:00:00Z")},
		{"delivered_at", "2026-01-12T17:00:00Z", ir.Time, true, timeOf("2026-01-12T17:00:00Z")},
		{"exception_code", "no value", ir.String, true, ir.Value{}},
		{"service_level", `"same-day"`, ir.String, false, ir.StringValue("same-day")},
		{"category", "no value, though the workspace does not list it under `nullable`", ir.String, false, ir.Value{}},
		{"customer.tier", `"prime"`, ir.String, false, ir.StringValue("prime")},
		{"order.total", "no row in the orders, which are required", ir.Money, false, ir.FaultValue(ir.MissingRow)},
		{"seller.rating", "two rows in the sellers, which differ", ir.Decimal, false, ir.FaultValue(ir.ConflictingRow)},
		{"as_of", "2026-01-16T05:00:00Z, the midnight that ends the business date in New York", ir.Time, false, timeOf("2026-01-16T05:00:00Z")},
		{"business_date", "2026-01-15", ir.Date, false, ir.Value{Kind: ir.Date, I: int64(date)}},
		{"credits(90)", "1", ir.Int, false, ir.Value{Kind: ir.Int, I: 1}},
		{"credited(90)", "5.00 USD", ir.Money, false, amount(500)},
		{"credits(30)", "0", ir.Int, false, ir.Value{Kind: ir.Int}},
	}
}

// referenceTables are the constants of the examples.
const referenceTables = `tables:
  caps: {late: {USD: 10.00}, small: {USD: 2.00}}
  rates: {late: {standard: 0.05, economy: 0.02}}
`

func referenceRowTable(t *testing.T) string {
	t.Helper()
	table := newReferenceTable("name", "kind", "on the row of the examples")
	for _, s := range referenceRow(t) {
		kind := ir.Type{Kind: s.kind, Nullable: s.nullable}
		table.row("`"+s.name+"`", kind.String(), s.written)
	}
	return table.String() + "\n```yaml\n" + referenceTables + "```\n"
}

// referenceCatalog is a source with the names of the row.
func referenceCatalog(t *testing.T) *Catalog {
	t.Helper()
	source := Source{
		Name: "deliveries", Currency: "USD", Order: "order_id", Customer: "customer_id", Seller: "seller_id",
		Since: "promised_at", Value: "item_price", At: diag.Text{Source: "promised_at", Parts: []diag.Part{{}}},
	}
	for _, key := range []string{"order_id", "customer_id", "seller_id"} {
		source.Columns = append(source.Columns, Column{Name: key, Type: ir.Type{Kind: ir.String}})
	}
	dimensions := map[string]*Dimension{}
	for _, s := range referenceRow(t) {
		c := Column{Name: s.name, Type: ir.Type{Kind: s.kind, Nullable: s.nullable}}
		dimension, field, isField := strings.Cut(s.name, ".")
		switch {
		case isField:
			c.Name = field
			dimensions[dimension] = &Dimension{Name: dimension, On: dimension + "_id", Required: true, Columns: []Column{c}}
		case s.name != "as_of" && s.name != "business_date" && !strings.Contains(s.name, "("):
			source.Columns = append(source.Columns, c)
		}
	}
	catalog := &Catalog{Sources: []Source{source}}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		catalog.Dimensions = append(catalog.Dimensions, *dimensions[name])
	}
	return catalog
}

// evaluate gives the value of a condition on the row, or its fault, or what the
// checker has against it.
func evaluate(t *testing.T, condition string) (ir.Value, *ir.Fault, diag.List) {
	t.Helper()
	text := referenceTables + "terms: {standard: {valid_days: 1}}\nrules:\n  - id: example\n    on: deliveries\n    amount: item_price\n    reason: R\n    when: |-\n      " + condition + "\n"
	program, list := compileText(text, referenceCatalog(t))
	if program == nil {
		return ir.Value{}, nil, list
	}
	s := program.Sources["deliveries"]
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	row := &ir.Row{Currency: "USD", Zone: zone}
	for _, slot := range s.Slots {
		var value ir.Value
		for _, known := range referenceRow(t) {
			if known.name == slot.Name {
				value = known.value
			}
		}
		row.Values = append(row.Values, value)
	}
	value, fault := s.Rules[0].When.Eval(row)
	return value, fault, list
}

// claim fails where an example does not give what the page says. An amount is
// written 8.00 USD; anything else as rules write it.
func claim(t *testing.T, example, gives string) {
	t.Helper()
	value, fault, list := evaluate(t, "("+example+") == ("+strings.TrimSuffix(gives, " USD")+")")
	if fault != nil || value.I != 1 || list.HasErrors() {
		t.Errorf("%s does not give %s: %v %v", example, gives, fault, list)
	}
}

type referenceTable struct {
	strings.Builder
}

func newReferenceTable(columns ...string) *referenceTable {
	var table referenceTable
	table.row(columns...)
	table.row(slices.Repeat([]string{"---"}, len(columns))...)
	return &table
}

func (r *referenceTable) row(cells ...string) {
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	r.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func code(text string) string { return "`" + text + "`" }

// takes are the ways to call an operation, in the checker's words.
func takes(op ir.Op) string {
	var same []string
	var others []string
	variadic := ""
	for _, s := range op.Signatures() {
		alike := len(s.Args) > 0 && s.Result == s.Args[0]
		words := make([]string, len(s.Args))
		for i, kind := range s.Args {
			words[i] = kind.String()
			alike = alike && kind == s.Args[0]
		}
		if s.Variadic {
			variadic = ", ..."
		}
		if alike {
			same = append(same, s.Args[0].String())
		} else {
			others = append(others, strings.Join(words, ", ")+" → "+s.Result.String())
		}
	}
	switch {
	case len(same) == 1:
		args := slices.Repeat(same, len(op.Signatures()[0].Args))
		others = append([]string{strings.Join(args, ", ") + variadic + " → " + same[0]}, others...)
	case len(same) > 1:
		n := len(op.Signatures()[0].Args)
		word := map[int]string{1: "", 2: "two of one kind: ", 3: "three of one kind: "}[n]
		if variadic != "" {
			word = "two or more of one kind: "
		}
		others = append([]string{word + strings.Join(same, ", ") + " → the same"}, others...)
	}
	return strings.Join(others, "; ")
}

// comparisons are shortened: they take two of any kind.
func takesInfix(op ir.Op) string {
	kinds := []string{}
	for _, s := range op.Signatures() {
		if len(s.Args) != 2 || s.Args[0] != s.Args[1] || s.Result != ir.Bool {
			return takes(op)
		}
		kinds = append(kinds, s.Args[0].String())
	}
	if len(kinds) == 1 {
		return takes(op)
	}
	return "two of one kind: " + strings.Join(kinds, ", ") + " → bool"
}

// faultsOf are the faults that an operation gives, found by trying values at the
// ends of each kind.
func faultsOf(op ir.Op) string {
	const most, least = 1<<63 - 1, -1 << 63
	ends := map[ir.Kind][]int64{
		ir.Bool: {0, 1}, ir.Int: {least, -1, 0, 1, 3, most}, ir.String: {0}, ir.Date: {least, -1, 0, 1, most},
	}
	for _, kind := range []ir.Kind{ir.Decimal, ir.Money, ir.Time, ir.Duration} {
		ends[kind] = []int64{least, -1_000_000, 0, 1, 1_000_000, most}
	}
	found := map[string]bool{}
	for _, s := range op.Signatures() {
		var try func(args []ir.Value)
		try = func(args []ir.Value) {
			if len(args) == len(s.Args) {
				if _, fault := scalar.Apply(op, args, nil); fault != ir.NoFault {
					found[fault.String()] = true
				}
				return
			}
			kind := s.Args[len(args)]
			values := ends[kind]
			if op == ir.OpRound && len(args) == 1 {
				values = []int64{0, scalar.MinRoundDigits, scalar.MaxRoundDigits} // others are refused by check
			}
			for _, i := range values {
				try(append(slices.Clone(args), ir.Value{Kind: kind, I: i}))
			}
		}
		try(nil)
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), ", ")
}

func referenceFunctions(t *testing.T) string {
	t.Helper()
	of := map[string]ir.Op{}
	for _, op := range ir.Ops() {
		if !op.Infix() {
			of[op.String()] = op
		}
	}
	history := map[string]string{"credits": "a written number of days, 1 to 3660 → int", "credited": "a written number of days, 1 to 3660 → money"}
	table := newReferenceTable("function", "is", "example", "gives", "takes → gives", "faults")
	for _, f := range check.Functions() {
		claim(t, f.Example, f.Gives)
		if !strings.Contains(f.Example, f.Name+"(") {
			t.Errorf("the example of %s is %s", f.Name, f.Example)
		}
		how, faults := history[f.Name], ""
		if op, known := of[f.Name]; known {
			how, faults = takes(op), faultsOf(op)
		} else if how == "" {
			t.Errorf("nothing says what %s takes", f.Name)
		}
		table.row(code(f.Usage), f.Does, code(f.Example), code(f.Gives), how, faults)
	}
	return table.String()
}
