package publish

import (
	"errors"
	"testing"

	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
)

// Rows one by one and many at once give the same columns. By hand: what is optional
// is null where it is empty, and text that looks like an empty list is text.
func TestRowsAtOnceAreRowsOneByOne(t *testing.T) {
	t.Parallel()
	postings := []ledger.Posting{
		{ID: "po1", Kind: ledger.Issue, CreditID: "a", Currency: "USD", Minor: 5, OrderID: "[]", EffectiveAt: 3},
		{ID: "po2", Kind: ledger.Deny, CreditID: "b", Currency: "JPY", SellerID: "s"},
	}
	rows := []*ledger.Posting{&postings[0], &postings[1]}
	l := postingTable.layout()
	atOnce, oneByOne := l.shape(), l.shape()
	for i := range l.fields {
		atOnce[i].Resize(3)
		oneByOne[i].Resize(3)
		c := &postingTable.columns[i]
		if _, err := c.putAll(&atOnce[i], 1, rows); err != nil {
			t.Fatal(err)
		}
		for k, row := range rows {
			if err := c.put(&oneByOne[i], 1+k, row); err != nil {
				t.Fatal(err)
			}
		}
		for row := 1; row < 3; row++ {
			a, b := &atOnce[i], &oneByOne[i]
			if a.Null(row) != b.Null(row) || a.Type == parquetio.String && a.Strings[row] != b.Strings[row] || a.Type != parquetio.String && a.Ints[row] != b.Ints[row] {
				t.Errorf("column %q, row %d differs", c.name, row)
			}
		}
		if c.name == "order_id" && (atOnce[i].Null(1) || atOnce[i].Strings[1] != "[]" || !atOnce[i].Null(2)) {
			t.Errorf("orders %q, %v", atOnce[i].Strings, atOnce[i].Valid)
		}
	}
}

func TestRowsAtOnceNameTheOneThatIsWrong(t *testing.T) {
	t.Parallel()
	l := postingTable.layout()
	good := ledger.Posting{ID: "po1", Kind: ledger.Issue, CreditID: "a", Currency: "USD", Minor: 5}
	for name, wrong := range map[string]struct {
		row  ledger.Posting
		want error
	}{
		"amount_minor": {ledger.Posting{ID: "po1", Kind: ledger.Issue, CreditID: "a", Currency: "USD", Minor: -5}, errNegative},
		"credit_id":    {ledger.Posting{ID: "po1", Kind: ledger.Issue, Currency: "USD", Minor: 5}, errEmpty},
	} {
		for i, column := range l.shape() {
			if column.Name != name {
				continue
			}
			column.Resize(2)
			if at, err := postingTable.columns[i].putAll(&column, 0, []*ledger.Posting{&good, &wrong.row}); at != 1 || !errors.Is(err, wrong.want) {
				t.Errorf("%s: row %d, %v", name, at, err)
			}
		}
	}
}
