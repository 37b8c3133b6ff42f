package pipeline

import (
	"math"
	"runtime"
	"testing"
	"time"
)

// Garbage is collected where the heap is large, and not where it is small.
func TestLargeHeapsAreCollected(t *testing.T) {
	if collectAbove(math.MaxUint64) {
		t.Error("a heap of all memory that there can be")
	}
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	if !collectAbove(1) {
		t.Fatal("a heap without a byte")
	}
	for range 1000 {
		if runtime.ReadMemStats(&now); now.NumForcedGC > before.NumForcedGC {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("nothing was collected in ten seconds")
}
