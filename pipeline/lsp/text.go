package lsp

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// lines is a text in lines, as diagnostics count them: each without its end.
func lines(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), "\n")
}

// units is how many UTF-16 units a text has.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// byteAt is the byte of a line at which a number of UTF-16 units is passed, or
// the line's end. In the middle of a character it is the character's start.
func byteAt(line string, character int) int {
	passed := 0
	for i, r := range line {
		if passed += max(1, utf16.RuneLen(r)); passed > character {
			return i
		}
	}
	return len(line)
}

// offset is the byte of a text at a position; past its end, its end.
func offset(text string, at position) int {
	start := 0
	for range at.Line {
		next := strings.IndexByte(text[start:], '\n')
		if next < 0 {
			return len(text)
		}
		start += next + 1
	}
	line := text[start:]
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	return start + byteAt(strings.TrimSuffix(line, "\r"), at.Character)
}

// apply makes one change of a text.
func apply(text string, at *span, with string) string {
	if at == nil {
		return with
	}
	from, to := offset(text, at.Start), offset(text, at.End)
	if to < from {
		from, to = to, from
	}
	return text[:from] + with + text[to:]
}

// place is a line and column of a diagnostic, in runes from 1, as a span: the word
// that begins there, or one character.
func place(all []string, line, col int) span {
	if line < 1 || line > len(all) {
		return span{}
	}
	text := all[line-1]
	from := 0
	for range max(0, col-1) {
		_, size := utf8.DecodeRuneInString(text[from:])
		from += size
	}
	to := from
	for to < len(text) && isWord(text[to]) {
		to++
	}
	if to == from && from < len(text) {
		_, size := utf8.DecodeRuneInString(text[from:])
		to += size
	}
	return within(text, line-1, from, to)
}

// within is the span of bytes of one line.
func within(line string, number, from, to int) span {
	return span{position{number, units(line[:from])}, position{number, units(line[:to])}}
}

func isWord(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// wordAt is the word, with its points (customer.tier) and hyphens where they
// count, around a byte of a line.
func wordAt(line string, at int, more string) (from, to int) {
	part := func(b byte) bool { return isWord(b) || strings.IndexByte(more, b) >= 0 }
	from, to = at, at
	for from > 0 && part(line[from-1]) {
		from--
	}
	for to < len(line) && part(line[to]) {
		to++
	}
	return from, to
}
