package report

import (
	"bufio"
	"io"

	"github.com/jedib0t/go-pretty/v6/text"
)

// MaxWidth is how wide a line of text gets where it is not known who reads it, in
// columns of a terminal.
const MaxWidth = 100

// Terminal is a writer that knows how many columns it shows. Text for it is laid
// out for so many, and for any other writer for MaxWidth.
type Terminal interface {
	io.Writer
	// Columns is the width of a line.
	Columns() int
}

func widthOf(w io.Writer) int {
	if t, ok := w.(Terminal); ok {
		return t.Columns()
	}
	return MaxWidth
}

// buffered is a buffer before a writer, and as wide as that.
type buffered struct {
	*bufio.Writer
	columns int
}

// Columns implements Terminal.
func (b *buffered) Columns() int { return b.columns }

func buffer(w io.Writer) *buffered { return &buffered{bufio.NewWriter(w), widthOf(w)} }

// leastRest is how wide a column is at least that takes the rest, and that gets
// narrower for a narrow terminal.
const leastRest = 12

// wraps are the widths at which the cells of each column wrap; 0 means never.
func (t *Table) wraps(width int) []int {
	wraps := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		wraps[i] = c.Wrap
	}
	if width < MaxWidth { // which tables are made for
		t.narrow(wraps, width)
	}
	for i, c := range t.Columns {
		if c.Wrap != Rest {
			continue
		}
		left := width - len(indent)
		for before := range i {
			left -= t.wide(before, wraps[before]) + len(indent)
		}
		wraps[i] = max(left, leastRest)
	}
	return wraps
}

// narrow takes from the widest of the columns that wrap, until the table fits or
// none has more to give.
func (t *Table) narrow(wraps []int, width int) {
	for {
		total, widest, most := 0, -1, leastRest
		for i, c := range t.Columns {
			wide := t.wide(i, max(wraps[i], 0))
			if c.Wrap == Rest {
				wide = min(wide, leastRest)
			}
			total += len(indent) + wide
			if c.Wrap > 0 && wide > max(most, text.StringWidth(c.Name)) {
				widest, most = i, wide
			}
		}
		if total <= width || widest < 0 {
			return
		}
		wraps[widest] = most - 1
	}
}

// wide is how wide a column gets whose cells wrap there; 0 means never.
func (t *Table) wide(column, wrap int) int {
	name := text.StringWidth(t.Columns[column].Name)
	width := name
	for _, row := range t.Rows {
		width = max(width, text.LongestLineLen(row[column]))
	}
	if wrap > 0 {
		width = min(width, max(wrap, name))
	}
	return width
}
