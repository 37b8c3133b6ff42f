// Package heap says when garbage is collected for the first time. It is a
// package of its own, and imports next to nothing, so that it comes before the
// initialisation of those that take megabytes.
package heap

import (
	"math"
	"runtime"
	"runtime/debug"
)

// quietBytes is how much memory a process may have before garbage is collected
// for the first time. A small night ends below it: it would collect a dozen times
// otherwise, since a heap of four megabytes doubles often, and a quarter of its
// processor time would go there.
const quietBytes = 128 << 20

func init() { collectLate() }

// collectLate puts the first collection off until the process has quietBytes.
// From then on all is as the runtime has it. Where GOGC or GOMEMLIMIT is set,
// that is what whoever set it wants.
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
	first := new([64]byte) // unreachable at once, so the first collection finds it
	runtime.AddCleanup(first, func(percent int) {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(math.MaxInt64)
	}, percent)
}
