package analysis

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"

	"amends/pipeline/award"
)

// Examples are so many of the largest awards, and as many others: a page that
// somebody reads to the end.
const (
	maxLargest = 25
	maxRandom  = 25
)

// drawn is an award with its lot.
type drawn struct {
	lot      [sha256.Size]byte
	decision *award.Decision
}

func compareLots(a, b drawn) int {
	return cmp.Or(bytes.Compare(a.lot[:], b.lot[:]), a.decision.Incident.Key.Compare(b.decision.Incident.Key)) // as credit ids do
}

// Picks chooses awards, issued or held, to show: the largest, and of the rest those
// whose lot, the SHA-256 of the credit's id and the business date, is the smallest. It
// is one goroutine's; those of several are joined.
type Picks struct {
	date string
	top  map[string][]*award.Decision // by currency
	lots []drawn                      // the largest may be among them
	text []byte
}

// NewPicks begins with no award. Date is the business date.
func NewPicks(date string) *Picks { return &Picks{date: date, top: map[string][]*award.Decision{}} }

// Add takes in a decision.
func (p *Picks) Add(d *award.Decision) {
	if d.Outcome != award.Issued && d.Outcome != award.Held {
		return
	}
	p.large(d)
	p.text = append(d.Incident.Key.AppendCreditID(p.text[:0]), p.date...)
	p.draw(drawn{sha256.Sum256(p.text), d})
}

func (p *Picks) large(d *award.Decision) {
	top := p.top[d.Incident.Currency]
	if len(top) == maxLargest && compareLargest(d, top[maxLargest-1]) >= 0 {
		return
	}
	p.top[d.Incident.Currency] = keepLeast(top, d, maxLargest, compareLargest)
}

func (p *Picks) draw(one drawn) { p.lots = keepLeast(p.lots, one, maxLargest+maxRandom, compareLots) }

// Join adds what another chose.
func (p *Picks) Join(other *Picks) {
	for _, top := range other.top {
		for _, d := range top {
			p.large(d)
		}
	}
	for _, one := range other.lots {
		p.draw(one)
	}
}

// Chosen are the awards to show. Amounts of several currencies cannot be compared: the
// largest of each come in turn, by code, then the second of each, and so on.
func (p *Picks) Chosen() (largest, random []*award.Decision) {
	currencies := slices.Sorted(maps.Keys(p.top))
	for rank := range maxLargest {
		for _, c := range currencies {
			if rank < len(p.top[c]) && len(largest) < maxLargest {
				largest = append(largest, p.top[c][rank])
			}
		}
	}
	for _, l := range p.lots {
		if len(random) < maxRandom && !slices.Contains(largest, l.decision) {
			random = append(random, l.decision)
		}
	}
	return largest, random
}

func compareLargest(a, b *award.Decision) int {
	if a.Minor != b.Minor {
		return -cmp.Compare(a.Minor, b.Minor)
	}
	return a.Incident.Key.Compare(b.Incident.Key) // as credit ids do
}

// keepLeast adds to a sorted list of the least ones so far, of at most so many.
func keepLeast[E any](list []E, one E, most int, compare func(a, b E) int) []E {
	if len(list) == most && compare(one, list[most-1]) >= 0 {
		return list
	}
	at, _ := slices.BinarySearchFunc(list, one, compare)
	list = slices.Insert(list, at, one)
	return list[:min(len(list), most)]
}
