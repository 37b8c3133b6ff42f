package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
)

// decide brings incidents and released holds to decisions: per customer, then
// budgets and guardrails over all of them.
func (n *night) decide() error {
	policy := n.policy()
	n.figured = nil
	incidents := n.toDecide()
	n.people = newPeople(incidents, n.config.Workers)
	err := n.people.ask(n)
	if err != nil {
		return err
	}
	var asked *resolve.Asked
	if n.resolved, asked, err = n.resolveAll(policy); err != nil {
		return err
	}
	n.decisions = make([]*award.Decision, len(incidents), len(incidents)+len(n.repeats))
	for i, at := range n.people.order {
		n.decisions[at] = n.resolved[i]
	}
	n.refused = asked.Settle(n.resolved)
	if n.breaches, n.issuable, err = asked.Guard(n.resolved, n.guardHistory()); err != nil {
		return err
	}
	n.decisions = append(n.decisions, n.repeats...)
	if len(n.requests.released)+len(n.repeats) == 0 { // they stand as the incidents do
		return nil
	}
	slices.SortFunc(n.decisions, func(a, b *award.Decision) int {
		return cmp.Or(a.Incident.Key.Compare(b.Incident.Key), compareReleased(a, b))
	})
	return nil
}

func compareReleased(a, b *award.Decision) int {
	switch {
	case a.Incident.Released() == nil && b.Incident.Released() != nil:
		return -1
	case a.Incident.Released() != nil && b.Incident.Released() == nil:
		return 1
	}
	return 0
}

// toDecide are tonight's incidents and released holds, by id. The row of an
// incident whose hold is released tonight is a repeat: the release is decided,
// not the row.
func (n *night) toDecide() []*award.Incident {
	if len(n.requests.released) == 0 {
		return n.matched.Incidents
	}
	released := map[award.Key]bool{}
	all := slices.Clone(n.requests.released)
	for _, inc := range all {
		released[inc.Key] = true
	}
	for _, inc := range n.matched.Incidents {
		if released[inc.Key] {
			n.repeats = append(n.repeats, alreadyHeld(inc))
			continue
		}
		all = append(all, inc)
	}
	slices.SortFunc(all, func(a, b *award.Incident) int { return a.Key.Compare(b.Key) })
	return all
}

// resolvedTogether is how many customers a worker takes at a time: many enough
// that to take them costs nothing, few enough that all workers end together.
const resolvedTogether = 256

// resolveAll resolves the customers, one after the other on each worker, and says
// what the decisions ask for. These stand as people's order does. Of several errors it
// returns that of the first customer.
func (n *night) resolveAll(policy *resolve.Policy) ([]*award.Decision, *resolve.Asked, error) {
	p := n.people
	decisions := make([]*award.Decision, len(p.order))
	workers, err := n.turnsOf(policy)
	if err != nil {
		return nil, nil, err
	}
	err = inParts(p.len(), resolvedTogether, workers, func(r *resolving, first, end int) error {
		return r.part(first, end, decisions)
	})
	asked := workers[0].asked
	for _, r := range workers[1:] {
		asked.Join(r.asked)
	}
	return decisions, asked, err
}

// resolving is one worker's.
type resolving struct {
	*resolve.Resolver
	*turn
	asked *resolve.Asked
	own   []*award.Incident
}

// turnsOf makes what each worker needs to resolve.
func (n *night) turnsOf(policy *resolve.Policy) ([]*resolving, error) {
	list := make([]*resolving, max(n.config.Workers, 1))
	for i := range list {
		t := n.people.turns(n.history)
		r, err := resolve.NewResolver(t, policy, n.approve)
		if err != nil {
			return nil, err
		}
		asked, err := resolve.NewAsked(policy)
		if err != nil {
			return nil, err
		}
		list[i] = &resolving{Resolver: r, turn: t, asked: asked}
	}
	return list, nil
}

// part resolves some customers.
func (r *resolving) part(first, end int, decisions []*award.Decision) error {
	r.near(first, end)
	for customer := first; customer < end; customer++ {
		r.of(customer)
		r.own = r.own[:0]
		for i := r.first; i < r.end; i++ {
			r.own = append(r.own, r.people.incident(i))
		}
		done, err := r.Resolve(decisions[r.first:r.first:r.end], r.own)
		if err != nil {
			return fmt.Errorf("customer %s: %w", r.own[0].Customer(), err)
		}
		for k, d := range done {
			if d.Incident != r.own[k] {
				return fmt.Errorf("customer %s: %w: credit ids do not stand as incident ids do", r.own[0].Customer(), resolve.ErrContract)
			}
		}
		if err := r.asked.Add(done...); err != nil {
			return fmt.Errorf("customer %s: %w", r.own[0].Customer(), err)
		}
	}
	return nil
}

// together does things that do not depend on each other, on the night's workers.
// The error is that of the first that has one.
func (n *night) together(things ...func() error) error {
	return inParts(len(things), 1, make([]struct{}, max(n.config.Workers, 1)), func(_ struct{}, first, _ int) error { return things[first]() })
}

// inParts does things 0 to n-1, some neighbours at a time, on workers of which
// each has something of its own. The error is that of the first part that has one.
func inParts[W any](n, together int, workers []W, do func(own W, first, end int) error) error {
	errs := make([]error, (n+together-1)/together)
	var next atomic.Int64
	var wait sync.WaitGroup
	for _, own := range workers[:min(len(workers), len(errs))] {
		wait.Go(func() {
			for part := int(next.Add(1)) - 1; part < len(errs); part = int(next.Add(1)) - 1 {
				errs[part] = do(own, part*together, min((part+1)*together, n))
			}
		})
	}
	wait.Wait()
	return cmp.Or(errs...)
}
