package ir

import "time"

// Origin says where the value of a slot comes from.
type Origin uint8

// The origins of what a rule can read.
const (
	FromColumn    Origin = iota + 1 // a column of the rule's source
	FromDimension                   // a field of a joined dimension
	FromHistory                     // credits(N) or credited(N), before this run
	FromRun                         // as_of, business_date
	FromAward                       // amount, remaining: what is decided upon (approvals and voids)
)

// Slot is one input of a source's expressions. Evaluators read slots by index;
// the list of a source is fixed when its program is compiled.
type Slot struct {
	Name      string // as a rule writes it: item_price, customer.tier, credits(90), as_of, amount
	Type      Type
	Origin    Origin
	Dimension string // FromDimension: the dimension's name
	Column    string // FromColumn, FromDimension: the column, as rules see it (after rename)
	Days      int    // FromHistory: the window
	Required  bool   // FromDimension: a missing row of the dimension is a fault
}

// Row is what an expression is evaluated on. Values has one entry a slot; a
// null in a slot whose type is not nullable is a fault where it is needed.
type Row struct {
	Values   []Value
	Currency string         // ISO 4217; the unit of every Money in Values
	Zone     *time.Location // the row's zone, or the workspace's
}

// FaultCode is why an expression has no value.
type FaultCode uint8

// The closed list of faults. Lower-case names as they appear in rejects.
const (
	NoFault        FaultCode = iota
	Overflow                 // a result beyond 64 bits at six digits
	DivideByZero             //
	MissingKey               // a table has no entry for the key
	UnexpectedNull           // a null in a column that is not listed as nullable
	MissingRow               // a required dimension has no row for the key
	ConflictingRow           // a dimension has differing rows for the key
	OutOfDomain              // an argument that the function does not take
)

var faultNames = [...]string{"", "overflow", "division-by-zero", "missing-key", "unexpected-null", "missing-row", "conflicting-rows", "out-of-domain"}

func (c FaultCode) String() string { return faultNames[c] }

// Fault is the outcome of an expression that has no value. It is a value
// itself: false and fault is false, true or fault is true, on either side.
type Fault struct {
	Code   FaultCode
	Detail string // what was read: the slot's name, the key that is missing
	Offset int    // rune offset in the expression's own text, for a caret
}

func (f *Fault) Error() string {
	if f.Detail == "" {
		return f.Code.String()
	}
	return f.Code.String() + ": " + f.Detail
}
