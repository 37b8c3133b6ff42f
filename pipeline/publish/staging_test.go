package publish

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"amends/pipeline/award"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/parquetio"
)

// manyRows is a night of some row groups of 500 rows, in no order.
func manyRows() *Night {
	n := sampleNight()
	n.CSV = true
	n.Decisions, n.Redemptions = nil, nil
	for i := range 3300 {
		id := (i * 7919) % 3300
		n.Decisions = append(n.Decisions, Decision{
			IncidentID: fmt.Sprintf("in1_%04d", id), Source: "deliveries", EventID: fmt.Sprint("d", id), CustomerID: fmt.Sprint("c", id%40),
			OrderID: map[bool]string{true: "", false: fmt.Sprint("o", id)}[id%3 == 0], Outcome: award.Issued, Reason: "LATE",
			MatchedRules: []string{"late"}, Facts: longFacts(id), GrossMinor: int64(id), AmountMinor: int64(id / 2), Currency: []string{"USD", "JPY"}[id%2],
		})
		n.Redemptions = append(n.Redemptions, Redemption{
			RedemptionID: fmt.Sprint("r", id/2), CreditID: fmt.Sprint("cr1_", id/5), CustomerID: "c", AmountMinor: int64(id), Currency: "USD", At: testAt,
			Outcome: "applied", File: "data/r.parquet", Row: int64(id),
		})
	}
	return n
}

// longFacts are up to some hundred bytes, and now and then more than a piece.
func longFacts(id int) string {
	return fmt.Sprintf(`{"id":%d,"note":"%s"}`, id, strings.Repeat("é", map[bool]int{true: textPieceBytes, false: id % 97}[id%1000 == 7]))
}

// publishOn writes a night on so many cores, in row groups of so many rows.
func publishOn(t *testing.T, n *Night, cores, groupRows int) (*durabletest.FS, []Output) {
	t.Helper()
	files, err := n.files()
	if err != nil {
		t.Fatal(err)
	}
	fsys := durabletest.New()
	if _, err := makeFolders(fsys, "/run", files); err != nil {
		t.Fatal(err)
	}
	s := newStaging(fsys, "/run", n.watch)
	s.slots, s.busy, s.groupRows, s.largeRows = make(chan struct{}, cores), make(chan struct{}, cores), groupRows, 1000
	outputs, err := s.write(files)
	if err != nil {
		t.Fatal(err)
	}
	return fsys, outputs
}

func TestCoresChangeNoByte(t *testing.T) {
	t.Parallel()
	want, wantOutputs := publishOn(t, manyRows(), 1, 500)
	for _, cores := range []int{2, 7} {
		got, outputs := publishOn(t, manyRows(), cores, 500)
		if !sameTree(want, got) || !gocmp.Equal(wantOutputs, outputs) {
			t.Errorf("%d cores: other bytes", cores)
		}
	}
}

// Rows that are made one at a time are published as those that are given.
func TestMadeRowsArePublishedLikeGivenOnes(t *testing.T) {
	t.Parallel()
	given := manyRows()
	slices.SortFunc(given.Decisions, func(a, b Decision) int { return cmp.Compare(a.IncidentID, b.IncidentID) })
	want, wantOutputs := publishOn(t, given, 2, 500)
	made := manyRows()
	made.Decisions = nil
	made.MadeDecisions = Made[Decision]{
		Rows: len(given.Decisions), Row: func(i int, row *Decision) { *row = given.Decisions[i] },
		In: func(i int, row *Decision, texts *Texts) {
			*row = given.Decisions[i]
			row.Facts = texts.Of(func(b []byte) []byte { return append(b, given.Decisions[i].Facts...) })
		},
		InOrder: true,
	}
	made.Issuance = nil
	made.MadeIssuance = Made[Issuance]{
		Rows: len(given.Issuance), Row: func(i int, row *Issuance) { *row = given.Issuance[i] },
	}
	got, outputs := publishOn(t, made, 2, 500)
	if !sameTree(want, got) || !gocmp.Equal(wantOutputs, outputs) {
		t.Error("other bytes")
	}
	var decisions []Decision
	if err := made.EachDecision(func(d *Decision) error { decisions = append(decisions, *d); return nil }); err != nil || !gocmp.Equal(decisions, given.Decisions) {
		t.Errorf("%d decisions are visited, %v", len(decisions), err)
	}
	twice := manyRows()
	twice.MadeDecisions = Made[Decision]{Rows: 2, Row: func(_ int, row *Decision) { *row = given.Decisions[0] }}
	if _, err := twice.files(); err == nil || !strings.Contains(err.Error(), "others to be made") {
		t.Errorf("both: %v", err)
	}
	twice.Decisions = nil
	if _, err := twice.files(); err == nil || !strings.Contains(err.Error(), "decisions.parquet: two rows with the same") {
		t.Errorf("twice: %v", err)
	}
}

// Rows that are said to stand in order, and do not, are not published: whether it
// is two of a piece, of a block, of two blocks or of two row groups that are in
// each other's place, and whether they are equal.
func TestMadeRowsThatAreNotInOrderAreRefused(t *testing.T) {
	t.Parallel()
	const rows, groupRows = 3*fillRows + 100, 2*fillRows + 50
	for _, at := range []int{1, madeRows, fillRows, groupRows, rows - 1} {
		for name, test := range map[string]struct {
			id   func(i int) int
			want string
		}{
			"swapped": {func(i int) int {
				return map[int]int{at: at - 1, at - 1: at}[i] + map[bool]int{true: 0, false: i}[i == at || i == at-1]
			}, "is to go before"},
			"twice": {func(i int) int { return i - map[bool]int{true: 1}[i == at] }, "two rows with the same [incident_id released]"},
		} {
			n := sampleNight()
			row := n.Decisions[0]
			n.Decisions = nil
			n.MadeDecisions = Made[Decision]{Rows: rows, InOrder: true, Row: func(i int, made *Decision) {
				*made = row
				made.IncidentID = fmt.Sprintf("in1_%06d", test.id(i))
			}}
			files, err := n.files()
			if err != nil {
				t.Fatal(err)
			}
			s := newStaging(nil, "", n.watch)
			s.groupRows = groupRows
			if _, err := s.digests(files); err == nil || !strings.Contains(err.Error(), "decisions.parquet: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s, %d: %v", name, at, err)
			}
		}
	}
}

// Control totals are of the rows, however they are cut into row groups; an id of
// two columns as well.
func TestRowGroupsChangeNoTotal(t *testing.T) {
	parquetio.Scribble.Store(true) // texts that are kept too long are wrong
	defer parquetio.Scribble.Store(false)
	_, want := publishOn(t, manyRows(), 2, 5000)
	_, got := publishOn(t, manyRows(), 2, 499)
	for i := range want {
		if strings.HasSuffix(want[i].Name, csvSuffix) || want[i].Rows < 500 {
			continue
		}
		if want[i].SHA256 == got[i].SHA256 {
			t.Errorf("%s: both are of the same row groups", want[i].Name)
		}
		want[i].SHA256, want[i].Size, got[i].SHA256, got[i].Size = "", 0, "", 0
		if diff := gocmp.Diff(want[i], got[i]); diff != "" {
			t.Error(diff)
		}
	}
	// By hand: the even numbers below 3300 are dollars.
	at := outputNamed(t, got, "decisions.parquet")
	if at.Rows != 3300 || at.SumsMinor["gross_minor"]["USD"] != fmt.Sprint(1649*1650) {
		t.Errorf("%+v", at)
	}
}

// A file that has the bytes that were written, and does not say what was meant,
// is the encoder's fault, and is noticed all the same.
func TestValuesAreReadBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(c []parquetio.Column){
		"customer_id": func(c []parquetio.Column) { c[4].Strings[1] = "mallory" },
		"order_id":    func(c []parquetio.Column) { c[5].Valid[0] = !c[5].Valid[0]; c[5].Strings[0] = "x" },
		"gross_minor": func(c []parquetio.Column) { c[14].Ints[1]++ },
		"rows":        func(c []parquetio.Column) { shorten(c) },
	} {
		s := newStaging(nil, "", func(string) func() { return func() {} })
		rows := rowsOf(&decisionTable, testDate, sampleNight().Decisions).(*tableRows[Decision])
		if err := rows.prepare(); err != nil {
			t.Fatal(err)
		}
		var content bytes.Buffer
		f := parquetFile(&changedRows{rows, change})
		if err := f.write(&content, s); err != nil {
			t.Fatal(err)
		}
		honest := parquetFile(rows)
		if err := honest.write(io.Discard, s); err != nil {
			t.Fatal(err)
		}
		out := Output{Size: int64(content.Len())}
		if err := honest.check(bytes.NewReader(content.Bytes()), s, &out); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func shorten(columns []parquetio.Column) {
	for i := range columns {
		columns[i].Resize(1)
	}
}

// changedRows changes columns before they are encoded.
type changedRows struct {
	rowSource
	change func([]parquetio.Column)
}

func (r *changedRows) groups(s *staging, yield func([]parquetio.Column) error) error {
	return r.rowSource.groups(s, func(columns []parquetio.Column) error {
		r.change(columns)
		return yield(columns)
	})
}
