package money

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// ErrCurrency is why two amounts do not meet, or a code is no currency.
var ErrCurrency = errors.New("currency")

// Digits returns how many digits after the point a currency's minor unit has:
// 2 for USD, 0 for JPY, 3 for KWD. It is false for what is no ISO 4217 code,
// and for a currency with more digits than a Decimal.
func Digits(code string) (int, bool) {
	at, ok := codeIndex(code)
	if !ok || digitsOf[at] == 0 {
		return 0, false
	}
	return int(digitsOf[at]) - 1, true
}

// codeIndex numbers the texts of three capital letters.
func codeIndex(code string) (index int, ok bool) {
	if len(code) != 3 {
		return 0, false
	}
	for i := range 3 {
		letter := code[i] - 'A'
		if letter >= 26 {
			return 0, false
		}
		index = index*26 + int(letter)
	}
	return index, true
}

// MinorUnit returns one minor unit of a currency: 0.01 for USD, 1 for JPY. It
// is false where Digits is.
func MinorUnit(code string) (Decimal, bool) {
	digits, ok := Digits(code)
	if !ok {
		return 0, false
	}
	return Decimal(pow10[Scale-digits]), true
}

func unknown(code string) error { return fmt.Errorf("unknown %w %.40q", ErrCurrency, code) }

// FromMinor returns so many minor units as a Decimal: 2499 of USD is 24.99. The
// error is ErrCurrency or ErrOverflow.
func FromMinor(minor int64, code string) (Decimal, error) {
	unit, ok := MinorUnit(code)
	if !ok {
		return 0, unknown(code)
	}
	return unit.MulInt(minor)
}

// ToMinor rounds d to minor units of a currency, the one rounding of a rule's
// amount. It always fits; the error is ErrCurrency.
func (d Decimal) ToMinor(code string, r Rounding) (Amount, error) {
	unit, ok := MinorUnit(code)
	if !ok {
		return Amount{}, unknown(code)
	}
	minor, err := mulDiv(int64(d), 1, int64(unit), r)
	if err != nil {
		return Amount{}, err
	}
	return Amount{Minor: minor, Currency: code}, nil
}

// ParseAmount reads an exact amount: "25.00" or "25" in USD, "1500" in JPY. It
// is stricter than ParseDecimal: more digits than the minor unit has are
// ErrPrecision even where they are zeros, since "25.000" may well be meant as
// thousands. Otherwise the error is ErrSyntax, ErrOverflow or ErrCurrency.
func ParseAmount(s, code string) (Amount, error) {
	digits, ok := Digits(code)
	if !ok {
		return Amount{}, unknown(code)
	}
	number, err := splitNumber(s)
	if err != nil {
		return Amount{}, fmt.Errorf("amount %.40q: %w", s, err)
	}
	minor, err := number.scaled(digits)
	if err != nil {
		return Amount{}, fmt.Errorf("amount %.40q in %s, which has %d digits: %w", s, code, digits, err)
	}
	return Amount{Minor: minor, Currency: code}, nil
}

// Decimal returns the amount as a number of major units: the error is
// ErrCurrency or ErrOverflow.
func (a Amount) Decimal() (Decimal, error) { return FromMinor(a.Minor, a.Currency) }

// Add returns a + b: ErrCurrency where theirs differ, or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	if err := a.meets(b); err != nil {
		return Amount{}, err
	}
	minor, err := AddInts(a.Minor, b.Minor)
	if err != nil {
		return Amount{}, fmt.Errorf("%s + %s: %w", a, b, err)
	}
	return Amount{Minor: minor, Currency: a.Currency}, nil
}

// Sub returns a - b: ErrCurrency where theirs differ, or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	if err := a.meets(b); err != nil {
		return Amount{}, err
	}
	minor, err := SubInts(a.Minor, b.Minor)
	if err != nil {
		return Amount{}, fmt.Errorf("%s - %s: %w", a, b, err)
	}
	return Amount{Minor: minor, Currency: a.Currency}, nil
}

// Cmp returns -1, 0 or 1 as a is below, equal to or above b, or ErrCurrency
// where their currencies differ.
func (a Amount) Cmp(b Amount) (int, error) {
	if err := a.meets(b); err != nil {
		return 0, err
	}
	return Decimal(a.Minor).Cmp(Decimal(b.Minor)), nil
}

func (a Amount) meets(b Amount) error {
	if a.Currency != b.Currency {
		return fmt.Errorf("%w: %s and %s", ErrCurrency, a, b)
	}
	return nil
}

// String returns the amount with all of its digits and its code: "10.00 USD",
// "1500 JPY". An unknown currency shows the bare count of minor units.
func (a Amount) String() string {
	digits, ok := Digits(a.Currency)
	if !ok {
		return strconv.FormatInt(a.Minor, 10) + " minor units of " + strconv.Quote(a.Currency)
	}
	return formatScaled(a.Minor, digits) + " " + a.Currency
}

// Currencies returns the codes in b, sorted.
func (b ByCurrency) Currencies() []string { return slices.Sorted(maps.Keys(b)) }

// Add adds minor units of a currency to b, which must not be nil. On
// ErrOverflow b is as it was.
func (b ByCurrency) Add(code string, minor int64) error {
	sum, err := AddInts(b[code], minor)
	if err != nil {
		return fmt.Errorf("sum of %.40q: %w", code, err)
	}
	b[code] = sum
	return nil
}
