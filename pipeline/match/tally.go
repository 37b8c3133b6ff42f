package match

import (
	"slices"
	"sync"
	"sync/atomic"

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
		for _, f := range parts[i].found {
			r.Incidents = append(r.Incidents, f.incident)
		}
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
