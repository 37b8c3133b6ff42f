package match

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

func decimalText(v ir.Value) string { return money.Decimal(v.I).String() }

// Facts is the values that rules read of one row as canonical JSON: keys
// sorted, ints as numbers, decimals and money as exact text, dates and times
// in ISO 8601, durations as seconds in text, what could not be filled as
// {"fault": code}.
func Facts(slots []ir.Slot, values []ir.Value) string {
	return string(newFactWriter(slots).appendObject(nil, func(slot int) ir.Value { return values[slot] }))
}

// factWriter writes the facts of rows of one source.
type factWriter struct {
	order []int    // slots by name
	names []string // quoted, each with its colon
}

func newFactWriter(slots []ir.Slot) *factWriter {
	w := &factWriter{}
	for i, s := range slots {
		if s.Origin != ir.FromAward {
			w.order = append(w.order, i)
		}
	}
	slices.SortFunc(w.order, func(a, b int) int { return strings.Compare(slots[a].Name, slots[b].Name) })
	for _, i := range w.order {
		w.names = append(w.names, string(append(appendQuoted(nil, slots[i].Name), ':')))
	}
	return w
}

// appendObject appends the facts of one row, of which value gives the slots.
func (w *factWriter) appendObject(b []byte, value func(slot int) ir.Value) []byte {
	b = append(b, '{')
	for n, i := range w.order {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, w.names[n]...)
		b = appendFact(b, value(i))
	}
	return append(b, '}')
}

// appendQuoted appends s as JSON text without escaping HTML: facts are data.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return appendEncoded(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendEncoded leaves what needs escapes to the library.
func appendEncoded(b []byte, s string) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return append(b, bytes.TrimRight(out.Bytes(), "\n")...)
}

func appendFact(b []byte, v ir.Value) []byte {
	switch v.Kind {
	case ir.Invalid:
		if c := v.Fault(); c != ir.NoFault {
			b = append(b, `{"fault":"`...)
			b = append(b, c.String()...)
			return append(b, `"}`...)
		}
		return append(b, "null"...)
	case ir.Bool:
		return strconv.AppendBool(b, v.I != 0)
	case ir.Int:
		return strconv.AppendInt(b, v.I, 10)
	case ir.Decimal, ir.Money:
		return append(money.Decimal(v.I).Append(append(b, '"')), '"')
	case ir.Duration:
		return append(money.Decimal(v.I).Append(append(b, '"')), "s\""...) // microseconds are millionths of a second
	case ir.Date:
		return append(calendar.Date(v.I).Append(append(b, '"')), '"')
	case ir.Time:
		return append(calendar.Instant(v.I).Append(append(b, '"')), '"')
	}
	return appendQuoted(b, v.S)
}

// ParseFacts fills the slots of a program from the facts that an earlier run
// kept. A slot that the facts do not hold, or hold as another kind than the
// column has today, is a fault: it is not known. The error is for facts that are
// no facts at all.
func ParseFacts(facts string, slots []ir.Slot) ([]ir.Value, error) {
	return parseFacts(facts, slots, func(json.RawMessage) ir.FaultCode { return ir.UnexpectedNull })
}

// parseFacts is ParseFacts where unknown says what a fact that was none is now.
func parseFacts(facts string, slots []ir.Slot, unknown func(json.RawMessage) ir.FaultCode) ([]ir.Value, error) {
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
		if text[0] == '{' {
			values[i] = ir.FaultValue(unknown(text))
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

// writtenFault is the fault that a fact says it was.
func writtenFault(text json.RawMessage) ir.FaultCode {
	var written struct{ Fault string }
	if json.Unmarshal(text, &written) == nil {
		for code := ir.NoFault + 1; code <= ir.OutOfDomain; code++ {
			if code.String() == written.Fault {
				return code
			}
		}
	}
	return ir.UnexpectedNull
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
