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
	return cmp.Or(bytes.Compare(a.lot[:], b.lot[:]), cmp.Compare(a.decision.Incident.ID, b.decision.Incident.ID))
}

// Pick chooses awards, issued or held, to show: the largest, and of the rest
// those whose lot, the SHA-256 of the credit's id and the business date, is the
// smallest. Amounts of several currencies cannot be compared: the largest of each
// come in turn, by code, then the second of each, and so on.
func Pick(decisions []*award.Decision, date string) (largest, random []*award.Decision) {
	top := map[string][]*award.Decision{}
	var lots []drawn
	var buffer []byte
	for _, d := range decisions {
		if d.Outcome != award.Issued && d.Outcome != award.Held {
			continue
		}
		top[d.Incident.Currency] = keepLeast(top[d.Incident.Currency], d, maxLargest, compareLargest)
		buffer = append(d.Incident.AppendCreditID(buffer[:0]), date...)
		lots = keepLeast(lots, drawn{sha256.Sum256(buffer), d}, maxLargest+maxRandom, compareLots) // the largest may be among them
	}
	currencies := slices.Sorted(maps.Keys(top))
	for rank := range maxLargest {
		for _, c := range currencies {
			if rank < len(top[c]) && len(largest) < maxLargest {
				largest = append(largest, top[c][rank])
			}
		}
	}
	for _, l := range lots {
		if len(random) < maxRandom && !slices.Contains(largest, l.decision) {
			random = append(random, l.decision)
		}
	}
	return largest, random
}

func compareLargest(a, b *award.Decision) int {
	return cmp.Or(-cmp.Compare(a.Minor, b.Minor), cmp.Compare(a.Incident.ID, b.Incident.ID))
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
