// Package document reads strict YAML with places. What an author wrote comes
// back as a tree in which every key and scalar knows its line and column, so
// that a mistake is a diagnostic and never a guess: unknown keys, repeated
// keys, wrong types and odd numbers are all reported, and all at once.
//
// Numbers are read from their text and never through a float. Anchors,
// aliases, merge keys, tags, directives and several documents in one file are
// refused. What the keys mean is the caller's business.
package document

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"amends/rules/diag"
)

// MaxBytes is the size of the largest file: people write and review them, and
// the parser's memory grows with them.
const MaxBytes = 1 << 20

// MaxDepth is how deep lists and maps may nest: far above what the formats
// need, far below what would exhaust a stack.
const MaxDepth = 32

// MaxTokens bounds the words and marks of one file, about 4000 lines: the
// parser's time grows with their square, and takes a second or two here.
const MaxTokens = 40_000

// maxReported bounds what is reported of YAML that is refused; the author
// mends the first of it before reading on.
const maxReported = 50

// Codes are the diagnostic codes that a file format gives to the mistakes that
// any YAML file can have.
type Codes struct {
	Syntax       string // no YAML, or YAML that is refused; too large or too deep
	UnknownKey   string
	DuplicateKey string
	WrongType    string
	MissingKey   string
	BadValue     string // a value of the right type that does not serve
}

// Document is one file: its tree, and what was found wrong with it so far.
type Document struct {
	File  string
	Root  *Node // nil where the file is empty or unreadable
	codes Codes
	lines []string
	list  diag.List
}

// Load reads a file. What is wrong with it, here and through the methods of
// its nodes later, is in Diagnostics.
func Load(file string, data []byte, codes Codes) *Document {
	d := &Document{File: file, codes: codes}
	text, ok := d.decode(data)
	if !ok {
		return d
	}
	d.lines = strings.Split(text, "\n")
	d.parse(text)
	return d
}

// Diagnostics returns what was reported so far, sorted.
func (d *Document) Diagnostics() diag.List {
	d.list.Sort()
	return d.list
}

// Report adds a diagnostic on the file as a whole.
func (d *Document) Report(code, message, hint string) {
	d.list.Add(diag.Diagnostic{Pos: diag.Pos{File: d.File}, Code: code, Message: message, Hint: hint})
}

func (d *Document) reportAt(line, col int, code, message, hint string) {
	d.list.Add(diag.Diagnostic{Pos: diag.Pos{File: d.File, Line: line, Col: col}, Code: code, Message: message, Hint: hint, Line: d.line(line)})
}

// line returns the text of a line counted from 1, or "" past the end.
func (d *Document) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// decode returns the text with a byte order mark dropped and every line end a
// newline: the parser miscounts lines after "\r\n".
func (d *Document) decode(data []byte) (string, bool) {
	if len(data) > MaxBytes {
		d.Report(d.codes.Syntax, tooLarge(len(data)), hintSplit)
		return "", false
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	line, col := 1, 1
	for offset, r := range text {
		switch {
		case r == utf8.RuneError && strings.HasPrefix(text[offset:], "\ufffd"):
			// the replacement character itself, written as such
		case r == utf8.RuneError:
			d.reportAt(line, col, d.codes.Syntax, notUTF8(text[offset]), "save the file as UTF-8")
			return "", false
		case r == '\n':
			line, col = line+1, 0
		case r < ' ' && r != '\t', r == 0x7f, r == '\u0085', r == '\u2028', r == '\u2029', r == '\ufeff':
			d.reportAt(line, col, d.codes.Syntax, controlCharacter(r), "")
			return "", false
		}
		col++
	}
	return text, true
}

// parse fills Root. The library is not trusted to return: a panic in it is a
// diagnostic, and what could make it recurse without bound is refused first.
func (d *Document) parse(text string) {
	defer func() {
		if p := recover(); p != nil {
			d.Root = nil
			d.Report(d.codes.Syntax, libraryFailed(p), "simplify the file's YAML")
		}
	}()
	tokens := lexer.Tokenize(text)
	if !d.admit(tokens) {
		return
	}
	parsed, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.reportSyntax(err)
		return
	}
	for _, doc := range parsed.Docs {
		if doc.Body == nil || d.Root != nil {
			continue
		}
		d.Root = d.build(doc.Body, 0)
	}
}

// admit reports tokens of YAML that is refused, and nesting that is too deep.
func (d *Document) admit(tokens token.Tokens) bool {
	if len(tokens) > MaxTokens {
		d.Report(d.codes.Syntax, tooLong(len(tokens)), hintSplit)
		return false
	}
	depth, entries, entriesLine := 0, 0, 0
	for i, tk := range tokens {
		line, col := tk.Position.Line, tk.Position.Column
		if what, hint := refused(tk.Type, i == 0); what != "" {
			d.reportAt(line, col, d.codes.Syntax, what, hint)
			if len(d.list) == maxReported {
				return false
			}
			continue
		}
		switch tk.Type {
		case token.InvalidType:
			d.reportAt(line, col, d.codes.Syntax, notYAML(tk.Error), syntaxHint(tk.Error))
			return false
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth = max(0, depth-1)
		case token.SequenceEntryType:
			if line != entriesLine {
				entries, entriesLine = 0, line
			}
			entries++
		}
		if depth > MaxDepth || entries > MaxDepth {
			d.reportAt(line, col, d.codes.Syntax, tooDeep(), "")
			return false
		}
	}
	return len(d.list) == 0
}

func (d *Document) reportSyntax(err error) {
	var located interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &located) || located.GetToken() == nil || located.GetToken().Position == nil {
		d.Report(d.codes.Syntax, notYAML(err.Error()), "")
		return
	}
	at := located.GetToken().Position
	line := min(max(at.Line, 1), len(d.lines))
	d.reportAt(line, max(at.Column, 1), d.codes.Syntax, notYAML(located.GetMessage()), syntaxHint(located.GetMessage()))
}

// Add adds a diagnostic on a place in the file.
func (d *Document) Add(found diag.Diagnostic) { d.list.Add(found) }
