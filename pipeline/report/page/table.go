package page

// Table is figures in rows and columns.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell // each as long as Columns
	Foot    [][]Cell // sums, likewise
	From    string   // the rows that its figures can be counted again from
	Empty   string   // the sentence that stands for a table without rows
	Head    int      // how many columns at the left name the row; they are its headers
}

// Column is a column's name. Figures stand to the right.
type Column struct {
	Name    string
	Figures bool
}

// Cell is one value of a table.
type Cell struct {
	Text  string
	Small string // a muted second line
	Aside string // muted, after the text
	Code  bool   // an identifier, a place or a command
	Whole bool   // never broken over lines, so that it can be copied
	Muted bool
	Tone  Tone
	Chart *Chart // a small chart instead of a text
}

// Names makes columns of words, and Figures columns of numbers.
func Names(names ...string) []Column {
	columns := make([]Column, len(names))
	for i, n := range names {
		columns[i].Name = n
	}
	return columns
}

// Figures makes columns of numbers.
func Figures(names ...string) []Column {
	columns := Names(names...)
	for i := range columns {
		columns[i].Figures = true
	}
	return columns
}

// Row makes cells of texts.
func Row(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, t := range texts {
		cells[i].Text = t
	}
	return cells
}
