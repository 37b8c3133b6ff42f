package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/golang/snappy"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds what a frame may ask for beside its output. Writers of
// Parquet stay at 8 MiB or below.
const maxZstdWindow = 64 << 20

var errInflated = errors.New("page does not decompress to the size that its header declares")

// Inflater decompresses pages to exactly their declared size. What it needs is made
// when first needed and kept, and so is the memory that a page is read into before.
// The zero value is ready; it is one goroutine's.
type Inflater struct {
	stored []byte // of the last large page; see window
	gzip   *gzip.Reader
}

// zstdDecoders are those that no page is inflated with at the time: each takes 50
// kB, and a small night reads a hundred files with as many inflaters.
var zstdDecoders sync.Pool // *zstd.Decoder

func codecProblem(c compress.Compression) string {
	switch c {
	case compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Zstd:
		return ""
	default:
		return fmt.Sprintf("codec %s is not read; none, snappy, gzip and zstd are", codecName(c))
	}
}

func codecName(c compress.Compression) (name string) {
	defer func() {
		if recover() != nil { // a number that no codec has
			name = fmt.Sprintf("%d", int(c))
		}
	}()
	return c.String()
}

// The most that a byte of each codec can become, with room for frames: a deflate
// match is 258 bytes of 2 bits, a snappy copy 64 of 3 bytes, and a zstd block
// of repeats 128 KiB of 4 bytes.
const (
	maxGzipRatio   = 1040
	maxSnappyRatio = 32
	maxZstdRatio   = 1 << 16
)

// plausible reports whether a page of so many bytes can inflate to the declared
// size at all. It stands before the allocation of that size.
func plausible(codec compress.Compression, inflated, compressed int64) bool {
	switch codec {
	case compress.Codecs.Uncompressed:
		return inflated == compressed
	case compress.Codecs.Snappy:
		return inflated <= compressed*maxSnappyRatio
	case compress.Codecs.Gzip:
		return inflated <= compressed*maxGzipRatio
	default:
		return inflated <= compressed*maxZstdRatio
	}
}

// inflateSlack is room behind a page, in bytes: the zstd decoder then copies the
// end of a page as it does the rest, 16 bytes at a time, and not by exact lengths.
const inflateSlack = 16

// inflate fills dst, whose length is the declared size, from src. It never
// writes or allocates more than that size and the slack, as far as dst has it,
// whatever src says.
func (f *Inflater) inflate(codec compress.Compression, dst, src []byte) error {
	switch codec {
	case compress.Codecs.Uncompressed:
		if len(src) != len(dst) {
			return errInflated
		}
		copy(dst, src)
		return nil
	case compress.Codecs.Snappy:
		return inflateSnappy(dst, src)
	case compress.Codecs.Gzip:
		return f.inflateGzip(dst, src)
	case compress.Codecs.Zstd:
		return inflateZstd(dst, src)
	default:
		return errors.New(codecProblem(codec))
	}
}

func inflateSnappy(dst, src []byte) error {
	if len(dst) == 0 && len(src) == 0 {
		return nil
	}
	size, err := snappy.DecodedLen(src)
	if err != nil {
		return err
	}
	if size != len(dst) {
		return errInflated
	}
	_, err = snappy.Decode(dst, src)
	return err
}

func (f *Inflater) inflateGzip(dst, src []byte) error {
	if len(dst) == 0 && len(src) == 0 {
		return nil
	}
	var err error
	if f.gzip == nil {
		f.gzip, err = gzip.NewReader(bytes.NewReader(src))
	} else {
		err = f.gzip.Reset(bytes.NewReader(src))
	}
	if err != nil {
		f.gzip = nil
		return err
	}
	if _, err := io.ReadFull(f.gzip, dst); err != nil {
		return errInflated
	}
	var more [1]byte
	if n, err := f.gzip.Read(more[:]); n != 0 || err != io.EOF {
		return errInflated // longer, or the checksum is wrong
	}
	return nil
}

func inflateZstd(dst, src []byte) error {
	if len(dst) == 0 && len(src) == 0 {
		return nil
	}
	decoder, ok := zstdDecoders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		if decoder, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow),
			zstd.WithDecodeAllCapLimit(true)); err != nil {
			return err
		}
	}
	defer zstdDecoders.Put(decoder)
	out, err := decoder.DecodeAll(src, dst[:0:min(cap(dst), len(dst)+inflateSlack)])
	if err != nil {
		return err
	}
	if len(out) != len(dst) {
		return errInflated
	}
	return nil
}
