package scalar

import (
	"errors"
	"math/bits"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// Kernels call these on the I of values, with the units of ir.Kind. Each is
// total: where the code is not NoFault there is no result.

// code returns the fault of an error of package money.
func code(err error) ir.FaultCode {
	switch {
	case err == nil:
		return ir.NoFault
	case errors.Is(err, money.ErrDivideByZero):
		return ir.DivideByZero
	default:
		return ir.Overflow
	}
}

// Widen returns an int as a decimal.
func Widen(i int64) (int64, ir.FaultCode) {
	d, err := money.DecimalFromInt(i)
	return int64(d), code(err)
}

// Neg returns -a.
func Neg(a int64) (int64, ir.FaultCode) { return Sub(0, a) }

// Abs returns a without its sign.
func Abs(a int64) (int64, ir.FaultCode) {
	if a < 0 {
		return Neg(a)
	}
	return a, ir.NoFault
}

// Add returns a + b of one kind.
func Add(a, b int64) (int64, ir.FaultCode) {
	sum, err := money.AddInts(a, b)
	return sum, code(err)
}

// Sub returns a - b of one kind.
func Sub(a, b int64) (int64, ir.FaultCode) {
	difference, err := money.SubInts(a, b)
	return difference, code(err)
}

// Mul returns a × b where one of them is an int and the product has the kind of
// the other.
func Mul(a, b int64) (int64, ir.FaultCode) {
	product, err := money.MulInts(a, b)
	return product, code(err)
}

// MulDecimal returns a × b of millionths, rounded once, half to even.
func MulDecimal(a, b int64) (int64, ir.FaultCode) {
	product, err := money.Decimal(a).Mul(money.Decimal(b), money.HalfEven)
	return int64(product), code(err)
}

// DivDecimal returns a ÷ b of millionths, rounded once, half to even.
func DivDecimal(a, b int64) (int64, ir.FaultCode) {
	quotient, err := money.Decimal(a).Div(money.Decimal(b), money.HalfEven)
	return int64(quotient), code(err)
}

// millionthsOfPercent is what the product of two counts of millionths is
// divided by for a percentage in millionths: 100 × 1,000,000.
const millionthsOfPercent = 100_000_000

// Pct returns x × percent ÷ 100 of millionths, rounded once, half to even.
func Pct(x, percent int64) (int64, ir.FaultCode) {
	negative := (x < 0) != (percent < 0)
	hi, lo := bits.Mul64(magnitude(x), magnitude(percent))
	if hi >= millionthsOfPercent {
		return 0, ir.Overflow
	}
	quotient, rest := bits.Div64(hi, lo, millionthsOfPercent)
	const half = millionthsOfPercent / 2
	if rest > half || (rest == half && quotient%2 == 1) {
		quotient++
		if quotient == 0 {
			return 0, ir.Overflow
		}
	}
	switch {
	case negative && quotient <= 1<<63:
		return int64(-quotient), ir.NoFault
	case !negative && quotient < 1<<63:
		return int64(quotient), ir.NoFault
	default:
		return 0, ir.Overflow
	}
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// Round returns x, in millionths, rounded half to even to so many digits after
// the point, at most MaxRoundDigits; fewer than -12 are OutOfDomain.
func Round(x, digits int64) (int64, ir.FaultCode) {
	if digits < MinRoundDigits || digits > MaxRoundDigits {
		return 0, ir.OutOfDomain
	}
	rounded, err := money.Decimal(x).Round(int(digits), money.HalfEven)
	return int64(rounded), code(err)
}

// The digits that Round takes.
const (
	MinRoundDigits = money.MinRoundDigits
	MaxRoundDigits = money.Scale
)

// Floor returns x, in millionths, rounded to a whole number downwards.
func Floor(x int64) (int64, ir.FaultCode) {
	rounded, err := money.Decimal(x).Round(0, money.Down)
	return int64(rounded), code(err)
}

// Ceil returns x, in millionths, rounded to a whole number upwards.
func Ceil(x int64) (int64, ir.FaultCode) {
	rounded, err := money.Decimal(x).Round(0, money.Up)
	return int64(rounded), code(err)
}

// Clamp returns x, or low or high where x lies outside of them; low above high
// is OutOfDomain.
func Clamp(x, low, high int64) (int64, ir.FaultCode) {
	if low > high {
		return 0, ir.OutOfDomain
	}
	return min(max(x, low), high), ir.NoFault
}

const (
	secondsPerHour = 60 * 60
	secondsPerDay  = 24 * secondsPerHour
	microsPerDay   = secondsPerDay * 1_000_000
)

// Hours returns a number of hours, in millionths, as a duration: a millionth of
// an hour is 3,600 microseconds, so it is exact.
func Hours(n int64) (int64, ir.FaultCode) { return Mul(n, secondsPerHour) }

// Days returns a number of days of 24 hours, in millionths, as a duration.
func Days(n int64) (int64, ir.FaultCode) { return Mul(n, secondsPerDay) }

// HoursBetween returns b - a, two times, in hours: millionths, half to even.
func HoursBetween(a, b int64) (int64, ir.FaultCode) {
	micros, fault := Sub(b, a)
	if fault != ir.NoFault {
		return 0, fault
	}
	hours, err := money.Decimal(micros).DivInt(secondsPerHour, money.HalfEven)
	return int64(hours), code(err)
}

// AddTime returns a time plus a duration; outside the years 1 to 9999 it is
// Overflow.
func AddTime(t, d int64) (int64, ir.FaultCode) { return instant(Add(t, d)) }

// SubTime returns a time minus a duration, as AddTime does.
func SubTime(t, d int64) (int64, ir.FaultCode) { return instant(Sub(t, d)) }

func instant(t int64, fault ir.FaultCode) (int64, ir.FaultCode) {
	if fault == ir.NoFault && !calendar.Instant(t).Valid() {
		return 0, ir.Overflow
	}
	return t, fault
}

// AddDate returns a date plus a duration of whole days; another duration is
// OutOfDomain, a day outside the years 1 to 9999 Overflow.
func AddDate(date, d int64) (int64, ir.FaultCode) {
	if d%microsPerDay != 0 {
		return 0, ir.OutOfDomain
	}
	return day(Add(date, d/microsPerDay))
}

// SubDate returns a date minus a duration, as AddDate does.
func SubDate(date, d int64) (int64, ir.FaultCode) {
	if d%microsPerDay != 0 {
		return 0, ir.OutOfDomain
	}
	return day(Sub(date, d/microsPerDay))
}

func day(d int64, fault ir.FaultCode) (int64, ir.FaultCode) {
	if fault == ir.NoFault && (d < int64(calendar.MinDate) || d > int64(calendar.MaxDate)) {
		return 0, ir.Overflow
	}
	return d, fault
}
