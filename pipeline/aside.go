package pipeline

import (
	"errors"
	"os"
	"sync"

	"amends/pipeline/archive"
	"amends/pipeline/match"
)

// asides are files for what is kept and need not be in memory. They have
// no name where the system allows that, so that none outlives its process.
type asides struct {
	mu    sync.Mutex
	files []*os.File
	named []string // those whose names could not be removed while they are open
}

func (a *asides) open() (match.Aside, error) {
	file, err := os.CreateTemp("", "amends-aside-*")
	if err != nil {
		return nil, err
	}
	named := os.Remove(file.Name()) != nil
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = append(a.files, file)
	if named { // close removes it; a name that is free may be another's by then
		a.named = append(a.named, file.Name())
	}
	return file, nil
}

// asideFile is a file aside that is closed by itself.
type asideFile struct {
	*os.File
	of asides
}

// openAside opens a file aside for the archive.
func openAside() (archive.Aside, error) {
	f := &asideFile{}
	if _, err := f.of.open(); err != nil {
		return nil, err
	}
	f.File = f.of.files[0]
	return f, nil
}

// Close gives the file back.
func (f *asideFile) Close() error {
	f.of.close()
	return nil
}

// close gives the files back. What is in them is needed no more, so that nothing
// of it can fail.
func (a *asides) close() {
	files, named := a.files, a.named
	a.files, a.named = nil, nil
	for _, file := range files {
		_ = file.Close()
	}
	for _, name := range named {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			continue // the system's to clear
		}
	}
}
