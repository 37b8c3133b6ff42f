package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
)

// examples are the incidents with the largest differences, of each kind, currency
// and way in turn, so that a rare kind is seen beside a frequent one, and who
// gets less beside those who get more.
func (c *comparison) examples() {
	groups := map[[3]string][]*diffPair{}
	var differing int64
	for k := range c.pairs {
		if p := &c.pairs[k]; p.kind != "" {
			differing++
			key := [3]string{p.kind, p.either().currency, p.way()}
			groups[key] = append(groups[key], p)
		}
	}
	var keys [][3]string
	for key, list := range groups {
		keys = append(keys, key)
		slices.SortFunc(list, func(x, y *diffPair) int {
			return cmp.Or(cmp.Compare(y.size(), x.size()), cmp.Compare(x.credit, y.credit))
		})
	}
	slices.SortFunc(keys, func(x, y [3]string) int {
		return cmp.Or(cmp.Compare(kindOrder(x[0]), kindOrder(y[0])), slices.Compare(x[1:], y[1:]))
	})
	for turn, limit := 0, min(int64(c.differ.request.Examples), differing); int64(len(c.out.Examples)) < limit; turn++ {
		for _, key := range keys {
			if list := groups[key]; turn < len(list) && int64(len(c.out.Examples)) < limit {
				c.out.Examples = append(c.out.Examples, c.example(list[turn]))
			}
		}
	}
	slices.SortStableFunc(c.out.Examples, func(x, y report.DiffExample) int { return cmp.Compare(kindOrder(x.Kind), kindOrder(y.Kind)) })
	c.out.MoreExamples = differing - int64(len(c.out.Examples))
}

// way is whether the incident gets less in B, more or as much, in the order in
// which examples show it.
func (p *diffPair) way() string {
	a, b := p.minor()
	return [...]string{"1 less", "3 as much", "2 more"}[1+cmp.Compare(b, a)]
}

// size is how much an incident differs; of equal money, how much it is.
func (p *diffPair) size() int64 {
	a, b := p.minor()
	if a == b {
		return a
	}
	return max(a-b, b-a)
}

func (c *comparison) example(p *diffPair) report.DiffExample {
	i := p.either()
	return report.DiffExample{
		Kind: p.kind, What: strings.Join(p.what, ", "), CreditID: p.credit, Source: i.source, EventID: i.event, CustomerID: i.customer, OrderID: i.order, SellerID: i.seller,
		Currency: i.currency, A: c.differ.a.example(p, p.a), B: c.differ.b.example(p, p.b),
	}
}

func (s *diffSide) example(p *diffPair, i *diffIncident) report.DiffExampleSide {
	if i == nil {
		out := report.DiffExampleSide{Outcome: string(diffNone), Sentence: "Nothing, because no rule hits."}
		if r, ok := s.rowReject(p); ok {
			out.Outcome, out.Reason = report.RowRejected, r.code
			out.Sentence = report.Sentence(&report.ExplainedEvent{Outcome: report.RowRejected, Reason: r.code, Detail: r.detail})
		}
		return out
	}
	return report.DiffExampleSide{
		Date: i.date.String(), Outcome: string(i.outcome), Reason: i.reason, Rule: i.rule, Place: s.places[i.rule], Minor: i.minor, Sentence: s.sentence(i),
	}
}

// sentence says why the side gave what it gave, as explain does of a published
// decision.
func (s *diffSide) sentence(i *diffIncident) string {
	switch i.outcome {
	case diffLapsed:
		return "Nothing, because its hold lapsed: nobody decided it in time."
	case diffRejected:
		return "Nothing, because a person rejected it."
	}
	e := emptyEvent()
	e.Outcome, e.Reason, e.Currency, e.GrossMinor, e.AmountMinor, e.ReleasedBy = string(i.outcome), i.reason, i.currency, i.gross, i.minor, i.approved
	if i.limited != "" && i.outcome != award.Denied {
		e.LimitedBy = strings.Split(i.limited, ", ")
	}
	for _, cause := range i.causes {
		e.Causes = append(e.Causes, report.ExplainedCause{Kind: cause.Kind, ID: cause.ID, Why: cause.Why})
	}
	if i.rule != "" {
		e.Rules = append(e.Rules, report.ExplainedRule{ID: i.rule, Place: s.places[i.rule], Outcome: report.IsTrue, Chosen: true, Minor: i.gross})
	}
	return report.Sentence(&e)
}
