package columnar

import (
	"math/bits"

	"amends/rules/ir"
)

// mostDays is beyond how many days between two dates a comparison is not settled
// by instants: no calendar has so many, and their microseconds fit 64 bits.
const mostDays = 10_000_000

// daysKernel returns the kernel of a comparison of days_between(date(a), date(b))
// with a constant, false where n is none. Rules have it more than any other, and
// the instants say most of what it says, so that few rows need their dates: where
// a and b have one offset from UTC, b lies less than d+1 days and more than d-1
// days after a if d days lie between their dates. So d >= k
//
//   - is false if b lies at most k-1 days after a,
//   - is true if b lies at least k days after a.
//
// Only rows between the two have their dates worked out, as have those of several
// offsets and those on which a or b faults, which other nodes evaluate.
func daysKernel(n *ir.Call, p *Program, args []nodeID) (kernel, bool) {
	days, limit := args[0], args[1]
	turned := p.nodes[days].constant
	if turned {
		days, limit = limit, days
	}
	from, until, ok := p.daysOf(days)
	at := &p.nodes[limit]
	if !ok || !at.constant || at.code != ir.NoFault || at.value.I > mostDays || at.value.I < -mostDays {
		return nil, false
	}
	least, below, ok := leastDays(n.Op, turned, at.value.I)
	if !ok {
		return nil, false
	}
	compare := compareKernel(n.Op, ints)
	step := daysStep{least: least * microsPerDay, most: (least - 1) * microsPerDay, below: below}
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		if m.zones.codes == nil && m.register(days).lacks(sel) {
			m.settleDays(dst, sel, m.ensure(from, sel), m.ensure(until, sel), step)
		}
		compare(m, n, dst, sel)
	}, true
}

// daysOf returns the nodes of a and b where a node is days_between(date(a), date(b)).
func (p *Program) daysOf(id nodeID) (a, b nodeID, ok bool) {
	n := &p.nodes[id]
	if call, is := n.written.(*ir.Call); n.constant || !is || call.Op != ir.OpDaysBetween {
		return 0, 0, false
	}
	of := [2]nodeID{}
	for i, arg := range n.args {
		date := &p.nodes[arg]
		if call, is := date.written.(*ir.Call); date.constant || !is || call.Op != ir.OpDate {
			return 0, 0, false
		}
		of[i] = date.args[0]
	}
	return of[0], of[1], true
}

// leastDays says a comparison with k as one with the least days on which it turns:
// it holds from there on, or below it.
func leastDays(op ir.Op, turned bool, k int64) (least int64, below, ok bool) {
	if turned {
		switch op {
		case ir.OpLt:
			op = ir.OpGt
		case ir.OpLe:
			op = ir.OpGe
		case ir.OpGt:
			op = ir.OpLt
		case ir.OpGe:
			op = ir.OpLe
		}
	}
	switch op {
	case ir.OpGe:
		return k, false, true
	case ir.OpGt:
		return k + 1, false, true
	case ir.OpLt:
		return k, true, true
	case ir.OpLe:
		return k + 1, true, true
	default:
		return 0, false, false
	}
}

// daysStep is a comparison in microseconds: from least on it turned, and up to most
// it did not. Below says that it holds before it turns.
type daysStep struct {
	least, most int64
	below       bool
}

// settleDays sets the rows of sel that the instants settle, and takes them from sel.
func (m *Machine) settleDays(dst *register, sel bitmap, a, b *register, step daysStep) {
	var flip uint64
	if step.below {
		flip = allRows
	}
	var s stretch
	for w, rows := range sel {
		asked := rows &^ (a.fault(w) | b.fault(w))
		if asked == 0 {
			continue
		}
		x, y := a.ints.block(w), b.ints.block(w)
		if t := x[bits.TrailingZeros64(asked)]; (t < s.from || t >= s.until) && t >= earliestFast && t < latestFast {
			s = m.zones.list[0].at(t)
		}
		yes, no := step.of(x, y, s, m.lanes.most(asked))
		settled := asked & (yes | no)
		dst.setBits(w, settled, yes^flip)
		sel[w] = rows &^ settled
	}
}

// of returns the lanes, both of whose instants lie in a stretch, on which the
// comparison has turned, and those on which it has not.
func (d *daysStep) of(x, y block[int64], s stretch, lanes []lane) (yes, no uint64) {
	var between uint64
	if len(lanes) == wordRows {
		yes, no, between = d.block(x, y, s)
	}
	if yes|no|between == 0 {
		yes, no, between = d.lanes(x, y, s, lanes)
	}
	for ; between != 0; between &= between - 1 {
		j := bits.TrailingZeros64(between) & laneMask
		turned := bit((s.date(y[j])-s.date(x[j]))*microsPerDay >= d.least)
		yes |= turned << j
		no |= (1 - turned) << j
	}
	return yes, no
}

// lanes tells the lanes by distance, as far as both instants lie in the stretch.
func (d *daysStep) lanes(x, y block[int64], s stretch, lanes []lane) (yes, no, between uint64) {
	span, least, most := uint64(s.until-s.from), d.least, d.most
	var within uint64
	for _, j := range lanes {
		j &= laneMask
		a, b := x[j], y[j]
		inside := bit(uint64(a-s.from) < span) & bit(uint64(b-s.from) < span)
		distance := b - a // of two instants of a stretch: no overflow
		yes |= inside & bit(distance >= least) << j
		no |= inside & bit(distance <= most) << j
		within |= inside << j
	}
	return yes, no, within &^ (yes | no)
}

// block is lanes of all rows, or nothing where it does not see at a glance that all
// lie in the stretch: each distance from its begin is at most the or of all.
func (d *daysStep) block(x, y block[int64], s stretch) (yes, no, between uint64) {
	from, least, most := s.from, d.least, d.most
	var after, below, above uint64 // microseconds from the stretch's begin; whose distance is below least; above most
	for j := wordRows - 1; j >= 0; j-- {
		a, b := x[j], y[j]
		after |= uint64(a-from) | uint64(b-from)
		distance := b - a
		below = below<<1 | uint64(distance-least)>>63
		above = above<<1 | uint64(most-distance)>>63
	}
	if after >= uint64(s.until-from) {
		return 0, 0, 0
	}
	return ^below, ^above, below & above
}
