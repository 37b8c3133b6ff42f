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

// OpenCredits is an open.parquet that is read some rows at a time, so that a
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
	var wanted []*column[ledger.Credit]
	var cursors []*parquetio.Cursor
	for i := range openTable.columns {
		c := &openTable.columns[i]
		if c.name != openIDName && !slices.Contains(names, c.name) {
			continue
		}
		cursor, err := f.file.Cursor(c.name)
		if err != nil {
			return fmt.Errorf("%s: %w", openTable.file, err)
		}
		wanted, cursors = append(wanted, c), append(cursors, cursor)
	}
	var rows []ledger.Credit
	last := ""
	for first := 0; ; first += len(rows) {
		for i, c := range wanted {
			part, err := cursors[i].Next()
			if err == nil {
				if i == 0 {
					rows = slices.Grow(rows[:0], part.Rows())[:part.Rows()]
					clear(rows)
				}
				err = c.parse(part, rows)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", openTable.file, err)
			}
		}
		if len(rows) == 0 {
			return nil
		}
		for i := range rows {
			if rows[i].CreditID <= last {
				return fmt.Errorf("%s: row %d: %w", openTable.file, first+i, ErrOpenOrder)
			}
			last = rows[i].CreditID
		}
		if err := visit(rows); err != nil {
			return err
		}
	}
}
