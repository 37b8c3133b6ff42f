package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// What the pass over open credits finds is its own: the texts that it read are
// not there any more when the file's later rows are.
func TestPassOpenKeepsNoTextOfTheFile(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 3} {
		passOpenKeepsNoText(t, workers)
	}
}

func passOpenKeepsNoText(t *testing.T, workers int) {
	t.Helper()
	const date = passDate
	open := passFile(t)
	n := &night{
		config:  Config{Workers: workers},
		session: &session{memory: memory{open: open}, outstanding: money.ByCurrency{"USD": passRows * passMinor}},
		book:    ledger.NewBookAfter(ledger.After{Outstanding: money.ByCurrency{"USD": passRows * passMinor}, Last: date - 1}),
		program: &rules.Program{Voids: &rules.VoidProgram{}}, zone: time.UTC, date: date,
		rulebook: &rules.Rulebook{Terms: map[string]*rules.Terms{"standard": {RemindDays: 7}}},
		asOf:     calendar.Instant((int64(date) + 1) * passDayMicros),
	}
	if err := n.passOpen(ledger.Night{Date: date, AsOf: n.asOf, Zone: time.UTC}); err != nil {
		t.Fatal(err)
	}
	if len(n.pass.remind) != passRows {
		t.Errorf("%d reminders, not %d", len(n.pass.remind), passRows)
	}
	slices.SortFunc(n.pass.remind, func(a, b publish.Expiring) int { return cmp.Compare(a.CreditID, b.CreditID) })
	for i, got := range n.pass.remind {
		want := publish.Expiring{CreditID: passTexts["credit_id"](i), CustomerID: passTexts["customer_id"](i), RemainingMinor: passMinor, Currency: "USD",
			ExpiresAt: passExpires, Terms: "standard"}
		if got != want {
			t.Fatalf("reminder %d is %+v\nwant %+v", i, got, want)
		}
	}
	if left := n.pass.of("USD"); left.minor != passRows*passMinor || left.days[0] != (openDay{passRows, passRows * passMinor}) || len(n.pass.left) != 1 {
		t.Errorf("left: %+v", n.pass.left)
	}
}

// The open credits of the night before: all alike but for their ids.
const (
	passRows, passMinor = 300, 5
	passDayMicros       = 24 * 60 * 60 * 1_000_000
	passDate            = calendar.Date(20_000)
	passExpires         = (calendar.Instant(passDate) + 8) * passDayMicros // 7 days after the date is the last usable one
)

var passTexts = map[string]func(i int) string{
	"credit_id":   func(i int) string { return fmt.Sprintf("cr1_%032x", i) },
	"currency":    func(int) string { return "USD" },
	"terms":       func(int) string { return "standard" },
	"customer_id": func(i int) string { return fmt.Sprint("customer ", i) },
}

// passFile is a file of them.
func passFile(t *testing.T) *publish.OpenCredits {
	t.Helper()
	numbers := map[string]struct {
		kind  parquetio.ColumnType
		value int64
	}{
		"issued": {parquetio.Date, int64(passDate) - 1}, "expires_at": {parquetio.Timestamp, int64(passExpires)},
		"granted_minor": {parquetio.Int64, passMinor}, "redeemed_minor": {parquetio.Int64, 0},
		"forfeited_minor": {parquetio.Int64, 0}, "voided_minor": {parquetio.Int64, 0},
	}
	var columns []parquetio.Column
	for _, name := range slices.Concat([]string{"credit_id"}, passColumns, passRemindColumns) {
		c := parquetio.Column{Name: name, Type: parquetio.String}
		text := passTexts[name]
		if text == nil {
			c.Type = numbers[name].kind
		}
		c.Optional = name == "terms"
		c.Resize(passRows)
		for i := range passRows {
			if text != nil {
				c.Strings[i] = text(i)
			} else {
				c.Ints[i] = numbers[name].value
			}
			if c.Valid != nil {
				c.Valid[i] = true
			}
		}
		columns = append(columns, c)
	}
	var content bytes.Buffer
	if err := parquetio.Write(&content, columns, parquetio.WriteOptions{RowGroupRows: 10}); err != nil {
		t.Fatal(err)
	}
	open, err := publish.NewOpenCredits(bytes.NewReader(content.Bytes()), publish.Output{Rows: passRows, Size: int64(content.Len())})
	if err != nil {
		t.Fatal(err)
	}
	return open
}
