package scan

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// writeTable writes columns as a file of dir and returns it.
func writeTable(t testing.TB, dir, name string, options parquetio.WriteOptions, columns ...parquetio.Column) File {
	t.Helper()
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, options); err != nil {
		t.Fatal(err)
	}
	return writeBytes(t, dir, name, out.Bytes())
}

func writeBytes(t testing.TB, dir, name string, data []byte) File {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return File{Path: path, Name: name}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

func valueText(v ir.Value) string {
	switch {
	case v.Null():
		return "null"
	case v.Kind == ir.String:
		return quote(v.S)
	default:
		return fmt.Sprint(v.I)
	}
}

// rowText shows a row and its reject, to compare scans by.
func rowText(part Part, batch *ir.Batch, row int, rejects []Reject) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d/%d:", part.File, part.RowGroup, part.FirstRow+int64(row))
	for i := range batch.Columns {
		b.WriteString(" " + valueText(batch.Columns[i].Value(row)))
	}
	for _, r := range rejects {
		if r.Row == row {
			fmt.Fprintf(&b, " !%s(%s: %s)", r.Code, r.Column, r.Detail)
		}
	}
	return b.String()
}

// scanInOrder scans with one worker, whose batches come in order.
func scanInOrder(request Request, visit func(Part, *ir.Batch, []Reject)) error {
	request.Workers = 1
	_, err := Scan(context.Background(), request, func(part Part, b *ir.Batch, r []Reject) error {
		visit(part, b, r)
		return nil
	})
	return err
}

// scanRows returns every row as text, in the order of Part.Sequence.
func scanRows(request Request) (rows []string, stats []FileStats, err error) {
	var mu sync.Mutex
	batches := map[int64][]string{}
	stats, err = Scan(context.Background(), request, func(part Part, batch *ir.Batch, rejects []Reject) error {
		texts := make([]string, batch.Rows)
		for row := range texts {
			texts[row] = rowText(part, batch, row, rejects)
		}
		mu.Lock()
		defer mu.Unlock()
		if _, twice := batches[part.Sequence]; twice {
			return fmt.Errorf("sequence %d came twice", part.Sequence)
		}
		batches[part.Sequence] = texts
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range int64(len(batches)) {
		texts, ok := batches[i]
		if !ok {
			return nil, nil, fmt.Errorf("sequence %d is missing", i)
		}
		rows = append(rows, texts...)
	}
	return rows, stats, nil
}

func TestScanOfOlist(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "shared", "data", "olist")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the Olist sample is not beside the repository (../shared/data/olist)")
	}
	zone, err := calendar.Load("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := Resolve(root, "orders.parquet", 0, 0)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, error %v", files, err)
	}
	request := Request{Source: "orders", Files: files, Zone: zone, Workers: 2, CurrencyColumn: -1, Currency: "BRL", Columns: []Column{
		{Name: "order_estimated_delivery_date"}, {Name: "order_delivered_customer_date", Kind: ir.Time}, {Name: "price", Money: Major}, {Name: "order_status"},
	}}
	var mu sync.Mutex
	rows, late, worth := 0, 0, int64(0)
	stats, err := Scan(context.Background(), request, func(_ Part, b *ir.Batch, rejects []Reject) error {
		mu.Lock()
		defer mu.Unlock()
		rows += b.Rows
		if len(rejects) > 0 {
			return fmt.Errorf("reject %+v", rejects[0])
		}
		for row := range b.Rows {
			promised, delivered := b.Columns[0].Value(row), b.Columns[1].Value(row)
			if b.Columns[3].Value(row).S != "delivered" || delivered.Null() || calendar.DateOf(calendar.Instant(delivered.I), zone) <= calendar.DateOf(calendar.Instant(promised.I), zone) {
				continue
			}
			late++
			worth += b.Columns[2].Value(row).I
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// The facts of the sample's README, counted apart from this project.
	if rows != 8135 || late != 342 || worth != 49_380_280_000 || stats[0].Rows != 8135 {
		t.Errorf("%d rows, %d late, worth %d millionths, %+v; want 8135, 342, 49380.28", rows, late, worth, stats)
	}
}
