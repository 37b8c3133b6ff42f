package publish

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
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
