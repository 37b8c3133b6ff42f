// Package heap says when garbage is collected: late in small nights, and more
// often in those that would take much memory; and whether a profile of memory is
// kept. It is a package of its own, and
// imports next to nothing, so that it comes before the initialisation of those
// that take megabytes.
package heap

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// quietBytes is how much memory a process may have before garbage is collected
// for the first time. A small night ends below it: it would collect a dozen times
// otherwise, since a heap of four megabytes doubles often, and a quarter of its
// processor time would go there.
const quietBytes = 128 << 20

// wantedBytes is what the heap should stay below as long as that is not too dear.
// The runtime lets it grow to twice what lives. What lives in a large night would
// then make it the largest process of a small machine.
const wantedBytes = 384 << 20

// leastPercent is the share of what lives that is always left to grow by: with
// less, too much of a large night would go into collecting. Most of what lives has no
// pointers, which the collector passes by. Above largeBytes it is largestPercent: so
// much memory is dearer than time.
const (
	leastPercent   = 35
	largestPercent = 25
	largeBytes     = 512 << 20
)

// softBytes is what the runtime should stay below with all that it has, as long as
// softPercent of what lives are left to grow by: fifty million rows are to fit into a
// gigabyte, with the program itself and what comes while garbage is being collected.
const (
	softBytes   = 870 << 20
	softPercent = 20
)

func init() {
	collectLate()
	runtime.MemProfileRate = 0
}

// Sample lets a heap profile see what is allocated from now on. Without it nothing
// is noted: whoever wants no profile would pay for its stacks with a fiftieth of a
// small night.
func Sample() { runtime.MemProfileRate = sampleBytes }

// sampleBytes is how much is allocated from one stack that is noted to the next:
// the runtime's own way.
const sampleBytes = 512 << 10

// collectLate puts the first collection off until the process has quietBytes.
// From then on the heap grows by as much as lives, or by less where that would be
// more than wantedBytes. Where GOGC or GOMEMLIMIT is set, that is what whoever set
// it wants.
func collectLate() {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return
	}
	percent := debug.SetGCPercent(-1)
	if percent != 100 {
		debug.SetGCPercent(percent)
		return
	}
	debug.SetMemoryLimit(quietBytes)
	afterCollection(func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(math.MaxInt64)
		afterCollection(follow)
	})
}

// follow sets what the heap may grow by after each collection, and has the runtime give
// back to the system what it has beyond that. By itself it keeps much more: what lives
// in a large night leaves holes that nothing fits into which comes later.
func follow() {
	sizes := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(sizes)
	of := make([]uint64, len(sizes))
	for i := range sizes {
		if sizes[i].Value.Kind() == metrics.KindUint64 {
			of[i] = sizes[i].Value.Uint64()
		}
	}
	live, around := of[0], of[1]-min(of[1], of[2]+of[3]+of[4])
	debug.SetGCPercent(percentOf(live))
	debug.SetMemoryLimit(limitOf(live, around))
	afterCollection(follow)
}

// limitOf is how much the runtime may have of the system's memory at most while so much
// of it lives, and so much is neither for objects nor free: what the heap may grow to,
// and that, or softBytes. Small heaps have no limit.
func limitOf(live, around uint64) int64 {
	if live < wantedBytes {
		return math.MaxInt64
	}
	most := live + live/100*uint64(percentOf(live)) + around
	least := live + live/100*softPercent + around
	return int64(min(most, max(least, softBytes)))
}

// percentOf is what a heap may grow by of which so many bytes live.
func percentOf(live uint64) int {
	switch {
	case live <= wantedBytes/2:
		return 100
	case live >= largeBytes:
		return largestPercent
	case live >= wantedBytes:
		return leastPercent
	}
	return max(leastPercent, int((wantedBytes-live)*100/live))
}

// afterCollection calls f once, after the next collection.
func afterCollection(f func()) {
	unreachable := new([64]byte) // at once, so the next collection finds it
	runtime.AddCleanup(unreachable, func(f func()) { f() }, f)
}
