package pipeline

import (
	"errors"
	"os"
	"sync"

	"amends/pipeline/match"
)

// asides are files for what a night keeps and need not have in memory. They have
// no name where the system allows that, so that none outlives its process.
type asides struct {
	mu    sync.Mutex
	files []*os.File
}

func (a *asides) open() (match.Aside, error) {
	file, err := os.CreateTemp("", "amends-aside-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // or close does
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files = append(a.files, file)
	return file, nil
}

// close gives the files back. What is in them is needed no more, so that nothing
// of it can fail.
func (a *asides) close() {
	files := a.files
	a.files = nil
	for _, file := range files {
		_ = file.Close()
		if err := os.Remove(file.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
			continue // the system's to clear
		}
	}
}
