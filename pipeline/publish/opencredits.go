package publish

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// ErrOpenTwice is why an open.parquet is not merged: it has a credit twice.
var ErrOpenTwice = errors.New("two rows of one credit")

// OpenCredits is an open.parquet that is read some rows at a time, so that a
// ledger with millions of open credits is never in memory. It is safe for
// concurrent use as its source is.
type OpenCredits struct {
	file   *parquetio.File
	listed Output
}

// NewOpenCredits opens an open.parquet as its manifest lists it, whose digest its
// caller has checked. The reader must stay as long as the file is used.
func NewOpenCredits(r io.ReaderAt, listed Output) (*OpenCredits, error) {
	file, err := parquetio.Open(r, listed.Size, parquetio.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", openTable.file, err)
	}
	if file.Rows() != listed.Rows {
		return nil, fmt.Errorf("%s: %d rows, and its manifest lists %d", openTable.file, file.Rows(), listed.Rows)
	}
	return &OpenCredits{file, listed}, nil
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

const (
	openIDName     = "credit_id"
	openIssuedName = "issued"
)

// Groups returns in how many row groups the credits stand.
func (f *OpenCredits) Groups() int { return len(f.file.GroupRows()) }

// Each visits the credits of a row group in the order of the file, many at a time,
// until visit returns an error. Only credit_id and the columns that are named are
// read; the rest of a credit is zero. The slice and its texts are visit's until it
// returns. Several row groups may be visited at once.
func (f *OpenCredits) Each(group int, names []string, visit func([]ledger.Credit) error) error {
	reader, err := openTable.reader(f.file, func(name string) bool { return name == openIDName || slices.Contains(names, name) })
	if err != nil {
		return fmt.Errorf("%s: %w", openTable.file, err)
	}
	first, left := 0, int(f.file.GroupRows()[group])
	for _, rows := range f.file.GroupRows()[:group] {
		first += int(rows)
	}
	reader.seek(group)
	for left > 0 {
		rows, err := reader.next(first, 1)
		if err == nil && (len(rows) == 0 || len(rows) > left) {
			err = fmt.Errorf("a row group has not the %d rows that its file's footer says", f.file.GroupRows()[group])
		}
		if err != nil {
			return fmt.Errorf("%s: %w", openTable.file, err)
		}
		reader.release()
		if err := visit(rows); err != nil {
			return err
		}
		first, left = first+len(rows), left-len(rows)
	}
	return nil
}

// openRange is between what the ids and dates of issue of a row group lie.
type openRange struct {
	least, most      string
	earliest, latest calendar.Date
	ids              bool // whether least and most are known
}

// has is false where a row group cannot have a credit.
func (r *openRange) has(c *ledger.Credit) bool {
	return c.Issued >= r.earliest && c.Issued <= r.latest && (!r.ids || c.CreditID >= r.least && c.CreditID <= r.most)
}

// ranges are those of each row group, as far as the footer tells.
func (f *OpenCredits) ranges() ([]openRange, error) {
	id, known := f.file.Field(openIDName)
	issued, there := f.file.Field(openIssuedName)
	if !known || !there {
		return nil, fmt.Errorf("%s: no column %q or %q", openTable.file, openIDName, openIssuedName)
	}
	ranges := make([]openRange, len(f.file.GroupRows()))
	for group := range ranges {
		r := &ranges[group]
		r.earliest, r.latest = math.MinInt32, math.MaxInt32
		if s, ok := f.file.Statistics(group, issued); ok {
			if least, most, ok := s.Ints(&f.file.Fields()[issued]); ok {
				r.earliest, r.latest = calendar.Date(least), calendar.Date(most)
			}
		}
		if s, ok := f.file.Statistics(group, id); ok && s.Ranged {
			r.least, r.most, r.ids = string(s.Least), string(s.Most), true
		}
	}
	return ranges, nil
}
