package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/pipeline/ruletest"
	"amends/pipeline/state"
	"amends/rules"
	"amends/rules/document"
)

// Sweep tries a range of numbers in one place of the workspace's rules, or of
// others (With), and says what each gives on the same nights, beside the
// workspace's rules as they are. It is told which as ruletest.ParseSweep reads
// it. Each number costs as much as a side of Diff. The error is as Diff's.
func Sweep(ctx context.Context, c Config, request DiffRequest, threshold string) (out *report.Sweep, err error) {
	wanted, err := ruletest.ParseSweep(threshold)
	if err != nil {
		return nil, fmt.Errorf("%w: --threshold: %w", ErrUsage, err)
	}
	s := &sweep{differ: &differ{config: c.withDefaults(), request: request}, wanted: wanted}
	defer func() {
		for _, sim := range []*diffSimulation{s.today, s.swept} {
			if sim != nil && sim.session != nil {
				err = errors.Join(err, sim.session.close())
				sim.session = nil
			}
		}
	}()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := s.choose(); err != nil {
		return nil, err
	}
	return s.run(ctx)
}

// sweep is one call of Sweep.
type sweep struct {
	*differ
	wanted *ruletest.Sweep
	today  *diffSimulation // the workspace's rules as they are
	swept  *diffSimulation // the rules that the number is one of; today where they are the same
	cut    *ruletest.CutOff
}

// open loads the rules and holds them to the columns of the first night.
func (s *sweep) open(ctx context.Context) error {
	d := s.differ
	var a, b *diffRules
	var err error
	if d.request.With != "" {
		a, b, err = loadSides(d.config.Dir, d.request)
	} else {
		a, err = loadOwn(d.config.Dir)
	}
	if err != nil {
		return err
	}
	if d.chain, err = state.Open(d.config.FS, stateDir(d.config, a.project)); err != nil {
		return err
	}
	if err := d.chooseNights(); err != nil {
		return err
	}
	s.today = &diffSimulation{differ: d, rules: a}
	s.swept = s.today
	if b != nil {
		s.swept = &diffSimulation{differ: d, rules: b}
		return d.check(ctx, [2]*diffSimulation{s.today, s.swept})
	}
	return s.today.open(ctx)
}

// loadOwn reads the workspace's rules.
func loadOwn(dir string) (*diffRules, error) {
	p, list, err := loadProject(dir)
	if err == nil {
		err = list.Err()
	}
	if err != nil {
		return nil, err
	}
	return &diffRules{name: p.work.Rules, what: "the workspace's rules as they are now (" + p.work.Rules + ")", project: p}, nil
}

// choose finds the one number that is meant, and has every number in its place
// checked before a night is run.
func (s *sweep) choose() error {
	all := ruletest.CutOffs(s.swept.session.program)
	var fits, named []*ruletest.CutOff
	for _, c := range all {
		if s.wanted.Fits(c) {
			fits = append(fits, c)
		}
		if s.wanted.Names(c) && c.Swept(s.wanted.Name) {
			named = append(named, c)
		}
	}
	switch {
	case len(fits) > 1:
		return fmt.Errorf("%w: --threshold: %s means %d comparisons, which are written alike: %s", ErrUsage, s.wanted.Name, len(fits), s.places(fits))
	case len(fits) == 0 && len(named) > 0:
		return fmt.Errorf("%w: --threshold: %s has no such comparison; its numbers, as they can be swept:%s", ErrUsage, s.wanted.Name, s.listed(named))
	case len(fits) == 0:
		return s.unknown(all)
	}
	s.cut = fits[0]
	catalog, list := s.swept.rules.project.catalog(s.swept.session.schemas)
	if err := list.Err(); err != nil {
		return err
	}
	for _, value := range s.wanted.Values {
		if err := s.cut.Takes(value); err != nil {
			return fmt.Errorf("%w: --threshold: %s in place of %s: %w", ErrUsage, value, s.cut.Number, err)
		}
		_, list := rules.Compile(s.cut.With(value), catalog)
		if list.HasErrors() {
			return fmt.Errorf("%w: --threshold: check refuses %s in place of %s: %s", ErrUsage, value, s.cut.Number, firstMessage(list))
		}
	}
	return nil
}

// unknown says that nothing has the name, and what is like it.
func (s *sweep) unknown(all []*ruletest.CutOff) error {
	book := s.swept.rules.project.rulebook
	if slices.ContainsFunc(book.Rules, func(r rules.Rule) bool { return r.ID == s.wanted.Name }) {
		return fmt.Errorf("%w: --threshold: rule %s compares with no number", ErrUsage, s.wanted.Name)
	}
	var names []string
	for _, c := range all {
		names = append(names, c.Rules...)
		names = append(names, c.Name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	hint := document.Suggestion(s.wanted.Name, names)
	if hint == "" {
		hint = "there are " + firstNames(names)
	}
	return fmt.Errorf("%w: --threshold: no rule, definition, exclusion, approval, limit, budget or value of a table with a number is called %q; %s", ErrUsage, s.wanted.Name, hint)
}

// listed shows cut-offs as they can be written, a line each.
func (s *sweep) listed(list []*ruletest.CutOff) string {
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "\n  %s    (%s now, %s)", c.Example(s.wanted.Name), c.Number, s.swept.rules.line(c.At))
	}
	return b.String()
}

func (s *sweep) places(list []*ruletest.CutOff) string {
	places := make([]string, len(list))
	for i, c := range list {
		places[i] = s.swept.rules.line(c.At)
	}
	return strings.Join(places, ", ")
}

// run decides the nights for today's rules, and again for each number.
func (s *sweep) run(ctx context.Context) (*report.Sweep, error) {
	d, values := s.differ, s.wanted.Values
	others := len(values)
	if s.swept == s.today && slices.ContainsFunc(values, s.isToday) {
		others--
	}
	if d.request.Costs != nil {
		d.request.Costs(others, len(d.nights))
	}
	s.today.count(s.cut.Rules)
	s.today.session.of = (1 + others) * len(d.nights)
	s.swept.session.of = s.today.session.of
	if err := s.today.run(ctx, 0); err != nil {
		return nil, err
	}
	out := &report.Sweep{Version: 1, Base: s.today.rules.what, What: s.swept.rules.what, CutOff: s.swept.rules.cutOff(s.cut), Steps: []report.CutOffStep{}}
	var err error
	if out.Today, err = s.today.step(s.numberToday(), s.today, s.cut.Rules); err != nil {
		return nil, err
	}
	before := len(d.nights)
	for _, value := range values {
		step := out.Today
		if s.swept == s.today && s.isToday(value) {
			step.Value = value
		} else {
			if step, err = s.swept.try(ctx, s.cut, value, s.today, before); err != nil {
				return nil, err
			}
			before += len(d.nights)
		}
		out.Steps = append(out.Steps, step)
	}
	for _, n := range d.nights {
		out.Nights = append(out.Nights, n.date.String())
	}
	out.From, out.To = out.Nights[0], out.Nights[len(out.Nights)-1]
	d.a = s.today.side
	out.Notes, err = s.notes()
	out.Headline = out.Sentence()
	return out, err
}

func (s *sweep) isToday(value string) bool { return sameNumber(value, s.cut.Number) }

// numberToday is the number that the workspace's rules have in the place; ""
// where they have no such comparison.
func (s *sweep) numberToday() string {
	if s.swept == s.today {
		return s.cut.Number
	}
	for _, c := range ruletest.CutOffs(s.today.session.program) {
		if c.Of == s.cut.Of && s.wanted.Fits(c) {
			return c.Number
		}
	}
	return ""
}

func (s *sweep) notes() ([]string, error) {
	if err := s.reality(); err != nil {
		return nil, err
	}
	if len(s.cut.Rules) > 1 {
		s.note("The number stands in %s, which several rules read: it moves all of them.", s.cut.Of)
	}
	return notNil(s.differ.notes), nil
}
