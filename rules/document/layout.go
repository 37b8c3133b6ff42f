package document

import (
	"slices"
	"strings"
)

// layout moves the lines of a document to where they should stand.
type layout struct {
	doc      *Document
	comments map[int]bool // lines that are only a comment
	order    func(path []string) []string
}

// chunk is one key of a map, or one item of a list, with its lines.
type chunk struct {
	key      string
	lead     []string // comments and blank lines above it
	body     []string
	position int
}

func (l *layout) file() string {
	root, last := l.doc.Root, len(l.doc.lines)
	end := last
	for end > 0 && l.between(end) && (l.blank(end) || leadingSpaces(l.doc.line(end)) == 0) {
		end-- // comments at the end belong to no key
	}
	var lines []string
	if root == nil || end == 0 {
		end = 0
	} else {
		lines = l.value(nil, root, 1, end+1, 0, 0)
	}
	for n := end + 1; n <= last; n++ {
		lines = append(lines, strings.TrimRight(l.doc.line(n), " \t"))
	}
	return tidy(lines)
}

// tidy drops blank lines at both ends and ends the last line.
func tidy(lines []string) string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

func (l *layout) blank(n int) bool   { return strings.TrimSpace(l.doc.line(n)) == "" }
func (l *layout) between(n int) bool { return l.blank(n) || l.comments[n] }

// leadOf is the first line above one that belongs to it: comments that stand no
// deeper, and blank lines, down to a line that is taken.
func (l *layout) leadOf(n, column, taken int) int {
	for n-1 > taken && l.between(n-1) && (l.blank(n-1) || leadingSpaces(l.doc.line(n-1)) <= column) {
		n--
	}
	return n
}

// value lays out the lines from one on to another, which is left out, that hold
// a value which is no scalar and begins in a line of its own.
func (l *layout) value(path []string, n *Node, from, to, indent, delta int) []string {
	switch {
	case n.kind == mapping && !n.flow && len(n.pairs) > 0:
		if chunks, tail, ok := l.pairs(path, n, from, to, indent); ok {
			return append(flatten(l.sorted(path, chunks)), tail...)
		}
	case n.kind == list && len(n.items) > 0:
		if chunks, ok := l.items(path, n, from, to, indent); ok {
			return flatten(chunks)
		}
	}
	return l.shifted(from, to, delta)
}

// shifted moves lines as they are.
func (l *layout) shifted(from, to, delta int) []string {
	var lines []string
	for n := from; n < to; n++ {
		line := l.doc.line(n)
		switch {
		case strings.TrimSpace(line) == "":
			if l.comments[n] || len(lines) == 0 {
				line = ""
			}
		case delta > 0:
			line = strings.Repeat(" ", delta) + line
		case delta < 0:
			line = line[min(-delta, leadingSpaces(line)):]
		}
		if l.comments[n] {
			line = strings.TrimRight(line, " \t")
		}
		lines = append(lines, line)
	}
	return lines
}

// lead is the comments and blank lines above something.
func (l *layout) lead(from, to, indent int) []string {
	var lines []string
	for n := from; n < to; n++ {
		if l.blank(n) {
			if len(lines) == 0 || lines[len(lines)-1] != "" {
				lines = append(lines, "")
			}
			continue
		}
		lines = append(lines, strings.Repeat(" ", indent)+strings.TrimSpace(l.doc.line(n)))
	}
	return lines
}

// pairs takes a map apart: its keys, and comments behind them all; false where
// keys do not stand below each other.
func (l *layout) pairs(path []string, n *Node, from, to, indent int) ([]chunk, []string, bool) {
	starts, columns := make([]int, len(n.pairs)), make([]int, len(n.pairs))
	for i, pair := range n.pairs {
		starts[i] = lineOf(pair.At)
		columns[i] = keyColumn(l.doc.line(starts[i]), column(pair.At))
		if i > 0 && starts[i] <= starts[i-1] || starts[i] < from || starts[i] >= to || columns[i] != columns[0] {
			return nil, nil, false
		}
	}
	var chunks []chunk
	for i, pair := range n.pairs {
		top := from
		if i > 0 {
			top = l.leadOf(starts[i], columns[0], starts[i-1])
		}
		end := l.leadOf(to, columns[0], starts[i])
		if i+1 < len(starts) {
			end = l.leadOf(starts[i+1], columns[0], starts[i])
		}
		c := chunk{key: pair.Key, position: i, lead: l.lead(top, starts[i], indent)}
		at := columns[0]
		c.body = append(c.body, indented(l.doc.line(starts[i]), at, indent))
		if lineOf(pair.Value.text) > starts[i] || pair.Value.kind != scalar {
			c.body = append(c.body, l.value(append(slices.Clone(path), pair.Key), pair.Value, starts[i]+1, end, indent+indentWidth, indent-at)...)
		} else {
			c.body = append(c.body, l.shifted(starts[i]+1, end, indent-at)...)
		}
		chunks = append(chunks, c)
	}
	tail := l.lead(l.leadOf(to, columns[0], starts[len(starts)-1]), to, indent)
	return chunks, tail, true
}

// keyColumn is where a key begins with its quote.
func keyColumn(line string, column int) int {
	rest, _ := fromColumn(line, column)
	if column > 0 && rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		return column - 1
	}
	return column
}

// items takes a list apart; false where it is in brackets, or an item does not
// begin in the line of its dash.
func (l *layout) items(path []string, n *Node, from, to, indent int) ([]chunk, bool) {
	starts, dashes := make([]int, len(n.items)), make([]int, len(n.items))
	for i, item := range n.items {
		starts[i] = lineOf(item.text)
		line := l.doc.line(starts[i])
		dashes[i] = leadingSpaces(line)
		at := column(item.text)
		if item.kind == mapping && item.flow || item.kind == list {
			at = dashes[i] + 1 + leadingSpaces(line[min(dashes[i]+1, len(line)):])
		}
		if len(item.text.Parts) > 0 && item.kind == mapping && !item.flow && len(item.pairs) > 0 {
			at = column(item.pairs[0].At)
			starts[i] = lineOf(item.pairs[0].At)
		}
		head, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "- ")
		if !ok || i > 0 && (starts[i] <= starts[i-1] || dashes[i] != dashes[0]) || starts[i] < from || starts[i] >= to || strings.HasPrefix(strings.TrimSpace(head), "- ") || at <= dashes[i] {
			return nil, false
		}
	}
	var chunks []chunk
	for i, item := range n.items {
		top := from
		if i > 0 {
			top = l.leadOf(starts[i], dashes[i], starts[i-1])
		}
		end := to
		if i+1 < len(starts) {
			end = l.leadOf(starts[i+1], dashes[i], starts[i])
		}
		chunks = append(chunks, l.item(append(slices.Clone(path), "*"), item, top, starts[i], end, indent))
	}
	return chunks, true
}

// item lays out one item, whose dash is in the line start.
func (l *layout) item(path []string, n *Node, top, start, end, indent int) chunk {
	c := chunk{lead: l.lead(top, start, indent)}
	line := l.doc.line(start)
	at := leadingSpaces(line) + 1
	at += leadingSpaces(line[at:])
	dash := func(body []string) []string {
		body[0] = strings.Repeat(" ", indent) + "- " + strings.TrimLeft(body[0], " ")
		return body
	}
	if n.kind == mapping && !n.flow && len(n.pairs) > 0 {
		if chunks, tail, ok := l.pairs(path, n, start, end, indent+indentWidth); ok {
			chunks = l.sorted(path, chunks)
			for _, line := range chunks[0].lead { // comments of the key that is first now
				if line != "" {
					c.lead = append(c.lead, strings.Repeat(" ", indent)+strings.TrimSpace(line))
				}
			}
			chunks[0].lead = nil
			c.body = append(dash(flatten(chunks)), tail...)
			return c
		}
	}
	c.body = append(dash([]string{indented(line, at, indent)}), l.shifted(start+1, end, indent+indentWidth-at)...)
	return c
}

// sorted puts the keys of a map in the order of their convention; others stay
// behind them.
func (l *layout) sorted(path []string, chunks []chunk) []chunk {
	order := l.order(path)
	if order == nil {
		return chunks
	}
	rank := func(c chunk) int {
		if i := slices.Index(order, c.key); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(chunks, func(a, b chunk) int { return rank(a) - rank(b) })
	return chunks
}

func flatten(chunks []chunk) []string {
	var lines []string
	for _, c := range chunks {
		lead := c.lead
		if len(lead) > 0 && lead[0] == "" && len(lines) > 0 && lines[len(lines)-1] == "" {
			lead = lead[1:]
		}
		lines = append(append(lines, lead...), c.body...)
	}
	return lines
}
