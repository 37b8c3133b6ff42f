package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"amends/pipeline/award"
)

// tally adds up what finders found of all sources.
type tally struct {
	sources []string // sorted
	counts  []Counts // by source
	workers int      // how many finders a source has
}

func newTally(finders []*Finder) *tally {
	t := &tally{}
	of := map[string]int{}
	for _, f := range finders {
		of[f.source.event.Source]++
		t.workers = max(t.workers, of[f.source.event.Source])
	}
	for name := range of {
		t.sources = append(t.sources, name)
	}
	slices.Sort(t.sources)
	t.counts = make([]Counts, len(t.sources))
	for _, f := range finders {
		t.counts[t.number(f)].plus(f.counts)
		t.counts[t.number(f)].Rejected += int64(len(f.lost))
	}
	return t
}

// number is the index of a finder's source.
func (t *tally) number(f *Finder) int {
	at, _ := slices.BinarySearch(t.sources, f.source.event.Source)
	return at
}

func (c *Counts) plus(o Counts) {
	c.Read += o.Read
	c.Rejected += o.Rejected
	c.OutOfWindow += o.OutOfWindow
	c.NotYet += o.NotYet
	c.NotAgain += o.NotAgain
	c.Unmatched += o.Unmatched
	c.Merged += o.Merged
	c.Matched += o.Matched
}

// result is what finders and the parts of all keys come to. Parts stand in the
// order of keys, and an incident's id is its key.
func (t *tally) result(finders []*Finder, parts []merger) *Result {
	r := &Result{Counts: map[string]Counts{}, ShadowFaults: map[string]int64{}, Events: countValues(finders)}
	for _, f := range finders {
		r.Rejects = append(r.Rejects, f.lost...)
		for id, n := range f.shadow {
			r.ShadowFaults[id] += n
		}
	}
	incidents := 0
	for i := range parts {
		incidents += len(parts[i].found)
	}
	r.Incidents = make([]*award.Incident, 0, incidents)
	for i := range parts {
		r.Incidents = append(r.Incidents, parts[i].found...)
		r.Rejects = append(r.Rejects, parts[i].rejects...)
		for source := range t.counts {
			t.counts[source].plus(parts[i].counts[source])
		}
	}
	for i, name := range t.sources {
		r.Counts[name] = t.counts[i]
	}
	return r
}

// keyParts is into how many parts keys go, by the first bits of their first
// byte: enough to share among the cores of any machine.
const keyParts = 64

// partsOf parts all rows that were seen by their keys, which are hashes: about
// evenly.
func partsOf(t *tally, finders []*Finder, recalls []*Recall) []merger {
	var sizes [keyParts]int
	visit := func(do func(part int, m member)) {
		see := func(f *Finder, seen []sighting) {
			source := t.number(f)
			for i := range seen {
				do(int(seen[i].key[0])*keyParts/256, member{source, f, &seen[i]})
			}
		}
		for _, f := range finders {
			for _, seen := range f.seen {
				see(f, seen)
			}
		}
		for _, r := range recalls {
			see(r.finder, r.seen)
		}
	}
	visit(func(part int, _ member) { sizes[part]++ })
	parts := make([]merger, keyParts)
	for i := range parts {
		parts[i].members, parts[i].counts = make([]member, 0, sizes[i]), make([]Counts, len(t.sources))
	}
	visit(func(part int, m member) { parts[part].members = append(parts[part].members, m) })
	return parts
}

// each does things 0 to n-1, so many at a time, in any order.
func each(n, workers int, do func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, workers) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

// ordered is an incident of an order, by a hash of the order's id.
type ordered struct {
	hash     uint64
	incident int32 // index in Result.Incidents
}

// byOrder parts incidents of orders by the hashes of their orders' ids.
func byOrder(incidents []*award.Incident, workers int) [][]ordered {
	var runs [keyParts][keyParts][]ordered // of neighbouring incidents; by part
	each(keyParts, workers, func(run int) {
		from, to := run*len(incidents)/keyParts, (run+1)*len(incidents)/keyParts
		for i, inc := range incidents[from:to] {
			if inc.Order != "" {
				hash := xxh3.HashString(inc.Order)
				runs[run][hash>>58] = append(runs[run][hash>>58], ordered{hash, int32(from + i)})
			}
		}
	})
	parts := make([][]ordered, keyParts)
	for part := range parts {
		for run := range runs {
			parts[part] = append(parts[part], runs[run][part]...)
		}
	}
	return parts
}

// oneCustomerPerOrder rejects the incidents of orders that name several
// customers: one order has one customer, tonight and before.
func oneCustomerPerOrder(r *Result, owner OrderOwner, workers int) {
	parts := byOrder(r.Incidents, workers)
	var spoiled [keyParts][]int32
	each(keyParts, workers, func(part int) { spoiled[part] = spoiledOrders(r.Incidents, parts[part], owner) })
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
			Detail: fmt.Sprintf("order %s has several customers; an order has one", inc.Order),
		})
		r.Incidents[i] = nil
	}
	r.Incidents = slices.DeleteFunc(r.Incidents, func(inc *award.Incident) bool { return inc == nil })
}

// spoiledOrders returns the incidents whose order names several customers.
func spoiledOrders(incidents []*award.Incident, list []ordered, owner OrderOwner) (spoiled []int32) {
	slices.SortFunc(list, func(a, b ordered) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return cmp.Or(strings.Compare(incidents[a.incident].Order, incidents[b.incident].Order), cmp.Compare(a.incident, b.incident))
	})
	for len(list) > 0 {
		first := incidents[list[0].incident]
		customer, known := owner(first.Order)
		if !known {
			customer = first.Customer
		}
		n, several := 1, first.Customer != customer
		for ; n < len(list) && list[n].hash == list[0].hash && incidents[list[n].incident].Order == first.Order; n++ {
			several = several || incidents[list[n].incident].Customer != customer
		}
		if several {
			for _, o := range list[:n] {
				spoiled = append(spoiled, o.incident)
			}
		}
		list = list[n:]
	}
	return spoiled
}
