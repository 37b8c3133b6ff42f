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

// asked is a claim: first what award.Compare compares. It has no pointers: a large
// night has more than a million.
type asked struct {
	at       calendar.Instant
	minor    int64
	priority int32
	place    int32 // in night.resolved
	rank     int32 // of the incident, by id
	number   int32 // among the worker's: where its purses are in asking.of
}

// add takes in an award at a place of night.resolved.
func (a *asking) add(d *award.Decision, minor int64, place int, rank int32) {
	a.list = append(a.list, asked{
		at: d.Incident.At, minor: minor, priority: int32(d.Award.Priority), place: int32(place), rank: rank, number: int32(len(a.list)),
	})
	a.of = a.purses.Of(d, a.of)
}

// expect makes room for about so many awards.
func (a *asking) expect(awards, budgets int) {
	a.list, a.of = make([]asked, 0, awards), make([]int32, 0, awards*budgets)
}

// claims are what came to the budgets, in the order in which it goes before each
// other: what budgets see of each award, and no pointers.
type claims struct {
	decisions []*award.Decision // night.resolved
	places    []int32           // by claim: where its decision is
	minors    []int64           // by claim
	purses    []int32           // so many of each claim as there are budgets
	budgets   int
	releases  map[int32]*award.Release // by place: of released awards, which are few
}

func (c *claims) len() int { return len(c.places) }

// budget is what budgets see of a claim: all but its Decision.
func (c *claims) budget(i int32) resolve.Claim {
	first := int(i) * c.budgets
	claim := resolve.Claim{Minor: c.minors[i], Purses: c.purses[first : first+c.budgets : first+c.budgets]}
	if len(c.releases) > 0 {
		claim.Release = c.releases[c.places[i]]
	}
	return claim
}

func (c *claims) decision(i int32) *award.Decision { return c.decisions[c.places[i]] }

// add adds a claim, which goes after the others.
func (c *claims) add(a *asked, purses, numbers []int32) {
	c.places, c.minors = append(c.places, a.place), append(c.minors, a.minor)
	for _, purse := range purses {
		if purse >= 0 {
			purse = numbers[purse]
		}
		c.purses = append(c.purses, purse)
	}
	if r := c.decisions[a.place].Incident.Released(); r != nil {
		c.releases[a.place] = r
	}
}

// claim puts what came to the budgets in order.
func (w *weighing) claim() {
	w.purses = resolve.NewPurses(w.policy.Budgets)
	lists, numbers, sorts := make([][]asked, len(w.scales)), make([][]int32, len(w.scales)), make([]func() error, len(w.scales))
	all := 0
	for i, s := range w.scales {
		lists[i], numbers[i] = s.asking.list, w.purses.NumbersOf(s.asking.purses)
		all += len(lists[i])
		sorts[i] = func() error {
			slices.SortFunc(lists[i], func(a, b asked) int { return compareAsked(&a, &b) })
			return nil
		}
	}
	_ = w.night.together(sorts...) // none has an error
	w.scopes = len(w.purses.List())
	w.sums = make([]money.Wide, w.scopes)
	b := len(w.policy.Budgets)
	w.claims = claims{
		decisions: w.night.resolved, budgets: b, releases: map[int32]*award.Release{},
		places: make([]int32, 0, all), minors: make([]int64, 0, all), purses: make([]int32, 0, all*b),
	}
	for range all {
		i := foremost(lists, compareAsked)
		a := &lists[i][0]
		lists[i] = lists[i][1:]
		w.claims.add(a, w.scales[i].asking.of[int(a.number)*b:][:b], numbers[i])
		of := w.claims.budget(int32(w.claims.len() - 1))
		addClaim(w.sums, &of, 1)
	}
	for _, s := range w.scales {
		s.asking.list, s.asking.of = nil, nil
	}
	w.tighten()
}

// compareAsked is award.Compare of the decisions.
func compareAsked(a, b *asked) int {
	if a.priority != b.priority {
		return cmp.Compare(a.priority, b.priority)
	}
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Compare(a.rank, b.rank) // as their ids do: there are no two of one incident
}

// foremost is which of several sorted lists, not all of which are empty, has the
// element that comes first. There are as many as workers.
func foremost[E any](lists [][]E, compare func(a, b *E) int) int {
	first := -1
	for i := range lists {
		if len(lists[i]) > 0 && (first < 0 || compare(&lists[i][0], &lists[first][0]) < 0) {
			first = i
		}
	}
	return first
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
	for i := range int32(w.claims.len()) {
		if of := w.claims.budget(i); of.On(func(purse int32) bool { return slices.Contains(w.small, purse) }) {
			w.tight = append(w.tight, i)
		}
	}
}

// locate finds the claims of decisions, which few nights need.
func (w *weighing) locate() {
	if w.at != nil {
		return
	}
	w.at, w.gone = slices.Repeat([]int32{noClaim}, len(w.night.resolved)), slices.Repeat([]int32{nobody}, w.claims.len())
	for i, place := range w.claims.places {
		w.at[place] = int32(i)
	}
}
