package publish

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/rules/calendar"
)

func openCredit(t *rapid.T, id string) ledger.Credit {
	c := ledger.Credit{
		CreditID: id, IncidentID: "in" + id, CustomerID: rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "customer"),
		OrderID: rapid.SampledFrom([]string{"", "o-1"}).Draw(t, "order"), SellerID: rapid.SampledFrom([]string{"", "s-1"}).Draw(t, "seller"),
		Source: "deliveries", EventID: "d" + id, Currency: rapid.SampledFrom([]string{"USD", "JPY"}).Draw(t, "currency"),
		RuleID: "late", Reason: "LATE", Terms: "standard", Funding: "platform", Issued: 20_000, EffectiveAt: 1, ExpiresAt: 2,
		GrantedMinor: rapid.Int64Range(1, 9).Draw(t, "granted"),
	}
	return c
}

// openColumns are the columns of an open.parquet.
func openColumns(t rapid.TB, date calendar.Date, credits []ledger.Credit) []parquetio.Column {
	rows := &tableRows[ledger.Credit]{table: &openTable, date: date, given: credits}
	l := openTable.layout()
	columns := l.shape()
	if err := errors.Join(rows.prepare(), rows.build(newStaging(nil, "", nil), columns, 0, len(credits))); err != nil {
		t.Fatal(err)
	}
	return columns
}

// digestsOf are the digests of a night in row groups of so many rows.
func digestsOf(t rapid.TB, n *Night, groupRows int) map[string]string {
	t.Helper()
	files, err := n.files()
	if err != nil {
		t.Fatal(err)
	}
	s := newStaging(nil, "", n.watch)
	s.groupRows = groupRows
	digests, err := s.digests(files)
	if err != nil {
		t.Fatal(err)
	}
	return digests
}

// openOf is an open.parquet of credits, in row groups of so many.
func openOf(t *rapid.T, credits []ledger.Credit, groupRows int) *OpenCredits {
	columns := openColumns(t, 19_999, credits)
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{RowGroupRows: groupRows}); err != nil {
		t.Fatal(err)
	}
	file, err := NewOpenCredits(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// However the open credits are parted into those of the night before, those that
// changed and those that are made, the file is the same.
func TestOpenIsMergedFromTheNightBefore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var whole, before, changed, made []ledger.Credit
		for i := range rapid.IntRange(0, 40).Draw(t, "credits") {
			c := openCredit(t, fmt.Sprintf("%02d", i))
			switch rapid.SampledFrom([]string{"same", "same", "new", "made", "moved", "gone", "never"}).Draw(t, "fate") {
			case "same":
				whole, before = append(whole, c), append(before, c)
			case "new":
				whole, changed = append(whole, c), append(changed, c)
			case "made":
				whole, made = append(whole, c), append(made, c)
			case "moved":
				before = append(before, c)
				c.GrantedMinor += 5
				c.RedeemedMinor = 3
				whole, changed = append(whole, c), append(changed, c)
			case "gone":
				before = append(before, c)
				c.ForfeitedMinor = c.GrantedMinor
				changed = append(changed, c)
			case "never": // issued and gone since the file
				c.VoidedMinor = c.GrantedMinor
				changed = append(changed, c)
			}
		}
		if rapid.Bool().Draw(t, "shuffled") {
			changed, made = rapid.Permutation(changed).Draw(t, "order"), rapid.Permutation(made).Draw(t, "order made")
		}
		groupRows := rapid.IntRange(1, 50).Draw(t, "rows of a row group")
		want := digestsOf(t, &Night{Date: 20_000, Open: whole}, groupRows)
		night := &Night{Date: 20_000, Open: changed, MadeOpen: Made[ledger.Credit]{
			Rows: len(made), Row: func(i int, c *ledger.Credit) { *c = made[i] },
		}}
		if len(before) > 0 || rapid.Bool().Draw(t, "an empty file before") {
			night.OpenBefore = openOf(t, before, rapid.IntRange(1, 9).Draw(t, "rows"))
		} else {
			night.Open = slices.DeleteFunc(changed, func(c ledger.Credit) bool { return c.Remaining() == 0 })
		}
		got := digestsOf(t, night, groupRows)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// The rows of a file come as they were written, whatever its row groups.
func TestEachOpenCredit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var want, got []ledger.Credit
		for i := range rapid.IntRange(0, 20).Draw(t, "credits") {
			want = append(want, openCredit(t, fmt.Sprintf("%02d", i)))
		}
		file := openOf(t, want, rapid.IntRange(1, 9).Draw(t, "rows"))
		err := file.Each(OpenColumns(), func(rows []ledger.Credit) error {
			got = append(got, rows...)
			return nil
		})
		if err != nil || !slices.Equal(got, want) || int(file.Rows()) != len(want) {
			t.Errorf("%v, %d rows: %v\nwant %v", err, file.Rows(), got, want)
		}
	})
}

func TestAnOpenFileOutOfOrderIsRefused(t *testing.T) {
	t.Parallel()
	columns := openColumns(t, 20_000, []ledger.Credit{
		{CreditID: "a", IncidentID: "i", CustomerID: "c", Source: "s", EventID: "e", Currency: "USD", RuleID: "r", Reason: "R", Funding: "platform", GrantedMinor: 1},
		{CreditID: "b", IncidentID: "i", CustomerID: "c", Source: "s", EventID: "e", Currency: "USD", RuleID: "r", Reason: "R", Funding: "platform", GrantedMinor: 1},
	})
	columns[openIDColumn].Strings[0] = "c"
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	file, err := NewOpenCredits(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Each(OpenColumns(), func([]ledger.Credit) error { return nil }); !errors.Is(err, ErrOpenOrder) {
		t.Errorf("each: %v", err)
	}
	if _, err := Digests(&Night{Date: 20_000, OpenBefore: file}); !errors.Is(err, ErrOpenOrder) {
		t.Errorf("merged: %v", err)
	}
}
