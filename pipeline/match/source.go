// Package match turns event rows into incidents with the awards that rules
// would give: window, joins, `when`, exclusions and amounts row by row, then
// the merge of the rows of one incident. Every row ends with exactly one
// outcome. It reads no file: rows come in batches, dimensions and history
// through values that the run hands over.
package match

import (
	"slices"
	"sync"
	"time"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
	"amends/rules/money"
)

// Event is what a source says of its rows: which columns, as rules see them,
// make up an event. Empty names are parts that the source does not have.
type Event struct {
	Source   string
	Failure  string
	ID       []string
	Incident []string
	Version  string
	Order    string
	Customer string
	Seller   string
	Since    string
	Value    string
	Zone     string

	CurrencyColumn string
	Currency       string // the constant currency, where there is no column
	// Growing is set for a table without {date}: only rows whose `at` lies on
	// FirstDay or later are in the window.
	Growing  bool
	FirstDay calendar.Date
	// LastReading names the files that no later night reads.
	LastReading map[string]bool
	Report      Report
}

// Night is the clock that rules see, and where history begins.
type Night struct {
	Date        calendar.Date
	AsOf        calendar.Instant
	Zone        *time.Location // the workspace's
	HorizonDays int
	Currencies  []string // the currencies that rows may have; empty means any
	Seed        Seed
}

// History is what rules read of a customer's credits before this run, counted
// over posting dates in (D-days, D].
type History interface {
	Credits(of Asked, days int) int64
	Credited(of Asked, currency string, days int) (money.Decimal, error)
	// Near says that the customers of some numbers, first to end, may be asked about next.
	Near(first, end int)
}

// Asked is a customer whom history is asked about.
type Asked struct {
	Customer string
	Number   int // among AskedCustomers; below zero of others
}

// unnumbered is a customer of none of these.
func unnumbered(customer string) Asked { return Asked{customer, -1} }

// Source matches the rows of one event source. It is immutable; workers keep
// what they find in a Finder each.
type Source struct {
	event      Event
	night      Night
	program    *rules.SourceProgram
	dimensions map[string]*Dimension
	history    History
	zones      *zoneSet

	columns []string // the projection: batch columns, in this order
	id      []int
	key     []int
	version int
	order   int
	cust    int
	seller  int
	since   int
	value   int
	zone    int
	curr    int

	slotColumn []int // FromColumn: the batch column; otherwise -1
	slotDim    []*dimensionField
	late       []bool    // by slot: filled only when something reads it
	past       bool      // some slot asks history
	joins      []int     // batch columns that dimensions join on and that are neither slots nor parties
	factSlots  []ir.Slot // the program's, then one for each of joins, then one for the row of each rule's table
	tables     []int     // rules with a decision table, by index in the rulebook: the facts have their rows, after joins
	factWriter *factWriter
	factPacker *award.FactPacker // of factWriter
	active     []*rules.RuleProgram
	*compiled
	keptSlots []int // those that approvals read of the row, ascending
	horizon   calendar.Instant
	growing   calendar.Instant // the start of Event.FirstDay

	asked    bool  // whether a row is older than the window is asked first
	first    int   // so many of columns say it
	decisive int   // so many of columns decide; those behind them only report
	report   []int // batch columns, by Event.Report.Columns
}

// compiled is what depends on the program and the night's date alone.
type compiled struct {
	sieveOnce sync.Once         // the sieve is compiled with the first batch
	columnar  *columnar.Program // see compileSieve
	sifted    []int             // the slots that it reads
	lookOnce  sync.Once         // so is what a looker evaluates
	look      *lookPlan
}

// With is the source on the same night with other rows of its dimensions and
// another history: what is compiled is shared. Dimensions have the same fields.
func (s *Source) With(dimensions map[string]*Dimension, history History) *Source {
	other := *s
	other.dimensions, other.history = dimensions, history
	other.slotDim = slices.Clone(s.slotDim)
	for i, d := range s.slotDim {
		if d != nil {
			other.slotDim[i] = &dimensionField{dimension: dimensions[d.dimension.Name], on: d.on, field: d.field}
		}
	}
	return &other
}

type dimensionField struct {
	dimension *Dimension
	on        int // batch column that holds the key
	field     int
}

// NewSource plans the matching of one source: which columns it needs and how
// its program's slots are filled. Dimensions are by name.
func NewSource(event Event, night Night, program *rules.SourceProgram, dimensions map[string]*Dimension, history History) *Source {
	s := &Source{event: event, night: night, program: program, dimensions: dimensions, history: history, zones: newZoneSet(night.Zone), compiled: &compiled{}}
	s.asked = s.asksFirst()
	s.id = s.needAll(event.ID)
	s.key = s.needAll(event.Incident)
	s.version = s.need(event.Version)
	s.order = s.need(event.Order)
	s.cust = s.need(event.Customer)
	s.seller = s.need(event.Seller)
	s.since = s.need(event.Since)
	s.value = s.need(event.Value)
	s.zone = s.need(event.Zone)
	s.curr = s.need(event.CurrencyColumn)
	n := len(program.Slots)
	s.slotColumn = make([]int, n)
	s.slotDim = make([]*dimensionField, n)
	s.late = make([]bool, n)
	for i, slot := range program.Slots {
		s.slotColumn[i] = -1
		switch slot.Origin {
		case ir.FromColumn:
			s.slotColumn[i] = s.need(slot.Column)
		case ir.FromDimension:
			d := dimensions[slot.Dimension]
			s.slotDim[i] = &dimensionField{dimension: d, on: s.need(d.On), field: d.field(slot.Column)}
			s.late[i] = true
		case ir.FromHistory:
			s.late[i], s.past = true, true
		}
	}
	s.keepJoins()
	s.keepSlots()
	for i := range program.Rules {
		if r := &program.Rules[i]; r.Table != nil {
			s.tables = append(s.tables, r.Index)
			s.factSlots = append(s.factSlots, ir.Slot{Name: r.FactName(), Type: ir.Type{Kind: ir.Int, Nullable: true}, Origin: ir.FromRun})
		}
	}
	s.horizon, s.growing = night.horizon(), calendar.StartOfDay(event.FirstDay, night.Zone)
	s.factWriter = newFactWriter(s.factSlots)
	s.factPacker = s.factWriter.packer()
	s.decisive = len(s.columns)
	s.report = s.needAll(event.Report.Columns)
	for i := range program.Rules {
		if r := &program.Rules[i]; activeOn(r.Rule, night.Date) {
			s.active = append(s.active, r)
		}
	}
	return s
}

// keepJoins finds the columns that facts must hold so that dimensions can be
// joined again.
func (s *Source) keepJoins() {
	s.factSlots = slices.Clone(s.program.Slots)
	for _, d := range s.slotDim {
		if d == nil {
			continue
		}
		on := d.dimension.On
		_, party := s.event.party(on, "x", "x", "x")
		if party || slices.ContainsFunc(s.factSlots, func(slot ir.Slot) bool { return slot.Name == on }) {
			continue
		}
		s.joins = append(s.joins, d.on)
		s.factSlots = append(s.factSlots, ir.Slot{Name: on, Origin: ir.FromColumn, Column: on})
	}
}

// keepSlots finds the slots that approvals read of an incident's row, when the
// row is gone.
func (s *Source) keepSlots() {
	for n, slot := range s.program.Slots {
		reads := func(g rules.GuardProgram) bool { return slices.Contains(g.When.Reads, n) }
		if slot.Origin != ir.FromAward && slices.ContainsFunc(s.program.Approvals, reads) {
			s.keptSlots = append(s.keptSlots, n)
		}
	}
}

// kept are the values of keptSlots, in their order, or none where there are none.
func (s *Source) kept(values []ir.Value) []ir.Value {
	var kept []ir.Value
	for _, slot := range s.keptSlots {
		kept = append(kept, values[slot])
	}
	return kept
}

// Columns is the projection: the batches handed to Find hold these columns, in
// this order.
func (s *Source) Columns() []string { return s.columns }

// CurrencyColumn is the index in Columns of the row's currency, or -1.
func (s *Source) CurrencyColumn() int { return s.curr }

func (s *Source) need(name string) int {
	if name == "" {
		return -1
	}
	if i := slices.Index(s.columns, name); i >= 0 {
		return i
	}
	s.columns = append(s.columns, name)
	return len(s.columns) - 1
}

func (s *Source) needAll(names []string) []int {
	var at []int
	for _, n := range names {
		at = append(at, s.need(n))
	}
	return at
}

func activeOn(r *rules.Rule, d calendar.Date) bool {
	return !(r.HasFrom && d < r.From) && !(r.HasUntil && d > r.Until)
}

// horizon is the earliest `since` that is still in the window: history is
// remembered as far back, so that no older incident can be paid a second time.
func (n Night) horizon() calendar.Instant {
	return calendar.StartOfDay(n.Date.AddDays(1-n.HorizonDays), n.Zone)
}

// awaits reports whether rows wait: for a dimension that they join and that is
// awaited, or for history, which is asked for many at once.
func (s *Source) awaits() bool {
	return s.past || slices.ContainsFunc(s.slotDim, func(d *dimensionField) bool { return d != nil && d.dimension.awaited.Load() })
}
