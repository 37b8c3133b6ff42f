package match

import (
	"strconv"

	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// DimensionPart is the rows of a dimension that one worker read. It owns its
// texts.
type DimensionPart struct {
	dimension  *Dimension
	hashes     []uint64 // of keys
	keys       []byte   // as texts, one after the other
	ends       []int    // of each key in keys
	columns    []ir.Vector
	texts      []interned // by column
	codes      []entries[string]
	currencies []string // nil where no row has one
	currency   interned
	bad        []bool // nil where every row was read whole
	text       []byte

	rows   []int32  // of the batch at hand, that are wanted
	chosen []uint64 // the hashes of their keys
}

// DimensionColumns says where a batch has a dimension's columns; those of fields
// come first, in their order.
type DimensionColumns struct {
	Key      int
	Currency int    // -1 where Constant is each row's
	Constant string // "" where the dimension holds no money
}

// AddBatch adds the rows of a batch, of which unread, ascending, could not be
// read whole, as far as their keys are wanted; nil wants all. Nothing of the
// batch is kept.
func (p *DimensionPart) AddBatch(batch *ir.Batch, c DimensionColumns, unread []int, wanted *Keys) {
	keys := &batch.Columns[c.Key]
	p.choose(keys, batch.Rows, wanted)
	if len(p.rows) > 0 && p.hashes == nil && wanted != nil {
		p.expect(wanted.hashes.count / len(p.dimension.parts) * 9 / 8) // workers read about as much
	}
	for n, row := range p.rows {
		for len(unread) > 0 && unread[0] < int(row) {
			unread = unread[1:]
		}
		text, _ := appendText(p.text[:0], keys.Value(int(row)))
		p.text = text
		currency := c.Constant
		if c.Currency >= 0 {
			currency = batch.Columns[c.Currency].Value(int(row)).S
		}
		p.add(p.chosen[n], text, currency, len(unread) > 0 && unread[0] == int(row))
	}
	for field := range p.columns {
		p.addField(field, &batch.Columns[field])
	}
}

// expect makes room for so many rows.
func (p *DimensionPart) expect(rows int) {
	p.hashes, p.ends = make([]uint64, 0, rows), make([]int, 0, rows)
	for field := range p.columns {
		if c := &p.columns[field]; c.Kind == ir.String {
			c.Strings = make([]string, 0, rows)
		} else {
			c.Ints = make([]int64, 0, rows)
		}
	}
}

// choose finds the rows whose keys are wanted, and their keys' hashes. A null key
// no event can name.
func (p *DimensionPart) choose(keys *ir.Vector, rows int, wanted *Keys) {
	p.rows, p.chosen = p.rows[:0], p.chosen[:0]
	if wanted != nil && wanted.Empty() {
		return
	}
	plain, seed := keys.Kind == ir.String && keys.Dict == nil, p.dimension.Seed
	for i := range rows {
		if null(keys, i) {
			continue
		}
		var hash uint64
		ok := true
		if plain {
			hash = seed.text(keys.Text(i))
		} else {
			hash, ok = p.hash(keys.Value(i))
		}
		if ok && (wanted == nil || wanted.hashes.may(hash) || hash == 0) {
			p.rows, p.chosen = append(p.rows, int32(i)), append(p.chosen, hash)
		}
	}
	if wanted != nil {
		p.chooseOf(wanted)
	}
}

// chooseOf leaves the rows whose keys are wanted of those that may be: by then the
// memory that says so is waited for by many at a time.
func (p *DimensionPart) chooseOf(wanted *Keys) {
	n := 0
	for i, hash := range p.chosen {
		if wanted.hashes.has(hash) {
			p.rows[n], p.chosen[n] = p.rows[i], hash
			n++
		}
	}
	p.rows, p.chosen = p.rows[:n], p.chosen[:n]
}

// addField adds a field of the rows that were chosen.
func (p *DimensionPart) addField(field int, from *ir.Vector) {
	to := &p.columns[field]
	if from.Valid != nil || to.Kind == ir.String && !p.byCode(field, from.Dict) {
		for _, row := range p.rows {
			p.field(field, from.Value(int(row)))
		}
		return
	}
	if to.Kind == ir.String {
		texts, _ := p.codes[field].of(from.Dict, p.texts[field].keep, "")
		for _, row := range p.rows {
			to.Strings = append(to.Strings, texts[from.Codes[row]])
		}
	} else {
		for _, row := range p.rows {
			to.Ints = append(to.Ints, from.Ints[row])
		}
	}
	for to.Valid != nil && len(to.Valid) < max(len(to.Ints), len(to.Strings)) {
		to.Valid = append(to.Valid, true)
	}
}

// learntForRow is how many texts of a dictionary are learnt for a row that is
// wanted: of more, most would be kept for nobody.
const learntForRow = 8

// byCode reports whether a field's texts are told by their codes.
func (p *DimensionPart) byCode(field int, dict *ir.Dictionary) bool {
	return dict != nil && (p.codes[field].dict == dict || len(dict.Entries()) <= learntForRow*len(p.rows))
}

// hash hashes a key's text; false where it has none.
func (p *DimensionPart) hash(key ir.Value) (uint64, bool) {
	if key.Kind == ir.String {
		return p.dimension.Seed.text(key.S), true
	}
	text, ok := appendText(p.text[:0], key)
	p.text = text
	return p.dimension.Seed.bytes(text), ok
}

// add adds a row without its fields.
func (p *DimensionPart) add(hash uint64, key []byte, currency string, bad bool) {
	p.hashes = append(p.hashes, hash)
	p.keys = append(p.keys, key...)
	p.ends = append(p.ends, len(p.keys))
	if currency != "" && p.currencies == nil {
		p.currencies = make([]string, len(p.hashes)-1)
	}
	if p.currencies != nil {
		p.currencies = append(p.currencies, p.currency.keep(currency))
	}
	if bad && p.bad == nil {
		p.bad = make([]bool, len(p.hashes)-1)
	}
	if p.bad != nil {
		p.bad = append(p.bad, bad)
	}
}

// field adds one field of the row that was added last.
func (p *DimensionPart) field(field int, v ir.Value) {
	c := &p.columns[field]
	if v.Null() && c.Valid == nil {
		c.Valid = make([]bool, max(len(c.Ints), len(c.Strings)))
		for i := range c.Valid {
			c.Valid[i] = true
		}
	}
	if c.Valid != nil {
		c.Valid = append(c.Valid, !v.Null())
	}
	if c.Kind == ir.String {
		c.Strings = append(c.Strings, p.texts[field].keep(v.S))
	} else {
		c.Ints = append(c.Ints, v.I)
	}
}

func (p *DimensionPart) currencyOf(i int) string {
	if p.currencies == nil {
		return ""
	}
	return p.currencies[i]
}

func (p *DimensionPart) key(i int) []byte {
	from := 0
	if i > 0 {
		from = p.ends[i-1]
	}
	return p.keys[from:p.ends[i]]
}

// interned keeps texts, and those that are few only once.
type interned struct {
	known map[string]string
	arena textArena
}

// maxInterned is above the tiers, states and currencies that there are: beyond
// it a column's texts are as many as its rows.
const maxInterned = 1000

func (n *interned) keep(text string) string {
	if text == "" {
		return ""
	}
	if own, known := n.known[text]; known {
		return own
	}
	text = n.arena.keep(text)
	if len(n.known) < maxInterned {
		if n.known == nil {
			n.known = map[string]string{}
		}
		n.known[text] = text
	}
	return text
}

// Keys is a set of keys of a dimension, by their hashes: of two keys with one
// hash, both are in it.
type Keys struct {
	seed   Seed // the dimension's
	hashes hashSet
}

// Empty reports whether there is no key.
func (k *Keys) Empty() bool { return k.hashes.count == 0 && !k.hashes.zero }

// Add adds a key, as events or holds name it.
func (k *Keys) Add(key ir.Value) {
	var buffer [64]byte
	if key.Kind == ir.String {
		k.hashes.add(k.seed.text(key.S))
	} else if text, ok := appendText(buffer[:0], key); ok {
		k.hashes.add(k.seed.bytes(text))
	}
}

// Text is the value of a key or id column as text: what ids look like in
// outputs and how dimensions are joined. It is false for null and for kinds
// that are no ids.
func Text(v ir.Value) (string, bool) {
	if v.Kind == ir.String {
		return v.S, true
	}
	var buffer [64]byte
	text, ok := appendText(buffer[:0], v)
	return string(text), ok
}

// appendText appends what Text returns.
func appendText(to []byte, v ir.Value) ([]byte, bool) {
	switch v.Kind {
	case ir.String:
		return append(to, v.S...), true
	case ir.Int:
		return strconv.AppendInt(to, v.I, 10), true
	case ir.Date:
		return calendar.Date(v.I).Append(to), true
	case ir.Decimal:
		return money.Decimal(v.I).Append(to), true
	case ir.Time:
		return calendar.Instant(v.I).Append(to), true
	}
	return to, false
}
