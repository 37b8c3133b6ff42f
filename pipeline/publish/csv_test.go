package publish

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"amends/pipeline/parquetio"

	"pgregory.net/rapid"
)

// dangerous are the first characters of cells that spreadsheets evaluate.
var dangerous = []string{"=", "+", "-", "@", "\t", "\r", "\n"}

func isDangerous(cell string) bool {
	return slices.ContainsFunc(dangerous, func(start string) bool { return strings.HasPrefix(cell, start) })
}

func TestFormulasAreGuarded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"late":                   "late",
		`=HYPERLINK("x","y")`:    `'=HYPERLINK("x","y")`,
		"+1 800":                 "'+1 800",
		"-2+3":                   "'-2+3",
		"@SUM(A1)":               "'@SUM(A1)",
		"\t=1":                   "'\t=1",
		"\r=1":                   "'\r=1",
		"\n=1":                   "'\n=1",
		"'=1":                    "''=1",
		"'tis late":              "''tis late",
		"a=1":                    "a=1",
		"[\"=1\"]":               "[\"=1\"]",
		"höflich":                "höflich",
		"cr1_5f2d":               "cr1_5f2d",
		"2026-01-15":             "2026-01-15",
		strings.Repeat("-", 100): "'" + strings.Repeat("-", 100),
	} {
		if got := GuardFormula(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func FuzzFormulaGuard(f *testing.F) {
	for _, seed := range []string{"", "=1", "'=1", "''", "\r\n=1", "a,\"b\"\n=c", " =1", "\\.", "\xff=", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		guarded := GuardFormula(text)
		if back := strings.TrimPrefix(guarded, "'"); guarded != text && back != text {
			t.Fatalf("%q becomes %q, which does not lead back", text, guarded)
		}
		if guarded == text && strings.HasPrefix(text, "'") {
			t.Fatalf("%q stays, and is read as another text", text)
		}
		columns := []parquetio.Column{
			{Name: "text", Type: parquetio.String, Strings: []string{text, "x"}},
			{Name: "minor", Type: parquetio.Int64, Ints: []int64{-5, 7}},
		}
		content, err := encodeCSV(columns)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkCSV(content, columns); err != nil {
			t.Fatalf("%q: %v", content, err)
		}
		rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil || len(rows) != 3 || rows[1][1] != "-5" || rows[2][1] != "7" {
			t.Fatalf("%q reads as %q, %v", content, rows, err)
		}
		if isDangerous(rows[1][0]) {
			t.Fatalf("%q is the cell %q", text, rows[1][0])
		}
	})
}

// encodeCSV and checkCSV take a table in one part.
func encodeCSV(columns []parquetio.Column) ([]byte, error) {
	var out bytes.Buffer
	w := newCSVWriter(&out, columns)
	err := errors.Join(w.rows(columns), w.end())
	return out.Bytes(), err
}

func checkCSV(content []byte, columns []parquetio.Column) error {
	c, err := newCSVCheck(bytes.NewReader(content), columns)
	if err == nil {
		err = c.rows(columns)
	}
	if err == nil {
		err = c.end()
	}
	return err
}

// csvRows reads a file as any program would, by its heading.
func csvRows(t *testing.T, content []byte) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func TestCSVHoldsTheRowsOfParquet(t *testing.T) {
	t.Parallel()
	n := sampleNight()
	n.CSV = true
	n.Issuance[0].CustomerID = "=cmd|' /C calc'!A0"
	n.Issuance[1].Message = "+49, \"urgent\"\r\nsecond line"
	fsys, outputs := mustWrite(t, n)
	tables := 0
	for _, out := range outputs {
		base, isParquet := strings.CutSuffix(out.Name, ".parquet")
		if !isParquet {
			continue
		}
		tables++
		at := slices.IndexFunc(outputs, func(o Output) bool { return o.Name == base+".csv" })
		if at < 0 {
			t.Fatalf("no CSV beside %s", out.Name)
		}
		content, err := fsys.ReadFile("/run/" + base + ".csv")
		if err != nil || outputs[at].SHA256 != digest(content) || outputs[at].Size != int64(len(content)) {
			t.Errorf("%s: %+v, %v", base, outputs[at], err)
		}
		if rows := csvRows(t, content); int64(len(rows)) != out.Rows {
			t.Errorf("%s: %d rows, and the Parquet file has %d", base, len(rows), out.Rows)
		}
	}
	if tables != 10 {
		t.Errorf("%d tables", tables)
	}
	content, err := fsys.ReadFile("/run/issuance.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows := csvRows(t, content)
	for i, r := range readBack(t, fsys, &issuanceTable) {
		got := rows[i]
		for column, want := range map[string]string{
			"business_date": "2024-10-04", "credit_id": r.CreditID, "amount_minor": strconv.FormatInt(r.AmountMinor, 10), "currency": r.Currency,
			"order_id": r.OrderID, "stackable": strconv.FormatBool(r.Stackable),
			"expires_at": time.UnixMicro(int64(r.ExpiresAt)).UTC().Format(time.RFC3339),
		} {
			if got[column] != want {
				t.Errorf("row %d: %s is %q, want %q", i, column, got[column], want)
			}
		}
	}
	if rows[1]["customer_id"] != "'=cmd|' /C calc'!A0" || rows[0]["message"] != "'+49, \"urgent\"\nsecond line" || rows[1]["min_purchase_minor"] != "" || rows[0]["categories_except"] != `["gift-cards","a,b"]` {
		t.Errorf("%q", rows)
	}
	if !bytes.HasPrefix(content, []byte("business_date,credit_id,incident_id,")) {
		t.Errorf("heading %.60q", content)
	}
}

func TestWithoutCSVNothingIsAdded(t *testing.T) {
	t.Parallel()
	without, err := Digests(sampleNight())
	if err != nil {
		t.Fatal(err)
	}
	n := sampleNight()
	n.CSV = true
	with, err := Digests(n)
	if err != nil {
		t.Fatal(err)
	}
	for name, sum := range without {
		if name == IssuanceCSVFile || with[name] != sum {
			t.Errorf("%s is %s, and %s beside CSV", name, sum, with[name])
		}
	}
	if len(with) != len(without)+10 {
		t.Errorf("%d files, and %d with CSV", len(without), len(with))
	}
}

func TestCSVIsReadBack(t *testing.T) {
	t.Parallel()
	columns := []parquetio.Column{
		{Name: "a", Type: parquetio.String, Strings: []string{"x", "", "y,\"z\""}, Optional: true, Valid: []bool{true, false, true}},
		{Name: "b", Type: parquetio.Int64, Ints: []int64{1, 2, 3}},
	}
	for content, fits := range map[string]bool{
		"a,b\nx,1\n,2\n\"y,\"\"z\"\"\",3\n":      true,
		"a,b\nx,1\n,2\n":                         false,
		"a,b\nx,1\n,2\n\"y,\"\"z\"\"\",3\nx,4\n": false,
		"a,b\nx,1\n,2\n\"y,\"\"z\"\"\",4\n":      false,
		"a,c\nx,1\n,2\n\"y,\"\"z\"\"\",3\n":      false,
		"a\nx\n\ny\n":                            false,
		"":                                       false,
		"a,b\nx,1\nx,2\n\"y,\"\"z\"\"\",3\n":     false,
	} {
		if err := checkCSV([]byte(content), columns); (err == nil) != fits {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := csvCell(&parquetio.Column{Name: "d", Type: parquetio.Double, Floats: []float64{1}}, 0); err == nil {
		t.Error("a float has a form")
	}
}

func TestAnyTextSurvivesCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.String(), 1, 20).Draw(t, "texts")
		columns := []parquetio.Column{{Name: "n", Type: parquetio.Int32, Ints: make([]int64, len(texts))}, {Name: "t", Type: parquetio.String, Strings: texts}}
		content, err := encodeCSV(columns)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
		if err != nil || len(rows) != len(texts)+1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, text := range texts {
			cell := rows[i+1][1]
			if isDangerous(cell) || strings.TrimPrefix(cell, "'") != strings.ReplaceAll(text, "\r\n", "\n") && cell != strings.ReplaceAll(text, "\r\n", "\n") {
				t.Fatalf("%q became %q", text, cell)
			}
		}
	})
}
