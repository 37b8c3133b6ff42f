// Package ir holds the typed values and the typed expressions that both
// evaluators read. It is a leaf: it knows no YAML, no files and no clock.
//
// A null is a value, and so is a fault: neither is ever a zero.
package ir

import (
	"encoding/binary"
	"fmt"
)

// Kind is what a value is, apart from whether it may be null.
type Kind uint8

// The kinds of the language. There is no float and no "any".
const (
	Invalid  Kind = iota
	Bool          // I is 0 or 1
	Int           // I is the integer
	Decimal       // I counts millionths
	Money         // I counts millionths of the row's currency
	String        // S is the text
	Time          // I counts microseconds since 1970-01-01T00:00:00Z
	Date          // I counts days since 1970-01-01
	Duration      // I counts microseconds
)

var kindNames = [...]string{"invalid", "bool", "int", "decimal", "money", "string", "time", "date", "duration"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Type is a kind that may or may not be null.
type Type struct {
	Kind     Kind
	Nullable bool
}

func (t Type) String() string {
	if t.Nullable {
		return t.Kind.String() + "?"
	}
	return t.Kind.String()
}

// Value is one value of one row. The zero Value is null.
type Value struct {
	Kind Kind // Invalid means null
	I    int64
	S    string
}

// Null reports whether v is null.
func (v Value) Null() bool { return v.Kind == Invalid }

// BoolValue returns b as a Value.
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, I: 1}
	}
	return Value{Kind: Bool}
}

// StringValue returns s as a Value.
func StringValue(s string) Value { return Value{Kind: String, S: s} }

// Order is a number that is never higher for the lower of two values of one
// kind, nulls aside: of a text, its first eight bytes.
func (v Value) Order() int64 {
	if v.Kind != String {
		return v.I
	}
	var head [8]byte
	copy(head[:], v.S)
	return int64(binary.BigEndian.Uint64(head[:]) ^ 1<<63)
}

// Vector is one column of a batch: Ints for every kind but String; for String
// Codes where Dict is set, Even where it has any and no value is null, and
// Strings otherwise. Valid is nil where no value is null; otherwise it has one
// entry a row, and the slot of a null holds the zero of its slice, a code of a
// null being read by nobody.
//
// Whoever made the batch owns the slices, and the memory of the texts: all are
// valid until the callback that was given the batch returns. What lives longer
// is cloned.
type Vector struct {
	Kind    Kind
	Ints    []int64
	Strings []string
	Codes   []int32
	Dict    *Dictionary
	Even    EvenTexts
	Valid   []bool
}

// Value returns the value of row i.
func (v *Vector) Value(i int) Value {
	if v.Valid != nil && !v.Valid[i] {
		return Value{}
	}
	if v.Kind == String {
		return Value{Kind: String, S: v.Text(i)}
	}
	return Value{Kind: v.Kind, I: v.Ints[i]}
}

// Text returns the text of row i, which is not null, of a vector of texts.
func (v *Vector) Text(i int) string {
	switch {
	case v.Dict != nil:
		return v.Dict.entries[v.Codes[i]]
	case v.Even.Any():
		return v.Even.At(i)
	default:
		return v.Strings[i]
	}
}

// Dictionary is the texts that codes stand for. Whoever works something out for
// an entry may keep it as long as the same *Dictionary comes back, batch after
// batch, so the entries never change.
type Dictionary struct{ entries []string }

// NewDictionary returns a dictionary of entries, which it keeps and which
// nobody may change afterwards. Equal entries are allowed.
func NewDictionary(entries []string) *Dictionary { return &Dictionary{entries: entries} }

// Len returns how many entries there are.
func (d *Dictionary) Len() int { return len(d.entries) }

// Entry returns the text that a code stands for.
func (d *Dictionary) Entry(code int32) string { return d.entries[code] }

// Entries returns the texts by their codes. The caller must not change them.
func (d *Dictionary) Entries() []string { return d.entries }

// Batch is a run of rows in columns, all of length Rows.
type Batch struct {
	Rows    int
	Columns []Vector
}

// FaultValue is a slot that could not be filled: a null that remembers why, so
// that an expression which needs it faults, even where its type is nullable.
func FaultValue(code FaultCode) Value { return Value{I: int64(code)} }

// Fault returns the code of a FaultValue, or NoFault.
func (v Value) Fault() FaultCode {
	if v.Kind != Invalid {
		return NoFault
	}
	return FaultCode(v.I)
}
