package parquetio

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPlainTextsAreAsTheLibraryWritesThem holds every byte of chunks of plain
// texts to what the library makes of the same rows.
func TestPlainTextsAreAsTheLibraryWritesThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SampledFrom([]int{1, 7, 8, 1023, 1024, 1025, 2048, 5000}).Draw(t, "rows")
		options := WriteOptions{
			Codec: Codec(rapid.IntRange(0, 3).Draw(t, "codec")), DataPageBytes: int64(rapid.SampledFrom([]int{0, 1, 9000, 100_000}).Draw(t, "page bytes")),
			RowGroupRows: rapid.SampledFrom([]int{0, 1000, 1500}).Draw(t, "group rows"), NoDictionary: rapid.Bool().Draw(t, "no dictionary"),
		}
		long := rapid.SampledFrom([]int{0, 1, 5, 40, 5000}).Draw(t, "long") // 5000 is more than a statistic takes
		columns := []Column{
			{Name: "needed", Type: String}, {Name: "perhaps", Type: String, Optional: true}, {Name: "with nulls", Type: String, Optional: true},
			{Name: "number", Type: Int64}, {Name: "repeats", Type: String},
		}
		for row := range rows {
			text := fmt.Sprintf("%d·%s", row*7919%rows, strings.Repeat("x", row*31%(long+1)))
			if row%97 == 3 {
				text = ""
			}
			columns[0].Strings, columns[1].Strings, columns[2].Strings = append(columns[0].Strings, text), append(columns[1].Strings, text), append(columns[2].Strings, text)
			columns[2].Valid = append(columns[2].Valid, row%5000 < 3000 || row%3 > 0)
			columns[3].Ints = append(columns[3].Ints, int64(row))
			columns[4].Strings = append(columns[4].Strings, text[:min(len(text), 1)])
		}
		if rapid.Bool().Draw(t, "valid said") {
			columns[1].Valid = make([]bool, rows)
			fill(columns[1].Valid, true)
		}
		var got, want bytes.Buffer
		if err := Write(&got, columns, options); err != nil {
			t.Fatal(err)
		}
		options.library = true
		if err := Write(&want, columns, options); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Fatalf("%d bytes, and the library has %d, or other ones", got.Len(), want.Len())
		}
	})
}

// TestTakingIsToldOfEveryValue writes columns of each kind, and gathers what
// Taking was told.
func TestTakingIsToldOfEveryValue(t *testing.T) {
	t.Parallel()
	want := sample(3000, true)
	told := make([]Column, len(want))
	for i := range want {
		told[i] = Column{Name: want[i].Name, Type: want[i].Type, Optional: want[i].Optional, Scale: want[i].Scale}
	}
	encode(t, want, WriteOptions{RowGroupRows: 1300, DataPageBytes: 5000, Each: atOnce, Taking: func(i int, part *Column) { told[i].add(part) }})
	if diff := diffColumns(want, told); diff != "" {
		t.Error(diff)
	}
}
