package match

import (
	"slices"
	"strconv"

	"amends/rules/ir"
)

// Dimension is a table joined by key. Identical rows of one key are one row;
// differing ones are a fault where a field of them is needed.
type Dimension struct {
	Name     string
	On       string // the event's column that holds the key
	Required bool
	Fields   []string // as rules see them

	rows map[string]int32 // key → row; conflicting keys are -1
	cols []ir.Vector      // by field; Strings or Ints by kind
	curr []string         // the row's currency, where the dimension holds money
	bad  map[string]ir.FaultCode
}

// NewDimension makes an empty dimension with the given fields.
func NewDimension(name, on string, required bool, fields []string, kinds []ir.Kind) *Dimension {
	d := &Dimension{Name: name, On: on, Required: required, Fields: fields, rows: map[string]int32{}, bad: map[string]ir.FaultCode{}}
	d.cols = make([]ir.Vector, len(fields))
	for i := range d.cols {
		d.cols[i].Kind = kinds[i]
	}
	return d
}

func (d *Dimension) field(name string) int { return slices.Index(d.Fields, name) }

// Len is the number of distinct keys.
func (d *Dimension) Len() int { return len(d.rows) }

// Add adds one row: its key, its fields and the currency of its money ("" where
// it holds none). A row that could not be read whole is added with bad set: a
// lookup of its key faults.
func (d *Dimension) Add(key ir.Value, fields []ir.Value, currency string, bad bool) {
	k, ok := Text(key)
	if !ok {
		return // no event can name a null key
	}
	if bad {
		d.bad[k] = ir.ConflictingRow
		return
	}
	if at, seen := d.rows[k]; seen {
		if !d.same(int(at), fields, currency) {
			d.bad[k] = ir.ConflictingRow
		}
		return
	}
	d.rows[k] = int32(len(d.curr))
	d.curr = append(d.curr, currency)
	for i, v := range fields {
		c := &d.cols[i]
		c.Valid = append(c.Valid, !v.Null())
		if c.Kind == ir.String {
			c.Strings = append(c.Strings, v.S)
		} else {
			c.Ints = append(c.Ints, v.I)
		}
	}
}

func (d *Dimension) same(row int, fields []ir.Value, currency string) bool {
	if d.curr[row] != currency {
		return false
	}
	for i, v := range fields {
		if d.cols[i].Value(row) != v {
			return false
		}
	}
	return true
}

// Forget lets go of the rows, once nothing is looked up any more: a dimension of
// millions of customers need not wait for the files of a night.
func (d *Dimension) Forget() { d.rows, d.cols, d.curr, d.bad = nil, nil, nil, nil }

// Value is the field of the row whose key is given, for an award in the given
// currency. A missing row is null, or a fault where the dimension is required;
// money of another currency is a fault always.
func (d *Dimension) Value(key ir.Value, field int, currency string) ir.Value {
	return d.at(d.row(key), field, currency)
}

// What a key has where it has no row.
const (
	noRow      = -1
	fickleRows = -2 // differing ones, or one that could not be read
)

// row finds the row of a key, for at.
func (d *Dimension) row(key ir.Value) int32 {
	k, ok := Text(key)
	if !ok {
		return noRow
	}
	if _, bad := d.bad[k]; bad {
		return fickleRows
	}
	at, ok := d.rows[k]
	if !ok {
		return noRow
	}
	return at
}

// at is the field of a row, see Value.
func (d *Dimension) at(row int32, field int, currency string) ir.Value {
	switch row {
	case noRow:
		return d.missing()
	case fickleRows:
		return ir.FaultValue(ir.ConflictingRow)
	}
	v := d.cols[field].Value(int(row))
	if v.Kind == ir.Money && d.curr[row] != currency {
		return ir.FaultValue(ir.OutOfDomain)
	}
	return v
}

func (d *Dimension) missing() ir.Value {
	if d.Required {
		return ir.FaultValue(ir.MissingRow)
	}
	return ir.Value{}
}

// Text is the value of a key or id column as text: what ids look like in
// outputs and how dimensions are joined. It is false for null and for kinds
// that are no ids.
func Text(v ir.Value) (string, bool) {
	switch v.Kind {
	case ir.String:
		return v.S, true
	case ir.Int:
		return strconv.FormatInt(v.I, 10), true
	case ir.Date:
		return dateText(v), true
	case ir.Decimal:
		return decimalText(v), true
	case ir.Time:
		return timeText(v), true
	}
	return "", false
}
