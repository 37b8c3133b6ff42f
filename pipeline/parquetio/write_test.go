package parquetio

import (
	"bytes"
	"testing"
)

func TestWriteIsDeterministic(t *testing.T) {
	t.Parallel()
	columns := []Column{
		{Name: "id", Type: String, Strings: []string{"a", "b", "a"}},
		{Name: "n", Type: Int64, Optional: true, Ints: []int64{1, 0, 3}, Valid: []bool{true, false, true}},
	}
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := Write(out, columns, WriteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same columns gave different bytes")
	}
}
