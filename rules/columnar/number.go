package columnar

import (
	"math"
	"math/bits"

	"amends/rules/ir"
	"amends/rules/ir/scalar"
)

// unaryStep and binaryStep work on some lanes of a block, and return the lanes
// that fault. What they write for those does not count. They take any operand:
// some lanes may hold what no row has.
type (
	unaryStep  func(out, x block[int64], lanes []lane) uint64
	binaryStep func(out, x, y block[int64], lanes []lane) uint64
)

// numberKernel returns the kernel of an operation on numbers, times, dates and
// durations whose result is one of them too.
func numberKernel(n *ir.Call) kernel {
	switch {
	case n.Op == ir.OpMin:
		return foldKernel(minStep)
	case n.Op == ir.OpMax:
		return foldKernel(maxStep)
	case n.Op == ir.OpClamp:
		return runClamp
	case len(n.Args) == 1:
		return unaryKernel(unaryOf(n.Op))
	default:
		return foldKernel(binaryOf(n.Op, n.Args[0].Type().Kind, n.Args[1].Type().Kind))
	}
}

func unaryOf(op ir.Op) unaryStep {
	switch op {
	case ir.OpWiden:
		return widenStep
	case ir.OpNeg:
		return each(scalar.Neg)
	case ir.OpAbs:
		return each(scalar.Abs)
	case ir.OpFloor:
		return each(scalar.Floor)
	case ir.OpCeil:
		return each(scalar.Ceil)
	case ir.OpHours:
		return each(scalar.Hours)
	case ir.OpDays:
		return each(scalar.Days)
	case ir.OpWeekday:
		return each(scalar.Weekday)
	default:
		panic("columnar: an operation outside the closed set") // unreachable: check asked for a signature
	}
}

func binaryOf(op ir.Op, a, b ir.Kind) binaryStep {
	switch op {
	case ir.OpAdd:
		return addOf(a, b)
	case ir.OpSub:
		return subOf(a, b)
	case ir.OpMul:
		if a == ir.Int || b == ir.Int {
			return pairs(scalar.Mul)
		}
		return mulDecimalStep
	case ir.OpDiv:
		return divDecimalStep
	case ir.OpPct:
		return pctStep
	case ir.OpRound:
		return pairs(scalar.Round)
	case ir.OpDaysBetween:
		return swapped(subStep)
	case ir.OpHoursBetween:
		return hoursBetweenStep
	default:
		panic("columnar: an operation outside the closed set") // unreachable: check asked for a signature
	}
}

func addOf(a, b ir.Kind) binaryStep {
	switch {
	case a == ir.Time:
		return pairs(scalar.AddTime)
	case b == ir.Time:
		return swapped(pairs(scalar.AddTime))
	case a == ir.Date:
		return pairs(scalar.AddDate)
	case b == ir.Date:
		return swapped(pairs(scalar.AddDate))
	default:
		return addStep
	}
}

func subOf(a, b ir.Kind) binaryStep {
	switch {
	case a == ir.Time && b == ir.Duration:
		return pairs(scalar.SubTime)
	case a == ir.Date:
		return pairs(scalar.SubDate)
	default:
		return subStep
	}
}

func unaryKernel(step unaryStep) kernel {
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		x := m.register(n.args[0])
		for w, rows := range sel {
			if rows != 0 {
				dst.addFaults(w, rows&step(dst.ints.block(w), x.ints.block(w), m.lanes.most(rows)))
			}
		}
	}
}

// foldKernel returns the kernel of an operation on two operands, or on more that
// are taken from the left; only min and max have more, and they never fault.
func foldKernel(step binaryStep) kernel {
	return func(m *Machine, n *node, dst *register, sel bitmap) {
		m.operands(n, dst, sel)
		for w, rows := range sel {
			if rows == 0 {
				continue
			}
			out, lanes := dst.ints.block(w), m.lanes.most(rows)
			x := m.registers[n.args[0]].ints.block(w)
			for _, arg := range n.args[1:] {
				dst.addFaults(w, rows&step(out, x, m.registers[arg].ints.block(w), lanes))
				x = out
			}
		}
	}
}

func runClamp(m *Machine, n *node, dst *register, sel bitmap) {
	m.operands(n, dst, sel)
	x, low, high := m.register(n.args[0]), m.register(n.args[1]), m.register(n.args[2])
	for w, rows := range sel {
		if rows == 0 {
			continue
		}
		out := dst.ints.block(w)
		a, b, c := x.ints.block(w), low.ints.block(w), high.ints.block(w)
		var faults uint64
		for _, j := range m.lanes.of(rows) {
			j &= laneMask
			v, code := scalar.Clamp(a[j], b[j], c[j])
			out[j] = v
			faults |= bit(code != ir.NoFault) << j
		}
		dst.addFaults(w, faults)
	}
}

// each makes a step of a function on one number.
func each(f func(int64) (int64, ir.FaultCode)) unaryStep {
	return func(out, x block[int64], lanes []lane) (faults uint64) {
		for _, j := range lanes {
			j &= laneMask
			v, code := f(x[j])
			out[j] = v
			faults |= bit(code != ir.NoFault) << j
		}
		return faults
	}
}

// pairs makes a step of a function on two numbers.
func pairs(f func(a, b int64) (int64, ir.FaultCode)) binaryStep {
	return func(out, x, y block[int64], lanes []lane) (faults uint64) {
		for _, j := range lanes {
			j &= laneMask
			v, code := f(x[j], y[j])
			out[j] = v
			faults |= bit(code != ir.NoFault) << j
		}
		return faults
	}
}

func swapped(step binaryStep) binaryStep {
	return func(out, x, y block[int64], lanes []lane) uint64 { return step(out, y, x, lanes) }
}

// What follows is scalar's operations of the same names, for the operations that
// rules have most, written so that a loop makes no call. What does not fit the
// fast path is scalar's to decide.

func addStep(out, x, y block[int64], lanes []lane) (faults uint64) {
	for _, j := range lanes {
		j &= laneMask
		a, b := x[j], y[j]
		sum := a + b
		out[j] = sum
		faults |= uint64((a^sum)&(b^sum)) >> 63 << j // both signs differ from the sum's
	}
	return faults
}

func subStep(out, x, y block[int64], lanes []lane) (faults uint64) {
	for _, j := range lanes {
		j &= laneMask
		a, b := x[j], y[j]
		difference := a - b
		out[j] = difference
		faults |= uint64((a^b)&(a^difference)) >> 63 << j
	}
	return faults
}

func minStep(out, x, y block[int64], lanes []lane) uint64 {
	for _, j := range lanes {
		j &= laneMask
		out[j] = min(x[j], y[j])
	}
	return 0
}

func maxStep(out, x, y block[int64], lanes []lane) uint64 {
	for _, j := range lanes {
		j &= laneMask
		out[j] = max(x[j], y[j])
	}
	return 0
}

const millionths = 1_000_000

func widenStep(out, x block[int64], lanes []lane) (faults uint64) {
	const most = math.MaxInt64 / millionths
	for _, j := range lanes {
		j &= laneMask
		i := x[j]
		out[j] = i * millionths
		faults |= bit(i > most || i < -most) << j
	}
	return faults
}

// halfUp is 1 where a quotient with a rest is rounded up, half to even.
func halfUp(quotient, rest, divisor uint64) uint64 {
	return bit(rest+quotient&1 > divisor/2) // at the half, an odd quotient tips it; divisor is even
}

func mulDecimalStep(out, x, y block[int64], lanes []lane) (faults uint64) {
	for _, j := range lanes {
		j &= laneMask
		a, b := x[j], y[j]
		hi, lo := bits.Mul64(uint64(a), uint64(b))
		if (a|b) < 0 || hi != 0 {
			v, code := scalar.MulDecimal(a, b)
			out[j] = v
			faults |= bit(code != ir.NoFault) << j
			continue
		}
		quotient, rest := lo/millionths, lo%millionths
		out[j] = int64(quotient + halfUp(quotient, rest, millionths)) // at most 2^64 ÷ 10^6
	}
	return faults
}

func pctStep(out, x, y block[int64], lanes []lane) (faults uint64) {
	const divisor = 100 * millionths
	for _, j := range lanes {
		j &= laneMask
		a, b := x[j], y[j]
		hi, lo := bits.Mul64(uint64(a), uint64(b))
		if (a|b) < 0 || hi != 0 {
			v, code := scalar.Pct(a, b)
			out[j] = v
			faults |= bit(code != ir.NoFault) << j
			continue
		}
		quotient, rest := lo/divisor, lo%divisor
		out[j] = int64(quotient + halfUp(quotient, rest, divisor))
	}
	return faults
}

func divDecimalStep(out, x, y block[int64], lanes []lane) (faults uint64) {
	const most = math.MaxInt64 / millionths // below it the dividend has 63 bits, and so does the quotient
	for _, j := range lanes {
		j &= laneMask
		a, b := x[j], y[j]
		if a < 0 || a >= most || b <= 0 {
			v, code := scalar.DivDecimal(a, b)
			out[j] = v
			faults |= bit(code != ir.NoFault) << j
			continue
		}
		dividend, divisor := uint64(a)*millionths, uint64(b)
		quotient, rest := dividend/divisor, dividend%divisor
		up := rest > divisor-rest || rest == divisor-rest && quotient&1 == 1
		out[j] = int64(quotient + bit(up))
	}
	return faults
}

func hoursBetweenStep(out, x, y block[int64], lanes []lane) (faults uint64) {
	const microsPerMicroHour = 3600
	for _, j := range lanes {
		j &= laneMask
		a, b := x[j], y[j]
		micros := b - a
		if (a^b)&(b^micros) < 0 {
			faults |= 1 << j
			continue
		}
		sign := micros >> 63
		size := uint64((micros ^ sign) - sign) // without its sign; so is the lowest int64
		quotient, rest := size/microsPerMicroHour, size%microsPerMicroHour
		quotient += halfUp(quotient, rest, microsPerMicroHour)
		out[j] = (int64(quotient) ^ sign) - sign
	}
	return faults
}
