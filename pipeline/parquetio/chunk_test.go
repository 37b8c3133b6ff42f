package parquetio

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"amends/rules/ir"

	"github.com/apache/arrow/go/v17/parquet"
)

// dataPage is an uncompressed data page v1.
func dataPage(values int64, encoding parquet.Encoding, body ...byte) []byte {
	n := int64(len(body))
	return append(header(pageDataV1, n, n, 5, values, int64(encoding)), body...)
}

func dictionaryPage(values int64, body ...byte) []byte {
	n := int64(len(body))
	return append(header(pageDictionary, n, n, 7, values, 0), body...)
}

// chunkOf is a column chunk of pages made by hand.
func chunkOf(field *Field, rows int64, pages ...[]byte) *Chunk {
	data := bytes.Join(pages, nil)
	buffers := &Buffers{}
	buffers.in.begin(bytes.NewReader(data), chunkPlace{bytes: int64(len(data))}, &Inflater{})
	c := &Chunk{field: field, buffers: buffers, rowsLeft: rows, nullsSaid: -1}
	c.pages = pageReader{in: &buffers.in, left: int64(len(data)), limits: Limits{}.orDefault()}
	return c
}

func ints(values ...int64) (out []byte) {
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, uint64(v))
	}
	return out
}

// levelled puts definition levels in front of a body.
func levelled(levels []byte, body []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(levels))), levels...), body...)
}

func TestPagesMadeByHand(t *testing.T) {
	t.Parallel()
	required := &Field{Name: "n", Kind: ir.Int, Storage: Stored64}
	optional := &Field{Name: "n", Kind: ir.Int, Storage: Stored64, Optional: true}
	text := &Field{Name: "s", Kind: ir.String, Storage: StoredText}
	plain, coded := parquet.Encodings.Plain, parquet.Encodings.RLEDict
	tests := []struct {
		name  string
		want  string // part of the error; empty for none
		chunk *Chunk
	}{
		{"one page", "", chunkOf(required, 3, dataPage(3, plain, ints(1, 2, 3)...))},
		{"pages of 1, 0 and 2 values", "", chunkOf(required, 3, dataPage(1, plain, ints(1)...), dataPage(0, plain), dataPage(2, plain, ints(2, 3)...))},
		{"page of nothing at the end", "", chunkOf(required, 3, dataPage(3, plain, ints(1, 2, 3)...), dataPage(0, plain))},
		{"levels", "", chunkOf(optional, 3, dataPage(3, plain, levelled([]byte{2, 0, 4, 1}, ints(2, 3))...))},
		{"dictionary", "", chunkOf(required, 3, dictionaryPage(2, ints(7, 8)...), dataPage(3, coded, 1, 3, 0b101))},
		{"no page", "chunk ends 3 rows before", chunkOf(required, 3)},
		{"too few pages", "chunk ends 3 rows before", chunkOf(required, 3, dataPage(2, plain, ints(1, 2)...))},
		{"page of more rows than its group", "declares 4 values, and the row group has 3", chunkOf(required, 3, dataPage(4, plain, ints(1, 2, 3, 4)...))},
		{"another page behind the last row", "more values than its row group", chunkOf(required, 3, dataPage(3, plain, ints(1, 2, 3)...), dataPage(1, plain, ints(4)...))},
		{"bytes behind the last row", "after the last row", chunkOf(required, 3, dataPage(3, plain, ints(1, 2, 3)...), []byte{1, 2, 3})},
		{"body that ends early", "page ends before its values", chunkOf(required, 3, dataPage(3, plain, ints(1, 2)...))},
		{"levels that end early", "definition levels: page ends", chunkOf(optional, 3, dataPage(3, plain, levelled([]byte{4, 1}, ints(1, 2, 3))...))},
		{"levels longer than the page", "page ends", chunkOf(optional, 3, dataPage(3, plain, 255, 255, 255, 255, 1))},
		{"no levels", "page ends", chunkOf(optional, 3, dataPage(3, plain, levelled(nil, ints(1, 2, 3))...))},
		{"values that end before the levels do", "page ends", chunkOf(optional, 3, dataPage(3, plain, levelled([]byte{6, 1}, ints(1, 2))...))},
		{"code beyond the dictionary", "code 2 in a dictionary of 2", chunkOf(required, 3, dictionaryPage(2, ints(7, 8)...), dataPage(3, coded, 2, 6, 2))},
		{"codes that end early", "codes: page ends", chunkOf(required, 3, dictionaryPage(2, ints(7, 8)...), dataPage(3, coded, 1, 2, 1))},
		{"codes without width", "codes: page ends", chunkOf(required, 3, dictionaryPage(2, ints(7, 8)...), dataPage(3, coded))},
		{"codes of 33 bits", "codes of 33 bits", chunkOf(required, 3, dictionaryPage(2, ints(7, 8)...), dataPage(3, coded, 33, 6, 1))},
		{"codes without a dictionary", "has no dictionary", chunkOf(required, 3, dataPage(3, coded, 1, 6, 1))},
		{"two dictionaries", "not the first page", chunkOf(required, 3, dictionaryPage(1, ints(7)...), dictionaryPage(1, ints(7)...))},
		{"dictionary behind data", "not the first page", chunkOf(required, 3, dataPage(1, plain, ints(1)...), dictionaryPage(1, ints(7)...))},
		{"dictionary of more values than bytes", "declares 3 values in 16 bytes", chunkOf(required, 3, dictionaryPage(3, ints(7, 8)...))},
		{"text longer than the page", "page ends", chunkOf(text, 1, dataPage(1, plain, 200, 0, 0, 0, 'x'))},
		{"text of 4 GiB", "page ends", chunkOf(text, 1, dataPage(1, plain, 255, 255, 255, 255, 'x'))},
		{"encoding of another type", "encoding 5 is not read", chunkOf(text, 1, dataPage(1, parquet.Encodings.DeltaBinaryPacked, 1))},
		{"encoding that does not exist", "encoding 77 is not read", chunkOf(text, 1, dataPage(1, 77, 1))},
		{"page type that does not exist", "page type 9 is not read", chunkOf(required, 3, header(9, 0, 0, 5, 3, 0))},
	}
	for _, test := range tests {
		var v Values
		err := test.chunk.Read(int(test.chunk.rowsLeft), &v)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		case err != nil && !strings.HasPrefix(err.Error(), `row group 0, column "`):
			t.Errorf("%s: the error does not name the place: %v", test.name, err)
		case err != nil && test.chunk.Read(0, &v) == nil:
			t.Errorf("%s: reading went on after the error", test.name)
		}
	}
}

func TestNullsAreZero(t *testing.T) {
	t.Parallel()
	field := &Field{Name: "n", Kind: ir.Int, Storage: Stored64, Optional: true}
	c := chunkOf(field, 4, dataPage(4, parquet.Encodings.Plain, levelled([]byte{2, 1, 4, 0, 2, 1}, ints(5, 6))...))
	v := Values{Ints: []int64{9, 9, 9, 9}} // reused slices hold old values
	if err := c.Read(4, &v); err != nil {
		t.Fatal(err)
	}
	if v.Ints[0] != 5 || v.Ints[1] != 0 || v.Ints[2] != 0 || v.Ints[3] != 6 || v.Valid[1] || v.Valid[2] || !v.Valid[0] || !v.Valid[3] {
		t.Errorf("%+v", v)
	}
}

// TestRowCountsThatDisagree changes each place of the footer that states the
// number of rows: the file's, its row group's and the column chunk's.
func TestRowCountsThatDisagree(t *testing.T) {
	t.Parallel()
	data := encode(t, []Column{{Name: "n", Type: Int64, Ints: make([]int64, 4321)}}, WriteOptions{})
	count, other := zigzag(4321), zigzag(4320)
	places := 0
	for at := len(data) - int(binary.LittleEndian.Uint32(data[len(data)-tailBytes:])) - tailBytes; at < len(data)-tailBytes; at++ {
		if !bytes.HasPrefix(data[at:], count) {
			continue
		}
		places++
		changed := bytes.Clone(data)
		copy(changed[at:], other)
		if _, _, err := readAll(changed, Limits{}); err == nil {
			t.Errorf("another number of rows at %d: no error", at)
		}
	}
	if places != 3 {
		t.Errorf("the footer states the rows %d times, want 3", places)
	}
}
