package award

import (
	"math"
	"slices"
	"strings"
)

// Kept is what incidents keep that were made together: one piece of memory of each
// kind for all of them, and no pointer into it in any. Whoever keeps an id keeps no
// facts.
type Kept struct {
	texts  string        // of parties, as they stand in Parties
	facts  string        // packed, as Origin says; "" where they lie aside
	aside  func() string // returns them then: see Keeper.EndAside
	awards []Award
	alone  *Parties    // not nil where there is one incident: all of the above is its own
	packer *FactPacker // of facts of one incident
}

// Parties are whom and what an incident names.
type Parties struct {
	EventID  string
	Customer string
	Order    string // "" where the source has none
	Seller   string // "" where there is none
}

// The parties of an incident, as they stand in a Kept.
const (
	eventID = iota
	customer
	order
	seller
	partiesOf
)

// partyEnd is where a text ends among those of an incident: ids are short. What is
// beyond it stands alone.
type partyEnd = uint16

func (p *Parties) all() [partiesOf]string {
	return [partiesOf]string{eventID: p.EventID, customer: p.Customer, order: p.Order, seller: p.Seller}
}

func (inc *Incident) party(n int) string {
	k := inc.kept
	switch {
	case k == nil:
		return ""
	case k.alone != nil:
		return k.alone.all()[n]
	}
	start := inc.text
	if n > 0 {
		start += uint32(inc.ends[n-1])
	}
	return k.texts[start : inc.text+uint32(inc.ends[n])]
}

// Parties are the incident's.
func (inc *Incident) Parties() Parties {
	return Parties{EventID: inc.EventID(), Customer: inc.Customer(), Order: inc.Order(), Seller: inc.Seller()}
}

// own is a Kept of the incident alone, for it to be changed: others, and copies of
// the incident, have the one before.
func (inc *Incident) own() *Kept {
	parties := inc.Parties()
	own := &Kept{awards: inc.Awards(), alone: &parties}
	if k := inc.kept; k != nil && k.aside != nil {
		own.aside = k.aside // where its own are, the incident knows
	} else {
		facts := inc.Facts()
		own.facts, own.packer = facts.packed, facts.packer
	}
	inc.kept = own
	return own
}

// SetParties gives an incident its parties.
func (inc *Incident) SetParties(p Parties) { inc.own().alone = &p }

// SetAwards gives an incident its awards, which are the incident's from then on.
func (inc *Incident) SetAwards(awards []Award) { inc.own().awards = awards }

// SetFacts gives an incident its facts.
func (inc *Incident) SetFacts(f Facts) {
	k := inc.own()
	k.facts, k.packer, k.aside = f.packed, f.packer, nil
}

// Keeper makes what incidents keep together. It uses its memory again.
type Keeper struct {
	texts, facts []byte
	awards       []Award
	kept         *Kept
}

// Begin begins a Kept.
func (k *Keeper) Begin() {
	k.texts, k.facts, k.awards, k.kept = k.texts[:0], k.facts[:0], k.awards[:0], &Kept{}
}

// Add gives an incident its parties, its awards and its facts, which appendFacts
// packs as its Origin says; none of that is kept. The incident has them once End was called.
func (k *Keeper) Add(inc *Incident, p Parties, awards []Award, appendFacts func(to []byte) []byte) {
	text, fact, award := len(k.texts), len(k.facts), len(k.awards)
	k.facts = appendFacts(k.facts)
	list := p.all()
	long := 0
	for _, one := range list {
		long += len(one)
	}
	if long > math.MaxUint16 || len(awards) > math.MaxUint16 || max(text+long, len(k.facts), award+len(awards)) > math.MaxUint32 {
		own := Parties{EventID: strings.Clone(p.EventID), Customer: strings.Clone(p.Customer), Order: strings.Clone(p.Order), Seller: strings.Clone(p.Seller)}
		inc.kept = &Kept{facts: string(k.facts[fact:]), packer: inc.Packer, awards: slices.Clone(awards), alone: &own}
		k.facts = k.facts[:fact]
		return
	}
	for n, one := range list {
		k.texts = append(k.texts, one...)
		inc.ends[n] = partyEnd(len(k.texts) - text)
	}
	k.awards = append(k.awards, awards...)
	inc.kept, inc.text, inc.fact, inc.factEnd = k.kept, uint32(text), uint32(fact), uint32(len(k.facts))
	inc.award, inc.awards = uint32(award), uint16(len(awards))
}

// Move is Add of what an incident has, which it has from then on in this Kept. What
// is alone stays so.
func (k *Keeper) Move(inc *Incident) {
	if inc.kept == nil || inc.kept.alone != nil {
		return
	}
	k.Add(inc, inc.Parties(), inc.Awards(), func(to []byte) []byte { return append(to, inc.Facts().packed...) })
}

// FactBytes is how many bytes of facts were given to Add since Begin.
func (k *Keeper) FactBytes() int { return len(k.facts) }

// End ends the Kept.
func (k *Keeper) End() { k.EndAside(nil) }

// EndAside is End of a Kept whose facts put may take: it returns what gives them back
// whenever they are asked for, "" where that fails, which is put's to tell; or nil
// where it does not take them. The bytes are the Keeper's.
func (k *Keeper) EndAside(put func(facts []byte) func() string) {
	if put != nil && len(k.facts) > 0 {
		k.kept.aside = put(k.facts)
	}
	if k.kept.aside == nil {
		k.kept.facts = string(k.facts)
	}
	k.kept.texts, k.kept.awards = string(k.texts), slices.Clone(k.awards)
	k.kept = nil
	clear(k.awards) // which point to rules
}
