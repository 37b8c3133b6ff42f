package archive_test

import (
	"encoding/binary"
	"hash/crc32"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline/archive"
	"amends/pipeline/durable/durabletest"
)

// The version stands at byte 8 of the 128 bytes that end a volume; their last
// four are a checksum.
const (
	footerBytes  = 128
	footerBefore = footerBytes - 4
)

// A volume of the format before this one counts as none: the nights answer, and
// Keep makes it again.
func TestVolumesOfAnotherVersion(t *testing.T) {
	t.Parallel()
	c := steady(20)
	fsys := durabletest.New()
	if err := archive.Keep(c.config(fsys, len(c.nights))); err != nil {
		t.Fatal(err)
	}
	whole := maps.Clone(fsys.Tree())
	older := 0
	for _, name := range files(fsys) {
		if !strings.HasSuffix(name, ".volume") {
			continue
		}
		older++
		name = filepath.Join(dir, name)
		content, err := fsys.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		footer := content[len(content)-footerBytes:]
		binary.LittleEndian.PutUint32(footer[8:], binary.LittleEndian.Uint32(footer[8:])-1)
		binary.LittleEndian.PutUint32(footer[footerBefore:], crc32.Checksum(footer[:footerBefore], crc32.MakeTable(crc32.Castagnoli)))
		rewrite(t, fsys, name, content)
	}
	a, err := archive.Open(c.config(fsys, len(c.nights)))
	if err != nil {
		t.Fatal(err)
	}
	given, err := a.Before(firstDay+20).Customer("ann", firstDay)
	if err != nil || len(given) != 20 || len(c.read) != 20 || older == 0 {
		t.Errorf("%d credits of 20 nights, %d nights read for %d older volumes: %v", len(given), len(c.read), older, err)
	}
	if err := archive.Keep(c.config(fsys, len(c.nights))); err != nil || !maps.Equal(fsys.Tree(), whole) {
		t.Errorf("kept again: %v, %v", err, files(fsys))
	}
	if len(c.read) != 20 {
		t.Errorf("%d nights read to make the volumes again", len(c.read))
	}
}

func rewrite(t *testing.T, fsys *durabletest.FS, name string, content []byte) {
	t.Helper()
	if err := fsys.Remove(name); err != nil {
		t.Fatal(err)
	}
	f, err := fsys.CreateExclusive(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
