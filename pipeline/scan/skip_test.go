package scan

import (
	"context"
	"path/filepath"
	"testing"

	"amends/rules/calendar"
	"amends/rules/ir"
)

// What footers say of the files of other writers is what is read of them: nulls
// are as many, and values lie where they should and are taken over.
func TestBoundsOfOtherWriters(t *testing.T) {
	t.Parallel()
	paths, _ := fixtures(t)
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	ranged := map[ir.Kind]int{}
	for _, path := range paths {
		file := File{Path: path, Name: filepath.Base(path)}
		fields, err := Describe(file)
		if err != nil {
			t.Fatal(err)
		}
		request := Request{Source: "fixture", Files: []File{file}, CurrencyColumn: -1, Zone: zone}
		for _, f := range fields {
			if f.Kind != ir.Invalid {
				request.Columns = append(request.Columns, Column{Name: f.Name})
			}
		}
		reading, err := Open(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		groups := map[int]Group{}
		reading.Pass(func(g Group) bool { groups[g.RowGroup] = g; return false })
		nulls := map[int][]int64{}
		_, err = reading.Scan(context.Background(), func(part Part, batch *ir.Batch, rejects []Reject) error {
			group := groups[part.RowGroup]
			if nulls[part.RowGroup] == nil {
				nulls[part.RowGroup] = make([]int64, len(batch.Columns))
			}
			for c := range batch.Columns {
				b := group.Columns[c]
				if b.Ranged {
					ranged[batch.Columns[c].Kind]++
				}
				for i := range batch.Rows {
					v := batch.Columns[c].Value(i)
					if v.Null() {
						nulls[part.RowGroup][c]++
					} else if b.Ranged && (v.Order() < b.Least || v.Order() > b.Most) {
						t.Errorf("%s: %s, row %d: %v lies outside %+v", file.Name, request.Columns[c].Name, i, v, b)
					}
				}
				for _, r := range rejects {
					if b.Ranged && r.Column == request.Columns[c].Name && batch.Columns[c].Kind != ir.String {
						t.Errorf("%s: %s: its bounds say that nothing is rejected, and row %d is: %s", file.Name, r.Column, r.Row, r.Code)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for number, counts := range nulls {
			for c, n := range counts {
				if b := groups[number].Columns[c]; b.Known && b.Ranged && b.Nulls != n {
					t.Errorf("%s: %s has %d nulls, and its footer says %d", file.Name, request.Columns[c].Name, n, b.Nulls)
				}
			}
		}
	}
	for _, kind := range []ir.Kind{ir.Int, ir.String, ir.Time, ir.Date} {
		if ranged[kind] == 0 {
			t.Errorf("no column of kind %s has bounds: the test shows nothing of it", kind)
		}
	}
	t.Log(ranged)
}

// A row group that is passed over is not visited, and is read again when asked.
func TestPassedOverGroups(t *testing.T) {
	t.Parallel()
	paths, _ := fixtures(t)
	request := Request{Source: "fixture", Files: []File{{Path: paths[0], Name: "f"}}, CurrencyColumn: -1}
	fields, err := Describe(request.Files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		if f.Kind != ir.Invalid {
			request.Columns = append(request.Columns, Column{Name: f.Name})
		}
	}
	reading, err := Open(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	reading.Pass(func(Group) bool { return true })
	visited := 0
	visit := func(_ Part, b *ir.Batch, _ []Reject) error { visited += b.Rows; return nil }
	stats, err := reading.Scan(context.Background(), visit)
	if err != nil || visited != 0 || stats[0].Rows == 0 || stats[0].SHA256 == "" {
		t.Errorf("%d rows visited, %+v, error %v: want none, its rows and its digest", visited, stats, err)
	}
	if err := reading.Again(context.Background(), func(int, int) ([]int, bool) { return nil, true }, visit); err != nil || int64(visited) != stats[0].Rows {
		t.Errorf("%d rows visited again of %d, error %v", visited, stats[0].Rows, err)
	}
	second := func(_ Part, b *ir.Batch, _ []Reject) error {
		for i := range b.Columns {
			if read := b.Columns[i].Kind != ir.Invalid; read != (i == 1) {
				t.Errorf("of column 1 alone, column %d is read: %v", i, read)
			}
		}
		return nil
	}
	if err := reading.Again(context.Background(), func(int, int) ([]int, bool) { return []int{1}, true }, second); err != nil {
		t.Error(err)
	}
}
