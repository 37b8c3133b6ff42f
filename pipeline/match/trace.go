package match

import (
	"cmp"
	"strings"

	"amends/pipeline/award"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// RowClass is what one row is by itself, before the rows of its incident merge.
type RowClass string

// The classes of rows.
const (
	RowUnmatched   RowClass = "unmatched"
	RowNotYet      RowClass = "not-yet"
	RowOutOfWindow RowClass = "out-of-window"
	RowRejected    RowClass = "rejected"
	RowMatched     RowClass = "matched"
)

var rowClasses = map[class]RowClass{
	unmatched: RowUnmatched, notYet: RowNotYet, outOfWindow: RowOutOfWindow, rejected: RowRejected, matched: RowMatched,
}

// Identity is the ids of one row, as texts; "" where the row has none.
type Identity struct {
	Key      award.Key // valid with Keyed
	Keyed    bool      // every column of the incident's key has a value
	Event    string
	Order    string
	Customer string
}

// Identify reads the ids of row i of a batch of Source.Columns.
func (s *Source) Identify(batch *ir.Batch, i int) Identity {
	text := func(column int) string {
		if column < 0 {
			return ""
		}
		id, _ := Text(batch.Columns[column].Value(i))
		return strings.Clone(id)
	}
	id := Identity{Order: text(s.order), Customer: text(s.cust)}
	parts := make([]string, len(s.id))
	for n, c := range s.id {
		parts[n] = text(c)
	}
	id.Event = strings.Join(parts, "/")
	id.Key, id.Keyed = s.Key(batch, i)
	return id
}

// Key hashes the columns of the incident's key; it is false where one of them
// names nothing.
func (s *Source) Key(batch *ir.Batch, i int) (award.Key, bool) {
	key, _, ok := s.keyOf(batch, i)
	return key, ok
}

// Fit says as what a row has an id that is looked for.
type Fit struct{ Event, Order, Customer, Credit bool }

// Fits compares the ids of row i with one that is looked for: of an event, an
// order, a customer, a credit or its incident.
func (s *Source) Fits(id string, batch *ir.Batch, i int) Fit {
	is := func(column int) bool {
		if column < 0 {
			return false
		}
		text, ok := Text(batch.Columns[column].Value(i))
		return ok && text == id
	}
	fit := Fit{Order: is(s.order), Customer: is(s.cust)}
	if len(s.id) == 1 {
		fit.Event = is(s.id[0])
	} else {
		fit.Event = s.Identify(batch, i).Event == id
	}
	if award.IsID(id) {
		key, ok := s.Key(batch, i)
		fit.Credit = ok && (key.CreditID() == id || key.IncidentID() == id)
	}
	return fit
}

// Trace is one row with all that a Finder reads of it and does not keep.
type Trace struct {
	Identity
	Source   string
	Place    award.Place
	Version  ir.Value
	Class    RowClass
	Reject   RowReject // valid with RowRejected
	Read     bool      // the row could be read: what follows is valid
	Row      ir.Row    // every slot filled, dimensions and history too
	Since    calendar.Instant
	At       calendar.Instant // valid with HasAt
	HasAt    bool
	Currency string
	Seller   string
	Value    ir.Value // the event's value, which bounds awards; null where there is none
	Growing  bool     // the source has one growing table
	From     calendar.Instant
}

// Trace evaluates one row of a batch as a Finder does, and keeps its values.
// Unread is why scan could not read the row whole; nil where it could.
func (s *Source) Trace(place award.Place, batch *ir.Batch, i int, unread *RowReject) *Trace {
	f := s.newReference()
	t := &Trace{
		Identity: s.Identify(batch, i), Source: s.event.Source, Place: place, Class: RowRejected,
		Growing: s.event.Growing, From: s.night.horizon(),
	}
	if s.event.Growing {
		t.From = max(t.From, calendar.StartOfDay(s.event.FirstDay, s.night.Zone))
	}
	if s.version >= 0 {
		t.Version = keep(batch.Columns[s.version].Value(i))
	}
	inc := &award.Incident{Origin: &award.Origin{Currency: s.event.Currency}}
	past := f.isPast(batch, i, unread)
	if past {
		t.Class = RowOutOfWindow
		at, _ := s.program.At.Eval(&f.row)
		t.At, t.HasAt = calendar.Instant(at.I), true
	}
	switch {
	case past && (unread != nil || !t.Keyed):
		return t
	case unread != nil:
		t.Reject = *unread
		return t
	case !t.Keyed:
		t.Reject = RowReject{Code: CodeNullKey, Detail: "a key column is null"}
		return t
	}
	var parties award.Parties
	zone, r, ok := s.parts(inc, &parties, batch, i)
	if !ok {
		if !past {
			t.Reject = r
		}
		return t
	}
	f.row.Currency, f.row.Zone = inc.Currency, zone
	var class class
	_, class, t.Reject = f.evaluate(place, batch, i)
	t.Class, t.Read = rowClasses[class], true
	f.join(parties.Customer, batch, i)
	t.Since, t.Currency, t.Seller = inc.Since, strings.Clone(inc.Currency), strings.Clone(parties.Seller)
	if at, fault := s.program.At.Eval(&f.row); fault == nil && !at.Null() {
		t.At, t.HasAt = calendar.Instant(at.I), true
	}
	if s.value >= 0 {
		t.Value = batch.Columns[s.value].Value(i)
	}
	t.Row = ir.Row{Values: make([]ir.Value, len(f.row.Values)), Currency: t.Currency, Zone: f.row.Zone}
	for n, v := range f.row.Values {
		t.Row.Values[n] = keep(v)
	}
	return t
}

// keep returns a value that outlives its batch.
func keep(v ir.Value) ir.Value {
	v.S = strings.Clone(v.S)
	return v
}

// CompareTraces orders the rows of one incident as Merge does: by source, the
// highest version first, then by place. The first of a source is the one that
// counts, unless rows are rejected because they contradict each other.
func CompareTraces(a, b *Trace) int {
	return cmp.Or(
		cmp.Compare(a.Source, b.Source),
		-compareVersions(a.Version, b.Version),
		cmp.Compare(a.Place.File, b.Place.File),
		cmp.Compare(a.Place.Row, b.Place.Row),
	)
}

// SameVersion reports whether two rows have one version, so that neither is
// newer than the other.
func SameVersion(a, b *Trace) bool { return compareVersions(a.Version, b.Version) == 0 }

// ApprovalRow is the row that rules saw of an incident, and approval rules see
// where it would be paid so much, in minor units of its currency. What the
// incident does not keep of its row is read back from its facts.
func (s *Source) ApprovalRow(inc *award.Incident, minor int64) ir.Row {
	row := s.rowOf(inc)
	if kept := inc.Values(); len(kept) < len(s.program.Slots) {
		if values, err := parseFacts(inc.Facts().JSON(), s.program.Slots, writtenFault); err == nil {
			for n, slot := range s.keptSlots[:len(kept)] {
				values[slot] = kept[n]
			}
			row.Values = values
		}
	}
	setAward(row.Values, s.program.Slots, inc.Currency, minor, 0)
	return row
}
