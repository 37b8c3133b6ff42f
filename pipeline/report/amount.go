package report

import (
	"strconv"
	"strings"
	"unicode"

	"amends/rules/money"
)

// Amounts shows sums per currency on one line, by code: "€1.00, $2.50". It is
// "nothing" where there is none.
func Amounts(b money.ByCurrency) string {
	if len(b) == 0 {
		return "nothing"
	}
	return strings.Join(amountList(b), ", ")
}

// amountLines shows sums per currency below each other, for a cell.
func amountLines(b money.ByCurrency) string { return strings.Join(amountList(b), "\n") }

func amountList(b money.ByCurrency) []string {
	var shown []string
	for _, code := range b.Currencies() {
		shown = append(shown, amount(b[code], code))
	}
	return shown
}

// amount shows minor units as people write them; the formatter's no-break
// spaces become plain ones, for terminals and for grep.
func amount(minor int64, currency string) string {
	return strings.ReplaceAll(money.Amount{Minor: minor, Currency: currency}.Display(), "\u00a0", " ")
}

// Count shows a number with its thousands apart: 1,234,567.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Counted shows a number of things: "1 credit", "2 credits".
func Counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// oneLine replaces what would move a terminal's cursor; a line feed stays.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return '\uFFFD'
		}
		return r
	}, s)
}
