package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/zeebo/xxh3"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/state"
)

// That an incident was paid before is asked of what is derived from earlier runs.
// The pass over the open credits reads the runs themselves: whatever became of what
// is derived, a credit that is still open is not issued again.

// issuedIDs tells of a credit id whether tonight issues it. Nearly all of the open
// credits it tells apart by a few bits.
type issuedIDs struct {
	issued []*award.Decision // by credit id
	bits   []uint64          // a power of two of them, or none
}

// idBits is how many bits there are for a credit that is issued, and idProbes how
// many of them are its own: of others, one of a thousand is looked for.
const (
	idBits   = 32
	idProbes = 3
)

func newIssuedIDs(issued []*award.Decision) *issuedIDs {
	s := &issuedIDs{issued: issued}
	if len(issued) == 0 {
		return s
	}
	s.bits = make([]uint64, 1<<bits.Len(uint(len(issued)*idBits/64)))
	var id, before []byte
	sorted := true
	for _, d := range issued {
		id, before = d.Incident.Key.AppendCreditID(before[:0]), id
		sorted = sorted && bytes.Compare(before, id) <= 0
		hash := xxh3.Hash(id)
		for range idProbes {
			s.bits[hash>>6&uint64(len(s.bits)-1)] |= 1 << (hash & 63)
			hash = bits.RotateLeft64(hash, 21)
		}
	}
	if !sorted {
		s.issued = slices.SortedFunc(slices.Values(issued), func(a, b *award.Decision) int {
			return a.Incident.Key.Compare(b.Incident.Key)
		})
	}
	return s
}

// has reports whether tonight issues a credit.
func (s *issuedIDs) has(id string) bool {
	if len(s.bits) == 0 {
		return false
	}
	hash := xxh3.HashString(id)
	for range idProbes {
		if s.bits[hash>>6&uint64(len(s.bits)-1)]>>(hash&63)&1 == 0 {
			return false
		}
		hash = bits.RotateLeft64(hash, 21)
	}
	_, found := sort.Find(len(s.issued), func(i int) int { return cmp.Compare(id, s.issued[i].Incident.CreditID()) })
	return found
}

// issuedBefore is why a credit of the file is not issued again.
func issuedBefore(c *ledger.Credit) error {
	return fmt.Errorf("%s: credit %s would be issued a second time: %s/ does not know of it; amends verify makes %s/ again",
		openFile, c.CreditID, state.DerivedFolder, state.DerivedFolder)
}
