package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// smallMatch is a dataset of a few thousand rows with both sides ready.
func smallMatch(t *testing.T) (*match, *bytes.Buffer) {
	t.Helper()
	db, err := openDuck(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	set := dataset{rows: 30_000, groupRows: 10_000, codec: "snappy", customers: 2_000, credits: 3_000}
	folder, err := set.write(t.Context(), db, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := &contender{folder: folder, workers: 2}
	if err := c.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	return &match{contender: c, duck: &duck{db: db, folder: folder, ledger: c.ledgerFile()}, rounds: 1, out: &out}, &out
}

// Both sides of the benchmark do the same work: every hit with its award, and
// every credit of the night.
func TestPoliciesAreTheSameInBothLanguages(t *testing.T) {
	m, out := smallMatch(t)
	for _, n := range []int{10, 50} {
		m.duck.rules = joinless(n)
		if err := m.contender.use(m.duck.rules); err != nil {
			t.Fatal(err)
		}
		if err := m.sameHits(t.Context()); err != nil {
			t.Errorf("%d rules: %v", n, err)
		}
		if err := m.nightsEqual(t.Context(), policy(n)); err != nil {
			t.Errorf("%d rules: %v", n, err)
		}
	}
	t.Log(out)
}

func TestADifferenceStopsTheBenchmark(t *testing.T) {
	m, _ := smallMatch(t)
	rules := policy(10)
	if err := m.nightsEqual(t.Context(), rules); err != nil {
		t.Fatal(err)
	}
	rules[0].whenSQL = strings.Replace(rules[0].whenSQL, "BETWEEN 1 AND 3", "BETWEEN 1 AND 2", 1)
	if err := m.nightsEqual(t.Context(), rules); !errors.Is(err, errDiffer) {
		t.Errorf("a rule that says less in SQL: %v", err)
	}
}
