package match

import (
	"amends/pipeline/award"
	"amends/rules/ir"
)

// gathered are the rows of a batch that are looked at, side by side in a batch
// of their own: what is evaluated for them costs nothing for the rows between.
// It keeps its memory from batch to batch.
type gathered struct {
	batch  ir.Batch // of Source.Columns; valid until the next gather
	first  award.Place
	rows   []int32      // of each row, ascending: where it stood in its batch
	hashes []uint64     // of each row: the hash of its incident's key
	unread []*RowReject // of each row: why scan could not read it whole, or nil
	sifted []bool       // of each row: nothing is odd about it but that a rule may hold or fault
}

// place is where row d is in its file.
func (g *gathered) place(d int) award.Place {
	place := g.first
	place.Row += int64(g.rows[d])
	return place
}

// gather takes the rows that the sieve wants looked at out of a batch.
func (g *gathered) gather(first award.Place, batch *ir.Batch, v *sieve, hashes []uint64, unread []RowReject) {
	g.first = first
	g.rows = v.look.AppendRows(g.rows[:0])
	g.hashes, g.unread, g.sifted = g.hashes[:0], g.unread[:0], g.sifted[:0]
	next := 0
	for _, row := range g.rows {
		for next < len(unread) && unread[next].Row < int(row) {
			next++
		}
		var bad *RowReject
		if next < len(unread) && unread[next].Row == int(row) {
			bad = &unread[next]
		}
		g.hashes = append(g.hashes, hashes[row])
		g.unread = append(g.unread, bad)
		g.sifted = append(g.sifted, v.may.Has(int(row)))
	}
	g.batch.Rows = len(g.rows)
	if g.batch.Columns == nil {
		g.batch.Columns = make([]ir.Vector, len(batch.Columns))
	}
	for c := range batch.Columns {
		gatherVector(&g.batch.Columns[c], &batch.Columns[c], g.rows)
	}
}

func gatherVector(to, from *ir.Vector, rows []int32) {
	to.Kind, to.Dict = from.Kind, from.Dict
	to.Ints, to.Strings, to.Codes = to.Ints[:0], to.Strings[:0], to.Codes[:0]
	switch {
	case from.Dict != nil:
		for _, row := range rows {
			to.Codes = append(to.Codes, from.Codes[row])
		}
	case from.Even.Any():
		for _, row := range rows {
			to.Strings = append(to.Strings, from.Even.At(int(row)))
		}
	case from.Kind == ir.String:
		for _, row := range rows {
			to.Strings = append(to.Strings, from.Strings[row])
		}
	default:
		for _, row := range rows {
			to.Ints = append(to.Ints, from.Ints[row])
		}
	}
	to.Valid = to.Valid[:0]
	if from.Valid == nil {
		to.Valid = nil
		return
	}
	for _, row := range rows {
		to.Valid = append(to.Valid, from.Valid[row])
	}
}
