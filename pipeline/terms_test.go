package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/publish"
)

// Each expiry worked out by hand: the midnight that ends the last usable day.
func TestExpiry(t *testing.T) {
	t.Parallel()
	const newYork = "America/New_York"
	for name, test := range map[string]struct {
		zone, terms, day, effective string // effective "" is the day after
		from, until, last           string
	}{
		"the day that has 23 hours": {newYork, "valid_days: 3", "2026-03-04", "", "2026-03-05T05:00:00Z", "2026-03-09T04:00:00Z", "2026-03-08"},
		"the day that has 25 hours": {newYork, "valid_days: 3", "2026-10-28", "", "2026-10-29T04:00:00Z", "2026-11-02T05:00:00Z", "2026-11-01"},
		"the leap day":              {newYork, "valid_days: 3", "2028-02-25", "", "2028-02-26T05:00:00Z", "2028-03-01T05:00:00Z", "2028-02-29"},
		"a year without":            {newYork, "valid_days: 3", "2027-02-24", "", "2027-02-25T05:00:00Z", "2027-03-01T05:00:00Z", "2027-02-28"},
		"from a month's end":        {newYork, "valid_days: 30", "2026-01-30", "", "2026-01-31T05:00:00Z", "2026-03-03T05:00:00Z", "2026-03-02"},
		"into the next year":        {newYork, "valid_days: 1", "2026-12-31", "", "2027-01-01T05:00:00Z", "2027-01-03T05:00:00Z", "2027-01-02"},
		"on the leap day":           {newYork, "expires_on: 2028-02-29", "2028-02-10", "", "2028-02-11T05:00:00Z", "2028-03-01T05:00:00Z", "2028-02-29"},
		"on its first day":          {newYork, "expires_on: 2026-11-30", "2026-11-29", "", "2026-11-30T05:00:00Z", "2026-12-01T05:00:00Z", "2026-11-30"},
		"days enough":               {newYork, "expires_on: 2026-11-30, min_valid_days: 14", "2026-11-15", "", "2026-11-16T05:00:00Z", "2026-12-01T05:00:00Z", "2026-11-30"},
		"a day too few":             {newYork, "expires_on: 2026-11-30, min_valid_days: 14", "2026-11-16", "", "2026-11-17T05:00:00Z", "2026-12-02T05:00:00Z", "2026-12-01"},
		"effective later":           {newYork, "valid_days: 1", "2026-03-01", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-10T04:00:00Z", "2026-03-09"},
		"a midnight that is not":    {"America/Santiago", "valid_days: 1", "2026-09-03", "", "2026-09-04T04:00:00Z", "2026-09-06T04:00:00Z", "2026-09-05"},
		"from there":                {"America/Santiago", "valid_days: 1", "2026-09-05", "", "2026-09-06T04:00:00Z", "2026-09-08T03:00:00Z", "2026-09-07"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAlmanac(t, test.zone, test.terms, 0)
			a.parcels(test.day, a.early(test.day))
			d := date(t, test.day)
			o := pipeline.RunOptions{From: d, To: d}
			if test.effective != "" {
				o.Effective, o.HasEffective = date(t, test.effective), true
			}
			_, err := pipeline.Run(context.Background(), pipeline.Config{Dir: a.dir, Workers: 1}, o, nil)
			mustDo(t, err)
			rows := readOutput(t, a.chain(), d, "issuance.parquet", publish.ReadIssuance)
			if len(rows) != 1 {
				t.Fatalf("%d credits", len(rows))
			}
			r := rows[0]
			if r.EffectiveAt.String() != test.from || r.ExpiresAt.String() != test.until || r.Message != "until "+test.last {
				t.Errorf("from %s until %s, %q; want from %s until %s, last day %s", r.EffectiveAt, r.ExpiresAt, r.Message, test.from, test.until, test.last)
			}
		})
	}
}

// Terms that end before their first day stop the night, and name the terms.
func TestTermsThatAreOver(t *testing.T) {
	t.Parallel()
	a := newAlmanac(t, "America/New_York", "expires_on: 2026-11-30", 0)
	a.parcels("2026-11-30", a.early("2026-11-30"))
	d := date(t, "2026-11-30")
	_, err := pipeline.Run(context.Background(), pipeline.Config{Dir: a.dir}, pipeline.RunOptions{From: d, To: d}, nil)
	if err == nil || errors.Is(err, pipeline.ErrRefused) || !strings.Contains(err.Error(), `B090: terms "standard" expire on 2026-11-30`) {
		t.Errorf("terms that are over: %v", err)
	}
	if len(a.chain().Nights()) != 0 {
		t.Error("a night was committed")
	}
}

// [effective_at, expires_at): the first instant counts, and the last before the
// end does.
func TestUseAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ day, before, from, until string }{
		{"2026-03-04", "2026-03-05T04:59:59.999999Z", "2026-03-05T05:00:00Z", "2026-03-09T04:00:00Z"},
		{"2026-10-28", "2026-10-29T03:59:59.999999Z", "2026-10-29T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"2028-02-25", "2028-02-26T04:59:59.999999Z", "2028-02-26T05:00:00Z", "2028-03-01T05:00:00Z"},
	} {
		t.Run(test.day, func(t *testing.T) {
			t.Parallel()
			a := newAlmanac(t, "America/New_York", "valid_days: 3", 2)
			a.parcels(test.day, a.early(test.day))
			issued := date(t, test.day)
			last, after := issued.AddDays(4), issued.AddDays(5) // the last usable day, and the one after
			final := (a.instant(test.until) - 1).String()
			a.uses(issued.AddDays(1).String(), almanacUse{"too soon", "p", test.before}, almanacUse{"first", "p", test.from})
			a.uses(last.String(), almanacUse{"last", "p", final}, almanacUse{"tomorrow's", "p", test.until})
			a.uses(after.String(), almanacUse{"late row", "p", final}, almanacUse{"too late", "p", test.until})
			a.run(test.day, after.String(), false)
			want := map[string]string{
				"too soon": "before-effective", "first": "applied", "last": "applied", "tomorrow's": "not-yet",
				"late row": "applied", "too late": "expired",
			}
			got := map[string]string{}
			for _, m := range manifestsOf(t, a.chain()) {
				for _, r := range readOutput(t, a.chain(), m.Date(), "redemptions.parquet", publish.ReadRedemptions) {
					got[r.RedemptionID] = r.Outcome
				}
			}
			for id, outcome := range want {
				if got[id] != outcome {
					t.Errorf("%s: %q, want %s", id, got[id], outcome)
				}
			}
			open := readOutput(t, a.chain(), after, "open.parquet", publish.ReadOpen)
			if len(open) != 1 || open[0].Remaining() != 70 {
				t.Errorf("open %+v, want 70 left of a dollar", open)
			}
		})
	}
}

// A credit is forfeited on the one night whose end is the first at or after the
// end of its grace, which counts calendar days: over a clock change they are not
// all of 24 hours.
func TestGrace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, day string
		grace     int
		want      string // the night; the last usable day is the day of issue + 3
	}{
		{"none", "2026-01-05", 0, "2026-01-08"},
		{"one day", "2026-01-05", 1, "2026-01-09"},
		{"two days", "2026-01-05", 2, "2026-01-10"},
		{"a day of 23 hours", "2026-03-04", 1, "2026-03-08"}, // from 05:00Z of the 8th to 04:00Z of the 9th
		{"two days, one of 23 hours", "2026-03-04", 2, "2026-03-09"},
		{"ends with the day of 23 hours", "2026-03-05", 0, "2026-03-08"},
		{"a day of 25 hours", "2026-10-28", 1, "2026-11-01"},
		{"ends with the day of 25 hours", "2026-10-29", 0, "2026-11-01"},
		{"after the day of 25 hours", "2026-10-29", 1, "2026-11-02"},
		{"the leap day", "2028-02-25", 1, "2028-02-29"},
		{"over the leap day", "2028-02-25", 2, "2028-03-01"},
		{"a month's end", "2026-01-28", 1, "2026-02-01"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAlmanac(t, "America/New_York", "valid_days: 2", test.grace)
			a.parcels(test.day, a.early(test.day))
			a.run(test.day, date(t, test.want).AddDays(1).String(), false)
			if got := a.forfeited(); !slices.Equal(got, []string{test.want}) {
				t.Errorf("forfeited on %v, want %s", got, test.want)
			}
		})
	}
}

// A night that is left out forfeits nothing; the next one does. A use in the
// term whose row comes with the forfeiture goes first, one that comes after it
// is given back and applied.
func TestGraceOverSkippedDates(t *testing.T) {
	t.Parallel()
	a := newAlmanac(t, "America/New_York", "valid_days: 2", 1)
	a.parcels("2026-03-04", a.early("2026-03-04"))
	a.run("2026-03-04", "2026-03-06", false)
	used := "2026-03-07T12:00:00Z"
	a.uses("2026-03-08", almanacUse{"with a skipped date", "p", used}) // read on the 11th
	a.uses("2026-03-12", almanacUse{"after", "p", used})
	a.run("2026-03-11", "2026-03-12", true)
	if got := a.forfeited(); !slices.Equal(got, []string{"2026-03-11"}) {
		t.Errorf("forfeited on %v", got)
	}
	forfeited := readOutput(t, a.chain(), date(t, "2026-03-11"), "forfeiture.parquet", publish.ReadForfeiture)
	if f := forfeited[0]; f.GrantedMinor != 100 || f.RedeemedMinor != 10 || f.ForfeitedMinor != 90 {
		t.Errorf("forfeited %+v, want 90 of a dollar", f)
	}
	adjusted := readOutput(t, a.chain(), date(t, "2026-03-12"), "adjustments.parquet", publish.ReadAdjustments)
	if len(adjusted) != 1 || adjusted[0].Kind != "reinstate" || adjusted[0].AmountMinor != 10 {
		t.Errorf("adjusted %+v, want 10 given back", adjusted)
	}
}

// A reminder comes once, remind_days before the last usable day; where that date
// was left out, or was over when the credit was given, on the next night.
func TestReminders(t *testing.T) {
	t.Parallel()
	const skipped = "2026-03-04 then "
	for name, test := range map[string]struct {
		remind int
		runs   [][2]string // ranges, the second with dates left out
		used   string      // "": not used up
		want   []string
	}{
		// Given on the 4th for the 5th to the 9th, of which the 8th has 23 hours.
		"two days before":                      {2, [][2]string{{"2026-03-04", "2026-03-10"}}, "", []string{"2026-03-07"}},
		"never":                                {0, [][2]string{{"2026-03-04", "2026-03-10"}}, "", nil},
		"one day before":                       {1, [][2]string{{"2026-03-04", "2026-03-10"}}, "", []string{"2026-03-08"}},
		"longer than the term":                 {10, [][2]string{{"2026-03-04", "2026-03-10"}}, "", []string{"2026-03-04"}},
		"on the night of issue":                {5, [][2]string{{"2026-03-04", "2026-03-10"}}, "", []string{"2026-03-04"}},
		skipped + "the day after it was due":   {2, [][2]string{{"2026-03-04", "2026-03-05"}, {"2026-03-08", "2026-03-10"}}, "", []string{"2026-03-08"}},
		skipped + "the day it is due":          {2, [][2]string{{"2026-03-04", "2026-03-04"}, {"2026-03-07", "2026-03-10"}}, "", []string{"2026-03-07"}},
		skipped + "the day before it is due":   {2, [][2]string{{"2026-03-04", "2026-03-04"}, {"2026-03-06", "2026-03-10"}}, "", []string{"2026-03-07"}},
		skipped + "the day that ends the term": {2, [][2]string{{"2026-03-04", "2026-03-04"}, {"2026-03-09", "2026-03-10"}}, "", nil},
		"used a part":                          {2, [][2]string{{"2026-03-04", "2026-03-10"}}, "2026-03-06T12:00:00Z", []string{"2026-03-07"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			terms := "expires_on: 2026-03-09"
			if test.remind > 0 {
				terms += fmt.Sprintf(", remind_days: %d", test.remind)
			}
			a := newAlmanac(t, "America/New_York", terms, 2)
			a.parcels("2026-03-04", a.early("2026-03-04"))
			a.lateUntil("2026-03-04") // the terms end before later nights could use them
			if test.used != "" {
				a.uses("2026-03-06", almanacUse{"u", "p", test.used})
			}
			for i, r := range test.runs {
				a.run(r[0], r[1], i > 0)
			}
			if got := a.reminded(); !slices.Equal(got, test.want) {
				t.Fatalf("reminded on %v, want %v", got, test.want)
			}
			if len(test.want) == 0 {
				return
			}
			rows := readOutput(t, a.chain(), date(t, test.want[0]), "expiring.parquet", publish.ReadExpiring)
			left := int64(100)
			if test.used != "" {
				left = 90
			}
			if r := rows[0]; r.RemainingMinor != left || r.ExpiresAt.String() != "2026-03-10T04:00:00Z" || r.CreditID != almanacCredit("p") || r.Terms != "standard" {
				t.Errorf("%+v", r)
			}
		})
	}
}
