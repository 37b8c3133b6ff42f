package parquetio

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
)

// copied is a file of row groups of another in a given order, -1 for one of rows
// that are encoded; flag is all true in each that is copied.
func copied(t *testing.T, from *File, fresh []Column, order []int, allocator memory.Allocator) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, fresh, WriteOptions{Codec: Gzip, Allocator: allocator})
	if err != nil {
		t.Fatal(err)
	}
	flag, _ := from.Field("flag")
	for _, group := range order {
		if group < 0 {
			err = w.Group(fresh)
		} else {
			c := shapeOf(fresh[flag])
			c.Ints = slices.Repeat([]int64{1}, int(from.GroupRows()[group]))
			err = w.Copy(from, group, map[int]*Column{flag: &c})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func shapeOf(c Column) Column {
	return Column{Name: c.Name, Type: c.Type, Scale: c.Scale, Optional: c.Optional}
}

func opened(t *testing.T, data []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Row groups that are copied read as they did, in any order and between others,
// by this package and by the library.
func TestCopiedRowGroupsReadBack(t *testing.T) {
	t.Parallel()
	for _, nulls := range []bool{false, true} {
		rows, fresh := sample(700, nulls), sample(50, nulls)
		from := opened(t, encode(t, rows, WriteOptions{RowGroupRows: 300, DataPageBytes: 500}))
		allocator := memory.NewCheckedAllocator(memory.NewGoAllocator())
		data := copied(t, from, fresh, []int{2, -1, 0}, allocator)
		allocator.AssertSize(t, 0)
		got, err := ReadTable(bytes.NewReader(data), int64(len(data)), nil)
		if err != nil {
			t.Fatal(err)
		}
		var want []Column
		for i := range rows {
			c := shapeOf(rows[i])
			for _, part := range []struct {
				of       *Column
				from, to int
			}{{&rows[i], 600, 700}, {&fresh[i], 0, 50}, {&rows[i], 0, 300}} {
				p := *part.of
				p = p.part(part.from, part.to)
				if c.Name == "flag" && part.of == &rows[i] {
					p.Ints, p.Valid = slices.Repeat([]int64{1}, part.to-part.from), nil
				}
				if c.Optional && p.Valid == nil {
					p.Valid = slices.Repeat([]bool{true}, part.to-part.from)
				}
				c.Ints, c.Strings, c.Floats, c.Valid = append(c.Ints, p.Ints...), append(c.Strings, p.Strings...), append(c.Floats, p.Floats...), append(c.Valid, p.Valid...)
			}
			want = append(want, c)
		}
		if diff := diffColumns(want, got); diff != "" {
			t.Errorf("nulls %v: %s", nulls, diff)
		}
		library, err := file.NewParquetReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		last := opened(t, data)
		for i := range rows {
			theirs, err := library.MetaData().RowGroup(2).ColumnChunk(i)
			if err != nil {
				t.Fatal(err)
			}
			if name := rows[i].Name; name != "flag" {
				whole, _ := from.meta.whole()
				ours, _ := whole.RowGroup(0).ColumnChunk(i)
				if a, b := statistics(t, theirs), statistics(t, ours); a != b {
					t.Errorf("%s: %s, not %s", name, a, b)
				}
				if err := errors.Join(last.SameChunk(2, i, from, 0), last.SameChunk(0, i, from, 2)); err != nil {
					t.Error(err)
				}
				if err := last.SameChunk(2, i, from, 1); err == nil {
					t.Errorf("%s: the chunk of another row group is the same", name)
				}
			}
		}
	}
}

// A byte of a page that differs is found, wherever it is.
func TestSameChunkSeesEveryByte(t *testing.T) {
	t.Parallel()
	rows := sample(40, false)
	from := opened(t, encode(t, rows, WriteOptions{}))
	data := copied(t, from, rows, []int{0}, nil)
	at, err := from.locate(0, &from.fields[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range at.bytes {
		damaged := bytes.Clone(data)
		to, err := opened(t, data).locate(0, &from.fields[0])
		if err != nil {
			t.Fatal(err)
		}
		damaged[to.start+i] ^= 1
		if err := opened(t, damaged).SameChunk(0, 0, from, 0); err == nil {
			t.Fatalf("byte %d of %d", i, at.bytes)
		}
	}
}

func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	rows := sample(40, false)
	data := encode(t, rows, WriteOptions{})
	w, err := NewWriter(io.Discard, rows[1:], WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Copy(opened(t, data), 0, nil); !errors.Is(err, errOtherColumns) {
		t.Errorf("other columns: %v", err)
	}
	if w, err = NewWriter(io.Discard, rows, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	short := rows[0]
	short = short.part(0, 39)
	if err := w.Copy(opened(t, data), 0, map[int]*Column{0: &short}); err == nil || !strings.Contains(err.Error(), "39 values") {
		t.Errorf("a column that is too short: %v", err)
	}
	whole := opened(t, data)
	cutOff := whole.WithSource(bytes.NewReader(data[:len(data)/2]))
	if w, err = NewWriter(io.Discard, rows, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Copy(cutOff, 0, nil); err == nil {
		t.Error("a file that was cut off was copied")
	}
}
