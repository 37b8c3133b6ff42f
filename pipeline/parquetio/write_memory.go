package parquetio

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

const (
	// Smaller pieces are the garbage collector's; larger ones than any page or
	// column chunk are too, lest one file's stay for good.
	leastKeptBytes = 1 << 16
	mostKeptBytes  = 1 << 26
)

// keptMemory is the memory that the library encodes into, kept for the next
// column chunk: its buffers double until they fit, chunk after chunk. Safe for
// concurrent use.
type keptMemory struct {
	memory.GoAllocator
	free [bits.UintSize]sync.Pool // by the power of two that the capacity is
}

var encodingMemory = &keptMemory{}

// The library's own pool of buffers, of pages and levels, takes the allocator
// from a variable, whatever a writer's options say.
func init() { memory.DefaultAllocator = encodingMemory }

// Allocate implements memory.Allocator. As the library expects, bytes are zero.
func (k *keptMemory) Allocate(size int) []byte {
	if size < leastKeptBytes || size > mostKeptBytes {
		return k.GoAllocator.Allocate(size)
	}
	class := bits.Len(uint(size - 1))
	if kept, ok := k.free[class].Get().(*[]byte); ok {
		b := (*kept)[:size]
		clear(b)
		return b
	}
	return make([]byte, size, 1<<class)
}

// Reallocate implements memory.Allocator.
func (k *keptMemory) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		if size > len(b) {
			clear(b[len(b):size])
		}
		return b[:size]
	}
	larger := k.Allocate(size)
	copy(larger, b)
	k.Free(b)
	return larger
}

// Free implements memory.Allocator.
func (k *keptMemory) Free(b []byte) {
	class := bits.Len(uint(max(cap(b), 1) - 1))
	if cap(b) < leastKeptBytes || cap(b) > mostKeptBytes || cap(b) != 1<<class {
		return
	}
	b = b[:0]
	k.free[class].Put(&b)
}
