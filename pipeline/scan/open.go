package scan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"

	"amends/pipeline/parquetio"

	"github.com/zeebo/xxh3"
)

// source is an open file whose every read is checked: the bytes are split into
// blocks, the first read of a block notes its checksum, and every later read,
// among them the one that computes the digest, must find the same. So the
// digest is that of the bytes that were parsed, in memory that does not grow
// with the file.
type source struct {
	file    File
	size    int64
	parquet *parquetio.File
	sums    []atomic.Uint64 // of each block, 0 where it was not read yet

	mu     sync.Mutex
	handle *os.File
	users  int
	held   []byte // all of a small file, once a user has read of it; nil without users
}

// blockBytes is small beside a column chunk, whose first and last block belong to
// its neighbours too.
const blockBytes = 16 << 10

// pieceBytes is how much of a file is digested at a time: whole blocks.
const pieceBytes = 4 * blockBytes

// heldBytes is the size up to which a file is read as a whole: its columns and
// its footer share few blocks, each of which would be read and checked for all
// of them.
const heldBytes = 512 << 10

// sumSeed differs from process to process and reaches no output.
var sumSeed = rand.Uint64()

// openFile opens a file and reads its footer.
func openFile(f File) (*source, error) {
	s := &source{file: f}
	if err := s.acquire(); err != nil {
		return nil, err
	}
	info, err := s.handle.Stat()
	if err != nil {
		s.release()
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	if !info.Mode().IsRegular() {
		s.release()
		return nil, fmt.Errorf("%s: not a regular file", f.Name)
	}
	s.size = info.Size()
	s.sums = make([]atomic.Uint64, (s.size+blockBytes-1)/blockBytes)
	if s.parquet, err = parquetio.Open(s, s.size, limits); err != nil {
		s.release()
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return s, nil
}

// acquire keeps the file open until the matching release.
func (s *source) acquire() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		handle, err := os.Open(s.file.Path)
		if err != nil {
			if path := (*os.PathError)(nil); errors.As(err, &path) {
				err = path.Err // the name below says it better than the path
			}
			return fmt.Errorf("%s: %w", s.file.Name, err)
		}
		s.handle = handle
	}
	s.users++
	return nil
}

func (s *source) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users == 0 {
		_ = s.handle.Close()             // only read from
		if held := s.held; held != nil { // nobody reads of it without being a user
			heldPieces.Put(&held)
		}
		s.handle, s.held = nil, nil
	}
}

var (
	blocks = sync.Pool{New: func() any { return new([blockBytes]byte) }}
	pieces = sync.Pool{New: func() any { return new([pieceBytes]byte) }}

	heldPieces sync.Pool // *[]byte: what was held of files that nobody uses
)

// ReadAt reads checked bytes.
func (s *source) ReadAt(p []byte, offset int64) (n int, err error) {
	if s.size > heldBytes {
		return anew{s}.ReadAt(p, offset)
	}
	held, err := s.whole()
	if err != nil {
		return 0, err
	}
	return bytes.NewReader(held).ReadAt(p, offset)
}

// Lend implements parquetio.Lender: a small file is in memory, and nothing of it
// is copied.
func (s *source) Lend(from, to int64) ([]byte, error) {
	if s.size > heldBytes {
		return nil, nil
	}
	held, err := s.whole()
	if err != nil || from < 0 || to > int64(len(held)) || from > to {
		return nil, err
	}
	return held[from:to:to], nil
}

// anew reads from the file, whatever is held of it.
type anew struct{ *source }

// ReadAt reads whole blocks: those that p takes as they are straight into it, and
// of others a copy of what is asked for.
func (s anew) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) && offset < s.size {
		copied := int(min(int64(len(p)-n), s.size-offset))
		if offset%blockBytes == 0 && offset+int64(copied) < s.size {
			copied -= copied % blockBytes
		}
		if offset%blockBytes == 0 && copied > 0 {
			err = s.readBlocks(p[n:n+copied], offset)
		} else {
			copied, err = s.readPart(p[n:], offset)
		}
		if err != nil {
			return n, err
		}
		n += copied
		offset += int64(copied)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readPart reads what p takes of the one block that has the offset.
func (s anew) readPart(p []byte, offset int64) (copied int, err error) {
	block := blocks.Get().(*[blockBytes]byte)
	defer blocks.Put(block)
	start := offset - offset%blockBytes
	part := block[:min(blockBytes, s.size-start)]
	if err := s.readBlocks(part, start); err != nil {
		return 0, err
	}
	return copy(p, part[offset-start:]), nil
}

// whole reads a small file, checked, once for all who use it at the time.
func (s *source) whole() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil || s.size == 0 {
		return s.held, nil
	}
	kept, ok := heldPieces.Get().(*[]byte)
	if !ok || int64(cap(*kept)) < s.size {
		kept = new(make([]byte, 0, (s.size+blockBytes-1)/blockBytes*blockBytes))
	}
	held := (*kept)[:s.size]
	if err := s.readBlocks(held, 0); err != nil {
		return nil, err
	}
	s.held = held
	return held, nil
}

// readBlocks reads and checks the blocks from an offset on that fill p.
func (s *source) readBlocks(p []byte, offset int64) error {
	if err := s.readFull(p, offset); err != nil {
		return err
	}
	for index := offset / blockBytes; len(p) > 0; index++ {
		n := min(blockBytes, len(p))
		if err := s.check(index, p[:n]); err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

func (s *source) readFull(p []byte, offset int64) error {
	if n, err := s.handle.ReadAt(p, offset); n < len(p) {
		if err == io.EOF {
			return fmt.Errorf("%w: it got shorter", ErrFileChanged)
		}
		return err
	}
	return nil
}

// check notes the checksum of a block, or holds it to the one that is noted.
func (s *source) check(index int64, part []byte) error {
	sum := xxh3.HashSeed(part, sumSeed) | 1 // never 0
	if !s.sums[index].CompareAndSwap(0, sum) && s.sums[index].Load() != sum {
		return ErrFileChanged
	}
	return nil
}

// digest reads the whole file once more and returns its SHA-256 in hex.
func (s *source) digest() (string, error) {
	if err := s.acquire(); err != nil {
		return "", err
	}
	defer s.release()
	piece := pieces.Get().(*[pieceBytes]byte)
	defer pieces.Put(piece)
	hash := sha256.New()
	if _, err := io.CopyBuffer(hash, io.NewSectionReader(anew{s}, 0, s.size), piece[:]); err != nil {
		return "", fmt.Errorf("%s: %w", s.file.Name, err)
	}
	if info, err := s.handle.Stat(); err != nil || info.Size() != s.size {
		return "", fmt.Errorf("%s: %w: it had %d bytes", s.file.Name, ErrFileChanged, s.size)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
