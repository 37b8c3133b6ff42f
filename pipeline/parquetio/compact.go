package parquetio

import "errors"

// errMalformed is why bytes are no Thrift compact structure.
var errMalformed = errors.New("malformed or truncated metadata")

// maxCompactDepth bounds the nesting of metadata; Parquet's own needs seven.
const maxCompactDepth = 32

// The types of Thrift's compact protocol.
const (
	compactStop   = 0
	compactTrue   = 1
	compactFalse  = 2
	compactByte   = 3
	compactI16    = 4
	compactI32    = 5
	compactI64    = 6
	compactDouble = 7
	compactBinary = 8
	compactList   = 9
	compactSet    = 10
	compactMap    = 11
	compactStruct = 12
)

// compact walks Thrift compact bytes. It stands before the generated reader,
// which allocates whatever a list declares, and reads page headers. The first
// fault sticks: from then on every read gives zero.
type compact struct {
	buf   []byte
	pos   int
	depth int
	err   error
}

func (c *compact) fail() {
	if c.err == nil {
		c.err = errMalformed
	}
	c.pos = len(c.buf)
}

func (c *compact) byte() byte {
	if c.pos >= len(c.buf) {
		c.fail()
		return 0
	}
	b := c.buf[c.pos]
	c.pos++
	return b
}

func (c *compact) uvarint() uint64 {
	var v uint64
	for shift := 0; shift < 70; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.fail()
	return 0
}

func (c *compact) zigzag() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// int32 reads an integer that must fit 32 bits.
func (c *compact) int32() int32 {
	v := c.zigzag()
	if v != int64(int32(v)) {
		c.fail()
		return 0
	}
	return int32(v)
}

func (c *compact) advance(n uint64) {
	if n > uint64(len(c.buf)-c.pos) {
		c.fail()
		return
	}
	c.pos += int(n)
}

// list reads the head of a list or set. Every element takes at least a byte,
// so a size beyond the bytes that are left is a lie.
func (c *compact) list() (size int, kind byte) {
	head := c.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = c.uvarint()
	}
	kind = head & 0x0f
	if n > uint64(len(c.buf)-c.pos) || n > 0 && (kind == compactStop || kind > compactStruct) {
		c.fail()
		return 0, kind
	}
	return int(n), kind
}

// fields calls field for each field of a struct; field reads the value and
// returns true, or returns false to have it skipped.
func (c *compact) fields(field func(id int, kind byte) bool) {
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxCompactDepth {
		c.fail()
	}
	id := 0
	for c.err == nil {
		head := c.byte()
		kind := head & 0x0f
		if head == compactStop {
			return
		}
		if delta := int(head >> 4); delta != 0 {
			id += delta
		} else {
			id = int(c.zigzag())
		}
		if kind == compactStop || kind > compactStruct || id < -32768 || id > 32767 {
			c.fail()
			return
		}
		if field == nil || !field(id, kind) {
			c.skip(kind)
		}
	}
}

// skip passes over the value of a field.
func (c *compact) skip(kind byte) {
	switch kind {
	case compactTrue, compactFalse: // the value is in the field's head
	case compactByte:
		c.advance(1)
	case compactI16, compactI32, compactI64:
		c.uvarint()
	case compactDouble:
		c.advance(8)
	case compactBinary:
		c.advance(c.uvarint())
	case compactList, compactSet:
		size, element := c.list()
		for i := 0; i < size && c.err == nil; i++ {
			c.skipElement(element)
		}
	case compactMap:
		size := c.uvarint()
		if size > uint64(len(c.buf)-c.pos) {
			c.fail()
		}
		if size == 0 || c.err != nil {
			return
		}
		kinds := c.byte()
		for i := uint64(0); i < size && c.err == nil; i++ {
			c.skipElement(kinds >> 4)
			c.skipElement(kinds & 0x0f)
		}
	case compactStruct:
		c.fields(nil)
	default:
		c.fail()
	}
}

// skipElement passes over an element of a list, set or map, where a bool takes
// a byte of its own.
func (c *compact) skipElement(kind byte) {
	if kind == compactTrue || kind == compactFalse {
		c.advance(1)
		return
	}
	c.depth++
	if c.depth > maxCompactDepth {
		c.fail()
	}
	c.skip(kind)
	c.depth--
}
