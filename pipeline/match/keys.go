package match

import (
	"crypto/sha256"
	"encoding/binary"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// key hashes the incident's key columns. It is not ok where one of them is null
// or an empty text, which names nothing; the column is named.
func (f *Finder) key(batch *ir.Batch, i int) (key award.Key, null string, ok bool) {
	s := f.source
	var buffer [4]ir.Value
	values := buffer[:0]
	for n, c := range s.key {
		v := batch.Columns[c].Value(i)
		if v.Null() || v.Kind == ir.String && v.S == "" {
			return key, s.event.Incident[n], false
		}
		values = append(values, v)
	}
	return award.NewKey(s.event.Failure, values), "", true
}

// rowDigest tells the rows of one incident apart: equal rows merge.
func rowDigest(columns []ir.Vector, i int) (digest [8]byte) {
	var buffer [256]byte
	b := buffer[:0]
	for c := range columns {
		v := columns[c].Value(i)
		b = append(b, byte(v.Kind))
		b = binary.BigEndian.AppendUint64(b, uint64(v.I))
		b = binary.BigEndian.AppendUint64(b, uint64(len(v.S)))
		b = append(b, v.S...)
	}
	sum := sha256.Sum256(b)
	copy(digest[:], sum[:])
	return digest
}
