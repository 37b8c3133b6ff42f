package parquetio

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestPlainTexts decodes texts of one length and of many, in parts, and finds
// every cut and every length that is a lie.
func TestPlainTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "x", "c-17", "c-18", strings.Repeat("z", 300)})
		want := rapid.SliceOfN(text, 1, 30).Draw(t, "texts")
		var body []byte
		var starts []int
		for _, s := range want {
			starts = append(starts, len(body))
			body = append(binary.LittleEndian.AppendUint32(body, uint32(len(s))), s...)
		}
		decode := func(body []byte) ([]string, error) {
			p := newPlain(&Field{Storage: StoredText}, body, new(bool))
			var got []string
			for len(got) < len(want) {
				part := make([]string, min(rapid.IntRange(1, 20).Draw(t, "part"), len(want)-len(got)))
				if err := p.texts(part); err != nil {
					return nil, err
				}
				got = append(got, part...)
			}
			return got, nil
		}
		if got, err := decode(body); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q, error %v", got, err)
		}
		if got, err := decode(body[:rapid.IntRange(0, len(body)-1).Draw(t, "cut")]); err != errShortPage {
			t.Fatalf("cut off: %q, error %v", got, err)
		}
		i := rapid.IntRange(0, len(want)-1).Draw(t, "lie")
		left := uint32(len(body) - starts[i] - 4)
		lie := rapid.SampledFrom([]uint32{left + 1, left + 4, 1 << 31, 1<<32 - 1}).Draw(t, "length")
		binary.LittleEndian.PutUint32(body[starts[i]:], lie)
		if got, err := decode(body); err != errShortPage {
			t.Fatalf("text %d of %d bytes: %q, error %v", i, lie, got, err)
		}
	})
}

func TestSpread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		valid := rapid.SliceOfN(rapid.Bool(), 0, 100).Draw(t, "valid")
		var codes []int32
		var ints []int64
		var texts []string
		present := 0
		for _, v := range valid {
			var n int
			if v {
				present++
				n = present * 7
			}
			codes, ints, texts = append(codes, int32(n)), append(ints, int64(-n)), append(texts, strings.Repeat("x", n))
		}
		pressedCodes, pressedInts, pressedTexts := pressed(codes, valid, 99), pressed(ints, valid, 99), pressed(texts, valid, "old")
		spreadInts(pressedCodes, valid, present)
		spreadInts(pressedInts, valid, present)
		spread(pressedTexts, valid, present)
		if !slices.Equal(pressedCodes, codes) || !slices.Equal(pressedInts, ints) || !slices.Equal(pressedTexts, texts) {
			t.Fatalf("%v: %v, %v, %q", valid, pressedCodes, pressedInts, pressedTexts)
		}
	})
}

// pressed has the valid values side by side, and something old behind them.
func pressed[T any](values []T, valid []bool, old T) (out []T) {
	for i, v := range values {
		if valid[i] {
			out = append(out, v)
		}
	}
	for len(out) < len(values) {
		out = append(out, old)
	}
	return out
}

func TestHighestCode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		codes := rapid.SliceOfN(rapid.Uint32(), 1, 20).Draw(t, "codes")
		signed := make([]int32, len(codes))
		for i, c := range codes {
			signed[i] = int32(c)
		}
		if got, want := highest(signed), slices.Max(codes); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	})
}
