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

// OpenColumns are the names of all columns of an open.parquet but business_date.
func OpenColumns() []string {
	var names []string
	for i := range openTable.columns {
		names = append(names, openTable.columns[i].name)
	}
	return names
}

const openIDName = "credit_id"

// Each visits the credits in the order of their ids, many at a time, until visit
// returns an error. Only credit_id and the columns that are named are read; the
// rest of a credit is zero. The slice is visit's until it returns; the texts are
// its own.
func (f *OpenCredits) Each(names []string, visit func([]ledger.Credit) error) error {
	wanted := []*column[ledger.Credit]{}
	read := []string{}
	for i := range openTable.columns {
		if c := &openTable.columns[i]; c.name == openIDName || slices.Contains(names, c.name) {
			wanted, read = append(wanted, c), append(read, c.name)
		}
	}
	var rows []ledger.Credit
	last := ""
	for group := range f.file.GroupRows() {
		columns, err := f.file.ReadGroup(group, read)
		if err != nil {
			return fmt.Errorf("%s: %w", openTable.file, err)
		}
		n := columns[0].Rows()
		rows = slices.Grow(rows[:0], n)[:n]
		clear(rows)
		for i, c := range wanted {
			if err := c.parse(&columns[i], rows); err != nil {
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

// openRows are the rows of a night's open.parquet: the credits of the night
// before, with those of Open in place of what they were and among them.
func openRows(n *Night) rowSource {
	if n.OpenBefore == nil {
		return rowsOf(&openTable, n.Date, n.Open)
	}
	left := slices.DeleteFunc(slices.Clone(n.Open), func(c ledger.Credit) bool { return c.Remaining() <= 0 })
	return &openMerged{
		tableRows: &tableRows[ledger.Credit]{table: &openTable, date: n.Date, given: left}, before: n.OpenBefore, changed: n.Open,
	}
}

// openMerged is the credits of an earlier file, and those that changed since.
type openMerged struct {
	*tableRows[ledger.Credit] // those that changed and have value left
	before                    *OpenCredits
	changed                   []ledger.Credit
}

// rows is how many there are at most.
func (m *openMerged) rows() int { return int(m.before.Rows()) + len(m.given) }

func (m *openMerged) groups(s *staging, yield func([]parquetio.Column) error) error {
	l := m.layout()
	out, leave := s.columns(&l)
	defer leave()
	merge := openMerge{
		date: m.date, replaced: make(map[string]bool, len(m.changed)), fresh: l.shape(), out: out, yield: yield, groupRows: s.groupRows,
	}
	for i := range m.changed {
		merge.replaced[m.changed[i].CreditID] = true
	}
	if err := m.build(s, merge.fresh, 0, len(m.given)); err != nil {
		return err
	}
	for group := range m.before.file.GroupRows() {
		columns, err := m.before.columns(group)
		if err == nil {
			err = merge.add(columns)
		}
		if err != nil {
			return err
		}
	}
	if err := merge.take(merge.fresh, merge.next, len(m.given)); err != nil {
		return err
	}
	return merge.flush()
}

// openMerge merges sorted rows into those of an earlier file, in columns.
type openMerge struct {
	date     calendar.Date
	fresh    []parquetio.Column // the credits that changed, sorted
	next     int                // of fresh
	replaced map[string]bool
	last     string // the credit before, of the earlier file
	out      []parquetio.Column
	// yield is called with out where it is a row group, of groupRows but for the
	// last.
	yield     func([]parquetio.Column) error
	groupRows int
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
		if err := m.take(columns, from, i); err != nil {
			return err
		}
		from = i
		first := m.next
		for m.next < len(fresh) && fresh[m.next] <= id {
			m.next++
		}
		if err := m.take(m.fresh, first, m.next); err != nil {
			return err
		}
		if m.replaced[id] {
			from = i + 1
		}
	}
	return m.take(columns, from, len(ids))
}

// take appends rows [first, end) of columns, as rows of the night.
func (m *openMerge) take(columns []parquetio.Column, first, end int) error {
	for first < end {
		rows := min(end-first, m.groupRows-m.out[0].Rows())
		for i := range columns {
			takeColumn(&m.out[i], &columns[i], first, first+rows)
		}
		for i := len(m.out[0].Ints) - rows; i < len(m.out[0].Ints); i++ {
			m.out[0].Ints[i] = int64(m.date) // business_date
		}
		first += rows
		if m.out[0].Rows() == m.groupRows {
			if err := m.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func takeColumn(out, in *parquetio.Column, first, end int) {
	if in.Type == parquetio.String {
		out.Strings = append(out.Strings, in.Strings[first:end]...)
	} else {
		out.Ints = append(out.Ints, in.Ints[first:end]...)
	}
	switch {
	case !out.Optional:
	case in.Valid == nil:
		for range end - first {
			out.Valid = append(out.Valid, true)
		}
	default:
		out.Valid = append(out.Valid, in.Valid[first:end]...)
	}
}

// flush gives out the row group that is complete, and begins another.
func (m *openMerge) flush() error {
	if m.out[0].Rows() == 0 {
		return nil
	}
	err := m.yield(m.out)
	for i := range m.out {
		m.out[i].Resize(0)
	}
	return err
}
