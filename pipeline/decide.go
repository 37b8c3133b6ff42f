package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
)

// decide brings incidents and released holds to decisions: per customer, then
// budgets and guardrails over all of them.
func (n *night) decide() error {
	policy := n.policy()
	incidents := n.toDecide()
	customers := byCustomer(incidents)
	err := n.prepareIncidents(incidents)
	if err != nil {
		return err
	}
	if n.resolved, err = n.resolveAll(customers, incidents, policy); err != nil {
		return err
	}
	n.decisions = make([]*award.Decision, len(incidents), len(incidents)+len(n.repeats))
	for i, o := range customers {
		n.decisions[o.incident] = n.resolved[i]
	}
	if err := n.settle(policy); err != nil {
		return fmt.Errorf("budgets: %w", err)
	}
	n.breaches, n.issuable, err = resolve.Guard(n.decisions, policy, n.guardHistory())
	if err != nil {
		return fmt.Errorf("guardrails: %w", err)
	}
	n.decisions = append(n.decisions, n.repeats...)
	compare := func(a, b *award.Decision) int {
		return cmp.Or(cmp.Compare(a.Incident.ID, b.Incident.ID), compareReleased(a, b))
	}
	if !slices.IsSortedFunc(n.decisions, compare) { // as it is without releases and repeats
		slices.SortFunc(n.decisions, compare)
	}
	return nil
}

func compareReleased(a, b *award.Decision) int {
	switch {
	case a.Incident.Release == nil && b.Incident.Release != nil:
		return -1
	case a.Incident.Release != nil && b.Incident.Release == nil:
		return 1
	}
	return 0
}

// toDecide are tonight's incidents and released holds, by id. The row of an
// incident whose hold is released tonight is a repeat: the release is decided,
// not the row.
func (n *night) toDecide() []*award.Incident {
	all := n.matched.Incidents
	if len(n.requests.released) > 0 {
		released := map[string]bool{}
		all = slices.Clone(n.requests.released)
		for _, inc := range all {
			released[inc.ID] = true
		}
		for _, inc := range n.matched.Incidents {
			if released[inc.ID] {
				n.repeats = append(n.repeats, alreadyHeld(inc))
				continue
			}
			all = append(all, inc)
		}
	}
	compare := func(a, b *award.Incident) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(all, compare) { // as matched ones are
		all = slices.SortedFunc(slices.Values(all), compare)
	}
	return all
}

// owned is an incident by its customer.
type owned struct {
	hash     uint64 // of the customer's id
	customer string
	incident int32 // index of what was parted
}

// byCustomer puts incidents that are sorted by id in the order of their
// customers: by a hash of their ids, which is quicker to compare.
func byCustomer(incidents []*award.Incident) []owned {
	list := make([]owned, len(incidents))
	for i, inc := range incidents {
		list[i] = owned{xxh3.HashString(inc.Customer), inc.Customer, int32(i)}
	}
	slices.SortFunc(list, func(a, b owned) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.customer, b.customer), cmp.Compare(a.incident, b.incident))
	})
	return list
}

// resolvedTogether is how many customers a worker takes at a time: many enough
// that to take them costs nothing, few enough that all workers end together.
const resolvedTogether = 256

// resolveAll resolves the customers of a list of incidents, one after the other
// on each worker. Decisions stand as their incidents do in the list. Of several
// errors it returns that of the first customer.
func (n *night) resolveAll(list []owned, incidents []*award.Incident, policy *resolve.Policy) ([]*award.Decision, error) {
	var starts []int // where a customer's incidents begin, and the end
	for i := range list {
		if i == 0 || list[i].customer != list[i-1].customer {
			starts = append(starts, i)
		}
	}
	starts = append(starts, len(list))
	decisions := make([]*award.Decision, len(list))
	parts := (len(starts) - 1 + resolvedTogether - 1) / resolvedTogether
	errs := make([]error, parts)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(max(n.config.Workers, 1), parts) {
		r, err := resolve.NewResolver(n.history, policy, n.approve)
		if err != nil {
			return nil, err
		}
		wait.Go(func() {
			for part := int(next.Add(1)) - 1; part < parts; part = int(next.Add(1)) - 1 {
				customers := starts[part*resolvedTogether : min((part+1)*resolvedTogether, len(starts)-1)+1]
				errs[part] = resolvePart(r, list, customers, incidents, decisions)
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return decisions, nil
}

// resolvePart resolves some customers, of whom each begins where the one before
// ends.
func resolvePart(r *resolve.Resolver, list []owned, starts []int, incidents []*award.Incident, decisions []*award.Decision) error {
	var own []*award.Incident
	for i, from := range starts[:len(starts)-1] {
		own = own[:0]
		for _, o := range list[from:starts[i+1]] {
			own = append(own, incidents[o.incident])
		}
		done, err := r.Resolve(decisions[from:from:starts[i+1]], own)
		if err != nil {
			return fmt.Errorf("customer %s: %w", own[0].Customer, err)
		}
		for k, d := range done {
			if d.Incident != own[k] {
				return fmt.Errorf("customer %s: %w: credit ids do not stand as incident ids do", own[0].Customer, resolve.ErrContract)
			}
		}
	}
	return nil
}
