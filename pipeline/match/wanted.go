package match

import (
	"amends/pipeline/award"
	"amends/rules/ir"
)

// WantedKeys are the keys of dimensions that rows in the backlogs of finders
// join, by the dimensions' names: of other keys no row is looked up by Look and by Merge.
func WantedKeys(finders []*Finder) map[string]*Keys {
	wanted := map[string]*Keys{}
	rows := 0
	for _, f := range finders {
		rows += f.backlogRows
	}
	for _, f := range finders {
		if f.looker == nil {
			continue
		}
		type on struct {
			dimension string
			column    int
		}
		seen := map[on]bool{}
		for _, d := range f.source.slotDim {
			if d == nil || seen[on{d.dimension.Name, d.on}] {
				continue
			}
			seen[on{d.dimension.Name, d.on}] = true
			keys := keysOf(wanted, d.dimension)
			keys.expect(rows)
			keys.addColumn(&f.looker.rows.batch.Columns, d.on, f.looker.rows.batch.Rows)
			for i := range f.backlog {
				keys.addColumn(&f.backlog[i].batch.Columns, d.on, f.backlog[i].batch.Rows)
			}
		}
	}
	return wanted
}

func keysOf(wanted map[string]*Keys, d *Dimension) *Keys {
	if wanted[d.Name] == nil {
		wanted[d.Name] = &Keys{seed: d.Seed}
	}
	return wanted[d.Name]
}

// expect makes room for the keys of so many rows, where there are none so far.
func (k *Keys) expect(rows int) {
	if k.hashes.count == 0 {
		k.hashes = newHashSet(rows)
	}
}

func (k *Keys) addColumn(columns *[]ir.Vector, c, rows int) {
	for i := range rows {
		k.Add((*columns)[c].Value(i))
	}
}

// WantKeys adds the keys that Release looks up for a hold's incident.
func (s *Source) WantKeys(wanted map[string]*Keys, inc *award.Incident) {
	for _, d := range s.slotDim {
		if d == nil {
			continue
		}
		if key, known := s.joinKey(d.dimension, inc); known {
			keysOf(wanted, d.dimension).Add(key)
		}
	}
}

// joinKey is what the incident of a hold joins a dimension by, as far as its
// parties or its facts say.
func (s *Source) joinKey(d *Dimension, inc *award.Incident) (ir.Value, bool) {
	key, known := s.event.party(d.On, inc.Customer, inc.Order, inc.Seller)
	if !known {
		key, known = factText(inc.Facts.JSON(), d.On)
	}
	return key, known
}

// Customers visits the customers, "" for none, of the rows that wait in a finder,
// and reports whether all of its customers were visited: no row was looked at that
// did not wait. Their texts are the rows'.
func (f *Finder) Customers(visit func(customer string)) (all bool) {
	if f.looker == nil {
		return true
	}
	f.customers(&f.looker.rows.batch, visit)
	for i := range f.backlog {
		f.customers(&f.backlog[i].batch, visit)
	}
	return !f.unasked
}

func (f *Finder) customers(batch *ir.Batch, visit func(customer string)) {
	for row := range batch.Rows {
		customer, _ := Text(batch.Columns[f.source.cust].Value(row))
		visit(customer)
	}
}
