package scan

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"amends/pipeline/parquetio"
	"amends/rules/ir"
)

// Files that are read in turn share the memory that small ones are held in, and
// each says what is its own; without digests they are read all the same.
func TestSmallFilesAreHeldInTurn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []File
	for i, rows := range []int{5000, 3, 20000} {
		values := make([]int64, rows)
		for row := range values {
			values[row] = int64(row * (i + 1))
		}
		path := filepath.Join(dir, string(rune('a'+i)))
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := parquetio.Write(out, []parquetio.Column{{Name: "n", Type: parquetio.Int64, Ints: values}}, parquetio.WriteOptions{Codec: parquetio.Uncompressed}); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		files = append(files, File{Path: path, Name: filepath.Base(path)})
	}
	for _, undigested := range []bool{false, true} {
		for _, workers := range []int{1, 3} {
			seen := make([]int64, len(files))
			request := Request{Source: "s", Files: files, Columns: []Column{{Name: "n", Kind: ir.Int}}, CurrencyColumn: -1, Workers: workers, NoDigests: undigested}
			stats, err := Scan(context.Background(), request, func(part Part, b *ir.Batch, _ []Reject) error {
				for row, n := range b.Columns[0].Ints[:b.Rows] {
					if want := (part.FirstRow + int64(row)) * int64(part.File+1); n != want {
						t.Errorf("file %d, row %d: %d, want %d", part.File, part.FirstRow+int64(row), n, want)
					}
				}
				if workers == 1 {
					seen[part.File] += int64(b.Rows)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range stats {
				if (s.SHA256 == "") != undigested {
					t.Errorf("file %d: digest %q", i, s.SHA256)
				}
				if workers == 1 && seen[i] != s.Rows {
					t.Errorf("file %d: %d rows, want %d", i, seen[i], s.Rows)
				}
			}
		}
	}
}
