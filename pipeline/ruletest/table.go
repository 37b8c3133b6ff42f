package ruletest

import (
	"slices"
	"strings"
	"unicode/utf8"

	"amends/rules/diag"
	"amends/rules/document"
)

// arrow stands between what is given and what is expected.
const arrow = "=>"

// historyPrefix begins the columns of a table that are amounts of its history.
const historyPrefix = "history."

// tableCell is one cell of a table: its text without the space around it.
type tableCell struct {
	text   diag.Text
	quoted bool
	from   diag.Text // where it begins, behind the mark before it
	// width is how many runes there are up to the next mark, for whoever writes
	// another value in: the space around the text included.
	width int
	last  bool // nothing follows on the line
}

// table reads a case for each line of a table. What `given` and `expect` of the
// case say holds for all of them.
func (p *parser) table(shared *Case, f *document.Fields) {
	text, ok := f.Get("table").Text("lines of cells")
	if !ok {
		return
	}
	if len(shared.Rows) != 1 {
		f.Get("given").Report(codeWrongType, msgTableRows(), "")
		return
	}
	var common *Expect
	if f.Has("expect") {
		if all := p.expectations(f.Get("expect"), shared); len(all) == 1 {
			common = all[0]
		}
	}
	var head []tableCell
	split, count, offset := 0, 0, 0
	for _, line := range strings.Split(text.Source, "\n") {
		start := offset
		offset += utf8.RuneCountInString(line) + 1
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") || strings.Trim(trimmed, "-|+=> ") == "" {
			continue
		}
		cells, at := cut(text, line, start)
		if head == nil {
			if split = at; split < 0 || split == len(cells) {
				p.list.Add(text.Diagnose(start, codeTable, msgTableHead(), "write delivered_at => rule | amount"))
				return
			}
			if head = cells; !p.head(head[split:]) {
				return
			}
			continue
		}
		count++
		if at < 0 && len(cells) == split {
			at = split // nothing is expected yet
		}
		if message, hint := badLine(len(head), split, len(cells), at); message != "" {
			p.list.Add(text.Diagnose(start+indent(line), codeTable, message, hint))
			continue
		}
		p.line(shared, common, head, cells, split)
	}
	if count == 0 {
		p.list.Add(text.Diagnose(0, codeTable, "the table has no line", ""))
	}
}

// badLine says what is wrong with a line of so many cells, the arrow after at of
// them, under a head of columns with the arrow after split; at is -1 without one.
func badLine(columns, split, cells, at int) (message, hint string) {
	switch {
	case at < 0:
		return msgTableArrow(split, cells), hintTableArrow
	case at != split:
		return msgTableSplit(split, at), hintTableCells
	case cells > columns:
		return msgTableCells(columns, cells), hintTableCells
	}
	return "", ""
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// head reports fields that nothing has.
func (p *parser) head(fields []tableCell) bool {
	good := true
	for _, cell := range fields {
		if name := cell.text.Source; !slices.Contains(Fields, name) {
			p.list.Add(cell.text.Diagnose(0, codeName, msgField(name), document.Suggestion(name, Fields)))
			good = false
		}
	}
	return good
}

// line makes the case of one line.
func (p *parser) line(shared *Case, common *Expect, head, cells []tableCell, split int) {
	c := *shared
	row := *shared.Rows[0]
	row.Cells = slices.Clone(row.Cells)
	var said []string
	for i, cell := range cells[:split] {
		if cell.text.Source == "" && !cell.quoted {
			continue // as in the base row
		}
		name := head[i].text.Source
		said = append(said, name+" "+cell.text.Source)
		switch name {
		case "like":
			row.Like = cell.text
			continue
		case "on":
			row.On, row.OnAt = cell.text.Source, cell.text
			continue
		}
		if key, is := strings.CutPrefix(name, historyPrefix); is && slices.Contains(amountKeys, key) {
			p.historyAmount(&c.History, key, cell.text)
			continue
		}
		null := !cell.quoted && cell.text.Source == "null"
		row.Cells = append(row.Cells, Cell{Name: name, At: head[i].text, Value: cell.text, Null: null, Quoted: cell.quoted})
	}
	c.Rows = []*Row{&row}
	p.credited(&c.History, cells[0].text)
	c.At = cells[0].text
	if pos, line := c.At.At(0); pos.Line > 0 {
		pos.Col = 1 + indent(line)
		c.At = diag.Text{Parts: []diag.Part{{Pos: pos, Line: line}}}
	}
	row.At = c.At
	c.Name = shared.Name + ": " + strings.Join(said, ", ")
	if len(said) == 0 {
		c.Name = shared.Name + ": as it is"
	}
	if e := p.lineExpect(common, head[split:], cells[split:]); e != nil {
		e.At = c.At
		c.Expect = []*Expect{e}
		p.add(&c)
	}
}

// lineExpect reads the cells after the arrow. A word alone in the first of them
// may be an outcome.
func (p *parser) lineExpect(common *Expect, head, cells []tableCell) *Expect {
	e := &Expect{edit: edit{kind: editTable, head: head, cells: cells}}
	if common != nil {
		for _, w := range common.Fields {
			if !slices.ContainsFunc(head, func(c tableCell) bool { return c.text.Source == w.Field }) {
				e.Fields = append(e.Fields, w)
			}
		}
	}
	if len(cells) == 0 {
		return e
	}
	rest := slices.ContainsFunc(cells[1:], func(c tableCell) bool { return c.text.Source != "" })
	if word := cells[0]; !rest && !word.quoted && slices.Contains(outcomes, word.text.Source) {
		e.Outcome = word.text.Source
		e.Fields = []Want{{Field: FieldOutcome, At: word.text, Text: word.text}}
		return e
	}
	written := false
	for i, cell := range cells {
		if cell.text.Source == "" && !cell.quoted {
			continue
		}
		written = true
		w := Want{Field: head[i].text.Source, At: cell.text, Text: cell.text}
		if slices.Contains(listFields, w.Field) {
			for item := range strings.SplitSeq(cell.text.Source, ",") {
				if item = oneSpace(item); item != "" {
					w.List = append(w.List, item)
				}
			}
		} else if message, hint := badWant(w.Field, cell.text.Source); message != "" {
			p.list.Add(cell.text.Diagnose(0, codeBadValue, message, hint))
			return nil
		}
		e.Fields = append(e.Fields, w)
	}
	if !written && common == nil {
		return e // nothing is expected yet
	}
	p.finish(e)
	return e
}

// cut takes a line apart; at is the index of the first cell after the arrow, or
// -1. Texts in double quotes may hold the marks.
func cut(text diag.Text, line string, start int) (cells []tableCell, at int) {
	at = -1
	runes := []rune(line)
	from, quoted := 0, false
	end := func(i int, last bool) {
		cells = append(cells, newCell(text, runes, start, from, i, last))
	}
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '"':
			quoted = !quoted
		case quoted:
		case runes[i] == '|':
			end(i, false)
			from = i + 1
		case runes[i] == '=' && i+1 < len(runes) && runes[i+1] == '>' && at < 0:
			end(i, false)
			at, from = len(cells), i+2
			i++
		}
	}
	end(len(runes), true)
	return cells, at
}

func newCell(text diag.Text, runes []rune, start, from, to int, last bool) tableCell {
	cell := tableCell{width: to - from, last: last, from: text.Piece(start+from, "")}
	for from < to && runes[from] == ' ' {
		from++
	}
	for from < to && runes[to-1] == ' ' {
		to--
	}
	source := string(runes[from:to])
	offset := start + from
	if len(source) >= 2 && source[0] == '"' && source[len(source)-1] == '"' {
		cell.quoted = true
		source, offset = source[1:len(source)-1], offset+1
	}
	cell.text = text.Piece(offset, source)
	return cell
}
