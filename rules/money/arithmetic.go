package money

import (
	"fmt"
	"math"
	"math/bits"
)

// Add returns d + e, or ErrOverflow.
func (d Decimal) Add(e Decimal) (Decimal, error) {
	sum, err := AddInts(int64(d), int64(e))
	return Decimal(sum), err
}

// Sub returns d - e, or ErrOverflow.
func (d Decimal) Sub(e Decimal) (Decimal, error) {
	difference, err := SubInts(int64(d), int64(e))
	return Decimal(difference), err
}

// Neg returns -d, or ErrOverflow for the one value that has no opposite.
func (d Decimal) Neg() (Decimal, error) { return Decimal(0).Sub(d) }

// Abs returns d without its sign, or ErrOverflow as Neg does.
func (d Decimal) Abs() (Decimal, error) {
	if d < 0 {
		return d.Neg()
	}
	return d, nil
}

// Mul returns d × e, rounded once to millionths, or ErrOverflow.
func (d Decimal) Mul(e Decimal, r Rounding) (Decimal, error) {
	product, err := mulDiv(int64(d), int64(e), int64(One), r)
	return Decimal(product), err
}

// MulInt returns d × n, which is exact, or ErrOverflow.
func (d Decimal) MulInt(n int64) (Decimal, error) {
	product, err := MulInts(int64(d), n)
	return Decimal(product), err
}

// Div returns d ÷ e, rounded once to millionths, or ErrOverflow or
// ErrDivideByZero.
func (d Decimal) Div(e Decimal, r Rounding) (Decimal, error) {
	quotient, err := mulDiv(int64(d), int64(One), int64(e), r)
	return Decimal(quotient), err
}

// DivInt returns d ÷ n, rounded once to millionths, or ErrOverflow or
// ErrDivideByZero.
func (d Decimal) DivInt(n int64, r Rounding) (Decimal, error) {
	quotient, err := mulDiv(int64(d), 1, n, r)
	return Decimal(quotient), err
}

// Cmp returns -1, 0 or 1 as d is below, equal to or above e.
func (d Decimal) Cmp(e Decimal) int {
	switch {
	case d < e:
		return -1
	case d > e:
		return 1
	default:
		return 0
	}
}

// Round returns d rounded to so many digits after the point; a negative number
// of digits rounds to tens, hundreds and so on. Six digits or more leave d as
// it is. It returns ErrOverflow where the rounded value does not fit, and
// ErrPrecision below MinRoundDigits, where every value would.
func (d Decimal) Round(digits int, r Rounding) (Decimal, error) {
	if digits >= Scale {
		return d, nil
	}
	if digits < MinRoundDigits {
		return 0, fmt.Errorf("round to %d digits: %w", digits, ErrPrecision)
	}
	step := int64(pow10[Scale-digits])
	steps, err := mulDiv(int64(d), 1, step, r)
	if err != nil {
		return 0, err
	}
	return Decimal(steps).MulInt(step)
}

// MinRoundDigits is the lowest argument of Round: trillions, the last power of
// ten that a Decimal holds.
const MinRoundDigits = -12

// Int returns d rounded to a whole number, which always fits.
func (d Decimal) Int(r Rounding) int64 {
	whole, err := mulDiv(int64(d), 1, int64(One), r)
	if err != nil {
		panic("money: a millionth of an int64 overflowed") // unreachable: the divisor is a million
	}
	return whole
}

// AddInts returns a + b, or ErrOverflow.
func AddInts(a, b int64) (int64, error) {
	sum := a + b
	if (b > 0) != (sum > a) {
		return 0, ErrOverflow
	}
	return sum, nil
}

// SubInts returns a - b, or ErrOverflow.
func SubInts(a, b int64) (int64, error) {
	difference := a - b
	if (b > 0) != (difference < a) {
		return 0, ErrOverflow
	}
	return difference, nil
}

// MulInts returns a × b, or ErrOverflow.
func MulInts(a, b int64) (int64, error) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi != 0 {
		return 0, ErrOverflow
	}
	return signed(lo, (a < 0) != (b < 0))
}

// DivInts returns a ÷ b as a Decimal, rounded once to millionths, or
// ErrOverflow or ErrDivideByZero.
func DivInts(a, b int64, r Rounding) (Decimal, error) {
	quotient, err := mulDiv(a, int64(One), b, r)
	return Decimal(quotient), err
}

// mulDiv returns a × b ÷ c with one rounding, through a product of 128 bits.
func mulDiv(a, b, c int64, r Rounding) (int64, error) {
	if c == 0 {
		return 0, ErrDivideByZero
	}
	negative := (a < 0) != (b < 0) != (c < 0)
	divisor := magnitude(c)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi >= divisor {
		return 0, ErrOverflow
	}
	quotient, remainder := bits.Div64(hi, lo, divisor)
	if remainder != 0 && away(quotient, remainder, divisor, negative, r) {
		if quotient == math.MaxUint64 {
			return 0, ErrOverflow
		}
		quotient++
	}
	return signed(quotient, negative)
}

// away reports whether a quotient with a remainder is rounded away from zero.
func away(quotient, remainder, divisor uint64, negative bool, r Rounding) bool {
	switch r {
	case HalfEven:
		rest := divisor - remainder // compared instead of 2 × remainder, which can overflow
		return remainder > rest || (remainder == rest && quotient%2 == 1)
	case Down:
		return negative
	case Up:
		return !negative
	default:
		panic("money: unknown rounding") // unreachable: the three are all there are
	}
}

// magnitude returns |i|, which fits for the lowest int64 too.
func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// signed returns m with a sign, or ErrOverflow.
func signed(m uint64, negative bool) (int64, error) {
	switch {
	case negative && m <= 1<<63:
		return int64(-m), nil
	case !negative && m <= math.MaxInt64:
		return int64(m), nil
	default:
		return 0, ErrOverflow
	}
}

// pow10 holds every power of ten that fits in 64 bits.
var pow10 = func() (powers [20]uint64) {
	powers[0] = 1
	for i := 1; i < len(powers); i++ {
		powers[i] = powers[i-1] * 10
	}
	return powers
}()
