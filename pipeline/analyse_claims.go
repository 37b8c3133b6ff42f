package pipeline

import (
	"cmp"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
	"amends/rules/money"
)

// asking is what came to the budgets, as one worker has it at hand: all that it takes
// to put the claims of a night in order without a look at what they are of.
type asking struct {
	purses *resolve.Purses // with numbers of its own
	of     []int32         // purses of the claims, so many of each as there are budgets
	list   []asked
}

// asked is a claim: first what award.Compare compares.
type asked struct {
	at       calendar.Instant
	priority int
	place    int32 // in night.resolved
	rank     int32 // of the incident, by id
	worker   int32
	purses   int32 // where they begin in asking.of
	minor    int64
	release  *award.Release
}

// add takes in an award at a place of night.resolved.
func (a *asking) add(d *award.Decision, minor int64, place int, rank int32) {
	a.list = append(a.list, asked{
		at: d.Incident.At, priority: d.Award.Priority, place: int32(place), rank: rank, purses: int32(len(a.of)), minor: minor, release: d.Incident.Released(),
	})
	a.of = a.purses.Of(d, a.of)
}

// claim puts what came to the budgets in order.
func (w *weighing) claim() {
	w.purses = resolve.NewPurses(w.policy.Budgets)
	lists, sorts := make([][]asked, len(w.scales)), make([]func() error, len(w.scales))
	for i, s := range w.scales {
		a := &s.asking
		numbers := w.purses.NumbersOf(a.purses)
		lists[i], sorts[i] = a.list, func() error {
			for k, purse := range a.of {
				if purse >= 0 {
					a.of[k] = numbers[purse]
				}
			}
			for k := range a.list {
				a.list[k].worker = int32(i)
			}
			slices.SortFunc(a.list, compareAsked)
			return nil
		}
	}
	_ = w.night.together(sorts...) // none has an error
	sorted := mergeSorted(lists, compareAsked)
	w.scopes = len(w.purses.List())
	w.claims, w.places = make([]resolve.Claim, len(sorted)), make([]int32, len(sorted))
	w.sums = make([]money.Wide, w.scopes)
	for i, a := range sorted {
		of := w.scales[a.worker].asking.of[a.purses:][:len(w.policy.Budgets):len(w.policy.Budgets)]
		w.claims[i], w.places[i] = resolve.Claim{Decision: w.night.resolved[a.place], Minor: a.minor, Purses: of, Release: a.release}, a.place
		addClaim(w.sums, &w.claims[i], 1)
	}
	for _, s := range w.scales {
		s.asking.list = nil
	}
	w.tighten()
}

// compareAsked is award.Compare of the decisions.
func compareAsked(a, b asked) int {
	if a.priority != b.priority {
		return cmp.Compare(a.priority, b.priority)
	}
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Compare(a.rank, b.rank) // as their ids do: there are no two of one incident
}

// mergeSorted makes one sorted list of several.
func mergeSorted[E any](lists [][]E, compare func(a, b E) int) []E {
	for len(lists) > 1 {
		var merged [][]E
		for pair := range slices.Chunk(lists, 2) {
			if len(pair) == 1 {
				merged = append(merged, pair[0])
				continue
			}
			a, b := pair[0], pair[1]
			both := make([]E, 0, len(a)+len(b))
			for len(a) > 0 && len(b) > 0 {
				if compare(a[0], b[0]) <= 0 {
					both, a = append(both, a[0]), a[1:]
				} else {
					both, b = append(both, b[0]), b[1:]
				}
			}
			merged = append(merged, append(append(both, a...), b...))
		}
		lists = merged
	}
	return slices.Concat(lists...)
}

// tighten finds the purses that are too small for all of their claims, and the claims
// on these.
func (w *weighing) tighten() {
	for purse, of := range w.sums {
		if tooSmall(w.purses, int32(purse), of.Clamped()) {
			w.small = append(w.small, int32(purse))
		}
	}
	if len(w.small) == 0 {
		return
	}
	for i := range w.claims {
		if w.claims[i].On(func(purse int32) bool { return slices.Contains(w.small, purse) }) {
			w.tight = append(w.tight, int32(i))
		}
	}
}

// locate finds the claims of decisions, which few nights need.
func (w *weighing) locate() {
	if w.at != nil {
		return
	}
	w.at, w.gone = slices.Repeat([]int32{noClaim}, len(w.night.resolved)), slices.Repeat([]int32{nobody}, len(w.claims))
	for i, place := range w.places {
		w.at[place] = int32(i)
	}
}
