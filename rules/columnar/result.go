package columnar

import "amends/rules/ir"

// Result is what an expression gives on the rows that it was asked for; of other
// rows it says nothing. See Machine.Eval for how long it is valid.
type Result struct {
	machine  *Machine
	root     ir.Node
	kind     ir.Kind
	register *register
	asked    bitmap
}

// Holds makes dst the rows on which a bool is true, and returns it.
func (r Result) Holds(dst *Selection) *Selection {
	dst.take(r.asked, r.machine.rows)
	for w := range dst.words {
		dst.words[w] &= r.register.bits[w] &^ (r.register.fault(w) | r.register.null(w))
	}
	return dst
}

// Faults makes dst the rows on which the expression faults, and returns it.
func (r Result) Faults(dst *Selection) *Selection {
	dst.take(r.asked, r.machine.rows)
	for w := range dst.words {
		dst.words[w] &= r.register.fault(w)
	}
	return dst
}

// MayHold makes dst the rows on which a bool is not false: true, or a fault. It
// is what a guard lets through.
func (r Result) MayHold(dst *Selection) *Selection {
	dst.take(r.asked, r.machine.rows)
	for w := range dst.words {
		dst.words[w] &= r.register.bits[w] | r.register.fault(w)
	}
	return dst
}

// AnyFault reports whether some row faults.
func (r Result) AnyFault() bool {
	for w, rows := range r.asked {
		if rows&r.register.fault(w) != 0 {
			return true
		}
	}
	return false
}

// Unknown makes dst the rows on which the expression faults or is null, and
// returns it.
func (r Result) Unknown(dst *Selection) *Selection {
	dst.take(r.asked, r.machine.rows)
	for w := range dst.words {
		dst.words[w] &= r.register.fault(w) | r.register.null(w)
	}
	return dst
}

// Faulted reports whether a row faults.
func (r Result) Faulted(row int) bool { return r.register.anyFault && r.register.faults.has(row) }

// Null reports whether a row that does not fault is null.
func (r Result) Null(row int) bool { return r.register.anyNull && r.register.nulls.has(row) }

// Int returns the value of a row that neither faults nor is null, of a kind that
// is neither bool nor string, in the units of ir.Kind.
func (r Result) Int(row int) int64 { return r.register.ints.at(row) }

// Ints returns the values that Int returns, by row; one for all rows where same.
func (r Result) Ints() (values []int64, same bool) {
	return r.register.ints.values, r.register.ints.same
}

// Bool returns the bool of a row that neither faults nor is null.
func (r Result) Bool(row int) bool { return r.register.bits.has(row) }

// Text returns the string of a row that neither faults nor is null.
func (r Result) Text(row int) string { return r.register.texts.at(row) }

// Value returns the value of a row; it is null also where the row faults.
func (r Result) Value(row int) ir.Value {
	if r.Faulted(row) {
		return ir.Value{}
	}
	return r.register.value(r.kind, row)
}

// Fault returns the fault of a row, and false where it has none.
func (r Result) Fault(row int) (ir.Fault, bool) {
	if !r.Faulted(row) {
		return ir.Fault{}, false
	}
	return r.machine.explain(r.root, row), true
}
