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
	another  bool  // customer had the order in earlier runs
}

// orders are the incidents of orders that one part of all keys has, by the first
// bits of their orders' hashes.
type orders struct {
	list   []ordered
	starts [keyParts + 1]int32
}

// of are those of one part of all orders.
func (o *orders) of(part int) []ordered { return o.list[o.starts[part]:o.starts[part+1]] }

// ordersOf asks for the owners of the orders of incidents that a part found, which
// begin at first in Result.Incidents, and says of these whether they are of a new
// order.
func ordersOf(list []found, first int, owner OrderOwner) (o orders) {
	for i := range list {
		if list[i].ordered != 0 {
			o.starts[list[i].ordered/(1<<64/keyParts)+1]++
		}
	}
	for part := range keyParts {
		o.starts[part+1] += o.starts[part]
	}
	o.list = make([]ordered, o.starts[keyParts])
	next := o.starts
	for i := range list {
		if f := &list[i]; f.ordered != 0 {
			at := &next[f.ordered/(1<<64/keyParts)]
			o.list[*at] = orderedOf(f, first+i, owner)
			*at++
		}
	}
	return o
}

// orderedOf is an incident with an order, which stands somewhere in
// Result.Incidents.
func orderedOf(f *found, at int, owner OrderOwner) ordered {
	customer, known := owner(at)
	f.incident.NewOrder = !known
	return ordered{f.ordered, int32(at), known && customer != f.incident.Customer()}
}

// oneCustomerPerOrder rejects the incidents of orders that name several
// customers: one order has one customer, tonight and before.
func oneCustomerPerOrder(r *Result, parts []merger, owner OrderOwner, workers int) {
	var firsts [keyParts]int
	for i := 1; i < keyParts; i++ {
		firsts[i] = firsts[i-1] + len(parts[i-1].found)
	}
	var o [keyParts]orders
	each(keyParts, workers, func(part int) { o[part] = ordersOf(parts[part].found, firsts[part], owner) })
	var spoiled [keyParts][]int32
	each(keyParts, workers, func(part int) {
		var list []ordered
		for i := range o {
			list = append(list, o[i].of(part)...)
		}
		spoiled[part] = spoiledOrders(r.Incidents, list)
	})
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

// orderState is what is known of an order.
type orderState struct {
	first   int32 // index in the list at hand: of its first incident
	several bool  // customers
}

// spoiledOrders returns the incidents whose order names several customers. Most
// orders have one incident, at which it need not look.
func spoiledOrders(incidents []*award.Incident, list []ordered) (spoiled []int32) {
	states, of := make([]orderState, 0, len(list)), make([]int32, len(list))
	places := make([]int32, 1<<bits.Len(uint(2*len(list)))) // by hash: a state's index plus one
	several := false
	for i, o := range list {
		at := o.hash & uint64(len(places)-1)
		for ; places[at] != 0; at = (at + 1) & uint64(len(places)-1) {
			if first := &list[states[places[at]-1].first]; first.hash == o.hash && incidents[first.incident].Order() == incidents[o.incident].Order() {
				break
			}
		}
		if places[at] == 0 {
			states = append(states, orderState{first: int32(i)})
			places[at] = int32(len(states))
		}
		of[i] = places[at] - 1
		s := &states[of[i]]
		first := list[s.first].incident
		if o.another || first != o.incident && incidents[first].Customer() != incidents[o.incident].Customer() {
			s.several, several = true, true
		}
	}
	for i := 0; several && i < len(list); i++ {
		if states[of[i]].several {
			spoiled = append(spoiled, list[i].incident)
		}
	}
	return spoiled
}
