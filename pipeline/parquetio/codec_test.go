package parquetio

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v17/parquet/compress"
)

var readCodecs = []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd}

func deflate(t testing.TB, codec compress.Compression, data []byte) []byte {
	t.Helper()
	if codec == compress.Codecs.Uncompressed {
		return bytes.Clone(data)
	}
	c, err := compress.GetCodec(codec)
	if err != nil {
		t.Fatal(err)
	}
	return c.Encode(make([]byte, c.CompressBound(int64(len(data)))), data)
}

func TestPagesInflateToTheirDeclaredSize(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("late, lost, damaged; "), 100)
	for _, codec := range readCodecs {
		var f Inflater
		packed := deflate(t, codec, data)
		for _, declared := range []int{len(data), 0, 1, len(data) - 1, len(data) + 1, 2 * len(data), len(data)} {
			out := make([]byte, declared, declared+2*inflateSlack)
			err := f.inflate(codec, out, packed)
			if good := declared == len(data); good != (err == nil) || good && !bytes.Equal(out, data) {
				t.Errorf("%s: %d bytes declared as %d: %v", codec, len(data), declared, err)
			}
		}
		for cut := range len(packed) {
			if f.inflate(codec, make([]byte, len(data)), packed[:cut]) == nil {
				t.Errorf("%s: no error for the first %d of %d bytes", codec, cut, len(packed))
			}
		}
		if err := f.inflate(codec, make([]byte, len(data)), packed); err != nil { // it recovers from errors
			t.Errorf("%s: %v", codec, err)
		}
		if !plausible(codec, int64(len(data)), int64(len(packed))) {
			t.Errorf("%s: %d bytes from %d are not plausible", codec, len(data), len(packed))
		}
	}
}

// TestBombs inflates 64 MiB of zeros that are declared as a thousand bytes.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 64<<20)
	for _, codec := range readCodecs[1:] {
		packed := deflate(t, codec, zeros)
		if !plausible(codec, int64(len(zeros)), int64(len(packed))) {
			t.Errorf("%s: its own best, %d from %d bytes, is not plausible", codec, len(zeros), len(packed))
		}
		var f Inflater
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := f.inflate(codec, make([]byte, 1000), packed)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; err == nil || n > 4<<20 {
			t.Errorf("%s: error %v, %d bytes allocated", codec, err, n)
		}
	}
}

func TestCodecsThatAreNotRead(t *testing.T) {
	t.Parallel()
	for _, codec := range []compress.Compression{compress.Codecs.Brotli, compress.Codecs.Lz4, 7, compress.Codecs.Lzo, 42, -1} {
		if codecProblem(codec) == "" {
			t.Errorf("codec %d: no problem", codec)
		}
		if (&Inflater{}).inflate(codec, nil, nil) == nil {
			t.Errorf("codec %d: no error", codec)
		}
	}
}
