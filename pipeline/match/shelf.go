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

// maxFactBytes is how much of the facts of a night's incidents stays in memory. Most
// nights have less; of others all facts lie aside once they are laid, in the order in
// which incidents stand, since next to nothing but publishing asks for them, which
// goes in that order.
const maxFactBytes = 16 << 20

// shelf is where facts lie aside. Several goroutines may use it at once.
type shelf struct {
	open func() (Aside, error) // nil where facts stay in memory

	mu      sync.Mutex
	file    Aside // nil before the first bytes
	written int64
	err     error // the first that reading had
}

// shelfOf is the shelf of what finders found; nil where that stays in memory.
func shelfOf(finders []*Finder) *shelf {
	bytes, most := 0, maxFactBytes
	var open func() (Aside, error)
	for _, f := range finders {
		bytes += f.hits.factBytes()
		if f.factsAside != nil {
			open, most = f.factsAside, f.mostFacts
		}
	}
	if open == nil || bytes <= most {
		return nil
	}
	return &shelf{open: open}
}

// taking is put, or nil where there is no shelf.
func (s *shelf) taking() func([]byte) func() string {
	if s == nil {
		return nil
	}
	return s.put
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
