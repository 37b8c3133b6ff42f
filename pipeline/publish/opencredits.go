package publish

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// ErrOpenOrder is why an open.parquet is not merged: its credits do not ascend.
var ErrOpenOrder = errors.New("credits are not in the order of their ids")

// OpenCredits is an open.parquet that is read one row group at a time, so that a
// ledger with millions of open credits is never in memory. It is safe for
// concurrent use as its source is.
type OpenCredits struct{ file *parquetio.File }

// NewOpenCredits opens an open.parquet of size bytes, whose digest its caller has
// checked. The reader must stay as long as the file is used.
func NewOpenCredits(r io.ReaderAt, size int64) (*OpenCredits, error) {
	file, err := parquetio.Open(r, size, parquetio.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", openTable.file, err)
	}
	return &OpenCredits{file}, nil
}

// Rows returns how many credits the file has.
func (f *OpenCredits) Rows() int64 { return f.file.Rows() }

// Each visits the credits in the order of their ids, many at a time, until visit
// returns an error. The slice is visit's until it returns; the texts are its own.
func (f *OpenCredits) Each(visit func([]ledger.Credit) error) error {
	var rows []ledger.Credit
	last := ""
	for group := range f.file.GroupRows() {
		columns, err := f.columns(group)
		if err != nil {
			return err
		}
		n := columns[0].Rows()
		rows = slices.Grow(rows[:0], n)[:n]
		clear(rows)
		for i := range openTable.columns {
			if err := openTable.columns[i].parse(&columns[i+1], rows); err != nil {
				return fmt.Errorf("%s: %w", openTable.file, err)
			}
		}
		for i := range rows {
			if rows[i].CreditID <= last {
				return fmt.Errorf("%s: row %d of row group %d: %w", openTable.file, i, group, ErrOpenOrder)
			}
			last = rows[i].CreditID
		}
		if err := visit(rows); err != nil {
			return err
		}
	}
	return nil
}

// columns reads a row group: every column of the table, in its order.
func (f *OpenCredits) columns(group int) ([]parquetio.Column, error) {
	l := openTable.layout()
	names := make([]string, len(l.fields))
	for i, field := range l.fields {
		names[i] = field.name
	}
	columns, err := f.file.ReadGroup(group, names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", openTable.file, err)
	}
	return columns, nil
}

// openColumns are the columns of a night's open.parquet: the credits of the
// night before, with those of Open in place of what they were and among them.
func openColumns(n *Night) ([]parquetio.Column, error) {
	if n.OpenBefore == nil {
		return openTable.build(n.Date, n.Open)
	}
	changed := slices.DeleteFunc(slices.Clone(n.Open), func(c ledger.Credit) bool { return c.Remaining() <= 0 })
	fresh, err := openTable.build(n.Date, changed)
	if err != nil {
		return nil, err
	}
	replaced := make(map[string]bool, len(n.Open))
	for i := range n.Open {
		replaced[n.Open[i].CreditID] = true
	}
	m := openMerge{date: n.Date, fresh: fresh, replaced: replaced}
	m.out = make([]parquetio.Column, len(fresh))
	for i := range fresh {
		m.out[i] = parquetio.Column{Name: fresh[i].Name, Type: fresh[i].Type, Optional: fresh[i].Optional}
	}
	for group := range n.OpenBefore.file.GroupRows() {
		columns, err := n.OpenBefore.columns(group)
		if err == nil {
			err = m.add(columns)
		}
		if err != nil {
			return nil, err
		}
	}
	m.take(m.fresh, m.next, m.fresh[0].Rows())
	return m.out, nil
}

// openMerge merges sorted rows into those of an earlier file, in columns.
type openMerge struct {
	date     calendar.Date
	fresh    []parquetio.Column // what is left of the credits that changed, sorted
	next     int                // of fresh
	replaced map[string]bool
	last     string // the credit before, of the earlier file
	out      []parquetio.Column
}

// openIDColumn is where credit_id stands in open.parquet, after business_date.
const openIDColumn = 1

// add merges the columns of a row group.
func (m *openMerge) add(columns []parquetio.Column) error {
	ids := columns[openIDColumn].Strings
	fresh := m.fresh[openIDColumn].Strings
	from := 0
	for i, id := range ids {
		if id <= m.last {
			return fmt.Errorf("%s: credit %.40q: %w", openTable.file, id, ErrOpenOrder)
		}
		m.last = id
		before := m.next < len(fresh) && fresh[m.next] < id
		if !before && !m.replaced[id] {
			continue
		}
		m.take(columns, from, i)
		from = i
		for m.next < len(fresh) && fresh[m.next] <= id {
			m.take(m.fresh, m.next, m.next+1)
			m.next++
		}
		if m.replaced[id] {
			from = i + 1
		}
	}
	m.take(columns, from, len(ids))
	return nil
}

// take appends rows [first, end) of columns, as rows of the night.
func (m *openMerge) take(columns []parquetio.Column, first, end int) {
	for i := range columns {
		in, out := &columns[i], &m.out[i]
		switch {
		case i == 0: // business_date
			out.Ints = append(out.Ints, slices.Repeat([]int64{int64(m.date)}, end-first)...)
		case in.Type == parquetio.String:
			out.Strings = append(out.Strings, in.Strings[first:end]...)
		default:
			out.Ints = append(out.Ints, in.Ints[first:end]...)
		}
		switch {
		case !out.Optional:
		case in.Valid == nil:
			out.Valid = append(out.Valid, slices.Repeat([]bool{true}, end-first)...)
		default:
			out.Valid = append(out.Valid, in.Valid[first:end]...)
		}
	}
}
