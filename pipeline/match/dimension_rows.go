package match

import "amends/rules/ir"

// rows finds the rows of the keys that some rows of a column hold, as row does of one:
// to and hashes have room for all rows of the column. Each row would wait for its place
// in the index, for the end of that row's key, and for the key itself, one after the
// other. So all of them are read of all rows first, a kind at a time: that memory comes
// at once.
func (d *Dimension) rows(to []rowRef, keys *ir.Vector, of []int32, hashes []uint64) {
	if d.stale.Load() {
		d.Seal(1)
	}
	if keys.Kind != ir.String {
		for _, row := range of {
			to[row] = d.row(keys.Value(int(row)))
		}
		return
	}
	for _, row := range of {
		hashes[row] = d.Seed.text(keys.Text(int(row)))
	}
	d.near(of, hashes)
	for _, row := range of {
		to[row] = noRow
		if !null(keys, int(row)) {
			hash := hashes[row]
			to[row] = find(&d.index[hash>>58], d, hash, keys.Text(int(row)))
		}
	}
}

// near reads what find and at are about to read for keys with these hashes. What it
// returns is of no use.
func (d *Dimension) near(of []int32, hashes []uint64) (mixed int) {
	for _, row := range of {
		mixed ^= int(d.likely(hashes[row]))
	}
	for _, row := range of {
		if at := d.likely(hashes[row]); at >= 0 {
			p, i := d.rowOf(at)
			mixed ^= p.ends[i]
			for c := range p.columns {
				if column := &p.columns[c]; column.Kind == ir.String {
					mixed ^= len(column.Strings[i])
				} else {
					mixed ^= int(column.Ints[i])
				}
			}
		}
	}
	for _, row := range of {
		if at := d.likely(hashes[row]); at >= 0 {
			p, i := d.rowOf(at)
			if end := p.ends[i]; end > 0 {
				mixed ^= int(p.keys[end-1])
			}
		}
	}
	return mixed
}

// likely is the row of most keys with a hash; below zero it is none.
func (d *Dimension) likely(hash uint64) rowRef {
	places := d.index[hash>>58].places
	if len(places) == 0 {
		return noRow
	}
	return places[int(hash)&(len(places)-1)].row - 1
}
