package grid

import "strings"

// Line is a row in words, to compare two versions of a table by.
type Line struct {
	Number  int
	Row     Row
	Key     string // its conditions: severity major, customer.tier gold; another row of the same has "(2)" behind
	Amounts []Part // by header, in order of columns
}

// Part is a header and a cell.
type Part struct{ Name, Value string }

// Lines are the rows of a sheet in words. Columns for people only, and what
// takes any value, are left out.
func (s *Sheet) Lines() []Line {
	var lines []Line
	times := map[string]int{}
	for _, row := range s.Rows {
		line := Line{Number: row.Number, Row: row}
		var key []string
		for i, cell := range row.Cells {
			header := strings.Join(strings.Fields(s.Header[i].Text), " ")
			switch {
			case header == "" || s.Header[i].note() || cell.blank():
			case saysHowMuch(header):
				line.Amounts = append(line.Amounts, Part{header, cell.Text})
			default:
				key = append(key, header+" "+strings.Join(strings.Fields(cell.Text), " "))
			}
		}
		line.Key = strings.Join(key, ", ")
		if line.Key == "" {
			line.Key = "every event"
		}
		times[line.Key]++
		if n := times[line.Key]; n > 1 {
			line.Key += " (" + itoa(n) + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// saysHowMuch reports whether a header is that of an amount and not of a test.
func saysHowMuch(header string) bool {
	rest, code := currencyOf(header)
	return header == amountWord || header == capWord || strings.HasPrefix(header, percentWord+" ") ||
		code != "" && (rest == amountWord || rest == capWord)
}
