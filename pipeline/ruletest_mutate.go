package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"amends/pipeline/ruletest"
	"amends/rules"
	"amends/rules/document"
)

// known fails for a rule that the rulebook lacks.
func (p *project) known(ids []string) error {
	var all []string
	for i := range p.rulebook.Rules {
		all = append(all, p.rulebook.Rules[i].ID)
	}
	for _, id := range ids {
		if slices.Contains(all, id) {
			continue
		}
		if near := document.Suggestion(id, all); near != "" {
			return fmt.Errorf("%w: there is no rule %q; %s", ErrUsage, id, near)
		}
		return fmt.Errorf("%w: there is no rule %q", ErrUsage, id)
	}
	return nil
}

// mutate runs the cases against every mutant of the rulebook, or of some rules,
// in memory.
func (t *tester) mutate(ctx context.Context, result *ruletest.Result, o TestOptions) (*ruletest.Mutation, error) {
	mutants, accepts := ruletest.Mutants(t.project.rulebook), t.suite.Accepts
	if len(o.Rules) > 0 {
		mutants = ruletest.MutantsOf(t.project.rulebook, o.Rules)
		accepts = slices.DeleteFunc(slices.Clone(accepts), func(a ruletest.Accept) bool {
			return !slices.ContainsFunc(mutants, func(m *ruletest.Mutant) bool { return m.Of == a.Of })
		})
	}
	x := &mutation{tester: t, tried: o.Tried, mutants: mutants, fates: make([]ruletest.Fate, len(mutants)), meanings: make([][sha256.Size]byte, len(mutants))}
	for _, c := range result.Cases {
		x.cases = append(x.cases, newMutationCase(c))
	}
	if err := x.parallel(ctx); err != nil {
		return nil, err
	}
	// Of expressions that mean the same, the first counts.
	seen := map[[sha256.Size]byte]bool{sha256.Sum256([]byte(ruletest.Meaning(t.bench.program))): true}
	for i, m := range mutants {
		if !m.Expression || x.fates[i] == ruletest.Invalid {
			continue
		}
		if seen[x.meanings[i]] {
			x.fates[i] = ruletest.Same
		}
		seen[x.meanings[i]] = true
	}
	return ruletest.NewMutation(mutants, x.fates, accepts, t.project.ruleWords().Place), nil
}

type mutation struct {
	*tester
	cases    []mutationCase
	mutants  []*ruletest.Mutant
	fates    []ruletest.Fate
	meanings [][sha256.Size]byte // of expressions
	tried    func(n, of int)     // may be nil
}

// mutationCase is a case with what the rulebook makes of it.
type mutationCase struct {
	ready   *ruletest.Ready
	sources []string
	rules   []string // that hit its rows
}

func newMutationCase(c *ruletest.CaseResult) mutationCase {
	m := mutationCase{ready: c.Ready}
	for _, e := range c.Ready.Events {
		m.sources = append(m.sources, e.Source)
	}
	for i := range c.Rows {
		m.rules = append(m.rules, c.Rows[i].Outcome.MatchedRules...)
	}
	return m
}

// parallel finds the fate of every mutant.
func (x *mutation) parallel(ctx context.Context) error {
	var next atomic.Int64
	errs := make([]error, x.bench.config.Workers)
	var wait sync.WaitGroup
	var told sync.Mutex
	done := 0 // guarded by told
	for w := range errs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(x.mutants) {
					return
				}
				if errs[w] = ctx.Err(); errs[w] == nil {
					errs[w] = x.try(i)
				}
				if x.tried != nil {
					told.Lock()
					done++
					x.tried(done, len(x.mutants))
					told.Unlock()
				}
			}
		}()
	}
	wait.Wait()
	return cmp.Or(errs...)
}

// looksTooFar reports whether a mutant asks for more history than is kept, as
// check would: its text is still that of the rules.
func (x *mutation) looksTooFar(program *rules.Program) bool {
	for days := range windowsOf(program) {
		if days > x.project.work.HorizonDays {
			return true
		}
	}
	return false
}

// try compiles a mutant and runs the cases that it can change, those that its
// rule hits first, until one notices.
func (x *mutation) try(i int) error {
	m := x.mutants[i]
	program, list := rules.Compile(m.Book, x.catalog)
	if program == nil || list.HasErrors() || x.looksTooFar(program) {
		x.fates[i] = ruletest.Invalid
		return nil
	}
	if m.Expression {
		x.meanings[i] = sha256.Sum256([]byte(ruletest.Meaning(program)))
	}
	bench := newTestBench(x.bench.config, x.project, program, x.bench.schemas)
	for _, likely := range []bool{true, false} {
		for _, c := range x.cases {
			hits := m.Rule == "" || slices.Contains(c.rules, m.Rule)
			if hits != likely || m.Source != "" && !slices.Contains(c.sources, m.Source) {
				continue
			}
			noticed, err := bench.notices(c.ready)
			if err != nil {
				return err
			}
			if noticed {
				x.fates[i] = ruletest.Noticed
				return nil
			}
		}
	}
	return nil
}

// notices reports whether a case comes out other than expected.
func (b *testBench) notices(ready *ruletest.Ready) (bool, error) {
	night, err := b.run(ready)
	if err != nil {
		return false, err
	}
	for i, builder := range night.builders() {
		if len(ready.Expect[i].Compare(night.outcome(i, builder))) > 0 {
			return true, nil
		}
	}
	return false, nil
}
