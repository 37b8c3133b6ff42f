package pipeline_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/rules/calendar"
)

// budgetFigures is what files tell of one budget's scope.
type budgetFigures struct{ Awards, UsedMinor, Refused int64 }

// budgetsOfFiles sums, by scope, what was issued or held by a guardrail after the
// budgets, and what a budget held or denied.
func (w *demo) budgetsOfFiles(night calendar.Date, a *report.Analysis, decisions []publish.Decision, seen map[string]int64) {
	w.t.Helper()
	scope := func(per string, d publish.Decision) string {
		return map[string]string{"run": "", "rule": d.RuleID, "seller": d.SellerID}[per]
	}
	pers := [][2]string{{"nightly", "run"}, {"per-seller", "seller"}, {"per-rule", "rule"}}
	want := map[[3]string]budgetFigures{}
	for _, d := range decisions {
		fits := d.Outcome == award.Issued || d.Outcome == award.Held && strings.HasPrefix(d.Reason, "guardrail:")
		for _, b := range pers {
			key := [3]string{b[0], scope(b[1], d), d.Currency}
			f := want[key]
			switch {
			case b[1] == "seller" && d.SellerID == "":
				continue
			case fits:
				f.Awards, f.UsedMinor = f.Awards+1, f.UsedMinor+d.AmountMinor
			case d.Reason == "budget:"+b[0]:
				f.Refused++
			default:
				continue
			}
			want[key] = f
		}
	}
	shown := map[[2]string]int64{}
	for _, b := range a.Budgets {
		key := [3]string{b.Budget, b.Scope, b.Currency}
		if got := (budgetFigures{b.Awards, b.UsedMinor, b.Refused}); got != want[key] {
			w.t.Errorf("%s: budget %v: %+v, files have %+v", night, key, got, want[key])
		}
		if b.UsedMinor > b.MaxMinor {
			w.t.Errorf("%s: budget %v is exceeded: %d of %d", night, key, b.UsedMinor, b.MaxMinor)
		}
		if n := len(b.Burn); int64(n) != min(b.Awards, 200) && b.Awards < 200 || n > 200 || n > 0 && b.Burn[n-1] != (report.BurnPoint{Awards: b.Awards, UsedMinor: b.UsedMinor}) {
			w.t.Errorf("%s: budget %v burns down in %v", night, key, b.Burn)
		}
		delete(want, key)
		shown[[2]string{b.Budget, b.Currency}] = b.ScopesMore
		seen["refused"] += b.Refused
	}
	for key := range want {
		shown[[2]string{key[0], key[2]}]--
	}
	for key, off := range shown {
		if off != 0 {
			w.t.Errorf("%s: %v: %d scopes too many are said to be left out", night, key, off)
		}
	}
}

// nearOfFiles holds who stands near a limit per customer without a window, which
// counts every rule and what was given elsewhere, or some rules, against
// postings, holds and compensation.
func (w *demo) nearOfFiles(night calendar.Date, a *report.Analysis, decisions []publish.Decision, seen map[string]int64, limit string, of ...string) {
	w.t.Helper()
	counts := func(rule string) bool { return len(of) == 0 || slices.Contains(of, rule) }
	type key struct{ customer, currency string }
	used, tonight := map[key]int64{}, map[key]int64{}
	for d := demoFirst; d < night; d++ {
		for _, p := range demoOutput(w, d, publish.PostingsFile, publish.ReadPostings) {
			switch {
			case !counts(p.RuleID):
			case p.Kind == ledger.Issue:
				used[key{p.CustomerID, p.Currency}] += p.Minor
			case p.Kind == ledger.Void:
				used[key{p.CustomerID, p.Currency}] -= p.Minor
			}
		}
	}
	for d := demoFirst; d <= night && len(of) == 0; d++ {
		t := w.table(demoFile("goodwill", d, "goodwill.parquet"))
		for i := range t.rows() {
			used[key{t.column("customer_id").Strings[i], t.column("currency").Strings[i]}] += t.column("amount").Ints[i]
		}
	}
	pending := map[string]bool{}
	for _, d := range decisions {
		if counts(d.RuleID) && (d.Outcome == award.Issued || d.Outcome == award.Held) {
			tonight[key{d.CustomerID, d.Currency}] += d.AmountMinor
			pending[d.IncidentID] = d.Outcome == award.Held
		}
	}
	for _, h := range demoOutput(w, night, publish.HeldFile, publish.ReadHolds) {
		if !pending[h.IncidentID] && counts(h.RuleID) { // held on an earlier night
			used[key{h.CustomerID, h.Currency}] += h.AmountMinor
		}
	}
	for _, l := range a.Limits {
		if l.Limit != limit {
			continue
		}
		near := map[string]bool{}
		for k, minor := range tonight {
			if k.currency == l.Currency && 5*(used[k]+minor) >= 4*l.MaxMinor {
				near[k.customer] = true
			}
		}
		for _, s := range l.Near {
			k := key{s.ID, l.Currency}
			if s.UsedMinor != used[k]+tonight[k] || s.TonightMin != tonight[k] {
				w.t.Errorf("%s: %+v, files have %d and tonight %d", night, s, used[k], tonight[k])
			}
			near[s.ID] = true
			seen["near "+limit]++
			if used[k] > 0 {
				seen["history of "+limit]++
			}
		}
		if int64(len(near)) != int64(len(l.Near))+l.NearMore {
			w.t.Errorf("%s: %d and %d more are near %s in %s, files have %d", night, len(l.Near), l.NearMore, l.Limit, l.Currency, len(near))
		}
	}
}

// paidOfFiles is what a night's files issue and newly hold, by currency.
func paidOfFiles(decisions []publish.Decision) (issued, held map[string]int64) {
	issued, held = map[string]int64{}, map[string]int64{}
	for _, d := range decisions {
		switch {
		case d.Outcome == award.Issued:
			issued[d.Currency] += d.AmountMinor
		case d.Outcome == award.Held && !d.Released:
			held[d.Currency] += d.AmountMinor
		}
	}
	return issued, held
}

// What a rule costs at the margin is what a dry run publishes less once the rule
// has ended in the rulebook.
func TestMarginalIsWhatADryRunWithoutTheRuleSaves(t *testing.T) {
	t.Parallel()
	w := newTightDemo(t)
	moved := 0
	for i, rule := range []string{"late-short", "late-prime", "late-week", "late-loyal"} {
		night := demoFirst + 4 + calendar.Date(2*i)
		a := w.demoAnalysis(night)
		issued, held := paidOfFiles(demoOutput(w, night, publish.DecisionsFile, publish.ReadDecisions))
		before := string(w.get("rules/late.yaml"))
		w.replace("rules/late.yaml", "- id: "+rule+"\n", "- id: "+rule+"\n    until: 2020-01-01\n")
		out := t.TempDir() + "/dry"
		if _, err := pipeline.Run(context.Background(), w.config(), pipeline.RunOptions{From: night, To: night, DryRun: true, Out: out}, nil); err != nil {
			t.Fatal(demoMessage(err))
		}
		issuedOther, heldOther := paidOfFiles(demoRead(t, out+"/"+publish.DecisionsFile, publish.ReadDecisions))
		w.put("rules/late.yaml", []byte(before))
		at := slices.IndexFunc(a.Rules, func(r report.RuleAnalysis) bool { return r.Rule == rule })
		for _, m := range a.Rules[at].Money {
			if m.MarginalMinor != issued[m.Currency]-issuedOther[m.Currency] || m.MarginalHeldMinor != held[m.Currency]-heldOther[m.Currency] {
				t.Errorf("%s: %s: %+v; files: issued %v and %v, held %v and %v", night, rule, m, issued, issuedOther, held, heldOther)
			}
			issued[m.Currency], held[m.Currency] = issuedOther[m.Currency], heldOther[m.Currency]
			if m.MarginalMinor != 0 || m.MarginalHeldMinor != 0 {
				moved++
			}
		}
		for currency := range issued { // those that the report says nothing of
			if issued[currency] != issuedOther[currency] || held[currency] != heldOther[currency] {
				t.Errorf("%s: %s moves %s, and the report does not say so", night, rule, currency)
			}
		}
	}
	if moved < 2 {
		t.Errorf("%d figures moved", moved)
	}
}
