package parquetio

import (
	"errors"
	"fmt"

	"amends/rules/ir"

	"github.com/apache/arrow/go/v17/parquet"
)

// dictionary is the distinct values of a column chunk.
type dictionary struct {
	field  *Field
	size   int
	ints   []int64
	floats []float64
	coded  *ir.Dictionary // texts
	ascii  bool           // all of them are; see Values.ASCII
	fixed  []byte
}

// newDictionary decodes a dictionary page. Values take bytes, so what is
// allocated is bounded by the page: 16 bytes for each of at least 4.
func newDictionary(field *Field, h pageHeader, body []byte) (*dictionary, error) {
	if h.encoding != parquet.Encodings.Plain && h.encoding != parquet.Encodings.PlainDict {
		return nil, fmt.Errorf("dictionary in encoding %d is not read", h.encoding)
	}
	if field.Storage == StoredBool {
		return nil, errors.New("dictionary of booleans is not read")
	}
	n, least := int(h.values), 4
	if field.Storage != StoredText {
		least = field.bytes()
	}
	if n > len(body)/least {
		return nil, fmt.Errorf("dictionary declares %d values in %d bytes", n, len(body))
	}
	v := Values{ASCII: true}
	switch field.Storage {
	case StoredText:
		v.Strings = make([]string, n)
	case StoredFloat, StoredDouble:
		v.Floats = make([]float64, n)
	case StoredFixed, Stored96:
		v.Fixed = make([]byte, n*field.Width)
	default:
		v.Ints = make([]int64, n)
	}
	if err := newPlain(field, body, new(bool)).values(&v, 0, n); err != nil {
		return nil, fmt.Errorf("dictionary: %w", err)
	}
	return &dictionary{field: field, size: n, ints: v.Ints, floats: v.Floats, coded: ir.NewDictionary(v.Strings),
		ascii: v.ASCII, fixed: v.Fixed}, nil
}

// coded decodes values by their codes in a dictionary.
type coded struct {
	codes      hybrid
	dictionary *dictionary
	buffers    *Buffers
}

// newCoded reads the width of the codes, which is the first byte. A page of
// nothing but nulls may be empty.
func newCoded(c *Chunk, body []byte) (*coded, error) {
	if c.dictionary == nil {
		return nil, errors.New("page is coded, and its column chunk has no dictionary")
	}
	s := &coded{dictionary: c.dictionary, buffers: c.buffers}
	if len(body) > 0 {
		if body[0] > 32 {
			return nil, fmt.Errorf("codes of %d bits", body[0])
		}
		s.codes = newHybrid(body[1:], int(body[0]))
	}
	return s, nil
}

func (s *coded) values(v *Values, first, n int) error {
	if v.Dict != nil {
		return s.next(v.Codes[first : first+n])
	}
	s.buffers.codes = resize(s.buffers.codes, n)
	codes := s.buffers.codes
	if err := s.next(codes); err != nil {
		return err
	}
	d := s.dictionary
	switch d.field.Storage {
	case StoredText:
		v.ASCII = v.ASCII && d.ascii
		pick(v.Strings[first:first+n], d.coded.Entries(), codes)
	case StoredFloat, StoredDouble:
		pick(v.Floats[first:first+n], d.floats, codes)
	case StoredFixed, Stored96:
		width := d.field.Width
		for i, code := range codes {
			copy(v.Fixed[(first+i)*width:(first+i+1)*width], d.fixed[int(code)*width:])
		}
	default:
		pick(v.Ints[first:first+n], d.ints, codes)
	}
	return nil
}

// next decodes codes and makes sure that the dictionary has them.
func (s *coded) next(codes []int32) error {
	if err := s.codes.next(codes); err != nil {
		return fmt.Errorf("codes: %w", err)
	}
	if len(codes) > 0 && uint64(highest(codes)) >= uint64(s.dictionary.size) {
		for _, code := range codes {
			if uint64(uint32(code)) >= uint64(s.dictionary.size) {
				return fmt.Errorf("code %d in a dictionary of %d values", uint32(code), s.dictionary.size)
			}
		}
	}
	return nil
}

// highest returns the highest of codes, in four maxima of which none waits for
// another.
func highest(codes []int32) uint32 {
	var a, b, c, d uint32
	for ; len(codes) >= 4; codes = codes[4:] {
		a, b = max(a, uint32(codes[0])), max(b, uint32(codes[1]))
		c, d = max(c, uint32(codes[2])), max(d, uint32(codes[3]))
	}
	for _, code := range codes {
		a = max(a, uint32(code))
	}
	return max(a, b, c, d)
}

func pick[T any](out, from []T, codes []int32) {
	for i, code := range codes {
		out[i] = from[code]
	}
}
