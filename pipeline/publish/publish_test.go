package publish

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
)

func mustWrite(t *testing.T, n *Night) (*durabletest.FS, []Output) {
	t.Helper()
	fsys := durabletest.New()
	outputs, err := Write(fsys, "/run", n)
	if err != nil {
		t.Fatal(err)
	}
	return fsys, outputs
}

func readBack[R any](t *testing.T, fsys *durabletest.FS, table *table[R]) []R {
	t.Helper()
	content, err := fsys.ReadFile("/run/" + table.file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := table.read(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// check holds a table to the rows that were written, in the order that by says.
func check[R any](t *testing.T, fsys *durabletest.FS, table *table[R], rows []R, by func(R) string) {
	t.Helper()
	want := slices.Clone(rows)
	slices.SortStableFunc(want, func(a, b R) int { return cmp.Compare(by(a), by(b)) })
	if diff := gocmp.Diff(want, readBack(t, fsys, table)); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", table.file, diff)
	}
}

func TestEveryTableReadsBackSorted(t *testing.T) {
	t.Parallel()
	n := sampleNight()
	fsys, _ := mustWrite(t, n)
	check(t, fsys, &issuanceTable, n.Issuance, func(r Issuance) string { return r.CreditID })
	check(t, fsys, &forfeitureTable, n.Forfeiture, func(r Forfeiture) string { return r.CreditID })
	check(t, fsys, &adjustmentTable, n.Adjustments, func(r Adjustment) string { return r.CreditID + r.Kind + r.Why })
	check(t, fsys, &holdTable, n.Holds, func(r Hold) string { return r.CreditID })
	check(t, fsys, &decisionTable, n.Decisions, func(r Decision) string { return r.IncidentID })
	check(t, fsys, &rejectTable, n.Rejects, func(r Reject) string { return r.Source })
	check(t, fsys, &expiringTable, n.Expiring, func(r Expiring) string { return r.CreditID })
	check(t, fsys, &redemptionTable, n.Redemptions, func(r Redemption) string { return r.CreditID })
	check(t, fsys, &openTable, n.Open, func(r ledger.Credit) string { return r.CreditID })
	// Redemptions go before issues, issues before denials.
	check(t, fsys, &postingTable, n.Postings, func(p ledger.Posting) string { return p.ID })
}

func TestOrderOfRowsGivenDoesNotMatter(t *testing.T) {
	t.Parallel()
	want, wantOutputs := mustWrite(t, sampleNight())
	for seed := range uint64(5) {
		n, random := sampleNight(), rand.New(rand.NewPCG(seed, 1))
		shuffle(random, n.Issuance)
		shuffle(random, n.Adjustments)
		shuffle(random, n.Decisions)
		shuffle(random, n.Rejects)
		shuffle(random, n.Redemptions)
		shuffle(random, n.Postings)
		shuffle(random, n.Requests)
		shuffle(random, n.Rules)
		got, gotOutputs := mustWrite(t, n)
		if diff := gocmp.Diff(want.Tree(), got.Tree()); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if diff := gocmp.Diff(wantOutputs, gotOutputs); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func shuffle[R any](random *rand.Rand, rows []R) {
	random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
}

// TestAbsentValuesAreNull looks at the files themselves: a reader that maps null
// to "" and 0 could not tell.
func TestAbsentValuesAreNull(t *testing.T) {
	t.Parallel()
	fsys, _ := mustWrite(t, sampleNight())
	for file, want := range map[string]map[string][]bool{ // file → column → which rows are null
		"issuance.parquet": {"order_id": {false, true}, "min_purchase_minor": {false, true}, "categories_only": {false, true},
			"message": {false, true}, "credit_id": {false, false}},
		"postings.parquet": {"effective_at": {true, false, true}, "expires_at": {true, false, true}, "rule_id": {true, false, true},
			"debit_account": {false, false, true}},
		"decisions.parquet": {"limited_by": {true, false}, "matched_rules": {false, false}},
	} {
		content := []byte(fsys.Tree()["run/"+file])
		for name, nulls := range want {
			columns, err := parquetio.ReadTable(bytes.NewReader(content), int64(len(content)), []string{name})
			if err != nil {
				t.Fatal(err)
			}
			for row, null := range nulls {
				if columns[0].Null(row) != null {
					t.Errorf("%s: %s of row %d: null is %v", file, name, row, !null)
				}
			}
		}
	}
}
