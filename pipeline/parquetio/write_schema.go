package parquetio

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/schema"
)

// checkShape refuses columns without names, with one name, or of several lengths.
func checkShape(columns []Column) (rows int, err error) {
	if len(columns) == 0 {
		return 0, errors.New("write parquet: no columns")
	}
	rows, names := columns[0].Rows(), make(map[string]bool, len(columns))
	for i := range columns {
		c := &columns[i]
		if c.Name == "" || names[c.Name] {
			return 0, fmt.Errorf("write parquet: column name %q is empty or used twice", c.Name)
		}
		names[c.Name] = true
		if c.Rows() != rows || c.Valid != nil && len(c.Valid) != rows {
			return 0, fmt.Errorf("write parquet: column %q has %d values and %d validity entries, column %q has %d values",
				c.Name, c.Rows(), len(c.Valid), columns[0].Name, rows)
		}
	}
	return rows, nil
}

// largestUnscaled is 18 nines: what a DECIMAL(18, s) holds.
const largestUnscaled = 999_999_999_999_999_999

// checkValues refuses what rows [first, end) of a column may not hold.
func checkValues(c *Column, first, end int) error {
	if err := checkNulls(c, first, end); err != nil {
		return err
	}
	switch c.Type {
	case String:
		for row, s := range c.Strings[first:end] {
			if !utf8.ValidString(s) && !c.Null(first+row) {
				return fmt.Errorf("row %d: %q is not UTF-8", first+row, s)
			}
		}
	case Bool:
		return checkInts(c, first, end, 0, 1, "neither 0 nor 1")
	case Int32, Date:
		return checkInts(c, first, end, math.MinInt32, math.MaxInt32, "beyond 32 bits")
	case Decimal64, DecimalFixed:
		for row, v := range c.Ints[first:end] {
			if (v > largestUnscaled || v < -largestUnscaled) && !c.Null(first+row) {
				return fmt.Errorf("row %d: %d has more than 18 digits", first+row, v)
			}
		}
	}
	return nil
}

// checkNulls refuses nulls in a column that may not have them.
func checkNulls(c *Column, first, end int) error {
	if c.Valid == nil || c.Optional {
		return nil
	}
	for row := first; row < end; row++ {
		if !c.Valid[row] {
			return fmt.Errorf("row %d is null, and the column is not optional", row)
		}
	}
	return nil
}

func checkInts(c *Column, first, end int, low, high int64, fault string) error {
	for row, v := range c.Ints[first:end] {
		if (v < low || v > high) && !c.Null(first+row) {
			return fmt.Errorf("row %d: %d is %s", first+row, v, fault)
		}
	}
	return nil
}

func rootNode(columns []Column) (*schema.GroupNode, error) {
	fields := make(schema.FieldList, len(columns))
	for i := range columns {
		c := &columns[i]
		var logical schema.LogicalType = schema.NoLogicalType{}
		physical, bytes := parquet.Types.Int64, -1
		switch c.Type {
		case Bool:
			physical = parquet.Types.Boolean
		case Int32:
			physical = parquet.Types.Int32
		case Int64:
		case String:
			physical, logical = parquet.Types.ByteArray, schema.StringLogicalType{}
		case Timestamp:
			logical = schema.NewTimestampLogicalType(true, schema.TimeUnitMicros)
		case LocalTimestamp:
			logical = schema.NewTimestampLogicalType(false, schema.TimeUnitMicros)
		case Date:
			physical, logical = parquet.Types.Int32, schema.DateLogicalType{}
		case Double:
			physical = parquet.Types.Double
		case Decimal64:
			logical = schema.NewDecimalLogicalType(18, int32(c.Scale))
		case DecimalFixed:
			physical, bytes = parquet.Types.FixedLenByteArray, fixedDecimalBytes
			logical = schema.NewDecimalLogicalType(18, int32(c.Scale))
		default:
			return nil, fmt.Errorf("write parquet: column %q has no type that can be written: %s", c.Name, c.Type)
		}
		repetition := parquet.Repetitions.Required
		if c.Optional {
			repetition = parquet.Repetitions.Optional
		}
		node, err := schema.NewPrimitiveNodeLogical(c.Name, repetition, logical, physical, bytes, -1)
		if err != nil {
			return nil, fmt.Errorf("write parquet: column %q: %w", c.Name, err)
		}
		fields[i] = node
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, fmt.Errorf("write parquet: %w", err)
	}
	return root, nil
}
