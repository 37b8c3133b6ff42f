package analysis

import (
	"cmp"
	"maps"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/rules"
)

// ruleSums is what one rule did in one currency.
type ruleSums struct {
	currency                string
	wins, grossMinor, minor int64
	settledMinor            int64 // of grossMinor
	low, high               int64 // of the amounts that it issued
	bins                    []report.AmountBin
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

// Rules says what each rule of a book did, in the book's order: its hits, those
// of released holds left out, its wins, and by currency what that came to. Places
// and marginal figures are for the caller. Rules that awards name are in the book,
// but for released holds whose rule is gone (RuleIndex below zero).
func Rules(book []rules.Rule, decisions []*award.Decision) []report.RuleAnalysis {
	lines := make([]report.RuleAnalysis, len(book))
	sums := make([]ruleMoney, len(book))
	for i := range book {
		lines[i] = report.RuleAnalysis{Rule: book[i].ID, Mode: "live"}
		if book[i].Mode == rules.Shadow {
			lines[i].Mode = "shadow"
		}
	}
	of := func(rule int, currency string) *ruleSums { return sums[rule].of(currency) }
	issued := map[string]int64{}
	for _, d := range decisions {
		inc := d.Incident
		for i := range inc.Awards {
			if a := &inc.Awards[i]; inc.Released() == nil {
				lines[a.RuleIndex].Hits++
				s := of(a.RuleIndex, inc.Currency)
				s.grossMinor = plus(s.grossMinor, a.Minor)
				if d.Repeat {
					lines[a.RuleIndex].SettledHits++
					s.settledMinor = plus(s.settledMinor, a.Minor)
				}
			}
		}
		if d.Outcome != award.Issued {
			continue
		}
		issued[inc.Currency] = plus(issued[inc.Currency], d.Minor)
		if d.Award.RuleIndex >= 0 {
			lines[d.Award.RuleIndex].Wins++
			of(d.Award.RuleIndex, inc.Currency).win(d.Minor)
		}
	}
	countAmounts(sums, decisions)
	for i := range lines {
		slices.SortFunc(sums[i], func(a, b *ruleSums) int { return cmp.Compare(a.currency, b.currency) })
		for _, s := range sums[i] {
			lines[i].Money = append(lines[i].Money, s.line(s.currency, issued[s.currency]))
		}
	}
	return lines
}

func (s *ruleSums) win(minor int64) {
	if s.wins == 0 || minor < s.low {
		s.low = minor
	}
	s.high = max(s.high, minor)
	s.wins++
	s.minor = plus(s.minor, minor)
}

func (s *ruleSums) line(currency string, issuedMinor int64) report.RuleMoney {
	line := report.RuleMoney{
		Currency: currency, Wins: s.wins, GrossMinor: s.grossMinor, SettledMinor: s.settledMinor, Minor: s.minor,
		ShareBasis: share(s.minor, issuedMinor), Amounts: s.bins,
	}
	if s.wins > 0 {
		line.MeanMinor = half(s.minor, s.wins)
	}
	return line
}

// countAmounts fills the histograms, once it is known how far amounts reach.
func countAmounts(sums []ruleMoney, decisions []*award.Decision) {
	for _, byCurrency := range sums {
		for _, s := range byCurrency {
			if s.wins > 0 {
				s.bins = bins(s.low, s.high)
			}
		}
	}
	for _, d := range decisions {
		if d.Outcome == award.Issued && d.Award.RuleIndex >= 0 {
			s := sums[d.Award.RuleIndex].of(d.Incident.Currency)
			width := s.bins[0].ToMinor - s.bins[0].FromMinor
			s.bins[d.Minor/width-s.bins[0].FromMinor/width].Count++
		}
	}
}

// maxOverlaps bounds the pairs of rules that a report lists: a book of sixty
// rules has as many where each of them meets each other.
const maxOverlaps = 2000

// Overlaps counts the incidents that rules hit together, live and shadow, with
// each rule's own hits where A is B. Pairs are in the book's order; of more than
// a report lists, the most frequent stay.
func Overlaps(book []rules.Rule, decisions []*award.Decision) (pairs []report.Overlap, more int64) {
	counts := map[uint64]int64{}
	for _, d := range decisions {
		if d.Incident.Released() != nil {
			continue
		}
		awards := d.Incident.Awards // in the book's order
		for i := range awards {
			for j := i; j < len(awards); j++ {
				counts[uint64(awards[i].RuleIndex)<<32|uint64(awards[j].RuleIndex)]++
			}
		}
	}
	keys := slices.Collect(maps.Keys(counts))
	slices.SortFunc(keys, func(a, b uint64) int { return cmp.Or(-cmp.Compare(counts[a], counts[b]), cmp.Compare(a, b)) })
	keys, more = atMost(keys, maxOverlaps)
	slices.Sort(keys)
	for _, k := range keys {
		pairs = append(pairs, report.Overlap{A: book[k>>32].ID, B: book[k&(1<<32-1)].ID, Count: counts[k]})
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
