package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/durable"
	"amends/rules/calendar"
)

// Chain is the committed runs, in order. It is what it was when it was opened,
// and what it committed itself since. Reading needs no lock.
type Chain struct {
	fsys   durable.FS
	dir    string
	store  Store
	nights []Night
	last   *Manifest // nil in an empty chain
	point  int       // how many nights the checkpoint on the disk has; 0 where it is not known
}

// Walk reads and checks the whole chain: manifests 1 to N without a gap, each
// with the digest of the one before, dates rising, and each with the same bytes
// in its run's folder. A state that does not exist is an empty chain. What does
// not hold is a BrokenError that names the file.
func Walk(fsys durable.FS, dir string) (*Chain, error) {
	return open(fsys, dir, func(*Chain, int) error { return nil })
}

// Open is Walk, but for the manifests that a checkpoint says were walked: of
// those only the last is read. They are checked when they are read.
func Open(fsys durable.FS, dir string) (*Chain, error) {
	return open(fsys, dir, (*Chain).resume)
}

func open(fsys durable.FS, dir string, resume func(*Chain, int) error) (*Chain, error) {
	c := &Chain{fsys: fsys, dir: dir, store: folderStore{fsys, dir}}
	count, err := c.count()
	if err == nil {
		err = resume(c, count)
	}
	if err != nil {
		return nil, err
	}
	for n := len(c.nights) + 1; n <= count; n++ {
		if err := c.load(n); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// count returns N where the folder of manifests holds 1.json to N.json and
// nothing else.
func (c *Chain) count() (int, error) {
	names, err := c.store.List(manifestsFolder)
	if err != nil {
		return 0, err
	}
	there := make(map[int]bool, len(names))
	for _, name := range names {
		n, err := strconv.Atoi(strings.TrimSuffix(name, ".json"))
		if err != nil || n < 1 || manifestName(n) != path.Join(manifestsFolder, name) {
			return 0, broken(path.Join(manifestsFolder, name), "not the name of a manifest")
		}
		there[n] = true
	}
	for n := range len(names) {
		if !there[n+1] {
			return 0, broken(manifestName(n+1), "missing, and later manifests are there")
		}
	}
	return len(names), nil
}

func manifestName(n int) string { return path.Join(manifestsFolder, strconv.Itoa(n)+".json") }

// load appends manifest n.
func (c *Chain) load(n int) error {
	content, err := c.store.Read(manifestName(n))
	if err != nil {
		return err
	}
	return c.check(n, content, DecodeManifest)
}

// check appends manifest n, as decode reads it, where its content is what the
// chain wants.
func (c *Chain) check(n int, content []byte, decode func([]byte) (*Manifest, error)) error {
	name := manifestName(n)
	m, err := decode(content)
	if err != nil {
		return broken(name, "%v", err)
	}
	switch {
	case m.DryRun:
		return broken(name, "is of a dry run")
	case m.Sequence != n:
		return broken(name, "says that it is number %d", m.Sequence)
	case m.PreviousSHA256 != c.LastSHA256():
		return broken(name, "previous_sha256 is %s, and %s has %s", m.PreviousSHA256, manifestName(n-1), c.LastSHA256())
	case n > 1 && m.BusinessDate <= c.nights[n-2].BusinessDate:
		return broken(name, "is of %s, which is not after %s", m.BusinessDate, c.nights[n-2].BusinessDate)
	}
	copied := path.Join(runName(m.Date()), manifestFile)
	inRun, err := c.store.Read(copied)
	if errors.Is(err, fs.ErrNotExist) {
		return broken(copied, "missing, and %s names its run", name)
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(inRun, content) {
		if c.nextNames(n, Digest(inRun)) {
			return broken(name, "has other bytes than %s, and those are what %s names", copied, manifestName(n+1))
		}
		return broken(copied, "has other bytes than %s", name)
	}
	c.add(m, Digest(content))
	return nil
}

func (c *Chain) add(m *Manifest, digest string) {
	c.nights, c.last = append(c.nights, nightOf(m, digest)), m
}

// nextNames reports whether the manifest after n says that manifest n has this
// digest: of two copies that differ it tells the good one.
func (c *Chain) nextNames(n int, digest string) bool {
	content, err := c.store.Read(manifestName(n + 1))
	if err != nil {
		return false // n is the last one: either copy may be the bad one
	}
	next, err := DecodeManifest(content)
	return err == nil && next.PreviousSHA256 == digest
}

func runName(date calendar.Date) string { return path.Join(runsFolder, date.String()) }

// Nights returns what is known of every run, in order: manifest N is the N-th.
// They are the chain's: not to be changed.
func (c *Chain) Nights() []Night { return c.nights }

// Last returns the latest manifest, nil in an empty chain.
func (c *Chain) Last() *Manifest { return c.last }

// LastSHA256 returns the digest of the latest manifest, "" in an empty chain.
func (c *Chain) LastSHA256() string {
	if len(c.nights) == 0 {
		return ""
	}
	return c.nights[len(c.nights)-1].SHA256
}

// Current reports whether no run was committed since the chain was opened: there
// are as many manifests, and the last one has the same bytes. For readers that
// look again and again; it does not check the chain anew.
func (c *Chain) Current() bool {
	count, err := c.count()
	if err != nil || count != len(c.nights) {
		return false
	}
	if count == 0 {
		return true
	}
	content, err := c.store.Read(manifestName(count))
	return err == nil && Digest(content) == c.LastSHA256()
}

// SHA256 returns the digest of a manifest of this chain.
func (c *Chain) SHA256(m *Manifest) string { return c.nights[m.Sequence-1].SHA256 }

// SHA256On returns the digest of a business date's manifest; false where the
// date is not committed.
func (c *Chain) SHA256On(date calendar.Date) (string, bool) {
	at, found := c.at(date)
	if !found {
		return "", false
	}
	return c.nights[at].SHA256, true
}

// at returns the index of a business date's night.
func (c *Chain) at(date calendar.Date) (int, bool) {
	return slices.BinarySearchFunc(c.nights, Day(date), func(n Night, d Day) int { return int(n.BusinessDate) - int(d) })
}

// Has reports whether a business date is committed.
func (c *Chain) Has(date calendar.Date) bool {
	_, found := c.at(date)
	return found
}

// Manifest returns the manifest of a business date, nil where there is none. It
// is read, and held to the digest that the chain has of it.
func (c *Chain) Manifest(date calendar.Date) (*Manifest, error) {
	at, found := c.at(date)
	if !found {
		return nil, nil
	}
	return c.ManifestOf(at + 1)
}

// ManifestOf returns manifest n, from 1 to the number of nights.
func (c *Chain) ManifestOf(n int) (*Manifest, error) {
	if c.last != nil && n == c.last.Sequence {
		return c.last, nil
	}
	content, err := c.store.Read(manifestName(n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(manifestName(n), "missing")
	}
	if err != nil {
		return nil, err
	}
	if got := Digest(content); got != c.nights[n-1].SHA256 {
		return nil, broken(manifestName(n), "sha256 is %s, and it was %s when the chain was walked", got, c.nights[n-1].SHA256)
	}
	m, err := parseManifest(content)
	if err != nil {
		return nil, broken(manifestName(n), "%v", err)
	}
	return m, nil
}

// Before returns the chain as it was before a business date: what a replay or a
// dry run of a committed date sees. It can begin dry runs only.
func (c *Chain) Before(date calendar.Date) (*Chain, error) {
	n, _ := c.at(date)
	earlier := *c
	earlier.nights, earlier.last = c.nights[:n:n], nil
	if n == 0 {
		return &earlier, nil
	}
	last, err := c.ManifestOf(n)
	earlier.last = last
	return &earlier, err
}

// Since returns the nights after those of the chain up to night n, that were
// committed since it was opened; none where there are not so many, or where they go
// on from another chain.
func (c *Chain) Since(n int) ([]Night, error) {
	since := &Chain{fsys: c.fsys, dir: c.dir, store: c.store, nights: slices.Clip(c.nights)}
	for len(since.nights) < n {
		err := since.load(len(since.nights) + 1)
		var problem *BrokenError
		if errors.Is(err, fs.ErrNotExist) || errors.As(err, &problem) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return since.nights[len(c.nights):], nil
}

// Dir returns the state's folder, as a path of the machine.
func (c *Chain) Dir() string { return c.dir }

// RunDir returns the folder of a business date's run, as a path of the machine.
func (c *Chain) RunDir(date calendar.Date) string {
	return filepath.Join(c.dir, filepath.FromSlash(runName(date)))
}

// ReadOutput returns the content of a published file once its size and SHA-256
// are those of the manifest; otherwise a BrokenError names it.
func (c *Chain) ReadOutput(m *Manifest, name string) ([]byte, error) {
	out, ok := m.Output(name)
	if !ok {
		return nil, fmt.Errorf("the run of %s has no %s: %w", m.BusinessDate, name, fs.ErrNotExist)
	}
	return c.readAs(path.Join(runName(m.Date()), name), out)
}

// OpenOutput opens a published file to be read in places, once its size and
// SHA-256 are those of the manifest; otherwise a BrokenError names it.
func (c *Chain) OpenOutput(m *Manifest, name string) (durable.Content, error) {
	out, ok := m.Output(name)
	if !ok {
		return nil, fmt.Errorf("the run of %s has no %s: %w", m.BusinessDate, name, fs.ErrNotExist)
	}
	file := path.Join(runName(m.Date()), name)
	content, err := c.fsys.Open(filepath.Join(c.dir, filepath.FromSlash(file)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(file, "missing")
	}
	if err != nil {
		return nil, err
	}
	if size := content.Size(); size != out.Size {
		return nil, errors.Join(broken(file, "has %d bytes, its manifest says %d", size, out.Size), content.Close())
	}
	if out.Size <= digestBytes { // read once: it is in memory when its digest is known
		held, err := durable.Hold(content)
		if err != nil {
			return nil, err
		}
		if err := digested(file, Digest(held), out); err != nil {
			return nil, err
		}
		return held, nil
	}
	h := sha256.New()
	_, err = io.CopyBuffer(h, struct{ io.Reader }{io.NewSectionReader(content, 0, out.Size)}, make([]byte, digestBytes))
	if err == nil {
		err = digested(file, hex.EncodeToString(h.Sum(nil)), out)
	}
	if err != nil {
		return nil, errors.Join(err, content.Close())
	}
	return content, nil
}

// digested holds the digest of a file to its manifest.
func digested(file, got string, out Output) error {
	if got != out.SHA256 {
		return broken(file, "sha256 is %s, its manifest says %s", got, out.SHA256)
	}
	return nil
}

// digestBytes is how much of a file is digested at a time.
const digestBytes = 1 << 20

// readAs reads a file once it is what its manifest says.
func (c *Chain) readAs(file string, out Output) ([]byte, error) {
	content, err := c.store.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(file, "missing")
	}
	if err != nil {
		return nil, err
	}
	if size := int64(len(content)); size != out.Size {
		return nil, broken(file, "has %d bytes, its manifest says %d", size, out.Size)
	}
	if err := digested(file, Digest(content), out); err != nil {
		return nil, err
	}
	return content, nil
}

// PostingsFile is the output that holds a run's ledger movements.
const PostingsFile = "postings.parquet"

// Aside lists what runs that crashed left and a later run moved out of the way,
// below the state's folder.
func (c *Chain) Aside() ([]string, error) {
	names, err := c.store.List(asideFolder)
	if err != nil {
		return nil, err
	}
	for i := range names {
		names[i] = path.Join(asideFolder, names[i])
	}
	return names, nil
}
