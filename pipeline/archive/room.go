package archive

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
)

// Aside is where what is large lies instead of in memory, until it is closed.
type Aside interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// maxRoomBytes is how much of a volume that no file of the archive holds, or of the
// nights that it is made of, stays in memory: those of small ledgers do.
const maxRoomBytes = 64 << 20

// room is where volumes are made: in memory, and aside once they are large. Where
// there is no room aside, they stay in memory: what is made here is asked for by a
// night, which an archive must not stop.
type room struct {
	open   func() (Aside, error) // nil where everything stays in memory, or what comes does
	memory []byte
	file   Aside // nil while all of it is in memory
	size   int64
}

// Write never writes a part only: what is in memory moves aside as a whole, and
// comes back as a whole.
func (r *room) Write(p []byte) (int, error) {
	if r.file == nil && r.open != nil && len(r.memory)+len(p) > maxRoomBytes {
		r.putAside()
	}
	if r.file != nil && writeWhole(r.file, p) != nil {
		if err := r.takeBack(); err != nil {
			return 0, err
		}
	}
	if r.file == nil {
		r.memory = append(r.memory, p...)
	}
	r.size += int64(len(p))
	return len(p), nil
}

// putAside moves what is in memory aside. Where it cannot be written it stays, and
// so does what comes.
func (r *room) putAside() {
	open := r.open
	r.open = nil
	file, err := open()
	if err != nil {
		return
	}
	if writeWhole(file, r.memory) != nil {
		_ = file.Close() // what is in it is in memory
		return
	}
	r.memory, r.file = nil, file
}

// takeBack moves what lies aside into memory, where no more can be written to it.
func (r *room) takeBack() error {
	memory := make([]byte, r.size)
	if n, err := r.file.ReadAt(memory, 0); n != len(memory) {
		return fmt.Errorf("reading back what was put aside of the archive, in the folder for temporary files (TMPDIR): %w", cmp.Or(err, io.ErrUnexpectedEOF))
	}
	_ = r.file.Close() // what was in it is in memory
	r.memory, r.file = memory, nil
	return nil
}

func writeWhole(out io.Writer, p []byte) error {
	n, err := out.Write(p)
	if err == nil && n != len(p) {
		err = io.ErrShortWrite
	}
	return err
}

// add writes a volume, and returns where it is.
func (r *room) add(write func(out io.Writer) error) (lodged, error) {
	p := lodged{at: r.size}
	out := bufio.NewWriterSize(r, bufferBytes)
	if err := write(out); err != nil {
		return p, err
	}
	err := out.Flush()
	p.size = r.size - p.at
	return p, err
}

// volume opens the volume at a place, once all are written.
func (r *room) volume(p lodged) (*volume, error) {
	if r.file == nil {
		return openWhole(r.memory[p.at:][:p.size])
	}
	return openVolume(io.NewSectionReader(r.file, p.at, p.size), p.size)
}

func (r *room) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// lodged is where a volume lies in a room.
type lodged struct{ at, size int64 }

// writeNights merges volumes of one night each.
func (a *Archive) writeNights(out io.Writer, s span) (err error) {
	nights := &room{open: a.config.Aside}
	defer func() { err = errors.Join(err, nights.close()) }()
	var places []lodged
	for n := s.first; n <= s.last; n++ {
		p, err := nights.add(func(out io.Writer) error { return a.write(out, span{n, n}) })
		if err != nil {
			return err
		}
		places = append(places, p)
	}
	volumes := make([]*volume, len(places))
	for i, p := range places {
		if volumes[i], err = nights.volume(p); err != nil {
			return err
		}
	}
	return merge(out, a.footerOf(s), volumes)
}

// make makes a volume from the nights' postings, for as long as the archive is
// open.
func (a *Archive) make(s span) (*volume, error) {
	r := &room{open: a.config.Aside}
	p, err := r.add(func(out io.Writer) error { return a.write(out, s) })
	if err == nil {
		var v *volume
		if v, err = r.volume(p); err == nil {
			a.rooms = append(a.rooms, r)
			return v, nil
		}
	}
	return nil, errors.Join(err, r.close())
}
