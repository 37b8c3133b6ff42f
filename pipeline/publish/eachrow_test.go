package publish

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
)

// postingsFile writes postings as they stand.
func postingsFile(t *testing.T, postings []ledger.Posting, groupRows int) ([]byte, Output) {
	t.Helper()
	l := postingTable.layout()
	columns := make([]parquetio.Column, len(l.fields))
	for i, f := range l.fields {
		columns[i] = parquetio.Column{Name: f.name, Type: f.kind, Optional: f.optional}
		columns[i].Resize(len(postings))
		for row := range postings {
			if err := postingTable.columns[i].put(&columns[i], row, &postings[row]); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{RowGroupRows: groupRows}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), Output{Rows: int64(len(postings)), Size: int64(out.Len())}
}

func numberedPosting(i int) ledger.Posting {
	return ledger.Posting{
		ID: fmt.Sprintf("po1_%032x", i), BusinessDate: 20_000, Kind: ledger.Issue, CreditID: fmt.Sprintf("cr1_%032x", i),
		CustomerID: fmt.Sprint("customer ", i), Currency: "USD", Minor: int64(1 + i), At: 1,
	}
}

// Every posting is visited once, where it stands, whatever the row groups and the
// workers are.
func TestEachPosting(t *testing.T) {
	t.Parallel()
	var want []ledger.Posting
	for i := range 10_000 { // several parts of a row group
		want = append(want, numberedPosting(i))
	}
	for _, groupRows := range []int{1 << 17, 4999, 1000} {
		content, listed := postingsFile(t, want, groupRows)
		for _, workers := range []int{1, 2, 7} {
			var mu sync.Mutex
			var parts [][]ledger.Posting
			firsts := map[string]int{}
			err := EachPosting(bytes.NewReader(content), listed, workers, func(first int, postings []ledger.Posting) error {
				mu.Lock()
				defer mu.Unlock()
				part := make([]ledger.Posting, len(postings))
				for i := range postings { // their texts are only lent
					part[i] = postingTable.own(&postings[i])
				}
				firsts[part[0].ID] = first
				parts = append(parts, part)
				return nil
			})
			slices.SortFunc(parts, func(a, b []ledger.Posting) int { return cmp.Compare(firsts[a[0].ID], firsts[b[0].ID]) })
			got := slices.Concat(parts...)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("row groups of %d, %d workers: %d postings, %v", groupRows, workers, len(got), err)
			}
			for _, part := range parts {
				if first := firsts[part[0].ID]; want[first].ID != part[0].ID {
					t.Errorf("row groups of %d, %d workers: posting %s is not row %d", groupRows, workers, part[0].ID, first)
				}
			}
		}
	}
}

// Rows that are not in order are refused, within a part and between parts and row groups.
func TestEachPostingRefusesDisorder(t *testing.T) {
	t.Parallel()
	for _, at := range []int{1, 4096, 5000, 9999} {
		var postings []ledger.Posting
		for i := range 10_000 {
			postings = append(postings, numberedPosting(i))
		}
		postings[at-1], postings[at] = postings[at], postings[at-1]
		content, listed := postingsFile(t, postings, 5000)
		err := EachPosting(bytes.NewReader(content), listed, 2, func(int, []ledger.Posting) error { return nil })
		if !errors.Is(err, errOrder) || !strings.HasPrefix(err.Error(), "postings.parquet: ") {
			t.Errorf("row %d: %v", at, err)
		}
	}
}

// An error of who visits ends the reading, and other rows than listed are one.
func TestEachPostingFails(t *testing.T) {
	t.Parallel()
	content, listed := postingsFile(t, []ledger.Posting{numberedPosting(1), numberedPosting(2)}, 1)
	full := errors.New("no more")
	if err := EachPosting(bytes.NewReader(content), listed, 1, func(int, []ledger.Posting) error { return full }); !errors.Is(err, full) {
		t.Errorf("%v, not the visitor's error", err)
	}
	listed.Rows++
	if err := EachPosting(bytes.NewReader(content), listed, 1, func(int, []ledger.Posting) error { return nil }); err == nil {
		t.Error("a file of fewer rows than listed is read")
	}
}
