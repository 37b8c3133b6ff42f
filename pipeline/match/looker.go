package match

import (
	"time"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
)

// lookPlan is what a looker evaluates: every expression that decides of a row,
// compiled together, and where each is.
type lookPlan struct {
	program    *columnar.Program
	at         int
	rules      []rulePlan // by active rule
	exclusions []int
}

// rulePlan is one active rule.
type rulePlan struct {
	*rules.RuleProgram
	when, amount, funding int
	tableRow              int                    // of its decision table; -1 without one
	message               []int                  // by part: the expression, or -1
	varies                bool                   // an expression is in the message: awards have their own
	given                 map[string]*award.Rule // by funding
}

// compileLook compiles the plan of a source.
func (s *Source) compileLook() {
	var nodes []ir.Node
	add := func(e *rules.Expr) int {
		nodes = append(nodes, e.Node)
		return len(nodes) - 1
	}
	p := &lookPlan{at: add(s.program.At)}
	for _, r := range s.active {
		plan := rulePlan{RuleProgram: r, when: add(r.When), amount: add(r.Amount), funding: add(r.Funding), tableRow: -1, given: map[string]*award.Rule{}}
		for _, funding := range fundings {
			plan.given[funding] = ruleOf(r, funding)
		}
		if r.Table != nil {
			nodes = append(nodes, r.Table.Number)
			plan.tableRow = len(nodes) - 1
		}
		for _, part := range r.Message {
			at := -1
			if part.Expr != nil {
				at, plan.varies = add(part.Expr), true
			}
			plan.message = append(plan.message, at)
		}
		p.rules = append(p.rules, plan)
	}
	for _, x := range s.program.Exclusions {
		p.exclusions = append(p.exclusions, add(x.When))
	}
	var err error
	if p.program, err = columnar.Compile(nodes, s.program.Slots); err != nil {
		panic("match: a checked expression that does not compile: " + err.Error()) // unreachable
	}
	s.look = p
}

// looker looks at rows that wait: it says what each is by itself, and what rules
// would give for it. It is what reference is, many rows at a time, and keeps
// its memory from one time to the next.
type looker struct {
	source  *Source
	plan    *lookPlan
	machine *columnar.Machine
	finder  *Finder
	rows    waiting

	looks     []aspect         // by row
	incidents []award.Incident // by row: what is known of it
	parties   []award.Parties  // by row, as it has them
	origin    award.Origin     // of the row at hand, as it has it
	shared    origins
	alive     columnar.Selection
	living    []int32 // alive, where dimensions and history are joined
	gone, hit columnar.Selection
	given     []givenAward // in the order of rules
	parts     []award.MessagePart
	starts    []int32 // by row: where its awards begin, and once they are spread where they end

	columns  []columnar.Column // by slot
	late     []lateSlot        // of slots that are joined
	joins    []joined          // of dimensions
	hashes   []uint64          // by row: of its key of the dimension at hand
	zones    columnar.Zones
	today    [2]int64 // as_of, business_date
	constant [1]string

	looked []lookedAt    // rows that were passed before
	kept   textArena     // of what incidents keep, but for the following
	awards []award.Award // of the rows at hand, which their incidents get
}

// aspect is what is known of a row.
type aspect struct {
	key    award.Key
	keyed  bool
	class  class
	reject RowReject // with rejected
}

// givenAward is an award of a row.
type givenAward struct {
	row int32
	award.Award
}

func newLooker(f *Finder) *looker {
	s := f.source
	s.lookOnce.Do(s.compileLook)
	l := &looker{source: s, plan: s.look, machine: s.look.program.NewMachine(), finder: f, rows: waiting{finder: f}, columns: make([]columnar.Column, len(s.program.Slots))}
	for n := range s.program.Slots {
		if s.late[n] {
			l.late = append(l.late, lateSlot{slot: n})
		}
	}
	return l
}

// look looks at the rows that wait, if there are any.
func (l *looker) look() {
	if l.rows.batch.Rows == 0 {
		return
	}
	l.begin()
	l.rows.near()
	l.identify()
	l.fill()
	l.window()
	if l.alive.Len() > 0 {
		l.join()
		for n := range l.plan.rules {
			l.rule(&l.plan.rules[n])
		}
	}
	l.match()
	l.rows.empty()
}

func (l *looker) begin() {
	rows := l.rows.batch.Rows
	l.machine.Begin(rows)
	if cap(l.looks) < rows {
		l.looks, l.incidents, l.parties = make([]aspect, rows), make([]award.Incident, rows), make([]award.Parties, rows)
	}
	l.looks, l.incidents, l.parties = l.looks[:rows], l.incidents[:rows], l.parties[:rows]
	l.alive.None(rows)
	l.gone.None(rows)
	l.given, l.parts = l.given[:0], nil // the incidents have the parts
}

func (l *looker) refuse(row int, r RowReject) {
	l.looks[row].class, l.looks[row].reject = rejected, r
	l.gone.Add(row)
}

// bury takes the rows that were rejected from those that go on.
func (l *looker) bury() { l.alive.Remove(&l.gone) }

// identify reads the parts of each row. Those that have them are alive.
func (l *looker) identify() {
	s, batch := l.source, &l.rows.batch
	l.zones.Same, l.zones.Codes = s.night.Zone, l.zones.Codes[:0]
	code := int32(-1)
	for row := range batch.Rows {
		look := &l.looks[row]
		*look = aspect{}
		var nullKey string
		look.key, nullKey, look.keyed = s.keyOf(batch, row)
		place := &l.rows.places[row]
		l.origin = s.originOf(place.File)
		l.incidents[row] = award.Incident{Origin: &l.origin, Key: look.key, Row: place.Row, RowGroup: int32(place.RowGroup)}
		l.parties[row] = award.Parties{}
		zone := s.night.Zone
		if bad := l.rows.unread[row]; bad != nil {
			l.refuse(row, *bad)
		} else if !look.keyed {
			l.refuse(row, RowReject{Code: CodeNullKey, Column: nullKey, Detail: "a key column is null or empty"})
		} else if of, r, ok := s.parts(&l.incidents[row], &l.parties[row], batch, row); !ok {
			l.refuse(row, r)
		} else {
			l.alive.Add(row)
			l.incidents[row].Origin = l.shared.of(&l.origin)
			zone = of
		}
		if s.zone >= 0 {
			if code < 0 || l.zones.List[code] != zone {
				code = l.zoneCode(zone)
			}
			l.zones.Codes = append(l.zones.Codes, code)
		}
	}
	zones := l.zones
	if len(zones.Codes) == 0 {
		zones.Codes, zones.List = nil, nil
	}
	if err := l.machine.SetZones(zones); err != nil {
		panic("match: " + err.Error()) // unreachable: one code a row, each in the list
	}
}

// zoneCode is the code of a zone; zones are few.
func (l *looker) zoneCode(zone *time.Location) int32 {
	for code, known := range l.zones.List {
		if known == zone {
			return int32(code)
		}
	}
	l.zones.List = append(l.zones.List, zone)
	return int32(len(l.zones.List) - 1)
}

// window leaves alive what is final and in the window, and counts it.
func (l *looker) window() {
	s, f := l.source, l.finder
	at := l.machine.Eval(l.plan.at, &l.alive)
	for row := range l.alive.Rows() {
		if at.Faulted(row) {
			fault, _ := at.Fault(row)
			l.refuse(row, faultReject("at", &fault))
			continue
		}
		if at.Null(row) {
			l.refuse(row, faultReject("at", nil))
			continue
		}
		inc := &l.incidents[row]
		inc.At = calendar.Instant(at.Int(row))
		class, r := s.window(inc)
		switch class {
		case matched:
			if len(s.report) > 0 && inc.At >= s.event.Report.From {
				f.countEvent(&l.rows.batch, row)
			}
		case rejected:
			l.refuse(row, r)
		default:
			l.looks[row].class = class
			l.gone.Add(row)
		}
	}
	l.bury()
}
