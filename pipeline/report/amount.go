package report

import (
	"strconv"
	"strings"
	"unicode"

	"amends/rules/money"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Amount shows minor units as people write them: "$1,234.50".
func Amount(minor int64, currency string) string {
	// The formatter's no-break spaces become plain ones, for terminals and grep.
	return strings.ReplaceAll(money.Amount{Minor: minor, Currency: currency}.Display(), "\u00a0", " ")
}

// Amounts shows sums per currency on one line, by code: "€1.00, $2.50". Zeros
// are left out, and where that leaves nothing it is "nothing".
func Amounts(b money.ByCurrency) string {
	if list := amountList(b); list != "" {
		return list
	}
	return "nothing"
}

// amountWidth is how wide amounts of several currencies get in a cell.
const amountWidth = 20

// amountCell shows sums per currency for a cell, broken between amounts.
func amountCell(b money.ByCurrency) string { return text.WrapSoft(amountList(b), amountWidth) }

func amountList(b money.ByCurrency) string {
	var shown []string
	for _, code := range b.Currencies() {
		if b[code] != 0 {
			shown = append(shown, Amount(b[code], code))
		}
	}
	return strings.Join(shown, ", ")
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
