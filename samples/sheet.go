package samples

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// sheet collects rows for one Parquet file.
type sheet struct{ columns []parquetio.Column }

// field names a column of a sheet. Optional columns may hold nulls.
type field struct {
	name     string
	kind     parquetio.ColumnType
	optional bool
}

func newSheet(fields []field) *sheet {
	s := &sheet{columns: make([]parquetio.Column, len(fields))}
	for i, f := range fields {
		s.columns[i] = parquetio.Column{Name: f.name, Type: f.kind, Optional: f.optional}
		if f.kind == parquetio.Decimal64 {
			s.columns[i].Scale = 2
		}
	}
	return s
}

// cell is one value: a text, a number, or nothing.
type cell struct {
	text   string
	number int64
	null   bool
}

func text(s string) cell              { return cell{text: s} }
func number(n int64) cell             { return cell{number: n} }
func instant(t calendar.Instant) cell { return cell{number: int64(t)} }

func textOrNull(s string) cell { return cell{text: s, null: s == ""} }

func instantOrNull(t calendar.Instant) cell { return cell{number: int64(t), null: t == 0} }

func truth(b bool) cell {
	if b {
		return cell{number: 1}
	}
	return cell{}
}

// add appends one row: a cell for each field, in order.
func (s *sheet) add(cells ...cell) {
	for i := range s.columns {
		c, v := &s.columns[i], cells[i]
		if c.Type == parquetio.String {
			c.Strings = append(c.Strings, v.text)
		} else {
			c.Ints = append(c.Ints, v.number)
		}
		if c.Optional {
			c.Valid = append(c.Valid, !v.null)
		}
	}
}

func (s *sheet) rows() int { return s.columns[0].Rows() }

// write makes one file, and the folders above it.
func (s *sheet) write(path string) error {
	var out bytes.Buffer
	if err := parquetio.Write(&out, s.columns, parquetio.WriteOptions{}); err != nil {
		return fmt.Errorf("sample %s: %w", path, err)
	}
	return writeFile(path, out.Bytes())
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	return nil
}
