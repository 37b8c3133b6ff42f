package parquetio

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestHybridByHand holds runs to what the format says of them.
func TestHybridByHand(t *testing.T) {
	t.Parallel()
	repeat := slices.Repeat[[]int32]
	for _, c := range []struct {
		bits   int
		values []int32
		want   string
	}{
		{1, nil, ""},
		{1, repeat([]int32{1}, 100), "c801" + "01"},                                                // one run: 100 times, and the value
		{1, repeat([]int32{1}, 5), "0a" + "01"},                                                    // shorter than a group
		{1, []int32{1, 0, 1}, "03" + "05"},                                                         // a group, filled with zeros
		{3, []int32{0, 1, 2, 3, 4, 5, 6, 7}, "03" + "88c6fa"},                                      // the format's own example
		{0, repeat([]int32{0}, 9), "12"},                                                           // values of no bits
		{9, repeat([]int32{300}, 8), "10" + "2c01"},                                                // two bytes a value
		{1, append(repeat([]int32{1, 0}, 4), repeat([]int32{0}, 8)...), "03" + "55" + "10" + "00"}, // a group, then a run
		{1, append(repeat([]int32{1, 0}, 4), 1, 1), "05" + "55" + "03"},                            // a rest goes with its run
		{1, repeat([]int32{1, 0}, 4*64), "7f" + strings.Repeat("55", 63) + "03" + "55"},            // 63 groups, and one
	} {
		if got := hex.EncodeToString(appendHybrid(nil, c.values, c.bits)); got != c.want {
			t.Errorf("%v in %d bits: %s, not %s", c.values, c.bits, got, c.want)
		}
	}
}

// TestHybridReadsBack draws runs of all lengths.
func TestHybridReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(0, 20).Draw(t, "bits")
		var values []int32
		for range rapid.IntRange(0, 40).Draw(t, "runs") {
			n := rapid.SampledFrom([]int{1, 2, 7, 8, 9, 16, 300}).Draw(t, "n")
			first, step := rapid.Int32Range(0, 1<<width-1).Draw(t, "first"), rapid.Int32Range(0, 3).Draw(t, "step")
			for i := range n {
				values = append(values, (first+int32(i)*step)&(1<<width-1))
			}
		}
		back, runs := make([]int32, len(values)), newHybrid(appendHybrid(nil, values, width), width)
		if err := runs.next(back); err != nil || !slices.Equal(back, values) {
			t.Fatalf("%v, not %v: %v", back, values, err)
		}
	})
}
