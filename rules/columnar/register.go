package columnar

import (
	"math/bits"

	"amends/rules/ir"
)

// register holds what a node gave on the rows of this batch that it was
// evaluated on. What it says of other rows is not known.
type register struct {
	batch uint64 // the batch that it belongs to; of another, it is empty
	done  bitmap // the rows that the node was evaluated on

	bits   bitmap         // a bool
	ints   vector[int64]  // every other kind but String
	texts  vector[string] // String
	nulls  bitmap         // only where anyNull
	faults bitmap         // only where anyFault

	anyNull, anyFault bool
}

func (r *register) null(w int) uint64 {
	if !r.anyNull {
		return 0
	}
	return r.nulls[w]
}

func (r *register) fault(w int) uint64 {
	if !r.anyFault {
		return 0
	}
	return r.faults[w]
}

// addNulls says that rows of word w are null.
func (r *register) addNulls(w int, rows uint64) {
	if rows == 0 {
		return
	}
	if !r.anyNull {
		r.nulls = r.nulls.resize(len(r.done))
		clear(r.nulls)
		r.anyNull = true
	}
	r.nulls[w] |= rows
}

// addFaults says that rows of word w are faults.
func (r *register) addFaults(w int, rows uint64) {
	if rows == 0 {
		return
	}
	if !r.anyFault {
		r.faults = r.faults.resize(len(r.done))
		clear(r.faults)
		r.anyFault = true
	}
	r.faults[w] |= rows
}

// setBits sets the bools of the rows sel of word w.
func (r *register) setBits(w int, sel, truth uint64) {
	r.bits[w] = r.bits[w]&^sel | truth&sel
}

// block is 64 rows of a vector.
type block[T any] = *[wordRows]T

// vector is values by row. Its blocks are whole even where the batch ends within
// one: the rows after the last are copies of nothing in particular.
type vector[T any] struct {
	values []T
	same   bool // values has one entry, which every row has
	tail   block[T]
	owned  []T // the memory of own, which borrow leaves alone
}

// block returns the rows of word w. It is valid until the next call.
func (v *vector[T]) block(w int) block[T] {
	first := w * wordRows
	if !v.same && first+wordRows <= len(v.values) {
		return block[T](v.values[first:])
	}
	if v.same {
		return v.tail
	}
	copy(v.tail[:], v.values[first:])
	return v.tail
}

func (v *vector[T]) at(row int) T {
	if v.same {
		row = 0
	}
	return v.values[row]
}

// borrow makes v the values of a column.
func (v *vector[T]) borrow(values []T, same bool) {
	v.values, v.same = values, same
	if v.tail == nil {
		v.tail = new([wordRows]T)
	}
	if same {
		v.repeat(values[0])
	}
}

// own gives v memory for whole blocks of so many rows.
func (v *vector[T]) own(words int) {
	if cap(v.owned) < words*wordRows {
		v.owned = make([]T, words*wordRows)
	}
	v.values, v.same = v.owned[:words*wordRows], false
}

// repeat makes value what every row has.
func (v *vector[T]) repeat(value T) {
	for i := range v.tail {
		v.tail[i] = value
	}
}

// prepare empties a register for a batch.
func (r *register) prepare(n *node, batch uint64, words, rows int) {
	r.batch = batch
	r.anyNull, r.anyFault = false, false
	r.done = r.done.resize(words)
	clear(r.done)
	_, read := n.written.(*ir.Read)
	switch {
	case n.constant:
		r.fix(n, words, rows)
	case n.kind == ir.Invalid: // a mask has no values
	case n.kind == ir.Bool:
		r.bits = r.bits.resize(words)
	case read:
	case n.kind == ir.String:
		r.texts.own(words)
	default:
		r.ints.own(words)
	}
}

// fix makes a register that of a constant.
func (r *register) fix(n *node, words, rows int) {
	r.done.fill(rows)
	if n.code != ir.NoFault {
		r.anyFault = true
		r.faults = r.faults.resize(words)
		r.faults.fill(rows)
	}
	switch n.kind {
	case ir.Bool:
		r.bits = r.bits.resize(words)
		clear(r.bits)
		if n.value.I != 0 {
			r.bits.fill(rows)
		}
	case ir.String:
		if r.texts.tail == nil {
			r.texts.borrow([]string{n.value.S}, true)
		}
	default:
		if r.ints.tail == nil {
			r.ints.borrow([]int64{n.value.I}, true)
		}
	}
}

// value returns what a register has for a row that is no fault.
func (r *register) value(kind ir.Kind, row int) ir.Value {
	switch {
	case r.anyNull && r.nulls.has(row):
		return ir.Value{}
	case kind == ir.Bool:
		return ir.BoolValue(r.bits.has(row))
	case kind == ir.String:
		return ir.Value{Kind: kind, S: r.texts.at(row)}
	default:
		return ir.Value{Kind: kind, I: r.ints.at(row)}
	}
}

// lane is the index of a row in its block.
type lane = uint8

const laneMask = wordRows - 1 // tells the compiler that a lane is below 64

var everyLane = func() (all [wordRows]lane) {
	for i := range all {
		all[i] = lane(i)
	}
	return all
}()

// denseRows is how many rows of a word make it cheaper to visit all 64 than to
// find them one by one.
const denseRows = 20

// lanes are the rows of one word of a selection.
type lanes struct{ buffer [wordRows]lane }

// most returns the selected rows of a word, and where they are many every row
// of it: for a kernel that takes whatever operands and destination hold for the
// others. Rows that were evaluated before get the value that they have, since
// their operands have theirs; what it says of the rest does not count.
func (l *lanes) most(selected uint64) []lane {
	if bits.OnesCount64(selected) >= denseRows {
		return everyLane[:]
	}
	return l.of(selected)
}

// of returns the selected rows of a word, ascending, valid until the next call.
func (l *lanes) of(selected uint64) []lane {
	if selected == allRows {
		return everyLane[:]
	}
	n := 0
	for ; selected != 0; selected &= selected - 1 {
		l.buffer[n&laneMask] = lane(bits.TrailingZeros64(selected))
		n++
	}
	return l.buffer[:n]
}
