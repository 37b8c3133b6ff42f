package calendar_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amends/rules/calendar"
)

// zone loads a zone that a test names.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := calendar.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// wall reads a naive local time that a test wrote, as microseconds.
func wall(t testing.TB, s string) int64 {
	t.Helper()
	parsed, err := time.Parse("2006-01-02 15:04:05.999999", s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.UnixMicro()
}

func TestStartOfDay(t *testing.T) {
	t.Parallel()
	tests := []struct {
		zone, day string
		start     string // in UTC
		end       string // the start of the next day
	}{
		{"UTC", "2026-03-08", "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"},
		{"America/New_York", "2026-01-31", "2026-01-31T05:00:00Z", "2026-02-01T05:00:00Z"},
		{"America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"}, // 23 hours
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}, // 25 hours
		{"America/New_York", "2028-02-29", "2028-02-29T05:00:00Z", "2028-03-01T05:00:00Z"},
		{"Europe/London", "2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"},
		{"Europe/London", "2026-10-25", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"},
		{"Asia/Tokyo", "2026-03-29", "2026-03-28T15:00:00Z", "2026-03-29T15:00:00Z"},
		{"Asia/Kathmandu", "2026-06-15", "2026-06-14T18:15:00Z", "2026-06-15T18:15:00Z"},
		// At 00:00 the clocks of São Paulo went to 01:00, so 2017-10-15 began at 01:00 -02.
		{"America/Sao_Paulo", "2017-10-14", "2017-10-14T03:00:00Z", "2017-10-15T03:00:00Z"},
		{"America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00:00Z", "2017-10-16T02:00:00Z"},
		// At 00:00 of 2018-02-18 they went back to 23:00, so the 17th had 25 hours.
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z"},
		// At 01:00 of 2026-10-25 the Azores go back to 00:00: the earlier midnight counts.
		{"Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"},
		// At 00:01 of 2010-11-07 St. John's went back to 23:01 of the 6th.
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z"},
		// Samoa had no 2011-12-30: from -10 to +14 at the end of the 29th.
		{"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
	}
	for _, test := range tests {
		loc, d := zone(t, test.zone), day(t, test.day)
		if got := calendar.StartOfDay(d, loc).String(); got != test.start {
			t.Errorf("%s in %s starts at %s, want %s", test.day, test.zone, got, test.start)
		}
		if got := calendar.AsOf(d, loc).String(); got != test.end {
			t.Errorf("%s in %s ends at %s, want %s", test.day, test.zone, got, test.end)
		}
	}
}

func TestFromLocal(t *testing.T) {
	t.Parallel()
	tests := []struct{ zone, local, want string }{
		{"UTC", "2026-03-08 02:30:00", "2026-03-08T02:30:00Z"},
		{"America/New_York", "2026-07-04 12:00:00.000001", "2026-07-04T16:00:00.000001Z"},
		{"America/New_York", "2026-03-08 01:59:59.999999", "2026-03-08T06:59:59.999999Z"},
		{"America/New_York", "2026-03-08 02:00:00", "2026-03-08T07:00:00Z"}, // skipped
		{"America/New_York", "2026-03-08 02:30:00", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08 02:59:59.999999", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08 03:00:00", "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08 03:00:01", "2026-03-08T07:00:01Z"},
		{"America/New_York", "2026-11-01 00:59:59", "2026-11-01T04:59:59Z"},
		{"America/New_York", "2026-11-01 01:00:00", "2026-11-01T05:00:00Z"}, // the first of two
		{"America/New_York", "2026-11-01 01:30:00", "2026-11-01T05:30:00Z"},
		{"America/New_York", "2026-11-01 02:00:00", "2026-11-01T07:00:00Z"},
		{"Europe/London", "2026-03-29 01:30:00", "2026-03-29T01:00:00Z"},
		{"Europe/London", "2026-10-25 01:30:00", "2026-10-25T00:30:00Z"},
		{"Europe/London", "2026-10-25 02:00:00", "2026-10-25T02:00:00Z"},
		{"America/Sao_Paulo", "2017-10-15 00:30:00", "2017-10-15T03:00:00Z"},
		{"America/Sao_Paulo", "2018-02-17 23:30:00", "2018-02-18T01:30:00Z"},
		{"Asia/Tokyo", "2026-01-01 09:00:00", "2026-01-01T00:00:00Z"},
		{"Pacific/Apia", "2011-12-30 15:00:00", "2011-12-30T10:00:00Z"},
		{"Pacific/Kiritimati", "2026-01-01 14:00:00", "2026-01-01T00:00:00Z"},
		{"America/New_York", "2200-07-04 12:00:00", "2200-07-04T16:00:00Z"}, // the rule at the end of the data
		{"America/New_York", "1800-01-01 00:00:00", "1800-01-01T04:56:02Z"}, // local mean time
	}
	for _, test := range tests {
		if got := calendar.FromLocal(wall(t, test.local), zone(t, test.zone)).String(); got != test.want {
			t.Errorf("%s in %s = %s, want %s", test.local, test.zone, got, test.want)
		}
	}
}

// FromLocal against a search that knows nothing of offsets: it asks a clock on
// the wall, minute by minute from two days before, when it first shows as much.
func TestFromLocalIsWhenTheClockFirstShowsIt(t *testing.T) {
	t.Parallel()
	changes := []struct {
		zone string
		near string
	}{
		{"America/New_York", "2026-03-08"}, {"America/New_York", "2026-11-01"}, {"Europe/London", "2026-10-25"},
		{"America/Sao_Paulo", "2017-10-15"}, {"America/Sao_Paulo", "2018-02-18"}, {"Pacific/Apia", "2011-12-30"},
		{"Australia/Lord_Howe", "2026-04-05"}, {"Australia/Lord_Howe", "2026-10-04"}, {"Europe/Dublin", "2026-03-29"},
		{"America/St_Johns", "2010-11-07"}, {"Africa/Casablanca", "2026-02-15"}, {"Asia/Tokyo", "2025-12-31"},
		{"America/New_York", "2050-12-31"}, {"Antarctica/Troll", "2026-03-29"}, {"Pacific/Kwajalein", "1993-08-21"},
	}
	const minute = int64(60 * 1_000_000)
	rapid.Check(t, func(t *rapid.T) {
		change := rapid.SampledFrom(changes).Draw(t, "change")
		loc, err := calendar.Load(change.zone)
		if err != nil {
			t.Fatal(err)
		}
		near, err := time.Parse(time.DateOnly, change.near)
		if err != nil {
			t.Fatal(err)
		}
		local := near.UnixMicro() + rapid.Int64Range(-1440, 2880).Draw(t, "minutes")*minute
		first := local - 2*1440*minute
		for ; ; first += minute {
			shown := time.UnixMicro(first).In(loc)
			clock := time.Date(shown.Year(), shown.Month(), shown.Day(), shown.Hour(), shown.Minute(), shown.Second(), 0, time.UTC)
			if clock.UnixMicro() >= local {
				break
			}
		}
		if got := calendar.FromLocal(local, loc); got != calendar.Instant(first) {
			t.Fatalf("%s in %s = %s, want %s", time.UnixMicro(local).UTC(), change.zone, got, calendar.Instant(first))
		}
	})
}

var zoneNames = []string{"UTC", "America/New_York", "Europe/London", "Asia/Tokyo", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Sydney", "Pacific/Apia"}

// An instant lies in its own day: not before the day starts, and before the
// next one does. Years from 2012 on, which no zone here skips a day of.
func TestAnInstantLiesInItsDay(t *testing.T) {
	t.Parallel()
	from, until := day(t, "2012-01-01"), day(t, "2100-01-01")
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(zoneNames).Draw(t, "zone")
		loc, err := calendar.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		at := calendar.Instant(rapid.Int64Range(int64(from)*86_400e6, int64(until)*86_400e6).Draw(t, "at"))
		d := calendar.DateOf(at, loc)
		if start, end := calendar.StartOfDay(d, loc), calendar.AsOf(d, loc); at < start || end <= at {
			t.Fatalf("%s is on %s in %s, which is [%s, %s)", at, d, name, start, end)
		}
		if got := calendar.DateOf(calendar.StartOfDay(d, loc), loc); got != d {
			t.Fatalf("the start of %s in %s is on %s", d, name, got)
		}
		if got := calendar.DateOf(calendar.AsOf(d, loc)-1, loc); got != d {
			t.Fatalf("the last microsecond of %s in %s is on %s", d, name, got)
		}
		if got := calendar.LocalDate(int64(d)*86_400e6 + rapid.Int64Range(0, 86_400e6-1).Draw(t, "time of day")); got != d {
			t.Fatalf("a time written on %s is on %s", d, got)
		}
	})
}

func TestDateOf(t *testing.T) {
	t.Parallel()
	tests := []struct{ zone, at, want string }{
		{"America/New_York", "2026-11-02T04:59:59.999999Z", "2026-11-01"},
		{"America/New_York", "2026-11-02T05:00:00Z", "2026-11-02"},
		{"Asia/Tokyo", "2026-12-31T15:00:00Z", "2027-01-01"},
		{"UTC", "1969-12-31T23:59:59.999999Z", "1969-12-31"},
		{"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"},
		{"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"},
	}
	for _, test := range tests {
		at, err := calendar.ParseInstant(test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := calendar.DateOf(at, zone(t, test.zone)).String(); got != test.want {
			t.Errorf("%s in %s is on %s, want %s", test.at, test.zone, got, test.want)
		}
	}
}

// A column of a file may hold any 64 bits: what comes of them is never Valid,
// and never taken for a day that is.
func TestWhatIsOutOfRangeStaysSo(t *testing.T) {
	t.Parallel()
	for _, micros := range []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64 - 1, math.MaxInt64, int64(calendar.MinInstant) - 1, int64(calendar.MaxInstant) + 1} {
		if calendar.Instant(micros).Valid() || calendar.LocalDate(micros).Valid() {
			t.Errorf("%d is valid", micros)
		}
		for _, name := range zoneNames {
			if got := calendar.FromLocal(micros, zone(t, name)); got.Valid() {
				t.Errorf("local %d in %s = %s, which is valid", micros, name, got)
			}
		}
		if got := calendar.DateOf(calendar.Instant(micros), time.UTC); got.Valid() {
			t.Errorf("%d is on %s", micros, got)
		}
	}
	for _, at := range []calendar.Instant{calendar.MinInstant, calendar.MaxInstant} {
		if !at.Valid() || !calendar.DateOf(at, time.UTC).Valid() {
			t.Errorf("%s is not valid", at)
		}
	}
}

func TestParseInstant(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in, want string
		err      error
	}{
		{"2026-11-01T05:30:00Z", "2026-11-01T05:30:00Z", nil},
		{"2026-11-01T01:30:00-04:00", "2026-11-01T05:30:00Z", nil},
		{"2026-11-01T05:30:00.5Z", "2026-11-01T05:30:00.5Z", nil},
		{"2026-11-01T05:30:00.000001Z", "2026-11-01T05:30:00.000001Z", nil},
		{"2026-11-01T05:30:00.100000000Z", "2026-11-01T05:30:00.1Z", nil},
		{"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", nil},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", nil},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z", nil},
		{"0001-01-01T00:00:00+01:00", "", calendar.ErrRange},
		{"9999-12-31T23:59:59-01:00", "", calendar.ErrRange},
		{"0000-12-31T00:00:00Z", "", calendar.ErrRange},
		{"2026-11-01T05:30:00.0000001Z", "", calendar.ErrSyntax},
		{"2026-11-01T05:30:00", "", calendar.ErrSyntax},
		{"2026-11-01 05:30:00Z", "", calendar.ErrSyntax},
		{"2026-11-01T5:30:00Z", "", calendar.ErrSyntax},
		{"2026-11-01T05:30:00,5Z", "", calendar.ErrSyntax},
		{"2026-11-01T05:30:60Z", "", calendar.ErrSyntax},
		{"2026-11-01T24:00:00Z", "", calendar.ErrSyntax},
		{"2026-11-01T05:30:00+24:00", "", calendar.ErrSyntax},
		{"2026-11-01T05:30:00.0000000001Z", "", calendar.ErrSyntax},
		{"2026-11-01T05:30:00Z\n", "", calendar.ErrSyntax},
		{"2026-02-29T05:30:00Z", "", calendar.ErrRange},
		{"2026-13-01T05:30:00Z", "", calendar.ErrRange},
		{"2026-11-01", "", calendar.ErrSyntax},
		{"", "", calendar.ErrSyntax},
	}
	for _, test := range tests {
		got, err := calendar.ParseInstant(test.in)
		if !errors.Is(err, test.err) || (err == nil && got.String() != test.want) {
			t.Errorf("ParseInstant(%q) = %s, %v; want %q, %v", test.in, got, err, test.want, test.err)
		}
	}
}

func TestInstantReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := calendar.Instant(rapid.Int64Range(int64(calendar.MinInstant), int64(calendar.MaxInstant)).Draw(t, "at"))
		if got, err := calendar.ParseInstant(at.String()); err != nil || got != at {
			t.Fatalf("%q reads back as %d, %v; want %d", at, got, err, at)
		}
	})
}
