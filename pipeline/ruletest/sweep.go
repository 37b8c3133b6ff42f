package ruletest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"amends/rules/money"
)

// MaxSweep is how many numbers a sweep tries at most: each of them decides every
// night again, and a chart of more shows no more.
const MaxSweep = 50

// SweepExample is how a sweep is written, for messages.
const SweepExample = "late: days_late >= 1..10"

// Sweep is a number of a rulebook and what to try in its place, as people write
// it: `late: item_price > 20..60 step 10`, or of a table `floors.USD: 20..60`.
type Sweep struct {
	Name   string   // of the rule, definition, exclusion, approval, limit, budget or value of a table
	Values []string // the lowest first
	text   string   // the comparison, with from..to
	words  []string // its tokens, the range as a hole
}

// hole stands for a number among the tokens of a comparison.
const hole = "\x00"

var (
	sweepRange = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(-?[0-9][0-9_]*(?:\.[0-9]+)?)\s*\.\.\s*(-?[0-9][0-9_]*(?:\.[0-9]+)?)`)
	})
	sweepStep = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s+step\s+(\S+)\s*$`) })
)

// ParseSweep reads a sweep. The error says what is missing.
func ParseSweep(text string) (*Sweep, error) {
	name, rest, found := strings.Cut(text, ":")
	s := &Sweep{Name: strings.TrimSpace(name), text: strings.TrimSpace(rest)}
	if !found || s.Name == "" {
		return nil, errors.New("want the name of a rule, a colon and one of its comparisons with from..to in place of a number: " + SweepExample)
	}
	step := ""
	if at := sweepStep().FindStringSubmatchIndex(rest); at != nil {
		rest, step = rest[:at[0]], rest[at[2]:at[3]]
	}
	at := sweepRange().FindAllStringSubmatchIndex(rest, -1)
	switch {
	case len(at) == 0:
		return nil, fmt.Errorf("%q has no range: write from..to in place of the number, as in %s", s.text, SweepExample)
	case len(at) > 1:
		return nil, fmt.Errorf("%q has %d ranges, and one number is swept at a time", s.text, len(at))
	}
	m := at[0]
	if rest[m[2]] == '-' && endsOperand(tokens(rest[:m[0]])) { // a - 1..5 subtracts
		m[0]++
		m[2]++
	}
	s.words = holed(rest[:m[0]], rest[m[1]:])
	return s, s.values(rest[m[2]:m[3]], rest[m[4]:m[5]], step)
}

// holed are the tokens of a comparison with a hole between two parts of it.
func holed(before, after string) []string {
	var words []string
	for _, t := range tokens(before) {
		words = append(words, t.text)
	}
	words = append(words, hole)
	for _, t := range tokens(after) {
		words = append(words, t.text)
	}
	return words
}

// values lists the numbers, each with as many digits as the range is written
// with.
func (s *Sweep) values(first, last, step string) error {
	digits, point := 0, false
	var numbers [3]money.Decimal
	for i, text := range []string{first, last, step} {
		text = strings.ReplaceAll(text, "_", "")
		if text == "" { // no step
			continue
		}
		v, err := money.ParseDecimal(text)
		if err != nil {
			return fmt.Errorf("%q: %q is no number to sweep: %w", s.text, text, err)
		}
		numbers[i] = v
		if _, fraction, has := strings.Cut(text, "."); has {
			digits, point = max(digits, len(fraction)), true
		}
	}
	from, to, by := numbers[0], numbers[1], numbers[2]
	if step == "" {
		by = LastDigit("0." + strings.Repeat("0", digits))
	}
	switch {
	case by <= 0:
		return fmt.Errorf("%q: step %s: want more than 0", s.text, step)
	case to < from:
		return fmt.Errorf("%q: the range ends at %s, below its beginning %s: write the lower number first", s.text, last, first)
	}
	span, err := to.Sub(from)
	if err != nil {
		return fmt.Errorf("%q: from %s to %s is too far: %w", s.text, first, last, err)
	}
	n := int64(span)/int64(by) + 1
	if n > MaxSweep {
		return fmt.Errorf("%q is %d numbers, at most %d are tried: say how far apart they are, such as step %s", s.text, n, MaxSweep, withDigits(wider(span, by), digits, point))
	}
	for i := range n { // a step more than the last may be above every number
		s.Values = append(s.Values, withDigits(from+money.Decimal(i)*by, digits, point))
	}
	return nil
}

// wider is a step of 1, 2, 5, 10 and so on times a step, with which a range has
// few enough numbers.
func wider(span, by money.Decimal) money.Decimal {
	for step, i := by, 0; ; i++ {
		if int64(span)/int64(step)+1 <= MaxSweep {
			return step
		}
		if i%3 == 1 { // 1, 2, 5
			step = step / 2 * 5
		} else {
			step *= 2
		}
	}
}

// Names reports whether the sweep's name is one of a cut-off's: where it is
// written, or a rule, exclusion or approval whose condition it is part of.
func (s *Sweep) Names(c *CutOff) bool { return c.Name == s.Name || slices.Contains(c.users, s.Name) }

// Fits reports whether the sweep means the cut-off. A value of a table is meant
// by its own name alone.
func (s *Sweep) Fits(c *CutOff) bool {
	if c.InTable() {
		return c.Name == s.Name && len(s.words) == 1
	}
	words := s.words
	if strings.HasPrefix(c.Of, "limit ") || strings.HasPrefix(c.Of, "budget ") { // max_count: 3, as the rulebook has it
		words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == ":" })
	}
	return s.Names(c) && slices.Equal(words, holed(c.Before, c.After))
}

// Swept reports whether a sweep can be written of the cut-off: not of the end of
// a band, which is a range itself.
func (c *CutOff) Swept(name string) bool {
	s, err := ParseSweep(c.Example(name))
	return err == nil && s.Fits(c)
}

// Example is how a sweep of the cut-off is written, by the name of a rule that
// it decides or by its own.
func (c *CutOff) Example(name string) string {
	span, step := c.Number+".."+c.Number, ""
	if near := c.Neighbours(); len(near) > 0 {
		from, to := near[0], near[len(near)-1]
		span = from + ".." + to
		low, _ := money.ParseDecimal(from) // neighbours are numbers
		high, _ := money.ParseDecimal(to)
		if by := wider(high-low, LastDigit(c.Number)); by > LastDigit(c.Number) {
			_, fraction, point := strings.Cut(c.Number, ".")
			step = " step " + withDigits(by, len(fraction), point)
		}
	}
	if c.InTable() {
		return c.Name + ": " + span + step
	}
	return name + ": " + oneSpace(c.Before+span+c.After) + step
}
