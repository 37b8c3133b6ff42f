package document

import (
	"slices"
	"strconv"
	"strings"

	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/money"
)

// Fields is a map with known keys. A nil Fields has none.
type Fields struct {
	node   *Node
	record *Record // nil where Fields was given keys
	pairs  map[string]Pair
}

// fields reads a map whose keys are known, and reports every other key. what
// names the map in messages: "a source". It is nil where the node is no map.
func (n *Node) fields(what string, known ...string) *Fields {
	if n == nil || !n.expect(mapping, what+" (a map of keys and values)") {
		return nil
	}
	fields := &Fields{node: n, pairs: make(map[string]Pair, len(n.pairs))}
	for _, pair := range n.pairs {
		if !slices.Contains(known, pair.Key) {
			if n.flow && pair.Value.kind == nothing {
				n.doc.list.Add(pair.At.Diagnose(0, n.doc.codes.Syntax, keyWithoutValue(pair.Key), hintFlow))
				continue
			}
			hint := Suggestion(pair.Key, known)
			if hint == "" {
				hint = what + " has the keys " + strings.Join(known, ", ")
			}
			n.doc.list.Add(pair.At.Diagnose(0, n.doc.codes.UnknownKey, unknownKey(pair.Key), hint))
			continue
		}
		fields.pairs[pair.Key] = pair
	}
	return fields
}

// Get returns the value of a key, or nil where the key is not there.
func (f *Fields) Get(key string) *Node {
	if f == nil {
		return nil
	}
	return f.pairs[key].Value
}

// Need is Get, and reports a missing key.
func (f *Fields) Need(key string) *Node {
	if f == nil {
		return nil
	}
	pair, ok := f.pairs[key]
	if !ok {
		f.node.Report(f.node.doc.codes.MissingKey, missingKey(key), "")
	}
	return pair.Value
}

// Has reports whether the key is there.
func (f *Fields) Has(key string) bool { return f.Get(key) != nil }

// KeyAt returns a key's own place; empty where the key is not there.
func (f *Fields) KeyAt(key string) diag.Text {
	if f == nil {
		return diag.Text{}
	}
	return f.pairs[key].At
}

func (n *Node) expect(k kind, want string) bool {
	if n.kind == k {
		return true
	}
	n.Report(n.doc.codes.WrongType, wrongType(want, n), "")
	return false
}

// Pairs returns the keys of a map with free keys, in order; what names it.
func (n *Node) Pairs(what string) []Pair {
	if n == nil || !n.expect(mapping, what) {
		return nil
	}
	return n.pairs
}

// Items returns the values of a list; what names it: "a list of rules".
func (n *Node) Items(what string) []*Node {
	if n != nil && n.kind == mapping {
		n.Report(n.doc.codes.WrongType, wrongType(what, n), hintItems)
		return nil
	}
	if n == nil || !n.expect(list, what) {
		return nil
	}
	return n.items
}

// IsScalar, IsMap and IsNothing say what a node is without a report.
func (n *Node) IsScalar() bool { return n != nil && n.kind == scalar }

// IsMap reports whether the node is a map.
func (n *Node) IsMap() bool { return n != nil && n.kind == mapping }

// IsNothing reports whether the node is null, or a key without a value.
func (n *Node) IsNothing() bool { return n != nil && n.kind == nothing }

// IsEmptyList reports whether the node is a list without a value.
func (n *Node) IsEmptyList() bool { return n != nil && n.kind == list && len(n.items) == 0 }

// IsFlow reports whether the node is a map in braces.
func (n *Node) IsFlow() bool { return n != nil && n.kind == mapping && n.flow }

// Quoted reports whether a scalar was written with quotes or as a block, and so
// is text whatever it looks like.
func (n *Node) Quoted() bool { return n != nil && n.kind == scalar && n.style != plain }

// Text reads a scalar that is not blank, as it is written; what names it.
func (n *Node) Text(what string) (diag.Text, bool) {
	if n == nil || !n.expect(scalar, what) {
		return diag.Text{}, false
	}
	if strings.TrimSpace(n.text.Source) == "" {
		n.Report(n.doc.codes.WrongType, wrongType(what, n), "")
		return diag.Text{}, false
	}
	return n.text, true
}

// Texts reads a list of scalars, or one scalar as a list of one.
func (n *Node) Texts(what string) []diag.Text {
	if n == nil {
		return nil
	}
	items := []*Node{n}
	if n.kind != scalar {
		items = n.Items(what)
		if n.kind == list && len(items) == 0 {
			n.Report(n.doc.codes.WrongType, "expected "+what+", found an empty list", "")
		}
	}
	var texts []diag.Text
	for _, item := range items {
		if text, ok := item.Text("a name"); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// Word reads a scalar that is one of a few words.
func (n *Node) Word(allowed ...string) (string, bool) {
	text, ok := n.Text(oneOf(allowed))
	if !ok {
		return "", false
	}
	if !slices.Contains(allowed, text.Source) {
		n.Report(n.doc.codes.BadValue, wrongType(oneOf(allowed), n), Suggestion(text.Source, allowed))
		return "", false
	}
	return text.Source, true
}

// Bool reads true or false.
func (n *Node) Bool() (value, ok bool) {
	if n == nil {
		return false, false
	}
	if !n.isPlain("true", "false") {
		n.Report(n.doc.codes.WrongType, wrongType("true or false", n), Suggestion(truth[strings.ToLower(n.text.Source)], []string{"true", "false"}))
		return false, false
	}
	return n.text.Source == "true", true
}

func (n *Node) isPlain(words ...string) bool {
	return n.kind == scalar && n.style == plain && slices.Contains(words, n.text.Source)
}

// Int reads a whole number written in plain digits, from low to high; what
// names it: "a whole number of days".
func (n *Node) Int(low, high int, what string) (int, bool) {
	if n == nil {
		return 0, false
	}
	want := what + " from " + strconv.Itoa(low) + " to " + strconv.Itoa(high)
	if n.kind != scalar || n.style != plain {
		n.Report(n.doc.codes.WrongType, wrongType(want, n), "")
		return 0, false
	}
	value, err := strconv.Atoi(n.text.Source)
	if err != nil || strconv.Itoa(value) != n.text.Source || value < low || value > high {
		n.Report(n.doc.codes.BadValue, wrongType(want, n), numberHint(n.text.Source))
		return 0, false
	}
	return value, true
}

// truth is what other languages call true and false.
var truth = map[string]string{"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}

// numberHint says what to leave out of a text that begins with a number.
func numberHint(text string) string {
	number, rest, ok := strings.Cut(text, " ")
	if ok && digits(number) && rest != "" {
		return "write the number alone: " + number
	}
	return ""
}

// NumberText reads a number as it is written, digits with at most one point
// and perhaps a minus: what reads it later decides how many digits it takes.
func (n *Node) NumberText(what string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.kind == scalar && n.style == plain && IsNumber(n.text.Source) {
		return n.text.Source, true
	}
	hint := ""
	if n.kind == scalar {
		hint = CommaHint(n.text.Source)
	}
	if n.kind == scalar && n.style != plain && IsNumber(n.text.Source) {
		hint = "write the number without quotes"
	}
	n.Report(n.doc.codes.WrongType, wrongType(what, n), hint)
	return "", false
}

// IsNumber reports whether s is digits with at most one point between them and
// at most one minus before them: 0.10, 1500, -2.
func IsNumber(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return digits(whole) && (!point || digits(fraction))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Decimal reads a number of at most six digits after the point that is not
// below zero.
func (n *Node) Decimal(what string) (money.Decimal, bool) {
	text, ok := n.NumberText(what)
	if !ok {
		return 0, false
	}
	value, err := money.ParseDecimal(text)
	if err != nil {
		n.Report(n.doc.codes.BadValue, err.Error(), "")
		return 0, false
	}
	if value < 0 {
		n.Report(n.doc.codes.BadValue, wrongType(what, n), "it cannot be negative")
		return 0, false
	}
	return value, true
}

// Date reads YYYY-MM-DD.
func (n *Node) Date() (calendar.Date, bool) {
	text, ok := n.Text("a date such as 2026-11-30")
	if !ok {
		return 0, false
	}
	date, err := calendar.ParseDate(text.Source)
	if err != nil {
		hint := "year, month and day, with - between them"
		if len(text.Source) == len("2026-11-30") && strings.Count(text.Source, "-") == 2 {
			hint = "" // written so: the calendar lacks it
		}
		n.Report(n.doc.codes.BadValue, wrongType("a date such as 2026-11-30", n), hint)
		return 0, false
	}
	return date, true
}
