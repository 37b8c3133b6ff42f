package publish

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/zeebo/xxh3"

	"amends/pipeline/parquetio"
)

// meaning is what a Parquet file was written to say, in little: a digest of each
// column of each row group, taken from the values before they were encoded, or of
// plain texts from the bytes that were about to be compressed. The digests are held
// to those of the values that the file reads back as, so the table need not be kept
// to be compared.
type meaning struct {
	rows    []int // of each row group
	groups  [][]uint64
	copied  map[int]*copiedGroup                  // those that are of another file
	carried func(s *staging) (*fileTotals, error) // the totals of all of these
	taking  []columnDigest                        // of the row group that is being written
}

// columnDigest takes the digest of a column's values, from any number of parts.
type columnDigest struct {
	hash   xxh3.Hasher
	buffer []byte
}

// digestBufferBytes is how much of a column is hashed at a time: a file has dozens
// of columns, each with a buffer, and most of them are short.
const digestBufferBytes = 1 << 10

func (d *columnDigest) flush() {
	_, _ = d.hash.Write(d.buffer)
	d.buffer = d.buffer[:0]
}

func (d *columnDigest) sum() uint64 {
	d.flush()
	return d.hash.Sum64()
}

// add takes in the rows of c: of a text its length, in four bytes, and its bytes,
// as a plain page has them; of a number eight bytes, where it may be null behind
// whether it is.
func (d *columnDigest) add(c *parquetio.Column) {
	switch {
	case c.Plain != nil:
		d.flush()
		_, _ = d.hash.Write(c.Plain)
	case c.Type == parquetio.String:
		d.addTexts(c)
	case littleEndian && !c.Optional && len(c.Ints) > 0:
		d.flush()
		_, _ = d.hash.Write(unsafe.Slice((*byte)(unsafe.Pointer(&c.Ints[0])), 8*len(c.Ints)))
	default:
		d.addNumbers(c)
	}
}

// nullLength is no text's, and stands for a null.
const nullLength = 1<<32 - 1

func (d *columnDigest) addTexts(c *parquetio.Column) {
	buffer := d.room()
	for row, text := range c.Strings {
		if len(buffer) > digestBufferBytes {
			_, _ = d.hash.Write(buffer)
			buffer = buffer[:0]
		}
		if c.Null(row) {
			buffer = binary.LittleEndian.AppendUint32(buffer, nullLength)
			continue
		}
		buffer = append(binary.LittleEndian.AppendUint32(buffer, uint32(len(text))), text...)
	}
	d.buffer = buffer
}

func (d *columnDigest) addNumbers(c *parquetio.Column) {
	buffer := d.room()
	for row, v := range c.Ints {
		if len(buffer) > digestBufferBytes {
			_, _ = d.hash.Write(buffer)
			buffer = buffer[:0]
		}
		if c.Optional {
			if c.Null(row) {
				buffer = append(buffer, 0)
				continue
			}
			buffer = append(buffer, 1)
		}
		buffer = binary.LittleEndian.AppendUint64(buffer, uint64(v))
	}
	d.buffer = buffer
}

// room is the buffer, to be kept in a variable while it grows: the collector is
// not told of each append then.
func (d *columnDigest) room() []byte {
	if d.buffer == nil {
		d.buffer = make([]byte, 0, 2*digestBufferBytes)
	}
	return d.buffer
}

// littleEndian machines have numbers in memory as the digest takes them.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// group takes in a row group of so many rows while write writes it.
func (m *meaning) group(rows int, write func() error) error {
	for i := range m.taking {
		m.taking[i] = columnDigest{buffer: m.taking[i].buffer[:0]}
	}
	if err := write(); err != nil {
		return err
	}
	digests := make([]uint64, len(m.taking))
	for i := range digests {
		digests[i] = m.taking[i].sum()
	}
	m.rows, m.groups = append(m.rows, rows), append(m.groups, digests)
	return nil
}

// parquetFile is a table as a Parquet file, with control totals.
func parquetFile(t rowSource) *file {
	var meant meaning
	l := t.layout()
	return &file{
		name: l.file, rows: t.rows(),
		write: func(w io.Writer, s *staging) error {
			meant = meaning{taking: make([]columnDigest, len(l.fields))}
			take := func(i int, part *parquetio.Column) { meant.taking[i].add(part) }
			writer, err := parquetio.NewWriter(w, l.shape(), parquetio.WriteOptions{Each: s.each, Taking: take})
			if err != nil {
				return fmt.Errorf("%s: %w", l.file, err)
			}
			if single, ok := t.(columnSource); ok {
				err = meant.writeColumns(single, s, writer)
			} else {
				err = t.groups(s, func(columns []parquetio.Column) error {
					return meant.group(columns[0].Rows(), func() error { return writer.Group(columns) })
				})
			}
			if err == nil {
				err = writer.Close()
			}
			if err != nil {
				return fmt.Errorf("%s: %w", l.file, err)
			}
			return nil
		},
		check: func(r io.ReaderAt, s *staging, out *Output) error { return meant.check(l, r, s, out) },
	}
}

// writeColumns takes in and writes row groups whose columns are made one by one,
// or copied.
func (m *meaning) writeColumns(t columnSource, s *staging, writer *parquetio.Writer) error {
	m.copied, m.carried = map[int]*copiedGroup{}, t.carried
	return t.columnGroups(s, func(g columnGroup) error {
		if g.copied != nil {
			m.copied[len(m.groups)] = g.copied
			return m.group(g.rows, func() error { return writer.Copy(g.copied.file, g.copied.group, g.copied.instead) })
		}
		return m.group(g.rows, func() error { return writer.GroupOf(g.rows, g.column) })
	})
}

// shape is the columns of a table, without values.
func (l *layout) shape() []parquetio.Column {
	columns := make([]parquetio.Column, len(l.fields))
	for i, f := range l.fields {
		columns[i] = parquetio.Column{Name: f.name, Type: f.kind, Optional: f.optional}
	}
	return columns
}

// check reads a file and holds its values to the digests. The control totals are
// computed from what is read.
func (m *meaning) check(l layout, r io.ReaderAt, s *staging, out *Output) error {
	f, err := parquetio.Open(r, out.Size, parquetio.Limits{})
	if err != nil {
		return err
	}
	if err := sameShape(&l, f); err != nil {
		return err
	}
	rows := f.GroupRows()
	if len(rows) != len(m.rows) {
		return fmt.Errorf("%d row groups, not %d", len(rows), len(m.rows))
	}
	totals := make([]*totals, len(rows))
	err = s.each(len(rows), func(group int) error {
		if rows[group] != int64(m.rows[group]) {
			return fmt.Errorf("row group %d has %d rows, not %d", group, rows[group], m.rows[group])
		}
		buffers, ok := s.readers.Get().(*parquetio.Buffers)
		if !ok {
			buffers = &parquetio.Buffers{Borrow: true}
		}
		defer s.readers.Put(buffers)
		if copied := m.copied[group]; copied != nil {
			return m.checkCopied(&l, f, group, buffers, copied)
		}
		totals[group] = newTotals(&l, m.rows[group])
		return m.checkGroup(&l, f, group, buffers, totals[group])
	})
	if err != nil {
		return err
	}
	all := newFileTotals()
	if len(m.copied) > 0 {
		if all, err = m.carried(s); err != nil {
			return err
		}
	}
	for _, t := range totals {
		if t != nil {
			all.add(t)
		}
	}
	all.put(out)
	return nil
}

// checkCopied holds a row group that was copied to the one that it was copied
// from, whose values were checked when it was written.
func (m *meaning) checkCopied(l *layout, f *parquetio.File, group int, buffers *parquetio.Buffers, copied *copiedGroup) error {
	for i := range l.fields {
		if _, made := copied.instead[i]; !made {
			if err := f.SameChunk(group, i, copied.file, copied.group); err != nil {
				return err
			}
			continue
		}
		if err := m.checkColumn(l, f, group, i, buffers, func(*parquetio.Column) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

func sameShape(l *layout, f *parquetio.File) error {
	fields := f.Fields()
	if len(fields) != len(l.fields) {
		return fmt.Errorf("%d columns, not %d", len(fields), len(l.fields))
	}
	for i := range fields {
		if fields[i].Name != l.fields[i].name || fields[i].Optional != l.fields[i].optional {
			return fmt.Errorf("column %q is %q", l.fields[i].name, fields[i].Name)
		}
	}
	return nil
}

// checkGroup reads a row group column by column. The currency comes first: the
// sums of the others are by it.
func (m *meaning) checkGroup(l *layout, f *parquetio.File, group int, buffers *parquetio.Buffers, sums *totals) error {
	for _, i := range l.currencyFirst() {
		sums.begin(i)
		if err := m.checkColumn(l, f, group, i, buffers, sums.add); err != nil {
			return err
		}
	}
	return sums.end()
}

// checkColumn reads a column of a row group, and holds it to its digest.
func (m *meaning) checkColumn(
	l *layout, f *parquetio.File, group, i int, buffers *parquetio.Buffers, visit func(*parquetio.Column) error,
) error {
	var d columnDigest
	err := f.ReadColumn(group, i, buffers, func(c *parquetio.Column) error {
		if c.Type != l.fields[i].kind {
			return fmt.Errorf("column %q of %s is of %s", c.Name, l.fields[i].kind, c.Type)
		}
		d.add(c)
		return visit(c)
	})
	if err != nil {
		return err
	}
	if d.sum() != m.groups[group][i] {
		return fmt.Errorf("row group %d, column %q: other values than were written", group, l.fields[i].name)
	}
	return nil
}

// currencyFirst is the places of the columns, that of the currency first.
func (l *layout) currencyFirst() []int {
	order := make([]int, 0, len(l.fields))
	for i, f := range l.fields {
		if f.name == currencyColumn {
			order = append(order, i)
		}
	}
	for i, f := range l.fields {
		if f.name != currencyColumn {
			order = append(order, i)
		}
	}
	return order
}

var errNoCurrency = errors.New("money without a currency beside it")
