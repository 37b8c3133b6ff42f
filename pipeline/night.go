package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"amends/pipeline/analysis"
	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
	"amends/pipeline/scan"
	"amends/pipeline/state"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/money"
)

// night is one business date's run: what goes in, and what each stage makes of
// it. Its fields are filled in the order of run.
type night struct {
	session   *session
	config    Config
	project   *project
	work      *workspace.Workspace
	rulebook  *rules.Rulebook
	date      calendar.Date
	effective calendar.Date
	asOf      calendar.Instant
	zone      *time.Location
	window    window
	withCSV   bool // publish tables as CSV too
	book      *ledger.Book

	files     map[string][]scan.File
	learnFrom map[string][]scan.File // replays: the files whose columns the run looked at; nil otherwise
	inputs    []state.Input
	looked    []state.Input // files of which only the columns count
	schemas   schemas
	program   *rules.Program
	defined   map[string]state.Definition

	dimensions map[string]*match.Dimension
	joins      []*dimensionReading
	// wholeDimensions says that any row of any dimension may be looked up.
	wholeDimensions bool
	events          map[string]match.Event
	sources         map[string]*match.Source
	history         *history
	redemptions     redemptionRows
	requests        requests
	rejects         []publish.Reject
	rowsRead        int64

	aside     asides       // of matching
	shelf     *asides      // of what publishing reads again; nil where nobody publishes
	unread    func() error // says why something of the shelf could not be read
	matched   *match.Result
	people    *people // whose incidents are decided
	repeats   []*award.Decision
	decisions []*award.Decision
	resolved  []*award.Decision         // the same customer by customer, until they are weighed
	refused   map[*award.Decision]int64 // denied by a budget: what the limits had left
	breaches  []resolve.Breach
	issuable  money.ByCurrency
	figured   *figures         // see figures
	weighed   *report.Analysis // what rules, limits and budgets did
	// customers got a credit tonight and have many; see customerNights.
	customers      []analysis.CustomerNight
	customersKnown bool

	pass       *openPass             // over the open credits of the night before
	before     money.ByCurrency      // outstanding when the night began
	postings   []ledger.Posting      // but for issues
	issued     []*award.Decision     // what the others issue
	terms      map[string]usableTime // of credits that they issue
	redeemed   []ledger.RedemptionResult
	voided     []ledger.VoidResult
	voidFaults map[string]int64
	moved      map[string]ledger.Movement
	summary    *report.Summary
	trends     *analysis.Trends // as this night publishes them
	anomalies  []report.Anomaly // as its report has them
}

// run is the night's control flow: files to rows, rows to incidents, incidents
// to decisions, decisions to postings, and all of it to what is published.
// Nothing outside the session's memory changes.
func (n *night) run(ctx context.Context) (*publish.Night, error) {
	if err := n.through(ctx, append(n.decideStages(), n.postStages()...)); err != nil {
		return nil, err
	}
	n.begins("reporting")
	out := n.output()
	err := errors.Join(n.tell(out), n.book.Err()) // the report asks the ledger's past too
	n.forget()
	return out, err
}

// letGo lets go of what led to the decisions and postings of a night that is
// done: the ledger in memory, what was asked of history and what was matched are
// as large as what is published, which is made from decisions alone. The next
// night has a ledger of its own.
func (n *night) letGo() {
	n.session.book, n.book, n.history, n.pass = nil, nil, nil, nil
	n.sources, n.dimensions, n.joins, n.matched, n.resolved, n.people = nil, nil, nil, nil, nil, nil
	collect()
}

// letGoOfPublished lets go of what was published: what is derived from the runs
// is made from their files.
func (n *night) letGoOfPublished() {
	n.decisions, n.repeats, n.refused, n.issued, n.postings = nil, nil, nil, nil, nil
	n.requests.released, n.redeemed, n.voided, n.rejects = nil, nil, nil, nil
	n.redemptions = redemptionRows{}
	collect()
}

// stage is one part of a night, with its name for people.
type stage struct {
	name string
	do   func(context.Context) error
}

// decideStages lead to decisions; they only read.
func (n *night) decideStages() []stage {
	return []stage{
		{"checking", n.compile},
		{"reading", n.readAll},
		{"matching", n.match},
		{"checking rows", func(context.Context) error { return n.checkRows() }},
		{"resolving", func(context.Context) error { return n.decide() }},
	}
}

// postStages change the session's ledger, once what needs it as it was is done.
func (n *night) postStages() []stage {
	return []stage{
		{"weighing", func(context.Context) error { return n.weigh() }},
		{"posting", func(context.Context) error { return n.post() }},
		{"balancing", func(context.Context) error { return n.balance() }},
	}
}

// through does stages in turn, up to the first error.
func (n *night) through(ctx context.Context, stages []stage) error {
	for _, s := range stages {
		if err := ctx.Err(); err != nil {
			return err
		}
		n.begins(s.name)
		if err := s.do(ctx); err != nil {
			return err
		}
		if err := n.book.Err(); err != nil { // or an answer that the stage built on was none
			return err
		}
	}
	return nil
}

// begins tells that a stage of the night begins.
func (n *night) begins(stage string) {
	n.config.Profile.Stage(stage)
	n.progress(stage)
}

func (n *night) progress(stage string) {
	if n.config.Progress != nil {
		n.config.Progress(Progress{Date: n.date, Night: n.session.night, Of: n.session.of, Stage: stage, Rows: n.rowsRead})
	}
}

// compile finds the night's files, learns their columns and checks the rules
// against them.
func (n *night) compile(context.Context) error {
	var err error
	if n.files == nil { // a replay reads what the run read
		if n.files, err = n.project.resolveFiles(n.window, historyDays(n.rulebook, n.work.HorizonDays)); err != nil {
			return err
		}
	}
	if n.learnFrom != nil {
		n.schemas, err = n.session.schemasOf(n.project, n.learnFrom)
	} else if n.schemas, err = n.session.schemasOf(n.project, n.files); err == nil {
		n.schemas, err = n.project.learnMissing(n.schemas, n.date)
	}
	if err != nil {
		return err
	}
	var list diag.List
	if n.program, list, err = n.session.programOf(n.project, n.schemas); err != nil {
		return err
	}
	for _, d := range checkTerms(n.rulebook, n.date, n.effective) {
		d.Pos.File = showRule(n.work, d.Pos.File)
		list = append(list, d)
	}
	list.Sort()
	if err := list.Err(); err != nil {
		return err
	}
	n.defined = n.definitions()
	if changed := state.ChangedDefinitions(&state.Manifest{Definitions: n.session.definitions}, n.defined); len(changed) > 0 {
		return fmt.Errorf("%w: what an incident is has changed, so incidents that were paid would be paid again:\n  %s\ngive the new definition another source and another failure",
			ErrRefused, strings.Join(changed, "\n  "))
	}
	return nil
}

// definitions says what each source's incidents are, for the next run to hold
// against its own; those of sources that are gone are carried along.
func (n *night) definitions() map[string]state.Definition {
	defined := n.project.definitions(n.schemas)
	for name, d := range n.session.definitions {
		if _, here := defined[name]; !here {
			d.Carried = n.work.Source(name) == nil
			defined[name] = d
		}
	}
	return defined
}

func (n *night) readAll(ctx context.Context) error {
	n.history = newHistory(n.book, n.date, n.work.HorizonDays, n.session.holds)
	n.planDimensions()
	if err := n.readExternal(ctx); err != nil {
		return err
	}
	if err := n.readRedemptions(ctx); err != nil {
		return err
	}
	if err := n.plan(); err != nil {
		return err
	}
	if err := n.consumeRequests(); err != nil {
		return err
	}
	for i := range n.requests.carried {
		n.history.holds.addHold(&n.requests.carried[i])
	}
	return nil
}

func (n *night) matchNight() match.Night {
	return match.Night{Date: n.date, AsOf: n.asOf, Zone: n.zone, HorizonDays: n.work.HorizonDays, Currencies: n.project.currencies(), Seed: n.config.seed}
}

// plan prepares the matching of each event source.
func (n *night) plan() error {
	n.events, n.sources = map[string]match.Event{}, map[string]*match.Source{}
	for i := range n.work.Sources {
		s := &n.work.Sources[i]
		program := n.program.Sources[s.Name]
		if s.Event == nil || program == nil {
			continue
		}
		event := n.event(s)
		var err error
		if event.LastReading, err = n.lastReading(s); err != nil {
			return err
		}
		n.events[s.Name] = event
		n.sources[s.Name] = match.NewSource(event, n.matchNight(), program, n.dimensions, n.history)
	}
	return nil
}

// event is what a source says of its rows.
func (n *night) event(s *workspace.Source) match.Event {
	e := s.Event
	return match.Event{
		Source: s.Name, Failure: e.Failure, ID: texts(e.ID), Incident: texts(e.Incident), Version: e.Version.Source,
		Order: e.Order.Source, Customer: e.Customer.Source, Seller: e.Seller.Source, Since: e.Since.Source,
		Value: e.Value.Source, Zone: e.Zone.Source, CurrencyColumn: s.CurrencyColumn.Source, Currency: s.Currency,
		Growing: !s.HasDate(), FirstDay: n.window.from(s.LookbackDays),
		Report: match.Report{Columns: n.reportColumns(s), From: calendar.AsOf(n.previousDate(), n.zone)},
	}
}

// lastReading names the files of a dated source that tomorrow's night will not
// read.
func (n *night) lastReading(s *workspace.Source) (map[string]bool, error) {
	if !s.HasDate() {
		return nil, nil
	}
	later, _, err := scan.Resolve(n.project.dir, s.Files.Source, n.date.AddDays(1-s.LookbackDays), n.date)
	if err != nil {
		return nil, fmt.Errorf("source %q: %w", s.Name, err)
	}
	last := map[string]bool{}
	for _, f := range n.files[s.Name] {
		last[f.Name] = !slices.ContainsFunc(later, func(l scan.File) bool { return l.Name == f.Name })
	}
	return last, nil
}

func texts(list []diag.Text) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.Source
	}
	return out
}

// listLooked names the files whose columns the night knows without having read
// a row of them: it depends on them as well.
func (n *night) listLooked() error {
	read := map[[2]string]bool{}
	for _, in := range n.inputs {
		read[[2]string{in.Source, in.Path}] = true
	}
	for i := range n.work.Sources {
		s := &n.work.Sources[i]
		file := n.schemas[s.Name].file
		if file == "" || read[[2]string{s.Name, file}] {
			continue
		}
		digest, size, err := fileDigest(n.project.pathOf(file))
		if err != nil {
			return fmt.Errorf("source %q: %w", s.Name, err)
		}
		n.looked = append(n.looked, state.Input{Source: s.Name, Path: file, Size: size, SHA256: digest, Dated: s.HasDate()})
	}
	return nil
}

func (n *night) addInputs(s *workspace.Source, stats []scan.FileStats) {
	for _, f := range stats {
		n.config.Profile.Rows(f.Rows, f.Size)
	}
	n.inputs = append(n.inputs, inputsOf(s, stats)...)
}

func inputsOf(s *workspace.Source, stats []scan.FileStats) []state.Input {
	inputs := make([]state.Input, len(stats))
	for i, f := range stats {
		inputs[i] = state.Input{Source: s.Name, Path: f.Name, Size: f.Size, SHA256: f.SHA256, Rows: f.Rows, Dated: s.HasDate()}
	}
	return inputs
}

// balance checks both identities of the ledger and of the rows before anything
// is published.
func (n *night) balance() error {
	issued, err := n.figures().issuedMinor()
	if err != nil {
		return err
	}
	if n.moved, err = ledger.RollForwardOf(n.before, n.book.Outstanding(), n.moves(issued)); err != nil {
		return err
	}
	for _, flow := range n.flows() {
		if flow.Read != flow.Outcomes() {
			return fmt.Errorf("source %q: %d rows were read and %d have an outcome: %+v", flow.Source, flow.Read, flow.Outcomes(), flow)
		}
	}
	return nil
}

func (n *night) previousDate() calendar.Date {
	if n.window.hasPrior {
		return n.window.previous
	}
	return n.date - 1
}
