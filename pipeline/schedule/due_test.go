package schedule

import (
	"testing"
	"time"

	"amends/rules/calendar"
)

// Instants by hand, from the zones' published clock changes.
func TestDue(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, cron, date, want, why string }{
		{"UTC", "30 2 * * *", "2026-01-15", "2026-01-16T02:30:00Z", "plain"},
		{"America/New_York", "30 2 * * *", "2026-01-15", "2026-01-16T07:30:00Z", "winter"},
		{"America/New_York", "30 2 * * *", "2026-03-07", "2026-03-08T07:00:00Z", "02:30 is skipped: the clocks show 03:00 after 01:59"},
		{"America/New_York", "30 2 * * *", "2026-03-08", "2026-03-09T06:30:00Z", "summer"},
		{"America/New_York", "30 1 * * *", "2026-10-31", "2026-11-01T05:30:00Z", "01:30 comes twice: the first, in summer time"},
		{"America/New_York", "30 2 * * *", "2026-10-31", "2026-11-01T07:30:00Z", "02:30 comes once, in winter time"},
		{"Europe/Berlin", "30 2 * * *", "2026-03-28", "2026-03-29T01:00:00Z", "skipped"},
		{"Europe/Berlin", "30 2 * * *", "2026-10-24", "2026-10-25T00:30:00Z", "comes twice"},
		{"Australia/Lord_Howe", "15 2 * * *", "2026-10-03", "2026-10-03T15:30:00Z", "half an hour from 02:00 is skipped: 02:30 at +11"},
		{"Australia/Lord_Howe", "45 1 * * *", "2026-04-04", "2026-04-04T14:45:00Z", "01:30 to 02:00 comes twice: at +11"},
		{"Pacific/Apia", "30 2 * * *", "2011-12-28", "2011-12-29T12:30:00Z", "at -10"},
		{"Pacific/Apia", "30 2 * * *", "2011-12-29", "2011-12-30T10:00:00Z", "the 30th is skipped: the first instant of the 31st"},
		{"Pacific/Apia", "30 2 * * *", "2011-12-30", "2011-12-30T12:30:00Z", "the 31st, at +14"},
		{"America/Sao_Paulo", "0 0 * * *", "2018-11-03", "2018-11-04T03:00:00Z", "midnight is skipped"},
		{"UTC", "0 0 * * *", "2026-01-15", "2026-01-16T00:00:00Z", "at the end of the day itself"},
		{"UTC", "15 * * * *", "2026-01-15", "2026-01-16T00:15:00Z", "hourly: the first of the next day"},
		{"UTC", "0 6,18 * * *", "2026-01-15", "2026-01-16T06:00:00Z", "twice a day: the first"},
		{"UTC", "0 3 * * mon", "2026-01-15", "2026-01-19T03:00:00Z", "weekly: the Monday after Thursday"},
		{"UTC", "0 3 * * mon", "2026-01-18", "2026-01-19T03:00:00Z", "weekly: Sunday"},
		{"UTC", "0 3 * * mon", "2026-01-19", "2026-01-26T03:00:00Z", "weekly: Monday waits a week"},
		{"UTC", "0 0 29 2 *", "2096-03-01", "2104-02-29T00:00:00Z", "eight years without a 29th of February"},
	} {
		w := newWorld(t, test.zone, test.cron, test.want)
		o, err := newOccurrences(Timetable{Cron: test.cron, Location: w.zone})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.due(date(t, test.date)); got.String() != test.want {
			t.Errorf("%s %q: %s is due at %s, want %s: %s", test.zone, test.cron, test.date, got, test.want, test.why)
		}
		// The last date that is due is this one, or a later one that is due with it.
		if got := o.latest(o.due(date(t, test.date))); got < date(t, test.date) || o.due(got) != o.due(date(t, test.date)) {
			t.Errorf("%s %q: at %s the last due date is %s", test.zone, test.cron, test.want, got)
		}
		if got := o.latest(o.due(date(t, test.date)) - 1); got >= date(t, test.date) {
			t.Errorf("%s %q: before %s, %s is due", test.zone, test.cron, test.want, got)
		}
	}
}

// Where the clocks go back over midnight, from 00:01 to 23:01, a day has ended
// that they show again.
func TestLatestAfterMidnightIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "America/St_Johns", "0 0 * * *", "2010-11-07T02:40:00Z") // 23:10 on the 6th, for the second time
	o, err := newOccurrences(Timetable{Cron: w.cron, Location: w.zone})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.latest(calendar.Instant(w.wall.UnixMicro())); got != date(t, "2010-11-06") {
		t.Errorf("the last due date is %s", got)
	}
}

func TestNextOccurrence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, cron, after, want string }{
		{"UTC", "30 2 * * *", "2026-01-15T02:29:59Z", "2026-01-15T02:30:00Z"},
		{"UTC", "30 2 * * *", "2026-01-15T02:30:00Z", "2026-01-16T02:30:00Z"},
		{"Europe/Berlin", "30 2 * * *", "2026-10-25T00:29:00Z", "2026-10-25T00:30:00Z"},
		{"Europe/Berlin", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}, // not again at 01:30Z
		{"Europe/Berlin", "30 2 * * *", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00Z"}, // the second 02:10
		{"Europe/Berlin", "*/10 * * * *", "2026-10-25T00:50:00Z", "2026-10-25T02:00:00Z"},
		{"Europe/Berlin", "30 2 * * *", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "*/20 2 * * *", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}, // 02:20 and 02:40 came with 02:00
		{"Pacific/Apia", "0 12 * * *", "2011-12-29T23:00:00Z", "2011-12-30T10:00:00Z"},
	} {
		w := newWorld(t, test.zone, test.cron, test.after)
		o, err := newOccurrences(Timetable{Cron: test.cron, Location: w.zone})
		if err != nil {
			t.Fatal(err)
		}
		if got := o.next(calendar.Instant(w.wall.UnixMicro())).String(); got != test.want {
			t.Errorf("%s %q: after %s comes %s, want %s", test.zone, test.cron, test.after, got, test.want)
		}
	}
}

func TestATimetableThatIsNone(t *testing.T) {
	t.Parallel()
	for _, cron := range []string{"TZ=UTC", "@every -1h", "0 0 31 2 *", "", "1 2 3"} {
		if _, err := newOccurrences(Timetable{Cron: cron, Location: time.UTC}); err == nil {
			t.Errorf("%q is a schedule", cron)
		}
	}
}
