package match

import "encoding/binary"

// keyHashes are the hashes of the keys of a batch's incidents, each with the class
// of its row, hashBytes in all; 0 for a row that was looked at, which has a sighting
// of its own. Equal keys have equal hashes; that others have too costs one more row
// that is read again.
type keyHashes []byte

const (
	hashBytes = 6
	classBits = 2
)

// cutHash makes a hash one that keyHashes hold, which is never 0.
func cutHash(h uint64) uint64 { return max(h>>(64-8*hashBytes+classBits), 1) }

// set keeps the hash of a row that was passed with its class, which is one of the
// first three.
func (k keyHashes) set(i int, hash uint64, class class) {
	hash = hash<<classBits | uint64(class)
	b := k[i*hashBytes : i*hashBytes+hashBytes]
	binary.LittleEndian.PutUint32(b, uint32(hash))
	binary.LittleEndian.PutUint16(b[4:], uint16(hash>>32))
}

// forget leaves out a row.
func (k keyHashes) forget(i int) { clear(k[i*hashBytes : i*hashBytes+hashBytes]) }

// at is what was set; a hash of 0 stands for nothing.
func (k keyHashes) at(i int) (hash uint64, of class) {
	b := k[i*hashBytes : i*hashBytes+hashBytes]
	both := uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
	return both >> classBits, class(both & (1<<classBits - 1))
}
