package parquetio

import (
	"errors"
	"fmt"

	"amends/rules/ir"

	"github.com/apache/arrow/go/v17/parquet"
)

// Values is a run of rows of one column, in the slice that its Storage names;
// the entry of a null is zero. Read reuses the slices. See Buffers for how long
// texts stay.
type Values struct {
	Ints    []int64
	Floats  []float64
	Strings []string
	Fixed   []byte // Width bytes a row
	Valid   []bool // one entry a row; nil where no value is null

	// Dict is set where texts come as Codes, which it stands for, in place of
	// Strings: with Buffers.Borrow, if all rows have a code. A column chunk has
	// one dictionary, which never changes.
	Dict  *ir.Dictionary
	Codes []int32
	// Even is set in place of Strings where it has any: with Buffers.Borrow, if all
	// texts of a Read are of one length and stand in one page. No value is null then.
	Even ir.EvenTexts
	// ASCII says that every text of Strings, or of Dict, is known to be of bytes
	// below 128.
	ASCII bool

	plain []byte // what Column.Plain is
}

// Text returns the text of row i, which is not null.
func (v *Values) Text(i int) string {
	switch {
	case v.Dict != nil:
		return v.Dict.Entry(v.Codes[i])
	case v.Even.Any():
		return v.Even.At(i)
	default:
		return v.Strings[i]
	}
}

// Chunk reads the values of one column in one row group, in order.
type Chunk struct {
	group    int
	field    *Field
	pages    pageReader
	buffers  *Buffers
	rowsLeft int64

	pageLeft   int // rows of the current page
	nullsSaid  int // v2: nulls that the header declares, less those seen; -1 where it says nothing
	levels     hybrid
	source     valueSource
	dictionary *dictionary
	broken     error
}

// Chunk opens column field (an index in Fields) of a row group. Only one chunk
// at a time may use buffers.
func (f *File) Chunk(group, field int, buffers *Buffers) (*Chunk, error) {
	d := &f.fields[field]
	if d.Storage == Unread {
		return nil, place(group, d, errors.New(d.Detail))
	}
	found, err := f.locate(group, d)
	if err != nil {
		return nil, place(group, d, err)
	}
	if buffers.Inflater == nil {
		buffers.Inflater = &Inflater{}
	}
	buffers.in.begin(f.source, found, buffers.Inflater)
	c := &Chunk{group: group, field: d, buffers: buffers, rowsLeft: found.rows, nullsSaid: -1}
	c.pages = pageReader{in: &buffers.in, left: found.bytes, place: found, limits: f.limits}
	return c, nil
}

func place(group int, d *Field, err error) error {
	return fmt.Errorf("row group %d, column %q: %w", group, d.Name, err)
}

// Read reads the values of the next rows rows into v, and after the last row
// of the group makes sure that the chunk holds no more. An error means that the
// column is corrupt; it names the row group and the column.
func (c *Chunk) Read(rows int, v *Values) (err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("corrupt page: %v", caught)
		}
		if err != nil {
			c.broken = err
			err = place(c.group, c.field, err)
		}
	}()
	if c.broken != nil {
		return c.broken
	}
	if int64(rows) > c.rowsLeft {
		return fmt.Errorf("%d rows asked for, and %d are left", rows, c.rowsLeft)
	}
	if err := c.read(rows, v); err != nil {
		return err
	}
	if c.rowsLeft -= int64(rows); c.rowsLeft == 0 {
		return c.end()
	}
	return nil
}

func (c *Chunk) read(rows int, v *Values) error {
	c.prepare(rows, v)
	filled := false // v.Valid has an entry for every row so far
	nulls := false
	for done := 0; done < rows; {
		if c.pageLeft == 0 {
			if err := c.nextPage(); err != nil {
				return err
			}
			continue // a page may be empty
		}
		n := min(rows-done, c.pageLeft)
		present, err := c.definitions(v, done, n, &filled)
		if err != nil {
			return err
		}
		nulls = nulls || present < n
		if present < rows || !c.even(v, rows) {
			c.form(v, done, rows)
			if err := c.source.values(v, done, present); err != nil {
				return err
			}
			if present < rows {
				v.plain = nil // of some rows only
			}
		}
		if present < n {
			v.spread(c.field, done, n, present)
		}
		c.pageLeft -= n
		done += n
		if c.pageLeft == 0 && c.nullsSaid > 0 {
			return fmt.Errorf("page declares %d nulls more than it has", c.nullsSaid)
		}
	}
	if !nulls {
		v.Valid = nil
	}
	return nil
}

// prepare makes v's slices fit rows rows.
func (c *Chunk) prepare(rows int, v *Values) {
	v.Dict, v.Even, v.ASCII, v.plain = nil, ir.EvenTexts{}, true, nil
	switch c.field.Storage {
	case StoredText:
		if Scribble.Load() {
			c.scribble()
		}
		c.buffers.begin()
		if !c.buffers.Borrow {
			v.Strings = resize(v.Strings, rows)
		}
	case StoredFloat, StoredDouble:
		v.Floats = resize(v.Floats, rows)
	case StoredFixed, Stored96:
		v.Fixed = resize(v.Fixed, rows*c.field.Width)
	default:
		v.Ints = resize(v.Ints, rows)
	}
	if c.field.Optional {
		c.buffers.valid = resize(c.buffers.valid, rows)
		v.Valid = c.buffers.valid
	}
}

// even makes v hold all rows of a Read as even texts, and reports whether that is
// what they are.
func (c *Chunk) even(v *Values, rows int) bool {
	if c.field.Storage != StoredText || !c.buffers.Borrow {
		return false
	}
	source, isPlain := c.source.(*plain)
	return isPlain && source.even(v, rows)
}

// form makes v hold codes as long as all of its rows have one, and from then on
// texts. It stands before the values of the current page are decoded.
func (c *Chunk) form(v *Values, done, rows int) {
	if c.field.Storage != StoredText || !c.buffers.Borrow {
		return
	}
	source, isCoded := c.source.(*coded)
	switch {
	case isCoded && done == 0:
		v.Dict, v.ASCII, v.Codes = source.dictionary.coded, source.dictionary.ascii, resize(v.Codes, rows)
	case done == 0:
		v.Strings = resize(v.Strings, rows)
	case !isCoded && v.Dict != nil:
		v.Strings = resize(v.Strings, rows)
		for i, code := range v.Codes[:done] {
			if v.Strings[i] = ""; c.field.Optional && !v.Valid[i] {
				continue
			}
			v.Strings[i] = v.Dict.Entry(code)
		}
		v.Dict = nil
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// definitions decodes n definition levels, of rows first on: 1 is a value, 0 a
// null. Validity is written only once there is a run other than of ones.
func (c *Chunk) definitions(v *Values, first, n int, filled *bool) (present int, err error) {
	if !c.field.Optional {
		return n, nil
	}
	whole, err := c.levels.ones(n)
	if err != nil {
		return 0, fmt.Errorf("definition levels: %w", err)
	}
	if whole {
		if *filled {
			fill(v.Valid[first:first+n], true)
		}
		return n, nil
	}
	if !*filled {
		fill(v.Valid[:first], true)
		*filled = true
	}
	if present, err = c.levels.bools(v.Valid[first : first+n]); err != nil {
		return 0, fmt.Errorf("definition levels: %w", err)
	}
	if c.nullsSaid >= 0 {
		if c.nullsSaid -= n - present; c.nullsSaid < 0 {
			return 0, errors.New("page has more nulls than it declares")
		}
	}
	return present, nil
}

// nextPage moves on to the next data page, taking in the dictionary if it
// comes first.
func (c *Chunk) nextPage() error {
	if c.pages.left == 0 {
		return fmt.Errorf("column chunk ends %d rows before its row group", c.rowsLeft)
	}
	h, err := c.pages.header()
	if err != nil {
		return err
	}
	if h.kind == pageDictionary {
		return c.readDictionary(h)
	}
	body, err := c.pages.body(h, c.buffers.nextPage())
	c.buffers.page = body
	if err != nil {
		return err
	}
	if int64(h.values) > c.rowsLeft {
		return fmt.Errorf("page declares %d values, and the row group has %d rows left", h.values, c.rowsLeft)
	}
	if body, err = c.splitLevels(h, body); err != nil {
		return err
	}
	c.pageLeft = int(h.values)
	c.source, err = newSource(c, h, body)
	return err
}

// readDictionary takes in the dictionary, in memory of its own: its texts stay
// as long as anybody has them.
func (c *Chunk) readDictionary(h pageHeader) error {
	body, err := c.pages.body(h, nil)
	if err != nil {
		return err
	}
	if c.dictionary != nil || c.source != nil {
		return errors.New("dictionary page is not the first page of its column chunk")
	}
	c.dictionary, err = newDictionary(c.field, h, body)
	return err
}

// splitLevels sets up the definition levels and returns what follows them.
func (c *Chunk) splitLevels(h pageHeader, body []byte) ([]byte, error) {
	c.nullsSaid = -1
	var levels []byte
	if h.kind == pageDataV2 {
		levels, body = body[:h.levelBytes], body[h.levelBytes:]
		c.nullsSaid = int(h.nulls)
		if !c.field.Optional {
			if h.nulls != 0 {
				return nil, errors.New("page declares nulls in a required column")
			}
			return body, nil
		}
	} else {
		if !c.field.Optional {
			return body, nil
		}
		if h.levelEncoding != parquet.Encodings.RLE {
			return nil, fmt.Errorf("definition levels in encoding %d are not read", h.levelEncoding)
		}
		var err error
		if levels, body, err = prefixed(body); err != nil {
			return nil, err
		}
	}
	c.levels = newHybrid(levels, 1)
	return body, nil
}

// end makes sure that nothing follows the last row.
func (c *Chunk) end() error {
	for c.pages.left > 0 { // a page of no values is no harm
		h, err := c.pages.header()
		if err != nil {
			return fmt.Errorf("after the last row: %w", err)
		}
		if h.kind == pageDictionary || h.values != 0 {
			return errors.New("column chunk has more values than its row group has rows")
		}
		if c.buffers.page, err = c.pages.body(h, c.buffers.nextPage()); err != nil {
			return err
		}
	}
	if c.pageLeft != 0 {
		return errors.New("column chunk has more values than its row group has rows")
	}
	return nil
}
