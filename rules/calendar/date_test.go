package calendar_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amends/rules/calendar"
)

// day reads a date that a test wrote.
func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want calendar.Date
		err  error
	}{
		{"1970-01-01", 0, nil},
		{"1969-12-31", -1, nil},
		{"2000-02-29", 11016, nil}, // 30 years, 7 leap days, 31 + 28 days
		{"2026-01-01", 20454, nil}, // 56 years and 14 leap days
		{"0001-01-01", calendar.MinDate, nil},
		{"9999-12-31", calendar.MaxDate, nil},
		{"2026-02-29", 0, calendar.ErrRange},
		{"1900-02-29", 0, calendar.ErrRange},
		{"2026-04-31", 0, calendar.ErrRange},
		{"2026-13-01", 0, calendar.ErrRange},
		{"2026-00-10", 0, calendar.ErrRange},
		{"2026-01-00", 0, calendar.ErrRange},
		{"2026-01-32", 0, calendar.ErrRange},
		{"0000-01-01", 0, calendar.ErrRange},
		{"", 0, calendar.ErrSyntax},
		{"2026-1-1", 0, calendar.ErrSyntax},
		{"20260101", 0, calendar.ErrSyntax},
		{"2026/01/01", 0, calendar.ErrSyntax},
		{"26-01-2001", 0, calendar.ErrSyntax},
		{"2026-01-01 ", 0, calendar.ErrSyntax},
		{"2026-01-01T00:00:00Z", 0, calendar.ErrSyntax},
		{"-026-01-01", 0, calendar.ErrSyntax},
		{"+026-01-01", 0, calendar.ErrSyntax},
		{"2026-01-0x", 0, calendar.ErrSyntax},
		{"10000-01-1", 0, calendar.ErrSyntax},
	}
	for _, test := range tests {
		got, err := calendar.ParseDate(test.in)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseDate(%q) = %d, %v; want %d, %v", test.in, got, err, test.want, test.err)
		}
		if err == nil && got.String() != test.in {
			t.Errorf("%q is written back as %q", test.in, got)
		}
	}
}

// The days of the calendar, counted one by one: every date of 400 years (all
// that the Gregorian rule has) follows the one before it.
func TestDaysFollowEachOther(t *testing.T) {
	t.Parallel()
	lengths := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	next := day(t, "1800-01-01")
	weekday := 3 // 1800-01-01 was a Wednesday
	for year := 1800; year < 2200; year++ {
		for month := 1; month <= 12; month++ {
			days := lengths[month-1]
			if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
				days = 29
			}
			for d := 1; d <= days; d++ {
				got, err := calendar.FromYMD(year, month, d)
				if err != nil || got != next {
					t.Fatalf("%d-%d-%d = %d, %v; want %d", year, month, d, got, err, next)
				}
				if y, m, dd := got.YMD(); y != year || m != month || dd != d {
					t.Fatalf("day %d is %d-%d-%d, want %d-%d-%d", got, y, m, dd, year, month, d)
				}
				if got.Weekday() != weekday {
					t.Fatalf("%s is weekday %d, want %d", got, got.Weekday(), weekday)
				}
				next, weekday = next+1, weekday%7+1
			}
			if _, err := calendar.FromYMD(year, month, days+1); !errors.Is(err, calendar.ErrRange) {
				t.Fatalf("%d-%d-%d: %v, want %v", year, month, days+1, err, calendar.ErrRange)
			}
		}
	}
}

func TestAddDays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31", 1, "2026-02-01"},
		{"2026-02-28", 1, "2026-03-01"},
		{"2028-02-28", 1, "2028-02-29"},
		{"2028-02-28", 366, "2029-02-28"},
		{"2026-03-01", -1, "2026-02-28"},
		{"2026-12-31", 1, "2027-01-01"},
		{"2026-10-15", 30, "2026-11-14"},
		{"2026-10-15", 0, "2026-10-15"},
	}
	for _, test := range tests {
		if got := day(t, test.from).AddDays(test.n); got != day(t, test.want) || !got.Valid() {
			t.Errorf("%s + %d days = %s, want %s", test.from, test.n, got, test.want)
		}
	}
	for _, got := range []calendar.Date{
		calendar.MaxDate.AddDays(1), calendar.MinDate.AddDays(-1),
		calendar.MaxDate.AddDays(math.MaxInt), calendar.MinDate.AddDays(math.MinInt),
		calendar.Date(math.MaxInt32).AddDays(1), calendar.Date(math.MinInt32).AddDays(-1),
	} {
		if got.Valid() {
			t.Errorf("day %d is valid", got)
		}
	}
	if got, want := calendar.MaxDate.AddDays(1).String(), "10000-01-01"; got != want {
		t.Errorf("the day after the last is written %q, want %q", got, want)
	}
}

func TestWeekday(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1970-01-01": 4, "2026-11-01": 7, "2026-11-02": 1, "1969-12-28": 7, "0001-01-01": 1} {
		if got := day(t, text).Weekday(); got != want {
			t.Errorf("%s is weekday %d, want %d", text, got, want)
		}
	}
}

func dates() *rapid.Generator[calendar.Date] {
	return rapid.Map(rapid.Int32Range(int32(calendar.MinDate), int32(calendar.MaxDate)), func(i int32) calendar.Date { return calendar.Date(i) })
}

func TestDateReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, n := dates().Draw(t, "d"), rapid.IntRange(-4_000_000, 4_000_000).Draw(t, "n")
		if got, err := calendar.ParseDate(d.String()); err != nil || got != d {
			t.Fatalf("%q reads back as %d, %v; want %d", d, got, err, d)
		}
		if got := d.AddDays(n).AddDays(-n); got != d {
			t.Fatalf("%s + %d - %d days = %s", d, n, n, got)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"2026-02-28", "2026-02-29", "0001-01-01", "0000-00-00", "2026-1-01", "2026-01-01T", "२०२६-01-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := calendar.ParseDate(s)
		want, wantErr := time.Parse(time.DateOnly, s)
		if wantErr == nil && want.Year() == 0 {
			wantErr = fmt.Errorf("year 0")
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q = %s, %v; package time says %v", s, got, err, wantErr)
		}
		if err == nil && (got.String() != s || int64(got)*86400 != want.Unix()) {
			t.Fatalf("%q = %s, day %d; package time says second %d", s, got, got, want.Unix())
		}
	})
}
