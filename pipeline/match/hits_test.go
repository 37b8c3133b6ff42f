package match

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"amends/pipeline/award"
)

// Each incident is found where it was added, however many its part has; and so is what
// it keeps, in slabs of all sizes.
func TestHitsAreWhereTheyWereAdded(t *testing.T) {
	const part, several = 5, 3*mostHits + manySlabs*fewHits
	type added struct {
		key award.Key
		at  int32
	}
	var h hits
	var all []added
	for n := range several {
		for _, in := range []int{part, part + 1 + n%40} { // one part has many, forty have few
			var key award.Key
			key[0] = byte(in << 2)
			binary.BigEndian.PutUint32(key[1:], uint32(n))
			at, inc, keeper := h.add(award.Incident{Key: key})
			keeper.Add(inc, award.Parties{EventID: key.IncidentID()}, nil, func(to []byte) []byte { return to })
			all = append(all, added{key, at})
		}
	}
	h.end()
	for _, a := range all {
		if inc := h.at(a.key, a.at); inc.Key != a.key || inc.EventID() != a.key.IncidentID() {
			t.Fatalf("at %d is %x, event %s; %x was added", a.at, inc.Key, inc.EventID(), a.key)
		}
	}
	slabs := h.parts[part].slabs
	if last := cap(slabs[len(slabs)-1]); last != mostHits {
		t.Errorf("%d incidents end in a slab of %d", several, last)
	}
}

// What a slab of many has is not put side by side with that of other parts.
func TestManyHitsStandByThemselves(t *testing.T) {
	const sideBySide = 32 << 10 // bytes of the largest that the runtime puts so
	if bytes := unsafe.Sizeof(award.Incident{}) * mostHits; bytes <= sideBySide {
		t.Errorf("a slab of %d incidents has %d bytes", mostHits, bytes)
	}
}
