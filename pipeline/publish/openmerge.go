package publish

import (
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// openRows are the rows of a night's open.parquet: the credits of the night
// before, with those of Open in place of what they were and among them, and those
// of MadeOpen.
func openRows(n *Night) rowSource {
	if n.OpenBefore == nil && n.MadeOpen.Rows == 0 {
		return rowsOf(&openTable, n.Date, n.Open)
	}
	c := &openChanged{given: n.Open, made: n.MadeOpen}
	c.arrange()
	rows := &tableRows[ledger.Credit]{table: &openTable, date: n.Date, made: Made[ledger.Credit]{
		Rows: len(c.left), Row: func(i int, row *ledger.Credit) { *row = *c.credit(c.left[i], row) },
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

// credit is the one at a place, in scratch where it has to be made.
func (c *openChanged) credit(place int32, scratch *ledger.Credit) *ledger.Credit {
	if int(place) < len(c.given) {
		return &c.given[place]
	}
	*scratch = ledger.Credit{}
	c.made.Row(int(place)-len(c.given), scratch)
	return scratch
}

// arrange finds what has value left, in the order of ids where both those given
// and those made come so.
func (c *openChanged) arrange() {
	c.left = make([]int32, 0, len(c.given)+c.made.Rows)
	given := 0
	giveBelow := func(id string) {
		for ; given < len(c.given) && (id == "" || c.given[given].CreditID < id); given++ {
			if c.given[given].Remaining() > 0 {
				c.left = append(c.left, int32(given))
			}
		}
	}
	var scratch ledger.Credit
	for i := range c.made.Rows {
		place := int32(len(c.given) + i)
		giveBelow(c.credit(place, &scratch).CreditID)
		c.left = append(c.left, place)
	}
	giveBelow("")
}

// ids are those of all that changed, sorted.
func (c *openChanged) ids() []string {
	ids := make([]string, 0, len(c.given)+c.made.Rows)
	var scratch ledger.Credit
	for place := range cap(ids) {
		ids = append(ids, c.credit(int32(place), &scratch).CreditID)
	}
	if !slices.IsSorted(ids) {
		slices.Sort(ids)
	}
	return ids
}

// openMerged is the credits of an earlier file, and those that changed since.
type openMerged struct {
	*tableRows[ledger.Credit] // those that changed and have value left
	before                    *OpenCredits
	changed                   *openChanged
}

// rows is how many there are at most.
func (m *openMerged) rows() int { return int(m.before.Rows()) + len(m.changed.left) }

// row is row i, in order, of those that changed, in scratch where it has to be
// made.
func (m *openMerged) row(i int, scratch *ledger.Credit) *ledger.Credit {
	if m.order != nil {
		i = int(m.order[i])
	}
	return m.changed.credit(m.changed.left[i], scratch)
}

// groups implements rowSource for those who want all columns at once.
func (m *openMerged) groups(s *staging, yield func([]parquetio.Column) error) error {
	merge, err := m.merge()
	if err != nil {
		return err
	}
	l := m.layout()
	columns, release := s.columns(&l)
	defer release()
	for {
		rows, err := merge.plan(s.groupRows)
		if err != nil || rows == 0 {
			return err
		}
		err = s.each(len(columns), func(i int) error {
			columns[i].Resize(rows)
			return merge.fill(i, &columns[i])
		})
		if err == nil {
			err = yield(columns)
		}
		if err != nil {
			return err
		}
		merge.release()
	}
}

// columnGroups implements columnSource.
func (m *openMerged) columnGroups(s *staging, yield func(rows int, column madeColumn) error) error {
	merge, err := m.merge()
	if err != nil {
		return err
	}
	shape := merge.layout.shape()
	for {
		rows, err := merge.plan(s.groupRows)
		if err != nil || rows == 0 {
			return err
		}
		err = yield(rows, func(i int, use func(*parquetio.Column) error) error {
			c, release := s.single(&shape[i], rows)
			defer release()
			if err := merge.fill(i, c); err != nil {
				return err
			}
			return use(c)
		})
		if err != nil {
			return err
		}
		merge.release()
	}
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

// openMerge merges the sorted rows that changed into those of an earlier file,
// whose columns it reads side by side, a row group after the other: first plan,
// then fill for each column.
type openMerge struct {
	*openMerged
	layout  layout
	cursors []*parquetio.Cursor // of the earlier file, by column; nil for those that it does not give
	changed []string            // the ids of all that changed, sorted
	done    int                 // of changed: their ids are behind
	next    int                 // of the rows that changed

	ids  *parquetio.Column // credit_id of the rows of the earlier file that come next
	at   int               // of ids
	last string            // the credit before, of the earlier file

	// The row group that is planned.
	steps []step
	out   []string
	fresh []ledger.Credit // the rows in it that changed: made once for all columns

	scratch ledger.Credit // of change
}

// step is what becomes of rows in a run: of the earlier file those that stay or
// go, or those that changed and come.
type step struct {
	kind stepKind
	rows int32
}

type stepKind uint8

const (
	stay stepKind = iota
	leave
	come
)

// openIDColumn is where credit_id stands in open.parquet, after business_date.
const openIDColumn = 1

// merge begins a merge.
func (m *openMerged) merge() (*openMerge, error) {
	merge := &openMerge{openMerged: m, layout: m.layout(), changed: m.changed.ids()}
	merge.cursors = make([]*parquetio.Cursor, len(merge.layout.fields))
	for i := openIDColumn; i < len(merge.cursors); i++ {
		var err error
		if merge.cursors[i], err = m.before.file.Cursor(merge.layout.fields[i].name); err != nil {
			return nil, fmt.Errorf("%s: %w", openTable.file, err)
		}
	}
	return merge, merge.more()
}

// more reads the next ids of the earlier file.
func (m *openMerge) more() (err error) {
	m.at = 0
	if m.ids, err = m.cursors[openIDColumn].Next(); err != nil {
		return fmt.Errorf("%s: %w", openTable.file, err)
	}
	return nil
}

// plan decides what the next row group is of, and returns how many rows that
// are: so many but for the last one, and none at the end.
func (m *openMerge) plan(rows int) (int, error) {
	m.steps, m.out, m.fresh = m.steps[:0], slices.Grow(m.out[:0], rows), m.fresh[:0]
	fresh, ok := m.change()
	for len(m.out) < rows {
		if m.at == m.ids.Rows() && m.at > 0 {
			if err := m.more(); err != nil {
				return 0, err
			}
		}
		if m.at == m.ids.Rows() { // at the end of the earlier file
			if !ok {
				break
			}
			fresh, ok = m.come(fresh)
			continue
		}
		id := m.ids.Strings[m.at]
		if ok && fresh.CreditID < id {
			fresh, ok = m.come(fresh)
			continue
		}
		if id <= m.last {
			return 0, fmt.Errorf("%s: credit %.40q: %w", openTable.file, id, ErrOpenOrder)
		}
		m.last = id
		m.at++
		for m.done < len(m.changed) && m.changed[m.done] < id {
			m.done++
		}
		if m.done < len(m.changed) && m.changed[m.done] == id {
			m.add(leave)
			continue
		}
		m.add(stay)
		m.out = append(m.out, id)
	}
	return len(m.out), nil
}

// release says that the planned row group is not used any more.
func (m *openMerge) release() {
	m.last = strings.Clone(m.last)
	for _, c := range m.cursors[openIDColumn:] {
		c.Release()
	}
}

// come takes the row that changed and comes next, and looks at the one after it.
func (m *openMerge) come(c *ledger.Credit) (next *ledger.Credit, ok bool) {
	m.add(come)
	m.out = append(m.out, c.CreditID)
	m.fresh = append(m.fresh, *c)
	m.next++
	return m.change()
}

// change is the next row that changed, valid until it comes.
func (m *openMerge) change() (c *ledger.Credit, ok bool) {
	if m.next == len(m.openMerged.changed.left) {
		return nil, false
	}
	return m.openMerged.row(m.next, &m.scratch), true
}

func (m *openMerge) add(kind stepKind) {
	if n := len(m.steps); n > 0 && m.steps[n-1].kind == kind {
		m.steps[n-1].rows++
		return
	}
	m.steps = append(m.steps, step{kind, 1})
}

// fill fills column i of the planned row group, which has room for its rows.
func (m *openMerge) fill(i int, out *parquetio.Column) error {
	switch i {
	case 0:
		fillDate(out, m.date)
		return nil
	case openIDColumn:
		copy(out.Strings, m.out)
		return nil
	}
	column, cursor := &m.columns[i-1], m.cursors[i]
	row, fresh := 0, 0
	for _, s := range m.steps {
		n := int(s.rows)
		var err error
		switch s.kind {
		case stay:
			err = cursor.Take(out, row, n)
			row += n
		case leave:
			err = cursor.Skip(n)
		case come:
			for ; n > 0 && err == nil; n-- {
				if err = column.put(out, row, &m.fresh[fresh]); err != nil {
					err = fmt.Errorf("column %q, row %d: %w", column.name, fresh, err)
				}
				row++
				fresh++
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", openTable.file, err)
		}
	}
	return nil
}

// fillDate fills business_date.
func fillDate(out *parquetio.Column, date calendar.Date) {
	for i := range out.Ints {
		out.Ints[i] = int64(date)
	}
}
