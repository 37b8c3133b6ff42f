package match

import (
	"cmp"
	"sync/atomic"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// class is what one row is by itself, before the rows of its incident merge.
type class uint8

const (
	unmatched class = iota
	notYet
	outOfWindow
	rejected
	matched
)

// Finder is what one worker found in a source. Not safe for concurrent use.
type Finder struct {
	source  *Source
	sieve   *sieve // nil before the first batch
	passed  passedRows
	unread  []unreadGroup
	seen    sightings
	hits    hits
	rejects []Reject // rows of known incidents; they may still be superseded
	lost    []Reject // rows whose key could not be read: rejected on their own
	counts  Counts
	shadow  map[string]int64 // rule id → rows on which it faulted
	values  []*valueCounter  // by Event.Report.Columns
	kinds   []ir.Kind        // of them, as far as a row was counted

	dense  gathered // the rows of the batch at hand that are looked at
	looker *looker  // nil before the first batch
	// Backlog is rows that wait for a dimension or for history, in the order of their batches.
	backlog     []waiting
	backlogRows int
	unasked     bool // rows were looked at whose customers nobody was told
}

// NewFinder makes a worker's finder.
func (s *Source) NewFinder() *Finder {
	f := &Finder{source: s, shadow: map[string]int64{}, passed: passedRows{most: maxPassedBytes}}
	for range s.report {
		f.values = append(f.values, newValueCounter())
	}
	f.kinds = make([]ir.Kind, len(s.report))
	return f
}

// PutAside lets the finder put what it keeps of rows aside where that is much;
// most is how many bytes are, 0 for what is usual. Where open or what it opens
// fails to take bytes, they stay in memory.
func (f *Finder) PutAside(open func() (Aside, error), most int) {
	f.passed.open, f.passed.most = open, cmp.Or(most, maxPassedBytes)
}

// PutFactsAside lets the finder and Merge put the facts of incidents aside where they are
// much; most is how many bytes of a finder are, 0 for what is usual. What open opens is read as long as
// facts are asked for: see Result.FactsErr. Where it fails to take bytes, they stay in
// memory.
func (f *Finder) PutFactsAside(open func() (Aside, error), most int) {
	f.hits.shelf, f.hits.most = &shelf{open: open}, cmp.Or(most, maxFactBytes)
}

// Reject is a row that could not be used, with its place and its reason.
type Reject struct {
	Source string
	Place  award.Place
	Code   string
	Column string
	Detail string
}

// The codes of rows that match rejects; faults of expressions use the fault's
// own name, and scan has codes of its own.
const (
	CodeNullKey          = "null-key"
	CodeAtBeforeSince    = "at-before-since"
	CodeUnknownZone      = "unknown-zone"
	CodeUnknownCurrency  = "unknown-currency"
	CodeNegativeAmount   = "negative-amount"
	CodeNoMoney          = "amount-beyond-currency"
	CodeBadFunding       = "bad-funding"
	CodeConflictingRows  = "conflicting-rows"
	CodeSeveralCustomers = "order-of-several-customers"
)

// RowReject is a row of a batch that scan could not read whole.
type RowReject struct {
	Row                  int
	Code, Column, Detail string
	First                bool // the column is one of Source.First
}

// Find matches the rows of one batch, whose columns are Source.Columns. Place
// is that of its first row. Nothing of the batch is kept.
//
// The columns say of most rows what they are; the others are gathered and looked
// at, some hundred at a time: what this batch leaves over waits for those after
// it, or for Merge.
func (f *Finder) Find(first award.Place, batch *ir.Batch, unread []RowReject) {
	if f.sieve == nil {
		f.sieve, f.looker = newSieve(f.source), newLooker(f)
	}
	f.sieve.sift(f, batch, unread)
	hashes := f.sieve.hashKeys(batch)
	f.passed.add(first, f.sieve.pass(&f.counts, f.source.event.LastReading[first.File], f.passed.room(batch.Rows)))
	g := &f.dense
	g.gather(first, batch, f.sieve, hashes, unread)
	f.counts.Read += int64(batch.Rows)
	f.looker.rows.take(g, len(f.passed.list)-1)
	switch rows := f.looker.rows.batch.Rows; {
	case rows < waitingRows:
	case f.source.awaits():
		f.backlog = append(f.backlog, f.looker.rows)
		f.backlogRows += rows
		f.looker.rows = f.looker.rows.another()
	default:
		f.unasked = true
		f.looker.look()
	}
}

// Backlog returns how many rows wait for a dimension that is awaited, or for
// history.
func (f *Finder) Backlog() int { return f.backlogRows }

// Look looks at the rows that wait in finders, all at once. Finders of one source
// share them, since the worker that computes a file's digest finds less.
func Look(finders []*Finder) {
	backlogs := map[*Source]*backlog{}
	for _, f := range finders {
		b := backlogs[f.source]
		if b == nil {
			b = &backlog{}
			backlogs[f.source] = b
		}
		b.rows = append(b.rows, f.backlog...)
		f.backlog, f.backlogRows = nil, 0
	}
	each(len(finders), len(finders), func(i int) { finders[i].finish(backlogs[finders[i].source]) })
}

// backlog is what waited in the finders of a source.
type backlog struct {
	rows  []waiting
	taken atomic.Int64
}

// finish looks at the rows that are left over, and at those of the backlog that
// no other finder takes.
func (f *Finder) finish(b *backlog) {
	if f.looker == nil {
		if len(b.rows) == 0 {
			return
		}
		f.looker = newLooker(f)
	}
	f.looker.look()
	own := f.looker.rows // others' rows are marked as passed where they were found
	for i := int(b.taken.Add(1)) - 1; i < len(b.rows); i = int(b.taken.Add(1)) - 1 {
		f.looker.rows, b.rows[i] = b.rows[i], waiting{}
		f.looker.look()
	}
	f.looker.rows = own
	f.hits.end()
}
