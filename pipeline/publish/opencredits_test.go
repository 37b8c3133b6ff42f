package publish

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/durable/durabletest"
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
	if err := errors.Join(rows.prepare(), rows.build(newStaging(nil, "", nil), columns, make([]Texts, len(credits)/fillRows+1), 0, len(credits))); err != nil {
		t.Fatal(err)
	}
	return columns
}

// staged is a night's open.parquet and open.csv in row groups of so many rows,
// written and read again.
func staged(t rapid.TB, n *Night, groupRows int) (read func(name string) []byte, outputs map[string]Output) {
	t.Helper()
	files, err := n.files()
	if err != nil {
		t.Fatal(err)
	}
	files = slices.DeleteFunc(files, func(f *file) bool { return !strings.HasPrefix(f.name, "open.") })
	fsys := durabletest.New()
	s := newStaging(fsys, "run", n.watch)
	s.groupRows = groupRows
	if _, err := makeFolders(fsys, "run", files); err != nil {
		t.Fatal(err)
	}
	list, err := s.write(files)
	if err != nil {
		t.Fatal(err)
	}
	outputs = map[string]Output{}
	for _, o := range list {
		outputs[o.Name] = o
	}
	return func(name string) []byte {
		content, err := fsys.ReadFile("run/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}, outputs
}

// openOf is an open.parquet of credits, in row groups of so many.
func openOf(t rapid.TB, credits []ledger.Credit, groupRows int) *OpenCredits {
	columns := openColumns(t, 19_999, credits)
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{RowGroupRows: groupRows}); err != nil {
		t.Fatal(err)
	}
	totals, err := decodeTotals(openTable.layout(), out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	totals.Size = int64(out.Len())
	file, err := NewOpenCredits(bytes.NewReader(out.Bytes()), totals)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// openFates are the open credits of the night before, those that changed since and
// those that tonight made, and the file that all of them come to.
func openFates(t *rapid.T) (before, changed, made, want []ledger.Credit) {
	var stay, come []ledger.Credit
	quiet := rapid.Bool().Draw(t, "quiet") // most credits are as they were
	for i := range rapid.IntRange(0, 60).Draw(t, "credits") {
		c := openCredit(t, fmt.Sprintf("%02d", i))
		c.Issued += calendar.Date(i / 20)
		fates := []string{"same", "same", "new", "made", "moved", "gone", "never", "back"}
		if quiet && i%20 != 7 {
			fates = []string{"same"}
		}
		switch rapid.SampledFrom(fates).Draw(t, "fate") {
		case "same":
			stay, before = append(stay, c), append(before, c)
		case "new":
			c.Issued = 20_010
			come, changed = append(come, c), append(changed, c)
		case "made":
			c.Issued = 20_010
			come, made = append(come, c), append(made, c)
		case "back": // an old one, that had nothing left
			come, changed = append(come, c), append(changed, c)
		case "moved":
			before = append(before, c)
			c.GrantedMinor += 5
			c.RedeemedMinor = 3
			stay, changed = append(stay, c), append(changed, c)
		case "gone":
			before = append(before, c)
			c.ForfeitedMinor = c.GrantedMinor
			changed = append(changed, c)
		case "never": // issued and gone since the file
			c.VoidedMinor = c.GrantedMinor
			changed = append(changed, c)
		}
	}
	slices.SortStableFunc(come, func(a, b ledger.Credit) int { return cmp.Compare(a.Issued, b.Issued) })
	want = append(slices.Clone(stay), come...)
	if rapid.Bool().Draw(t, "shuffled") {
		changed, made = rapid.Permutation(changed).Draw(t, "order"), rapid.Permutation(made).Draw(t, "order made")
	}
	return before, changed, made, want
}

// However the open credits are parted into those of the night before and those
// that changed, and whatever row groups they were in, the file has them in the
// order in which they came; and its totals, most of them those of the night
// before, are those that an independent reading finds.
func TestOpenIsMergedFromTheNightBefore(t *testing.T) {
	t.Parallel()
	copied, encoded := false, false
	rapid.Check(t, func(t *rapid.T) {
		before, changed, made, want := openFates(t)
		groupRows := rapid.IntRange(1, 30).Draw(t, "rows of a row group")
		n := &Night{Date: 20_010, Open: changed, CSV: true, MadeOpen: Made[ledger.Credit]{
			Rows: len(made), Row: func(i int, c *ledger.Credit) { *c = made[i] },
			In: func(i int, c *ledger.Credit, texts *Texts) {
				*c = made[i]
				c.CreditID = texts.Of(func(b []byte) []byte { return append(b, made[i].CreditID...) })
			},
			InOrder: slices.IsSortedFunc(made, func(a, b ledger.Credit) int { return openTable.compare(&a, &b) }) &&
				!slices.ContainsFunc(changed, func(c ledger.Credit) bool { return c.Issued == 20_010 }),
		}}
		if len(before) > 0 || rapid.Bool().Draw(t, "an empty file before") {
			n.OpenBefore = openOf(t, before, rapid.IntRange(1, groupRows).Draw(t, "rows"))
		} else {
			n.Open = slices.DeleteFunc(changed, func(c ledger.Credit) bool { return c.Remaining() == 0 })
		}
		read, outputs := staged(t, n, groupRows)
		content := read(OpenFile)
		got, err := ReadOpen(bytes.NewReader(content), int64(len(content)))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %v\nwant %v", err, got, want)
		}
		if err := reread(content, outputs[OpenFile]); err != nil {
			t.Error(err)
		}
		merged, ok := openRows(n).(*openMerged)
		if !ok {
			return
		}
		for _, part := range merged.partsOf(t, groupRows) {
			copied, encoded = copied || part.steps == nil, encoded || part.steps != nil
			if part.rows > groupRows || part.rows == 0 {
				t.Errorf("a row group of %d rows, not up to %d", part.rows, groupRows)
			}
		}
		again := digestsOf(t, n, groupRows)
		for name, o := range outputs {
			if again[name] != o.SHA256 {
				t.Errorf("%s: other bytes when they are only digested", name)
			}
		}
	})
	if !copied || !encoded {
		t.Errorf("copied %v, encoded %v: not all was tried", copied, encoded)
	}
}

func (m *openMerged) partsOf(t rapid.TB, groupRows int) []openPart {
	if err := m.prepare(); err != nil {
		t.Fatal(err)
	}
	return m.parts(groupRows, true)
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

// By hand: row groups of 4 rows; 10 that were there, in groups of 4, 4 and 2.
func TestWhichRowGroupsAreCopied(t *testing.T) {
	t.Parallel()
	var before []ledger.Credit
	for i := range 10 {
		before = append(before, ledger.Credit{
			CreditID: fmt.Sprintf("c%d", i), IncidentID: "i", CustomerID: "c", Source: "s", EventID: "e", Currency: "USD",
			RuleID: "r", Reason: "R", Funding: "platform", Issued: 20_000, EffectiveAt: 1, ExpiresAt: 2, GrantedMinor: 5,
		})
	}
	spent := func(i int, minor int64) ledger.Credit {
		c := before[i]
		c.RedeemedMinor = minor
		return c
	}
	fresh := before[0]
	fresh.CreditID, fresh.Issued = "a", 20_001
	for _, test := range []struct {
		changed []ledger.Credit
		want    string
	}{
		{nil, "copy 0, copy 1, copy 2"},
		{[]ledger.Credit{fresh}, "copy 0, copy 1, copy 2, 1"},
		{[]ledger.Credit{spent(5, 1)}, "copy 0, 4, copy 2"},
		{[]ledger.Credit{spent(0, 5)}, "3, copy 1, copy 2"},
		{[]ledger.Credit{spent(0, 5), spent(1, 5), spent(2, 5)}, "2, 3, copy 2"}, // one row left would be a small group
		{[]ledger.Credit{spent(0, 1), spent(9, 5)}, "4, copy 1, 1"},
		{[]ledger.Credit{spent(8, 5), fresh}, "copy 0, copy 1, 2"},
	} {
		m := openRows(&Night{Date: 20_001, Open: test.changed, OpenBefore: openOf(t, before, 4)}).(*openMerged)
		var got []string
		for _, p := range m.partsOf(t, 4) {
			if p.steps == nil {
				got = append(got, fmt.Sprintf("copy %d", p.group))
			} else {
				got = append(got, fmt.Sprint(p.rows))
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%v: %s, want %s", test.changed, strings.Join(got, ", "), test.want)
		}
	}
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
		var err error
		for group := range file.Groups() {
			err = errors.Join(err, file.Each(group, OpenColumns(), func(rows []ledger.Credit) error {
				for i := range rows { // their texts are only lent
					got = append(got, openTable.own(&rows[i]))
				}
				return nil
			}))
		}
		if err != nil || !slices.Equal(got, want) || int(file.Rows()) != len(want) {
			t.Errorf("%v, %d rows: %v\nwant %v", err, file.Rows(), got, want)
		}
	})
}

// A credit that the earlier file has twice cannot be told from two.
func TestAnOpenFileWithACreditTwiceIsRefused(t *testing.T) {
	t.Parallel()
	credit := ledger.Credit{
		CreditID: "a", IncidentID: "i", CustomerID: "c", Source: "s", EventID: "e", Currency: "USD", RuleID: "r", Reason: "R", Funding: "platform", GrantedMinor: 1,
	}
	other := credit
	other.CreditID = "b"
	columns := openColumns(t, 20_000, []ledger.Credit{credit, other})
	columns[1].Strings[1] = "a"
	var out bytes.Buffer
	if err := parquetio.Write(&out, columns, parquetio.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	file, err := NewOpenCredits(bytes.NewReader(out.Bytes()), Output{Size: int64(out.Len()), Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	credit.RedeemedMinor = 1
	if _, err := Digests(&Night{Date: 20_000, Open: []ledger.Credit{credit}, OpenBefore: file}); !errors.Is(err, ErrOpenTwice) {
		t.Errorf("merged: %v", err)
	}
}

func TestAnOpenFileOfOtherTotalsIsRefused(t *testing.T) {
	t.Parallel()
	var before []ledger.Credit
	for _, id := range []string{"a", "b", "c"} {
		before = append(before, ledger.Credit{
			CreditID: id, IncidentID: "i", CustomerID: "c", Source: "s", EventID: "e", Currency: "USD", RuleID: "r", Reason: "R", Funding: "platform", GrantedMinor: 1,
		})
	}
	file := openOf(t, before, 1)
	file.listed.Rows++ // a manifest that lists others
	before[0].RedeemedMinor = 1
	files, err := (&Night{Date: 20_010, Open: before[:1], OpenBefore: file}).files()
	if err != nil {
		t.Fatal(err)
	}
	fsys := durabletest.New()
	s := newStaging(fsys, "run", func(string) func() { return func() {} })
	s.groupRows = 1
	if _, err := makeFolders(fsys, "run", files); err != nil {
		t.Fatal(err)
	}
	if _, err := s.write(files); err == nil || !strings.Contains(err.Error(), "2 rows that stay, and its totals have 3") {
		t.Errorf("written: %v", err)
	}
}
