package ruletest

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"amends/rules/money"
)

// token is a word or mark of an expression; from and to count runes.
type token struct {
	text     string
	from, to int
	kind     tokenKind
	depth    int // of brackets around it; a bracket stands at the depth outside
}

type tokenKind uint8

const (
	word tokenKind = iota
	number
	quotedText
	mark
)

var longMarks = []string{">=", "<=", "==", "!=", "&&", "||", "??", "**", "?.", ".."}

// tokens takes an expression that was checked apart.
func tokens(source string) []token {
	runes := []rune(source)
	var all []token
	depth := 0
	for i := 0; i < len(runes); {
		from := i
		t := token{from: from, depth: depth, kind: mark}
		c := runes[i]
		switch {
		case unicode.IsSpace(c):
			i++
			continue
		case c == '#' || c == '/' && i+1 < len(runes) && runes[i+1] == '/':
			for i < len(runes) && runes[i] != '\n' {
				i++
			}
			continue
		case c == '/' && i+1 < len(runes) && runes[i+1] == '*':
			for i += 2; i < len(runes) && !(runes[i-1] == '*' && runes[i] == '/'); i++ {
			}
			i++
			continue
		case c == '"' || c == '\'' || c == '`':
			for i++; i < len(runes) && runes[i] != c; i++ {
				if runes[i] == '\\' && c != '`' {
					i++
				}
			}
			i++
			t.kind = quotedText
		case c >= '0' && c <= '9':
			for i < len(runes) && (runes[i] >= '0' && runes[i] <= '9' || runes[i] == '_' || runes[i] == '.' && i+1 < len(runes) && runes[i+1] >= '0' && runes[i+1] <= '9') {
				i++
			}
			t.kind = number
		case c == '_' || unicode.IsLetter(c):
			for i < len(runes) && (runes[i] == '_' || unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i])) {
				i++
			}
			t.kind = word
		default:
			i++
			if i < len(runes) && slices.Contains(longMarks, string(runes[from:i+1])) {
				i++
			}
		}
		i = min(i, len(runes))
		t.to, t.text = i, string(runes[from:i])
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
			t.depth = depth
		}
		all = append(all, t)
	}
	return all
}

// textChange is an expression with one change.
type textChange struct {
	from          int // rune offset of the change
	text          string
	before, after string // the clause around it
}

var swaps = map[string]string{
	">": ">=", ">=": ">", "<": "<=", "<=": "<", "==": "!=", "!=": "==", "+": "-", "*": "/", "/": "*",
	"and": "or", "or": "and", "&&": "||", "||": "&&", "min": "max", "max": "min",
}

// changes are the mutations of one expression.
func changes(source string) []textChange {
	e := &expression{source: []rune(source), tokens: tokens(source)}
	for i, t := range e.tokens {
		switch t.kind {
		case number:
			for _, n := range numbers(t.text) {
				e.replace(i, i+1, n)
			}
		case quotedText:
			e.listed(i)
		default:
			e.swap(i, t)
		}
	}
	return e.changes
}

type expression struct {
	source  []rune
	tokens  []token
	changes []textChange
}

func (e *expression) is(i int, texts ...string) bool {
	return i >= 0 && i < len(e.tokens) && e.tokens[i].kind != quotedText && slices.Contains(texts, e.tokens[i].text)
}

// swap changes an operator or a function for its like.
func (e *expression) swap(i int, t token) {
	other, known := swaps[t.text]
	switch {
	case t.text == "min" || t.text == "max":
		if !e.is(i+1, "(") || e.is(i-1, ".") {
			return
		}
	case t.text == "-":
		if e.unary(i) {
			e.replace(i, i+1, "")
			return
		}
		other, known = "+", true
	case t.text == "not" || t.text == "!":
		if !e.is(i+1, "in") {
			e.replace(i, i+1, "")
		} else {
			e.replace(i, i+1, " ")
		}
		return
	}
	if !known {
		return
	}
	if t.text == "and" || t.text == "or" || t.text == "&&" || t.text == "||" {
		e.junction(i)
	}
	e.replace(i, i+1, other)
}

// unary reports whether a minus has nothing on its left.
func (e *expression) unary(i int) bool {
	if i == 0 {
		return true
	}
	before := e.tokens[i-1]
	return before.kind == mark && !slices.Contains([]string{")", "]"}, before.text) || e.is(i-1, "and", "or", "not", "in")
}

// loose are the marks at which the operands of `and` or `or` end.
var loose = []string{"?", ":", "??", ","}

// junction drops the operands on either side of an `and` or `or`: the left one
// with the first of a chain, the right one with each.
func (e *expression) junction(i int) {
	depth := e.tokens[i].depth
	own := []string{"or", "||"}
	junctions := own // which end an operand of `or`: `and` binds tighter
	if e.is(i, "and", "&&") {
		own, junctions = []string{"and", "&&"}, []string{"or", "||", "and", "&&"}
	}
	ends := func(at int) bool {
		if at < 0 || at >= len(e.tokens) || e.tokens[at].depth < depth {
			return true
		}
		t := e.tokens[at]
		return t.kind != quotedText && t.depth == depth && (slices.Contains(loose, t.text) || slices.Contains(junctions, t.text))
	}
	left, right := i-1, i+1
	for !ends(left) {
		left--
	}
	for !ends(right) {
		right++
	}
	e.drop(i, right, i+1, right)
	if !e.is(left, own...) {
		e.drop(left+1, i+1, left+1, i)
	}
}

// listed drops a text from the list that it is one of several in.
func (e *expression) listed(i int) {
	open := i - 1
	for open >= 0 && (e.tokens[open].kind == quotedText || e.is(open, ",")) {
		open--
	}
	if !e.is(open, "[") || !e.is(open-1, "in") {
		return
	}
	switch {
	case e.is(i+1, ","):
		e.replace(i, i+2, "")
	case e.is(i-1, ","):
		e.replace(i-1, i+1, "")
	}
}

// drop leaves tokens out, and names those between operandFrom and operandTo: the
// condition itself.
func (e *expression) drop(from, to, operandFrom, operandTo int) {
	if operandFrom >= operandTo {
		return
	}
	start, end := e.tokens[operandFrom].from, e.tokens[operandTo-1].to
	e.changes = append(e.changes, textChange{
		from: start, text: string(e.source[:e.tokens[from].from]) + " " + string(e.source[e.tokens[to-1].to:]),
		before: oneSpace(string(e.source[start:end])), after: leftOut,
	})
}

// replace puts a text in the place of tokens.
func (e *expression) replace(from, to int, text string) {
	start, end := e.tokens[from].from, e.tokens[to-1].to
	changed := string(e.source[:start]) + text + string(e.source[end:])
	if text == "" { // what stood apart stays apart
		changed = string(e.source[:start]) + " " + string(e.source[end:])
	}
	c := textChange{from: start, text: changed}
	left, right := e.clause(from, to)
	a, z := e.tokens[left].from, e.tokens[right-1].to
	c.before = oneSpace(string(e.source[a:z]))
	c.after = oneSpace(string(e.source[a:start]) + text + string(e.source[end:z]))
	e.changes = append(e.changes, c)
}

// clause is the words around a change that say enough: up to the next `and`,
// `or`, comma or bracket on both sides, at least one word on each.
func (e *expression) clause(from, to int) (left, right int) {
	stops := func(i int) bool { return e.is(i, "and", "or", "&&", "||", ",", "?", ":") }
	left, right = from, to
	for left > 0 && !stops(left-1) {
		left--
	}
	for right < len(e.tokens) && !stops(right) {
		right++
	}
	if stops(from) { // the change is such a word: its neighbours
		for left = max(from-1, 0); left > 0 && !stops(left-1); left-- {
		}
		for right = min(to+1, len(e.tokens)); right < len(e.tokens) && !stops(right); right++ {
		}
	}
	return left, right
}

func oneSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

// numbers are the numbers that are mistaken for one: a step of its last digit
// more or less, and of a share ten times as much.
func numbers(text string) []string {
	plain := strings.ReplaceAll(text, "_", "")
	value, err := money.ParseDecimal(plain)
	if err != nil {
		return nil
	}
	step := LastDigit(plain)
	_, fraction, point := strings.Cut(plain, ".")
	var all []string
	show := func(v money.Decimal) string { return withDigits(v, len(fraction), point) }
	if more, err := value.Add(step); err == nil {
		all = append(all, show(more))
	}
	if less := value - step; less >= 0 {
		all = append(all, show(less))
	}
	if ten, err := value.MulInt(10); err == nil && value > 0 && value < money.One {
		all = append(all, show(ten))
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == plain || s == strconv.Quote(plain) })
}

// withDigits writes a number with so many digits after its point, where it has
// one.
func withDigits(v money.Decimal, digits int, point bool) string {
	whole, rest, _ := strings.Cut(v.String(), ".")
	if !point {
		return whole
	}
	return whole + "." + rest + strings.Repeat("0", max(digits-len(rest), 0))
}
