package check_test

import (
	"strings"
	"testing"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
)

var (
	anything = check.Want{NullableOK: true}
	money    = check.Want{Kind: ir.Money}
)

// Each expression becomes the nodes that the second column writes out.
var goodExpressions = []struct {
	source string
	want   string // printed, every operation in parentheses
	typ    string
}{
	// Literals are exact and take their kind from what they meet.
	{"10", "10", "int"},
	{"0.10", "0.1", "decimal"},
	{".5", "0.5", "decimal"},
	{"1_000", "1000", "int"},
	{"-(2 + 3 * 4)", "(-14)", "int"},
	{"1 / 8", "0.125", "decimal"},
	{"days_late > 1.5", "((days_late * 1.0) > 1.5)", "bool"},
	{"weight > 2", "(weight > 2.0)", "bool"},
	{"days_late / 2", "((days_late * 1.0) / 2.0)", "decimal"},
	{"days_late * 2", "(days_late * 2)", "int"},
	{"item_price * 2", "(item_price * 2.0)", "money"},
	{"2 * item_price / 3", "((2.0 * item_price) / 3.0)", "money"},
	{"item_price / item_price", "(item_price / item_price)", "decimal"},
	{"item_price * days_late", "(item_price * (days_late * 1.0))", "money"},
	{"item_price > 0", "(item_price > 0.0)", "bool"},
	{"refund ?? 0", "(refund ?? 0.0)", "money"},
	{"ship_date == \"2026-01-31\"", `(ship_date == date("2026-01-31"))`, "bool"},
	{"ship_date in [\"2026-01-31\", '2026-02-01']", `(ship_date in [date("2026-01-31"), date("2026-02-01")])`, "bool"},
	{`date("2026-01-31")`, `date("2026-01-31")`, "date"},
	{"hours(24 * 7)", "hours(168.0)", "duration"},
	{"days(1.5)", "hours(36.0)", "duration"},
	{"days(days_late)", "days((days_late * 1.0))", "duration"},
	{"days_late in [1, -2]", "(days_late in [1, (-2)])", "bool"},
	{"days_late in [1, 2.5]", "((days_late * 1.0) in [1.0, 2.5])", "bool"},
	{"weight in [1, 2]", "(weight in [1.0, 2.0])", "bool"},
	// Operators.
	{"arrived && !arrived || arrived", "((arrived and (not arrived)) or arrived)", "bool"},
	{"arrived and arrived and (arrived and arrived)", "(arrived and arrived and arrived and arrived)", "bool"},
	{"country not in ['DE']", `(not (country in ["DE"]))`, "bool"},
	{"not (country in ['DE'])", `(not (country in ["DE"]))`, "bool"},
	{"country not contains 'D'", `(not (country contains "D"))`, "bool"},
	{"not arrived == arrived", "((not arrived) == arrived)", "bool"},
	{"country matches '^D'", `(country matches "^D")`, "bool"},
	{"arrived ? 1 : 2.5", "(arrived ? 1.0 : 2.5)", "decimal"},
	{"if arrived { 1 } else { 2 }", "(arrived ? 1 : 2)", "int"},
	{"(arrived ? 0.5 : 0.2) * item_price", "((arrived ? 0.5 : 0.2) * item_price)", "money"},
	{"promised_at + hours(1) < as_of", "((promised_at + hours(1.0)) < as_of)", "bool"},
	{"as_of - promised_at > days(2)", "((as_of - promised_at) > hours(48.0))", "bool"},
	{"ship_date + days(2)", "(ship_date + hours(48.0))", "date"},
	{"stars ?? 0.5", "((stars == nil) ? 0.5 : (stars * 1.0))", "decimal"},
	{"note ?? item.note ?? ''", `((note ?? item.note) ?? "")`, "string"},
	{"note ?? item.note", `(note ?? item.note)`, "string?"},
	{"nil != note", "(not (note == nil))", "bool"},
	// Functions.
	{"days_between(promised_at, as_of)", "days_between(date(promised_at), date(as_of))", "int"},
	{"days_between(ship_date, '2026-01-31')", `days_between(ship_date, date("2026-01-31"))`, "int"},
	{"hours_between(promised_at, as_of)", "hours_between(promised_at, as_of)", "decimal"},
	{"weekday(as_of)", "weekday(date(as_of))", "int"},
	{"date(as_of) == ship_date", "(date(as_of) == ship_date)", "bool"},
	{"date(ship_date)", "ship_date", "date"},
	{"round(item_price / 3)", "round((item_price / 3.0), 0)", "money"},
	{"round(weight, 2)", "round(weight, 2)", "decimal"},
	{"floor(days_late / 7)", "floor(((days_late * 1.0) / 7.0))", "decimal"},
	{"pct(item_price, 10)", "pct(item_price, 10.0)", "money"},
	{"clamp(days_late, 1, 5)", "clamp(days_late, 1, 5)", "int"},
	{"max(days_late, 2.5)", "max((days_late * 1.0), 2.5)", "decimal"},
	{"min(promised_at, as_of)", "min(promised_at, as_of)", "time"},
	{"len(trim(lower(country)))", "len(trim(lower(country)))", "int"},
	{"credits(90) < 3", "(credits(90) < 3)", "bool"},
	{"credited(30) < item_price", "(credited(30) < item_price)", "bool"},
	// Names and tables.
	{"customer.tier", "customer.tier", "string"},
	{"customer['tier']", "customer.tier", "string"},
	{"currency", "ccy", "string"},
	{"caps.late[currency]", `caps["late"][ccy]`, "money"},
	{"caps['late'][ccy]", `caps["late"][ccy]`, "money"},
	{"min(0.1 * item_price, caps.late[currency])", `min((0.1 * item_price), caps["late"][ccy])`, "money"},
	{"rates.de.post", "1", "int"},
	{"rates[country].post", `rates[country]["post"]`, "decimal"},
	{"rates[country].express * item_price", `(rates[country]["express"] * item_price)`, "money"},
	{"rates[country][lower(country)]", "rates[country][lower(country)]", "decimal"},
	{"days[country] + 1", "(days[country] + 1)", "int"},
	{"days[country] * item_price", "(days[country] * item_price)", "money"},
	{"reply[country]", "reply[country]", "string"},
}

func TestGoodExpressions(t *testing.T) {
	t.Parallel()
	for _, test := range goodExpressions {
		t.Run(test.source, func(t *testing.T) {
			t.Parallel()
			s := scope("")
			node, list := check.Expr(text(test.source), s, anything)
			if node == nil || len(list) > 0 {
				t.Fatalf("does not check: %v", list)
			}
			if got := ir.Print(node, s.Used.Slots()); got != test.want {
				t.Errorf("is  %s\nwant %s", got, test.want)
			}
			if got := node.Type().String(); got != test.typ {
				t.Errorf("has type %s, want %s", got, test.typ)
			}
		})
	}
}

// Where rows have one currency a bare number is that currency.
func TestOneCurrency(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"10":                                "10.0",
		"min(0.1 * item_price, 5)":          "min((0.1 * item_price), 5.0)",
		"arrived ? 5 : 10.5":                "(arrived ? 5.0 : 10.5)",
		"(arrived ? 5 : 10) + item_price":   "((arrived ? 5.0 : 10.0) + item_price)",
		"caps.late[currency]":               "10.0",
		"caps.late.USD":                     "10.0",
		"rates[country].post":               `rates[country]["post"]`,
		"item_price > 50 ? item_price : 50": "((item_price > 50.0) ? item_price : 50.0)",
		`currency == "USD" ? 1 : 2`:         `(("USD" == "USD") ? 1.0 : 2.0)`,
	} {
		s := scope("USD")
		node, list := check.Expr(text(source), s, money)
		if node == nil {
			t.Errorf("%s does not check: %v", source, list)
			continue
		}
		if got := ir.Print(node, s.Used.Slots()); got != want || node.Type().Kind != ir.Money {
			t.Errorf("%s is %s %s, want money %s", source, node.Type(), got, want)
		}
	}
}

func TestGuards(t *testing.T) {
	t.Parallel()
	const ok, bad = true, false
	tests := map[string]bool{
		"note != nil and note == 'x'":                                          ok,
		"note == nil or note == 'x'":                                           ok,
		"note != nil ? note : ''":                                              ok,
		"note == nil ? '' : note":                                              ok,
		"not (note == nil) and note == 'x'":                                    ok,
		"note != nil and arrived and note == 'x'":                              ok,
		"note != nil and (arrived or note == 'x')":                             ok,
		"note != nil and stars != nil and len(note) > stars":                   ok,
		"not (note == nil or stars == nil) and len(note) > stars":              ok,
		"note == nil or stars == nil or len(note) > stars":                     ok,
		"(note != nil and arrived) ? note == 'x' : true":                       ok,
		"has_note and note == 'x'":                                             ok,
		"not has_note or note == 'x'":                                          ok,
		"any_note != nil and any_note == 'x'":                                  ok,
		"(note ?? item.note) != nil and lower(note ?? item.note) == 'x'":       ok,
		"(note != nil and stars != nil or note != nil) and note == 'x'":        ok,
		"note != nil and (stars == nil or len(note) > stars)":                  ok,
		"(arrived ? note : item.note) == nil":                                  ok,
		"note == 'x' and note != nil":                                          bad,
		"note != nil or note == 'x'":                                           bad,
		"note == nil and note == 'x'":                                          bad,
		"(note != nil or arrived) and note == 'x'":                             bad,
		"not (note != nil and arrived) and note == 'x'":                        bad,
		"note != nil ? true : note == 'x'":                                     bad,
		"not (note == nil and arrived) and note == 'x'":                        bad,
		"not (note == nil and not (note != nil)) and note == 'x'":              ok,
		"item.note != nil and note == 'x'":                                     bad,
		"(note != nil and arrived) or note == 'x'":                             bad,
		"any_note != nil and note == 'x'":                                      bad,
		"(note != nil ? arrived : arrived) and note == 'x'":                    bad,
		"(note != nil and stars != nil or stars != nil) and len(note) > stars": bad,
	}
	for source, want := range tests {
		s := scope("")
		for name, define := range map[string]string{"has_note": "note != nil", "any_note": "note ?? item.note"} {
			node, list := check.Expr(text(define), s, anything)
			if node == nil {
				t.Fatalf("%s: %v", define, list)
			}
			s.Defines[name] = node
		}
		node, list := check.Expr(text(source), s, check.Want{Kind: ir.Invalid})
		if (node != nil) != want {
			t.Errorf("%s: checked %t, want %t: %v", source, node != nil, want, list)
		}
		if want == bad && (len(list) != 1 || list[0].Code != "R016") {
			t.Errorf("%s: %v, want R016 alone", source, list)
		}
	}
}

func TestWanted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		source string
		want   check.Want
		code   string
		text   string
	}{
		{"days_late", check.Want{Kind: ir.Bool}, "R023", "this should be a condition, but is a whole number (days_late)"},
		{"weight", money, "R023", "this should be an amount of money, but is a number (weight)"},
		{"5", money, "R014", "caps.late[currency]"},
		{"refund", money, "R024", `give a default: "refund ?? ..."`},
		{"'soon'", check.Want{Kind: ir.Date}, "R026", "is not a date"},
		{"", check.Want{}, "R001", "empty"},
		{" \t\n", check.Want{}, "R001", "empty"},
		{"a\xff", check.Want{}, "R001", "UTF-8"},
		{strings.Repeat(" ", 64<<10) + "1", check.Want{}, "R001", "64 KiB"},
		{strings.Repeat("1+", 3000) + "1", check.Want{}, "R002", "5000 words"},
		{strings.Repeat("(", 201) + "1" + strings.Repeat(")", 201), check.Want{}, "R002", "200 levels"},
		{strings.Repeat("not ", 201) + "arrived", check.Want{}, "R002", "200 levels"},
		{strings.Repeat("-", 201) + "1", check.Want{}, "R002", "200 levels"},
		{"arrived matches '" + strings.Repeat("a", 1001) + "'", check.Want{}, "R027", "1000 bytes"},
	}
	for _, test := range tests {
		node, list := check.Expr(text(test.source), scope(""), test.want)
		if node != nil || len(list) != 1 || list[0].Code != test.code || !strings.Contains(list[0].Message+"; "+list[0].Hint, test.text) {
			t.Errorf("%.40q: %v %v, want one %s ...%s...", test.source, node, list, test.code, test.text)
		}
	}
	for _, kind := range []ir.Kind{ir.Decimal, ir.Int} {
		if node, list := check.Expr(text("days_late"), scope(""), check.Want{Kind: kind}); node == nil || node.Type().Kind != kind {
			t.Errorf("days_late as %s: %v %v", kind, node, list)
		}
	}
}

// What is never null may be given a default, with a warning.
func TestNeverNullIsAWarning(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"country == nil", "(country ?? '') == 'x'"} {
		node, list := check.Expr(text(source), scope(""), anything)
		if node == nil || len(list) != 1 || list[0].Code != "R017" || list[0].Severity != diag.Warning {
			t.Errorf("%s: %v %v, want a node and the warning R017", source, node, list)
		}
	}
}

// Defines of defines are shared, and cannot grow beyond what can be evaluated.
func TestDefinesAreSharedAndBounded(t *testing.T) {
	t.Parallel()
	s := scope("")
	node, list := check.Expr(text("days_late + 1"), s, anything)
	for i := range 20 {
		if node == nil {
			if i < 5 || len(list) != 1 || list[0].Code != "R002" {
				t.Fatalf("after %d doublings: %v", i, list)
			}
			return
		}
		s.Defines["d"] = node
		node, list = check.Expr(text("d + d"), s, anything)
		if node != nil {
			args := node.(*ir.Call).Args
			if args[0].(*ir.Named).X != args[1].(*ir.Named).X {
				t.Fatal("two uses of a define are two copies")
			}
		}
	}
	t.Fatal("20 doublings were accepted")
}

// Slots are allocated in order of first use, and only those that are read.
func TestSlotsAreThoseRead(t *testing.T) {
	t.Parallel()
	s := scope("")
	for _, source := range []string{"country == 'x' and days_late > 2 and country != 'y'", "credits(90) > days_late"} {
		if node, list := check.Expr(text(source), s, anything); node == nil {
			t.Fatal(list)
		}
	}
	var names []string
	for _, slot := range s.Used.Slots() {
		names = append(names, slot.Name)
	}
	if got, want := strings.Join(names, " "), "country days_late credits(90)"; got != want {
		t.Errorf("slots %s, want %s", got, want)
	}
	if slot := s.Used.Slots()[2]; slot.Days != 90 || slot.Origin != ir.FromHistory || slot.Type != (ir.Type{Kind: ir.Int}) {
		t.Errorf("history slot %+v", slot)
	}
}

// Offsets count runes and point at the operator or the name.
func TestOffsets(t *testing.T) {
	t.Parallel()
	node, list := check.Expr(text(`country == "ä" and item_price * weight > item_price`), scope(""), anything)
	if node == nil {
		t.Fatal(list)
	}
	var product ir.Node
	ir.Walk(node, func(n ir.Node) {
		if call, ok := n.(*ir.Call); ok && call.Op == ir.OpMul {
			product = call
		}
	})
	if product == nil || product.Offset() != 30 {
		t.Errorf("the product stands at %v, want 30", product)
	}
}
