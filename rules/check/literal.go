package check

import (
	"errors"
	"strconv"
	"strings"

	"amends/rules/ir"
	"amends/rules/money"
)

// parseNumber reads a literal from its text, never through a float: digits with
// underscores between them are an int, and with a point a decimal.
func parseNumber(text string) (v ir.Value, hint string, ok bool) {
	digits := strings.ReplaceAll(text, "_", "")
	whole, fraction, point := strings.Cut(digits, ".")
	if strings.Trim(whole+fraction, "0123456789") != "" {
		return v, "write digits, and a point where there is a fraction", false
	}
	if !point {
		i, err := strconv.ParseInt(whole, 10, 64)
		if err != nil {
			return v, "it is too large", false
		}
		return ir.Value{Kind: ir.Int, I: i}, "", true
	}
	if fraction == "" {
		return v, "write digits after the point", false
	}
	if whole == "" {
		digits = "0" + digits
	}
	d, err := money.ParseDecimal(digits)
	switch {
	case errors.Is(err, money.ErrPrecision):
		return v, "numbers have at most 6 digits after the point", false
	case err != nil:
		return v, "it is too large", false
	}
	return ir.Value{Kind: ir.Decimal, I: int64(d)}, "", true
}

// number reads the literal at [from, to) of the text.
func (c *checker) number(from, to int) ir.Node {
	if from < 0 || to > len(c.runes) || from >= to {
		c.report(0, syntax, "a number that cannot be located", "")
		return nil
	}
	text := string(c.runes[from:to])
	v, hint, ok := parseNumber(text)
	if !ok {
		c.report(from, badNumber, shorten(text), hint)
		return nil
	}
	return &ir.Const{Value: v, At: from}
}
