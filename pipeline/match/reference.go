package match

import (
	"strings"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// reference looks at one row at a time with the reference evaluator: for people
// who ask about a row, and to hold a looker against. Runs do not use it.
type reference struct {
	source *Source
	row    ir.Row
	joined bool
	shadow []string // rules in shadow mode that faulted on the row at hand
}

func (s *Source) newReference() *reference {
	return &reference{source: s, row: ir.Row{Values: make([]ir.Value, len(s.program.Slots))}}
}

// evaluate finds what the row is by itself. The reject counts only with the
// class rejected, the incident only with matched. Nothing is cloned.
func (f *reference) evaluate(place award.Place, batch *ir.Batch, i int) (*award.Incident, class, RowReject) {
	s := f.source
	origin := s.originOf(place.File)
	inc := &award.Incident{Origin: &origin, Row: place.Row, RowGroup: int32(place.RowGroup)}
	if f.isPast(batch, i, nil) {
		return nil, outOfWindow, RowReject{}
	}
	var parties award.Parties
	zone, r, ok := s.parts(inc, &parties, batch, i)
	if !ok {
		return nil, rejected, r
	}
	f.row.Currency, f.row.Zone, f.joined, f.shadow = inc.Currency, zone, false, nil
	f.fill(batch, i)
	at, fault := s.program.At.Eval(&f.row)
	if fault != nil || at.Null() {
		return nil, rejected, faultReject("at", fault)
	}
	inc.At = calendar.Instant(at.I)
	if class, r := s.window(inc); class != matched {
		return nil, class, r
	}
	inc.SetParties(parties)
	if r, ok := f.awards(inc, batch, i); !ok {
		return nil, rejected, r
	}
	if len(inc.Awards()) == 0 {
		return nil, unmatched, RowReject{}
	}
	f.exclude(inc, batch, i)
	f.join(inc.Customer(), batch, i)
	values := f.row.Values
	for _, c := range s.joins {
		values = append(values[:len(values):len(values)], batch.Columns[c].Value(i))
	}
	for _, rule := range s.tables {
		values = append(values[:len(values):len(values)], tableRow(inc.Awards(), rule))
	}
	inc.SetFacts(award.FactsOf(string(s.factWriter.appendObject(nil, func(slot int) ir.Value { return values[slot] }))))
	if kept := s.kept(f.row.Values); kept != nil {
		inc.Own().Values = kept
	}
	return inc, matched, RowReject{}
}

// awards evaluates every active rule on the row. A fault in a live rule rejects
// the row; in a shadow rule it is counted.
func (f *reference) awards(inc *award.Incident, batch *ir.Batch, i int) (RowReject, bool) {
	for _, r := range f.source.active {
		a, hit, reject := f.award(inc, r, batch, i)
		if reject != nil {
			if r.Rule.Mode == rules.Shadow {
				f.shadow = append(f.shadow, r.Rule.ID)
				continue
			}
			return *reject, false
		}
		if hit {
			inc.SetAwards(append(inc.Awards(), a))
		}
	}
	return RowReject{}, true
}

func (f *reference) award(inc *award.Incident, r *rules.RuleProgram, batch *ir.Batch, i int) (a award.Award, hit bool, reject *RowReject) {
	fail := func(what string, fault *ir.Fault) (award.Award, bool, *RowReject) {
		rr := faultReject("rule "+r.Rule.ID+": "+what, fault)
		return a, false, &rr
	}
	when, fault := f.eval(r.When, inc.Customer(), batch, i)
	if fault != nil {
		return fail("when", fault)
	}
	if when.I == 0 {
		return a, false, nil
	}
	amount, fault := f.eval(r.Amount, inc.Customer(), batch, i)
	if fault != nil || amount.Null() {
		return fail("amount", fault)
	}
	if a.Minor, a.CappedByValue, reject = f.source.cap(r, money.Decimal(amount.I), inc.Currency, batch, i); reject != nil {
		return a, false, reject
	}
	if r.Table != nil {
		a.TableRow = int32(r.Table.Rows[r.Table.Row(&f.row)].Number)
	}
	funding, fault := f.eval(r.Funding, inc.Customer(), batch, i)
	if fault != nil {
		return fail("funding", fault)
	}
	parties := inc.Parties()
	paying, reject := fundingOf(r, funding.S, &parties)
	if reject != nil {
		return a, false, reject
	}
	a.Rule = ruleOf(r, paying)
	if a.Rule.Message != nil {
		return a, true, nil
	}
	var told []award.MessagePart
	for _, part := range r.Message {
		m := award.MessagePart{Text: part.Literal, Fact: part.Fact}
		if part.Expr != nil {
			v, fault := f.eval(part.Expr, inc.Customer(), batch, i)
			if fault != nil {
				return fail("message", fault)
			}
			m.Text = messageText(v, inc.Currency)
		}
		told = append(told, m)
	}
	if told != nil {
		a.Told = &told
	}
	return a, true, nil
}

// fill sets the slots that need no join.
func (f *reference) fill(batch *ir.Batch, i int) {
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
func (f *reference) join(customer string, batch *ir.Batch, i int) {
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
			f.row.Values[n] = historyValue(s.history, slot, unnumbered(customer), f.row.Currency)
		}
	}
}

func historyValue(h History, slot ir.Slot, of Asked, currency string) ir.Value {
	if slot.Type.Kind == ir.Int {
		return ir.Value{Kind: ir.Int, I: h.Credits(of, slot.Days)}
	}
	sum, err := h.Credited(of, currency, slot.Days)
	if err != nil {
		return ir.FaultValue(ir.Overflow)
	}
	return ir.Value{Kind: ir.Money, I: int64(sum)}
}

// eval evaluates e, joining first where it reads a joined slot.
func (f *reference) eval(e *rules.Expr, customer string, batch *ir.Batch, i int) (ir.Value, *ir.Fault) {
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
func (f *reference) exclude(inc *award.Incident, batch *ir.Batch, i int) {
	for _, x := range f.source.program.Exclusions {
		v, fault := f.eval(x.When, inc.Customer(), batch, i)
		switch {
		case fault != nil:
			own := inc.Own()
			own.ExclusionFaults = append(own.ExclusionFaults, x.ID+": "+fault.Error())
		case v.I != 0 && inc.Exclusion() == "":
			inc.Own().Exclusion = x.ID
		}
	}
}

func faultReject(what string, fault *ir.Fault) RowReject {
	if fault == nil {
		return RowReject{Code: ir.UnexpectedNull.String(), Detail: what + " is null"}
	}
	return RowReject{Code: fault.Code.String(), Column: strings.Clone(fault.Detail), Detail: what + ": " + fault.Error()}
}
