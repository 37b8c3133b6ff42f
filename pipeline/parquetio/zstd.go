package parquetio

import (
	"sync"

	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// sharedZstd replaces the library's zstd codec, whose EncodeLevel builds an
// encoder (megabytes of tables) for every page. One encoder serves any number
// of goroutines through EncodeAll, and gives the same bytes for the same page.
type sharedZstd struct{ compress.Codec }

var zstdEncoder = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithZeroFrames(true), zstd.WithEncoderLevel(zstd.SpeedFastest))
})

// EncodeLevel ignores the level: everything this package writes has one.
func (s sharedZstd) EncodeLevel(dst, src []byte, level int) []byte {
	encoder, err := zstdEncoder()
	if err != nil {
		return s.Codec.EncodeLevel(dst, src, level)
	}
	return encoder.EncodeAll(src, dst[:0])
}

func init() {
	stock, err := compress.GetCodec(compress.Codecs.Zstd)
	if err == nil {
		compress.RegisterCodec(compress.Codecs.Zstd, sharedZstd{stock})
	}
}
