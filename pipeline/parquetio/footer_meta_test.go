package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/metadata"
)

// footerOf is the footer of a file.
func footerOf(data []byte) []byte {
	end := len(data) - tailBytes
	return data[end-int(binary.LittleEndian.Uint32(data[end:])) : end]
}

// asTheLibrary is what we keep of a footer that the library read.
func asTheLibrary(theirs *metadata.FileMetaData) *fileMeta {
	m := &fileMeta{rows: theirs.NumRows}
	for _, o := range theirs.ColumnOrders {
		m.ordered = append(m.ordered, o.IsSetTYPE_ORDER())
	}
	for _, g := range theirs.RowGroups {
		group := groupMeta{rows: g.NumRows}
		for _, c := range g.Columns {
			chunk := chunkMeta{file: c.GetFilePath(), there: c.MetaData != nil, encrypted: c.CryptoMetadata != nil}
			if d := c.MetaData; d != nil {
				chunk.kind, chunk.codec, chunk.parts = parquet.Type(d.Type), compress.Compression(d.Codec), len(d.PathInSchema)
				if chunk.parts > 0 {
					chunk.path = []byte(d.PathInSchema[0])
				}
				chunk.values, chunk.bytes, chunk.dataAt = d.NumValues, d.TotalCompressedSize, d.DataPageOffset
				if d.DictionaryPageOffset != nil {
					chunk.dictionaryAt, chunk.hasDictionary = *d.DictionaryPageOffset, true
				}
				if s := d.Statistics; s != nil {
					chunk.counted, chunk.least, chunk.most = true, s.MinValue, s.MaxValue
					if s.NullCount != nil {
						chunk.nulls, chunk.hasNulls = *s.NullCount, true
					}
				}
			}
			group.chunks = append(group.chunks, chunk)
		}
		m.groups = append(m.groups, group)
	}
	return m
}

func sameMeta(a, b *fileMeta) error {
	if a.rows != b.rows || !slices.Equal(a.ordered, b.ordered) || len(a.groups) != len(b.groups) {
		return fmt.Errorf("%d rows in %d groups, ordered %v; and %d in %d, %v", a.rows, len(a.groups), a.ordered, b.rows, len(b.groups), b.ordered)
	}
	for i := range a.groups {
		left, right := &a.groups[i], &b.groups[i]
		if left.rows != right.rows || len(left.chunks) != len(right.chunks) {
			return fmt.Errorf("row group %d: %d rows, %d chunks; and %d, %d", i, left.rows, len(left.chunks), right.rows, len(right.chunks))
		}
		for j := range left.chunks {
			if l, r := fmt.Sprintf("%+v", left.chunks[j]), fmt.Sprintf("%+v", right.chunks[j]); l != r {
				return fmt.Errorf("row group %d, chunk %d: %s; and %s", i, j, l, r)
			}
		}
	}
	return nil
}

// TestFootersSayWhatTheLibraryReads reads footers of all known writers twice.
func TestFootersSayWhatTheLibraryReads(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := parseFooter(footerOf(data))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		ours, err := parseMeta(footerOf(data))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := sameMeta(ours, asTheLibrary(theirs)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestDamagedFootersSayWhatTheLibraryReads changes every byte of a footer, to a few
// values each: what both read says the same.
func TestDamagedFootersSayWhatTheLibraryReads(t *testing.T) {
	t.Parallel()
	footer := footerOf(encode(t, sample(40, true), WriteOptions{RowGroupRows: 20}))
	both := 0
	for at := range footer {
		for _, change := range []byte{1, 2, 0x10, 0x80, 0xff} {
			damaged := bytes.Clone(footer)
			damaged[at] ^= change
			if checkFooter(damaged, Limits{}.orDefault()) != nil {
				continue
			}
			ours, err := parseMeta(damaged)
			if err != nil {
				continue
			}
			theirs, err := parseFooter(damaged)
			if err != nil {
				continue
			}
			both++
			if err := sameMeta(ours, asTheLibrary(theirs)); err != nil {
				t.Errorf("byte %d is %#x: %v", at, damaged[at], err)
			}
		}
	}
	if both < len(footer) {
		t.Errorf("both read %d damaged footers, of %d bytes", both, len(footer))
	}
}

// TestRowsOfAnotherTypeAreNoEmptyFile has counts and lists of a footer be of types that
// they never have: the library finds them missing, and so do we. A file of whose row
// groups and rows nothing is found would pass for an empty one.
func TestRowsOfAnotherTypeAreNoEmptyFile(t *testing.T) {
	t.Parallel()
	const next = 1 << 4 // a field's number is one more
	schema := []byte{
		next | compactI32, 2, next | compactList, 2<<4 | compactStruct, // version 1; two elements
		4<<4 | compactBinary, 1, 'm', next | compactI32, 2, compactStop, // the root, with one child
		next | compactI32, 4, 2<<4 | compactI32, 0, next | compactBinary, 1, 'a', compactStop, // INT64, required
	}
	rows, groups := []byte{next | compactI64, 0}, []byte{next | compactList, compactStruct}
	other := append([]byte{next | compactDouble}, make([]byte, 8)...)
	for name, fields := range map[string][][]byte{
		"":                {schema, rows, groups, {compactStop}},
		"rows":            {schema, other, groups, {compactStop}},
		"groups":          {schema, rows, {next | compactSet, compactStruct}, {compactStop}},
		"rows and groups": {schema, other, other, {compactStop}},
	} {
		footer := slices.Concat(fields...)
		_, ours := parseMeta(footer)
		_, theirs := parseFooter(footer)
		if (ours == nil) != (name == "") || (theirs == nil) != (name == "") {
			t.Errorf("of another type %q: %v; and the library: %v", name, ours, theirs)
		}
	}
}
