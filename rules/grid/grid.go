// Package grid reads decision tables: a CSV file, which people keep in a
// spreadsheet, becomes one condition and one amount of the rule language. A row
// hits where each of its cells fits; what a row gives is the row's amount.
//
// It says what is wrong with a table, where two rows meet and what no row
// covers, and leaves evaluation to those who read IR. It opens no file.
package grid

import (
	"strings"
	"unicode/utf8"

	"amends/rules/diag"
	"amends/rules/ir"
)

// The limits on one table: far above what people review in a spreadsheet, and
// low enough that a night does not feel it.
const (
	MaxBytes   = 1 << 20
	MaxRows    = 500
	MaxColumns = 60
	MaxCells   = 10_000 // rows times columns
)

// Hits says which of several rows that fit gives the amount.
type Hits uint8

// The hit policies.
const (
	Unique  Hits = iota // no two rows may fit one event: it is checked
	First               // the row that stands first
	Highest             // the row that gives most
)

var hitsWords = [...]string{"unique", "first", "highest"}

// HitsWords are the policies as a rule writes them, the default first.
func HitsWords() []string { return hitsWords[:] }

func (h Hits) String() string { return hitsWords[h] }

// Sheet is a CSV file taken apart, not yet understood.
type Sheet struct {
	File   string
	Header []Cell
	Rows   []Row
	source string // the file's text, with "\n" as line ends and no byte order mark
	lines  []diag.Part
}

// Row is one row that says something.
type Row struct {
	Number int // as a spreadsheet counts: the header is row 1
	Cells  []Cell
}

// Cell is one cell with its place.
type Cell struct {
	Text string // without white space at both ends
	Name string // as a spreadsheet shows it: C7
	At   int    // rune offset in the sheet's text
}

// blank reports whether a cell says nothing: it is empty or a dash.
func (c Cell) blank() bool {
	switch c.Text {
	case "", "-", "–", "—":
		return true
	default:
		return false
	}
}

// note reports whether a cell begins what is for people only.
func (c Cell) note() bool { return strings.HasPrefix(c.Text, "#") }

// Text is the whole file as a text whose offsets are those of cells, after some
// text that stands before it.
func (s *Sheet) Text(before diag.Text) diag.Text {
	text := diag.Text{Source: s.source, Parts: s.lines}
	if before.Source == "" {
		return text
	}
	base := Base(before)
	text = diag.Text{Source: before.Source + "\n" + s.source, Parts: append([]diag.Part{}, before.Parts...)}
	for _, part := range s.lines {
		part.Offset += base
		text.Parts = append(text.Parts, part)
	}
	return text
}

// Base is the offset at which a sheet begins in its Text after another.
func Base(before diag.Text) int {
	if before.Source == "" {
		return 0
	}
	return utf8.RuneCountInString(before.Source) + 1
}

// At is the place of a cell, as a text without words.
func (s *Sheet) At(c Cell) diag.Text {
	pos, line := diag.Text{Parts: s.lines}.At(c.At)
	return diag.Text{Parts: []diag.Part{{Pos: pos, Line: line, Inexact: true}}}
}

// expression is a cell that holds an expression of the language.
func (s *Sheet) expression(c Cell, text string) diag.Text {
	at := s.At(c)
	at.Source = text
	line := []rune(at.Parts[0].Line)
	if i := strings.Index(string(line[min(at.Parts[0].Pos.Col-1, len(line)):]), text); i == 0 || i == 1 { // where it is quoted, behind the quote
		at.Parts[0].Pos.Col += i
		at.Parts[0].Inexact = false
	}
	return at
}

// Currencies are those that the header names, for what else must name them.
func (s *Sheet) Currencies() []string {
	var codes []string
	for _, c := range s.Header {
		if _, code := currencyOf(c.Text); code != "" && !c.note() {
			codes = append(codes, code)
		}
	}
	return codes
}

// Table is a checked table.
type Table struct {
	Sheet   *Sheet
	Hits    Hits
	Columns []Column
	Rows    []TableRow
	When    ir.Node // some row fits
	Amount  ir.Node // money: what the row that counts gives, where When holds
	Number  ir.Node // int: the number of that row
}

// Column is one column of conditions.
type Column struct {
	Header string  // as written
	Type   ir.Type // of what it tests
}

// TableRow is one row as IR.
type TableRow struct {
	Number int
	Place  diag.Text
	Label  string  // damaged.csv row 7
	When   ir.Node // bool
	Amount ir.Node // money
}
