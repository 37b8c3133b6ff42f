package check

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// Spaced returns an expression with one space where the language's own examples
// have one, and none where they have none. Line breaks and comments stay, and so
// does every word and mark: the expression means what it meant. What cannot be
// parsed comes back as it is.
func Spaced(source string) (spaced string) {
	defer func() {
		if recover() != nil { // the parser is a library's
			spaced = source
		}
	}()
	if len(source) > maxBytes {
		return source
	}
	tokens, ok := tokensOf(source)
	if !ok || len(tokens) > maxTokens {
		return source
	}
	if _, err := parser.Parse(source); err != nil {
		return source
	}
	runes := []rune(source)
	var b strings.Builder
	for i, token := range tokens {
		if i > 0 {
			gap := string(runes[tokens[i-1].To:token.From])
			if strings.TrimSpace(gap) == "" && !strings.Contains(gap, "\n") {
				gap = map[bool]string{true: " "}[apart(tokens[:i], token)]
			}
			b.WriteString(gap)
		}
		b.WriteString(string(runes[token.From:token.To]))
	}
	if len(tokens) > 0 { // comments at either end
		spaced = string(runes[:tokens[0].From]) + b.String() + string(runes[tokens[len(tokens)-1].To:])
	}
	if SameTokens(source, spaced) {
		return spaced
	}
	return source
}

// SameTokens reports whether two expressions are the same but for their spacing.
func SameTokens(a, b string) bool {
	if a == b {
		return true
	}
	x, okX := tokensOf(a)
	y, okY := tokensOf(b)
	return okX && okY && slices.EqualFunc(x, y, func(s, t lexer.Token) bool {
		if s.Kind == lexer.Number {
			return string([]rune(a)[s.From:s.To]) == string([]rune(b)[t.From:t.To])
		}
		return s.Kind == t.Kind && s.Value == t.Value
	})
}

func tokensOf(source string) ([]lexer.Token, bool) {
	lex := lexer.New()
	lex.Reset(file.NewSource(source))
	size := len([]rune(source))
	var tokens []lexer.Token
	for {
		token, err := lex.Next()
		switch {
		case errors.Is(err, io.EOF):
			return tokens, true
		case err != nil:
			return nil, false
		case token.Kind == lexer.EOF:
			return tokens, true
		case token.From < 0 || token.To > size || token.From >= token.To || len(tokens) > 0 && token.From < tokens[len(tokens)-1].To:
			return nil, false
		}
		tokens = append(tokens, token)
	}
}

// apart reports whether a space stands before a token, after those before it.
func apart(before []lexer.Token, token lexer.Token) bool {
	last := before[len(before)-1]
	dot := func(t lexer.Token) bool { return t.Is(lexer.Operator, ".", "?.", "::") }
	switch {
	case dot(last), dot(token), token.Is(lexer.Operator, ",", ";"), token.Is(lexer.Bracket, ")", "]", "}"), last.Is(lexer.Bracket, "(", "[", "{"):
		return false
	case last.Is(lexer.Operator, "!"), last.Is(lexer.Operator, "-", "+") && unary(before):
		return false
	case token.Is(lexer.Bracket, "(", "["):
		return !operand(last)
	}
	return true
}

// operand reports whether a token ends a value, so that what follows is an
// operator, the arguments of a call or an index.
func operand(t lexer.Token) bool {
	return t.Is(lexer.Identifier) || t.Is(lexer.Number) || t.Is(lexer.String) || t.Is(lexer.Bytes) || t.Is(lexer.Bracket, ")", "]", "}")
}

// unary reports whether the last of some tokens is a sign and no operation.
func unary(tokens []lexer.Token) bool {
	return len(tokens) == 1 || !operand(tokens[len(tokens)-2])
}
