package match

import (
	"cmp"
	"slices"

	"github.com/zeebo/xxh3"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// passed is what is kept of a batch's rows that nobody looked at: enough to find
// those whose incident another row brings up.
type passed struct {
	place   award.Place // of the first row
	hashes  []uint64    // of the incidents' keys
	classes []class     // looked where a sighting says more
}

// looked marks the rows of a batch that have a sighting of their own.
const looked = class(255)

// hashKeys gives each row of a batch the hash of its incident's key: equal keys
// have equal hashes, also in two sources of one failure. Of rows without a key
// it means nothing.
func (s *Source) hashKeys(batch *ir.Batch, hashes []uint64) []uint64 {
	const odd = 0x9E3779B97F4A7C15 // so that the order of columns counts
	hashes = slices.Grow(hashes[:0], batch.Rows)[:batch.Rows]
	seed := xxh3.HashString(s.event.Failure)
	for i := range hashes {
		hashes[i] = seed
	}
	for _, c := range s.key {
		column := &batch.Columns[c]
		if column.Kind == ir.String {
			for i, text := range column.Strings {
				hashes[i] = hashes[i]*odd ^ xxh3.HashString(text)
			}
			continue
		}
		for i, value := range column.Ints {
			h := (uint64(value) + uint64(column.Kind)) * odd
			hashes[i] = hashes[i]*odd ^ h ^ h>>32
		}
	}
	return hashes
}

// Recall is rows of one row group of a file that have to be read again: they may
// be of incidents that other rows brought up. Find is given the row group's
// batches, as Finder.Find was, by one goroutine.
type Recall struct {
	Source   string
	File     string
	RowGroup int

	finder *Finder
	rows   []recalledRow // sorted by row
	seen   []sighting
	texts  textArena // of seen
}

type recalledRow struct {
	row   int64
	class class
}

// Rows returns how many rows are wanted.
func (r *Recall) Rows() int { return len(r.rows) }

// Find takes from a batch the rows that are wanted. Place is that of its first
// row.
func (r *Recall) Find(first award.Place, batch *ir.Batch) {
	at, _ := slices.BinarySearchFunc(r.rows, first.Row, func(w recalledRow, row int64) int { return cmp.Compare(w.row, row) })
	for ; at < len(r.rows) && r.rows[at].row < first.Row+int64(batch.Rows); at++ {
		i := int(r.rows[at].row - first.Row)
		place := first
		place.Row = r.rows[at].row
		sight := sighting{place: place, class: r.rows[at].class}
		sight.key, _, _ = r.finder.source.keyOf(batch, i) // a row without a key was looked at
		r.finder.source.complete(&sight, batch, i, &r.texts)
		r.seen = append(r.seen, sight)
	}
}

// wanted are the hashes of the keys that matched or rejected rows have. Most rows
// have another, which a bit says.
type wanted struct {
	hashes map[uint64]struct{}
	bits   []uint64
}

// wantedOf collects them from what the finders looked at.
func wantedOf(finders []*Finder) *wanted {
	w := &wanted{hashes: map[uint64]struct{}{}}
	for _, f := range finders {
		for i := range f.seen {
			if c := f.seen[i].class; c == matched || c == rejected {
				w.hashes[f.seen[i].hash] = struct{}{}
			}
		}
	}
	words := 64
	for words < len(w.hashes) { // 64 bits or more for each hash
		words *= 2
	}
	w.bits = make([]uint64, words)
	for h := range w.hashes {
		w.bits[h>>6&uint64(words-1)] |= 1 << (h & 63)
	}
	return w
}

func (w *wanted) has(h uint64) bool {
	if w.bits[h>>6&uint64(len(w.bits)-1)]>>(h&63)&1 == 0 {
		return false
	}
	_, ok := w.hashes[h]
	return ok
}

// recallsOf counts the rows that stand alone, and returns the others by row group,
// in the order of sources, files and row groups.
func recallsOf(finders []*Finder, w *wanted) []*Recall {
	type group struct {
		source, file string
		group        int
	}
	byGroup := map[group]*Recall{}
	for _, f := range finders {
		for n := range f.passed {
			p := &f.passed[n]
			key := group{f.source.event.Source, p.place.File, p.place.RowGroup}
			for i, h := range p.hashes {
				c := p.classes[i]
				switch {
				case c == looked:
				case !w.has(h):
					f.counts.pass(c, f.source.event.LastReading[p.place.File])
				default:
					r := byGroup[key]
					if r == nil {
						r = &Recall{Source: key.source, File: key.file, RowGroup: key.group, finder: f}
						byGroup[key] = r
					}
					r.rows = append(r.rows, recalledRow{p.place.Row + int64(i), c})
				}
			}
		}
		f.passed = nil // it has served
	}
	recalls := make([]*Recall, 0, len(byGroup))
	for _, r := range byGroup {
		slices.SortFunc(r.rows, func(a, b recalledRow) int { return cmp.Compare(a.row, b.row) })
		recalls = append(recalls, r)
	}
	slices.SortFunc(recalls, func(a, b *Recall) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.File, b.File), cmp.Compare(a.RowGroup, b.RowGroup))
	})
	return recalls
}

// pass counts a row that is none of an incident that counts.
func (c *Counts) pass(class class, last bool) {
	switch class {
	case unmatched:
		c.Unmatched++
	case notYet:
		c.NotYet++
		if last {
			c.NotAgain++
		}
	case outOfWindow:
		c.OutOfWindow++
	}
}
