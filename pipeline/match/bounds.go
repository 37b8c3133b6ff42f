package match

import (
	"math"
	"slices"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/ir"
)

// Bounds are what is known of a column over many rows without reading them: how
// many are null, where Known, and, where Ranged, that every value that is no
// null lies between Least and Most, as ir.Value.Order has it.
type Bounds struct {
	Known, Ranged bool
	Nulls         int64
	Least, Most   int64
}

// span is what an expression over many rows can be: a value from least to most,
// unless it is empty, or a null. Where it is not sure, it can be anything, a
// fault too.
type span struct {
	sure, empty, null bool
	least, most       int64
}

// Past reports whether all of so many rows, of whose columns so much is known,
// were final before the window, so that none needs to be read. It is true only
// where `at` is none but constants, columns with bounds, durations added to them
// and taken from them, the lower and the higher of such, and what stands in for
// a null.
func (s *Source) Past(rows int64, columns []Bounds) bool {
	if !s.asked || rows == 0 {
		return false
	}
	at := s.spanOf(s.program.At.Node, rows, columns)
	return at.sure && !at.null && !at.empty && at.most < int64(s.growing)
}

// spanOf is the interval arithmetic over the IR.
func (s *Source) spanOf(n ir.Node, rows int64, columns []Bounds) span {
	switch n := n.(type) {
	case *ir.Const:
		if n.Value.Kind == ir.String {
			return span{}
		}
		return span{sure: true, least: n.Value.I, most: n.Value.I}
	case *ir.Named:
		return s.spanOf(n.X, rows, columns)
	case *ir.NotNull:
		x := s.spanOf(n.X, rows, columns)
		x.sure = x.sure && !x.null
		return x
	case *ir.Read:
		return s.spanOfRead(n, rows, columns)
	case *ir.Coalesce:
		x := s.spanOf(n.X, rows, columns)
		if !x.sure || !x.null {
			return x
		}
		y := s.spanOf(n.Else, rows, columns)
		return union(x, y)
	case *ir.Call:
		return s.spanOfCall(n, rows, columns)
	}
	return span{}
}

// union is what x is, or, where it is null, y.
func union(x, y span) span {
	switch {
	case x.empty:
		return y
	case y.empty:
		x.sure, x.null = y.sure, y.null
		return x
	}
	return span{sure: x.sure && y.sure, null: y.null, least: min(x.least, y.least), most: max(x.most, y.most)}
}

func (s *Source) spanOfRead(n *ir.Read, rows int64, columns []Bounds) span {
	slot := &s.program.Slots[n.Slot]
	if slot.Origin != ir.FromColumn || n.Of.Kind == ir.String || n.Of.Kind == ir.Bool {
		return span{}
	}
	c := columns[s.slotColumn[n.Slot]]
	x := span{sure: c.Known, null: c.Nulls > 0, empty: c.Nulls == rows, least: c.Least, most: c.Most}
	if !x.empty && !c.Ranged || x.null && !n.Of.Nullable {
		x.sure = false
	}
	return x
}

func (s *Source) spanOfCall(n *ir.Call, rows int64, columns []Bounds) span {
	if len(ir.Reads(n)) == 0 {
		return constantSpan(n)
	}
	args := make([]span, len(n.Args))
	for i, arg := range n.Args {
		args[i] = s.spanOf(arg, rows, columns)
		if !args[i].sure || args[i].null { // a call takes no null
			return span{}
		}
	}
	if len(args) < 2 { // hours(n) is not n
		return span{}
	}
	x := args[0]
	for _, y := range args[1:] {
		switch {
		case n.Op == ir.OpMin:
			x = span{sure: true, least: min(x.least, y.least), most: min(x.most, y.most)}
		case n.Op == ir.OpMax:
			x = span{sure: true, least: max(x.least, y.least), most: max(x.most, y.most)}
		case n.Op == ir.OpAdd && n.Kind == ir.Time:
			x = shifted(x, y)
		case n.Op == ir.OpSub && n.Kind == ir.Time && y.least > math.MinInt64:
			x = shifted(x, span{sure: true, least: -y.most, most: -y.least})
		default:
			return span{}
		}
	}
	return x
}

// shifted adds a duration to a time, or a time to a duration. What leaves the
// calendar is a fault.
func shifted(x, y span) span {
	least, most := x.least+y.least, x.most+y.most
	over := func(a, b, sum int64) bool { return (a^sum)&(b^sum) < 0 }
	if over(x.least, y.least, least) || over(x.most, y.most, most) || !calendar.Instant(least).Valid() || !calendar.Instant(most).Valid() {
		return span{}
	}
	return span{sure: true, least: least, most: most}
}

// constantSpan evaluates what reads nothing.
func constantSpan(n ir.Node) span {
	program, err := columnar.Compile([]ir.Node{n}, nil)
	if err != nil {
		return span{}
	}
	machine := program.NewMachine()
	machine.Begin(1)
	var one columnar.Selection
	one.All(1)
	result := machine.Eval(0, &one)
	if result.Faulted(0) || result.Null(0) || n.Type().Kind == ir.String || n.Type().Kind == ir.Bool {
		return span{}
	}
	return span{sure: true, least: result.Int(0), most: result.Int(0)}
}

// unreadGroup is a row group that was not read, since all of its rows were final
// before the window.
type unreadGroup struct {
	place award.Place // of the first row
	rows  int64
	key   Bounds // of the key's first column
}

// Pass counts the rows of a row group that is not read: Source.Past said so of
// its columns. Place is that of its first row.
func (f *Finder) Pass(first award.Place, rows int64, columns []Bounds) {
	f.counts.Read += rows
	f.counts.OutOfWindow += rows
	f.unread = append(f.unread, unreadGroup{place: first, rows: rows, key: columns[f.source.key[0]]})
}

// PassesBy returns the columns whose bounds can say, of a growing table, that
// rows are older than the window; none where no bounds can.
func PassesBy(program *rules.SourceProgram) []string {
	s := &Source{program: program, event: Event{Growing: true}}
	if !s.asksFirst() {
		return nil
	}
	for _, slot := range program.Slots {
		s.slotColumn = append(s.slotColumn, slices.Index(s.columns, slot.Column))
	}
	known := make([]Bounds, len(s.columns))
	for i := range known {
		known[i] = Bounds{Known: true, Ranged: true}
	}
	if !s.spanOf(program.At.Node, 1, known).sure {
		return nil
	}
	return s.columns
}
