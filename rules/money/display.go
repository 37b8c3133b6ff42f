package money

import (
	"strconv"
	"strings"
	"sync"

	"github.com/bojanz/currency"
)

// Display returns the amount as people in English write it: "$1,234.50". No
// program should read it; where the currency is unknown it is String.
//
// The library's formatter prepares itself for each amount, which takes longer
// than anything else of a page full of them. So it is asked once for what stands
// before the digits; a test holds every currency to it.
func (a Amount) Display() string {
	digits, known := currency.GetDigits(a.Currency)
	if !known {
		return a.String()
	}
	var b strings.Builder
	magnitude := uint64(a.Minor)
	if a.Minor < 0 {
		b.WriteByte('-')
		magnitude = -magnitude // also of the least int64
	}
	b.WriteString(symbolBefore(a.Currency))
	text := strconv.FormatUint(magnitude, 10)
	if missing := int(digits) + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	whole := len(text) - int(digits)
	for i := range whole {
		if i > 0 && (whole-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(text[i])
	}
	if digits > 0 {
		b.WriteByte('.')
		b.WriteString(text[whole:])
	}
	return b.String()
}

// symbols are what symbolBefore found, by currency.
var symbols sync.Map

// symbolBefore is what stands before an amount's digits: "$", or "CHF" with a
// space that does not break.
func symbolBefore(code string) string {
	if known, ok := symbols.Load(code); ok {
		return known.(string)
	}
	shown, err := currency.NewAmountFromInt64(0, code)
	if err != nil {
		return code + "\u00a0"
	}
	before, _, _ := strings.Cut(currency.NewFormatter(currency.NewLocale("en")).Format(shown), "0")
	symbols.Store(code, before)
	return before
}
