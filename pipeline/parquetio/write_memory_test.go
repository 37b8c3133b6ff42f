package parquetio

import (
	"bytes"
	"io"
	"testing"
)

// Memory that was used comes back as zeros, of the size that was asked for.
func TestKeptMemoryIsZero(t *testing.T) {
	t.Parallel()
	var kept keptMemory
	for _, size := range []int{1, leastKeptBytes - 1, leastKeptBytes, leastKeptBytes + 1, 3 << 20, mostKeptBytes + 1} {
		for range 3 {
			b := kept.Allocate(size)
			if len(b) != size || bytes.ContainsFunc(b[:min(size, 1<<20)], func(r rune) bool { return r != 0 }) {
				t.Fatalf("%d bytes: got %d, or not zero", size, len(b))
			}
			stamp(b, 1)
			larger := kept.Reallocate(size+size/2, b)
			stamp(larger[size:], larger[len(larger)-1]+1) // zero before
			for i, v := range larger {
				if v != 1 {
					t.Fatalf("%d bytes grown: byte %d is %d", size, i, v)
				}
			}
			kept.Free(larger)
		}
	}
}

func stamp(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// BenchmarkWrite writes 131,072 open credits: ids, and names that repeat.
func BenchmarkWrite(b *testing.B) {
	columns := []Column{{Name: "id", Type: String}, {Name: "rule", Type: String}, {Name: "order", Type: String, Optional: true},
		{Name: "minor", Type: Int64}, {Name: "at", Type: Timestamp}}
	state := uint64(1)
	for row := range RowGroupRows {
		id := []byte("cr1_")
		for range 2 {
			state = state*6364136223846793005 + 1442695040888963407
			for shift := 0; shift < 64; shift += 4 {
				id = append(id, "0123456789abcdef"[state>>shift&15])
			}
		}
		columns[0].Strings = append(columns[0].Strings, string(id))
		columns[1].Strings = append(columns[1].Strings, []string{"late-short", "late-week", "lost"}[row%3])
		columns[2].Strings = append(columns[2].Strings, string(id[4:20]))
		columns[2].Valid = append(columns[2].Valid, row%7 > 0)
		columns[3].Ints = append(columns[3].Ints, int64(state%2862))
		columns[4].Ints = append(columns[4].Ints, int64(row%2))
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, columns, WriteOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
