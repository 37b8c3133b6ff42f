package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/report"
	"amends/rules/diag"
)

// diffSimulation runs the nights of one side in memory.
type diffSimulation struct {
	differ  *differ
	rules   *diffRules
	session *session
	side    *diffSide
	columns map[string]bool               // of the event sources, and the values that the rules read
	hits    map[string]map[string]ruleHit // by rule and credit id, of rules whose hits are counted
	settled map[string]map[string]bool    // the same of incidents that earlier nights settled
}

// open replays the ledger up to the first night, and checks the rulebook
// against that night's columns.
func (s *diffSimulation) open(ctx context.Context) error {
	d := s.differ
	first := d.nights[0]
	var err error
	if s.session, err = newSession(d.config, s.rules.project, d.chain, first.date); err != nil {
		return err
	}
	s.session.dry, s.session.unreported = true, true
	s.rules.readBy(nil, nil) // which columns there are is known after this
	n := s.session.begin(first.date, first.effective)
	if err := n.compile(ctx); err != nil {
		return s.rules.place(err)
	}
	s.rules.readBy(d.by, n.schemas)
	s.columns = map[string]bool{}
	for i := range n.work.Sources {
		source := &n.work.Sources[i]
		if source.Event == nil {
			continue
		}
		for column := range n.schemas[source.Name].kinds {
			s.columns[column] = true
		}
		if program := n.program.Sources[source.Name]; program != nil {
			for _, slot := range program.Slots {
				s.columns[slot.Name] = true
			}
		}
	}
	return nil
}

// row is what a decision's row says beside the decision.
func (s *diffSimulation) row(n *night, d *award.Decision) diffRead {
	inc, by := d.Incident, s.differ.by
	out := diffRead{place: inc.Place()}
	if len(n.work.ReportBy) == 0 {
		return out
	}
	values, known := inc.Report(), []bool(nil)
	if inc.Released() != nil && n.sources[inc.Source] != nil {
		values, known = n.sources[inc.Source].ReportOf(inc.Facts().JSON(), inc.Customer(), inc.Order(), inc.Seller())
	}
	out.by = slices.Repeat([]string{diffUnknown}, len(by))
	for i, column := range n.events[inc.Source].Report.Columns {
		if i < len(values) && (known == nil || known[i]) {
			out.by[slices.Index(by, column)] = values[i]
		}
	}
	return out
}

// run settles each night as a run does, but for what is published. Before is
// how many nights the other side had.
func (s *diffSimulation) run(ctx context.Context, before int) error {
	d := s.differ
	s.side = newDiffSide(s.rules, d.by)
	for k, night := range d.nights {
		s.session.night = before + k + 1
		n := s.session.begin(night.date, night.effective)
		if err := n.through(ctx, append(n.decideStages(), n.postStages()...)); err != nil {
			return s.failed(n, s.rules.place(err))
		}
		out := n.output()
		rows := make([]diffRead, len(n.decisions))
		for i, decision := range n.decisions {
			rows[i] = s.row(n, decision)
			s.hit(decision)
		}
		if err := s.side.add(out, n.moved, rows); err != nil {
			return s.failed(n, err)
		}
		s.side.tried(n)
		for _, b := range n.breaches {
			s.side.breached = append(s.side.breached, diffBreach{b.ID, n.date, b.Currency})
		}
		s.session.advance(n, out.Holds)
	}
	return nil
}

func (s *diffSimulation) failed(n *night, err error) error {
	var bad *diag.ListError
	if errors.As(err, &bad) || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s with %s: %w", n.date, s.rules.name, err)
}

// reality says where side A is not what was really issued on committed nights:
// its rules or its files are others since.
func (d *differ) reality() error {
	really, simulated := map[string]int64{}, map[string]int64{}
	var nights, others int
	same := true
	for k, night := range d.nights {
		m, err := d.chain.Manifest(night.date)
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		nights++
		postings, err := postingsOf(d.chain, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.BusinessDate, err)
		}
		issued := map[string]int64{}
		for i := range postings {
			if p := &postings[i]; p.Kind == ledger.Issue {
				issued[p.CreditID] = p.Minor
				really[p.Currency] = sum(really[p.Currency], p.Minor)
			}
		}
		for id, minor := range d.a.issued[k] {
			simulated[d.a.incidents[id].currency] = sum(simulated[d.a.incidents[id].currency], minor)
		}
		if !maps.Equal(issued, d.a.issued[k]) {
			others++
		}
		same = same && m.RulebookSHA256 == d.a.sha256 && m.WorkspaceSHA256 == d.a.workspaceSHA256
	}
	if others == 0 {
		return nil
	}
	why := "files that they read have changed since, or nights before them in the range differ"
	if !same {
		why = "the rules or " + WorkspaceFile + " have changed since, and perhaps files"
	}
	side, between := "side A ("+d.a.name+", as it is now)", "The comparison is between the two rulebooks, not with what was paid."
	if d.b == nil { // a sweep
		side, between = "the rulebook in "+d.a.name+", as it is now,", "Each number is compared with this rulebook, not with what was paid."
	}
	d.note("On %d of %s settled before, %s gives other credits than were really issued: %s really, %s here (%s). %s",
		others, report.Counted(int64(nights), "night", "nights"), side, report.Amounts(really), report.Amounts(simulated), why, between)
	return nil
}

// requestNote says what was done with what people asked for.
func (d *differ) requestNote() {
	ids := map[string]bool{}
	for _, side := range []*diffSide{d.a, d.b} {
		for key := range side.requests {
			ids[key[1]] = true
		}
	}
	if len(ids) > 0 {
		d.note("%s of people for these nights %s carried out on both sides, each where what it names is there.",
			report.Counted(int64(len(ids)), "request", "requests"), pluralWere(len(ids)))
	}
}

func pluralWere(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// guardrailNote says which guardrails held a night on one side only.
func (d *differ) guardrailNote() {
	for _, pair := range [][2]*diffSide{{d.a, d.b}, {d.b, d.a}} {
		for _, breach := range pair[0].breached {
			if !slices.Contains(pair[1].breached, breach) {
				d.note("With %s, and not with %s, the guardrail %s held every new award of %s in %s.", pair[0].name, pair[1].name, breach.id, breach.date, breach.currency)
			}
		}
	}
}
