package match_test

import (
	"strings"
	"testing"

	"amends/rules/ir"
)

// rule is a rulebook of one rule that always holds.
func rule(amount, more string) string {
	return terms + "rules: [{id: r, on: deliveries, when: careful, amount: '" + amount + "', reason: LATE" + more + "}]"
}

// An amount is rounded once, at its end, half to even, to the currency's own
// minor units, and is then not above what the event was worth.
func TestAmounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		currency      string
		price, share  string
		amount        string
		uncapped      bool
		want          int64 // minor units
		cappedByValue bool
	}{
		{"2.5 cents", "USD", "0.50", "0.05", "share * price", false, 2, false},
		{"3.5 cents", "USD", "0.70", "0.05", "share * price", false, 4, false},
		{"2.51 cents", "USD", "0.502", "0.05", "share * price", false, 3, false},
		{"half a cent", "USD", "0.10", "0.05", "share * price", false, 0, false},
		{"one and a half cents", "USD", "0.30", "0.05", "share * price", false, 2, false},
		{"2.5 yen", "JPY", "50", "0.05", "share * price", false, 2, false},
		{"3.5 yen", "JPY", "70", "0.05", "share * price", false, 4, false},
		{"2.5 fils", "KWD", "0.050", "0.05", "share * price", false, 2, false},
		{"3.5 fils", "KWD", "0.070", "0.05", "share * price", false, 4, false},
		{"rounded once: a third of ten, three times", "USD", "10", "0.05", "price / 3 + price / 3 + price / 3", true, 1000, false},
		{"zero", "USD", "50", "0", "share * price", false, 0, false},
		{"all of the value", "USD", "50", "1", "share * price", false, 5000, false},
		{"twice the value", "USD", "50", "2", "share * price", false, 5000, true},
		{"twice the value, uncapped", "USD", "50", "2", "share * price", true, 10_000, false},
		{"a cent above", "USD", "50", "1.0002", "share * price", false, 5000, true},
		{"less than half a cent above", "USD", "50", "1.00008", "share * price", false, 5000, false},
		{"a value with parts of a cent is never exceeded", "USD", "10.009", "1", "share * price", false, 1000, true},
		{"a value below one yen", "JPY", "0.9", "1", "share * price", false, 0, true},
		{"nothing of a value of nothing", "USD", "0", "1", "abs(price - price)", false, 0, false},
		{"a negative value, uncapped", "USD", "-5", "1", "abs(price)", true, 500, false},
	}
	s := newShop(t)
	for _, test := range tests {
		more := ""
		if test.uncapped {
			more = ", uncapped: true"
		}
		got := only(t, s.find(t, rule(test.amount, more), late().with(row{
			"currency": text(test.currency), "price": amount(test.price), "share": ratio(test.share),
		})))
		if got.Minor != test.want || got.CappedByValue != test.cappedByValue {
			t.Errorf("%s: %d capped %t, want %d capped %t", test.name, got.Minor, got.CappedByValue, test.want, test.cappedByValue)
		}
	}
}

// Without a value that bounds it an award is unknown, unless its rule needs no
// bound or its source has no value.
func TestValueThatBoundsNothing(t *testing.T) {
	t.Parallel()
	const ten = "caps[currency]"
	tables := "tables: {caps: {USD: 10, JPY: 1000, KWD: 3}}\n"
	tests := []struct {
		name  string
		more  string
		price ir.Value
		want  string
	}{
		{"null", "", ir.Value{}, "reject:unexpected-null:price"},
		{"negative", "", amount("-5"), "reject:unexpected-null:price"},
		{"null, uncapped", ", uncapped: true", ir.Value{}, "matched"},
		{"null, shadow", ", mode: shadow", ir.Value{}, "unmatched"},
	}
	s := newShop(t)
	for _, test := range tests {
		result := s.find(t, tables+rule(ten, test.more), late().with(row{"price": test.price}))
		if got := outcomes(result, "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	s.event.Value = ""
	if got := only(t, s.find(t, tables+rule(ten, ""), late().with(row{"price": {}}))); got.Minor != 1000 || got.CappedByValue {
		t.Errorf("a source without a value: %+v", got)
	}
}

func TestFunding(t *testing.T) {
	t.Parallel()
	tests := []struct {
		funding string
		changes row
		want    string // "" where the row is rejected
	}{
		{"platform", nil, "platform"},
		{"seller", nil, "seller"},
		{"seller", row{"seller_id": {}}, ""},
		{"platform", row{"seller_id": {}}, "platform"},
		{`days_late > 1 ? "seller" : "platform"`, nil, "seller"},
		{`days_late > 1 ? "seller" : "platform"`, row{"days_late": whole(1)}, "platform"},
		{`days_late > 1 ? "seller" : "platform"`, row{"seller_id": {}}, ""},
		{`note ?? "platform"`, row{"note": {}}, "platform"},
		{`note ?? "platform"`, row{"note": text("seller")}, "seller"},
		{`note ?? "platform"`, row{"note": text("Seller")}, ""},
		{`note ?? "platform"`, row{"note": text("")}, ""},
	}
	s := newShop(t)
	for _, test := range tests {
		book := rule("price", ", funding: '"+test.funding+"'")
		result := s.find(t, book, late().with(test.changes))
		if test.want == "" {
			if got := outcomes(result, "deliveries"); got != "reject:bad-funding" {
				t.Errorf("%s of %v: %s", test.funding, test.changes, got)
			}
			continue
		}
		if got := only(t, result).Funding; got != test.want {
			t.Errorf("%s of %v: %s, want %s", test.funding, test.changes, got, test.want)
		}
	}
}

// Placeholders become what a customer reads; what is known only later stays one.
// A fault of one rejects the row, as no message says nothing.
func TestMessages(t *testing.T) {
	t.Parallel()
	book := `define:
  deliveries: {by: 'seller_id ?? "us"', day: "due ?? date(done_at)", waited: "done_at - shipped_at", part: 100 / days_late}
` + rule("price", `, message: "{{{by}}} of {customer}: {price}, {days_late} days, {share}, {careful}, {shipped_at}, {day}, {waited}, {part}, {source}, {reason}: {amount} until {expires_on}"`)
	s := newShop(t)
	got := only(t, s.find(t, book, late().with(row{"price": amount("1234.5"), "done_at": at("2026-03-01T10:00:00.5Z")})))
	var shown strings.Builder
	for _, part := range got.Message() {
		if part.Fact != "" {
			shown.WriteString("<" + part.Fact + ">")
		}
		shown.WriteString(part.Text)
	}
	want := "{s1} of c1: $1,234.50, 2 days, 0.1, yes, 2026-03-01T09:00:00Z, 2026-03-01, 3600.5 s, 50, deliveries, LATE: <amount> until <expires_on>"
	if shown.String() != want {
		t.Errorf("message\n%s\nwant\n%s", shown.String(), want)
	}
	if got := outcomes(s.find(t, book, late().with(row{"days_late": whole(0)})), "deliveries"); got != "reject:division-by-zero:/" {
		t.Errorf("a message that cannot be said: %s", got)
	}
	if got := outcomes(s.find(t, book, late().with(row{"seller_id": {}, "careful": ir.BoolValue(false)})), "deliveries"); got != "unmatched" {
		t.Errorf("a message that nobody reads: %s", got)
	}
}
