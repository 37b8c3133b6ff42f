package lsp

import (
	"path/filepath"
	"slices"
	"strings"

	"amends/rules/codes"
	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/jsonschema"
)

// spot is where a request asks, and what the file may say there.
type spot struct {
	cursor
	all    []string
	shapes []*document.Shape
	source string // the source of an expression; "" where none is written
	known  known
	has    bool // a check has been made
}

func (s *Server) spot(p positionParams) (*spot, bool) {
	b, f := s.text(p.TextDocument.URI)
	if b == nil {
		return nil, false
	}
	o := &spot{all: lines(b.text)}
	line := min(max(p.Position.Line, 0), len(o.all)-1)
	o.cursor = locate(o.all, line, byteAt(o.all[line], p.Position.Character))
	o.shapes = shapeAt(shapeOf(b.path), o.path)
	o.known, o.has = f.known(b.path)
	switch {
	case len(o.path) > 1 && (o.path[0] == "define" || o.path[0] == "sources" || o.path[0] == "base" || o.path[0] == "columns"):
		o.source = o.path[1]
	default:
		if o.source = o.beside(o.all, "on"); o.source == "" && strings.HasSuffix(b.path, "_test.yaml") {
			for _, text := range o.all {
				if on, ok := strings.CutPrefix(text, "on:"); ok {
					o.source = strings.TrimSpace(strings.SplitN(on, "#", 2)[0])
				}
			}
		}
	}
	return o, true
}

// expression reports whether the cursor is in an expression; a message has some
// in braces.
func (o *spot) expression() bool {
	return o.value && slices.ContainsFunc(o.shapes, func(s *document.Shape) bool {
		return s.Kind == document.Expression || s.Kind == document.Message && o.inBraces()
	})
}

func (o *spot) inBraces() bool {
	before := o.all[o.line][:o.at]
	return strings.LastIndexByte(before, '{') > strings.LastIndexByte(before, '}')
}

func (s *Server) hover(p positionParams) (any, error) {
	o, ok := s.spot(p)
	if !ok {
		return nil, nil
	}
	text := o.all[o.line]
	var parts []string
	from, to := wordAt(text, o.at, "-_.")
	switch n := o.nameAt(); {
	case n != nil:
		head := "`" + n.text + "`"
		if n.detail != "" {
			head += ": " + n.detail
		}
		parts = append(parts, head+"\n\n"+n.doc)
		from, to = wordAt(text, o.at, ".")
		if !o.expression() {
			from, to = wordAt(text, o.at, "-.")
		}
	case !o.value && o.flow == "" || o.onKey():
		h := headerOf(text)
		if key := o.keyUnder(h); key != nil {
			parts = append(parts, "**"+key.Name+"**\n\n"+jsonschema.Describe(&key.Shape))
		}
	}
	parts = append(parts, o.marks()...)
	if len(parts) == 0 {
		return nil, nil
	}
	return hover{Contents: markup{"markdown", strings.Join(parts, "\n\n---\n\n")}, Range: within(text, o.line, from, to)}, nil
}

// onKey reports whether the cursor is on a key in braces.
func (o *spot) onKey() bool {
	_, to := wordAt(o.all[o.line], o.at, "-")
	return o.flow != "" && strings.HasPrefix(o.all[o.line][to:], ":")
}

// keyUnder is the key that the cursor is on.
func (o *spot) keyUnder(h header) *document.Key {
	from, to := wordAt(o.all[o.line], o.at, "-")
	word := o.all[o.line][from:to]
	if o.flow == "" && word != h.key {
		return nil
	}
	shapes := o.shapes
	if o.value && len(o.path) > 0 { // the key that is being written is the path's last
		return nil
	}
	for _, s := range shapes {
		if s.Kind == document.Map {
			if key := s.Record.Key(word); key != nil {
				return key
			}
		}
	}
	return nil
}

// nameAt is the name that the cursor is on, of an expression or another value.
func (o *spot) nameAt() *name {
	if !o.has || !o.value {
		return nil
	}
	text := o.all[o.line]
	if o.expression() {
		from, to := wordAt(text, o.at, ".")
		all := o.known.names(o.source)
		// customer.tier as a whole, else what stands before a point further on
		for word := text[from:to]; word != ""; {
			if i := slices.IndexFunc(all, func(n name) bool { return n.text == word }); i >= 0 {
				return &all[i]
			}
			cut := strings.LastIndexByte(word, '.')
			if cut < 0 {
				return nil
			}
			word = word[:cut]
		}
		return nil
	}
	from, to := wordAt(text, o.at, "-.")
	for _, s := range o.shapes {
		all := o.known.listed(s.Names, o.source)
		if i := slices.IndexFunc(all, func(n name) bool { return n.text == text[from:to] }); i >= 0 {
			return &all[i]
		}
	}
	return nil
}

// marks are the explanations of the codes that stand at the cursor.
func (o *spot) marks() []string {
	var parts []string
	for _, d := range o.known.marked {
		if d.Pos.File != o.known.file || d.Pos.Line != o.line+1 {
			continue
		}
		at := place(o.all, d.Pos.Line, d.Pos.Col)
		character := units(o.all[o.line][:o.at])
		if character < at.Start.Character || character > at.End.Character {
			continue
		}
		if code, found := codes.Find(d.Code); found {
			parts = append(parts, "**"+code.ID+"**: "+code.Title+"\n\n"+code.Text)
		}
	}
	return parts
}

func (s *Server) completion(p positionParams) (any, error) {
	o, ok := s.spot(p)
	if !ok {
		return nil, nil
	}
	text := o.all[o.line]
	var offered []name
	more := "-"
	switch {
	case o.expression():
		more = "."
		offered = o.expressionNames()
	case !o.value:
		offered = o.keys()
	default:
		offered = o.values()
	}
	from, _ := wordAt(text, o.at, more)
	items := make([]completion, 0, len(offered))
	for _, n := range offered {
		items = append(items, completion{Label: n.text, Kind: n.kind, Detail: n.detail, Documentation: n.doc,
			TextEdit: &textEdit{Range: within(text, o.line, from, o.at), NewText: n.text + suffix(n.kind, text[o.at:])}})
	}
	return items, nil
}

// suffix is what follows a key.
func suffix(kind int, rest string) string {
	if kind == completeProperty && !strings.HasPrefix(rest, ":") {
		return ": "
	}
	return ""
}

// expressionNames are those that go on with what stands before the cursor: after
// a point the fields and keys of what is before it.
func (o *spot) expressionNames() []name {
	if !o.has {
		return functionNames()
	}
	text := o.all[o.line]
	from, _ := wordAt(text, o.at, ".")
	prefix, _, dotted := cutLast(text[from:o.at])
	var offered []name
	for _, n := range o.known.names(o.source) {
		if parent, _, inside := cutLast(n.text); inside == dotted && (!dotted || parent == prefix) {
			offered = append(offered, n)
		}
	}
	if !dotted {
		for _, s := range o.shapes {
			for _, word := range s.Words {
				offered = append(offered, name{text: word, kind: completeKeyword})
			}
		}
		for _, word := range []string{"and", "or", "not", "in", "nil", "true", "false", "contains", "startsWith", "endsWith", "matches"} {
			offered = append(offered, name{text: word, kind: completeKeyword})
		}
	}
	return offered
}

func cutLast(text string) (before, after string, found bool) {
	i := strings.LastIndexByte(text, '.')
	if i < 0 {
		return "", text, false
	}
	return text[:i], text[i+1:], true
}

// keys are those of the maps that may stand at the cursor.
func (o *spot) keys() []name {
	var offered []name
	for _, s := range o.shapes {
		switch {
		case s.Kind == document.Map:
			for i := range s.Record.Keys {
				key := &s.Record.Keys[i]
				offered = append(offered, name{text: key.Name, kind: completeProperty, doc: jsonschema.Describe(&key.Shape)})
			}
			if s.Record.Rest != nil && o.has {
				offered = append(offered, asKeys(o.known.listed(s.Record.Rest.Names, o.source))...)
			}
		case s.Kind == document.ByName && o.has:
			offered = append(offered, asKeys(o.known.listed(s.Names, o.source))...)
		}
	}
	return offered
}

func asKeys(names []name) []name {
	for i := range names {
		names[i].kind = completeProperty
	}
	return names
}

// values are the words and names that may stand at the cursor.
func (o *spot) values() []name {
	var offered []name
	for _, s := range o.shapes {
		for _, word := range s.Words {
			offered = append(offered, name{text: word, kind: completeKeyword})
		}
		if s.Kind == document.Truth {
			offered = append(offered, name{text: "true", kind: completeKeyword}, name{text: "false", kind: completeKeyword})
		}
		if s.Kind <= document.Message || s.Kind == document.Texts || s.Kind == document.Value {
			if o.has {
				offered = append(offered, o.known.listed(s.Names, o.source)...)
			}
		}
	}
	return offered
}

func (s *Server) definition(p positionParams) (any, error) {
	o, ok := s.spot(p)
	if !ok {
		return nil, nil
	}
	n := o.nameAt()
	if n == nil || len(n.at.Parts) == 0 {
		return nil, nil
	}
	pos, _ := n.at.At(0)
	file := o.known.last.RulePath(pos.File)
	path := filepath.Join(o.known.dir, filepath.FromSlash(file))
	_, f := s.text(p.TextDocument.URI)
	s.mu.Lock()
	b := s.open[path]
	s.mu.Unlock()
	return location{URI: uriOf(path), Range: place(f.linesOf(file, b), pos.Line, pos.Col)}, nil
}

// symbols are what a file defines, for an outline.
func (s *Server) symbols(p documentParams) (any, error) {
	b, f := s.text(p.TextDocument.URI)
	if b == nil {
		return nil, nil
	}
	found := []symbol{}
	k, has := f.known(b.path)
	if !has {
		return found, nil
	}
	all := lines(b.text)
	add := func(at diag.Text, detail string, kind int) {
		pos, _ := at.At(0)
		if at.Source == "" || k.last.RulePath(pos.File) != k.file && pos.File != k.file || pos.Line > len(all) {
			return
		}
		where := place(all, pos.Line, pos.Col)
		where.End = within(all[pos.Line-1], pos.Line-1, len(all[pos.Line-1]), len(all[pos.Line-1])).End
		found = append(found, symbol{Name: at.Source, Detail: detail, Kind: kind, Range: where, SelectionRange: where})
	}
	k.eachDefined(add)
	slices.SortFunc(found, func(a, b symbol) int { return a.Range.Start.Line - b.Range.Start.Line })
	return found, nil
}

// eachDefined goes through what people defined, in no order.
func (k known) eachDefined(add func(at diag.Text, detail string, kind int)) {
	for i := range k.last.Work.Sources {
		add(k.last.Work.Sources[i].At, "source", symbolObject)
	}
	for _, defines := range k.book.Defines {
		for _, d := range defines {
			add(d.At, "define", symbolVariable)
		}
	}
	for _, t := range k.book.Tables {
		add(t.At, "table", symbolKey)
	}
	for _, t := range k.book.Terms {
		add(t.At, "terms", symbolObject)
	}
	for i := range k.book.Rules {
		add(k.book.Rules[i].At, "rule on "+k.book.Rules[i].On, symbolFunction)
	}
	for _, x := range k.book.Exclusions {
		add(x.At, "exclusion", symbolFunction)
	}
	for _, x := range k.book.Limits {
		add(x.At, "limit", symbolKey)
	}
	for _, x := range k.book.Budgets {
		add(x.At, "budget", symbolKey)
	}
	for _, x := range k.book.Approvals {
		add(x.At, "approval", symbolFunction)
	}
	for _, x := range k.book.Voids {
		add(x.At, "void", symbolFunction)
	}
	if k.last.Suite != nil {
		for _, c := range k.last.Suite.Cases {
			add(c.At, "case", symbolFunction)
		}
	}
}
