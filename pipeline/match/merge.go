package match

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// Counts is what became of the rows of one source before anything is resolved.
// Read is always the sum of the others.
type Counts struct {
	Read        int64 `json:"read"`
	Rejected    int64 `json:"rejected"`
	OutOfWindow int64 `json:"out_of_window"`
	NotYet      int64 `json:"not_yet"`
	NotAgain    int64 `json:"not_again"` // of NotYet, in files that no later night reads
	Unmatched   int64 `json:"unmatched"`
	Merged      int64 `json:"merged"`
	Matched     int64 `json:"matched"`
}

// Result is what match found in all sources.
type Result struct {
	Incidents    []*award.Incident // sorted by id
	Rejects      []Reject          // sorted by source and place
	Counts       map[string]Counts // by source
	ShadowFaults map[string]int64  // by rule
	// Events counts what became final by the values of the report's columns: by
	// source, in the order of Event.Report.Columns. A row counts as it was read,
	// also where another of its incident takes its place.
	Events map[string][]ValueCounts
	// FactsErr is why facts of incidents that were asked for could not be read. Whoever
	// read facts asks once that is done: those that could not be read are empty. It is
	// nil where they are in memory.
	FactsErr func() error
}

// Merge brings the rows of each incident together: of several versions the
// highest counts, equal rows are one, differing ones are all rejected, and of
// several sources of one failure the highest award stands. Finders may come in
// any order. Again is given the rows that were passed and may be of an incident
// that counts after all: it reads their row groups once more. Its error and that of
// owners are Merge's.
func Merge(finders []*Finder, owners OrderOwners, again func([]*Recall) error) (*Result, error) {
	Look(finders)
	recalls, err := recallsOf(finders, wantedOf(finders))
	if err != nil {
		return nil, err
	}
	if len(recalls) > 0 {
		if err := again(recalls); err != nil {
			return nil, err
		}
	}
	brief := false
	for _, r := range recalls {
		if err := r.done(); err != nil {
			return nil, err
		}
		r.uncount()
		r.finder.seen.add(r.seen)
		brief = brief || r.brief
	}
	t := newTally(finders)
	seen := companyOf(t, finders)
	parts, seed := make([]merger, keyParts), seedOf(finders)
	each(keyParts, t.workers, func(i int) {
		parts[i].counts, parts[i].seed = make([]Counts, len(t.sources)), seed
		parts[i].list = seen.sorted(i)
	})
	if brief {
		if err := seen.tellApart(parts, again); err != nil {
			return nil, err
		}
	}
	var keepers sync.Pool
	facts := shelfOf(finders)
	each(keyParts, t.workers, func(i int) {
		parts[i].incidents(seen)
		parts[i].lay(i, finders, &keepers, facts)
	})
	if err := shelvesErr(finders); err != nil { // or facts were laid that are none
		return nil, err
	}
	result := t.result(finders, parts)
	if facts != nil {
		result.FactsErr = facts.readErr
	}
	owner, err := owners(result.Incidents)
	if err != nil {
		return nil, err
	}
	oneCustomerPerOrder(result, parts, owner, t.workers)
	slices.SortFunc(result.Rejects, compareRejects)
	return result, nil
}

// seedOf is the seed of the night that finders are of.
func seedOf(finders []*Finder) Seed {
	if len(finders) == 0 {
		return 0
	}
	return finders[0].source.night.Seed
}

func compareRejects(a, b Reject) int {
	return cmp.Or(
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.Place.File, b.Place.File),
		cmp.Compare(a.Place.Row, b.Place.Row),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Detail, b.Detail),
	)
}

// merger brings the rows of some incidents together: those of one part of all
// keys.
type merger struct {
	seed    Seed
	list    []seenAt // sorted by key
	counts  []Counts // by source
	found   []found
	rejects []Reject
}

// found is an incident that counts.
type found struct {
	incident *award.Incident
	ordered  uint64 // hash of its order, once it was laid
}

// incidents settles one incident of a part after the other, in the order of their
// keys. Rows of an incident that no row matched or spoiled need no company.
func (m *merger) incidents(seen *company) {
	list := m.list
	m.found = make([]found, 0, len(list))
	var rows []member
	for len(list) > 0 {
		rows = seen.sameKey(rows[:0], list)
		list = list[len(rows):]
		switch {
		case len(rows) == 1:
			m.alone(rows[0])
		case slices.ContainsFunc(rows, member.counts):
			m.incident(rows[0].key, rows)
		default:
			for _, r := range rows {
				m.counts[r.source].add(r)
			}
		}
	}
	m.list = nil
}

// alone settles an incident of one row, as incident would.
func (m *merger) alone(r member) {
	switch r.class {
	case matched:
		m.counts[r.source].Matched++
		m.found = append(m.found, found{incident: r.incident()})
	case rejected:
		m.reject(r.source, r.finder.rejects[r.index])
	default:
		m.counts[r.source].add(r)
	}
}

func (c *Counts) add(m member) {
	c.pass(m.class, 1, m.finder.source.event.LastReading[m.file()])
	switch m.class {
	case rejected:
		c.Rejected++
	case matched:
		c.Matched++
	}
}

// incident settles which rows of one incident count.
func (m *merger) incident(key award.Key, rows []member) {
	slices.SortFunc(rows, func(a, b member) int {
		return cmp.Or(
			cmp.Compare(a.source, b.source),
			-compareVersions(a.version(), b.version()),
			cmp.Compare(a.file(), b.file()),
			cmp.Compare(a.row, b.row),
		)
	})
	var few [4]member
	winners := few[:0]
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].source == rows[0].source {
			n++
		}
		if w, ok := m.newest(key, rows[:n]); ok {
			winners = append(winners, w)
		}
		rows = rows[n:]
	}
	m.acrossSources(winners)
}

// newest settles the rows of one incident in one source, sorted by version,
// highest first. A row without its version may be newer than any.
func (m *merger) newest(key award.Key, rows []member) (winner member, ok bool) {
	source := rows[0].finder.source
	top := 1
	for top < len(rows) && compareVersions(rows[top].version(), rows[0].version()) == 0 {
		top++
	}
	if source.version >= 0 && rows[len(rows)-1].version().Null() {
		top = len(rows)
	}
	counts := &m.counts[rows[0].source]
	counts.Merged += int64(len(rows) - top)
	for _, r := range rows[1:top] {
		// Of two rows that look alike, one may hold what could not be read.
		if r.digest == rows[0].digest && r.class == rows[0].class {
			continue
		}
		for _, r := range rows[:top] {
			m.reject(r.source, Reject{
				Source: source.event.Source, Place: r.place(), Code: CodeConflictingRows, Column: source.event.Version,
				Detail: fmt.Sprintf("%d rows of incident %s differ and nothing says which of them counts", top, key.IncidentID()),
			})
		}
		return winner, false
	}
	counts.Merged += int64(top - 1)
	w := rows[0]
	if w.class == rejected {
		m.reject(w.source, w.finder.rejects[w.index])
		return winner, false
	}
	if w.class != matched {
		counts.add(w)
		return winner, false
	}
	sameReport(rows[:top])
	return w, true
}

func (m *merger) reject(source int, r Reject) {
	m.counts[source].Rejected++
	m.rejects = append(m.rejects, r)
}

// acrossSources keeps the highest award where several sources report one
// failure; an exclusion or a doubt of any of them stands, and the order that any
// of them names. Sources that name another customer, order or currency
// contradict each other: none counts.
func (m *merger) acrossSources(winners []member) {
	switch {
	case len(winners) == 0:
		return
	case len(winners) == 1:
		m.counts[winners[0].source].Matched++
		m.found = append(m.found, found{incident: winners[0].incident()})
		return
	case m.contradict(winners):
		return
	}
	best := winners[0].incident()
	for _, w := range winners[1:] {
		if other := w.incident(); higher(other, best) {
			best = other
		}
	}
	for _, w := range winners {
		inc := w.incident()
		if inc == best {
			m.counts[w.source].Matched++
			continue
		}
		m.counts[w.source].Merged++
		if parties := best.Parties(); parties.Order == "" && inc.Order() != "" {
			parties.Order = inc.Order()
			best.SetParties(parties)
		}
		if best.Exclusion() == "" && inc.Exclusion() != "" {
			best.Own().Exclusion = inc.Exclusion()
		}
		if faults := inc.ExclusionFaults(); len(faults) > 0 {
			best.Own().ExclusionFaults = append(best.ExclusionFaults(), faults...)
		}
	}
	m.found = append(m.found, found{incident: best})
}

func (m *merger) contradict(winners []member) bool {
	first := winners[0].incident()
	order := ""
	differs := slices.IndexFunc(winners, func(w member) bool {
		inc := w.incident()
		order = cmp.Or(order, inc.Order())
		return inc.Customer() != first.Customer() || inc.Currency != first.Currency || inc.Order() != "" && inc.Order() != order
	})
	if differs < 0 {
		return false
	}
	other := winners[differs].incident()
	for _, w := range winners {
		m.reject(w.source, Reject{
			Source: w.incident().Source, Place: w.place(), Code: CodeConflictingRows,
			Detail: fmt.Sprintf("incident %s is %s by %s, and %s by %s", winners[0].key.IncidentID(), parties(first), first.Source, parties(other), other.Source),
		})
	}
	return true
}

func parties(inc *award.Incident) string {
	text := "customer " + inc.Customer() + "'s in " + inc.Currency
	if inc.Order() != "" {
		text += " on order " + inc.Order()
	}
	return text
}

// higher reports whether a's best live award is above b's, or equal and of an
// earlier rule.
func higher(a, b *award.Incident) bool {
	x, y := bestLive(a), bestLive(b)
	if x == nil || y == nil {
		return y == nil && x != nil
	}
	return x.Minor > y.Minor || x.Minor == y.Minor && x.RuleIndex < y.RuleIndex
}

func bestLive(inc *award.Incident) *award.Award {
	var best *award.Award
	for i := range inc.Awards() {
		a := &inc.Awards()[i]
		if !a.Shadow && (best == nil || a.Minor > best.Minor) {
			best = a
		}
	}
	return best
}

// compareVersions orders versions of one column; a null is the lowest.
func compareVersions(a, b ir.Value) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.I, b.I), cmp.Compare(a.S, b.S))
}
