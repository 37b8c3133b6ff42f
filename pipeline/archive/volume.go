package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"
)

// ErrDamaged is why a volume is not used: it is not as it was written.
var ErrDamaged = errors.New("damaged")

// wholeBytes is up to which size a volume, or a part of one, is read at once and
// kept: 22 volumes of a long ledger keep less than 100 MB.
const wholeBytes = 1 << 20

// volume is a file of records, or one in memory. Any number of goroutines may
// read it.
type volume struct {
	name   string // "" in memory
	source io.ReaderAt
	whole  []byte // all of it, where it is in memory: what is asked for is a part of that
	footer footer
	top    []byte // first keys of the pages
	index  part
	filter part
}

// part is a piece of a volume that is read in places, or, where it is small,
// once.
type part struct {
	at, size int64
	once     sync.Once
	whole    []byte
	err      error
}

// read returns as many bytes of the part as the buffer has, in it or elsewhere:
// they are not to be changed.
func (p *part) read(source io.ReaderAt, at int64, buffer []byte) ([]byte, error) {
	if p.size > wholeBytes && p.whole == nil {
		_, err := source.ReadAt(buffer, p.at+at)
		return buffer, notEOF(err)
	}
	p.once.Do(func() {
		p.whole = make([]byte, p.size)
		_, err := source.ReadAt(p.whole, p.at)
		p.err = notEOF(err)
	})
	if p.err != nil {
		return nil, p.err
	}
	return p.whole[at : at+int64(len(buffer))], nil
}

// notEOF turns the end of a file, where more was promised, into damage.
func notEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrDamaged)
	}
	return err
}

// openVolume reads a volume's footer and the first keys of its index.
func openVolume(source io.ReaderAt, size int64) (*volume, error) {
	if size < footerBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrDamaged, size)
	}
	b := make([]byte, footerBytes)
	if _, err := source.ReadAt(b, size-footerBytes); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	f, err := decodeFooter(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	// Sizes first: a sum of what a footer claims must not overflow.
	if f.pages > uint64(size)/pageBytes || f.filterSize > uint64(size) || f.filterSize == 0 || f.filterSize%filterBytes != 0 ||
		f.blockEnd > uint64(size) || f.blockEnd+f.pages*(pageBytes+topBytes)+f.filterSize+checksumBytes+footerBytes != uint64(size) {
		return nil, fmt.Errorf("%w: its parts do not make %d bytes", ErrDamaged, size)
	}
	v := &volume{source: source, footer: f}
	v.index.at, v.index.size = int64(f.blockEnd), int64(f.pages)*pageBytes
	v.filter.at, v.filter.size = v.index.at+v.index.size, int64(f.filterSize)
	top := make([]byte, int64(f.pages)*topBytes+checksumBytes)
	if _, err := source.ReadAt(top, v.filter.at+v.filter.size); err != nil {
		return nil, notEOF(err)
	}
	v.top = top[:len(top)-checksumBytes]
	if checksum(v.top) != binary.LittleEndian.Uint32(top[len(v.top):]) {
		return nil, fmt.Errorf("%w: the first keys of its index", ErrDamaged)
	}
	return v, nil
}

// openWhole is openVolume of one that is in memory.
func openWhole(content []byte) (*volume, error) {
	v, err := openVolume(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	v.whole = content
	for _, p := range []*part{&v.index, &v.filter} {
		p.whole = content[p.at:][:p.size]
		p.once.Do(func() {})
	}
	return v, nil
}

func (v *volume) damaged(what string) error {
	return fmt.Errorf("%s: %w: a checksum of its %s is wrong", v.name, ErrDamaged, what)
}

func (v *volume) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", v.name, err)
}

// scratch is what one reader of volumes reads into.
type scratch struct {
	filter [filterBytes]byte
	page   [pageBytes]byte
	block  []byte
}

// may reports whether a key may be in the volume.
func (v *volume) may(k *key, s *scratch) (bool, error) {
	at, bits := filterPlace(k, int(v.filter.size))
	block, err := v.filter.read(v.source, int64(at), s.filter[:])
	if err != nil {
		return false, v.failed(err)
	}
	if err := v.checked(block); err != nil {
		return false, err
	}
	return hasBits(block, bits), nil
}

// page returns page n of the index, without its checksum.
func (v *volume) page(n int, s *scratch) ([]byte, error) {
	page, err := v.index.read(v.source, int64(n)*pageBytes, s.page[:])
	if err != nil {
		return nil, v.failed(err)
	}
	if checksum(page[checksumBytes:]) != binary.LittleEndian.Uint32(page) {
		return nil, v.damaged("index")
	}
	return page[checksumBytes : checksumBytes+pageEntries*entryBytes], nil
}

// pageSize is how many entries page n has.
func (v *volume) pageSize(page []byte) int {
	return sort.Search(pageEntries, func(i int) bool { return binary.BigEndian.Uint64(page[i*entryBytes+8:]) == 0 })
}

// place is where the block of an entry is, with its checksum.
func (v *volume) place(entry []byte) (at, size uint64, err error) {
	place := binary.BigEndian.Uint64(entry[8:])
	at, size = place>>24, place&(1<<24-1)
	if size <= checksumBytes || at+size > v.footer.blockEnd {
		return 0, 0, v.damaged("index")
	}
	return at, size, nil
}

// blockAt reads the block of an entry, without its checksum.
func (v *volume) blockAt(entry []byte, s *scratch) ([]byte, error) {
	at, size, err := v.place(entry)
	if err != nil {
		return nil, err
	}
	var block []byte
	if v.whole != nil {
		block = v.whole[at:][:size]
	} else {
		if uint64(cap(s.block)) < size {
			s.block = make([]byte, size)
		}
		block = s.block[:size]
		if _, err := v.source.ReadAt(block, int64(at)); err != nil {
			return nil, v.failed(notEOF(err))
		}
	}
	if checksum(block[checksumBytes:]) != binary.LittleEndian.Uint32(block) {
		return nil, v.damaged("blocks")
	}
	return block[checksumBytes:], nil
}

// find visits the values of a key, in order. They are visit's until it returns.
func (v *volume) find(k *key, s *scratch, visit func(value []byte) error) error {
	if there, err := v.may(k, s); !there || err != nil {
		return err
	}
	wanted := binary.BigEndian.Uint64(k[:])
	// The first block that may hold it is the last that begins before it.
	n := sort.Search(len(v.top)/topBytes, func(i int) bool { return binary.BigEndian.Uint64(v.top[i*topBytes:]) >= wanted }) - 1
	n = max(n, 0)
	for pages := int(v.footer.pages); n < pages; n++ {
		page, err := v.page(n, s)
		if err != nil {
			return err
		}
		count := v.pageSize(page)
		i := max(0, sort.Search(count, func(i int) bool { return binary.BigEndian.Uint64(page[i*entryBytes:]) >= wanted })-1)
		for ; i < count; i++ {
			if binary.BigEndian.Uint64(page[i*entryBytes:]) > wanted {
				return nil
			}
			block, err := v.blockAt(page[i*entryBytes:], s)
			if err != nil {
				return err
			}
			if err := v.scan(block, k, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// scan visits the values of a key in a block.
func (v *volume) scan(block []byte, k *key, visit func([]byte) error) error {
	for len(block) > 0 {
		at, value, rest, err := next(block)
		if err != nil {
			return v.failed(err)
		}
		if key(at) == *k {
			if err := visit(value); err != nil {
				return v.failed(err)
			}
		}
		block = rest
	}
	return nil
}

// next takes the first record of a block.
func next(block []byte) (k, value, rest []byte, err error) {
	size, n := binary.Uvarint(block)
	if n <= 0 || size > maxRecord || uint64(len(block)-n) < keyBytes+size {
		return nil, nil, nil, fmt.Errorf("%w: a record ends outside its block", ErrDamaged)
	}
	block = block[n:]
	return block[:keyBytes], block[keyBytes : keyBytes+size], block[keyBytes+size:], nil
}

// cursor reads all records of a volume in order, a block ahead of none.
type cursor struct {
	volume     *volume
	scratch    scratch
	page       int
	entry      int
	block      []byte
	key, value []byte
	done       bool
}

// advance moves to the next record, or sets done. Key and value are the
// cursor's until the next advance.
func (c *cursor) advance() error {
	for len(c.block) == 0 {
		if c.page >= int(c.volume.footer.pages) {
			c.done = true
			return nil
		}
		page, err := c.volume.page(c.page, &c.scratch)
		if err != nil {
			return err
		}
		if c.entry >= c.volume.pageSize(page) {
			c.page, c.entry = c.page+1, 0
			continue
		}
		if c.block, err = c.volume.blockAt(page[c.entry*entryBytes:], &c.scratch); err != nil {
			return err
		}
		c.entry++
	}
	var err error
	c.key, c.value, c.block, err = next(c.block)
	return c.volume.failed(err)
}
