package ruletest

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"amends/rules/diag"
)

// Fate is what became of a mutant.
type Fate uint8

// The fates of mutants. Same mutants mean what the rulebook, or an earlier
// mutant, means; invalid ones do not compile.
const (
	Survived Fate = iota
	Noticed
	Same
	Invalid
	Accepted
)

// Mutation is what became of all mutants.
type Mutation struct {
	Survivors []*Mutant
	Counts    [5]int   // by fate
	Stale     []Accept // of nothing that survives
}

// NewMutation sums up mutants and their fates, which have one order.
func NewMutation(mutants []*Mutant, fates []Fate, accepts []Accept, place func(diag.Pos) diag.Pos) *Mutation {
	m := &Mutation{}
	used := make([]bool, len(accepts))
	for i, f := range fates {
		mutant := mutants[i]
		accepted := slices.IndexFunc(accepts, func(a Accept) bool {
			return a.Of == mutant.Of && a.Change == mutant.Before && (a.To == "" || a.To == mutant.After)
		})
		if f == Survived && accepted >= 0 {
			used[accepted] = true
			f = Accepted
		}
		m.Counts[f]++
		if f == Survived {
			survivor := *mutant
			survivor.Place, survivor.Book = place(survivor.Place), nil
			m.Survivors = append(m.Survivors, &survivor)
		}
	}
	for i, a := range accepts {
		if !used[i] {
			m.Stale = append(m.Stale, a)
		}
	}
	slices.SortStableFunc(m.Survivors, func(a, b *Mutant) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Place.Col, b.Place.Col))
	})
	return m
}

// Permille is how many of the mutants that mean something else were noticed, in
// thousandths, rounded down.
func (m *Mutation) Permille() int {
	all := m.Counts[Noticed] + m.Counts[Survived]
	if all == 0 {
		return 1000
	}
	return m.Counts[Noticed] * 1000 / all
}

// Text lists what no case notices. The error is the writer's.
func (m *Mutation) Text(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, s := range m.Survivors {
		fmt.Fprintf(out, "%s: %s: no case notices\n", s.Place, s.Of)
		if s.After == leftOut {
			fmt.Fprintf(out, "      without  %s\n", s.Before)
		} else {
			fmt.Fprintf(out, "      instead of  %s\n                  %s\n", s.Before, s.After)
		}
	}
	for _, a := range m.Stale {
		at, _ := a.At.At(0)
		fmt.Fprintf(out, "%s: accepts a change of %s that no test misses: %s\n", at, a.Of, a.Change)
	}
	fmt.Fprintf(out, "changed rules %s: %d of %d changes are noticed", Percent(m.Permille()), m.Counts[Noticed], m.Counts[Noticed]+m.Counts[Survived])
	var rest []string
	if n := m.Counts[Accepted]; n > 0 {
		rest = append(rest, fmt.Sprintf("%d accepted", n))
	}
	if n := m.Counts[Same]; n > 0 {
		rest = append(rest, fmt.Sprintf("%d mean the same", n))
	}
	if n := m.Counts[Invalid]; n > 0 {
		rest = append(rest, fmt.Sprintf("check refuses %d", n))
	}
	if len(rest) > 0 {
		fmt.Fprintf(out, " (%s)", strings.Join(rest, ", "))
	}
	fmt.Fprintln(out)
	return out.Flush()
}

// leftOut is what stands for nothing in the place of a condition.
const leftOut = "(left out)"

// MutationJSON is the same for programs.
type MutationJSON struct {
	Noticed   int            `json:"noticed"`
	Survived  int            `json:"survived"`
	Same      int            `json:"same"`
	Invalid   int            `json:"invalid"`
	Accepted  int            `json:"accepted"`
	Percent   string         `json:"percent"`
	Survivors []SurvivorJSON `json:"survivors"`
}

// SurvivorJSON is a change that no case notices.
type SurvivorJSON struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Of     string `json:"of"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// JSON returns counts and survivors.
func (m *Mutation) JSON() *MutationJSON {
	j := &MutationJSON{
		Noticed: m.Counts[Noticed], Survived: m.Counts[Survived], Same: m.Counts[Same], Invalid: m.Counts[Invalid], Accepted: m.Counts[Accepted],
		Percent: strings.TrimSuffix(Percent(m.Permille()), " %"), Survivors: []SurvivorJSON{},
	}
	for _, s := range m.Survivors {
		j.Survivors = append(j.Survivors, SurvivorJSON{File: s.Place.File, Line: s.Place.Line, Column: s.Place.Col, Of: s.Of, Before: s.Before, After: s.After})
	}
	return j
}
