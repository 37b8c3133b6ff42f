package durable

import (
	"bytes"
	"errors"
	"io"
)

// Held is the content of a file that is in memory, all of it. Nothing is to change
// it as long as it is read.
type Held []byte

// ReadAt implements Content.
func (h Held) ReadAt(p []byte, offset int64) (int, error) {
	return bytes.NewReader(h).ReadAt(p, offset)
}

// Size implements Content.
func (h Held) Size() int64 { return int64(len(h)) }

// Close implements Content; it does nothing.
func (h Held) Close() error { return nil }

// Lend returns the bytes between two offsets as they stand, so that a reader of
// parts copies none; nil where they are not within the file.
func (h Held) Lend(from, to int64) ([]byte, error) {
	if from < 0 || to > int64(len(h)) || from > to {
		return nil, nil
	}
	return h[from:to:to], nil
}

// Hold reads all of a content and closes it.
func Hold(content Content) (Held, error) {
	held := make(Held, content.Size())
	n, err := content.ReadAt(held, 0)
	if n == len(held) {
		err = nil
	} else if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return held, errors.Join(err, content.Close())
}
