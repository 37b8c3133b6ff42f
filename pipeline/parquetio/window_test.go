package parquetio

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// recorded notes what is read of a file.
type recorded struct {
	io.ReaderAt
	bytes, longest int
}

func (r *recorded) ReadAt(p []byte, offset int64) (int, error) {
	r.bytes += len(p)
	r.longest = max(r.longest, len(p))
	return r.ReaderAt.ReadAt(p, offset)
}

// TestColumnsShareAnInflater reads two columns in turn, whose pages are larger
// and smaller than what a window reads ahead, with one inflater.
func TestColumnsShareAnInflater(t *testing.T) {
	t.Parallel()
	const rows = 100_000
	random := rand.New(rand.NewPCG(3, 3))
	want := []Column{{Name: "a", Type: Int64}, {Name: "b", Type: Int64}, {Name: "c", Type: String}}
	for range rows {
		want[0].Ints, want[1].Ints = append(want[0].Ints, random.Int64()), append(want[1].Ints, random.Int64())
		want[2].Strings = append(want[2].Strings, string(rune('a'+random.IntN(20)))+string(rune('a'+random.IntN(20)))+"-text")
	}
	for _, pageBytes := range []int64{5_000, readAlign - 100, 3 * readAlign, 1 << 20} {
		data := encode(t, want, WriteOptions{RowGroupRows: rows/2 + 1, DataPageBytes: pageBytes})
		source := &recorded{ReaderAt: bytes.NewReader(data)}
		f, err := Open(source, int64(len(data)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		source.bytes = 0
		var inflater Inflater
		buffers := make([]Buffers, len(want))
		for i := range buffers {
			buffers[i].Inflater = &inflater
		}
		first := 0
		for group, groupRows := range f.GroupRows() {
			chunks := make([]*Chunk, len(want))
			for i := range chunks {
				if chunks[i], err = f.Chunk(group, i, &buffers[i]); err != nil {
					t.Fatal(err)
				}
			}
			for end := first + int(groupRows); first < end; {
				n := min(1+random.IntN(5000), end-first)
				for i, c := range chunks {
					var v Values
					if err := c.Read(n, &v); err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(v.Ints, part(want[i].Ints, first, n)) || !slices.Equal(v.Strings, part(want[i].Strings, first, n)) {
						t.Fatalf("pages of %d bytes: column %d, %d rows from %d on are others", pageBytes, i, n, first)
					}
				}
				first += n
			}
		}
		if first != rows || source.bytes > len(data) {
			t.Errorf("pages of %d bytes: %d rows, and %d bytes read of %d", pageBytes, first, source.bytes, len(data))
		}
	}
}

func part[T any](values []T, first, n int) []T {
	if values == nil {
		return nil
	}
	return values[first : first+n]
}

// lending lends what lies below an offset, and notes what is read beside it.
type lending struct {
	recorded
	data []byte
	most int64
}

func (l *lending) Lend(from, to int64) ([]byte, error) {
	if to > l.most {
		return nil, nil
	}
	return l.data[from:to:to], nil
}

// Pages of a source that has them in memory are not copied; where it has not, they
// are read. Values are the same.
func TestPagesAreBorrowedFromTheirSource(t *testing.T) {
	t.Parallel()
	const rows = 50_000
	want := Column{Name: "a", Type: Int64}
	for i := range int64(rows) {
		want.Ints = append(want.Ints, i*i)
	}
	for _, codec := range []Codec{Zstd, Uncompressed} {
		data := encode(t, []Column{want}, WriteOptions{RowGroupRows: rows / 2, DataPageBytes: 30_000, Codec: codec})
		for _, most := range []int64{0, int64(len(data)) / 2, int64(len(data))} {
			source := &lending{recorded: recorded{ReaderAt: bytes.NewReader(data)}, data: slices.Clone(data), most: most}
			f, err := Open(source, int64(len(data)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			source.bytes = 0
			var got []int64
			for group := range f.GroupRows() {
				if err := f.ReadColumn(group, 0, &Buffers{}, func(c *Column) error {
					got = append(got, c.Ints...)
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, want.Ints) || !bytes.Equal(source.data, data) {
				t.Errorf("codec %d, %d bytes lent: other values, or what was lent is written to", codec, most)
			}
			if read := source.bytes > 0; read != (most < int64(len(data))) {
				t.Errorf("codec %d, %d bytes lent of %d: %d bytes were read", codec, most, len(data), source.bytes)
			}
		}
	}
}
