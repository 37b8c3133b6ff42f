package parquetio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/parquet/metadata"
)

const (
	magic          = "PAR1"
	magicEncrypted = "PARE"
	tailBytes      = 8 // length of the metadata, magic
	smallestFile   = 12
)

// ErrNotParquet is why a file is not read at all: empty, cut off, or something
// else. The text says what was found.
var ErrNotParquet = errors.New("not a Parquet file")

// readFooter returns the metadata and the offset at which it starts, which is
// where column chunks must have ended.
func readFooter(r io.ReaderAt, size int64, limits Limits) (meta *fileMeta, start int64, err error) {
	if size == 0 {
		return nil, 0, fmt.Errorf("%w: the file is empty (0 bytes)", ErrNotParquet)
	}
	if size < smallestFile {
		return nil, 0, fmt.Errorf("%w: %d bytes, and the smallest has %d", ErrNotParquet, size, smallestFile)
	}
	var head, tail [tailBytes]byte
	if _, err := readFull(r, head[:4], 0); err != nil {
		return nil, 0, err
	}
	if _, err := readFull(r, tail[:], size-tailBytes); err != nil {
		return nil, 0, err
	}
	end := string(tail[4:])
	switch {
	case string(head[:4]) == magicEncrypted || end == magicEncrypted:
		return nil, 0, fmt.Errorf("%w that can be read: it is encrypted", ErrNotParquet)
	case string(head[:4]) != magic:
		return nil, 0, fmt.Errorf("%w: it starts with %q, not %q", ErrNotParquet, head[:4], magic)
	case end != magic:
		return nil, 0, fmt.Errorf("%w: it ends with %q, not %q; is it cut off?", ErrNotParquet, end, magic)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if length > size-smallestFile {
		return nil, 0, fmt.Errorf("%w: its footer declares %d bytes, and the file has %d", ErrNotParquet, length, size)
	}
	if length > limits.FooterBytes {
		return nil, 0, fmt.Errorf("footer of %d bytes is above the limit of %d", length, limits.FooterBytes)
	}
	buf := make([]byte, length)
	start = size - tailBytes - length
	if _, err := readFull(r, buf, start); err != nil {
		return nil, 0, err
	}
	if err := checkFooter(buf, limits); err != nil {
		return nil, 0, err
	}
	meta, err = parseMeta(buf)
	return meta, start, err
}

func readFull(r io.ReaderAt, p []byte, offset int64) (int, error) {
	n, err := r.ReadAt(p, offset)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, fmt.Errorf("read %d bytes at %d: %w", len(p), offset, err)
}

// checkFooter walks the metadata before the library does, because the library
// allocates what a list or a group declares. Field 2 is the schema, 4 the row
// groups.
func checkFooter(buf []byte, limits Limits) error {
	c := &compact{buf: buf}
	var problem error
	c.fields(func(id int, kind byte) bool {
		if kind != compactList {
			return false
		}
		switch id {
		case 2:
			problem = checkSchema(c, limits)
			return true
		case 4:
			before := *c
			if groups, _ := c.list(); groups > limits.RowGroups {
				problem = fmt.Errorf("%d row groups are above the limit of %d", groups, limits.RowGroups)
			}
			*c = before
		}
		return false
	})
	if problem != nil {
		return problem
	}
	if c.err != nil {
		return fmt.Errorf("footer: %w", c.err)
	}
	return nil
}

// checkSchema makes sure that the tree of groups has the size that the list
// has. The list is one of SchemaElement; its field 5 is num_children.
func checkSchema(c *compact, limits Limits) error {
	size, kind := c.list()
	if c.err != nil || kind != compactStruct || size == 0 {
		c.fail()
		return nil
	}
	if size > limits.Columns {
		return fmt.Errorf("schema of %d elements is above the limit of %d", size, limits.Columns)
	}
	children := 0
	for i := 0; i < size && c.err == nil; i++ {
		c.fields(func(id int, kind byte) bool {
			if id != 5 || kind != compactI32 {
				return false
			}
			n := int(c.int32())
			if n < 0 || n > size {
				c.fail()
			}
			children += n
			return true
		})
	}
	if c.err == nil && children != size-1 {
		return fmt.Errorf("footer: schema of %d elements declares %d children: %w", size, children, errMalformed)
	}
	return nil
}

// parseFooter has the library read all of a footer.
func parseFooter(buf []byte) (meta *metadata.FileMetaData, err error) {
	defer func() { // the library panics on, for one, a schema it cannot build
		if caught := recover(); caught != nil {
			meta, err = nil, fmt.Errorf("footer: %v", caught)
		}
	}()
	if meta, err = metadata.NewFileMetaData(buf, nil); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	return meta, nil
}
