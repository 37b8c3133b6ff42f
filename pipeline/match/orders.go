package match

import (
	"fmt"
	"math/bits"
	"slices"

	"amends/pipeline/award"
)

// OrderOwner gives the customer of an incident's order in earlier runs, and
// whether one of them gave or holds anything for it. Merge calls it from several
// goroutines, for incidents that have an order.
type OrderOwner func(incident int) (customer string, known bool)

// OrderOwners gets ready to be asked for the orders of incidents, which it does
// not keep.
type OrderOwners func(incidents []*award.Incident) (OrderOwner, error)

// orderHash is a hash of an order, and 0 of none.
func (s Seed) orderHash(order string) uint64 {
	if order == "" {
		return 0
	}
	return max(s.text(order), 1)
}

// ordered is an incident of an order.
type ordered struct {
	hash     uint64
	incident int32 // index in Result.Incidents
}

// orders are the incidents that parts found by the first bits of the hashes of
// their orders; of each part those of its own.
type orders [keyParts][keyParts][]ordered

func ordersOf(parts []merger, workers int) *orders {
	var firsts [keyParts]int
	for i := 1; i < keyParts; i++ {
		firsts[i] = firsts[i-1] + len(parts[i-1].found)
	}
	byPart := &orders{}
	each(keyParts, workers, func(part int) {
		for i, f := range parts[part].found {
			if f.ordered != 0 {
				of := &byPart[f.ordered/(1<<64/keyParts)][part]
				*of = append(*of, ordered{f.ordered, int32(firsts[part] + i)})
			}
		}
	})
	return byPart
}

// oneCustomerPerOrder rejects the incidents of orders that name several
// customers: one order has one customer, tonight and before.
func oneCustomerPerOrder(r *Result, o *orders, owner OrderOwner, workers int) {
	var spoiled [keyParts][]int32
	each(keyParts, workers, func(part int) { spoiled[part] = spoiledOrders(r.Incidents, slices.Concat(o[part][:]...), owner) })
	all := slices.Concat(spoiled[:]...)
	if len(all) == 0 {
		return
	}
	for _, i := range all {
		inc := r.Incidents[i]
		c := r.Counts[inc.Source]
		c.Matched--
		c.Rejected++
		r.Counts[inc.Source] = c
		r.Rejects = append(r.Rejects, Reject{
			Source: inc.Source, Place: inc.Place(), Code: CodeSeveralCustomers,
			Detail: fmt.Sprintf("order %s has several customers; an order has one", inc.Order()),
		})
		r.Incidents[i] = nil
	}
	r.Incidents = slices.DeleteFunc(r.Incidents, func(inc *award.Incident) bool { return inc == nil })
}

// orderState is what is known of an order by its first incident.
type orderState struct {
	customer string
	first    int32 // index in the list at hand
	known    bool  // to earlier runs
	several  bool  // customers
}

// spoiledOrders returns the incidents whose order names several customers, and
// marks those of new orders.
func spoiledOrders(incidents []*award.Incident, list []ordered, owner OrderOwner) (spoiled []int32) {
	states, of := make([]orderState, 0, len(list)), make([]int32, len(list))
	places := make([]int32, 1<<bits.Len(uint(2*len(list)))) // by hash: a state's index plus one
	several := false
	for i, o := range list {
		inc := incidents[o.incident]
		at := o.hash & uint64(len(places)-1)
		for ; places[at] != 0; at = (at + 1) & uint64(len(places)-1) {
			if first := &list[states[places[at]-1].first]; first.hash == o.hash && incidents[first.incident].Order() == inc.Order() {
				break
			}
		}
		if places[at] == 0 {
			customer, known := owner(int(o.incident))
			if !known {
				customer = inc.Customer()
			}
			states = append(states, orderState{customer: customer, first: int32(i), known: known})
			places[at] = int32(len(states))
		}
		of[i] = places[at] - 1
		s := &states[of[i]]
		inc.NewOrder = !s.known
		s.several = s.several || inc.Customer() != s.customer
		several = several || s.several
	}
	for i := 0; several && i < len(list); i++ {
		if states[of[i]].several {
			spoiled = append(spoiled, list[i].incident)
		}
	}
	return spoiled
}
