package match

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// sightings are the rows that a finder saw, parted by their keys as they come: to
// bring the rows of each incident together then takes no pass over all of them.
type sightings struct {
	chunks [][]sighting
	parts  [keyParts][]seenAt // by the first bits of keys, which are hashes: about even
}

// keyParts is into how many parts keys go: enough to share among the cores of any
// machine.
const keyParts = 64

// seenAt is a row by the first bytes of its key: without pointers, many are
// sorted sooner.
type seenAt struct {
	head       uint64
	chunk, row int32 // where it is
}

// add adds rows, which are the sightings' from then on.
func (s *sightings) add(seen []sighting) {
	if len(seen) == 0 {
		return
	}
	for i := range seen {
		head := binary.BigEndian.Uint64(seen[i].key[:])
		part := &s.parts[head/(1<<64/keyParts)]
		*part = append(*part, seenAt{head, int32(len(s.chunks)), int32(i)})
	}
	s.chunks = append(s.chunks, seen)
}

// member is a row that was seen.
type member struct {
	source int // index in tally.sources
	finder *Finder
	*sighting
}

// company is all rows that were seen, of which those of one incident may be
// anywhere.
type company struct {
	chunks []seenChunk
	parts  [keyParts][][]seenAt // each of the rows of some chunks
	firsts []int32              // the first of those chunks, by their place in each of parts
}

type seenChunk struct {
	source int
	finder *Finder
	rows   []sighting
}

func companyOf(t *tally, finders []*Finder) *company {
	c := &company{}
	for _, f := range finders {
		c.firsts = append(c.firsts, int32(len(c.chunks)))
		source := t.number(f)
		for _, rows := range f.seen.chunks {
			c.chunks = append(c.chunks, seenChunk{source, f, rows})
		}
		for part := range c.parts {
			c.parts[part] = append(c.parts[part], f.seen.parts[part])
		}
	}
	return c
}

func (c *company) row(at seenAt) member {
	chunk := &c.chunks[at.chunk]
	return member{chunk.source, chunk.finder, &chunk.rows[at.row]}
}

// rowsOfBucket is about how many rows of a part are compared with each other.
const rowsOfBucket = 4

// sorted are the rows of a part by key: the bits of a key after those that all keys
// of the part have in common say about where it belongs.
func (c *company) sorted(part int) []seenAt {
	rows := 0
	for _, of := range c.parts[part] {
		rows += len(of)
	}
	shift := 64 - bits.Len(uint(rows/rowsOfBucket))
	bucket := func(at seenAt) uint64 { return at.head * keyParts >> shift }
	ends := make([]int32, 1<<(64-shift)+1)
	for _, of := range c.parts[part] {
		for _, at := range of {
			ends[bucket(at)+1]++
		}
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	list := make([]seenAt, rows)
	for n, of := range c.parts[part] {
		for _, at := range of {
			b := bucket(at)
			at.chunk += c.firsts[n]
			list[ends[b]] = at
			ends[b]++ // from where the bucket begins to where it ends
		}
	}
	first := int32(0)
	for _, end := range ends[:len(ends)-1] {
		slices.SortFunc(list[first:end], c.compare)
		first = end
	}
	return list
}

func (c *company) compare(a, b seenAt) int {
	if a.head != b.head {
		return cmp.Compare(a.head, b.head)
	}
	return bytes.Compare(c.row(a).key[:], c.row(b).key[:])
}
