package publish

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"amends/pipeline/parquetio"
)

// Output is a published file with its control totals. A file that is not
// Parquet has a size and a digest only.
type Output struct {
	Name   string // below the run's folder, with slashes
	Size   int64
	SHA256 string // hex
	Rows   int64

	// SumsMinor is the exact sum of each money column per currency, in decimal
	// digits, since a sum may exceed 64 bits: column → currency → sum. Columns
	// of files without rows are missing.
	SumsMinor map[string]map[string]string

	// IDHashTotal is the sum, mod 2^64, of the first eight bytes (big endian) of
	// the SHA-256 of each row's id, as 16 hex digits: it changes when a row is
	// lost, doubled or swapped for another with the same amount. Where the id is
	// more than one column their texts are joined by idSeparator.
	IDHashTotal string
}

// idSeparator stands between the columns of an id: ASCII's unit separator.
const idSeparator = "\x1f"

const currencyColumn = "currency"

// totals are the control totals of one row group, while its columns are read
// one after the other, the currency before money.
type totals struct {
	layout *layout
	rows   int
	field  int // that is being read
	row    int // of it

	currencies []string
	currency   []int32           // of each row, an index of currencies
	sums       map[string][]*sum // column → by index of currencies
	ids        [][]string        // of each id column that is text or number, the texts
	idHash     uint64
}

func newTotals(l *layout, rows int) *totals {
	return &totals{layout: l, rows: rows, sums: map[string][]*sum{}, ids: make([][]string, len(l.id))}
}

func (t *totals) begin(field int) { t.field, t.row = field, 0 }

// add takes in the next rows of the field that was begun.
func (t *totals) add(c *parquetio.Column) error {
	f := &t.layout.fields[t.field]
	if f.name == currencyColumn {
		t.addCurrencies(c.Strings)
	}
	if f.summed {
		if err := t.addMoney(f.name, c.Ints); err != nil {
			return err
		}
	}
	if at := slices.Index(t.layout.id, f.name); at >= 0 {
		t.addIDs(at, c)
	}
	t.row += c.Rows()
	return nil
}

func (t *totals) addCurrencies(texts []string) {
	t.currency = slices.Grow(t.currency, t.rows-t.row)
	last := int32(-1)
	for _, text := range texts {
		if last < 0 || t.currencies[last] != text {
			if last = int32(slices.Index(t.currencies, text)); last < 0 {
				last = int32(len(t.currencies))
				t.currencies = append(t.currencies, strings.Clone(text))
			}
		}
		t.currency = append(t.currency, last)
	}
}

func (t *totals) addMoney(column string, minors []int64) error {
	if len(t.currency) < t.row+len(minors) {
		return fmt.Errorf("column %q: %w", column, errNoCurrency)
	}
	sums := t.sums[column]
	for len(sums) < len(t.currencies) {
		sums = append(sums, &sum{})
	}
	t.sums[column] = sums
	for i, v := range minors {
		sums[t.currency[t.row+i]].add(v)
	}
	return nil
}

// addIDs hashes ids of one column at once; where an id is more than one column,
// their texts wait for each other.
func (t *totals) addIDs(at int, c *parquetio.Column) {
	single := len(t.ids) == 1
	for row := range c.Rows() {
		var part string
		if c.Type == parquetio.String {
			part = c.Strings[row]
		} else {
			part = strconv.FormatInt(c.Ints[row], 10)
		}
		if single {
			t.idHash += hashID(part)
		} else {
			t.ids[at] = append(t.ids[at], strings.Clone(part)) // the column's is borrowed
		}
	}
}

// end completes the id hash total, and makes sure that every row was seen.
func (t *totals) end() error {
	if t.row != t.rows {
		return fmt.Errorf("%d rows were read, not %d", t.row, t.rows)
	}
	if len(t.ids) == 1 {
		return nil
	}
	parts := make([]string, len(t.ids))
	for row := range t.rows {
		for i := range parts {
			parts[i] = t.ids[i][row]
		}
		t.idHash += hashID(strings.Join(parts, idSeparator))
	}
	t.ids = nil
	return nil
}

// fileTotals are the control totals of a file, or of some of its row groups.
type fileTotals struct {
	rows   int64
	idHash uint64
	sums   map[string]map[string]*big.Int // column → currency
}

func newFileTotals() *fileTotals { return &fileTotals{sums: map[string]map[string]*big.Int{}} }

// of is the sum of a column in a currency, to be changed.
func (f *fileTotals) of(column, currency string) *big.Int {
	if f.sums[column] == nil {
		f.sums[column] = map[string]*big.Int{}
	}
	if f.sums[column][currency] == nil {
		f.sums[column][currency] = new(big.Int)
	}
	return f.sums[column][currency]
}

// add adds the totals of a row group.
func (f *fileTotals) add(t *totals) {
	f.rows += int64(t.rows)
	f.idHash += t.idHash
	for column, list := range t.sums {
		for i, s := range list {
			total := f.of(column, t.currencies[i])
			total.Add(total, s.value())
		}
	}
}

// subtract takes the totals of a row group away. Currencies of which nothing is
// left are gone: some column of every row is above zero.
func (f *fileTotals) subtract(t *totals) {
	f.rows -= int64(t.rows)
	f.idHash -= t.idHash
	for column, list := range t.sums {
		for i, s := range list {
			total := f.of(column, t.currencies[i])
			total.Sub(total, s.value())
		}
	}
	for _, currency := range t.currencies {
		left := false
		for _, sums := range f.sums {
			left = left || sums[currency] != nil && sums[currency].Sign() != 0
		}
		for column, sums := range f.sums {
			if !left {
				delete(sums, currency)
			}
			if len(sums) == 0 {
				delete(f.sums, column)
			}
		}
	}
}

// put puts the totals into a file's output.
func (f *fileTotals) put(out *Output) {
	out.Rows, out.IDHashTotal = f.rows, formatHash(f.idHash)
	for column, sums := range f.sums {
		if out.SumsMinor == nil {
			out.SumsMinor = map[string]map[string]string{}
		}
		out.SumsMinor[column] = map[string]string{}
		for currency, total := range sums {
			out.SumsMinor[column][currency] = total.String()
		}
	}
}

// totalsOf are the totals of an output.
func totalsOf(out Output) (*fileTotals, error) {
	f := newFileTotals()
	f.rows = out.Rows
	var err error
	if f.idHash, err = strconv.ParseUint(out.IDHashTotal, 16, 64); err != nil {
		return nil, fmt.Errorf("id hash total %q: %w", out.IDHashTotal, err)
	}
	for column, sums := range out.SumsMinor {
		for currency, text := range sums {
			if _, ok := f.of(column, currency).SetString(text, 10); !ok {
				return nil, fmt.Errorf("sum of %s in %s is %q", column, currency, text)
			}
		}
	}
	return f, nil
}

// hashID is what a row adds to the id hash total.
func hashID(id string) uint64 {
	digest := sha256.Sum256(unsafe.Slice(unsafe.StringData(id), len(id))) // read only: no copy of a million ids
	return binary.BigEndian.Uint64(digest[:8])
}

func formatHash(total uint64) string { return fmt.Sprintf("%016x", total) }

// sum is an exact sum of 64-bit integers: small until it would overflow.
type sum struct {
	small int64
	large big.Int
}

func (s *sum) add(v int64) {
	next := s.small + v
	if (v > 0) != (next > s.small) && v != 0 {
		s.large.Add(&s.large, big.NewInt(s.small))
		next = v
	}
	s.small = next
}

func (s *sum) value() *big.Int { return new(big.Int).Add(&s.large, big.NewInt(s.small)) }

func (s *sum) String() string { return s.value().String() }

func digest(content []byte) string {
	d := sha256.Sum256(content)
	return hex.EncodeToString(d[:])
}
