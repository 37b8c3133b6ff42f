package ruletest

import (
	"cmp"
	"slices"
	"strings"

	"amends/rules/diag"
)

// editKind is how an expectation stands in its file, for whoever writes another
// one in its place.
type editKind uint8

const (
	editAppend editKind = iota + 1 // there is none: it goes below the case
	editScalar                     // expect: unmatched
	editFlow                       // expect: {rule: late}
	editBlock                      // a key a line
	editTable                      // cells of a line
)

type edit struct {
	kind  editKind
	at    diag.Text   // editAppend: the case's first key
	rows  int         // editAppend: how many rows the case has
	head  []tableCell // editTable
	cells []tableCell
}

// splice replaces text between two places of a file; lines and columns count
// runes from 0.
type splice struct {
	line, col     int
	toLine, toCol int
	text          string
}

// source is a file's text by lines, as places in it count.
type source struct {
	lines [][]rune
	bom   bool
	crlf  bool
}

func newSource(data []byte) *source {
	text := string(data)
	s := &source{bom: strings.HasPrefix(text, "\ufeff"), crlf: strings.Contains(text, "\r\n")}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	for _, line := range strings.Split(text, "\n") {
		s.lines = append(s.lines, []rune(line))
	}
	return s
}

// apply makes the splices, which do not overlap, from the last to the first.
func (s *source) apply(list []splice) []byte {
	slices.SortStableFunc(list, func(a, b splice) int { return -cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col)) })
	for _, p := range list {
		text := string(s.lines[p.line][:p.col]) + p.text + string(s.lines[p.toLine][p.toCol:])
		var lines [][]rune
		for _, line := range strings.Split(text, "\n") {
			lines = append(lines, []rune(line))
		}
		s.lines = slices.Replace(s.lines, p.line, p.toLine+1, lines...)
	}
	texts := make([]string, len(s.lines))
	for i, line := range s.lines {
		texts[i] = string(line)
	}
	end := "\n"
	if s.crlf {
		end = "\r\n"
	}
	out := strings.Join(texts, end)
	if s.bom {
		out = "\ufeff" + out
	}
	return []byte(out)
}

// indentOf is how many spaces a line begins with; -1 for one that is blank or a
// comment.
func (s *source) indentOf(line int) int {
	for i, c := range s.lines[line] {
		switch c {
		case ' ':
			continue
		case '#':
			return -1
		}
		return i
	}
	return -1
}

// closing finds the brace that ends the flow map which begins at a place.
// Commented says that there is a comment in between, which would be lost.
func (s *source) closing(line, col int) (toLine, toCol int, commented, ok bool) {
	depth := 0
	var quote rune
	for ; line < len(s.lines); line, col = line+1, 0 {
		for ; col < len(s.lines[line]); col++ {
			c := s.lines[line][col]
			switch {
			case quote == '"' && c == '\\':
				col++
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case (c == '"' || c == '\'') && beginsScalar(s.lines[line][:col]):
				quote = c
			case c == '#' && col > 0 && s.lines[line][col-1] == ' ':
				commented = true
				col = len(s.lines[line])
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				if depth--; depth == 0 {
					return line, col + 1, commented, true
				}
			}
		}
	}
	return 0, 0, commented, false
}

// beginsScalar reports whether a quote after some text opens one: elsewhere it is
// an apostrophe, or doubled within quotes.
func beginsScalar(before []rune) bool {
	text := strings.TrimRight(string(before), " ")
	return text == "" || strings.ContainsAny(text[len(text)-1:], "{[,:'-")
}

// valueEnd is where a value of a block map ends: on its line, a comment left
// out, or with the lines that stand deeper than its key.
func (s *source) valueEnd(line, col, keyIndent int) (toLine, toCol int) {
	first := s.lines[line]
	end := len(first)
	var quote rune
	for i := col; i < len(first); i++ {
		c := first[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote == '\'' && c == quote && i+1 < len(first) && first[i+1] == quote:
			i++ // a quote within
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && i == col:
			quote = c
		case c == '#' && i > 0 && first[i-1] == ' ':
			end = i
			i = len(first)
		}
	}
	for end > col && first[end-1] == ' ' {
		end--
	}
	toLine, toCol = line, end
	for next := line + 1; next < len(s.lines); next++ {
		indent := s.indentOf(next)
		if indent >= 0 && indent <= keyIndent {
			break
		}
		if indent > keyIndent {
			toLine, toCol = next, len(s.lines[next])
		}
	}
	return toLine, toCol
}
