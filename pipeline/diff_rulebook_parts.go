package pipeline

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/report"
	"amends/rules"
	"amends/rules/diag"
	"amends/rules/money"
)

// rulePartsOf are the parts of a rule. A part that is as it would be without
// being written is "".
func rulePartsOf(r *rules.Rule) []rulePart {
	parts := []rulePart{
		{"on", r.On}, {"when", spaced(r.When.Source)}, {"amount", spaced(r.Amount.Source)}, {"table", ""}, {"hits", ""}, {"gaps", ""}, {"reason", r.Reason}, {"terms", cmp.Or(r.Terms, "standard")},
		{"funding", spaced(r.Funding.Source)}, {"priority", strconv.Itoa(r.Priority)}, {"mode", map[rules.Mode]string{rules.Live: "live", rules.Shadow: "shadow"}[r.Mode]},
		{"from", ""}, {"until", ""}, {"uncapped", yes(r.Uncapped)}, {"message", r.Message.Source},
	}
	set := func(name, value string) {
		for i := range parts {
			if parts[i].name == name {
				parts[i].value = value
			}
		}
	}
	if t := r.Table; t != nil {
		set("table", t.Path)
		set("hits", t.Hits.String())
		set("gaps", map[bool]string{true: "allowed"}[t.GapsAllowed])
	}
	if r.HasFrom {
		set("from", r.From.String())
	}
	if r.HasUntil {
		set("until", r.Until.String())
	}
	return parts
}

func termsPartsOf(t *rules.Terms) []rulePart {
	expires := ""
	if t.HasExpiresOn {
		expires = t.ExpiresOn.String()
	}
	return []rulePart{
		{"valid_days", number(t.ValidDays)}, {"expires_on", expires}, {"min_valid_days", number(t.MinValidDays)}, {"min_purchase", amountsAsWritten(t.MinPurchase)},
		{"categories_only", strings.Join(t.CategoriesOnly, ", ")}, {"categories_except", strings.Join(t.CategoriesExcept, ", ")}, {"sold_by", t.SoldBy},
		{"stackable", strconv.FormatBool(t.Stackable)}, {"remind_days", number(t.RemindDays)},
	}
}

var (
	perWords    = map[rules.Per]string{rules.PerCustomer: "customer", rules.PerOrder: "order", rules.PerRun: "run", rules.PerRule: "rule", rules.PerSeller: "seller"}
	exceedWords = map[rules.Exceed]string{rules.Deny: "deny", rules.Trim: "trim", rules.Hold: "hold"}
)

// addCaps adds what bounds awards: limits, budgets, guardrails and the settings
// of the rulebook.
func addCaps(book *rules.Rulebook, add func(kind, name string, at diag.Text, parts ...rulePart)) {
	for _, l := range book.Limits {
		count := ""
		if l.HasCount {
			count = strconv.Itoa(l.MaxCount)
		}
		add("limit", l.ID, l.At, rulePart{"per", perWords[l.Per]}, rulePart{"rules", ruleList(l.Rules)}, rulePart{"window_days", number(l.WindowDays)}, rulePart{"max_count", count},
			rulePart{"max_amount", amountsAsWritten(l.MaxAmount)}, rulePart{"exceed", exceedWords[l.Exceed]})
	}
	for _, b := range book.Budgets {
		add("budget", b.ID, b.At, rulePart{"per", perWords[b.Per]}, rulePart{"rules", ruleList(b.Rules)}, rulePart{"max_amount", amountsAsWritten(b.MaxAmount)}, rulePart{"exceed", exceedWords[b.Exceed]})
	}
	if g := book.Guardrails; g != nil {
		ratio := ""
		if g.MaxAmountVsMedian != 0 {
			ratio = g.MaxAmountVsMedian.String()
		}
		add("guardrails", "of a night", g.At, rulePart{"max_amount_vs_median", ratio}, rulePart{"median_days", number(g.MedianDays)},
			rulePart{"min_history", number(g.MinHistory)}, rulePart{"max_amount", amountsAsWritten(g.MaxAmount)})
	}
	combine := map[rules.Combine]string{rules.Highest: "highest", rules.Sum: "sum"}[book.Combine]
	add("setting", "combine", diag.Text{}, rulePart{"", combine})
	add("setting", "hold_days", diag.Text{}, rulePart{"", strconv.Itoa(book.HoldDays)})
	add("setting", "min_award", diag.Text{}, rulePart{"", amountsAsWritten(book.MinAward)})
}

// ruleList is rules in an order of its own: theirs makes no difference.
func ruleList(ids rules.RuleIDs) string {
	return strings.Join(slices.Sorted(slices.Values(ids)), ", ")
}

// amountsAsWritten are amounts by currency, a zero too: nothing may be given is
// not the same as no bound. "" is none.
func amountsAsWritten(amounts money.ByCurrency) string {
	var parts []string
	for _, currency := range amounts.Currencies() {
		parts = append(parts, report.Amount(amounts[currency], currency))
	}
	return strings.Join(parts, ", ")
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yes(is bool) string {
	if is {
		return "true"
	}
	return ""
}

// spaced is an expression on one line with one space where the author has
// several, so that its layout is no difference. Texts in quotes stay.
func spaced(expr string) string {
	var b strings.Builder
	var quote rune
	escaped, gap := false, false
	for _, r := range expr {
		switch {
		case quote != 0:
			b.WriteRune(r)
			switch {
			case escaped:
				escaped = false
			case r == '\\' && quote != '`':
				escaped = true
			case r == quote:
				quote = 0
			}
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			gap = true
		default:
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			if r == '"' || r == '\'' || r == '`' {
				quote = r
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
