package columnar

import (
	"cmp"
	"math/bits"
	"slices"

	"amends/rules/ir"
)

// comparison compares 64 rows: with 64 others, or with one value.
type comparison[T any] struct {
	rows func(x, y block[T]) uint64
	with func(x block[T], c T) uint64 // x op c
	from func(x block[T], c T) uint64 // c op x
	lane func(x, y block[T], lanes []lane) uint64
	flip uint64 // all bits where the result is to be negated
}

func comparisonOf[T cmp.Ordered](op ir.Op) comparison[T] {
	equal := comparison[T]{rows: equalRows[T], with: equalTo[T], from: equalTo[T], lane: equalLanes[T]}
	below := comparison[T]{rows: belowRows[T], with: belowThan[T], from: aboveThan[T], lane: belowLanes[T]}
	above := comparison[T]{rows: aboveRows[T], with: aboveThan[T], from: belowThan[T], lane: aboveLanes[T]}
	not := func(c comparison[T]) comparison[T] {
		c.flip = allRows
		return c
	}
	switch op {
	case ir.OpEq:
		return equal
	case ir.OpNe:
		return not(equal)
	case ir.OpLt:
		return below
	case ir.OpGe:
		return not(below)
	case ir.OpGt:
		return above
	default:
		return not(above)
	}
}

// compareKernel returns the kernel of a comparison.
func compareKernel[T cmp.Ordered](op ir.Op, of func(*register) *vector[T]) kernel {
	c := comparisonOf[T](op)
	_, text := any(*new(T)).(string)
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		a, b := of(m.register(n.args[0])), of(m.register(n.args[1]))
		for w, rows := range sel {
			if rows == 0 {
				continue
			}
			x, y := a.block(w), b.block(w)
			var truth uint64
			switch dense := rows == allRows || !text && bits.OnesCount64(rows) >= denseRows; {
			case !dense:
				truth = c.lane(x, y, m.lanes.of(rows))
			case b.same:
				truth = c.with(x, y[0])
			case a.same:
				truth = c.from(y, x[0])
			default:
				truth = c.rows(x, y)
			}
			dst.setBits(w, rows, truth^c.flip)
		}
	}
}

// inKernel returns the kernel of x in list.
func inKernel(kind ir.Kind, list []ir.Value) kernel {
	switch kind {
	case ir.Bool:
		return inBoolKernel(list)
	case ir.String:
		var set []string
		for _, v := range list {
			set = append(set, v.S)
		}
		return memberKernel(set, texts)
	default:
		var set []int64
		for _, v := range list {
			set = append(set, v.I)
		}
		return memberKernel(set, ints)
	}
}

func inBoolKernel(list []ir.Value) kernel {
	var yes, no uint64
	for _, v := range list {
		if v.I != 0 {
			yes = allRows
		} else {
			no = allRows
		}
	}
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		x := m.register(n.args[0])
		for w, rows := range sel {
			dst.setBits(w, rows, x.bits[w]&yes|^x.bits[w]&no)
		}
	}
}

// fewMembers is up to how many values are compared one after the other.
const fewMembers = 8

func memberKernel[T cmp.Ordered](list []T, of func(*register) *vector[T]) kernel {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	set := make(map[T]struct{}, len(list))
	for _, v := range list {
		set[v] = struct{}{}
	}
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		a := of(m.register(n.args[0]))
		for w, rows := range sel {
			if rows == 0 {
				continue
			}
			x := a.block(w)
			var truth uint64
			switch {
			case len(list) > fewMembers:
				for _, j := range m.lanes.of(rows) {
					_, member := set[x[j&laneMask]]
					truth |= bit(member) << j
				}
			case rows == allRows:
				for _, v := range list {
					truth |= equalTo(x, v)
				}
			default:
				for _, j := range m.lanes.of(rows) {
					truth |= bit(slices.Contains(list, x[j&laneMask])) << j
				}
			}
			dst.setBits(w, rows, truth)
		}
	}
}
