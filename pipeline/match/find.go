package match

import (
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// class is what one row is by itself, before the rows of its incident merge.
type class uint8

const (
	unmatched class = iota
	notYet
	outOfWindow
	rejected
	matched
)

// sighting is one row that was looked at, or that shares its incident with one.
type sighting struct {
	key     award.Key
	hash    uint64 // of the key; only of rows that were looked at
	version ir.Value
	digest  [8]byte // of every column that decides
	class   class
	at      int32 // matched: index in Finder.incidents; rejected: in Finder.rejects
	place   award.Place
}

// Finder is what one worker found in a source. Not safe for concurrent use.
type Finder struct {
	source    *Source
	sieve     *sieve // nil before the first batch
	passed    []passed
	seen      []sighting
	incidents []*award.Incident
	rejects   []Reject // rows of known incidents; they may still be superseded
	lost      []Reject // rows whose key could not be read: rejected on their own
	counts    Counts
	shadow    map[string]int64 // rule id → rows on which it faulted
	values    []*valueCounter  // by Event.Report.Columns
	kinds     []ir.Kind        // of them, as far as a row was counted

	dense  gathered // the rows of the batch at hand that are looked at
	row    ir.Row
	joined bool
	sifted bool // the sieve says which rules to evaluate
}

// NewFinder makes a worker's finder.
func (s *Source) NewFinder() *Finder {
	f := &Finder{source: s, shadow: map[string]int64{}, row: ir.Row{Values: make([]ir.Value, len(s.program.Slots))}}
	for range s.report {
		f.values = append(f.values, newValueCounter())
	}
	f.kinds = make([]ir.Kind, len(s.report))
	return f
}

// Reject is a row that could not be used, with its place and its reason.
type Reject struct {
	Source string
	Place  award.Place
	Code   string
	Column string
	Detail string
}

// The codes of rows that match rejects; faults of expressions use the fault's
// own name, and scan has codes of its own.
const (
	CodeNullKey          = "null-key"
	CodeAtBeforeSince    = "at-before-since"
	CodeUnknownZone      = "unknown-zone"
	CodeUnknownCurrency  = "unknown-currency"
	CodeNegativeAmount   = "negative-amount"
	CodeNoMoney          = "amount-beyond-currency"
	CodeBadFunding       = "bad-funding"
	CodeConflictingRows  = "conflicting-rows"
	CodeSeveralCustomers = "order-of-several-customers"
)

// RowReject is a row of a batch that scan could not read whole.
type RowReject struct {
	Row                  int
	Code, Column, Detail string
}

// Find matches the rows of one batch, whose columns are Source.Columns. Place
// is that of its first row. Nothing of the batch is kept.
//
// The columns say of most rows what they are; the others are gathered into a
// batch of their own, and looked at.
func (f *Finder) Find(first award.Place, batch *ir.Batch, unread []RowReject) {
	if f.sieve == nil {
		f.sieve = newSieve(f.source)
	}
	f.sieve.sift(f, batch, unread)
	p := passed{place: first, hashes: f.source.hashKeys(batch, nil), classes: slices.Clone(f.sieve.classes)}
	g := &f.dense
	g.gather(first, batch, f.sieve, p.hashes, unread)
	for d, row := range g.rows {
		p.classes[row] = looked
		f.sifted = g.sifted[d]
		f.findRow(g, d)
	}
	f.sifted = false
	f.counts.Read += int64(batch.Rows)
	f.passed = append(f.passed, p)
}

// findRow looks at row d of those that were gathered.
func (f *Finder) findRow(g *gathered, d int) {
	s := f.source
	place, batch, i, unread := g.place(d), &g.batch, d, g.unread[d]
	reject := func(code, column, detail string) Reject {
		return Reject{Source: s.event.Source, Place: place, Code: code, Column: column, Detail: detail}
	}
	sight := sighting{place: place, hash: g.hashes[d]}
	var keyed bool
	var nullKey string
	sight.key, nullKey, keyed = f.key(batch, i)
	if unread != nil || !keyed {
		r := reject(CodeNullKey, nullKey, "a key column is null or empty")
		if unread != nil {
			r = reject(unread.Code, unread.Column, unread.Detail)
		}
		if !keyed {
			f.lost = append(f.lost, r)
			return
		}
		f.keep(&sight, batch, i, rejected)
		f.seen[len(f.seen)-1].at = int32(len(f.rejects))
		f.rejects = append(f.rejects, r)
		return
	}
	inc, class, r := f.evaluate(place, batch, i)
	f.keep(&sight, batch, i, class)
	switch class {
	case rejected:
		f.seen[len(f.seen)-1].at = int32(len(f.rejects))
		f.rejects = append(f.rejects, reject(r.Code, r.Column, r.Detail))
	case matched:
		own(inc)
		inc.ID, inc.CreditID = sight.key.IncidentID(), sight.key.CreditID()
		f.seen[len(f.seen)-1].at = int32(len(f.incidents))
		f.incidents = append(f.incidents, inc)
	}
}

// own gives an incident texts of its own: those of a batch share the memory of
// their pages, which would stay as long as one of their rows is hit.
func own(inc *award.Incident) {
	for _, text := range []*string{&inc.EventID, &inc.Customer, &inc.Order, &inc.Seller, &inc.Currency, &inc.Zone} {
		*text = strings.Clone(*text)
	}
	for i := range inc.Values {
		inc.Values[i] = keep(inc.Values[i])
	}
	for i := range inc.Awards {
		a := &inc.Awards[i]
		a.Funding = strings.Clone(a.Funding)
		for n := range a.Message {
			a.Message[n].Text = strings.Clone(a.Message[n].Text)
		}
	}
}

func (f *Finder) keep(sight *sighting, batch *ir.Batch, i int, class class) {
	sight.class = class
	f.source.complete(sight, batch, i)
	f.seen = append(f.seen, *sight)
}

// complete adds what tells the rows of one incident apart.
func (s *Source) complete(sight *sighting, batch *ir.Batch, i int) {
	if s.version >= 0 {
		sight.version = keep(batch.Columns[s.version].Value(i))
	}
	sight.digest = rowDigest(batch.Columns[:s.decisive], i)
}

// evaluate finds what the row is by itself. The reject counts only with the
// class rejected, the incident only with matched.
func (f *Finder) evaluate(place award.Place, batch *ir.Batch, i int) (*award.Incident, class, RowReject) {
	s := f.source
	inc := &award.Incident{Source: s.event.Source, Failure: s.event.Failure, Place: place, Currency: s.event.Currency}
	if r, ok := f.parts(inc, batch, i); !ok {
		return nil, rejected, r
	}
	f.fill(batch, i)
	at, fault := s.program.At.Eval(&f.row)
	if fault != nil || at.Null() {
		return nil, rejected, faultReject("at", fault)
	}
	inc.At = calendar.Instant(at.I)
	switch {
	case inc.At < inc.Since:
		return nil, rejected, RowReject{Code: CodeAtBeforeSince, Detail: fmt.Sprintf("at %s is before since %s", inc.At, inc.Since)}
	case inc.At >= s.night.AsOf:
		return nil, notYet, RowReject{}
	case inc.Since < s.night.horizon():
		return nil, outOfWindow, RowReject{}
	case s.event.Growing && inc.At < calendar.StartOfDay(s.event.FirstDay, s.night.Zone):
		return nil, outOfWindow, RowReject{}
	}
	if len(s.report) > 0 && inc.At >= s.event.Report.From {
		f.countEvent(batch, i)
	}
	if r, ok := f.awards(inc, batch, i); !ok {
		return nil, rejected, r
	}
	if len(inc.Awards) == 0 {
		return nil, unmatched, RowReject{}
	}
	f.exclude(inc, batch, i)
	f.join(inc.Customer, batch, i)
	inc.Values = append([]ir.Value(nil), f.row.Values...)
	inc.Facts = s.facts(inc.Values, batch, i)
	inc.Report = f.reportValues(batch, i)
	return inc, matched, RowReject{}
}

// facts are what rules read, and the columns that dimensions join on: a hold
// that is released joins them anew, without the event's row.
func (s *Source) facts(values []ir.Value, batch *ir.Batch, i int) string {
	for _, c := range s.joins {
		values = append(values[:len(values):len(values)], batch.Columns[c].Value(i))
	}
	return s.factWriter.write(values)
}

// parts reads what makes up an event; rows without them cannot be an incident.
func (f *Finder) parts(inc *award.Incident, batch *ir.Batch, i int) (RowReject, bool) {
	s := f.source
	null := func(column string) (RowReject, bool) {
		return RowReject{Code: CodeNullKey, Column: column, Detail: "is null or empty, and every event needs it"}, false
	}
	ids := make([]string, len(s.id))
	for n, c := range s.id {
		text, ok := Text(batch.Columns[c].Value(i))
		if !ok || text == "" {
			return null(s.event.ID[n])
		}
		ids[n] = text
	}
	inc.EventID = strings.Join(ids, "/")
	var ok bool
	if inc.Customer, ok = Text(batch.Columns[s.cust].Value(i)); !ok || inc.Customer == "" {
		return null(s.event.Customer)
	}
	if s.order >= 0 {
		inc.Order, _ = Text(batch.Columns[s.order].Value(i))
	}
	if s.seller >= 0 {
		inc.Seller, _ = Text(batch.Columns[s.seller].Value(i))
	}
	if s.version >= 0 && batch.Columns[s.version].Value(i).Null() {
		return null(s.event.Version)
	}
	if s.curr >= 0 {
		if inc.Currency, ok = Text(batch.Columns[s.curr].Value(i)); !ok {
			return null(s.event.CurrencyColumn)
		}
	}
	if !s.night.pays(inc.Currency) {
		return RowReject{Code: CodeUnknownCurrency, Column: s.event.CurrencyColumn, Detail: fmt.Sprintf("%.20q is not among the workspace's currencies", inc.Currency)}, false
	}
	f.row.Currency = inc.Currency
	if s.zone >= 0 {
		inc.Zone, _ = Text(batch.Columns[s.zone].Value(i))
	}
	if f.row.Zone, ok = s.zones.get(inc.Zone); !ok {
		return RowReject{Code: CodeUnknownZone, Column: s.event.Zone, Detail: fmt.Sprintf("%.60q is no time zone", inc.Zone)}, false
	}
	since := batch.Columns[s.since].Value(i)
	switch since.Kind {
	case ir.Time:
		inc.Since = calendar.Instant(since.I)
	case ir.Date:
		inc.Since = calendar.StartOfDay(calendar.Date(since.I), f.row.Zone)
	default:
		return null(s.event.Since)
	}
	return RowReject{}, true
}

func (n Night) pays(currency string) bool {
	if len(n.Currencies) == 0 {
		_, known := money.Digits(currency)
		return known
	}
	for _, c := range n.Currencies {
		if c == currency {
			return true
		}
	}
	return false
}

// fill sets the slots that need no join.
func (f *Finder) fill(batch *ir.Batch, i int) {
	f.joined = false
	s := f.source
	for n, slot := range s.program.Slots {
		f.row.Values[n] = ir.Value{}
		switch {
		case s.slotColumn[n] >= 0:
			f.row.Values[n] = batch.Columns[s.slotColumn[n]].Value(i)
		case slot.Origin == ir.FromRun && slot.Name == "as_of":
			f.row.Values[n] = ir.Value{Kind: ir.Time, I: int64(s.night.AsOf)}
		case slot.Origin == ir.FromRun && slot.Name == "business_date":
			f.row.Values[n] = ir.Value{Kind: ir.Date, I: int64(s.night.Date)}
		case slot.Origin == ir.FromRun && slot.Name == "currency":
			f.row.Values[n] = ir.StringValue(f.row.Currency)
		}
	}
}

// join sets the slots of dimensions and history, once a row.
func (f *Finder) join(customer string, batch *ir.Batch, i int) {
	if f.joined {
		return
	}
	f.joined = true
	s := f.source
	for n, slot := range s.program.Slots {
		switch slot.Origin {
		case ir.FromDimension:
			d := s.slotDim[n]
			f.row.Values[n] = d.dimension.Value(batch.Columns[d.on].Value(i), d.field, f.row.Currency)
		case ir.FromHistory:
			f.row.Values[n] = historyValue(s.history, slot, customer, f.row.Currency)
		}
	}
}

func historyValue(h History, slot ir.Slot, customer, currency string) ir.Value {
	if slot.Type.Kind == ir.Int {
		return ir.Value{Kind: ir.Int, I: h.Credits(customer, slot.Days)}
	}
	sum, err := h.Credited(customer, currency, slot.Days)
	if err != nil {
		return ir.FaultValue(ir.Overflow)
	}
	return ir.Value{Kind: ir.Money, I: int64(sum)}
}

// eval evaluates e, joining first where it reads a joined slot.
func (f *Finder) eval(e *rules.Expr, customer string, batch *ir.Batch, i int) (ir.Value, *ir.Fault) {
	if !f.joined {
		for _, slot := range e.Reads {
			if f.source.late[slot] {
				f.join(customer, batch, i)
				break
			}
		}
	}
	return e.Eval(&f.row)
}

// exclude evaluates every exclusion of the source on a row that some rule hits.
func (f *Finder) exclude(inc *award.Incident, batch *ir.Batch, i int) {
	for _, x := range f.source.program.Exclusions {
		v, fault := f.eval(x.When, inc.Customer, batch, i)
		switch {
		case fault != nil:
			inc.ExclusionFaults = append(inc.ExclusionFaults, x.ID+": "+fault.Error())
		case v.I != 0 && inc.Exclusion == "":
			inc.Exclusion = x.ID
		}
	}
}

func faultReject(what string, fault *ir.Fault) RowReject {
	if fault == nil {
		return RowReject{Code: ir.UnexpectedNull.String(), Detail: what + " is null"}
	}
	return RowReject{Code: fault.Code.String(), Column: fault.Detail, Detail: what + ": " + fault.Error()}
}
