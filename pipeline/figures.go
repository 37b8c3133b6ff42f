package pipeline

import (
	"fmt"
	"iter"
	"slices"

	"amends/pipeline/award"
	"amends/rules/calendar"
	"amends/rules/money"
)

// figures are what tonight's decisions come to: all that the summary, the report and
// the ledger's checks ask of so many of them. They are taken in one pass, in any
// order, on each worker its own.
type figures struct {
	counted    calendar.Instant // from then on, events are tonight's: see isNew
	codes      []string         // currencies by place
	origins    map[*award.Origin]originFigures
	sources    map[string]*sourceFigures
	rules      map[*award.Rule]*ruleFigures
	suppressed map[string]*reasonFigures // by reason
	denied     map[string]*reasonFigures // by reason
	causes     map[[2]string]*sums       // of held awards, by kind and id
	trims      map[string]*sums          // what was taken off, by the last that lowered the award
	newHolds   int64
}

// originFigures are where what incidents of one origin come to is counted.
type originFigures struct {
	source   *sourceFigures
	currency int
}

// sourceFigures are the incidents of a source by what became of them, released ones
// left out.
type sourceFigures struct{ issued, held, suppressed int64 }

// ruleFigures are those of awards that share what their rule says.
type ruleFigures struct {
	newHits int64 // see isNew
	hits    sums  // of awards, released ones left out, with what they would give
	issued  sums
	held    sums // new ones
}

// reasonFigures are the incidents that one reason kept from a credit.
type reasonFigures struct {
	repeats int64
	gross   sums
}

// sums are counts and amounts, by the place of their currency.
type sums []counted

type counted struct {
	count int64
	minor money.Wide
}

func (s *sums) add(currency int, count int64, minor money.Wide) {
	for len(*s) <= currency {
		*s = append(*s, counted{})
	}
	of := &(*s)[currency]
	of.count += count
	of.minor.AddWide(minor)
}

// one counts an amount.
func (s *sums) one(currency int, minor int64) {
	var wide money.Wide
	wide.Add(minor)
	s.add(currency, 1, wide)
}

// lines are those of currencies in which something was counted.
func (s sums) lines(f *figures) iter.Seq2[string, counted] {
	return func(yield func(string, counted) bool) {
		for currency, of := range s {
			if of.count > 0 && !yield(f.codes[currency], of) {
				return
			}
		}
	}
}

// total is how many were counted, and what they come to, as far as int64 reaches.
func (s sums) total(f *figures) (count int64, amount money.ByCurrency) {
	amount = money.ByCurrency{}
	for currency, of := range s.lines(f) {
		count += of.count
		amount[currency] = of.minor.Clamped()
	}
	return count, amount
}

func (n *night) newFigures() *figures {
	return &figures{
		counted: calendar.AsOf(n.previousDate(), n.zone), origins: map[*award.Origin]originFigures{}, sources: map[string]*sourceFigures{},
		rules: map[*award.Rule]*ruleFigures{}, suppressed: map[string]*reasonFigures{}, denied: map[string]*reasonFigures{},
		causes: map[[2]string]*sums{}, trims: map[string]*sums{},
	}
}

// of is what a map has under a key, which it adds where there is nothing.
func of[K comparable, V any](m map[K]*V, key K) *V {
	v, known := m[key]
	if !known {
		v = new(V)
		m[key] = v
	}
	return v
}

// currency is a currency's place.
func (f *figures) currency(code string) int {
	at := slices.Index(f.codes, code)
	if at < 0 {
		at = len(f.codes)
		f.codes = append(f.codes, code)
	}
	return at
}

func (f *figures) origin(o *award.Origin) originFigures {
	at, known := f.origins[o]
	if !known {
		at = originFigures{of(f.sources, o.Source), f.currency(o.Currency)}
		f.origins[o] = at
	}
	return at
}

// add takes in a decision.
func (f *figures) add(d *award.Decision) {
	inc := d.Incident
	origin, fresh := f.origin(inc.Origin), inc.Released() == nil
	if fresh {
		origin.source.add(d.Outcome)
		isNew := f.isNew(d)
		for i := range inc.Awards() {
			r := of(f.rules, inc.Awards()[i].Rule)
			r.hits.one(origin.currency, inc.Awards()[i].Minor)
			if isNew {
				r.newHits++
			}
		}
	}
	switch d.Outcome {
	case award.Suppressed:
		of(f.suppressed, d.Reason).add(d, origin.currency)
		return
	case award.Denied:
		of(f.denied, d.Reason).add(d, origin.currency)
		return
	case award.Issued:
		of(f.rules, d.Award.Rule).issued.one(origin.currency, d.Minor)
	case award.Held:
		if fresh {
			of(f.rules, d.Award.Rule).held.one(origin.currency, d.Minor)
			f.newHolds++
		}
		for _, c := range d.Causes() {
			of(f.causes, [2]string{c.Kind, c.ID}).one(origin.currency, d.Minor)
		}
	}
	if by := d.LimitedBy(); len(by) > 0 && d.Minor < d.GrossMinor {
		of(f.trims, by[len(by)-1]).one(origin.currency, d.GrossMinor-d.Minor)
	}
}

func (s *sourceFigures) add(outcome award.Outcome) {
	switch outcome {
	case award.Issued:
		s.issued++
	case award.Held:
		s.held++
	default:
		s.suppressed++
	}
}

func (r *reasonFigures) add(d *award.Decision, currency int) {
	if d.Repeat {
		r.repeats++
	}
	r.gross.one(currency, d.GrossMinor)
}

// isNew reports whether tonight is the one night that counts an incident: its
// event became final since the last settled night, or it came late and is
// settled now. Lookback shows the same incident to several nights, and one that
// is suppressed leaves nothing that would tell the next night so.
func (f *figures) isNew(d *award.Decision) bool {
	if d.Incident.Released() != nil || d.Repeat {
		return false
	}
	return d.Incident.At >= f.counted || d.Outcome == award.Issued || d.Outcome == award.Held || d.Outcome == award.Denied
}

// join adds those of other decisions.
func (f *figures) join(other *figures) {
	places := make([]int, len(other.codes))
	for i, code := range other.codes {
		places[i] = f.currency(code)
	}
	add := func(to *sums, from sums) {
		for i, s := range from {
			to.add(places[i], s.count, s.minor)
		}
	}
	for source, s := range other.sources {
		to := of(f.sources, source)
		to.issued, to.held, to.suppressed = to.issued+s.issued, to.held+s.held, to.suppressed+s.suppressed
	}
	for rule, r := range other.rules {
		to := of(f.rules, rule)
		to.newHits += r.newHits
		add(&to.hits, r.hits)
		add(&to.issued, r.issued)
		add(&to.held, r.held)
	}
	for _, m := range [...][2]map[string]*reasonFigures{{f.suppressed, other.suppressed}, {f.denied, other.denied}} {
		for reason, r := range m[1] {
			to := of(m[0], reason)
			to.repeats += r.repeats
			add(&to.gross, r.gross)
		}
	}
	for cause, s := range other.causes {
		add(of(f.causes, cause), *s)
	}
	for by, s := range other.trims {
		add(of(f.trims, by), *s)
	}
	f.newHolds += other.newHolds
}

// figuredTogether is how many decisions a worker takes in at a time.
const figuredTogether = 1 << 12

// figures are those of all of tonight's decisions, once they are settled.
func (n *night) figures() *figures {
	if n.figured != nil {
		return n.figured
	}
	own := make([]*figures, max(n.config.Workers, 1))
	for i := range own {
		own[i] = n.newFigures()
	}
	_ = inParts(len(n.decisions), figuredTogether, own, func(f *figures, first, end int) error { // none has an error
		for _, d := range n.decisions[first:end] {
			f.add(d)
		}
		return nil
	})
	n.figured = own[0]
	for _, f := range own[1:] {
		n.figured.join(f)
	}
	return n.figured
}

// issuedMinor is what was issued; money.ErrOverflow where int64 does not hold it.
func (f *figures) issuedMinor() (money.ByCurrency, error) {
	var all sums
	for _, r := range f.rules {
		for currency, s := range r.issued {
			all.add(currency, s.count, s.minor)
		}
	}
	issued := money.ByCurrency{}
	for currency, s := range all {
		minor, fits := s.minor.Minor()
		if !fits {
			return nil, fmt.Errorf("issued in %.40q: %w", f.codes[currency], money.ErrOverflow)
		}
		if s.count > 0 {
			issued[f.codes[currency]] = minor
		}
	}
	return issued, nil
}
