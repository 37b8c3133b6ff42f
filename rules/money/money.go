// Package money is exact arithmetic on amounts. A Decimal is an int64 count of
// millionths; every operation is defined at those six digits, through 128 bits,
// and says when it has no result. No value here was ever a float.
package money

import "errors"

// Decimal is a number with six digits after the point: a count of millionths.
type Decimal int64

// Scale is the number of digits after the point, and One the Decimal 1.
const (
	Scale         = 6
	One   Decimal = 1_000_000
)

// ErrOverflow and ErrDivideByZero are why an operation has no result.
var (
	ErrOverflow     = errors.New("overflow")
	ErrDivideByZero = errors.New("division by zero")
)

// Rounding names how a result that does not fit its digits is rounded.
type Rounding uint8

// The roundings. HalfEven is the only one that decides an amount.
const (
	HalfEven Rounding = iota + 1
	Down              // towards minus infinity
	Up                // towards plus infinity
)

// Amount is a count of minor units (cents, yen, fils) of one currency.
type Amount struct {
	Minor    int64
	Currency string // ISO 4217 alphabetic code
}

// ByCurrency maps an ISO 4217 code to minor units of it.
type ByCurrency map[string]int64
