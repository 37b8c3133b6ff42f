package durabletest

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Loss is what a power cut takes of what was not synced.
type Loss uint8

// The losses. The order of names is fixed, so one seed gives one outcome.
const (
	Nothing    Loss = iota // only the process died: everything written is there
	Everything             // all that was not synced is gone
	Some                   // for each name and each file's tail, the seed decides
)

// Crash returns the file system as the next process finds it, with no fault, no
// lock and nothing pending: what is there is durable. f must not be used again.
func (f *FS) Crash(loss Loss, seed uint64) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := crash{loss: loss, random: rand.New(rand.NewPCG(seed, 0)), files: map[*node]*node{}}
	after := New()
	after.root = c.copy(f.root)
	return after
}

type crash struct {
	loss   Loss
	random *rand.Rand
	files  map[*node]*node // a file with two names stays one
}

func (c *crash) keep() bool {
	return c.loss == Nothing || c.loss == Some && c.random.IntN(2) == 0
}

// copy rebuilds a node. A folder that was moved may be found under both its
// names, as a disk may leave it, and is then two.
func (c *crash) copy(old *node) *node {
	if done, ok := c.files[old]; ok {
		return done
	}
	if !old.dir {
		copied := &node{content: c.content(old)}
		copied.durableContent = slices.Clone(copied.content)
		c.files[old] = copied
		return copied
	}
	all := map[string]bool{}
	for name := range old.names {
		all[name] = true
	}
	for name := range old.durableNames {
		all[name] = true
	}
	copied := newDir()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		seen, durable := old.names[name], old.durableNames[name]
		chosen := durable
		if seen != durable && c.keep() {
			chosen = seen
		}
		if chosen != nil {
			copied.names[name] = c.copy(chosen)
		}
	}
	copied.durableNames = maps.Clone(copied.names)
	return copied
}

// content is what a crash leaves of a file: its synced bytes, and of the rest
// nothing, a part, or as many zeros.
func (c *crash) content(old *node) []byte {
	if c.loss == Nothing {
		return slices.Clone(old.content)
	}
	kept := slices.Clone(old.durableContent)
	tail := len(old.content) - len(kept)
	if c.loss == Everything || tail <= 0 {
		return kept
	}
	switch c.random.IntN(3) {
	case 0:
		return kept
	case 1:
		return append(kept, make([]byte, tail)...)
	default:
		return slices.Clone(old.content[:len(kept)+c.random.IntN(tail+1)])
	}
}

// Restart is the death of the process and the start of another, without a power
// cut: faults and locks are gone, and what was not synced is still there and
// still not durable.
func (f *FS) Restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops, f.failAt, f.fault, f.stopped, f.log = 0, 0, None, false, nil
	clear(f.locks)
}
