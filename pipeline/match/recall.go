package match

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// keyHashes are the hashes of the keys of a batch's incidents, hashBytes each; 0
// for a row that was looked at, which has a sighting of its own. Equal keys have
// equal hashes; that others have too costs one more row that is read again.
type keyHashes []byte

const hashBytes = 6

// cutHash makes a hash one that keyHashes hold, which is never 0.
func cutHash(h uint64) uint64 { return max(h>>(64-8*hashBytes), 1) }

func (k keyHashes) set(i int, hash uint64) {
	b := k[i*hashBytes : i*hashBytes+hashBytes]
	binary.LittleEndian.PutUint32(b, uint32(hash))
	binary.LittleEndian.PutUint16(b[4:], uint16(hash>>32))
}

func (k keyHashes) at(i int) uint64 {
	b := k[i*hashBytes : i*hashBytes+hashBytes]
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
}

// hashKeys gives each row of a batch the hash of its incident's key: equal keys
// have equal hashes, also in two sources of one failure. Of rows without a key
// it means nothing.
func (v *sieve) hashKeys(batch *ir.Batch) []uint64 {
	const odd = 0x9E3779B97F4A7C15 // so that the order of columns counts
	s, seed := v.source, v.source.night.Seed
	hashes := slices.Grow(v.hashes[:0], batch.Rows)[:batch.Rows]
	v.hashes = hashes
	failure := seed.text(s.event.Failure)
	for i := range hashes {
		hashes[i] = failure
	}
	for n, c := range s.key {
		column := &batch.Columns[c]
		switch {
		case column.Dict != nil:
			known, _ := v.hashOf[n].of(column.Dict, seed.text, 0)
			for i, code := range column.Codes {
				if !null(column, i) {
					hashes[i] = hashes[i]*odd ^ known[code]
				}
			}
		case column.Kind == ir.String:
			for i, text := range column.Strings {
				hashes[i] = hashes[i]*odd ^ seed.text(text)
			}
		default:
			for i, value := range column.Ints {
				hashes[i] = hashes[i]*odd ^ seed.number(byte(column.Kind), value)
			}
		}
	}
	for i, h := range hashes {
		hashes[i] = cutHash(h)
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
	sieve  *sieve  // nil before the first batch
	rows   []int64 // ascending
	whole  *wanted // not nil where the row group was not read: the hashes of the rows that are wanted
	seen   seenRows
	alone  int // rows older than the window without a key, which stay what they are
	err    error
	texts  textArena // of seen
}

// Rows returns how many rows are wanted.
func (r *Recall) Rows() int { return len(r.rows) }

// Find takes from a batch the rows that are wanted, and finds their classes
// again: they were counted as what they are by themselves, and now count as what
// they are beside the other rows of their incident. Place is that of the batch's
// first row.
func (r *Recall) Find(first award.Place, batch *ir.Batch) {
	if r.whole != nil {
		r.findWhole(first, batch)
		return
	}
	at, _ := slices.BinarySearch(r.rows, first.Row)
	if at == len(r.rows) || r.rows[at] >= first.Row+int64(batch.Rows) {
		return
	}
	if r.sieve == nil {
		r.sieve = newSieve(r.finder.source)
	}
	r.sieve.place(batch, nil)
	for ; at < len(r.rows) && r.rows[at] < first.Row+int64(batch.Rows); at++ {
		r.see(first, batch, int(r.rows[at]-first.Row))
	}
}

// findWhole takes the rows that are wanted from a batch of a row group that was
// not read.
func (r *Recall) findWhole(first award.Place, batch *ir.Batch) {
	if r.sieve == nil {
		r.sieve = newSieve(r.finder.source)
	}
	r.sieve.place(batch, nil)
	for i, hash := range r.sieve.hashKeys(batch) {
		if !r.sieve.outside.Has(i) {
			r.err = fmt.Errorf("source %q: %s: row group %d: its statistics say that all of its rows are older than the window, and row %d is not",
				r.Source, r.File, r.RowGroup, first.Row+int64(i))
			return
		}
		if r.whole.hashes.has(hash) {
			r.see(first, batch, i)
		}
	}
}

// see adds a sighting of row i of a batch, unless it has no key and so stands
// alone: it is older than the window, or it would have been looked at.
func (r *Recall) see(first award.Place, batch *ir.Batch, i int) {
	sight, place := sighting{class: r.sieve.class(i)}, first
	place.Row += int64(i)
	var keyed bool
	if sight.key, _, keyed = r.finder.source.keyOf(batch, i); !keyed {
		r.alone++
		return
	}
	r.seen.add(r.finder.source, sight, place, batch, i, &r.texts)
}

// uncount takes the rows from what their finder counted them as.
func (r *Recall) uncount() {
	for i := range r.seen.list {
		r.finder.counts.pass(r.seen.list[i].class, -1, r.finder.source.event.LastReading[r.File])
	}
}

// wanted are the hashes of the keys that matched or rejected rows have.
type wanted struct {
	hashes hashSet
	orders []int64 // of their keys' first columns, ascending; only where a row group was passed over
}

// wantedOf collects them from what the finders looked at.
func wantedOf(finders []*Finder) *wanted {
	rows := 0
	for _, f := range finders {
		rows += f.seen.len()
	}
	w := &wanted{hashes: newHashSet(rows)}
	unread := slices.ContainsFunc(finders, func(f *Finder) bool { return len(f.unread) > 0 })
	for _, f := range finders {
		for _, chunk := range f.seen.chunks {
			for i := range chunk.list {
				seen := &chunk.list[i]
				if c := seen.class; c != matched && c != rejected {
					continue
				}
				w.hashes.add(seen.hash)
				if unread {
					w.orders = append(w.orders, seen.order)
				}
			}
		}
	}
	slices.Sort(w.orders)
	return w
}

// within reports whether a key may be wanted of whose first column so much is
// known.
func (w *wanted) within(key Bounds) bool {
	if !key.Ranged {
		return len(w.orders) > 0
	}
	at, _ := slices.BinarySearch(w.orders, key.Least)
	return at < len(w.orders) && w.orders[at] <= key.Most
}

// recallsOf returns the rows that may not stand alone by row group, in the order
// of sources, files and row groups.
func recallsOf(finders []*Finder, w *wanted) ([]*Recall, error) {
	of, errs := make([][]*Recall, len(finders)), make([]error, len(finders))
	each(len(finders), len(finders), func(i int) { of[i], errs[i] = finders[i].recalls(w) })
	if err := cmp.Or(errs...); err != nil {
		return nil, err
	}
	recalls := slices.Concat(of...)
	slices.SortFunc(recalls, func(a, b *Recall) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.File, b.File), cmp.Compare(a.RowGroup, b.RowGroup))
	})
	return recalls, nil
}

// recalls are those of the row groups that one worker had, in any order. What
// was kept to find them has served.
func (f *Finder) recalls(w *wanted) (recalls []*Recall, err error) {
	type group struct {
		file  string
		group int
	}
	byGroup := map[group]*Recall{}
	of := func(place award.Place) *Recall {
		key := group{place.File, place.RowGroup}
		if byGroup[key] == nil {
			byGroup[key] = &Recall{Source: f.source.event.Source, File: key.file, RowGroup: key.group, finder: f}
			recalls = append(recalls, byGroup[key])
		}
		return byGroup[key]
	}
	err = f.passed.each(func(first award.Place, hashes keyHashes) {
		for i := range len(hashes) / hashBytes {
			if h := hashes.at(i); h != 0 && w.hashes.may(h) && w.hashes.has(h) {
				r := of(first)
				r.rows = append(r.rows, first.Row+int64(i))
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("source %q: hashes of rows that were put aside: %w", f.source.event.Source, err)
	}
	for _, u := range f.unread {
		if w.within(u.key) {
			of(u.place).whole = w
		}
	}
	f.passed, f.unread = passedRows{}, nil
	for _, r := range recalls {
		slices.Sort(r.rows)
	}
	return recalls, nil
}

// pass counts rows that are none of an incident that counts.
func (c *Counts) pass(class class, rows int64, last bool) {
	switch class {
	case unmatched:
		c.Unmatched += rows
	case notYet:
		c.NotYet += rows
		if last {
			c.NotAgain += rows
		}
	case outOfWindow:
		c.OutOfWindow += rows
	}
}
