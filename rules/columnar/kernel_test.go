package columnar_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
)

// given is what slots hold, row by row: an int, a string, a bool, nil for a
// null, or the code of a slot that could not be filled.
type given map[string][]any

// A case says by hand what an expression gives on each row: a literal, or a
// fault as code, detail and offset.
type kernelCase struct {
	source string
	given  given
	want   []string
}

const (
	most  = math.MaxInt64
	least = math.MinInt64
	lost  = ir.MissingRow
	twice = ir.ConflictingRow
)

// hour is one hour of a Time or a Duration.
const hour = 3_600_000_000

var logicCases = []kernelCase{
	{`a_bool and a_int > 1`, given{"a_bool": {true, false, true, lost, lost}, "a_int": {2, lost, lost, 2, 0}},
		[]string{`true`, `false`, `missing-row: a_int @11`, `missing-row: a_bool @0`, `false`}},
	{`a_bool and a_int > 1`, given{"a_bool": {lost, twice}, "a_int": {lost, nil}},
		[]string{`missing-row: a_bool @0`, `conflicting-rows: a_bool @0`}},
	{`a_int > 1 and a_bool and a_int < 9`, given{"a_bool": {nil, nil, true}, "a_int": {2, 10, 10}},
		[]string{`unexpected-null: a_bool @14`, `false`, `false`}},
	{`a_bool or a_int > 1`, given{"a_bool": {true, false, false, lost, lost, nil}, "a_int": {lost, lost, 2, 2, 1, twice}},
		[]string{`true`, `missing-row: a_int @10`, `true`, `true`, `missing-row: a_bool @0`, `unexpected-null: a_bool @0`}},
	{`a_bool or true`, given{"a_bool": {lost}}, []string{`true`}},
	{`not a_bool`, given{"a_bool": {true, false, nil}}, []string{`false`, `true`, `unexpected-null: a_bool @4`}},
	{`a_bool == (a_int > 1)`, given{"a_bool": {true, false, lost}, "a_int": {2, 2, lost}}, []string{`true`, `false`, `missing-row: a_bool @0`}},
	{`a_bool != true`, given{"a_bool": {true, false}}, []string{`false`, `true`}},
	{`a_bool ? a_int : -credits(90)`, given{"a_bool": {true, false, lost, true}, "a_int": {5, 5, 5, lost}, "credits(90)": {lost, least, 1, 1}},
		[]string{`5`, `overflow: - @17`, `missing-row: a_bool @0`, `missing-row: a_int @9`}},
	{`a_bool ? "x" : a_string`, given{"a_bool": {true, false, false}, "a_string": {"y", "y", nil}},
		[]string{`"x"`, `"y"`, `unexpected-null: a_string @15`}},
	{`a_bool ? dim.int : 7`, given{"a_bool": {true, true, false, true}, "dim.int": {nil, 3, nil, twice}},
		[]string{`nil`, `3`, `7`, `conflicting-rows: dim.int @9`}},
	{`dim.int ?? 7`, given{"dim.int": {1, nil, lost}}, []string{`1`, `7`, `missing-row: dim.int @0`}},
	{`dim.int ?? a_int`, given{"dim.int": {1, nil, nil}, "a_int": {lost, 2, nil}}, []string{`1`, `2`, `unexpected-null: a_int @11`}},
	{`dim.bool ?? a_bool`, given{"dim.bool": {true, false, nil}, "a_bool": {false, true, true}}, []string{`true`, `false`, `true`}},
	{`dim.string ?? "none"`, given{"dim.string": {"", nil, "x", lost}}, []string{`""`, `"none"`, `"x"`, `missing-row: dim.string @0`}},
	{`dim.int == nil`, given{"dim.int": {1, nil, lost}}, []string{`false`, `true`, `missing-row: dim.int @0`}},
	{`dim.string != nil`, given{"dim.string": {"", nil, lost}}, []string{`true`, `false`, `missing-row: dim.string @0`}},
	{`dim.int != nil and dim.int > 3`, given{"dim.int": {4, 3, nil}}, []string{`true`, `false`, `false`}},
	{`dim.int`, given{"dim.int": {4, nil, lost}}, []string{`4`, `nil`, `missing-row: dim.int @0`}},
	{`a_int`, given{"a_int": {4, nil, lost}}, []string{`4`, `unexpected-null: a_int @0`, `missing-row: a_int @0`}},
	{`a_string`, given{"a_string": {"x", nil, twice}}, []string{`"x"`, `unexpected-null: a_string @0`, `conflicting-rows: a_string @0`}},
}

var textCases = []kernelCase{
	{`a_string == "a"`, given{"a_string": {"a", "b", "", nil}}, []string{`true`, `false`, `false`, `unexpected-null: a_string @0`}},
	{`a_string != currency`, given{"a_string": {"a", "b", lost}, "currency": {"a", "c", nil}}, []string{`false`, `true`, `missing-row: a_string @0`}},
	{`a_string < "b" or a_string >= "x"`, given{"a_string": {"a", "b", "x", "B"}}, []string{`true`, `false`, `true`, `true`}},
	{`a_string in ["a", "b"]`, given{"a_string": {"a", "b", "c", nil}}, []string{`true`, `true`, `false`, `unexpected-null: a_string @0`}},
	{`a_string matches "^[ab]+$"`, given{"a_string": {"abba", "abc", "", lost}}, []string{`true`, `false`, `false`, `missing-row: a_string @0`}},
	{`a_string contains "b"`, given{"a_string": {"abc", "ac"}}, []string{`true`, `false`}},
	{`a_string startsWith currency`, given{"a_string": {"USDx", "xUSD"}, "currency": {"USD", "USD"}}, []string{`true`, `false`}},
	{`a_string endsWith "x"`, given{"a_string": {"USDx", "xUSD"}}, []string{`true`, `false`}},
	{`lower(trim(a_string))`, given{"a_string": {" A b ", "É", nil}}, []string{`"a b"`, `"é"`, `unexpected-null: a_string @11`}},
	{`upper(a_string) == "AB"`, given{"a_string": {"ab", "aB", "a"}}, []string{`true`, `true`, `false`}},
	{`len(a_string)`, given{"a_string": {"", "naïve ✓"}}, []string{`0`, `7`}},
	{`counts[a_string]`, given{"a_string": {"a", "prime", "b", "", nil}},
		[]string{`3`, `(-7)`, `missing-key: b @0`, `missing-key:  @0`, `unexpected-null: a_string @7`}},
	{`1 + counts[lower(a_string)]`, given{"a_string": {"A", "Q"}}, []string{`4`, `missing-key: q @4`}},
	{`names[a_string]`, given{"a_string": {"a", "USD", "x"}}, []string{`"prime"`, `""`, `missing-key: x @0`}},
	{`rates[a_string][currency]`, given{"a_string": {"a", "b", "a", "c", "c"}, "currency": {"x", "prime", "prime", "x", nil}},
		[]string{`0.1`, `0.333333`, `missing-key: prime @0`, `missing-key: c @0`, `unexpected-null: currency @16`}},
	{`min(a_money, caps.late[currency])`, given{"a_money": {9_000_000, 9_000_000, 9_000_000}, "currency": {"USD", "GBP", "EUR"}},
		[]string{`9.0`, `8.0`, `missing-key: EUR @13`}},
	{`(dim.string ?? "x") in ["x", "y"]`, given{"dim.string": {"x", "z", nil, lost}}, []string{`true`, `false`, `true`, `missing-row: dim.string @1`}},
}

var numberCases = []kernelCase{
	{`a_int + 1`, given{"a_int": {1, most, -1, nil}}, []string{`2`, `overflow: + @6`, `0`, `unexpected-null: a_int @0`}},
	{`a_int - credits(90)`, given{"a_int": {1, least, most}, "credits(90)": {2, 1, -1}}, []string{`(-1)`, `overflow: - @6`, `overflow: - @6`}},
	{`a_int * a_int`, given{"a_int": {-3, most}}, []string{`9`, `overflow: * @6`}},
	{`-a_int`, given{"a_int": {-3, least}}, []string{`3`, `overflow: - @0`}},
	{`abs(a_int)`, given{"a_int": {-3, 3, least}}, []string{`3`, `3`, `overflow: abs @0`}},
	{`a_int / 4`, given{"a_int": {1, -1, most}}, []string{`0.25`, `(-0.25)`, `overflow: decimal @0`}},
	{`a_decimal / a_int`, given{"a_decimal": {1_000_000, 1_000_000, -1_000_000, lost}, "a_int": {3, 0, 7, 0}},
		[]string{`0.333333`, `division-by-zero: / @10`, `(-0.142857)`, `missing-row: a_decimal @0`}},
	// Half a millionth goes to the even one: 0.0000005 to 0, 0.0000015 to 0.000002.
	{`a_decimal * 0.5`, given{"a_decimal": {1, 3, 5, -1, -3, most}}, []string{`0.0`, `0.000002`, `0.000002`, `0.0`, `(-0.000002)`, `4611686018427.387904`}},
	{`a_decimal / 2`, given{"a_decimal": {1, 3, 5, -3}}, []string{`0.0`, `0.000002`, `0.000002`, `(-0.000002)`}},
	{`a_money * a_decimal`, given{"a_money": {1_500_000, most}, "a_decimal": {1_500_000, 2_000_000}}, []string{`2.25`, `overflow: * @8`}},
	{`a_money / a_money`, given{"a_money": {5, 0}}, []string{`1.0`, `division-by-zero: / @8`}},
	{`pct(a_money, 0.5)`, given{"a_money": {100, 300, -300, 10_000_000, most}}, []string{`0.0`, `0.000002`, `(-0.000002)`, `0.05`, `46116860184.273879`}},
	{`round(a_decimal, 2)`, given{"a_decimal": {1_005_000, 1_015_000, -1_005_000}}, []string{`1.0`, `1.02`, `(-1.0)`}},
	{`floor(a_decimal) + ceil(a_decimal)`, given{"a_decimal": {1_500_000, -1_500_000}}, []string{`3.0`, `(-3.0)`}},
	{`min(a_int, 3, credits(90))`, given{"a_int": {1, 5, 5, 5}, "credits(90)": {2, 4, 2, lost}}, []string{`1`, `3`, `2`, `missing-row: credits(90) @14`}},
	{`max(a_int, 3)`, given{"a_int": {1, 5}}, []string{`3`, `5`}},
	{`clamp(a_int, 2, credits(90))`, given{"a_int": {1, 3, 9, 9}, "credits(90)": {5, 5, 5, 1}}, []string{`2`, `3`, `5`, `out-of-domain: clamp @0`}},
	{`a_int in [1, 3]`, given{"a_int": {1, 2, 3, nil}}, []string{`true`, `false`, `true`, `unexpected-null: a_int @0`}},
	{`a_int in [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]`, given{"a_int": {1, 10, lost}}, []string{`true`, `false`, `missing-row: a_int @0`}},
	{`a_int == 2 or a_int > 4 and a_int <= 5`, given{"a_int": {2, 3, 4, 5, 6}}, []string{`true`, `false`, `false`, `true`, `false`}},
	{`3 >= a_int`, given{"a_int": {2, 3, 4}}, []string{`true`, `true`, `false`}},
	{`a_int < credits(90)`, given{"a_int": {2, 3, least}, "credits(90)": {3, 3, most}}, []string{`true`, `false`, `true`}},
	{`a_decimal != 0.1`, given{"a_decimal": {100_000, 100_001}}, []string{`false`, `true`}},
	{`hours(a_decimal)`, given{"a_decimal": {1_500_000, most}}, []string{`hours(1.5)`, `overflow: hours @0`}},
	{`days(a_int) == hours(48)`, given{"a_int": {2, 3}}, []string{`true`, `false`}},
	{`a_time + hours(1) > a_time`, given{"a_time": {0, int64(calendar.MaxInstant)}}, []string{`true`, `overflow: + @7`}},
	{`a_time - a_time == hours(0)`, given{"a_time": {hour}}, []string{`true`}},
	{`hours_between(a_time, a_time + a_duration)`, given{"a_time": {0, 0, 0}, "a_duration": {hour / 2, -hour, 1800}}, []string{`0.5`, `(-1.0)`, `0.0`}},
	{`hours_between(a_time, dim.time ?? a_time)`, given{"a_time": {least, 0}, "dim.time": {hour, hour}}, []string{`overflow: hours_between @0`, `1.0`}},
	{`a_date + days(1)`, given{"a_date": {0, int64(calendar.MaxDate)}}, []string{`date("1970-01-02")`, `overflow: + @7`}},
	{`a_date + hours(a_int)`, given{"a_date": {0, 0}, "a_int": {24, 25}}, []string{`date("1970-01-02")`, `out-of-domain: + @7`}},
	{`weekday(a_date)`, given{"a_date": {0, 3, 4}}, []string{`4`, `7`, `1`}},
	{`days_between(a_date, date("1970-01-11"))`, given{"a_date": {0, 11}}, []string{`10`, `(-1)`}},
	// 1970-01-01T03:00Z is still the year before in New York.
	{`date(a_time)`, given{"a_time": {3 * hour, 5 * hour, int64(calendar.MaxInstant) + 1, int64(calendar.MinInstant)}},
		[]string{`date("1969-12-31")`, `date("1970-01-01")`, `out-of-domain: date @0`, `out-of-domain: date @0`}},
}

func TestKernels(t *testing.T) {
	t.Parallel()
	for name, cases := range map[string][]kernelCase{"logic": logicCases, "text": textCases, "number": numberCases} {
		for i, test := range cases {
			t.Run(fmt.Sprintf("%s %d %s", name, i, test.source), func(t *testing.T) {
				t.Parallel()
				test.run(t)
			})
		}
	}
}

// run evaluates the case with plain strings and with codes, on batches in which
// its rows stand once and often: whole words of 64 rows and the end of one.
func (c *kernelCase) run(t *testing.T) {
	slots := irtest.Slots()
	program, err := columnar.Compile([]ir.Node{mustCheck(t, c.source)}, slots)
	if err != nil {
		t.Fatal(err)
	}
	m := program.NewMachine()
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, codes := range []bool{false, true} {
		for _, rows := range []int{len(c.want), 1, 3, 64, 150} {
			m.Begin(rows)
			if err := m.SetZones(columnar.Zones{Same: zone}); err != nil {
				t.Fatal(err)
			}
			for slot, s := range slots {
				if values, ok := c.given[s.Name]; ok {
					if err := m.Set(slot, columnOf(values, s.Type.Kind, rows, codes)); err != nil {
						t.Fatal(err)
					}
				}
			}
			var all columnar.Selection
			all.All(rows)
			result := m.Eval(0, &all)
			for row := range rows {
				if got, want := outcome(result, row), c.want[row%len(c.want)]; got != want {
					t.Fatalf("row %d of %d, codes %t: %s, want %s", row, rows, codes, got, want)
				}
			}
		}
	}
}

func outcome(r columnar.Result, row int) string {
	if fault, ok := r.Fault(row); ok {
		return fmt.Sprintf("%s: %s @%d", fault.Code, fault.Detail, fault.Offset)
	}
	return ir.Literal(r.Value(row))
}

// columnOf repeats values until there are so many rows.
func columnOf(values []any, kind ir.Kind, rows int, codes bool) columnar.Column {
	var c columnar.Column
	var entries []string
	for row := range rows {
		var i int64
		var s string
		code := ir.NoFault
		value := values[row%len(values)]
		switch v := value.(type) {
		case int:
			i = int64(v)
		case int64:
			i = v
		case bool:
			i = ir.BoolValue(v).I
		case string:
			s = v
		case ir.FaultCode:
			code = v
		}
		c.Faults = append(c.Faults, code)
		c.Valid = append(c.Valid, value != nil && code == ir.NoFault)
		switch {
		case kind != ir.String:
			c.Ints = append(c.Ints, i)
		case !codes:
			c.Strings = append(c.Strings, s)
		default:
			if !slices.Contains(entries, s) {
				entries = append(entries, s)
			}
			c.Codes = append(c.Codes, int32(slices.Index(entries, s)))
		}
	}
	if kind == ir.String && codes {
		c.Dict = ir.NewDictionary(entries)
	}
	return c
}
