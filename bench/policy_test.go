package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"amends/pipeline/profile"
)

// smallMatch is a dataset of some thousand rows with both sides ready.
func smallMatch(t *testing.T, set dataset) *match {
	t.Helper()
	db, err := openDuck(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	set.rows, set.groupRows, set.customers, set.credits = 12_000, 4_000, 1_000, 1_500
	folder, err := set.write(t.Context(), db, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &contender{set: set, folder: folder, workers: 2}
	if err := c.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &match{contender: c, duck: &duck{db: db, folder: folder, ledger: c.ledgerFiles(), resent: set.resent > 0}, rounds: 1, log: io.Discard}
}

// Both sides of the benchmark do the same work, in every form of the SQL: every
// hit with its award, and every credit of the night.
func TestPoliciesAreTheSameInBothLanguages(t *testing.T) {
	for _, set := range []dataset{{codec: "zstd", ids: hashed}, {codec: "snappy", ids: counted}, {codec: "zstd", ids: hashed, resent: 100}} {
		m := smallMatch(t, set)
		for _, n := range []int{10, 30, 50} {
			name := fmt.Sprintf("%s, %d resent, %d rules", set.codec, set.resent, n)
			m.duck.rules = joinless(n)
			if err := m.contender.use(m.duck.rules); err != nil {
				t.Fatal(err)
			}
			hits, err := m.sameHits(t.Context())
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			credits, err := m.sameNights(t.Context(), policy(n), t.TempDir())
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if hits < 200 || credits < 200 {
				t.Errorf("%s: %d hits, %d credits: too few to tell", name, hits, credits)
			}
			m.everyRuleWins(t, name)
		}
	}
}

// everyRuleWins makes sure that no rule could say anything in either language.
func (m *match) everyRuleWins(t *testing.T, name string) {
	t.Helper()
	for _, r := range rulesOn(m.duck.rules, "defects") {
		var wins int
		query := m.duck.matchSQL(forms[0]) + fmt.Sprintf(" SELECT count(*) FROM matched WHERE rule = %d", r.place)
		if err := m.duck.db.QueryRow(query).Scan(&wins); err != nil {
			t.Fatal(err)
		}
		if wins == 0 {
			t.Errorf("%s: rule %s never wins", name, r.id)
		}
	}
}

func TestADifferenceStopsTheBenchmark(t *testing.T) {
	m := smallMatch(t, dataset{codec: "zstd", ids: hashed})
	rules := policy(10)
	if _, err := m.sameNights(t.Context(), rules, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	rules[0].whenSQL = strings.Replace(rules[0].whenSQL, "BETWEEN 1 AND 3", "BETWEEN 1 AND 2", 1)
	if _, err := m.sameNights(t.Context(), rules, t.TempDir()); !errors.Is(err, errDiffer) {
		t.Errorf("a rule that says less in SQL: %v", err)
	}
}

// A real night is shared out without a rest that nobody can name, and the
// tables show it.
func TestANightConsistsOfItsPieces(t *testing.T) {
	m := smallMatch(t, dataset{codec: "zstd", ids: hashed})
	r, err := m.play(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	var sum, same time.Duration
	for i, p := range pieces {
		share := r.pieces[i].median()
		if share < 0 || share == 0 && p.name != "start, printing, the rest" {
			t.Errorf("%s took %v", p.name, share)
		}
		if sum += share; p.same {
			same += share
		}
	}
	if sum != r.night.median() || same != r.same.median() {
		t.Errorf("pieces of %v in a night of %v; the same work %v, shown as %v", sum, r.night.median(), same, r.same.median())
	}
	if rest := r.pieces[len(pieces)-1].median(); rest*10 > sum {
		t.Errorf("%v of %v are no stage's", rest, sum)
	}
	var out bytes.Buffer
	if err := writeTables(&out, options{workers: 2, rounds: 1, engine: "v1"}, []*measured{r}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 12k zstd, groups of 4k, hashed ids | 10 |", "| beyond: digests of inputs |", "| customers read |", "DuckDB v1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, &out)
		}
	}
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "NaN") || strings.Contains(line, "Inf") {
			t.Errorf("no number: %s", line)
		}
	}
}

// Shares by hand: of 100 ms in publishing half of all that its cores did was
// issuance.parquet; the digest kept one core of two busy for 20 ms. Work without a piece is of its stage.
func TestSplitByHand(t *testing.T) {
	const ms = 1000
	night := &outcome{wall: 250 * time.Millisecond, profile: profile.Profile{Stages: []*profile.Stage{
		{Name: "matching", Figures: profile.Figures{Wall: 100 * ms}, Work: []*profile.Work{
			{Name: "digest of deliveries", Busy: 20 * ms}, {Name: "rows that waited", Busy: 60 * ms},
		}},
		{Name: "publishing", Figures: profile.Figures{Wall: 100 * ms}, Work: []*profile.Work{
			{Name: "encoding issuance.parquet", Busy: 80 * ms}, {Name: "encoding decisions.parquet", Busy: 40 * ms},
			{Name: "re-reading open.parquet", Busy: 24 * ms}, {Name: "writing", Busy: 16 * ms},
		}},
		{Name: "a stage of tomorrow", Figures: profile.Figures{Wall: 30 * ms}},
	}}}
	want := map[string]time.Duration{
		"scan and rules": 90, "digests of inputs": 10, "issuance.parquet": 50, "decisions, rejects and other files": 25,
		"files read again": 15, "written, waits for the disk, commit": 10, "start, printing, the rest": 50,
	}
	for i, share := range split(night, 2) {
		if share != want[pieces[i].name]*time.Millisecond {
			t.Errorf("%s: %v, want %d ms", pieces[i].name, share, want[pieces[i].name])
		}
	}
}

// What the ledger is made of: as many nights as bound one of them, each with its
// own credits, the last on the eve.
func TestLedgerNights(t *testing.T) {
	dates, first, err := dataset{credits: 450_000}.ledgerNights()
	if err != nil || fmt.Sprint(dates) != "[2026-01-12 2026-01-13 2026-01-14]" || fmt.Sprint(first) != "[0 200000 400000]" {
		t.Errorf("%v from %v, %v", dates, first, err)
	}
}
