package pipeline_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/calendar"
)

// demoAnalysis is what the report of a committed night shows.
func (w *demo) demoAnalysis(night calendar.Date) *report.Analysis {
	w.t.Helper()
	a, err := pipeline.AnalysisOf(context.Background(), w.config(), night)
	if err != nil {
		w.t.Fatal(demoMessage(err))
	}
	return a
}

// ruleFigures is what files tell of one rule in one currency.
type ruleFigures struct{ Wins, Minor int64 }

// TestReportFiguresAreThoseOfTheFiles holds each night's report against sums over
// the files that the night published, and over nothing else.
func TestReportFiguresAreThoseOfTheFiles(t *testing.T) {
	t.Parallel()
	w := newTightDemo(t)
	seen := map[string]int64{} // so that the nights have something of everything
	for night := range demoNightsOf {
		a := w.demoAnalysis(night)
		decisions := demoOutput(w, night, publish.DecisionsFile, publish.ReadDecisions)
		w.rulesOfFiles(night, a, decisions, seen)
		w.overlapsOfFiles(night, a, decisions, seen)
		w.limitsOfFiles(night, a, decisions, seen)
		w.rejectsOfFiles(night, a, seen)
		w.budgetsOfFiles(night, a, decisions, seen)
		w.nearOfFiles(night, a, decisions, seen, "customer-hold")
		w.nearOfFiles(night, a, decisions, seen, "late-hold", "late-short", "late-week", "late-long", "late-prime", "late-loyal", "weather", "damaged")
		if t.Failed() {
			return
		}
	}
	for _, what := range []string{"hits", "wins", "overlaps", "shadow hits", "trimmed", "denied", "held", "rejects", "refused", "near customer-hold", "history of customer-hold", "near late-hold", "history of late-hold"} {
		if seen[what] == 0 {
			t.Errorf("no night has %s", what)
		}
	}
}

func (w *demo) rulesOfFiles(night calendar.Date, a *report.Analysis, decisions []publish.Decision, seen map[string]int64) {
	w.t.Helper()
	hits := map[string]int64{}
	for _, d := range decisions {
		if d.Released {
			continue
		}
		for _, x := range d.MatchedRules {
			hits[x]++
		}
	}
	issued, all := map[string]map[string]ruleFigures{}, map[string]int64{}
	for _, c := range demoOutput(w, night, publish.IssuanceFile, publish.ReadIssuance) {
		if issued[c.RuleID] == nil {
			issued[c.RuleID] = map[string]ruleFigures{}
		}
		f := issued[c.RuleID][c.Currency]
		issued[c.RuleID][c.Currency] = ruleFigures{f.Wins + 1, f.Minor + c.AmountMinor}
		all[c.Currency] += c.AmountMinor
	}
	var summary report.Summary
	if err := json.Unmarshal(w.get("state/runs/"+night.String()+"/"+publish.SummaryFile), &summary); err != nil {
		w.t.Fatal(err)
	}
	for i, r := range a.Rules {
		if r.Hits != hits[r.Rule] || r.Rule != summary.Rules[i].Rule || r.Mode != summary.Rules[i].Mode || r.Wins != summary.Rules[i].Wins {
			w.t.Errorf("%s: rule %+v, files have %d hits, the summary %+v", night, r, hits[r.Rule], summary.Rules[i])
		}
		file, line, _ := strings.Cut(r.Place, ":")
		if text := string(w.get(file)); line == "" || !strings.Contains(text, "id: "+r.Rule) {
			w.t.Errorf("%s: rule %s is not in %s", night, r.Rule, r.Place)
		}
		wins := map[string]ruleFigures{}
		for _, m := range r.Money {
			if m.GrossMinor != summary.Rules[i].Gross[m.Currency] {
				w.t.Errorf("%s: %s gives %d %s, the summary says %d", night, r.Rule, m.GrossMinor, m.Currency, summary.Rules[i].Gross[m.Currency])
			}
			if m.Wins == 0 {
				continue
			}
			wins[m.Currency] = ruleFigures{m.Wins, m.Minor}
			// Rounded to the nearest: at most half a unit off.
			if off := m.MeanMinor*m.Wins - m.Minor; 2*max(off, -off) > m.Wins {
				w.t.Errorf("%s: %s: mean %d of %d by %d", night, r.Rule, m.MeanMinor, m.Minor, m.Wins)
			}
			if off := m.ShareBasis*all[m.Currency] - 10_000*m.Minor; 2*max(off, -off) > all[m.Currency] {
				w.t.Errorf("%s: %s: share %d of %d in %d", night, r.Rule, m.ShareBasis, m.Minor, all[m.Currency])
			}
			var counted int64
			for _, b := range m.Amounts {
				counted += b.Count
			}
			if counted != m.Wins {
				w.t.Errorf("%s: %s: %d amounts in bins, %d wins", night, r.Rule, counted, m.Wins)
			}
		}
		if diff := cmp.Diff(issued[r.Rule], wins); diff != "" && len(wins)+len(issued[r.Rule]) > 0 {
			w.t.Errorf("%s: rule %s (-files +report)\n%s", night, r.Rule, diff)
		}
		seen["hits"], seen["wins"] = seen["hits"]+r.Hits, seen["wins"]+r.Wins
		if r.Mode == "shadow" {
			seen["shadow hits"] += r.Hits
		}
	}
}

func (w *demo) overlapsOfFiles(night calendar.Date, a *report.Analysis, decisions []publish.Decision, seen map[string]int64) {
	w.t.Helper()
	overlaps := map[[2]string]int64{}
	for _, d := range decisions {
		if d.Released {
			continue
		}
		for i, x := range d.MatchedRules {
			for _, y := range d.MatchedRules[i:] {
				overlaps[[2]string{x, y}]++
			}
		}
	}
	for _, o := range a.Overlaps {
		if overlaps[[2]string{o.A, o.B}] != o.Count {
			w.t.Errorf("%s: %+v, files have %d", night, o, overlaps[[2]string{o.A, o.B}])
		}
		if o.A != o.B {
			seen["overlaps"]++
		}
	}
	if len(a.Overlaps) != len(overlaps) || a.OverlapsMore != 0 {
		w.t.Errorf("%s: %d pairs of rules and %d more, files have %d", night, len(a.Overlaps), a.OverlapsMore, len(overlaps))
	}
}

// limitFigures is what files tell of one limit in one currency.
type limitFigures struct{ Trimmed, Denied, Held, TakenMinor int64 }

func (w *demo) limitsOfFiles(night calendar.Date, a *report.Analysis, decisions []publish.Decision, seen map[string]int64) {
	w.t.Helper()
	want := map[[2]string]limitFigures{}
	effect := func(by, currency string, change func(*limitFigures)) {
		if id, is := strings.CutPrefix(by, "limit:"); is {
			f := want[[2]string{id, currency}]
			change(&f)
			want[[2]string{id, currency}] = f
		}
	}
	for _, d := range decisions {
		switch {
		case d.Outcome == award.Denied:
			effect(d.Reason, d.Currency, func(f *limitFigures) { f.Denied, f.TakenMinor = f.Denied+1, f.TakenMinor+d.GrossMinor })
		case d.AmountMinor > 0 && d.AmountMinor < d.GrossMinor && len(d.LimitedBy) > 0:
			effect(d.LimitedBy[len(d.LimitedBy)-1], d.Currency, func(f *limitFigures) {
				f.Trimmed, f.TakenMinor = f.Trimmed+1, f.TakenMinor+d.GrossMinor-d.AmountMinor
			})
		}
	}
	for _, h := range demoOutput(w, night, publish.HeldFile, publish.ReadHolds) {
		tonight := slices.ContainsFunc(decisions, func(d publish.Decision) bool { return d.IncidentID == h.IncidentID && d.Outcome == award.Held })
		for _, c := range h.HoldCauses {
			if tonight && c.Kind == "limit" {
				effect("limit:"+c.ID, h.Currency, func(f *limitFigures) { f.Held++ })
			}
		}
	}
	for _, l := range a.Limits {
		got := limitFigures{l.Trimmed, l.Denied, l.Held, l.TakenMinor}
		if got != want[[2]string{l.Limit, l.Currency}] {
			w.t.Errorf("%s: limit %s in %s: %+v, files have %+v", night, l.Limit, l.Currency, got, want[[2]string{l.Limit, l.Currency}])
		}
		delete(want, [2]string{l.Limit, l.Currency})
		seen["trimmed"], seen["denied"], seen["held"] = seen["trimmed"]+l.Trimmed, seen["denied"]+l.Denied, seen["held"]+l.Held
	}
	if len(want) > 0 {
		w.t.Errorf("%s: the report leaves out %v", night, want)
	}
}

func (w *demo) rejectsOfFiles(night calendar.Date, a *report.Analysis, seen map[string]int64) {
	w.t.Helper()
	rows := demoOutput(w, night, publish.RejectsFile, publish.ReadRejects)
	want := map[[2]string]int64{}
	for _, r := range rows {
		want[[2]string{r.Source, r.Code}]++
	}
	for _, e := range a.Rejects {
		if e.Count != want[[2]string{e.Source, e.Code}] || int64(len(e.Rows)) != min(e.Count, 5) {
			w.t.Errorf("%s: %s %s: %d rejected, %d shown, files have %d", night, e.Source, e.Code, e.Count, len(e.Rows), want[[2]string{e.Source, e.Code}])
		}
		for _, shown := range e.Rows {
			if !slices.ContainsFunc(rows, func(r publish.Reject) bool {
				return r.Source == e.Source && r.Code == e.Code && shown == report.RejectRow{File: r.File, Row: r.Row, Column: r.Column, Detail: r.Detail}
			}) {
				w.t.Errorf("%s: no file has the reject %+v", night, shown)
			}
		}
		seen["rejects"] += e.Count
	}
	if len(a.Rejects) != len(want) {
		w.t.Errorf("%s: %d kinds of rejects, files have %d", night, len(a.Rejects), len(want))
	}
}

// demoTight is a rulebook's limits so low that each of them decides something.
const demoTight = `
combine: highest
limits:
  - {id: order-trim, per: order, max_amount: {EUR: 6.00, GBP: 5.00, JPY: 700, USD: 6.00}, exceed: trim}
  - {id: customer-deny, per: customer, window_days: 2, max_count: 1, exceed: deny}
  - {id: customer-hold, per: customer, max_count: 9, max_amount: {EUR: 5.00, GBP: 4.00, JPY: 600, USD: 5.00}, exceed: hold}
  - {id: late-hold, per: customer, rules: [late-short, late-week, late-long, late-prime, late-loyal, weather, damaged], max_amount: {EUR: 4.00, GBP: 3.00, JPY: 450, USD: 4.00}, exceed: hold}
min_award: {EUR: 0.25, GBP: 0.20, JPY: 30, USD: 0.25}
hold_days: 3
budgets:
  - {id: nightly, per: run, max_amount: {EUR: 12.00, GBP: 20.00, JPY: 1000, USD: 20.00}, exceed: hold}
  - {id: per-seller, per: seller, max_amount: {EUR: 9.00, GBP: 8.00, JPY: 900, USD: 9.00}, exceed: deny}
  - {id: per-rule, per: rule, max_amount: {EUR: 6.00, GBP: 6.00, JPY: 700, USD: 6.00}, exceed: deny}
guardrails:
  max_amount_vs_median: 1.5
  median_days: 5
  min_history: 2
  max_amount: {EUR: 45.00, GBP: 18000.00, JPY: 3000000, USD: 25000.00}
`

// newTightDemo is the demo after its nights, where limits, budgets and guardrails
// are tight and some rows are bad.
func newTightDemo(t *testing.T) *demo {
	t.Helper()
	w := newDemo(t)
	w.demoBadRows()
	w.put("rules/limits.yaml", []byte(demoTight))
	w.mustRun(demoFirst, demoLast)
	return w
}

// The sentences of examples are those of `amends explain`, which reads the
// night's files again.
func TestExamplesAreWhatExplainSays(t *testing.T) {
	t.Parallel()
	w := newTightDemo(t)
	seen := map[string]int{}
	for night := range demoNightsOf {
		a := w.demoAnalysis(night)
		decisions := demoOutput(w, night, publish.DecisionsFile, publish.ReadDecisions)
		w.picked(night, a, decisions)
		for i, e := range a.Examples {
			if (i+int(night))%9 != 0 { // each explanation runs the night again
				continue
			}
			x, err := pipeline.Explain(context.Background(), w.config(), pipeline.ExplainRequest{ID: e.CreditID, Kind: report.OfCredit, Date: night, HasDate: true}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			of := slices.IndexFunc(x.Events, func(v report.ExplainedEvent) bool { return v.Outcome == e.Outcome })
			if of < 0 || x.Events[of].Sentence != e.Sentence || x.Events[of].EventID != e.EventID {
				t.Fatalf("%s: %+v\nexplain says %+v", night, e, x.Events)
			}
			seen[e.Outcome]++
			if strings.Contains(e.Sentence, "lowered it") {
				seen["lowered"]++
			}
			if !strings.Contains(e.Sentence, e.Place) || len(e.Facts) == 0 {
				t.Errorf("%s: %+v", night, e)
			}
		}
	}
	if seen["issued"] == 0 || seen["held"] == 0 || seen["lowered"] == 0 {
		t.Errorf("seen %v", seen)
	}
}

// picked holds which awards are shown against the night's decisions.
func (w *demo) picked(night calendar.Date, a *report.Analysis, decisions []publish.Decision) {
	w.t.Helper()
	paid := map[string][]int64{} // by currency, largest first
	shown := map[string]bool{}
	for _, d := range decisions {
		if d.Outcome == award.Issued || d.Outcome == award.Held {
			paid[d.Currency] = append(paid[d.Currency], d.AmountMinor)
		}
	}
	total := 0
	for _, list := range paid {
		slices.Sort(list)
		slices.Reverse(list)
		total += len(list)
	}
	if len(a.Examples) != min(total, 50) {
		w.t.Errorf("%s: %d examples of %d awards", night, len(a.Examples), total)
	}
	rank, last := map[string]int{}, ""
	for _, e := range a.Examples {
		if shown[e.CreditID] {
			w.t.Errorf("%s: %s is shown twice", night, e.CreditID)
		}
		shown[e.CreditID] = true
		if e.Why == "largest" {
			if e.Minor != paid[e.Currency][rank[e.Currency]] {
				w.t.Errorf("%s: %d is not the largest but %d of %v", night, e.Minor, rank[e.Currency], paid[e.Currency])
			}
			rank[e.Currency]++
			continue
		}
		sum := sha256.Sum256([]byte(e.CreditID + night.String()))
		if lot := hex.EncodeToString(sum[:]); lot <= last {
			w.t.Errorf("%s: lot %s comes after %s", night, lot, last)
		} else {
			last = lot
		}
	}
	for _, d := range decisions { // nobody else has a smaller lot
		id := award.CreditIDOf(d.IncidentID)
		sum := sha256.Sum256([]byte(id + night.String()))
		if (d.Outcome == award.Issued || d.Outcome == award.Held) && !shown[id] && hex.EncodeToString(sum[:]) < last {
			w.t.Errorf("%s: %s is not shown", night, id)
		}
	}
}
