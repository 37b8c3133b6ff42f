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
			if err := k.remove(s.file()); err != nil {
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

// fits reports whether a volume is there and of this chain, as far as its footer
// says.
func (k *keeper) fits(s span) (bool, error) {
	if !k.present[s] || s.last > len(k.config.Nights) || slices.Contains(k.config.Suspect, s.file()) {
		return false, nil
	}
	a := &Archive{config: k.config}
	v, err := a.file(s)
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
	return err
}

// put writes a volume under a temporary name and gives it its own.
func (k *keeper) put(s span, write func(io.Writer) error) error {
	fsys, final := k.config.FS, filepath.Join(k.config.Dir, s.file())
	temporary := filepath.Join(k.config.Dir, temporaryPrefix+s.file())
	err := durable.WriteStream(fsys, temporary, func(out io.Writer) error {
		buffered := &buffer{out: out}
		return errors.Join(write(buffered), buffered.flush())
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

// buffer gathers writes, and knows a short one.
type buffer struct {
	out  io.Writer
	held []byte
}

func (b *buffer) Write(p []byte) (int, error) {
	b.held = append(b.held, p...)
	if len(b.held) < bufferBytes {
		return len(p), nil
	}
	return len(p), b.flush()
}

func (b *buffer) flush() error {
	n, err := b.out.Write(b.held)
	if err == nil && n != len(b.held) {
		err = io.ErrShortWrite
	}
	b.held = b.held[:0]
	return err
}

// merge writes a volume of its parts' records.
func (k *keeper) merge(out io.Writer, s span) (err error) {
	a := &Archive{config: k.config}
	defer func() { err = errors.Join(err, a.Close()) }()
	var parts []*volume
	for _, part := range s.parts() {
		v, err := a.file(part)
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
