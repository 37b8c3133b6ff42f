package pipeline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline"
	"amends/rules/calendar"
)

// Of many files that are missing, nobody reads a line each: a source has one, with
// its dates as spans. Programs get every file.
func TestMissingFilesAreALineASource(t *testing.T) {
	t.Parallel()
	day, err := calendar.ParseDate("2026-02-26")
	if err != nil {
		t.Fatal(err)
	}
	dates := func(days ...int) []calendar.Date {
		var list []calendar.Date
		for _, n := range days {
			list = append(list, day.AddDays(n))
		}
		return list
	}
	missing := &pipeline.MissingFilesError{Sources: []pipeline.MissingSource{
		{Source: "customers", Files: "data/customers.parquet"},
		{Source: "defects", Files: "data/dt={date}.parquet", Dates: dates(0)},
		{Source: "deliveries", Files: "data/{date}/*", Dates: dates(0, 1, 2, 3, 6)},
		{Source: "orders", Files: "o/{date}", Dates: dates(0, 2, 4, 6, 8, 10, 12)},
	}}
	want := `source "customers": no file matches data/customers.parquet
source "defects": no file for 2026-02-26: expected data/dt=2026-02-26.parquet
source "deliveries": no file for 5 dates, 2026-02-26 to 2026-03-01, 2026-03-04: expected data/2026-02-26/* and so on
source "orders": no file for 7 dates, 2026-02-26, 2026-02-28, 2026-03-02, 2026-03-04, 2026-03-06 and 2 more: expected o/2026-02-26 and so on
run again when they are there; a source that may have no file on a day says ` + "`optional: true`" + ` in amends.yaml`
	if diff := cmp.Diff(want, missing.Error()); diff != "" {
		t.Error(diff)
	}
	files := missing.Missing()
	if len(files) != 1+1+5+7 || files[4] != `source "deliveries": no file for 2026-02-28: expected data/2026-02-28/*` {
		t.Errorf("%d files: %q", len(files), files)
	}
}
