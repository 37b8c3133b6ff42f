package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/calendar"
	"amends/rules/money"
)

const demoShadowRule = "late-flat-trial"

// demoAnalyses are those of the demo's nights, worked out once: every copy of
// the demo has the same.
var demoAnalyses = struct {
	sync.Once
	of map[calendar.Date]*report.Analysis
}{of: map[calendar.Date]*report.Analysis{}}

// analysis is that of a night of a demo that was not bent.
func (w *demo) analysis(night calendar.Date) *report.Analysis {
	w.t.Helper()
	demoAnalyses.Do(func() {
		for d := range demoNightsOf {
			a, err := pipeline.AnalysisOf(context.Background(), w.config(), d)
			if err != nil {
				w.t.Error(demoMessage(err))
				return
			}
			demoAnalyses.of[d] = a
		}
	})
	if demoAnalyses.of[night] == nil {
		w.t.Fatalf("%s has no analysis", night)
	}
	return demoAnalyses.of[night]
}

// demoMoves sums a night's movements from its files: by movement, currency and
// funding, "" for every one.
func (w *demo) demoMoves(night calendar.Date, fundingOf map[string]string) map[[3]string]report.NightFigure {
	w.t.Helper()
	moves := map[[3]string]report.NightFigure{}
	add := func(what, currency, funding string, minor int64) {
		for _, f := range []string{"", funding} {
			sum := moves[[3]string{what, currency, f}]
			sum.Count++
			sum.Minor += minor
			moves[[3]string{what, currency, f}] = sum
		}
	}
	for _, r := range demoOutput(w, night, publish.IssuanceFile, publish.ReadIssuance) {
		fundingOf[r.CreditID] = r.Funding
		add("issued", r.Currency, r.Funding, r.AmountMinor)
	}
	for _, r := range demoOutput(w, night, publish.ForfeitureFile, publish.ReadForfeiture) {
		add("forfeited", r.Currency, fundingOf[r.CreditID], r.ForfeitedMinor)
	}
	for _, r := range demoOutput(w, night, publish.AdjustmentsFile, publish.ReadAdjustments) {
		add(map[string]string{"void": "voided", "reinstate": "reinstated"}[r.Kind], r.Currency, fundingOf[r.CreditID], r.AmountMinor)
	}
	for _, r := range demoOutput(w, night, publish.RedemptionsFile, publish.ReadRedemptions) {
		if r.AppliedMinor > 0 {
			add("redeemed", r.Currency, fundingOf[r.CreditID], r.AppliedMinor)
		}
	}
	for _, r := range demoOutput(w, night, publish.HeldFile, publish.ReadHolds) {
		if r.HeldSince == night {
			add("held", r.Currency, r.Funding, r.AmountMinor)
		}
	}
	return moves
}

// middle is the median of so few values that sorting them by hand would do.
func middle(values []int64) int64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	twice := values[n/2-1] + values[n/2]
	return twice/2 + (twice/2%2)*(twice%2)
}

// What moved on each night, the night before and at the median is what the
// published files of those nights sum to.
func TestMovementsAreWhatWasPublished(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	fundingOf := map[string]string{}
	var nights []map[[3]string]report.NightFigure
	seen := map[string]bool{}
	for night := range demoNightsOf {
		tonight := w.demoMoves(night, fundingOf)
		all := append(slices.Clone(nights), tonight)
		lines := map[[3]string]bool{}
		for _, m := range w.analysis(night).Movements {
			key := [3]string{m.What, m.Currency, m.Funding}
			lines[key] = true
			var counts, sums []int64
			for i, figure := range m.Series {
				want := all[i][key]
				want.Date = (demoFirst + calendar.Date(i)).String()
				if figure != want {
					t.Errorf("%s: %v on night %d: %+v, want %+v", night, key, i, figure, want)
				}
				if i < len(nights) {
					counts, sums = append(counts, want.Count), append(sums, want.Minor)
				}
			}
			if len(m.Series) != len(all) || m.Count != tonight[key].Count || m.Minor != tonight[key].Minor || m.Nights != len(nights) {
				t.Errorf("%s: %+v", night, m)
			}
			if len(nights) == 0 {
				continue
			}
			last := nights[len(nights)-1][key]
			if m.Last.Count != last.Count || m.Last.Minor != last.Minor || m.Last.Date != (night-1).String() {
				t.Errorf("%s: %v: last %+v, want %+v", night, key, m.Last, last)
			}
			if m.Median.Count != middle(counts) || m.Median.Minor != middle(sums) {
				t.Errorf("%s: %v: median %+v of %v and %v", night, key, m.Median, counts, sums)
			}
		}
		for key, sum := range tonight {
			seen[key[0]] = seen[key[0]] || sum.Minor > 0
			if !lines[key] {
				t.Errorf("%s: %v of %+v is not told", night, key, sum)
			}
		}
		nights = all
	}
	if len(seen) < 5 { // nothing is voided
		t.Errorf("the demo moves %v only", seen)
	}
}

// demoEvent is a delivery as the night that reads it last sees it.
type demoEvent struct {
	values  map[string]string
	at      calendar.Instant
	updated int64
}

// demoDeliveries reads the files that a night reads: the versions of each
// delivery with the highest last, and every row that could be final.
func (w *demo) demoDeliveries(night calendar.Date) (byID map[string]demoEvent, rows []demoEvent) {
	w.t.Helper()
	byID = map[string]demoEvent{}
	for _, in := range manifestOn(w.t, w.chain(), night).Inputs {
		if in.Source != "deliveries" {
			continue
		}
		t := w.table(in.Path)
		for i := range t.rows() {
			if t.column("customer_id").Null(i) || t.column("item_price").Ints[i] < 0 || t.column("currency").Strings[i] == "ZZZ" {
				continue // a broken row
			}
			e := demoEvent{values: map[string]string{}, updated: t.column("updated_at").Ints[i]}
			e.at = calendar.Instant(t.column("promised_at").Ints[i] + 168*3600*1_000_000)
			if d := t.column("delivered_at"); !d.Null(i) {
				e.at = calendar.Instant(d.Ints[i])
			}
			if e.at < calendar.Instant(t.column("shipped_at").Ints[i]) {
				continue
			}
			for _, name := range []string{"marketplace", "category", "seller_id"} {
				if c := t.column(name); !c.Null(i) {
					e.values[name] = c.Strings[i]
				}
			}
			rows = append(rows, e)
			id := t.column("delivery_id").Strings[i]
			if was, seen := byID[id]; !seen || e.updated > was.updated {
				byID[id] = e
			}
		}
	}
	return byID, rows
}

// The tables by marketplace, category and seller are what the files of the
// deliveries, decisions and credits of each night come to.
func TestBreakdownsAreWhatTheFilesHold(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for night := range demoNightsOf {
		byID, rows := w.demoDeliveries(night)
		from, until := calendar.AsOf(night-1, zone), calendar.AsOf(night, zone)
		decisions := demoOutput(w, night, publish.DecisionsFile, publish.ReadDecisions)
		credits := demoOutput(w, night, publish.IssuanceFile, publish.ReadIssuance)
		told := 0
		for _, b := range w.analysis(night).Breakdowns {
			if b.Source != "deliveries" {
				continue
			}
			told++
			want := map[string]*report.BreakdownLine{}
			line := func(value string) *report.BreakdownLine {
				if want[value] == nil {
					want[value] = &report.BreakdownLine{Value: value, Issued: money.ByCurrency{}}
				}
				return want[value]
			}
			for _, r := range rows {
				if r.at >= from && r.at < until {
					line(r.values[b.Column]).Events++
				}
			}
			for _, d := range decisions {
				settled := d.Outcome == award.Issued || d.Outcome == award.Held || d.Outcome == award.Denied
				if d.Source != "deliveries" || d.Repeat || d.Released || !slices.ContainsFunc(d.MatchedRules, func(id string) bool { return id != demoShadowRule }) {
					continue
				}
				if e := byID[d.EventID]; settled || e.at >= from {
					l := line(e.values[b.Column])
					l.Incidents++
					if e.at < from {
						l.LateIncidents++
					}
				}
			}
			for _, c := range credits {
				if c.Source == "deliveries" {
					l := line(byID[c.EventID].values[b.Column])
					l.Credits++
					if byID[c.EventID].at < from {
						l.LateCredits++
					}
					l.Issued[c.Currency] += c.AmountMinor
				}
			}
			demoSameLines(t, fmt.Sprint(night, " ", b.Column), want, b)
		}
		if told != 3 {
			t.Errorf("%s: %d tables of deliveries", night, told)
		}
	}
}

func demoSameLines(t *testing.T, what string, want map[string]*report.BreakdownLine, b report.Breakdown) {
	t.Helper()
	if b.TooMany || b.UnknownCredits != 0 || len(b.Lines)+int(b.More) != len(want) || b.More > 0 && len(b.Lines) != 50 {
		t.Errorf("%s: %d lines and %d more, want %d values", what, len(b.Lines), b.More, len(want))
	}
	for _, got := range b.Lines {
		line := want[got.Value]
		if line == nil {
			t.Errorf("%s: %+v is of no row", what, got)
			continue
		}
		// Per 1,000 events in hundredths, half to even, by doubling; of 20 events or more.
		line.Rated = line.Events >= 20
		for _, rate := range []struct{ count, got int64 }{{line.Incidents - line.LateIncidents, got.IncidentsPer1000}, {line.Credits - line.LateCredits, got.CreditsPer1000}} {
			if rate.got > 100_000 || !line.Rated && rate.got != 0 {
				t.Errorf("%s: a rate of %d of %d events", what, rate.got, line.Events)
			}
			if !line.Rated {
				continue
			}
			if off := 2 * (rate.got*line.Events - rate.count*100_000); off > line.Events || off < -line.Events || line.Events == 0 && rate.got != 0 {
				t.Errorf("%s: %d per 1,000 of %d in %d", what, rate.got, rate.count, line.Events)
			}
		}
		got.IncidentsPer1000, got.CreditsPer1000 = 0, 0
		if diff := gocmp.Diff(*line, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}
