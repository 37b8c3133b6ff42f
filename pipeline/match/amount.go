package match

import (
	"fmt"

	"amends/pipeline/award"
	"amends/rules"
	"amends/rules/ir"
	"amends/rules/money"
)

// Who can bear the cost of an award.
const (
	platform = "platform"
	seller   = "seller"
)

// fundings are all who can.
var fundings = [...]string{platform, seller}

// ruleOf is what the awards of a rule have in common whose cost one bears.
func ruleOf(r *rules.RuleProgram, funding string) *award.Rule {
	return &award.Rule{
		RuleIndex: r.Index, RuleID: r.Rule.ID, Priority: r.Rule.Priority, Shadow: r.Rule.Mode == rules.Shadow,
		Reason: r.Rule.Reason, Terms: r.Rule.TermsName(), Funding: funding, Message: sameMessage(r),
	}
}

// sameMessage is a rule's message where no expression is in it, and nil where
// awards differ in it.
func sameMessage(r *rules.RuleProgram) (same []award.MessagePart) {
	for _, part := range r.Message {
		if part.Expr != nil {
			return nil
		}
		same = append(same, award.MessagePart{Text: part.Literal, Fact: part.Fact})
	}
	return same
}

// fundingOf is who bears the cost of a rule's award, as the rule says.
func fundingOf(r *rules.RuleProgram, said string, parties *award.Parties) (string, *RowReject) {
	switch {
	case said == platform:
		return platform, nil
	case said == seller && parties.Seller != "":
		return seller, nil
	}
	return "", &RowReject{Code: CodeBadFunding, Detail: fmt.Sprintf("rule %s: funding is %.40q, expected platform, or seller where the row names one", r.Rule.ID, said)}
}

// cap rounds the amount once, half to even, and holds it to the event's value.
func (s *Source) cap(r *rules.RuleProgram, amount money.Decimal, currency string, batch *ir.Batch, i int) (minor int64, capped bool, reject *RowReject) {
	if amount < 0 {
		return 0, false, &RowReject{Code: CodeNegativeAmount, Detail: fmt.Sprintf("rule %s: amount is %s", r.Rule.ID, amount)}
	}
	rounded, err := amount.ToMinor(currency, money.HalfEven)
	if err != nil {
		return 0, false, &RowReject{Code: CodeNoMoney, Detail: fmt.Sprintf("rule %s: amount %s: %v", r.Rule.ID, amount, err)}
	}
	if r.Rule.Uncapped || s.value < 0 || rounded.Minor == 0 {
		return rounded.Minor, false, nil
	}
	v := batch.Columns[s.value].Value(i)
	if v.Kind != ir.Money || v.I < 0 {
		return 0, false, &RowReject{Code: ir.UnexpectedNull.String(), Column: s.event.Value, Detail: fmt.Sprintf("rule %s: the event's value is null or negative, so the award has no bound", r.Rule.ID)}
	}
	value, err := money.Decimal(v.I).Round(digits(currency), money.Down)
	if err != nil {
		return 0, false, &RowReject{Code: ir.Overflow.String(), Column: s.event.Value, Detail: err.Error()}
	}
	bound, err := value.ToMinor(currency, money.HalfEven)
	if err != nil {
		return 0, false, &RowReject{Code: ir.Overflow.String(), Column: s.event.Value, Detail: err.Error()}
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
