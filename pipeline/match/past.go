package match

import "amends/rules/ir"

// The first question about a row of a growing table is whether it was final
// before the window: such a row is out of it, whatever else is wrong with it.
// Most rows of such a table are, and a night that had to know their ids would
// read all of it. The question can be asked where `at` reads columns alone, and
// neither the row's zone nor its currency, which may be what is wrong.

// asksFirst reports whether the question is asked, and finds the columns that
// the answer needs, first of all: so that the reject of a row is of one of them
// wherever one of them has a reject.
func (s *Source) asksFirst() bool {
	if !s.event.Growing {
		return false
	}
	for _, slot := range s.program.At.Reads {
		if of := &s.program.Slots[slot]; of.Origin != ir.FromColumn && (of.Origin != ir.FromRun || of.Name == "currency") {
			return false
		}
	}
	if zoned(s.program.At.Node) {
		return false
	}
	for _, slot := range s.program.At.Reads {
		if of := &s.program.Slots[slot]; of.Origin == ir.FromColumn {
			s.need(of.Column)
		}
	}
	s.first = len(s.columns)
	return true
}

// zoned reports whether a value depends on the row's zone.
func zoned(n ir.Node) bool {
	if call, ok := n.(*ir.Call); ok && call.Op == ir.OpDate {
		return true
	}
	for _, child := range ir.Children(n) {
		if zoned(child) {
			return true
		}
	}
	return false
}

// First returns the columns that say whether a row is older than the window,
// where that is asked first. A reject of one of them is RowReject.First.
func (s *Source) First() []string { return s.columns[:s.first] }

// past finds the rows that were final before the window.
func (v *sieve) past(unread []RowReject) {
	if !v.source.asked {
		return
	}
	v.rest.Copy(&v.all)
	v.some.None(v.machine.Rows())
	for _, r := range unread {
		if r.First {
			v.some.Add(r.Row)
		}
	}
	v.rest.Remove(&v.some)
	at := v.machine.Eval(atExpression, &v.rest)
	v.rest.Remove(at.Unknown(&v.some))
	for row := range v.rest.Rows() {
		if at.Int(row) < int64(v.source.growing) {
			v.outside.Add(row)
		}
	}
	v.look.Remove(&v.outside)
}

// isPast is past for one row.
func (f *reference) isPast(batch *ir.Batch, i int, unread *RowReject) bool {
	s := f.source
	if !s.asked || unread != nil && unread.First {
		return false
	}
	f.fill(batch, i)
	at, fault := s.program.At.Eval(&f.row)
	return fault == nil && !at.Null() && at.I < int64(s.growing)
}
