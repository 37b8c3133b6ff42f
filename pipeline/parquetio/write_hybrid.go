package parquetio

import "encoding/binary"

// mostLiteralGroups is how many groups of eight values one literal run of the
// library's has: what a header of one byte can say.
const mostLiteralGroups = 63

// appendHybrid appends values of so many bits as Parquet's runs: the library's,
// byte for byte. Eight values that are one and the same begin a run, which goes on
// as long as they do; all others stand in groups of eight, bit by bit.
func appendHybrid[V uint8 | int32](b []byte, values []V, bits int) []byte {
	header, groups := 0, 0 // of the literal run that is open, if it has groups
	closed := func() {
		if groups > 0 {
			b[header], groups = byte(groups<<1|1), 0
		}
	}
	literal := func(group *[8]V) {
		if groups == 0 {
			header, b = len(b), append(b, 0)
		}
		b = appendPacked(b, group, bits)
		if groups++; groups == mostLiteralGroups {
			closed()
		}
	}
	for len(values) >= 8 {
		group := (*[8]V)(values)
		if !allOne(group) {
			literal(group)
			values = values[8:]
			continue
		}
		closed()
		n := 8
		for n < len(values) && values[n] == group[0] {
			n++
		}
		b = appendRepeated(b, uint64(group[0]), n, bits)
		values = values[n:]
	}
	if len(values) == 0 {
		closed()
		return b
	}
	var rest [8]V
	copy(rest[:], values)
	same := true
	for _, v := range values {
		same = same && v == values[0]
	}
	if same && groups == 0 {
		return appendRepeated(b, uint64(values[0]), len(values), bits)
	}
	literal(&rest)
	closed()
	return b
}

func allOne[V uint8 | int32](group *[8]V) bool {
	var other V
	for _, v := range group {
		other |= v ^ group[0]
	}
	return other == 0
}

// appendRepeated appends a run of n times one value.
func appendRepeated(b []byte, value uint64, n, bits int) []byte {
	b = binary.AppendUvarint(b, uint64(n)<<1)
	for ; bits > 0; bits -= 8 {
		b = append(b, byte(value))
		value >>= 8
	}
	return b
}

// appendPacked appends eight values, the first in the lowest bits.
func appendPacked[V uint8 | int32](b []byte, group *[8]V, bits int) []byte {
	word, used := uint64(0), 0
	for _, v := range group {
		word |= uint64(v) << used
		for used += bits; used >= 32; used -= 32 {
			b = binary.LittleEndian.AppendUint32(b, uint32(word))
			word >>= 32
		}
	}
	for ; used > 0; used -= 8 { // eight values end with a byte
		b = append(b, byte(word))
		word >>= 8
	}
	return b
}
