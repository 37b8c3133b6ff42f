package match

import (
	"strings"

	"amends/pipeline/award"
)

// lay gives the incidents of a part their ids, and puts them side by side in the
// order of these, each with its awards and its texts but for facts, which are read
// once. The stages after this one go over incidents many times: in the order of
// rows, which is none of theirs, each would wait for memory at every step.
func (m *merger) lay() {
	incidents := make([]award.Incident, len(m.found))
	awards, textBytes := 0, 0
	for i := range m.found {
		inc := &incidents[i]
		*inc = *m.found[i].incident
		awards += len(inc.Awards)
		textBytes += len(inc.EventID) + len(inc.Customer) + len(inc.Order) + len(inc.Seller)
	}
	var texts, ids strings.Builder // whose texts stay where they are: they have room for all
	texts.Grow(textBytes)
	ids.Grow(len(incidents) * award.IDBytes)
	list := make([]award.Award, 0, awards)
	for i := range incidents {
		inc := &incidents[i]
		first := len(list)
		list = append(list, inc.Awards...)
		inc.Awards = list[first:len(list):len(list)]
		for _, text := range [...]*string{&inc.EventID, &inc.Customer, &inc.Order, &inc.Seller} {
			from := texts.Len()
			texts.WriteString(*text)
			*text = texts.String()[from:]
		}
		var id [award.IDBytes]byte
		ids.Write(m.found[i].key.AppendIncidentID(id[:0]))
		inc.ID = ids.String()[i*award.IDBytes:]
		m.found[i].incident = inc
	}
}
