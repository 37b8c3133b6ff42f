package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/money"
)

// The oracle: the same operations on unbounded rationals of math/big.

var million = big.NewRat(1_000_000, 1)

func ratOf(d money.Decimal) *big.Rat { return big.NewRat(int64(d), 1_000_000) }

func ratOfInt(i int64) *big.Rat { return new(big.Rat).SetInt64(i) }

// roundRat rounds x to an integer. The three roundings are written from their
// definitions: the floor, the ceiling, and the nearer of the two.
func roundRat(x *big.Rat, r money.Rounding) *big.Int {
	floor := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean; the denominator is positive
	if x.IsInt() || r == money.Down {
		return floor
	}
	ceiling := new(big.Int).Add(floor, big.NewInt(1))
	if r == money.Up {
		return ceiling
	}
	below := new(big.Rat).Sub(x, new(big.Rat).SetInt(floor))
	switch below.Cmp(big.NewRat(1, 2)) {
	case -1:
		return floor
	case 1:
		return ceiling
	}
	if floor.Bit(0) == 0 {
		return floor
	}
	return ceiling
}

// decimalRat is the Decimal that exact, in units, is rounded to.
func decimalRat(exact *big.Rat, r money.Rounding) *big.Int {
	return roundRat(new(big.Rat).Mul(exact, million), r)
}

// same fails unless got and err are what an int64 makes of want.
func same(t rapid.TB, what string, got int64, err error, want *big.Int) {
	t.Helper()
	switch {
	case !want.IsInt64():
		if !errors.Is(err, money.ErrOverflow) {
			t.Fatalf("%s = %d, %v; want overflow, exactly %s", what, got, err, want)
		}
	case err != nil:
		t.Fatalf("%s: %v, want %s", what, err, want)
	case got != want.Int64():
		t.Fatalf("%s = %d, want %s", what, got, want)
	}
}

// ints draws int64s with weight on what breaks arithmetic: ends of the range,
// zero, powers of ten and their halves, and their neighbours.
func ints() *rapid.Generator[int64] {
	edges := []int64{0, math.MaxInt64, math.MinInt64, math.MaxInt32, math.MinInt32, 3_037_000_499, 3_037_000_500}
	for power := int64(1); power <= 1e17; power *= 10 {
		edges = append(edges, power, -power, power/2, -power/2, power*3/2, -power*3/2)
	}
	near := rapid.Custom(func(t *rapid.T) int64 {
		return rapid.SampledFrom(edges).Draw(t, "edge") + rapid.Int64Range(-2, 2).Draw(t, "off") // may wrap: any int64 will do
	})
	return rapid.OneOf(near, rapid.Int64(), rapid.Int64Range(-1e7, 1e7), rapid.Int64Range(-1e13, 1e13))
}

func decimals() *rapid.Generator[money.Decimal] {
	return rapid.Map(ints(), func(i int64) money.Decimal { return money.Decimal(i) })
}

func roundings() *rapid.Generator[money.Rounding] {
	return rapid.SampledFrom([]money.Rounding{money.HalfEven, money.Down, money.Up})
}

func TestDecimalOperationsAgreeWithMathBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, r := decimals().Draw(t, "a"), decimals().Draw(t, "b"), roundings().Draw(t, "r")
		x, y := ratOf(a), ratOf(b)

		got, err := a.Add(b)
		same(t, "Add", int64(got), err, decimalRat(new(big.Rat).Add(x, y), r))
		got, err = a.Sub(b)
		same(t, "Sub", int64(got), err, decimalRat(new(big.Rat).Sub(x, y), r))
		got, err = a.Neg()
		same(t, "Neg", int64(got), err, decimalRat(new(big.Rat).Neg(x), r))
		got, err = a.Abs()
		same(t, "Abs", int64(got), err, decimalRat(new(big.Rat).Abs(x), r))
		got, err = a.Mul(b, r)
		same(t, "Mul", int64(got), err, decimalRat(new(big.Rat).Mul(x, y), r))
		if got := a.Cmp(b); got != x.Cmp(y) {
			t.Fatalf("Cmp = %d, want %d", got, x.Cmp(y))
		}
		same(t, "Int", a.Int(r), nil, roundRat(x, r))
		if b == 0 {
			return
		}
		got, err = a.Div(b, r)
		same(t, "Div", int64(got), err, decimalRat(new(big.Rat).Quo(x, y), r))
	})
}

func TestIntOperationsAgreeWithMathBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i, j, r := ints().Draw(t, "i"), ints().Draw(t, "j"), roundings().Draw(t, "r")
		d := decimals().Draw(t, "d")
		x, y := big.NewInt(i), big.NewInt(j)

		got, err := money.AddInts(i, j)
		same(t, "AddInts", got, err, new(big.Int).Add(x, y))
		got, err = money.SubInts(i, j)
		same(t, "SubInts", got, err, new(big.Int).Sub(x, y))
		got, err = money.MulInts(i, j)
		same(t, "MulInts", got, err, new(big.Int).Mul(x, y))
		decimal, err := d.MulInt(i)
		same(t, "MulInt", int64(decimal), err, decimalRat(new(big.Rat).Mul(ratOf(d), ratOfInt(i)), r))
		decimal, err = money.DecimalFromInt(i)
		same(t, "DecimalFromInt", int64(decimal), err, decimalRat(ratOfInt(i), r))
		if j == 0 {
			return
		}
		decimal, err = money.DivInts(i, j, r)
		same(t, "DivInts", int64(decimal), err, decimalRat(new(big.Rat).Quo(ratOfInt(i), ratOfInt(j)), r))
		decimal, err = d.DivInt(j, r)
		same(t, "DivInt", int64(decimal), err, decimalRat(new(big.Rat).Quo(ratOf(d), ratOfInt(j)), r))
	})
}

func TestRoundAgreesWithMathBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, r := decimals().Draw(t, "d"), roundings().Draw(t, "r")
		digits := rapid.IntRange(money.MinRoundDigits, money.Scale+2).Draw(t, "digits")

		step := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(money.Scale-digits, 0))), nil))
		steps := roundRat(new(big.Rat).Quo(ratOfInt(int64(d)), step), r)
		got, err := d.Round(digits, r)
		same(t, "Round", int64(got), err, new(big.Int).Mul(steps, step.Num()))
	})
}

// Ties are rare among random operands, so they are made: an odd number of half
// millionths, as a product and as a quotient.
func TestTiesGoToEven(t *testing.T) {
	t.Parallel()
	half := money.One / 2
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.Int64Range(-1e12, 1e12).Draw(t, "n")*2 + 1
		even := (odd - 1) / 2 // exact: odd - 1 and odd + 1 are even, and of their halves one is
		if even%2 != 0 {
			even = (odd + 1) / 2
		}
		product, err := money.Decimal(odd).Mul(half, money.HalfEven)
		same(t, "odd × 0.5", int64(product), err, big.NewInt(even))
		quotient, err := money.Decimal(odd).Div(2*money.One, money.HalfEven)
		same(t, "odd ÷ 2", int64(quotient), err, big.NewInt(even))
		quotient, err = money.Decimal(-odd).DivInt(-2, money.HalfEven)
		same(t, "-odd ÷ -2", int64(quotient), err, big.NewInt(even))
	})
}
