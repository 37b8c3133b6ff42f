package money

import (
	_ "embed" // currencies.txt
	"strings"
)

// currencyList has a line for each currency: its code, its digits and, where that
// is not its code, what people in English write before an amount. A test makes it
// from the data of github.com/bojanz/currency and holds it to them: the library
// itself takes a millisecond of every start, for arithmetic that is not used here.
//
//go:embed currencies.txt
var currencyList string

// digitsOf has one more than a currency's digits where codeIndex says; 0 is no
// currency. Every amount asks for them. symbolOf has what stands before an amount
// of those currencies that have more than their code for it.
var digitsOf, symbolOf = readCurrencies(currencyList)

func readCurrencies(list string) (digits [26 * 26 * 26]uint8, symbols map[string]string) {
	symbols = map[string]string{}
	for line := range strings.Lines(list) {
		code, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		count, symbol, differs := strings.Cut(rest, " ")
		if at, ok := codeIndex(code); ok {
			digits[at] = count[0] - '0' + 1
		}
		if differs {
			symbols[code] = symbol
		}
	}
	return digits, symbols
}

// symbolBefore is what stands before an amount's digits: "$", or "CHF" with a
// space that does not break.
func symbolBefore(code string) string {
	if symbol, ok := symbolOf[code]; ok {
		return symbol
	}
	return code + "\u00a0"
}
