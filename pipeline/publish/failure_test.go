package publish

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/durable"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
)

// smallNight keeps the number of operations, and so the test, small.
func smallNight() *Night {
	n := sampleNight()
	n.Rules, n.Extra = n.Rules[1:], nil
	return n
}

// TestEveryFailureIsReported fails each operation in each way: Write says so, or
// what it promised is whole after a power cut.
func TestEveryFailureIsReported(t *testing.T) {
	t.Parallel()
	fresh := func() *durabletest.FS {
		fsys := durabletest.New()
		if err := durable.MakeDir(fsys, "/run"); err != nil {
			t.Fatal(err)
		}
		fsys.FailAt(0, durabletest.None)
		return fsys
	}
	undisturbed := fresh()
	want, err := Write(undisturbed, "/run", smallNight())
	if err != nil {
		t.Fatal(err)
	}
	operations := undisturbed.Ops()
	if whole := undisturbed.Crash(durabletest.Everything, 0); !sameTree(undisturbed, whole) {
		t.Fatal("a power cut after Write takes something")
	}
	for _, fault := range durabletest.Faults() {
		for n := 1; n <= operations; n += 1 + n%3 { // two in three, to save time
			fsys := fresh()
			fsys.FailAt(n, fault)
			outputs, err := Write(fsys, "/run", smallNight())
			if err == nil {
				t.Errorf("%s at operation %d was not reported:\n%s", fault, n, fsys.Log())
			}
			if outputs != nil && !gocmp.Equal(want, outputs) {
				t.Errorf("%s at operation %d: other outputs", fault, n)
			}
		}
	}
}

func sameTree(a, b *durabletest.FS) bool { return gocmp.Equal(a.Tree(), b.Tree()) }

func TestWriteIsTheSameOnTheMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, want := mustWrite(t, sampleNight())
	got, err := Write(durable.OS{}, dir, sampleNight())
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, out := range got {
		if err := Reread(durable.OS{}, dir+"/"+out.Name, out); err != nil {
			t.Error(err)
		}
	}
	if _, err := Write(durable.OS{}, dir, sampleNight()); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a second time: %v", err)
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Night)
		want   string
	}{
		"credit twice":        {func(n *Night) { n.Issuance[1].CreditID = n.Issuance[0].CreditID }, "issuance.parquet: two rows with the same [credit_id]: cr1_b"},
		"incident twice":      {func(n *Night) { n.Decisions[1] = n.Decisions[0] }, "decisions.parquet: two rows"},
		"posting twice":       {func(n *Night) { n.Postings = append(n.Postings, n.Postings[0]) }, "postings.parquet: two rows"},
		"request twice":       {func(n *Night) { n.Requests[0].ID = "rq1_a" }, "request rq1_a twice"},
		"nothing issued":      {func(n *Night) { n.Issuance[0].AmountMinor = 0 }, "credit cr1_b of 0 minor units"},
		"negative forfeiture": {func(n *Night) { n.Forfeiture[0].ForfeitedMinor = -1 }, `forfeiture.parquet: column "forfeited_minor", row 0: -1 is negative`},
		"expires at start":    {func(n *Night) { n.Issuance[0].ExpiresAt = n.Issuance[0].EffectiveAt }, "cr1_b expires at 2024-10-04T00:00:00Z"},
		"no customer":         {func(n *Night) { n.Holds[0].CustomerID = "" }, `held.parquet: column "customer_id", row 0: empty`},
		"no currency":         {func(n *Night) { n.Expiring[0].Currency = "" }, `expiring.parquet: column "currency"`},
		"other night":         {func(n *Night) { n.Postings[1].BusinessDate++ }, "postings.parquet: row 1 is of 2024-10-05, the night is 2024-10-04"},
		"spent credit open":   {func(n *Night) { n.Open[0].VoidedMinor = 247 }, "cr1_a has nothing left"},
		"not UTF-8":           {func(n *Night) { n.Rejects[0].Detail = "\xff" }, `rejects.parquet: write parquet: column "detail"`},
		"rule outside":        {func(n *Night) { n.Rules[0].Path = "../late.yaml" }, `publish "rules/../late.yaml": not a path`},
		"absolute":            {func(n *Night) { n.Extra[0].Path = "/etc/passwd" }, "not a path"},
		"backslash":           {func(n *Night) { n.Extra[0].Path = `a\b` }, "not a path"},
		"name taken":          {func(n *Night) { n.Extra[0].Path = "issuance.parquet" }, "the name is taken"},
		"manifest":            {func(n *Night) { n.Extra[0].Path = "manifest.json" }, "the name is taken"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := sampleNight()
			test.change(n)
			fsys := durabletest.New()
			if _, err := Write(fsys, "/run", n); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			// A cell that its column may not hold is met on the way: other files
			// may be there, which count for nothing, and no manifest names.
			if len(fsys.Tree()) > 0 && !strings.Contains(test.want, "column") {
				t.Error("something was written")
			}
		})
	}
}

// corruptFS is a disk that changes a byte of one file between write and read.
type corruptFS struct {
	*durabletest.FS
	file string
}

func (c corruptFS) Open(name string) (durable.Content, error) {
	if strings.HasSuffix(name, c.file) {
		if info, err := c.Stat(name); err == nil {
			if err := c.Flip(name, int(info.Size)/2); err != nil {
				return nil, err
			}
		}
	}
	return c.FS.Open(name)
}

func TestWriteNoticesWhatTheDiskDidNotKeep(t *testing.T) {
	t.Parallel()
	_, outputs := mustWrite(t, sampleNight())
	for _, out := range outputs {
		_, err := Write(corruptFS{durabletest.New(), out.Name}, "/run", sampleNight())
		if err == nil || !strings.Contains(err.Error(), out.Name) {
			t.Errorf("%s: %v", out.Name, err)
		}
	}
}

func TestControlTotals(t *testing.T) {
	t.Parallel()
	_, outputs := mustWrite(t, sampleNight())
	tests := map[string]struct {
		rows int64
		sums map[string]map[string]string
		ids  string // sha256sum of the ids, first 16 digits, added mod 2^64
	}{
		"issuance.parquet":    {2, map[string]map[string]string{"amount_minor": {"USD": "250", "JPY": "1500"}}, "83b1205b93062164"},
		"forfeiture.parquet":  {1, map[string]map[string]string{"granted_minor": {"USD": "500"}, "redeemed_minor": {"USD": "200"}, "forfeited_minor": {"USD": "300"}}, "929c0c4611c4942a"},
		"rejects.parquet":     {2, nil, "82ddfae1487210ca"},
		"adjustments.parquet": {3, map[string]map[string]string{"amount_minor": {"USD": "21"}}, "245d915e426eb090"},
		"amends.yaml":         {0, nil, ""},
	}
	for name, want := range tests {
		got := outputNamed(t, outputs, name)
		if got.Rows != want.rows || got.IDHashTotal != want.ids || !gocmp.Equal(got.SumsMinor, want.sums) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	names := make([]string, len(outputs))
	for i, out := range outputs {
		names[i] = out.Name
	}
	if !slices.IsSorted(names) || len(names) != 17 {
		t.Errorf("outputs %q", names)
	}
}

func TestSumsAreExactBeyond64Bits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, 0}))).Draw(t, "values")
		var got sum
		want := new(big.Int)
		for _, v := range values {
			got.add(v)
			want.Add(want, big.NewInt(v))
		}
		if got.String() != want.String() {
			t.Fatalf("sum of %v is %s, want %s", values, got.String(), want)
		}
	})
}

func TestBigSumsSurviveIndependentReading(t *testing.T) {
	t.Parallel()
	n := &Night{Date: testDate}
	for i := range 3 {
		n.Postings = append(n.Postings, ledger.Posting{ID: fmt.Sprint("po1_", i), BusinessDate: testDate, Kind: ledger.Redeem,
			CreditID: "cr1_a", Currency: "USD", Minor: math.MaxInt64, At: testAt})
	}
	fsys, outputs := mustWrite(t, n)
	postings := outputNamed(t, outputs, "postings.parquet")
	if got := postings.SumsMinor["amount_minor"]["USD"]; got != "27670116110564327421" { // 3 × (2^63 − 1)
		t.Errorf("sum %s", got)
	}
	if err := Reread(fsys, "/run/postings.parquet", postings); err != nil {
		t.Error(err)
	}
}
