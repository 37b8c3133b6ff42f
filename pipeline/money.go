package pipeline

import (
	"amends/rules/ir"
	"amends/rules/money"
)

// minorOf is a money column's value in minor units, exactly: money that has
// parts of a minor unit was never paid out.
func minorOf(v ir.Value, currency string) (int64, error) {
	d := money.Decimal(v.I)
	a, err := d.ToMinor(currency, money.HalfEven)
	if err != nil {
		return 0, err
	}
	back, err := a.Decimal()
	if err != nil {
		return 0, err
	}
	if back != d {
		return 0, money.ErrPrecision
	}
	return a.Minor, nil
}
