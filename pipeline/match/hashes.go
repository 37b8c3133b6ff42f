package match

import "math/bits"

// hashSet is a set of hashes. It is asked for millions, most of which it does not
// have and a bit says so.
type hashSet struct {
	places []uint64 // a power of two of them, or none; 0 is empty
	bits   []uint64 // two bits for each hash, in one word: bitsPerPlace times as many as places
	count  int
	zero   bool // the hash 0 is in it
}

// bitsPerPlace is 16 bits for a hash or more: of hashes that are not in the set,
// one of 40 is looked for.
const bitsPerPlace = 8

// newHashSet is empty and has room for so many hashes.
func newHashSet(hashes int) hashSet {
	var s hashSet
	s.grow(1 << bits.Len(uint(max(2*hashes-1, 0))))
	return s
}

// grow makes as many places.
func (s *hashSet) grow(places int) {
	old := s.places
	s.places = make([]uint64, max(64, places))
	s.bits = make([]uint64, len(s.places)*bitsPerPlace/64)
	for _, h := range old {
		if h != 0 {
			s.put(h)
		}
	}
}

func (s *hashSet) add(hash uint64) {
	if hash == 0 {
		s.zero = true
		return
	}
	if 2*s.count >= len(s.places) {
		s.grow(2 * len(s.places))
	}
	if s.put(hash) {
		s.count++
	}
}

// put adds a hash that is not 0, for which there is room, and reports whether it
// is new.
func (s *hashSet) put(hash uint64) bool {
	i := s.probe(hash)
	if s.places[i] == hash {
		return false
	}
	s.places[i] = hash
	s.bits[hash>>6&uint64(len(s.bits)-1)] |= bitsOf(hash)
	return true
}

// probe returns the place of a hash: where it is, or where it would be.
func (s *hashSet) probe(hash uint64) int {
	mask := len(s.places) - 1
	i := int(hash>>7) & mask
	for s.places[i] != 0 && s.places[i] != hash {
		i = (i + 1) & mask
	}
	return i
}

func (s *hashSet) has(hash uint64) bool {
	if hash == 0 || len(s.places) == 0 {
		return hash == 0 && s.zero
	}
	return s.may(hash) && s.places[s.probe(hash)] == hash
}

// may is false of a hash other than 0 that is not in the set, but for one of 40; it
// takes no call.
func (s *hashSet) may(hash uint64) bool {
	return len(s.bits) > 0 && s.bits[hash>>6&uint64(len(s.bits)-1)]&bitsOf(hash) == bitsOf(hash)
}

// bitsOf are a hash's bits in its word. Hashes of keys have 46 bits: see cutHash.
func bitsOf(hash uint64) uint64 { return 1<<(hash&63) | 1<<(hash>>40&63) }
