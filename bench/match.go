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

// match is one comparison on one dataset with one policy.
type match struct {
	contender *contender
	duck      *duck
	rounds    int
	log       io.Writer // tells people what is going on
}

// series is what was measured of one thing, round by round.
type series []time.Duration

func (s series) median() time.Duration {
	sorted := slices.Sorted(slices.Values(s))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// measured is what came of one comparison.
type measured struct {
	set     dataset
	rules   int // for deliveries
	hits    int64
	credits int64
	floor   series
	scan    series   // of amends
	scans   []series // of DuckDB, by form
	night   series   // of amends
	same    series   // of it, what DuckDB is asked for
	nights  []series // of DuckDB, by form
	cpu     series   // of amends' night
	pieces  []series
	peak    []int64 // bytes of amends' nights
}

// best is the fastest form's median.
func best(forms []series) time.Duration {
	least := time.Duration(0)
	for _, s := range forms {
		if m := s.median(); least == 0 || m < least {
			least = m
		}
	}
	return least
}

// play compares and then times, in rounds in which the sides alternate.
func (m *match) play(ctx context.Context, rules int) (*measured, error) {
	r := &measured{set: m.contender.set, rules: rules, scans: make([]series, len(forms)), nights: make([]series, len(forms)), pieces: make([]series, len(pieces))}
	if err := m.scans(ctx, joinless(rules), r); err != nil {
		return nil, err
	}
	return r, m.nights(ctx, policy(rules), r)
}

// scans compares scan plus rules.
func (m *match) scans(ctx context.Context, rules []rule, r *measured) (err error) {
	m.duck.rules = rules
	if err := m.contender.use(rules); err != nil {
		return err
	}
	if r.hits, err = m.sameHits(ctx); err != nil {
		return err
	}
	fmt.Fprintf(m.log, "  %d hits, equal\n", r.hits)
	all, err := m.contender.chunksRead(ctx)
	if err != nil {
		return err
	}
	for range m.rounds {
		floor, err := m.contender.floor(all)
		if err != nil {
			return err
		}
		r.floor = append(r.floor, floor)
		night, err := m.contender.night(ctx, true)
		if err != nil {
			return err
		}
		r.scan = append(r.scan, scanAndRules(night, m.contender.workers))
		for i, f := range forms {
			elapsed, err := m.duck.scan(ctx, f)
			if err != nil {
				return err
			}
			r.scans[i] = append(r.scans[i], elapsed)
		}
	}
	fmt.Fprintf(m.log, "  scan and rules: floor %.3f s, amends %.3f s, DuckDB %.3f s\n", r.floor.median().Seconds(), r.scan.median().Seconds(), best(r.scans).Seconds())
	return nil
}

var errDiffer = errors.New("the results differ, so no time counts")

// sameHits holds each hit with its award and rule against DuckDB's, and returns
// how many there are.
func (m *match) sameHits(ctx context.Context) (hits int64, err error) {
	night, err := m.contender.night(ctx, true)
	if err != nil {
		return 0, err
	}
	names := make([]string, len(m.duck.rules))
	for i, r := range m.duck.rules {
		names[i] = "'" + r.id + "'"
	}
	ours := fmt.Sprintf("SELECT event_id, customer_id, order_id, currency, gross_minor, rule_id FROM read_parquet('%s')", filepath.Join(night.dir, "decisions.parquet"))
	theirs := fmt.Sprintf("SELECT event_id, customer_id, order_id, currency, award, ([%s])[1 + rule] FROM scanned", strings.Join(names, ", "))
	query := fmt.Sprintf("SELECT (SELECT count(*) FROM (%s EXCEPT ALL %s)), (SELECT count(*) FROM (%s EXCEPT ALL %s)), (SELECT count(*) FROM scanned)", ours, theirs, theirs, ours)
	for _, f := range forms {
		if _, err := m.duck.scan(ctx, f); err != nil {
			return 0, err
		}
		var missing, more int64
		if err := m.duck.db.QueryRowContext(ctx, query).Scan(&more, &missing, &hits); err != nil {
			return 0, err
		}
		if missing+more > 0 || hits == 0 {
			return 0, fmt.Errorf("%w: %s: of %d hits, %d are DuckDB's alone and %d amends' alone", errDiffer, f.name, hits, missing, more)
		}
	}
	return hits, nil
}

// sameNights holds every credit of the night against DuckDB's, and returns how
// many there are.
func (m *match) sameNights(ctx context.Context, rules []rule, scratch string) (credits int64, err error) {
	m.duck.rules = rules
	if err := m.contender.use(rules); err != nil {
		return 0, err
	}
	night, err := m.contender.night(ctx, false)
	if err != nil {
		return 0, err
	}
	for _, f := range forms {
		if _, err := m.duck.night(ctx, f, scratch); err != nil {
			return 0, err
		}
		onlyOurs, onlyTheirs, both, err := m.duck.differences(ctx, filepath.Join(night.dir, "issuance.parquet"), filepath.Join(scratch, "issuance.parquet"))
		if err != nil {
			return 0, err
		}
		if onlyOurs+onlyTheirs > 0 || both == 0 {
			return 0, fmt.Errorf("%w: %s: %d credits are equal, %d are amends' alone and %d DuckDB's alone", errDiffer, f.name, both, onlyOurs, onlyTheirs)
		}
		credits = both
	}
	return credits, nil
}

// nights compares the whole policy up to published files.
func (m *match) nights(ctx context.Context, rules []rule, r *measured) error {
	scratch, err := os.MkdirTemp(filepath.Dir(m.contender.folder), "duckdb-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if r.credits, err = m.sameNights(ctx, rules, scratch); err != nil {
		return err
	}
	fmt.Fprintf(m.log, "  %d credits, equal\n", r.credits)
	for range m.rounds {
		night, err := m.contender.night(ctx, false)
		if err != nil {
			return err
		}
		shares := split(night, m.contender.workers)
		r.night, r.cpu, r.same = append(r.night, night.wall), append(r.cpu, night.cpu), append(r.same, sameWork(shares))
		for i, share := range shares {
			r.pieces[i] = append(r.pieces[i], share)
		}
		r.peak = append(r.peak, night.profile.PeakBytes)
		for i, f := range forms {
			elapsed, err := m.duck.night(ctx, f, scratch)
			if err != nil {
				return err
			}
			r.nights[i] = append(r.nights[i], elapsed)
		}
	}
	fmt.Fprintf(m.log, "  the night: amends %.3f s, DuckDB %.3f s\n", r.night.median().Seconds(), best(r.nights).Seconds())
	return nil
}
