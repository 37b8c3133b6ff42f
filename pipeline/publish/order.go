package publish

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// place is where a row is, and what most comparisons need of it: part of what
// orders its table, so that they do not touch the row.
type place struct {
	class int64
	begin uint64 // of the text, behind what all texts begin with
	row   int32
}

// sort is the one total order of a table: its key, then every other column, so
// that rows which stand in either order are equal. It checks each row as it
// goes.
func (t *tableRows[R]) sort() error {
	places, err := t.places(t.keys[0])
	if err != nil {
		return err
	}
	var left, right R
	order := func(a, b place) int {
		if a.class != b.class {
			return cmp.Compare(a.class, b.class)
		}
		if a.begin != b.begin {
			return cmp.Compare(a.begin, b.begin)
		}
		x, y := t.row(int(a.row), &left), t.row(int(b.row), &right)
		if order := t.byKey(x, y); order != 0 {
			return order
		}
		return compareBy(t.rest, x, y)
	}
	sorted := slices.IsSortedFunc(places, order)
	if !sorted {
		slices.SortFunc(places, order)
	}
	for i := 1; t.unique && i < len(places); i++ {
		a, b := &places[i-1], &places[i]
		if a.class != b.class || a.begin != b.begin {
			continue
		}
		if row := t.row(int(b.row), &right); t.byKey(t.row(int(a.row), &left), row) == 0 {
			return t.repeats(row)
		}
	}
	if !sorted {
		t.order = make([]int32, len(places))
		for i := range places {
			t.order[i] = places[i].row
		}
	}
	return nil
}

func (t *tableRows[R]) repeats(row *R) error {
	return fmt.Errorf("two rows with the same %v: %s", t.table.key, describe(t.keys, row))
}

// checkNext checks row i, which is to follow before, nil where it is the first.
func (t *tableRows[R]) checkNext(i int, before, row *R) error {
	if err := t.checkRow(i, row); err != nil || before == nil {
		return err
	}
	order := t.byKey(before, row)
	if order == 0 && t.unique {
		return t.repeats(row)
	}
	if order == 0 {
		order = compareBy(t.rest, before, row)
	}
	if order > 0 {
		return fmt.Errorf("row %d, of %v %s, is to go before the one ahead of it", i, t.table.key, describe(t.keys, row))
	}
	return nil
}

// places are those of all rows, which it checks.
func (t *tableRows[R]) places(first *column[R]) ([]place, error) {
	rank := t.rank
	if rank == nil {
		rank = func(row *R) (int64, string) {
			if first.text == nil {
				return first.number(row), ""
			}
			text, _ := first.text(row) // an error here is one in fill, which reports it
			return 0, text
		}
	}
	places := make([]place, t.rows())
	var scratch R
	var all string // what all texts begin with that are not empty: a guess, until one is met that does not
	if len(places) > 0 {
		_, all = rank(t.row(len(places)/2, &scratch))
	}
	for i := 0; i < len(places); i++ {
		row := t.row(i, &scratch)
		if err := t.checkRow(i, row); err != nil {
			return nil, err
		}
		class, text := rank(row)
		places[i] = place{class: class, row: int32(i)}
		if text == "" {
			continue
		}
		if n := commonBytes(all, text); n < len(all) {
			all, i = all[:n], -1 // from the first row again
			continue
		}
		places[i].begin = beginning(text[len(all):])
	}
	return places, nil
}

// commonBytes is how many bytes two texts have in common at their beginning.
func commonBytes(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// beginning is the first bytes of a text, in an order that is the texts' as far
// as it goes.
func beginning(text string) (bytes uint64) {
	for i := range 8 {
		bytes <<= 8
		if i < len(text) {
			bytes |= uint64(text[i])
		}
	}
	return bytes
}

// columnsInOrder are the columns of the key and the others.
func (t *table[R]) columnsInOrder() (keys, rest []*column[R], err error) {
	for _, name := range t.key {
		at := slices.IndexFunc(t.columns, func(c column[R]) bool { return c.name == name })
		if at < 0 {
			return nil, nil, fmt.Errorf("no column %q", name)
		}
		keys = append(keys, &t.columns[at])
	}
	for i := range t.columns {
		if !slices.Contains(t.key, t.columns[i].name) {
			rest = append(rest, &t.columns[i])
		}
	}
	return keys, rest, nil
}

func compareBy[R any](columns []*column[R], a, b *R) int {
	for _, c := range columns {
		order := 0
		if c.text != nil {
			left, _ := c.text(a)
			right, _ := c.text(b)
			order = cmp.Compare(left, right)
		} else {
			order = cmp.Compare(c.number(a), c.number(b))
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

func describe[R any](columns []*column[R], r *R) string {
	var out bytes.Buffer
	for i, c := range columns {
		if i > 0 {
			out.WriteString(", ")
		}
		if c.text != nil {
			s, _ := c.text(r)
			out.WriteString(s)
		} else {
			fmt.Fprint(&out, c.number(r))
		}
	}
	return out.String()
}
