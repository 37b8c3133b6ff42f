package match

import (
	"math/rand/v2"
	"testing"
)

func TestHashSetHasWhatWasAdded(t *testing.T) {
	for _, n := range []int{0, 1, 31, 32, 33, 5000} {
		random := rand.New(rand.NewPCG(uint64(n), 1))
		var set hashSet
		want := map[uint64]bool{}
		for range n {
			h := random.Uint64() >> (random.UintN(2) * 40) // long ones, and short ones that meet each other
			set.add(h)
			set.add(h)
			want[h] = true
		}
		for h := range want {
			if !set.has(h) {
				t.Errorf("of %d hashes, %x was added and is not there", n, h)
			}
		}
		if set.count != len(want) {
			t.Errorf("%d hashes were added, and %d are counted", len(want), set.count)
		}
		for range 20000 {
			if h := random.Uint64() >> 40; set.has(h) != want[h] {
				t.Errorf("of %d hashes, %x: has says %t", n, h, !want[h])
			}
		}
	}
}

func TestHashSetHasZeroOnlyWhereAdded(t *testing.T) {
	var set hashSet
	if set.has(0) || set.has(7) {
		t.Error("an empty set has a hash")
	}
	set.add(7)
	if set.has(0) {
		t.Error("0 was not added")
	}
	set.add(0)
	if !set.has(0) || !set.has(7) {
		t.Error("0 and 7 were added")
	}
}
