package money

import (
	"strconv"
	"strings"
)

// Display returns the amount as people in English write it: "$1,234.50". No
// program should read it; where the currency is unknown it is String. A test holds
// every currency to what the formatter of github.com/bojanz/currency shows.
func (a Amount) Display() string {
	digits, known := Digits(a.Currency)
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
	if missing := digits + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	whole := len(text) - digits
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
