package match

import (
	"time"

	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
)

// sieve tells the rows of a batch that need to be looked at one by one from
// those whose class their columns say. It never decides what a row is given: a
// row on which a rule may hold or fault, or of which a part cannot be read, is
// looked at. So what it passes is unmatched, not yet final or out of the window,
// and nothing else.
type sieve struct {
	source  *Source
	machine *columnar.Machine

	all, look, rest, live columnar.Selection
	may                   columnar.Selection // rows in the window on which some rule may hold or fault
	classes               []class

	currency texts[bool]
	zone     texts[int32]
	zones    columnar.Zones
	since    []int64 // as instants
	days     map[zonedDay]calendar.Instant
	one      [1]int64
	today    [1]int64
	constant [1]string
}

// zonedDay is a day of one of the batch's zones.
type zonedDay struct {
	day  int64
	zone int32
}

// texts remembers what is known of the few texts that a column has.
type texts[V any] struct {
	known map[string]V
	last  string
	value V
	any   bool
}

func (t *texts[V]) get(text string, learn func(string) V) V {
	if t.any && t.last == text {
		return t.value
	}
	v, seen := t.known[text]
	if !seen {
		if t.known == nil || len(t.known) >= maxTexts {
			t.known = map[string]V{}
		}
		text = cloned(text)
		v = learn(text)
		t.known[text] = v
	}
	t.last, t.value, t.any = text, v, true
	return v
}

// maxTexts bounds what is remembered of a column that has many texts against
// expectation.
const maxTexts = 10_000

// The expressions of a source's program for the sieve.
const (
	atExpression = iota
	guardExpression
)

// compileSieve compiles what the sieve evaluates: when severity is final, and a
// guard over the event's columns alone, which is true or faults wherever the
// condition of an active rule is or does.
func (s *Source) compileSieve() {
	whens := make([]ir.Node, len(s.active))
	for i, r := range s.active {
		whens[i] = r.When.Node
	}
	guard := columnar.Guard(whens, func(slot int) bool { return !s.late[slot] })
	program, err := columnar.Compile([]ir.Node{s.program.At.Node, guard}, s.program.Slots)
	if err != nil {
		panic("match: a checked expression that does not compile: " + err.Error()) // unreachable
	}
	s.columnar = program
}

func newSieve(s *Source) *sieve {
	s.sieveOnce.Do(s.compileSieve)
	return &sieve{source: s, machine: s.columnar.NewMachine(), days: map[zonedDay]calendar.Instant{}}
}

// sift classifies the rows of a batch, as far as columns can say. The rows that
// are to be looked at are v.look; the others have a class.
func (v *sieve) sift(f *Finder, batch *ir.Batch, unread []RowReject) {
	v.begin(batch, unread)
	v.zoned(batch)
	v.fill(batch)
	at := v.machine.Eval(atExpression, v.restOf())
	v.window(f, batch, at)
	if v.live.Len() == 0 {
		return
	}
	v.machine.Eval(guardExpression, &v.live).MayHold(&v.may)
	v.look.Union(&v.may)
	v.count(f, batch)
}

// begin marks the rows of which a part is missing: reading them one by one says
// which, and rejects them.
func (v *sieve) begin(batch *ir.Batch, unread []RowReject) {
	s := v.source
	v.machine.Begin(batch.Rows)
	v.all.All(batch.Rows)
	v.look.None(batch.Rows)
	v.live.None(batch.Rows)
	v.may.None(batch.Rows)
	if cap(v.classes) < batch.Rows {
		v.classes = make([]class, batch.Rows)
	}
	v.classes = v.classes[:batch.Rows]
	clear(v.classes)
	for _, r := range unread {
		v.look.Add(r.Row)
	}
	for _, c := range s.key {
		v.needed(&batch.Columns[c])
	}
	for _, c := range s.id {
		v.needed(&batch.Columns[c])
	}
	v.needed(&batch.Columns[s.cust])
	v.present(&batch.Columns[s.since])
	if s.version >= 0 {
		v.present(&batch.Columns[s.version])
	}
	if s.curr >= 0 {
		column := &batch.Columns[s.curr]
		v.needed(column)
		if column.Kind == ir.String {
			for i, text := range column.Strings {
				if !v.currency.get(text, s.night.pays) {
					v.look.Add(i)
				}
			}
		} else {
			v.look.All(batch.Rows)
		}
	} else if !s.night.pays(s.event.Currency) {
		v.look.All(batch.Rows)
	}
}

// present marks the rows where a column is null.
func (v *sieve) present(column *ir.Vector) {
	for i, valid := range column.Valid {
		if !valid {
			v.look.Add(i)
		}
	}
}

// needed marks the rows where an id is null or empty, and all where the column's
// kind is none of ids.
func (v *sieve) needed(column *ir.Vector) {
	v.present(column)
	switch column.Kind {
	case ir.String:
		for i, text := range column.Strings {
			if text == "" {
				v.look.Add(i)
			}
		}
	case ir.Int, ir.Date, ir.Decimal, ir.Time:
	default:
		v.look.Copy(&v.all)
	}
}

// zoned finds the rows' zones, and turns `since` into instants.
func (v *sieve) zoned(batch *ir.Batch) {
	s := v.source
	v.zones.Same, v.zones.Codes = s.night.Zone, v.zones.Codes[:0]
	if s.zone >= 0 {
		column := &batch.Columns[s.zone]
		for i := range batch.Rows {
			name, _ := Text(column.Value(i))
			code := v.zone.get(name, v.addZone)
			if code < 0 {
				v.look.Add(i)
				code = v.zone.get("", v.addZone)
			}
			v.zones.Codes = append(v.zones.Codes, code)
		}
	}
	zones := v.zones
	if len(zones.Codes) == 0 {
		zones.Codes, zones.List = nil, nil
	}
	if err := v.machine.SetZones(zones); err != nil {
		panic("match: " + err.Error()) // unreachable: one code a row, each in the list
	}
	v.instants(&batch.Columns[s.since])
}

// addZone gives a zone its code; -1 where the name is none.
func (v *sieve) addZone(name string) int32 {
	zone, ok := v.source.zones.get(name)
	if !ok {
		return -1
	}
	v.zones.List = append(v.zones.List, zone)
	return int32(len(v.zones.List) - 1)
}

func (v *sieve) instants(column *ir.Vector) {
	if column.Kind != ir.Date {
		v.since = append(v.since[:0], column.Ints...)
		if column.Kind != ir.Time {
			v.look.Copy(&v.all)
		}
		return
	}
	v.since = v.since[:0]
	for i, day := range column.Ints {
		key, zone := zonedDay{day: day}, v.source.night.Zone
		if len(v.zones.Codes) > 0 {
			key.zone = v.zones.Codes[i]
			zone = v.zones.List[key.zone]
		}
		v.since = append(v.since, int64(v.startOf(key, zone)))
	}
}

func (v *sieve) startOf(key zonedDay, zone *time.Location) calendar.Instant {
	start, seen := v.days[key]
	if !seen {
		if len(v.days) >= maxTexts {
			clear(v.days)
		}
		start = calendar.StartOfDay(calendar.Date(key.day), zone)
		v.days[key] = start
	}
	return start
}

// restOf are the rows that are not looked at so far.
func (v *sieve) restOf() *columnar.Selection {
	v.rest.Copy(&v.all)
	v.rest.Remove(&v.look)
	return &v.rest
}

// window finds the rows that are final and in the window.
func (v *sieve) window(f *Finder, batch *ir.Batch, at columnar.Result) {
	s := v.source
	asOf, horizon, growing := s.night.AsOf, s.night.horizon(), calendar.Instant(0)
	if s.event.Growing {
		growing = calendar.StartOfDay(s.event.FirstDay, s.night.Zone)
	}
	for i := range v.rest.Rows() {
		if at.Faulted(i) || at.Null(i) {
			v.look.Add(i)
			continue
		}
		final, since := calendar.Instant(at.Int(i)), calendar.Instant(v.since[i])
		switch {
		case final < since:
			v.look.Add(i)
		case final >= asOf:
			v.classes[i] = notYet
		case since < horizon, s.event.Growing && final < growing:
			v.classes[i] = outOfWindow
		default:
			v.live.Add(i)
		}
	}
}

// count counts the events that became final of the rows that no rule hits; the
// others are counted when they are looked at.
func (v *sieve) count(f *Finder, batch *ir.Batch) {
	s := v.source
	if len(s.report) == 0 {
		return
	}
	v.live.Remove(&v.look)
	at := v.machine.Eval(atExpression, &v.live)
	for i := range v.live.Rows() {
		if calendar.Instant(at.Int(i)) >= s.event.Report.From {
			f.countEvent(batch, i)
		}
	}
}
