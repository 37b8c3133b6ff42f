package match

import (
	"slices"

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
	key, known := s.event.party(d.On, inc.Customer(), inc.Order(), inc.Seller())
	if !known {
		key, known = factText(inc.Facts().JSON(), d.On)
	}
	return key, known
}

// AskedCustomers are the customers, "" for none, of the rows that wait in finders:
// their numbers are what History is asked with until Look. There are none where no
// source asks it; otherwise those of other sources are among them, whose incidents are
// asked for next: together they cost less. It is all of them where no row was looked
// at that did not wait. Their texts are the rows'.
func AskedCustomers(finders []*Finder) (customers []string, all bool) {
	all = true
	asks := slices.ContainsFunc(finders, func(f *Finder) bool { return f.looker != nil && f.source.past })
	for _, f := range finders {
		all = all && !f.unasked
		if f.looker == nil || !asks {
			continue
		}
		customers = f.looker.rows.ask(f.source, customers)
		for i := range f.backlog {
			customers = f.backlog[i].ask(f.source, customers)
		}
	}
	return customers, all
}

// asker is the customer of a row, as history is asked about it.
func (w *waiting) asker(row int, customer string) Asked {
	if w.asked == 0 {
		return unnumbered(customer)
	}
	return Asked{customer, w.asked - 1 + row}
}

// ask numbers the rows, and adds their customers to those before them.
func (w *waiting) ask(s *Source, customers []string) []string {
	w.asked = len(customers) + 1
	for row := range w.batch.Rows {
		customer, _ := Text(w.batch.Columns[s.cust].Value(row))
		customers = append(customers, customer)
	}
	return customers
}
