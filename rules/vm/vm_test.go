package vm_test

import (
	"math"
	"sync"
	"testing"

	"amends/rules/calendar"
	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
	"amends/rules/vm"
)

// values of a row by slot; what is not named is null.
type values map[string]ir.Value

func instant(text string) ir.Value {
	t, err := calendar.ParseInstant(text)
	if err != nil {
		panic(err)
	}
	return ir.Value{Kind: ir.Time, I: int64(t)}
}

func date(text string) ir.Value {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return ir.Value{Kind: ir.Date, I: int64(d)}
}

func integer(i int64) ir.Value { return ir.Value{Kind: ir.Int, I: i} }

func millionths(kind ir.Kind, i int64) ir.Value { return ir.Value{Kind: kind, I: i} }

func word(s string) ir.Value { return ir.StringValue(s) }

var yes, no, null = ir.BoolValue(true), ir.BoolValue(false), ir.Value{}

// evaluate checks, compiles and runs one expression.
func evaluate(t *testing.T, source string, row values, zone string) (ir.Value, *ir.Fault) {
	t.Helper()
	node, list := check.Expr(diag.Text{Source: source}, scope(""), check.Want{NullableOK: true})
	if node == nil {
		t.Fatalf("%s: %v", source, list)
	}
	program, err := vm.Compile(node, irtest.Slots())
	if err != nil {
		t.Fatal(err)
	}
	return program.Eval(rowOf(t, row, zone))
}

func rowOf(t *testing.T, row values, zone string) *ir.Row {
	t.Helper()
	loc, err := calendar.Load(zone)
	if err != nil {
		t.Fatal(err)
	}
	r := &ir.Row{Currency: "USD", Zone: loc}
	for _, slot := range irtest.Slots() {
		r.Values = append(r.Values, row[slot.Name])
	}
	return r
}

func TestValues(t *testing.T) {
	t.Parallel()
	row := values{
		"currency": word("USD"), "credits(90)": integer(2), "a_bool": yes, "a_int": integer(7),
		"a_decimal": millionths(ir.Decimal, 2_500_000), "a_money": millionths(ir.Money, 49_990_000), "a_string": word("prime"),
		"a_time": instant("2026-03-08T04:30:00Z"), "dim.time": instant("2026-03-09T03:30:00Z"), // a clock change between them
		"a_date": date("2026-02-28"), "dim.date": date("2026-03-01"), "a_duration": millionths(ir.Duration, 3_600_000_000),
		"dim.string": word(" Naïve "),
	}
	tests := []struct {
		source string
		want   ir.Value
	}{
		{"0.10 * a_money", millionths(ir.Money, 4_999_000)},
		{"min(0.25 * a_money, caps.late[currency])", millionths(ir.Money, 10_500_000)},
		{"a_money / 3", millionths(ir.Money, 16_663_333)},
		{"a_money / a_money", millionths(ir.Decimal, 1_000_000)},
		{"a_int / 2", millionths(ir.Decimal, 3_500_000)},
		{"1 / 3 * 3", millionths(ir.Decimal, 999_999)},
		{"a_int * a_int - 9", integer(40)},
		{"pct(a_money, 12.5)", millionths(ir.Money, 6_248_750)},
		{"round(a_money, 1)", millionths(ir.Money, 50_000_000)},
		{"round(2.5)", millionths(ir.Decimal, 2_000_000)},
		{"round(a_money, -1)", millionths(ir.Money, 50_000_000)},
		{"floor(-0.5)", millionths(ir.Decimal, -1_000_000)},
		{"ceil(-0.5)", millionths(ir.Decimal, 0)},
		{"clamp(a_int, 1, 5)", integer(5)},
		{"max(a_int, a_decimal)", millionths(ir.Decimal, 7_000_000)},
		{"abs(3 - a_int)", integer(4)},
		{"-a_money < 0", yes},
		{"a_int in [1, 7]", yes},
		{"a_int not in [1, 7]", no},
		{"a_string in ['Prime']", no},
		{"a_string matches '^pr'", yes},
		{"a_string startsWith 'pr' and a_string endsWith 'me' and a_string contains 'rim'", yes},
		{"trim(lower(dim.string ?? ''))", word("naïve")},
		{"len(dim.string ?? '')", integer(7)},
		{"upper(a_string)", word("PRIME")},
		{"days_between(a_date, dim.date ?? a_date)", integer(1)},
		{"days_between(a_time, dim.time ?? a_time)", integer(1)}, // 7 and 8 March in New York
		{"hours_between(a_time, dim.time ?? a_time)", millionths(ir.Decimal, 23_000_000)},
		{"date(a_time)", date("2026-03-07")},
		{"weekday(a_time)", integer(6)},
		{"weekday(a_date)", integer(6)},
		{"a_time + a_duration", instant("2026-03-08T05:30:00Z")},
		{"a_time - hours(0.5) < a_time", yes},
		{"a_date + days(1) == (dim.date ?? a_date)", yes},
		{"a_date > '2026-02-27'", yes},
		{"credits(90) >= 2", yes},
		{"dim.money", null},
		{"dim.money ?? a_money", millionths(ir.Money, 49_990_000)},
		{"dim.money == nil", yes},
		{"dim.int ?? 0.5", millionths(ir.Decimal, 500_000)},
		{"dim.money != nil and dim.money > a_money", no},
		{"dim.money == nil or dim.money > a_money", yes},
		{"dim.money != nil ? dim.money : 2 * a_money", millionths(ir.Money, 99_980_000)},
		{"rates.a[a_string == 'prime' ? 'x' : 'y']", millionths(ir.Decimal, 100_000)},
		{"counts[a_string]", integer(-7)},
		{"a_bool ? 'yes' : 'no'", word("yes")},
	}
	for _, test := range tests {
		got, fault := evaluate(t, test.source, row, "America/New_York")
		if fault != nil || got != test.want {
			t.Errorf("%s = %v %v, want %v", test.source, got, fault, test.want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	row := values{
		"currency": word("EUR"), "a_bool": yes, "a_int": integer(math.MaxInt64), "a_decimal": millionths(ir.Decimal, 0),
		"a_string": word("z"), "dim.int": ir.FaultValue(ir.ConflictingRow), "dim.bool": ir.FaultValue(ir.MissingRow),
		"a_date": date("2026-02-28"),
	}
	tests := []struct {
		source string
		want   ir.Value
		fault  string // "" where there is none
		at     int
	}{
		{"a_int + 1 > 0", null, "overflow: +", 6},
		{"a_int / 2 > 0", null, "overflow: decimal", 0},
		{"1.5 / a_decimal > 0", null, "division-by-zero: /", 4},
		{"caps.late[currency] > 0", null, "missing-key: EUR", 0},
		{"2 * counts[a_string] > 0", null, "missing-key: z", 4},
		{"a_money > 0", null, "unexpected-null: a_money", 0},
		{"dim.int == nil", null, "conflicting-rows: dim.int", 0},
		{"dim.int ?? 3", null, "conflicting-rows: dim.int", 0},
		{"dim.bool ?? false", null, "missing-row: dim.bool", 0},
		{"a_date + hours(5) > a_date", null, "out-of-domain: +", 7},
		{"clamp(1, a_decimal + 2, 1.5) > 0", null, "out-of-domain: clamp", 0},
		// The law: what decides, decides on either side; else the leftmost fault.
		{"a_money > 0 and not a_bool", no, "", 0},
		{"not a_bool and a_money > 0", no, "", 0},
		{"a_money > 0 or a_bool", yes, "", 0},
		{"a_bool or a_money > 0", yes, "", 0},
		{"a_money > 0 and a_bool", null, "unexpected-null: a_money", 0},
		{"a_bool and a_money > 0", null, "unexpected-null: a_money", 11},
		{"a_money > 0 or not a_bool", null, "unexpected-null: a_money", 0},
		{"a_money > 0 and a_int + 1 > 0", null, "unexpected-null: a_money", 0},
		{"a_int + 1 > 0 and a_money > 0", null, "overflow: +", 6},
		{"a_money > 0 and (a_int + 1 > 0 and not a_bool)", no, "", 0},
		{"a_int + 1 > 0 or a_money > 0 or a_bool", yes, "", 0},
		{"a_bool ? 1 : a_int + 1", integer(1), "", 0},
		{"(a_int + 1 > 0) ? 1 : 2", null, "overflow: +", 7},
		{"dim.decimal ?? (1 / a_decimal)", null, "division-by-zero: /", 18},
		{"a_int + 1 in [1]", null, "overflow: +", 6},
		{"a_int + 1 + counts[a_string] > 0", null, "overflow: +", 6},
	}
	for _, test := range tests {
		got, fault := evaluate(t, test.source, row, "UTC")
		switch {
		case test.fault == "" && (fault != nil || got != test.want):
			t.Errorf("%s = %v %v, want %v", test.source, got, fault, test.want)
		case test.fault != "" && (fault == nil || fault.Error() != test.fault || fault.Offset != test.at || got != null):
			t.Errorf("%s = %v %+v, want %s at %d", test.source, got, fault, test.fault, test.at)
		}
	}
}

// A fault inside a define stands where the define is used.
func TestFaultOfADefine(t *testing.T) {
	t.Parallel()
	s := scope("")
	define, list := check.Expr(diag.Text{Source: "3 + 4 + a_int"}, s, check.Want{})
	if define == nil {
		t.Fatal(list)
	}
	s.Defines = map[string]ir.Node{"sum": define}
	node, list := check.Expr(diag.Text{Source: "a_bool and sum > 3"}, s, check.Want{})
	if node == nil {
		t.Fatal(list)
	}
	program, err := vm.Compile(node, irtest.Slots())
	if err != nil {
		t.Fatal(err)
	}
	_, fault := program.Eval(rowOf(t, values{"a_bool": yes}, "UTC"))
	if fault == nil || fault.Detail != "a_int" || fault.Offset != 11 {
		t.Errorf("fault %+v, want a_int at 11", fault)
	}
}

func TestCompileRefusesASlotThatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, err := vm.Compile(&ir.Read{Slot: 3, Of: ir.Type{Kind: ir.Int}}, irtest.Slots()[:3]); err == nil {
		t.Error("a read beyond the slots was compiled")
	}
}

// One program is used by several goroutines, each with its own row.
func TestProgramIsConcurrent(t *testing.T) {
	t.Parallel()
	node, list := check.Expr(diag.Text{Source: "(a_int > 5 ? a_int * 2 : a_int) + (dim.int ?? 1)"}, scope(""), check.Want{})
	if node == nil {
		t.Fatal(list)
	}
	program, err := vm.Compile(node, irtest.Slots())
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range int64(8) {
		row := rowOf(t, values{"a_int": integer(worker)}, "UTC")
		want := worker + 1
		if worker > 5 {
			want = 2*worker + 1
		}
		group.Go(func() {
			for range 200 {
				if got, fault := program.Eval(row); fault != nil || got != integer(want) {
					t.Errorf("of %d: %v %v, want %d", worker, got, fault, want)
					return
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkEval(b *testing.B) {
	node, list := check.Expr(diag.Text{Source: "a_int >= 1 and a_string == 'prime' and (dim.string ?? '') != 'weather'"}, scope(""), check.Want{})
	if node == nil {
		b.Fatal(list)
	}
	program, err := vm.Compile(node, irtest.Slots())
	if err != nil {
		b.Fatal(err)
	}
	row := &ir.Row{}
	for _, slot := range irtest.Slots() {
		row.Values = append(row.Values, values{"a_int": integer(3), "a_string": word("prime")}[slot.Name])
	}
	for b.Loop() {
		if _, fault := program.Eval(row); fault != nil {
			b.Fatal(fault)
		}
	}
}
