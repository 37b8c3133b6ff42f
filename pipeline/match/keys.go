package match

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"amends/pipeline/award"
	"amends/rules/ir"
)

// keyOf hashes the incident's key columns. It is not ok where one of them is null
// or an empty text, which names nothing; the column is named.
func (s *Source) keyOf(batch *ir.Batch, i int) (key award.Key, null string, ok bool) {
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

// digest tells the rows of one incident apart: equal rows merge.
type digest = xxh3.Uint128

// rowDigest hashes the columns of a row with their kinds and lengths.
func (s Seed) rowDigest(columns []ir.Vector, i int) digest {
	var buffer [1024]byte // longer rows take memory of their own
	b := buffer[:0]
	for c := range columns {
		column := &columns[c]
		switch {
		case null(column, i):
			b = append(b, 0)
		case column.Kind == ir.String:
			text := column.Text(i)
			b = append(b, byte(ir.String))
			b = binary.LittleEndian.AppendUint64(b, uint64(len(text)))
			b = append(b, text...)
		default:
			b = append(b, byte(column.Kind))
			b = binary.LittleEndian.AppendUint64(b, uint64(column.Ints[i]))
		}
	}
	return s.digest(b)
}
