package analysis

import (
	"cmp"
	"maps"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/money"
)

// ruleSums is what one rule did in one currency.
type ruleSums struct {
	currency              string
	gross, settled, total money.Wide // settled is of gross
	amounts               []int64    // that it issued, in any order
}

// ruleMoney is what one rule did by currency: few, so a list is quicker.
type ruleMoney []*ruleSums

// of is the sums of a currency, which it adds where there are none.
func (m *ruleMoney) of(currency string) *ruleSums {
	for _, s := range *m {
		if s.currency == currency {
			return s
		}
	}
	s := &ruleSums{currency: currency}
	*m = append(*m, s)
	return s
}

// Rules gathers what each rule of a book did. It is one goroutine's; what several
// have come to is joined, and does not depend on who was given what.
type Rules struct {
	book          []rules.Rule
	hits, settled []int64          // by rule
	money         []ruleMoney      // by rule
	issued        ruleMoney        // of all rules
	pairs         map[uint64]int64 // of two rules that hit together, the first in the book above
}

// NewRules begins with the rules of a book.
func NewRules(book []rules.Rule) *Rules {
	return &Rules{
		book: book, hits: make([]int64, len(book)), settled: make([]int64, len(book)), money: make([]ruleMoney, len(book)), pairs: map[uint64]int64{},
	}
}

// Add takes in a decision. Rules that awards name are in the book, but for released
// holds whose rule is gone (RuleIndex below zero).
func (r *Rules) Add(d *award.Decision) {
	inc := d.Incident
	if inc.Released() == nil {
		r.hit(d)
	}
	if d.Outcome != award.Issued {
		return
	}
	r.issued.of(inc.Currency).total.Add(d.Minor)
	if rule := d.Award.RuleIndex; rule >= 0 {
		s := r.money[rule].of(inc.Currency)
		s.total.Add(d.Minor)
		s.amounts = append(s.amounts, d.Minor)
	}
}

// hit counts the rules that hit an incident.
func (r *Rules) hit(d *award.Decision) {
	awards := d.Incident.Awards() // in the book's order
	for i := range awards {
		a := &awards[i]
		s := r.money[a.RuleIndex].of(d.Incident.Currency)
		r.hits[a.RuleIndex]++
		s.gross.Add(a.Minor)
		if d.Repeat {
			r.settled[a.RuleIndex]++
			s.settled.Add(a.Minor)
		}
		for j := i + 1; j < len(awards); j++ {
			r.pairs[uint64(a.RuleIndex)<<32|uint64(awards[j].RuleIndex)]++
		}
	}
}

// Join adds what others gathered of the same book.
func (r *Rules) Join(other *Rules) {
	for rule := range r.book {
		r.hits[rule] += other.hits[rule]
		r.settled[rule] += other.settled[rule]
		r.money[rule].join(other.money[rule])
	}
	r.issued.join(other.issued)
	for pair, count := range other.pairs {
		r.pairs[pair] += count
	}
}

func (m *ruleMoney) join(other ruleMoney) {
	for _, o := range other {
		s := m.of(o.currency)
		s.gross.AddWide(o.gross)
		s.settled.AddWide(o.settled)
		s.total.AddWide(o.total)
		s.amounts = append(s.amounts, o.amounts...)
	}
}

// Lines says what each rule did, in the book's order: its hits, those of released
// holds left out, its wins, and by currency what that came to. Places and marginal
// figures are for the caller.
func (r *Rules) Lines() []report.RuleAnalysis {
	lines := make([]report.RuleAnalysis, len(r.book))
	for i := range lines {
		lines[i] = report.RuleAnalysis{Rule: r.book[i].ID, Mode: "live", Hits: r.hits[i], SettledHits: r.settled[i]}
		if r.book[i].Mode == rules.Shadow {
			lines[i].Mode = "shadow"
		}
		slices.SortFunc(r.money[i], func(a, b *ruleSums) int { return cmp.Compare(a.currency, b.currency) })
		for _, s := range r.money[i] {
			lines[i].Wins += int64(len(s.amounts))
			lines[i].Money = append(lines[i].Money, s.line(r.issued.of(s.currency).total.Clamped()))
		}
	}
	return lines
}

func (s *ruleSums) line(issuedMinor int64) report.RuleMoney {
	line := report.RuleMoney{
		Currency: s.currency, Wins: int64(len(s.amounts)), GrossMinor: s.gross.Clamped(), SettledMinor: s.settled.Clamped(), Minor: s.total.Clamped(),
	}
	line.ShareBasis = share(line.Minor, issuedMinor)
	if line.Wins == 0 {
		return line
	}
	line.MeanMinor, line.Amounts = half(line.Minor, line.Wins), bins(slices.Min(s.amounts), slices.Max(s.amounts))
	width := line.Amounts[0].ToMinor - line.Amounts[0].FromMinor
	for _, minor := range s.amounts {
		line.Amounts[minor/width-line.Amounts[0].FromMinor/width].Count++
	}
	return line
}

// maxOverlaps bounds the pairs of rules that a report lists: a book of sixty
// rules has as many where each of them meets each other.
const maxOverlaps = 2000

// Overlaps counts the incidents that rules hit together, live and shadow, with
// each rule's own hits where A is B. Pairs are in the book's order; of more than
// a report lists, the most frequent stay.
func (r *Rules) Overlaps() (pairs []report.Overlap, more int64) {
	counts := maps.Clone(r.pairs)
	for rule, hits := range r.hits {
		if hits > 0 {
			counts[uint64(rule)<<32|uint64(rule)] = hits
		}
	}
	keys := slices.Collect(maps.Keys(counts))
	slices.SortFunc(keys, func(a, b uint64) int { return cmp.Or(-cmp.Compare(counts[a], counts[b]), cmp.Compare(a, b)) })
	keys, more = atMost(keys, maxOverlaps)
	slices.Sort(keys)
	for _, k := range keys {
		pairs = append(pairs, report.Overlap{A: r.book[k>>32].ID, B: r.book[k&(1<<32-1)].ID, Count: counts[k]})
	}
	return pairs, more
}

// Marginal adds to lines of rules what would have been otherwise without them.
type Marginal struct{ Lines []report.RuleAnalysis }

// Add sets what would not have been issued, and not newly held, in a currency
// without the rule of an index. Either may be negative.
func (m *Marginal) Add(rule int, currency string, issuedMinor, heldMinor int64) {
	line := &m.Lines[rule]
	at, found := slices.BinarySearchFunc(line.Money, currency, func(r report.RuleMoney, c string) int { return cmp.Compare(r.Currency, c) })
	switch {
	case found:
	case issuedMinor == 0 && heldMinor == 0:
		return
	default:
		line.Money = slices.Insert(line.Money, at, report.RuleMoney{Currency: currency})
	}
	line.Money[at].MarginalMinor, line.Money[at].MarginalHeldMinor = issuedMinor, heldMinor
}
