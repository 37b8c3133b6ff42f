package publish

import (
	"bytes"
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

// encodeCSV encodes a Parquet file's columns as the CSV file beside it.
func encodeCSV(parquet *encodedFile) (encodedFile, error) {
	name := strings.TrimSuffix(parquet.name, parquetSuffix) + csvSuffix
	var out bytes.Buffer
	writer := csv.NewWriter(&out)
	record := make([]string, len(parquet.columns))
	for i := range parquet.columns {
		record[i] = parquet.columns[i].Name
	}
	if err := writer.Write(record); err != nil {
		return encodedFile{}, fmt.Errorf("%s: %w", name, err)
	}
	for row := range parquet.columns[0].Rows() {
		if err := fillRecord(record, parquet.columns, row); err != nil {
			return encodedFile{}, fmt.Errorf("%s: %w", name, err)
		}
		if err := writer.Write(record); err != nil {
			return encodedFile{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	writer.Flush()
	return encodedFile{name: name, content: out.Bytes(), columns: parquet.columns}, writer.Error()
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

// checkCSV reads a CSV file that was written and holds it to the columns that
// it was made of.
func checkCSV(content []byte, columns []parquetio.Column) error {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.ReuseRecord = true
	record, err := reader.Read()
	if err != nil {
		return err
	}
	for i := range columns {
		if len(record) != len(columns) || record[i] != columns[i].Name {
			return fmt.Errorf("its heading is %q", record)
		}
	}
	want := make([]string, len(columns))
	for row := range columns[0].Rows() {
		if err := fillRecord(want, columns, row); err != nil {
			return err
		}
		for i := range want { // what every reader of CSV makes of a line's end
			want[i] = strings.ReplaceAll(want[i], "\r\n", "\n")
		}
		if record, err = reader.Read(); err != nil {
			return err
		}
		if !slices.Equal(record, want) {
			return fmt.Errorf("row %d differs", row)
		}
	}
	if _, err := reader.Read(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after %d rows: %v, not its end", columns[0].Rows(), err)
	}
	return nil
}
