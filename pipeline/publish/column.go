package publish

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"amends/pipeline/parquetio"
)

// field is a column without its row type: what re-reading needs to know of it.
type field struct {
	name     string
	kind     parquetio.ColumnType
	optional bool
	money    bool // minor units: never negative
	summed   bool // money that has a control total
}

// column ties a field to a place in the row type R. Exactly one pair of
// accessors is set: text for strings, number for everything else.
type column[R any] struct {
	field
	text    func(*R) (string, error)
	setText func(*R, string) error

	number    func(*R) int64
	setNumber func(*R, int64) error

	// texts and numbers are text and number for many rows, which out has room for;
	// nil where nothing is gained by that.
	texts   func(rows []*R, out []string)
	numbers func(rows []*R, out []int64)
}

// text is a column of strings that are never empty.
func text[R any, S ~string](name string, at func(*R) *S) column[R] {
	return column[R]{
		field:   field{name: name, kind: parquetio.String},
		text:    func(r *R) (string, error) { return string(*at(r)), nil },
		setText: func(r *R, s string) error { *at(r) = S(s); return nil },
		texts: func(rows []*R, out []string) {
			for i, r := range rows {
				out[i] = string(*at(r))
			}
		},
	}
}

// integers are what a column of numbers can hold.
type integers interface{ ~int | ~int32 | ~int64 }

func number[R any, V integers](name string, kind parquetio.ColumnType, at func(*R) *V) column[R] {
	return column[R]{
		field:  field{name: name, kind: kind},
		number: func(r *R) int64 { return int64(*at(r)) },
		setNumber: func(r *R, v int64) error {
			if int64(V(v)) != v {
				return fmt.Errorf("%d does not fit", v)
			}
			*at(r) = V(v)
			return nil
		},
		numbers: func(rows []*R, out []int64) {
			for i, r := range rows {
				out[i] = int64(*at(r))
			}
		},
	}
}

// minor is a column of minor units beside the row's currency, with a control
// total per currency.
func minor[R any](name string, at func(*R) *int64) column[R] {
	c := number(name, parquetio.Int64, at)
	c.money, c.summed = true, true
	return c
}

func flag[R any](name string, at func(*R) *bool) column[R] {
	return column[R]{
		field: field{name: name, kind: parquetio.Bool},
		number: func(r *R) int64 {
			if *at(r) {
				return 1
			}
			return 0
		},
		setNumber: func(r *R, v int64) error { *at(r) = v != 0; return nil },
	}
}

// encoded is a column of JSON arrays; an empty array reads back as nil.
func encoded[R, E any](name string, at func(*R) *[]E) column[R] {
	return column[R]{
		field: field{name: name, kind: parquetio.String},
		text: func(r *R) (string, error) {
			if len(*at(r)) == 0 {
				return "[]", nil
			}
			content, err := json.Marshal(*at(r))
			return string(content), err
		},
		setText: func(r *R, s string) error {
			var values []E
			if err := json.Unmarshal([]byte(s), &values); err != nil {
				return err
			}
			if len(values) > 0 {
				*at(r) = values
			}
			return nil
		},
	}
}

// few is encoded for lists of texts of which a night has few different ones, like
// the rules that hit: their JSON is made once.
func few[R any](name string, at func(*R) *[]string) column[R] {
	c := encoded(name, at)
	encode, known := c.text, &knownLists{json: map[string]string{}}
	c.text = func(r *R) (string, error) {
		if len(*at(r)) == 0 {
			return encode(r)
		}
		var room [256]byte
		list := room[:0]
		for _, text := range *at(r) {
			list = append(binary.AppendUvarint(list, uint64(len(text))), text...)
		}
		return known.of(list, func() (string, error) { return encode(r) })
	}
	return c
}

// knownLists is the JSON of lists. Safe for concurrent use.
type knownLists struct {
	lock sync.RWMutex
	json map[string]string
}

// mostKnownLists bounds what is kept for the life of the process.
const mostKnownLists = 1 << 10

// of is what is known of a list, or what encode makes of it.
func (k *knownLists) of(list []byte, encode func() (string, error)) (string, error) {
	k.lock.RLock()
	text, ok := k.json[string(list)]
	k.lock.RUnlock()
	if ok {
		return text, nil
	}
	text, err := encode()
	if err != nil || len(list) > 1<<10 {
		return text, err
	}
	k.lock.Lock()
	defer k.lock.Unlock()
	if len(k.json) < mostKnownLists {
		k.json[string(list)] = text
	}
	return text, nil
}

// optional lets a column be null, where its value is "", 0 or an empty list.
func optional[R any](c column[R]) column[R] {
	c.field.optional = true
	return c
}

// unsummed is for money whose sum means nothing.
func unsummed[R any](c column[R]) column[R] {
	c.summed = false
	return c
}

var (
	errEmpty    = errors.New("empty")
	errNegative = errors.New("negative")
)

// put puts a row's value into place at of a column.
func (c *column[R]) put(out *parquetio.Column, at int, row *R) error {
	there := true
	if c.text == nil {
		v := c.number(row)
		if c.money && v < 0 {
			return fmt.Errorf("%d is %w", v, errNegative)
		}
		out.Ints[at], there = v, v != 0
	} else {
		s, err := c.text(row)
		if err != nil {
			return err
		}
		if c.field.optional && c.texts == nil && s == "[]" { // a list without elements
			s = ""
		}
		out.Strings[at], there = s, s != ""
		if !there && !c.field.optional {
			return errEmpty
		}
	}
	if out.Valid != nil {
		out.Valid[at] = there
	}
	return nil
}

// putAll puts the values of rows into a column, from place at on. Where it fails it
// says at which of them.
func (c *column[R]) putAll(out *parquetio.Column, at int, rows []*R) (failed int, err error) {
	switch {
	case c.texts != nil:
		texts := out.Strings[at : at+len(rows)]
		c.texts(rows, texts)
		return present(&c.field, out, at, texts, "")
	case c.numbers != nil:
		numbers := out.Ints[at : at+len(rows)]
		c.numbers(rows, numbers)
		for i, v := range numbers {
			if c.money && v < 0 {
				return i, fmt.Errorf("%d is %w", v, errNegative)
			}
		}
		return present(&c.field, out, at, numbers, 0)
	}
	for i, row := range rows {
		if err := c.put(out, at+i, row); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// present says which of the values from place at on are there. A text has to be,
// where it is not optional.
func present[V comparable](f *field, out *parquetio.Column, at int, values []V, none V) (failed int, err error) {
	if out.Valid != nil {
		for i, v := range values {
			out.Valid[at+i] = v != none
		}
		return 0, nil
	}
	if f.kind == parquetio.String && !f.optional {
		if i := slices.Index(values, none); i >= 0 {
			return i, errEmpty
		}
	}
	return 0, nil
}

// parse puts the values of a part of a column into rows, the first of which is
// row first of the file.
func (c *column[R]) parse(in *parquetio.Column, rows []R, first int) error {
	if in.Type != c.kind || in.Rows() != len(rows) {
		return fmt.Errorf("column %q has %d values of %s, want %d of %s", c.name, in.Rows(), in.Type, len(rows), c.kind)
	}
	for i := range rows {
		if in.Null(i) {
			if !c.field.optional {
				return fmt.Errorf("column %q, row %d: null", c.name, first+i)
			}
			continue
		}
		var err error
		if c.setText != nil {
			err = c.setText(&rows[i], in.Strings[i])
		} else {
			err = c.setNumber(&rows[i], in.Ints[i])
		}
		if err != nil {
			return fmt.Errorf("column %q, row %d: %w", c.name, first+i, err)
		}
	}
	return nil
}

// maxRows bounds a table: far above any night, and a row number fits an int32.
const maxRows = math.MaxInt32
