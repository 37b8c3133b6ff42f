package match

import (
	"encoding/binary"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// Facts are packed value by value in the order of their names: a kind, and then
// what the value's I is, or a text with its length.

// packer is what the facts of a writer's source are packed with.
func (w *factWriter) packer() *award.FactPacker {
	return &award.FactPacker{AppendJSON: w.appendUnpacked}
}

// appendPacked packs the facts of one row, of which value gives the slots.
func (w *factWriter) appendPacked(b []byte, value func(slot int) ir.Value) []byte {
	for _, i := range w.order {
		v := value(i)
		b = append(b, byte(v.Kind))
		if v.Kind == ir.String {
			b = binary.AppendUvarint(b, uint64(len(v.S)))
			b = append(b, v.S...)
			continue
		}
		b = binary.AppendVarint(b, v.I)
	}
	return b
}

// appendUnpacked appends the JSON of facts that appendPacked packed.
func (w *factWriter) appendUnpacked(b []byte, packed string) []byte {
	b = append(b, '{')
	for n := range w.order {
		if n > 0 {
			b = append(b, ',')
		}
		var v ir.Value
		v, packed = unpack(packed)
		b = append(b, w.names[n]...)
		b = appendFact(b, v)
	}
	return append(b, '}')
}

// unpack takes the first value from packed ones.
func unpack(packed string) (v ir.Value, rest string) {
	v.Kind, packed = ir.Kind(packed[0]), packed[1:]
	u, size := uint64(0), 0
	for shift := uint(0); ; shift += 7 {
		c := packed[size]
		u |= uint64(c&0x7f) << shift
		size++
		if c < 0x80 {
			break
		}
	}
	packed = packed[size:]
	if v.Kind == ir.String {
		v.S, packed = packed[:u], packed[u:]
		return v, packed
	}
	v.I = int64(u>>1) ^ -int64(u&1) // as binary.AppendVarint has it
	return v, packed
}
