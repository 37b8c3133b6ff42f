package columnar

import (
	"fmt"
	"time"

	"amends/rules/ir"
)

// Column is what a slot holds in a batch. The machine borrows its slices until
// the next Begin and never writes to them. Only the rows that are evaluated
// need to be filled, as long as every slice has the batch's length.
type Column struct {
	Ints    []int64        // every kind but String, in the units of ir.Kind; a bool is 0 or 1
	Strings []string       // String, written out
	Codes   []int32        // String, as indexes into Dict; of a null row it is not read
	Dict    *ir.Dictionary // not nil where Codes counts
	Valid   []bool         // empty: no row is null
	// Faults is empty, or says which rows could not be filled and why: an
	// ir.FaultValue, which counts before Valid does.
	Faults []ir.FaultCode
	// Same says that all rows are alike: the slices that are given have length 1.
	// Codes cannot be so.
	Same bool
}

// check reports a column that does not fit its slot or its batch.
func (c *Column) check(slot *ir.Slot, rows int) error {
	want := rows
	if c.Same {
		want = 1
	}
	values, what := len(c.Ints), "ints"
	if slot.Type.Kind == ir.String {
		values, what = len(c.Strings), "strings"
		if c.Dict != nil {
			values, what = len(c.Codes), "codes"
			want = rows
		}
	}
	switch {
	case values != want:
		return fmt.Errorf("slot %s: %d %s, want %d", slot.Name, values, what, want)
	case len(c.Valid) > 0 && len(c.Valid) != want:
		return fmt.Errorf("slot %s: validity of %d rows, want %d", slot.Name, len(c.Valid), want)
	case len(c.Faults) > 0 && len(c.Faults) != want:
		return fmt.Errorf("slot %s: faults of %d rows, want %d", slot.Name, len(c.Faults), want)
	case c.Same && c.Dict != nil:
		return fmt.Errorf("slot %s: codes cannot be the same for all rows", slot.Name)
	default:
		return nil
	}
}

// at is the index of a row's value in the column's slices.
func (c *Column) at(row int) int {
	if c.Same {
		return 0
	}
	return row
}

func (c *Column) fault(row int) ir.FaultCode {
	if len(c.Faults) == 0 {
		return ir.NoFault
	}
	return c.Faults[c.at(row)]
}

func (c *Column) null(row int) bool { return len(c.Valid) > 0 && !c.Valid[c.at(row)] }

// Append appends rows of another column of the same slot, so that the few rows
// that a guard lets through, of several batches, become one batch without gaps:
// evaluating those costs a fraction of evaluating them where they stood. c must
// be empty or made by Append, and reports false, appending nothing, where the
// rows have another dictionary than those before: they belong to a new batch.
func (c *Column) Append(from *Column, rows []int32) bool {
	before := max(len(c.Ints), len(c.Strings), len(c.Codes))
	if before > 0 && c.Dict != from.Dict {
		return false
	}
	c.Dict = from.Dict
	switch {
	case from.Dict != nil:
		c.Codes = appendRows(c.Codes, from.Codes, from.Same, rows)
	case from.Strings != nil:
		c.Strings = appendRows(c.Strings, from.Strings, from.Same, rows)
	default:
		c.Ints = appendRows(c.Ints, from.Ints, from.Same, rows)
	}
	c.Valid = appendMarks(c.Valid, from.Valid, from.Same, before, rows, true)
	c.Faults = appendMarks(c.Faults, from.Faults, from.Same, before, rows, ir.NoFault)
	return true
}

// Empty makes c a column of no rows, which keeps its memory for Append.
func (c *Column) Empty() {
	*c = Column{Ints: c.Ints[:0], Strings: c.Strings[:0], Codes: c.Codes[:0], Valid: c.Valid[:0], Faults: c.Faults[:0]}
}

func appendRows[T any](to, from []T, same bool, rows []int32) []T {
	for _, row := range rows {
		if same {
			row = 0
		}
		to = append(to, from[row])
	}
	return to
}

// appendMarks appends validity or faults, of which nil says that all rows have none.
func appendMarks[T any](to, from []T, same bool, before int, rows []int32, none T) []T {
	if from == nil && len(to) == 0 {
		return to
	}
	for len(to) < before {
		to = append(to, none)
	}
	if from != nil {
		return appendRows(to, from, same, rows)
	}
	for range rows {
		to = append(to, none)
	}
	return to
}

// Zones are the zones of a batch's rows, nil being UTC: where Codes is nil, all
// rows have Same; otherwise each has the entry of List that its code stands for.
// The machine borrows them until the next Begin.
type Zones struct {
	Same  *time.Location
	Codes []int32
	List  []*time.Location
}
