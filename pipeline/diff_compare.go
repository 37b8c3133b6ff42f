package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/rules/money"
)

// errDiffTotals is why a comparison is not shown: its parts do not lead from
// one side's sums to the other's.
var errDiffTotals = errors.New("the difference does not add up")

// diffColumns are the columns that every incident has.
var diffColumns = map[string]func(*diffIncident) string{
	"source":   func(i *diffIncident) string { return i.source },
	"seller":   func(i *diffIncident) string { return i.seller },
	"customer": func(i *diffIncident) string { return i.customer },
	"order":    func(i *diffIncident) string { return i.order },
	"rule":     func(i *diffIncident) string { return i.rule },
	"reason":   func(i *diffIncident) string { return i.code },
	"funding":  func(i *diffIncident) string { return i.funding },
	"terms":    func(i *diffIncident) string { return i.terms },
	"currency": func(i *diffIncident) string { return i.currency },
}

func diffKnown(column string) bool { return diffColumns[column] != nil }

// diffPair is one incident on both sides; nil where a side decided nothing.
type diffPair struct {
	credit string
	a, b   *diffIncident
	kind   string   // "" where nothing differs
	what   []string // of kind other: what is another
}

func (p *diffPair) either() *diffIncident {
	if p.b != nil {
		return p.b
	}
	return p.a
}

// minor is what a side gives, issued and held together.
func (p *diffPair) minor() (a, b int64) {
	issued, held := p.a.given()
	a = issued + held
	issued, held = p.b.given()
	return a, issued + held
}

// compare makes the report of two whole sides.
func (d *differ) compare() (*report.Diff, error) {
	c := &comparison{differ: d, out: &report.Diff{Version: 1, A: d.a.summary(), B: d.b.summary(), RuleChanges: d.changes, Lines: d.request.Lines}}
	c.pair()
	if err := c.totals(); err != nil {
		return nil, err
	}
	if err := c.breakDown(); err != nil {
		return nil, err
	}
	c.transitions()
	c.amounts()
	c.terms()
	c.bounds()
	c.limitNotes()
	c.idleNotes()
	c.ledgers()
	c.rejects()
	c.people()
	c.examples()
	d.guardrailNote()
	c.finish()
	if d.request.CSV != nil {
		return c.out, c.writeCSV(d.request.CSV)
	}
	return c.out, nil
}

// comparison is two sides being compared.
type comparison struct {
	differ *differ
	out    *report.Diff
	pairs  []diffPair // of incidents that either side gives something or that differ, by credit id
}

// pair matches the incidents of both sides by credit id.
func (c *comparison) pair() {
	a, b := c.differ.a.incidents, c.differ.b.incidents
	ids := make(map[string]bool, max(len(a), len(b)))
	for id := range a {
		ids[id] = true
	}
	for id := range b {
		ids[id] = true
	}
	counts := map[string]*int64{
		report.DiffGained: &c.out.Counts.Gained, report.DiffLost: &c.out.Counts.Lost, report.DiffChanged: &c.out.Counts.Changed,
		report.DiffOther: &c.out.Counts.Other, report.DiffNothing: &c.out.Counts.Nothing, "": &c.out.Counts.Same,
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		p := diffPair{credit: id, a: a[id], b: b[id]}
		p.classify()
		*counts[p.kind]++
		if a, b := p.minor(); p.kind == report.DiffChanged && a < b {
			c.out.Counts.More++
		} else if p.kind == report.DiffChanged && a > b {
			c.out.Counts.Less++
		}
		if p.kind != "" || p.a.gives() {
			c.pairs = append(c.pairs, p)
		}
	}
}

// classify says how the incident differs.
func (p *diffPair) classify() {
	a, b := p.a, p.b
	switch {
	case b.gives() && !a.gives():
		p.kind = report.DiffGained
	case a.gives() && !b.gives():
		p.kind = report.DiffLost
	case !a.gives():
		if a == nil || b == nil || a.outcome != b.outcome || a.reason != b.reason {
			p.kind = report.DiffNothing
		}
	case a.outcome != b.outcome || a.minor != b.minor:
		p.kind = report.DiffChanged
	default:
		if p.what = others(a, b); len(p.what) > 0 {
			p.kind = report.DiffOther
		}
	}
}

// others names what differs between two incidents that give the same money.
func others(a, b *diffIncident) []string {
	var what []string
	for _, part := range []struct {
		name    string
		differs bool
	}{
		{"rule", a.rule != b.rule}, {"reason", a.code != b.code}, {"funding", a.funding != b.funding}, {"terms", a.terms != b.terms},
		{"expiry", a.expires != b.expires}, {"conditions of use", a.use != b.use}, {"message", a.message != b.message},
		{"why it is held", a.outcome == award.Held && a.reason != b.reason}, {"night", a.date != b.date},
	} {
		if part.differs {
			what = append(what, part.name)
		}
	}
	return what
}

// diffSum adds minor units and keeps the first overflow.
type diffSum struct{ err error }

func (s *diffSum) add(to *int64, minor int64) {
	total, err := money.AddInts(*to, minor)
	if err != nil {
		s.err = cmp.Or(s.err, fmt.Errorf("sum of a comparison: %w", err))
		return
	}
	*to = total
}

// flow adds one incident to the lines in which it stands on either side, which
// may be one.
func (s *diffSum) flow(kind string, la, lb *report.DiffFlow, a, b int64) {
	s.add(&la.AMinor, a)
	s.add(&lb.BMinor, b)
	switch kind {
	case report.DiffGained:
		s.add(&lb.GainedMinor, b)
	case report.DiffLost:
		s.add(&la.LostMinor, a)
	default:
		s.add(&lb.ChangedMinor, b-a)
		if la != lb {
			s.add(&la.MovedMinor, -a)
			s.add(&lb.MovedMinor, a)
		}
	}
}

// diffKey is a line: a value of a column, and a currency.
type diffKey struct{ value, currency string }

// lines adds up every incident by a value that each side has of it.
func (c *comparison) lines(valueOf func(p *diffPair, i *diffIncident) string) (map[diffKey]*report.DiffLine, error) {
	lines := map[diffKey]*report.DiffLine{}
	var total diffSum
	at := func(p *diffPair, i *diffIncident) *report.DiffLine {
		if !i.gives() {
			return nil
		}
		key := diffKey{valueOf(p, i), i.currency}
		if lines[key] == nil {
			lines[key] = &report.DiffLine{Value: key.value, Currency: key.currency}
		}
		return lines[key]
	}
	for k := range c.pairs {
		p := &c.pairs[k]
		la, lb := at(p, p.a), at(p, p.b)
		switch p.kind {
		case report.DiffGained:
			la = lb
			lb.Gained++
		case report.DiffLost:
			lb = la
			la.Lost++
		case report.DiffChanged:
			lb.Changed++
		case report.DiffOther:
			lb.Other++
		case report.DiffNothing:
			continue
		}
		issuedA, heldA := p.a.given()
		issuedB, heldB := p.b.given()
		total.flow(p.kind, &la.Issued, &lb.Issued, issuedA, issuedB)
		total.flow(p.kind, &la.Held, &lb.Held, heldA, heldB)
	}
	for _, l := range lines {
		for _, f := range []report.DiffFlow{l.Issued, l.Held} {
			if f.AMinor+f.GainedMinor-f.LostMinor+f.ChangedMinor+f.MovedMinor != f.BMinor {
				return nil, fmt.Errorf("%w: %q in %s: %+v", errDiffTotals, l.Value, l.Currency, f)
			}
		}
	}
	return lines, total.err
}

// totals adds up all incidents per currency, and holds the result to what both
// ledgers issued and to the holds that both leave: sums that do not come from
// the incidents.
func (c *comparison) totals() error {
	lines, err := c.lines(func(*diffPair, *diffIncident) string { return "" })
	if err != nil {
		return err
	}
	a, b := c.differ.a, c.differ.b
	currencies := map[string]bool{}
	for _, side := range []*diffSide{a, b} {
		for currency := range side.moved {
			currencies[currency] = true
		}
		for currency := range side.held {
			currencies[currency] = true
		}
	}
	for key := range lines {
		currencies[key.currency] = true
	}
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		line := lines[diffKey{"", currency}]
		if line == nil {
			line = &report.DiffLine{Currency: currency}
		}
		for _, side := range []struct {
			what      string
			got, want int64
		}{
			{a.name + " issued", line.Issued.AMinor, a.moved[currency].Issued}, {b.name + " issued", line.Issued.BMinor, b.moved[currency].Issued},
			{a.name + " holds", line.Held.AMinor, a.held[currency]}, {b.name + " holds", line.Held.BMinor, b.held[currency]},
		} {
			if side.got != side.want {
				return fmt.Errorf("%w: %s %s by incident, and %s by the ledger", errDiffTotals, side.what,
					report.Amount(side.got, currency), report.Amount(side.want, currency))
			}
		}
		c.out.Totals = append(c.out.Totals, *line)
	}
	return nil
}

// maxDiffValues is how many values of a column are kept, of each currency; what
// is beyond is added up. People are shown fewer: see report.Diff.Lines.
const maxDiffValues = 100_000

// breakDown adds up by rule and by each column.
func (c *comparison) breakDown() error {
	rules, err := c.lines(func(_ *diffPair, i *diffIncident) string { return i.rule })
	if err != nil {
		return err
	}
	c.out.Rules = sortedLines(rules)
	for at, column := range c.differ.by {
		valueOf, known := c.column(at, column)
		if !known && c.differ.request.By != nil && c.differ.request.With == "" {
			return unknownColumn(column, slices.Sorted(maps.Keys(diffColumns)))
		}
		if !known {
			why := "no event source has such a column, and the rules read no such value"
			if c.differ.request.Folders[0] != "" {
				why = "what is published has the values that the rules read, and no others"
			}
			c.differ.note("No incident here has a value of %q: %s. Always there are %s.", column, why,
				strings.Join(slices.Sorted(maps.Keys(diffColumns)), ", "))
			continue
		}
		lines, err := c.lines(valueOf)
		if err != nil {
			return err
		}
		c.out.Breakdowns = append(c.out.Breakdowns, breakdown(column, lines, maxDiffValues))
	}
	return nil
}

// sortedLines puts the largest difference of each currency first.
func sortedLines(lines map[diffKey]*report.DiffLine) []report.DiffLine {
	list := make([]report.DiffLine, 0, len(lines))
	for _, l := range lines {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b report.DiffLine) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(b.Weight(), a.Weight()), cmp.Compare(b.Differing(), a.Differing()), cmp.Compare(a.Value, b.Value))
	})
	return list
}

// column gives an incident's value of a column. Where one side's rules did not
// read it, the other side's value is the incident's.
func (c *comparison) column(at int, column string) (valueOf func(*diffPair, *diffIncident) string, known bool) {
	if of := diffColumns[column]; of != nil {
		return func(_ *diffPair, i *diffIncident) string { return of(i) }, true
	}
	read := func(i *diffIncident) (string, bool) {
		if i == nil || at >= len(i.by) || i.by[at] == diffUnknown {
			return "", false
		}
		return i.by[at], true
	}
	known = len(c.pairs) == 0
	for k := range c.pairs {
		_, a := read(c.pairs[k].a)
		_, b := read(c.pairs[k].b)
		known = known || a || b
	}
	return func(p *diffPair, i *diffIncident) string {
		for _, side := range []*diffIncident{i, p.a, p.b} {
			if value, ok := read(side); ok {
				return value
			}
		}
		return "(not read)"
	}, known
}

// breakdown lists the values, and adds up those that are beyond the bound.
func breakdown(column string, lines map[diffKey]*report.DiffLine, most int) report.DiffBreakdown {
	out := report.DiffBreakdown{Column: column}
	kept := map[string]int{} // by currency
	for _, l := range sortedLines(lines) {
		if kept[l.Currency] < most {
			kept[l.Currency]++
			out.Lines = append(out.Lines, l)
			continue
		}
		out.Rest = report.AddToRest(out.Rest, &l, 1)
		out.More++
	}
	return out
}
