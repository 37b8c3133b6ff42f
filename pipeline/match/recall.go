package match

import (
	"cmp"
	"fmt"
	"slices"

	"amends/pipeline/award"
	"amends/rules/ir"
)

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
		case column.Even.Any():
			for i := range hashes {
				hashes[i] = hashes[i]*odd ^ seed.text(column.Even.At(i))
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
// batches, as Finder.Find was, by one goroutine; of their columns it reads those
// that Columns names.
//
// Of several versions mostly the key and the version say which counts, so those are
// read first, and the columns that tell rows of one version apart only where two
// rows are of one.
type Recall struct {
	Source   string
	File     string
	RowGroup int

	finder *Finder
	rows   []recalled // ascending
	brief  bool       // their keys and versions are enough
	whole  *wanted    // not nil where the row group was not read: the hashes of the rows that are wanted
	sieve  *sieve     // of whole; nil before the first batch
	seen   seenRows
	alone  int // rows older than the window without a key, which stay what they are
	err    error
	texts  textArena // of seen
}

// recalled is a row to read again.
type recalled struct {
	row   int64
	class class
	sight *sighting // not nil where it was read again, and only its digest is wanted
}

// Rows returns how many rows are wanted.
func (r *Recall) Rows() int { return len(r.rows) }

// Columns are those that Find reads, by their places in Source.Columns; none
// stands for all.
func (r *Recall) Columns() []int {
	if !r.brief {
		return nil
	}
	return append(slices.Clone(r.finder.source.key), r.finder.source.version)
}

// Find takes from a batch the rows that are wanted: they were counted as what they
// are by themselves, and now count as what they are beside the other rows of their
// incident. Place is that of the batch's first row.
func (r *Recall) Find(first award.Place, batch *ir.Batch) {
	if r.whole != nil {
		r.findWhole(first, batch)
		return
	}
	at, _ := slices.BinarySearchFunc(r.rows, first.Row, func(row recalled, place int64) int { return cmp.Compare(row.row, place) })
	for ; at < len(r.rows) && r.rows[at].row < first.Row+int64(batch.Rows); at++ {
		row := r.rows[at]
		i := int(row.row - first.Row)
		if row.sight != nil {
			row.sight.digest, row.sight.brief = r.finder.source.night.Seed.rowDigest(batch.Columns[:r.finder.source.decisive], i), false
			continue
		}
		r.see(first, batch, i, row.class)
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
			r.see(first, batch, i, outOfWindow)
		}
	}
}

// see adds a sighting of row i of a batch, unless it has no key and so stands
// alone: it is older than the window, or it would have been looked at.
func (r *Recall) see(first award.Place, batch *ir.Batch, i int, class class) {
	sight, place := sighting{class: class, brief: r.brief}, first
	place.Row += int64(i)
	var keyed bool
	if sight.key, _, keyed = r.finder.source.keyOf(batch, i); !keyed {
		r.alone++
		return
	}
	r.seen.add(r.finder.source, sight, place, batch, i, &r.texts)
}

// done reports what went wrong with reading the rows again.
func (r *Recall) done() error {
	if r.err != nil {
		return r.err
	}
	if found := len(r.seen.list) + r.alone; r.whole == nil && found != len(r.rows) {
		return fmt.Errorf("source %q: %s: of %d rows to read again, %d were found", r.Source, r.File, len(r.rows), found)
	}
	return nil
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
	return inOrder(slices.Concat(of...)), nil
}

// inOrder sorts recalls by source, file and row group, and the rows of each.
func inOrder(recalls []*Recall) []*Recall {
	slices.SortFunc(recalls, func(a, b *Recall) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.File, b.File), cmp.Compare(a.RowGroup, b.RowGroup))
	})
	for _, r := range recalls {
		slices.SortFunc(r.rows, func(a, b recalled) int { return cmp.Compare(a.row, b.row) })
	}
	return recalls
}

// recallsBy gathers recalls of one finder by row group.
type recallsBy struct {
	finder *Finder
	brief  bool
	groups map[award.Place]*Recall // by file and row group
	list   []*Recall
}

func (by *recallsBy) of(file string, rowGroup int) *Recall {
	key := award.Place{File: file, RowGroup: rowGroup}
	r := by.groups[key]
	if r == nil {
		r = &Recall{Source: by.finder.source.event.Source, File: file, RowGroup: rowGroup, finder: by.finder, brief: by.brief}
		if by.groups == nil {
			by.groups = map[award.Place]*Recall{}
		}
		by.groups[key] = r
		by.list = append(by.list, r)
	}
	return r
}

// recalls are those of the row groups that one worker had, in any order. What
// was kept to find them has served.
func (f *Finder) recalls(w *wanted) ([]*Recall, error) {
	by := recallsBy{finder: f, brief: f.source.version >= 0}
	var may []int32 // of the batch at hand: rows that nothing says are not wanted
	err := f.passed.each(func(first award.Place, hashes keyHashes) {
		may = may[:0]
		for i := range len(hashes) / hashBytes {
			if h, _ := hashes.at(i); w.hashes.may(h) && h != 0 {
				may = append(may, int32(i))
			}
		}
		for _, i := range may {
			if h, class := hashes.at(int(i)); w.hashes.has(h) {
				r := by.of(first.File, first.RowGroup)
				r.rows = append(r.rows, recalled{row: first.Row + int64(i), class: class})
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("source %q: hashes of rows that were put aside: %w", f.source.event.Source, err)
	}
	for _, u := range f.unread {
		if w.within(u.key) {
			r := by.of(u.place.File, u.place.RowGroup)
			r.whole, r.brief = w, false
		}
	}
	f.passed, f.unread = passedRows{}, nil
	return by.list, nil
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
