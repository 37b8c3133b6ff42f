package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/award"
	"amends/pipeline/match"
	"amends/rules/ir"
)

// reporting counts by columns since the business date began, in New York.
func reporting(t testing.TB, columns ...string) *match.Source {
	s := newShop(t)
	s.event.Report = match.Report{Columns: columns, From: instant("2026-03-10T04:00:00Z")}
	return s.source(t, lateRule)
}

// Each kind of column, null and empty; and a row counts where its event became
// final on the date, whatever a rule makes of it.
func TestEventsByValue(t *testing.T) {
	t.Parallel()
	source := reporting(t, "note", "version", "careful", "due")
	id := 0
	event := func(changes row) row {
		id++
		return late().with(row{"delivery_id": text(fmt.Sprint("d", id)), "order_id": {}}).with(changes)
	}
	result := find(source,
		event(row{"note": text("x"), "due": day("2026-03-01")}),
		event(row{"note": text("x"), "days_late": whole(0)}),                            // unmatched
		event(row{"note": text("y"), "days_late": {}}),                                  // rejected by the rule
		event(row{"note": {}, "careful": ir.BoolValue(false)}),                          // null
		event(row{"note": text(""), "version": whole(-7)}),                              // empty is null
		event(row{"note": text("z"), "done_at": at("2026-03-10T04:00:00Z")}),            // the first instant
		event(row{"note": text("early"), "done_at": at("2026-03-10T03:59:59.999999Z")}), // of the night before
		event(row{"note": text("later"), "done_at": at("2026-03-11T04:00:00Z")}),        // not yet
		event(row{"note": text("old"), "shipped_at": at("2026-01-01T00:00:00Z")}),       // out of window
		event(row{"note": text("lost"), "customer_id": {}}),                             // names nobody
	)
	want := []match.ValueCounts{
		{Column: "note", Events: map[string]int64{"x": 2, "y": 1, "": 2, "z": 1}},
		{Column: "version", Events: map[string]int64{"1": 5, "-7": 1}},
		{Column: "careful", Events: map[string]int64{"true": 5, "false": 1}},
		{Column: "due", Events: map[string]int64{"": 5, "2026-03-01": 1}},
	}
	if diff := cmp.Diff(want, result.Events["deliveries"]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, inc := range result.Incidents {
		if inc.EventID() == "d1" && !cmp.Equal(inc.Report(), []string{"x", "1", "true", "2026-03-01"}) {
			t.Errorf("%q", inc.Report())
		}
	}
	if got := newShop(t).find(t, lateRule, late()); len(got.Events) != 0 || got.Incidents[0].Report() != nil {
		t.Errorf("without a report: %v", got.Events)
	}
}

// Rows that differ in a column which only the report reads are equal, and which
// of their values the incident has does not depend on where they stand.
func TestReportChangesNoOutcome(t *testing.T) {
	t.Parallel()
	source := reporting(t, "note")
	if got := source.OnlyReport(); !cmp.Equal(got, []string{"note"}) {
		t.Fatalf("only the report reads %q", got)
	}
	rows := []row{late().with(row{"note": text("b")}), late().with(row{"note": text("a")}), late().with(row{"note": text("c")})}
	for range 6 {
		rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		result := find(source, rows...)
		if got := outcomes(result, "deliveries"); got != "matched merged merged" || result.Incidents[0].Report()[0] != "a" {
			t.Errorf("%s, %q", got, result.Incidents[0].Report())
		}
	}
	if got := reporting(t, "days_late").OnlyReport(); len(got) != 0 {
		t.Errorf("a column that a rule reads: %q", got)
	}
	source = reporting(t, "days_late")
	result := find(source, late().with(row{"days_late": whole(2)}), late().with(row{"days_late": whole(3)}))
	if got := outcomes(result, "deliveries"); got != "reject:conflicting-rows:version reject:conflicting-rows:version" {
		t.Errorf("%s", got)
	}
}

// Whether there are too many values depends on all rows, not on how they are
// spread over workers.
func TestTooManyValues(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("counts 100,000 values")
	}
	source := reporting(t, "note")
	rows := make([]row, match.MaxValues+2)
	for i := range rows {
		rows[i] = late().with(row{"delivery_id": text(fmt.Sprint(i)), "days_late": whole(0), "note": text(fmt.Sprint("n", i))})
	}
	rows[0]["note"] = ir.Value{} // null is beside the bound
	for _, test := range []struct {
		rows    []row
		workers int
		tooMany bool
	}{{rows[:match.MaxValues+1], 1, false}, {rows[:match.MaxValues+1], 3, false}, {rows, 1, true}, {rows, 3, true}} {
		finders := make([]*match.Finder, test.workers)
		var d feed
		for w := range finders {
			finders[w] = source.NewFinder()
			from, to := len(test.rows)*w/test.workers, len(test.rows)*(w+1)/test.workers
			d.find(finders[w], "deliveries", award.Place{File: "f"}, batch(source, test.rows[from:to]), nil)
		}
		got := d.merge(t, finders, nobody).Events["deliveries"][0]
		if got.TooMany != test.tooMany || !test.tooMany && len(got.Events) != match.MaxValues+1 || test.tooMany && got.Events != nil {
			t.Errorf("%d rows on %d workers: too many is %v, %d values", len(test.rows), test.workers, got.TooMany, len(got.Events))
		}
	}
	long := find(source, late().with(row{"note": text(strings.Repeat("n", match.MaxValueBytes+1))}), late().with(row{"delivery_id": text("d2")}))
	if got := long.Events["deliveries"][0]; !got.TooMany {
		t.Errorf("a value of more bytes than fit: %v", got)
	}
	fits := find(source, late().with(row{"note": text(strings.Repeat("n", match.MaxValueBytes))}))
	if got := fits.Events["deliveries"][0]; got.TooMany {
		t.Error("a value of as many bytes as fit is too many")
	}
}

// A hold keeps its parties and what rules read, and nothing else.
func TestReportOfAReleasedHold(t *testing.T) {
	t.Parallel()
	source := reporting(t, "note", "seller_id", "days_late", "careful")
	result := find(source, late())
	values, known := source.ReportOf(result.Incidents[0].Facts().JSON(), "c1", "o1", "s1")
	if !cmp.Equal(values, []string{"", "s1", "2", ""}) || !cmp.Equal(known, []bool{false, true, true, false}) {
		t.Errorf("%q %v", values, known)
	}
}

// A value that was seen before costs no memory.
func TestCountingAllocatesNothing(t *testing.T) {
	source := reporting(t, "note", "due", "seller_id")
	f := source.NewFinder()
	var rows []row
	for i := range 64 {
		rows = append(rows, late().with(row{"days_late": whole(0), "note": text(fmt.Sprint("n", i%7)), "due": day("2026-03-01"), "seller_id": text(fmt.Sprint("s", i%5))}))
	}
	reported := batch(source, rows)
	plain := newShop(t).source(t, lateRule)
	g := plain.NewFinder()
	unreported := batch(plain, rows)
	f.Find(award.Place{}, reported, nil)
	with := testing.AllocsPerRun(50, func() { f.Find(award.Place{}, reported, nil) })
	without := testing.AllocsPerRun(50, func() { g.Find(award.Place{}, unreported, nil) })
	if with > without+1 { // both grow their list of rows now and then
		t.Errorf("%v allocations for 64 rows, %v without a report", with, without)
	}
}

func BenchmarkFind(b *testing.B) {
	for name, columns := range map[string][]string{"plain": nil, "report": {"note", "due", "seller_id"}} {
		b.Run(name, func(b *testing.B) {
			source := reporting(b, columns...)
			var rows []row
			for i := range 4096 {
				rows = append(rows, late().with(row{
					"days_late": whole(0), "note": text(fmt.Sprint("n", i%100)), "due": day("2026-03-01"), "seller_id": text(fmt.Sprint("seller-", i*7919%1000)),
				}))
			}
			rows4096 := batch(source, rows)
			b.ReportAllocs()
			for b.Loop() {
				source.NewFinder().Find(award.Place{}, rows4096, nil)
			}
		})
	}
}
