package match

import (
	"cmp"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"unsafe"
	"weak"

	"github.com/zeebo/xxh3"
)

// maxFactBytes is how much of the facts of what a finder finds stays in memory. Most
// nights have less. Of others the rest lies aside until it is laid, and then all facts
// do, in the order in which incidents stand: next to nothing but publishing asks for
// them, which goes in that order.
const maxFactBytes = 8 << 20

// shelf is where facts lie aside. Several goroutines may use it at once.
type shelf struct {
	open func() (Aside, error) // nil where facts stay in memory

	mu      sync.Mutex
	file    Aside // nil before the first bytes
	written int64
	err     error // the first that reading had
}

// shelfOf is the shelf of what finders found once that is laid; nil where it stays in
// memory.
func shelfOf(finders []*Finder) *shelf {
	bytes, most := 0, 0
	var open func() (Aside, error)
	for _, f := range finders {
		bytes += f.hits.facts
		if s := f.hits.shelf; s != nil {
			open, most = s.opener(), most+f.hits.most
		}
	}
	if open == nil || bytes <= most {
		return nil
	}
	return &shelf{open: open}
}

// shelvesErr is why some facts that finders found could not be read.
func shelvesErr(finders []*Finder) error {
	for _, f := range finders {
		if s := f.hits.shelf; s != nil {
			if err := s.readErr(); err != nil {
				return err
			}
		}
	}
	return nil
}

// opener is what opens its file; nil where that could not take all that it was given.
func (s *shelf) opener() func() (Aside, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// put writes the facts of some incidents. It returns nil where they cannot be written.
func (s *shelf) put(facts []byte) func() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		return nil
	}
	if s.file == nil {
		file, err := s.open()
		if err != nil {
			s.open = nil
			return nil
		}
		s.file = file
	}
	if n, err := s.file.Write(facts); err != nil || n != len(facts) {
		s.open = nil // what was written before can be read
		return nil
	}
	p := &shelved{shelf: s, at: s.written, bytes: len(facts), sum: xxh3.Hash(facts)}
	s.written += int64(len(facts))
	return p.facts
}

// readErr is Result.FactsErr.
func (s *shelf) readErr() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *shelf) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = cmp.Or(s.err, fmt.Errorf("facts of incidents that were put aside: %w", err))
}

// shelved are the facts of some incidents, one after the other.
type shelved struct {
	shelf *shelf
	at    int64 // in the file
	bytes int
	sum   uint64 // of the bytes

	mu   sync.Mutex // held to read them
	last atomic.Pointer[weak.Pointer[byte]]
}

// facts returns them as long as anybody still has some of them, and reads them again
// otherwise: of who asks in the order of incidents, the collector decides how often.
func (p *shelved) facts() string {
	if facts, here := p.here(); here {
		return facts
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if facts, here := p.here(); here {
		return facts
	}
	read := make([]byte, p.bytes)
	if n, err := p.shelf.file.ReadAt(read, p.at); n != p.bytes {
		p.shelf.failed(cmp.Or(err, io.ErrUnexpectedEOF))
		return ""
	}
	if xxh3.Hash(read) != p.sum {
		p.shelf.failed(fmt.Errorf("%d bytes are not those that were written", p.bytes))
		return ""
	}
	last := weak.Make(&read[0])
	p.last.Store(&last)
	return unsafe.String(&read[0], p.bytes) // which nobody changes
}

func (p *shelved) here() (string, bool) {
	last := p.last.Load()
	if last == nil {
		return "", false
	}
	first := last.Value()
	if first == nil {
		return "", false
	}
	return unsafe.String(first, p.bytes), true
}
