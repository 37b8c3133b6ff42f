// Package parquetio is the one place that owns Arrow: it writes the product's
// own Parquet files and reads anybody's. Its law: a file that is corrupt gives
// an error that names the place, never a dead process, a hang, memory beyond
// the limits, or fewer rows than its footer states.
//
// Writing is the library's, and so are footers and schemas when reading. Pages
// are decoded here: the library's batch reader goes round for ever where
// definition levels run out, drops the error of starting a page, allocates what
// a delta block or a dictionary declares, and verifies no checksum.
//
// What a value means (money, rejects, zones) is for package scan; here are only
// columns of Parquet's own types.
package parquetio

import "fmt"

// ColumnType is how a column is written. The comment names the slice of Column
// that holds its values.
type ColumnType uint8

// The types that Write knows. Money is Int64 minor units beside a currency;
// the decimals exist for test files, because the library that encodes them
// truncates silently.
const (
	Bool           ColumnType = iota + 1 // Ints: 0 or 1
	Int32                                // Ints
	Int64                                // Ints
	String                               // Strings, UTF-8
	Timestamp                            // Ints: microseconds since 1970-01-01T00:00:00Z
	LocalTimestamp                       // Ints: microseconds since 1970-01-01T00:00:00 in no stated zone
	Date                                 // Ints: days since 1970-01-01
	Double                               // Floats
	Decimal64                            // Ints: unscaled, at most 18 digits, as INT64
	DecimalFixed                         // Ints: unscaled, at most 18 digits, as FIXED_LEN_BYTE_ARRAY
)

var columnTypeNames = [...]string{"invalid", "bool", "int32", "int64", "string", "timestamp", "local timestamp", "date",
	"double", "decimal64", "fixed decimal"}

func (t ColumnType) String() string {
	if int(t) < len(columnTypeNames) {
		return columnTypeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Column is one whole column: one entry a row in the slice that its type uses,
// the others nil. The entry of a null is ignored when written and zero when read.
type Column struct {
	Name     string
	Type     ColumnType
	Optional bool
	Ints     []int64
	Strings  []string
	Floats   []float64
	Valid    []bool // nil means that no value is null; otherwise one entry a row
	Scale    int    // decimals: digits after the point

	// Plain is the texts of a part once more, where they stand in a page, none of
	// them null: each behind its length, four bytes, the least first. It is nil
	// where they do not stand so, and as valid as the part. Writing looks at Strings.
	Plain []byte
}

// part is rows [first, end) of a column, in its memory.
func (c *Column) part(first, end int) Column {
	part := Column{Name: c.Name, Type: c.Type, Optional: c.Optional, Scale: c.Scale}
	switch c.Type {
	case String:
		part.Strings = c.Strings[first:end]
	case Double:
		part.Floats = c.Floats[first:end]
	default:
		part.Ints = c.Ints[first:end]
	}
	if c.Valid != nil {
		part.Valid = c.Valid[first:end]
	}
	return part
}

// Rows returns the number of values, nulls included.
func (c *Column) Rows() int {
	switch c.Type {
	case String:
		return len(c.Strings)
	case Double:
		return len(c.Floats)
	default:
		return len(c.Ints)
	}
}

// Null reports whether the value of row i is null.
func (c *Column) Null(i int) bool { return c.Valid != nil && !c.Valid[i] }

// Put puts all rows of another column of the same type in place of those from row
// first on. It has Valid if c has.
func (c *Column) Put(first int, of *Column) {
	switch c.Type {
	case String:
		copy(c.Strings[first:], of.Strings)
	case Double:
		copy(c.Floats[first:], of.Floats)
	default:
		copy(c.Ints[first:], of.Ints)
	}
	if c.Valid != nil {
		copy(c.Valid[first:], of.Valid)
	}
}

// Resize makes room for rows values, which are to be set, in the slices that the
// type uses. What the column had is lost.
func (c *Column) Resize(rows int) {
	switch c.Type {
	case String:
		c.Strings = resize(c.Strings, rows)
	case Double:
		c.Floats = resize(c.Floats, rows)
	default:
		c.Ints = resize(c.Ints, rows)
	}
	if c.Optional {
		c.Valid = resize(c.Valid, rows)
	}
}
