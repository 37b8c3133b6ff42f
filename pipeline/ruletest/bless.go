package ruletest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"amends/rules/diag"
)

// Change is an expectation that Bless wrote, or that it could not.
type Change struct {
	At            diag.Pos
	Case          string
	Before, After string
	Failed        string // why it could not be written; "" where it was
}

// Bless writes what came out into the expectations of cases that failed, and of
// those that expect nothing yet, and leaves every other character as it is. It
// returns the files that change and what it changed. A file that would not read
// as meant is left alone.
func (r *Result) Bless() ([]File, []Change) {
	b := &blessing{result: r, sources: map[string]*source{}, splices: map[string][]splice{}}
	for _, f := range r.Files {
		b.sources[f.Path] = newSource(f.Bytes)
	}
	for _, c := range r.Cases {
		if !c.Passed() {
			b.bless(c)
		}
	}
	var files []File
	for _, f := range r.Files {
		if len(b.splices[f.Path]) == 0 {
			continue
		}
		blessed := File{Path: f.Path, Bytes: b.sources[f.Path].apply(b.splices[f.Path])}
		if why := b.wrong(blessed); why != "" {
			for i := range b.changes {
				if b.changes[i].At.File == f.Path {
					b.changes[i].Failed = why
				}
			}
			continue
		}
		files = append(files, blessed)
	}
	return files, b.changes
}

type blessing struct {
	result  *Result
	sources map[string]*source
	splices map[string][]splice
	changes []Change
}

func (b *blessing) bless(c *CaseResult) {
	appended := []string{}
	for i := range c.Rows {
		row, e := &c.Rows[i], c.Ready.Expect[i]
		if e.edit.kind == editAppend {
			appended = append(appended, flow(wanted(e, row.Outcome)))
		}
		if len(row.Differences) == 0 {
			continue
		}
		pos, _ := e.At.At(0)
		change := Change{At: pos, Case: c.Ready.Name}
		var before, after []string
		for _, d := range row.Differences {
			before, after = append(before, d.Field+" "+d.Expected), append(after, d.Field+" "+d.Got)
		}
		change.Before, change.After = strings.Join(before, ", "), strings.Join(after, ", ")
		if e.edit.kind != editAppend {
			change.Failed = b.write(e, row.Outcome, pos)
		} else if i == len(c.Rows)-1 {
			change.Failed = b.appendTo(e, pos.File, appended)
		}
		b.changes = append(b.changes, change)
	}
}

// value is one field with the text to be expected of it.
type value struct {
	field string
	text  string
	list  []string
}

// plainFields are what an expectation says of an outcome where its author has
// not said more.
var plainFields = map[string][]string{
	Issued:     {FieldRule, FieldAmount},
	Held:       {FieldOutcome, FieldReason, FieldRule, FieldAmount},
	Suppressed: {FieldOutcome, FieldReason},
	Denied:     {FieldOutcome, FieldReason},
	Rejected:   {FieldOutcome, FieldReason},
}

// wanted are the fields to write: those that the author has, where they still
// say something, and with another outcome those that tell it.
func wanted(e *Expect, o *Outcome) []value {
	var fields []string
	if e.Outcome != o.Outcome {
		fields = append(fields, plainFields[o.Outcome]...)
		if len(fields) == 0 {
			fields = []string{FieldOutcome}
		}
		if o.VoidedBy != "" {
			fields = append(fields, FieldVoidedBy)
		}
	}
	for _, w := range e.Fields {
		listed := slices.Contains(listFields, w.Field)
		if !slices.Contains(fields, w.Field) && (o.field(w.Field) != "" || listed && e.Outcome == o.Outcome) {
			fields = append(fields, w.Field)
		}
	}
	var values []value
	for _, f := range fields {
		v := value{field: f, text: o.field(f)}
		if slices.Contains(listFields, f) {
			v.list = full(o.list(f))
		}
		if w, written := e.Want(f); written && w.meets(o) && f != FieldOutcome {
			v.text = w.Text.Source // what is right stays as it is written
		}
		values = append(values, v)
	}
	return values
}

// flow is an expectation in braces, or the outcome alone.
func flow(values []value) string {
	if len(values) == 1 && values[0].field == FieldOutcome {
		return values[0].text
	}
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = v.field + ": " + v.yaml()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// yaml is the value as it stands in YAML, in braces or not.
func (v value) yaml() string {
	if v.list == nil {
		return scalar(v.text)
	}
	parts := make([]string, len(v.list))
	for i, text := range v.list {
		parts[i] = scalar(text)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func scalar(text string) string {
	special := text == "" || strings.ContainsAny(text, "{}[],&*#?|<>=!%@`\"'\\\n\t") || strings.Contains(text, ": ") ||
		strings.HasPrefix(text, "-") || strings.HasSuffix(text, ":") || strings.TrimSpace(text) != text
	switch text {
	case "true", "false", "null", "~", "yes", "no", "on", "off":
		special = true
	}
	if special {
		return strconv.Quote(text)
	}
	return text
}

// write puts another expectation in the place of one; it says why it cannot.
func (b *blessing) write(e *Expect, o *Outcome, pos diag.Pos) string {
	src := b.sources[pos.File]
	line, col := pos.Line-1, pos.Col-1
	values := wanted(e, o)
	add := func(p splice) { b.splices[pos.File] = append(b.splices[pos.File], p) }
	switch e.edit.kind {
	case editScalar:
		add(splice{line, col, line, col + len([]rune(e.Fields[0].Text.Source)), flow(values)})
	case editFlow:
		toLine, toCol, commented, ok := src.closing(line, col)
		if !ok || commented {
			return "it stands in several lines with a comment"
		}
		add(splice{line, col, toLine, toCol, flow(values)})
	case editBlock:
		b.block(e, values, src, add)
	case editTable:
		return b.cells(e, o, add)
	}
	return ""
}

// block changes the values of a map with a key a line, drops those that no
// longer say anything, and adds those that do.
func (b *blessing) block(e *Expect, values []value, src *source, add func(splice)) {
	var added []string
	for _, v := range values {
		w, written := e.Want(v.field)
		if !written {
			added = append(added, v.field+": "+v.yaml())
			continue
		}
		at, _ := w.At.At(0)
		col := at.Col - 1 + len([]rune(v.field))
		for col < len(src.lines[at.Line-1]) && (src.lines[at.Line-1][col] == ':' || src.lines[at.Line-1][col] == ' ') {
			col++
		}
		toLine, toCol := src.valueEnd(at.Line-1, col, at.Col-1)
		if string(src.lines[at.Line-1][col:toCol]) == v.yaml() && toLine == at.Line-1 || v.text == w.Text.Source && v.list == nil {
			continue
		}
		add(splice{at.Line - 1, col, toLine, toCol, v.yaml()})
	}
	for _, w := range e.Fields {
		if slices.ContainsFunc(values, func(v value) bool { return v.field == w.Field }) {
			continue
		}
		at, _ := w.At.At(0)
		toLine, _ := src.valueEnd(at.Line-1, at.Col-1, at.Col-1)
		if at.Col-1 == src.indentOf(at.Line-1) && toLine+1 < len(src.lines) {
			add(splice{at.Line - 1, 0, toLine + 1, 0, ""})
		} else { // the first key of a list's entry stands behind a dash
			add(splice{at.Line - 1, at.Col - 1, toLine, len(src.lines[toLine]), "outcome: " + values[0].text})
		}
	}
	if len(added) > 0 && len(e.Fields) > 0 {
		at, _ := e.Fields[0].At.At(0)
		pad := "\n" + strings.Repeat(" ", at.Col-1)
		add(splice{at.Line - 1, at.Col - 1, at.Line - 1, at.Col - 1, strings.Join(added, pad) + pad})
	}
}

// cells changes the cells of a table's line.
func (b *blessing) cells(e *Expect, o *Outcome, add func(splice)) string {
	head, cells := e.edit.head, e.edit.cells
	hasOutcome := slices.ContainsFunc(head, func(c tableCell) bool { return c.text.Source == FieldOutcome })
	for _, d := range e.Compare(o) {
		inTable := slices.ContainsFunc(head, func(c tableCell) bool { return c.text.Source == d.Field })
		if !inTable && d.Field != FieldOutcome && d.Field != fieldNothing && o.Outcome == e.Outcome {
			return "what the whole table expects differs: " + d.Field
		}
	}
	texts := make([]string, len(head))
	for i, c := range head {
		field := c.text.Source
		switch {
		case !hasOutcome && o.Outcome != Issued:
			if i == 0 {
				texts[i] = o.Outcome
			}
		case field == FieldOutcome && o.Outcome == Issued && (len(cells) <= i || cells[i].text.Source == ""):
		default:
			texts[i] = o.field(field)
			if w, written := e.Want(field); written && w.meets(o) {
				texts[i] = w.Text.Source
			}
		}
	}
	for i, text := range texts {
		if text = strings.ReplaceAll(text, `"`, "'"); strings.ContainsAny(text, "|") || strings.Contains(text, arrow) {
			text = `"` + text + `"`
		}
		switch {
		case i < len(cells):
			add(cells[i].replaced(text))
		default:
			b.behind(e, i, text, add)
		}
	}
	return ""
}

// replaced writes another text between the marks around a cell, as wide as
// before where it fits.
func (c tableCell) replaced(text string) splice {
	pos, _ := c.from.At(0)
	width := c.width
	if c.last {
		return splice{pos.Line - 1, pos.Col - 1, pos.Line - 1, pos.Col - 1 + width, strings.TrimRight(" "+text, " ")}
	}
	return splice{pos.Line - 1, pos.Col - 1, pos.Line - 1, pos.Col - 1 + width, fmt.Sprintf(" %-*s ", max(width-2, 0), text)}
}

// behind adds a cell to a line that ends before it.
func (b *blessing) behind(e *Expect, i int, text string, add func(splice)) {
	if text == "" {
		return
	}
	pos, line := e.At.At(0)
	end := len([]rune(line))
	mark := " | "
	if i == 0 {
		mark = " " + arrow + " "
	}
	add(splice{pos.Line - 1, end, pos.Line - 1, end, mark + text})
}

// appendTo writes expectations below a case that has none.
func (b *blessing) appendTo(e *Expect, file string, texts []string) string {
	at, _ := e.edit.at.At(0)
	if at.Line == 0 {
		return "the case stands in braces"
	}
	src := b.sources[file]
	last, _ := src.valueEnd(at.Line-1, at.Col-1, at.Col-2)
	pad := strings.Repeat(" ", at.Col-1)
	text := "\n" + pad + "expect: " + texts[0]
	if len(texts) > 1 {
		text = "\n" + pad + "expect:"
		for _, t := range texts {
			text += "\n" + pad + "  - " + t
		}
	}
	end := len(src.lines[last])
	b.splices[file] = append(b.splices[file], splice{last, end, last, end, text})
	return ""
}

// wrong reads a blessed file again: it must read, and expect what came out.
func (b *blessing) wrong(blessed File) string {
	files := slices.Clone(b.result.Files)
	for i := range files {
		if files[i].Path == blessed.Path {
			files[i] = blessed
		}
	}
	suite, list := Parse(files)
	if list.HasErrors() {
		return "the file would not read any more: " + list[0].String()
	}
	for _, c := range b.result.Cases {
		if c.Ready.Place().File != blessed.Path {
			continue
		}
		i := slices.IndexFunc(suite.Cases, func(again *Case) bool { return again.Name == c.Ready.Name })
		if i < 0 || len(suite.Cases[i].Expect) != len(c.Rows) {
			return fmt.Sprintf("the case %q would be lost", c.Ready.Name)
		}
		for row := range c.Rows {
			failed := slices.ContainsFunc(b.changes, func(ch Change) bool { return ch.Case == c.Ready.Name && ch.Failed != "" })
			if !failed && len(suite.Cases[i].Expect[row].Compare(c.Rows[row].Outcome)) > 0 {
				return fmt.Sprintf("the case %q would not expect what came out", c.Ready.Name)
			}
		}
	}
	return ""
}
