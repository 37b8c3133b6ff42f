package document

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"

	"amends/rules/diag"
)

// place returns an empty Text at a token; without one, at the file as a whole.
func (d *Document) place(tk *token.Token) diag.Text {
	if tk == nil || tk.Position == nil {
		return diag.Text{Parts: []diag.Part{{Pos: diag.Pos{File: d.File}, Inexact: true}}}
	}
	return diag.Text{Parts: []diag.Part{d.part(0, tk.Position.Line, tk.Position.Column, true)}}
}

func (d *Document) part(offset, line, col int, inexact bool) diag.Part {
	line = min(max(line, 1), len(d.lines)) // where the library miscounts, stay in the file
	return diag.Part{Offset: offset, Pos: diag.Pos{File: d.File, Line: line, Col: max(col, 1)}, Line: d.line(line), Inexact: inexact}
}

// scalarText maps a plain or quoted scalar to its lines. The library gives only
// where it starts, so the mapping is the one under which the file's own
// characters spell the value; where there is none (escapes), it is inexact.
func (d *Document) scalarText(tk *token.Token, value string, s style) diag.Text {
	text := d.place(tk)
	text.Source = value
	line, col := tk.Position.Line, tk.Position.Column
	if s != plain {
		col++ // the quote
	}
	if parts, ok := d.spell(value, line, col); ok {
		text.Parts = parts
	}
	return text
}

// spell finds value in the file from a place on: its lines joined as YAML folds
// them, one break to a space, more to as many less one.
func (d *Document) spell(value string, line, col int) ([]diag.Part, bool) {
	rest, ok := fromColumn(d.line(line), col)
	if !ok {
		return nil, false
	}
	var parts []diag.Part
	offset := 0
	for {
		parts = append(parts, d.part(offset, line, col, false))
		if strings.HasPrefix(rest, value) {
			return parts, true
		}
		rest = strings.TrimRight(rest, " \t")
		if rest == "" || !strings.HasPrefix(value, rest) {
			return nil, false
		}
		value = value[len(rest):]
		offset += utf8.RuneCountInString(rest)

		blank := 0
		for line++; line <= len(d.lines) && strings.Trim(d.line(line), " \t") == ""; line++ {
			blank++
		}
		folded := " "
		if blank > 0 {
			folded = strings.Repeat("\n", blank)
		}
		if line > len(d.lines) || !strings.HasPrefix(value, folded) {
			return nil, false
		}
		value = value[len(folded):]
		offset += len(folded)
		rest = strings.TrimLeft(d.line(line), " \t")
		col = len(d.line(line)) - len(rest) + 1
	}
}

// fromColumn returns a line from a column on, counted from 1 in runes.
func fromColumn(line string, col int) (string, bool) {
	for ; col > 1; col-- {
		if line == "" {
			return "", false
		}
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line, true
}

// blockText maps a block scalar (| or >) to its lines, which follow the line of
// its header; what folds lines (>) is inexact. Line ends after the last line
// are dropped.
func (d *Document) blockText(header *token.Token, value string, s style) diag.Text {
	value = strings.TrimRight(value, "\n")
	text := d.place(header)
	text.Source = value
	if s == folded {
		return text
	}
	var parts []diag.Part
	offset := 0
	for i, content := range strings.Split(value, "\n") {
		number := header.Position.Line + 1 + i
		indent, ok := strings.CutSuffix(d.line(number), content)
		if !ok || number > len(d.lines) || strings.Trim(indent, " ") != "" {
			return text
		}
		parts = append(parts, d.part(offset, number, len(indent)+1, false))
		offset += utf8.RuneCountInString(content) + 1
	}
	text.Parts = parts
	return text
}
