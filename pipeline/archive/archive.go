// Package archive keeps the postings of earlier nights sorted by what nights ask
// for. Its law: it is derived from what the chain's runs published, and changes
// cost, never meaning. What is absent, damaged or of another chain is made again
// from the nights' postings, so every answer is what the runs say.
//
// README.md has the questions, the files and the crashes. What the answers mean is
// for ledger; which runs there are, for state.
package archive

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// Night is a committed run: the N-th of the chain is night N.
type Night struct {
	Date   calendar.Date
	SHA256 string // hex, of its manifest, and so of all before it
}

// Config says where an archive is and what it is made from.
type Config struct {
	FS  durable.FS
	Dir string // of what is derived
	// Nights are those of the chain, in order.
	Nights []Night
	// Later returns the nights that were committed since, up to night n; none where
	// the chain does not go on so far. Who opened the chain before may then ask
	// volumes that were merged with later nights. It may be nil.
	Later func(n int) ([]Night, error)
	// Postings reads what night n, from 1, posted: neighbours at a time, where first
	// is where they begin in the order of ledger.Compare. It may visit in any order
	// and from several goroutines; what it gives is visit's until that returns.
	Postings func(n int, visit func(first int, postings []ledger.Posting) error) error
	// Aside opens a place for what is made of nights and is too large for memory. It
	// may be nil.
	Aside func() (Aside, error)
	// Suspect are the names of volumes that Keep makes again, whatever their
	// footers say: see Damaged and Verify.
	Suspect []string
}

// Archive answers from the postings of a chain's nights. Any number of
// goroutines may ask.
type Archive struct {
	config  Config
	later   []Night // after those of config: see Config.Later
	scratch sync.Pool
	gone    bool // a volume was not there; only while it is opened

	mu      sync.Mutex
	volumes []*volume // of consecutive nights, from the first to the last or a later one
	files   []durable.Content
	rooms   []*room  // of volumes that no file holds
	damaged []string // names of volumes that were found damaged while they were read
}

// levels is how many neighbours of one level become one of the next.
const levels = 8

// span is nights first to last.
type span struct{ first, last int }

// layout is which volumes there are after n nights: the longest that begin at a
// multiple of their own length, from the first night on.
func layout(n int) []span {
	var spans []span
	for first := 1; first <= n; {
		size := 1
		for size*levels <= n-first+1 {
			size *= levels
		}
		spans = append(spans, span{first, first + size - 1})
		first += size
	}
	return spans
}

// parts are the volumes that one is merged of.
func (s span) parts() []span {
	size := (s.last - s.first + 1) / levels
	parts := make([]span, levels)
	for i := range parts {
		parts[i] = span{s.first + i*size, s.first + (i+1)*size - 1}
	}
	return parts
}

const (
	filePrefix = "postings-"
	fileSuffix = ".volume"
)

func (s span) file() string {
	return filePrefix + strconv.Itoa(s.first) + "-" + strconv.Itoa(s.last) + fileSuffix
}

func spanOf(file string) (s span, ok bool) {
	first, last, found := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(file, filePrefix), fileSuffix), "-")
	if !found {
		return s, false
	}
	var err1, err2 error
	s.first, err1 = strconv.Atoi(first)
	s.last, err2 = strconv.Atoi(last)
	return s, err1 == nil && err2 == nil && s.file() == file
}

// listings is how often Open lists the volumes: who brings the files up to the
// chain merges and removes some of them between one look and the next.
const listings = 3

// errMerged is why the volumes are listed again: one that was there is gone.
var errMerged = errors.New("volumes were merged meanwhile")

// Open takes the volumes that fit the chain; nights that none covers are read,
// and what they posted is kept in memory, or aside, until the archive is closed. It
// writes nothing else.
func Open(c Config) (*Archive, error) {
	for left := listings - 1; ; left-- {
		a, err := openListed(c, left > 0)
		if !errors.Is(err, errMerged) {
			return a, err
		}
	}
}

// openListed is Open with one listing. Where a volume is gone that was listed, it
// is errMerged if the volumes may be listed again.
func openListed(c Config, again bool) (*Archive, error) {
	a := &Archive{config: c, scratch: sync.Pool{New: func() any { return new(scratch) }}}
	entries, err := c.FS.ReadDir(c.Dir)
	if err != nil && !errors.Is(err, errNotExist) {
		return nil, err
	}
	var spans []span
	for _, e := range entries {
		if s, ok := spanOf(e.Name); ok && s.first <= len(c.Nights) {
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.first, b.first), -cmp.Compare(a.last, b.last)) })
	for first := 1; first <= len(c.Nights); {
		v, err := a.best(spans, first, again)
		if err != nil {
			return nil, errors.Join(err, a.Close())
		}
		a.volumes = append(a.volumes, v)
		first = int(v.footer.last) + 1
	}
	return a, nil
}

// best is the longest volume that begins with a night and fits the chain; where
// there is none, one that is made up to where the next could begin. See openListed.
func (a *Archive) best(spans []span, first int, again bool) (*volume, error) {
	for _, s := range spans {
		if s.first != first {
			continue
		}
		v, err := a.file(s, toAsk)
		if v != nil || err != nil {
			return v, err
		}
		if a.gone && again { // what it was merged into may be large: better found than made in memory
			return nil, errMerged
		}
	}
	last := first
	for last < len(a.config.Nights) && !slices.ContainsFunc(spans, func(s span) bool { return s.first == last+1 }) {
		last++
	}
	return a.make(span{first, last})
}

// reaches reports whether night n is of the chain, or was committed since.
func (a *Archive) reaches(n int) (bool, error) {
	if n > len(a.config.Nights)+len(a.later) && a.config.Later != nil {
		later, err := a.config.Later(n)
		if err != nil {
			return false, err
		}
		if len(later) > len(a.later) {
			a.later = later
		}
	}
	return n <= len(a.config.Nights)+len(a.later), nil
}

// night returns night n, from 1.
func (a *Archive) night(n int) Night {
	if known := len(a.config.Nights); n > known {
		return a.later[n-known-1]
	}
	return a.config.Nights[n-1]
}

// use is what a volume is opened for.
type use bool

const (
	toAsk  use = true  // a small one is read at once
	toLook use = false // at its footer
)

// file opens a volume; nil where it is gone or does not fit.
func (a *Archive) file(s span, u use) (*volume, error) {
	if known, err := a.reaches(s.last); err != nil || !known {
		return nil, err
	}
	name := filepath.Join(a.config.Dir, s.file())
	content, err := a.config.FS.Open(name)
	if errors.Is(err, errNotExist) {
		a.gone = true
		return nil, nil // merged meanwhile
	}
	if err != nil {
		return nil, err
	}
	v, err := a.open(content, s, u)
	switch {
	case errors.Is(err, ErrDamaged):
		return nil, content.Close()
	case err != nil:
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), content.Close())
	}
	v.name = name
	a.files = append(a.files, content)
	return v, nil
}

// open opens a volume of nights s; ErrDamaged where it is another.
func (a *Archive) open(content durable.Content, s span, u use) (*volume, error) {
	var v *volume
	var err error
	if u == toAsk && content.Size() <= wholeBytes {
		whole := make([]byte, content.Size())
		if _, err := content.ReadAt(whole, 0); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		v, err = openWhole(whole)
	} else {
		v, err = openVolume(content, content.Size())
	}
	if err != nil {
		return nil, err
	}
	f := &v.footer
	if int(f.first) != s.first || int(f.last) != s.last || hex.EncodeToString(f.sha256[:]) != a.night(s.last).SHA256 {
		return nil, fmt.Errorf("%w: it is of another chain", ErrDamaged)
	}
	return v, nil
}

func (a *Archive) footerOf(s span) footer {
	f := footer{first: uint32(s.first), last: uint32(s.last)}
	_, _ = hex.Decode(f.sha256[:], []byte(a.config.Nights[s.last-1].SHA256)) // a digest; otherwise it fits no chain
	return f
}

// Damaged returns the names of volumes of which a part was found damaged while
// it was asked. Opening finds others, which Keep finds as well.
func (a *Archive) Damaged() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.damaged)
}

// Close closes the files. Nobody may be asking.
func (a *Archive) Close() error {
	var err error
	for _, f := range a.files {
		err = errors.Join(err, f.Close())
	}
	for _, r := range a.rooms {
		err = errors.Join(err, r.close())
	}
	a.files, a.rooms = nil, nil
	return err
}
