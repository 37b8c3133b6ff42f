package money_test

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/money"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want int64
		err  error
	}{
		{"0.10", 100_000, nil},
		{"24.99", 24_990_000, nil},
		{"-3", -3_000_000, nil},
		{"+3.5", 3_500_000, nil},
		{"-0", 0, nil},
		{"007", 7_000_000, nil},
		{"0.000001", 1, nil},
		{"1.0000010000", 1_000_001, nil},
		{strings.Repeat("0", 200) + "1." + strings.Repeat("0", 200), 1_000_000, nil},
		{"9223372036854.775807", math.MaxInt64, nil},
		{"-9223372036854.775808", math.MinInt64, nil},
		{"9223372036854.775808", 0, money.ErrOverflow},
		{"-9223372036854.775809", 0, money.ErrOverflow},
		{"18446744073709.551616", 0, money.ErrOverflow}, // 2^64 millionths would wrap to zero
		{strings.Repeat("9", 400), 0, money.ErrOverflow},
		{"0.0000001", 0, money.ErrPrecision},
		{"1.1234567", 0, money.ErrPrecision},
		{"", 0, money.ErrSyntax},
		{"-", 0, money.ErrSyntax},
		{".5", 0, money.ErrSyntax},
		{"5.", 0, money.ErrSyntax},
		{"1.-5", 0, money.ErrSyntax},
		{"--1", 0, money.ErrSyntax},
		{"1.2.3", 0, money.ErrSyntax},
		{"1_000", 0, money.ErrSyntax},
		{"1,000", 0, money.ErrSyntax},
		{"1e3", 0, money.ErrSyntax},
		{"0x10", 0, money.ErrSyntax},
		{" 1", 0, money.ErrSyntax},
		{"1 ", 0, money.ErrSyntax},
		{"NaN", 0, money.ErrSyntax},
		{"Inf", 0, money.ErrSyntax},
		{"١", 0, money.ErrSyntax}, // a digit, but not ASCII
	}
	for _, test := range tests {
		got, err := money.ParseDecimal(test.in)
		if int64(got) != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseDecimal(%q) = %d, %v; want %d, %v", test.in, got, err, test.want, test.err)
		}
	}
}

func TestDecimalString(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]money.Decimal{
		"24.99": 24_990_000, "3": 3_000_000, "-0.000001": -1, "0": 0, "100": 100_000_000, "-1.5": -1_500_000,
		"9223372036854.775807": highest, "-9223372036854.775808": lowest,
	} {
		if got := d.String(); got != want {
			t.Errorf("String of %d millionths = %q, want %q", int64(d), got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := decimals().Draw(t, "d")
		if got, err := money.ParseDecimal(d.String()); err != nil || got != d {
			t.Fatalf("%q reads back as %d, %v; want %d", d.String(), got, err, d)
		}
	})
}

func TestDecimalFromFloatByHand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   float64
		want string
		err  error
	}{
		{0.1, "0.1", nil},
		{0.1 + 0.2, "0.3", nil}, // 0.30000000000000004
		{24.99, "24.99", nil},
		{-24.99, "-24.99", nil},
		{math.Copysign(0, -1), "0", nil},
		{1.0000005, "1", nil}, // a tie in its text, whatever its bits
		{1.0000015, "1.000002", nil},
		{-1.0000025, "-1.000002", nil},
		{0.0000005, "0", nil},
		{0.00000051, "0.000001", nil},
		{6.2498382261231665e-06, "0.000006", nil}, // 17 digits, all but one past the sixth
		{6.5e-06, "0.000006", nil},
		{5e-324, "0", nil},
		{1e-13, "0", nil},
		{9.99e-14, "0", nil},
		{123456.789012345, "123456.789012", nil},
		{1e12, "1000000000000", nil},
		{9223372036854.775, "9223372036854.775", nil},
		{9223372036854.777, "0", money.ErrOverflow},
		{1e13, "0", money.ErrOverflow},
		{-1e300, "0", money.ErrOverflow},
		{math.MaxFloat64, "0", money.ErrOverflow},
		{math.Inf(1), "0", money.ErrOverflow},
		{math.Inf(-1), "0", money.ErrOverflow},
		{math.NaN(), "0", money.ErrSyntax},
	}
	for _, test := range tests {
		got, err := money.DecimalFromFloat(test.in)
		if got.String() != test.want || !errors.Is(err, test.err) {
			t.Errorf("DecimalFromFloat(%v) = %s, %v; want %s, %v", test.in, got, err, test.want, test.err)
		}
	}
	if got, err := money.DecimalFromFloat32(0.1); err != nil || got.String() != "0.1" {
		t.Errorf("a 32-bit 0.1 = %s, %v; want 0.1", got, err)
	}
	if got, err := money.DecimalFromFloat32(16777216); err != nil || got.String() != "16777216" {
		t.Errorf("a 32-bit 2^24 = %s, %v; want 16777216", got, err)
	}
	if _, err := money.DecimalFromFloat32(float32(math.NaN())); !errors.Is(err, money.ErrSyntax) {
		t.Errorf("a 32-bit NaN: %v, want %v", err, money.ErrSyntax)
	}
}

func TestDecimalFromFloatIsItsShortestText(t *testing.T) {
	t.Parallel()
	check := func(t *rapid.T, f float64, bitSize int, got money.Decimal, err error) {
		exact, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, bitSize))
		if !ok {
			t.Fatalf("no rational of %v", f)
		}
		same(t, strconv.FormatFloat(f, 'g', -1, bitSize), int64(got), err, decimalRat(exact, money.HalfEven))
	}
	rapid.Check(t, func(t *rapid.T) {
		any64 := rapid.Map(rapid.Uint64(), math.Float64frombits)
		f := rapid.OneOf(any64, rapid.Float64(), rapid.Float64Range(-1e6, 1e6), rapid.Float64Range(-1e14, 1e14)).
			Filter(func(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }).Draw(t, "f")
		got, err := money.DecimalFromFloat(f)
		check(t, f, 64, got, err)

		f32 := rapid.OneOf(rapid.Float32(), rapid.Float32Range(-1e6, 1e6)).Draw(t, "f32")
		got, err = money.DecimalFromFloat32(f32)
		check(t, float64(f32), 32, got, err)
	})
}

func TestDecimalFromScaledByHand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		unscaled int64
		scale    int
		want     string
		err      error
	}{
		{2499, 2, "24.99", nil},
		{-2499, 2, "-24.99", nil},
		{15, 0, "15", nil},
		{15, -2, "1500", nil},
		{1, 6, "0.000001", nil},
		{10, 7, "0.000001", nil},
		{15, 7, "0", money.ErrPrecision},
		{1_000_000_000_000_000_000, 18, "1", nil},
		{1_000_000_000_000_000_000, 24, "0.000001", nil},
		{1_000_000_000_000_000_000, 25, "0", money.ErrPrecision},
		{1, 1 << 40, "0", money.ErrPrecision},
		{0, 1 << 40, "0", nil},
		{0, -1 << 40, "0", nil},
		{1, -12, "1000000000000", nil},
		{1, -13, "0", money.ErrOverflow},
		{1, -1 << 40, "0", money.ErrOverflow},
		{math.MinInt64, 6, "-9223372036854.775808", nil},
		{math.MinInt64, 5, "0", money.ErrOverflow},
	}
	for _, test := range tests {
		got, err := money.DecimalFromScaled(test.unscaled, test.scale)
		if got.String() != test.want || !errors.Is(err, test.err) {
			t.Errorf("%d at scale %d = %s, %v; want %s, %v", test.unscaled, test.scale, got, err, test.want, test.err)
		}
	}
}

// twosComplement writes i in so many big-endian bytes, which must hold it.
func twosComplement(i *big.Int, width int) []byte {
	modulus := new(big.Int).Lsh(big.NewInt(1), uint(8*width))
	return new(big.Int).Mod(i, modulus).FillBytes(make([]byte, width))
}

func TestDecimalFromBigEndianAgreesWithMathBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// A value near int64 at six digits, moved to another scale: most are held.
		scale := rapid.IntRange(-3, 28).Draw(t, "scale")
		value := big.NewInt(ints().Draw(t, "value"))
		ten := func(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
		if scale > money.Scale {
			value.Mul(value, ten(min(scale-money.Scale, 19)))
			value.Add(value, big.NewInt(rapid.SampledFrom([]int64{0, 0, 0, 1, -1}).Draw(t, "off")))
		}
		width := value.BitLen()/8 + 1 + rapid.IntRange(0, 20).Draw(t, "sign bytes")

		got, err := money.DecimalFromBigEndian(twosComplement(value, width), scale)
		exact := new(big.Rat).SetInt(value)
		if scale >= 0 {
			exact.Quo(exact, new(big.Rat).SetInt(ten(scale)))
		} else {
			exact.Mul(exact, new(big.Rat).SetInt(ten(-scale)))
		}
		if !new(big.Rat).Mul(exact, million).IsInt() {
			if !errors.Is(err, money.ErrPrecision) {
				t.Fatalf("%s at scale %d = %s, %v; want %v", value, scale, got, err, money.ErrPrecision)
			}
			return
		}
		same(t, value.String(), int64(got), err, decimalRat(exact, money.Down))
	})
}

func TestDecimalFromBigEndianEnds(t *testing.T) {
	t.Parallel()
	power := func(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }
	minusOne := big.NewInt(-1)
	tests := []struct {
		name  string
		bytes []byte
		scale int
		want  string
		err   error
	}{
		{"one byte", []byte{0x05}, 0, "5", nil},
		{"minus one", []byte{0xff}, 6, "-0.000001", nil},
		{"0x80 is negative", []byte{0x80}, 0, "-128", nil},
		{"0x0080 is not", []byte{0x00, 0x80}, 0, "128", nil},
		{"no bytes", nil, 0, "0", money.ErrSyntax},
		{"10^38 at scale 38", twosComplement(new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil), 16), 38, "1", nil},
		{"10^38 at scale 44", twosComplement(new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil), 17), 44, "0.000001", nil},
		{"10^38 at scale 45", twosComplement(new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil), 16), 45, "0", money.ErrPrecision},
		{"2^127", twosComplement(power(127), 17), 0, "0", money.ErrOverflow},
		{"2^128 + 1 does not wrap to 1", twosComplement(new(big.Int).Add(power(128), big.NewInt(1)), 17), 0, "0", money.ErrOverflow},
		{"-2^127", twosComplement(new(big.Int).Mul(power(127), minusOne), 16), 0, "0", money.ErrOverflow},
		{"-2^127 - 1", twosComplement(new(big.Int).Sub(new(big.Int).Mul(power(127), minusOne), big.NewInt(1)), 17), 0, "0", money.ErrOverflow},
		{"2^64 does not wrap to 0", twosComplement(power(64), 16), 6, "0", money.ErrOverflow},
	}
	for _, test := range tests {
		got, err := money.DecimalFromBigEndian(test.bytes, test.scale)
		if got.String() != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s = %s, %v; want %s, %v", test.name, got, err, test.want, test.err)
		}
	}
}

var numberPattern = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?$`)

func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"0.10", "-3", "9223372036854.775808", "1.0000000", "0.0000005", "1_0", "+", "1e3", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := money.ParseDecimal(s)
		if !numberPattern.MatchString(s) {
			if !errors.Is(err, money.ErrSyntax) {
				t.Fatalf("%q = %s, %v; want %v", s, got, err, money.ErrSyntax)
			}
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("math/big does not read %q", s)
		}
		millionths := exact.Mul(exact, million)
		if !millionths.IsInt() {
			if !errors.Is(err, money.ErrPrecision) {
				t.Fatalf("%q = %s, %v; want %v", s, got, err, money.ErrPrecision)
			}
			return
		}
		same(t, s, int64(got), err, millionths.Num())
	})
}
