package report

import (
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Rest as a column's Wrap gives it what the columns before it leave of the width.
const Rest = -1

// Column is one column of a Table: its heading, and how wide its cells may be
// before they wrap; 0 means never. Figures stand at the right.
type Column struct {
	Name    string
	Wrap    int
	Figures bool
}

// Table is rows of text under headings. A cell may have several lines. Footer
// stands below a rule, for totals; none where it is empty.
type Table struct {
	Columns []Column
	Rows    [][]string
	Footer  [][]string
}

// indent sets tables off from their headings.
const indent = "  "

// Write prints the table, indented, without trailing spaces.
func (t *Table) Write(w io.Writer) error {
	out, wraps := table.NewWriter(), t.wraps(widthOf(w))
	out.SetStyle(plain())
	out.SuppressTrailingSpaces()
	header := make([]string, len(t.Columns))
	configs := make([]table.ColumnConfig, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = c.Name
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMax: wraps[i], WidthMaxEnforcer: wrapLines}
		if c.Figures {
			configs[i].Align, configs[i].AlignHeader, configs[i].AlignFooter = text.AlignRight, text.AlignRight, text.AlignRight
		}
	}
	out.SetColumnConfigs(configs)
	out.AppendHeader(tableRow(header))
	for _, row := range t.Rows {
		out.AppendRow(tableRow(row))
	}
	for _, row := range t.Footer {
		out.AppendFooter(tableRow(row))
	}
	var b strings.Builder
	for line := range strings.Lines(out.Render()) {
		line = strings.TrimSuffix(line, "\n")
		if strings.Trim(line, "─") == "" { // a rule runs on below the last column's padding
			line = strings.TrimSuffix(line, "──")
		}
		if line != "" { // a row of nothing sets rows apart
			line = indent + line
		}
		b.WriteString(line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// wrapLines wraps each line of a cell on its own; WrapSoft would run them
// together.
func wrapLines(cell string, width int) string {
	lines := strings.Split(cell, "\n")
	for i, line := range lines {
		if text.StringWidth(line) > width {
			lines[i] = text.WrapSoft(line, width)
		}
	}
	return strings.Join(lines, "\n")
}

func tableRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = oneLine(c)
	}
	return row
}

// plain is lines below the heading and above the footer, and nothing else.
func plain() table.Style {
	style := table.StyleLight
	style.Name = "plain"
	style.Options = table.Options{SeparateHeader: true, SeparateFooter: true}
	style.Format = table.FormatOptions{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	return style
}

// packed prints one column a thing, with its figures below each other, in as
// many tables beside the labels as the width makes necessary.
func packed(w io.Writer, labels []string, names []string, cells [][]string) error {
	gap, most := text.StringWidth(indent), widthOf(w)
	labelWidth := gap + widest(labels)
	for from := 0; from < len(names); {
		to, width := from, labelWidth
		for to < len(names) {
			width += gap + max(text.StringWidth(names[to]), widest(cells[to]))
			if width > most && to > from {
				break
			}
			to++
		}
		t := Table{Columns: []Column{{}}}
		for _, name := range names[from:to] {
			t.Columns = append(t.Columns, Column{Name: name, Wrap: most - labelWidth - gap, Figures: true})
		}
		for i, label := range labels {
			row := []string{label}
			for _, c := range cells[from:to] {
				row = append(row, c[i])
			}
			if i == len(labels)-1 {
				t.Footer = append(t.Footer, row)
			} else {
				t.Rows = append(t.Rows, row)
			}
		}
		if err := t.Write(w); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func widest(cells []string) int {
	width := 0
	for _, c := range cells {
		width = max(width, text.StringWidth(c))
	}
	return width
}
