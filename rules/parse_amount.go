package rules

import (
	"errors"
	"strings"

	"amends/rules/money"
)

// parseAmount reads an amount that is not negative; what is wrong with it is
// the message.
func parseAmount(text, code string, digits int) (amount money.Amount, message string) {
	if strings.HasPrefix(text, "-") {
		return money.Amount{}, msgNegative(text)
	}
	amount, err := money.ParseAmount(text, code)
	switch {
	case errors.Is(err, money.ErrPrecision):
		return money.Amount{}, msgDigits(text, code, digits)
	case err != nil:
		return money.Amount{}, msgAmount(text, code)
	}
	return amount, ""
}
