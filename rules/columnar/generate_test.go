package columnar_test

import (
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"

	"amends/rules/columnar"
	"amends/rules/ir"
	"amends/rules/ir/irtest"
)

// table is a batch for both evaluators: the same rows by row and by column.
type table struct {
	rows    []ir.Row
	columns []columnar.Column
	zones   columnar.Zones
}

// pool is what rows of a test are made of: drawn rows, so that what matters is
// in the hands of rapid, mixed by column, so that there are many.
type pool struct {
	slots        []ir.Slot
	rows         []*ir.Row
	random       *rand.Rand
	dictionaries []*ir.Dictionary // by slot, kept from batch to batch
}

func newPool(t *rapid.T) *pool {
	p := &pool{slots: irtest.Slots(), random: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}
	for range rapid.IntRange(1, 6).Draw(t, "rows") {
		p.rows = append(p.rows, irtest.Row(t))
	}
	p.dictionaries = make([]*ir.Dictionary, len(p.slots))
	return p
}

// value returns a value of a slot: a drawn one, or one near it.
func (p *pool) value(slot int, clean bool) ir.Value {
	for try := 0; ; try++ {
		v := p.rows[p.random.IntN(len(p.rows))].Values[slot]
		kind := p.slots[slot].Type.Kind
		switch {
		case clean && v.Null():
			if try < 3 {
				continue
			}
			v = ir.Value{Kind: kind}
		case v.Null() || kind == ir.String || kind == ir.Bool || p.random.IntN(3) > 0:
		case kind == ir.Date:
			v.I += p.random.Int64N(90)
		default:
			v.I += p.random.Int64N(1<<p.random.IntN(40)) - p.random.Int64N(1<<p.random.IntN(40))
		}
		return v
	}
}

// table makes a batch of so many rows.
func (p *pool) table(rows int) *table {
	b := &table{rows: make([]ir.Row, rows), columns: make([]columnar.Column, len(p.slots))}
	for i := range b.rows {
		b.rows[i] = ir.Row{Values: make([]ir.Value, len(p.slots)), Zone: p.rows[0].Zone, Currency: "USD"}
	}
	for slot := range p.slots {
		clean, same := p.random.IntN(3) == 0, p.random.IntN(12) == 0
		first := p.value(slot, clean)
		for i := range b.rows {
			if !same {
				first = p.value(slot, clean)
			}
			b.rows[i].Values[slot] = first
		}
		b.columns[slot] = p.column(b.rows, slot, same && rows > 0)
	}
	p.drawZones(b)
	return b
}

func (p *pool) drawZones(b *table) {
	if p.random.IntN(2) == 0 {
		b.zones.Same = p.rows[0].Zone
		return
	}
	for _, row := range p.rows {
		b.zones.List = append(b.zones.List, row.Zone)
	}
	b.zones.List = append(b.zones.List, nil)
	b.zones.Codes = make([]int32, len(b.rows))
	for i := range b.rows {
		b.zones.Codes[i] = int32(p.random.IntN(len(b.zones.List)))
		b.rows[i].Zone = b.zones.List[b.zones.Codes[i]]
	}
}

// column turns a slot of rows into a column, strings into codes at times.
func (p *pool) column(rows []ir.Row, slot int, same bool) columnar.Column {
	kind := p.slots[slot].Type.Kind
	if same {
		rows = rows[:1]
	}
	c := columnar.Column{Same: same}
	codes := kind == ir.String && !same && p.random.IntN(4) > 0
	var entries []string
	if codes {
		c.Dict = p.dictionary(slot, rows)
		for i := range c.Dict.Len() {
			entries = append(entries, c.Dict.Entry(int32(i)))
		}
	}
	anyNull, anyFault := p.random.IntN(4) == 0, p.random.IntN(4) == 0
	for i := range rows {
		v := rows[i].Values[slot]
		anyNull, anyFault = anyNull || v.Null(), anyFault || v.Fault() != ir.NoFault
		c.Valid = append(c.Valid, !v.Null())
		c.Faults = append(c.Faults, v.Fault())
		switch {
		case codes:
			code := int32(-7) // of a null row it is not read
			if !v.Null() {
				code = int32(slices.Index(entries, v.S))
			}
			c.Codes = append(c.Codes, code)
		case kind == ir.String:
			c.Strings = append(c.Strings, v.S)
		case v.Null():
			c.Ints = append(c.Ints, 0)
		default:
			c.Ints = append(c.Ints, v.I)
		}
	}
	if !anyNull {
		c.Valid = nil
	}
	if !anyFault {
		c.Faults = nil
	}
	return c
}

// dictionary returns one that has the rows' strings: the slot's last one, where
// that will do, in an order of its own otherwise.
func (p *pool) dictionary(slot int, rows []ir.Row) *ir.Dictionary {
	var entries []string
	last := p.dictionaries[slot]
	reused := last != nil
	for i := range rows {
		v := rows[i].Values[slot]
		if v.Null() || slices.Contains(entries, v.S) {
			continue
		}
		entries = append(entries, v.S)
		found := false
		for code := 0; reused && code < last.Len(); code++ {
			found = found || last.Entry(int32(code)) == v.S
		}
		reused = reused && found
	}
	if reused {
		return last
	}
	for range p.random.IntN(3) {
		entries = append(entries, "no row has this")
	}
	p.random.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	p.dictionaries[slot] = ir.NewDictionary(entries)
	return p.dictionaries[slot]
}

// selection draws rows of a batch: all, none, most, few, or one.
func (p *pool) selection(rows int) *columnar.Selection {
	s := &columnar.Selection{}
	s.None(rows)
	chance := []float64{1, 0, 0.9, 0.4, 0.05}[p.random.IntN(5)]
	if chance == 1 {
		s.All(rows)
		return s
	}
	for row := range rows {
		if p.random.Float64() < chance {
			s.Add(row)
		}
	}
	return s
}

// begin gives a machine the batch.
func (b *table) begin(m *columnar.Machine) error {
	m.Begin(len(b.rows))
	for slot, column := range b.columns {
		if err := m.Set(slot, column); err != nil {
			return err
		}
	}
	return m.SetZones(b.zones)
}
