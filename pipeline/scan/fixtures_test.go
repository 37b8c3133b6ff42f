package scan

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"amends/rules/calendar"
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

// TestCorruptFilesNeverPanic scans files of which bytes were replaced: errors
// and rejects, or all rows, whatever the footer now says of types and scales.
// The number of seeds is 300, or AMENDS_FUZZ_SEEDS.
func TestCorruptFilesNeverPanic(t *testing.T) {
	seeds := 300
	if n, err := strconv.Atoi(os.Getenv("AMENDS_FUZZ_SEEDS")); err == nil {
		seeds = n
	}
	paths, _ := fixtures(t)
	dir := t.TempDir()
	zone, err := calendar.Load("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	scanned := 0
	for seed := range seeds {
		random := rand.New(rand.NewPCG(uint64(seed), 2))
		data := readFile(t, paths[random.IntN(len(paths))])
		for range 1 + random.IntN(3) { // mostly in the footer, where types are
			at := random.IntN(len(data))
			if random.IntN(3) > 0 {
				at = len(data) - 1 - random.IntN(len(data)/2)
			}
			data[at] ^= byte(1 + random.IntN(255))
		}
		file := writeBytes(t, dir, "f.parquet", data)
		fields, err := Describe(file)
		if err != nil {
			continue
		}
		request := Request{Files: []File{file}, CurrencyColumn: -1, Currency: "KWD", Zone: zone, Workers: 2}
		for _, f := range fields {
			switch f.Kind {
			case ir.Invalid:
			case ir.Int, ir.Decimal:
				request.Columns = append(request.Columns, Column{Name: f.Name, Money: Major})
			default:
				request.Columns = append(request.Columns, Column{Name: f.Name})
			}
		}
		rows, stats, err := scanRows(request)
		if err != nil {
			continue
		}
		scanned++
		if int64(len(rows)) != stats[0].Rows || len(rows) != 41 && len(rows) != 0 {
			t.Errorf("seed %d: %d rows and no error, stats %+v", seed, len(rows), stats)
		}
	}
	if scanned == 0 || scanned == seeds {
		t.Errorf("%d of %d corrupt files were scanned", scanned, seeds)
	}
}
