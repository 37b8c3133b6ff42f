package archive

import (
	"bytes"
	"cmp"
	"io"
	"math/bits"
	"slices"

	"amends/pipeline/ledger"
)

// records are what is kept of one night's postings: references to them in the
// order of a volume.
type records struct {
	postings []ledger.Posting               // in the order of the chain
	refs     [len(recordSpaces)][]reference // by space
}

// recordSpaces are all spaces, in the order of their keys.
var recordSpaces = [...]space{byCredit, byEvent, byCustomer, byOrder}

// reference is a record's key, but for its space, and its posting. Records of
// one key stand in the order of the chain.
type reference struct {
	id      digest
	posting int32
}

func (r reference) digest() digest { return r.id }

// recordsOf are the records of a night's postings.
func recordsOf(postings []ledger.Posting) *records {
	if !slices.IsSortedFunc(postings, ledger.Compare) {
		postings = slices.SortedFunc(slices.Values(postings), ledger.Compare)
	}
	r := &records{postings: postings}
	_ = inParallel(len(recordSpaces), len(recordSpaces), func(n int) error {
		s := recordSpaces[n]
		list := make([]reference, 0, len(postings))
		for i := range postings {
			if id := idOf(s, &postings[i]); id != "" {
				list = append(list, reference{digestOf(s, id), int32(i)})
			}
		}
		r.refs[n] = sortedByDigest(list, func(a, b reference) int {
			return cmp.Or(compareDigests(a.id, b.id), cmp.Compare(a.posting, b.posting))
		})
		return nil
	})
	return r
}

// idOf is what a posting's record of a space is found by; "" for none.
func idOf(s space, p *ledger.Posting) string {
	given := p.Kind == ledger.Issue || p.Kind == ledger.Deny || p.Kind == ledger.Hold
	changed := p.Kind == ledger.Void || p.Kind == ledger.Reinstate && ledger.Kind(p.Reason) == ledger.Void
	switch {
	case s == byCredit:
		return p.CreditID
	case s == byEvent && given:
		return p.EventID
	case s == byCustomer && (given || changed):
		return p.CustomerID
	case s == byOrder && (given || changed):
		return p.OrderID
	}
	return ""
}

// appendValue appends what is kept of a posting in a space.
func appendValue(b []byte, s space, p *ledger.Posting) []byte {
	if s == byCredit {
		return appendPosting(b, p)
	}
	e := entry{date: p.BusinessDate, kind: p.Kind, creditID: p.CreditID, currency: p.Currency}
	switch p.Kind {
	case ledger.Issue:
		e.minor, e.rule = p.Minor, p.RuleID
	case ledger.Reinstate:
		e.minor = p.Minor
	case ledger.Void:
		e.minor = -p.Minor
	}
	switch s {
	case byCustomer:
		e.other = p.OrderID
	case byOrder:
		e.other = p.CustomerID
	}
	return e.append(b)
}

// each visits all records in order. Key and value are its own until visit
// returns.
//
// The values of a space are made in the order of the postings: a posting's texts
// lie together there, and are scattered in the order of digests.
func (r *records) each(visit func(k *key, value []byte) error) error {
	var values []byte
	ends := make([]int, len(r.postings)+1) // by posting, after the first
	for n, s := range recordSpaces {
		values = values[:0]
		for i := range r.postings {
			if idOf(s, &r.postings[i]) != "" {
				values = appendValue(values, s, &r.postings[i])
			}
			ends[i+1] = len(values)
		}
		for _, ref := range r.refs[n] {
			k := ref.id.key(s)
			if err := visit(&k, values[ends[ref.posting]:ends[ref.posting+1]]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *records) keys() (keys uint64) {
	for _, refs := range r.refs {
		for i := range refs {
			if i == 0 || refs[i].id != refs[i-1].id {
				keys++
			}
		}
	}
	return keys
}

// write makes a volume from the postings of its nights.
func (a *Archive) write(out io.Writer, s span) error {
	if s.first < s.last {
		return a.writeNights(out, s)
	}
	postings, err := a.config.Postings(s.first)
	if err != nil {
		return err
	}
	records := recordsOf(postings)
	w := newWriter(out, a.footerOf(s), records.keys())
	if err := records.each(w.add); err != nil {
		return err
	}
	return w.close()
}

// writeNights merges volumes of one night each, all of them in memory.
func (a *Archive) writeNights(out io.Writer, s span) error {
	var nights []*volume
	for n := s.first; n <= s.last; n++ {
		v, err := a.memory(span{n, n})
		if err != nil {
			return err
		}
		nights = append(nights, v)
	}
	return merge(out, a.footerOf(s), nights)
}

// memory makes a volume from the nights' postings.
func (a *Archive) memory(s span) (*volume, error) {
	var out bytes.Buffer
	if err := a.write(&out, s); err != nil {
		return nil, err
	}
	return openVolume(bytes.NewReader(out.Bytes()), int64(out.Len()))
}

// digested is what is found by a digest.
type digested interface{ digest() digest }

func (d digest) digest() digest { return d }

// together is about how many of a list sortedByDigest compares with each other.
const together = 8

// sortedByDigest sorts by digests first of all, which are uniform: their first
// bits say where each belongs, so that only neighbours are compared.
func sortedByDigest[T digested](list []T, compare func(a, b T) int) []T {
	shift := 64 - bits.Len(uint(len(list)/together))
	starts := make([]int32, 1<<(64-shift)+1)
	for i := range list {
		starts[list[i].digest().high>>shift+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	sorted, at := make([]T, len(list)), slices.Clone(starts)
	for i := range list {
		bucket := list[i].digest().high >> shift
		sorted[at[bucket]] = list[i]
		at[bucket]++
	}
	for bucket := range len(starts) - 1 {
		slices.SortFunc(sorted[starts[bucket]:starts[bucket+1]], compare)
	}
	return sorted
}
