package publish

import (
	"sync"

	"amends/pipeline/parquetio"
)

// rooms are memory of the columns of large files, and of texts that their rows are
// made with, which the next one fills again, whatever its columns are. They are no sync.Pool, which keeps what one
// core left from the others.
type rooms struct {
	lock  sync.Mutex
	ints  [][]int64
	texts [][]string
	valid [][]bool
	made  [][]Texts
}

// take takes one of what is left, or nil.
func take[V any](left *[][]V) (one []V) {
	if last := len(*left) - 1; last >= 0 {
		one, (*left)[last] = (*left)[last], nil
		*left = (*left)[:last]
	}
	return one
}

// columns are those of a table of so many rows, without rows but with room for
// them, and texts for each block of fillRows rows of a row group. leave comes when
// neither is used any more.
func (s *staging) columns(l *layout, rows int) (columns []parquetio.Column, texts []Texts, leave func()) {
	columns = l.shape()
	blocks := (min(rows, s.groupRows) + fillRows - 1) / fillRows
	if rows <= s.largeRows {
		return columns, make([]Texts, blocks), func() {} // what is large stays for those that need it
	}
	r := &s.rooms
	r.lock.Lock()
	defer r.lock.Unlock()
	for i := range columns {
		c := &columns[i]
		if c.Type == parquetio.String {
			c.Strings = take(&r.texts)
		} else {
			c.Ints = take(&r.ints)
		}
		if c.Optional {
			c.Valid = take(&r.valid)
		}
	}
	if texts = take(&r.made); len(texts) < blocks {
		texts = make([]Texts, blocks)
	}
	return columns, texts, func() { r.keep(columns, texts) }
}

// keep takes memory back.
func (r *rooms) keep(columns []parquetio.Column, texts []Texts) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.made = append(r.made, texts)
	for i := range columns {
		c := &columns[i]
		if c.Type == parquetio.String {
			clear(c.Strings[:cap(c.Strings)]) // what is kept holds no text alive
			r.texts = append(r.texts, c.Strings)
		} else {
			r.ints = append(r.ints, c.Ints)
		}
		if c.Optional {
			r.valid = append(r.valid, c.Valid)
		}
	}
}
