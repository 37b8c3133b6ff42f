package publish

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// A CSV file has the columns, rows and order of the Parquet file beside it:
// comma, quotes where needed, one line feed a row, UTF-8 without a mark. Null is
// an empty cell, which no text is. Amounts are the minor units of the Parquet
// file: a spreadsheet cannot round what is whole.

const (
	parquetSuffix = ".parquet"
	csvSuffix     = ".csv"
)

// IssuanceCSVFile is there where a night's tables were published as CSV too.
const IssuanceCSVFile = "issuance" + csvSuffix

// formulaStarts are the characters that make a spreadsheet take a cell for a
// formula, as OWASP lists them, and the quote that guards against it.
const formulaStarts = "=+-@\t\r\n'"

// GuardFormula returns a text that no spreadsheet takes for a formula: where it
// begins with one of formulaStarts a quote goes before it. Texts that begin
// with a quote get one as well, so that taking one away gives the text again.
func GuardFormula(s string) string {
	if s != "" && strings.IndexByte(formulaStarts, s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// csvFile is a table as a CSV file.
func csvFile(t rowSource) *file {
	l := t.layout()
	return &file{
		name: strings.TrimSuffix(l.file, parquetSuffix) + csvSuffix, rows: t.rows(),
		write: func(w io.Writer, s *staging) error {
			out := bufio.NewWriterSize(w, pieceBytes)
			writer := newCSVWriter(out, l.shape())
			if err := t.groups(s, writer.rows); err != nil {
				return fmt.Errorf("%s: %w", l.file, err)
			}
			if err := writer.end(); err != nil {
				return err
			}
			return out.Flush()
		},
		check: func(r io.ReaderAt, s *staging, out *Output) error {
			check, err := newCSVCheck(io.NewSectionReader(r, 0, out.Size), l.shape())
			if err != nil {
				return err
			}
			if err := t.groups(s, check.rows); err != nil {
				return err
			}
			return check.end()
		},
	}
}

// csvWriter writes columns as CSV.
type csvWriter struct {
	writer *csv.Writer
	record []string
}

func newCSVWriter(w io.Writer, columns []parquetio.Column) *csvWriter {
	out := &csvWriter{writer: csv.NewWriter(w), record: make([]string, len(columns))}
	for i := range columns {
		out.record[i] = columns[i].Name
	}
	_ = out.writer.Write(out.record) // end reports it
	return out
}

func (w *csvWriter) rows(columns []parquetio.Column) error {
	for row := range columns[0].Rows() {
		if err := fillRecord(w.record, columns, row); err != nil {
			return err
		}
		if err := w.writer.Write(w.record); err != nil {
			return err
		}
	}
	return nil
}

func (w *csvWriter) end() error {
	w.writer.Flush()
	return w.writer.Error()
}

func fillRecord(record []string, columns []parquetio.Column, row int) (err error) {
	for i := range columns {
		if record[i], err = csvCell(&columns[i], row); err != nil {
			return fmt.Errorf("column %q, row %d: %w", columns[i].Name, row, err)
		}
	}
	return nil
}

func csvCell(c *parquetio.Column, row int) (string, error) {
	if c.Null(row) {
		return "", nil
	}
	switch c.Type {
	case parquetio.String:
		return GuardFormula(c.Strings[row]), nil
	case parquetio.Int64, parquetio.Int32:
		return strconv.FormatInt(c.Ints[row], 10), nil
	case parquetio.Bool:
		return strconv.FormatBool(c.Ints[row] != 0), nil
	case parquetio.Timestamp:
		return calendar.Instant(c.Ints[row]).String(), nil
	case parquetio.Date:
		return calendar.Date(c.Ints[row]).String(), nil
	}
	return "", fmt.Errorf("%s has no form in CSV", c.Type)
}

// csvCheck reads a CSV file that was written and holds it to the columns that
// it was made of.
type csvCheck struct {
	reader *csv.Reader
	want   []string
	count  int64
}

func newCSVCheck(r io.Reader, columns []parquetio.Column) (*csvCheck, error) {
	c := &csvCheck{reader: csv.NewReader(r), want: make([]string, len(columns))}
	c.reader.ReuseRecord = true
	record, err := c.reader.Read()
	if err != nil {
		return nil, err
	}
	for i := range columns {
		if len(record) != len(columns) || record[i] != columns[i].Name {
			return nil, fmt.Errorf("its heading is %q", record)
		}
	}
	return c, nil
}

func (c *csvCheck) rows(columns []parquetio.Column) error {
	for row := range columns[0].Rows() {
		if err := fillRecord(c.want, columns, row); err != nil {
			return err
		}
		for i := range c.want { // what every reader of CSV makes of a line's end
			c.want[i] = strings.ReplaceAll(c.want[i], "\r\n", "\n")
		}
		record, err := c.reader.Read()
		if err != nil {
			return err
		}
		if !slices.Equal(record, c.want) {
			return fmt.Errorf("row %d differs", c.count)
		}
		c.count++
	}
	return nil
}

func (c *csvCheck) end() error {
	if _, err := c.reader.Read(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after %d rows: %v, not its end", c.count, err)
	}
	return nil
}
