package check

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// scanTokens reads the text as expr's lexer does, before its parser recurses: it
// holds the limits and finds what leaves no trace in the tree. It is false where
// parsing makes no sense any more.
func (c *checker) scanTokens() bool {
	lex := lexer.New()
	lex.Reset(file.NewSource(c.text.Source))
	s := tokenScan{checker: c}
	for {
		token, err := lex.Next()
		if errors.Is(err, io.EOF) {
			return !c.list.HasErrors()
		}
		if err != nil {
			c.syntaxError(err)
			return false
		}
		if !s.accept(token) {
			return false
		}
	}
}

type tokenScan struct {
	*checker
	previous lexer.Token
	tokens   int
	depth    int // of open brackets
	signs    int // unary operators in a row
}

// accept takes one token, and is false where a limit is passed.
func (s *tokenScan) accept(token lexer.Token) bool {
	s.tokens++
	if s.tokens > maxTokens {
		s.report(token.From, tooManyTokens)
		return false
	}
	switch {
	case token.Is(lexer.Bracket, "(", "[", "{"):
		s.depth++
	case token.Is(lexer.Bracket):
		s.depth--
	}
	if token.Is(lexer.Operator, "-", "+", "not", "!") {
		s.signs++
	} else {
		s.signs = 0
	}
	if s.depth > maxDepth || s.signs > maxDepth {
		s.report(token.From, tooDeep)
		return false
	}
	if token.Is(lexer.Operator, "let") {
		s.report(token.From, notLanguage, `"let"`, "use define")
		return false
	}
	s.trap(token)
	s.previous = token
	return true
}

func (s *tokenScan) trap(token lexer.Token) {
	switch {
	case token.Is(lexer.Operator, "="):
		s.report(token.From, singleEquals, s.equalsMeant(token))
	case token.Is(lexer.Operator, "|"):
		s.report(token.From, singlePipe, "|", "or")
	case token.Is(lexer.Operator, "&"):
		s.report(token.From, singlePipe, "&", "and")
	case token.Is(lexer.Operator, ">") && s.previous.Is(lexer.Operator, "<") && s.previous.To == token.From:
		s.report(s.previous.From, singlePipe, "<>", "!=")
	case token.Is(lexer.Operator, "::"):
		s.report(token.From, notLanguage, `"::"`, "call a function by its name alone")
	case token.Is(lexer.Operator, "%"):
		s.report(token.From, notLanguage, `"%"`, "ten percent of x is 0.10 * x")
	case token.Is(lexer.Operator, ";"):
		s.report(token.From, notLanguage, `";"`, "an expression is one value")
	case token.Is(lexer.Operator, "?."):
		s.report(token.From, notLanguage, `"?."`, `write "a.b ?? ..." for a default`)
	case token.Is(lexer.Operator, ":") && s.previous.Is(lexer.Operator, "?"):
		s.report(s.previous.From, notLanguage, `"?:"`, `write "a ?? b" for a default`)
	case token.Is(lexer.Number):
		s.numberToken(token)
	}
}

// equalsMeant returns what the author of a single = meant: => and =< are
// comparisons in the wrong order.
func (s *tokenScan) equalsMeant(token lexer.Token) string {
	if token.To < len(s.runes) {
		switch s.runes[token.To] {
		case '>':
			return ">="
		case '<':
			return "<="
		}
	}
	return "=="
}

// numberToken refuses what strconv would read and a rule should not say.
func (s *tokenScan) numberToken(token lexer.Token) {
	if _, hint, ok := parseNumber(token.Value); !ok {
		s.report(token.From, badNumber, shorten(token.Value), hint)
	}
}

// parse returns expr's tree, or nil after a diagnostic.
func (c *checker) parse() (node ast.Node) {
	defer func() {
		if r := recover(); r != nil { // the parser is a library's, and input is anyone's
			c.report(0, syntax, fmt.Sprintf("the expression cannot be read: %v", r), "")
			node = nil
		}
	}()
	tree, err := parser.Parse(c.text.Source)
	if err != nil {
		c.syntaxError(err)
		return nil
	}
	return tree.Node
}

// syntaxError says what expr's lexer or parser found in our words.
func (c *checker) syntaxError(err error) {
	var at int
	what := err.Error()
	if located := (*file.Error)(nil); errors.As(err, &located) {
		at, what = located.From, located.Message
	}
	switch {
	case what == "unexpected token EOF", what == "unexpected end of expression":
		c.report(len(c.runes), syntax, "the expression ends too early", "something is missing at its end")
	case strings.HasPrefix(what, "unexpected token "):
		c.unexpected(at, what)
	case strings.HasPrefix(what, "Operator ("):
		operator, _, _ := strings.Cut(strings.TrimPrefix(what, "Operator ("), ") and coalesce")
		c.report(at, mixedDefault, operator)
	case what == "literal not terminated":
		c.report(at, syntax, "a text without its closing quote", c.quoteHint(at))
	case strings.HasPrefix(what, "bad number syntax"):
		word := strings.TrimPrefix(what, "bad number syntax: ")
		at = max(0, at-len(strings.Trim(word, `"`))+1) // what is reported is its last character
		c.report(at, badNumber, word, "write digits, and a point where there is a fraction")
	case strings.HasPrefix(what, "unrecognized character"):
		c.report(at, syntax, "unexpected character "+c.rune(at), c.characterHint(at))
	case strings.HasPrefix(what, "a map key must be"):
		c.report(at, notLanguage, "{...}", "use a table of the rulebook")
	case what == "unclosed comment":
		c.report(at, syntax, "a comment without its end", "")
	case what == "invalid char escape":
		c.report(at, syntax, `an escape in a text that there is not`, `write "\\" for a backslash`)
	default:
		c.report(at, syntax, shorten(strings.ToLower(what)), "")
	}
}

func (c *checker) rune(at int) string {
	if at < 0 || at >= len(c.runes) {
		return "at the end"
	}
	return fmt.Sprintf("%q", c.runes[at])
}

// unexpected translates `unexpected token Operator("x")`.
func (c *checker) unexpected(at int, what string) {
	_, quoted, _ := strings.Cut(what, "(")
	quoted = strings.TrimSuffix(quoted, ")")
	word := strings.Trim(quoted, "\"`")
	hint := ""
	switch lower := strings.ToLower(word); {
	case word != lower && (lower == "and" || lower == "or" || lower == "not" || lower == "in" || lower == "contains" || lower == "matches"):
		hint = "write \"" + lower + "\""
	case lower == "is":
		hint = `write "== nil" or "!= nil"`
	case lower == "between":
		hint = `write "x >= 1 and x <= 5"`
	case lower == "like":
		hint = "write contains, startsWith, endsWith or matches"
	case lower == "then":
		hint = `write "condition ? a : b"`
	case word == "," && c.digitAt(at-1) && c.digitAt(at+1):
		hint = "a fraction has a point, not a comma: 0.10"
	case word == ",":
		hint = `a list is written with brackets: ["a", "b"]`
	}
	c.report(at, syntax, "unexpected "+shorten(quoted), hint)
}

// quoteHint says how a text is closed; where the file goes on with a comment,
// that it may have been meant as part of the text.
func (c *checker) quoteHint(at int) string {
	if _, line := c.text.At(at); strings.Contains(line, " #") && !strings.Contains(c.text.Source, " #") {
		return `in YAML " #" begins a comment: put the whole expression into single quotes`
	}
	return `write the quote at its end, as in "prime"`
}

// characterHint knows the characters that other programs put into texts.
func (c *checker) characterHint(at int) string {
	if at < 0 || at >= len(c.runes) {
		return ""
	}
	switch c.runes[at] {
	case '“', '”', '„', '‘', '’', '«', '»':
		return `quotes are straight: "prime"`
	case '≥', '≤', '≠':
		return `write ">=", "<=" or "!="`
	case '×', '÷', '–', '—', '−':
		return `write "*", "/" or "-"`
	case '€', '£', '¥':
		return hintAmountBare
	}
	return ""
}

const hintAmountBare = "an amount has no sign; where rows have several currencies it is an entry of a table: caps.late[currency]"

func (c *checker) digitAt(at int) bool {
	return at >= 0 && at < len(c.runes) && c.runes[at] >= '0' && c.runes[at] <= '9'
}
