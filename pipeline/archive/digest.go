package archive

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"
)

// Digest is what an id is looked for by, whatever it is of: the first 16 bytes of
// its SHA-256, which are uniform, and nobody makes two ids meet. The zero Digest is
// no id's.
type Digest struct{ high, low uint64 }

// DigestOf is an id's digest; of "", which is nobody's, the zero Digest.
func DigestOf(id string) Digest {
	if id == "" {
		return Digest{}
	}
	return digestOf(unsafe.Slice(unsafe.StringData(id), len(id))) // read only: no copy
}

func digestOf(id []byte) Digest {
	sum := sha256.Sum256(id)
	return Digest{binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])}
}

func (d Digest) key(s space) (k key) {
	k[0] = byte(s)
	binary.BigEndian.PutUint64(k[1:], d.high)
	binary.BigEndian.PutUint64(k[9:], d.low)
	return k
}

// Compare is below zero where d goes before other: volumes and answers have this
// order.
func (d Digest) Compare(other Digest) int {
	return cmp.Or(cmp.Compare(d.high, other.high), cmp.Compare(d.low, other.low))
}

// digestsTogether is how many ids a worker makes digests of at a time.
const digestsTogether = 1 << 11

// Digests are those of n ids, of which id returns the i-th.
func Digests(n int, id func(i int) string, workers int) []Digest {
	digests := make([]Digest, n)
	_ = inParallel((n+digestsTogether-1)/digestsTogether, workers, func(part int) error {
		for i := part * digestsTogether; i < min((part+1)*digestsTogether, n); i++ {
			digests[i] = DigestOf(id(i))
		}
		return nil
	})
	return digests
}

// AppendedDigests is Digests of ids, none of them "", that are appended to memory that
// serves one after the other.
func AppendedDigests(n int, appendID func(i int, to []byte) []byte, workers int) []Digest {
	digests := make([]Digest, n)
	_ = inParallel((n+digestsTogether-1)/digestsTogether, workers, func(part int) error {
		var room [64]byte
		id := room[:0]
		for i := part * digestsTogether; i < min((part+1)*digestsTogether, n); i++ {
			id = appendID(i, id[:0])
			digests[i] = digestOf(id)
		}
		return nil
	})
	return digests
}

// placed is the first half of a digest, and its place in a list.
type placed struct {
	high  uint64
	place int32
}

// InOrder returns the places of digests in their order, equal ones as they stand.
func InOrder(digests []Digest, workers int) []int32 {
	sorted := inOrder(digests, workers)
	order := make([]int32, len(sorted))
	for i := range sorted {
		order[i] = sorted[i].place
	}
	return order
}

// inOrder is InOrder with the first halves of the digests, which tell most of them apart:
// these stand elsewhere.
func inOrder(digests []Digest, workers int) []placed {
	shift := 64 - bits.Len(uint(len(digests)/together))
	starts := make([]int32, 1<<(64-shift)+1)
	for i := range digests {
		starts[digests[i].high>>shift+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	sorted, at := make([]placed, len(digests)), slices.Clone(starts)
	for i := range digests {
		high := digests[i].high
		bucket := high >> shift
		sorted[at[bucket]] = placed{high, int32(i)}
		at[bucket]++
	}
	buckets := len(starts) - 1
	_ = inParallel((buckets+bucketsTogether-1)/bucketsTogether, workers, func(part int) error {
		for bucket := part * bucketsTogether; bucket < min((part+1)*bucketsTogether, buckets); bucket++ {
			slices.SortFunc(sorted[starts[bucket]:starts[bucket+1]], func(a, b placed) int {
				if a.high != b.high {
					return cmp.Compare(a.high, b.high)
				}
				return cmp.Or(cmp.Compare(digests[a.place].low, digests[b.place].low), cmp.Compare(a.place, b.place))
			})
		}
		return nil
	})
	return sorted
}

// bucketsTogether is how many buckets of InOrder a worker sorts at a time.
const bucketsTogether = 1 << 9

// digested is what is found by a digest.
type digested interface{ digest() Digest }

func (d Digest) digest() Digest { return d }

// together is about how many of a list sortedByDigest compares with each other.
const together = 8

// sortedByDigest sorts what is in lists by digests first of all, which are
// uniform: their first bits say where each belongs, so that only neighbours are
// compared.
func sortedByDigest[T digested](lists [][]T, compare func(a, b T) int) []T {
	total := 0
	for _, list := range lists {
		total += len(list)
	}
	shift := 64 - bits.Len(uint(total/together))
	starts := make([]int32, 1<<(64-shift)+1)
	for _, list := range lists {
		for i := range list {
			starts[list[i].digest().high>>shift+1]++
		}
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	sorted, at := make([]T, total), slices.Clone(starts)
	for _, list := range lists {
		for i := range list {
			bucket := list[i].digest().high >> shift
			sorted[at[bucket]] = list[i]
			at[bucket]++
		}
	}
	for bucket := range len(starts) - 1 {
		slices.SortFunc(sorted[starts[bucket]:starts[bucket+1]], compare)
	}
	return sorted
}
