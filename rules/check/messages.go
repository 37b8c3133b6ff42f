package check

import (
	"strconv"
	"strings"

	"amends/rules/ir"
)

// message is one thing that can be wrong, with its stable code. {0}, {1} stand
// for arguments; a hint whose first argument is empty is left out.
type message struct {
	code, text, hint string
	warning          bool
}

// Every message of this package. Codes are never reused.
var (
	tooLong       = message{code: "R001", text: "the expression is longer than 64 KiB", hint: "split it with define"}
	notUTF8       = message{code: "R001", text: "the expression is not UTF-8"}
	empty         = message{code: "R001", text: "the expression is empty"}
	tooManyTokens = message{code: "R002", text: "the expression has more than 5000 words", hint: "split it, or use a table"}
	tooDeep       = message{code: "R002", text: "the expression is nested more than 200 levels deep", hint: "split it with define"}
	tooLarge      = message{code: "R002", text: "the expression is too large once its defines are put in", hint: "let it use fewer of them"}

	syntax       = message{code: "R003", text: "{0}", hint: "{1}"}
	singleEquals = message{code: "R004", text: `"=" does not compare`, hint: `write "{0}"`}
	singlePipe   = message{code: "R005", text: `"{0}" is not an operator`, hint: `write "{1}"`}
	notLanguage  = message{code: "R006", text: "{0} is not part of the language", hint: "{1}"}
	badNumber    = message{code: "R007", text: "{0} is not a number that amends can hold exactly", hint: "{1}"}
	chained      = message{code: "R008", text: "a comparison of a comparison", hint: `write "a < b and b < c"`}
	tightNot     = message{code: "R009", text: `"not" takes only what stands next to it, so this means (not {0}) {1} ...`, hint: "{2}"}
	mixedDefault = message{code: "R003", text: `"??" needs parentheses beside "{0}"`, hint: `write "a ?? (b {0} c)" or "(a ?? b) {0} c"`}

	unknownName     = message{code: "R010", text: `there is no "{1}" here`, hint: "{0}"}
	unknownField    = message{code: "R011", text: `{1} has no column "{2}"`, hint: "{0}"}
	unknownFunction = message{code: "R012", text: `there is no function "{1}"`, hint: "{0}"}
	argumentCount   = message{code: "R013", text: "{0} takes {1}, not {2}", hint: `write {3}`}

	bareNumber = message{code: "R014", text: "money {0} a bare number, and the rows have several currencies", hint: "use a table per currency: {1}"}
	bareValue  = message{code: "R014", text: "money meets a bare number{0}, and the rows have several currencies", hint: "put how much it is in each currency into a table, as in {1}"}
	bareAmount = message{code: "R014", text: "a bare number where an amount of money is wanted, and the rows have several currencies", hint: "use a table per currency: {0}"}

	mismatch     = message{code: "R015", text: `"{0}" does not take {1} and {2}`, hint: "{3}"}
	badOperand   = message{code: "R015", text: `"{0}" does not take {1}`, hint: "{2}"}
	nullable     = message{code: "R016", text: "{0} may be null here", hint: `guard it: "{1} != nil and ...", or give a default: "{1} ?? ..."`}
	neverNull    = message{code: "R017", text: "{0} is never null: a null there is a fault", hint: `list its column under nullable, or leave out "{1}"`, warning: true}
	badArgument  = message{code: "R018", text: "{0} does not take {1}", hint: "{2}"}
	mixedValues  = message{code: "R018", text: "{0} takes values of one kind, not {1} and {2}", hint: "{3}"}
	wholeTable   = message{code: "R019", text: `"{0}" is a table, not a value`, hint: "name an entry: {1}"}
	noEntries    = message{code: "R019", text: `"{0}" is a value, not a table`, hint: `leave out what follows it`}
	badKey       = message{code: "R019", text: "a key of a table is a text, not {0}", hint: "{1}"}
	missingKey   = message{code: "R020", text: `table {1} has no entry "{2}"`, hint: "{0}"}
	notCurrency  = message{code: "R021", text: "{0} is per currency, so only the row's own currency gives an entry", hint: "{1}"}
	mixedLeaves  = message{code: "R022", text: "the entries of {0} are of several kinds: {1} and {2}", hint: "let them be of one kind"}
	wrongResult  = message{code: "R023", text: "this should be {0}, but is {1}"}
	badCondition = message{code: "R023", text: `"{0}" takes conditions, not {1}`, hint: "{2}"}

	nullableResult = message{code: "R024", text: "the result may be null: {0}", hint: `give a default: "{1} ?? ..."`}
	constantFault  = message{code: "R025", text: `"{0}" on these constants has no result: {1}`}
	badDate        = message{code: "R026", text: "{0} is not a date", hint: `write it as "2026-01-31"`}
	badPattern     = message{code: "R027", text: "not a pattern: {0}", hint: "patterns are RE2"}
	dynamicPattern = message{code: "R027", text: "the pattern after matches must be written out", hint: `write matches "^[A-Z]+$"`}
	longPattern    = message{code: "R027", text: "the pattern is longer than 1000 bytes", hint: "use a table, or a list after in"}
	badList        = message{code: "R028", text: "after in stands a list of constants, not {0}", hint: `write x in ["a", "b"]`}
	emptyList      = message{code: "R028", text: "the list after in is empty", hint: "nothing is in it"}
	badNil         = message{code: "R029", text: "nil has no use here", hint: `nil only stands after "==" and "!="`}
	notLiteral     = message{code: "R030", text: "{0} takes a whole number from {1} to {2}, written out"}
	noHistory      = message{code: "R031", text: "{0} needs a customer, and there is none here"}
	wholeDimension = message{code: "R032", text: `"{0}" is a dimension, not a value`, hint: "name a column of it: {1}"}
	bareFunction   = message{code: "R032", text: `"{0}" is a function`, hint: "call it: {1}"}

	emptyTable  = message{code: "R033", text: "a table without entries"}
	deepTable   = message{code: "R033", text: "a table nested more than 8 levels deep"}
	noLeaf      = message{code: "R033", text: "an entry without a value", hint: `write "" for a text without characters`}
	badLeaf     = message{code: "R033", text: `{0} is not a number that amends can hold exactly`, hint: "a number has at most 6 digits after the point; quote it if it is a text"}
	missingLeaf = message{code: "R033", text: "null is not a value that a table can hold", hint: "leave the entry out"}
)

// format puts args into the message; a hint that begins with an argument which
// is empty is empty.
func (m message) format(args []string) (text, hint string) {
	pairs := make([]string, 0, 2*len(args))
	for i, arg := range args {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", arg)
	}
	r := strings.NewReplacer(pairs...)
	return r.Replace(m.text), r.Replace(m.hint)
}

// word returns a kind in the words of those who write rules.
func word(kind ir.Kind) string {
	switch kind {
	case ir.Bool:
		return "a condition"
	case ir.Int:
		return "a whole number"
	case ir.Decimal:
		return "a number"
	case ir.Money:
		return "an amount of money"
	case ir.String:
		return "a text"
	case ir.Time:
		return "a time"
	case ir.Date:
		return "a date"
	case ir.Duration:
		return "a duration"
	default:
		return "nothing"
	}
}

// describe returns what a node is for a message: its words, if it is short, and
// its kind.
func (c *checker) describe(n ir.Node) string {
	kind := word(n.Type().Kind)
	switch n := n.(type) {
	case *ir.Const:
		return kind + " (" + shorten(ir.Literal(n.Value)) + ")"
	case *ir.Read, *ir.Named, *ir.NotNull:
		return kind + " (" + c.source(n) + ")"
	default:
		return kind
	}
}

// source returns a node as a rule could write it, or "x" where that is long.
func (c *checker) source(n ir.Node) string {
	if named, ok := n.(*ir.Named); ok {
		return named.Name
	}
	if text := ir.Print(n, c.scope.Used.Slots()); len(text) <= maxShown {
		return text
	}
	return "x"
}

// maxShown bounds how many bytes of an author's text a message repeats.
const maxShown = 40

func shorten(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown-3], "") + "..."
}
