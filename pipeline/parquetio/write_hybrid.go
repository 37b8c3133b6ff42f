package parquetio

import "encoding/binary"

// hybridWriter writes values of a few bits as runs: of one value that repeats, or
// of groups of eight that are packed. Where a run ends is as the library has it,
// so that the bytes are its own. The zero value is ready, but for width.
type hybridWriter struct {
	out      []byte
	width    uint      // bits of a value; 32 at most
	value    uint32    // the last one
	repeats  int       // so often in a row, as far as no group is written
	group    [8]uint32 // values that are not written
	grouped  int       // so many
	literals int       // values of the run of groups that is being written
	head     int       // where that run's head stands in out
}

// mostGroups is how many groups a run has: its head is one byte.
const mostGroups = 1<<6 - 1

// begin begins to write behind out.
func (h *hybridWriter) begin(out []byte, width int) {
	*h = hybridWriter{out: out, width: uint(width)}
}

// put writes the next value.
func (h *hybridWriter) put(v uint32) {
	if v == h.value {
		h.repeats++
		if h.repeats > len(h.group) {
			return // they are no group any more
		}
	} else {
		if h.repeats >= len(h.group) {
			h.repeated()
		}
		h.value, h.repeats = v, 1
	}
	h.group[h.grouped] = v
	h.grouped++
	if h.grouped < len(h.group) {
		return
	}
	if h.repeats < len(h.group) {
		h.pack()
		h.repeats = 0
		if h.literals/len(h.group) == mostGroups {
			h.close()
		}
		return
	}
	h.grouped = 0
	if h.literals > 0 {
		h.close()
	}
}

// finish ends the last run and returns all that was written.
func (h *hybridWriter) finish() []byte {
	switch {
	case h.literals == 0 && h.repeats > 0 && (h.grouped == 0 || h.grouped == h.repeats):
		h.repeated()
	case h.literals > 0 || h.grouped > 0:
		if h.grouped > 0 {
			clear(h.group[h.grouped:])
			h.pack()
		}
		h.close()
	}
	return h.out
}

// repeated writes a run of one value.
func (h *hybridWriter) repeated() {
	h.out = binary.AppendUvarint(h.out, uint64(h.repeats)<<1)
	for bits := uint(0); bits < h.width; bits += 8 {
		h.out = append(h.out, byte(h.value>>bits))
	}
	h.repeats, h.grouped = 0, 0
}

// pack writes a group.
func (h *hybridWriter) pack() {
	if h.literals == 0 {
		h.head = len(h.out)
		h.out = append(h.out, 0)
	}
	packed, bits := uint64(0), uint(0)
	if h.width <= 8 { // all eight in one word
		for i, v := range h.group {
			packed |= uint64(v) << (uint(i) * h.width)
		}
		h.out = binary.LittleEndian.AppendUint64(h.out, packed)
		h.out = h.out[:len(h.out)-8+int(h.width)]
	} else {
		for _, v := range h.group {
			packed |= uint64(v) << bits
			for bits += h.width; bits >= 8; bits -= 8 {
				h.out = append(h.out, byte(packed))
				packed >>= 8
			}
		}
	}
	h.literals += len(h.group)
	h.grouped = 0
}

// close says in the head of a run how many groups it has.
func (h *hybridWriter) close() {
	h.out[h.head] = byte(h.literals/len(h.group)<<1 | 1)
	h.literals = 0
}
