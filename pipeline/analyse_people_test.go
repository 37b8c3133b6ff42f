package pipeline_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// What waits, what is about to lapse and what lapsed is counted again in the
// holds of the night and of the night before. The rulebook's hold_days is 3.
func TestWaitingAwardsAreThoseOfTheFiles(t *testing.T) {
	t.Parallel()
	w := newTightDemo(t)
	lapsed, lapseNext := int64(0), int64(0)
	before := map[string]publish.Hold{}
	for night := range demoNightsOf {
		a := w.demoAnalysis(night)
		want, shown := map[string]report.WaitingMoney{}, map[string]report.WaitingAward{}
		change := func(h publish.Hold, do func(*report.WaitingMoney)) {
			m := want[h.Currency]
			m.Currency = h.Currency
			do(&m)
			want[h.Currency] = m
		}
		for _, p := range demoOutput(w, night, publish.PostingsFile, publish.ReadPostings) {
			if p.Kind == ledger.Lapse {
				h := before[p.CreditID]
				change(h, func(m *report.WaitingMoney) { m.LapsedCount++; m.LapsedMinor += h.AmountMinor })
				shown[p.CreditID] = report.WaitingAward{CustomerID: h.CustomerID, Minor: h.AmountMinor, HeldSince: h.HeldSince.String(), LapsesOn: night.String(), Lapsed: true}
				lapsed++
			}
		}
		before = map[string]publish.Hold{}
		for _, h := range demoOutput(w, night, publish.HeldFile, publish.ReadHolds) {
			before[h.CreditID] = h
			next := h.HeldSince+3 == night+1
			change(h, func(m *report.WaitingMoney) {
				m.Count, m.Minor = m.Count+1, m.Minor+h.AmountMinor
				if next {
					m.LapseNextCount, m.LapseNextMinor = m.LapseNextCount+1, m.LapseNextMinor+h.AmountMinor
					lapseNext++
				}
			})
			shown[h.CreditID] = report.WaitingAward{CustomerID: h.CustomerID, Minor: h.AmountMinor, HeldSince: h.HeldSince.String(), LapsesOn: (h.HeldSince + 3).String(), LapsesNext: next}
		}
		got := map[string]report.WaitingMoney{}
		for _, m := range a.Waiting {
			got[m.Currency] = m
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-files +report)\n%s", night, diff)
		}
		if int64(len(a.Holds))+a.HoldsMore != int64(len(shown)) {
			t.Errorf("%s: %d awards and %d more, files have %d", night, len(a.Holds), a.HoldsMore, len(shown))
		}
		for i, h := range a.Holds {
			few := cmpopts.IgnoreFields(h, "CreditID", "OrderID", "Rule", "Currency", "Causes")
			if diff := cmp.Diff(shown[h.CreditID], h, few); diff != "" {
				t.Errorf("%s: %s (-files +report)\n%s", night, h.CreditID, diff)
			}
			if i > 0 && h.LapsesOn < a.Holds[i-1].LapsesOn {
				t.Errorf("%s: %s stands after %s", night, h.LapsesOn, a.Holds[i-1].LapsesOn)
			}
		}
		if t.Failed() {
			return
		}
	}
	if lapsed == 0 || lapseNext == 0 {
		t.Errorf("%d lapsed, %d are about to", lapsed, lapseNext)
	}
}

// A reversal asks for what was left of a run's credits, and does what the night
// voids of it: tonight's redemptions come first.
func TestRequestsHaveTheirSumsInTheReport(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	seen := w.see()
	run := demoLast - 3
	asked, credits := money.ByCurrency{}, int64(0)
	issued := map[string]bool{}
	for _, c := range demoOutput(w, run, publish.IssuanceFile, publish.ReadIssuance) {
		issued[c.CreditID] = true
	}
	for _, c := range demoOutput(w, demoLast-1, publish.OpenFile, publish.ReadOpen) {
		if issued[c.CreditID] {
			credits++
			asked[c.Currency] += c.Remaining()
		}
	}
	reverse := w.ask(state.Request{Kind: state.Reverse, Run: run, By: "Mo", Why: "the storm"})
	holds := seen.Holds
	if len(holds) < 2 || credits == 0 {
		t.Fatalf("%d holds, %d credits", len(holds), credits)
	}
	approve := w.ask(state.Request{Kind: state.Approve, Credits: []string{holds[0].CreditID}, AmountMinor: holds[0].AmountMinor - 1, Currency: holds[0].Currency, By: "Ana", Why: "parts arrived"})
	reject := w.ask(state.Request{Kind: state.Reject, Credits: []string{holds[1].CreditID}, By: "Kim", Why: "no proof"})
	w.outcomes()
	voided, count := money.ByCurrency{}, int64(0)
	for _, p := range demoOutput(w, demoLast, publish.PostingsFile, publish.ReadPostings) {
		if p.Kind == ledger.Void && p.Reference == reverse {
			count++
			voided[p.Currency] += p.Minor
		}
	}
	paid := money.ByCurrency{holds[0].Currency: holds[0].AmountMinor - 1}
	refused := money.ByCurrency{holds[1].Currency: holds[1].AmountMinor}
	want := []report.RequestEffect{
		{ID: approve, Kind: "approve", By: "Ana", Why: "parts arrived", Outcome: "done", AskedCount: 1, DoneCount: 1, Asked: paid, Done: paid},
		{ID: reject, Kind: "reject", By: "Kim", Why: "no proof", Outcome: "done", AskedCount: 1, DoneCount: 1, Asked: refused, Done: refused},
		{ID: reverse, Kind: "reverse", By: "Mo", Why: "the storm", Outcome: "done", AskedCount: credits, DoneCount: count, Asked: asked, Done: voided},
	}
	got := w.demoAnalysis(demoLast).Requests
	slices.SortFunc(got, func(a, b report.RequestEffect) int { return strings.Compare(a.Kind, b.Kind) })
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(report.RequestEffect{}, "Detail")); diff != "" {
		t.Errorf("(-files +report)\n%s", diff)
	}
}
