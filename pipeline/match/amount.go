package match

import (
	"fmt"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/ir"
	"amends/rules/money"
)

// awards evaluates every active rule on the row. A fault in a live rule rejects
// the row; in a shadow rule it is counted.
func (f *Finder) awards(inc *award.Incident, batch *ir.Batch, i int) (RowReject, bool) {
	for n, r := range f.source.active {
		if f.sifted && !f.dense.rules[n].Has(i) {
			continue
		}
		a, hit, reject := f.award(inc, r, batch, i)
		if reject != nil {
			if r.Rule.Mode == rules.Shadow {
				f.shadow[r.Rule.ID]++
				continue
			}
			return *reject, false
		}
		if hit {
			inc.Awards = append(inc.Awards, a)
		}
	}
	return RowReject{}, true
}

func (f *Finder) award(inc *award.Incident, r *rules.RuleProgram, batch *ir.Batch, i int) (a award.Award, hit bool, reject *RowReject) {
	fail := func(what string, fault *ir.Fault) (award.Award, bool, *RowReject) {
		rr := faultReject("rule "+r.Rule.ID+": "+what, fault)
		return a, false, &rr
	}
	when, fault := f.eval(r.When, inc.Customer, batch, i)
	if fault != nil {
		return fail("when", fault)
	}
	if when.I == 0 {
		return a, false, nil
	}
	amount, fault := f.eval(r.Amount, inc.Customer, batch, i)
	if fault != nil || amount.Null() {
		return fail("amount", fault)
	}
	a = award.Award{
		RuleIndex: r.Index, RuleID: r.Rule.ID, Priority: r.Rule.Priority, Shadow: r.Rule.Mode == rules.Shadow,
		Reason: r.Rule.Reason, Terms: r.Rule.TermsName(),
	}
	if a.Minor, a.CappedByValue, reject = f.cap(r, money.Decimal(amount.I), batch, i); reject != nil {
		return a, false, reject
	}
	funding, fault := f.eval(r.Funding, inc.Customer, batch, i)
	if fault != nil {
		return fail("funding", fault)
	}
	if a.Funding = funding.S; a.Funding != "platform" && a.Funding != "seller" || a.Funding == "seller" && inc.Seller == "" {
		return a, false, &RowReject{Code: CodeBadFunding, Detail: fmt.Sprintf("rule %s: funding is %.40q, expected platform, or seller where the row names one", r.Rule.ID, funding.S)}
	}
	for _, part := range r.Message {
		m := award.MessagePart{Text: part.Literal, Fact: part.Fact}
		if part.Expr != nil {
			v, fault := f.eval(part.Expr, inc.Customer, batch, i)
			if fault != nil {
				return fail("message", fault)
			}
			m.Text = messageText(v, inc.Currency)
		}
		a.Message = append(a.Message, m)
	}
	return a, true, nil
}

// cap rounds the amount once, half to even, and holds it to the event's value.
func (f *Finder) cap(r *rules.RuleProgram, amount money.Decimal, batch *ir.Batch, i int) (minor int64, capped bool, reject *RowReject) {
	if amount < 0 {
		return 0, false, &RowReject{Code: CodeNegativeAmount, Detail: fmt.Sprintf("rule %s: amount is %s", r.Rule.ID, amount)}
	}
	rounded, err := amount.ToMinor(f.row.Currency, money.HalfEven)
	if err != nil {
		return 0, false, &RowReject{Code: CodeNoMoney, Detail: fmt.Sprintf("rule %s: amount %s: %v", r.Rule.ID, amount, err)}
	}
	if r.Rule.Uncapped || f.source.value < 0 || rounded.Minor == 0 {
		return rounded.Minor, false, nil
	}
	v := batch.Columns[f.source.value].Value(i)
	if v.Kind != ir.Money || v.I < 0 {
		return 0, false, &RowReject{Code: ir.UnexpectedNull.String(), Column: f.source.event.Value, Detail: fmt.Sprintf("rule %s: the event's value is null or negative, so the award has no bound", r.Rule.ID)}
	}
	value, err := money.Decimal(v.I).Round(digits(f.row.Currency), money.Down)
	if err != nil {
		return 0, false, &RowReject{Code: ir.Overflow.String(), Column: f.source.event.Value, Detail: err.Error()}
	}
	bound, err := value.ToMinor(f.row.Currency, money.HalfEven)
	if err != nil {
		return 0, false, &RowReject{Code: ir.Overflow.String(), Column: f.source.event.Value, Detail: err.Error()}
	}
	if rounded.Minor > bound.Minor {
		return bound.Minor, true, nil
	}
	return rounded.Minor, false, nil
}

func digits(currency string) int {
	n, _ := money.Digits(currency) // the row's currency was checked
	return n
}

// messageText is a value as a customer reads it.
func messageText(v ir.Value, currency string) string {
	switch v.Kind {
	case ir.Money:
		if a, err := money.Decimal(v.I).ToMinor(currency, money.HalfEven); err == nil {
			return a.Display()
		}
	case ir.Duration:
		return decimalText(v) + " s"
	case ir.Bool:
		if v.I != 0 {
			return "yes"
		}
		return "no"
	}
	text, _ := Text(v)
	if v.Kind == ir.Money {
		text = decimalText(v)
	}
	return text
}
