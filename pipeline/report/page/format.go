package page

import (
	"strconv"
	"strings"

	"amends/pipeline/report"
	"amends/rules/money"
)

// none stands for a figure that there is not.
const none = "–"

// Money shows minor units as people write them: "$1,234.50".
func Money(minor int64, currency string) string { return report.Amount(minor, currency) }

// Count shows a number with its thousands apart: 1,234,567.
func Count(n int64) string { return report.Count(n) }

// Signed shows a change, with its sign: "+1,234".
func Signed(n int64) string {
	if n > 0 {
		return "+" + Count(n)
	}
	return Count(n)
}

// SignedMoney shows a change of an amount, with its sign: "+$1.00".
func SignedMoney(minor int64, currency string) string {
	if minor > 0 {
		return "+" + Money(minor, currency)
	}
	return Money(minor, currency)
}

// Share shows basis points as a percentage: 1234 is "12.34 %".
func Share(basis int64) string { return hundredths(basis) + " %" }

// hundredths shows 1234 as "12.34".
func hundredths(n int64) string {
	sign, u := "", uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	fraction := strconv.FormatUint(u%100, 10)
	if len(fraction) == 1 {
		fraction = "0" + fraction
	}
	return sign + Count(int64(u/100)) + "." + fraction
}

// UnitOf is how an axis shows a currency: the sign before the number, and the
// digits of its minor unit.
func UnitOf(currency string) Unit {
	digits, ok := money.Digits(currency)
	if !ok {
		return Unit{Prefix: currency + " "}
	}
	return Unit{Prefix: strings.TrimRight(Money(0, currency), "0."), Digits: digits}
}

// moneyValue is an amount for a chart.
func moneyValue(minor int64, currency string) Value {
	return Value{Value: minor, Text: Money(minor, currency)}
}

// countValue is a number of things for a chart: "3 credits".
func countValue(n int64, one, many string) Value {
	return Value{Value: n, Text: report.Counted(n, one, many)}
}

// part shows a share of a whole in whole percent, rounded down: "42 %".
func part(n, whole int64) string {
	if whole <= 0 {
		return none
	}
	if n > (1<<63-1)/100 {
		return Count(n/(whole/100)) + " %"
	}
	return Count(n*100/whole) + " %"
}

// drawnOf is a sentence on what is drawn, where that is not all.
func drawnOf(all, drawn int, sentence string) string {
	if all <= drawn {
		return ""
	}
	return strings.Replace(sentence, "%s", Count(int64(drawn)), 1)
}
