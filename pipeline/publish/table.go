package publish

import (
	"errors"
	"fmt"
	"io"

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
