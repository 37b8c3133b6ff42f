package publish

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

var someIDs = rapid.SampledFrom([]string{"", "a", "a\x00", "cr1_", "cr1_0", "cr1_00000000", "cr1_00000000a", "cr1_00000000b", "cr1_ffffffff", "cr1_ffffffffa", "é", "é1"})

// TestPostingsAreInTheLedgersOrder holds the sort, which looks at parts of rows,
// to the order that package ledger gives.
func TestPostingsAreInTheLedgersOrder(t *testing.T) {
	t.Parallel()
	kinds := rapid.SampledFrom([]ledger.Kind{ledger.Redeem, ledger.Reinstate, ledger.Void, ledger.Forfeit, ledger.Issue, ledger.Deny, ledger.Hold, ledger.Reject, ledger.Lapse})
	posting := rapid.Custom(func(t *rapid.T) ledger.Posting {
		return ledger.Posting{
			BusinessDate: testDate, Kind: kinds.Draw(t, "kind"), CreditID: someIDs.Draw(t, "credit"), IncidentID: someIDs.Draw(t, "incident"),
			At: calendar.Instant(rapid.IntRange(0, 2).Draw(t, "at")), Reference: someIDs.Draw(t, "reference"), ID: rapid.StringMatching("po1_[0-9]{9}").Draw(t, "id"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfNDistinct(posting, 0, 60, func(p ledger.Posting) string { return p.ID }).Draw(t, "postings")
		rows := rowsOf(&postingTable, testDate, given).(*tableRows[ledger.Posting])
		if err := rows.prepare(); err != nil {
			t.Fatal(err)
		}
		inOrder(t, rows, slices.SortedFunc(slices.Values(given), ledger.Compare))
	})
}

// TestRowsAreInTheOrderOfTheirKey does the same for a table of a key, with rows
// that are equal in it.
func TestRowsAreInTheOrderOfTheirKey(t *testing.T) {
	t.Parallel()
	adjustment := rapid.Custom(func(t *rapid.T) Adjustment {
		return Adjustment{CreditID: someIDs.Draw(t, "credit"), Kind: rapid.SampledFrom([]string{"void", "reinstate"}).Draw(t, "kind"), AmountMinor: rapid.Int64Range(0, 3).Draw(t, "amount")}
	})
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(adjustment, 0, 60).Draw(t, "adjustments")
		rows := rowsOf(&adjustmentTable, testDate, given).(*tableRows[Adjustment])
		if err := rows.prepare(); err != nil {
			t.Fatal(err)
		}
		inOrder(t, rows, slices.SortedFunc(slices.Values(given), func(a, b Adjustment) int {
			return cmp.Or(cmp.Compare(a.CreditID, b.CreditID), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.AmountMinor, b.AmountMinor))
		}))
	})
}

func inOrder[R comparable](t *rapid.T, rows *tableRows[R], want []R) {
	t.Helper()
	got := slices.Clone(rows.given)
	for i, place := range rows.order {
		got[i] = rows.given[place]
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
