// Package durabletest is a file system in memory that fails and crashes where a
// test wants it to. It is stricter than most disks: a name is durable only once
// its folder is synced, content only once the file is, each name of a folder
// apart, and a file whose sync failed never becomes durable.
package durabletest

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"amends/pipeline/durable"
)

// Fault is how an operation fails.
type Fault uint8

// The faults. Every operation counts, those that only read too.
const (
	None       Fault = iota
	EIO              // the operation does nothing and says EIO
	ENOSPC           // the same with ENOSPC; a Write leaves half of its bytes
	ShortWrite       // a Write takes half and reports no error; anything else is EIO
	Late             // the operation happens and then says EIO
	Stop             // the process dies: nothing happens, in this operation and every later one
)

// Faults lists every fault but None.
func Faults() []Fault { return []Fault{EIO, ENOSPC, ShortWrite, Late, Stop} }

func (f Fault) String() string {
	return [...]string{"none", "EIO", "ENOSPC", "short write", "late EIO", "stop"}[f]
}

// ErrStopped is what every operation gives after Stop.
var ErrStopped = errors.New("the process is dead")

type node struct {
	dir bool

	// A folder's names, as processes see them and as a crash leaves them.
	names, durableNames map[string]*node

	content, durableContent []byte
	poisoned                bool // a sync failed: what was not durable then never will be
}

func newDir() *node {
	return &node{dir: true, names: map[string]*node{}, durableNames: map[string]*node{}}
}

// FS is the simulated file system; it implements durable.FS. Its root exists.
type FS struct {
	mu      sync.Mutex
	root    *node
	locks   map[string]bool
	ops     int
	failAt  int // the operation that fails, counted from 1; 0 is none
	fault   Fault
	stopped bool
	log     []string
}

var _ durable.FS = (*FS)(nil)

// New returns an empty file system.
func New() *FS { return &FS{root: newDir(), locks: map[string]bool{}} }

// FailAt makes the n-th operation from now, counted from 1, fail. It forgets an
// earlier fault and restarts the count of Ops.
func (f *FS) FailAt(n int, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops, f.failAt, f.fault, f.log = 0, n, fault, nil
}

// Ops returns how many operations ran since the last FailAt.
func (f *FS) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

// Log returns the operations since the last FailAt, one a line.
func (f *FS) Log() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.log, "\n")
}

// begin counts an operation and says how it is to fail.
func (f *FS) begin(op string, paths ...string) (Fault, error) {
	if f.stopped {
		return Stop, ErrStopped
	}
	f.ops++
	f.log = append(f.log, fmt.Sprintf("%d %s %s", f.ops, op, strings.Join(paths, " ")))
	if f.ops != f.failAt {
		return None, nil
	}
	failure := func(err error) error { return &fs.PathError{Op: op, Path: strings.Join(paths, " "), Err: err} }
	switch f.fault {
	case None:
		return None, nil
	case Stop:
		f.stopped = true
		return Stop, ErrStopped
	case ENOSPC:
		return ENOSPC, failure(syscall.ENOSPC)
	default:
		return f.fault, failure(syscall.EIO)
	}
}

// do runs one operation under its fault: not at all, or, for Late, first.
func (f *FS) do(op func() error, name string, paths ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault, err := f.begin(name, paths...)
	switch fault {
	case None:
		return op()
	case Late:
		return errors.Join(op(), err)
	default:
		return err
	}
}

func parts(name string) []string {
	clean := strings.Trim(path.Clean(filepath.ToSlash(name)), "/")
	if clean == "" || clean == "." {
		return nil
	}
	return strings.Split(clean, "/")
}

func pathError(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

func (f *FS) find(op, name string) (*node, error) {
	at := f.root
	for _, part := range parts(name) {
		if !at.dir {
			return nil, pathError(op, name, syscall.ENOTDIR)
		}
		next, ok := at.names[part]
		if !ok {
			return nil, pathError(op, name, fs.ErrNotExist)
		}
		at = next
	}
	return at, nil
}

// place returns the folder that a path stands in and its last name.
func (f *FS) place(op, name string) (*node, string, error) {
	all := parts(name)
	if len(all) == 0 {
		return nil, "", pathError(op, name, fs.ErrInvalid)
	}
	parent, err := f.find(op, path.Join(all[:len(all)-1]...))
	if err != nil {
		return nil, "", err
	}
	if !parent.dir {
		return nil, "", pathError(op, name, syscall.ENOTDIR)
	}
	return parent, all[len(all)-1], nil
}

// Flip changes one byte of a file on the disk, for tests of verification.
func (f *FS) Flip(name string, offset int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := f.find("flip", name)
	if err != nil {
		return err
	}
	file.content = slices.Clone(file.content)
	file.content[offset] ^= 1
	file.durableContent = slices.Clone(file.content)
	return nil
}

// Tree returns every file by path, as processes see it.
func (f *FS) Tree() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]string{}
	var walk func(at *node, name string)
	walk = func(at *node, name string) {
		if !at.dir {
			out[name] = string(at.content)
		}
		for child, n := range at.names {
			walk(n, path.Join(name, child))
		}
	}
	walk(f.root, "")
	return out
}
