package publish

import (
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
	// rank is part of that order: of two rows with other ranks, that of the lower
	// class or in it of the lesser text is the lesser.
	rank    func(*R) (class int64, text string)
	id      []string // the columns whose hashes are totalled
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
	rows, err := t.readRows(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.file, err)
	}
	return rows, nil
}

func (t *table[R]) readRows(r io.ReaderAt, size int64) ([]R, error) {
	f, err := parquetio.Open(r, size, parquetio.Limits{})
	if err != nil {
		return nil, err
	}
	fields := t.layout().fields
	places := make([]int, len(fields)) // in the file
	for i := range fields {
		var ok bool
		if places[i], ok = f.Field(fields[i].name); !ok {
			return nil, fmt.Errorf("no column %q", fields[i].name)
		}
	}
	// There are as many rows as a first column has, whatever a footer says.
	count := 0
	err = eachPart(f, places[0], func(part *parquetio.Column) error {
		count += part.Rows()
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows := make([]R, count)
	if t.dated == nil {
		places = places[1:]
	}
	return rows, inParallel(len(t.columns), func(i int) error {
		first := 0
		return eachPart(f, places[i], func(part *parquetio.Column) error {
			end := first + part.Rows()
			if end > count {
				return fmt.Errorf("column %q has more than %d values", t.columns[i].name, count)
			}
			err := t.columns[i].parse(part, rows[first:end], first)
			first = end
			return err
		})
	})
}

// eachPart visits the parts of a column of all row groups.
func eachPart(f *parquetio.File, index int, visit func(*parquetio.Column) error) error {
	var buffers parquetio.Buffers
	for group := range f.GroupRows() {
		if err := f.ReadColumn(group, index, &buffers, visit); err != nil {
			return err
		}
	}
	return nil
}
