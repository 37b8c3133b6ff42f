package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/pipeline/ruletest"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/money"
)

// NearMisses says which cut-offs a comparison tries at their neighbours.
type NearMisses uint8

// What to try: cut-offs of side B that side A has not or has another number in,
// every cut-off of side B's conditions, or none.
const (
	NearMissesChanged NearMisses = iota
	NearMissesAll
	NoNearMisses
)

// The bounds of what is tried: each cut-off has up to four neighbours, and each
// of these costs as much as a side of the comparison.
const (
	maxNearMissesChanged = 10
	maxNearMissesAll     = 50
)

// triedCutOff is a cut-off of side B with what its neighbours are.
type triedCutOff struct {
	cut    *ruletest.CutOff
	before string
	values []string
}

// nearPlan are the cut-offs to try, before any night is run.
type nearPlan struct {
	list []triedCutOff
	more int
	runs int // over all nights, one for each value
}

// planNear chooses the cut-offs. Both sides are open.
func (d *differ) planNear(a, b *diffSimulation) {
	if d.request.NearMisses == NoNearMisses {
		return
	}
	type key struct {
		of, before, after string
		nth               int
	}
	keys := func(list []*ruletest.CutOff) map[key]*ruletest.CutOff {
		by := map[key]*ruletest.CutOff{}
		for _, c := range list {
			k := key{c.Of, spaced(c.Before), spaced(c.After), 0}
			if c.InTable() {
				k.before = "" // its place in the table is enough
			}
			for by[k] != nil {
				k.nth++
			}
			by[k] = c
		}
		return by
	}
	all := ruletest.CutOffs(b.session.program)
	inA, inB := keys(ruletest.CutOffs(a.session.program)), map[*ruletest.CutOff]key{}
	for k, c := range keys(all) {
		inB[c] = k
	}
	most := maxNearMissesChanged
	if d.request.NearMisses == NearMissesAll {
		most = maxNearMissesAll
	}
	for _, c := range all {
		if !c.Bound || !d.asked(c) {
			continue
		}
		n := triedCutOff{cut: c, values: c.Neighbours()}
		if was := inA[inB[c]]; was != nil {
			n.before = was.Number
		}
		if d.request.NearMisses == NearMissesChanged && sameNumber(n.before, c.Number) {
			continue
		}
		if len(d.near.list) == most {
			d.near.more++
			continue
		}
		d.near.list = append(d.near.list, n)
		d.near.runs += len(n.values)
		b.count(c.Rules)
	}
	if d.near.runs > 0 && d.request.Costs != nil {
		d.request.Costs(d.near.runs, len(d.nights))
	}
}

// asked reports whether a cut-off is one of the rules that were named, if some
// were.
func (d *differ) asked(c *ruletest.CutOff) bool {
	return len(d.request.Rules) == 0 || slices.ContainsFunc(d.request.Rules, func(id string) bool {
		return c.Of == "rule "+id || slices.Contains(c.Rules, id)
	})
}

// tryNear decides all nights again for each neighbour, and adds to the report
// what that gives.
func (d *differ) tryNear(ctx context.Context, b *diffSimulation, out *report.Diff) error {
	before := 2 * len(d.nights)
	for _, n := range d.near.list {
		line := report.NearMiss{CutOff: b.rules.cutOff(n.cut), Before: n.before, Steps: []report.CutOffStep{}}
		var err error
		if line.Now, err = b.step(n.cut.Number, b, n.cut.Rules); err != nil {
			return err
		}
		for _, value := range n.values {
			step, err := b.try(ctx, n.cut, value, b, before)
			if err != nil {
				return err
			}
			line.Steps = append(line.Steps, step)
			before += len(d.nights)
		}
		out.NearMisses = append(out.NearMisses, line)
	}
	out.MoreNearMisses = d.near.more
	return nil
}

// cutOff is a cut-off for readers.
func (r *diffRules) cutOff(c *ruletest.CutOff) report.CutOff {
	return report.CutOff{Of: c.Of, Rules: notNil(slices.Clone(c.Rules)), Text: c.Text(), Value: c.Number, Place: r.line(c.At)}
}

// with is the simulation of the same nights with another rulebook.
func (s *diffSimulation) with(book *rules.Rulebook) *diffSimulation {
	p, r := *s.rules.project, *s.rules
	p.rulebook, r.project = book, &p
	return &diffSimulation{differ: s.differ, rules: &r}
}

// try runs all nights with another number in one place, and sets them beside
// another simulation that is done. Before is how many nights were run before.
func (s *diffSimulation) try(ctx context.Context, cut *ruletest.CutOff, value string, against *diffSimulation, before int) (step report.CutOffStep, err error) {
	other := s.with(cut.With(value))
	other.count(cut.Rules)
	defer func() {
		if other.session != nil {
			err = errors.Join(err, other.session.close())
		}
	}()
	var bad *diag.ListError
	switch err := other.open(ctx); {
	case errors.As(err, &bad):
		return report.CutOffStep{Value: value, Refused: firstMessage(bad.List), WouldGive: money.ByCurrency{}, Issued: money.ByCurrency{}, Held: money.ByCurrency{}}, nil
	case err != nil:
		return step, fmt.Errorf("%s with %s: %w", cut.Of, value, err)
	}
	other.session.of = s.session.of
	if err := other.run(ctx, before); err != nil {
		return step, fmt.Errorf("%s with %s: %w", cut.Of, value, err)
	}
	return other.step(value, against, cut.Rules)
}

func firstMessage(list diag.List) string {
	i := max(slices.IndexFunc(list, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }), 0)
	return list[i].Message
}

// step sums up a simulation that is done, beside another.
func (s *diffSimulation) step(value string, against *diffSimulation, ruleIDs []string) (report.CutOffStep, error) {
	whole := s.side.summary()
	step := report.CutOffStep{Value: value, WouldGive: money.ByCurrency{}, Credits: whole.IssuedCount, Issued: whole.Issued, HeldCount: whole.HeldCount, Held: money.ByCurrency{}}
	for currency, minor := range whole.Held {
		step.Held[currency] = minor
	}
	for _, id := range ruleIDs {
		step.Hits += int64(len(s.hits[id]))
		for _, hit := range s.hits[id] {
			if err := step.WouldGive.Add(hit.currency, hit.minor); err != nil {
				return step, fmt.Errorf("what rule %s would give: %w", id, err)
			}
		}
	}
	step.HitFates = s.fates(ruleIDs)
	count := func(a, b *diffIncident) {
		p := diffPair{a: a, b: b}
		switch p.classify(); p.kind {
		case report.DiffGained:
			step.Gained++
		case report.DiffLost:
			step.Lost++
		case report.DiffChanged:
			step.Changed++
		}
	}
	for id, a := range against.side.incidents {
		count(a, s.side.incidents[id])
	}
	for id, b := range s.side.incidents {
		if against.side.incidents[id] == nil {
			count(nil, b)
		}
	}
	return step, nil
}

// ruleHit is what a rule would give one incident that it hits.
type ruleHit struct {
	currency string
	minor    int64
}

// count has the hits of rules counted while nights run.
func (s *diffSimulation) count(ruleIDs []string) {
	if s.hits == nil {
		s.hits = map[string]map[string]ruleHit{}
	}
	for _, id := range ruleIDs {
		if s.hits[id] == nil {
			s.hits[id] = map[string]ruleHit{}
		}
	}
}

// hit counts what a decision's incident is hit by. What an earlier run settled
// is that run's; an incident that several nights read is hit once.
func (s *diffSimulation) hit(d *award.Decision) {
	if len(s.hits) == 0 || d.Incident.Released() != nil {
		return
	}
	if d.Repeat {
		s.settledHit(d)
		return
	}
	for i := range d.Incident.Awards() {
		if a := &d.Incident.Awards()[i]; s.hits[a.RuleID] != nil {
			s.hits[a.RuleID][d.Incident.CreditID()] = ruleHit{s.side.keep(d.Incident.Currency), a.Minor}
		}
	}
}
