package match

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// Seed is what the hashes of a night begin with. Nobody who writes rows knows it, so
// that nobody can choose ids that meet in a table, or rows that only look alike. No
// result depends on it.
type Seed uint64

func (s Seed) text(t string) uint64 { return xxh3.HashStringSeed(t, uint64(s)) }

func (s Seed) bytes(b []byte) uint64 { return xxh3.HashSeed(b, uint64(s)) }

func (s Seed) digest(b []byte) digest { return xxh3.Hash128Seed(b, uint64(s)) }

// number hashes a value of a kind.
func (s Seed) number(kind byte, value int64) uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(value))
	binary.LittleEndian.PutUint64(b[8:], uint64(kind))
	return s.bytes(b[:])
}
