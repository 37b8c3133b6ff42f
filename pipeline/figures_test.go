package pipeline

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/rules/money"
)

// figureKey is what a figure of a night is of: the kind of figure, a rule, reason or
// source, and a currency.
type figureKey struct{ what, of, currency string }

// figuresByHand counts a night's decisions one after the other.
func figuresByHand(n *night) map[figureKey][2]int64 {
	out := map[figureKey][2]int64{}
	count := func(what, of, currency string, minor int64) {
		sums := out[figureKey{what, of, currency}]
		out[figureKey{what, of, currency}] = [2]int64{sums[0] + 1, sums[1] + minor}
	}
	for _, d := range n.decisions {
		inc, currency := d.Incident, d.Incident.Currency
		released := inc.Released() != nil
		if !released {
			count("row "+map[bool]string{true: string(d.Outcome), false: "other"}[d.Outcome == award.Issued || d.Outcome == award.Held], inc.Source, "", 0)
			for _, a := range inc.Awards() {
				count("hit", a.RuleID, currency, a.Minor)
			}
		}
		switch d.Outcome {
		case award.Issued:
			count("issued", d.Award.RuleID, currency, d.Minor)
		case award.Held:
			if !released {
				count("held", d.Award.RuleID, currency, d.Minor)
			}
			for _, c := range d.Causes() {
				count("cause", c.Kind+" "+c.ID, currency, d.Minor)
			}
		default:
			count(string(d.Outcome), d.Reason, currency, d.GrossMinor)
			if d.Repeat {
				count(string(d.Outcome)+" again", d.Reason, "", 0)
			}
		}
		if by := d.LimitedBy(); len(by) > 0 && d.Minor > 0 && d.Minor < d.GrossMinor {
			count("taken", by[len(by)-1], currency, d.GrossMinor-d.Minor)
		}
	}
	return out
}

// asCounted is what figures say, in the same words.
func (f *figures) asCounted() map[figureKey][2]int64 {
	out := map[figureKey][2]int64{}
	put := func(what, of string, s sums) {
		for currency, counted := range s.lines(f) {
			sums := out[figureKey{what, of, currency}]
			out[figureKey{what, of, currency}] = [2]int64{sums[0] + counted.count, sums[1] + counted.minor.Clamped()}
		}
	}
	plain := func(what, of string, count int64) {
		if count > 0 {
			out[figureKey{what, of, ""}] = [2]int64{count, 0}
		}
	}
	for source, s := range f.sources {
		plain("row issued", source, s.issued)
		plain("row held", source, s.held)
		plain("row other", source, s.suppressed)
	}
	for rule, r := range f.rules {
		put("hit", rule.RuleID, r.hits)
		put("issued", rule.RuleID, r.issued)
		put("held", rule.RuleID, r.held)
	}
	for outcome, by := range map[award.Outcome]map[string]*reasonFigures{award.Suppressed: f.suppressed, award.Denied: f.denied} {
		for reason, r := range by {
			put(string(outcome), reason, r.gross)
			plain(string(outcome)+" again", reason, r.repeats)
		}
	}
	for cause, s := range f.causes {
		put("cause", cause[0]+" "+cause[1], *s)
	}
	for by, s := range f.trims {
		put("taken", by, *s)
	}
	return out
}

// Figures are the same whoever takes in which decision: as a night is weighed, and
// without that.
func TestFiguresAreThoseOfDecisions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := drawNight(t).night(nobody)
		n.config.Workers = rapid.IntRange(1, 3).Draw(t, "workers")
		if err := n.decide(); err != nil {
			t.Fatal(err)
		}
		want := figuresByHand(n)
		if diff := cmp.Diff(want, n.figures().asCounted()); diff != "" {
			t.Fatalf("figures (-want +got):\n%s", diff)
		}
		n.figured = nil
		if _, err := n.newWeighing(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, n.figured.asCounted()); diff != "" {
			t.Fatalf("figures of a night that was weighed (-want +got):\n%s", diff)
		}
		issued, _ := paid(n)
		got, err := n.figured.issuedMinor()
		if diff := cmp.Diff(issued, got); diff != "" || err != nil {
			t.Fatalf("issued (-want +got): %v\n%s", err, diff)
		}
	})
}

// A currency whose sum int64 does not hold is an error before anything is posted.
func TestFiguresBeyondInt64(t *testing.T) {
	t.Parallel()
	f := (&night{zone: time.UTC}).newFigures()
	rule := &award.Rule{RuleID: "late"}
	for range 2 {
		inc := &award.Incident{Origin: &award.Origin{Source: "s", Currency: "USD"}}
		inc.SetAwards([]award.Award{{Rule: rule, Minor: 1 << 62}})
		f.add(&award.Decision{Incident: inc, Award: &inc.Awards()[0], Verdict: &award.Verdict{Outcome: award.Issued}, GrossMinor: 1 << 62, Minor: 1 << 62})
	}
	if _, err := f.issuedMinor(); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("%v", err)
	}
	if lines := f.rules[rule].hits; lines[0].count != 2 || lines[0].minor.Clamped() != 1<<63-1 {
		t.Errorf("%+v", lines)
	}
}
