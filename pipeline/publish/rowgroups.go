package publish

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

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

// tableRows is a table with rows to publish. It leaves them as they are.
type tableRows[R any] struct {
	*table[R]
	date  calendar.Date
	given []R
	order []int32 // of given; nil where it stands in order
}

func rowsOf[R any](t *table[R], date calendar.Date, rows []R) rowSource {
	return &tableRows[R]{table: t, date: date, given: rows}
}

func (t *tableRows[R]) rows() int { return len(t.given) }

func (t *tableRows[R]) at(i int) *R {
	if t.order != nil {
		i = int(t.order[i])
	}
	return &t.given[i]
}

func (t *tableRows[R]) prepare() error {
	if len(t.given) > maxRows {
		return fmt.Errorf("%s: %d rows, more than %d", t.file, len(t.given), maxRows)
	}
	for i := range t.given {
		row := &t.given[i]
		if t.dated != nil && t.dated(row) != t.date {
			return fmt.Errorf("%s: row %d is of %s, the night is %s", t.file, i, t.dated(row), t.date)
		}
		if t.check != nil {
			if err := t.check(row); err != nil {
				return fmt.Errorf("%s: row %d: %w", t.file, i, err)
			}
		}
	}
	if err := t.sort(); err != nil {
		return fmt.Errorf("%s: %w", t.file, err)
	}
	return nil
}

// sort is the one total order of a table: its key, then every other column, so
// that rows which stand in either order are equal.
func (t *tableRows[R]) sort() error {
	keys, rest, err := t.columnsInOrder()
	if err != nil {
		return err
	}
	byKey := t.compare
	if byKey == nil {
		byKey = func(a, b *R) int { return compareBy(keys, a, b) }
	}
	whole := func(a, b *R) int { return cmp.Or(byKey(a, b), compareBy(rest, a, b)) }
	sorted := true // often so, and cheaper than sorting
	for i := 1; i < len(t.given) && sorted; i++ {
		sorted = whole(&t.given[i-1], &t.given[i]) <= 0
	}
	switch {
	case sorted:
	case t.compare != nil:
		t.order = make([]int32, len(t.given))
		for i := range t.order {
			t.order[i] = int32(i)
		}
		slices.SortFunc(t.order, func(a, b int32) int { return whole(&t.given[a], &t.given[b]) })
	default:
		t.sortByText(keys[0], whole)
	}
	for i := 1; t.unique && i < len(t.given); i++ {
		if byKey(t.at(i-1), t.at(i)) == 0 {
			return fmt.Errorf("two rows with the same %v: %s", t.key, describe(keys, t.at(i)))
		}
	}
	return nil
}

// sortByText sorts by a text, kept beside its row's place so that most
// comparisons do not touch the row, and by whole where texts are equal.
func (t *tableRows[R]) sortByText(first *column[R], whole func(a, b *R) int) {
	type keyed struct {
		key string
		row int32
	}
	entries := make([]keyed, len(t.given))
	for i := range t.given {
		key, _ := first.text(&t.given[i]) // an error here is one in fill, which reports it
		entries[i] = keyed{key, int32(i)}
	}
	slices.SortFunc(entries, func(a, b keyed) int {
		if order := cmp.Compare(a.key, b.key); order != 0 {
			return order
		}
		return whole(&t.given[a.row], &t.given[b.row])
	})
	t.order = make([]int32, len(entries))
	for i := range entries {
		t.order[i] = entries[i].row
	}
}

// fillRows is how many rows one goroutine turns into columns at a time.
const fillRows = 1 << 12

func (t *tableRows[R]) groups(s *staging, yield func([]parquetio.Column) error) error {
	l := t.layout()
	columns := l.shape()
	for first := 0; first < len(t.given); first += s.groupRows {
		err := t.build(s, columns, first, min(first+s.groupRows, len(t.given)))
		if err == nil {
			err = yield(columns)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// build fills columns of the table's shape with rows [first, end).
func (t *tableRows[R]) build(s *staging, columns []parquetio.Column, first, end int) error {
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
		return t.fill(columns, first, from, min(from+fillRows, end-first))
	})
}

// fill puts rows [from, to) of the row group that begins at first into columns.
func (t *tableRows[R]) fill(columns []parquetio.Column, first, from, to int) error {
	for i := range t.columns {
		c, out := &t.columns[i], &columns[i]
		for at := from; at < to; at++ {
			if err := c.put(out, at, t.at(first+at)); err != nil {
				return fmt.Errorf("column %q, row %d: %w", c.name, first+at, err)
			}
		}
	}
	return nil
}

// columnsInOrder are the columns of the key and the others.
func (t *table[R]) columnsInOrder() (keys, rest []*column[R], err error) {
	for _, name := range t.key {
		at := slices.IndexFunc(t.columns, func(c column[R]) bool { return c.name == name })
		if at < 0 {
			return nil, nil, fmt.Errorf("no column %q", name)
		}
		keys = append(keys, &t.columns[at])
	}
	for i := range t.columns {
		if !slices.Contains(t.key, t.columns[i].name) {
			rest = append(rest, &t.columns[i])
		}
	}
	return keys, rest, nil
}

func compareBy[R any](columns []*column[R], a, b *R) int {
	for _, c := range columns {
		order := 0
		if c.text != nil {
			left, _ := c.text(a)
			right, _ := c.text(b)
			order = cmp.Compare(left, right)
		} else {
			order = cmp.Compare(c.number(a), c.number(b))
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

func describe[R any](columns []*column[R], r *R) string {
	var out bytes.Buffer
	for i, c := range columns {
		if i > 0 {
			out.WriteString(", ")
		}
		if c.text != nil {
			s, _ := c.text(r)
			out.WriteString(s)
		} else {
			fmt.Fprint(&out, c.number(r))
		}
	}
	return out.String()
}
