package durable

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/gofrs/flock"
)

const (
	dirMode  = 0o755
	fileMode = 0o644
)

// OS is the file system of the machine.
type OS struct{}

// MkdirAll implements FS.
func (OS) MkdirAll(dir string) error { return os.MkdirAll(dir, dirMode) }

// CreateExclusive implements FS.
func (OS) CreateExclusive(path string) (File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err // not a nil *os.File in a File that is not nil
	}
	return file, nil
}

// ReadFile implements FS.
func (OS) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }

// Open implements FS.
func (OS) Open(path string) (Content, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if info.IsDir() {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}, file.Close())
	}
	return &content{File: file, size: info.Size()}, nil
}

type content struct {
	*os.File
	size int64
}

// Size implements Content.
func (c *content) Size() int64 { return c.size }

// Stat implements FS.
func (OS) Stat(path string) (Info, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Info{}, err
	}
	return Info{Size: info.Size(), Dir: info.IsDir()}, nil
}

// ReadDir implements FS.
func (OS) ReadDir(dir string) ([]Entry, error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(found))
	for i, e := range found {
		entries[i] = Entry{Name: e.Name(), Dir: e.IsDir()}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	return entries, nil
}

// RenameNoReplace implements FS.
func (OS) RenameNoReplace(from, to string) error {
	err := renameNoReplace(from, to)
	if errors.Is(err, errors.ErrUnsupported) {
		err = renameIfAbsent(from, to)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// renameIfAbsent is for file systems that cannot rename without replacing. It
// looks first, which is enough among processes that hold the state's lock.
func renameIfAbsent(from, to string) error {
	_, err := os.Lstat(to)
	if err == nil {
		return fs.ErrExist
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}

// Link implements FS.
func (OS) Link(from, to string) error { return os.Link(from, to) }

// Remove implements FS.
func (OS) Remove(path string) error { return os.Remove(path) }

// RemoveAll implements FS.
func (OS) RemoveAll(dir string) error { return os.RemoveAll(dir) }

// SyncDir implements FS.
func (OS) SyncDir(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Lock implements FS.
func (OS) Lock(path string) (release func() error, err error) {
	lock := flock.New(path, flock.SetPermissions(fileMode))
	taken, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !taken {
		return nil, fmt.Errorf("%s: %w", path, ErrLocked)
	}
	return lock.Unlock, nil // Close and Unlock leave the file
}
