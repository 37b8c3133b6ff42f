package parquetio

import (
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// fileMeta is what a footer says of a file, as far as reading needs it: the library
// takes ten times as long for all of it, and a check of a workspace opens a hundred
// files.
type fileMeta struct {
	bytes   []byte // the footer; what is least and greatest lies in it
	schema  []byte // of it: the list of elements
	rows    int64
	groups  []groupMeta
	ordered []bool // by leaf: whether its type says which value is least

	whole func() (*metadata.FileMetaData, error) // as the library has it
}

// groupMeta is a row group.
type groupMeta struct {
	rows   int64
	chunks []chunkMeta
}

// chunkMeta is a column chunk.
type chunkMeta struct {
	there     bool   // it says anything
	encrypted bool   // or what it says is
	file      string // where it is in another file

	kind          parquet.Type
	path          []byte // the first part
	parts         int
	codec         compress.Compression
	values        int64
	bytes         int64 // compressed
	dataAt        int64
	dictionaryAt  int64
	hasDictionary bool

	counted     bool // it has statistics
	nulls       int64
	hasNulls    bool
	least, most []byte // nil where they are not said
}

// required are the fields that a structure must have: by number their types, 0 for
// others.
type required [16]byte

// What a file, a row group, a column chunk and its metadata must have.
var (
	fileRequired  = required{1: compactI32, 2: compactList, 3: compactI64, 4: compactList}
	groupRequired = required{1: compactList, 2: compactI64, 3: compactI64}
	chunkRequired = required{2: compactI64}
	metaRequired  = required{1: compactI32, 2: compactList, 3: compactList, 4: compactI32, 5: compactI64, 6: compactI64, 7: compactI64, 9: compactI64}
)

// required visits the fields of a structure, of which those must be there. One of
// another type is not it: a file whose rows are no list would have none.
func (c *compact) required(missing required, visit func(id int, kind byte) bool) {
	c.fields(func(id int, kind byte) bool {
		if id > 0 && id < len(missing) && missing[id] == kind {
			missing[id] = 0
		}
		return visit(id, kind)
	})
	if missing != (required{}) {
		c.fail()
	}
}

// each visits the elements of a list of structures. What is made of them is
// bounded by the bytes that they take.
func (c *compact) each(visit func()) {
	size, kind := c.list()
	if size > 0 && kind != compactStruct {
		c.fail()
	}
	for i := 0; i < size && c.err == nil; i++ {
		visit()
	}
}

// binary returns bytes, in the memory of all.
func (c *compact) binary() []byte {
	n := c.uvarint()
	from := c.pos // once the length is read: a statement of both has no order
	c.advance(n)
	if c.err != nil {
		return nil
	}
	return c.buf[from:c.pos:c.pos]
}

// parseMeta reads a footer that checkFooter let pass.
func parseMeta(buf []byte) (*fileMeta, error) {
	m, c := &fileMeta{bytes: buf}, &compact{buf: buf}
	c.required(fileRequired, func(id int, kind byte) bool {
		switch {
		case id == 2 && kind == compactList:
			from := c.pos
			c.skip(kind)
			m.schema = buf[from:c.pos]
		case id == 3 && kind == compactI64:
			m.rows = c.zigzag()
		case id == 4 && kind == compactList:
			c.each(func() { m.groups = append(m.groups, c.group()) })
		case id == 7 && kind == compactList:
			c.each(func() {
				typed := false
				c.fields(func(id int, kind byte) bool {
					typed = typed || id == 1 && kind == compactStruct
					return false
				})
				m.ordered = append(m.ordered, typed)
			})
		default:
			return false
		}
		return true
	})
	if c.err != nil {
		return nil, fmt.Errorf("footer: %w", c.err)
	}
	m.whole = sync.OnceValues(func() (*metadata.FileMetaData, error) { return parseFooter(buf) })
	return m, nil
}

func (c *compact) group() (g groupMeta) {
	c.required(groupRequired, func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == compactList:
			c.each(func() { g.chunks = append(g.chunks, c.chunk()) })
		case id == 3 && kind == compactI64:
			g.rows = c.zigzag()
		default:
			return false
		}
		return true
	})
	return g
}

func (c *compact) chunk() (m chunkMeta) {
	c.required(chunkRequired, func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == compactBinary:
			m.file = string(c.binary())
		case id == 3 && kind == compactStruct:
			m.there = true
			c.required(metaRequired, c.metaFields(&m))
		case id == 8 && kind == compactStruct:
			m.encrypted = true
			return false
		default:
			return false
		}
		return true
	})
	return m
}

// metaFields reads the fields of ColumnMetaData.
func (c *compact) metaFields(m *chunkMeta) func(id int, kind byte) bool {
	return func(id int, kind byte) bool {
		switch {
		case id == 1 && kind == compactI32:
			m.kind = parquet.Type(c.int32())
		case id == 3 && kind == compactList:
			c.pathFields(m)
		case id == 4 && kind == compactI32:
			m.codec = compress.Compression(c.int32())
		case id == 5 && kind == compactI64:
			m.values = c.zigzag()
		case id == 7 && kind == compactI64:
			m.bytes = c.zigzag()
		case id == 9 && kind == compactI64:
			m.dataAt = c.zigzag()
		case id == 11 && kind == compactI64:
			m.dictionaryAt, m.hasDictionary = c.zigzag(), true
		case id == 12 && kind == compactStruct:
			m.counted = true
			c.fields(c.statisticsFields(m))
		default:
			return false
		}
		return true
	}
}

// pathFields reads a path, a list of names.
func (c *compact) pathFields(m *chunkMeta) {
	size, kind := c.list()
	if size > 0 && kind != compactBinary {
		c.fail()
	}
	m.parts = size
	for i := 0; i < size && c.err == nil; i++ {
		if part := c.binary(); i == 0 {
			m.path = part
		}
	}
}

// statisticsFields reads the fields of Statistics, but for those of old.
func (c *compact) statisticsFields(m *chunkMeta) func(id int, kind byte) bool {
	return func(id int, kind byte) bool {
		switch {
		case id == 3 && kind == compactI64:
			m.nulls, m.hasNulls = c.zigzag(), true
		case id == 5 && kind == compactBinary:
			m.most = c.binary()
		case id == 6 && kind == compactBinary:
			m.least = c.binary()
		default:
			return false
		}
		return true
	}
}
