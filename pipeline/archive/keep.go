package archive

import (
	"bytes"
	"cmp"
	"container/heap"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"amends/pipeline/durable"
)

var errNotExist = fs.ErrNotExist

// temporaryPrefix begins the names of volumes that are being written.
const temporaryPrefix = "."

// Keep brings the files up to the chain: what is missing is written, neighbours
// are merged, and what was merged or fits no more is removed, in this order. It
// needs the state's lock. An error leaves an archive that answers as before.
func Keep(c Config) error {
	k := keeper{config: c, present: map[span]bool{}}
	entries, err := c.FS.ReadDir(c.Dir)
	if errors.Is(err, errNotExist) && len(c.Nights) > 0 {
		err = durable.MakeDir(c.FS, c.Dir)
	}
	if err != nil && !errors.Is(err, errNotExist) {
		return err
	}
	for _, e := range entries {
		if s, ok := spanOf(e.Name); ok {
			k.present[s] = true
		}
		if strings.HasPrefix(e.Name, temporaryPrefix+filePrefix) {
			if err := k.remove(e.Name); err != nil {
				return err
			}
		}
	}
	wanted := layout(len(c.Nights))
	for _, s := range wanted {
		if err := k.make(s); err != nil {
			return err
		}
	}
	for _, s := range slices.SortedFunc(maps.Keys(k.present), func(a, b span) int { return cmp.Compare(a.file(), b.file()) }) {
		if !slices.Contains(wanted, s) {
			if err := k.drop(s); err != nil {
				return err
			}
		}
	}
	return nil
}

type keeper struct {
	config  Config
	present map[span]bool
}

func (k *keeper) remove(name string) error {
	return k.config.FS.Remove(filepath.Join(k.config.Dir, name))
}

// drop removes a volume, if it is there.
func (k *keeper) drop(s span) error {
	if !k.present[s] {
		return nil
	}
	delete(k.present, s)
	return k.remove(s.file())
}

// fits reports whether a volume is there and of this chain, as far as its footer
// says.
func (k *keeper) fits(s span) (bool, error) {
	if !k.present[s] || s.last > len(k.config.Nights) || slices.Contains(k.config.Suspect, s.file()) {
		return false, nil
	}
	a := &Archive{config: k.config}
	v, err := a.file(s, toLook)
	return v != nil, errors.Join(err, a.Close())
}

// make writes a volume where it is missing, and before it what it is merged of.
func (k *keeper) make(s span) error {
	fits, err := k.fits(s)
	if err != nil || fits {
		return err
	}
	a := &Archive{config: k.config}
	write := func(out io.Writer) error { return a.write(out, s) }
	if s.first < s.last {
		for _, part := range s.parts() {
			if err := k.make(part); err != nil {
				return err
			}
		}
		write = func(out io.Writer) error { return k.merge(out, s) }
	}
	err = k.put(s, write)
	if errors.Is(err, ErrDamaged) { // a part's block: from the postings, then
		err = k.put(s, func(out io.Writer) error { return a.write(out, s) })
	}
	if err != nil || s.first == s.last {
		return err
	}
	for _, part := range s.parts() { // at once: making the archive of years takes room for its records twice at the most
		if err := k.drop(part); err != nil {
			return err
		}
	}
	return nil
}

// put writes a volume under a temporary name and gives it its own.
func (k *keeper) put(s span, write func(io.Writer) error) error {
	fsys, final := k.config.FS, filepath.Join(k.config.Dir, s.file())
	temporary := filepath.Join(k.config.Dir, temporaryPrefix+s.file())
	err := durable.WriteStream(fsys, temporary, func(out io.Writer) error {
		behind := newWriteBehind(out)
		return errors.Join(write(behind), behind.close())
	})
	if err != nil {
		return errors.Join(err, fsys.Remove(temporary))
	}
	if k.present[s] { // and does not fit
		if err := fsys.Remove(final); err != nil {
			return err
		}
	}
	if err := fsys.RenameNoReplace(temporary, final); err != nil {
		return err
	}
	k.present[s] = true
	return fsys.SyncDir(k.config.Dir)
}

// bufferBytes is how much of a volume is written at a time.
const bufferBytes = 1 << 18

// writeBehind gathers writes, and writes what it gathered while the next is made.
// It knows a short write.
type writeBehind struct {
	held       []byte
	full, free chan []byte
	failed     chan error
}

func newWriteBehind(out io.Writer) *writeBehind {
	w := &writeBehind{full: make(chan []byte), free: make(chan []byte, 2), failed: make(chan error, 1)}
	w.free <- nil
	go func() {
		var err error
		for b := range w.full {
			if err == nil {
				var n int
				if n, err = out.Write(b); err == nil && n != len(b) {
					err = io.ErrShortWrite
				}
			}
			w.free <- b[:0]
		}
		w.failed <- err
	}()
	return w
}

// Write never fails: close does.
func (w *writeBehind) Write(p []byte) (int, error) {
	w.held = append(w.held, p...)
	if len(w.held) >= bufferBytes {
		w.full <- w.held
		w.held = <-w.free
	}
	return len(p), nil
}

// close writes what is left, and waits until all is written. It comes once.
func (w *writeBehind) close() error {
	if len(w.held) > 0 {
		w.full <- w.held
	}
	close(w.full)
	return <-w.failed
}

// merge writes a volume of its parts' records.
func (k *keeper) merge(out io.Writer, s span) (err error) {
	a := &Archive{config: k.config}
	defer func() { err = errors.Join(err, a.Close()) }()
	var parts []*volume
	for _, part := range s.parts() {
		v, err := a.file(part, toAsk)
		if err != nil {
			return err
		}
		if v == nil {
			return ErrDamaged
		}
		parts = append(parts, v)
	}
	return merge(out, a.footerOf(s), parts)
}

// merge writes a volume of the records of others, which are in the order of the
// chain.
func merge(out io.Writer, f footer, parts []*volume) error {
	var sources merging
	keys := uint64(0)
	for i, v := range parts {
		keys += v.footer.keys
		c := &cursor{volume: v}
		if err := c.advance(); err != nil {
			return err
		}
		if !c.done {
			sources = append(sources, &source{c, i})
		}
	}
	heap.Init(&sources)
	w := newWriter(out, f, keys)
	for len(sources) > 0 {
		c := sources[0]
		if err := w.add((*key)(c.key), c.value); err != nil {
			return err
		}
		if err := c.advance(); err != nil {
			return err
		}
		if c.done {
			heap.Pop(&sources)
		} else {
			heap.Fix(&sources, 0)
		}
	}
	return w.close()
}

// source is one of several volumes that are merged; of one key the earlier goes
// first.
type source struct {
	*cursor
	order int
}

type merging []*source

func (m merging) Len() int      { return len(m) }
func (m merging) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merging) Push(any)     {} // there are never more than at first
func (m *merging) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

func (m merging) Less(i, j int) bool {
	if order := bytes.Compare(m[i].key, m[j].key); order != 0 {
		return order < 0
	}
	return m[i].order < m[j].order
}
