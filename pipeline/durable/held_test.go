package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// shortened is a content that lost its end since it was opened.
type shortened struct{ Content }

func (s shortened) Size() int64 { return s.Content.Size() + 1 }

func TestHeldIsTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"", "0123456789"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		content, err := OS{}.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		held, err := Hold(content)
		if err != nil || string(held) != text || held.Size() != int64(len(text)) {
			t.Errorf("%q, %v; not %q", held, err, text)
		}
		if _, err := content.ReadAt(make([]byte, 1), 0); err == nil || err == io.EOF {
			t.Errorf("the file is not closed: %v", err)
		}
		content, err = OS{}.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Hold(shortened{content}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("a file that lost its end: %v", err)
		}
	}
}

func TestHeldLendsWhatItHas(t *testing.T) {
	t.Parallel()
	held := Held("0123456789")
	for _, test := range []struct {
		from, to int64
		want     string
		there    bool
	}{{0, 10, "0123456789", true}, {3, 5, "34", true}, {10, 10, "", true}, {-1, 2, "", false}, {4, 11, "", false}, {5, 4, "", false}} {
		lent, err := held.Lend(test.from, test.to)
		if err != nil || string(lent) != test.want || (lent != nil) != test.there || cap(lent) != len(lent) {
			t.Errorf("%d to %d: %q, %v", test.from, test.to, lent, err)
		}
	}
	part := make([]byte, 4)
	if n, err := held.ReadAt(part, 8); n != 2 || err != io.EOF || string(part[:n]) != "89" {
		t.Errorf("%d bytes, %q, %v", n, part[:n], err)
	}
	if err := held.Close(); err != nil {
		t.Error(err)
	}
}
