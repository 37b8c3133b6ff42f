package archive

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"
)

// siftBytes is how much of a filter is read at a time, and siftBlocks how many
// blocks that are.
const (
	siftBytes  = 1 << 20
	siftBlocks = siftBytes / filterBytes
)

// sifting is the question which of some ids may be in a volume.
type sifting struct {
	volume *volume
	space  space
	ids    []Digest
	there  []bool    // the answer, by id
	chunks sync.Pool // of *[]byte: siftBytes
}

// sifted is an id whose bits are in the chunk at hand of the filter: what is looked at
// there stands side by side.
type sifted struct {
	low   uint64 // of the digest
	block uint32 // of the filter, where its bits are
	id    uint32
}

// sift reports of each id whether it may be in the volume.
func (v *volume) sift(s space, ids []Digest, workers int) ([]bool, error) {
	q := &sifting{volume: v, space: s, ids: ids, there: make([]bool, len(ids))}
	q.chunks.New = func() any { chunk := make([]byte, min(siftBytes, v.filter.size)); return &chunk }
	blocks := int(v.filter.size / filterBytes)
	of := make([]uint32, len(ids))
	_ = inParallel((len(ids)+digestsTogether-1)/digestsTogether, workers, func(part int) error {
		for i := part * digestsTogether; i < min((part+1)*digestsTogether, len(ids)); i++ {
			of[i] = uint32(filterBlock(bits.ReverseBytes64(ids[i].high), s, blocks))
		}
		return nil
	})
	chunks := (blocks + siftBlocks - 1) / siftBlocks
	starts := make([]int32, chunks+1)
	for _, block := range of {
		starts[block/siftBlocks+1]++
	}
	for i := 1; i <= chunks; i++ {
		starts[i] += starts[i-1]
	}
	list, next := make([]sifted, len(ids)), slices.Clone(starts)
	for i, block := range of {
		at := &next[block/siftBlocks]
		list[*at] = sifted{ids[i].low, block, uint32(i)}
		*at++
	}
	err := inParallel(chunks, workers, func(chunk int) error {
		return q.chunk(chunk, list[starts[chunk]:starts[chunk+1]])
	})
	return q.there, err
}

// chunk answers for the ids whose bits are in one chunk of the filter.
func (q *sifting) chunk(chunk int, of []sifted) error {
	const fewIDs = siftBytes / 4096 // cost less one by one
	v := q.volume
	if len(of) < fewIDs {
		return q.few(of)
	}
	buffer := q.chunks.Get().(*[]byte)
	defer q.chunks.Put(buffer)
	first := int64(chunk) * siftBytes
	filter, err := v.filter.read(v.source, first, (*buffer)[:min(siftBytes, v.filter.size-first)])
	if err != nil {
		return v.failed(err)
	}
	each := len(of) < len(filter)/filterBytes // otherwise all blocks are checked, once
	for at := 0; !each && at < len(filter); at += filterBytes {
		if err := v.checked(filter[at:]); err != nil {
			return err
		}
	}
	for i := range of {
		block := filter[of[i].block%siftBlocks*filterBytes:]
		if each {
			if err := v.checked(block); err != nil {
				return err
			}
		}
		q.there[of[i].id] = hasBits(block, bits.ReverseBytes64(of[i].low))
	}
	return nil
}

// few answers for some ids one by one.
func (q *sifting) few(of []sifted) (err error) {
	var buffers scratch
	for i := range of {
		id := of[i].id
		k := q.ids[id].key(q.space)
		if q.there[id], err = q.volume.may(&k, &buffers); err != nil {
			return err
		}
	}
	return nil
}

// checked is an error where the block that a piece of the filter begins with is not
// as it was written.
func (v *volume) checked(filter []byte) error {
	if checksum(filter[checksumBytes:filterBytes]) != binary.LittleEndian.Uint32(filter) {
		return v.damaged("filter")
	}
	return nil
}
