package pipeline

import (
	"runtime"
	"runtime/metrics"
)

// collectedBytes is how large the heap must be for its garbage to be worth a
// collection of its own: small nights never come near it.
const collectedBytes = 256 << 20

// collect has garbage collected while the night goes on. It is called where much
// was just let go: the collector would wait until twice what lived before is in
// use, and that would be the most memory that the night takes.
func collect() { collectAbove(collectedBytes) }

// collectAbove is collect where the heap has so many bytes; it reports whether it
// has.
func collectAbove(bytes uint64) bool {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	large := heap[0].Value.Kind() == metrics.KindUint64 && heap[0].Value.Uint64() >= bytes
	if large {
		go runtime.GC()
	}
	return large
}
