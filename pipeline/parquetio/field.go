package parquetio

import (
	"fmt"
	"strings"

	"amends/rules/ir"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/schema"
)

// Storage is how the values of a column are stored, and so which slice of
// Values they are read into.
type Storage uint8

// The storages. Text and Fixed hold decimals as well as what their names say.
const (
	Unread      Storage = iota // the column cannot be read
	StoredBool                 // Ints: 0 or 1
	Stored32                   // Ints
	Stored64                   // Ints
	Stored96                   // Fixed: 8 bytes of nanoseconds of the day, 4 of the Julian day, little-endian
	StoredFloat                // Floats, exactly
	StoredDouble
	StoredText  // Strings: any bytes
	StoredFixed // Fixed: Width bytes each
)

// TimeUnit is what the integers of a timestamp count.
type TimeUnit uint8

// The units of timestamps.
const (
	NoUnit TimeUnit = iota
	Milliseconds
	Microseconds
	Nanoseconds
)

// Field describes a top-level column of a file.
type Field struct {
	Name     string
	Kind     ir.Kind // what it is read as; ir.Invalid where it cannot be
	Optional bool
	Detail   string // the types in the file, for people: INT64 TIMESTAMP(MICROS, local); or why it cannot be read
	Storage  Storage
	Unsigned bool     // integers: the bits of Ints are unsigned
	Unit     TimeUnit // times
	Local    bool     // times: wall clock of no stated zone
	Scale    int      // decimals of Stored32, Stored64, StoredText, StoredFixed: digits after the point
	Width    int      // Stored96, StoredFixed: bytes of a value
	leaf     int      // index among the leaves of the schema
}

// maxFixedWidth bounds a value of FIXED_LEN_BYTE_ARRAY; decimals of 38 digits
// take 16 bytes.
const maxFixedWidth = 64

// describe returns the fields of the top level, in the file's order.
func describe(s *schema.Schema) []Field {
	leaves := make(map[string]int, s.NumColumns())
	for i := range s.NumColumns() {
		if path := s.Column(i).ColumnPath(); len(path) == 1 {
			leaves[path[0]] = i
		}
	}
	root := s.Root()
	fields := make([]Field, root.NumFields())
	for i := range fields {
		node := root.Field(i)
		name := node.Name()
		leaf, flat := leaves[name]
		if !flat || node.Type() != schema.Primitive || node.RepetitionType() == parquet.Repetitions.Repeated {
			fields[i] = Field{Name: name, Detail: "nested columns are not read", leaf: -1}
			continue
		}
		fields[i] = describeLeaf(s.Column(leaf))
		fields[i].leaf = leaf
	}
	return fields
}

var storages = map[parquet.Type]Storage{
	parquet.Types.Boolean: StoredBool, parquet.Types.Int32: Stored32, parquet.Types.Int64: Stored64,
	parquet.Types.Int96: Stored96, parquet.Types.Float: StoredFloat, parquet.Types.Double: StoredDouble,
	parquet.Types.ByteArray: StoredText, parquet.Types.FixedLenByteArray: StoredFixed,
}

func describeLeaf(column *schema.Column) Field {
	f := Field{
		Name:     column.Name(),
		Optional: column.SchemaNode().RepetitionType() == parquet.Repetitions.Optional,
		Storage:  storages[column.PhysicalType()],
		Detail:   column.PhysicalType().String(),
	}
	switch f.Storage {
	case StoredFixed:
		f.Width = column.TypeLength()
		f.Detail = fmt.Sprintf("%s(%d)", f.Detail, f.Width)
	case Stored96:
		f.Width = 12
	}
	f.logical(column.LogicalType())
	if f.Storage == StoredFixed && (f.Width <= 0 || f.Width > maxFixedWidth) {
		f.Kind = ir.Invalid
		f.Detail += ", a width that is not read"
	}
	if f.Kind == ir.Invalid {
		f.Storage = Unread
	}
	return f
}

// logical sets Kind and what belongs to it from the logical type, which the
// library derives from the older converted type where only that is there.
func (f *Field) logical(logical schema.LogicalType) {
	annotate := func(kind ir.Kind, allowed ...Storage) {
		if s := logical.String(); s != "None" {
			f.Detail += " " + s
		}
		for _, storage := range allowed {
			if f.Storage == storage {
				f.Kind = kind
				return
			}
		}
		f.Detail += ", which is not read"
	}
	switch l := logical.(type) {
	case nil, schema.NoLogicalType, schema.UnknownLogicalType:
		f.plain()
	case schema.StringLogicalType, schema.EnumLogicalType, schema.JSONLogicalType:
		annotate(ir.String, StoredText)
	case *schema.IntLogicalType:
		f.Unsigned = !l.IsSigned()
		sign := ""
		if f.Unsigned {
			sign = "U"
		}
		f.Detail += fmt.Sprintf(" %sINT(%d)", sign, l.BitWidth())
		if f.Storage == Stored32 || f.Storage == Stored64 {
			f.Kind = ir.Int
		}
	case schema.DateLogicalType:
		annotate(ir.Date, Stored32)
	case *schema.TimestampLogicalType:
		f.timestamp(l)
	case *schema.DecimalLogicalType:
		f.Scale = int(l.Scale())
		f.Detail = fmt.Sprintf("DECIMAL(%d,%d) as %s", l.Precision(), l.Scale(), f.Detail)
		if f.Storage == Stored32 || f.Storage == Stored64 || f.Storage == StoredText || f.Storage == StoredFixed {
			f.Kind = ir.Decimal
		}
	default:
		f.Detail = strings.TrimSpace(f.Detail+" "+logical.String()) + ", which is not read"
	}
}

// plain is a column without a logical type.
func (f *Field) plain() {
	switch f.Storage {
	case StoredBool:
		f.Kind = ir.Bool
	case Stored32, Stored64:
		f.Kind = ir.Int
	case Stored96: // Impala's and old Spark's timestamps, by convention in UTC
		f.Kind, f.Unit = ir.Time, Nanoseconds
		f.Detail += " timestamp"
	case StoredFloat, StoredDouble:
		f.Kind = ir.Decimal
	case StoredText:
		f.Kind = ir.String
	default:
		f.Detail += " without a logical type, which is not read"
	}
}

func (f *Field) timestamp(l *schema.TimestampLogicalType) {
	names := map[schema.TimeUnitType]string{schema.TimeUnitMillis: "MILLIS", schema.TimeUnitMicros: "MICROS", schema.TimeUnitNanos: "NANOS"}
	units := map[schema.TimeUnitType]TimeUnit{schema.TimeUnitMillis: Milliseconds, schema.TimeUnitMicros: Microseconds, schema.TimeUnitNanos: Nanoseconds}
	zone := "UTC"
	if f.Local = !l.IsAdjustedToUTC(); f.Local {
		zone = "local"
	}
	f.Unit = units[l.TimeUnit()]
	f.Detail += fmt.Sprintf(" TIMESTAMP(%s, %s)", names[l.TimeUnit()], zone)
	if f.Storage == Stored64 && f.Unit != NoUnit {
		f.Kind = ir.Time
	}
}
