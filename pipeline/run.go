package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"amends/pipeline/archive"
	"amends/pipeline/award"
	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// Run runs the nights From to To, each only once the one before is committed,
// and calls each after each of them. Dates that are committed already are
// answers, not nights: they are compared with what their manifest lists. An
// error leaves the nights before it committed and its own undone.
func Run(ctx context.Context, c Config, o RunOptions, each func(*NightResult)) (results []*NightResult, err error) {
	c = c.withDefaults()
	c.FS = c.Profile.FS(c.FS)
	c.Profile.Stage("opening")
	if o.To < o.From {
		return nil, fmt.Errorf("%w: the range ends on %s, before it begins on %s", ErrUsage, o.To, o.From)
	}
	p, list, err := loadProject(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	dir := stateDir(c, p)
	if !o.DryRun {
		if err := makeStateDir(c, p); err != nil {
			return nil, err
		}
		release, err := state.Lock(c.FS, dir)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	chain, err := state.Open(c.FS, dir)
	if err != nil {
		return nil, err
	}
	r := &runner{config: c, options: o, project: p, chain: chain, each: each}
	r.derive()
	results, err = r.nights(ctx)
	if r.session != nil {
		err = errors.Join(err, r.session.close())
	}
	return results, err
}

// derive brings what is derived from the runs up to date: after a commit, and
// before the first night what an earlier process left undone. The nights stand
// without it, and the next run tries again.
func (r *runner) derive() {
	if r.options.DryRun {
		return
	}
	if err := errors.Join(r.chain.Checkpoint(), r.keepArchive()); err != nil {
		r.notes = append(r.notes, fmt.Sprintf("the next start takes longer, and nothing else is affected: %v", err))
	}
}

// keepArchive brings the archive up to the chain, and makes again what the
// session found damaged.
func (r *runner) keepArchive() error {
	c := archiveOf(r.config.FS, r.chain)
	if r.session != nil && r.session.memory.archive != nil {
		c.Suspect = r.session.memory.archive.Damaged()
	}
	return archive.Keep(c)
}

// makeStateDir makes the state's folder and syncs every folder between it and the
// workspace: an earlier process may have made them and died before its sync.
func makeStateDir(c Config, p *project) error {
	if filepath.IsAbs(p.work.State) {
		return nil // its parents are not the workspace's to make
	}
	dir := c.Dir
	for _, part := range strings.Split(filepath.ToSlash(filepath.Clean(p.work.State)), "/") {
		dir = filepath.Join(dir, part)
		if err := durable.MakeDir(c.FS, dir); err != nil {
			return err
		}
	}
	return nil
}

// runner is one call of Run.
type runner struct {
	config  Config
	options RunOptions
	project *project
	chain   *state.Chain
	session *session
	notes   []string // for the next result
	// simulated is the chain that dry runs go on from, in memory only.
	simulated *state.Chain
	each      func(*NightResult)
}

func (r *runner) nights(ctx context.Context) ([]*NightResult, error) {
	var results []*NightResult
	o := r.options
	for date := o.From; date <= o.To; date = date.AddDays(1) {
		result, err := r.night(ctx, date)
		if err != nil {
			return results, fmt.Errorf("%s: %w", date, err)
		}
		results = append(results, result)
		r.config.Profile.Stage("") // the caller's time is no stage's
		if r.each != nil {
			r.each(result)
		}
	}
	return results, nil
}

func (r *runner) night(ctx context.Context, date calendar.Date) (*NightResult, error) {
	effective := date.AddDays(1)
	if r.options.HasEffective {
		effective = r.options.Effective
	}
	if effective < date {
		return nil, fmt.Errorf("%w: credits cannot take effect on %s, before the business date", ErrUsage, effective)
	}
	if !r.options.DryRun {
		if m, err := r.chain.Manifest(date); m != nil || err != nil {
			if err != nil {
				return nil, err
			}
			r.config.Profile.Stage("comparing")
			return r.already(m, effective)
		}
	}
	if err := r.open(date); err != nil {
		return nil, err
	}
	r.config.Profile.Night()
	if err := r.order(date); err != nil {
		return nil, err
	}
	r.session.night, r.session.of = int(date-r.options.From)+1, int(r.options.To-r.options.From)+1
	n := r.session.begin(date, effective)
	n.withCSV, n.shelf = n.withCSV || r.options.CSV, &asides{}
	defer n.shelf.close()
	out, err := n.run(ctx)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n.begins("publishing")
	result := &NightResult{
		Date: date, DryRun: r.options.DryRun, Summary: n.summary, AllHeld: n.allHeld(), RowsRead: n.rowsRead, Effective: effective,
		Anomalies: n.anomalies,
	}
	if !r.options.DryRun { // whose next night goes on from this one's ledger
		n.letGo()
	}
	if err := r.publish(n, out, result); err != nil {
		return nil, err
	}
	r.session.advance(n, out.Holds)
	r.session.behind = !r.options.DryRun
	return result, nil
}

// open replays the ledger up to the night, once for a range. A dry run of a
// date that is committed sees the ledger as it was before that date.
func (r *runner) open(date calendar.Date) error {
	if r.session != nil && r.session.behind {
		return r.session.recall(date)
	}
	if r.session != nil {
		return nil
	}
	r.config.Profile.Stage("ledger")
	var err error
	before := date
	if r.options.DryRun {
		if r.simulated, err = r.chain.Before(date); err != nil {
			return err
		}
	} else if last := r.chain.Last(); last != nil {
		before = max(before, last.Date().AddDays(1))
	}
	if r.session, err = newSession(r.config, r.project, r.chain, before); err != nil {
		return err
	}
	r.session.dry = r.options.DryRun
	return nil
}

// order refuses a date that is not the next one.
func (r *runner) order(date calendar.Date) error {
	s := r.session
	if !s.any || date == s.last.AddDays(1) {
		return nil
	}
	if date <= s.last {
		return fmt.Errorf("%w: %s is settled already up to %s, and dates are settled in order", ErrRefused, r.project.work.State, s.last)
	}
	if r.options.SkipTo && date == r.options.From {
		return nil
	}
	return &GapError{Last: s.last, Date: date}
}

// allHeld reports whether guardrails held every new award of the night.
func (n *night) allHeld() bool {
	if len(n.breaches) == 0 {
		return false
	}
	for _, d := range n.decisions {
		if d.Outcome == award.Issued && d.Incident.Released() == nil {
			return false
		}
	}
	return true
}

// advance makes the ledger in memory that of the morning after. Holds are those that
// the night published: facts may lie aside, and whether they could be read is known of
// these alone.
func (s *session) advance(n *night, holds []publish.Hold) {
	if s.dry { // or they are read where they are published
		s.holds = holds
	}
	if !s.any {
		s.first = n.date
	}
	if gap := n.window.gap(); gap != nil {
		s.left = append(s.left, *gap)
	}
	s.any, s.last = true, n.date
	s.definitions, s.lastInputs, s.trends = n.defined, n.inputs, n.trends
	s.issuable = append(s.issuable, pastNight{date: n.date, minor: n.issuable})
	for _, r := range n.requests.consumed {
		s.consumed[r.ID] = true
	}
	if digest, committed := s.chain.SHA256On(n.date); committed {
		s.seenSHA256 = digest
	}
}

// publish writes the night's files and commits them; a dry run leaves them in a
// folder of its own and the state as it was.
func (r *runner) publish(n *night, out *publish.Night, result *NightResult) (err error) {
	var stage *state.Stage
	if r.options.DryRun {
		result.Dir = r.dryRunDir(n.date)
		stage, err = r.simulated.BeginDry(n.date, result.Dir)
	} else {
		result.Dir = r.chain.RunDir(n.date)
		stage, err = r.chain.Begin(n.date)
	}
	if err != nil {
		return err
	}
	out.Watch = r.config.Profile.Work
	outputs, err := publish.Write(r.config.FS, stage.Dir, out)
	if err = errors.Join(n.unread(), err); err != nil {
		return errors.Join(err, stage.Discard())
	}
	for _, o := range outputs {
		r.config.Profile.Rows(o.Rows, 0)
	}
	r.config.Profile.Stage("committing")
	m := n.manifest(outputs)
	if err := stage.Commit(m); err != nil {
		return err
	}
	if !r.options.DryRun {
		n.letGoOfPublished()
		n.progress("committed")
		result.Sequence, result.Manifest = m.Sequence, r.chain.LastSHA256()
		r.derive()
	}
	result.Notes, r.notes = append(result.Notes, r.notes...), nil
	return nil
}

func (r *runner) dryRunDir(date calendar.Date) string {
	switch {
	case r.options.Out == "":
		return r.chain.DryRunDir(date)
	case r.options.From != r.options.To:
		return filepath.Join(r.options.Out, date.String())
	}
	return r.options.Out
}

// manifest lists what the night read and wrote; its place in the chain is for
// the chain to say.
func (n *night) manifest(outputs []publish.Output) *state.Manifest {
	m := &state.Manifest{
		Program: Version, BusinessDate: state.Day(n.date), EffectiveDate: state.Day(n.effective), AsOf: state.Moment(n.asOf),
		Timezone: n.work.Timezone, ZoneDataVersion: calendar.Version(),
		WorkspaceSHA256: state.Digest(n.project.workspaceBytes), RulebookSHA256: n.rulebook.SHA256, Rules: ruleDigests(n.project),
		Inputs: n.inputs, Schemas: n.looked, Requests: n.requests.consumed, RollForward: map[string]state.Moved{}, Outcomes: map[string]map[string]int64{},
		IssuableMinor: n.issuable, Definitions: n.defined,
	}
	for _, o := range outputs {
		m.Outputs = append(m.Outputs, state.Output(o))
	}
	for c, moved := range n.moved {
		m.RollForward[c] = state.Moved(moved)
	}
	for _, f := range n.summary.Sources {
		m.Outcomes[f.Source] = outcomes(f)
	}
	m.Skipped = n.window.gap()
	return m
}

func outcomes(f report.SourceFlow) map[string]int64 {
	return map[string]int64{
		"rejected": f.Rejected, "out-of-window": f.OutOfWindow, "not-yet": f.NotYet, "unmatched": f.Unmatched,
		"merged": f.Merged, "suppressed": f.Suppressed, "held": f.Held, "issued": f.Issued,
	}
}

// OpenCredits are the credits with value left after the last committed night.
func OpenCredits(_ context.Context, c Config) ([]ledger.Credit, error) {
	c = c.withDefaults()
	p, list, err := loadProject(c.Dir)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, err
	}
	chain, err := state.Open(c.FS, stateDir(c, p))
	if err != nil || chain.Last() == nil {
		return nil, err
	}
	content, err := chain.ReadOutput(chain.Last(), openFile)
	if err != nil {
		return nil, err
	}
	return readOpen(content)
}
