package publish

import (
	"testing"
	"unsafe"

	"amends/pipeline/parquetio"
)

// A part of a column may lie where the part before it lay.
func TestADigestForgetsWhereTextsLay(t *testing.T) {
	t.Parallel()
	memory := []byte("first")
	lent := []string{unsafe.String(&memory[0], len(memory))}
	part := parquetio.Column{Name: "c", Type: parquetio.String, Strings: lent}
	var got, want columnDigest
	got.add(&part)
	copy(memory, "other")
	got.add(&part)
	want.add(&parquetio.Column{Name: "c", Type: parquetio.String, Strings: []string{"first", "other"}})
	if got.sum() != want.sum() {
		t.Error("another digest for the same texts")
	}
	var same columnDigest
	same.add(&parquetio.Column{Name: "c", Type: parquetio.String, Strings: []string{"first", "first"}})
	if same.sum() == want.sum() {
		t.Error("one digest for other texts")
	}
}
