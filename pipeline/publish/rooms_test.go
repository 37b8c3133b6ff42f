package publish

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"amends/pipeline/parquetio"
)

// Large files are encoded one after the other, whatever else goes on.
func TestLargeFilesAreEncodedOneByOne(t *testing.T) {
	t.Parallel()
	n := manyRows()
	var now, most, seen atomic.Int64
	n.Watch = func(work string) (end func()) {
		name, encoding := strings.CutPrefix(work, "encoding ")
		if !encoding || !slices.Contains([]string{"decisions.parquet", "redemptions.parquet", "decisions.csv", "redemptions.csv"}, name) {
			return func() {}
		}
		seen.Add(1)
		most.Store(max(most.Load(), now.Add(1)))
		return func() { now.Add(-1) }
	}
	publishOn(t, n, 4, 500)
	if seen.Load() != 4 || most.Load() != 1 {
		t.Errorf("%d large files, %d of them at once", seen.Load(), most.Load())
	}
}

// Memory of one large file is the next one's, without the texts; small files have
// their own.
func TestRoomsAreUsedAgain(t *testing.T) {
	t.Parallel()
	s := newStaging(nil, "", nil)
	postings, issuance := postingTable.layout(), issuanceTable.layout()
	columns, texts, leave := s.columns(&postings, largeRows+1)
	texts[0].Of(func(b []byte) []byte { return append(b, "made"...) })
	for i := range columns {
		columns[i].Resize(8)
	}
	columns[1].Strings[3] = "kept alive"
	room := &columns[1].Strings[0]
	leave()
	if columns, _, _ := s.columns(&issuance, largeRows); slices.ContainsFunc(columns, func(c parquetio.Column) bool { return cap(c.Strings)+cap(c.Ints) > 0 }) {
		t.Error("a small file has the room of large ones")
	}
	columns, texts, _ = s.columns(&issuance, largeRows+1)
	if len(texts[0].pieces) != 1 {
		t.Errorf("%d pieces of texts are left, not the one of before", len(texts[0].pieces))
	}
	found := false
	for i := range columns {
		c := &columns[i]
		if texts := c.Strings[:cap(c.Strings)]; len(texts) > 0 {
			found = found || &texts[0] == room
			if slices.ContainsFunc(texts, func(s string) bool { return s != "" }) {
				t.Errorf("column %q begins with texts", c.Name)
			}
		}
	}
	if !found {
		t.Error("no column has the room of before")
	}
}
