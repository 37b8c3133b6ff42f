package parquetio

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

func TestWriteIsDeterministic(t *testing.T) {
	t.Parallel()
	for codec := range Codec(4) {
		columns := sample(2000, true)
		first := encode(t, columns, WriteOptions{Codec: codec, RowGroupRows: 700})
		for range 3 {
			if !bytes.Equal(first, encode(t, columns, WriteOptions{Codec: codec, RowGroupRows: 700})) {
				t.Errorf("codec %d: the same columns gave other bytes", codec)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	one := []int64{1}
	tests := []struct {
		want    string
		columns []Column
	}{
		{"no columns", nil},
		{`column "a": row 1 is null, and the column is not optional`,
			[]Column{{Name: "a", Type: Int64, Ints: []int64{1, 2}, Valid: []bool{true, false}}}},
		{`column "b" has 1 values and 0 validity entries, column "a" has 2 values`,
			[]Column{{Name: "a", Type: Int64, Ints: []int64{1, 2}}, {Name: "b", Type: Int64, Ints: one}}},
		{`column "a" has 1 values and 2 validity entries`, []Column{{Name: "a", Type: Int64, Optional: true, Ints: one, Valid: []bool{true, true}}}},
		{`"a" is empty or used twice`, []Column{{Name: "a", Type: Int64, Ints: one}, {Name: "a", Type: Int64, Ints: one}}},
		{`"" is empty or used twice`, []Column{{Type: Int64, Ints: one}}},
		{`row 0: "\xff" is not UTF-8`, []Column{{Name: "s", Type: String, Strings: []string{"\xff"}}}},
		{`column "s": row 2: "\xff" is not UTF-8`, []Column{{Name: "s", Type: String, Strings: []string{"a", "a", "\xff", "a", "b", "b"}}}}, // with a dictionary
		{"row 0: 2147483648 is beyond 32 bits", []Column{{Name: "n", Type: Int32, Ints: []int64{math.MaxInt32 + 1}}}},
		{"row 0: -2147483649 is beyond 32 bits", []Column{{Name: "n", Type: Date, Ints: []int64{math.MinInt32 - 1}}}},
		{"row 0: 2 is neither 0 nor 1", []Column{{Name: "f", Type: Bool, Ints: []int64{2}}}},
		{"row 0: 1000000000000000000 has more than 18 digits", []Column{{Name: "d", Type: Decimal64, Ints: []int64{1e18}}}},
		{"no type that can be written", []Column{{Name: "x", Ints: one}}},
	}
	for _, test := range tests {
		var out bytes.Buffer
		err := Write(&out, test.columns, WriteOptions{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
		if out.Len() > 0 {
			t.Errorf("%s: wrote %d bytes before it refused", test.want, out.Len())
		}
	}
	if err := Write(io.Discard, sample(1, false), WriteOptions{Codec: 9}); err == nil {
		t.Error("codec 9: no error")
	}
}

// failingWriter fails after a number of bytes; closing it is a fault.
type failingWriter struct {
	t    *testing.T
	left int
	err  error // nil for a short write that reports none
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, w.err
	}
	w.left -= len(p)
	return len(p), nil
}

func (w *failingWriter) Close() error {
	w.t.Error("the caller's writer was closed")
	return nil
}

func TestWriteReportsEveryFailure(t *testing.T) {
	t.Parallel()
	columns := sample(20, true)
	full := errors.New("no space left")
	size := len(encode(t, columns, WriteOptions{}))
	for at := range size {
		if err := Write(&failingWriter{t, at, full}, columns, WriteOptions{}); !errors.Is(err, full) {
			t.Fatalf("failure after %d of %d bytes: %v", at, size, err)
		}
	}
	if err := Write(&failingWriter{t, size / 2, nil}, columns, WriteOptions{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("short write: %v", err)
	}
	if err := Write(&failingWriter{t, size, full}, columns, WriteOptions{}); err != nil {
		t.Errorf("room for all bytes: %v", err)
	}
}

func TestWriteReleasesItsMemory(t *testing.T) {
	t.Parallel()
	for variant := range 4 {
		allocator := memory.NewCheckedAllocator(memory.NewGoAllocator())
		options := WriteOptions{Codec: Codec(variant), RowGroupRows: 100, DataPageBytes: 200, PageV2: variant%2 == 0, Allocator: allocator}
		if err := Write(io.Discard, sample(300, true), options); err != nil {
			t.Fatal(err)
		}
		allocator.AssertSize(t, 0)
	}
}
