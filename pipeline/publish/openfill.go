package publish

import (
	"fmt"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

// openMerge reads the columns of an earlier file side by side, and fills those of
// a new one.
type openMerge struct {
	*openMerged
	layout  layout
	cursors []*parquetio.Cursor // of the earlier file, by column; nil for those that it does not give
	// follow are the columns of those of the row group that follow the earlier
	// file's: their rows are made once for all columns. business_date is left out.
	follow []parquetio.Column
	texts  []Texts // of blocks of fillRows of these
	leave  func()
}

// merge begins a merge. Its leave comes at its end.
func (m *openMerged) merge(s *staging) (*openMerge, error) {
	merge := &openMerge{openMerged: m, layout: m.layout()}
	merge.follow, merge.texts, merge.leave = s.columns(&merge.layout, len(m.fresh))
	merge.cursors = make([]*parquetio.Cursor, len(merge.layout.fields))
	for i := 1; i < len(merge.cursors); i++ { // business_date is tonight's
		var err error
		if merge.cursors[i], err = m.before.file.Cursor(merge.layout.fields[i].name); err != nil {
			return nil, fmt.Errorf("%s: %w", m.file, err)
		}
	}
	return merge, nil
}

// begin makes the rows of a row group that follow.
func (m *openMerge) begin(s *staging, steps []step) error {
	first, rows := 0, 0
	for _, s := range steps {
		if s.kind == follow {
			first, rows = int(s.at), int(s.rows)
		}
	}
	for i := range m.follow {
		m.follow[i].Resize(rows)
	}
	return s.each((rows+fillRows-1)/fillRows, func(block int) error {
		m.texts[block].begin()
		from := block * fillRows
		if err := m.fillFollow(&m.texts[block], first, from, min(from+fillRows, rows)); err != nil {
			return fmt.Errorf("%s: %w", m.file, err)
		}
		return nil
	})
}

// fillFollow makes rows [from, to) of those that follow, which are from first on in
// fresh, and fills their columns.
func (m *openMerge) fillFollow(texts *Texts, first, from, to int) error {
	var before *ledger.Credit
	if at := first + from; at > 0 {
		before = m.changed.credit(m.fresh[at-1], &ledger.Credit{}, nil)
	}
	var made [2][madeRows]ledger.Credit // in turn: the last row of one stays while the next is made
	var rows []*ledger.Credit
	for turn := 0; from < to; turn = 1 - turn {
		rows = rows[:0]
		for i, place := range m.fresh[first+from : first+min(from+madeRows, to)] {
			row := m.changed.credit(place, &made[turn][i], texts)
			if m.made.InOrder {
				if err := m.checkNext(first+from+i, before, row); err != nil {
					return err
				}
			}
			rows, before = append(rows, row), row
		}
		for i := range m.columns {
			if k, err := m.columns[i].putAll(&m.follow[i+1], from, rows); err != nil {
				return fmt.Errorf("column %q, row %d: %w", m.columns[i].name, first+from+k, err)
			}
		}
		from += len(rows)
	}
	return nil
}

// release says that what was filled is not used any more.
func (m *openMerge) release() {
	for _, c := range m.cursors[1:] {
		c.Release()
	}
}

// fill fills column i of a row group, which has room for its rows.
func (m *openMerge) fill(i int, out *parquetio.Column, steps []step) error {
	if i == 0 {
		fillDate(out, m.date)
		return nil
	}
	column, cursor, row := &m.columns[i-1], m.cursors[i], 0
	for _, s := range steps {
		var err error
		switch s.kind {
		case seek:
			cursor.Seek(int(s.at))
		case stay:
			err = cursor.Take(out, row, int(s.rows))
			row += int(s.rows)
		case leave:
			err = cursor.Skip(int(s.rows))
		case come:
			err = column.put(out, row, &m.changed.given[s.at])
			row++
		case follow: // the last step
			out.Put(row, &m.follow[i])
			row += int(s.rows)
		}
		if err != nil {
			return fmt.Errorf("%s: column %q, row %d: %w", m.file, column.name, row, err)
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
