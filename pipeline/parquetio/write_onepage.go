package parquetio

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unsafe"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// inOnePage reports whether the plain values of rows [first, end) are one page. The
// library looks whether a page is full after each plainBatch of them.
func (w *Writer) inOnePage(c *Column, first, end int) bool {
	before := (end - first - 1) / plainBatch * plainBatch // rows before the last look
	bits := 0
	switch c.Type {
	case Int64, Timestamp, LocalTimestamp, Decimal64:
		bits = 64 * before
	case Int32, Date:
		bits = 32 * before
	case Bool:
		if c.Valid != nil && before > 0 {
			return false // see finishBits: batches are of any number of values
		}
		bits = before
	case String:
		for row := first; row < first+before; row++ {
			if !c.Null(row) {
				bits += 8 * (4 + len(c.Strings[row]))
			}
		}
	default:
		return false
	}
	return w.ours() && int64(bits/8) < w.options.DataPageBytes
}

// encodeOnePage encodes rows [first, end) of a column, whose values are in one
// page: as codes, where the column has a dictionary, or plain.
func (w *Writer) encodeOnePage(place *metadata.ColumnChunkMetaDataBuilder, s *scratch, i int, c *Column, first, end int) *pagedChunk {
	coded, encoding := w.columns[i] == w.dictionary, parquet.Encodings.Plain
	if coded {
		encoding = parquet.Encodings.RLEDict
	}
	chunk := w.paged(place, i, end-first, encoding)
	said := metadata.EncodedStatistics{HasNullCount: true, HasDistinctCount: true} // nobody counts distinct values
	if coded {
		s.page.body = s.page.body[:0]
		if c.Type == String { // each entry is some row's value
			s.page.texts(s.coder.texts, &said)
		} else {
			s.page.ints(s.coder.wide, c.Type, &said)
		}
		chunk.page(&s.page, pageDictionary, int32(s.coder.entries()), parquet.Encodings.Plain, s.page.body, nil)
	}
	said.NullCount = int64(s.page.levels(c, first, end))
	switch {
	case coded:
		s.page.codes(c, first, s.coder.codes, s.coder.entries())
	case c.Type == String:
		s.texts = present(s.texts, c, c.Strings, first, end, borrow)
		s.page.texts(s.texts, &said)
	case c.Type == Bool:
		s.bools = present(s.bools, c, c.Ints, first, end, func(v int64) bool { return v != 0 })
		s.page.bools(s.bools, &said)
	default:
		s.wide = present(s.wide, c, c.Ints, first, end, func(v int64) int64 { return v })
		s.page.ints(s.wide, c.Type, &said)
	}
	said.ApplyStatSizeLimits(int(w.columns[i].MaxStatsSizeFor(place.Descr().Path())))
	chunk.page(&s.page, pageDataV1, int32(end-first), encoding, s.page.body, &said)
	chunk.said(said)
	return chunk
}

// levels begins a page with the definition levels of rows [first, end), if the
// column has such, and returns how many of them are null.
func (p *pageScratch) levels(c *Column, first, end int) (nulls int) {
	p.body = p.body[:0]
	if !c.Optional {
		return 0
	}
	p.body = append(p.body, 0, 0, 0, 0) // their length comes first
	if c.Valid == nil {
		p.body = appendRepeated(p.body, 1, end-first, 1)
	} else {
		levels := unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(c.Valid[first:end]))), end-first) // true is 1
		for _, level := range levels {
			nulls += 1 - int(level)
		}
		p.body = appendHybrid(p.body, levels, 1)
	}
	binary.LittleEndian.PutUint32(p.body, uint32(len(p.body)-4))
	return nulls
}

// codes appends the codes of rows from first on that are not null. It moves these
// to the front.
func (p *pageScratch) codes(c *Column, first int, codes []int32, entries int) {
	width := bits.Len(uint(max(entries, 1) - 1))
	if entries == 1 {
		width = 1
	}
	if c.Valid != nil {
		all := codes
		codes = codes[:0]
		for i, code := range all {
			if c.Valid[first+i] {
				codes = append(codes, code)
			}
		}
	}
	p.body = appendHybrid(append(p.body, byte(width)), codes, width)
}

// texts appends texts with their lengths, and says which is the least and which
// the greatest.
func (p *pageScratch) texts(values []parquet.ByteArray, said *metadata.EncodedStatistics) {
	if len(values) == 0 {
		return
	}
	least, greatest := values[0], values[0]
	for _, text := range values {
		p.body = append(binary.LittleEndian.AppendUint32(p.body, uint32(len(text))), text...)
		if bytes.Compare(text, least) < 0 {
			least = text
		}
		if bytes.Compare(text, greatest) > 0 {
			greatest = text
		}
	}
	said.SetMin(bytes.Clone(least)).SetMax(bytes.Clone(greatest))
}

// ints appends integers as they are stored.
func (p *pageScratch) ints(values []int64, of ColumnType, said *metadata.EncodedStatistics) {
	said.Signed = true
	if len(values) == 0 {
		return
	}
	least, greatest := values[0], values[0]
	for _, v := range values {
		least, greatest = min(least, v), max(greatest, v)
	}
	if of == Int32 || of == Date {
		for _, v := range values {
			p.body = binary.LittleEndian.AppendUint32(p.body, uint32(v))
		}
		said.SetMin(binary.LittleEndian.AppendUint32(nil, uint32(least))).SetMax(binary.LittleEndian.AppendUint32(nil, uint32(greatest)))
		return
	}
	for _, v := range values {
		p.body = binary.LittleEndian.AppendUint64(p.body, uint64(v))
	}
	said.SetMin(binary.LittleEndian.AppendUint64(nil, uint64(least))).SetMax(binary.LittleEndian.AppendUint64(nil, uint64(greatest)))
}

// boolBytes is how many bytes the library fills with bits before it begins anew.
const boolBytes = 1 << 10

// bools appends a bit for each value.
func (p *pageScratch) bools(values []bool, said *metadata.EncodedStatistics) {
	said.Signed = true
	if len(values) == 0 {
		return
	}
	least, greatest, begun := byte(1), byte(0), len(p.body)
	for i, v := range values {
		bit := byte(0)
		if v {
			bit = 1
		}
		if i%8 == 0 {
			p.body = append(p.body, 0)
		}
		p.body[len(p.body)-1] |= bit << (i % 8)
		least, greatest = min(least, bit), max(greatest, bit)
	}
	finishBits(p.body[begun:], len(values)%8)
	said.SetMin([]byte{least}).SetMax([]byte{greatest})
}

// finishBits fills the last byte, of which so many bits are values. Nobody reads
// the rest, but files are to stay as they are: the library leaves there what the
// byte had before, or the byte before it where a batch begins.
func finishBits(bits []byte, used int) {
	last := len(bits) - 1
	if used == 0 {
		return
	}
	switch {
	case last > 0 && last%(plainBatch/8) == 0 && last%boolBytes > 0:
		bits[last] |= bits[last-1] >> used << used
	case last >= boolBytes:
		bits[last] |= bits[last-boolBytes] >> used << used
	}
}
