package match

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// sighting is one row that was looked at, or that shares its incident with one. It
// has no pointers: there are as many as hits, and the collector passes them by.
type sighting struct {
	key         award.Key
	digest      digest // of every column that decides
	order       int64  // of the key's first column; see ir.Value.Order
	hash        uint64 // of the key; only of rows that were looked at
	row         int64
	version     int64 // its value, or a text's index in seenRows.versions
	rowGroup    int32
	file        int32 // index in seenRows.files
	index       int32 // of matched: in Finder.hits; of rejected: in Finder.rejects
	versionKind ir.Kind
	class       class
	brief       bool // digest is not known
}

// seenRows are rows that were seen together.
type seenRows struct {
	list     []sighting
	files    []string
	versions []string // where versions are texts
}

// add adds the sighting of row i of a batch, with what tells the rows of one
// incident apart.
func (r *seenRows) add(s *Source, sight sighting, place award.Place, batch *ir.Batch, i int, texts *textArena) *sighting {
	if n := len(r.files); n == 0 || r.files[n-1] != place.File {
		r.files = append(r.files, place.File)
	}
	sight.file, sight.rowGroup, sight.row = int32(len(r.files)-1), int32(place.RowGroup), place.Row
	if s.version >= 0 {
		v := batch.Columns[s.version].Value(i)
		if sight.versionKind, sight.version = v.Kind, v.I; v.Kind == ir.String {
			sight.version = int64(len(r.versions))
			r.versions = append(r.versions, texts.keep(v.S))
		}
	}
	sight.order = batch.Columns[s.key[0]].Value(i).Order()
	if !sight.brief {
		sight.digest = s.night.Seed.rowDigest(batch.Columns[:s.decisive], i)
	}
	r.list = append(r.list, sight)
	return &r.list[len(r.list)-1]
}

// sightings are the rows that a finder saw, parted by their keys as they come: to
// bring the rows of each incident together then takes no pass over all of them.
type sightings struct {
	chunks []seenRows
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
func (s *sightings) add(seen seenRows) {
	if len(seen.list) == 0 {
		return
	}
	for i := range seen.list {
		head := binary.BigEndian.Uint64(seen.list[i].key[:])
		part := &s.parts[head/(1<<64/keyParts)]
		*part = append(*part, seenAt{head, int32(len(s.chunks)), int32(i)})
	}
	s.chunks = append(s.chunks, seen)
}

// len is how many rows there are.
func (s *sightings) len() (rows int) {
	for i := range s.chunks {
		rows += len(s.chunks[i].list)
	}
	return rows
}

// member is a row that was seen.
type member struct {
	*seenChunk
	*sighting
}

func (m member) incident() *award.Incident { return m.finder.hits.at(m.key, m.index) }

// counts reports whether the incident of a row has to be settled.
func (m member) counts() bool { return m.class == matched || m.class == rejected }

func (m member) place() award.Place {
	return award.Place{File: m.file(), RowGroup: int(m.rowGroup), Row: m.row}
}

func (m member) file() string { return m.rows.files[m.sighting.file] }

func (m member) version() ir.Value {
	if m.versionKind == ir.String {
		return ir.StringValue(m.rows.versions[m.sighting.version])
	}
	return ir.Value{Kind: m.versionKind, I: m.sighting.version}
}

// company is all rows that were seen, of which those of one incident may be
// anywhere.
type company struct {
	chunks []seenChunk
	parts  [keyParts][][]seenAt // each of the rows of some chunks
	firsts []int32              // the first of those chunks, by their place in each of parts
}

type seenChunk struct {
	source int // index in tally.sources
	finder *Finder
	rows   *seenRows
}

func companyOf(t *tally, finders []*Finder) *company {
	c := &company{}
	for _, f := range finders {
		c.firsts = append(c.firsts, int32(len(c.chunks)))
		source := t.number(f)
		for i := range f.seen.chunks {
			c.chunks = append(c.chunks, seenChunk{source, f, &f.seen.chunks[i]})
		}
		for part := range c.parts {
			c.parts[part] = append(c.parts[part], f.seen.parts[part])
		}
	}
	return c
}

func (c *company) row(at seenAt) member {
	chunk := &c.chunks[at.chunk]
	return member{chunk, &chunk.rows.list[at.row]}
}

// sameKey appends to rows those of the first key of a sorted list.
func (c *company) sameKey(rows []member, list []seenAt) []member {
	first := c.row(list[0])
	rows = append(rows, first)
	for _, at := range list[1:] {
		if at.head != list[0].head {
			break
		}
		row := c.row(at)
		if row.key != first.key {
			break
		}
		rows = append(rows, row)
	}
	return rows
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
