package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/match"
	"amends/pipeline/report"
	"amends/pipeline/ruletest"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/vm"
)

// maxSuggestRows bounds the rows of a source that are looked at: enough that
// each threshold has a row near it, few enough to wait for.
const maxSuggestRows = 200_000

// Suggest proposes cases in the form of a test file: of the rows of a night,
// those next to each threshold of the rules, just below, at and just above it,
// where nothing but the threshold decides. Ids are made up, history is left out,
// and what is expected is what the rules do now. Cases whose names there are
// already are left out. The text is "" where nothing is left, or diagnostics are
// errors.
func Suggest(ctx context.Context, c Config, date calendar.Date) (string, diag.List, error) {
	c = c.withDefaults()
	t, list, err := newTester(c, TestOptions{suggest: true})
	if err != nil || t == nil || list.HasErrors() {
		return "", list, err
	}
	n, err := t.suggestNight(ctx, date)
	if err != nil {
		return "", list, err
	}
	x := &suggester{tester: t, night: n}
	found, err := x.find(ctx)
	if err != nil {
		return "", list, err
	}
	found = slices.DeleteFunc(found, func(f *ruletest.Found) bool {
		return slices.ContainsFunc(t.suite.Cases, func(c *ruletest.Case) bool { return c.Name == f.Sentence })
	})
	if len(found) == 0 {
		return "", list, nil
	}
	proposal := &ruletest.Proposal{Shape: t.shape, Suite: t.suite, Date: date, IDs: x.ids()}
	text, err := t.expected(proposal.Text(found))
	return text, list, err
}

// suggestNight matches a night's rows, with the rules as they are now.
func (t *tester) suggestNight(ctx context.Context, date calendar.Date) (*night, error) {
	chain, err := state.Open(t.bench.config.FS, stateDir(t.bench.config, t.project))
	if err != nil {
		return nil, err
	}
	s, err := newSession(t.bench.config, t.project, chain, date)
	if err != nil {
		return nil, err
	}
	s.night, s.of, s.unreported = 1, 1, true
	n := s.begin(date, date.AddDays(1))
	n.wholeDimensions = true
	return n, n.through(ctx, n.decideStages()[:3]) // dimensions are read with the rows
}

// expected runs the proposed cases and writes in what comes out.
func (t *tester) expected(text string) (string, error) {
	const name = "suggested_test.yaml"
	suite, list := ruletest.Parse(append(slices.Clone(t.suite.Files), ruletest.File{Path: name, Bytes: []byte(text)}))
	if err := list.Err(); err != nil {
		return "", err
	}
	ready, list := suite.Ready(t.shape)
	if err := list.Err(); err != nil {
		return "", err
	}
	result := &ruletest.Result{Files: suite.Files}
	for _, r := range ready {
		if r.Place().File != name {
			continue
		}
		night, err := t.bench.run(r)
		if err != nil {
			return "", err
		}
		result.Cases = append(result.Cases, night.result())
	}
	blessed, changes := result.Bless()
	for _, c := range changes {
		if c.Failed != "" {
			return "", fmt.Errorf("case %q: %s", c.Case, c.Failed)
		}
	}
	for _, f := range blessed {
		if f.Path == name {
			return string(f.Bytes), nil
		}
	}
	return text, nil
}

type suggester struct {
	*tester
	night      *night
	thresholds map[string][]*threshold // by source
	read       map[string]int          // rows by source
}

// threshold is a comparison in the condition of a rule.
type threshold struct {
	rule    string
	text    string // a comparison; empty of a bound
	sides   [2]string
	matched bool // only rows that a rule hits
	left    *vm.Program
	right   *vm.Program
	others  []*vm.Program // which must hold
	none    []*vm.Program // which must not: other sides of an `or`
	nearest [3]*nearRow   // below, at, above
}

// nearRow is the row that came nearest on one side.
type nearRow struct {
	distance uint64
	at       rowPlace
	found    *ruletest.Found
}

// find looks for rows next to the thresholds.
func (x *suggester) find(ctx context.Context) ([]*ruletest.Found, error) {
	x.thresholds, x.read = map[string][]*threshold{}, map[string]int{}
	for _, name := range sortedNames(x.night.sources) {
		program := x.night.program.Sources[name]
		for i := range program.Rules {
			r := &program.Rules[i]
			if r.Rule.HasFrom && x.night.date < r.Rule.From || r.Rule.HasUntil && x.night.date > r.Rule.Until {
				continue
			}
			x.thresholds[name] = append(x.thresholds[name], thresholdsOf(r, program.Slots)...)
		}
		for _, g := range program.Exclusions {
			f := &thresholdFinder{of: "exclusion " + g.ID, slots: program.Slots, matched: true}
			f.conditions(g.When.Node, nil, nil)
			x.thresholds[name] = append(x.thresholds[name], f.found...)
		}
	}
	e := &explainer{config: x.bench.config, project: x.night.project, night: x.night, date: x.night.date, out: &report.Explanation{}}
	err := e.visitRows(ctx, func(source *match.Source, at rowPlace, batch *ir.Batch, i int, unread *match.RowReject) {
		if x.read[at.source]++; unread != nil || x.read[at.source] > maxSuggestRows || len(x.thresholds[at.source]) == 0 {
			return
		}
		t := source.Trace(at.place, batch, i, nil)
		if t.Read && (t.Class == match.RowUnmatched || t.Class == match.RowMatched) {
			x.see(t, at, source, batch, i)
		}
	})
	if err != nil {
		return nil, err
	}
	return x.chosen(), nil
}

// see keeps a row where it is nearer to a threshold than those before.
func (x *suggester) see(t *match.Trace, at rowPlace, source *match.Source, batch *ir.Batch, i int) {
	var found *ruletest.Found
	for _, th := range x.thresholds[at.source] {
		side, distance, ok := th.of(&t.Row)
		if !ok || th.matched && t.Class != match.RowMatched {
			continue
		}
		near := th.nearest[side]
		if near != nil && (near.distance < distance || near.distance == distance && compareRowPlaces(near.at, at) <= 0) {
			continue
		}
		if found == nil {
			found = x.row(t, at.source, source, batch, i)
		}
		th.nearest[side] = &nearRow{distance, at, found}
	}
}

func compareRowPlaces(a, b rowPlace) int {
	return cmp.Or(cmp.Compare(a.place.File, b.place.File), cmp.Compare(a.place.Row, b.place.Row))
}

// row copies what tests need of a row.
func (x *suggester) row(t *match.Trace, name string, source *match.Source, batch *ir.Batch, i int) *ruletest.Found {
	f := &ruletest.Found{Source: name, Values: map[string]ir.Value{}, Dimensions: map[string]map[string]ir.Value{}, Currency: t.Currency}
	report := source.OnlyReport()
	for c, column := range source.Columns() {
		if slices.Contains(report, column) {
			continue
		}
		v := batch.Columns[c].Value(i)
		v.S = strings.Clone(v.S)
		f.Values[column] = v
	}
	for n, slot := range x.night.program.Sources[name].Slots {
		if slot.Origin != ir.FromDimension {
			continue
		}
		v := t.Row.Values[n]
		fields, seen := f.Dimensions[slot.Dimension]
		if v.Fault() == ir.MissingRow || !slot.Required && v.Null() && !seen {
			f.Dimensions[slot.Dimension] = nil
			continue
		}
		if fields == nil {
			fields = map[string]ir.Value{}
			f.Dimensions[slot.Dimension] = fields
		}
		fields[slot.Column] = v
	}
	return f
}

// sides name where a row stands.
var sides = [3]string{"just below", "at", "just above"}

// chosen are the rows that were found, each once for what it shows first.
func (x *suggester) chosen() []*ruletest.Found {
	var all []*ruletest.Found
	shown := map[rowPlace]bool{}
	named := map[string]bool{}
	for _, source := range sortedNames(x.thresholds) {
		for _, th := range x.thresholds[source] {
			for side, near := range th.nearest {
				if near == nil || shown[near.at] {
					continue
				}
				f := *near.found
				f.Sentence = fmt.Sprintf("%s, %s %s", th.rule, sides[side], th.text)
				if th.text == "" {
					f.Sentence = fmt.Sprintf("%s, %s %s %s", th.rule, th.sides[0], sides[side], th.sides[1])
				}
				if named[f.Sentence] {
					continue
				}
				shown[near.at], named[f.Sentence] = true, true
				all = append(all, &f)
			}
		}
	}
	return all
}

// ids are the columns whose values name somebody or something: keys of incidents
// too, where no rule reads them.
func (x *suggester) ids() map[string][]string {
	ids := map[string][]string{}
	for i := range x.project.work.Sources {
		s := &x.project.work.Sources[i]
		if s.Event == nil {
			continue
		}
		ids[s.Name] = append(texts(s.Event.ID), s.Event.Customer.Source, s.Event.Order.Source, s.Event.Seller.Source)
		program := x.night.program.Sources[s.Name]
		for _, key := range texts(s.Event.Incident) {
			if program != nil && !slices.ContainsFunc(program.Slots, func(slot ir.Slot) bool { return slot.Origin == ir.FromColumn && slot.Column == key }) {
				ids[s.Name] = append(ids[s.Name], key)
			}
		}
	}
	return ids
}

// of says on which side of the threshold a row is and how far from it; ok is
// false where something else decides too.
func (t *threshold) of(row *ir.Row) (side int, distance uint64, ok bool) {
	for _, p := range t.others {
		if v, fault := p.Eval(row); fault != nil || v.I == 0 {
			return 0, 0, false
		}
	}
	for _, p := range t.none {
		if v, fault := p.Eval(row); fault == nil && v.I != 0 {
			return 0, 0, false
		}
	}
	x, fault := t.left.Eval(row)
	y, other := t.right.Eval(row)
	if fault != nil || other != nil || x.Null() || y.Null() {
		return 0, 0, false
	}
	switch {
	case x.I < y.I:
		return 0, uint64(y.I) - uint64(x.I), true
	case x.I > y.I:
		return 2, uint64(x.I) - uint64(y.I), true
	}
	return 1, 0, true
}
