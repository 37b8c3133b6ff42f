package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"amends/rules/calendar"
)

// A volume is blocks of records, pages of an index, the first keys of those
// pages, a filter and a footer. Every part is read in places, and each place
// has its own CRC-32C.
const (
	blockBytes  = 4096 // at which a block ends; a record may be longer
	entryBytes  = 16   // of the index: 8 bytes of the first key, 5 of the place, 3 of the length
	pageEntries = 255
	pageBytes   = pageEntries*entryBytes + 16 // the checksum, the rest zero
	filterBytes = 64                          // a block of the filter: the checksum, then bits
	filterBits  = (filterBytes - checksumBytes) * 8
	keysOfBlock = 40 // of the filter: 12 bits a key
	probes      = 6  // bits of a key

	checksumBytes = 4
	footerBytes   = 128
	topBytes      = 8 // the first key of a page

	maxPlace  = 1<<40 - 1
	maxRecord = 1<<24 - 1 - checksumBytes
	version   = 2 // since 2, records of customers and orders have the rule
)

var magic = [8]byte{'a', 'm', 'e', 'n', 'd', 's', 'v', 'o'}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// footer says what a volume is of and where its parts are.
type footer struct {
	first, last       uint32 // nights
	minDate, maxDate  calendar.Date
	sha256            [32]byte // of the manifest of the last night
	records, keys     uint64
	blockEnd          uint64 // where the index begins
	pages, filterSize uint64
}

func (f *footer) encode() []byte {
	b := make([]byte, 0, footerBytes)
	b = append(b, magic[:]...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint32(b, f.first)
	b = binary.LittleEndian.AppendUint32(b, f.last)
	b = binary.LittleEndian.AppendUint32(b, uint32(f.minDate))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.maxDate))
	b = append(b, f.sha256[:]...)
	for _, v := range [...]uint64{f.records, f.keys, f.blockEnd, f.pages, f.filterSize} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = b[:footerBytes-checksumBytes]
	return binary.LittleEndian.AppendUint32(b, checksum(b))
}

func decodeFooter(b []byte) (f footer, err error) {
	body := b[:footerBytes-checksumBytes]
	if checksum(body) != binary.LittleEndian.Uint32(b[footerBytes-checksumBytes:]) || !bytes.Equal(b[:8], magic[:]) {
		return f, errors.New("no footer")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return f, fmt.Errorf("version %d; this program reads %d", v, version)
	}
	f.first, f.last = binary.LittleEndian.Uint32(b[12:]), binary.LittleEndian.Uint32(b[16:])
	f.minDate, f.maxDate = calendar.Date(int32(binary.LittleEndian.Uint32(b[20:]))), calendar.Date(int32(binary.LittleEndian.Uint32(b[24:])))
	copy(f.sha256[:], b[28:60])
	for i, v := range [...]*uint64{&f.records, &f.keys, &f.blockEnd, &f.pages, &f.filterSize} {
		*v = binary.LittleEndian.Uint64(b[60+8*i:])
	}
	return f, nil
}

// writer writes a volume; its records come sorted by key.
type writer struct {
	out    io.Writer
	footer footer
	block  []byte // with room for its checksum
	first  key    // of the block
	last   key
	index  []byte // entries
	filter []byte
}

// newWriter begins a volume of nights first to last, with at most so many keys.
func newWriter(out io.Writer, f footer, keys uint64) *writer {
	blocks := max(1, (keys+keysOfBlock-1)/keysOfBlock)
	f.records, f.keys, f.minDate, f.maxDate = 0, 0, math.MaxInt32, math.MinInt32
	return &writer{out: out, footer: f, block: make([]byte, checksumBytes, 2*blockBytes), filter: make([]byte, blocks*filterBytes)}
}

// add appends a record.
func (w *writer) add(k *key, value []byte) error {
	size := keyBytes + len(value)
	order := bytes.Compare(k[:], w.last[:])
	switch {
	case w.footer.records > 0 && order < 0:
		return errors.New("records are not sorted")
	case size > maxRecord:
		return fmt.Errorf("a record of %d bytes", size)
	}
	if len(w.block) > checksumBytes && len(w.block)+size > blockBytes {
		if err := w.endBlock(); err != nil {
			return err
		}
	}
	if len(w.block) == checksumBytes {
		w.first = *k
	}
	if w.footer.records == 0 || order > 0 {
		w.footer.keys++
		setBits(w.filter, k)
	}
	w.last = *k
	w.footer.records++
	w.block = binary.AppendUvarint(w.block, uint64(len(value)))
	w.block = append(w.block, k[:]...)
	w.block = append(w.block, value...)
	date := dateOf(value)
	w.footer.minDate, w.footer.maxDate = min(w.footer.minDate, date), max(w.footer.maxDate, date)
	return nil
}

func (w *writer) endBlock() error {
	if len(w.block) == checksumBytes {
		return nil
	}
	if w.footer.blockEnd > maxPlace {
		return errors.New("more than a volume holds")
	}
	binary.LittleEndian.PutUint32(w.block, checksum(w.block[checksumBytes:]))
	w.index = append(w.index, w.first[:8]...)
	w.index = binary.BigEndian.AppendUint64(w.index, w.footer.blockEnd<<24|uint64(len(w.block)))
	w.footer.blockEnd += uint64(len(w.block))
	err := w.write(w.block)
	w.block = w.block[:checksumBytes]
	return err
}

func (w *writer) write(b []byte) error {
	n, err := w.out.Write(b)
	if err == nil && n != len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// close writes what stands behind the blocks.
func (w *writer) close() error {
	if err := w.endBlock(); err != nil {
		return err
	}
	var top []byte
	for rest := w.index; len(rest) > 0; {
		page := make([]byte, pageBytes)
		n := copy(page[checksumBytes:], rest[:min(len(rest), pageEntries*entryBytes)])
		binary.LittleEndian.PutUint32(page, checksum(page[checksumBytes:]))
		top = append(top, rest[:topBytes]...)
		if err := w.write(page); err != nil {
			return err
		}
		rest = rest[n:]
		w.footer.pages++
	}
	for at := 0; at < len(w.filter); at += filterBytes {
		block := w.filter[at : at+filterBytes]
		binary.LittleEndian.PutUint32(block, checksum(block[checksumBytes:]))
	}
	w.footer.filterSize = uint64(len(w.filter))
	if w.footer.records == 0 {
		w.footer.minDate, w.footer.maxDate = 0, 0
	}
	for _, part := range [][]byte{w.filter, binary.LittleEndian.AppendUint32(top, checksum(top)), w.footer.encode()} {
		if err := w.write(part); err != nil {
			return err
		}
	}
	return nil
}

// filterPlace is the block of a filter that a key's bits are in, and 64 bits to
// take them from.
func filterPlace(k *key, size int) (at int, bits uint64) {
	return filterBlock(binary.LittleEndian.Uint64(k[1:]), space(k[0]), size/filterBytes) * filterBytes, binary.LittleEndian.Uint64(k[9:])
}

// filterBlock is the number of the block that the bits are in of keys of a space
// that begin with the word first.
func filterBlock(first uint64, s space, blocks int) int {
	return int(first^uint64(s)) & math.MaxInt % blocks
}

func setBits(filter []byte, k *key) {
	at, bits := filterPlace(k, len(filter))
	block := filter[at+checksumBytes : at+filterBytes]
	for range probes {
		bit := bits % filterBits
		block[bit/8] |= 1 << (bit % 8)
		bits = bits>>10 | bits<<54
	}
}

// hasBits is false only where no key of the volume set all of a key's bits, which
// are taken from 64 bits.
func hasBits(block []byte, bits uint64) bool {
	block = block[checksumBytes:filterBytes]
	for range probes {
		bit := bits % filterBits
		if block[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
		bits = bits>>10 | bits<<54
	}
	return true
}
