package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"amends/rules/money"
)

// Sweep is what each number of a range would give in one place of the rules, on
// the same nights, beside the workspace's rules as they are.
type Sweep struct {
	Version  int      `json:"version"` // of this schema: 1
	From     string   `json:"from"`
	To       string   `json:"to"`
	Nights   []string `json:"nights"`
	Base     string   `json:"base"` // the rules that every number is set beside, in words: the workspace's
	What     string   `json:"what"` // the rules that the number is one of; Base where they are the same
	Headline string   `json:"headline"`
	Notes    []string `json:"notes"`
	CutOff   CutOff   `json:"cut_off"`
	// Today is the workspace's rules as they are; its Value is the number that
	// they have in this place, "" where they have no such comparison.
	Today CutOffStep   `json:"today"`
	Steps []CutOffStep `json:"steps"` // the lowest number first
}

// Sentence is the whole in one sentence: what the lowest and the highest number
// give beside today's, and what the number does that the rules have.
func (s *Sweep) Sentence() string {
	text := s.CutOff.Title()
	if s.Today.Value != "" && s.Today.Value != s.CutOff.Value {
		text += ", today " + s.Today.Value
	}
	hits := len(s.CutOff.Rules) > 0
	for i := range s.Steps {
		step := &s.Steps[i]
		switch mark := s.Mark(step); {
		case mark == "today":
			text += "; with " + step.Value + ", as today: " + step.sums(hits)
		case mark != "":
			text += "; with " + step.Value + ", " + mark + ": " + step.Against(&s.Today, hits)
		case i == 0 || i == len(s.Steps)-1:
			text += "; with " + step.Value + ": " + step.Against(&s.Today, hits)
		}
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// Mark says in a word which number the rules have as they are: "today" of the
// workspace's, "as it is" of other rules; "" of every other number.
func (s *Sweep) Mark(step *CutOffStep) string {
	written, err := money.ParseDecimal(strings.ReplaceAll(s.CutOff.Value, "_", ""))
	v, other := money.ParseDecimal(step.Value)
	switch {
	case err != nil || other != nil || written != v:
		return ""
	case s.What == s.Base:
		return "today"
	}
	return "as it is"
}

// Rules says in which rules each number is tried, and which it is set beside.
func (s *Sweep) Rules() string {
	if s.What == s.Base {
		return "Each number is tried in " + s.What + "."
	}
	return "Today is " + s.Base + "; each number is tried in " + s.What + "."
}

// Currencies are those of any number, sorted.
func (s *Sweep) Currencies() []string {
	all := money.ByCurrency{}
	for _, step := range s.all() {
		for _, b := range []money.ByCurrency{step.WouldGive, step.Issued, step.Held} {
			for currency := range b {
				all[currency] = 0
			}
		}
	}
	return all.Currencies()
}

func (s *Sweep) all() []CutOffStep { return append(slices.Clip(s.Steps), s.Today) }

// sweepColumns are the columns of a sweep as CSV.
var sweepColumns = []string{"value", "hits", "credits", "held_count", "gained", "lost", "changed", "currency",
	"would_give_minor", "issued_minor", "issued_difference_minor", "held_minor", "held_difference_minor"}

// CSV writes a row for each number and currency, amounts in minor units. A
// difference is to the workspace's rules as they are, whose own number is among
// the rows only where the range has it.
func (s *Sweep) CSV(to io.Writer) error {
	w := csv.NewWriter(to)
	if err := w.Write(sweepColumns); err != nil {
		return fmt.Errorf("sweep as CSV: %w", err)
	}
	currencies := s.Currencies()
	if len(currencies) == 0 {
		currencies = []string{""}
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for i := range s.Steps {
		step := &s.Steps[i]
		for _, c := range currencies {
			if err := w.Write([]string{step.Value, number(step.Hits), number(step.Credits), number(step.HeldCount), number(step.Gained), number(step.Lost), number(step.Changed), c,
				number(step.WouldGive[c]), number(step.Issued[c]), number(step.Issued[c] - s.Today.Issued[c]), number(step.Held[c]), number(step.Held[c] - s.Today.Held[c])}); err != nil {
				return fmt.Errorf("sweep as CSV: %w", err)
			}
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("sweep as CSV: %w", err)
	}
	return nil
}
