// Package state keeps the chain of committed runs. Its law: the state is what
// the manifests `manifests/1.json … N.json` name, each of which holds the digest
// of the one before it; so a crash at any instant leaves the state before a run
// or the one after it, and a writer that comes late loses. Nothing that exists is
// overwritten, and what no manifest names is set aside, not deleted.
//
// What is in the files of a run is for publish, and what they mean for ledger.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"amends/pipeline/durable"
)

// Why an operation on the state did not happen.
var (
	ErrLocked    = durable.ErrLocked
	ErrBroken    = errors.New("the state is broken")
	ErrStale     = errors.New("another run was committed meanwhile")
	ErrCommitted = errors.New("the date is committed already")
	ErrOrder     = errors.New("dates are committed in order")
	ErrGap       = errors.New("dates between the last run and this one were neither run nor skipped")
	// ErrUncertain is why a commit may have happened all the same: the manifest
	// may stand, but is not known to be durable. The next Open tells.
	ErrUncertain = errors.New("it may stand or not: run again")
)

// BrokenError names the file that breaks the chain. It is ErrBroken.
type BrokenError struct {
	File    string // below the state's folder
	Problem string
}

func (e *BrokenError) Error() string { return fmt.Sprintf("%v: %s: %s", ErrBroken, e.File, e.Problem) }

// Is makes every BrokenError an ErrBroken.
func (e *BrokenError) Is(target error) bool { return target == ErrBroken }

func broken(file, format string, args ...any) error {
	return &BrokenError{File: file, Problem: fmt.Sprintf(format, args...)}
}

// The folders of a state.
const (
	manifestsFolder = "manifests"
	runsFolder      = "runs"
	stagingFolder   = "staging"
	requestsFolder  = "requests"
	asideFolder     = "aside"
	dryRunsFolder   = "dry-runs"
	lockFile        = "LOCK"
	manifestFile    = "manifest.json"
)

// Store is the little that the chain, its history and the requests need: names
// with slashes, whole contents, and a write that happens once.
type Store interface {
	// List returns the names in a folder, sorted bytewise; a missing folder is
	// empty. Names that begin with a dot are not the state's and left out.
	List(folder string) ([]string, error)
	// Read returns a content; fs.ErrNotExist where there is none.
	Read(name string) ([]byte, error)
	// PutIfAbsent makes a content durable under a name, whole or not at all;
	// fs.ErrExist where the name is taken, ErrUncertain where the name may
	// stand or not.
	PutIfAbsent(name string, content []byte) error
}

// folderStore is a Store in a local folder.
type folderStore struct {
	fsys durable.FS
	dir  string
}

func (s folderStore) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// List implements Store.
func (s folderStore) List(folder string) ([]string, error) {
	entries, err := s.fsys.ReadDir(s.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name, ".") {
			names = append(names, e.Name)
		}
	}
	return names, nil
}

// Read implements Store.
func (s folderStore) Read(name string) ([]byte, error) { return s.fsys.ReadFile(s.path(name)) }

// maxTemporaries bounds how many writers that died may have left a temporary
// file for one name.
const maxTemporaries = 1000

// PutIfAbsent implements Store: a temporary file beside it, synced, and a link.
func (s folderStore) PutIfAbsent(name string, content []byte) error {
	final, folder := s.path(name), path.Dir(name)
	temporary, err := s.writeTemporary(name, content)
	if err != nil {
		return err
	}
	err = s.fsys.Link(temporary, final)
	if err == nil {
		err = s.fsys.SyncDir(s.path(folder))
	}
	// A temporary file that stays is hidden from List and does no harm.
	_ = s.fsys.Remove(temporary)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w: %w", final, ErrUncertain, err)
	}
	return err
}

func (s folderStore) writeTemporary(name string, content []byte) (string, error) {
	for n := range maxTemporaries {
		temporary := s.path(path.Join(path.Dir(name), "."+path.Base(name)+"."+strconv.Itoa(n)+".tmp"))
		err := durable.WriteFile(s.fsys, temporary, content)
		if err == nil {
			return temporary, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s: %d temporary files in the way", name, maxTemporaries)
}

// temporaries are the names that writeTemporary gives, by folder, where only who has
// the lock writes. In requests/ one may be of a command that is at work.
var temporaries = map[string]*regexp.Regexp{
	manifestsFolder: regexp.MustCompile(`^\.[1-9][0-9]*\.json\.[0-9]{1,3}\.tmp$`),
	DerivedFolder:   regexp.MustCompile(`^\.` + checkpointPrefix + `[1-9][0-9]*\.json\.[0-9]{1,3}\.tmp$`),
}

// removeTemporaries removes what a process that was killed beside its link left in
// a folder. One that stays is hidden from List and does no harm.
func removeTemporaries(fsys durable.FS, dir, folder string) error {
	entries, err := fsys.ReadDir(filepath.Join(dir, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !e.Dir && temporaries[folder].MatchString(e.Name) {
			_ = fsys.Remove(filepath.Join(dir, folder, e.Name))
		}
	}
	return err
}

// Lock takes the state's lock, for all that writes runs; ErrLocked where another
// process has it. It creates the state's folders where they are missing, removes
// temporary files that an earlier process left, and makes durable what else it
// left, so that what is read under the lock stays.
func Lock(fsys durable.FS, dir string) (release func() error, err error) {
	if err := durable.MakeDir(fsys, dir); err != nil {
		return nil, err
	}
	release, err = fsys.Lock(filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{manifestsFolder, DerivedFolder} {
		if err := removeTemporaries(fsys, dir, folder); err != nil {
			return nil, errors.Join(err, release())
		}
	}
	for _, folder := range []string{manifestsFolder, runsFolder, stagingFolder, requestsFolder} {
		inner := filepath.Join(dir, folder)
		if err := errors.Join(fsys.MkdirAll(inner), fsys.SyncDir(inner)); err != nil {
			return nil, errors.Join(err, release())
		}
	}
	if err := fsys.SyncDir(dir); err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}
