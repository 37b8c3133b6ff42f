package match

// hashSet is a set of hashes. It is asked for millions, most of which it does not
// have and a bit says so.
type hashSet struct {
	places []uint64 // a power of two of them, or none; 0 is empty
	bits   []uint64 // a bit for some of the hashes each: bitsPerPlace times as many as places
	count  int
	zero   bool // the hash 0 is in it
}

// bitsPerPlace is 16 bits for a hash or more: of hashes that are not in the set,
// one of 16 is looked for.
const bitsPerPlace = 8

func (s *hashSet) add(hash uint64) {
	if hash == 0 {
		s.zero = true
		return
	}
	if 2*s.count >= len(s.places) {
		old := s.places
		s.places = make([]uint64, max(64, 2*len(old)))
		s.bits = make([]uint64, len(s.places)*bitsPerPlace/64)
		for _, h := range old {
			if h != 0 {
				s.put(h)
			}
		}
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
	s.bits[hash>>6&uint64(len(s.bits)-1)] |= 1 << (hash & 63)
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
	if s.bits[hash>>6&uint64(len(s.bits)-1)]>>(hash&63)&1 == 0 {
		return false
	}
	return s.places[s.probe(hash)] == hash
}
