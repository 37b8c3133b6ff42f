package ruletest

import (
	"slices"
	"strings"

	"amends/rules/ir"
	"amends/rules/money"
)

// Neighbours are the numbers to look at beside a cut-off, the lowest first, each
// written with as many digits as the cut-off: of a whole number those 1 and 5
// away, of hours and days those 1 and 2 away, and of decimals and money those a
// step of the last digit and about a tenth of it away. None is below zero, or above it where the cut-off is below.
func (c *CutOff) Neighbours() []string {
	plain := strings.ReplaceAll(c.Number, "_", "")
	value, err := money.ParseDecimal(plain)
	if err != nil {
		return nil
	}
	_, fraction, point := strings.Cut(plain, ".")
	var list []money.Decimal
	for _, by := range c.steps(max(value, -value), LastDigit(plain)) {
		if more, err := value.Add(by); err == nil && (value >= 0 || more <= 0) {
			list = append(list, more)
		}
		if less, err := value.Sub(by); err == nil && (value < 0 || less >= 0) {
			list = append(list, less)
		}
	}
	slices.Sort(list)
	var all []string
	for _, v := range slices.Compact(list) {
		all = append(all, withDigits(v, len(fraction), point))
	}
	return all
}

// steps are how far the neighbours are away.
func (c *CutOff) steps(value, last money.Decimal) []money.Decimal {
	switch c.Kind {
	case ir.Int:
		return []money.Decimal{money.One, 5 * money.One}
	case ir.Duration:
		return []money.Decimal{money.One, 2 * money.One}
	}
	tenth := (value/10 + last/2) / last * last
	if tenth <= last {
		return []money.Decimal{last}
	}
	return []money.Decimal{last, tenth}
}

// LastDigit is what one step of the last digit of a written number is: 0.01 of
// 20.00, 1 of 20.
func LastDigit(number string) money.Decimal {
	_, fraction, _ := strings.Cut(number, ".")
	step := money.One
	for range fraction {
		step /= 10
	}
	return step
}
