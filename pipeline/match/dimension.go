package match

import (
	"slices"
	"sync"
	"sync/atomic"

	"amends/rules/ir"
)

// Dimension is a table joined by key. Identical rows of one key are one row;
// differing ones are a fault where a field of them is needed. Rows come in any
// order: by Add, or by several workers into a part each. Once all are there,
// several goroutines may look up.
type Dimension struct {
	Name     string
	On       string // the event's column that holds the key
	Required bool
	Fields   []string // as rules see them
	Seed     Seed     // that keys are found by; it is set before there are rows

	kinds []ir.Kind // of fields
	parts []*DimensionPart
	index [keyParts]keyIndex // by the first bits of the keys' hashes
	mu    sync.Mutex         // held to make the index
	stale atomic.Bool        // rows came since the index was made

	awaited atomic.Bool // see Await
}

// NewDimension makes an empty dimension with the given fields.
func NewDimension(name, on string, required bool, fields []string, kinds []ir.Kind) *Dimension {
	return &Dimension{Name: name, On: on, Required: required, Fields: fields, kinds: kinds}
}

func (d *Dimension) field(name string) int { return slices.Index(d.Fields, name) }

// Parts makes a part for each of so many workers.
func (d *Dimension) Parts(workers int) []*DimensionPart {
	d.stale.Store(true)
	from := len(d.parts)
	for range workers {
		p := &DimensionPart{dimension: d, columns: make([]ir.Vector, len(d.Fields)), texts: make([]interned, len(d.Fields)), codes: make([]entries[string], len(d.Fields))}
		for i := range p.columns {
			p.columns[i].Kind = d.kinds[i]
		}
		d.parts = append(d.parts, p)
	}
	return d.parts[from:]
}

// Add adds one row: its key, its fields and the currency of its money ("" where
// it holds none). A row that could not be read whole is added with bad set: a
// lookup of its key faults.
func (d *Dimension) Add(key ir.Value, fields []ir.Value, currency string, bad bool) {
	if len(d.parts) == 0 {
		d.Parts(1)
	}
	d.stale.Store(true)
	p := d.parts[0]
	if text, ok := appendText(p.text[:0], key); ok {
		p.text = text
		p.add(d.Seed.bytes(text), text, currency, bad)
		for i, v := range fields {
			p.field(i, v)
		}
	}
}

// Seal makes the rows that came so far known to lookups, with so many workers.
// A lookup does it where nobody did.
func (d *Dimension) Seal(workers int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stale.Load() {
		return
	}
	rows, starts := d.keyRows()
	each(keyParts, workers, func(i int) { d.index[i].make(d, rows[starts[i]:starts[i+1]]) })
	d.stale.Store(false)
}

// keyRow is a row with the hash of its key: the index is made of these one after the
// other, and of the rows it reads only those that meet.
type keyRow struct {
	hash uint64
	row  rowRef
}

// keyRows are all rows, those of each index side by side.
func (d *Dimension) keyRows() (rows []keyRow, starts [keyParts + 1]int) {
	for _, p := range d.parts {
		for _, hash := range p.hashes {
			starts[hash>>58+1]++
		}
	}
	for i := range keyParts {
		starts[i+1] += starts[i]
	}
	rows = make([]keyRow, starts[keyParts])
	next := starts
	for part, p := range d.parts {
		for i, hash := range p.hashes {
			at := &next[hash>>58]
			rows[*at] = keyRow{hash, rowRef(part)<<partShift | rowRef(i)}
			*at++
		}
	}
	return rows, starts
}

// Await says that the rows are still to come: finders keep the rows that join
// them until Arrive, or until Merge.
func (d *Dimension) Await() { d.awaited.Store(true) }

// Arrive says that the rows are there.
func (d *Dimension) Arrive() { d.awaited.Store(false) }

// Len is the number of distinct keys that have a row.
func (d *Dimension) Len() int {
	if d.stale.Load() {
		d.Seal(1)
	}
	n := 0
	for i := range d.index {
		n += d.index[i].keys
	}
	return n
}

// Forget lets go of the rows, once nothing is looked up any more: a dimension of
// millions of customers need not wait for the files of a night.
func (d *Dimension) Forget() { d.parts, d.index = nil, [keyParts]keyIndex{} }

// Value is the field of the row whose key is given, for an award in the given
// currency. A missing row is null, or a fault where the dimension is required;
// money of another currency is a fault always.
func (d *Dimension) Value(key ir.Value, field int, currency string) ir.Value {
	return d.at(d.row(key), field, currency)
}

// rowRef is a row of a dimension: the part that has it, and where. Below zero it
// is none.
type rowRef int64

const (
	partShift = 40

	noRow      = rowRef(-1)
	fickleRows = rowRef(-2) // differing ones, or one that could not be read
)

// row finds the row of a key, for at.
func (d *Dimension) row(key ir.Value) rowRef {
	if d.stale.Load() {
		d.Seal(1)
	}
	if key.Kind == ir.String {
		hash := d.Seed.text(key.S)
		return find(&d.index[hash>>58], d, hash, key.S)
	}
	var buffer [64]byte
	text, ok := appendText(buffer[:0], key)
	if !ok {
		return noRow // no row can be named by a null key
	}
	hash := d.Seed.bytes(text)
	return find(&d.index[hash>>58], d, hash, text)
}

// at is the field of a row, see Value.
func (d *Dimension) at(row rowRef, field int, currency string) ir.Value {
	switch row {
	case noRow:
		if d.Required {
			return ir.FaultValue(ir.MissingRow)
		}
		return ir.Value{}
	case fickleRows:
		return ir.FaultValue(ir.ConflictingRow)
	}
	p, i := d.rowOf(row)
	v := p.columns[field].Value(i)
	if v.Kind == ir.Money && p.currencyOf(i) != currency {
		return ir.FaultValue(ir.OutOfDomain)
	}
	return v
}

func (d *Dimension) rowOf(row rowRef) (*DimensionPart, int) {
	return d.parts[row>>partShift], int(row & (1<<partShift - 1))
}

// keyIndex finds the rows of some of the keys: a table of places for hashes, with
// linear probing.
type keyIndex struct {
	places []keyPlace
	keys   int // that have a good row
}

// keyPlace is of one key; a row of zero is none.
type keyPlace struct {
	row    rowRef // the first one that came, plus one
	tag    uint32 // of the key's hash: of few other keys
	fickle bool
	good   bool // some row of the key was read whole
}

// tagOf is of neither the bits that say which index a hash is in nor, as long as it
// is not huge, of those that say where.
func tagOf(hash uint64) uint32 { return uint32(hash >> 26) }

// make indexes rows.
func (x *keyIndex) make(d *Dimension, rows []keyRow) {
	size := 8
	for 2*size < 3*len(rows) {
		size *= 2
	}
	*x = keyIndex{places: make([]keyPlace, size)}
	for _, of := range rows {
		at, bad := x.probe(d, of), d.unread(of.row)
		switch {
		case at.row == 0:
			*at = keyPlace{row: of.row + 1, tag: tagOf(of.hash), fickle: bad}
		case bad || !d.same(at.row-1, of.row):
			at.fickle = true
		}
		if !bad && !at.good {
			at.good = true
			x.keys++
		}
	}
}

// probe returns the place of a row's key: where it is, or where it would be.
func (x *keyIndex) probe(d *Dimension, of keyRow) *keyPlace {
	mask, tag := len(x.places)-1, tagOf(of.hash)
	for i := int(of.hash) & mask; ; i = (i + 1) & mask {
		at := &x.places[i]
		if at.row == 0 || at.tag == tag && d.sameKey(at.row-1, of.row) {
			return at
		}
	}
}

// sameKey reports whether two rows are of one key.
func (d *Dimension) sameKey(a, b rowRef) bool {
	p, i := d.rowOf(b)
	return isOf(d, a, p.key(i))
}

// unread reports whether a row could not be read whole.
func (d *Dimension) unread(row rowRef) bool {
	p, i := d.rowOf(row)
	return p.bad != nil && p.bad[i]
}

// isOf reports whether a row is of a key.
func isOf[T string | []byte](d *Dimension, row rowRef, key T) bool {
	p, i := d.rowOf(row)
	return string(p.key(i)) == string(key)
}

// find returns the row of a key.
func find[T string | []byte](x *keyIndex, d *Dimension, hash uint64, key T) rowRef {
	if len(x.places) == 0 {
		return noRow
	}
	mask := len(x.places) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		at := x.places[i]
		if at.row == 0 {
			return noRow
		}
		if at.tag == tagOf(hash) && isOf(d, at.row-1, key) {
			if at.fickle {
				return fickleRows
			}
			return at.row - 1
		}
	}
}

// same reports whether two rows say the same.
func (d *Dimension) same(a, b rowRef) bool {
	p, i := d.rowOf(a)
	q, j := d.rowOf(b)
	if p.currencyOf(i) != q.currencyOf(j) {
		return false
	}
	for c := range p.columns {
		if p.columns[c].Value(i) != q.columns[c].Value(j) {
			return false
		}
	}
	return true
}
