package match

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

func dateText(v ir.Value) string    { return calendar.Date(v.I).String() }
func decimalText(v ir.Value) string { return money.Decimal(v.I).String() }
func timeText(v ir.Value) string    { return calendar.Instant(v.I).String() }

// Facts is the values that rules read of one row as canonical JSON: keys
// sorted, ints as numbers, decimals and money as exact text, dates and times
// in ISO 8601, durations as seconds in text, what could not be filled as
// {"fault": code}.
func Facts(slots []ir.Slot, values []ir.Value) string {
	at := make([]int, 0, len(slots))
	for i, s := range slots {
		if s.Origin != ir.FromAward {
			at = append(at, i)
		}
	}
	sort.Slice(at, func(i, j int) bool { return slots[at[i]].Name < slots[at[j]].Name })
	var b bytes.Buffer
	b.WriteByte('{')
	for n, i := range at {
		if n > 0 {
			b.WriteByte(',')
		}
		b.Write(quote(slots[i].Name))
		b.WriteByte(':')
		b.Write(factJSON(values[i]))
	}
	b.WriteByte('}')
	return b.String()
}

// quote renders s as JSON text without escaping HTML: facts are data.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return bytes.TrimRight(b.Bytes(), "\n")
}

func factJSON(v ir.Value) []byte {
	switch v.Kind {
	case ir.Invalid:
		if c := v.Fault(); c != ir.NoFault {
			return []byte(`{"fault":"` + c.String() + `"}`)
		}
		return []byte("null")
	case ir.Bool:
		return strconv.AppendBool(nil, v.I != 0)
	case ir.Int:
		return strconv.AppendInt(nil, v.I, 10)
	case ir.Decimal, ir.Money:
		return quote(decimalText(v))
	case ir.Duration:
		return quote(decimalText(v) + "s") // microseconds are millionths of a second
	case ir.Date:
		return quote(dateText(v))
	case ir.Time:
		return quote(timeText(v))
	}
	return quote(v.S)
}

// ParseFacts fills the slots of a program from the facts that an earlier run
// kept. A slot that the facts do not hold, or hold as another kind than the
// column has today, is a fault: it is not known. The error is for facts that are
// no facts at all.
func ParseFacts(facts string, slots []ir.Slot) ([]ir.Value, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(facts), &raw); err != nil {
		return nil, fmt.Errorf("facts %.60q: %w", facts, err)
	}
	values := make([]ir.Value, len(slots))
	for i, s := range slots {
		text, ok := raw[s.Name]
		if !ok {
			values[i] = ir.FaultValue(ir.UnexpectedNull)
			continue
		}
		v, err := parseFact(text, s.Type.Kind)
		if err != nil {
			v = ir.FaultValue(ir.OutOfDomain)
		}
		values[i] = v
	}
	return values, nil
}

// factText is one fact as the text that dimensions are joined by; false where
// the facts do not hold it.
func factText(facts, name string) (ir.Value, bool) {
	var raw map[string]json.RawMessage
	if json.Unmarshal([]byte(facts), &raw) != nil {
		return ir.Value{}, false
	}
	text, ok := raw[name]
	if !ok || text[0] == '{' {
		return ir.Value{}, false
	}
	if string(text) == "null" {
		return ir.Value{}, true
	}
	var s string
	if json.Unmarshal(text, &s) != nil {
		s = string(text) // a number
	}
	return ir.StringValue(s), true
}

func parseFact(text json.RawMessage, kind ir.Kind) (ir.Value, error) {
	if string(text) == "null" {
		return ir.Value{}, nil
	}
	if text[0] == '{' {
		return ir.FaultValue(ir.UnexpectedNull), nil
	}
	switch kind {
	case ir.Bool:
		var b bool
		err := json.Unmarshal(text, &b)
		return ir.BoolValue(b), err
	case ir.Int:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return ir.Value{Kind: kind, I: n}, err
	}
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return ir.Value{}, err
	}
	switch kind {
	case ir.Decimal, ir.Money:
		d, err := money.ParseDecimal(s)
		return ir.Value{Kind: kind, I: int64(d)}, err
	case ir.Duration:
		if s == "" || s[len(s)-1] != 's' {
			return ir.Value{}, fmt.Errorf("%q is no duration in seconds", s)
		}
		d, err := money.ParseDecimal(s[:len(s)-1])
		return ir.Value{Kind: kind, I: int64(d)}, err
	case ir.Date:
		d, err := calendar.ParseDate(s)
		return ir.Value{Kind: kind, I: int64(d)}, err
	case ir.Time:
		t, err := calendar.ParseInstant(s)
		return ir.Value{Kind: kind, I: int64(t)}, err
	}
	return ir.StringValue(s), nil
}
