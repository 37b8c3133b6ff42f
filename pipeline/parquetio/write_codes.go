package parquetio

import (
	"hash/maphash"
	"math"
	"math/bits"
	"unsafe"

	"github.com/apache/arrow/go/v17/parquet"
)

// SampleRows is how many rows of a file tell whether a column's values repeat.
const SampleRows = 1 << 12

// repeats reports whether rows [first, end), SampleRows at most, have at most half
// as many values as rows: then a dictionary is smaller, and cheaper to write and to
// read. Only types that coder knows have one, but for floats.
func (s *firsts) repeats(c *Column, first, end int) bool {
	rows := 0
	for row := first; row < end; row++ {
		if !c.Null(row) {
			rows++
		}
	}
	if rows == 0 || c.Type == Bool { // a bit a value: no code is smaller
		return false
	}
	s.slots = resize(s.slots, 1<<bits.Len(uint(2*rows)))
	clear(s.slots)
	values, left := 0, rows
	for row := first; row < end && 2*values <= rows && 2*(values+left) > rows; row++ {
		if c.Null(row) {
			continue
		}
		left--
		if s.add(c, first, row) {
			values++
		}
	}
	return 2*values <= rows
}

// firsts are the values of a few rows, each where it stands first.
type firsts struct {
	// slots are the rows that had a value first, counted from the sample's, plus one:
	// open addressing, a power of two.
	slots []uint16
}

// sampleSeed differs from process to process and reaches no output.
var sampleSeed = maphash.MakeSeed()

// add reports whether no row before had the value of this one.
func (s *firsts) add(c *Column, first, row int) bool {
	var hash uint64
	switch c.Type {
	case String:
		hash = maphash.String(sampleSeed, c.Strings[row])
	case Double:
		if v := c.Floats[row]; v != 0 { // −0 is 0
			hash = math.Float64bits(v)
		}
	default:
		hash = uint64(c.Ints[row])
	}
	mask := uint64(len(s.slots) - 1)
	for slot := hash * 0x9e3779b97f4a7c15 >> 32 & mask; ; slot = (slot + 1) & mask {
		if s.slots[slot] == 0 {
			s.slots[slot] = uint16(row-first) + 1
			return true
		}
		if sameValue(c, first+int(s.slots[slot])-1, row) {
			return false
		}
	}
}

// sameValue compares two rows, neither of which is null.
func sameValue(c *Column, a, b int) bool {
	switch c.Type {
	case String:
		return c.Strings[a] == c.Strings[b]
	case Double:
		return c.Floats[a] == c.Floats[b]
	}
	return c.Ints[a] == c.Ints[b]
}

// coder turns the values of a column chunk into codes of a dictionary, in order
// of appearance. The library's own hashes and allocates for every row.
type coder struct {
	codes []int32 // one a row; 0 for nulls
	texts []parquet.ByteArray
	wide  []int64

	byText map[string]int32
	recent [256]recent
	slots  []int32 // open addressing, a power of two: an index of wide, plus one
}

// recent is a text met before, known by where it lies: most texts that repeat
// are one string.
type recent struct {
	at    *byte
	bytes int
	code  int32
}

// forget lets go of the column's texts.
func (c *coder) forget() {
	clear(c.byText)
	clear(c.texts)
	clear(c.recent[:])
}

// code codes rows [first, end), or reports false where the dictionary would be
// too large or the type has none.
func (c *coder) code(column *Column, first, end int) bool {
	c.codes = resize(c.codes, end-first)
	c.texts, c.wide = c.texts[:0], c.wide[:0]
	switch column.Type {
	case String:
		return c.codeTexts(column, first, end)
	case Int64, Timestamp, LocalTimestamp, Decimal64, Int32, Date:
		return c.codeInts(column, first, end)
	}
	return false
}

func (c *coder) codeTexts(column *Column, first, end int) bool {
	if c.byText == nil {
		c.byText = map[string]int32{}
	}
	size := 0
	for i, s := range column.Strings[first:end] {
		if column.Null(first + i) {
			c.codes[i] = 0
			continue
		}
		at := unsafe.StringData(s)
		known := &c.recent[(uintptr(unsafe.Pointer(at))>>3^uintptr(unsafe.Pointer(at))>>11)&255]
		if known.at == at && known.bytes == len(s) && at != nil {
			c.codes[i] = known.code
			continue
		}
		code, ok := c.byText[s]
		if !ok {
			if size += len(s) + 4; size > dictionaryBytes {
				return false
			}
			code = int32(len(c.texts))
			c.byText[s] = code
			c.texts = append(c.texts, borrow(s))
		}
		*known = recent{at, len(s), code}
		c.codes[i] = code
	}
	return true
}

func (c *coder) codeInts(column *Column, first, end int) bool {
	const begin = 1 << 8
	c.slots = resize(c.slots, begin)
	clear(c.slots)
	last, lastCode := int64(0), int32(-1)
	for i, v := range column.Ints[first:end] {
		switch {
		case column.Null(first + i):
			c.codes[i] = 0
			continue
		case v == last && lastCode >= 0:
		default:
			last, lastCode = v, c.intCode(v)
			if len(c.wide)*8 > dictionaryBytes {
				return false
			}
		}
		c.codes[i] = lastCode
	}
	return true
}

func (c *coder) intCode(v int64) int32 {
	slot := c.slot(v)
	if c.slots[slot] > 0 {
		return c.slots[slot] - 1
	}
	c.wide = append(c.wide, v)
	code := int32(len(c.wide)) - 1
	c.slots[slot] = code + 1
	if 2*len(c.wide) > len(c.slots) {
		size := 2 * len(c.slots)
		c.slots = resize(c.slots, size)
		clear(c.slots)
		for i, old := range c.wide {
			c.slots[c.slot(old)] = int32(i) + 1
		}
	}
	return code
}

// slot is where v stands, or would.
func (c *coder) slot(v int64) int {
	mask := len(c.slots) - 1
	slot := int(uint64(v)*0x9e3779b97f4a7c15>>32) & mask
	for c.slots[slot] > 0 && c.wide[c.slots[slot]-1] != v {
		slot = (slot + 1) & mask
	}
	return slot
}

func (c *coder) entries() int { return max(len(c.texts), len(c.wide)) }

// pageBytes is more than a page of so many codes can take.
func (c *coder) pageBytes(rows int) int64 {
	width := bits.Len(uint(c.entries()))
	return int64(rows/8+1)*int64(width+2) + 1<<10
}
