package calendar_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"amends/rules/calendar"
)

// Offsets remembers, so it is asked many times in a row, near clock changes and
// far from them, back and forth: memory must never show.
func TestOffsetsGiveWhatTheFunctionsGive(t *testing.T) {
	t.Parallel()
	anchors := []string{"2026-03-08", "2026-11-01", "2026-03-29", "2026-10-25", "2017-10-15", "2018-02-18", "2011-12-30", "2026-07-04", "1850-01-01", "2150-12-31", "0001-01-01", "9999-12-31"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := calendar.Load(rapid.SampledFrom(zoneNames).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		offsets := calendar.NewOffsets(loc)
		for range 40 {
			anchor, err := calendar.ParseDate(rapid.SampledFrom(anchors).Draw(t, "near"))
			if err != nil {
				t.Fatal(err)
			}
			micros := int64(anchor)*86_400e6 + rapid.Int64Range(-50, 50).Draw(t, "hours")*3_600e6 + rapid.Int64Range(-1, 1).Draw(t, "off")
			if rapid.IntRange(0, 20).Draw(t, "extreme") == 0 {
				micros = rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}).Draw(t, "end")
			}
			if got, want := offsets.DateOf(calendar.Instant(micros)), calendar.DateOf(calendar.Instant(micros), loc); got != want {
				t.Fatalf("%d in %s is on %s, want %s", micros, loc, got, want)
			}
			if got, want := offsets.FromLocal(micros), calendar.FromLocal(micros, loc); got != want {
				t.Fatalf("local %d in %s = %s, want %s", micros, loc, got, want)
			}
		}
	})
}

func BenchmarkDateOf(b *testing.B) {
	loc, at := zone(b, "America/New_York"), calendar.Instant(wall(b, "2026-07-04 12:00:00"))
	offsets := calendar.NewOffsets(loc)
	b.Run("function", func(b *testing.B) {
		for b.Loop() {
			calendar.DateOf(at, loc)
		}
	})
	b.Run("offsets", func(b *testing.B) {
		for b.Loop() {
			offsets.DateOf(at)
		}
	})
}
