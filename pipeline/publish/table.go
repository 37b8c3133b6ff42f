package publish

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// layout is a table without its row type.
type layout struct {
	file   string
	fields []field // business_date first
	id     []string
}

// table describes one Parquet file: it is how the file is written, read and
// checked.
type table[R any] struct {
	file    string
	key     []string          // the columns that order rows; the rest break ties, in their order
	unique  bool              // no two rows of one key
	compare func(a, b *R) int // instead of key's order, where the rows have one of their own
	id      []string          // the columns whose hashes are totalled
	columns []column[R]

	// dated rows carry the business date themselves; it must be the night's.
	dated func(*R) calendar.Date
	check func(*R) error // nil where the columns say it all
}

const businessDate = "business_date"

func (t *table[R]) layout() layout {
	l := layout{file: t.file, id: t.id}
	if t.dated == nil {
		l.fields = append(l.fields, field{name: businessDate, kind: parquetio.Date})
	}
	for i := range t.columns {
		l.fields = append(l.fields, t.columns[i].field)
	}
	return l
}

// build sorts rows and turns them into columns. It leaves rows as they are.
func (t *table[R]) build(date calendar.Date, rows []R) ([]parquetio.Column, error) {
	if len(rows) > maxRows {
		return nil, fmt.Errorf("%s: %d rows, more than %d", t.file, len(rows), maxRows)
	}
	sorted := make([]*R, len(rows))
	for i := range rows {
		sorted[i] = &rows[i]
		if t.dated != nil && t.dated(sorted[i]) != date {
			return nil, fmt.Errorf("%s: row %d is of %s, the night is %s", t.file, i, t.dated(sorted[i]), date)
		}
		if t.check != nil {
			if err := t.check(sorted[i]); err != nil {
				return nil, fmt.Errorf("%s: row %d: %w", t.file, i, err)
			}
		}
	}
	if err := t.sort(sorted); err != nil {
		return nil, fmt.Errorf("%s: %w", t.file, err)
	}
	var out []parquetio.Column
	if t.dated == nil {
		days := make([]int64, len(rows))
		for i := range days {
			days[i] = int64(date)
		}
		out = append(out, parquetio.Column{Name: businessDate, Type: parquetio.Date, Ints: days})
	}
	for i := range t.columns {
		built, err := t.columns[i].build(sorted)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.file, err)
		}
		out = append(out, built)
	}
	return out, nil
}

// sort is the one total order of a table: its key, then every other column, so
// that rows which stand in either order are equal.
func (t *table[R]) sort(rows []*R) error {
	keys, rest, err := t.order()
	if err != nil {
		return err
	}
	byKey := t.compare
	if byKey == nil {
		byKey = func(a, b *R) int { return compareBy(keys, a, b) }
	}
	whole := func(a, b *R) int { return cmp.Or(byKey(a, b), compareBy(rest, a, b)) }
	switch {
	case slices.IsSortedFunc(rows, whole): // cheaper than sorting, and often so
	case t.compare != nil:
		slices.SortFunc(rows, whole)
	default:
		sortByText(rows, keys[0], whole)
	}
	for i := 1; t.unique && i < len(rows); i++ {
		if byKey(rows[i-1], rows[i]) == 0 {
			return fmt.Errorf("two rows with the same %v: %s", t.key, describe(keys, rows[i]))
		}
	}
	return nil
}

// sortByText sorts by a text, kept beside its row so that most comparisons do
// not touch the row, and by whole where texts are equal.
func sortByText[R any](rows []*R, first *column[R], whole func(a, b *R) int) {
	type keyed struct {
		key string
		row *R
	}
	entries := make([]keyed, len(rows))
	for i, r := range rows {
		key, _ := first.text(r) // an error here is one in build, which reports it
		entries[i] = keyed{key, r}
	}
	slices.SortFunc(entries, func(a, b keyed) int {
		if order := cmp.Compare(a.key, b.key); order != 0 {
			return order
		}
		return whole(a.row, b.row)
	})
	for i := range entries {
		rows[i] = entries[i].row
	}
}

func (t *table[R]) order() (keys, rest []*column[R], err error) {
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

// read returns a file's rows in the file's order.
func (t *table[R]) read(r io.ReaderAt, size int64) ([]R, error) {
	columns, err := readColumns(t.layout(), r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.file, err)
	}
	rows := make([]R, columns[0].Rows())
	if t.dated == nil {
		columns = columns[1:]
	}
	for i := range t.columns {
		if err := t.columns[i].parse(&columns[i], rows); err != nil {
			return nil, fmt.Errorf("%s: %w", t.file, err)
		}
	}
	return rows, nil
}

// readColumns reads every column of a table, in the layout's order.
func readColumns(l layout, r io.ReaderAt, size int64) ([]parquetio.Column, error) {
	names := make([]string, len(l.fields))
	for i, f := range l.fields {
		names[i] = f.name
	}
	columns, err := parquetio.ReadTable(r, size, names)
	if err != nil {
		return nil, err
	}
	if len(columns) != len(names) {
		return nil, errors.New("columns are missing")
	}
	return columns, nil
}
