package match

import "amends/pipeline/award"

// hits are the incidents that the rows of a finder brought up, parted by their keys
// as sightings are: what those of a part take is let go of once they are laid.
type hits struct {
	parts [keyParts]hitPart
	facts int // bytes, of slabs that have ended

	// Shelf is where facts lie of slabs that end after there were more bytes of them
	// than most; nil where all stay in memory.
	shelf *shelf
	most  int
}

type hitPart struct {
	slabs  [][]award.Incident // a slab never moves; the last one is filled
	keeper *award.Keeper      // of the last slab; nil where that has ended
}

// A slab has twice the incidents of the one before it, up to fewHits: small nights have
// few, and in large ones nothing much is left empty. After manySlabs it has mostHits: it,
// and mostly the texts and the awards of its incidents, are more than 32 KiB each then,
// and stand by themselves. The runtime puts what is smaller side by side with that of
// other parts, and a part that was laid would leave holes between theirs.
const (
	leastHits = 4
	fewHits   = 64
	mostHits  = 768
	manySlabs = 16
)

// partOf is the part of a key.
func partOf(key award.Key) int { return int(key[0]) * keyParts >> 8 }

// add takes in an incident. Its place is good among those of its key's part. What
// the keeper is given it has once the hits have ended.
func (h *hits) add(inc award.Incident) (at int32, added *award.Incident, keeper *award.Keeper) {
	p := &h.parts[partOf(inc.Key)]
	last := len(p.slabs) - 1
	if last < 0 || p.keeper == nil || len(p.slabs[last]) == cap(p.slabs[last]) {
		size := leastHits
		switch {
		case last+1 >= manySlabs:
			size = mostHits
		case last >= 0:
			size = min(2*cap(p.slabs[last]), fewHits)
		}
		if p.keeper == nil {
			p.keeper = &award.Keeper{}
		} else {
			h.endSlab(p)
		}
		p.keeper.Begin()
		p.slabs = append(p.slabs, make([]award.Incident, 0, size))
		last++
	}
	slab := append(p.slabs[last], inc)
	p.slabs[last] = slab
	return int32(last*mostHits + len(slab) - 1), &slab[len(slab)-1], p.keeper
}

// end has the incidents keep what their keepers were given.
func (h *hits) end() {
	for i := range h.parts {
		if p := &h.parts[i]; p.keeper != nil {
			h.endSlab(p)
			p.keeper = nil
		}
	}
}

func (h *hits) endSlab(p *hitPart) {
	h.facts += p.keeper.FactBytes()
	if h.shelf != nil && h.facts > h.most {
		p.keeper.EndAside(h.shelf.put)
		return
	}
	p.keeper.End()
}

// at is the incident of a key at its place.
func (h *hits) at(key award.Key, at int32) *award.Incident {
	return &h.parts[partOf(key)].slabs[at/mostHits][at%mostHits]
}
