package archive

import (
	"bytes"
	"encoding/binary"
	"sort"
)

// walker finds keys in their order: it reads each page and each block once, and
// several blocks at a time where it needs neighbours.
type walker struct {
	volume  *volume
	scratch scratch
	page    int // that is in index, -1: none
	index   []byte
	size    int    // entries of the page
	entry   int    // of the page, whose block is at hand, -1: none
	rest    []byte // of that block, from the first record that a key may be at

	window   []byte // of the file, with what comes after the block at hand
	windowAt uint64
	ahead    int // bytes to read at a time
}

// find visits the values of a key that is after those before it.
func (w *walker) find(k *key, visit func(value []byte)) error {
	v := w.volume
	wanted := binary.BigEndian.Uint64(k[:])
	n := sort.Search(len(v.top)/topBytes, func(i int) bool { return binary.BigEndian.Uint64(v.top[i*topBytes:]) >= wanted }) - 1
	for n = max(n, 0); n < int(v.footer.pages); n++ {
		if n != w.page {
			var err error
			w.page, w.entry = -1, -1
			if w.index, err = v.page(n, &w.scratch); err != nil {
				return err
			}
			w.page, w.size = n, v.pageSize(w.index)
		}
		first := func(i int) uint64 { return binary.BigEndian.Uint64(w.index[i*entryBytes:]) }
		i := max(0, sort.Search(w.size, func(i int) bool { return first(i) >= wanted })-1)
		for ; i < w.size; i++ {
			if first(i) > wanted {
				return nil
			}
			if i != w.entry {
				w.entry = -1
				if err := w.read(w.index[i*entryBytes:]); err != nil {
					return err
				}
				w.entry = i
			}
			if err := w.scan(k, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// scan visits the values of a key in the block at hand, and passes what is
// before them.
func (w *walker) scan(k *key, visit func([]byte)) error {
	for len(w.rest) > 0 {
		at, value, rest, err := next(w.rest)
		if err != nil {
			return w.volume.failed(err)
		}
		order := bytes.Compare(at, k[:])
		if order > 0 {
			return nil
		}
		if order == 0 {
			visit(value)
		}
		w.rest = rest
	}
	return nil
}

const (
	leastAhead = 2 * blockBytes
	mostAhead  = 1 << 17
)

// read takes the block of an entry at hand.
func (w *walker) read(entry []byte) error {
	v := w.volume
	at, size, err := v.place(entry)
	if err != nil {
		return err
	}
	if v.whole != nil {
		w.window, w.windowAt = v.whole, 0
	}
	end := w.windowAt + uint64(len(w.window))
	if at < w.windowAt || at+size > end {
		if near := at >= w.windowAt && at < end+uint64(w.ahead); near {
			w.ahead = min(2*w.ahead, mostAhead)
		} else {
			w.ahead = leastAhead
		}
		length := min(max(size, uint64(w.ahead)), v.footer.blockEnd-at)
		if uint64(cap(w.window)) < length {
			w.window = make([]byte, length)
		}
		w.window, w.windowAt = w.window[:length], at
		if _, err := v.source.ReadAt(w.window, int64(at)); err != nil {
			w.window = w.window[:0]
			return v.failed(notEOF(err))
		}
	}
	block := w.window[at-w.windowAt:][:size]
	if checksum(block[checksumBytes:]) != binary.LittleEndian.Uint32(block) {
		return v.damaged("blocks")
	}
	w.rest = block[checksumBytes:]
	return nil
}
