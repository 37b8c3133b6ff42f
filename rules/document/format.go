package document

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"amends/rules/diag"
)

// Formatting says what of a file's meaning its layout may follow. Paths are keys
// from the top, "*" for the items of a list.
type Formatting struct {
	Order   func(path []string) []string            // the keys of a map by convention; nil leaves them
	Rewrite func(path []string, text string) string // a scalar as it should stand
	Same    func(path []string, a, b string) bool   // whether two scalars mean the same
}

// indentWidth is how far a level stands inside the one above it.
const indentWidth = 2

// maxPasses bounds how often the layout of a file is made until it stays.
const maxPasses = 4

// Format lays a file out: two spaces a level, the items of lists inside their
// key, keys in the order of their convention, no white space at ends of lines
// and no two blank lines in a row. Lines themselves stay as they are, maps in
// braces, their alignment and comments too. The library's own printer would lose
// blank lines, and comments inside braces, so lines are moved, not printed.
//
// What comes back has the keys, values and comments of what went in, which is
// checked; where a layout would not, the file comes back as it was. A file that
// is not YAML has diagnostics.
func Format(file string, data []byte, codes Codes, f Formatting) ([]byte, diag.List) {
	d := Load(file, data, codes)
	if list := d.Diagnostics(); list.HasErrors() {
		return nil, list
	}
	before := strings.Join(d.lines, "\n")
	for _, rewrite := range []bool{true, false} {
		if text, stays := settle(d, f, rewrite); stays && sameDocument(before, text, codes, f) {
			return []byte(text), nil
		}
	}
	return data, nil
}

// settle makes the layout until it stays the same.
func settle(d *Document, f Formatting, rewrite bool) (text string, stays bool) {
	text = strings.Join(d.lines, "\n")
	for range maxPasses {
		d = Load(d.File, []byte(text), d.codes)
		if d.Diagnostics().HasErrors() {
			return "", false
		}
		if rewrite && d.Root != nil {
			d.rewrite(nil, d.Root, f)
			d = Load(d.File, []byte(strings.Join(d.lines, "\n")), d.codes)
			if d.Diagnostics().HasErrors() {
				return "", false
			}
		}
		l := layout{doc: d, comments: d.commentLines(), order: f.Order}
		next := l.file()
		if next == text {
			return text, true
		}
		text = next
	}
	return "", false
}

// commentLines are the lines that hold a comment and nothing else.
func (d *Document) commentLines() map[int]bool {
	lines := map[int]bool{}
	for _, tk := range lexer.Tokenize(strings.Join(d.lines, "\n")) {
		if tk.Type == token.CommentType && strings.HasPrefix(strings.TrimSpace(d.line(tk.Position.Line)), "#") {
			lines[tk.Position.Line] = true
		}
	}
	return lines
}

// rewrite replaces the scalars that should stand otherwise, where the file spells
// them as they are.
func (d *Document) rewrite(path []string, n *Node, f Formatting) {
	switch n.kind {
	case mapping:
		for i := len(n.pairs) - 1; i >= 0; i-- { // from behind, so that places on the same line stay
			d.rewrite(append(slices.Clone(path), n.pairs[i].Key), n.pairs[i].Value, f)
		}
	case list:
		for i := len(n.items) - 1; i >= 0; i-- {
			d.rewrite(append(slices.Clone(path), "*"), n.items[i], f)
		}
	case scalar:
		old := n.text.Source
		text := f.Rewrite(path, old)
		if text == old || n.style == folded || n.style == plain && (strings.Contains(text, ": ") || strings.Contains(text, " #")) {
			return
		}
		from, to := strings.Split(old, "\n"), strings.Split(text, "\n")
		if len(from) != len(to) || len(from) != len(n.text.Parts) || n.style != literal && len(from) > 1 {
			return
		}
		for i, part := range n.text.Parts {
			d.replace(part, from[i], to[i])
		}
	}
}

func (d *Document) replace(part diag.Part, old, text string) {
	rest, ok := fromColumn(d.line(part.Pos.Line), part.Pos.Col)
	if part.Inexact || !ok || !strings.HasPrefix(rest, old) {
		return
	}
	line := d.lines[part.Pos.Line-1]
	head := line[:len(line)-len(rest)]
	d.lines[part.Pos.Line-1] = head + text + rest[len(old):]
}

// sameDocument reports whether two texts have the same keys, values and comments.
func sameDocument(a, b string, codes Codes, f Formatting) bool {
	x, y := Load("", []byte(a), codes), Load("", []byte(b), codes)
	if x.Diagnostics().HasErrors() || y.Diagnostics().HasErrors() {
		return false
	}
	return slices.Equal(Comments([]byte(a)), Comments([]byte(b))) && sameNode(nil, x.Root, y.Root, f)
}

// Comments returns the comments of a file, sorted, without white space at their
// ends.
func Comments(data []byte) []string {
	d := &Document{}
	text, ok := d.decode(data)
	if !ok {
		return nil
	}
	var list []string
	for _, tk := range lexer.Tokenize(text) {
		if tk.Type == token.CommentType {
			list = append(list, strings.TrimSpace(tk.Value))
		}
	}
	slices.Sort(list)
	return list
}

func sameNode(path []string, a, b *Node, f Formatting) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.kind != b.kind || a.Quoted() != b.Quoted() || len(a.pairs) != len(b.pairs) || len(a.items) != len(b.items) {
		return false
	}
	for i := range a.items {
		if !sameNode(append(slices.Clone(path), "*"), a.items[i], b.items[i], f) {
			return false
		}
	}
	for _, pair := range a.pairs {
		other := slices.IndexFunc(b.pairs, func(o Pair) bool { return o.Key == pair.Key })
		if other < 0 || !sameNode(append(slices.Clone(path), pair.Key), pair.Value, b.pairs[other].Value, f) {
			return false
		}
	}
	return a.text.Source == b.text.Source || a.kind == scalar && f.Same(path, a.text.Source, b.text.Source)
}

// column is where a node or key begins in its line, counted from 0.
func column(text diag.Text) int {
	pos, _ := text.At(0)
	return max(pos.Col-1, 0)
}

func lineOf(text diag.Text) int {
	pos, _ := text.At(0)
	return pos.Line
}

// indented is a line's own part after so many runes, behind so many spaces.
func indented(line string, from, indent int) string {
	rest, _ := fromColumn(line, from+1)
	return strings.Repeat(" ", indent) + strings.TrimRight(rest, " \t")
}

func leadingSpaces(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
