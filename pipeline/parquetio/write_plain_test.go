package parquetio

import (
	"bytes"
	"encoding/binary"
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
		long := rapid.SampledFrom([]int{0, 1, 5, 40, 1700, 2030, 2047, 2060, 3000, 5000}).Draw(t, "long") // 5000 is more than a statistic takes
		columns := []Column{
			{Name: "needed", Type: String}, {Name: "perhaps", Type: String, Optional: true}, {Name: "with nulls", Type: String, Optional: true},
			{Name: "number", Type: Int64}, {Name: "repeats", Type: String},
		}
		for row := range rows {
			text := fmt.Sprintf("%d·%s", row*7919%rows, strings.Repeat("x", row*31%(long+1)))
			switch {
			case row%97 == 3 && long < 1000:
				text = ""
			case row%1000 == 1: // the least and the greatest are as long as any
				text = "!" + strings.Repeat("x", long)
			case row%1000 == 2:
				text = "~" + strings.Repeat("x", long)
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
	encode(t, want, WriteOptions{RowGroupRows: 1300, DataPageBytes: 5000, Each: atOnce, Taking: func(i int, part *Column) {
		told[i].add(part)
		checkPlain(t, part)
	}})
	if diff := diffColumns(want, told); diff != "" {
		t.Error(diff)
	}
}

// checkPlain holds what Plain says of a part to its texts.
func checkPlain(t *testing.T, part *Column) {
	t.Helper()
	if part.Plain == nil {
		return
	}
	var want []byte
	for _, text := range part.Strings {
		want = append(binary.LittleEndian.AppendUint32(want, uint32(len(text))), text...)
	}
	if !bytes.Equal(part.Plain, want) {
		t.Errorf("column %q: %q, not %q", part.Name, part.Plain, want)
	}
}

// TestPlainIsWhereTextsStand reads parts that lie in a page, and others that do not.
func TestPlainIsWhereTextsStand(t *testing.T) {
	t.Parallel()
	rows := 3 * readRows
	columns := []Column{
		{Name: "even", Type: String}, {Name: "uneven", Type: String, Optional: true}, {Name: "nulls", Type: String, Optional: true},
		{Name: "few", Type: String},
	}
	for row := range rows {
		columns[0].Strings = append(columns[0].Strings, fmt.Sprintf("%06d", row))
		columns[1].Strings, columns[2].Strings = append(columns[1].Strings, strings.Repeat("y", row%11)), append(columns[2].Strings, fmt.Sprint(row))
		columns[2].Valid = append(columns[2].Valid, row%readRows != 5)
		columns[3].Strings = append(columns[3].Strings, "few"[:row%3])
	}
	for _, c := range []struct {
		options WriteOptions
		want    []int // of each column, the parts that lie in a page
	}{
		{WriteOptions{NoDictionary: true}, []int{3, 3, 0, 3}},
		{WriteOptions{}, []int{3, 0, 0, 0}},
		{WriteOptions{NoDictionary: true, DataPageBytes: 1}, []int{0, 0, 0, 0}}, // a page ends in each
	} {
		content := encode(t, columns, c.options)
		f, err := Open(bytes.NewReader(content), int64(len(content)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range c.want {
			got, back := 0, Column{Name: columns[i].Name, Type: String, Optional: columns[i].Optional}
			err := f.ReadColumn(0, i, &Buffers{Borrow: true}, func(part *Column) error {
				checkPlain(t, part)
				if part.Plain != nil {
					got++
				}
				for _, text := range part.Strings {
					back.Strings = append(back.Strings, strings.Clone(text))
				}
				return nil
			})
			if err != nil || got != want || len(back.Strings) != rows || back.Strings[rows-1] != columns[i].Strings[rows-1] {
				t.Errorf("column %q: %d parts lie in a page, not %d; %d rows: %v", columns[i].Name, got, want, len(back.Strings), err)
			}
		}
	}
}
