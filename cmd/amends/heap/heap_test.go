package heap

import (
	"math"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// The first collection waits; what comes after it is the runtime's own way.
func TestFirstCollectionWaits(t *testing.T) {
	if os.Getenv("HEAP_TEST") != "" {
		grow()
		return
	}
	for _, test := range []struct {
		env   string
		early bool // collected before quietBytes
	}{{"HEAP_TEST=1", false}, {"GOGC=50", true}, {"GOMEMLIMIT=1GiB", true}} {
		command := exec.Command(os.Args[0], "-test.run=TestFirstCollectionWaits", "-test.v")
		command.Env = append(os.Environ(), "HEAP_TEST=1", test.env)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", test.env, err, out)
		}
		for _, want := range []string{map[bool]string{true: "early", false: "late"}[test.early], "then on"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: no %q in %s", test.env, want, out)
			}
		}
	}
}

var sink []byte

// grow allocates and drops memory, and prints when it was collected.
func grow() {
	var stats debug.GCStats
	for allocated := 0; allocated < quietBytes/2; allocated += 1 << 20 {
		sink = make([]byte, 1<<20)
	}
	if debug.ReadGCStats(&stats); stats.NumGC > 0 {
		println("early")
	} else {
		println("late")
	}
	for range 1000 {
		sink = make([]byte, 1<<20)
		if debug.ReadGCStats(&stats); stats.NumGC > 4 && (debug.SetMemoryLimit(-1) == math.MaxInt64 || os.Getenv("GOMEMLIMIT") != "") {
			println("then on")
			return
		}
		time.Sleep(time.Millisecond) // a cleanup has a goroutine of its own
	}
}

// Twice what lives as long as that is below what is wanted; then up to there; and
// never less than a third of what lives to grow by, or a quarter of much.
func TestHeapOfLargeNightsGrowsByLess(t *testing.T) {
	const mb = 1 << 20
	for live, want := range map[uint64]int{
		0: 100, 4 * mb: 100, 192 * mb: 100, 256 * mb: 50, // 128 of 256 are left
		284 * mb: 35, 300 * mb: 35, 383 * mb: 35, 384 * mb: 35,
		511 * mb: 35, 512 * mb: 25, 5000 * mb: 25,
	} {
		if got := percentOf(live); got != want {
			t.Errorf("%d MB live: %d, want %d", live/mb, got, want)
		}
	}
}

// A large heap gives back what is beyond what it may grow to, whatever is around it.
func TestLimitIsOfLargeHeaps(t *testing.T) {
	const mb = 1 << 20
	if got := limitOf(383*mb, 50*mb); got != math.MaxInt64 {
		t.Errorf("a heap of 383 MB: %d", got)
	}
	for live, want := range map[uint64]int64{
		400 * mb: 540 * mb, 600 * mb: 750 * mb, 640 * mb: 800 * mb,
		650 * mb: 800 * mb, 664 * mb: 800 * mb, // and 70 are softBytes
		700 * mb: 840 * mb, 5000 * mb: 6000 * mb, // a fifth of what lives is left
	} {
		if got := limitOf(live, 70*mb); got-want-70*mb > 0 || want+70*mb-got > 100 {
			t.Errorf("%d MB live: %d, want about %d", live/mb, got, want+70*mb)
		}
	}
}
