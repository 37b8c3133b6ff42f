package parquetio

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzFooters opens files of any footer. None ends the process or has a chunk
// outside the file, and one that the library reads as well says the same to both.
func FuzzFooters(f *testing.F) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if footer := footerOf(data); len(footer) < 1<<13 {
			f.Add(footer)
		}
	}
	limits := Limits{}.orDefault()
	f.Fuzz(func(t *testing.T, footer []byte) {
		if len(footer) == 0 || len(footer) > 1<<14 {
			return
		}
		tail := binary.LittleEndian.AppendUint32(nil, uint32(len(footer)))
		data := slices.Concat([]byte(magic), make([]byte, 1<<12), footer, tail, []byte(magic))
		opened, err := Open(bytes.NewReader(data), int64(len(data)), limits)
		if err == nil {
			visitPlaces(t, opened)
		}
		if checkFooter(footer, limits) != nil {
			return
		}
		ours, err := parseMeta(footer)
		if err != nil {
			return
		}
		theirs, err := parseFooter(footer)
		if err != nil {
			return
		}
		if err := sameMeta(ours, asTheLibrary(theirs)); err != nil {
			t.Error(err)
		}
	})
}

// visitPlaces asks for all that is said of chunks.
func visitPlaces(t *testing.T, f *File) {
	for g := range f.groupRows {
		for i := range f.fields {
			f.Statistics(g, i)
			place, err := f.locate(g, &f.fields[i])
			if err == nil && (place.start < 0 || place.bytes < 0 || place.start+place.bytes > f.footerAt) {
				t.Errorf("row group %d, column %d: %+v is outside the file, whose footer is at %d", g, i, place, f.footerAt)
			}
		}
	}
}
