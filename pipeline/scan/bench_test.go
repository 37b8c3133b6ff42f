package scan

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"amends/pipeline/parquetio"
	"amends/rules/ir"
)

// BenchmarkScan reads a million deliveries of eight columns.
func BenchmarkScan(b *testing.B) {
	const rows = 1_000_000
	parquetio.Scribble.Store(false)
	columns := []parquetio.Column{
		{Name: "id", Type: parquetio.String}, {Name: "customer", Type: parquetio.String}, {Name: "currency", Type: parquetio.String},
		{Name: "price", Type: parquetio.Int64}, {Name: "promised", Type: parquetio.Timestamp}, {Name: "delivered", Type: parquetio.LocalTimestamp, Optional: true},
		{Name: "day", Type: parquetio.Date}, {Name: "prime", Type: parquetio.Bool},
	}
	for i := range int64(rows) {
		texts := []string{fmt.Sprintf("%016x-%d", i*2654435761, i), fmt.Sprintf("c-%d", i*7919%200_000), []string{"USD", "EUR", "JPY"}[i%3]}
		for c := range texts {
			columns[c].Strings = append(columns[c].Strings, texts[c])
		}
		for c, v := range []int64{i * 37 % 100_000, 1_700_000_000_000_000 + i*1_000_000, 1_700_000_000_000_000 + i*1_001_000, 20_000 + i%30, i % 2} {
			columns[3+c].Ints = append(columns[3+c].Ints, v)
		}
		columns[5].Valid = append(columns[5].Valid, i%10 != 0)
	}
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{}); err != nil {
		b.Fatal(err)
	}
	request := Request{Files: []File{writeBytes(b, b.TempDir(), "d.parquet", out.Bytes())}, CurrencyColumn: 2, Workers: 2}
	for _, c := range columns {
		request.Columns = append(request.Columns, Column{Name: c.Name})
	}
	request.Columns[3].Money = Minor
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Scan(context.Background(), request, func(Part, *ir.Batch, []Reject) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
