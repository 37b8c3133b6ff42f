package columnar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
	"amends/rules/ir/scalar"
)

func slotOf(name string) int {
	return slices.IndexFunc(irtest.Slots(), func(s ir.Slot) bool { return s.Name == name })
}

func integer(i int64) ir.Node { return &ir.Const{Value: ir.Value{Kind: ir.Int, I: i}} }

func readOf(name string, at int) ir.Node {
	slot := slotOf(name)
	return &ir.Read{Slot: slot, Of: irtest.Slots()[slot].Type, At: at}
}

func call(kind ir.Kind, op ir.Op, at int, args ...ir.Node) ir.Node {
	return &ir.Call{Op: op, Args: args, Kind: kind, At: at}
}

// begun returns a machine of expressions on one batch, whose slots are given.
func begun(t *testing.T, rows int, columns given, expressions ...ir.Node) *columnar.Machine {
	t.Helper()
	program, err := columnar.Compile(expressions, irtest.Slots())
	if err != nil {
		t.Fatal(err)
	}
	m := program.NewMachine()
	m.Begin(rows)
	for name, values := range columns {
		slot := slotOf(name)
		if err := m.Set(slot, columnOf(values, irtest.Slots()[slot].Type.Kind, rows, false)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func every(rows int) *columnar.Selection {
	s := &columnar.Selection{}
	s.All(rows)
	return s
}

// A fault that is there before any row keeps its place, and loses to what
// decides.
func TestConstantFaults(t *testing.T) {
	t.Parallel()
	overflow := func(at int) ir.Node {
		return call(ir.Bool, ir.OpGt, at-1, call(ir.Int, ir.OpNeg, at, integer(-1<<63)), integer(1))
	}
	bool_ := readOf("a_bool", 1)
	tests := []struct {
		name string
		node ir.Node
		want []string // for true, false and a lost a_bool
	}{
		{"alone", overflow(5), []string{`overflow: - @5`, `overflow: - @5`, `overflow: - @5`}},
		{"left of and", &ir.And{Operands: []ir.Node{overflow(5), bool_}}, []string{`overflow: - @5`, `false`, `overflow: - @5`}},
		{"right of and", &ir.And{Operands: []ir.Node{bool_, overflow(5)}}, []string{`overflow: - @5`, `false`, `missing-row: a_bool @1`}},
		{"beside false", &ir.And{Operands: []ir.Node{overflow(5), &ir.Const{Value: ir.BoolValue(false)}}}, []string{`false`, `false`, `false`}},
		{"two in or", &ir.Or{Operands: []ir.Node{overflow(5), overflow(9)}}, []string{`overflow: - @5`, `overflow: - @5`, `overflow: - @5`}},
		{"beside what decides nothing", &ir.Or{Operands: []ir.Node{&ir.Const{Value: ir.BoolValue(false)}, overflow(9)}}, []string{`overflow: - @9`, `overflow: - @9`, `overflow: - @9`}},
		{"in a define", &ir.Named{Name: "d", X: overflow(5), At: 30}, []string{`overflow: - @30`, `overflow: - @30`, `overflow: - @30`}},
		{"as a condition", &ir.If{Cond: overflow(5), Then: integer(1), Else: integer(2)}, []string{`overflow: - @5`, `overflow: - @5`, `overflow: - @5`}},
		{"in a branch", &ir.If{Cond: bool_, Then: overflow(5), Else: overflow(9)}, []string{`overflow: - @5`, `overflow: - @9`, `missing-row: a_bool @1`}},
		{"under is null", &ir.IsNull{X: overflow(5)}, []string{`overflow: - @5`, `overflow: - @5`, `overflow: - @5`}},
		{"a missing key", &ir.Lookup{Name: "counts", Tree: irtest.Tables()["counts"], Kind: ir.Int, At: 7,
			Steps: []ir.Step{{Index: &ir.Const{Value: ir.StringValue("zz")}}}}, []string{`missing-key: zz @7`, `missing-key: zz @7`, `missing-key: zz @7`}},
	}
	for _, test := range tests {
		m := begun(t, 3, given{"a_bool": {true, false, lost}}, test.node)
		result := m.Eval(0, every(3))
		for row, want := range test.want {
			if got := outcome(result, row); got != want {
				t.Errorf("%s, row %d: %s, want %s", test.name, row, got, want)
			}
		}
	}
}

// Equal expressions are evaluated together, and each keeps the offsets of its
// own text; a define's fault is where the define is used.
func TestPlacesOfEqualExpressions(t *testing.T) {
	t.Parallel()
	sum := func(at int) ir.Node { return call(ir.Int, ir.OpAdd, at, readOf("a_int", at-2), integer(1)) }
	define := sum(50)
	m := begun(t, 3, given{"a_int": {most, lost, 1}}, sum(7), sum(20),
		&ir.Named{Name: "d", X: define, At: 3}, &ir.Named{Name: "d", X: define, At: 4}, &ir.Named{Name: "e", X: &ir.Named{Name: "d", X: define, At: 9}, At: 2})
	want := [][]string{
		{`overflow: + @7`, `missing-row: a_int @5`}, {`overflow: + @20`, `missing-row: a_int @18`},
		{`overflow: + @3`, `missing-row: a_int @3`}, {`overflow: + @4`, `missing-row: a_int @4`}, {`overflow: + @2`, `missing-row: a_int @2`},
	}
	for expression, rows := range want {
		result := m.Eval(expression, every(3))
		for row, want := range rows {
			if got := outcome(result, row); got != want {
				t.Errorf("expression %d, row %d: %s, want %s", expression, row, got, want)
			}
		}
		if got := result.Int(2); got != 2 || result.Null(2) || result.Faulted(2) {
			t.Errorf("expression %d, row 2: %d", expression, got)
		}
	}
}

// Expressions that differ in one part only are not taken for one another.
func TestExpressionsThatAreAlmostEqual(t *testing.T) {
	t.Parallel()
	sources := []struct{ source, want string }{
		{`a_string matches "a"`, `true`}, {`a_string matches "b"`, `false`},
		{`a_string in ["a"]`, `true`}, {`a_string in ["b"]`, `false`}, {`a_string in ["a", "b"]`, `true`},
		{`a_string == "a"`, `true`}, {`a_string == "b"`, `false`}, {`a_string != "a"`, `false`}, {`currency == "a"`, `false`},
		{`counts[a_string]`, `3`}, {`names[a_string]`, `"prime"`}, {`rates.a[currency]`, `0.1`}, {`rates.b[currency]`, `2.5`},
		{`rates[a_string][currency]`, `0.1`}, {`rates[lower(a_string)][currency]`, `0.1`},
		{`a_int - credits(90)`, `3`}, {`credits(90) - a_int`, `(-3)`}, {`a_int - 2`, `3`}, {`a_int - 3`, `2`},
		{`a_int / 2`, `2.5`}, {`a_bool and a_int > 9`, `false`}, {`a_bool or a_int > 9`, `true`},
		{`a_bool ? a_int : 1`, `5`}, {`a_bool ? 1 : a_int`, `1`}, {`dim.int ?? a_int`, `5`}, {`dim.int == nil`, `true`}, {`dim.int != nil`, `false`},
		{`min(a_int, 9)`, `5`}, {`max(a_int, 9)`, `9`}, {`clamp(a_int, 1, 3)`, `3`}, {`clamp(a_int, 6, 7)`, `6`},
	}
	var nodes []ir.Node
	for _, s := range sources {
		nodes = append(nodes, mustCheck(t, s.source))
	}
	m := begun(t, 1, given{"a_string": {"a"}, "currency": {"x"}, "a_int": {5}, "credits(90)": {2}, "a_bool": {true}, "dim.int": {nil}}, nodes...)
	for i, s := range sources {
		if got := outcome(m.Eval(i, every(1)), 0); got != s.want {
			t.Errorf("%s is %s, want %s", s.source, got, s.want)
		}
	}
}

// Slots that nothing reads yet need not be set, and of those that are read only
// the selected rows need to be filled.
func TestSlotsAreReadWhereAsked(t *testing.T) {
	t.Parallel()
	nodes := []ir.Node{mustCheck(t, `a_int > 1`), mustCheck(t, `a_string == "a" and (dim.string ?? "") == "b"`)}
	m := begun(t, 100, given{"a_int": {1, 2}}, nodes...)
	var hits columnar.Selection
	m.Eval(0, every(100)).Holds(&hits)
	if hits.Len() != 50 || hits.Has(0) || !hits.Has(99) {
		t.Fatalf("%d hits", hits.Len())
	}
	wild := make([]int32, 100) // of rows that are not selected: no code at all
	codes := make([]int32, 100)
	valid := make([]bool, 100)
	for row := range wild {
		wild[row], valid[row] = 99, true
		if hits.Has(row) {
			wild[row], codes[row] = int32(row/2%2), int32(row/4%2)
		}
	}
	dictionary := ir.NewDictionary([]string{"a", "b"})
	for name, column := range map[string]columnar.Column{"a_string": {Codes: wild, Dict: dictionary}, "dim.string": {Codes: codes, Dict: dictionary, Valid: valid}} {
		if err := m.Set(slotOf(name), column); err != nil {
			t.Fatal(err)
		}
	}
	var both columnar.Selection
	m.Eval(1, &hits).Holds(&both)
	for row := range 100 {
		if want := row%2 == 1 && row/2%2 == 0 && row/4%2 == 1; both.Has(row) != want {
			t.Errorf("row %d: %t, want %t", row, both.Has(row), want)
		}
	}
}

// What no rule is written with, but the IR has.
func TestKernelsOfWhatRulesLack(t *testing.T) {
	t.Parallel()
	flags := ir.NewTable(map[string]*ir.Table{"a": ir.NewLeaf(ir.BoolValue(true)), "b": ir.NewLeaf(ir.BoolValue(false))})
	m := begun(t, 3, given{"a_bool": {true, false, lost}, "a_string": {"a", "b", "c"}},
		&ir.In{X: readOf("a_bool", 1), List: []ir.Value{ir.BoolValue(true)}},
		&ir.In{X: readOf("a_bool", 1), List: []ir.Value{ir.BoolValue(false), ir.BoolValue(true)}},
		&ir.In{X: readOf("a_bool", 1)},
		&ir.Lookup{Name: "flags", Tree: flags, Kind: ir.Bool, At: 2, Steps: []ir.Step{{Index: readOf("a_string", 1)}}})
	want := [][]string{
		{`true`, `false`, `missing-row: a_bool @1`}, {`true`, `true`, `missing-row: a_bool @1`}, {`false`, `false`, `missing-row: a_bool @1`},
		{`true`, `false`, `missing-key: c @2`},
	}
	for expression, rows := range want {
		result := m.Eval(expression, every(3))
		for row, want := range rows {
			if got := outcome(result, row); got != want {
				t.Errorf("expression %d, row %d: %s, want %s", expression, row, got, want)
			}
		}
	}
}

// A slot that is set again is read again.
func TestSetAgain(t *testing.T) {
	t.Parallel()
	m := begun(t, 2, given{"a_int": {1, 2}}, mustCheck(t, `a_int + 1`))
	if got := m.Eval(0, every(2)).Int(1); got != 3 {
		t.Fatalf("%d, want 3", got)
	}
	if err := m.Set(slotOf("a_int"), columnar.Column{Ints: []int64{5, 6}}); err != nil {
		t.Fatal(err)
	}
	if got := m.Eval(0, every(2)).Int(1); got != 7 {
		t.Errorf("%d, want 7", got)
	}
}

// Dictionaries too large to be evaluated at once, and too large for answers,
// and one after the other.
func TestDictionaries(t *testing.T) {
	t.Parallel()
	nodes := []ir.Node{mustCheck(t, `upper(dim.string ?? "none") contains "7"`), mustCheck(t, `len(dim.string ?? "none")`), mustCheck(t, `upper(dim.string ?? "none")`)}
	program, err := columnar.Compile(nodes, irtest.Slots())
	if err != nil {
		t.Fatal(err)
	}
	m := program.NewMachine()
	var dictionaries []*ir.Dictionary
	for _, size := range []int{1, 10, 1024, 1025, 5000, 65_536, 65_537} {
		entries := make([]string, size)
		for i := range entries {
			entries[i] = fmt.Sprintf("entry %d", i)
		}
		dictionaries = append(dictionaries, ir.NewDictionary(entries))
	}
	const rows = 500
	for batch := range 40 {
		d := dictionaries[batch*batch%len(dictionaries)]
		c := columnar.Column{Dict: d, Codes: make([]int32, rows), Valid: make([]bool, rows)}
		for row := range rows {
			c.Codes[row], c.Valid[row] = int32((row*7919+batch)%d.Len()), row%5 != 0
		}
		m.Begin(rows)
		if err := m.Set(slotOf("dim.string"), c); err != nil {
			t.Fatal(err)
		}
		holds, length, text := m.Eval(0, every(rows)), m.Eval(1, every(rows)), m.Eval(2, every(rows))
		for row := range rows {
			want := "NONE"
			if c.Valid[row] {
				want = strings.ToUpper(d.Entry(c.Codes[row]))
			}
			if text.Text(row) != want || length.Int(row) != int64(len(want)) || holds.Bool(row) != strings.Contains(want, "7") {
				t.Fatalf("dictionary of %d, row %d: %q, %d, %t; want %q", d.Len(), row, text.Text(row), length.Int(row), holds.Bool(row), want)
			}
		}
	}
}

// Dates are those of package calendar, on both sides of every change of clocks
// that a year has, at the ends of time, and with zones that differ by row.
func TestDatesAgainstCalendar(t *testing.T) {
	t.Parallel()
	var list []*time.Location
	for _, name := range []string{"UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Monrovia"} {
		zone, err := calendar.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, zone)
	}
	var times []int64
	for year := int64(0); year < 80; year++ { // hours of some days of 1931 to 2011, by prime steps
		for step := range int64(40) {
			times = append(times, (year-39)*8766*hour+step*211*hour-step)
		}
	}
	for _, end := range []calendar.Instant{calendar.MinInstant, calendar.MaxInstant} {
		for step := int64(-60); step <= 60; step += 3 {
			times = append(times, int64(end)+step*hour)
		}
	}
	m := begun(t, 0, nil, mustCheck(t, `date(a_time)`))
	codes := make([]int32, len(times))
	for i := range codes {
		codes[i] = int32(i * i % len(list))
	}
	mixed := columnar.Zones{Codes: codes, List: list}
	batches := []columnar.Zones{mixed, {}}
	for _, zone := range list {
		batches = append(batches, columnar.Zones{Same: zone})
	}
	for _, zones := range append(batches, mixed) {
		m.Begin(len(times))
		if err := m.Set(slotOf("a_time"), columnar.Column{Ints: times}); err != nil {
			t.Fatal(err)
		}
		if err := m.SetZones(zones); err != nil {
			t.Fatal(err)
		}
		result := m.Eval(0, every(len(times)))
		for row, at := range times {
			zone := zones.Same
			if zones.Codes != nil {
				zone = list[codes[row]]
			}
			want, code := scalar.DateOf(at, zone)
			if result.Faulted(row) != (code != ir.NoFault) || code == ir.NoFault && result.Int(row) != want {
				t.Fatalf("date of %s in %s: %v, want %s %s", calendar.Instant(at), zone, outcome(result, row), calendar.Date(want), code)
			}
		}
	}
}
