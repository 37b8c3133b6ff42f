package ledger_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"amends/pipeline/archive"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// evening begins the long Book of a night: with an archive that was kept, half
// kept, or not at all.
func (m *machine) evening(t *rapid.T) {
	c := archive.Config{FS: m.disk, Dir: "/derived", Nights: m.nights,
		Postings: func(n int, visit func(int, []ledger.Posting) error) error {
			return visit(0, slices.SortedFunc(slices.Values(m.archived[n]), ledger.Compare))
		}}
	if rapid.IntRange(0, 2).Draw(t, "archive") > 0 {
		if err := archive.Keep(c); err != nil {
			t.Fatal(err)
		}
	}
	a, err := archive.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	past := a.Before(m.night.Date)
	asked := archive.Digests(rapid.SampledFrom([]int{0, 20, 41, 41}).Draw(t, "asked"), func(i int) string { return fmt.Sprint("cr-", i) }, 2)
	if _, err := past.Ask(archive.OfCredit, asked, 0, 2); err != nil {
		t.Fatal(err)
	}
	after := ledger.After{Past: past, Outstanding: m.book.Outstanding(), Last: m.night.Date - 1, CustomersFrom: 0}
	if len(m.nights) > 0 {
		after.Last = m.nights[len(m.nights)-1].Date
	}
	m.long = ledger.NewBookAfter(after)
	for _, c := range m.book.Open() {
		if m.night.Due(c.ExpiresAt) {
			m.long.Credit(c.CreditID)
		}
	}
}

// issueMade issues grants made one by one, in the order of their ids or in any
// other, and returns the postings that issue them.
func (m *machine) issueMade(t *rapid.T, book *ledger.Book, grants []ledger.Grant) ([]ledger.Posting, error) {
	byCredit := func(a, b ledger.Grant) int { return cmp.Compare(a.CreditID, b.CreditID) }
	sorted := slices.SortedFunc(slices.Values(grants), byCredit)
	given := sorted
	if rapid.IntRange(0, 3).Draw(t, "disorder") == 0 {
		given = grants
	}
	issues := issuesOf(given)
	if rapid.Bool().Draw(t, "known") {
		posted := map[string]bool{}
		for _, night := range m.archived {
			for _, p := range night {
				posted[p.CreditID] = true
			}
		}
		issues.Blank = func(i int) bool { return !posted[given[i].CreditID] }
	}
	err := m.night.IssueMade(book, issues)
	var postings []ledger.Posting
	for i := range sorted {
		postings = append(postings, m.night.Issued(&sorted[i]))
	}
	return postings, err
}

// asLong posts the same to the long Book.
func (m *machine) asLong(t *rapid.T, what string, want []ledger.Posting, post func(*ledger.Book) ([]ledger.Posting, error)) {
	got, err := post(m.long)
	if err != nil || m.long.Err() != nil || !slices.Equal(got, want) {
		t.Fatalf("%s on %s with a past: %v, %v: %+v\nwant %+v", what, m.night.Date, err, m.long.Err(), got, want)
	}
}

// morning compares what the long Book answers, and archives the night.
func (m *machine) morning(t *rapid.T) {
	if got, want := m.long.Outstanding(), m.book.Outstanding(); !maps.Equal(got, want) {
		t.Fatalf("outstanding %v, want %v", got, want)
	}
	for incident := range m.incidents {
		credit := "cr" + incident[2:]
		got, ok := m.long.Credit(credit)
		want, paid := m.book.Credit(credit)
		if got != want || ok != paid || m.long.Pending(incident) != m.book.Pending(incident) {
			t.Fatalf("credit %+v, %v; want %+v, %v", got, ok, want, paid)
		}
		for _, from := range []calendar.Date{0, m.night.Date - 3, m.night.Date} {
			kind, settled := m.long.Settled(incident, from)
			if wantKind, want := m.book.Settled(incident, from); kind != wantKind || settled != want {
				t.Fatalf("%s since %s: %s %v, want %s %v", incident, from, kind, settled, wantKind, want)
			}
		}
	}
	for i := range 3 {
		customer := fmt.Sprint("c-", i)
		if got, want := given(m.long.Customer, customer), given(m.book.Customer, customer); !slices.Equal(got, want) {
			t.Fatalf("customer %s: %v, want %v", customer, got, want)
		}
	}
	for i := range 5 {
		order := fmt.Sprint("o-", i)
		if got, want := given(m.long.Order, order), given(m.book.Order, order); !slices.Equal(got, want) {
			t.Fatalf("order %s: %v, want %v", order, got, want)
		}
	}
	moved := map[string]bool{}
	for _, p := range m.nightly {
		if p.Minor > 0 {
			moved[p.CreditID] = true
		}
	}
	for _, c := range m.long.Changed() {
		if !moved[c.CreditID] {
			t.Fatalf("%s did not change", c.CreditID)
		}
		delete(moved, c.CreditID)
	}
	if len(moved) > 0 || m.long.Err() != nil {
		t.Fatalf("%v changed, %v", moved, m.long.Err())
	}
	m.nights = append(m.nights, archive.Night{Date: m.night.Date, SHA256: fmt.Sprintf("%064x", len(m.nights)+1)})
	m.archived[len(m.nights)] = m.nightly
}

// given are what a Book says that a customer or order was given.
func given(visit func(string, func(ledger.Given) bool), id string) []ledger.Given {
	var all []ledger.Given
	visit(id, func(g ledger.Given) bool {
		all = append(all, g)
		return true
	})
	return all
}
