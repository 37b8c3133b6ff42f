package scan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/rules/ir"
)

const fixtureRoot = "../parquetio/testdata"

// fixtures returns the files of other writers and the values that went in.
func fixtures(t testing.TB) ([]string, map[string][]any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(fixtureRoot, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	var want map[string][]any
	if err := decoder.Decode(&want); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(fixtureRoot, "*.parquet"))
	if err != nil || len(paths) < 30 {
		t.Fatalf("%d fixtures, error %v", len(paths), err)
	}
	return paths, want
}

// wantTexts shows expected values as valueText shows a batch.
func wantTexts(want []any) []string {
	texts := make([]string, len(want))
	for i, v := range want {
		switch v := v.(type) {
		case nil:
			texts[i] = "null"
		case json.Number:
			texts[i] = v.String()
		case string:
			texts[i] = quote(v)
		}
	}
	return texts
}

// scanColumns scans one file and returns the texts of each column's values.
func scanColumns(t testing.TB, path string, batchRows int) (names []string, columns [][]string, rejects []Reject) {
	t.Helper()
	file := File{Path: path, Name: filepath.Base(path)}
	fields, err := Describe(file)
	if err != nil {
		t.Fatal(err)
	}
	request := Request{Source: "fixture", Files: []File{file}, CurrencyColumn: -1, BatchRows: batchRows}
	for _, f := range fields {
		if f.Kind == ir.Invalid {
			t.Fatalf("column %s is not read: %s", f.Name, f.Detail)
		}
		request.Columns = append(request.Columns, Column{Name: f.Name})
		names = append(names, f.Name)
	}
	columns = make([][]string, len(names))
	collect := func(part Part, b *ir.Batch, r []Reject) {
		for i := range b.Columns {
			for row := range b.Rows {
				columns[i] = append(columns[i], valueText(b.Columns[i].Value(row)))
			}
		}
		rejects = append(rejects, slices.Clone(r)...)
	}
	if err := scanInOrder(request, collect); err != nil {
		t.Fatal(err)
	}
	return names, columns, rejects
}

func TestFilesOfOtherWriters(t *testing.T) {
	t.Parallel()
	paths, want := fixtures(t)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			names, columns, rejects := scanColumns(t, path, 7)
			for i, name := range names {
				expected := wantTexts(want[name])
				if strings.Contains(path, "no-rows") {
					expected = nil
				}
				if !slices.Equal(columns[i], expected) {
					t.Errorf("column %s:\n got %v\nwant %v", name, columns[i], expected)
				}
			}
			for _, r := range rejects { // u64 goes beyond int64 on purpose
				if r.Column != "u64" || r.Code != CodeOutOfRange {
					t.Errorf("reject %+v", r)
				}
			}
		})
	}
}
