package match

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"

	"amends/pipeline/award"

	"github.com/zeebo/xxh3"
)

// Aside is where bytes lie that are not needed before the end, such as a file
// without a name: written one after the other, then read.
type Aside interface {
	io.Writer
	io.ReaderAt
}

// maxPassedBytes is how much a finder keeps in memory of rows that it passed. Two
// million deliveries on two cores stay below it. Where more comes, it is written
// in pieces of asideBytes.
const (
	maxPassedBytes = 8 << 20
	asideBytes     = 1 << 20
)

// passedRows are the rows that a finder passed, by batches. What is most of them
// lies aside where that would be much.
type passedRows struct {
	open   func() (Aside, error) // nil where everything stays in memory
	most   int                   // bytes in memory
	list   []passed
	memory int // bytes of hashes in memory: those of list[aside:]
	aside  int // how many batches lie aside
	spare  []keyHashes

	file    Aside // nil before the first byte
	written int64
	mu      sync.Mutex // held to note looked
	looked  []lookedAt // rows of batches that lie aside
}

// passed is what is kept of a batch's rows that nobody looked at: enough to find
// those whose incident another row brings up.
type passed struct {
	place  award.Place // of the first row
	hashes keyHashes   // nil where they lie aside
	bytes  int
	at     int64  // where they lie
	sum    uint64 // of those that lie aside
}

// lookedAt is a row that was looked at after its batch was put aside.
type lookedAt struct{ batch, row int32 }

// room is memory for the hashes of so many rows.
func (p *passedRows) room(rows int) keyHashes {
	if last := len(p.spare) - 1; last >= 0 && cap(p.spare[last]) >= rows*hashBytes {
		room := p.spare[last][:rows*hashBytes]
		p.spare = p.spare[:last]
		return room
	}
	return make(keyHashes, rows*hashBytes)
}

// add adds a batch.
func (p *passedRows) add(first award.Place, hashes keyHashes) {
	p.list = append(p.list, passed{place: first, hashes: hashes, bytes: len(hashes)})
	if p.memory += len(hashes); p.memory > p.most && p.open != nil {
		p.putAside()
	}
}

// putAside writes what is in memory. Where it cannot be written it stays there.
func (p *passedRows) putAside() {
	if p.file == nil {
		file, err := p.open()
		if err != nil {
			p.open = nil
			return
		}
		p.file = file
	}
	for ; p.aside < len(p.list); p.aside++ {
		batch := &p.list[p.aside]
		if n, err := p.file.Write(batch.hashes); err != nil || n != batch.bytes {
			p.open = nil
			return
		}
		if len(p.spare)*len(batch.hashes) < asideBytes {
			p.spare = append(p.spare, batch.hashes)
		}
		batch.sum = xxh3.Hash(batch.hashes)
		batch.hashes, batch.at = nil, p.written
		p.written += int64(batch.bytes)
		p.memory -= batch.bytes
	}
	p.most = min(p.most, asideBytes)
}

// look says that rows are looked at, which then are not passed. Several goroutines may
// for different rows.
func (p *passedRows) look(rows []lookedAt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range rows {
		if hashes := p.list[at.batch].hashes; hashes != nil {
			hashes.forget(int(at.row))
		} else {
			p.looked = append(p.looked, at)
		}
	}
}

// lookedByBatch are the rows of batches that lie aside, those of each batch side by
// side.
func (p *passedRows) lookedByBatch() (rows []int32, starts []int32) {
	starts = make([]int32, p.aside+1)
	for _, at := range p.looked {
		starts[at.batch+1]++
	}
	for i := range p.aside {
		starts[i+1] += starts[i]
	}
	rows = make([]int32, len(p.looked))
	next := slices.Clone(starts)
	for _, at := range p.looked {
		rows[next[at.batch]] = at.row
		next[at.batch]++
	}
	return rows, starts
}

// each visits the batches in their order. The hashes are valid until visit returns.
func (p *passedRows) each(visit func(first award.Place, hashes keyHashes)) error {
	looked, starts := p.lookedByBatch()
	var buffer keyHashes
	for i := range p.list {
		batch := &p.list[i]
		hashes := batch.hashes
		if i < p.aside {
			buffer = slices.Grow(buffer[:0], batch.bytes)[:batch.bytes]
			if n, err := p.file.ReadAt(buffer, batch.at); n != batch.bytes {
				return cmp.Or(err, io.ErrUnexpectedEOF)
			}
			if xxh3.Hash(buffer) != batch.sum { // or a row of an incident would not be found
				return fmt.Errorf("%d bytes are not those that were written", batch.bytes)
			}
			hashes = buffer
			for _, row := range looked[starts[i]:starts[i+1]] {
				hashes.forget(int(row))
			}
		}
		visit(batch.place, hashes)
	}
	return nil
}
