// Package irtest draws typed expressions and rows for tests, and says what they
// mean: the oracle that every evaluator is compared with. Only tests import it.
package irtest

import (
	"math"

	"pgregory.net/rapid"

	"amends/rules/calendar"
	"amends/rules/ir"
)

// Slots are what drawn expressions read: two of each kind, one of them nullable,
// the row's currency, and a history window.
func Slots() []ir.Slot {
	slots := []ir.Slot{
		{Name: "currency", Type: ir.Type{Kind: ir.String}, Origin: ir.FromColumn, Column: "currency"},
		{Name: "credits(90)", Type: ir.Type{Kind: ir.Int}, Origin: ir.FromHistory, Days: 90},
	}
	for kind := ir.Bool; kind <= ir.Duration; kind++ {
		name := kind.String()
		slots = append(slots,
			ir.Slot{Name: "a_" + name, Type: ir.Type{Kind: kind}, Origin: ir.FromColumn, Column: "a_" + name},
			ir.Slot{Name: "dim." + name, Type: ir.Type{Kind: kind, Nullable: true}, Origin: ir.FromDimension, Dimension: "dim", Column: name})
	}
	return slots
}

// Tables are what drawn expressions look up.
func Tables() map[string]*ir.Table {
	leaf := func(kind ir.Kind, i int64) *ir.Table { return ir.NewLeaf(ir.Value{Kind: kind, I: i}) }
	level := func(entries map[string]*ir.Table) *ir.Table { return ir.NewTable(entries) }
	return map[string]*ir.Table{
		"caps": level(map[string]*ir.Table{"late": level(map[string]*ir.Table{
			"USD": leaf(ir.Decimal, 10_500_000), "GBP": leaf(ir.Int, 8), "JPY": leaf(ir.Int, 1500)})}),
		"rates": level(map[string]*ir.Table{
			"a": level(map[string]*ir.Table{"x": leaf(ir.Decimal, 100_000), "y": leaf(ir.Decimal, -1)}),
			"b": level(map[string]*ir.Table{"x": leaf(ir.Decimal, 2_500_000), "prime": leaf(ir.Decimal, 333_333)})}),
		"counts": level(map[string]*ir.Table{"a": leaf(ir.Int, 3), "prime": leaf(ir.Int, -7)}),
		"names": level(map[string]*ir.Table{
			"a": ir.NewLeaf(ir.StringValue("prime")), "USD": ir.NewLeaf(ir.StringValue("")), "prime": ir.NewLeaf(ir.StringValue("a"))}),
	}
}

var (
	words   = []string{"", "a", "b", "x", "prime", "USD", "GBP", "JPY", "naïve ✓", "quote\" 'and' \\ back", "new\nline\t", " space "}
	numbers = []int64{0, 1, -1, 2, 3, 7, 100, 500_000, 1_000_000, -1_500_000, 10_000_000, 49_990_000,
		math.MaxInt64, math.MinInt64, math.MaxInt64 / 1_000_000, math.MaxInt64/1_000_000 + 1}
	zones = []string{"UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"}
)

// Row draws a row of Slots: nulls also where they may not be, and slots that
// could not be filled.
func Row(t *rapid.T) *ir.Row {
	zone, err := calendar.Load(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	row := &ir.Row{Zone: zone, Currency: "USD"}
	for _, slot := range Slots() {
		row.Values = append(row.Values, value(t, slot))
	}
	return row
}

func value(t *rapid.T, slot ir.Slot) ir.Value {
	switch chance := rapid.IntRange(0, 19).Draw(t, slot.Name+" is"); {
	case chance == 0, chance < 8 && slot.Type.Nullable:
		return ir.Value{}
	case chance == 19:
		return ir.FaultValue(rapid.SampledFrom([]ir.FaultCode{ir.MissingRow, ir.ConflictingRow}).Draw(t, "why"))
	}
	kind := slot.Type.Kind
	switch kind {
	case ir.Bool:
		return ir.BoolValue(rapid.Bool().Draw(t, "bool"))
	case ir.String:
		return ir.StringValue(rapid.SampledFrom(words).Draw(t, "word"))
	case ir.Time:
		const y2026, hour = 1_767_225_600_000_000, 3_600_000_000
		i := rapid.OneOf(rapid.Int64Range(y2026-9000*hour, y2026+9000*hour), rapid.SampledFrom([]int64{int64(calendar.MinInstant), int64(calendar.MaxInstant)})).Draw(t, "time")
		return ir.Value{Kind: kind, I: i}
	case ir.Date:
		return ir.Value{Kind: kind, I: rapid.OneOf(rapid.Int64Range(20_000, 21_000), rapid.Just(int64(calendar.MaxDate))).Draw(t, "date")}
	default:
		return ir.Value{Kind: kind, I: rapid.OneOf(rapid.SampledFrom(numbers), rapid.Int64Range(-20_000_000, 20_000_000)).Draw(t, "number")}
	}
}
