package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"math/bits"
	"runtime"
	"slices"

	"amends/pipeline/ledger"
)

// records are what is kept of one night's postings: values in the order of the
// chain, where a posting's texts lie together, and references to them in the
// order of a volume.
type records struct {
	parts []*recordPart
	refs  [len(recordSpaces)][]reference // by space
}

// recordPart is the records of partPostings neighbours.
type recordPart struct {
	values [len(recordSpaces)][]byte // each after its length
	refs   [len(recordSpaces)][]reference
}

const (
	partPostings = 1 << 13
	lengthBytes  = 4
	valueBytes   = 1 << 7 // about, of a record: parts begin with as much room
)

// recordSpaces are all spaces, in the order of their keys.
var recordSpaces = [...]space{byCredit, byEvent, byCustomer, byOrder}

// reference is a record's key, but for its space, and where its value is. Records
// of one key stand in the order of the chain.
type reference struct {
	id       digest
	part, at uint32
}

func (r reference) digest() digest { return r.id }

// recordsOf are the records of a night's postings.
func recordsOf(postings []ledger.Posting) *records {
	if !slices.IsSortedFunc(postings, ledger.Compare) {
		postings = slices.SortedFunc(slices.Values(postings), ledger.Compare)
	}
	r := &records{parts: make([]*recordPart, (len(postings)+partPostings-1)/partPostings)}
	_ = inParallel(len(r.parts), runtime.GOMAXPROCS(0), func(n int) error {
		first := n * partPostings
		r.parts[n] = recordsOfPart(postings[first:min(first+partPostings, len(postings))], uint32(n))
		return nil
	})
	_ = inParallel(len(recordSpaces), len(recordSpaces), func(n int) error {
		var list []reference
		for _, part := range r.parts {
			list = append(list, part.refs[n]...)
			part.refs[n] = nil
		}
		r.refs[n] = sortedByDigest(list, func(a, b reference) int {
			return cmp.Or(compareDigests(a.id, b.id), cmp.Compare(a.part, b.part), cmp.Compare(a.at, b.at))
		})
		return nil
	})
	return r
}

// recordsOfPart are those of some postings.
func recordsOfPart(postings []ledger.Posting, part uint32) *recordPart {
	p := &recordPart{}
	for n, s := range recordSpaces {
		values, refs := make([]byte, 0, len(postings)*valueBytes), make([]reference, 0, len(postings))
		for i := range postings {
			id := idOf(s, &postings[i])
			if id == "" {
				continue
			}
			values = append(values, make([]byte, lengthBytes)...)
			start := len(values)
			values = appendValue(values, s, &postings[i])
			binary.LittleEndian.PutUint32(values[start-lengthBytes:], uint32(len(values)-start))
			refs = append(refs, reference{digestOf(s, id), part, uint32(start)})
		}
		p.values[n], p.refs[n] = values, refs
	}
	return p
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
func (r *records) each(visit func(k *key, value []byte) error) error {
	for n, s := range recordSpaces {
		for _, ref := range r.refs[n] {
			k := ref.id.key(s)
			values := r.parts[ref.part].values[n]
			size := binary.LittleEndian.Uint32(values[ref.at-lengthBytes:])
			if err := visit(&k, values[ref.at:ref.at+size]); err != nil {
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
