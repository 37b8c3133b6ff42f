package pipeline

import (
	"cmp"
	"slices"
	"testing"

	"amends/rules/calendar"
)

// Claims of several workers are taken in one order, whoever has them.
func TestForemostOfSeveralLists(t *testing.T) {
	t.Parallel()
	byAt := func(a, b *asked) int { return cmp.Compare(a.at, b.at) }
	lists := [][]asked{{{at: 2}, {at: 3}, {at: 9}}, nil, {{at: 1}, {at: 4}}, {{at: 0}, {at: 8}}}
	var got []calendar.Instant
	for range 7 {
		i := foremost(lists, byAt)
		got = append(got, lists[i][0].at)
		lists[i] = lists[i][1:]
	}
	if want := []calendar.Instant{0, 1, 2, 3, 4, 8, 9}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Claims go before each other by priority, time and id, as award.Compare has it.
func TestAskedInTheOrderOfAwards(t *testing.T) {
	t.Parallel()
	list := []asked{
		{priority: 1, at: 1, rank: 1}, {priority: 1, at: 1, rank: 2}, {priority: 1, at: 2, rank: 0}, {priority: 2, at: 0, rank: 0},
	}
	for i := range list {
		for k := range list {
			if got := compareAsked(&list[i], &list[k]); got != cmp.Compare(i, k) {
				t.Errorf("%+v and %+v: %d", list[i], list[k], got)
			}
		}
	}
}
