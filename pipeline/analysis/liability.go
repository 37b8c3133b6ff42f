package analysis

import (
	"cmp"
	"maps"
	"math/big"
	"slices"

	"amends/pipeline/report"
	"amends/rules/calendar"
)

// The bounds of what is kept and shown of weeks.
const (
	cohortsKept    = 26 // sealed weeks of a currency that expectations are from: half a year
	forecastsShown = 12 // sealed weeks whose forecasts are held against what came: a quarter
	weeksShown     = 52 // weeks ahead that have a line of their own: a year
)

// snapshotsAhead is how many weeks ahead a cohort is remembered: each week of the
// last eight, then as often as a year of terms needs. Below 0 it has expired.
func snapshotsAhead(weeks int) bool {
	return weeks >= -8 && weeks <= 8 || weeks == 13 || weeks == 26 || weeks == 52
}

// forecastsAhead are the weeks ahead whose forecasts are shown: what finance
// plans the next week, fortnight and month by.
var forecastsAhead = []int{1, 2, 4}

// Week is the credits with value left after a night whose last usable day lies
// in one week.
type Week struct {
	Currency         string
	Monday           calendar.Date
	Credits          int64
	OutstandingMinor int64
}

type weekKey struct {
	currency string
	monday   calendar.Date
}

func compareWeeks(a, b weekKey) int {
	return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.monday, b.monday))
}

// Weeks sums outstanding value by week. The zero value is empty and ready.
type Weeks struct{ sums map[weekKey]Week }

// Add counts what is left of a credit that can be used until the end of lastDay.
func (w *Weeks) Add(currency string, lastDay calendar.Date, minor int64) {
	w.AddMany(currency, lastDay, 1, minor)
}

// AddMany is Add of so many credits of one day, with their sum.
func (w *Weeks) AddMany(currency string, lastDay calendar.Date, credits, minor int64) {
	if w.sums == nil {
		w.sums = map[weekKey]Week{}
	}
	key := weekKey{currency, mondayOf(lastDay)}
	week := w.sums[key]
	week.Currency, week.Monday = key.currency, key.monday
	week.Credits += credits
	week.OutstandingMinor = plus(week.OutstandingMinor, minor)
	w.sums[key] = week
}

// Remove takes back what Add counted of a credit.
func (w *Weeks) Remove(currency string, lastDay calendar.Date, minor int64) {
	key := weekKey{currency, mondayOf(lastDay)}
	week := w.sums[key]
	week.Credits--
	week.OutstandingMinor -= minor
	w.sums[key] = week
	if week.Credits == 0 {
		delete(w.sums, key)
	}
}

// Forfeited is what a night took from a credit that had expired, or with
// Minor below 0 gave back to one.
type Forfeited struct {
	Currency string
	LastDay  calendar.Date // the last on which it could be used
	Issued   calendar.Date
	Minor    int64
}

// LiabilityNight is one night as the weeks of expiry see it.
type LiabilityNight struct {
	Date        calendar.Date
	GraceDays   int
	Outstanding Weeks // after the night
	Forfeited   []Forfeited
}

// Liability is what a night makes of the weeks.
type Liability struct {
	Cohorts   []Cohort
	Expiry    []report.ExpiryWeek
	Forecasts []report.ForecastScore
}

// NextLiability carries the weeks of expiry on by one night: what was forfeited
// goes to the snapshots that held the credit, weeks whose grace is over are
// sealed, and from those it says what is expected of the weeks to come.
func NextLiability(past []Cohort, night LiabilityNight) Liability {
	cohorts := map[weekKey]*Cohort{}
	for _, c := range past {
		c.Snapshots = slices.Clone(c.Snapshots)
		cohorts[weekKey{c.Currency, parsed(c.Monday)}] = &c
	}
	for _, f := range night.Forfeited {
		if c := cohorts[weekKey{f.Currency, mondayOf(f.LastDay)}]; c != nil {
			c.forfeit(f)
		}
	}
	for key, c := range cohorts {
		if c.Sealed == "" && night.Date >= key.monday.AddDays(6+night.GraceDays) {
			c.Sealed = night.Date.String()
		}
	}
	sealed := prune(cohorts)
	var out Liability
	for _, key := range slices.SortedFunc(maps.Keys(night.Outstanding.sums), compareWeeks) {
		week := night.Outstanding.sums[key]
		line := expect(week, night.Date, sealed[key.currency])
		out.Expiry = append(out.Expiry, line)
		if snapshotsAhead(line.WeeksAhead) {
			remember(cohorts, key, night.Date, line)
		}
	}
	out.Expiry = foldLater(out.Expiry)
	for _, key := range slices.SortedFunc(maps.Keys(cohorts), compareWeeks) {
		out.Cohorts = append(out.Cohorts, *cohorts[key])
	}
	for _, currency := range slices.Sorted(maps.Keys(sealed)) {
		out.Forecasts = append(out.Forecasts, forecasts(sealed[currency])...)
	}
	return out
}

// forfeit counts a forfeiture in the snapshots that held the credit.
func (c *Cohort) forfeit(f Forfeited) {
	for i := range c.Snapshots {
		if s := &c.Snapshots[i]; f.Issued <= parsed(s.Date) {
			s.ForfeitedMinor = plus(s.ForfeitedMinor, f.Minor)
		}
	}
}

// prune forgets sealed weeks beyond those that expectations are from, and
// returns the others by currency, newest first.
func prune(cohorts map[weekKey]*Cohort) map[string][]*Cohort {
	sealed := map[string][]*Cohort{}
	for _, key := range slices.SortedFunc(maps.Keys(cohorts), func(a, b weekKey) int { return -compareWeeks(a, b) }) {
		c := cohorts[key]
		switch {
		case c.Sealed == "":
		case len(sealed[key.currency]) == cohortsKept:
			delete(cohorts, key)
		default:
			sealed[key.currency] = append(sealed[key.currency], c)
		}
	}
	return sealed
}

// expect says what is expected to be forfeited of a week's outstanding value.
func expect(week Week, tonight calendar.Date, sealed []*Cohort) report.ExpiryWeek {
	line := report.ExpiryWeek{
		Currency: week.Currency, Monday: week.Monday.String(), WeeksAhead: (int(week.Monday) - int(mondayOf(tonight))) / 7,
		Credits: week.Credits, OutstandingMinor: week.OutstandingMinor,
	}
	rate, ok := rateAt(line.WeeksAhead, sealed)
	if ok {
		line.Past, line.RateAhead = rate.past, rate.ahead
		product := new(big.Int).Mul(big.NewInt(week.OutstandingMinor), rate.forfeited)
		line.ExpectedMinor = quotient(product, rate.outstanding)
	}
	return line
}

// rate is what was forfeited of past weeks, as so many weeks ahead saw them.
type rate struct {
	ahead, past            int
	forfeited, outstanding *big.Int
}

// rateAt returns the rate of so many weeks ahead or, where no sealed week was
// seen then, the nearest further ahead: more could still be spent then, so that
// it expects too little rather than too much.
func rateAt(ahead int, sealed []*Cohort) (best rate, ok bool) {
	rates := map[int]*rate{}
	for _, c := range sealed {
		for _, s := range c.Snapshots {
			if s.Ahead < ahead {
				continue
			}
			r := rates[s.Ahead]
			if r == nil {
				r = &rate{ahead: s.Ahead, forfeited: new(big.Int), outstanding: new(big.Int)}
				rates[s.Ahead] = r
			}
			r.past++
			r.forfeited.Add(r.forfeited, big.NewInt(max(0, s.ForfeitedMinor)))
			r.outstanding.Add(r.outstanding, big.NewInt(s.OutstandingMinor))
		}
	}
	if len(rates) == 0 {
		return rate{}, false
	}
	return *rates[slices.Min(slices.Collect(maps.Keys(rates)))], true
}

// remember takes a snapshot of a week where it has none so many weeks ahead.
func remember(cohorts map[weekKey]*Cohort, key weekKey, tonight calendar.Date, line report.ExpiryWeek) {
	c := cohorts[key]
	if c == nil {
		c = &Cohort{Currency: key.currency, Monday: line.Monday, Snapshots: []Snapshot{}}
		cohorts[key] = c
	}
	if n := len(c.Snapshots); c.Sealed != "" || n > 0 && c.Snapshots[n-1].Ahead <= line.WeeksAhead {
		return
	}
	c.Snapshots = append(c.Snapshots, Snapshot{
		Ahead: line.WeeksAhead, Date: tonight.String(), OutstandingMinor: line.OutstandingMinor,
		ExpectedMinor: line.ExpectedMinor, Past: line.Past,
	})
}

// foldLater brings the weeks of a currency beyond weeksShown together in one
// line, named by the first of them. Lines are by currency and week.
func foldLater(lines []report.ExpiryWeek) []report.ExpiryWeek {
	var out []report.ExpiryWeek
	for _, line := range lines {
		line.Later = line.WeeksAhead > weeksShown
		if n := len(out); line.Later && n > 0 && out[n-1].Later && out[n-1].Currency == line.Currency {
			later := &out[n-1]
			later.Credits += line.Credits
			later.OutstandingMinor = plus(later.OutstandingMinor, line.OutstandingMinor)
			later.ExpectedMinor = plus(later.ExpectedMinor, line.ExpectedMinor)
			continue
		}
		out = append(out, line)
	}
	return out
}

// forecasts are what was expected of the newest sealed weeks of a currency
// against what came.
func forecasts(sealed []*Cohort) []report.ForecastScore {
	var scores []report.ForecastScore
	for _, c := range sealed[:min(len(sealed), forecastsShown)] {
		for _, ahead := range forecastsAhead {
			at := slices.IndexFunc(c.Snapshots, func(s Snapshot) bool { return s.Ahead == ahead && s.Past > 0 })
			if at < 0 {
				continue
			}
			s := c.Snapshots[at]
			scores = append(scores, report.ForecastScore{
				Currency: c.Currency, Monday: c.Monday, WeeksAhead: ahead, Made: s.Date, Past: s.Past,
				OutstandingMinor: s.OutstandingMinor, ExpectedMinor: s.ExpectedMinor, ActualMinor: s.ForfeitedMinor,
			})
		}
	}
	return scores
}
