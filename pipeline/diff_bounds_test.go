package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"

	"github.com/google/go-cmp/cmp"
)

// boundsOf counts what bounded awards in the published files of all nights.
func (w *demo) boundsOf(of func(*report.DiffBound) *report.DiffBoundDid, all map[string]*report.DiffBound) {
	w.t.Helper()
	at := func(bound, currency string) *report.DiffBoundDid {
		kind, id, _ := strings.Cut(bound, ":")
		key := bound + " " + currency
		if all[key] == nil {
			all[key] = &report.DiffBound{Kind: kind, ID: id, Currency: currency}
		}
		return of(all[key])
	}
	finally := map[string]publish.Decision{}
	for night := range demoNightsOf {
		for _, d := range demoOutput(w, night, "decisions.parquet", publish.ReadDecisions) {
			if !d.Repeat {
				finally[award.CreditIDOf(d.IncidentID)] = d
			}
		}
	}
	held := map[string]publish.Hold{}
	for _, h := range demoOutput(w, demoLast, "held.parquet", publish.ReadHolds) {
		held[h.CreditID] = h
		for _, cause := range h.HoldCauses {
			if cause.Kind != "exclusion" {
				did := at(cause.Kind+":"+cause.ID, h.Currency)
				did.Held, did.HeldMinor = did.Held+1, did.HeldMinor+h.AmountMinor
			}
		}
	}
	for credit, d := range finally {
		_, waits := held[credit]
		switch {
		case d.Outcome == award.Denied:
			did := at(d.Reason, d.Currency)
			did.Denied, did.TakenMinor = did.Denied+1, did.TakenMinor+d.GrossMinor
		case (d.Outcome == award.Issued || waits) && len(d.LimitedBy) > 0:
			if last := d.LimitedBy[len(d.LimitedBy)-1]; strings.HasPrefix(last, "limit:") && d.AmountMinor < d.GrossMinor {
				did := at(last, d.Currency)
				did.Lowered, did.TakenMinor = did.Lowered+1, did.TakenMinor+d.GrossMinor-d.AmountMinor
			}
		}
	}
}

// What bounds awards is what the published files of two states say, each run
// with its own rulebook.
func TestADiffCountsWhatBinds(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string][][3]string{
		"a tighter limit": diffChanges["a tighter limit"],
		"a lower limit":   {{"limits.yaml", "{EUR: 75.00, GBP: 65.00, JPY: 12000, USD: 80.00}", "{EUR: 3.00, GBP: 2.50, JPY: 450, USD: 3.50}"}},
		"other budgets":   {{"limits.yaml", "{EUR: 20.00, GBP: 10.00, JPY: 2000, USD: 25.00}, exceed: hold", "{EUR: 12.00, GBP: 9.00, JPY: 1500, USD: 30.00}, exceed: deny"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newRunDemo(t), newDemo(t)
			for _, c := range changes {
				b.replace("rules/"+c[0], c[1], c[2])
			}
			b.mustRun(demoFirst, demoLast)
			all := map[string]*report.DiffBound{}
			a.boundsOf(func(d *report.DiffBound) *report.DiffBoundDid { return &d.A }, all)
			b.boundsOf(func(d *report.DiffBound) *report.DiffBoundDid { return &d.B }, all)
			got := a.diff(diffAll(a.otherRules(changes...))).Bounds
			for i := range got {
				key := fmt.Sprintf("%s:%s %s", got[i].Kind, got[i].ID, got[i].Currency)
				if all[key] == nil {
					t.Errorf("%+v, and no file says so", got[i])
					continue
				}
				if diff := cmp.Diff(*all[key], got[i]); diff != "" {
					t.Errorf("%s: %s", key, diff)
				}
				delete(all, key)
			}
			for key, d := range all {
				t.Errorf("%s is not listed: %+v", key, d)
			}
			binds := func(d report.DiffBound) bool { return d.A != d.B }
			if name == "a lower limit" {
				binds = func(d report.DiffBound) bool { return d.B.Lowered > d.A.Lowered }
			}
			if !slices.ContainsFunc(got, binds) {
				t.Errorf("nothing binds otherwise: %+v", got)
			}
		})
	}
}

// The last nights are the settled ones, without the days that were left out.
func TestADiffOfTheLastNights(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	for last, want := range map[int][2]any{1: {demoLast.String(), 1}, 3: {(demoLast - 2).String(), 3}, 999: {demoFirst.String(), int(demoLast-demoFirst) + 1}} {
		d := w.diff(pipeline.DiffRequest{With: w.path("rules"), Last: last})
		if d.From != want[0] || d.To != demoLast.String() || len(d.Nights) != want[1] || last == 999 != slices.ContainsFunc(d.Notes, func(n string) bool { return strings.HasPrefix(n, "Only ") }) {
			t.Errorf("the last %d: %s to %s, %d nights, %q", last, d.From, d.To, len(d.Nights), d.Notes)
		}
	}
}
