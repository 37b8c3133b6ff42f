package publish

import (
	"fmt"
	"slices"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// openRows are the rows of a night's open.parquet: the credits of the night
// before in their order, with those of Open in place of what they were, and the
// rest of Open and those of MadeOpen after them.
func openRows(n *Night) rowSource {
	if n.OpenBefore == nil && n.MadeOpen.Rows == 0 {
		return rowsOf(&openTable, n.Date, n.Open)
	}
	c := &openChanged{given: n.Open, made: n.MadeOpen}
	c.arrange()
	rows := &tableRows[ledger.Credit]{table: &openTable, date: n.Date, made: Made[ledger.Credit]{
		Rows:    len(c.left),
		Row:     func(i int, row *ledger.Credit) { *row = *c.credit(c.left[i], row, nil) },
		In:      func(i int, row *ledger.Credit, texts *Texts) { *row = *c.credit(c.left[i], row, texts) },
		InOrder: n.MadeOpen.InOrder,
	}}
	if n.OpenBefore == nil {
		return rows
	}
	return &openMerged{tableRows: rows, before: n.OpenBefore, changed: c}
}

// openChanged is the credits that changed since the night before.
type openChanged struct {
	given []ledger.Credit
	made  Made[ledger.Credit]
	left  []int32 // the places of those with value left: those that are made come after those that are given
}

// credit is the one at a place, in scratch where it has to be made, with its
// texts in texts where there are such.
func (c *openChanged) credit(place int32, scratch *ledger.Credit, texts *Texts) *ledger.Credit {
	if int(place) < len(c.given) {
		return &c.given[place]
	}
	*scratch = ledger.Credit{}
	if c.made.In != nil && texts != nil {
		c.made.In(int(place)-len(c.given), scratch, texts)
	} else {
		c.made.Row(int(place)-len(c.given), scratch)
	}
	return scratch
}

// arrange finds what has value left: those given in the order of the table, which
// were issued before those that are made.
func (c *openChanged) arrange() {
	c.left = make([]int32, 0, len(c.given)+c.made.Rows)
	for place := range c.given {
		if c.given[place].Remaining() > 0 {
			c.left = append(c.left, int32(place))
		}
	}
	slices.SortFunc(c.left, func(a, b int32) int { return openTable.compare(&c.given[a], &c.given[b]) })
	for i := range c.made.Rows {
		c.left = append(c.left, int32(len(c.given)+i))
	}
}

// openMerged is the credits of an earlier file, and those that changed since.
type openMerged struct {
	*tableRows[ledger.Credit] // those that changed and have value left
	before                    *OpenCredits
	changed                   *openChanged

	// From prepare on.
	found [][]foundCredit // by row group of before: those of its rows that changed
	fresh []int32         // the places in changed of those that before has not, in order
}

// foundCredit is a row of a row group, and its place in what is given of changed.
type foundCredit struct{ row, changed int32 }

// rows is how many there are at most.
func (m *openMerged) rows() int { return int(m.before.Rows()) + len(m.changed.left) }

// prepare implements rowSource: it looks for the credits that changed where they
// may be.
func (m *openMerged) prepare() error {
	if err := m.tableRows.prepare(); err != nil {
		return err
	}
	err := m.checkGiven()
	if err == nil {
		err = m.find()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.file, err)
	}
	there := make([]bool, len(m.changed.given))
	for _, rows := range m.found {
		for _, f := range rows {
			if there[f.changed] {
				return fmt.Errorf("%s: credit %.40q: %w", m.file, m.changed.given[f.changed].CreditID, ErrOpenTwice)
			}
			there[f.changed] = true
		}
	}
	for i := range m.changed.left {
		if m.order != nil {
			i = int(m.order[i])
		}
		if place := m.changed.left[i]; int(place) >= len(there) || !there[place] {
			m.fresh = append(m.fresh, place)
		}
	}
	return nil
}

// checkGiven checks those given where prepare did not: those that are made are
// checked as they are made.
func (m *openMerged) checkGiven() error {
	var before *ledger.Credit
	for i, place := range m.changed.left {
		if !m.made.InOrder || int(place) >= len(m.changed.given) {
			break
		}
		row := &m.changed.given[place]
		if err := m.checkNext(i, before, row); err != nil {
			return err
		}
		before = row
	}
	return nil
}

// find looks for what changed in the row groups that may have it.
func (m *openMerged) find() error {
	file := m.before.file
	index, ok := file.Field(openIDName)
	if !ok {
		return fmt.Errorf("no column %q", openIDName)
	}
	ranges, err := m.before.ranges()
	if err != nil {
		return err
	}
	latest := calendar.Date(-1 << 31)
	for i := range ranges {
		latest = max(latest, ranges[i].latest)
	}
	places, wanted := map[string]int32{}, make([]bool, len(ranges))
	for i := range m.changed.given {
		c := &m.changed.given[i]
		if c.Issued > latest {
			continue // since the file
		}
		places[c.CreditID] = int32(i)
		for group := range ranges {
			wanted[group] = wanted[group] || ranges[group].has(c)
		}
	}
	m.found = make([][]foundCredit, len(ranges))
	return inParallel(len(ranges), func(group int) error {
		if !wanted[group] {
			return nil
		}
		row := int32(0)
		return file.ReadColumn(group, index, &parquetio.Buffers{Borrow: true}, func(c *parquetio.Column) error {
			for _, id := range c.Strings {
				if place, ok := places[id]; ok {
					m.found[group] = append(m.found[group], foundCredit{row, place})
				}
				row++
			}
			return nil
		})
	})
}

// groups implements rowSource for those who want all columns at once.
func (m *openMerged) groups(s *staging, yield func([]parquetio.Column) error) error {
	merge, err := m.merge(s)
	if err != nil {
		return err
	}
	defer merge.leave()
	l := m.layout()
	columns, _, release := s.columns(&l, m.rows())
	defer release()
	for _, part := range m.parts(s.groupRows, false) {
		if err := merge.begin(s, part.steps); err != nil {
			return err
		}
		err = s.each(len(columns), func(i int) error {
			columns[i].Resize(part.rows)
			return merge.fill(i, &columns[i], part.steps)
		})
		if err == nil {
			err = yield(columns)
		}
		if err != nil {
			return err
		}
		merge.release()
	}
	return nil
}

// columnGroups implements columnSource.
func (m *openMerged) columnGroups(s *staging, yield func(columnGroup) error) error {
	merge, err := m.merge(s)
	if err != nil {
		return err
	}
	defer merge.leave()
	shape := merge.layout.shape()
	date := shape[0]
	for _, part := range m.parts(s.groupRows, true) {
		group := columnGroup{rows: part.rows, column: func(i int, use func(*parquetio.Column) error) error {
			c, release := s.single(&shape[i], part.rows)
			defer release()
			if err := merge.fill(i, c, part.steps); err != nil {
				return err
			}
			return use(c)
		}}
		if err := merge.begin(s, part.steps); err != nil {
			return err
		}
		if part.steps == nil {
			date.Resize(part.rows)
			fillDate(&date, m.date)
			group.copied = &copiedGroup{file: m.before.file, group: part.group, instead: map[int]*parquetio.Column{0: &date}}
		}
		if err := yield(group); err != nil {
			return err
		}
		merge.release()
	}
	return nil
}

// single is a column of a shape, with room for rows. release comes when it is
// not used any more.
func (s *staging) single(shape *parquetio.Column, rows int) (c *parquetio.Column, release func()) {
	room, ok := s.singles.Get().(*parquetio.Column)
	if !ok {
		room = &parquetio.Column{}
	}
	c = &parquetio.Column{Name: shape.Name, Type: shape.Type, Optional: shape.Optional}
	if c.Type == parquetio.String {
		c.Strings = room.Strings
	} else {
		c.Ints = room.Ints
	}
	if c.Optional {
		c.Valid = room.Valid
	}
	c.Resize(rows)
	return c, func() {
		if c.Strings != nil {
			clear(c.Strings) // what is kept holds no text alive
			room.Strings = c.Strings
		}
		if c.Ints != nil {
			room.Ints = c.Ints
		}
		if c.Valid != nil {
			room.Valid = c.Valid
		}
		s.singles.Put(room)
	}
}

// carried implements columnSource.
func (m *openMerged) carried(s *staging) (*fileTotals, error) {
	all, err := totalsOf(m.before.listed)
	if err != nil {
		return nil, fmt.Errorf("%s of the night before: %w", m.file, err)
	}
	file, l := m.before.file, m.layout()
	copied := map[int]bool{}
	rows := int64(0)
	for _, part := range m.parts(s.groupRows, true) {
		if part.steps == nil {
			copied[part.group] = true
			rows += int64(part.rows)
		}
	}
	others := make([]*totals, len(file.GroupRows()))
	err = s.each(len(others), func(group int) error {
		if copied[group] {
			return nil
		}
		others[group] = newTotals(&l, int(file.GroupRows()[group]))
		for _, i := range l.currencyFirst() {
			if f := &l.fields[i]; !f.summed && f.name != currencyColumn && !slices.Contains(l.id, f.name) {
				continue
			}
			others[group].begin(i)
			if err := file.ReadColumn(group, i, &parquetio.Buffers{Borrow: true}, others[group].add); err != nil {
				return fmt.Errorf("%s of the night before: %w", m.file, err)
			}
		}
		return others[group].end()
	})
	if err != nil {
		return nil, err
	}
	for _, t := range others {
		if t != nil {
			all.subtract(t)
		}
	}
	if all.rows != rows {
		return nil, fmt.Errorf("%s of the night before: %d rows that stay, and its totals have %d", m.file, rows, all.rows)
	}
	return all, nil
}
