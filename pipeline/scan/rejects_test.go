package scan

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// rowsOf scans one file of columns and returns its rows as rowText shows them,
// without their places.
func rowsOf(t *testing.T, request Request, columns ...parquetio.Column) []string {
	t.Helper()
	file := writeTable(t, t.TempDir(), "t.parquet", parquetio.WriteOptions{}, columns...)
	request.Source, request.Files = "things", []File{file}
	rows, _, err := scanRows(request)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		_, rows[i], _ = strings.Cut(rows[i], ": ")
	}
	return rows
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, " | "), strings.Join(want, " | "))
	}
}

func TestFloatsBecomeDecimals(t *testing.T) {
	t.Parallel()
	column := parquetio.Column{Name: "f", Type: parquetio.Double, Optional: true,
		Floats: []float64{0.1, math.NaN(), math.Inf(1), math.Inf(-1), 1e13, -2.5, 0, 0.0000005},
		Valid:  []bool{true, true, true, true, true, true, false, true}}
	expect(t, rowsOf(t, Request{CurrencyColumn: -1, Columns: []Column{{Name: "f"}}}, column),
		"100000", "null !nan(f: NaN)", "null !not-finite(f: +Inf)", "null !not-finite(f: -Inf)", "null !out-of-range(f: 1e+13)", "-2500000", "null", "0")
}

func TestDecimalsAreExactOrRejected(t *testing.T) {
	t.Parallel()
	for _, kind := range []parquetio.ColumnType{parquetio.Decimal64, parquetio.DecimalFixed} {
		column := parquetio.Column{Name: "d", Type: kind, Scale: 8, Ints: []int64{12345600, -100, 1, 999_999_999_999_999_999}}
		got := rowsOf(t, Request{CurrencyColumn: -1, Columns: []Column{{Name: "d", Kind: ir.Decimal}}}, column)
		for i, want := range []string{"123456", "-1", "null !precision-lost(d: ", "null !precision-lost(d: "} {
			if !strings.HasPrefix(got[i], want) || len(want) < 8 && got[i] != want {
				t.Errorf("%s: got %s, want %s", kind, got[i], want)
			}
		}
	}
}

func TestMoneyInMinorAndMajorUnits(t *testing.T) {
	t.Parallel()
	n := 7
	currencies := parquetio.Column{Name: "currency", Type: parquetio.String, Optional: true,
		Strings: []string{"USD", "JPY", "KWD", "usd", "", "XX", "USD"}, Valid: []bool{true, true, true, true, false, true, true}}
	minor := parquetio.Column{Name: "minor", Type: parquetio.Int64, Optional: true,
		Ints: []int64{2499, 2499, 2499, 2499, 2499, 0, math.MaxInt64}, Valid: []bool{true, true, true, true, true, false, true}}
	major := parquetio.Column{Name: "major", Type: parquetio.Decimal64, Scale: 2, Optional: true,
		Ints: []int64{-150, 100, 1, 1, 1, 0, 1}, Valid: []bool{true, true, true, true, true, false, true}}
	request := Request{CurrencyColumn: 2, Columns: []Column{{Name: "minor", Money: Minor}, {Name: "major", Money: Major, Kind: ir.Money}, {Name: "currency"}}}
	got := rowsOf(t, request, currencies, minor, major)
	if len(got) != n {
		t.Fatalf("%d rows", len(got))
	}
	expect(t, got,
		`24990000 -1500000 "USD"`,
		`2499000000 1000000 "JPY"`,
		`2499000 10000 "KWD"`,
		`null null "usd" !unknown-currency(minor: "usd" is no currency)`,
		`null null null !unknown-currency(minor: its currency is null)`,
		`null null "XX"`, // no money, so its currency does not matter
		`null 10000 "USD" !money-overflow(minor: 9223372036854775807)`)
}

func TestMoneyOfOneCurrency(t *testing.T) {
	t.Parallel()
	doubles := parquetio.Column{Name: "price", Type: parquetio.Double, Floats: []float64{19.99, -0.01}}
	expect(t, rowsOf(t, Request{CurrencyColumn: -1, Currency: "BRL", Columns: []Column{{Name: "price", Money: Major}}}, doubles), "19990000", "-10000")
	whole := parquetio.Column{Name: "price", Type: parquetio.DecimalFixed, Scale: 0, Ints: []int64{1999, -1}}
	expect(t, rowsOf(t, Request{CurrencyColumn: -1, Currency: "BRL", Columns: []Column{{Name: "price", Money: Minor}}}, whole), "19990000", "-10000")
	ints := parquetio.Column{Name: "price", Type: parquetio.Int32, Ints: []int64{19, -1}}
	expect(t, rowsOf(t, Request{CurrencyColumn: -1, Currency: "JPY", Columns: []Column{{Name: "price", Money: Major}}}, ints), "19000000", "-1000000")
}

func TestTimesAndDates(t *testing.T) {
	t.Parallel()
	zone, err := calendar.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	wall := func(text string) int64 {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return at.UnixMicro()
	}
	local := parquetio.Column{Name: "at", Type: parquetio.LocalTimestamp,
		Ints: []int64{wall("2026-01-15 12:00"), wall("2026-03-08 02:30"), wall("2026-11-01 01:30"), wall("2026-07-01 00:00"),
			wall("2026-11-02 12:00"), wall("2026-11-01 01:30"), math.MaxInt64}}
	got := rowsOf(t, Request{CurrencyColumn: -1, Zone: zone, Columns: []Column{{Name: "at"}}}, local)
	want := []string{"2026-01-15T17:00:00Z", "2026-03-08T07:00:00Z", "2026-11-01T05:30:00Z", "2026-07-01T04:00:00Z", "2026-11-02T17:00:00Z", "2026-11-01T05:30:00Z"} // the gap's end; the earlier 01:30
	for i, text := range want {
		at, err := calendar.ParseInstant(text)
		if err != nil {
			t.Fatal(err)
		}
		want[i] = valueText(ir.Value{Kind: ir.Time, I: int64(at)})
	}
	want = append(want, "null !time-out-of-range(at: 9223372036854775807, INT64 TIMESTAMP(MICROS, local))")
	expect(t, got, want...)

	dates := parquetio.Column{Name: "day", Type: parquetio.Date, Ints: []int64{0, -719162, -719163, math.MaxInt32}}
	expect(t, rowsOf(t, Request{CurrencyColumn: -1, Columns: []Column{{Name: "day", Kind: ir.Date}}}, dates),
		"0", "-719162", "null !time-out-of-range(day: -719163 days since 1970-01-01)", "null !time-out-of-range(day: 2147483647 days since 1970-01-01)")
}

func TestNanosecondsAreCutTowardsThePast(t *testing.T) {
	t.Parallel()
	for nanos, want := range map[int64]int64{0: 0, 999: 0, 1000: 1, -1: -1, -1000: -1, -1001: -2, math.MinInt64: -9223372036854776} {
		if got := floorMicros(nanos); got != want {
			t.Errorf("%d ns: %d µs, want %d", nanos, got, want)
		}
	}
}

func TestTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	// The writer refuses such text, so it is changed in an uncompressed file.
	dir := t.TempDir()
	column := parquetio.Column{Name: "s", Type: parquetio.String, Strings: []string{"good", "zzzz", "fine"}}
	file := writeTable(t, dir, "t.parquet", parquetio.WriteOptions{Codec: parquetio.Uncompressed, NoDictionary: true}, column)
	data := readFile(t, file.Path)
	writeBytes(t, dir, "t.parquet", []byte(strings.Replace(string(data), "\x04\x00\x00\x00zzzz", "\x04\x00\x00\x00z\xff\xfez", 1)))
	rows, _, err := scanRows(Request{Files: []File{file}, CurrencyColumn: -1, Columns: []Column{{Name: "s"}}})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, rows, `0/0/0: "good"`, `0/0/1: null !invalid-text(s: "z\xff\xfez")`, `0/0/2: "fine"`)
}

func TestOnlyTheFirstRejectOfARowCounts(t *testing.T) {
	t.Parallel()
	bad := []float64{math.NaN(), 1}
	a, b := parquetio.Column{Name: "a", Type: parquetio.Double, Floats: bad}, parquetio.Column{Name: "b", Type: parquetio.Double, Floats: []float64{math.Inf(1), math.NaN()}}
	request := Request{CurrencyColumn: -1, Columns: []Column{{Name: "b"}, {Name: "a"}}}
	expect(t, rowsOf(t, request, a, b), "null null !not-finite(b: +Inf)", "null 1000000 !nan(b: NaN)")
}

func TestIntegersAsDecimals(t *testing.T) {
	t.Parallel()
	column := parquetio.Column{Name: "n", Type: parquetio.Int64, Ints: []int64{3, math.MinInt64}}
	expect(t, rowsOf(t, Request{CurrencyColumn: -1, Columns: []Column{{Name: "n", Kind: ir.Decimal}}}, column),
		"3000000", "null !out-of-range(n: -9223372036854775808)")
}

func TestColumnErrors(t *testing.T) {
	t.Parallel()
	file := writeTable(t, t.TempDir(), "t.parquet", parquetio.WriteOptions{},
		parquetio.Column{Name: "item_price", Type: parquetio.String, Strings: []string{"x"}},
		parquetio.Column{Name: "at", Type: parquetio.Timestamp, Ints: []int64{1}},
		parquetio.Column{Name: "cents", Type: parquetio.Decimal64, Scale: 2, Ints: []int64{1}})
	tests := []struct {
		column   Column
		currency int
		want     string
	}{
		{Column{Name: "price"}, -1, `source "orders": t.parquet: column "price": missing, expected a column of any type that is read`},
		{Column{Name: "ItemPrice", Kind: ir.String}, -1, `source "orders": t.parquet: column "ItemPrice": missing, expected string; the file has "item_price"`},
		{Column{Name: "item_price", Money: Minor}, -1,
			`source "orders": t.parquet: column "item_price": expected integer (money in minor units), and the file has BYTE_ARRAY String`},
		{Column{Name: "cents", Money: Minor}, -1,
			`source "orders": t.parquet: column "cents": expected integer (money in minor units), and the file has DECIMAL(18,2) as INT64`},
		{Column{Name: "at", Kind: ir.Date}, -1, `source "orders": t.parquet: column "at": expected date, and the file has INT64 TIMESTAMP(MICROS, UTC)`},
		{Column{Name: "at"}, 0, `source "orders": t.parquet: column "at": expected string (the currency), and the file has INT64 TIMESTAMP(MICROS, UTC)`},
	}
	for _, test := range tests {
		_, _, err := scanRows(Request{Source: "orders", Files: []File{file}, CurrencyColumn: test.currency, Currency: "USD", Columns: []Column{test.column}})
		var fault *ColumnError
		if !errors.As(err, &fault) || err.Error() != test.want || fault.Column != test.column.Name {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}
