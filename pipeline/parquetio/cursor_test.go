package parquetio

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func written(t rapid.TB, columns []Column, options WriteOptions) *File {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, columns, options); err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Whatever runs of rows are taken and passed over, those that are taken are the
// column's, and there is nothing after the last.
func TestCursorTakesRunsOfRows(t *testing.T) {
	Scribble.Store(true) // texts that are let go of too early are wrong
	defer Scribble.Store(false)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 6000).Draw(t, "rows")
		columns := sample(rows, rapid.Bool().Draw(t, "nulls"))
		columns = append(columns[2:4], columns[7]) // integers, texts, floats
		f := written(t, columns, WriteOptions{
			RowGroupRows: rapid.IntRange(1, 9000).Draw(t, "rows of a row group"), DataPageBytes: rapid.Int64Range(400, 40_000).Draw(t, "page"),
			NoDictionary: rapid.Bool().Draw(t, "no dictionary"),
		})
		want, got := make([]Column, len(columns)), make([]Column, len(columns))
		cursors := make([]*Cursor, len(columns))
		for i := range columns {
			c := &columns[i]
			want[i] = Column{Name: c.Name, Type: c.Type, Optional: c.Optional, Scale: c.Scale}
			got[i] = want[i]
			got[i].Resize(rows)
			var err error
			if cursors[i], err = f.Cursor(c.Name); err != nil {
				t.Fatal(err)
			}
		}
		taken := 0
		for at := 0; at < rows; {
			n, take := rapid.IntRange(1, min(rows-at, 3000)).Draw(t, "run"), rapid.Bool().Draw(t, "take")
			release := rapid.Bool().Draw(t, "release")
			for i, c := range cursors {
				var err error
				if take {
					err = c.Take(&got[i], taken, n)
					part := columns[i]
					part = part.part(at, at+n)
					want[i].add(&part)
				} else {
					err = c.Skip(n)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if at += n; take {
				taken += n
			}
			for i, c := range cursors {
				if !release {
					break
				}
				for row := range got[i].Strings[:min(taken, len(got[i].Strings))] {
					got[i].Strings[row] = strings.Clone(got[i].Strings[row])
				}
				c.Release()
			}
		}
		for i, c := range cursors {
			got[i] = got[i].part(0, taken)
			if err := c.Skip(1); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("column %q after its end: %v", got[i].Name, err)
			}
		}
		if diff := diffColumns(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCursorRefuses(t *testing.T) {
	t.Parallel()
	f := written(t, sample(20, true), WriteOptions{})
	if _, err := f.Cursor("other"); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("no such column: %v", err)
	}
	for _, out := range []Column{{Type: Int64, Ints: make([]int64, 20)}, {Type: String, Strings: make([]string, 20)}} {
		c, err := f.Cursor("text")
		if err == nil {
			err = c.Take(&out, 0, 20)
		}
		if err == nil || !strings.Contains(err.Error(), `"text"`) {
			t.Errorf("texts and nulls as %s that is never null: %v", out.Type, err)
		}
	}
}

// Columns that are made one by one give the bytes of Write.
func TestGroupOfWritesWhatWriteDoes(t *testing.T) {
	t.Parallel()
	columns := sample(10_000, true)
	const groupRows = 6_000
	var want, got bytes.Buffer
	if err := Write(&want, columns, WriteOptions{RowGroupRows: groupRows}); err != nil {
		t.Fatal(err)
	}
	part := func(i, from, to int) Column {
		c := columns[i]
		c = c.part(from, to)
		return c
	}
	w, err := NewWriter(&got, columns, WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	column := func(from, to int) func(i int, encode func(*Column) error) error {
		return func(i int, encode func(*Column) error) error {
			c := part(i, from, to)
			return encode(&c)
		}
	}
	err = errors.Join(w.GroupOf(groupRows, column(0, groupRows)), w.GroupOf(4_000, column(groupRows, 10_000)), w.Close())
	if err != nil || !bytes.Equal(want.Bytes(), got.Bytes()) {
		t.Errorf("%v; %d bytes, not %d, or others", err, got.Len(), want.Len())
	}
	if err := w.GroupOf(4_000, column(0, 3_999)); err == nil || !strings.Contains(err.Error(), "3999 values") {
		t.Errorf("a column that is too short: %v", err)
	}
}

func TestCursorSeeks(t *testing.T) {
	t.Parallel()
	columns := []Column{{Name: "n", Type: Int64}}
	for row := range 25_000 {
		columns[0].Ints = append(columns[0].Ints, int64(row))
	}
	data := encode(t, columns, WriteOptions{RowGroupRows: 10_000})
	f, err := Open(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Cursor("n")
	if err != nil {
		t.Fatal(err)
	}
	out := Column{Name: "n", Type: Int64, Ints: make([]int64, 1)}
	for _, step := range []struct{ group, skip, want int }{{1, 0, 10_000}, {1, 9_999, 19_999}, {2, 1, 20_001}, {0, 5_000, 5_000}, {2, 4_999, 24_999}} {
		c.Seek(step.group)
		if err := errors.Join(c.Skip(step.skip), c.Take(&out, 0, 1)); err != nil || out.Ints[0] != int64(step.want) {
			t.Errorf("row %d of row group %d: %d, %v; want %d", step.skip, step.group, out.Ints[0], err, step.want)
		}
	}
	if err := c.Skip(1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("behind the end: %v", err)
	}
}
