package match_test

import (
	"testing"

	"amends/pipeline/match"
	"amends/rules/ir"
)

func TestDimensionValues(t *testing.T) {
	t.Parallel()
	missing, conflict, domain := ir.FaultValue(ir.MissingRow), ir.FaultValue(ir.ConflictingRow), ir.FaultValue(ir.OutOfDomain)
	for _, required := range []bool{true, false} {
		d := match.NewDimension("customer", "customer_id", required, []string{"spent", "tier"}, []ir.Kind{ir.Money, ir.String})
		add := func(key ir.Value, spent ir.Value, tier, currency string, bad bool) {
			d.Add(key, []ir.Value{spent, text(tier)}, currency, bad)
		}
		add(text("c1"), amount("9"), "gold", "USD", false)
		add(text("c1"), amount("9"), "gold", "USD", false) // the same row again
		add(text("c2"), amount("9"), "gold", "USD", false)
		add(text("c2"), amount("9"), "basic", "USD", false)
		add(text("c3"), amount("9"), "gold", "USD", false)
		add(text("c3"), amount("9"), "gold", "JPY", false) // differs in what its money is
		add(text("c4"), ir.Value{}, "gold", "USD", false)
		add(text("c5"), amount("9"), "gold", "USD", true)
		add(text("c6"), amount("9"), "gold", "USD", false)
		add(text("c6"), amount("9"), "gold", "USD", true)
		add(text("c6"), amount("9"), "gold", "USD", false) // does not heal it
		add(ir.Value{}, amount("9"), "gold", "USD", false)
		add(whole(12), amount("8"), "int", "USD", false)

		absent := ir.Value{}
		if required {
			absent = missing
		}
		tests := []struct {
			name     string
			key      ir.Value
			currency string
			spent    ir.Value
			tier     ir.Value
		}{
			{"one row", text("c1"), "USD", amount("9"), text("gold")},
			{"money of another currency", text("c1"), "JPY", domain, text("gold")},
			{"rows that differ", text("c2"), "USD", conflict, conflict},
			{"rows that differ in currency", text("c3"), "USD", conflict, conflict},
			{"a null field", text("c4"), "USD", ir.Value{}, text("gold")},
			{"a null field, whatever its currency", text("c4"), "JPY", ir.Value{}, text("gold")},
			{"a row that was not read whole", text("c5"), "USD", conflict, conflict},
			{"a good and a bad row", text("c6"), "USD", conflict, conflict},
			{"no row", text("c9"), "USD", absent, absent},
			{"no key", ir.Value{}, "USD", absent, absent},
			{"a whole number is joined by its text", text("12"), "USD", amount("8"), text("int")},
			{"and the other way round", whole(12), "USD", amount("8"), text("int")},
		}
		for _, test := range tests {
			if got := d.Value(test.key, 0, test.currency); got != test.spent {
				t.Errorf("required %t, %s: spent %+v, want %+v", required, test.name, got, test.spent)
			}
			if got := d.Value(test.key, 1, test.currency); got != test.tier {
				t.Errorf("required %t, %s: tier %+v, want %+v", required, test.name, got, test.tier)
			}
		}
		if got := d.Len(); got != 6 { // c1 to c4, c6, 12; c5 was never read
			t.Errorf("%d keys", got)
		}
	}
}

// What a dimension cannot say is a fault where it is needed, and nowhere else.
func TestDimensionsInRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		when    string
		changes row
		want    string
	}{
		{"a field", `customer.tier == "gold"`, nil, "matched"},
		{"another value", `customer.tier == "gold"`, row{"customer_id": text("c2")}, "unmatched"},
		{"a required row that is missing", `customer.tier == "gold"`, row{"customer_id": text("c9")}, "reject:missing-row:customer.tier"},
		{"not needed", `days_late > 5 and customer.tier == "gold"`, row{"customer_id": text("c9")}, "unmatched"},
		{"not needed, on the right", `customer.tier == "gold" and days_late > 5`, row{"customer_id": text("c9")}, "unmatched"},
		{"rows that differ", `customer.tier == "gold"`, row{"customer_id": text("c3")}, "reject:conflicting-rows:customer.tier"},
		{"money", `customer.spent > price`, nil, "matched"},
		{"money of another currency", `customer.spent > price`, row{"currency": text("JPY")}, "reject:out-of-domain:customer.spent"},
		{"an optional row", `order.status == nil`, nil, "unmatched"},
		{"an optional row that is missing", `order.status == nil`, row{"order_id": text("o9")}, "matched"},
		{"an optional row without a key", `order.status == nil`, row{"order_id": {}}, "matched"},
		{"an optional row whose rows differ", `order.status == nil`, row{"order_id": text("o3")}, "reject:conflicting-rows:order.status"},
		{"a fallback", `(order.status ?? "paid") == "paid"`, row{"order_id": text("o9")}, "matched"},
	}
	s := newShop(t)
	customer, order := s.dimensions["customer"], s.dimensions["order"]
	customer.Add(text("c1"), []ir.Value{amount("1000"), text("gold")}, "USD", false)
	customer.Add(text("c2"), []ir.Value{amount("1000"), text("basic")}, "USD", false)
	customer.Add(text("c3"), []ir.Value{amount("1000"), text("basic")}, "USD", false)
	customer.Add(text("c3"), []ir.Value{amount("1000"), text("gold")}, "USD", false)
	order.Add(text("o1"), []ir.Value{text("sent")}, "", false)
	order.Add(text("o3"), []ir.Value{text("sent")}, "", false)
	order.Add(text("o3"), []ir.Value{text("paid")}, "", false)
	for _, test := range tests {
		book := terms + "rules: [{id: r, on: deliveries, when: '" + test.when + "', amount: price, reason: LATE}]"
		if got := outcomes(s.find(t, book, late().with(test.changes)), "deliveries"); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]ir.Value{
		"a b":                    text("a b"),
		"":                       text(""),
		"-7":                     whole(-7),
		"2028-02-29":             day("2028-02-29"),
		"0.25":                   ratio("0.25"),
		"2026-03-08T07:00:00.5Z": at("2026-03-08T07:00:00.5Z"),
	} {
		if got, ok := match.Text(v); got != want || !ok {
			t.Errorf("%+v is %q %t, want %q", v, got, ok, want)
		}
	}
	for _, v := range []ir.Value{{}, ir.FaultValue(ir.MissingRow), amount("1"), ir.BoolValue(true), {Kind: ir.Duration, I: 1}} {
		if got, ok := match.Text(v); ok {
			t.Errorf("%+v is an id: %q", v, got)
		}
	}
}
