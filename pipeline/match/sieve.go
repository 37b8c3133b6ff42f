package match

import (
	"math/bits"
	"slices"

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
	early, outside, may   columnar.Selection // not yet final; out of the window; in it, and some rule may hold or fault
	some                  columnar.Selection

	hashes    []uint64          // of the batch's keys
	hashOf    []entries[uint64] // by column of the key
	pays      texts[bool]
	paysOf    entries[bool]
	emptyOf   []entries[bool] // by column: which entries are empty
	zone      texts[int32]
	zoneOf    entries[int32]
	zones     columnar.Zones
	zoneCodes []int32
	since     []int64 // as instants
	starts    []int64 // memory of since, where days are what is stored
	days      map[zonedDay]calendar.Instant
	one       [1]int64
	today     [1]int64
	constant  [1]string
	spelled   [][]string // by Source.sifted: even texts
}

// zonedDay is a day of one of the batch's zones.
type zonedDay struct {
	day  int64
	zone int32
}

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
	s.sifted = append(ir.Reads(s.program.At.Node), ir.Reads(guard)...)
	slices.Sort(s.sifted)
	s.sifted = slices.Compact(s.sifted)
	program, err := columnar.Compile([]ir.Node{s.program.At.Node, guard}, s.program.Slots)
	if err != nil {
		panic("match: a checked expression that does not compile: " + err.Error()) // unreachable
	}
	s.columnar = program
}

func newSieve(s *Source) *sieve {
	s.sieveOnce.Do(s.compileSieve)
	return &sieve{source: s, machine: s.columnar.NewMachine(), emptyOf: make([]entries[bool], len(s.columns)),
		hashOf: make([]entries[uint64], len(s.key)), days: map[zonedDay]calendar.Instant{}}
}

// sift classifies the rows of a batch, as far as columns can say. The rows that
// are to be looked at are v.look; the others have a class.
func (v *sieve) sift(f *Finder, batch *ir.Batch, unread []RowReject) {
	v.place(batch, unread)
	if v.live.Len() == 0 {
		return
	}
	v.machine.Eval(guardExpression, &v.live).MayHold(&v.may)
	v.look.Union(&v.may)
	v.count(f, batch)
}

// place finds the rows that are not yet final, those out of the window, and
// those that live in it; the others are to be looked at.
func (v *sieve) place(batch *ir.Batch, unread []RowReject) {
	v.begin(batch, unread)
	v.zoned(batch)
	v.fill(batch)
	v.past(unread)
	v.window(v.machine.Eval(atExpression, v.restOf()))
}

// pass counts the rows that are not looked at as what they are by themselves,
// and returns the hashes of their keys and of those that a rule may hold on: who
// looks at these counts them, and takes the hash where it sights one. They are in
// kept, which has room for them.
func (v *sieve) pass(counts *Counts, last bool, kept keyHashes) keyHashes {
	early, outside := int64(v.early.Len()), int64(v.outside.Len())
	counts.pass(notYet, early, last)
	counts.pass(outOfWindow, outside, last)
	counts.pass(unmatched, int64(v.machine.Rows()-v.look.Len())-early-outside, last)
	for i, h := range v.hashes {
		kept.set(i, h, unmatched)
	}
	for row := range v.early.Rows() {
		kept.set(row, v.hashes[row], notYet)
	}
	for row := range v.outside.Rows() {
		kept.set(row, v.hashes[row], outOfWindow)
	}
	v.rest.Copy(&v.look)
	v.rest.Remove(&v.may)
	for row := range v.rest.Rows() {
		kept.forget(row)
	}
	return kept
}

// begin marks the rows of which a part is missing: reading them one by one says
// which, and rejects them.
func (v *sieve) begin(batch *ir.Batch, unread []RowReject) {
	s := v.source
	v.machine.Begin(batch.Rows)
	v.all.All(batch.Rows)
	for _, none := range []*columnar.Selection{&v.look, &v.live, &v.early, &v.outside, &v.may} {
		none.None(batch.Rows)
	}
	for _, r := range unread {
		v.look.Add(r.Row)
	}
	for _, c := range s.key {
		v.needed(batch, c)
	}
	for _, c := range s.id {
		v.needed(batch, c)
	}
	v.needed(batch, s.cust)
	v.present(&batch.Columns[s.since])
	if s.version >= 0 {
		v.present(&batch.Columns[s.version])
	}
	if s.curr >= 0 {
		v.needed(batch, s.curr)
		v.paid(&batch.Columns[s.curr])
	} else if !s.night.pays(s.event.Currency) {
		v.look.All(batch.Rows)
	}
}

// paid marks the rows whose currency is none of the workspace's.
func (v *sieve) paid(column *ir.Vector) {
	switch {
	case column.Kind != ir.String:
		v.look.Copy(&v.all)
	case column.Dict != nil:
		pays, all := v.paysOf.of(column.Dict, v.source.night.pays, true)
		if all {
			return
		}
		for i, code := range column.Codes {
			if !null(column, i) && !pays[code] {
				v.look.Add(i)
			}
		}
	default:
		for i := range v.machine.Rows() {
			if !v.pays.get(column.Text(i), v.source.night.pays) {
				v.look.Add(i)
			}
		}
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
func (v *sieve) needed(batch *ir.Batch, c int) {
	column := &batch.Columns[c]
	v.present(column)
	switch column.Kind {
	case ir.String:
		switch {
		case column.Dict != nil:
			v.written(column, &v.emptyOf[c])
			return
		case column.Even.Any():
			if column.Even.TextBytes() == 0 {
				v.look.Copy(&v.all)
			}
			return
		}
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

// written marks the rows whose text, of a dictionary, is empty.
func (v *sieve) written(column *ir.Vector, empty *entries[bool]) {
	is, none := empty.of(column.Dict, isEmpty, false)
	if none {
		return
	}
	for i, code := range column.Codes {
		if !null(column, i) && is[code] {
			v.look.Add(i)
		}
	}
}

func isEmpty(text string) bool { return text == "" }

// restOf are the rows of which nothing is known so far.
func (v *sieve) restOf() *columnar.Selection {
	v.rest.Copy(&v.all)
	v.rest.Remove(&v.look)
	v.rest.Remove(&v.outside)
	return &v.rest
}

// window finds the rows that are final and in the window.
func (v *sieve) window(at columnar.Result) {
	s := v.source
	asOf, horizon, first := int64(s.night.AsOf), int64(s.night.horizon()), int64(calendar.MinInstant)
	if s.event.Growing {
		first = int64(calendar.StartOfDay(s.event.FirstDay, s.night.Zone))
	}
	finals, same := at.Ints()
	look, live, early, outside := v.look.Words(), v.live.Words(), v.early.Words(), v.outside.Words()
	unknown := at.Unknown(&v.some).Words()
	for w, rows := range v.rest.Words() {
		look[w] |= unknown[w]
		rows &^= unknown[w]
		others := rows
		if i := w * 64; rows != 0 && !same && i+64 <= min(len(finals), len(v.since)) { // either may be longer
			others &= outsiders((*[64]int64)(v.since[i:]), (*[64]int64)(finals[i:]), horizon, first, asOf)
		}
		live[w] |= rows &^ others
		for ; others != 0; others &= others - 1 {
			bit := others & -others
			i := w*64 + bits.TrailingZeros64(others)
			since, final := v.since[i], finals[0]
			if !same {
				final = finals[i]
			}
			switch {
			case final < first:
				outside[w] |= bit
			case final < since:
				look[w] |= bit
			case final >= asOf:
				early[w] |= bit
			case since < horizon:
				outside[w] |= bit
			default:
				live[w] |= bit
			}
		}
	}
}

// outsiders returns the rows that are not final and in the window, which few are.
// Instants are small beside what 64 bits hold, so their distances have the right
// sign; of rows without them it says nothing.
func outsiders(since, finals *[64]int64, horizon, first, asOf int64) (rows uint64) {
	for j := len(finals) - 1; j >= 0; j-- {
		from, final := since[j], finals[j]
		rows = rows<<1 | uint64((final-first)|(final-from)|(asOf-1-final)|(from-horizon))>>63
	}
	return rows
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
