package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"

	"github.com/rogpeppe/go-internal/testscript"
)

var parquetTypes = map[string]parquetio.ColumnType{
	"string": parquetio.String, "int64": parquetio.Int64, "int32": parquetio.Int32, "bool": parquetio.Bool,
	"timestamp": parquetio.Timestamp, "local": parquetio.LocalTimestamp, "date": parquetio.Date, "double": parquetio.Double,
}

// mkparquet IN.csv OUT.parquet writes a table whose headings are like
// item_price:int64, promised_at:timestamp or code:string? (nullable). An empty
// cell of a nullable column is null; # begins a comment.
func mkparquet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mkparquet in.csv out.parquet")
	}
	path := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
	ts.Check(os.WriteFile(path, parquetOf(ts, args[0], ts.ReadFile(args[0])), 0o666))
}

// failer ends a test or a script: both have the method.
type failer interface {
	Fatalf(format string, args ...any)
}

// parquetOf is the table of a CSV text; name is for messages.
func parquetOf(ts failer, name, text string) []byte {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comment, reader.TrimLeadingSpace = '#', true
	table, err := reader.ReadAll()
	if err != nil {
		ts.Fatalf("%s: %v", name, err)
	}
	columns := make([]parquetio.Column, len(table[0]))
	for i, heading := range table[0] {
		name, kind, typed := strings.Cut(heading, ":")
		kind, optional := strings.CutSuffix(kind, "?")
		t, known := parquetTypes[kind]
		if !typed || !known {
			ts.Fatalf("%s: heading %q: want name:type", name, heading)
		}
		c := parquetio.Column{Name: name, Type: t, Optional: optional}
		for _, row := range table[1:] {
			addCell(ts, &c, row[i])
		}
		columns[i] = c
	}
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{}); err != nil {
		ts.Fatalf("%s: %v", name, err)
	}
	return out.Bytes()
}

func addCell(ts failer, c *parquetio.Column, cell string) {
	null := c.Optional && cell == ""
	if c.Optional {
		c.Valid = append(c.Valid, !null)
	}
	var n int64
	var f float64
	var err error
	switch {
	case null || c.Type == parquetio.String:
	case c.Type == parquetio.Bool:
		var b bool
		if b, err = strconv.ParseBool(cell); b {
			n = 1
		}
	case c.Type == parquetio.Timestamp, c.Type == parquetio.LocalTimestamp:
		var at calendar.Instant
		at, err = calendar.ParseInstant(cell)
		n = int64(at)
	case c.Type == parquetio.Date:
		var d calendar.Date
		d, err = calendar.ParseDate(cell)
		n = int64(d)
	case c.Type == parquetio.Double:
		f, err = strconv.ParseFloat(cell, 64)
	default:
		n, err = strconv.ParseInt(cell, 10, 64)
	}
	if err != nil {
		ts.Fatalf("%s: %v", c.Name, err)
	}
	switch c.Type {
	case parquetio.String:
		c.Strings = append(c.Strings, cell)
	case parquetio.Double:
		c.Floats = append(c.Floats, f)
	default:
		c.Ints = append(c.Ints, n)
	}
}

// rows FILE.parquet [COLUMN...] prints rows as CSV, for stdout and cmp.
func rows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: rows file.parquet [column...]")
	}
	content := ts.ReadFile(args[0])
	columns, err := parquetio.ReadTable(strings.NewReader(content), int64(len(content)), args[1:])
	ts.Check(err)
	writer := csv.NewWriter(ts.Stdout())
	heading := make([]string, len(columns))
	for i, c := range columns {
		heading[i] = c.Name
	}
	ts.Check(writer.Write(heading))
	for row := range columns[0].Rows() {
		cells := make([]string, len(columns))
		for i := range columns {
			cells[i] = cellText(&columns[i], row)
		}
		ts.Check(writer.Write(cells))
	}
	writer.Flush()
	ts.Check(writer.Error())
}

func cellText(c *parquetio.Column, row int) string {
	if c.Null(row) {
		return "null"
	}
	switch c.Type {
	case parquetio.String:
		return c.Strings[row]
	case parquetio.Double:
		return strconv.FormatFloat(c.Floats[row], 'g', -1, 64)
	case parquetio.Bool:
		return strconv.FormatBool(c.Ints[row] == 1)
	case parquetio.Timestamp, parquetio.LocalTimestamp:
		return calendar.Instant(c.Ints[row]).String()
	case parquetio.Date:
		return calendar.Date(c.Ints[row]).String()
	default:
		return strconv.FormatInt(c.Ints[row], 10)
	}
}
