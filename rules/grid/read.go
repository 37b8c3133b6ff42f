package grid

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"amends/rules/diag"
)

// Read takes a CSV file apart. Commas, semicolons (as spreadsheets write them in
// much of Europe) and tabs separate; a byte order mark, "\r\n" and rows without
// a word are no matter. The sheet is nil where the list has errors.
func Read(file string, data []byte) (*Sheet, diag.List) {
	r := reader{sheet: &Sheet{File: file}}
	if r.decode(data) {
		r.read()
	}
	r.list.Sort()
	if r.list.HasErrors() {
		return nil, r.list
	}
	return r.sheet, r.list
}

type reader struct {
	sheet *Sheet
	list  diag.List
	hide  int // lines at the top that a spreadsheet does not show
}

func (r *reader) report(line, col int, code, message, hint string) {
	d := diag.Diagnostic{Pos: diag.Pos{File: r.sheet.File, Line: line, Col: col}, Code: code, Message: message, Hint: hint}
	if line > 0 && line <= len(r.sheet.lines) {
		d.Line = r.sheet.lines[line-1].Line
	}
	r.list.Add(d)
}

// decode makes text of the bytes, and knows where its lines begin.
func (r *reader) decode(data []byte) bool {
	text := string(data)
	switch {
	case len(data) > MaxBytes:
		r.report(0, 0, codeFile, msgTooLarge(len(data)), hintTooLarge)
		return false
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"):
		r.report(0, 0, codeFile, msgUTF16, hintUTF8)
		return false
	case strings.HasPrefix(text, "PK\x03\x04"):
		r.report(0, 0, codeFile, msgWorkbook, hintUTF8)
		return false
	}
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	offset := 0
	for i, line := range strings.Split(text, "\n") {
		r.sheet.lines = append(r.sheet.lines, diag.Part{Offset: offset, Pos: diag.Pos{File: r.sheet.File, Line: i + 1, Col: 1}, Line: line})
		if !utf8.ValidString(line) {
			col := utf8.RuneCountInString(line[:firstInvalid(line)]) + 1
			r.sheet.lines[i].Line = strings.ToValidUTF8(line, "?")
			r.report(i+1, col, codeFile, msgNotUTF8, hintUTF8)
			return false
		}
		if at := strings.IndexFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }); at >= 0 {
			r.report(i+1, utf8.RuneCountInString(line[:at])+1, codeFile, msgControl(line[at]), "")
			return false
		}
		offset += utf8.RuneCountInString(line) + 1
	}
	r.sheet.source = text
	return true
}

func firstInvalid(line string) int {
	for i, c := range line {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(line[i:]); size == 1 {
				return i
			}
		}
	}
	return len(line)
}

// separator is what stands between the cells of the first row: an expression of
// the language may have a comma, and never a semicolon or a tab.
func (r *reader) separator() (comma rune, skip int) {
	for i, part := range r.sheet.lines {
		line := strings.TrimSpace(part.Line)
		if line == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(strings.ToLower(line), "sep="); ok && utf8.RuneCountInString(rest) <= 1 {
			r.hide = 1
			if rest == "" {
				return '\t', i + 1 // the line ended in a tab
			}
			c, _ := utf8.DecodeRuneInString(rest)
			return c, i + 1
		}
		quoted := false
		comma = ','
		for _, c := range part.Line {
			switch {
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == ';':
				return ';', i
			case c == '\t':
				comma = '\t'
			}
		}
		return comma, i
	}
	return ',', 0
}

func (r *reader) read() {
	comma, skip := r.separator()
	if comma != ',' && comma != ';' && comma != '\t' && comma != '|' {
		r.report(1, 1, codeFile, msgSeparator(comma), "")
		return
	}
	body := r.sheet.lines[skip:]
	texts := make([]string, len(body))
	for i, part := range body {
		texts[i] = part.Line
	}
	c := csv.NewReader(strings.NewReader(strings.Join(texts, "\n")))
	c.Comma, c.FieldsPerRecord = comma, -1
	extra := 0 // lines that cells of several lines took so far
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.syntax(err, skip)
			return
		}
		line, _ := c.FieldPos(0)
		row := Row{Number: skip + line - extra - r.hide}
		for i, field := range fields {
			extra += strings.Count(field, "\n")
			line, col := c.FieldPos(i)
			part := body[min(line, len(body))-1]
			at := part.Offset + utf8.RuneCountInString(part.Line[:min(col-1, len(part.Line))])
			row.Cells = append(row.Cells, Cell{Text: strings.TrimSpace(field), Name: cellName(i, row.Number), At: at})
		}
		if !r.keep(row) {
			return
		}
	}
	r.whole()
}

// keep adds a row that says something, and is false once a limit is passed.
func (r *reader) keep(row Row) bool {
	last := len(row.Cells)
	for last > 0 && row.Cells[last-1].Text == "" {
		last--
	}
	if r.sheet.Header == nil {
		row.Cells = row.Cells[:last]
	}
	switch {
	case last == 0:
		return true
	case last > MaxColumns:
		r.cell(row.Cells[MaxColumns], codeFile, msgColumns(last), hintLimits)
		return false
	case r.sheet.Header == nil:
		r.sheet.Header = row.Cells
		return true
	case row.Cells[0].note():
		return true
	case last > len(r.sheet.Header):
		r.cell(row.Cells[len(r.sheet.Header)], codeFile, msgNoHeader, hintNoHeader)
		return true
	}
	row.Cells = row.Cells[:min(len(row.Cells), len(r.sheet.Header))]
	for i := len(row.Cells); i < len(r.sheet.Header); i++ {
		end := row.Cells[len(row.Cells)-1]
		row.Cells = append(row.Cells, Cell{Name: cellName(i, row.Number), At: end.At})
	}
	r.sheet.Rows = append(r.sheet.Rows, row)
	if n := len(r.sheet.Rows); n > MaxRows || n*len(r.sheet.Header) > MaxCells {
		r.cell(row.Cells[0], codeFile, msgRows(n, len(r.sheet.Header)), hintLimits)
		return false
	}
	return true
}

func (r *reader) whole() {
	switch {
	case r.sheet.Header == nil:
		r.report(0, 0, codeFile, msgEmpty, hintEmpty)
	case len(r.sheet.Rows) == 0 && !r.list.HasErrors():
		r.cell(r.sheet.Header[0], codeFile, msgNoRows, hintEmpty)
	}
}

func (r *reader) cell(c Cell, code, message, hint string) {
	r.list.Add(r.sheet.At(c).Diagnose(0, code, inCell(c, message), hint))
}

func (r *reader) syntax(err error, skip int) {
	var at *csv.ParseError
	if !errors.As(err, &at) {
		r.report(0, 0, codeFile, msgNotCSV(err.Error()), "")
		return
	}
	line, col := skip+at.Line, at.Column
	if line <= len(r.sheet.lines) {
		text := r.sheet.lines[line-1].Line
		col = utf8.RuneCountInString(text[:min(max(col-1, 0), len(text))]) + 1
	}
	r.report(line, max(col, 1), codeFile, msgNotCSV(at.Err.Error()), hintQuotes)
}

// cellName is how a spreadsheet calls a cell: column 2 of row 7 is C7.
func cellName(column, row int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name + itoa(row)
}
