package match

import (
	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/columnar"
	"amends/rules/ir"
	"amends/rules/money"
)

// rule gives what one rule would on the rows that are alive. A fault rejects
// the row; of a shadow rule it is counted.
func (l *looker) rule(r *rulePlan) {
	when := l.machine.Eval(r.when, &l.alive)
	if when.AnyFault() {
		for row := range l.alive.Rows() {
			if fault, faulted := when.Fault(row); faulted {
				l.fail(r, row, faultReject("rule "+r.Rule.ID+": when", &fault))
			}
		}
	}
	when.Holds(&l.hit)
	if l.hit.Len() > 0 {
		l.give(r)
	}
	l.bury()
}

// fail is what a rule that cannot be evaluated means for a row.
func (l *looker) fail(r *rulePlan, row int, reject RowReject) {
	if r.Rule.Mode == rules.Shadow {
		l.finder.shadow[r.Rule.ID]++
		return
	}
	l.refuse(row, reject)
}

// give makes the awards of a rule on the rows that it hits.
func (l *looker) give(r *rulePlan) {
	amount := l.machine.Eval(r.amount, &l.hit)
	funding := l.machine.Eval(r.funding, &l.hit)
	var tableRow columnar.Result
	if r.tableRow >= 0 {
		tableRow = l.machine.Eval(r.tableRow, &l.hit)
	}
	var message []columnar.Result
	if r.varies {
		message = make([]columnar.Result, len(r.message))
		for n, part := range r.message {
			if part >= 0 {
				message[n] = l.machine.Eval(part, &l.hit)
			}
		}
	}
	a := award.Award{}
	for row := range l.hit.Rows() {
		if reject := l.award(&a, r, row, &amount, &funding); reject != nil {
			l.fail(r, row, *reject)
			continue
		}
		if r.tableRow >= 0 {
			a.TableRow = int32(tableRow.Int(row))
		}
		if r.varies {
			told, reject := l.message(r, row, message)
			if reject != nil {
				l.fail(r, row, *reject)
				continue
			}
			a.Told = &told
		}
		l.given = append(l.given, givenAward{int32(row), a})
	}
}

// award fills in the amount and who bears its cost.
func (l *looker) award(a *award.Award, r *rulePlan, row int, amount, funding *columnar.Result) (reject *RowReject) {
	inc := &l.incidents[row]
	if amount.Faulted(row) {
		fault, _ := amount.Fault(row)
		reject := faultReject("rule "+r.Rule.ID+": amount", &fault)
		return &reject
	}
	if amount.Null(row) {
		reject := faultReject("rule "+r.Rule.ID+": amount", nil)
		return &reject
	}
	a.Minor, a.CappedByValue, reject = l.source.cap(r.RuleProgram, money.Decimal(amount.Int(row)), inc.Currency, &l.rows.batch, row)
	if reject != nil {
		return reject
	}
	if funding.Faulted(row) {
		fault, _ := funding.Fault(row)
		reject := faultReject("rule "+r.Rule.ID+": funding", &fault)
		return &reject
	}
	paying, reject := fundingOf(r.RuleProgram, funding.Value(row).S, &l.parties[row])
	a.Rule = r.given[paying]
	return reject
}

// message puts a rule's message together for a row.
func (l *looker) message(r *rulePlan, row int, values []columnar.Result) ([]award.MessagePart, *RowReject) {
	first := len(l.parts)
	for n, part := range r.Message {
		m := award.MessagePart{Text: part.Literal, Fact: part.Fact}
		if r.message[n] >= 0 {
			if fault, faulted := values[n].Fault(row); faulted {
				l.parts = l.parts[:first]
				reject := faultReject("rule "+r.Rule.ID+": message", &fault)
				return nil, &reject
			}
			m.Text = l.kept.keep(messageText(values[n].Value(row), l.incidents[row].Currency))
		}
		l.parts = append(l.parts, m)
	}
	return l.parts[first:len(l.parts):len(l.parts)], nil
}

// match makes the incidents of the rows that some rule hits, and hands every row
// over to the finder.
func (l *looker) match() {
	f, s := l.finder, l.source
	hits := l.spread()
	l.looked = l.looked[:0]
	if hits > 0 {
		l.exclude()
	}
	seen := seenRows{list: make([]sighting, 0, l.sights())}
	for row := range l.looks {
		look := &l.looks[row]
		if look.class == rejected && !look.keyed {
			f.lost = append(f.lost, l.rejected(row))
			continue
		}
		if at := l.rows.sifted[row]; at.row >= 0 {
			if look.class == unmatched {
				f.counts.Unmatched++
				continue // it stays passed
			}
			l.looked = append(l.looked, lookedAt{at.passed, at.row})
		}
		sight := seen.add(s, sighting{key: look.key, hash: l.rows.hashes[row], class: look.class}, l.rows.places[row], &l.rows.batch, row, &l.kept)
		switch look.class {
		case rejected:
			sight.index = int32(len(f.rejects))
			f.rejects = append(f.rejects, l.rejected(row))
		case matched:
			sight.index = l.keep(row)
		}
	}
	l.rows.finder.passed.look(l.looked)
	f.seen.add(seen)
}

// sights is how many rows will have a sighting.
func (l *looker) sights() (n int) {
	for row := range l.looks {
		look := &l.looks[row]
		lost := look.class == rejected && !look.keyed
		passed := look.class == unmatched && l.rows.sifted[row].row >= 0
		if !lost && !passed {
			n++
		}
	}
	return n
}

func (l *looker) rejected(row int) Reject {
	r := l.looks[row].reject
	return Reject{Source: l.source.event.Source, Place: l.rows.places[row], Code: r.Code, Column: r.Column, Detail: r.Detail}
}

// spread gives each row that is alive its awards, in the order of rules, and says
// how many rows have one: they are the ones in l.hit, and are matched.
func (l *looker) spread() (hits int) {
	l.hit.None(len(l.looks))
	l.starts = append(l.starts[:0], make([]int32, len(l.looks)+1)...)
	for i := range l.given {
		if row := int(l.given[i].row); l.alive.Has(row) {
			l.starts[row+1]++
			l.hit.Add(row)
		}
	}
	for row := range l.looks {
		l.starts[row+1] += l.starts[row]
	}
	l.awards = append(l.awards[:0], make([]award.Award, l.starts[len(l.looks)])...)
	for i := range l.given {
		g := &l.given[i]
		if row := int(g.row); l.alive.Has(row) {
			l.awards[l.starts[row]] = g.Award
			l.starts[row]++
		}
	}
	for row := range l.hit.Rows() {
		l.looks[row].class = matched
		hits++
	}
	return hits
}

// awardsOf are a row's awards, once they are spread.
func (l *looker) awardsOf(row int) []award.Award {
	first := int32(0)
	if row > 0 {
		first = l.starts[row-1]
	}
	return l.awards[first:l.starts[row]]
}

// exclude evaluates every exclusion of the source on the rows that some rule hits.
func (l *looker) exclude() {
	for n, at := range l.plan.exclusions {
		id := l.source.program.Exclusions[n].ID
		v := l.machine.Eval(at, &l.hit)
		for row := range l.hit.Rows() {
			inc := &l.incidents[row]
			if fault, faulted := v.Fault(row); faulted {
				own := inc.Own()
				own.ExclusionFaults = append(own.ExclusionFaults, id+": "+fault.Error())
			} else if inc.Exclusion() == "" && v.Bool(row) {
				inc.Own().Exclusion = id
			}
		}
	}
}

// keep makes the incident of a row, with what it keeps of it, and returns its place.
func (l *looker) keep(row int) int32 {
	at, inc, keeper := l.finder.hits.add(l.incidents[row])
	if slots := l.source.keptSlots; len(slots) > 0 {
		values := make([]ir.Value, len(slots))
		for n, slot := range slots {
			values[n] = l.kept.value(l.value(slot, row))
		}
		inc.Own().Values = values
	}
	if report := l.finder.reportValues(&l.rows.batch, row, &l.kept); report != nil {
		inc.Own().Report = report
	}
	keeper.Add(inc, l.parties[row], l.awardsOf(row), func(to []byte) []byte {
		return l.source.factWriter.appendPacked(to, func(slot int) ir.Value { return l.fact(slot, row) })
	})
	return at
}

// fact is what a slot of Source.factSlots holds of a row.
func (l *looker) fact(slot, row int) ir.Value {
	slots, joins := len(l.columns), l.source.joins
	switch {
	case slot >= slots+len(joins):
		return tableRow(l.awardsOf(row), l.source.tables[slot-slots-len(joins)])
	case slot >= slots:
		return l.rows.batch.Columns[joins[slot-slots]].Value(row)
	}
	return l.value(slot, row)
}

// tableRow is the row of a rule's decision table that gave one of the awards.
func tableRow(awards []award.Award, rule int) ir.Value {
	for i := range awards {
		if awards[i].RuleIndex == rule {
			return ir.Value{Kind: ir.Int, I: int64(awards[i].TableRow)}
		}
	}
	return ir.Value{}
}
