package publish

import (
	"fmt"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// rowSource is a table's rows as columns, a row group at a time. prepare comes
// first, once; then any number of goroutines may call groups.
type rowSource interface {
	layout() layout
	rows() int
	// prepare orders the rows, and refuses those that the table may not have.
	prepare() error
	// groups calls yield for each row group; the columns are valid until it
	// returns.
	groups(s *staging, yield func([]parquetio.Column) error) error
}

// columnSource is a rowSource that makes the columns of a row group one by one,
// so that no row group is in memory as a whole.
type columnSource interface {
	rowSource
	// columnGroups calls yield for each row group.
	columnGroups(s *staging, yield func(columnGroup) error) error
	// carried are the totals of the row groups that are copied: what the file that
	// they are of has, but for its others.
	carried(s *staging) (*fileTotals, error)
}

// columnGroup is a row group, whose columns are made one by one or copied.
type columnGroup struct {
	rows   int
	column madeColumn
	copied *copiedGroup // instead of column
}

// copiedGroup is a row group of another file, but for some columns.
type copiedGroup struct {
	file    *parquetio.File
	group   int
	instead map[int]*parquetio.Column // by index; valid as long as the row group
}

// madeColumn makes a column, an index of the layout's fields, and calls use with
// it, which is valid until that returns. It may be called by several goroutines,
// once for each column.
type madeColumn func(i int, use func(*parquetio.Column) error) error

// tableRows is a table with rows to publish. It leaves them as they are.
type tableRows[R any] struct {
	*table[R]
	date  calendar.Date
	given []R
	made  Made[R] // instead of given, where it has rows
	order []int32 // the rows' places; nil where they stand in order

	// From prepare on.
	keys, rest []*column[R] // columns
	byKey      func(a, b *R) int
}

func rowsOf[R any](t *table[R], date calendar.Date, rows []R) rowSource {
	return &tableRows[R]{table: t, date: date, given: rows}
}

func madeOr[R any](t *table[R], date calendar.Date, made Made[R], given []R) rowSource {
	return &tableRows[R]{table: t, date: date, given: given, made: made}
}

func (t *tableRows[R]) rows() int { return max(len(t.given), t.made.Rows) }

// row is row i, in scratch where it has to be made.
func (t *tableRows[R]) row(i int, scratch *R) *R {
	if t.made.Rows == 0 {
		return &t.given[i]
	}
	var zero R
	*scratch = zero
	t.made.Row(i, scratch)
	return scratch
}

func (t *tableRows[R]) prepare() error {
	if t.rows() > maxRows {
		return fmt.Errorf("%s: %d rows, more than %d", t.file, t.rows(), maxRows)
	}
	if len(t.given) > 0 && t.made.Rows > 0 {
		return fmt.Errorf("%s: rows that are given, and others to be made", t.file)
	}
	var err error
	if t.keys, t.rest, err = t.columnsInOrder(); err == nil {
		if t.byKey = t.compare; t.byKey == nil {
			t.byKey = func(a, b *R) int { return compareBy(t.keys, a, b) }
		}
		if !t.made.InOrder {
			err = t.sort()
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.file, err)
	}
	return nil
}

// checkRow refuses a row that the table may not have.
func (t *tableRows[R]) checkRow(i int, row *R) error {
	if t.dated != nil && t.dated(row) != t.date {
		return fmt.Errorf("row %d is of %s, the night is %s", i, t.dated(row), t.date)
	}
	if t.check != nil {
		if err := t.check(row); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return nil
}

// fillRows is how many rows one goroutine turns into columns at a time.
const fillRows = 1 << 12

func (t *tableRows[R]) groups(s *staging, yield func([]parquetio.Column) error) error {
	l := t.layout()
	columns, texts, leave := s.columns(&l, t.rows())
	defer leave()
	for first := 0; first < t.rows(); first += s.groupRows {
		err := t.build(s, columns, texts, first, min(first+s.groupRows, t.rows()))
		if err == nil {
			err = yield(columns)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// build fills columns of the table's shape with rows [first, end). There are
// texts for each block of fillRows rows; they hold what is long of these rows.
func (t *tableRows[R]) build(s *staging, columns []parquetio.Column, texts []Texts, first, end int) error {
	for i := range columns {
		columns[i].Resize(end - first)
	}
	if t.dated == nil {
		for i := range columns[0].Ints {
			columns[0].Ints[i] = int64(t.date)
		}
		columns = columns[1:]
	}
	return s.each((end-first+fillRows-1)/fillRows, func(block int) error {
		from := block * fillRows
		texts[block].begin()
		return t.fill(columns, &texts[block], first, from, min(from+fillRows, end-first))
	})
}

// madeRows is how many rows are made before their columns are filled: they stay
// in the cache of a core.
const madeRows = 1 << 6

// fill puts rows [from, to) of the row group that begins at first into columns.
func (t *tableRows[R]) fill(columns []parquetio.Column, texts *Texts, first, from, to int) error {
	var rows []*R
	made := newMaking(t, texts, first+from)
	for from < to {
		end := min(from+madeRows, to)
		rows = rows[:0]
		for at := from; at < end && t.made.Rows == 0; at++ {
			place := first + at
			if t.order != nil {
				place = int(t.order[place])
			}
			rows = append(rows, &t.given[place])
		}
		if t.made.Rows > 0 {
			var err error
			if rows, err = made.next(rows, end-from); err != nil {
				return err
			}
		}
		for i := range t.columns {
			if k, err := t.columns[i].putAll(&columns[i], from, rows); err != nil {
				return fmt.Errorf("column %q, row %d: %w", t.columns[i].name, first+from+k, err)
			}
		}
		from = end
	}
	return nil
}

// making makes the rows of a table one after the other, and checks those that
// are promised to stand in order.
type making[R any] struct {
	*tableRows[R]
	texts  *Texts
	at     int // the next row
	made   []R
	before *R // the last one
}

// newMaking begins with row first.
func newMaking[R any](t *tableRows[R], texts *Texts, first int) *making[R] {
	m := &making[R]{tableRows: t, texts: texts, at: first}
	if t.made.InOrder && first > 0 && first < t.made.Rows {
		m.before = new(R)
		t.made.Row(first-1, m.before)
	}
	return m
}

// next appends the n rows that come next, no more than madeRows. They are valid
// until it is called again.
func (m *making[R]) next(rows []*R, n int) ([]*R, error) {
	if m.made == nil {
		m.made = make([]R, madeRows)
	} else {
		last := *m.before
		m.before = &last
		clear(m.made)
	}
	for i := range n {
		place, row := m.at+i, &m.made[i]
		if m.order != nil {
			place = int(m.order[place])
		}
		if m.tableRows.made.In != nil {
			m.tableRows.made.In(place, row, m.texts)
		} else {
			m.tableRows.made.Row(place, row)
		}
		if m.tableRows.made.InOrder {
			if err := m.checkNext(place, m.before, row); err != nil {
				return nil, err
			}
		}
		m.before = row
		rows = append(rows, row)
	}
	m.at += n
	return rows, nil
}
