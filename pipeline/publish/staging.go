package publish

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"amends/pipeline/durable"
	"amends/pipeline/parquetio"
)

const (
	// filesAtOnce bounds the files that are open or wait for the disk: enough
	// for their syncs to overlap, few beside what a process may have open.
	filesAtOnce = 32
	// wholeBytes is the size up to which a file is read back in one piece.
	wholeBytes = 1 << 20
	pieceBytes = 1 << 18 // larger files, when their digest is taken
	// largeRows is how many rows make a file one that no other such file is encoded
	// beside: its row groups take megabytes, and two files no less time than one
	// after the other.
	largeRows = 1 << 14
)

// file is one to publish. Both functions are called without anything else of
// the file going on, check after write.
type file struct {
	name  string // below the run's folder, with slashes
	rows  int    // large files first, so that cores finish together
	write func(w io.Writer, s *staging) error
	// check holds what was read back to what write meant, beyond its bytes, and
	// completes out; nil where bytes are all.
	check func(r io.ReaderAt, s *staging, out *Output) error
}

// staging writes files into a folder side by side. Work on the cores, the
// encoding of a column or the decoding of a row group, waits for one of slots;
// a wait for the disk holds none.
type staging struct {
	fsys   durable.FS
	dir    string
	watch  func(work string) (end func())
	slots  chan struct{}
	busy   chan struct{} // a file that is being encoded or decoded: bounds memory
	large  chan struct{} // a file of many rows that is being encoded: its columns keep all cores busy
	failed atomic.Bool

	groupRows int // of a row group
	largeRows int // more make a file large

	readers sync.Pool // *parquetio.Buffers
	pieces  sync.Pool // *[]byte: of files that are read back
	rooms   rooms
	singles sync.Pool // *parquetio.Column: the memory of one column
}

func newStaging(fsys durable.FS, dir string, watch func(string) func()) *staging {
	cores := runtime.GOMAXPROCS(0)
	return &staging{
		fsys: fsys, dir: dir, watch: watch, groupRows: parquetio.RowGroupRows, largeRows: largeRows,
		slots: make(chan struct{}, cores), busy: make(chan struct{}, cores), large: make(chan struct{}, 1),
	}
}

// each does work for 0 to n−1 on the slots and joins the errors in that order.
func (s *staging) each(n int, work func(i int) error) error {
	return atOnce(n, cap(s.slots), func(i int) error {
		s.slots <- struct{}{}
		defer func() { <-s.slots }()
		return work(i)
	})
}

// inParallel does work for 0 to n−1 on all cores and joins the errors in that
// order. The number of cores bounds memory and changes no result.
func inParallel(n int, work func(i int) error) error { return atOnce(n, runtime.GOMAXPROCS(0), work) }

// atOnce does work for 0 to n−1, so many at once, begun in that order.
func atOnce(n, most int, work func(i int) error) error {
	if n == 1 {
		return work(0)
	}
	failures := make([]error, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, most) {
		wait.Go(func() {
			deepen(false)
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				failures[i] = work(i)
			}
		})
	}
	wait.Wait()
	return errors.Join(failures...)
}

// deepBytes is about how deep the stack is on which a file is encoded or read.
const deepBytes = 12 << 10

// deepen has the stack of a goroutine that begins made as deep at once. It would
// be doubled three times otherwise, and each time moved with all that is on it by
// then: four hundredths of the processor time of a small night.
//
//go:noinline
func deepen(fill bool) {
	if fill { // never: it is enough that there is room for it
		var room [deepBytes]byte
		for i := range room {
			room[i] = deepest + byte(i)
		}
		deepest = room[len(room)-1]
	}
}

var deepest byte // keeps the compiler from leaving room out

// errGivenUp is why a file was not written: another one failed.
var errGivenUp = errors.New("another file failed")

// write writes files, sorted by name, and returns their outputs in that order.
// After an error no file is begun; those that were are waited for.
func (s *staging) write(files []*file) ([]Output, error) {
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(files[b].rows, files[a].rows) })
	outputs, failures := make([]Output, len(files)), make([]error, len(files))
	_ = atOnce(len(files), filesAtOnce, func(i int) error {
		at := order[i]
		var err error
		if outputs[at], err = s.file(files[at]); err == nil {
			return nil
		}
		s.failed.Store(true)
		if !errors.Is(err, errGivenUp) {
			failures[at] = err
		}
		return nil
	})
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	return outputs, nil
}

// work does something on the cores for a file, if no other file failed.
func (s *staging) work(name string, do func() error) error {
	s.busy <- struct{}{}
	defer func() { <-s.busy }()
	if s.failed.Load() {
		return errGivenUp
	}
	defer s.watch(name)()
	return do()
}

// file writes one file, syncs it, and holds what can be read of it then to what
// was written.
func (s *staging) file(f *file) (Output, error) {
	place := filepath.Join(s.dir, filepath.FromSlash(f.name))
	if s.failed.Load() {
		return Output{}, errGivenUp
	}
	var written *digester
	err := durable.WriteStream(s.fsys, place, func(w io.Writer) error {
		if f.rows > s.largeRows {
			s.large <- struct{}{}
			defer func() { <-s.large }()
		}
		return s.work("encoding "+f.name, func() error {
			written = newDigester(w)
			return f.write(written, s)
		})
	})
	if err != nil {
		return Output{}, err
	}
	out := Output{Name: f.name, Size: written.size, SHA256: written.sum()}
	err = s.work("re-reading "+f.name, func() error { return s.readBack(place, f, written.bytes.Sum128(), &out) })
	if errors.Is(err, errGivenUp) {
		return Output{}, err
	}
	if err != nil {
		return Output{}, fmt.Errorf("%s: %w", place, err)
	}
	return out, nil
}

// digests are the SHA-256 of files, by name; nothing is written.
func (s *staging) digests(files []*file) (map[string]string, error) {
	digests := make([]string, len(files))
	err := inParallel(len(files), func(i int) error {
		w := newDigester(io.Discard)
		if err := files[i].write(w, s); err != nil {
			return err
		}
		digests[i] = w.sum()
		return nil
	})
	if err != nil {
		return nil, err
	}
	byName := make(map[string]string, len(files))
	for i := range files {
		byName[files[i].name] = digests[i]
	}
	return byName, nil
}

// readBack compares a file's bytes, by their digest, and then what they mean.
func (s *staging) readBack(place string, f *file, written xxh3.Uint128, out *Output) (err error) {
	content, err := s.fsys.Open(place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	r := io.ReaderAt(content)
	size := int64(pieceBytes)
	if f.check != nil && content.Size() <= wholeBytes {
		size = wholeBytes
	}
	size = min(size, content.Size())
	kept, ok := s.pieces.Get().(*[]byte)
	if !ok || int64(cap(*kept)) < size {
		kept = new(make([]byte, max(size, pieceBytes)))
	}
	defer s.pieces.Put(kept)
	piece := (*kept)[:size]
	if size == content.Size() {
		r = durable.Held(piece)
	}
	var read xxh3.Hasher
	for at := int64(0); at < content.Size(); at += int64(len(piece)) {
		piece = piece[:min(int64(len(piece)), content.Size()-at)]
		if _, err := content.ReadAt(piece, at); err != nil {
			return fmt.Errorf("read back: %w", err)
		}
		_, _ = read.Write(piece)
	}
	if content.Size() != out.Size || read.Sum128() != written {
		return errors.New("read back with other bytes than were written")
	}
	if f.check == nil {
		return nil
	}
	if err := f.check(r, s, out); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	return nil
}

// digester passes bytes on, and takes their digests: one to publish, and one of
// 128 bits, which takes hardly any time, to hold what the disk has to what was
// written.
type digester struct {
	w     io.Writer
	hash  hash.Hash
	bytes xxh3.Hasher
	size  int64
}

func newDigester(w io.Writer) *digester { return &digester{w: w, hash: sha256.New()} }

func (d *digester) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	if err == nil && n != len(p) {
		err = io.ErrShortWrite
	}
	d.hash.Write(p[:n])
	_, _ = d.bytes.Write(p[:n])
	d.size += int64(n)
	return n, err
}

// sum is the digest of all that was written, in hex.
func (d *digester) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }

// rawFile is one that is published as it is.
func rawFile(r RawFile) *file {
	return &file{name: r.Path, write: func(w io.Writer, _ *staging) error {
		_, err := w.Write(r.Bytes)
		return err
	}}
}

// makeFolders makes the folders that files need, and returns them, inner ones
// first.
func makeFolders(fsys durable.FS, dir string, files []*file) ([]string, error) {
	made := map[string]bool{}
	var folders []string
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		for folder := filepath.Dir(name); !made[folder]; folder = filepath.Dir(folder) {
			if err := fsys.MkdirAll(folder); err != nil {
				return nil, err
			}
			made[folder] = true
			folders = append(folders, folder)
			if folder == filepath.Clean(dir) {
				break
			}
		}
	}
	slices.SortFunc(folders, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return folders, nil
}
