package parquetio

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"amends/rules/ir"

	"github.com/apache/arrow/go/v17/parquet"
)

// valueSource is the values of one data page, without its nulls.
type valueSource interface {
	// values decodes the next n values into v, from row first on, side by side.
	values(v *Values, first, n int) error
}

// byteStreamSplit is an encoding that the library has no name for. DuckDB's
// version 2 writes floats in it.
const byteStreamSplit parquet.Encoding = 9

// newSource picks the decoder of a data page. body is valid until the next page.
func newSource(c *Chunk, h pageHeader, body []byte) (valueSource, error) {
	limit := int(h.values)
	switch h.encoding {
	case parquet.Encodings.Plain:
		return newPlain(c.field, body, &c.buffers.lent), nil
	case parquet.Encodings.PlainDict, parquet.Encodings.RLEDict:
		return newCoded(c, body)
	case byteStreamSplit:
		if width := c.field.bytes(); c.field.Storage != StoredText && c.field.Storage != StoredBool {
			return newPlain(c.field, unsplit(body, width), nil), nil
		}
	case parquet.Encodings.RLE:
		if c.field.Storage == StoredBool {
			runs, _, err := prefixed(body)
			return &coded{codes: newHybrid(runs, 1), dictionary: &dictionary{field: c.field, ints: []int64{0, 1}, size: 2}, buffers: c.buffers}, err
		}
	case parquet.Encodings.DeltaBinaryPacked:
		if c.field.Storage == Stored32 || c.field.Storage == Stored64 {
			ints, _, err := deltaInts(body, limit, nil)
			return &decodedInts{ints: ints, narrow: c.field.Storage == Stored32, unsigned: c.field.Unsigned}, err
		}
	case parquet.Encodings.DeltaLengthByteArray:
		if c.field.Storage == StoredText {
			texts, err := deltaLengths(body, limit)
			return &decodedTexts{c.field, texts}, err
		}
	case parquet.Encodings.DeltaByteArray:
		if c.field.Storage == StoredText || c.field.Storage == StoredFixed {
			texts, err := deltaStrings(body, limit, int(c.pages.limits.PageBytes))
			return &decodedTexts{c.field, texts}, err
		}
	}
	return nil, fmt.Errorf("encoding %d is not read for %s", h.encoding, c.field.Detail)
}

// prefixed splits off bytes that their length precedes.
func prefixed(body []byte) (head, rest []byte, err error) {
	if len(body) < 4 {
		return nil, nil, errShortPage
	}
	n := binary.LittleEndian.Uint32(body)
	if uint64(n) > uint64(len(body)-4) {
		return nil, nil, errShortPage
	}
	return body[4 : 4+n], body[4+n:], nil
}

// plain decodes values one after the other.
type plain struct {
	field *Field
	body  []byte // of byte arrays the whole, of others what is left
	bit   int    // booleans
	text  string // byte arrays: what is left of body, whose memory texts share
	gone  int    // so much of body was overwritten; see Scribble
	lent  *bool  // set where texts are handed out; see Buffers
}

func newPlain(field *Field, body []byte, lent *bool) *plain {
	if field.Storage != StoredText || len(body) == 0 {
		return &plain{field: field, body: body, lent: lent}
	}
	return &plain{field: field, body: body, text: unsafe.String(&body[0], len(body)), lent: lent}
}

// isASCII reports whether no byte is 128 or above. Of texts, between
// which their lengths stand, false says nothing.
func isASCII(b []byte) bool {
	const high = 0x8080808080808080
	for ; len(b) >= 32; b = b[32:] {
		word := binary.LittleEndian.Uint64(b) | binary.LittleEndian.Uint64(b[8:]) |
			binary.LittleEndian.Uint64(b[16:]) | binary.LittleEndian.Uint64(b[24:])
		if word&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func (p *plain) values(v *Values, first, n int) error {
	switch p.field.Storage {
	case StoredText:
		*p.lent = *p.lent || n > 0
		from := len(p.body) - len(p.text)
		if err := p.texts(v.Strings[first : first+n]); err != nil {
			return err
		}
		v.plain = p.body[from : len(p.body)-len(p.text)]
		v.ASCII = v.ASCII && isASCII(v.plain) // near at hand: it was just read
		return nil
	case StoredBool:
		if p.bit+n > len(p.body)*8 {
			return errShortPage
		}
		for i := range v.Ints[first : first+n] {
			v.Ints[first+i] = int64(p.body[p.bit>>3] >> (p.bit & 7) & 1)
			p.bit++
		}
		return nil
	}
	width := p.field.bytes()
	if n > len(p.body)/width {
		return errShortPage
	}
	body := p.body[:n*width]
	p.body = p.body[n*width:]
	switch p.field.Storage {
	case Stored32:
		out := v.Ints[first : first+n]
		for i := range out {
			out[i] = p.field.widen(binary.LittleEndian.Uint32(body[4*i:]))
		}
	case Stored64:
		words(v.Ints[first:first+n], body)
	case StoredFloat:
		out := v.Floats[first : first+n]
		for i := range out {
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:])))
		}
	case StoredDouble:
		words(v.Floats[first:first+n], body)
	default: // Stored96, StoredFixed
		copy(v.Fixed[first*width:], body)
	}
	return nil
}

// isLittle says that the machine stores numbers as Parquet does.
var isLittle = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// words decodes numbers of 64 bits, which body holds.
func words[T int64 | float64](out []T, body []byte) {
	if isLittle && len(out) > 0 {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&out[0])), 8*len(out)), body)
		return
	}
	for i := range out {
		bits := binary.LittleEndian.Uint64(body[8*i:])
		out[i] = *(*T)(unsafe.Pointer(&bits))
	}
}

// texts decodes the next texts. It takes each for as long as the one before and
// then looks: where that is so, as of most ids, the processor need not wait for
// a length to know where the next one stands.
func (p *plain) texts(out []string) error {
	text, length := p.text, 0
	for i := range out {
		if len(text) < 4 {
			return errShortPage
		}
		n := uint32(text[0]) | uint32(text[1])<<8 | uint32(text[2])<<16 | uint32(text[3])<<24
		if n != uint32(length) {
			if uint64(n) > uint64(len(text)) {
				return errShortPage
			}
			length = int(n)
		}
		if length > len(text)-4 {
			return errShortPage
		}
		out[i], text = text[4:4+length], text[4+length:]
	}
	p.text = text
	return nil
}

// even takes the next n texts into v where all of them are of one length, and
// otherwise nothing.
func (p *plain) even(v *Values, n int) bool {
	from := len(p.body) - len(p.text)
	rest := p.body[from:]
	if len(rest) < 4 {
		return false
	}
	length := binary.LittleEndian.Uint32(rest)
	if uint64(n)*(4+uint64(length)) > uint64(len(rest)) {
		return false
	}
	distance := 4 + int(length)
	rest = rest[:n*distance]
	if !alike(rest, distance, length) {
		return false
	}
	*p.lent = true
	v.plain = rest
	v.ASCII = v.ASCII && isASCII(rest) // near at hand: it was just read
	v.Strings, v.Even = v.Strings[:0], ir.NewEvenTexts(p.text[4:len(rest)], int(length), distance)
	p.text = p.text[len(rest):]
	return true
}

// alike reports whether every length, which stand at a distance from each other,
// is the same.
func alike(body []byte, distance int, length uint32) bool {
	for ; len(body) >= 8*distance; body = body[8*distance:] {
		var other uint32
		for i := range 8 {
			other |= binary.LittleEndian.Uint32(body[i*distance:]) ^ length
		}
		if other != 0 {
			return false
		}
	}
	for ; len(body) > 0; body = body[distance:] {
		if binary.LittleEndian.Uint32(body) != length {
			return false
		}
	}
	return true
}

// unsplit undoes BYTE_STREAM_SPLIT, which stores the first bytes of all values,
// then the second bytes, and so on.
func unsplit(body []byte, width int) []byte {
	n := len(body) / width
	out := make([]byte, n*width)
	for i := range n {
		for b := range width {
			out[i*width+b] = body[b*n+i]
		}
	}
	return out
}

// bytes is the width of a plain value.
func (f *Field) bytes() int {
	switch f.Storage {
	case Stored32, StoredFloat:
		return 4
	case Stored64, StoredDouble:
		return 8
	default:
		return f.Width
	}
}

func (f *Field) widen(bits uint32) int64 {
	if f.Unsigned {
		return int64(bits)
	}
	return int64(int32(bits))
}

// decodedInts hands out a page of integers that was decoded as a whole.
type decodedInts struct {
	ints             []int64
	narrow, unsigned bool
}

func (s *decodedInts) values(v *Values, first, n int) error {
	if n > len(s.ints) {
		return errShortPage
	}
	out := v.Ints[first : first+n]
	copy(out, s.ints)
	s.ints = s.ints[n:]
	if s.narrow { // sums wrap around at the width of the column
		for i, value := range out {
			if s.unsigned {
				out[i] = int64(uint32(value))
			} else {
				out[i] = int64(int32(value))
			}
		}
	}
	return nil
}

// decodedTexts does the same for byte arrays of any or of one length.
type decodedTexts struct {
	field *Field
	texts []string
}

func (s *decodedTexts) values(v *Values, first, n int) error {
	if n > len(s.texts) {
		return errShortPage
	}
	texts := s.texts[:n]
	s.texts = s.texts[n:]
	if s.field.Storage == StoredText {
		v.ASCII = false
		copy(v.Strings[first:], texts)
		return nil
	}
	width := s.field.Width
	for i, text := range texts {
		if len(text) != width {
			return fmt.Errorf("value of %d bytes in a column of %d", len(text), width)
		}
		copy(v.Fixed[(first+i)*width:], text)
	}
	return nil
}

// spread moves present values, which stand side by side from row first on, to
// the rows that are valid, and zeroes the rows between them.
func (v *Values) spread(field *Field, first, n, present int) {
	valid := v.Valid[first : first+n]
	switch field.Storage {
	case StoredText:
		if v.Dict != nil {
			spreadInts(v.Codes[first:first+n], valid, present)
			return
		}
		spread(v.Strings[first:first+n], valid, present)
	case StoredFloat, StoredDouble:
		spread(v.Floats[first:first+n], valid, present)
	case StoredFixed, Stored96:
		width := field.Width
		from, fixed := present, v.Fixed[first*width:(first+n)*width]
		for i := n - 1; i >= 0; i-- {
			row := fixed[i*width : (i+1)*width]
			if valid[i] {
				from--
				copy(row, fixed[from*width:(from+1)*width])
			} else {
				clear(row)
			}
		}
	default:
		spreadInts(v.Ints[first:first+n], valid, present)
	}
}

func spread[T any](values []T, valid []bool, present int) {
	var zero T
	for i := len(values) - 1; i >= present; i-- { // below it no value moves
		if valid[i] {
			present--
			values[i] = values[present]
		} else {
			values[i] = zero
		}
	}
}

// spreadInts is spread without a branch on validity, which nobody can foresee.
func spreadInts[T int32 | int64](values []T, valid []bool, present int) {
	for i := len(values) - 1; i >= present; i-- {
		one := 0
		if valid[i] {
			one = 1
		}
		present -= one
		values[i] = values[present] & T(-one)
	}
}
