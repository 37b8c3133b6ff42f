package parquetio

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// sample is a table of every type that Write knows and ReadTable gives back.
func sample(rows int, nulls bool) []Column {
	columns := []Column{
		{Name: "flag", Type: Bool}, {Name: "small", Type: Int32}, {Name: "big", Type: Int64}, {Name: "text", Type: String},
		{Name: "at", Type: Timestamp}, {Name: "local", Type: LocalTimestamp}, {Name: "day", Type: Date}, {Name: "ratio", Type: Double},
		{Name: "price", Type: Decimal64, Scale: 2},
	}
	for i := range columns {
		c := &columns[i]
		c.Optional = nulls
		for row := range rows {
			null := nulls && (row*7+i)%5 == 0
			if nulls {
				c.Valid = append(c.Valid, !null)
			}
			n := int64(row*row*31 + i)
			if null {
				n = 0
			}
			switch c.Type {
			case String:
				text := fmt.Sprintf("value-%d é", n%17)
				if null {
					text = ""
				}
				c.Strings = append(c.Strings, text)
			case Double:
				c.Floats = append(c.Floats, float64(n)/8)
			case Bool:
				c.Ints = append(c.Ints, n%2)
			case Int32, Date:
				c.Ints = append(c.Ints, -(n % math.MaxInt32))
			default:
				c.Ints = append(c.Ints, -n)
			}
		}
	}
	return columns
}

// diffColumns compares tables; validity that says nothing is none at all.
func diffColumns(want, got []Column) string {
	tables := [][]Column{slices.Clone(want), slices.Clone(got)}
	for _, columns := range tables {
		for i := range columns {
			if !slices.Contains(columns[i].Valid, false) {
				columns[i].Valid = nil
			}
			for row := range columns[i].Valid { // what stands in the place of a null
				if columns[i].Null(row) && columns[i].Type != String && columns[i].Type != Double {
					columns[i].Ints = slices.Clone(columns[i].Ints)
					columns[i].Ints[row] = 0
				}
			}
		}
	}
	return cmp.Diff(tables[0], tables[1], cmpopts.EquateEmpty())
}

func encode(t testing.TB, columns []Column, options WriteOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, columns, options); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 7, 400} {
		for _, nulls := range []bool{false, true} {
			want := sample(rows, nulls)
			for variant := range 16 {
				options := WriteOptions{Codec: Codec(variant % 4), PageV2: variant&4 != 0, NoDictionary: variant&8 != 0, RowGroupRows: 150, DataPageBytes: 300}
				t.Run(fmt.Sprintf("%d rows, nulls %v, %+v", rows, nulls, options), func(t *testing.T) {
					data := encode(t, want, options)
					got, err := ReadTable(bytes.NewReader(data), int64(len(data)), nil)
					if err != nil {
						t.Fatal(err)
					}
					if diff := diffColumns(want, got); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

func TestRoundTripOfAnyColumn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 300).Draw(t, "rows")
		texts := rapid.SliceOfN(rapid.String(), rows, rows).Draw(t, "texts")
		for i := range texts {
			texts[i] = strings.ToValidUTF8(texts[i], "?")
		}
		want := []Column{
			{Name: "n", Type: Int64, Ints: rapid.SliceOfN(rapid.Int64(), rows, rows).Draw(t, "ints")},
			{Name: "s", Type: String, Strings: texts},
			{Name: "b", Type: Bool, Optional: true, Ints: make([]int64, rows), Valid: rapid.SliceOfN(rapid.Bool(), rows, rows).Draw(t, "valid")},
		}
		options := WriteOptions{
			Codec: Codec(rapid.IntRange(0, 3).Draw(t, "codec")), PageV2: rapid.Bool().Draw(t, "v2"), NoDictionary: rapid.Bool().Draw(t, "plain"),
			RowGroupRows: rapid.IntRange(1, 100).Draw(t, "group"), DataPageBytes: int64(rapid.IntRange(1, 400).Draw(t, "page")),
		}
		var out bytes.Buffer
		if err := Write(&out, want, options); err != nil {
			t.Fatal(err)
		}
		got, err := ReadTable(bytes.NewReader(out.Bytes()), int64(out.Len()), []string{"n", "s", "b"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := diffColumns(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
