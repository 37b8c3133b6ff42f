package parquetio

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// readTexts reads the texts of a column, each Read's before the next.
func readTexts(t failer, f *File, field int, buffers *Buffers, rows func() int) (texts []string, coded, even int) {
	var v Values
	for group, left := range f.GroupRows() {
		chunk, err := f.Chunk(group, field, buffers)
		if err != nil {
			t.Fatal(err)
		}
		for left > 0 {
			n := min(int64(rows()), left)
			if err := chunk.Read(int(n), &v); err != nil {
				t.Fatal(err)
			}
			for i := range int(n) {
				text := "null"
				if v.Valid == nil || v.Valid[i] {
					text = fmt.Sprintf("%q", v.Text(i))
					if v.ASCII && strings.ContainsFunc(v.Text(i), func(r rune) bool { return r > 127 }) {
						t.Fatal("text is said to be ASCII: " + text)
					}
				}
				texts = append(texts, text)
			}
			if v.Dict != nil {
				coded++
			}
			if v.Even.Any() {
				even++
			}
			if again := v.Texts(int(n)); v.Valid == nil && !slices.Equal(again, unquoted(texts[len(texts)-int(n):])) {
				t.Fatal("texts that are written out differ")
			}
			left -= n
		}
	}
	return texts, coded, even
}

func unquoted(quoted []string) (texts []string) {
	for _, q := range quoted {
		text, _ := strconv.Unquote(q)
		texts = append(texts, text)
	}
	return texts
}

type failer interface{ Fatal(...any) }

// Borrowed texts are, up to the next Read, the texts that are kept, whatever
// the encodings of a chunk's pages and wherever a Read ends.
func TestBorrowedTexts(t *testing.T) {
	t.Parallel()
	var files []*File
	open := func(content []byte) {
		f, err := Open(bytes.NewReader(content), int64(len(content)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	paths, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(paths) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		open(content)
	}
	// The last falls back from codes to plain pages within its chunk.
	wide := Column{Name: "text", Type: String, Optional: true}
	for i := range 9_000 {
		wide.Strings = append(wide.Strings, fmt.Sprintf("%d-%s", i, strings.Repeat("ü", i%200)))
		wide.Valid = append(wide.Valid, i%7 != 0)
	}
	open(encode(t, sample(900, true), WriteOptions{DataPageBytes: 100}))
	open(encode(t, sample(900, false), WriteOptions{DataPageBytes: 100, NoDictionary: true}))
	open(encode(t, []Column{wide}, WriteOptions{DataPageBytes: 3000}))
	// Ids, of which those of every fifth hundred are of more than one length.
	ids := Column{Name: "id", Type: String}
	for i := range 9_000 {
		ids.Strings = append(ids.Strings, fmt.Sprintf("%0*d", 7+i/100%5/4*i%2, i))
	}
	open(encode(t, []Column{ids}, WriteOptions{DataPageBytes: 3000, NoDictionary: true}))
	coded, even, columns := 0, 0, 0
	var borrowed Buffers
	borrowed.Borrow = true
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(files).Draw(t, "file")
		for i, field := range f.Fields() {
			if field.Storage != StoredText {
				continue
			}
			most := rapid.SampledFrom([]int{1, 3, 64, 500, 5000}).Draw(t, "rows of a read")
			want, _, _ := readTexts(t, f, i, &Buffers{}, func() int { return 1 << 16 })
			got, codes, evens := readTexts(t, f, i, &borrowed, func() int { return rapid.IntRange(1, most).Draw(t, "rows") })
			if strings.Join(want, "\n") != strings.Join(got, "\n") {
				t.Fatalf("column %s: texts that are borrowed differ", field.Name)
			}
			coded += codes
			even += evens
			columns++
		}
	})
	if coded == 0 || even == 0 {
		t.Errorf("of %d columns, %d reads came as codes and %d as even texts: the test shows nothing", columns, coded, even)
	}
}
