package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// joinless is a policy that reads the event's columns alone: what a scan with
// rules costs, apart from joins.
func joinless(n int) []rule {
	rules := policy(n)
	for i := range rules {
		switch rules[i].id {
		case "late-prime":
			rules[i].when = `arrived and days_late >= 1 and service_level == "express" and not weather`
			rules[i].whenSQL = `arrived AND days_late >= 1 AND service_level = 'express' AND NOT weather`
		case "late-loyal":
			rules[i].when = `arrived and days_late >= 1 and category == "books"`
			rules[i].whenSQL = `arrived AND days_late >= 1 AND category = 'books'`
		}
	}
	return rules
}

// match is one comparison on one dataset with one policy.
type match struct {
	contender *contender
	duck      *duck
	rounds    int
	out       io.Writer
}

// times collects rounds by the name of what was timed.
type times map[string][]time.Duration

func (t times) add(name string, d time.Duration) { t[name] = append(t[name], d) }

func (t times) median(name string) time.Duration {
	sorted := slices.Sorted(slices.Values(t[name]))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// line shows what was timed: median, least, most, and its ratio to amends.
func (m *match) line(t times, name, amends string) {
	sorted := slices.Sorted(slices.Values(t[name]))
	if len(sorted) == 0 {
		return
	}
	ratio := ""
	if mine := t.median(amends); mine > 0 && name != amends {
		ratio = fmt.Sprintf("%.2f × amends", t.median(name).Seconds()/mine.Seconds())
	}
	fmt.Fprintf(m.out, "  %-34s %8.3f s  (%.3f to %.3f)  %s\n", name, t.median(name).Seconds(), sorted[0].Seconds(), sorted[len(sorted)-1].Seconds(), ratio)
}

const (
	nameFloor = "floor: decompress those columns"
	nameScan  = "amends: scan and rules"
	nameNight = "amends: night"
)

func duckName(guarded bool) string {
	if guarded {
		return "DuckDB: guarded"
	}
	return "DuckDB: plain CASE"
}

// scans compares scan plus rules.
func (m *match) scans(ctx context.Context, rules []rule) error {
	m.duck.rules = rules
	if err := m.contender.use(rules); err != nil {
		return err
	}
	if err := m.sameHits(ctx); err != nil {
		return err
	}
	t := times{}
	for range m.rounds {
		floor, err := m.contender.floor()
		if err != nil {
			return err
		}
		t.add(nameFloor, floor)
		_, by, _, err := m.contender.night(ctx, true)
		if err != nil {
			return err
		}
		t.add(nameScan, by["matching"])
		for _, guarded := range []bool{true, false} {
			elapsed, err := m.duck.scan(ctx, guarded)
			if err != nil {
				return err
			}
			t.add(duckName(guarded), elapsed)
		}
	}
	fmt.Fprintln(m.out, " scan and rules, without joins")
	for _, name := range []string{nameFloor, nameScan, duckName(true), duckName(false)} {
		m.line(t, name, nameScan)
	}
	return nil
}

var errDiffer = errors.New("the results differ, so no time counts")

// sameHits holds each hit with its award and rule against DuckDB's.
func (m *match) sameHits(ctx context.Context) error {
	_, _, dir, err := m.contender.night(ctx, true)
	if err != nil {
		return err
	}
	for _, guarded := range []bool{true, false} {
		if _, err := m.duck.scan(ctx, guarded); err != nil {
			return err
		}
		names := make([]string, len(m.duck.rules))
		for i, r := range m.duck.rules {
			names[i] = "'" + r.id + "'"
		}
		ours := fmt.Sprintf("SELECT event_id, customer_id, order_id, currency, gross_minor, rule_id FROM read_parquet('%s')", filepath.Join(dir, "decisions.parquet"))
		theirs := fmt.Sprintf("SELECT delivery_id, customer_id, order_id, currency, award, ([%s])[1 + rule] FROM scanned", strings.Join(names, ", "))
		var missing, more, all int64
		query := fmt.Sprintf("SELECT (SELECT count(*) FROM (%s EXCEPT ALL %s)), (SELECT count(*) FROM (%s EXCEPT ALL %s)), (SELECT count(*) FROM scanned)", ours, theirs, theirs, ours)
		if err := m.duck.db.QueryRowContext(ctx, query).Scan(&more, &missing, &all); err != nil {
			return err
		}
		if missing+more > 0 || all == 0 {
			return fmt.Errorf("%w: of %d hits, %d are DuckDB's alone and %d amends' alone", errDiffer, all, missing, more)
		}
		if guarded {
			fmt.Fprintf(m.out, "  %d hits, equal\n", all)
		}
	}
	return nil
}

// nightsEqual holds every credit of the night against DuckDB's.
func (m *match) nightsEqual(ctx context.Context, rules []rule) error {
	m.duck.rules = rules
	if err := m.contender.use(rules); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "amends-bench-duckdb-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	_, _, dir, err := m.contender.night(ctx, false)
	if err != nil {
		return err
	}
	for _, guarded := range []bool{true, false} {
		if _, err := m.duck.night(ctx, guarded, scratch); err != nil {
			return err
		}
		onlyOurs, onlyTheirs, both, err := m.duck.differences(ctx, filepath.Join(dir, "issuance.parquet"), filepath.Join(scratch, "issuance.parquet"))
		if err != nil {
			return err
		}
		if onlyOurs+onlyTheirs > 0 || both == 0 {
			return fmt.Errorf("%w: %d credits are equal, %d are amends' alone and %d DuckDB's alone", errDiffer, both, onlyOurs, onlyTheirs)
		}
		if guarded {
			fmt.Fprintf(m.out, "  %d credits, equal\n", both)
		}
	}
	return nil
}

// nights compares the whole policy up to published files.
func (m *match) nights(ctx context.Context, rules []rule) error {
	if err := m.nightsEqual(ctx, rules); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "amends-bench-duckdb-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	t, parts := times{}, times{}
	for range m.rounds {
		total, by, _, err := m.contender.night(ctx, false)
		if err != nil {
			return err
		}
		t.add(nameNight, total)
		for name, elapsed := range by {
			parts.add(name, elapsed)
		}
		for _, guarded := range []bool{true, false} {
			elapsed, err := m.duck.night(ctx, guarded, scratch)
			if err != nil {
				return err
			}
			t.add(duckName(guarded), elapsed)
		}
	}
	fmt.Fprintln(m.out, " the whole night, to published files")
	for _, name := range []string{nameNight, duckName(true), duckName(false)} {
		m.line(t, name, nameNight)
	}
	fmt.Fprint(m.out, "  of amends' night:")
	for _, name := range []string{"ledger", "checking", "reading", "matching", "checking rows", "resolving", "posting", "balancing", "publishing", "committed"} {
		fmt.Fprintf(m.out, " %s %.3f", name, parts.median(name).Seconds())
	}
	bytes, err := m.contender.peak(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.out, " s\n  largest resident set of amends' night: %d MB\n", bytes>>20)
	return nil
}
