package parquetio

import "io"

// window is the part of a column chunk that was read and not used yet. It reads
// in pieces that end where sources keep checksums.
type window struct {
	source   io.ReaderAt
	inflater *Inflater
	memory   []byte // reused from chunk to chunk
	unused   []byte // of memory
	at       int64  // the offset in the file of what follows unused
	end      int64  // of the chunk
}

// Lender is a source that has bytes in memory. Lend returns those from one offset
// to another, or nil where it has none; they stay as they are as long as anybody
// reads from the source.
type Lender interface {
	Lend(from, to int64) ([]byte, error)
}

// readAlign is what reads end at a multiple of, in the file: a source that checks
// blocks of such a size, or of a fraction of it, then reads none twice.
const readAlign = 64 << 10

// begin makes the window that of a chunk, none of which is read yet.
func (w *window) begin(source io.ReaderAt, place chunkPlace, inflater *Inflater) {
	w.source, w.at, w.end, w.unused, w.inflater = source, place.start, place.start+place.bytes, nil, inflater
}

// peek returns the next n bytes, which stay where they are until the next call;
// the chunk has them.
func (w *window) peek(n int) ([]byte, error) {
	if n <= len(w.unused) {
		return w.unused[:n], nil
	}
	have := len(w.unused)
	if lender, ok := w.source.(Lender); ok {
		lent, err := lender.Lend(w.at-int64(have), w.end)
		if err != nil {
			return nil, err
		}
		if n <= len(lent) {
			w.at, w.unused = w.end, lent
			return lent[:n], nil
		}
	}
	to := w.at + int64(n-have)
	to = min(to+(readAlign-to%readAlign)%readAlign, w.end)
	memory := grow(w.memory, have+int(to-w.at))
	copy(memory, w.unused)
	w.memory = memory
	if _, err := readFull(w.source, memory[have:], w.at); err != nil {
		w.unused = nil
		return nil, err
	}
	w.at, w.unused = to, memory
	return memory[:n], nil
}

// take returns the next n bytes and uses them up. They are valid until the next
// call, also of another window with the same inflater: a large page is read as it
// is, into the memory of that one, since it is needed only until it is inflated.
func (w *window) take(n int) ([]byte, error) {
	if n <= max(len(w.unused), readAlign) {
		taken, err := w.peek(n)
		if err == nil {
			w.unused = w.unused[n:]
		}
		return taken, err
	}
	stored := grow(w.inflater.stored, n)
	w.inflater.stored = stored
	have := copy(stored, w.unused)
	w.unused = nil
	if _, err := readFull(w.source, stored[have:], w.at); err != nil {
		return nil, err
	}
	w.at += int64(n - have)
	return stored, nil
}
