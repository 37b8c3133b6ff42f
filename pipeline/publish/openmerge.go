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
// before, with those of Open in place of what they were and among them.
func openRows(n *Night) rowSource {
	if n.OpenBefore == nil {
		return rowsOf(&openTable, n.Date, n.Open)
	}
	m := &openMerged{before: n.OpenBefore, changed: n.Open}
	for i := range n.Open {
		if n.Open[i].Remaining() > 0 {
			m.left = append(m.left, int32(i))
		}
	}
	m.tableRows = &tableRows[ledger.Credit]{table: &openTable, date: n.Date, made: Made[ledger.Credit]{
		Rows: len(m.left), Row: func(i int, c *ledger.Credit) { *c = n.Open[m.left[i]] },
	}}
	return m
}

// openMerged is the credits of an earlier file, and those that changed since.
type openMerged struct {
	*tableRows[ledger.Credit] // those that changed and have value left
	before                    *OpenCredits
	changed                   []ledger.Credit
	left                      []int32 // the places in changed of tableRows' rows
}

// rows is how many there are at most.
func (m *openMerged) rows() int { return int(m.before.Rows()) + len(m.left) }

// fresh is row i, in order, of those that changed.
func (m *openMerged) fresh(i int) *ledger.Credit {
	if m.order != nil {
		i = int(m.order[i])
	}
	return &m.changed[m.left[i]]
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
func (m *openMerged) columnGroups(
	s *staging, begin func([]parquetio.Column) error, yield func(rows int, column madeColumn) error,
) error {
	if err := m.sample(min(parquetio.SampleRows, s.groupRows), begin); err != nil {
		return err
	}
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

// sample calls begin with the first rows, if there are any.
func (m *openMerged) sample(rows int, begin func([]parquetio.Column) error) error {
	merge, err := m.merge()
	if err != nil {
		return err
	}
	if rows, err = merge.plan(rows); err != nil || rows == 0 {
		return err
	}
	columns := merge.layout.shape()
	for i := range columns {
		columns[i].Resize(rows)
		if err := merge.fill(i, &columns[i]); err != nil {
			return err
		}
	}
	return begin(columns)
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
	first int // of the rows that changed, the first in it
	out   []string
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
	merge := &openMerge{openMerged: m, layout: m.layout(), changed: make([]string, len(m.changed))}
	for i := range m.changed {
		merge.changed[i] = m.changed[i].CreditID
	}
	slices.Sort(merge.changed)
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
	m.steps, m.out, m.first = m.steps[:0], slices.Grow(m.out[:0], rows), m.next
	fresh, ok := m.freshID()
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
			m.come(fresh)
			fresh, ok = m.freshID()
			continue
		}
		id := m.ids.Strings[m.at]
		if ok && fresh < id {
			m.come(fresh)
			fresh, ok = m.freshID()
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

func (m *openMerge) come(id string) {
	m.add(come)
	m.out = append(m.out, id)
	m.next++
}

// freshID is the id of the next row that changed.
func (m *openMerge) freshID() (string, bool) {
	if m.next == len(m.left) {
		return "", false
	}
	return m.fresh(m.next).CreditID, true
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
	row, fresh := 0, m.first
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
				if err = column.put(out, row, m.fresh(fresh)); err != nil {
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
