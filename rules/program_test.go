package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/rules/ir"
)

// mustCompile compiles a rulebook without findings.
func mustCompile(t *testing.T, text string, catalog *Catalog) *Program {
	t.Helper()
	program, list := compileText(text, catalog)
	for _, d := range list {
		t.Errorf("unexpected diagnostic: %s", d)
	}
	if program == nil {
		t.FailNow()
	}
	return program
}

// row makes a row of values by slot name; slots that it does not name are null.
func row(slots []ir.Slot, currency string, values map[string]ir.Value) *ir.Row {
	r := &ir.Row{Values: make([]ir.Value, len(slots)), Currency: currency}
	for i, slot := range slots {
		r.Values[i] = values[slot.Name]
	}
	return r
}

func names(slots []ir.Slot) []string {
	var all []string
	for _, slot := range slots {
		all = append(all, slot.Name)
	}
	return all
}

func dollarsOf(millionths int64) ir.Value { return ir.Value{Kind: ir.Money, I: millionths} }

const book = `
terms: {standard: {valid_days: 30}}
tables: {rates: {gold: 0.5, basic: 0.10}}
define:
  late:
    unused: price * 3
    weeks: days_late / 7
    long: weeks >= 2
rules:
  - id: long-wait
    on: late
    when: long and credits(90) < 2
    amount: min(0.5 * price, 20)
    reason: LATE
    funding: 'days_late > 30 ? "seller" : "platform"'
    message: "{{Sorry}}, {customer}: {days_late} days late ({source}, {reason}). {amount} until {expires_on}."
exclude: [{id: tiny, when: price < 1}]
approval: [{id: large, when: amount > 15}]
void: [{id: small, when: remaining < 1 and amount > 5}]
`

func TestProgram(t *testing.T) {
	t.Parallel()
	program := mustCompile(t, book, dollars())
	late := program.Sources["late"]
	// Order of first use: at, then the definitions in use, the rule, its message,
	// exclusions, approvals. The column that only an unused definition reads
	// would stand among the definitions.
	want := []string{"at", "days_late", "credits(90)", "price", "customer_id", "amount"}
	if diff := cmp.Diff(want, names(late.Slots)); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
	values := map[string]ir.Value{
		"at": {Kind: ir.Time, I: 77}, "days_late": {Kind: ir.Int, I: 31}, "credits(90)": {Kind: ir.Int, I: 1},
		"price": dollarsOf(50_000_000), "customer_id": ir.StringValue("c1"), "amount": dollarsOf(15_000_001),
	}
	rule := late.Rules[0]
	if rule.Index != 0 || rule.Rule != &program.Book.Rules[0] {
		t.Error("the rule is not the one of the book")
	}
	tests := []struct {
		name string
		expr *Expr
		want ir.Value
	}{
		{"at", late.At, ir.Value{Kind: ir.Time, I: 77}},
		{"when", rule.When, ir.BoolValue(true)},
		{"amount", rule.Amount, dollarsOf(20_000_000)}, // half of 50 is above the cap of 20
		{"funding", rule.Funding, ir.StringValue("seller")},
		{"exclusion", late.Exclusions[0].When, ir.BoolValue(false)},
		{"approval", late.Approvals[0].When, ir.BoolValue(true)},
	}
	for _, test := range tests {
		got, fault := test.expr.Eval(row(late.Slots, "USD", values))
		if fault != nil || got != test.want {
			t.Errorf("%s is %+v, %v; want %+v", test.name, got, fault, test.want)
		}
	}
	values["price"] = dollarsOf(30_000_000)
	values["days_late"] = ir.Value{Kind: ir.Int, I: 13}
	if got, fault := rule.Amount.Eval(row(late.Slots, "USD", values)); fault != nil || got != dollarsOf(15_000_000) {
		t.Errorf("half of 30: %+v, %v", got, fault)
	}
	if got, fault := rule.When.Eval(row(late.Slots, "USD", values)); fault != nil || got != ir.BoolValue(false) {
		t.Errorf("13 days are not two weeks: %+v, %v", got, fault)
	}
	if diff := cmp.Diff([]int{1, 2}, rule.When.Reads); diff != "" {
		t.Errorf("when reads: %s", diff)
	}

	if diff := cmp.Diff([]string{"remaining", "amount"}, names(program.Voids.Slots)); diff != "" {
		t.Errorf("slots of voids: %s", diff)
	}
	credit := row(program.Voids.Slots, "USD", map[string]ir.Value{"remaining": dollarsOf(999_999), "amount": dollarsOf(6_000_000)})
	if got, fault := program.Voids.Voids[0].When.Eval(credit); fault != nil || got != ir.BoolValue(true) {
		t.Errorf("void: %+v, %v", got, fault)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	late := mustCompile(t, book, dollars()).Sources["late"]
	values := row(late.Slots, "USD", map[string]ir.Value{"days_late": {Kind: ir.Int, I: 31}, "customer_id": ir.StringValue("c1")})
	var shown strings.Builder
	for _, part := range late.Rules[0].Message {
		switch {
		case part.Expr != nil:
			value, fault := part.Expr.Eval(values)
			if fault != nil {
				t.Fatal(fault)
			}
			if value.Kind == ir.Int {
				shown.WriteString(strings.Repeat("i", int(value.I)))
			}
			shown.WriteString(value.S)
		case part.Fact != "":
			shown.WriteString("<" + part.Fact + ">")
		default:
			shown.WriteString(part.Literal)
		}
	}
	want := "{Sorry}, c1: " + strings.Repeat("i", 31) + " days late (late, LATE). <amount> until <expires_on>."
	if shown.String() != want {
		t.Errorf("message %q, want %q", shown.String(), want)
	}
}

// TestSlots holds where each kind of slot says its value comes from.
func TestSlots(t *testing.T) {
	t.Parallel()
	program := mustCompile(t, `
terms: {standard: {valid_days: 30}}
rules:
  - id: all
    on: deliveries
    when: >-
      business_date > date(as_of) or (seller.rating ?? 5) < 3 or customer.region == nil
      or credited(30) > order.total or (exception_code ?? "") == currency
    amount: item_price
    reason: R
void: [{id: v, when: 'order.refund_status == "x" and currency == "USD" and as_of != as_of and (seller.rating ?? 1) == 1'}]
`, shop())
	byName := map[string]ir.Slot{}
	for _, slot := range program.Sources["deliveries"].Slots {
		byName[slot.Name] = slot
	}
	want := map[string]ir.Slot{
		"delivered_at":    {Name: "delivered_at", Type: ir.Type{Kind: ir.Time, Nullable: true}, Origin: ir.FromColumn, Column: "delivered_at"},
		"promised_at":     {Name: "promised_at", Type: ir.Type{Kind: ir.Time}, Origin: ir.FromColumn, Column: "promised_at"},
		"business_date":   {Name: "business_date", Type: ir.Type{Kind: ir.Date}, Origin: ir.FromRun},
		"as_of":           {Name: "as_of", Type: ir.Type{Kind: ir.Time}, Origin: ir.FromRun},
		"seller.rating":   {Name: "seller.rating", Type: ir.Type{Kind: ir.Decimal, Nullable: true}, Origin: ir.FromDimension, Dimension: "seller", Column: "rating"},
		"customer.region": {Name: "customer.region", Type: ir.Type{Kind: ir.String, Nullable: true}, Origin: ir.FromDimension, Dimension: "customer", Column: "region", Required: true},
		"order.total":     {Name: "order.total", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromDimension, Dimension: "order", Column: "total", Required: true},
		"credited(30)":    {Name: "credited(30)", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromHistory, Days: 30},
		"exception_code":  {Name: "exception_code", Type: ir.Type{Kind: ir.String, Nullable: true}, Origin: ir.FromColumn, Column: "exception_code"},
		"currency":        {Name: "currency", Type: ir.Type{Kind: ir.String}, Origin: ir.FromColumn, Column: "currency"},
		"item_price":      {Name: "item_price", Type: ir.Type{Kind: ir.Money}, Origin: ir.FromColumn, Column: "item_price"},
	}
	if diff := cmp.Diff(want, byName); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
	if got := program.Sources["defects"]; len(got.Rules) != 0 || got.At == nil {
		t.Errorf("a source without rules: %+v", got)
	}
	if diff := cmp.Diff([]string{"order.refund_status", "currency", "as_of", "seller.rating"}, names(program.Voids.Slots)); diff != "" {
		t.Errorf("slots of voids: %s", diff)
	}
	if slot := program.Voids.Slots[1]; slot.Origin != ir.FromAward {
		t.Errorf("currency of a credit: %+v", slot)
	}
}

// TestAccepted compiles what is right although it looks odd.
func TestAccepted(t *testing.T) {
	t.Parallel()
	const rule = "terms: {standard: {valid_days: 3}}\nrules: [{id: r, on: late, when: days_late > 1, amount: price, reason: R}]\n"
	tests := []struct{ name, text string }{
		{"count limit without amounts", "limits: [{id: l, per: order, max_count: 1, exceed: deny}]"},
		{"one currency", "limits: [{id: l, per: order, max_amount: {USD: 5}, exceed: deny}]"},
		{"more currencies than needed", "min_award: {USD: 0.25, JPY: 30}"},
		{"budget per seller", "budgets: [{id: b, per: seller, max_amount: {USD: 5}, exceed: deny}]"},
		{"guard on every source", "exclude: [{id: x, when: price < 1}]"},
		{"bare number in the one currency", "approval: [{id: x, when: amount > 1.5}]"},
		{"date", "terms: {spring: {expires_on: 2026-04-01}}"},
	}
	for _, test := range tests {
		book, list := Parse(files("a.yaml", rule, "b.yaml", test.text))
		_, more := Compile(book, dollars())
		for _, d := range append(list, more...) {
			t.Errorf("%s: %s", test.name, d)
		}
	}
}

// TestCurrenciesMentioned holds that without a word from the workspace, what
// one part of a rulebook has a currency for, every part must.
func TestCurrenciesMentioned(t *testing.T) {
	t.Parallel()
	catalog := dollars()
	catalog.Sources[0].Currency, catalog.Sources[0].CurrencyColumn = "", "cur"
	catalog.Sources[0].Columns = append(catalog.Sources[0].Columns, column("cur", ir.String))
	_, list := compileText(`
terms: {standard: {valid_days: 3}}
tables: {caps: {USD: 1, GBP: 2}}
rules: [{id: r, on: late, when: days_late > 1, amount: "caps[currency]", reason: R}]
limits: [{id: l, per: order, max_amount: {EUR: 5, USD: 5, GBP: 5}, exceed: deny}]
min_award: {GBP: 0.1}
`, catalog)
	var found []string
	for _, d := range list {
		found = append(found, d.String())
	}
	want := []string{
		`rules.yaml:4:57: B022: the table caps names no amount in EUR, which rows can have; add EUR: to it (rules.yaml:3), or name the currencies that rows can have under currencies: in amends.yaml`,
		`rules.yaml:6:1: B022: min_award names no amount in EUR, USD, which rows can have; add EUR: to it; an award without a cap in its currency is held`,
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

// TestBroken holds that a rulebook with mistakes of structure never runs, and
// that its other mistakes are found all the same.
func TestBroken(t *testing.T) {
	t.Parallel()
	book, list := Parse(files("a.yaml", "combine: sun\nterms: {standard: {valid_days: 3}}\nrules: [{id: r, on: late, when: days_late > 1, amount: price, reason: R}]\n"))
	program, more := Compile(book, dollars())
	if len(list) != 1 || len(more) != 0 || program != nil {
		t.Errorf("combine: sun gives %v, %v and program %v", list, more, program != nil)
	}
	book, _ = Parse(files("a.yaml", "combine: sun\nvoid: [{id: r, when: days_late > 1}]\n"))
	if _, more := Compile(book, dollars()); len(more) != 1 || more[0].Code != "R010" {
		t.Errorf("days_late of a credit: %v", more)
	}
}

// TestGuardHints holds that `on` is only advised where there is none.
func TestGuardHints(t *testing.T) {
	t.Parallel()
	for text, advised := range map[string]bool{
		"exclude: [{id: x, when: evidence_count > 3}]":                             true,
		"exclude: [{id: x, on: [deliveries, defects], when: evidence_count > 3}]":  false,
		"approval: [{id: x, when: evidence_count > 3}]":                            true,
		"approval: [{id: x, on: [defects, deliveries], when: evidence_count > 3}]": false,
		"exclude: [{id: x, when: delivery_id == case_id}]":                         false,
	} {
		_, list := compileText(text, shop())
		for _, d := range list {
			if strings.Contains(d.Hint, "add on:") != advised || !strings.Contains(d.Message, "(on de") {
				t.Errorf("%s: %s", text, d)
			}
		}
		if len(list) == 0 {
			t.Errorf("%s: accepted", text)
		}
	}
}

// TestAt holds that `at` reads columns only, and is reported in amends.yaml.
func TestAt(t *testing.T) {
	t.Parallel()
	catalog := dollars()
	catalog.Sources[0].At = workspaceText("as_of", 9)
	_, list := compileText("define: {late: {soon: at}}", catalog)
	if len(list) != 1 || list[0].Pos.File != "amends.yaml" || list[0].Pos.Line != 9 || list[0].Code != "R010" {
		t.Errorf("as_of in at: %v", list)
	}
	catalog.Sources[0].At = workspaceText("days_late", 9)
	_, list = compileText("", catalog)
	if len(list) != 1 || list[0].Code != "R023" {
		t.Errorf("a number in at: %v", list)
	}
}

// TestClashes holds that two things of the catalog never share a name.
func TestClashes(t *testing.T) {
	t.Parallel()
	catalog := dollars()
	source := &catalog.Sources[0]
	source.Columns = append(source.Columns, column("amount", ir.Money), column("as_of", ir.Time), column("currency", ir.String), column("customer", ir.String))
	catalog.Dimensions = []Dimension{{Name: "customer", On: "customer_id"}, {Name: "elsewhere", On: "nowhere"}}
	_, list := compileText("", catalog)
	var found []string
	for _, d := range list {
		found = append(found, d.Code+" "+d.Message)
	}
	want := []string{
		`B021 the column "amount" has the name of the award's amount`,
		`B021 the column "as_of" has the name of a fact of the run`,
		`B021 the column "currency" has the name of the row's currency`,
		`B021 the dimension "customer" has the name of a column of late`,
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

func TestCompileIsRepeatable(t *testing.T) {
	t.Parallel()
	first := mustCompile(t, book, dollars()).Sources["late"]
	for range 5 {
		again := mustCompile(t, book, dollars()).Sources["late"]
		if diff := cmp.Diff(first.Slots, again.Slots); diff != "" {
			t.Fatalf("slots differ: %s", diff)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range Functions() {
		seen[f.Name] = f.Usage != ""
	}
	for _, name := range strings.Fields("min max abs clamp pct round floor ceil hours days days_between hours_between date weekday lower upper trim len credits credited") {
		if !seen[name] {
			t.Errorf("%s is not documented", name)
		}
	}
}
