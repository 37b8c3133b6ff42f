package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// atOnce does all work at the same time, the last first.
func atOnce(n int, work func(i int) error) error {
	failures := make([]error, n)
	var wait sync.WaitGroup
	for i := n - 1; i >= 0; i-- {
		wait.Go(func() { failures[i] = work(i) })
	}
	wait.Wait()
	return errors.Join(failures...)
}

func TestWorkersChangeNoByte(t *testing.T) {
	t.Parallel()
	for codec := range Codec(4) {
		options := WriteOptions{Codec: codec, RowGroupRows: 700}
		want := encode(t, sample(2000, true), options)
		options.Each = atOnce
		for range 3 {
			if !bytes.Equal(want, encode(t, sample(2000, true), options)) {
				t.Errorf("codec %d: columns encoded at once gave other bytes", codec)
			}
		}
	}
}

const repeatingRows = 1000 // of a row group

// repeating is three row groups of a text, a number and a day that repeat: in
// the first, every fifth is null; in the second all are; in the third no value
// repeats, and the texts are more than a dictionary takes.
func repeating() []Column {
	columns := []Column{
		{Name: "text", Type: String, Optional: true}, {Name: "number", Type: Int64, Optional: true}, {Name: "day", Type: Date, Optional: true},
	}
	for row := range 3 * repeatingRows {
		n, null, long := int64(row%13)-6, row%5 == 0, 1
		switch row / repeatingRows {
		case 1:
			null = true
		case 2:
			n, null, long = int64(row), false, 2000
		}
		for i := range columns {
			c := &columns[i]
			c.Valid = append(c.Valid, !null)
			text, number := strings.Repeat(fmt.Sprintf("%+05d", n), long), n
			if null {
				text, number = "", 0
			}
			if c.Type == String {
				c.Strings = append(c.Strings, text)
			} else {
				c.Ints = append(c.Ints, number)
			}
		}
	}
	return columns
}

func TestDictionariesReadBack(t *testing.T) {
	t.Parallel()
	want := repeating()
	data := encode(t, want, WriteOptions{RowGroupRows: repeatingRows})
	got, err := ReadTable(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := diffColumns(want, got); diff != "" {
		t.Error(diff)
	}
	library, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	wantStats := [3][3]string{ // by hand: −6 to 6, as texts by their bytes; nothing; 2000 to 2999, and no text of 10 kB
		{"text +0000 -0006 200", "number -6 6 200", "day -6 6 200"},
		{"text   1000", "number   1000", "day   1000"},
		{"text   0", "number 2000 2999 0", "day 2000 2999 0"},
	}
	for group, want := range wantStats {
		for i, want := range want {
			chunk, err := library.MetaData().RowGroup(group).ColumnChunk(i)
			if err != nil {
				t.Fatal(err)
			}
			if !chunk.HasDictionaryPage() {
				t.Errorf("row group %d, %s: no dictionary", group, chunk.PathInSchema())
			}
			if got := statistics(t, chunk); got != want {
				t.Errorf("row group %d: %q, want %q", group, got, want)
			}
		}
	}
	if size := len(data); size > 60_000 { // 5 kB of every text would be 10 MB
		t.Errorf("%d bytes", size)
	}
}

// statistics are a chunk's name, least and greatest value, and nulls.
func statistics(t *testing.T, chunk *metadata.ColumnChunkMetaData) string {
	t.Helper()
	all, err := chunk.Statistics()
	if err != nil {
		t.Fatal(err)
	}
	least, greatest := "", ""
	if all.HasMinMax() {
		switch s := all.(type) {
		case *metadata.ByteArrayStatistics:
			least, greatest = string(s.Min()[:5]), string(s.Max()[:5])
		case *metadata.Int64Statistics:
			least, greatest = fmt.Sprint(s.Min()), fmt.Sprint(s.Max())
		case *metadata.Int32Statistics:
			least, greatest = fmt.Sprint(s.Min()), fmt.Sprint(s.Max())
		}
	}
	return fmt.Sprintf("%s %s %s %d", chunk.PathInSchema(), least, greatest, all.NullCount())
}

// Ids would only fill a dictionary to throw it away.
func TestValuesThatDoNotRepeatHaveNoDictionary(t *testing.T) {
	t.Parallel()
	columns := []Column{{Name: "id", Type: String}, {Name: "name", Type: String}, {Name: "number", Type: Int64}}
	for row := range 5000 {
		columns[0].Strings = append(columns[0].Strings, fmt.Sprint("id", row))
		columns[1].Strings = append(columns[1].Strings, fmt.Sprint("name", row%2500)) // in the first 4,096 rows 2,500
		columns[2].Ints = append(columns[2].Ints, int64(row/2))
	}
	data := encode(t, columns, WriteOptions{})
	library, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, false, true} {
		chunk, err := library.MetaData().RowGroup(0).ColumnChunk(i)
		if err != nil {
			t.Fatal(err)
		}
		if chunk.HasDictionaryPage() != want {
			t.Errorf("%s: a dictionary is %v", chunk.PathInSchema(), !want)
		}
	}
}

func TestWriterRefusesALaterRowGroup(t *testing.T) {
	t.Parallel()
	columns := []Column{{Name: "n", Type: Int32}}
	var out bytes.Buffer
	w, err := NewWriter(&out, columns, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		n    int64
		want string
	}{{1, ""}, {1 << 31, `column "n": row 0: 2147483648 is beyond 32 bits`}} {
		columns[0].Ints = []int64{test.n}
		if err := w.Group(columns); fmt.Sprint(err) != "<nil>" && (test.want == "" || !strings.Contains(err.Error(), test.want)) || err == nil && test.want != "" {
			t.Errorf("%d: %v, want %q", test.n, err, test.want)
		}
	}
}
