package pipeline

import (
	"slices"
	"testing"
	"time"

	"amends/pipeline/report"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

func TestExplainSplitsConditionsAsWritten(t *testing.T) {
	t.Parallel()
	cases := []struct {
		source string
		want   []string
	}{
		{"a", []string{"a"}},
		{"a and b && c", []string{"a", "b", "c"}},
		{"a\n  and b", []string{"a", "b"}},
		{"(a and b) and c", []string{"(a and b)", "c"}},
		{`name == "this and that" and b`, []string{`name == "this and that"`, "b"}},
		{`name == "quote \" and" and b`, []string{`name == "quote \" and"`, "b"}},
		{`sand == brand and b`, []string{"sand == brand", "b"}},
		{`land and band`, []string{"land", "band"}},
		{`(a)and(b)`, []string{"(a)", "(b)"}},
		{`x in ["a and b", "c"] and b`, []string{`x in ["a and b", "c"]`, "b"}},
		{"a and b // and c", nil},
		{"a /* and */ and b", nil},
	}
	for _, c := range cases {
		if got := split(c.source); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.source, got, c.want)
		}
	}
}

// explainSlots are what the hand-made expressions of these tests read.
var explainSlots = []ir.Slot{
	{Name: "days", Type: ir.Type{Kind: ir.Int}}, {Name: "price", Type: ir.Type{Kind: ir.Money}}, {Name: "code", Type: ir.Type{Kind: ir.String}},
	{Name: "promised", Type: ir.Type{Kind: ir.Time}}, {Name: "arrived", Type: ir.Type{Kind: ir.Time}},
	{Name: "customer.tier", Type: ir.Type{Kind: ir.String}}, {Name: "day", Type: ir.Type{Kind: ir.Date}},
}

func explainReader() *reader {
	const noon = 1_772_712_000_000_000 // 2026-03-05T12:00:00Z
	return &reader{
		words: words{slots: explainSlots, currency: "USD"}, place: diag.Pos.String,
		row: ir.Row{Currency: "USD", Zone: time.UTC, Values: []ir.Value{
			{Kind: ir.Int, I: 3}, {Kind: ir.Money, I: 74_200_000}, ir.StringValue("weather"),
			{Kind: ir.Time, I: noon}, {Kind: ir.Time, I: noon + 90*60*1_000_000}, ir.FaultValue(ir.MissingRow), {Kind: ir.Date, I: 20_517},
		}},
	}
}

func explainRead(slot int) ir.Node { return &ir.Read{Slot: slot, Of: explainSlots[slot].Type} }
func explainConst(k ir.Kind, i int64) ir.Node {
	return &ir.Const{Value: ir.Value{Kind: k, I: i}}
}
func explainCall(op ir.Op, kind ir.Kind, args ...ir.Node) *ir.Call {
	return &ir.Call{Op: op, Kind: kind, Args: args}
}

func TestExplainThresholds(t *testing.T) {
	t.Parallel()
	days, price, promised, arrived, day := explainRead(0), explainRead(1), explainRead(3), explainRead(4), explainRead(6)
	integer := func(i int64) ir.Node { return explainConst(ir.Int, i) }
	compare := func(op ir.Op, a, b ir.Node) ir.Node { return explainCall(op, ir.Bool, a, b) }
	cases := []struct {
		name string
		node ir.Node
		want *report.ExplainedThreshold
	}{
		{"at least", compare(ir.OpGe, days, integer(5)), &report.ExplainedThreshold{Expression: "days", Value: "3", Needs: "5 or more", Distance: "2 short"}},
		{"above, at the bound", compare(ir.OpGt, days, integer(3)), &report.ExplainedThreshold{Expression: "days", Value: "3", Needs: "more than 3", Distance: "exactly there"}},
		{"at most", compare(ir.OpLe, days, integer(1)), &report.ExplainedThreshold{Expression: "days", Value: "3", Needs: "1 or less", Distance: "2 over"}},
		{"below", compare(ir.OpLt, days, integer(2)), &report.ExplainedThreshold{Expression: "days", Value: "3", Needs: "less than 2", Distance: "1 over"}},
		{"constant first", compare(ir.OpLe, integer(7), days), &report.ExplainedThreshold{Expression: "days", Value: "3", Needs: "7 or more", Distance: "4 short"}},
		{"negated", explainCall(ir.OpNot, ir.Bool, compare(ir.OpLt, days, integer(9))), &report.ExplainedThreshold{Expression: "days", Value: "3", Needs: "9 or more", Distance: "6 short"}},
		{"defined", &ir.Named{Name: "very_late", X: compare(ir.OpGe, days, integer(5))}, &report.ExplainedThreshold{Expression: "days", Value: "3", Needs: "5 or more", Distance: "2 short"}},
		{"money", compare(ir.OpGt, price, explainConst(ir.Money, 100_000_000)), &report.ExplainedThreshold{Expression: "price", Value: "$74.20", Needs: "more than $100.00", Distance: "$25.80 short"}},
		{"times", compare(ir.OpGt, promised, arrived), &report.ExplainedThreshold{Expression: "promised", Value: "2026-03-05T12:00:00Z", Needs: "more than 2026-03-05T13:30:00Z (arrived)", Distance: "1.5 h short"}},
		{"dates", compare(ir.OpGe, day, explainConst(ir.Date, 20_518)), &report.ExplainedThreshold{Expression: "day", Value: "2026-03-05", Needs: "2026-03-06 or more", Distance: "1 day short"}},
		{"texts", compare(ir.OpEq, explainRead(2), &ir.Const{Value: ir.StringValue("damage")}), &report.ExplainedThreshold{Expression: "code", Value: `"weather"`, Needs: `"damage"`}},
		{"in", &ir.In{X: explainRead(2), List: []ir.Value{ir.StringValue("a"), ir.StringValue("b")}}, &report.ExplainedThreshold{Expression: "code", Value: `"weather"`, Needs: `one of "a", "b"`}},
		{"unknown side", compare(ir.OpGe, explainCall(ir.OpLen, ir.Int, explainRead(5)), integer(5)), nil},
		{"no comparison", explainCall(ir.OpContains, ir.Bool, explainRead(2), explainRead(2)), nil},
	}
	for _, c := range cases {
		got := explainReader().threshold(c.node)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestExplainOutcomesOfConditions(t *testing.T) {
	t.Parallel()
	tier := explainCall(ir.OpEq, ir.Bool, explainRead(5), &ir.Const{Value: ir.StringValue("prime")})
	quotient := explainCall(ir.OpGt, ir.Bool, explainCall(ir.OpDiv, ir.Money, explainRead(1), explainConst(ir.Decimal, 0)), explainConst(ir.Money, 1))
	late := explainCall(ir.OpGe, ir.Bool, explainRead(0), explainConst(ir.Int, 1))
	cases := []struct {
		name, outcome, fault string
		node                 ir.Node
	}{
		{"true", report.IsTrue, "", late},
		{"false", report.IsFalse, "", explainCall(ir.OpNot, ir.Bool, late)},
		{"unknown", report.IsUnknown, "missing-row: customer.tier", tier},
		{"fault", report.IsFault, "division-by-zero: /", quotient},
		{"true beside a fault", report.IsTrue, "", &ir.Or{Operands: []ir.Node{quotient, late}}},
	}
	for _, c := range cases {
		outcome, fault := outcomeOf(explainReader().eval(c.node))
		if outcome != c.outcome || fault != c.fault {
			t.Errorf("%s: %s %q, want %s %q", c.name, outcome, fault, c.outcome, c.fault)
		}
	}
}

func TestExplainNearMiss(t *testing.T) {
	t.Parallel()
	of := func(outcomes ...string) []report.ExplainedCondition {
		var list []report.ExplainedCondition
		for _, o := range outcomes {
			list = append(list, report.ExplainedCondition{Outcome: o})
		}
		return list
	}
	cases := []struct {
		conditions []report.ExplainedCondition
		at         int // -1: none
	}{
		{of(report.IsTrue, report.IsFalse, report.IsTrue), 1},
		{of(report.IsFalse), 0},
		{of(report.IsTrue, report.IsTrue), -1},
		{of(report.IsFalse, report.IsFalse), -1},
		{of(report.IsFalse, report.IsUnknown), -1}, // it is not known that only one failed
		{of(report.IsFault), -1},
	}
	for i, c := range cases {
		got := nearMiss(c.conditions)
		if (got == nil) != (c.at < 0) || got != nil && got != &c.conditions[c.at] {
			t.Errorf("case %d: %+v", i, got)
		}
	}
}

func TestExplainPhrasesAndTexts(t *testing.T) {
	t.Parallel()
	price, days := explainRead(1), explainRead(0)
	decimal := func(millionths int64) ir.Node { return explainConst(ir.Decimal, millionths) }
	share := explainCall(ir.OpMul, ir.Money, decimal(100_000), price)
	perDay := explainCall(ir.OpMul, ir.Money, share, explainCall(ir.OpWiden, ir.Decimal, days))
	ten, hundred := explainConst(ir.Money, 10_000_000), explainConst(ir.Money, 100_000_000)
	late := explainCall(ir.OpGe, ir.Bool, days, explainConst(ir.Int, 1))
	sum := explainCall(ir.OpAdd, ir.Money, price, ten)
	cases := []struct {
		node         ir.Node
		phrase, text string
	}{
		{share, "10 % of $74.20", "0.1 * price"},
		{perDay, "10 % of $74.20 × 3", "0.1 * price * days"},
		{explainCall(ir.OpPct, ir.Money, price, decimal(7_500_000)), "7.5 % of $74.20", "pct(price, 7.5)"},
		{explainCall(ir.OpMin, ir.Money, share, ten), "10 % of $74.20", "min(0.1 * price, 10)"},
		{explainCall(ir.OpMin, ir.Money, perDay, ten), "$10.00, below 10 % of $74.20 × 3", "min(0.1 * price * days, 10)"},
		{explainCall(ir.OpMax, ir.Money, share, ten), "$10.00, above 10 % of $74.20", "max(0.1 * price, 10)"},
		{explainCall(ir.OpClamp, ir.Money, share, ten, hundred), "$10.00, above 10 % of $74.20", "clamp(0.1 * price, 10, 100)"},
		{explainCall(ir.OpMul, ir.Money, decimal(200_000), sum), "20 % of ($74.20 + $10.00)", "0.2 * (price + 10)"},
		{explainCall(ir.OpSub, ir.Money, price, sum), "$74.20 - ($74.20 + $10.00)", "price - (price + 10)"},
		{&ir.If{Cond: late, Then: share, Else: ten}, "10 % of $74.20", "days >= 1 ? 0.1 * price : 10"},
		{&ir.Named{Name: "fair", X: share}, "10 % of $74.20", "fair"},
		{&ir.Or{Operands: []ir.Node{late, &ir.And{Operands: []ir.Node{late, late}}}}, "true", "days >= 1 or days >= 1 and days >= 1"},
		{&ir.And{Operands: []ir.Node{late, &ir.Or{Operands: []ir.Node{late, late}}}}, "true", "days >= 1 and (days >= 1 or days >= 1)"},
		{explainCall(ir.OpNot, ir.Bool, late), "false", "not (days >= 1)"},
	}
	for _, c := range cases {
		r := explainReader()
		if got := r.phrase(c.node); got != c.phrase {
			t.Errorf("phrase %q, want %q", got, c.phrase)
		}
		if got := r.text(c.node); got != c.text {
			t.Errorf("text %q, want %q", got, c.text)
		}
	}
}

func TestExplainShowsValues(t *testing.T) {
	t.Parallel()
	w := words{currency: "USD"}
	cases := []struct {
		v    ir.Value
		want string
	}{
		{ir.Value{}, "null"},
		{ir.FaultValue(ir.ConflictingRow), "unknown (conflicting-rows)"},
		{ir.Value{Kind: ir.Money, I: 7_420_000}, "$7.42"},
		{ir.Value{Kind: ir.Money, I: 7_425_000}, "7.425 USD"},
		{ir.Value{Kind: ir.Decimal, I: int64(money.One) / 10}, "0.1"},
		{ir.Value{Kind: ir.Duration, I: 2 * dayMicros}, "2 days"},
		{ir.Value{Kind: ir.Duration, I: 36 * hourMicros}, "36 h"},
		{ir.Value{Kind: ir.Duration}, "0 h"},
		{ir.BoolValue(true), "true"},
		{ir.StringValue("a\nb"), `"a\nb"`},
	}
	for _, c := range cases {
		if got := w.value(c.v); got != c.want {
			t.Errorf("%+v: %q, want %q", c.v, got, c.want)
		}
	}
}
