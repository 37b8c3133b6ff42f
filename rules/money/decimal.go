package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// ErrSyntax and ErrPrecision are why a text or a number is not taken: it is no
// number, or it has more digits than its type keeps.
var (
	ErrSyntax    = errors.New("not a number")
	ErrPrecision = errors.New("too many digits")
)

// ParseDecimal reads an exact number: an optional sign, digits, and optionally
// a point and more digits. Zeros that end a long fraction are no digits. The
// error is ErrSyntax, ErrPrecision past six digits of fraction, or ErrOverflow.
func ParseDecimal(s string) (Decimal, error) {
	number, err := splitNumber(s)
	if err != nil {
		return 0, fmt.Errorf("decimal %.40q: %w", s, err)
	}
	number.fraction = strings.TrimRight(number.fraction, "0")
	millionths, err := number.scaled(Scale)
	if err != nil {
		return 0, fmt.Errorf("decimal %.40q: %w", s, err)
	}
	return Decimal(millionths), nil
}

// numberText is a written number in its parts, each but whole possibly empty.
type numberText struct {
	negative        bool
	whole, fraction string // ASCII digits
}

func splitNumber(s string) (numberText, error) {
	var number numberText
	if s != "" && (s[0] == '-' || s[0] == '+') {
		number.negative = s[0] == '-'
		s = s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	if !onlyDigits(whole) || (point && !onlyDigits(fraction)) {
		return numberText{}, ErrSyntax
	}
	number.whole, number.fraction = whole, fraction
	return number, nil
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// scaled returns the number in units of 10^-digits, exactly or not at all.
func (n numberText) scaled(digits int) (int64, error) {
	if len(n.fraction) > digits {
		return 0, ErrPrecision
	}
	var m uint64
	for _, part := range [...]string{n.whole, n.fraction} {
		for i := range len(part) {
			digit := uint64(part[i] - '0')
			if m > (math.MaxUint64-digit)/10 {
				return 0, ErrOverflow
			}
			m = m*10 + digit
		}
	}
	hi, lo := bits.Mul64(m, pow10[digits-len(n.fraction)])
	if hi != 0 {
		return 0, ErrOverflow
	}
	return signed(lo, n.negative)
}

// DecimalFromInt returns i, or ErrOverflow.
func DecimalFromInt(i int64) (Decimal, error) { return One.MulInt(i) }

// DecimalFromFloat returns the shortest decimal text that reads back as f,
// rounded half to even to millionths. NaN is ErrSyntax; infinities and what
// does not fit are ErrOverflow. It is where FLOAT and DOUBLE columns end.
func DecimalFromFloat(f float64) (Decimal, error) { return decimalFromFloat(f, 64) }

// DecimalFromFloat32 is DecimalFromFloat with the shortest text that reads
// back as the 32-bit f, so that a stored 0.1 is one tenth.
func DecimalFromFloat32(f float32) (Decimal, error) { return decimalFromFloat(float64(f), 32) }

func decimalFromFloat(f float64, bitSize int) (Decimal, error) {
	if math.IsNaN(f) {
		return 0, fmt.Errorf("NaN: %w", ErrSyntax)
	}
	if math.IsInf(f, 0) {
		return 0, fmt.Errorf("infinity: %w", ErrOverflow)
	}
	var buffer [32]byte // -d.dddddddddddddddde-308 takes 24
	text := strconv.AppendFloat(buffer[:0], f, 'e', -1, bitSize)

	negative, digits, fraction, i := false, uint64(0), 0, 0
	if text[0] == '-' {
		negative, i = true, 1
	}
	point := false
	for ; text[i] != 'e'; i++ {
		if text[i] == '.' {
			point = true
			continue
		}
		digits = digits*10 + uint64(text[i]-'0') // at most 17 digits
		if point {
			fraction++
		}
	}
	exponent, err := strconv.Atoi(string(text[i+1:]))
	if err != nil {
		return 0, fmt.Errorf("float %q: %w", text, ErrSyntax)
	}
	shift := exponent - fraction + Scale // the value is digits × 10^shift millionths
	switch {
	case shift >= 0:
		return shiftExact(0, digits, negative, shift)
	case -shift >= len(pow10):
		return 0, nil // below 10^17 ÷ 10^20: nearer to zero than half a millionth
	}
	divisor := pow10[-shift]
	quotient, remainder := digits/divisor, digits%divisor
	if remainder != 0 && away(quotient, remainder, divisor, negative, HalfEven) {
		quotient++
	}
	millionths, err := signed(quotient, negative)
	return Decimal(millionths), err
}

// DecimalFromScaled returns unscaled × 10^-scale, the value of a decimal
// column. It is exact: ErrPrecision where six digits do not hold it,
// ErrOverflow where 64 bits do not.
func DecimalFromScaled(unscaled int64, scale int) (Decimal, error) {
	return shiftExact(0, magnitude(unscaled), unscaled < 0, Scale-scale)
}

// maxDecimalBytes is the width of a decimal of 38 digits, the widest that
// Parquet writers commonly make. More bytes must only repeat the sign.
const maxDecimalBytes = 16

// DecimalFromBigEndian is DecimalFromScaled for a two's complement integer in
// big-endian bytes, as decimal columns of byte arrays store it. No bytes at
// all are ErrSyntax; a value beyond 128 bits is ErrOverflow.
func DecimalFromBigEndian(b []byte, scale int) (Decimal, error) {
	if len(b) == 0 {
		return 0, fmt.Errorf("decimal of no bytes: %w", ErrSyntax)
	}
	negative := b[0]&0x80 != 0
	var fill byte
	var hi, lo uint64
	if negative {
		fill, hi, lo = 0xff, math.MaxUint64, math.MaxUint64
	}
	for len(b) > maxDecimalBytes && b[0] == fill {
		b = b[1:]
	}
	if len(b) > maxDecimalBytes {
		return 0, ErrOverflow
	}
	for _, octet := range b {
		hi, lo = hi<<8|lo>>56, lo<<8|uint64(octet)
	}
	if negative {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	return shiftExact(hi, lo, negative, Scale-scale)
}

// shiftExact returns the 128-bit magnitude hi:lo × 10^shift as millionths,
// exactly or not at all.
func shiftExact(hi, lo uint64, negative bool, shift int) (Decimal, error) {
	if hi == 0 && lo == 0 {
		return 0, nil
	}
	if shift < -2*(len(pow10)-1) {
		return 0, ErrPrecision // 10^39 is above 2^128, so digits are lost
	}
	for shift < 0 {
		step := min(-shift, len(pow10)-1)
		var remainder uint64
		hi, remainder = bits.Div64(0, hi, pow10[step])
		lo, remainder = bits.Div64(remainder, lo, pow10[step])
		if remainder != 0 {
			return 0, ErrPrecision
		}
		shift += step
	}
	if hi != 0 || shift >= len(pow10) {
		return 0, ErrOverflow
	}
	hi, lo = bits.Mul64(lo, pow10[shift])
	if hi != 0 {
		return 0, ErrOverflow
	}
	millionths, err := signed(lo, negative)
	return Decimal(millionths), err
}

// String returns the shortest exact text: "24.99", "3", "-0.000001".
func (d Decimal) String() string {
	var buffer [maxScaledBytes]byte
	return string(d.Append(buffer[:0]))
}

// Append appends what String returns.
func (d Decimal) Append(to []byte) []byte {
	from := len(to)
	to = appendScaled(to, int64(d), Scale)
	end := len(to)
	for end > from && to[end-1] == '0' {
		end--
	}
	if end > from && to[end-1] == '.' {
		end--
	}
	return to[:end]
}

// formatScaled returns units × 10^-digits with all of its digits.
func formatScaled(units int64, digits int) string {
	var buffer [maxScaledBytes]byte
	return string(appendScaled(buffer[:0], units, digits))
}

// maxScaledBytes is 19 digits, a sign, a point, and room to spare.
const maxScaledBytes = 24

// appendScaled appends what formatScaled returns.
func appendScaled(text []byte, units int64, digits int) []byte {
	if units < 0 {
		text = append(text, '-')
	}
	divisor := pow10[digits]
	text = strconv.AppendUint(text, magnitude(units)/divisor, 10)
	if digits == 0 {
		return text
	}
	text = append(text, '.')
	fraction := magnitude(units) % divisor
	for i := digits - 1; i >= 0; i-- {
		text = append(text, byte('0'+fraction/pow10[i]%10))
	}
	return text
}
