package publish

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"

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

// totals computes control totals from whole columns in the layout's order.
func totals(l layout, columns []parquetio.Column) (rows int64, sums map[string]map[string]string, idHash string, err error) {
	var currency *parquetio.Column
	byName := make(map[string]*parquetio.Column, len(columns))
	for i := range columns {
		byName[columns[i].Name] = &columns[i]
	}
	currency = byName[currencyColumn]
	count := columns[0].Rows()
	for _, f := range l.fields {
		if !f.summed || count == 0 {
			continue
		}
		if currency == nil {
			return 0, nil, "", fmt.Errorf("column %q has no currency beside it", f.name)
		}
		if sums == nil {
			sums = map[string]map[string]string{}
		}
		sums[f.name] = sumByCurrency(byName[f.name].Ints, currency.Strings)
	}
	var total uint64
	parts := make([]string, len(l.id))
	for row := range count {
		for i, name := range l.id {
			c := byName[name]
			if c.Type == parquetio.String {
				parts[i] = c.Strings[row]
			} else {
				parts[i] = strconv.FormatInt(c.Ints[row], 10)
			}
		}
		total += hashID(strings.Join(parts, idSeparator))
	}
	return int64(count), sums, formatHash(total), nil
}

// hashID is what a row adds to the id hash total.
func hashID(id string) uint64 {
	digest := sha256.Sum256([]byte(id))
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

func (s *sum) String() string {
	return new(big.Int).Add(&s.large, big.NewInt(s.small)).String()
}

func sumByCurrency(minors []int64, currencies []string) map[string]string {
	sums := map[string]*sum{}
	for i, v := range minors {
		s := sums[currencies[i]]
		if s == nil {
			s = &sum{}
			sums[currencies[i]] = s
		}
		s.add(v)
	}
	out := make(map[string]string, len(sums))
	for currency, s := range sums {
		out[currency] = s.String()
	}
	return out
}

func digest(content []byte) string {
	d := sha256.Sum256(content)
	return hex.EncodeToString(d[:])
}
