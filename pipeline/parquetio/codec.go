package parquetio

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/golang/snappy"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds what a frame may ask for beside its output. Writers of
// Parquet stay at 8 MiB or below.
const maxZstdWindow = 64 << 20

var errInflated = errors.New("page does not decompress to the size that its header declares")

// inflater decompresses pages to exactly their declared size. Its decoders are
// made when first needed and kept.
type inflater struct {
	zstd *zstd.Decoder
	gzip *gzip.Reader
}

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

// inflate fills dst, whose length is the declared size, from src. It never
// writes or allocates more than that size, whatever src says.
func (f *inflater) inflate(codec compress.Compression, dst, src []byte) error {
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
		return f.inflateZstd(dst, src)
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

func (f *inflater) inflateGzip(dst, src []byte) error {
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

func (f *inflater) inflateZstd(dst, src []byte) error {
	if len(dst) == 0 && len(src) == 0 {
		return nil
	}
	if f.zstd == nil {
		decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow),
			zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return err
		}
		f.zstd = decoder
	}
	out, err := f.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return err
	}
	if len(out) != len(dst) {
		return errInflated
	}
	return nil
}
