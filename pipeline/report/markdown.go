package report

import (
	"slices"
	"strings"
	"unicode"
)

// MaxMarkdown is how long a text for a comment gets, in bytes: GitHub takes
// 65,536 characters, and who posts it may add a line of their own.
const MaxMarkdown = 65_000

// markdownText shows a text as it stands, in a line of Markdown as GitHub reads
// it: no mark of it is one of Markdown's, a link, a formula, a mention or a
// reference to an issue.
func markdownText(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for i, r := range text {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case hidden(r):
			b.WriteRune('\uFFFD')
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '|':
			b.WriteString("&#124;") // \| would end a cell after another backslash
		case strings.ContainsRune("\\`*_[]>~$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '@' || r == '#' || r == ':' && strings.HasPrefix(text[i:], "://"):
			b.WriteRune(r)
			b.WriteString(apart)
		case r == '.' && i >= 3 && strings.EqualFold(text[i-3:i], "www"):
			b.WriteString(apart)
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// apart is a space without width, which keeps what stands on both sides of it
// from being one word.
const apart = "&#8203;"

// hidden reports runes that move the cursor or turn the direction of reading: in
// them a rule could be another than the one that is seen.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// markdownCode shows a text as code in a line of Markdown, byte for byte but for
// line breaks and what is hidden.
func markdownCode(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case hidden(r):
			return '\uFFFD'
		}
		return r
	}, text)
	if strings.TrimSpace(text) == "" {
		return "(none)"
	}
	longest, run := 0, 0
	for i := range len(text) {
		if text[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if first, last := text[0], text[len(text)-1]; first == '`' || last == '`' || first == ' ' && last == ' ' {
		text = " " + text + " " // one space on each side is the mark's
	}
	return fence + text + fence
}

// markdownCell shows a text as code in a cell of a table, which a bar would end
// even in code.
func markdownCell(text string) string {
	if !strings.Contains(text, "|") {
		return markdownCode(text)
	}
	return "<code>" + markdownText(text) + "</code>"
}

// markdownRow is a line of a table. Its cells are Markdown.
func markdownRow(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// markdownTable is a table of Markdown cells, in lines: its heading is the first
// two.
func markdownTable(columns []Column, rows [][]string) []string {
	names, marks := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], marks[i] = c.Name, "---"
		if c.Figures {
			marks[i] = "---:"
		}
	}
	lines := []string{markdownRow(names), markdownRow(marks)}
	for _, row := range rows {
		lines = append(lines, markdownRow(row))
	}
	return lines
}

// markdownUsed is a table without the columns that no row has anything in. The
// first column are words, the others figures.
func markdownUsed(names []string, rows [][]string) []string {
	var columns []Column
	kept := make([][]string, len(rows))
	for i, name := range names {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		columns = append(columns, Column{Name: name, Figures: i > 0})
		for k, row := range rows {
			kept[k] = append(kept[k], row[i])
		}
	}
	return markdownTable(columns, kept)
}
