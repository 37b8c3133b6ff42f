package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/parquetio"
	"amends/rules/ir"
)

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// numbers writes a file of rows counted from first, with a null in every
// seventh text and a NaN in every eleventh float.
func numbers(t testing.TB, dir, name string, first, rows, groupRows int) File {
	t.Helper()
	n := parquetio.Column{Name: "n", Type: parquetio.Int64}
	s := parquetio.Column{Name: "s", Type: parquetio.String, Optional: true}
	f := parquetio.Column{Name: "f", Type: parquetio.Double}
	for i := first; i < first+rows; i++ {
		n.Ints = append(n.Ints, int64(i))
		s.Strings, s.Valid = append(s.Strings, fmt.Sprint("text ", i%50)), append(s.Valid, i%7 != 0)
		float := float64(i) / 4
		if i%11 == 0 {
			float = float / 0 * 0 // NaN
		}
		f.Floats = append(f.Floats, float)
	}
	return writeTable(t, dir, name, parquetio.WriteOptions{RowGroupRows: groupRows, DataPageBytes: 300}, n, s, f)
}

func TestWorkersAndBatchesChangeNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := []File{
		numbers(t, dir, "a.parquet", 0, 1000, 170), numbers(t, dir, "b.parquet", 1000, 0, 10),
		numbers(t, dir, "c.parquet", 1000, 1, 10), numbers(t, dir, "d.parquet", 1001, 500, 500),
	}
	columns := []Column{{Name: "f"}, {Name: "s", Kind: ir.String}, {Name: "n", Kind: ir.Int}}
	var want []string
	var wantStats []FileStats
	for _, batchRows := range []int{4096, 1, 3} {
		for workers := 1; workers <= 8; workers++ {
			rows, stats, err := scanRows(Request{Source: "x", Files: files, Columns: columns, CurrencyColumn: -1, BatchRows: batchRows, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want, wantStats = rows, stats
			}
			if !slices.Equal(rows, want) || !slices.Equal(stats, wantStats) {
				t.Fatalf("%d workers, batches of %d: other rows", workers, batchRows)
			}
		}
	}
	if len(want) != 1501 || want[5] != `0/0/5: 1250000 "text 5" 5` || want[1001] != `3/0/0: null null 1001 !nan(f: NaN)` {
		t.Errorf("%d rows, the sixth is %s, the 1002nd %s", len(want), want[5], want[1001])
	}
	for i, stats := range wantStats {
		data := readFile(t, files[i].Path)
		sum := sha256.Sum256(data)
		if stats.SHA256 != hex.EncodeToString(sum[:]) || stats.Size != int64(len(data)) || stats.Rows != []int64{1000, 0, 1, 500}[i] {
			t.Errorf("%+v", stats)
		}
	}
}

func TestFilesThatAreNoParquet(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := readFile(t, numbers(t, dir, "good.parquet", 0, 100, 30).Path)
	tests := []struct {
		name, data, want string
	}{
		{"empty.parquet", "", "the file is empty (0 bytes)"},
		{"tiny.parquet", "PAR1", "4 bytes"},
		{"table.csv", "order_id,price\n1,2.50\n", `it starts with "orde", not "PAR1"`},
		{"half.parquet", string(good[:len(good)/2]), "is it cut off?"},
	}
	for _, test := range tests {
		file := writeBytes(t, dir, test.name, []byte(test.data))
		_, err := Describe(file)
		if !errors.Is(err, parquetio.ErrNotParquet) || !strings.Contains(err.Error(), test.name) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
		if _, _, err := scanRows(Request{Source: "src", Files: []File{file}, CurrencyColumn: -1}); !errors.Is(err, parquetio.ErrNotParquet) ||
			!strings.Contains(err.Error(), `source "src": `+test.name) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	_, err := Describe(File{Path: filepath.Join(dir, "absent"), Name: "data/absent"})
	if !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Describe(File{Path: dir, Name: "folder"}); err == nil {
		t.Error("a folder: no error")
	}
}

func TestFirstErrorInOrderOfFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []File
	for i := range 6 {
		file := numbers(t, dir, fmt.Sprintf("%d.parquet", i), 0, 2000, 100)
		if i >= 2 { // corrupt the pages of all but the first two
			data := readFile(t, file.Path)
			for at := 4; at < len(data)/2; at++ {
				data[at] = 0xee
			}
			writeBytes(t, dir, file.Name, data)
		}
		files = append(files, file)
	}
	for workers := 1; workers <= 8; workers++ {
		_, _, err := scanRows(Request{Source: "x", Files: files, Columns: []Column{{Name: "n"}}, CurrencyColumn: -1, Workers: workers})
		if err == nil || !strings.HasPrefix(err.Error(), `source "x": 2.parquet: row group 0, column "n": `) {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}

func TestErrorOfVisitStopsTheScan(t *testing.T) {
	t.Parallel()
	file := numbers(t, t.TempDir(), "a.parquet", 0, 1000, 100)
	full := errors.New("full")
	_, err := Scan(context.Background(), Request{Files: []File{file}, CurrencyColumn: -1, Columns: []Column{{Name: "n"}}, Workers: 4},
		func(part Part, _ *ir.Batch, _ []Reject) error {
			if part.RowGroup >= 3 {
				return fmt.Errorf("group %d: %w", part.RowGroup, full)
			}
			return nil
		})
	if !errors.Is(err, full) || err.Error() != "group 3: full" {
		t.Error(err)
	}
}

func TestCancelledScan(t *testing.T) {
	t.Parallel()
	file := numbers(t, t.TempDir(), "a.parquet", 0, 1000, 100)
	ctx, cancel := context.WithCancel(context.Background())
	batches := 0
	_, err := Scan(ctx, Request{Files: []File{file}, CurrencyColumn: -1, Columns: []Column{{Name: "n"}}, BatchRows: 10},
		func(Part, *ir.Batch, []Reject) error {
			batches++
			cancel()
			return nil
		})
	if !errors.Is(err, context.Canceled) || batches != 1 {
		t.Errorf("%d batches, error %v", batches, err)
	}
}

func TestFileThatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	for _, change := range []func(data []byte) []byte{
		func(data []byte) []byte { data[len(data)/2] ^= 1; return data },
		func(data []byte) []byte { return data[:len(data)-1000] },
		func(data []byte) []byte { return append(data, 0) },
	} {
		dir := t.TempDir()
		file := numbers(t, dir, "a.parquet", 0, 20000, 1000)
		opened, err := openFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := opened.digest(); err != nil {
			t.Fatal(err)
		}
		writeBytes(t, dir, "a.parquet", change(readFile(t, file.Path)))
		if _, err := opened.digest(); !errors.Is(err, ErrFileChanged) {
			t.Errorf("changed file: %v", err)
		}
		opened.release()
	}
}

func TestRequestsThatContradictThemselves(t *testing.T) {
	t.Parallel()
	for _, request := range []Request{
		{CurrencyColumn: -1, Columns: []Column{{Name: "a", Money: Minor}}},
		{CurrencyColumn: -1, Currency: "usd", Columns: []Column{{Name: "a", Money: Minor}}},
		{CurrencyColumn: 1, Columns: []Column{{Name: "a", Money: Minor}}},
		{CurrencyColumn: 0, Columns: []Column{{Name: "a", Money: Minor}}},
		{CurrencyColumn: 0, Columns: []Column{{Name: "a", Kind: ir.Int}}},
		{CurrencyColumn: -1, Currency: "USD", Columns: []Column{{Name: "a", Kind: ir.Money}}},
		{CurrencyColumn: -1, Currency: "USD", Columns: []Column{{Name: "a", Kind: ir.Int, Money: Major}}},
		{CurrencyColumn: -1, Columns: []Column{{Name: "a", Kind: ir.Duration}}},
	} {
		if _, err := Scan(context.Background(), request, nil); err == nil {
			t.Errorf("%+v: no error", request)
		}
	}
}
