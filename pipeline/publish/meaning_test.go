package publish

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"

	"amends/pipeline/parquetio"

	"pgregory.net/rapid"
)

// A part of a column may lie where the part before it lay.
func TestADigestForgetsWhereTextsLay(t *testing.T) {
	t.Parallel()
	memory := []byte("first")
	lent := []string{unsafe.String(&memory[0], len(memory))}
	part := parquetio.Column{Name: "c", Type: parquetio.String, Strings: lent}
	var got, want columnDigest
	got.add(&part)
	copy(memory, "other")
	got.add(&part)
	want.add(&parquetio.Column{Name: "c", Type: parquetio.String, Strings: []string{"first", "other"}})
	if got.sum() != want.sum() {
		t.Error("another digest for the same texts")
	}
	var same columnDigest
	same.add(&parquetio.Column{Name: "c", Type: parquetio.String, Strings: []string{"first", "first"}})
	if same.sum() == want.sum() {
		t.Error("one digest for other texts")
	}
}

// digestOfColumn is that of the values one after the other.
func digestOfColumn(c parquetio.Column) uint64 {
	var d columnDigest
	d.add(&c)
	return d.sum()
}

// TestADigestIsOfValuesAlone writes a column, and reads it back: the digests of
// what Taking is told, and of what is read, are those of its values, however these
// come; and those of other values are others.
func TestADigestIsOfValuesAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SampledFrom([]int{1, 5, 1024, 1500, 4096, 9000}).Draw(t, "rows")
		different := rapid.SampledFrom([]int{1, 3, 9000}).Draw(t, "different") // few have a dictionary
		long, nulls := rapid.SampledFrom([]int{0, 1, 7, 300}).Draw(t, "long"), rapid.SampledFrom([]int{0, 2, 5000}).Draw(t, "nulls")
		column := parquetio.Column{Name: "c", Type: parquetio.String, Optional: nulls > 0}
		for row := range rows {
			text := strings.Repeat("ä", row%different%(long+1)) + string(rune('a'+row%different%26))
			column.Strings = append(column.Strings, text)
			if nulls > 0 {
				column.Valid = append(column.Valid, row%nulls != nulls-1)
			}
		}
		want := digestOfColumn(column)
		var told, read columnDigest
		var file bytes.Buffer
		options := parquetio.WriteOptions{DataPageBytes: int64(rapid.SampledFrom([]int{0, 1, 20_000}).Draw(t, "page bytes"))}
		options.Taking = func(_ int, part *parquetio.Column) { told.add(part) }
		if err := parquetio.Write(&file, []parquetio.Column{column}, options); err != nil {
			t.Fatal(err)
		}
		f, err := parquetio.Open(bytes.NewReader(file.Bytes()), int64(file.Len()), parquetio.Limits{})
		if err == nil {
			err = f.ReadColumn(0, 0, &parquetio.Buffers{Borrow: rapid.Bool().Draw(t, "borrow")}, func(part *parquetio.Column) error {
				read.add(part)
				return nil
			})
		}
		if told, read := told.sum(), read.sum(); err != nil || told != want || read != want {
			t.Fatalf("%x was told and %x read, not %x: %v", told, read, want, err)
		}
		row := rapid.IntRange(0, rows-1).Draw(t, "row")
		if column.Null(row) {
			column.Valid[row] = true
		} else {
			column.Strings[row] += "!"
		}
		if digestOfColumn(column) == want {
			t.Error("one digest for other values")
		}
	})
}
