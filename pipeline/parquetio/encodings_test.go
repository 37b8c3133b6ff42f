package parquetio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/parquet"
	"pgregory.net/rapid"
)

// bitWriter packs values bit by bit, lowest first: the format's definition.
type bitWriter struct {
	data []byte
	bit  int
}

func (w *bitWriter) put(v uint64, width int) {
	for i := range width {
		if w.bit%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.bit/8] |= byte(v>>i&1) << (w.bit % 8)
		w.bit++
	}
}

func TestHybridRuns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(0, 32).Draw(t, "width")
		value := rapid.Uint32Range(0, uint32(1<<width-1))
		var data []byte
		var want []uint32
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			if rapid.Bool().Draw(t, "repeated") {
				n, v := rapid.IntRange(1, 50).Draw(t, "n"), value.Draw(t, "v")
				data = binary.AppendUvarint(data, uint64(n)<<1)
				for i := range (width + 7) / 8 {
					data = append(data, byte(v>>(8*i)))
				}
				want = append(want, slices.Repeat([]uint32{v}, n)...)
				continue
			}
			groups := rapid.IntRange(1, 4).Draw(t, "groups")
			values := rapid.SliceOfN(value, 8*groups, 8*groups).Draw(t, "values")
			data = binary.AppendUvarint(data, uint64(groups)<<1|1)
			var bits bitWriter
			for _, v := range values {
				bits.put(uint64(v), width)
			}
			data, want = append(data, bits.data...), append(want, values...)
		}
		h := newHybrid(data, width)
		var got []uint32
		for len(got) < len(want) {
			part := make([]int32, min(rapid.IntRange(1, 20).Draw(t, "part"), len(want)-len(got)))
			if err := h.next(part); err != nil {
				t.Fatal(err)
			}
			for _, v := range part {
				got = append(got, uint32(v))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if err := h.next(make([]int32, 1)); err == nil {
			t.Fatal("no error after the last value")
		}
		if width == 1 {
			checkBools(t, data, want)
		}
	})
}

// checkBools decodes levels as bools, and where they allow as runs of ones.
func checkBools(t *rapid.T, data []byte, want []uint32) {
	h := newHybrid(data, 1)
	for len(want) > 0 {
		n := min(rapid.IntRange(1, 30).Draw(t, "levels"), len(want))
		part := make([]bool, n)
		ones := 0
		whole, err := h.ones(n)
		if err != nil {
			t.Fatal(err)
		}
		if whole {
			fill(part, true)
			ones = n
		} else if ones, err = h.bools(part); err != nil {
			t.Fatal(err)
		}
		for i, b := range part {
			if b != (want[i] == 1) {
				t.Fatalf("level %d of %v: %v", i, want, b)
			}
			if b {
				ones--
			}
		}
		if ones != 0 {
			t.Fatalf("%d ones too many counted", ones)
		}
		want = want[n:]
	}
	if _, err := h.ones(1); err == nil {
		t.Fatal("no error after the last level")
	}
}

func TestHybridFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		width int
		data  []byte
	}{
		"nothing":                 {1, nil},
		"run of no values":        {1, []byte{0, 1, 2, 1}},
		"packed run of no values": {1, []byte{1, 3, 255}},
		"run without its value":   {8, []byte{16}},
		"value above its width":   {1, []byte{16, 2}},
		"packed run of no bytes":  {1, []byte{3}},
		"packed run that is cut":  {2, []byte{5, 0xff}}, // 16 values declared, 4 there
		"head without end":        {1, bytes.Repeat([]byte{0xff}, 12)},
	} {
		h := newHybrid(test.data, test.width)
		if err := h.next(make([]int32, 8)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestDeltaInts encodes by the format's definition, miniblock by miniblock.
func TestDeltaInts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.SampledFrom([]int{128, 256}).Draw(t, "block")
		minis := rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "minis")
		ints := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-100, 100), rapid.Just(int64(7)))
		values := rapid.SliceOfN(ints, 0, 400).Draw(t, "values")
		var first int64
		if len(values) > 0 {
			first = values[0]
		}
		data := binary.AppendUvarint(nil, uint64(block))
		data = binary.AppendUvarint(data, uint64(minis))
		data = binary.AppendUvarint(data, uint64(len(values)))
		data = append(data, zigzag(first)...)
		for at := 1; at < len(values); at += block {
			deltas := make([]int64, min(block, len(values)-at))
			for i := range deltas {
				deltas[i] = values[at+i] - values[at+i-1]
			}
			least := slices.Min(deltas)
			data = append(data, zigzag(least)...)
			widths := make([]byte, minis)
			var body []byte
			for m := range minis {
				part := deltas[min(m*block/minis, len(deltas)):min((m+1)*block/minis, len(deltas))]
				if len(part) == 0 {
					continue // width 0, no bytes
				}
				for _, d := range part {
					for uint64(d-least)>>widths[m] != 0 && widths[m] < 64 {
						widths[m]++
					}
				}
				var bits bitWriter
				for i := range block / minis {
					v := uint64(0)
					if i < len(part) {
						v = uint64(part[i] - least)
					}
					bits.put(v, int(widths[m]))
				}
				body = append(body, bits.data...)
			}
			data = append(append(data, widths...), body...)
		}
		data = append(data, "rest"...)
		got, rest, err := deltaInts(data, len(values), nil)
		if err != nil || !slices.Equal(got, values) || string(rest) != "rest" {
			t.Fatalf("got %v, rest %q, error %v; want %v", got, rest, err, values)
		}
		if len(values) > 0 {
			if _, _, err := deltaInts(data, len(values)-1, nil); !errors.Is(err, errDelta) {
				t.Fatalf("more values than the page has: %v", err)
			}
		}
	})
}

func TestDeltaFaults(t *testing.T) {
	t.Parallel()
	head := func(block, minis, total uint64) []byte {
		data := binary.AppendUvarint(nil, block)
		return append(binary.AppendUvarint(binary.AppendUvarint(data, minis), total), 0)
	}
	for name, data := range map[string][]byte{
		"nothing":             nil,
		"no miniblocks":       head(128, 0, 5),
		"huge block":          head(1<<40, 4, 5),
		"huge miniblocks":     head(128, 1<<40, 5),
		"uneven miniblocks":   head(128, 3, 5),
		"no block":            head(0, 4, 5),
		"more than the page":  head(128, 4, 11),
		"values missing":      head(128, 4, 5),
		"width above 64":      append(head(128, 4, 5), 0, 65, 0, 0, 0),
		"packed bits missing": append(head(128, 4, 5), 0, 64, 0, 0, 0, 1, 2, 3),
	} {
		if _, _, err := deltaInts(data, 10, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	// A prefix of what is not there, and one that multiplies itself.
	lengths := func(values ...int64) []byte {
		data := append(binary.AppendUvarint(nil, 128), 1)
		data = append(binary.AppendUvarint(data, uint64(len(values))), zigzag(values[0])...)
		if len(values) == 1 {
			return data
		}
		least := values[1] - values[0]
		return append(append(data, zigzag(least)...), 0)
	}
	if _, err := deltaStrings(append(append(lengths(3), lengths(1)...), 'x'), 10, 1000); err == nil {
		t.Error("prefix of nothing: no error")
	}
	if _, err := deltaStrings(append(append(lengths(0, 0), lengths(900, 900)...), make([]byte, 1800)...), 10, 1000); err == nil {
		t.Error("more bytes than a page may hold: no error")
	}
	if _, err := deltaLengths(append(lengths(-1), 'x'), 10); err == nil {
		t.Error("negative length: no error")
	}
}

// TestEncodingsOfTheLibrary reads what the library's own encoders wrote.
func TestEncodingsOfTheLibrary(t *testing.T) {
	t.Parallel()
	tests := []struct {
		encoding parquet.Encoding
		column   string
	}{
		{parquet.Encodings.DeltaBinaryPacked, "small"}, {parquet.Encodings.DeltaBinaryPacked, "big"},
		{parquet.Encodings.DeltaByteArray, "text"}, {parquet.Encodings.DeltaLengthByteArray, "text"}, {parquet.Encodings.RLE, "flag"},
	}
	for _, nulls := range []bool{false, true} {
		for _, test := range tests {
			columns := sample(1000, nulls)
			i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == test.column })
			want := columns[i : i+1]
			data := encode(t, want, WriteOptions{NoDictionary: true, PageV2: true, DataPageBytes: 1000, encoding: test.encoding})
			got, err := ReadTable(bytes.NewReader(data), int64(len(data)), nil)
			if err != nil {
				t.Errorf("%s of %s, nulls %v: %v", test.encoding, test.column, nulls, err)
				continue
			}
			if diff := diffColumns(want, got); diff != "" {
				t.Errorf("%s of %s, nulls %v: %s", test.encoding, test.column, nulls, diff)
			}
		}
	}
}
