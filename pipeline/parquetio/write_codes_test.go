package parquetio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestRepeats holds the choice of a dictionary to a count with a map, around the
// half of the rows above all.
func TestRepeats(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(1, 2))
	var s firsts
	for range 3000 {
		first, rows := draw.IntN(3), draw.IntN(60)
		end, values := first+rows, 1+draw.IntN(max(1, rows))
		if draw.IntN(3) == 0 {
			values = max(1, rows/2+draw.IntN(3)-1)
		}
		c := &Column{Optional: draw.IntN(2) == 0}
		if c.Optional && draw.IntN(3) > 0 {
			c.Valid = make([]bool, end)
		}
		known, present := map[string]bool{}, 0
		for row := range end {
			n := row
			if row-first >= values {
				n = draw.IntN(values)
			}
			c.Ints = append(c.Ints, int64(n)-3)
			c.Strings = append(c.Strings, fmt.Sprint("id", n))
			c.Floats = append(c.Floats, math.Copysign(float64(n/2), float64(n%2)-0.5)) // 0 and −0 are one
			if c.Valid != nil {
				c.Valid[row] = draw.IntN(4) > 0
			}
		}
		for _, kind := range []ColumnType{String, Int64, Date, Decimal64, Double} {
			c.Type = kind
			clear(known)
			present = 0
			for row := first; row < end; row++ {
				if c.Null(row) {
					continue
				}
				present++
				switch kind {
				case String:
					known[c.Strings[row]] = true
				case Double:
					known[fmt.Sprint(c.Floats[row]+0)] = true
				default:
					known[fmt.Sprint(c.Ints[row])] = true
				}
			}
			want := present > 0 && 2*len(known) <= present
			if got := s.repeats(c, first, end); got != want {
				t.Fatalf("type %v: %d values in %d rows that are not null: repeats %v", kind, len(known), present, got)
			}
		}
	}
	for _, c := range []*Column{{Type: Bool, Ints: make([]int64, 9)}, {Type: Int64, Optional: true, Ints: make([]int64, 9), Valid: make([]bool, 9)}} {
		if s.repeats(c, 0, 9) {
			t.Errorf("type %v repeats", c.Type)
		}
	}
	nan := &Column{Type: Double, Floats: []float64{math.NaN(), math.NaN(), math.NaN()}}
	if s.repeats(nan, 0, 3) {
		t.Error("NaN is like NaN")
	}
}
