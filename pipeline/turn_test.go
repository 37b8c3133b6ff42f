package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
	"amends/rules/money"
)

// turnNights are what became of incidents on the nights so many days before: each
// is of the customer and order of its number.
var turnNights = []struct {
	daysBefore int
	posted     map[int][]ledger.Kind
}{
	{500, map[int][]ledger.Kind{1: {ledger.Issue}, 2: {ledger.Deny}, 3: {ledger.Hold}, 4: {ledger.Hold}, 5: {ledger.Hold}}},
	{450, map[int][]ledger.Kind{4: {ledger.Lapse}}},
	{9, map[int][]ledger.Kind{5: {ledger.Reject}, 6: {ledger.Issue}, 7: {ledger.Issue}, 8: {ledger.Deny}, 11: {ledger.Issue}, 12: {ledger.Issue}}},
	{1, map[int][]ledger.Kind{7: {ledger.Void}, 9: {ledger.Hold}, 16: {ledger.Issue}}},
}

// turnSettled is what that comes to with a horizon of 400 days.
var turnSettled = map[int]string{1: "issue", 3: "hold", 5: "reject", 6: "issue", 7: "issue", 8: "deny", 9: "hold", 11: "issue", 12: "issue", 16: "issue"}

func turnPosting(date calendar.Date, number int, kind ledger.Kind) ledger.Posting {
	p := ledger.Posting{
		ID: fmt.Sprintf("po1_%08x%08x%016x", number, int(date), kind[0]), BusinessDate: date, Kind: kind, CreditID: fmt.Sprintf("cr1_%032x", number), IncidentID: fmt.Sprintf("in1_%032x", number),
		CustomerID: fmt.Sprint("customer ", number%5), OrderID: fmt.Sprint("order ", number%5), RuleID: "late", Currency: "USD", At: 1,
	}
	switch kind {
	case ledger.Issue:
		p.Minor, p.EffectiveAt, p.ExpiresAt = int64(100+number), 1, 2
	case ledger.Void:
		p.Minor = int64(100 + number)
	}
	return p
}

// turnNight is a night with these nights before it, and incidents 0 to 19.
func turnNight(t *testing.T) (*night, []*award.Incident) {
	t.Helper()
	const date = calendar.Date(20_000)
	c := archive.Config{FS: durabletest.New(), Dir: "/derived"}
	var postings [][]ledger.Posting
	outstanding := money.ByCurrency{}
	for i, of := range turnNights {
		var night []ledger.Posting
		for number, kinds := range of.posted {
			for _, kind := range kinds {
				p := turnPosting(date.AddDays(-of.daysBefore), number, kind)
				night = append(night, p)
				outstanding["USD"] += map[ledger.Kind]int64{ledger.Issue: p.Minor, ledger.Void: -p.Minor}[kind]
			}
		}
		slices.SortFunc(night, ledger.Compare)
		postings = append(postings, night)
		c.Nights = append(c.Nights, archive.Night{Date: date.AddDays(-of.daysBefore), SHA256: fmt.Sprintf("%064x", i+1)})
	}
	c.Postings = func(n int, visit func(int, []ledger.Posting) error) error { return visit(0, postings[n-1]) }
	a, err := archive.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	past := a.Before(date)
	n := &night{session: &session{memory: memory{archive: a, past: past, customersFrom: date.AddDays(-400)}}, config: Config{Workers: 2}, date: date}
	n.book = ledger.NewBookAfter(ledger.After{Past: past, Outstanding: outstanding, Last: date - 1, CustomersFrom: date.AddDays(-400)})
	n.history = newHistory(n.book, date, 400, []publish.Hold{})
	var incidents []*award.Incident
	for number := range 20 {
		p := turnPosting(date, number, ledger.Issue)
		key, err := award.ParseKey(p.IncidentID)
		if err != nil {
			t.Fatal(err)
		}
		inc := &award.Incident{Key: key}
		inc.SetParties(award.Parties{Customer: p.CustomerID, Order: p.OrderID})
		incidents = append(incidents, inc)
	}
	return n, incidents
}

// A turn gives what history does, whether what it needs was looked for or not.
func TestATurnIsHistory(t *testing.T) {
	t.Parallel()
	for _, prepared := range []bool{true, false} {
		n, incidents := turnNight(t)
		n.people = newPeople(incidents, 2)
		if prepared {
			if err := n.people.ask(n); err != nil {
				t.Fatal(err)
			}
		}
		turn := n.people.turns(n.history)
		for customer := range n.people.len() {
			turn.of(customer)
			for i := turn.first; i < turn.end; i++ {
				inc := n.people.incident(i)
				number := slices.Index(incidents, inc)
				want, settled := turnSettled[number]
				if kind, ok := turn.Settled(inc.Key); kind != want || ok != settled {
					t.Errorf("prepared %t: incident %d is %q, %t, want %q", prepared, number, kind, ok, want)
				}
				if kind, ok := n.history.Settled(inc.Key); kind != want || ok != settled {
					t.Errorf("prepared %t: history has incident %d as %q, %t, want %q", prepared, number, kind, ok, want)
				}
				sameGiven(t, "customer", turn.Customer(inc.Customer()), n.history.Customer(inc.Customer()), false)
				sameGiven(t, "order", turn.Order(inc.Order()), n.history.Order(inc.Order()), true)
			}
		}
		if err := n.book.Err(); err != nil {
			t.Error(err)
		}
	}
}

// sameGiven compares what was given in any order; a turn does not say for which
// orders a customer was given it.
func sameGiven(t *testing.T, what string, got, want []resolve.Given, orders bool) {
	t.Helper()
	sorted := func(list []resolve.Given) []resolve.Given {
		list = slices.Clone(list)
		for i := range list {
			if !orders {
				list[i].OrderID = ""
			}
		}
		slices.SortFunc(list, func(a, b resolve.Given) int {
			return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Minor, b.Minor))
		})
		return list
	}
	if !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

// Customers stand as their first incidents do, each with its incidents in order.
func TestPeopleStandAsTheirIncidents(t *testing.T) {
	t.Parallel()
	var incidents []*award.Incident
	for i, customer := range []string{"b", "a", "b", "c", "a", "d", "b"} {
		inc := &award.Incident{Key: award.Key{byte(i)}}
		inc.SetParties(award.Parties{Customer: customer})
		incidents = append(incidents, inc)
	}
	p := newPeople(incidents, 2)
	if want := []int32{0, 2, 6, 1, 4, 3, 5}; !slices.Equal(p.order, want) {
		t.Errorf("incidents %v, want %v", p.order, want)
	}
	if want := []int32{0, 3, 5, 6, 7}; !slices.Equal(p.starts, want) {
		t.Errorf("customers begin at %v, want %v", p.starts, want)
	}
	for customer, want := range map[string][2]int{"b": {0, 3}, "a": {3, 5}, "c": {5, 6}, "d": {6, 7}, "nobody": {}} {
		if first, end := p.of(customer); first != want[0] || end != want[1] {
			t.Errorf("%s has %d to %d, want %v", customer, first, end, want)
		}
	}
}

// A customer's incidents and its orders are found, few or many, in any order.
func TestATurnFindsItsOwn(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, manyIncidents, manyIncidents + 1, 100} {
		var incidents []*award.Incident
		for i := range count {
			inc := &award.Incident{Key: award.Key{byte(i)}, NewOrder: i/2%3 == 0}
			inc.SetParties(award.Parties{Customer: "c", Order: fmt.Sprint("o", i/2)})
			other := &award.Incident{Key: award.Key{byte(i), 1}, NewOrder: true}
			other.SetParties(award.Parties{Customer: "another", Order: fmt.Sprint("another", i)})
			incidents = append(incidents, inc, other)
		}
		p := newPeople(incidents, 2)
		turn := p.turns(nil)
		turn.of(0)
		for n := range count {
			i := (n*7 + 3) % count
			if at := turn.find(incidents[2*i].Key); at < 0 || p.incident(at) != incidents[2*i] {
				t.Errorf("%d: incident %d is at %d", count, i, at)
			}
			if at := turn.find(incidents[2*i+1].Key); at >= 0 {
				t.Errorf("%d: the incident of another is at %d", count, at)
			}
			if got := turn.isNew(fmt.Sprint("o", i/2)); got != (i/2%3 == 0) {
				t.Errorf("%d: order %d is new: %t", count, i/2, got)
			}
			if turn.isNew(fmt.Sprint("another", i)) {
				t.Errorf("%d: the order of another is new", count)
			}
		}
	}
}
