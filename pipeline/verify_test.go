package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

func (w *demo) findings(o pipeline.VerifyOptions) []string {
	w.t.Helper()
	result, err := pipeline.Verify(context.Background(), w.config(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, f := range result.Findings {
		list = append(list, f.File+": "+f.Problem)
	}
	return list
}

// One flipped bit in any file that the runs published, or in any manifest, is
// found and the file named.
func TestVerifyNamesTheFileWithAFlippedByte(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoFirst+2)
	w.verify(pipeline.VerifyOptions{})
	files, err := demoTree(w.path("state"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := 0
	for name, content := range files {
		if !strings.HasPrefix(name, "runs/") && !strings.HasPrefix(name, "manifests/") {
			continue
		}
		if len(content) == 0 {
			t.Errorf("%s is empty: nothing to flip", name)
			continue
		}
		for i, at := range []int{0, len(content) / 2, len(content)*(1+flipped%7)/8 - 1, len(content) - 1} {
			bent := slices.Clone(content)
			bent[max(at, 0)] ^= 1 << (flipped % 8)
			flipped++
			w.put("state/"+name, bent)
			findings := w.findings(pipeline.VerifyOptions{})
			// Of a manifest's two copies either may be the one that is named first.
			if !slices.ContainsFunc(findings, func(f string) bool { return strings.Contains(f, name) }) {
				t.Errorf("%s, flip %d at byte %d: findings %q, want one that names it", name, i, at, findings)
			}
		}
		w.put("state/"+name, content)
	}
	if flipped < 100 {
		t.Errorf("%d flips: there should be about twenty files a night", flipped)
	}
	w.verify(pipeline.VerifyOptions{})
}

func TestVerifyNamesFilesThatAreGoneOrTooMany(t *testing.T) {
	t.Parallel()
	run := "runs/" + demoFirst.String()
	for name, test := range map[string]struct {
		do   func(w *demo)
		file string
	}{
		"an output is gone":      {func(w *demo) { w.remove("state/" + run + "/held.parquet") }, run + "/held.parquet"},
		"a file is too many":     {func(w *demo) { w.put("state/"+run+"/more.txt", []byte("x")) }, run + "/more.txt"},
		"a run is too many":      {func(w *demo) { w.put("state/runs/2026-03-01/issuance.parquet", []byte("x")) }, "runs/2026-03-01"},
		"a manifest is too many": {func(w *demo) { w.put("state/manifests/7.json", w.get("state/manifests/1.json")) }, "manifests/3.json"},
		"a manifest is gone":     {func(w *demo) { w.remove("state/manifests/1.json") }, "manifests/1.json"},
		"two have changed places": {func(w *demo) {
			one, two := w.get("state/manifests/1.json"), w.get("state/manifests/2.json")
			w.put("state/manifests/1.json", two)
			w.put("state/manifests/2.json", one)
		}, "manifests/1.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newDemoBefore(t, demoFirst+2)
			test.do(w)
			findings := w.findings(pipeline.VerifyOptions{})
			if !slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, test.file+": ") }) {
				t.Errorf("findings %q, want one that names %s", findings, test.file)
			}
		})
	}
}

// A run whose manifest is not in the chain is one that was killed before its
// commit, or whose commit somebody took away: no finding, but told.
func TestVerifyTellsOfAnUnfinishedRun(t *testing.T) {
	t.Parallel()
	w := newDemoBefore(t, demoFirst+2)
	w.remove("state/manifests/2.json")
	r := w.verify(pipeline.VerifyOptions{})
	if want := []string{"runs/" + (demoFirst + 1).String()}; !slices.Equal(r.Unfinished, want) || r.Runs != 1 {
		t.Errorf("%d runs, unfinished %q; want %q", r.Runs, r.Unfinished, want)
	}
	w.mustRun(demoFirst+1, demoFirst+1)
	if r := w.verify(pipeline.VerifyOptions{}); len(r.Unfinished) > 0 {
		t.Errorf("after the next run: %q", r.Unfinished)
	}
}

// forged is the last night of a chain, to be doctored by somebody who can write
// every file, compute every digest and total, and encode manifests.
type forged struct {
	night    publish.Night
	manifest *state.Manifest
}

// forge rewrites the last run with what doctor makes of it: its tables, their
// control totals and digests, and both copies of the manifest.
func (w *demo) forge(doctor func(f *forged)) {
	w.t.Helper()
	m := w.chain().Last()
	date := m.Date()
	run := "state/runs/" + date.String() + "/"
	f := &forged{manifest: m, night: publish.Night{
		Date:        date,
		Issuance:    demoOutput(w, date, publish.IssuanceFile, publish.ReadIssuance),
		Forfeiture:  demoOutput(w, date, publish.ForfeitureFile, publish.ReadForfeiture),
		Adjustments: demoOutput(w, date, publish.AdjustmentsFile, publish.ReadAdjustments),
		Holds:       demoOutput(w, date, publish.HeldFile, publish.ReadHolds),
		Decisions:   demoOutput(w, date, publish.DecisionsFile, publish.ReadDecisions),
		Rejects:     demoOutput(w, date, publish.RejectsFile, publish.ReadRejects),
		Expiring:    demoOutput(w, date, publish.ExpiringFile, publish.ReadExpiring),
		Redemptions: demoOutput(w, date, publish.RedemptionsFile, publish.ReadRedemptions),
		Postings:    demoOutput(w, date, publish.PostingsFile, publish.ReadPostings),
		Open:        demoOutput(w, date, publish.OpenFile, publish.ReadOpen),
	}}
	doctor(f)
	dir := filepath.Join(w.t.TempDir(), "forged")
	outputs, err := publish.Write(durable.OS{}, dir, &f.night)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, was := range m.Outputs {
		at := slices.IndexFunc(outputs, func(o publish.Output) bool { return o.Name == was.Name && strings.HasSuffix(o.Name, ".parquet") })
		if at < 0 {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, was.Name))
		if err != nil {
			w.t.Fatal(err)
		}
		w.put(run+was.Name, content)
		m.Outputs[i] = state.Output(outputs[at])
	}
	content, err := m.Encode()
	if err != nil {
		w.t.Fatal(err)
	}
	w.put(run+"manifest.json", content)
	w.put(fmt.Sprintf("state/manifests/%d.json", m.Sequence), content)
}

// issue gives a credit a second life under another id and for another incident,
// everywhere: issuance, posting, open credits and roll-forward.
func (f *forged) issue(like publish.Issuance, creditID, incidentID string) {
	row := like
	row.CreditID, row.IncidentID = creditID, incidentID
	f.night.Issuance = append(f.night.Issuance, row)
	posting := ledger.Posting{
		ID: "po1_" + strings.Repeat("0", 31) + "1", BusinessDate: f.night.Date, Kind: ledger.Issue, CreditID: creditID, IncidentID: incidentID,
		CustomerID: row.CustomerID, OrderID: row.OrderID, SellerID: row.SellerID, Source: row.Source, EventID: row.EventID,
		Currency: row.Currency, Minor: row.AmountMinor, At: calendar.Instant(f.manifest.AsOf), Reference: row.RuleID, RuleID: row.RuleID,
		Reason: row.ReasonCode, Terms: row.Terms, Funding: row.Funding, EffectiveAt: row.EffectiveAt, ExpiresAt: row.ExpiresAt,
		DebitAccount: "6100", CreditAccount: "2300",
	}
	f.night.Postings = append(f.night.Postings, posting)
	f.night.Open = append(f.night.Open, ledger.Credit{
		CreditID: creditID, IncidentID: incidentID, CustomerID: row.CustomerID, OrderID: row.OrderID, SellerID: row.SellerID,
		Source: row.Source, EventID: row.EventID, Currency: row.Currency, RuleID: row.RuleID, Reason: row.ReasonCode, Terms: row.Terms,
		Funding: row.Funding, Issued: f.night.Date, EffectiveAt: row.EffectiveAt, ExpiresAt: row.ExpiresAt, GrantedMinor: row.AmountMinor,
	})
	moved := f.manifest.RollForward[row.Currency]
	moved.Issued += row.AmountMinor
	moved.Closing += row.AmountMinor
	f.manifest.RollForward[row.Currency] = moved
}

func TestVerifyFindsWhatADoctoredChainPaysTwice(t *testing.T) {
	t.Parallel()
	const last = demoFirst + 3
	postings, manifest := "runs/"+last.String()+"/postings.parquet: ", fmt.Sprintf("manifests/%d.json: ", last-demoFirst+1)
	fresh := func(w *demo) publish.Issuance { // a credit of the first night, as if given on the last
		row := demoOutput(w, demoFirst, publish.IssuanceFile, publish.ReadIssuance)[0]
		like := demoOutput(w, last, publish.IssuanceFile, publish.ReadIssuance)[0]
		row.EffectiveAt, row.ExpiresAt = like.EffectiveAt, like.ExpiresAt
		return row
	}
	for name, test := range map[string]struct {
		doctor func(w *demo, f *forged)
		file   string // "" where only a replay can tell
		text   string
	}{
		"nothing": {func(*demo, *forged) {}, "", ""},
		"an incident under another credit": {func(w *demo, f *forged) {
			row := fresh(w)
			f.issue(row, "cr1_"+strings.Repeat("0", 32), row.IncidentID)
		}, postings, "paid twice"},
		"an incident under its own credit again": {func(w *demo, f *forged) {
			row := fresh(w)
			f.issue(row, row.CreditID, row.IncidentID)
		}, "runs/" + last.String(), ""},
		"a credit under another incident": {func(w *demo, f *forged) {
			row := fresh(w)
			f.issue(row, row.CreditID, "in1_"+strings.Repeat("0", 32))
		}, "runs/" + last.String(), ""},
		"a roll-forward that adds up to other postings": {func(_ *demo, f *forged) {
			moved := f.manifest.RollForward["USD"]
			moved.Issued, moved.Redeemed = moved.Issued+5, moved.Redeemed+5
			f.manifest.RollForward["USD"] = moved
		}, manifest, ""},
		"an issuance of more than was posted": {func(_ *demo, f *forged) { f.night.Issuance[0].AmountMinor++ }, manifest, "issuance.parquet"},
		"two issuances that changed amounts": {func(_ *demo, f *forged) {
			rows := f.night.Issuance
			at := slices.IndexFunc(rows, func(r publish.Issuance) bool {
				return r.Currency == rows[0].Currency && r.AmountMinor != rows[0].AmountMinor
			})
			rows[0].AmountMinor, rows[at].AmountMinor = rows[at].AmountMinor, rows[0].AmountMinor
		}, "runs/" + last.String() + "/issuance.parquet: ", "its posting"},
		"an issuance under another id": {func(_ *demo, f *forged) { f.night.Issuance[0].CreditID = "cr1_" + strings.Repeat("0", 32) },
			"runs/" + last.String() + "/issuance.parquet: ", "credit cr1_0000"},
		"an issuance that no posting has": {func(w *demo, f *forged) {
			row := fresh(w)
			row.CreditID, row.IncidentID = "cr1_"+strings.Repeat("0", 32), "in1_"+strings.Repeat("0", 32)
			f.night.Issuance = append(f.night.Issuance, row)
		}, manifest, "issuance.parquet"},
		"an open credit that is gone":       {func(_ *demo, f *forged) { f.night.Open = f.night.Open[1:] }, manifest, "open.parquet"},
		"an open credit of somebody else's": {func(_ *demo, f *forged) { f.night.Open[0].CustomerID = "c-else" }, "runs/" + last.String() + "/open.parquet: ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newDemoBefore(t, last+1)
			w.forge(func(f *forged) { test.doctor(w, f) })
			findings := w.findings(pipeline.VerifyOptions{})
			if test.file == "" && len(findings) > 0 {
				t.Fatalf("findings %q: the forger's own work shows", findings)
			}
			if test.file != "" && !slices.ContainsFunc(findings, func(f string) bool {
				return strings.HasPrefix(f, test.file) && strings.Contains(f, test.text)
			}) {
				t.Errorf("findings %q, want one of %s%s", findings, test.file, test.text)
			}
		})
	}
}

// A credit for an incident that never was adds up, and only running the night
// again tells.
// Another version of the program draws the page otherwise: that is told, and is
// no problem. Any other file that a replay gives otherwise is one.
func TestReplayOfAPageDrawnOtherwise(t *testing.T) {
	t.Parallel()
	const last = demoFirst + 1
	w := newDemoBefore(t, last+1)
	m := w.chain().Last()
	page := []byte("<!doctype html>an older page")
	for i := range m.Outputs {
		if m.Outputs[i].Name == publish.ReportFile {
			m.Outputs[i].SHA256, m.Outputs[i].Size = state.Digest(page), int64(len(page))
		}
	}
	content, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	run := "state/runs/" + last.String() + "/"
	w.put(run+publish.ReportFile, page)
	w.put(run+"manifest.json", content)
	w.put(fmt.Sprintf("state/manifests/%d.json", m.Sequence), content)
	result := w.verify(pipeline.VerifyOptions{Replay: last, HasReplay: true})
	if len(result.Notes) != 1 || !strings.HasPrefix(result.Notes[0], "runs/"+last.String()+"/report.html: ") || len(result.Replayed) != 1 {
		t.Errorf("notes %q, replayed %q", result.Notes, result.Replayed)
	}
	if before := w.verify(pipeline.VerifyOptions{Replay: demoFirst, HasReplay: true}); len(before.Notes) > 0 {
		t.Errorf("a page that is drawn alike is noted: %q", before.Notes)
	}
}

func TestReplayFindsACreditOutOfThinAir(t *testing.T) {
	t.Parallel()
	const last = demoFirst + 3
	w := newDemoBefore(t, last+1)
	w.forge(func(f *forged) {
		f.issue(f.night.Issuance[0], "cr1_"+strings.Repeat("0", 32), "in1_"+strings.Repeat("0", 32))
	})
	w.verify(pipeline.VerifyOptions{})
	findings := w.findings(pipeline.VerifyOptions{Replay: last, HasReplay: true})
	for _, file := range []string{"issuance.parquet", "postings.parquet", "open.parquet"} {
		if !slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, "runs/"+last.String()+"/"+file) }) {
			t.Errorf("findings %q, want one that names %s", findings, file)
		}
	}
}
