package pipeline_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/money"

	"github.com/google/go-cmp/cmp"
)

// otherRules copies the workspace's rules into a folder, and changes texts of
// its files: name, old, new.
func (w *demo) otherRules(changes ...[3]string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(w.path("rules"))); err != nil {
		w.t.Fatal(err)
	}
	for _, c := range changes {
		name := filepath.Join(dir, c[0])
		content, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(content), c[1]) {
			w.t.Fatalf("%s has no %q, %v", name, c[1], err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(content), c[1], c[2])), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	return dir
}

func (w *demo) diff(r pipeline.DiffRequest) *report.Diff {
	w.t.Helper()
	d, err := pipeline.Diff(w.t.Context(), w.config(), r)
	if err != nil {
		w.t.Fatal(demoMessage(err))
	}
	return d
}

func diffAll(with string) pipeline.DiffRequest {
	return pipeline.DiffRequest{With: with, From: demoFirst, To: demoLast, HasRange: true, Examples: 10}
}

// diffGiven is what really became of an incident, read from published files.
type diffGiven struct {
	issued, held   int64
	currency, rule string
}

// finally reads what all nights issued, and what waits after the last one.
func (w *demo) finally() map[string]diffGiven {
	w.t.Helper()
	all := map[string]diffGiven{}
	for _, h := range demoOutput(w, demoLast, "held.parquet", publish.ReadHolds) {
		all[h.CreditID] = diffGiven{held: h.AmountMinor, currency: h.Currency, rule: h.RuleID}
	}
	for night := range demoNightsOf {
		for _, r := range demoOutput(w, night, "issuance.parquet", publish.ReadIssuance) {
			all[r.CreditID] = diffGiven{issued: r.AmountMinor, currency: r.Currency, rule: r.RuleID}
		}
	}
	return all
}

// diffWant is a comparison worked out from the published files of two states.
type diffWant struct {
	Gained, Lost, Changed          int64
	GainedMinor, LostMinor         money.ByCurrency // issued
	IssuedMinor, HeldMinor         money.ByCurrency // B − A
	RuleMinor                      map[string]int64 // issued, B − A, by rule and currency
	RedeemedMinor, OutstandingLeft money.ByCurrency // B − A
}

func diffWanted(a, b *demo) diffWant {
	want := diffWant{GainedMinor: money.ByCurrency{}, LostMinor: money.ByCurrency{}, IssuedMinor: money.ByCurrency{}, HeldMinor: money.ByCurrency{},
		RuleMinor: map[string]int64{}, RedeemedMinor: money.ByCurrency{}, OutstandingLeft: money.ByCurrency{}}
	inA, inB := a.finally(), b.finally()
	for id, was := range inA {
		is, there := inB[id]
		switch {
		case !there:
			want.Lost++
			want.LostMinor[was.currency] += was.issued
		case is.issued != was.issued || is.held != was.held:
			want.Changed++
		}
		want.IssuedMinor[was.currency] -= was.issued
		want.HeldMinor[was.currency] -= was.held
		want.RuleMinor[was.rule+" "+was.currency] -= was.issued
	}
	for id, is := range inB {
		if _, there := inA[id]; !there {
			want.Gained++
			want.GainedMinor[is.currency] += is.issued
		}
		want.IssuedMinor[is.currency] += is.issued
		want.HeldMinor[is.currency] += is.held
		want.RuleMinor[is.rule+" "+is.currency] += is.issued
	}
	for sign, w := range map[int64]*demo{-1: a, 1: b} {
		for night := range demoNightsOf {
			for _, r := range demoOutput(w, night, "redemptions.parquet", publish.ReadRedemptions) {
				want.RedeemedMinor[r.Currency] += sign * r.AppliedMinor
			}
		}
		for _, c := range demoOutput(w, demoLast, "open.parquet", publish.ReadOpen) {
			want.OutstandingLeft[c.Currency] += sign * c.Remaining()
		}
	}
	want.tidy()
	return want
}

func (w *diffWant) tidy() {
	for _, sums := range []map[string]int64{w.GainedMinor, w.LostMinor, w.IssuedMinor, w.HeldMinor, w.RuleMinor, w.RedeemedMinor, w.OutstandingLeft} {
		for key, minor := range sums {
			if minor == 0 {
				delete(sums, key)
			}
		}
	}
}

func diffGot(d *report.Diff) diffWant {
	got := diffWant{Gained: d.Counts.Gained, Lost: d.Counts.Lost, Changed: d.Counts.Changed, GainedMinor: money.ByCurrency{}, LostMinor: money.ByCurrency{},
		IssuedMinor: money.ByCurrency{}, HeldMinor: money.ByCurrency{}, RuleMinor: map[string]int64{}, RedeemedMinor: money.ByCurrency{}, OutstandingLeft: money.ByCurrency{}}
	for _, l := range d.Totals {
		got.GainedMinor[l.Currency], got.LostMinor[l.Currency] = l.Issued.GainedMinor, l.Issued.LostMinor
		got.IssuedMinor[l.Currency] = l.Issued.GainedMinor - l.Issued.LostMinor + l.Issued.ChangedMinor
		got.HeldMinor[l.Currency] = l.Held.GainedMinor - l.Held.LostMinor + l.Held.ChangedMinor
	}
	for _, l := range d.Rules {
		f := l.Issued
		got.RuleMinor[l.Value+" "+l.Currency] = f.GainedMinor - f.LostMinor + f.ChangedMinor + f.MovedMinor
	}
	for _, l := range d.RollForward {
		got.RedeemedMinor[l.Currency], got.OutstandingLeft[l.Currency] = l.B.Redeemed-l.A.Redeemed, l.B.Closing-l.A.Closing
	}
	got.tidy()
	return got
}

// diffChanges are rulebooks that differ from the demo's, each in its own way.
var diffChanges = map[string][][3]string{
	"a lower cap":           {{"tables.yaml", "{EUR: 9.50, GBP: 8.00, JPY: 1500, USD: 10.00}", "{EUR: 4.50, GBP: 4.00, JPY: 700, USD: 5.00}"}},
	"a tighter limit":       {{"limits.yaml", "window_days: 90, max_count: 2", "window_days: 90, max_count: 1"}, {"limits.yaml", "max_count: 2, max_amount", "max_count: 1, max_amount"}},
	"a rule removed":        {{"late.yaml", "id: late-short\n    on: deliveries", "id: late-short\n    mode: shadow\n    on: deliveries"}},
	"a rule that pays more": {{"late.yaml", "amount: min(0.05 * item_price, caps.late[currency])", "amount: min(0.50 * item_price, 5 * caps.late[currency])"}},
	"shorter credits":       {{"tables.yaml", "valid_days: 4", "valid_days: 3"}},
	"holds that lapse":      {{"limits.yaml", "hold_days: 3", "hold_days: 1"}},
	"faults":                {{"late.yaml", "amount: min(0.05 * item_price, caps.late[currency])", "amount: min(0.05 * item_price / (days_late - 3), caps.late[currency])"}},
}

// The difference of two rulebooks is that of two states in which their nights
// were really run: the files of both say so, incident by incident.
func TestADiffIsTheDifferenceOfTwoRuns(t *testing.T) {
	t.Parallel()
	for name, changes := range diffChanges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newRunDemo(t)
			with := a.otherRules(changes...)
			var d *report.Diff
			a.unchanged(".", func() { d = a.diff(diffAll(with)) })
			b := newDemo(t)
			for _, c := range changes {
				b.replace("rules/"+c[0], c[1], c[2])
			}
			b.mustRun(demoFirst, demoLast)
			want := diffWanted(a, b)
			if diff := cmp.Diff(want, diffGot(d)); diff != "" {
				t.Error(diff)
			}
			if !d.Differs || want.Gained+want.Lost+want.Changed == 0 && name != "shorter credits" {
				t.Errorf("differs %t, and the test's rulebooks give %+v", d.Differs, want)
			}
			if r := diffRejected(b) - diffRejected(a); r != diffRejectedMore(d) || r == 0 && name == "faults" {
				t.Errorf("B rejects %d rows more, and the comparison says %d", r, diffRejectedMore(d))
			}
			for _, note := range d.Notes {
				if strings.Contains(note, "really issued") {
					t.Errorf("A is what was run: %s", note)
				}
			}
		})
	}
}

// diffRejected counts rows that some night rejected, each once.
func diffRejected(w *demo) int64 {
	rows := map[string]bool{}
	for night := range demoNightsOf {
		for _, r := range demoOutput(w, night, "rejects.parquet", publish.ReadRejects) {
			rows[fmt.Sprint(r.Source, " ", r.File, " ", r.RowGroup, " ", r.Row)] = true
		}
	}
	return int64(len(rows))
}

func diffRejectedMore(d *report.Diff) (more int64) {
	for _, r := range d.Rejects {
		more += r.B - r.A
	}
	return more
}

// What does not change the meaning of a rulebook makes no difference.
func TestADiffOfAReformattedRulebookIsNone(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	with := w.otherRules(
		[3]string{"tables.yaml", "tables:\n", "# Tables, again.\ntables:\n\n"},
		[3]string{"late.yaml", "amount: min(0.05 * item_price, caps.late[currency])", "amount: |\n      min(0.050 * item_price,\n        caps.late[currency])"},
	)
	for from, to := range map[string]string{"limits.yaml": "a-limits.yaml", "tables.yaml": "zz-tables.yaml", "exclusions.yaml": "deep/last.yaml"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(with, to)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(with, from), filepath.Join(with, to)); err != nil {
			t.Fatal(err)
		}
	}
	d := w.diff(diffAll(with))
	if d.Differs || d.Counts.Differing() > 0 || d.Counts.Same == 0 || len(d.Examples)+len(d.Transitions)+len(d.Rejects) > 0 {
		t.Errorf("%s\n%+v", d.Headline, d.Counts)
	}
	if d.A.RulebookSHA256 == d.B.RulebookSHA256 {
		t.Error("the test compares one rulebook with itself")
	}
}

// What two dry runs published says the same as the comparison in memory, for a
// night and for a range.
func TestADiffOfDryRunsIsThatOfTheirRules(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	with := w.otherRules(diffChanges["a lower cap"]...)
	const from, to = demoFirst + 5, demoFirst + 8
	inMemory := pipeline.DiffRequest{With: with, From: from, To: to, HasRange: true, Examples: 1000, By: []string{"seller_id", "customer.tier", "funding"}}
	want := w.diff(inMemory)
	a, b := w.path("what-if/a"), w.path("what-if/b")
	w.mustDryRun(from, to, a)
	other := demo{t: t, dir: w.dir}
	for _, c := range diffChanges["a lower cap"] {
		other.replace("rules/"+c[0], c[1], c[2])
	}
	w.mustDryRun(from, to, b)
	got := w.diff(pipeline.DiffRequest{Folders: [2]string{a, b}, Examples: 1000, By: inMemory.By})
	if got.Basis != report.DiffPublished || got.A.Name != filepath.ToSlash(a) {
		t.Errorf("basis %s, A is %s", got.Basis, got.A.Name)
	}
	for _, d := range []*report.Diff{want, got} { // names, and where rules stand, are those of the folders
		d.Basis, d.Headline, d.Notes, d.A.Name, d.B.Name, d.A.What, d.B.What = "", "", nil, "", "", "", ""
		for i := range d.RuleChanges.Changes {
			d.RuleChanges.Changes[i].PlaceA, d.RuleChanges.Changes[i].PlaceB = "", ""
		}
		for i := range d.Examples {
			for _, side := range []*report.DiffExampleSide{&d.Examples[i].A, &d.Examples[i].B} {
				side.Place, side.Sentence = "", ""
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(want.Breakdowns) != 3 || want.Counts.Changed == 0 {
		t.Errorf("%d columns, %+v", len(want.Breakdowns), want.Counts)
	}
}

// Requests of people are carried out on both sides, and a night is compared
// with what was really issued.
func TestADiffCarriesRequestsOut(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	holds := w.see().Holds
	if len(holds) == 0 {
		t.Fatal("the demo holds nothing")
	}
	h := holds[0]
	id := w.ask(state.Request{Kind: state.Approve, Credits: []string{h.CreditID}, By: "Kim", Why: "checked"})
	night := pipeline.DiffRequest{With: w.path("rules"), From: demoLast, To: demoLast, HasRange: true}
	waiting := w.diff(night)
	if got := w.outcomes()[id].Outcome; got != "done" {
		t.Fatalf("the approval is %s", got)
	}
	committed := w.diff(night)
	for name, d := range map[string]*report.Diff{"before": waiting, "after": committed} {
		if d.Differs || !slices.ContainsFunc(d.Notes, func(n string) bool { return strings.HasPrefix(n, "1 request of people") }) {
			t.Errorf("%s: %s %q", name, d.Headline, d.Notes)
		}
		if d.A.IssuedCount != committed.A.IssuedCount {
			t.Errorf("%s: %d issued", name, d.A.IssuedCount)
		}
	}
	w.replace("rules/limits.yaml", "hold_days: 3", "hold_days: 1")
	w.replace("rules/tables.yaml", "{EUR: 9.50, GBP: 8.00, JPY: 1500, USD: 10.00}", "{EUR: 4.50, GBP: 4.00, JPY: 700, USD: 5.00}")
	night.With = w.otherRules([3]string{"tables.yaml", "{EUR: 4.50, GBP: 4.00, JPY: 700, USD: 5.00}", "{EUR: 9.50, GBP: 8.00, JPY: 1500, USD: 10.00}"})
	changed := w.diff(night)
	really, simulated := money.ByCurrency{}, changed.A.Issued
	for _, r := range demoOutput(w, demoLast, "issuance.parquet", publish.ReadIssuance) {
		really[r.Currency] += r.AmountMinor
	}
	sums := report.Amounts(really) + " really, " + report.Amounts(simulated) + " here"
	if !slices.ContainsFunc(changed.Notes, func(n string) bool { return strings.Contains(n, sums) }) {
		t.Errorf("no note says %q: %q", sums, changed.Notes)
	}
	if cmp.Equal(really, simulated) {
		t.Error("the changed rules issue what the others did")
	}
}

// Cores, batches and the moment change nothing of a comparison.
func TestADiffIsAFunctionOfItsRulebooks(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	request := diffAll(w.otherRules(diffChanges["a rule that pays more"]...))
	request.By = []string{"category", "customer.tier"}
	var all []string
	for _, c := range []pipeline.Config{{Dir: w.dir, Workers: 1}, {Dir: w.dir, Workers: 3, BatchRows: 7}} {
		d, err := pipeline.Diff(t.Context(), c, request)
		if err != nil {
			t.Fatal(err)
		}
		content, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := report.DiffText(&text, d, report.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(content)+text.String())
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Error(diff)
	}
}

// Dates that lie before the last settled night and are not settled are left
// out; a range after a gap is refused.
func TestADiffKeepsToTheChain(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoFirst+4)
	if _, err := pipeline.Run(t.Context(), w.config(), pipeline.RunOptions{From: demoFirst + 5, To: demoFirst + 5, SkipTo: true}, nil); err == nil {
		t.Fatal("the demo has a file of a night that has not come")
	}
	request := diffAll(w.path("rules"))
	for _, r := range [][2]calendar.Date{{demoFirst + 5, demoFirst + 5}, {demoFirst + 6, demoLast}} {
		request.From, request.To = r[0], r[1]
		if _, err := pipeline.Diff(t.Context(), w.config(), request); !errors.Is(err, pipeline.ErrRefused) {
			t.Errorf("%s to %s: %v", r[0], r[1], err)
		}
	}
	request.From, request.To = demoFirst-3, demoFirst+1
	d := w.diff(request)
	if d.From != demoFirst.String() || len(d.Nights) != 2 || !slices.ContainsFunc(d.Notes, func(n string) bool { return strings.HasPrefix(n, "3 dates from ") }) {
		t.Errorf("%s to %s, %q", d.From, d.To, d.Notes)
	}
}
