package money_test

import (
	"errors"
	"math"
	"testing"

	"amends/rules/money"
)

const (
	highest = money.Decimal(math.MaxInt64)
	lowest  = money.Decimal(math.MinInt64)
)

// parse reads a decimal that a test wrote.
func parse(t *testing.T, s string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMulAndDivByHand(t *testing.T) {
	t.Parallel()
	const mul, div = '*', '/'
	tests := []struct {
		a        string
		operator rune
		b        string
		nearest  string
		down, up string
	}{
		{"0.10", mul, "24.99", "2.499", "2.499", "2.499"},
		{"0.001", mul, "0.0005", "0", "0", "0.000001"},               // half a millionth; zero is even
		{"0.001", mul, "0.0015", "0.000002", "0.000001", "0.000002"}, // one and a half
		{"0.001", mul, "0.0025", "0.000002", "0.000002", "0.000003"}, // two and a half
		{"-0.001", mul, "0.0005", "0", "-0.000001", "0"},
		{"-0.001", mul, "0.0015", "-0.000002", "-0.000002", "-0.000001"},
		{"-0.001", mul, "-0.0025", "0.000002", "0.000002", "0.000003"},
		{"0.001", mul, "0.000501", "0.000001", "0", "0.000001"}, // just above half
		{"0.001", mul, "0.000499", "0", "0", "0.000001"},
		{"0", mul, "-5", "0", "0", "0"},
		{"1", div, "3", "0.333333", "0.333333", "0.333334"},
		{"2", div, "3", "0.666667", "0.666666", "0.666667"},
		{"-2", div, "3", "-0.666667", "-0.666667", "-0.666666"},
		{"2", div, "-3", "-0.666667", "-0.666667", "-0.666666"},
		{"0.000001", div, "2", "0", "0", "0.000001"},
		{"0.000003", div, "2", "0.000002", "0.000001", "0.000002"},
		{"10", div, "0.25", "40", "40", "40"},
		{"3000000000", mul, "3000", "9000000000000", "9000000000000", "9000000000000"}, // its product has 75 bits
	}
	for _, test := range tests {
		for r, want := range map[money.Rounding]string{money.HalfEven: test.nearest, money.Down: test.down, money.Up: test.up} {
			operate := parse(t, test.a).Mul
			if test.operator == div {
				operate = parse(t, test.a).Div
			}
			got, err := operate(parse(t, test.b), r)
			if err != nil || got != parse(t, want) {
				t.Errorf("%s %c %s with rounding %d = %s, %v; want %s", test.a, test.operator, test.b, r, got, err, want)
			}
		}
	}
}

func TestWhatHasNoResult(t *testing.T) {
	t.Parallel()
	two := 2 * money.One
	tests := []struct {
		name    string
		operate func() (money.Decimal, error)
		want    error
	}{
		{"highest + a millionth", func() (money.Decimal, error) { return highest.Add(1) }, money.ErrOverflow},
		{"lowest + lowest", func() (money.Decimal, error) { return lowest.Add(lowest) }, money.ErrOverflow},
		{"lowest - a millionth", func() (money.Decimal, error) { return lowest.Sub(1) }, money.ErrOverflow},
		{"0 - lowest", func() (money.Decimal, error) { return money.Decimal(0).Sub(lowest) }, money.ErrOverflow},
		{"-lowest", lowest.Neg, money.ErrOverflow},
		{"|lowest|", lowest.Abs, money.ErrOverflow},
		{"highest × 2", func() (money.Decimal, error) { return highest.Mul(two, money.Down) }, money.ErrOverflow},
		{"lowest × -1", func() (money.Decimal, error) { return lowest.Mul(-money.One, money.Down) }, money.ErrOverflow},
		{"lowest × lowest", func() (money.Decimal, error) { return lowest.Mul(lowest, money.Down) }, money.ErrOverflow},
		{"highest ÷ 0.5", func() (money.Decimal, error) { return highest.Div(money.One/2, money.Down) }, money.ErrOverflow},
		{"a quotient of exactly 65 bits", func() (money.Decimal, error) { return money.DivInts(math.MaxInt64, 499_999, money.Down) }, money.ErrOverflow},
		{"2^64 - 1 and more than half does not wrap to 0", func() (money.Decimal, error) {
			return money.Decimal(3_000_002).Mul(6_148_910_591_962_789_230, money.HalfEven)
		}, money.ErrOverflow},
		{"1 ÷ 0", func() (money.Decimal, error) { return money.One.Div(0, money.Down) }, money.ErrDivideByZero},
		{"0 ÷ 0", func() (money.Decimal, error) { return money.Decimal(0).Div(0, money.HalfEven) }, money.ErrDivideByZero},
		{"1 ÷ int 0", func() (money.Decimal, error) { return money.One.DivInt(0, money.Down) }, money.ErrDivideByZero},
		{"int 1 ÷ int 0", func() (money.Decimal, error) { return money.DivInts(1, 0, money.Down) }, money.ErrDivideByZero},
		{"highest to trillions", func() (money.Decimal, error) { return highest.Round(-12, money.Up) }, money.ErrOverflow},
		{"round to 13 zeros", func() (money.Decimal, error) { return money.One.Round(-13, money.Down) }, money.ErrPrecision},
		{"highest int", func() (money.Decimal, error) { return money.DecimalFromInt(math.MaxInt64) }, money.ErrOverflow},
	}
	for _, test := range tests {
		if got, err := test.operate(); !errors.Is(err, test.want) || got != 0 {
			t.Errorf("%s = %s, %v; want %v and nothing else", test.name, got, err, test.want)
		}
	}
}

func TestTheEndsAreReached(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		operate func() (money.Decimal, error)
		want    money.Decimal
	}{
		{"highest - 1 + 1", func() (money.Decimal, error) { return (highest - 1).Add(1) }, highest},
		{"lowest + 1 - 1", func() (money.Decimal, error) { return (lowest + 1).Sub(1) }, lowest},
		{"lowest - lowest", func() (money.Decimal, error) { return lowest.Sub(lowest) }, 0},
		{"-1 - highest", func() (money.Decimal, error) { return money.Decimal(-1).Sub(highest) }, lowest},
		{"-highest", highest.Neg, lowest + 1},
		{"lowest × 1", func() (money.Decimal, error) { return lowest.Mul(money.One, money.HalfEven) }, lowest},
		{"lowest ÷ 1", func() (money.Decimal, error) { return lowest.Div(money.One, money.HalfEven) }, lowest},
		{"lowest ÷ lowest", func() (money.Decimal, error) { return lowest.Div(lowest, money.HalfEven) }, money.One},
		{"lowest, halved, doubled", func() (money.Decimal, error) { return (lowest / 2).MulInt(2) }, lowest},
		{"highest int ÷ itself", func() (money.Decimal, error) { return money.DivInts(math.MaxInt64, math.MaxInt64, money.Up) }, money.One},
	}
	for _, test := range tests {
		if got, err := test.operate(); err != nil || got != test.want {
			t.Errorf("%s = %s, %v; want %s", test.name, got, err, test.want)
		}
	}
}

func TestRoundByHand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in     string
		digits int
		r      money.Rounding
		want   string
	}{
		{"2.345", 2, money.HalfEven, "2.34"},
		{"2.355", 2, money.HalfEven, "2.36"},
		{"2.345001", 2, money.HalfEven, "2.35"},
		{"-2.345", 2, money.HalfEven, "-2.34"},
		{"-2.345", 2, money.Down, "-2.35"},
		{"-2.345", 2, money.Up, "-2.34"},
		{"0.5", 0, money.HalfEven, "0"},
		{"1.5", 0, money.HalfEven, "2"},
		{"-0.5", 0, money.Down, "-1"},
		{"150", -2, money.HalfEven, "200"},
		{"250", -2, money.HalfEven, "200"},
		{"1.234567", 6, money.Down, "1.234567"},
		{"1.234567", 9, money.Down, "1.234567"},
		{"1.234565", 5, money.HalfEven, "1.23456"},
	}
	for _, test := range tests {
		got, err := parse(t, test.in).Round(test.digits, test.r)
		if err != nil || got.String() != test.want {
			t.Errorf("round %s to %d with rounding %d = %s, %v; want %s", test.in, test.digits, test.r, got, err, test.want)
		}
	}
}
