package parquetio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// TestFramesOfRowsAreThoseOfTheFormat reads frames of pages of any shape with a
// decoder that shares no code with what made them.
func TestFramesOfRowsAreThoseOfTheFormat(t *testing.T) {
	t.Parallel()
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.OneOf(rapid.IntRange(5, 300), rapid.IntRange(5, mostFrameRow)).Draw(t, "bytes of a row")
		shape := frameTexts{first: rapid.IntRange(0, mostLevelBytes).Draw(t, "levels"), width: width, shared: rapid.IntRange(4, width-1).Draw(t, "shared")}
		rows := rapid.OneOf(rapid.IntRange(2, 200), rapid.IntRange(2, 20_000)).Draw(t, "rows")
		letters := rapid.SampledFrom([]int{1, 2, 10, 16, 256}).Draw(t, "letters") // 1: nothing to code; 256: nothing to save
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		body := make([]byte, shape.first, shape.first+rows*width)
		begin := make([]byte, shape.shared-4)
		for row := range rows {
			body = binary.LittleEndian.AppendUint32(body, uint32(width-4))
			for i := range begin {
				if row == 0 {
					begin[i] = byte(random.IntN(256))
				}
			}
			body = append(body, begin...)
			for range width - shape.shared {
				body = append(body, byte(random.IntN(letters)))
			}
		}
		if !shape.fits(rows) {
			t.Fatalf("%+v is not taken", shape)
		}
		var frames rowFrames
		before := []byte("before")
		frame := frames.append(before, body, shape)
		if !bytes.HasPrefix(frame, before) {
			t.Fatalf("begins with %x", frame[:6])
		}
		got, err := decoder.DecodeAll(frame[len(before):], nil)
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("%d bytes of %d rows, %+v: %d bytes, %v", len(body), rows, shape, len(got), err)
		}
		if fresh := rows * (width - shape.shared); len(frame) > fresh+3*rows+width+100 { // a step is 23 bits at most
			t.Fatalf("%d bytes for %d fresh ones, %+v", len(frame), fresh, shape)
		}
	})
}

// TestIdsTakeAsManyBytesAsTheyHave: by hand, 32 hex digits are 16 bytes, and a
// step between two ids is 3 bits: 28 to 31 fresh bytes are told apart by two, and
// 32 to 39 by three.
func TestIdsTakeAsManyBytesAsTheyHave(t *testing.T) {
	t.Parallel()
	const rows = 1000
	random := rand.New(rand.NewPCG(1, 2))
	var column Column
	column.Name, column.Type = "id", String
	for range rows {
		column.Strings = append(column.Strings, fmt.Sprintf("in1_%016x%016x", random.Uint64(), random.Uint64()))
	}
	pages := func(options WriteOptions) int {
		return len(encode(t, []Column{column}, options)) - len(encode(t, []Column{{Name: "id", Type: String, Strings: column.Strings[:1]}}, options))
	}
	if got, want := pages(WriteOptions{}), rows*16+rows*3/8; got < want || got > want+want/50 {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

// TestTheFirstPageChoosesItsFrames: texts that repeat elsewhere than at their
// beginning are left to who looks for that.
func TestTheFirstPageChoosesItsFrames(t *testing.T) {
	t.Parallel()
	const rows = 4000
	ids, ends := Column{Name: "ids", Type: String}, Column{Name: "ends", Type: String}
	random := rand.New(rand.NewPCG(3, 4))
	for range rows {
		id := fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())
		ids.Strings, ends.Strings = append(ids.Strings, id), append(ends.Strings, id[:4]+" stands ahead of what all have")
	}
	for _, test := range []struct {
		column Column
		stock  bool
	}{{ids, false}, {ends, true}} {
		same := bytes.Equal(encode(t, []Column{test.column}, WriteOptions{}), encode(t, []Column{test.column}, WriteOptions{stockFrames: true}))
		if same != test.stock {
			t.Errorf("%s: as stock makes them: %v", test.column.Name, same)
		}
	}
}
