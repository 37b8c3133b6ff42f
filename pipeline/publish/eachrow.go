package publish

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/parquetio"
)

// errOrder is why a file is not read whose rows are to stand in their table's order.
var errOrder = errors.New("rows are not in the order of their table")

// rowReader reads some columns of a table, neighbours at a time.
type rowReader[R any] struct {
	wanted  []*column[R]
	cursors []*parquetio.Cursor
	rows    []R
}

// reader reads those columns of a file that a test takes.
func (t *table[R]) reader(f *parquetio.File, take func(name string) bool) (*rowReader[R], error) {
	r := &rowReader[R]{}
	for i := range t.columns {
		c := &t.columns[i]
		if !take(c.name) {
			continue
		}
		cursor, err := f.Cursor(c.name)
		if err != nil {
			return nil, err
		}
		r.wanted, r.cursors = append(r.wanted, c), append(r.cursors, cursor)
	}
	return r, nil
}

// next returns the rows that come next, where first is what the first of them is
// called; none at the end of the file. So many columns are read at once. Rows are
// valid until the next call, their texts until release. What is not read is zero.
func (r *rowReader[R]) next(first, atMost int) ([]R, error) {
	read := func(i int, part *parquetio.Column, err error) error {
		if err != nil {
			return err
		}
		return r.wanted[i].parse(part, r.rows, first)
	}
	part, err := r.cursors[0].Next()
	if err == nil {
		r.rows = slices.Grow(r.rows[:0], part.Rows())[:part.Rows()]
		clear(r.rows)
	}
	if err := read(0, part, err); err != nil {
		return nil, err
	}
	return r.rows, atOnce(len(r.wanted)-1, atMost, func(i int) error {
		part, err := r.cursors[i+1].Next()
		return read(i+1, part, err)
	})
}

// seek goes to the first row of a row group.
func (r *rowReader[R]) seek(group int) {
	for _, c := range r.cursors {
		c.Seek(group)
	}
}

// release lets go of the texts of all rows but those that next returned last.
func (r *rowReader[R]) release() {
	for _, c := range r.cursors {
		c.Release()
	}
}

// eachInOrder visits the rows of a file that stand in the table's order. Row
// groups are read at the same time, and visited in any order.
func (t *table[R]) eachInOrder(f *parquetio.File, workers int, visit func(first int, rows []R) error) error {
	groups := f.GroupRows()
	starts, borders := make([]int, len(groups)+1), make([][2]R, len(groups))
	for i, rows := range groups {
		starts[i+1] = starts[i] + int(rows)
	}
	err := atOnce(len(groups), workers, func(i int) (err error) {
		r, err := t.reader(f, func(string) bool { return true })
		if err == nil {
			r.seek(i)
			borders[i], err = t.eachOfGroup(r, starts[i], starts[i+1], visit)
		}
		return err
	})
	for i := 1; i < len(groups) && err == nil; i++ {
		if t.compare(&borders[i-1][1], &borders[i][0]) > 0 {
			err = errOrder
		}
	}
	return err
}

// eachOfGroup visits rows first to end of a row group, which stand in the table's
// order, and returns the first and the last of them.
func (t *table[R]) eachOfGroup(r *rowReader[R], first, end int, visit func(first int, rows []R) error) (borders [2]R, err error) {
	var last R // of the part before: its texts are held until it is compared
	for at := first; at < end; {
		rows, err := r.next(at, 1)
		if err != nil {
			return borders, err
		}
		if len(rows) == 0 || at+len(rows) > end {
			return borders, fmt.Errorf("a row group has not the %d rows that its file's footer says", end-first)
		}
		if at == first {
			borders[0] = t.own(&rows[0])
		} else if t.compare(&last, &rows[0]) > 0 {
			return borders, errOrder
		}
		for i := 1; i < len(rows); i++ {
			if t.compare(&rows[i-1], &rows[i]) > 0 {
				return borders, errOrder
			}
		}
		r.release()
		last = rows[len(rows)-1]
		if at += len(rows); at == end {
			borders[1] = t.own(&last)
		}
		if err := visit(at-len(rows), rows); err != nil {
			return borders, err
		}
	}
	return borders, nil
}

// own is a row whose texts are its own.
func (t *table[R]) own(row *R) R {
	own := *row
	for i := range t.columns {
		c := &t.columns[i]
		if c.text == nil {
			continue
		}
		if s, err := c.text(row); err == nil {
			_ = c.setText(&own, strings.Clone(s)) // it was set so before
		}
	}
	return own
}
