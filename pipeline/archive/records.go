package archive

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"runtime"
	"slices"
	"sync"

	"amends/pipeline/ledger"
)

// records are what is kept of one night's postings: the postings, packed, in the
// order of the chain, and references to them in the order of a volume. What a
// record says is made of its posting.
type records struct {
	parts []*recordPart
	refs  [len(recordSpaces)][]reference // by space
	mixed byte                           // what was read of what comes next: see packed.nearHead
}

// recordPart is the records of neighbours.
type recordPart struct {
	packed
	first int // of the postings, in the order of the chain
	refs  [len(recordSpaces)][]reference
}

// recordSpaces are all spaces, in the order of their keys.
var recordSpaces = [...]space{byCredit, byEvent, byCustomer, byOrder}

// reference is a record's key, but for its space, and where the head of its posting is. Records
// of one key stand in the order of the chain.
type reference struct {
	id       Digest
	part, at uint32
}

func (r reference) digest() Digest { return r.id }

// recordsOf are the records of what a night posted. Postings are let go of as
// soon as their records are made.
func (c *Config) recordsOf(night int) (*records, error) {
	r := &records{}
	var mu sync.Mutex
	err := c.Postings(night, func(first int, postings []ledger.Posting) error {
		part := recordsOfPart(postings)
		part.first = first
		mu.Lock()
		defer mu.Unlock()
		r.parts = append(r.parts, part)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(r.parts, func(a, b *recordPart) int { return cmp.Compare(a.first, b.first) })
	_ = inParallel(len(recordSpaces), runtime.GOMAXPROCS(0), func(n int) error {
		lists := make([][]reference, len(r.parts))
		for i, part := range r.parts {
			lists[i], part.refs[n] = part.refs[n], nil
			for k := range lists[i] {
				lists[i][k].part = uint32(i)
			}
		}
		r.refs[n] = sortedByDigest(lists, func(a, b reference) int {
			return cmp.Or(a.id.Compare(b.id), cmp.Compare(a.part, b.part), cmp.Compare(a.at, b.at))
		})
		return nil
	})
	return r, nil
}

// recordsOfPart are those of some postings, which it keeps nothing of.
func recordsOfPart(postings []ledger.Posting) *recordPart {
	p := &recordPart{}
	for n := range p.refs {
		p.refs[n] = make([]reference, 0, len(postings))
	}
	room := packingRoom.Get().(*packed)
	defer packingRoom.Put(room)
	room.heads, room.tails = slices.Grow(room.heads[:0], len(postings)*headBytes), slices.Grow(room.tails[:0], len(postings)*tailBytes)
	for i := range postings {
		at := room.add(&postings[i])
		for n, s := range recordSpaces {
			if id := idOf(s, &postings[i]); id != "" {
				p.refs[n] = append(p.refs[n], reference{id: DigestOf(id), at: at})
			}
		}
	}
	p.packed = packed{bytes.Clone(room.heads), bytes.Clone(room.tails)}
	return p
}

// packingRoom is memory in which postings are packed before it is known how much they
// take.
var packingRoom = sync.Pool{New: func() any { return new(packed) }}

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

// gatheredRecords is how many records are put together before they are visited.
const gatheredRecords = 1 << 10

// each visits all records in order. Values lie all over the memory: while some are
// visited, the next are brought together. Key and value are its own until visit
// returns.
func (r *records) each(visit func(k *key, value []byte) error) error {
	full, free, given := make(chan []byte, 2), make(chan []byte, 4), make(chan struct{})
	for range cap(free) {
		free <- nil
	}
	defer close(given) // after an error nothing more is gathered
	go func() {
		defer close(full)
		for n, s := range recordSpaces {
			for refs := range slices.Chunk(r.refs[n], gatheredRecords) {
				var buffer []byte
				select {
				case buffer = <-free:
				case <-given:
					return
				}
				select {
				case full <- r.gather(buffer[:0], s, refs):
				case <-given:
					return
				}
			}
		}
	}()
	for gathered := range full {
		for rest := gathered; len(rest) > 0; {
			k := key(rest[:keyBytes])
			end := keyBytes + numberBytes + int(binary.LittleEndian.Uint32(rest[keyBytes:]))
			if err := visit(&k, rest[keyBytes+numberBytes:end]); err != nil {
				return err
			}
			rest = rest[end:]
		}
		free <- gathered
	}
	return nil
}

// gather appends records of a space: the key, the value's length and the value.
func (r *records) gather(b []byte, s space, refs []reference) []byte {
	for near := range slices.Chunk(refs, nearRecords) {
		r.near(s, near)
		for _, ref := range near {
			k, part := ref.id.key(s), r.parts[ref.part]
			b = append(b, k[:]...)
			b = append(b, make([]byte, numberBytes)...)
			start := len(b)
			if s == byCredit {
				b = part.appendPosting(b, ref.at)
			} else {
				b = part.appendEntry(b, s, ref.at)
			}
			binary.LittleEndian.PutUint32(b[start-numberBytes:], uint32(len(b)-start))
		}
	}
	return b
}

// near has the memory fetched that some records are made of.
func (r *records) near(s space, refs []reference) {
	for _, ref := range refs {
		r.mixed ^= r.parts[ref.part].nearHead(ref.at)
	}
	if s != byCredit {
		return
	}
	for _, ref := range refs {
		r.mixed ^= r.parts[ref.part].nearTail(ref.at)
	}
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
	records, err := a.config.recordsOf(s.first)
	if err != nil {
		return err
	}
	w := newWriter(out, a.footerOf(s), records.keys())
	if err := records.each(w.add); err != nil {
		return err
	}
	return w.close()
}
