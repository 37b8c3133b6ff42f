package archive_test

import (
	"fmt"
	"slices"
	"testing"

	"amends/pipeline/archive"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

// The nights of pages, whose credits are numbered: each is of an order of its own,
// and two of a night are one customer's.
const pagesCredits, pagesNights = 12_000, 2

func pages() *chain {
	c := &chain{}
	for night := range pagesNights {
		date := firstDay + 2*calendar.Date(night)
		c.nights = append(c.nights, archive.Night{Date: date, SHA256: fmt.Sprintf("%064x", night+1)})
		var postings []ledger.Posting
		for i := range pagesCredits {
			id := night*pagesCredits + i
			postings = append(postings, ledger.Posting{
				ID: fmt.Sprintf("po1_%032x", id), BusinessDate: date, Kind: ledger.Issue, CreditID: fmt.Sprintf("cr1_%032x", id), IncidentID: fmt.Sprintf("in1_%032x", id),
				CustomerID: fmt.Sprint("customer ", i/2), OrderID: fmt.Sprint("order ", id), EventID: "e", Currency: "USD", Minor: int64(id + 1),
			})
		}
		c.postings = append(c.postings, postings)
	}
	return c
}

// askPages asks for the ids of every so many numbers, one night's more than there are.
func askPages(t *testing.T, view *archive.View, step int, kind archive.Kind, form string) archive.Places {
	t.Helper()
	asked := ((pagesNights+1)*pagesCredits + step - 1) / step
	digests := archive.Digests(asked, func(i int) string { return fmt.Sprintf(form, i*step) }, 2)
	if appended := archive.AppendedDigests(asked, func(i int, to []byte) []byte { return fmt.Appendf(to, form, i*step) }, 2); !slices.Equal(appended, digests) {
		t.Errorf("digests of ids that are appended are others")
	}
	if step == 1 { // half of them are known when all are asked for
		if _, err := view.Ask(kind, digests[:asked/2], firstDay, 2); err != nil {
			t.Fatal(err)
		}
	}
	places, err := view.Ask(kind, digests, firstDay, 2)
	if err != nil {
		t.Fatal(err)
	}
	return places
}

// Volumes of many pages answer the same asked at once: for all, and for few,
// that are far from each other.
func TestPreparedOfManyPages(t *testing.T) {
	t.Parallel()
	config := pages().config(durabletest.New(), pagesNights)
	if err := archive.Keep(config); err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{1, 997} {
		a, err := archive.Open(config)
		if err != nil {
			t.Fatal(err)
		}
		view := a.Before(firstDay + 10)
		byCredit, byOrder := askPages(t, view, step, archive.OfCredit, "cr1_%032x"), askPages(t, view, step, archive.OfOrder, "order %d")
		byCustomer := askPages(t, view, step, archive.OfCustomer, "customer %d")
		if err := a.Close(); err != nil { // so that nothing is read any more
			t.Fatal(err)
		}
		var reader archive.Reader
		for i := range byCredit.Len() {
			id := i * step
			nothing := id >= pagesNights*pagesCredits
			pageOfCredit(t, view, id, nothing)
			if byCredit.At(i).Nothing() != nothing || byOrder.At(i).Nothing() != nothing {
				t.Fatalf("of %d there is something: credit %t, order %t", id, !byCredit.At(i).Nothing(), !byOrder.At(i).Nothing())
			}
			amounts, known := reader.Amounts(nil, byCustomer.At(i), firstDay)
			pageOfCustomer(t, view, id, amounts, known)
		}
	}
}

// pageOfCredit holds what is said of a credit and of its order to what was posted.
func pageOfCredit(t *testing.T, view *archive.View, id int, nothing bool) {
	t.Helper()
	want := 1
	if nothing {
		want = 0
	}
	credit, err := view.Credit(fmt.Sprintf("cr1_%032x", id))
	if err != nil || len(credit) != want || want > 0 && credit[0].Minor != int64(id+1) || view.Nothing(fmt.Sprintf("cr1_%032x", id)) != nothing {
		t.Fatalf("credit %d: %v, %+v", id, err, credit)
	}
	order, err := view.Order(fmt.Sprint("order ", id))
	if err != nil || len(order) != want || want > 0 && order[0].Minor != int64(id+1) {
		t.Fatalf("order %d: %v, %+v", id, err, order)
	}
}

// pageOfCustomer holds what is said of a customer, and the amounts that were read at
// its place, to what was posted.
func pageOfCustomer(t *testing.T, view *archive.View, id int, amounts []archive.Amount, known bool) {
	t.Helper()
	want := 0
	if id < pagesCredits/2 {
		want = 2 * pagesNights
	}
	given, err := view.Customer(fmt.Sprint("customer ", id), firstDay)
	if err != nil || len(given) != want || !known || len(amounts) != want {
		t.Fatalf("customer %d: %v, %+v; %t, %+v", id, err, given, known, amounts)
	}
	for k, g := range given {
		if want := (archive.Amount{Date: g.Date, RuleID: g.RuleID, Currency: g.Currency, Minor: g.Minor}); amounts[k] != want {
			t.Fatalf("customer %d: %+v, want %+v", id, amounts[k], want)
		}
	}
}

// Of ids that are asked once the places say what those of others do, and other
// questions have the same answers.
func TestAskOnce(t *testing.T) {
	t.Parallel()
	c := &chain{nights: []archive.Night{{Date: firstDay, SHA256: fmt.Sprintf("%064x", 1)}}}
	var postings []ledger.Posting
	const ids = 20_000
	for i := 0; i < ids; i += 7 {
		postings = append(postings, ledger.Posting{
			ID: fmt.Sprintf("po1_%032x", i), BusinessDate: firstDay, Kind: ledger.Issue, CreditID: fmt.Sprintf("cr1_%032x", i), IncidentID: fmt.Sprintf("in1_%032x", i),
			CustomerID: "c", OrderID: fmt.Sprint("order ", i), EventID: "e", Currency: "USD", Minor: int64(i + 1),
		})
	}
	c.postings = [][]ledger.Posting{postings}
	config := c.config(durabletest.New(), 1)
	if err := archive.Keep(config); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	view := a.Before(firstDay + 1)
	digests := archive.Digests(2*ids, func(i int) string { return fmt.Sprintf("cr1_%032x", i%ids) }, 2)
	for range 2 { // the second time, some are known
		places, err := view.AskOnce(archive.OfCredit, digests, firstDay, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i := range places.Len() {
			p := places.At(i)
			kind, _, known := p.Settlement()
			if want := i%ids%7 == 0; !known || p.Nothing() == want || (kind == ledger.Issue) != want {
				t.Fatalf("credit %d: %q, known %t, nothing %t", i%ids, kind, known, p.Nothing())
			}
		}
	}
	for i := range 50 {
		credit, err := view.Credit(fmt.Sprintf("cr1_%032x", i))
		if want := i%7 == 0; err != nil || (len(credit) == 1) != want || want && credit[0].Minor != int64(i+1) {
			t.Errorf("credit %d: %v, %+v", i, err, credit)
		}
	}
}
