package ruletest

import (
	"strconv"
	"strings"
	"time"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// Kind says how the values of a column are written.
type Kind struct {
	Kind  ir.Kind
	Minor bool // money that counts minor units
	Zone  *time.Location
}

var kindWords = map[ir.Kind]string{
	ir.Bool: "true or false", ir.Int: "a whole number", ir.Decimal: "a number", ir.String: "a text",
	ir.Time: "a time such as 2026-01-14T12:00:00Z", ir.Date: "a date such as 2026-01-14",
}

func (k Kind) want(currency string) string {
	switch {
	case k.Kind != ir.Money:
		return kindWords[k.Kind]
	case k.Minor:
		return "a whole number of minor units, as the files have it"
	}
	return "an amount without its currency, such as 12.50"
}

// Read takes a value as the source's files have it. Currency is the row's, for
// money.
func (k Kind) Read(text, currency string) (ir.Value, bool) {
	value := ir.Value{Kind: k.Kind}
	switch k.Kind {
	case ir.Bool:
		return ir.BoolValue(text == "true"), text == "true" || text == "false"
	case ir.String:
		return ir.StringValue(text), true
	case ir.Int:
		n, ok := whole(text)
		value.I = n
		return value, ok
	case ir.Decimal:
		d, err := money.ParseDecimal(text)
		value.I = int64(d)
		return value, err == nil
	case ir.Date:
		d, err := calendar.ParseDate(text)
		value.I = int64(d)
		return value, err == nil
	case ir.Time:
		t, ok := k.instant(text)
		value.I = int64(t)
		return value, ok
	case ir.Money:
		d, ok := k.money(text, currency)
		value.I = int64(d)
		return value, ok
	}
	return value, false
}

// whole reads an integer as it would be written out again.
func whole(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text
}

func (k Kind) money(text, currency string) (money.Decimal, bool) {
	if !k.Minor {
		d, err := money.ParseDecimal(text)
		return d, err == nil
	}
	minor, ok := whole(text)
	if !ok {
		return 0, false
	}
	d, err := money.FromMinor(minor, currency)
	return d, err == nil
}

const microsPerDay = 24 * 60 * 60 * 1_000_000

// instant reads RFC 3339, or a local time or day in the source's zone.
func (k Kind) instant(text string) (calendar.Instant, bool) {
	if t, err := calendar.ParseInstant(text); err == nil {
		return t, true
	}
	day, clock, timed := strings.Cut(text, " ")
	if !timed {
		day, clock, timed = strings.Cut(text, "T")
	}
	date, err := calendar.ParseDate(day)
	if err != nil {
		return 0, false
	}
	micros := int64(0)
	if timed {
		if strings.Count(clock, ":") == 1 {
			clock += ":00"
		}
		at, err := calendar.ParseInstant("1970-01-01T" + clock + "Z")
		if err != nil {
			return 0, false
		}
		micros = int64(at)
	}
	return calendar.FromLocal(int64(date)*microsPerDay+micros, k.Zone), true
}
