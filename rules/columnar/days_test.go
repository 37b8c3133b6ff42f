package columnar_test

import (
	"fmt"
	"testing"
	"time"

	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// daysHold says by hand what days op k is.
var daysHold = map[string]func(days, k int64) bool{
	"%s >= %d": func(days, k int64) bool { return days >= k },
	"%s > %d":  func(days, k int64) bool { return days > k },
	"%s <= %d": func(days, k int64) bool { return days <= k },
	"%s < %d":  func(days, k int64) bool { return days < k },
	"%s == %d": func(days, k int64) bool { return days == k },
	"%s != %d": func(days, k int64) bool { return days != k },
	// turned around
	"not (%[2]d >= %[1]s)": func(days, k int64) bool { return days > k },
	"not (%[2]d > %[1]s)":  func(days, k int64) bool { return days >= k },
	"not (%[2]d <= %[1]s)": func(days, k int64) bool { return days < k },
	"not (%[2]d < %[1]s)":  func(days, k int64) bool { return days <= k },
}

// daysPairs are pairs of instants a little more or less than whole days apart, on
// both sides of midnights, of changes of clocks and of the ends of time.
func daysPairs(zone *time.Location) (from, until []int64) {
	for _, day := range []string{"2018-02-17", "2018-02-18", "2018-03-11", "2018-11-04", "2011-12-30", "2026-01-15", "0001-01-01", "9999-12-31"} {
		midnight, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil {
			panic(err)
		}
		for _, offset := range []int64{-25 * hour, -hour, -1, 0, 1, hour, 3 * hour, 25 * hour} {
			for _, days := range []int64{-8, -2, -1, 0, 1, 2, 3, 8} {
				for _, odd := range []int64{-hour, -1, 0, 1, hour, 12 * hour} {
					from = append(from, midnight.UnixMicro()+offset)
					until = append(until, midnight.UnixMicro()+offset+days*24*hour+odd)
				}
			}
		}
	}
	return from, until
}

// Comparisons of days between dates, which instants settle for most rows, are those
// of the dates, also where one of them faults; and those of a row that is asked for
// later are as well.
func TestDaysAgainstDates(t *testing.T) {
	t.Parallel()
	limits := []int64{-10_000_001, -7, -1, 0, 1, 2, 7, 1 << 40}
	type comparison struct {
		text string
		hold func(days, k int64) bool
		k    int64
	}
	var all []comparison
	var nodes []ir.Node
	for form, hold := range daysHold {
		for _, k := range limits {
			text := fmt.Sprintf(form, "days_between(a_time, dim.time ?? a_time)", k)
			all, nodes = append(all, comparison{text, hold, k}), append(nodes, mustCheck(t, text))
		}
	}
	m := begun(t, 0, nil, nodes...)
	faults, known := 0, 0
	for _, name := range []string{"UTC", "America/Sao_Paulo", "America/New_York", "Pacific/Apia", "Asia/Kolkata"} {
		zone, err := calendar.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		from, until := daysPairs(zone)
		rows := len(from)
		starts, valid := make([]bool, rows), make([]bool, rows)
		for row := range valid {
			starts[row], valid[row] = row%23 != 0, row%17 != 0
		}
		for _, zones := range []columnar.Zones{{Same: zone}, {Codes: make([]int32, rows), List: []*time.Location{zone}}} {
			for i, c := range all {
				m.Begin(rows) // anew, since the dates of one comparison serve the next
				for slot, column := range map[string]columnar.Column{"a_time": {Ints: from, Valid: starts}, "dim.time": {Ints: until, Valid: valid}} {
					if err := m.Set(slotOf(slot), column); err != nil {
						t.Fatal(err)
					}
				}
				if err := m.SetZones(zones); err != nil {
					t.Fatal(err)
				}
				few := &columnar.Selection{}
				for few.None(rows); few.Len() < rows/9; {
					few.Add((few.Len()*9 + i) % rows)
				}
				m.Eval(i, few)
				result := m.Eval(i, every(rows))
				for row := range rows {
					end := until[row]
					if !valid[row] {
						end = from[row]
					}
					first, code := scalar.DateOf(from[row], zone)
					last, other := scalar.DateOf(end, zone)
					detail := "date"
					if !starts[row] {
						detail = "a_time"
					}
					switch bad := code != ir.NoFault || other != ir.NoFault || !starts[row]; {
					case result.Faulted(row) != bad:
						t.Fatalf("%s in %s, row %d: a fault is %t", c.text, name, row, !bad)
					case bad:
						if fault, _ := result.Fault(row); fault.Detail != detail {
							t.Fatalf("%s in %s, row %d: %v", c.text, name, row, fault)
						}
						faults++
					case result.Bool(row) != c.hold(last-first, c.k):
						t.Fatalf("%s in %s: %t from %s to %s, which are %d days", c.text, name, result.Bool(row), calendar.Instant(from[row]), calendar.Instant(end), last-first)
					default:
						known++
					}
				}
			}
		}
	}
	if faults == 0 || known == 0 {
		t.Errorf("%d faults and %d answers show nothing", faults, known)
	}
}
