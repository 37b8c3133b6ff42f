// Package durable is the seam under every file operation that must survive a
// crash: exactly the operations that publishing and committing use, and nothing
// that replaces what exists. Its law: no operation here overwrites; what must
// be on disk is synced by its caller, file and folder apart; and a sync that
// failed is an end, never retried on the same descriptor.
//
// OS is the machine's file system. Package durabletest has a simulated one that
// fails and crashes where a test wants it to.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
)

// ErrLocked is why Lock has no lock: another process, or another lock of this
// one, has it.
var ErrLocked = errors.New("locked by another process")

// File is a new file that is being written. Close does not sync.
type File interface {
	io.Writer
	Sync() error
	Close() error
}

// Content is a file that is read in places. Any number of goroutines may read
// from it at once.
type Content interface {
	io.ReaderAt
	io.Closer
	// Size is the file's size in bytes when it was opened.
	Size() int64
}

// Entry is one name in a folder.
type Entry struct {
	Name string
	Dir  bool // a folder; anything else, links too, counts as a file
}

// Info is what Stat tells of a path, links followed.
type Info struct {
	Size int64
	Dir  bool
}

// FS is a file system. Errors are of package os's kinds: errors.Is with
// fs.ErrExist and fs.ErrNotExist tells what a caller may branch on.
type FS interface {
	// MkdirAll creates a folder and those above it that are missing.
	MkdirAll(dir string) error
	// CreateExclusive creates a file for writing; fs.ErrExist where there is one.
	CreateExclusive(path string) (File, error)
	// ReadFile returns the whole content of a file.
	ReadFile(path string) ([]byte, error)
	// Open opens a file to read it in places.
	Open(path string) (Content, error)
	// Stat tells whether a path exists and what it is.
	Stat(path string) (Info, error)
	// ReadDir lists a folder, sorted bytewise by name.
	ReadDir(dir string) ([]Entry, error)
	// RenameNoReplace moves a file or folder; fs.ErrExist where `to` exists.
	RenameNoReplace(from, to string) error
	// Link gives a file a second name; fs.ErrExist where that exists.
	Link(from, to string) error
	// Remove deletes a file or an empty folder. For temporary files only.
	Remove(path string) error
	// RemoveAll deletes a folder with all it holds; a missing one is no error.
	// For staged files that nobody was promised.
	RemoveAll(dir string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(dir string) error
	// Lock takes the exclusive lock of a file, creating it, without waiting:
	// ErrLocked where it is taken. The file stays when the lock is released.
	Lock(path string) (release func() error, err error)
}

// WriteFile creates a file, writes all of it and syncs it. Every error counts,
// that of Close too. The name is durable only once its folder is synced.
func WriteFile(fsys FS, path string, content []byte) error {
	return WriteStream(fsys, path, func(w io.Writer) error {
		n, err := w.Write(content)
		if err == nil && n != len(content) {
			err = fmt.Errorf("write %s: %w", path, io.ErrShortWrite)
		}
		return err
	})
}

// WriteStream is WriteFile for a content that write writes bit by bit; it has to
// report every error of its writer, and a short write.
func WriteStream(fsys FS, path string, write func(io.Writer) error) error {
	file, err := fsys.CreateExclusive(path)
	if err != nil {
		return err
	}
	if err = write(file); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// MakeDir creates a folder and those above it that are missing, and syncs each
// folder that got a new name. The one it stands in is synced always: an earlier
// process may have created it and died before that.
func MakeDir(fsys FS, dir string) error {
	changed := []string{filepath.Dir(dir)}
	for parent := changed[0]; parent != filepath.Dir(parent); parent = filepath.Dir(parent) {
		_, err := fsys.Stat(parent)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		changed = append(changed, filepath.Dir(parent))
	}
	if err := fsys.MkdirAll(dir); err != nil {
		return err
	}
	for _, folder := range changed {
		if err := fsys.SyncDir(folder); err != nil {
			return err
		}
	}
	return nil
}
