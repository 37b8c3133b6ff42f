package publish

import (
	"fmt"
	"slices"

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
	follow  []ledger.Credit     // those of the row group that follow the earlier file's: made once for all columns
	texts   Texts               // of these
	last    *ledger.Credit      // of those of the row group before
}

// merge begins a merge.
func (m *openMerged) merge() (*openMerge, error) {
	merge := &openMerge{openMerged: m, layout: m.layout()}
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
func (m *openMerge) begin(steps []step) error {
	if n := len(m.follow); n > 0 {
		last := openTable.own(&m.follow[n-1])
		m.last = &last
	}
	m.follow = m.follow[:0]
	m.texts.begin()
	before := m.last
	for _, s := range steps {
		if s.kind != follow {
			continue
		}
		m.follow = slices.Grow(m.follow, int(s.rows))
		for i, place := range m.fresh[s.at : s.at+s.rows] {
			m.follow = append(m.follow, ledger.Credit{})
			row := &m.follow[i]
			*row = *m.changed.credit(place, row, &m.texts)
			if m.made.InOrder {
				if err := m.checkNext(int(s.at)+i, before, row); err != nil {
					return fmt.Errorf("%s: %w", m.file, err)
				}
			}
			before = row
		}
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
			for i := 0; i < len(m.follow) && err == nil; i++ {
				err = column.put(out, row, &m.follow[i])
				row++
			}
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
