package parquetio

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestChunksAreAsTheLibraryWritesThem holds every byte of chunks of each type,
// with and without a dictionary and with nulls of all kinds, to what the library
// makes of the same rows.
func TestChunksAreAsTheLibraryWritesThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SampledFrom([]int{1, 7, 8, 9, 504, 512, 520, 1024, 1025, 3000, 8192, 8195, 9000, 9217}).Draw(t, "rows")
		options := WriteOptions{
			Codec:        Codec(rapid.IntRange(0, 3).Draw(t, "codec")),
			RowGroupRows: rapid.SampledFrom([]int{0, 700, 1500}).Draw(t, "group rows"), NoDictionary: rapid.IntRange(0, 3).Draw(t, "no dictionary") == 0,
			DataPageBytes: int64(rapid.SampledFrom([]int{0, 0, 4000, 8192, 9000}).Draw(t, "page bytes")),
		}
		for kind := Bool; kind <= DecimalFixed; kind++ {
			for _, optional := range []bool{false, true} {
				c := drawColumn(t, kind, optional, rows)
				var got, want bytes.Buffer
				options.library = false
				if err := Write(&got, []Column{c}, options); err != nil {
					t.Fatal(err)
				}
				options.library = true
				if err := Write(&want, []Column{c}, options); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want.Bytes()) {
					t.Fatalf("%s: %d bytes, and the library has %d, or other ones:\n%q\n%q", c.Name, got.Len(), want.Len(), got.Bytes(), want.Bytes())
				}
			}
		}
	})
}

// drawColumn draws runs of values, so that some repeat for long and others do not.
func drawColumn(t *rapid.T, kind ColumnType, optional bool, rows int) Column {
	name := fmt.Sprintf("%s %v", kind, optional)
	c := Column{Name: name, Type: kind, Optional: optional}
	values := rapid.SampledFrom([]int64{1, 2, 3, 200, 256, 257, 70_000}).Draw(t, name)
	longest := rapid.SampledFrom([]int{1, 2, 9, 600}).Draw(t, name+", longest run")
	nulls := rapid.SampledFrom([]int{0, 1, 50, 100}).Draw(t, name+", nulls in a hundred runs")
	seed := uint64(rapid.IntRange(0, 1000).Draw(t, name+", seed"))
	draw := func(n int64) int64 { // any will do, but for a pattern
		seed = seed*6364136223846793005 + 1442695040888963407
		return int64(seed>>33) % n
	}
	for c.Rows() < rows {
		v, null := draw(values)-values/3, optional && draw(100) < int64(nulls)
		for range min(1+int(draw(int64(longest))), rows-c.Rows()) {
			switch {
			case kind == String && null:
				c.Strings = append(c.Strings, "")
			case kind == String:
				c.Strings = append(c.Strings, fmt.Sprint("text ", v))
			case kind == Double:
				c.Floats = append(c.Floats, float64(v)/3)
			case kind == Bool:
				c.Ints = append(c.Ints, v&1)
			default:
				c.Ints = append(c.Ints, v)
			}
			if nulls > 0 && optional {
				c.Valid = append(c.Valid, !null)
			}
		}
	}
	return c
}
