package scan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"amends/pipeline/parquetio"
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

const blockBytes = 64 << 10

// heldBytes is the size up to which a file is read as a whole: its columns and
// its footer share few blocks, each of which would be read and checked for all
// of them.
const heldBytes = 512 << 10

// sumSeed differs from process to process and reaches no output.
var sumSeed = maphash.MakeSeed()

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
		_ = s.handle.Close() // only read from
		s.handle, s.held = nil, nil
	}
}

var blocks = sync.Pool{New: func() any { b := make([]byte, blockBytes); return &b }}

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

// anew reads from the file, whatever is held of it.
type anew struct{ *source }

// ReadAt reads whole blocks, of which it copies what is asked for.
func (s anew) ReadAt(p []byte, offset int64) (n int, err error) {
	block := blocks.Get().(*[]byte)
	defer blocks.Put(block)
	for n < len(p) && offset < s.size {
		index := offset / blockBytes
		start := index * blockBytes
		part := (*block)[:min(blockBytes, s.size-start)]
		into := len(p)-n >= len(part) && offset == start // a whole block goes straight into p
		if into {
			part = p[n : n+len(part)]
		}
		if err := s.readBlock(index, part); err != nil {
			return n, err
		}
		copied := len(part)
		if !into {
			copied = copy(p[n:], part[offset-start:])
		}
		n += copied
		offset += int64(copied)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// whole reads a small file, checked, once for all who use it at the time.
func (s *source) whole() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != nil || s.size == 0 {
		return s.held, nil
	}
	held := make([]byte, s.size)
	if err := s.readFull(held, 0); err != nil {
		return nil, err
	}
	for index := range s.sums {
		start := int64(index) * blockBytes
		if err := s.check(int64(index), held[start:min(start+blockBytes, s.size)]); err != nil {
			return nil, err
		}
	}
	s.held = held
	return held, nil
}

func (s *source) readBlock(index int64, part []byte) error {
	if err := s.readFull(part, index*blockBytes); err != nil {
		return err
	}
	return s.check(index, part)
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
	sum := maphash.Bytes(sumSeed, part) | 1 // never 0
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
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(anew{s}, 0, s.size)); err != nil {
		return "", fmt.Errorf("%s: %w", s.file.Name, err)
	}
	if info, err := s.handle.Stat(); err != nil || info.Size() != s.size {
		return "", fmt.Errorf("%s: %w: it had %d bytes", s.file.Name, ErrFileChanged, s.size)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
