package match

import (
	"sync"

	"amends/pipeline/award"
)

// lay puts the incidents of a part side by side in the order of their keys, with
// what they keep, in place of where finders have them. The stages after this one go
// over incidents many times: in the order of rows, which is none of theirs, each would
// wait for memory at every step. Facts go to the shelf, if there is one.
func (m *merger) lay(part int, finders []*Finder, keepers *sync.Pool, facts *shelf) {
	incidents := make([]award.Incident, len(m.found))
	keeper, spare := keepers.Get().(*award.Keeper)
	if !spare {
		keeper = &award.Keeper{}
	}
	defer keepers.Put(keeper)
	keeper.Begin()
	for i := range m.found {
		if i%nearIncidents == 0 {
			near(m.found[i:min(i+nearIncidents, len(m.found))])
		}
		m.found[i].ordered = m.seed.orderHash(m.found[i].incident.Order())
		inc := &incidents[i]
		*inc = *m.found[i].incident
		keeper.Move(inc)
		m.found[i].incident = inc
	}
	if facts != nil {
		keeper.EndAside(facts.put)
	} else {
		keeper.End()
	}
	for _, f := range finders {
		f.hits.parts[part] = hitPart{}
	}
}

// nearIncidents is how many incidents' memory is fetched at once.
const nearIncidents = 64

// near has the memory fetched of some incidents, and then of what they keep. What it
// returns is of no use.
func near(list []found) (mixed byte) {
	for i := range list {
		mixed ^= list[i].incident.Near()
	}
	for i := range list {
		mixed ^= list[i].incident.NearKept()
	}
	return mixed
}
