package analysis

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/money"
)

// story is a night of the worked example in README.md, in US dollars.
type story struct {
	night     string
	left      map[string]int64 // week → outstanding, cents
	forfeited []Forfeited
}

func taken(t *testing.T, lastDay, issued string, minor int64) Forfeited {
	return Forfeited{Currency: "USD", LastDay: on(t, lastDay), Issued: on(t, issued), Minor: minor}
}

func (s story) run(t *testing.T, cohorts []Cohort, graceDays int) Liability {
	t.Helper()
	night := LiabilityNight{Date: on(t, s.night), GraceDays: graceDays, Forfeited: s.forfeited}
	for monday, minor := range s.left {
		night.Outstanding.Add("USD", on(t, monday).AddDays(6), minor) // usable until Sunday
	}
	return NextLiability(cohorts, night)
}

// The worked example of README.md, each line of its tables worked out by hand.
func TestWorkedExample(t *testing.T) {
	t.Parallel()
	nights := []story{
		{"2026-01-05", map[string]int64{"2026-01-12": 100_00}, nil},
		{"2026-01-07", map[string]int64{"2026-01-12": 125_00}, nil},
		{"2026-01-12", map[string]int64{"2026-01-12": 110_00, "2026-01-19": 80_00}, nil},
		{"2026-01-20", map[string]int64{"2026-01-19": 70_00, "2026-01-26": 40_01, "2026-02-02": 33_00}, []Forfeited{
			taken(t, "2026-01-18", "2026-01-05", 61_00), taken(t, "2026-01-16", "2026-01-07", 20_00),
		}},
		{"2026-01-22", map[string]int64{"2026-01-19": 70_00}, []Forfeited{taken(t, "2026-01-18", "2026-01-02", -6_00)}},
		{"2026-01-27", map[string]int64{"2026-02-02": 30_00}, []Forfeited{taken(t, "2026-01-23", "2026-01-08", 52_00)}},
		{"2026-02-03", nil, []Forfeited{taken(t, "2026-02-01", "2026-01-10", 20_00)}},
	}
	want := []string{
		"| 2026-01-05 | 2026-01-12 | 1 | 100.00 | |",
		"| 2026-01-07 | 2026-01-12 | 1 | 125.00 | |",
		"| 2026-01-12 | 2026-01-12 | 0 | 110.00 | |",
		"| 2026-01-12 | 2026-01-19 | 1 | 80.00 | |",
		"| 2026-01-20 | 2026-01-19 | 0 | 70.00 | 51.55 |",
		"| 2026-01-20 | 2026-01-26 | 1 | 40.01 | 24.41 |",
		"| 2026-01-20 | 2026-02-02 | 2 | 33.00 | |",
		"| 2026-01-22 | 2026-01-19 | 0 | 70.00 | 47.73 |",
		"| 2026-01-27 | 2026-02-02 | 1 | 30.00 | 17.83 |",
	}
	var got []string
	var cohorts []Cohort
	var last Liability
	for _, s := range nights {
		before := fmt.Sprint(cohorts)
		last = s.run(t, cohorts, 2)
		if fmt.Sprint(cohorts) != before {
			t.Errorf("%s changed what the night before left", s.night)
		}
		cohorts = last.Cohorts
		for _, w := range last.Expiry {
			expected := ""
			if w.Past > 0 {
				expected = dollars(w.ExpectedMinor) + " "
			}
			got = append(got, fmt.Sprintf("| %s | %s | %d | %s | %s|", s.night, w.Monday, w.WeeksAhead, dollars(w.OutstandingMinor), expected))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("expiry (-want +got):\n%s", diff)
	}
	score := []report.ForecastScore{{
		Currency: "USD", Monday: "2026-01-26", WeeksAhead: 1, Made: "2026-01-20", OutstandingMinor: 40_01, ExpectedMinor: 24_41, ActualMinor: 20_00, Past: 1,
	}}
	if diff := cmp.Diff(score, last.Forecasts); diff != "" {
		t.Errorf("forecasts (-want +got):\n%s", diff)
	}
	content, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range append(want, "| 2026-01-26 | 1 | 2026-01-20 | 40.01 | 24.41 | 20.00 |") {
		if !strings.Contains(string(content), line+"\n") {
			t.Errorf("README.md lacks the line %s", line)
		}
	}
}

func dollars(minor int64) string {
	return strings.TrimSuffix(money.Amount{Minor: minor, Currency: "USD"}.String(), " USD")
}

// sealedWeek is a past week of which so much was seen and forfeited.
func sealedWeek(monday calendar.Date, ahead int, outstanding, forfeited int64) Cohort {
	return Cohort{Currency: "USD", Monday: monday.String(), Sealed: monday.AddDays(6).String(), Snapshots: []Snapshot{
		{Ahead: ahead, Date: monday.AddDays(-7 * ahead).String(), OutstandingMinor: outstanding, ForfeitedMinor: forfeited},
	}}
}

func TestRateOfTheNearestWeekAbove(t *testing.T) {
	t.Parallel()
	past := []Cohort{
		sealedWeek(on(t, "2025-11-03"), 1, 1000, 900), sealedWeek(on(t, "2025-11-10"), 4, 1000, 500), sealedWeek(on(t, "2025-11-17"), 13, 1000, 250),
	}
	tests := []struct {
		ahead, rateAhead int
		expected         int64
	}{{-1, 1, 90}, {0, 1, 90}, {1, 1, 90}, {2, 4, 50}, {4, 4, 50}, {5, 13, 25}, {13, 13, 25}, {14, 0, 0}}
	tonight := on(t, "2026-01-07")
	for _, test := range tests {
		monday := on(t, "2026-01-05").AddDays(7 * test.ahead)
		line := story{tonight.String(), map[string]int64{monday.String(): 100}, nil}.run(t, past, 0).Expiry[0]
		if line.WeeksAhead != test.ahead || line.RateAhead != test.rateAhead || line.ExpectedMinor != test.expected || line.Past > 0 != (test.expected > 0) {
			t.Errorf("%d weeks ahead: %+v", test.ahead, line)
		}
	}
}

// 27 sealed weeks: the oldest, of which nothing was forfeited, counts no more.
// An expectation never overflows: it is worked out in whole numbers of any size.
func TestExpectationsAreFromHalfAYear(t *testing.T) {
	t.Parallel()
	first := on(t, "2025-01-06")
	var past []Cohort
	for i := range cohortsKept + 1 {
		past = append(past, sealedWeek(first.AddDays(7*i), 1, 1<<60, 1<<60))
	}
	past[0].Snapshots[0].ForfeitedMinor = 0
	out := story{"2025-12-29", map[string]int64{"2026-01-05": 1<<62 + 1}, nil}.run(t, past, 0)
	if line := out.Expiry[0]; line.Past != cohortsKept || line.ExpectedMinor != 1<<62+1 {
		t.Errorf("%+v", line)
	}
	if len(out.Cohorts) != cohortsKept+1 || out.Cohorts[0].Monday != "2025-01-13" {
		t.Errorf("%d cohorts from %s", len(out.Cohorts), out.Cohorts[0].Monday)
	}
	if len(out.Forecasts) != 0 {
		t.Errorf("scores of weeks without an expectation: %+v", out.Forecasts)
	}
}

// A week is sealed by the night on which the grace of its Sunday is over.
func TestWhenAWeekIsSealed(t *testing.T) {
	t.Parallel()
	for _, graceDays := range []int{0, 2, 9} {
		cohorts := story{"2026-01-05", map[string]int64{"2026-01-05": 100}, nil}.run(t, nil, graceDays).Cohorts
		for d := on(t, "2026-01-06"); ; d++ {
			cohorts = story{d.String(), nil, nil}.run(t, cohorts, graceDays).Cohorts
			if cohorts[0].Sealed == "" {
				continue
			}
			if want := on(t, "2026-01-11").AddDays(graceDays).String(); cohorts[0].Sealed != want || d.String() != want {
				t.Errorf("%d days of grace: sealed %s, want %s", graceDays, cohorts[0].Sealed, want)
			}
			break
		}
	}
}

// The last usable day decides the week: of a credit that expires as Monday
// starts, in the zone of the workspace, it is the Sunday before.
func TestWeeksAcrossZones(t *testing.T) {
	t.Parallel()
	tests := []struct{ zone, expires, monday string }{
		{"UTC", "2026-01-05T00:00:00Z", "2025-12-29"},
		{"UTC", "2026-01-05T00:00:00.000001Z", "2026-01-05"},
		{"America/New_York", "2026-01-05T05:00:00Z", "2025-12-29"},
		{"America/New_York", "2026-01-05T05:00:01Z", "2026-01-05"},
		{"Pacific/Auckland", "2026-01-04T11:00:00Z", "2025-12-29"},
		{"America/New_York", "2026-03-09T04:00:00Z", "2026-03-02"}, // the clock changed on the 8th
		{"America/New_York", "2026-11-02T05:00:00Z", "2026-10-26"}, // and back on the 1st
	}
	for _, test := range tests {
		zone, err := calendar.Load(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		expires, err := calendar.ParseInstant(test.expires)
		if err != nil {
			t.Fatal(err)
		}
		var weeks Weeks
		weeks.Add("USD", calendar.DateOf(expires-1, zone), 1)
		for key := range weeks.sums {
			if key.monday.String() != test.monday {
				t.Errorf("%s in %s: week of %s, want %s", test.expires, test.zone, key.monday, test.monday)
			}
		}
	}
}

// What is far ahead is one line, and nothing of it is lost.
func TestLaterWeeksAreOneLine(t *testing.T) {
	t.Parallel()
	left := map[string]int64{}
	for i := range 60 {
		left[on(t, "2026-01-05").AddDays(7*i).String()] = 10
	}
	lines := story{"2026-01-06", left, nil}.run(t, nil, 0).Expiry
	last := lines[len(lines)-1]
	if len(lines) != weeksShown+2 || !last.Later || last.WeeksAhead != weeksShown+1 || last.OutstandingMinor != 70 || last.Credits != 7 {
		t.Errorf("%d lines, the last %+v", len(lines), last)
	}
	if slices.ContainsFunc(lines[:len(lines)-1], func(w report.ExpiryWeek) bool { return w.Later }) {
		t.Error("a week within a year is later")
	}
}
