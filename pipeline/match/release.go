package match

import (
	"maps"
	"slices"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/ir"
	"amends/rules/money"
)

// party returns the id that a dimension joins on, for an incident or credit of
// which only the parties are known.
func (e Event) party(column, customer, order, seller string) (ir.Value, bool) {
	id := ""
	switch column {
	case "":
		return ir.Value{}, false
	case e.Customer:
		id = customer
	case e.Order:
		id = order
	case e.Seller:
		id = seller
	default:
		return ir.Value{}, false
	}
	if id == "" {
		return ir.Value{}, true
	}
	return ir.StringValue(id), true
}

// Release puts the values of a hold's incident together again: the event's as
// the hold kept them, dimensions and history as they are now. Then it evaluates
// the exclusions on them.
func (s *Source) Release(inc *award.Incident) error {
	values, err := ParseFacts(inc.Facts().JSON(), s.program.Slots)
	if err != nil {
		return err
	}
	for i, slot := range s.program.Slots {
		switch slot.Origin {
		case ir.FromDimension:
			d := s.slotDim[i].dimension
			values[i] = ir.FaultValue(ir.MissingRow)
			if key, known := s.joinKey(d, inc); known {
				values[i] = d.Value(key, s.slotDim[i].field, inc.Currency)
			}
		case ir.FromHistory:
			values[i] = historyValue(s.history, slot, unnumbered(inc.Customer()), inc.Currency)
		}
	}
	own := inc.Own()
	own.Values = values
	own.Exclusion, own.ExclusionFaults = "", nil
	row := s.rowOf(inc)
	for _, x := range s.program.Exclusions {
		v, fault := x.When.Eval(&row)
		switch {
		case fault != nil:
			own.ExclusionFaults = append(own.ExclusionFaults, x.ID+": "+fault.Error())
		case v.I != 0 && own.Exclusion == "":
			own.Exclusion = x.ID
		}
	}
	return nil
}

func (s *Source) rowOf(inc *award.Incident) ir.Row {
	zone, ok := s.zones.get(inc.Zone)
	if !ok {
		zone = s.night.Zone
	}
	return ir.Row{Values: s.valuesOf(inc), Currency: inc.Currency, Zone: zone}
}

// valuesOf are an incident's values by slot, of its own: as far as it keeps them.
func (s *Source) valuesOf(inc *award.Incident) []ir.Value {
	kept := inc.Values()
	if len(kept) == len(s.program.Slots) {
		return slices.Clone(kept)
	}
	values := make([]ir.Value, len(s.program.Slots))
	for n, v := range kept {
		values[s.keptSlots[n]] = v
	}
	return values
}

// Approve evaluates the approval rules for what an incident would be paid, in
// minor units of its currency. A rule that cannot be evaluated is a cause too.
func (s *Source) Approve(inc *award.Incident, minor int64) []award.Cause {
	if len(s.program.Approvals) == 0 {
		return nil
	}
	row := s.rowOf(inc)
	setAward(row.Values, s.program.Slots, inc.Currency, minor, 0)
	var causes []award.Cause
	for _, a := range s.program.Approvals {
		v, fault := a.When.Eval(&row)
		if fault == nil && v.I == 0 {
			continue
		}
		why := a.When.Text.Source
		if fault != nil {
			why = "cannot be evaluated: " + fault.Error()
		}
		causes = append(causes, award.Cause{Kind: "approval", ID: a.ID, Why: why})
	}
	return causes
}

// setAward fills the slots that hold what is decided upon.
func setAward(values []ir.Value, slots []ir.Slot, currency string, amount, remaining int64) {
	for i, slot := range slots {
		if slot.Origin != ir.FromAward {
			continue
		}
		minor := amount
		switch slot.Name {
		case "currency":
			values[i] = ir.StringValue(currency)
			continue
		case "remaining":
			minor = remaining
		}
		values[i] = ir.FaultValue(ir.Overflow)
		if d, err := money.FromMinor(minor, currency); err == nil {
			values[i] = ir.Value{Kind: ir.Money, I: int64(d)}
		}
	}
}

// OpenCredit is what void rules see of a credit.
type OpenCredit struct {
	CreditID, Customer, Order, Seller, Currency string
	GrantedMinor, RemainingMinor                int64
}

// Voids evaluates the void rules on open credits.
type Voids struct {
	program    *rules.VoidProgram
	night      Night
	events     map[string]Event
	dimensions map[string]*Dimension
}

// NewVoids makes the evaluator; events are by source.
func NewVoids(program *rules.VoidProgram, night Night, events map[string]Event, dimensions map[string]*Dimension) *Voids {
	return &Voids{program: program, night: night, events: events, dimensions: dimensions}
}

// Holds returns the first void rule that holds for a credit of a source, and
// the rules that could not be evaluated, as "id: fault". A rule that reads a
// dimension of a party that the credit does not have, such as the order of an
// incident that stands alone, is not about it: it does not hold.
func (v *Voids) Holds(source string, c OpenCredit) (id string, faults []string) {
	if len(v.program.Voids) == 0 {
		return "", nil
	}
	row := v.Row(source, c)
	for i, rule := range v.program.Voids {
		if !v.About(i, source, c) {
			continue
		}
		value, fault := rule.When.Eval(&row)
		switch {
		case fault != nil:
			faults = append(faults, rule.ID+": "+fault.Error())
		case value.I != 0 && id == "":
			id = rule.ID
		}
	}
	return id, faults
}

// Row is what the void rules read of a credit of a source.
func (v *Voids) Row(source string, c OpenCredit) ir.Row {
	return ir.Row{Values: v.values(source, c), Currency: c.Currency, Zone: v.night.Zone}
}

// About reports whether the i-th void rule of the program is about a credit of a
// source: it has every party whose dimension the rule reads.
func (v *Voids) About(i int, source string, c OpenCredit) bool {
	return !v.lacksParty(v.program.Voids[i].When, source, c)
}

// party returns the id of a credit that a dimension joins on: by its own source's
// columns, or else by what the column is to any other source.
func (v *Voids) party(own Event, column string, c OpenCredit) (ir.Value, bool) {
	if key, known := own.party(column, c.Customer, c.Order, c.Seller); known {
		return key, true
	}
	for _, name := range slices.Sorted(maps.Keys(v.events)) {
		if key, known := v.events[name].party(column, c.Customer, c.Order, c.Seller); known {
			return key, true
		}
	}
	return ir.Value{}, false
}

// lacksParty reports whether the expression reads a dimension that joins on a
// party which the credit, or its whole source, does not have.
func (v *Voids) lacksParty(e *rules.Expr, source string, c OpenCredit) bool {
	event := v.events[source]
	for _, i := range e.Reads {
		slot := v.program.Slots[i]
		if slot.Origin != ir.FromDimension {
			continue
		}
		if key, known := v.party(event, v.dimensions[slot.Dimension].On, c); known && key.Null() {
			return true
		}
	}
	return false
}

func (v *Voids) values(source string, c OpenCredit) []ir.Value {
	event := v.events[source]
	values := make([]ir.Value, len(v.program.Slots))
	for i, slot := range v.program.Slots {
		switch {
		case slot.Origin == ir.FromDimension:
			d := v.dimensions[slot.Dimension]
			values[i] = ir.FaultValue(ir.MissingRow)
			if key, known := v.party(event, d.On, c); known {
				values[i] = d.Value(key, d.field(slot.Column), c.Currency)
			}
		case slot.Name == "as_of":
			values[i] = ir.Value{Kind: ir.Time, I: int64(v.night.AsOf)}
		case slot.Name == "business_date":
			values[i] = ir.Value{Kind: ir.Date, I: int64(v.night.Date)}
		}
	}
	setAward(values, v.program.Slots, c.Currency, c.GrantedMinor, c.RemainingMinor)
	return values
}
