package durabletest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"amends/pipeline/durable"
)

// MkdirAll implements durable.FS.
func (f *FS) MkdirAll(dir string) error {
	return f.do(func() error {
		at := f.root
		for _, part := range parts(dir) {
			next, ok := at.names[part]
			if !ok {
				next = newDir()
				at.names[part] = next
			}
			if !next.dir {
				return pathError("mkdir", dir, syscall.ENOTDIR)
			}
			at = next
		}
		return nil
	}, "mkdir", dir)
}

// CreateExclusive implements durable.FS.
func (f *FS) CreateExclusive(name string) (durable.File, error) {
	created := &file{fs: f, name: name, node: &node{}}
	err := f.do(func() error {
		parent, base, err := f.place("create", name)
		if err != nil {
			return err
		}
		if _, taken := parent.names[base]; taken {
			return pathError("create", name, fs.ErrExist)
		}
		parent.names[base] = created.node
		return nil
	}, "create", name)
	if err != nil {
		return nil, err
	}
	return created, nil
}

// ReadFile implements durable.FS.
func (f *FS) ReadFile(name string) ([]byte, error) { return f.readable("read", name) }

// readable is a copy of a file's content.
func (f *FS) readable(op, name string) (content []byte, err error) {
	err = f.do(func() error {
		n, err := f.find(op, name)
		if err != nil {
			return err
		}
		if n.dir {
			return pathError(op, name, syscall.EISDIR)
		}
		content = slices.Clone(n.content)
		return nil
	}, op, name)
	if err != nil {
		return nil, err
	}
	return content, nil
}

// Open implements durable.FS. Each ReadAt is an operation as well; Close is not.
func (f *FS) Open(name string) (opened durable.Content, err error) {
	content, err := f.readable("open", name)
	if err != nil {
		return nil, err
	}
	return &reading{fs: f, name: name, Reader: bytes.NewReader(content)}, nil
}

// reading is a file as it was when it was opened.
type reading struct {
	fs   *FS
	name string
	*bytes.Reader
}

// ReadAt implements durable.Content.
func (r *reading) ReadAt(p []byte, offset int64) (n int, err error) {
	err = r.fs.do(func() error {
		n, err = r.Reader.ReadAt(p, offset)
		return err
	}, "readat", r.name)
	return n, err
}

// Size implements durable.Content.
func (r *reading) Size() int64 { return r.Reader.Size() }

// Close implements durable.Content.
func (r *reading) Close() error { return nil }

// Stat implements durable.FS.
func (f *FS) Stat(name string) (info durable.Info, err error) {
	err = f.do(func() error {
		n, err := f.find("stat", name)
		if err != nil {
			return err
		}
		info = durable.Info{Size: int64(len(n.content)), Dir: n.dir}
		return nil
	}, "stat", name)
	return info, err
}

// ReadDir implements durable.FS.
func (f *FS) ReadDir(dir string) (entries []durable.Entry, err error) {
	err = f.do(func() error {
		n, err := f.find("readdir", dir)
		if err != nil {
			return err
		}
		if !n.dir {
			return pathError("readdir", dir, syscall.ENOTDIR)
		}
		for name, child := range n.names {
			entries = append(entries, durable.Entry{Name: name, Dir: child.dir})
		}
		slices.SortFunc(entries, func(a, b durable.Entry) int { return strings.Compare(a.Name, b.Name) })
		return nil
	}, "readdir", dir)
	if err != nil {
		return nil, err
	}
	return entries, nil
}

// RenameNoReplace implements durable.FS.
func (f *FS) RenameNoReplace(from, to string) error {
	return f.do(func() error {
		moved, err := f.find("rename", from)
		if err != nil {
			return err
		}
		source, base, err := f.place("rename", from)
		if err != nil {
			return err
		}
		target, newBase, err := f.place("rename", to)
		if err != nil {
			return err
		}
		if _, taken := target.names[newBase]; taken {
			return pathError("rename", to, fs.ErrExist)
		}
		delete(source.names, base)
		target.names[newBase] = moved
		return nil
	}, "rename", from, to)
}

// Link implements durable.FS.
func (f *FS) Link(from, to string) error {
	return f.do(func() error {
		linked, err := f.find("link", from)
		if err != nil {
			return err
		}
		if linked.dir {
			return pathError("link", from, syscall.EPERM)
		}
		target, base, err := f.place("link", to)
		if err != nil {
			return err
		}
		if _, taken := target.names[base]; taken {
			return pathError("link", to, fs.ErrExist)
		}
		target.names[base] = linked
		return nil
	}, "link", from, to)
}

// Remove implements durable.FS.
func (f *FS) Remove(name string) error {
	return f.do(func() error {
		n, err := f.find("remove", name)
		if err != nil {
			return err
		}
		if len(n.names) > 0 {
			return pathError("remove", name, syscall.ENOTEMPTY)
		}
		return f.drop(name)
	}, "remove", name)
}

// RemoveAll implements durable.FS.
func (f *FS) RemoveAll(dir string) error {
	return f.do(func() error {
		err := f.drop(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}, "removeall", dir)
}

func (f *FS) drop(name string) error {
	parent, base, err := f.place("remove", name)
	if err != nil {
		return err
	}
	delete(parent.names, base)
	return nil
}

// SyncDir implements durable.FS.
func (f *FS) SyncDir(dir string) error {
	return f.do(func() error {
		n, err := f.find("syncdir", dir)
		if err != nil {
			return err
		}
		if !n.dir {
			return pathError("syncdir", dir, syscall.ENOTDIR)
		}
		n.durableNames = make(map[string]*node, len(n.names))
		for name, child := range n.names {
			n.durableNames[name] = child
		}
		return nil
	}, "syncdir", dir)
}

// Lock implements durable.FS.
func (f *FS) Lock(name string) (release func() error, err error) {
	key := strings.Join(parts(name), "/")
	err = f.do(func() error {
		parent, base, err := f.place("lock", name)
		if err != nil {
			return err
		}
		if _, there := parent.names[base]; !there {
			parent.names[base] = &node{}
		}
		if f.locks[key] {
			return fmt.Errorf("%s: %w", name, durable.ErrLocked)
		}
		f.locks[key] = true
		return nil
	}, "lock", name)
	if err != nil {
		return nil, err
	}
	return func() error {
		return f.do(func() error {
			delete(f.locks, key)
			return nil
		}, "unlock", name)
	}, nil
}

// file is a node that is being written.
type file struct {
	fs     *FS
	name   string
	node   *node
	closed bool
}

// Write implements durable.File.
func (w *file) Write(p []byte) (n int, err error) {
	w.fs.mu.Lock()
	defer w.fs.mu.Unlock()
	if w.closed {
		return 0, pathError("write", w.name, fs.ErrClosed)
	}
	fault, err := w.fs.begin("write", w.name)
	switch fault {
	case None, Late:
		n = len(p)
	case ENOSPC:
		n = len(p) / 2
	case ShortWrite:
		n, err = len(p)/2, nil
	}
	w.node.content = append(w.node.content, p[:n]...)
	return n, err
}

// Sync implements durable.File.
func (w *file) Sync() error {
	w.fs.mu.Lock()
	defer w.fs.mu.Unlock()
	if w.closed {
		return pathError("sync", w.name, fs.ErrClosed)
	}
	fault, err := w.fs.begin("sync", w.name)
	if fault == None && !w.node.poisoned {
		w.node.durableContent = slices.Clone(w.node.content)
	}
	if fault != None && fault != Stop {
		w.node.poisoned = true
	}
	return err
}

// Close implements durable.File.
func (w *file) Close() error {
	w.fs.mu.Lock()
	defer w.fs.mu.Unlock()
	if w.closed {
		return pathError("close", w.name, fs.ErrClosed)
	}
	w.closed = true
	_, err := w.fs.begin("close", w.name)
	return err
}
