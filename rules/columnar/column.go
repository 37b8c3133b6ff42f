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
	Ints    []int64     // every kind but String, in the units of ir.Kind; a bool is 0 or 1
	Strings []string    // String, written out
	Codes   []int32     // String, as indexes into Dict; of a null row it is not read
	Dict    *Dictionary // not nil where Codes counts
	Valid   []bool      // nil: no row is null
	// Faults is nil, or says which rows could not be filled and why: an
	// ir.FaultValue, which counts before Valid does.
	Faults []ir.FaultCode
	// Same says that all rows are alike: the slices that are given have length 1.
	// Codes cannot be so.
	Same bool
}

// Dictionary is the strings that codes stand for. What is evaluated for an
// entry is kept as long as the same *Dictionary comes back, batch after batch,
// so its entries never change.
type Dictionary struct{ entries []string }

// NewDictionary returns a dictionary of entries, which it keeps and which
// nobody may change afterwards. Equal entries are allowed.
func NewDictionary(entries []string) *Dictionary { return &Dictionary{entries: entries} }

// Len returns how many entries there are.
func (d *Dictionary) Len() int { return len(d.entries) }

// Entry returns the string that a code stands for.
func (d *Dictionary) Entry(code int32) string { return d.entries[code] }

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
	case c.Valid != nil && len(c.Valid) != want:
		return fmt.Errorf("slot %s: validity of %d rows, want %d", slot.Name, len(c.Valid), want)
	case c.Faults != nil && len(c.Faults) != want:
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
	if c.Faults == nil {
		return ir.NoFault
	}
	return c.Faults[c.at(row)]
}

func (c *Column) null(row int) bool { return c.Valid != nil && !c.Valid[c.at(row)] }

// Zones are the zones of a batch's rows, nil being UTC: where Codes is nil, all
// rows have Same; otherwise each has the entry of List that its code stands for.
// The machine borrows them until the next Begin.
type Zones struct {
	Same  *time.Location
	Codes []int32
	List  []*time.Location
}
