package pipeline_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"amends/pipeline/analysis"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/calendar"
)

// demoWeek is the Monday of a credit's last usable day.
func demoWeek(c ledger.Credit, zone func(calendar.Instant) calendar.Date) calendar.Date {
	last := zone(c.ExpiresAt - 1)
	return last.AddDays(1 - last.Weekday())
}

// Outstanding value by week is open.parquet's. What is expected of it follows
// credit by credit from the files of all nights: of the credits that were open
// when a sealed week was first seen so many weeks ahead, what was forfeited.
func TestExpiryIsWhatTheFilesHold(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	files := &expiryFiles{demo: w, seen: map[expiryKey][]ledger.Credit{}, forfeited: map[string]int64{}}
	expectations := 0
	for night := range demoNightsOf {
		files.read(night, zone)
		lines := w.analysis(night).Expiry
		if len(lines) != len(files.open) {
			t.Errorf("%s: %d lines, want %d", night, len(lines), len(files.open))
		}
		for _, line := range lines {
			if files.expects(t, night, line) {
				expectations++
			}
		}
		files.snapshots(t, night)
		files.remember()
	}
	if expectations < 4 {
		t.Errorf("%d expectations: the demo shows too little", expectations)
	}
}

// expiryKey is a week of expiry in one currency, as many weeks ahead.
type expiryKey struct {
	currency string
	monday   calendar.Date
	ahead    int
}

// expiryFiles is what the files of the nights up to one tell of expiry.
type expiryFiles struct {
	*demo
	open      map[expiryKey][]ledger.Credit // of the night
	seen      map[expiryKey][]ledger.Credit // the open credits of the first night of each
	forfeited map[string]int64              // by credit, up to the night
}

func (f *expiryFiles) read(night calendar.Date, zone *time.Location) {
	for _, x := range demoOutput(f.demo, night, publish.ForfeitureFile, publish.ReadForfeiture) {
		f.forfeited[x.CreditID] += x.ForfeitedMinor
	}
	for _, a := range demoOutput(f.demo, night, publish.AdjustmentsFile, publish.ReadAdjustments) {
		if a.Kind == "reinstate" && a.Why == "forfeit" {
			f.forfeited[a.CreditID] -= a.AmountMinor
		}
	}
	f.open = map[expiryKey][]ledger.Credit{}
	for _, c := range demoOutput(f.demo, night, publish.OpenFile, publish.ReadOpen) {
		monday := demoWeek(c, func(at calendar.Instant) calendar.Date { return calendar.DateOf(at, zone) })
		k := expiryKey{c.Currency, monday, int(monday-night.AddDays(1-night.Weekday())) / 7}
		f.open[k] = append(f.open[k], c)
	}
}

// lost is what was outstanding of credits, and what of it was forfeited since.
func (f *expiryFiles) lost(credits []ledger.Credit) (then, lost int64) {
	for _, c := range credits {
		then += c.Remaining()
		lost += f.forfeited[c.CreditID]
	}
	return then, lost
}

// expects holds a line of the report to the files, and reports whether it has an
// expectation: from the sealed weeks at the nearest number of weeks ahead from its own on.
func (f *expiryFiles) expects(t *testing.T, night calendar.Date, line report.ExpiryWeek) bool {
	t.Helper()
	const graceDays = 1
	credits := f.open[expiryKey{line.Currency, got(calendar.ParseDate(line.Monday))(t), line.WeeksAhead}]
	outstanding, _ := f.lost(credits)
	var then, lost, past int64
	for ahead := line.WeeksAhead; ahead <= 8 && past == 0; ahead++ {
		for s, credits := range f.seen {
			if s.currency != line.Currency || s.ahead != ahead || night < s.monday+6+graceDays {
				continue
			}
			past++
			outstandingThen, lostSince := f.lost(credits)
			then, lost = then+outstandingThen, lost+lostSince
		}
	}
	if line.OutstandingMinor != outstanding || line.Credits != int64(len(credits)) || int64(line.Past) != past {
		t.Errorf("%s: %+v, want %d in %d credits, %d weeks", night, line, outstanding, len(credits), past)
	}
	if off := 2 * (line.ExpectedMinor*then - outstanding*lost); past > 0 && (off > then || off < -then) || past == 0 && line.ExpectedMinor != 0 {
		t.Errorf("%s: %+v, want %d × %d ÷ %d", night, line, outstanding, lost, then)
	}
	return past > 0
}

// snapshots holds what the night kept for later ones to the files.
func (f *expiryFiles) snapshots(t *testing.T, night calendar.Date) {
	t.Helper()
	for _, c := range got(analysis.DecodeTrends(f.get("state/runs/" + night.String() + "/" + analysis.TrendsFile)))(t).Cohorts {
		for _, s := range c.Snapshots {
			k := expiryKey{c.Currency, got(calendar.ParseDate(c.Monday))(t), s.Ahead}
			credits := f.seen[k]
			if s.Date == night.String() {
				credits = f.open[k]
			}
			then, lost := f.lost(credits)
			if s.OutstandingMinor != then || s.ForfeitedMinor != lost {
				t.Errorf("%s: week of %s in %s, %+v: want %d of %d forfeited", night, c.Monday, c.Currency, s, lost, then)
			}
		}
	}
}

func (f *expiryFiles) remember() {
	for k, credits := range f.open {
		if _, known := f.seen[k]; !known {
			f.seen[k] = slices.SortedFunc(slices.Values(credits), func(a, b ledger.Credit) int { return cmp.Compare(a.CreditID, b.CreditID) })
		}
	}
}
