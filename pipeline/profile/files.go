package profile

import "amends/pipeline/durable"

// FS is a file system whose reads, writes and waits for the disk are counted to
// the stage that is running. Of a nil recorder it is the file system itself.
func (r *Recorder) FS(fsys durable.FS) durable.FS {
	if r == nil {
		return fsys
	}
	return &files{FS: fsys, recorder: r}
}

type files struct {
	durable.FS
	recorder *Recorder
}

// ReadFile implements durable.FS.
func (f *files) ReadFile(path string) ([]byte, error) {
	content, err := f.FS.ReadFile(path)
	f.recorder.count(func(c *Figures) { c.Read += int64(len(content)) })
	return content, err
}

// Open implements durable.FS.
func (f *files) Open(path string) (durable.Content, error) {
	opened, err := f.FS.Open(path)
	if err != nil {
		return nil, err
	}
	return &content{Content: opened, recorder: f.recorder}, nil
}

type content struct {
	durable.Content
	recorder *Recorder
}

// ReadAt implements durable.Content.
func (c *content) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.Content.ReadAt(p, offset)
	c.recorder.count(func(f *Figures) { f.Read += int64(n) })
	return n, err
}

// SyncDir implements durable.FS.
func (f *files) SyncDir(dir string) error {
	return f.recorder.synced(func() error { return f.FS.SyncDir(dir) })
}

// CreateExclusive implements durable.FS.
func (f *files) CreateExclusive(path string) (durable.File, error) {
	created, err := f.FS.CreateExclusive(path)
	if err != nil {
		return nil, err
	}
	return &file{File: created, recorder: f.recorder}, nil
}

type file struct {
	durable.File
	recorder *Recorder
}

// Write implements durable.File.
func (f *file) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.recorder.count(func(c *Figures) { c.Written += int64(n) })
	return n, err
}

// Sync implements durable.File.
func (f *file) Sync() error { return f.recorder.synced(f.File.Sync) }

func (r *Recorder) synced(sync func() error) error {
	from := r.measure().at
	err := sync()
	took := r.measure().at.Sub(from).Microseconds()
	r.count(func(c *Figures) { c.Fsync += took; c.Fsyncs++ })
	return err
}
