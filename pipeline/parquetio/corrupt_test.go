package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"amends/rules/ir"
)

// tight are limits that a small file keeps easily, so that a lie shows as
// memory.
var tight = Limits{PageBytes: 1 << 20, PageValues: 1 << 16, GroupRows: 1 << 16}

// tightBytes is more than a corrupt small file may allocate under them: a page,
// its copy as text, the values of one batch, and the metadata.
const tightBytes = 32 << 20

// readAll reads every column that can be read, and returns the rows it saw and
// a text of the values of each column.
func readAll(data []byte, limits Limits) (rows int64, texts []string, err error) {
	f, err := Open(bytes.NewReader(data), int64(len(data)), limits)
	if err != nil {
		return 0, nil, err
	}
	var buffers Buffers
	rows = f.Rows() // where no column can be read, as a scan that wants none would say
	for i, field := range f.Fields() {
		if field.Kind == ir.Invalid {
			texts = append(texts, "")
			continue
		}
		var text bytes.Buffer
		rows = 0
		for group, groupRows := range f.GroupRows() {
			chunk, err := f.Chunk(group, i, &buffers)
			if err != nil {
				return 0, nil, err
			}
			for left := groupRows; left > 0; {
				n := int(min(left, 10))
				var v Values
				if err := chunk.Read(n, &v); err != nil {
					return 0, nil, err
				}
				fmt.Fprintln(&text, v)
				rows += int64(n)
				left -= int64(n)
			}
		}
		texts = append(texts, text.String())
	}
	return rows, texts, nil
}

type fixture struct {
	name  string
	data  []byte
	rows  int64
	texts []string
}

// corruptibles are files of four writers.
func corruptibles(t testing.TB) []fixture {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(paths) == 0 {
		t.Fatal("no fixtures", err)
	}
	var all []fixture
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fixture{name: filepath.Base(path), data: data})
	}
	for variant := range 8 {
		options := WriteOptions{Codec: Codec(variant % 4), PageV2: variant >= 4, NoDictionary: variant%2 == 1, RowGroupRows: 30, DataPageBytes: 100}
		all = append(all, fixture{name: fmt.Sprintf("amends-%d", variant), data: encode(t, sample(50, variant%3 > 0), options)})
	}
	for i := range all {
		if all[i].rows, all[i].texts, err = readAll(all[i].data, tight); err != nil {
			t.Fatalf("%s: %v", all[i].name, err)
		}
	}
	return all
}

func TestTruncatedFiles(t *testing.T) {
	t.Parallel()
	for _, f := range corruptibles(t) {
		for cut := range 50 {
			size := len(f.data) * cut / 50
			if _, _, err := readAll(f.data[:size], tight); err == nil {
				t.Errorf("%s: no error for its first %d of %d bytes", f.name, size, len(f.data))
			}
		}
	}
}

// TestFlippedBytes replaces up to three bytes of a file: an error, or all rows.
// The number of seeds is 500, or AMENDS_FUZZ_SEEDS.
func TestFlippedBytes(t *testing.T) {
	seeds := 500
	if text := os.Getenv("AMENDS_FUZZ_SEEDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		seeds = n
	}
	files := corruptibles(t)
	failed, changed := 0, 0
	for seed := range seeds {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		f := &files[random.IntN(len(files))]
		data := slices.Clone(f.data)
		for range 1 + random.IntN(3) {
			data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
		}
		rows, texts, err := readWatched(t, fmt.Sprintf("seed %d, %s", seed, f.name), data)
		switch {
		case err != nil:
			failed++
		case rows != f.rows:
			t.Errorf("seed %d, %s: %d rows and no error, want %d", seed, f.name, rows, f.rows)
		case !slices.Equal(texts, f.texts):
			changed++ // no page checksum stood over the byte; the manifest's digest does
		}
	}
	t.Logf("%d seeds: %d errors, %d other values, %d unharmed", seeds, failed, changed, seeds-failed-changed)
	if failed < seeds/2 {
		t.Errorf("only %d of %d corrupt files gave an error", failed, seeds)
	}
}

// readWatched fails the test where reading takes long or allocates much.
func readWatched(t *testing.T, what string, data []byte) (rows int64, texts []string, err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	go func() {
		defer close(done)
		rows, texts, err = readAll(data, tight)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: still reading after 20 seconds", what)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > tightBytes {
		t.Errorf("%s: reading allocated %d bytes", what, n)
	}
	return rows, texts, err
}

// pageBodies returns the place of every page body of a file, and whether the
// page has a checksum.
func pageBodies(t *testing.T, data []byte) (places [][2]int64, summed []bool) {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)), tight)
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Fields() {
		for group, rows := range f.GroupRows() {
			var buffers Buffers
			chunk, err := f.Chunk(group, i, &buffers)
			if err != nil || rows == 0 {
				continue
			}
			end := chunk.pages.place.start + chunk.pages.place.bytes
			for chunk.pages.left > 0 {
				h, err := chunk.pages.header()
				if err != nil {
					t.Fatal(err)
				}
				start := end - chunk.pages.left
				places = append(places, [2]int64{start, start + int64(h.compressed)})
				summed = append(summed, h.hasCRC)
				if _, err := chunk.pages.in.take(int(h.compressed)); err != nil {
					t.Fatal(err)
				}
				chunk.pages.left -= int64(h.compressed)
			}
		}
	}
	return places, summed
}

func TestChecksumsAreVerified(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	pages := 0
	for _, f := range corruptibles(t) {
		places, summed := pageBodies(t, f.data)
		for i, place := range places {
			if !summed[i] || place[0] == place[1] {
				continue
			}
			pages++
			data := slices.Clone(f.data)
			at := place[0] + random.Int64N(place[1]-place[0])
			data[at] ^= byte(1 << random.IntN(8))
			if _, _, err := readAll(data, tight); err == nil {
				t.Errorf("%s: page %d at %d has a checksum, and its byte %d was changed without an error", f.name, i, place[0], at)
			}
		}
	}
	if pages < 500 {
		t.Errorf("only %d pages have a checksum", pages)
	}
}

// zigzag encodes an integer as Thrift's compact protocol does.
func zigzag(v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	var out []byte
	for ; u >= 0x80; u >>= 7 {
		out = append(out, byte(u)|0x80)
	}
	return append(out, byte(u))
}

// header encodes a page header: type, sizes, then the part at field id with
// the number of values and the encoding.
func header(kind, inflated, compressed int64, id byte, values, encoding int64) []byte {
	out := append([]byte{0x15}, zigzag(kind)...)
	out = append(append(out, 0x15), zigzag(inflated)...)
	out = append(append(out, 0x15), zigzag(compressed)...)
	out = append(out, id<<4-3<<4|compactStruct) // field ids are deltas
	out = append(append(out, 0x15), zigzag(values)...)
	out = append(append(out, 0x15), zigzag(encoding)...)
	return append(out, 0x15, 6, 0x15, 6, 0, 0)
}

func TestPagesThatDeclareGigabytes(t *testing.T) {
	const huge = 1<<31 - 1
	columns := []Column{{Name: "n", Type: Int64, Optional: true, Ints: make([]int64, 1000)}}
	for i := range columns[0].Ints {
		columns[0].Ints[i] = int64(i)
	}
	tests := []struct {
		name   string
		codec  Codec
		header []byte
	}{
		{"data page, uncompressed size", Uncompressed, header(pageDataV1, huge, 100, 5, 1000, 0)},
		{"data page, zstd", Zstd, header(pageDataV1, huge, 100, 5, 1000, 0)},
		{"data page, below the limit of bytes, zstd", Zstd, header(pageDataV1, 100<<20, 100, 5, 1000, 0)},
		{"data page, below the limit of bytes, gzip", Gzip, header(pageDataV1, 100<<20, 100, 5, 1000, 0)},
		{"data page, below the limit of bytes, snappy", Snappy, header(pageDataV1, 100<<20, 100, 5, 1000, 0)},
		{"data page, compressed size", Gzip, header(pageDataV1, 100, huge, 5, 1000, 0)},
		{"data page, values", Uncompressed, header(pageDataV1, 100, 100, 5, huge, 0)},
		{"dictionary, uncompressed size", Snappy, header(pageDictionary, huge, 100, 7, 100, 0)},
		{"dictionary, values", Uncompressed, header(pageDictionary, 100, 100, 7, 10_000_000, 0)},
		{"negative size", Uncompressed, header(pageDataV1, -5, 100, 5, 1000, 0)},
		{"negative values", Uncompressed, header(pageDataV1, 100, 100, 5, -1, 0)},
	}
	for _, test := range tests {
		data := encode(t, columns, WriteOptions{Codec: test.codec, NoDictionary: true})
		copy(data[len(magic):], test.header) // the first chunk follows the magic
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := readAll(data, Limits{})
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: no error", test.name)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 16<<20 {
			t.Errorf("%s: allocated %d bytes before %v", test.name, n, err)
		}
	}
}

func TestFootersThatLie(t *testing.T) {
	t.Parallel()
	wrap := func(footer []byte) []byte {
		out := append([]byte(magic), footer...)
		n := len(footer)
		return append(append(out, byte(n), byte(n>>8), byte(n>>16), byte(n>>24)), magic...)
	}
	list := func(id byte, size []byte, kind byte) []byte { // field id holds a list that says it has so many elements
		return append(append([]byte{0x15, 2, (id-1)<<4 | compactList, 0xf0 | kind}, size...), make([]byte, 64)...)
	}
	million, billion := []byte{0xc0, 0x84, 0x3d}, []byte{0x80, 0x94, 0xeb, 0xdc, 0x03}
	tests := map[string][]byte{
		"empty":                       {},
		"not Parquet":                 []byte("order_id,price\n1,2.50\n"),
		"csv with the magic in front": []byte("PAR1,order_id,price\n1,2.50\n"),
		"schema of a billion columns": wrap(list(2, billion, compactStruct)),
		"schema of a million columns": wrap(list(2, million, compactStruct)),
		"a billion row groups":        wrap(list(4, billion, compactStruct)),
		"a billion empty elements":    wrap(list(4, billion, compactStop)),
		"a million empty elements":    wrap(list(5, million, compactStop)),
		"group of 2^31-1 children":    wrap(append([]byte{0x15, 2, 0x19, 0x1c, 0x55}, append(zigzag(1<<31-1), 0, 0)...)),
		"nesting without end":         wrap(bytes.Repeat([]byte{0x1c}, 100_000)),
		"footer longer than the file": []byte("PAR1\xff\xff\xff\x7fPAR1"),
		"encrypted":                   []byte("PARE1234PARE"),
		"nothing between the magics":  wrap(nil),
	}
	for name, data := range tests {
		if _, err := Open(bytes.NewReader(data), int64(len(data)), Limits{}); err == nil {
			t.Errorf("%s: no error", name)
		} else if name == "empty" && !errors.Is(err, ErrNotParquet) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
