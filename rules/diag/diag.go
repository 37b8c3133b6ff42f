// Package diag locates and renders what an author got wrong. A diagnostic names
// a place in a file as its author sees it; where the place comes from is the
// caller's business. Nothing here reads a file.
package diag

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pos is a place in a text file. Line and Col are 1-based; Col counts runes.
// A zero Line means the file as a whole.
type Pos struct {
	File string
	Line int
	Col  int
}

func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Severity says whether a diagnostic stops the work.
type Severity uint8

// Errors stop the work; warnings are probably mistakes, and the work goes on;
// notes are worth knowing, and often meant.
const (
	Error Severity = iota
	Warning
	Note
)

var severityNames = [...]string{"error", "warning", "note"}

func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// Severities goes through every severity, gravest first, with its word.
func Severities() iter.Seq2[Severity, string] {
	return func(yield func(Severity, string) bool) {
		for i, word := range severityNames {
			if !yield(Severity(i), word) {
				return
			}
		}
	}
}

// Diagnostic is one finding: where, which (a stable code such as R014), what,
// and, if there is one, how to mend it.
type Diagnostic struct {
	Pos      Pos
	Severity Severity
	Code     string
	Message  string // lower case, the offending value quoted
	Hint     string // may be empty
	Line     string // the text of the line, for the caret; may be empty
}

func (d Diagnostic) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", d.Pos)
	if d.Severity != Error {
		b.WriteString(d.Severity.String() + ": ")
	}
	fmt.Fprintf(&b, "%s: %s", d.Code, d.Message)
	if d.Hint != "" {
		b.WriteString("; " + d.Hint)
	}
	return b.String()
}

// List is every finding of one check, in any order until Sort.
type List []Diagnostic

// Add appends d.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Sort orders the list by file, line, column, code and message, and drops
// exact repeats, so that the same mistakes always print the same way.
func (l *List) Sort() {
	slices.SortFunc(*l, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message),
		)
	})
	*l = slices.Compact(*l)
}

// HasErrors reports whether any diagnostic stops the work.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Err returns the list as an error, or nil where nothing stops the work.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return &ListError{List: l}
}

// ListError is a list of diagnostics with at least one error in it.
type ListError struct{ List List }

func (e *ListError) Error() string {
	var b strings.Builder
	e.List.Render(&b)
	return strings.TrimRight(b.String(), "\n")
}

// shown is a character of a line as a terminal may have it: what is none, and
// what would move its cursor or colour it, is a mark of the same width.
func shown(c rune) rune {
	switch {
	case c == '\t':
		return ' '
	case unicode.IsControl(c):
		return utf8.RuneError
	}
	return c // bytes that are no text come as utf8.RuneError already
}

// MaxRendered caps how many diagnostics Render prints: past it, the author
// mends the first ones before the rest can be told from their echoes.
const MaxRendered = 50

// Render prints each diagnostic with its line and a caret below the column.
func (l List) Render(w io.Writer) {
	for i, d := range l {
		if i == MaxRendered {
			fmt.Fprintf(w, "and %d more\n", len(l)-MaxRendered)
			return
		}
		fmt.Fprintln(w, d.String())
		if d.Line == "" || d.Pos.Line == 0 {
			continue
		}
		line := strings.Map(shown, d.Line)
		fmt.Fprintf(w, "   | %s\n", line)
		if n := d.Pos.Col - 1; n >= 0 && n <= utf8.RuneCountInString(line) {
			fmt.Fprintf(w, "   | %s^\n", strings.Repeat(".", n))
		}
	}
}
