package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/document"
)

// DiffRequest says what to compare: the workspace's rules with others over
// nights, or what two runs published.
type DiffRequest struct {
	With     string        // a folder of rules, one file of them, or a workspace with the same amends.yaml
	Whole    bool          // With is a whole rulebook, whatever it lacks
	From, To calendar.Date // inclusive, valid with HasRange; otherwise the last committed nights
	HasRange bool
	Last     int       // without HasRange, how many committed nights; 0 means one
	Folders  [2]string // of runs or dry runs, instead of With
	By       []string  // columns to break down by; nil means the workspace's report.by
	Examples int       // at most so many
	CSV      io.Writer // takes every incident that differs, as a table; may be nil
	Lines    int       // how many lines of a table people are shown; 0 means report.DiffLines

	NearMisses NearMisses // which cut-offs to try at their neighbours, with With
	Rules      []string   // with NearMisses: the rules whose cut-offs are tried; none are all
	// Costs is told how many more runs over how many nights the cut-offs cost,
	// before any; may be nil.
	Costs func(runs, nights int)

	tests bool // With is for the cases of tests: there is no side A
}

// Diff compares what two rulebooks give for the same nights. Side A is the
// workspace's, side B the other; both are run in memory, in the order of dates,
// each on a ledger of its own that begins as the chain stood before the first
// night. Nothing is written. The error is ErrUsage, ErrRefused, or diagnostics
// of either rulebook.
func Diff(ctx context.Context, c Config, request DiffRequest) (*report.Diff, error) {
	c = c.withDefaults()
	if len(request.By) > maxReportColumns {
		return nil, fmt.Errorf("%w: %d columns to break down by, at most %d", ErrUsage, len(request.By), maxReportColumns)
	}
	d := &differ{config: c, request: request}
	if request.Folders[0] != "" {
		return d.published(ctx)
	}
	if request.With == "" && request.NearMisses == NearMissesAll {
		own, err := loadOwn(c.Dir)
		if err != nil {
			return nil, err
		}
		d.request.With = filepath.Join(c.Dir, filepath.FromSlash(own.project.work.Rules))
	} else if request.With == "" {
		return nil, fmt.Errorf("%w: name other rules with --with, or two folders of runs", ErrUsage)
	}
	return d.simulated(ctx)
}

// differ is one call of Diff.
type differ struct {
	config  Config
	request DiffRequest
	chain   *state.Chain
	nights  []diffNight
	by      []string
	a, b    *diffSide
	notes   []string
	changes report.DiffRules // of the texts of both rulebooks
	near    nearPlan
}

// diffNight is one date of the range, and the day on which its credits can
// first be used.
type diffNight struct{ date, effective calendar.Date }

func (d *differ) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

func (d *differ) simulated(ctx context.Context) (out *report.Diff, err error) {
	a, b, err := loadSides(d.config.Dir, d.request)
	if err != nil {
		return nil, err
	}
	if err := b.project.known(d.request.Rules); err != nil {
		return nil, err
	}
	d.changes = ruleChanges(a, b)
	if d.chain, err = state.Open(d.config.FS, stateDir(d.config, a.project)); err != nil {
		return nil, err
	}
	if err := d.chooseNights(); err != nil {
		return nil, err
	}
	d.chooseColumns(a)
	sims := [2]*diffSimulation{{differ: d, rules: a}, {differ: d, rules: b}}
	defer func() {
		for _, s := range sims {
			if s.session != nil {
				err = errors.Join(err, s.session.close())
			}
		}
	}()
	if err := d.check(ctx, sims); err != nil {
		return nil, err
	}
	d.planNear(sims[0], sims[1])
	for i, s := range sims {
		s.session.of = (2 + d.near.runs) * len(d.nights)
		if err := s.run(ctx, i*len(d.nights)); err != nil {
			return nil, err
		}
	}
	d.a, d.b = sims[0].side, sims[1].side
	if err := d.reality(); err != nil {
		return nil, err
	}
	d.requestNote()
	if out, err = d.compare(); err != nil {
		return nil, err
	}
	out.Basis = report.DiffSimulated
	return out, d.tryNear(ctx, sims[1], out)
}

// chooseColumns takes each column that was asked for once, or the workspace's.
func (d *differ) chooseColumns(r *diffRules) {
	by := d.request.By
	if by == nil {
		by = texts(r.project.work.ReportBy)
	}
	for _, column := range by {
		if !slices.Contains(d.by, column) {
			d.by = append(d.by, column)
		}
	}
}

// chooseNights lists the committed dates of the range, and those after the last
// committed one. Dates that runs left out are left out here too.
func (d *differ) chooseNights() error {
	last := d.chain.Last()
	from, to := d.request.From, d.request.To
	if !d.request.HasRange {
		nights := d.chain.Nights()
		if last == nil {
			return fmt.Errorf("%w: no night is settled yet: name one with --date, or a range with --from and --to", ErrUsage)
		}
		wanted := max(d.request.Last, 1)
		if missing := wanted - len(nights); missing > 0 {
			d.note("Only %s settled yet; %d were asked for.", report.Counted(int64(len(nights)), "night is", "nights are"), wanted)
		}
		from, to = nights[max(len(nights)-wanted, 0)].Date(), last.Date()
	}
	if to < from {
		return fmt.Errorf("%w: the range ends on %s, before it begins on %s", ErrUsage, to, from)
	}
	var left []calendar.Date
	for date := from; date <= to; date = date.AddDays(1) {
		m, err := d.chain.Manifest(date)
		switch {
		case err != nil:
			return err
		case m != nil:
			d.nights = append(d.nights, diffNight{date, calendar.Date(m.EffectiveDate)})
		case last == nil || date > last.Date():
			d.nights = append(d.nights, diffNight{date, date.AddDays(1)})
		default:
			left = append(left, date)
		}
	}
	if len(d.nights) == 0 {
		return fmt.Errorf("%w: no night from %s to %s is settled, and %s is: these dates were left out for good", ErrUsage, from, to, last.Date())
	}
	if last != nil && d.nights[0].date > last.Date().AddDays(1) {
		return fmt.Errorf("%w: the last settled date is %s, so the comparison begins on %s at the latest", ErrRefused, last.Date(), last.Date().AddDays(1))
	}
	if len(left) > 0 {
		d.note("%s from %s to %s are not settled and lie before the last settled night: both sides leave them out.",
			report.Counted(int64(len(left)), "date", "dates"), left[0], left[len(left)-1])
	}
	return nil
}

// check holds both rulebooks to the columns of the first night, and lists what
// is wrong with either before any night is run.
func (d *differ) check(ctx context.Context, sims [2]*diffSimulation) error {
	var list diag.List
	for _, s := range sims {
		err := s.open(ctx)
		var bad *diag.ListError
		switch {
		case errors.As(err, &bad):
			list = append(list, bad.List...)
		case err != nil:
			return fmt.Errorf("%s: %w", s.rules.name, err)
		}
	}
	list.Sort()
	if err := list.Err(); err != nil {
		return err
	}
	return d.columnsKnown(sims)
}

// columnsKnown refuses columns of --by that no event source has and no rule of
// either side reads.
func (d *differ) columnsKnown(sims [2]*diffSimulation) error {
	known := maps.Clone(sims[0].columns)
	maps.Copy(known, sims[1].columns)
	for _, column := range d.request.By {
		if !known[column] && !diffKnown(column) {
			return unknownColumn(column, slices.Concat(slices.Sorted(maps.Keys(diffColumns)), slices.Sorted(maps.Keys(known))))
		}
	}
	return nil
}

func unknownColumn(column string, known []string) error {
	hint := document.Suggestion(column, known)
	if hint != "" {
		hint += " "
	}
	return fmt.Errorf("%w: --by %s: no event source has such a column, and the rules read no such value; %salways there are %s",
		ErrUsage, column, hint, strings.Join(slices.Sorted(maps.Keys(diffColumns)), ", "))
}
