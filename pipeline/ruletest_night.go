package pipeline

import (
	"cmp"
	"fmt"
	"slices"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/resolve"
	"amends/pipeline/ruletest"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// testBench runs cases against one program, one after another.
type testBench struct {
	config  Config
	project *project
	program *rules.Program
	schemas schemas
	planned map[plannedSource]*match.Source // compiled for a case before
}

// plannedSource is what the plan of a source depends on beside the program.
type plannedSource struct {
	name string
	date calendar.Date
}

func newTestBench(c Config, p *project, program *rules.Program, found schemas) *testBench {
	work := *p.work
	work.ReportBy = nil // reports are not made
	with := *p
	with.work = &work
	return &testBench{config: c, project: &with, program: program, schemas: found, planned: map[plannedSource]*match.Source{}}
}

// shape says what rows look like and what the program needs of them.
func (b *testBench) shape() *ruletest.Shape {
	shape := &ruletest.Shape{Sources: map[string]*ruletest.SourceShape{}, Dimensions: map[string]*ruletest.DimensionShape{}}
	for _, r := range b.program.Book.Rules {
		shape.Rules = append(shape.Rules, r.ID)
	}
	n := b.night(&ruletest.Case{})
	n.readShapes()
	needed := dimensionFields(b.program, nil)
	for i := range b.project.work.Sources {
		s := &b.project.work.Sources[i]
		schema, known := b.schemas[s.Name]
		if s.Event == nil && s.Dimension == nil {
			continue
		}
		shape.Known = append(shape.Known, shownName(s))
		switch {
		case !known:
		case s.Dimension != nil:
			shape.Dimensions[s.Dimension.As.Source] = &ruletest.DimensionShape{
				On: s.Dimension.On.Source, Key: s.Dimension.Key.Source, Columns: kindsOf(s, schema),
				Needs: needed[s.Dimension.As.Source], Voids: without(n.dimensions[s.Dimension.As.Source].Fields, needed[s.Dimension.As.Source]),
				CurrencyColumn: s.CurrencyColumn.Source, Currency: s.Currency,
			}
		case n.sources[s.Name] != nil:
			shape.Sources[s.Name] = &ruletest.SourceShape{
				Columns: kindsOf(s, schema), Needs: n.sources[s.Name].Columns(), CurrencyColumn: s.CurrencyColumn.Source, Currency: s.Currency, At: s.At,
			}
		}
	}
	for name, source := range shape.Sources {
		for _, d := range sortedNames(shape.Dimensions) {
			if _, joins := b.schemas[name].kinds[shape.Dimensions[d].On]; joins {
				source.Dimensions = append(source.Dimensions, d)
			}
		}
	}
	return shape
}

func kindsOf(s *workspace.Source, schema sourceSchema) map[string]ruletest.Kind {
	kinds := map[string]ruletest.Kind{}
	for name, kind := range schema.kinds {
		if kind == ir.Invalid {
			continue
		}
		unit, _ := s.Unit(name)
		kinds[name] = ruletest.Kind{Kind: kind, Minor: unit == workspace.Minor, Zone: s.TimestampsIn}
	}
	return kinds
}

// testNight is a case as a night of its own.
type testNight struct {
	*night
	bench  *testBench
	ready  *ruletest.Ready
	traces []*match.Trace
	places []rowPlace // of the case's rows, in their order

	self     match.Identity // of the first row
	credit   *match.OpenCredit
	voidedBy string // the void rule that holds for the credit, or none
}

// night begins one for a case.
func (b *testBench) night(c *ruletest.Case) *testNight {
	work := b.project.work
	s := &session{config: b.config, project: b.project, book: ledger.NewBook(), unreported: true, night: 1, of: 1}
	n := &night{
		session: s, config: b.config, project: b.project, work: work, rulebook: b.program.Book, program: b.program, schemas: b.schemas,
		date: c.Date, effective: c.Effective, zone: work.Location, asOf: calendar.AsOf(c.Date, work.Location),
		window: window{date: c.Date, first: c.Date}, book: s.book, voidFaults: map[string]int64{},
	}
	n.history = newHistory(n.book, n.date, work.HorizonDays, nil)
	return &testNight{night: n, bench: b}
}

// run takes a case through the stages of a night.
func (b *testBench) run(ready *ruletest.Ready) (*testNight, error) {
	n := b.night(ready.Case)
	n.ready = ready
	fail := func(err error) (*testNight, error) { return nil, fmt.Errorf("%s: %w", ready.Place(), err) }
	n.readShapes()
	for _, d := range ready.Dimensions {
		dimension := n.dimensions[d.Name]
		values := make([]ir.Value, len(dimension.Fields))
		for i, field := range dimension.Fields {
			values[i] = d.Values[field]
		}
		dimension.Add(d.Key, values, d.Currency, false)
	}
	if err := n.find(); err != nil {
		return fail(err)
	}
	n.rulebook = beside(n.rulebook, ready.History.Tonight)
	if err := n.decide(); err != nil {
		return fail(err)
	}
	n.void()
	return n, nil
}

// readShapes makes the night's dimensions, without a row, and its sources.
func (n *testNight) readShapes() {
	fields := dimensionFields(n.program, n.program.Voids.Slots)
	n.dimensions, n.events, n.sources = map[string]*match.Dimension{}, map[string]match.Event{}, map[string]*match.Source{}
	for i := range n.work.Sources {
		if d := n.work.Sources[i].Dimension; d != nil {
			names := fields[d.As.Source]
			slices.Sort(names)
			kinds := make([]ir.Kind, len(names))
			for i, f := range names {
				kinds[i] = n.schemas[n.sourceOfDimension(d.As.Source)].kinds[f]
			}
			n.dimensions[d.As.Source] = match.NewDimension(d.As.Source, d.On.Source, d.Required, names, kinds)
		}
	}
	for i := range n.work.Sources {
		s := &n.work.Sources[i]
		if program := n.program.Sources[s.Name]; s.Event != nil && program != nil {
			n.events[s.Name] = n.event(s)
			key := plannedSource{s.Name, n.date}
			if planned := n.bench.planned[key]; planned != nil {
				n.sources[s.Name] = planned.With(n.dimensions, n.history)
				continue
			}
			n.sources[s.Name] = match.NewSource(n.events[s.Name], n.matchNight(), program, n.dimensions, n.history)
			n.bench.planned[key] = n.sources[s.Name]
		}
	}
}

func (n *testNight) sourceOfDimension(as string) string {
	for i := range n.work.Sources {
		if d := n.work.Sources[i].Dimension; d != nil && d.As.Source == as {
			return n.work.Sources[i].Name
		}
	}
	return "" // unreachable: it was found there
}

// find matches the rows, source by source, and merges them.
func (n *testNight) find() error {
	batches := map[string]*ir.Batch{}
	n.places = make([]rowPlace, len(n.ready.Events))
	file := n.ready.Place().File
	for _, name := range sortedNames(n.sources) {
		var rows []int
		for i := range n.ready.Events {
			if n.ready.Events[i].Source == name {
				n.places[i] = rowPlace{name, award.Place{File: file, Row: int64(len(rows))}}
				rows = append(rows, i)
			}
		}
		if len(rows) > 0 {
			batches[name] = n.batch(name, rows)
		}
	}
	if err := n.before(batches); err != nil {
		return err
	}
	var finders []*match.Finder
	for _, name := range sortedNames(batches) {
		f := n.sources[name].NewFinder()
		f.Find(award.Place{File: file}, batches[name], nil)
		finders = append(finders, f)
		for i := range batches[name].Rows {
			n.traces = append(n.traces, n.sources[name].Trace(award.Place{File: file, Row: int64(i)}, batches[name], i, nil))
		}
	}
	var err error
	n.matched, err = match.Merge(finders, n.orderOwners, func(recalls []*match.Recall) error {
		for _, r := range recalls {
			r.Find(award.Place{File: file}, batches[r.Source])
		}
		return nil
	})
	slices.SortFunc(n.traces, func(a, b *match.Trace) int {
		return cmp.Or(cmp.Compare(string(a.Key[:]), string(b.Key[:])), match.CompareTraces(a, b))
	})
	return err
}

// batch is rows of one source in the columns that it needs.
func (n *testNight) batch(source string, rows []int) *ir.Batch {
	names := n.sources[source].Columns()
	batch := &ir.Batch{Rows: len(rows), Columns: make([]ir.Vector, len(names))}
	for c, name := range names {
		v := &batch.Columns[c]
		v.Kind, v.Valid = n.schemas[source].kinds[name], make([]bool, len(rows))
		if v.Kind == ir.String {
			v.Strings = make([]string, len(rows))
		} else {
			v.Ints = make([]int64, len(rows))
		}
		for i, row := range rows {
			value := n.ready.Events[row].Values[name]
			if v.Valid[i] = !value.Null(); v.Kind == ir.String {
				v.Strings[i] = value.S
			} else {
				v.Ints[i] = value.I
			}
		}
	}
	return batch
}

// before posts what earlier nights did.
func (n *testNight) before(batches map[string]*ir.Batch) error {
	h := &n.ready.History
	if len(n.ready.Events) == 0 {
		return nil
	}
	first := n.places[0]
	self := n.sources[first.source].Identify(batches[first.source], int(first.place.Row))
	n.self = self
	given := func(g ruletest.Given) (customer string, out resolve.Given) {
		return cmp.Or(g.Customer, self.Customer), resolve.Given{Date: g.On, OrderID: g.Order, RuleID: g.Rule, Currency: g.Currency, Minor: g.Minor}
	}
	credits := slices.SortedStableFunc(slices.Values(h.Credits), func(a, b ruletest.Given) int { return cmp.Compare(a.On, b.On) })
	for i, g := range credits {
		customer, out := given(g)
		id := fmt.Sprintf("earlier-%d", i+1)
		_, err := n.earlier(g.On).Issue(n.book, []ledger.Grant{{
			CreditID: id, IncidentID: id, CustomerID: customer, OrderID: out.OrderID, RuleID: out.RuleID, Currency: out.Currency, Minor: out.Minor,
			EffectiveAt: calendar.StartOfDay(g.On, n.zone), ExpiresAt: calendar.AsOf(g.On.AddDays(n.work.HorizonDays), n.zone),
		}})
		if err != nil {
			return err
		}
	}
	for _, g := range h.External {
		n.history.external.add(given(g))
	}
	for _, g := range h.Holds {
		customer, out := given(g)
		n.history.holds.addHold(&publish.Hold{CustomerID: customer, OrderID: out.OrderID, RuleID: out.RuleID, Currency: out.Currency, AmountMinor: out.Minor, HeldSince: g.On})
	}
	if h.Credit.Currency != "" {
		return n.settleFirst(ruletest.Issued, self)
	}
	return n.settleFirst(h.Settled, self)
}

func (n *testNight) earlier(date calendar.Date) ledger.Night {
	return ledger.Night{Date: date, AsOf: calendar.AsOf(date, n.zone), Zone: n.zone}
}

var settlementKinds = map[string]ledger.Kind{"denied": ledger.Deny, "rejected": ledger.Reject, "lapsed": ledger.Lapse, "held": ledger.Hold}

// settleFirst lets the night before settle the incident of a row. An issue is voided
// whole, so that it counts for nothing else.
func (n *testNight) settleFirst(how string, of match.Identity) error {
	if how == "" || !of.Keyed {
		return nil
	}
	before := n.earlier(n.date - 1)
	key := of.Key
	settle := func(on ledger.Night, kind ledger.Kind) error {
		_, err := on.Settle(n.book, []ledger.Settlement{{Kind: kind, CreditID: key.CreditID(), IncidentID: key.IncidentID(), CustomerID: of.Customer}})
		return err
	}
	kind := settlementKinds[how]
	if kind == ledger.Reject || kind == ledger.Lapse { // which end what was held
		if err := settle(before, ledger.Hold); err != nil {
			return err
		}
	}
	if how != "issued" {
		return settle(before, kind)
	}
	credit := n.ready.History.Credit
	if credit.Currency == "" {
		credit = money.Amount{Minor: 1, Currency: n.ready.Events[0].Currency}
	}
	_, err := before.Issue(n.book, []ledger.Grant{{
		CreditID: key.CreditID(), IncidentID: key.IncidentID(), CustomerID: of.Customer, Currency: credit.Currency, Minor: credit.Minor,
		EffectiveAt: before.AsOf - 1, ExpiresAt: calendar.AsOf(n.date.AddDays(1), n.zone),
	}})
	if err != nil {
		return err
	}
	_, _, err = before.VoidCredits(n.book, []ledger.VoidOrder{{CreditID: key.CreditID(), Reference: "test", Why: "test"}})
	return err
}
