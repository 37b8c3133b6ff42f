package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"amends/pipeline"
	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// A night that is committed already is an answer: not a byte, a file or a time
// of the state changes, in one night and in a range.
func TestTheSameDateAgainWritesNothing(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	var results []*pipeline.NightResult
	w.untouched(func() { results = append(w.mustRun(demoFirst, demoFirst), w.mustRun(demoFirst+1, demoLast)...) })
	chain := w.chain()
	if len(results) != demoNights {
		t.Fatalf("%d results, want %d", len(results), demoNights)
	}
	for i, r := range results {
		m := manifestsOf(t, chain)[i]
		if !r.Already || r.Summary != nil || len(r.Notes)+len(r.ChangedRules) > 0 || r.Date != m.Date() || r.Sequence != i+1 || r.Manifest != chain.SHA256(m) {
			t.Errorf("night %d: %+v, want it to be committed already", i, r)
		}
	}
}

func TestAnotherEffectiveDateIsRefused(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	ask := func(effective calendar.Date) error {
		_, err := pipeline.Run(context.Background(), w.config(), pipeline.RunOptions{
			From: demoFirst, To: demoFirst, Effective: effective, HasEffective: true}, nil)
		return err
	}
	if err := ask(demoFirst + 1); err != nil {
		t.Errorf("the effective date that it had: %v", err)
	}
	demoRefused(t, ask(demoFirst+2), "effective date", (demoFirst + 1).String())
}

// A growing table that grew does not make a committed night another one: the
// answer is the same, with a note.
func TestAGrowingTableThatGrewIsANote(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	const customers = "data/customers.parquet"
	rows := w.table(customers)
	grown := rows.pick(append(demoRows(rows), 0)...)
	grown.column("customer_id").Strings[rows.rows()] = "c-new"
	w.write(customers, grown, parquetio.WriteOptions{})
	w.untouched(func() {
		for _, r := range w.mustRun(demoFirst, demoLast) {
			if !r.Already || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], customers) {
				t.Errorf("%s: already %v, notes %q: want one that names %s", r.Date, r.Already, r.Notes, customers)
			}
		}
	})
}

// One incident, one credit: the same delivery in two files of a night, again on
// the next night, and restated at a higher price after it was paid.
func TestOneDeliveryIsPaidOnce(t *testing.T) {
	t.Parallel()
	night := demoFirst + 3
	made := newRunDemo(t)
	event, file, row := demoPaid(made, night)
	again := made.table(file).pick(row)
	restated := again.pick(0)
	restated.column("updated_at").Ints[0] += 3_600_000_000
	restated.column("item_price").Ints[0] *= 3

	w := newDemo(t)
	w.write(demoFile("deliveries", night, "copy.parquet"), again.pick(0, 0), parquetio.WriteOptions{})
	w.write(demoFile("deliveries", night+1, "copy.parquet"), again, parquetio.WriteOptions{})
	w.write(demoFile("deliveries", night+2, "restated.parquet"), restated, parquetio.WriteOptions{})
	w.mustRun(demoFirst, demoLast)

	credits, repeats := 0, 0
	var amount int64
	for d := range demoNightsOf {
		for _, r := range demoOutput(w, d, publish.IssuanceFile, publish.ReadIssuance) {
			if r.EventID == event {
				credits, amount = credits+1, r.AmountMinor
			}
		}
		for _, r := range demoOutput(w, d, publish.DecisionsFile, publish.ReadDecisions) {
			if r.EventID == event && d > night {
				repeats++
				if !r.Repeat || r.Outcome != award.Suppressed {
					t.Errorf("%s: %s %s, repeat %v: want it suppressed as settled", d, r.Outcome, r.Reason, r.Repeat)
				}
			}
		}
	}
	var first int64
	for _, r := range demoOutput(made, night, publish.IssuanceFile, publish.ReadIssuance) {
		if r.EventID == event {
			first = r.AmountMinor
		}
	}
	// Lookback shows the row on three more nights, the restatement until the fifth.
	if credits != 1 || amount != first || repeats != 5 {
		t.Errorf("delivery %s: %d credits of %d, %d repeats; want one of %d and 5", event, credits, amount, repeats, first)
	}
	w.verify(pipeline.VerifyOptions{})
}

func TestAChangedIncidentIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{
		"another key":     {"incident: [delivery_id, kind]", "incident: [defect_id]"},
		"another order":   {"incident: [delivery_id, kind]", "incident: [kind, delivery_id]"},
		"another since":   {"since: delivered_at\n      at: reported_at", "since: reported_at\n      at: reported_at"},
		"another failure": {"incident: [delivery_id, kind]", "failure: trouble\n      incident: [delivery_id, kind]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newDemo(t)
			w.mustRun(demoFirst, demoFirst)
			w.replace("amends.yaml", change[0], change[1])
			w.untouched(func() {
				_, err := w.run(demoFirst+1, demoFirst+1)
				demoRefused(t, err, `source "defects"`)
			})
			w.replace("amends.yaml", change[1], change[0])
			w.mustRun(demoFirst+1, demoFirst+1)
		})
	}
}

func TestDatesAreSettledInOrder(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.mustRun(demoFirst+2, demoFirst+4)
	w.untouched(func() {
		_, err := w.run(demoFirst+1, demoFirst+1)
		demoRefused(t, err, (demoFirst + 1).String(), "settled already up to "+(demoFirst+4).String())
		_, err = w.run(demoFirst+6, demoFirst+6)
		demoRefused(t, err, (demoFirst + 5).String(), "--date", "--skip-to "+(demoFirst+6).String())
		_, err = w.run(demoFirst+7, demoFirst+7)
		demoRefused(t, err, (demoFirst + 5).String(), "--from", "--skip-to "+(demoFirst+7).String())
		_, err = w.run(demoFirst+9, demoFirst+8)
		if !errors.Is(err, pipeline.ErrUsage) {
			t.Errorf("a range that ends before it begins: %v, want ErrUsage", err)
		}
	})
	results := w.mustRun(demoFirst+3, demoFirst+5)
	if !results[0].Already || !results[1].Already || results[2].Already {
		t.Error("a range over committed nights does not go on after them")
	}
}

func demoInputOf(source string, d calendar.Date) func(state.Input) bool {
	return func(in state.Input) bool { return in.Source == source && strings.Contains(in.Path, "dt="+d.String()) }
}

// Dates that are left out are recorded, and what happened on them is settled by
// the night after: every file since the last run is read, lookback or not.
func TestSkippedDatesAreRecordedAndTheirRowsAreRead(t *testing.T) {
	t.Parallel()
	whole := newRunDemo(t)
	const last = demoFirst + 2
	const next = demoFirst + 9
	w := newDemo(t)
	w.mustRun(demoFirst, last)
	if _, err := pipeline.Run(context.Background(), w.config(), pipeline.RunOptions{From: next, To: next + 1, SkipTo: true}, nil); err != nil {
		t.Fatal(demoMessage(err))
	}
	m := manifestOn(t, w.chain(), next)
	if m.Skipped == nil || calendar.Date(m.Skipped.From) != last+1 || calendar.Date(m.Skipped.To) != next-1 {
		t.Errorf("skipped %v, want %s to %s", m.Skipped, last+1, next-1)
	}
	if m := manifestOn(t, w.chain(), next+1); m.Skipped != nil {
		t.Errorf("the night after skipped %v", m.Skipped)
	}
	for _, source := range []string{"deliveries", "defects", "service", "redemptions"} {
		for d := calendar.Date(last) + 1; d <= next; d++ {
			if !slices.ContainsFunc(m.Inputs, demoInputOf(source, d)) {
				t.Errorf("%s of %s were not read", source, d)
			}
		}
	}
	decided := map[string]bool{}
	for _, d := range []calendar.Date{demoFirst, demoFirst + 1, last, next} {
		for _, r := range demoOutput(w, d, publish.DecisionsFile, publish.ReadDecisions) {
			decided[r.IncidentID] = true
		}
	}
	found := 0
	for d := calendar.Date(last) + 1; d < next; d++ {
		for _, r := range demoOutput(whole, d, publish.IssuanceFile, publish.ReadIssuance) {
			if r.Source == "service" { // a delivery can be restated until then
				found++
				if !decided[r.IncidentID] {
					t.Errorf("%s of %s was not decided", r.EventID, d)
				}
			}
		}
	}
	if found == 0 {
		t.Error("nothing happened on the skipped dates: the test shows nothing")
	}
	event, _, _ := demoPaid(whole, last+2)
	for _, r := range demoOutput(w, next, publish.DecisionsFile, publish.ReadDecisions) {
		if r.EventID == event {
			event = ""
		}
	}
	if event != "" {
		t.Errorf("delivery %s, beyond lookback of the night after, was not decided", event)
	}
	_, err := w.run(last+3, last+3)
	demoRefused(t, err, (last + 3).String())
	if results := w.mustRun(next, next); !results[0].Already {
		t.Error("the night after skipped dates is not the same again")
	}
	w.verify(pipeline.VerifyOptions{ReplayAll: true})
}

// Of ids of any number and order, those that are issued are told from others.
func TestIDsThatAreIssued(t *testing.T) {
	t.Parallel()
	for _, count := range []int{0, 1, 2, 63, 5000} {
		for _, backwards := range []bool{false, true} {
			var issued []*award.Decision
			var others []string
			for i := range count + 5000 {
				key := award.NewKey("late", []ir.Value{{Kind: ir.Int, I: int64(i)}})
				if i >= count {
					others = append(others, key.CreditID())
					continue
				}
				issued = append(issued, &award.Decision{Incident: &award.Incident{Key: key}})
			}
			slices.SortFunc(issued, func(a, b *award.Decision) int { return a.Incident.Key.Compare(b.Incident.Key) })
			if backwards {
				slices.Reverse(issued)
			}
			has := pipeline.IssuedIDs(issued)
			for _, d := range issued {
				if !has(d.Incident.CreditID()) {
					t.Fatalf("of %d, %s is not found", count, d.Incident.ID())
				}
			}
			for _, id := range append(others, "", "cr1_", "of another program") {
				if has(id) {
					t.Fatalf("of %d, %s is found", count, id)
				}
			}
		}
	}
}

// What is derived from earlier runs says that nothing was posted, checksums and all:
// a credit that is open is not issued again, and the night changes nothing. Once
// verify made it again, the night is what it would have been.
func TestAnOpenCreditIsNotIssuedAgainWhateverIsDerived(t *testing.T) {
	t.Parallel()
	w := newRunDemo(t)
	want := got(demoTree(w.path("state/runs")))(t)
	before := newDemoBefore(t, demoFirst+2)
	chain := before.chain()
	config := pipeline.ArchiveOf(durable.OS{}, chain)
	config.Postings = func(int, func(int, []ledger.Posting) error) error { return nil }
	mustDo(t, archive.Keep(config))
	kept := got(demoTree(before.path("state")))(t)
	_, err := before.run(demoFirst+2, demoFirst+2)
	if err == nil || !regexp.MustCompile(`^2026-01-07: runs/2026-01-06/open\.parquet: credit cr1_[0-9a-f]{32} would be issued a second time: derived/ does not know of it; amends verify makes derived/ again$`).MatchString(err.Error()) {
		t.Fatalf("%v", err)
	}
	for name, content := range got(demoTree(before.path("state")))(t) {
		if !bytes.Equal(content, kept[name]) && !strings.HasPrefix(name, "derived/chain-") {
			t.Errorf("%s is not what it was", name)
		}
	}
	result := got(pipeline.Verify(context.Background(), before.config(), pipeline.VerifyOptions{}))(t)
	if len(result.Findings) == 0 {
		t.Error("verify finds nothing")
	}
	before.mustRun(demoFirst+2, demoFirst+2)
	for name, content := range got(demoTree(before.path("state/runs")))(t) {
		if !bytes.Equal(content, want[name]) {
			t.Errorf("%s is not what it would have been", name)
		}
	}
}
