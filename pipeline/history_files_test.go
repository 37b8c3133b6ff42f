package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/analysis"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/diag"
)

const demoReport = "report: {by: [marketplace, category, seller_id]}"

// got gives what a call returned, or ends the test with its error.
func got[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// What a report is broken down by changes the report and the trends, and no
// other byte: no decision, no reject, no credit.
func TestReportChangesNothingElse(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.demoBadRows()
	file := demoFile("deliveries", demoFirst, "part-0.parquet")
	rows := w.table(file)
	rows.column("marketplace").Strings[3] = "qq is no text" // and nothing but a report reads it
	w.write(file, rows, parquetio.WriteOptions{Codec: parquetio.Uncompressed, NoDictionary: true})
	w.put(file, bytes.ReplaceAll(w.get(file), []byte("qq is no text"), []byte("\xff\xff is no text")))
	other := newDemo(t)
	for name, content := range got(demoTree(w.dir))(t) {
		other.put(name, content)
	}
	other.replace("amends.yaml", demoReport, "")
	demoRunAll(t, w.config())
	demoRunAll(t, other.config())
	for night := range demoNightsOf {
		want := got(demoTree(other.path("state/runs/" + night.String())))(t)
		for name, content := range got(demoTree(w.path("state/runs/" + night.String())))(t) {
			switch name {
			case "manifest.json", publish.WorkspaceFile, publish.ReportFile, analysis.TrendsFile:
			default:
				if !bytes.Equal(content, want[name]) {
					t.Errorf("%s: %s differs", night, name)
				}
			}
		}
	}
}

// Trends are of the run before: one that is not what it wrote stops the night,
// and after one that did not know them yet everything starts anew.
func TestTrendsOfTheRunBefore(t *testing.T) {
	t.Parallel()
	last := fmt.Sprintf("state/manifests/%d.json", demoNights-1)
	run := "state/runs/" + (demoLast - 1).String() + "/"
	edit := func(w *demo, change func(m *state.Manifest)) {
		m := got(state.DecodeManifest(w.get(last)))(t)
		change(m)
		content := got(m.Encode())(t)
		w.put(last, content)
		w.put(run+"manifest.json", content)
	}
	t.Run("other bytes than the manifest says", func(t *testing.T) {
		w := newDemoBefore(t, demoLast)
		w.put(run+analysis.TrendsFile, append(w.get(run+analysis.TrendsFile), ' '))
		if _, err := w.run(demoLast, demoLast); err == nil || !strings.Contains(err.Error(), "trends.json") {
			t.Errorf("%v", err)
		}
	})
	t.Run("bytes that are no trends", func(t *testing.T) {
		w := newDemoBefore(t, demoLast)
		content := bytes.Replace(w.get(run+analysis.TrendsFile), []byte(`"version":1`), []byte(`"version":7`), 1)
		w.put(run+analysis.TrendsFile, content)
		edit(w, func(m *state.Manifest) {
			for i := range m.Outputs {
				if m.Outputs[i].Name == analysis.TrendsFile {
					m.Outputs[i].SHA256 = state.Digest(content)
				}
			}
		})
		want := "runs/" + (demoLast - 1).String() + "/trends.json: not a trends file of version 7"
		if _, err := w.run(demoLast, demoLast); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	})
	t.Run("a run that knew none", func(t *testing.T) {
		w := newDemoBefore(t, demoLast)
		w.remove(run + analysis.TrendsFile)
		edit(w, func(m *state.Manifest) {
			m.Outputs = slices.DeleteFunc(m.Outputs, func(o state.Output) bool { return o.Name == analysis.TrendsFile })
		})
		w.mustRun(demoLast, demoLast)
		trends := got(analysis.DecodeTrends(w.get("state/runs/" + demoLast.String() + "/" + analysis.TrendsFile)))(t)
		if len(trends.Nights) != 1 || trends.Nights[0].Date != demoLast.String() {
			t.Errorf("%+v", trends.Nights)
		}
		w.verify(pipeline.VerifyOptions{Replay: demoLast, HasReplay: true})
	})
}

// Each credit is in one line of each table of its source, or beside it: released
// holds too, whose rows no night reads again.
func TestReleasedHoldsInBreakdowns(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoLast)
	var holds []string
	sellers := map[string]bool{}
	for _, h := range demoOutput(w, demoLast-1, publish.HeldFile, publish.ReadHolds) {
		holds = append(holds, h.CreditID)
		if h.SellerID != "" {
			sellers[h.Source+" "+h.SellerID] = true
		}
	}
	w.ask(state.Request{Kind: state.Approve, Credits: holds, By: "Mo", Why: "looked at"})
	w.mustRun(demoLast, demoLast)
	credits, released := map[string]int64{}, map[string]int64{}
	for _, c := range demoOutput(w, demoLast, publish.IssuanceFile, publish.ReadIssuance) {
		credits[c.Source]++
		if c.ApprovedBy != "" {
			released[c.Source]++
		}
	}
	if len(released) == 0 {
		t.Fatal("no hold was released")
	}
	a, err := pipeline.AnalysisOf(context.Background(), w.config(), demoLast)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range a.Breakdowns {
		sum := b.UnknownCredits
		for _, l := range b.Lines {
			sum += l.Credits
			delete(sellers, b.Source+" "+l.Value)
		}
		if sum != credits[b.Source] || b.UnknownCredits > released[b.Source] || b.Column == "seller_id" && b.UnknownCredits > 0 {
			t.Errorf("%s.%s: %d credits, %d of them unknown; %d were issued, %d of holds", b.Source, b.Column, sum, b.UnknownCredits, credits[b.Source], released[b.Source])
		}
	}
	if len(sellers) > 0 {
		t.Errorf("no table names %v", sellers)
	}
	w.verify(pipeline.VerifyOptions{Replay: demoLast, HasReplay: true})
}

// What cannot be reported by is said at its place, before anything runs.
func TestColumnsThatCannotBeReportedBy(t *testing.T) {
	t.Parallel()
	tests := []struct{ by, want string }{
		{"[marketplce]", `W101: no event source has a column "marketplce" to report by: defects has defect_id`},
		{"[customer.tier]", "fields of dimensions cannot be reported by"},
		{"[tier]", `W101: no event source has a column "tier"`}, // customers are no event source
		{"[delivered_at]", `W102: source "deliveries": column "delivered_at" is to be reported by, expected string or int or bool or date, and data/deliveries/`},
		{"[item_price]", `W102: source "defects": column "item_price" is to be reported by`},
		{"[marketplace, category, seller_id, zone, currency, order_id, kind, severity, case_status]", "W105: report.by has 9 columns, expected at most 8"},
	}
	for _, test := range tests {
		w := newDemo(t)
		w.replace("amends.yaml", demoReport, "report: {by: "+test.by+"}")
		_, list, err := pipeline.Check(context.Background(), w.config())
		if err != nil {
			t.Fatal(err)
		}
		said := demoMessage(&diag.ListError{List: list})
		if !strings.HasPrefix(said, "amends.yaml:") || !strings.Contains(said, test.want) {
			t.Errorf("%s: %s\nwant %s", test.by, said, test.want)
		}
		if _, err := w.run(demoFirst, demoFirst); err == nil || !strings.Contains(demoMessage(err), test.want) {
			t.Errorf("%s: a run says %v", test.by, err)
		}
	}
}

// A redemption that was made in time and arrives after the forfeiture takes its
// part back from what the snapshots of its week lost.
func TestReinstatedIsNotForfeited(t *testing.T) {
	t.Parallel()
	lost := func(w *demo) (sum int64) {
		for _, c := range got(analysis.DecodeTrends(w.get("state/runs/" + demoLast.String() + "/" + analysis.TrendsFile)))(t).Cohorts {
			for _, s := range c.Snapshots {
				sum += s.ForfeitedMinor
			}
		}
		return sum
	}
	w := newDemoBefore(t, demoLast)
	before := lost(newRunDemo(t))
	first := map[string]bool{} // open on the first night, so in its snapshots
	for _, c := range demoOutput(w, demoFirst, publish.OpenFile, publish.ReadOpen) {
		first[c.CreditID] = true
	}
	var taken *publish.Forfeiture
	for night := demoFirst + 1; night < demoLast; night++ {
		for _, f := range demoOutput(w, night, publish.ForfeitureFile, publish.ReadForfeiture) {
			if first[f.CreditID] && f.ForfeitedMinor > 1 {
				taken = &f
			}
		}
	}
	if taken == nil {
		t.Fatal("no credit of the first night was forfeited")
	}
	var rows demoTable
	for night := demoFirst; rows == nil || rows.rows() == 0; night++ {
		rows = w.table(demoFile("redemptions", night, "redemptions.parquet"))
	}
	const at = 0
	rows = rows.pick(at)
	rows.column("redemption_id").Strings[at] = "late"
	rows.column("credit_id").Strings[at] = taken.CreditID
	rows.column("customer_id").Strings[at] = taken.CustomerID
	rows.column("currency").Strings[at] = taken.Currency
	rows.column("amount").Ints[at] = taken.ForfeitedMinor - 1
	rows.column("redeemed_at").Ints[at] = int64(taken.ExpiresAt - 1)
	w.write(demoFile("redemptions", demoLast, "late.parquet"), rows, parquetio.WriteOptions{})
	w.mustRun(demoLast, demoLast)
	snapshots := (before - lost(w)) / (taken.ForfeitedMinor - 1) // one or more held it
	if snapshots < 1 || before-lost(w) != snapshots*(taken.ForfeitedMinor-1) {
		t.Errorf("%d were forfeited, %d after %d came back", before, lost(w), taken.ForfeitedMinor-1)
	}
}
