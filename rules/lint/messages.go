package lint

import (
	"fmt"
	"regexp"
	"strings"

	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// Every message of the package.

const (
	hintPast          = "leave it out, or keep it as a record with # amends: allow L027 because ..."
	hintNever         = "one of them is meant otherwise: \"or\" for \"and\", or another bound"
	hintNeverCurrency = "look at the entries of that currency"
	hintAlways        = "say which rows are meant"
	hintShadowed      = "the highest award of an incident counts: narrow the other rule, or raise this one"
	hintSame          = "of two rules that hit the same rows only the higher award counts: make them one"
	hintNothing       = "an amount is above zero, and has no sign"
	hintAbove         = "every award ends at the value of the event; a share of it has a factor below 1"
	hintUncapped      = "bound it with min(..., ...), or leave out uncapped: true"
	hintNoCap         = "bound it with min(..., ...), or add a limit with max_amount: or an approval of large amounts"
	hintClock         = "the same row would give another amount when it is corrected, or when a night is run again later: use a time of the event"
	hintFloor         = "the floor of clamp(x, floor, cap) or max(floor, ...) is the smaller number"
	hintGap           = "rows in between get nothing: move an end, or add a rule"
	hintOverlap       = "rows in both get the higher award: end one where the other begins"
	hintUnits         = "24 hours are one day: compare hours with hours, and days with days"
	hintUnused        = "leave it out, or use it"
	hintLoose         = "make it tighter, or leave it out"
	hintTakesAway     = "let it hold, keep the two rules apart, or let the limit count both; or accept it where it is meant"
	hintDigits        = "amounts are rounded to what the currency has"
	hintAlike         = "one unit of the former is worth far less"

	hitsThemAll = ", so this leaves none of them out"

	hintMessageAmount = "write {amount}"
	hintMessageExpiry = "write {expires_on}"
	hintRestriction   = "say what the credit can be used for, or where its conditions are"
	hintProportion    = "hardly anybody can use such a credit: lower min_purchase:, or give the rule other terms"
	hintAlwaysNull    = "is it filled elsewhere, or under another name?"
)

func msgPast(rule string, until, today calendar.Date) string {
	return fmt.Sprintf("the rule %s ended on %s: the next night is %s", rule, until, today)
}

func msgNever(rule, where, why string) string {
	if why != "" {
		why = ": " + why
	}
	return fmt.Sprintf("the rule %s hits no row%s%s", rule, where, why)
}

func msgAlways(rule, source string) string {
	return fmt.Sprintf("the rule %s hits every row of %s", rule, source)
}

func msgShadowed(rule, other, place string) string {
	return fmt.Sprintf("the rule %s never counts: every row that it hits is hit by %s (%s), which stands before it and gives at least as much", rule, other, place)
}

func msgSame(rule, other, place string) string {
	return fmt.Sprintf("the rule %s hits the same rows as %s (%s)", rule, other, place)
}

// decimalComma is digits, a comma and digits without a space between them.
var decimalComma = regexp.MustCompile(`(?:^|[^\w.])([0-9]+,[0-9]+)(?:$|[^\w.])`)

// commaOr is the hint, or, where an expression has what may be a number with a
// decimal comma, how to write that.
func commaOr(source, hint string) string {
	found := decimalComma.FindStringSubmatch(source)
	if found == nil {
		return hint
	}
	number := found[1]
	return fmt.Sprintf("the comma in %s parts two values: is %s meant?", number, strings.Replace(number, ",", ".", 1))
}

func msgNothing(rule, where string) string {
	return fmt.Sprintf("the rule %s gives nothing%s: its amount is never above zero", rule, where)
}

func msgAbove(rule, value string) string {
	return fmt.Sprintf("the rule %s gives all of %s, or more, in every row", rule, value)
}

func msgUncapped(rule, value, where string) string {
	return fmt.Sprintf("the rule %s is uncapped, and its amount has no bound%s: it may be far above %s", rule, where, value)
}

func msgNoCap(rule, where string) string {
	return fmt.Sprintf("the amount of the rule %s has no cap%s, and no limit or approval bounds it", rule, where)
}

func msgClock(rule, name string) string {
	return fmt.Sprintf("the amount of the rule %s depends on %s, the night that settles it", rule, name)
}

func msgPercent(factor ir.Value, of string) string {
	return fmt.Sprintf("%s times %s looks like a percentage", money.Decimal(factor.I), of)
}

func hintPercent(factor ir.Value) string {
	if factor.I > mostPercent {
		return "a share is a factor below 1, such as 0.10"
	}
	share, err := money.Decimal(factor.I).DivInt(100, money.HalfEven)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s percent is %s", money.Decimal(factor.I), share)
}

func msgSmallPct(p ir.Value, of string) string {
	return fmt.Sprintf("%s percent of %s: less than a hundredth", money.Decimal(p.I), of)
}

func hintSmallPct(p ir.Value) string {
	whole, err := money.Decimal(p.I).MulInt(100)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("pct(x, %s) is %s percent", whole, whole)
}

func msgLargePct(p ir.Value, of string) string {
	return fmt.Sprintf("%s percent of %s is more than the whole", money.Decimal(p.I), of)
}

func msgFloor(rule string, least, most int64, currency string) string {
	return fmt.Sprintf("in the rule %s the floor of %s is above the cap of %s", rule, amountText(least, currency), amountText(most, currency))
}

func amountText(millionths int64, currency string) string {
	return strings.TrimSpace(money.Decimal(millionths).String() + " " + currency)
}

func msgGap(below, above, gap string) string {
	return fmt.Sprintf("between the rules %s and %s nothing is given where %s", below, above, gap)
}

func msgOverlap(below, above, both string) string {
	return fmt.Sprintf("the rules %s and %s overlap where %s", below, above, both)
}

func msgUnits(left string, a unit, right string, b unit) string {
	return fmt.Sprintf("%q counts %s and %q counts %s", left, a, right, b)
}

func msgUnitName(name string, says, gives unit) string {
	return fmt.Sprintf("the definition %s gives %s, and its name says %s", name, gives, says)
}

func msgMessageAmount(rule string) string {
	return fmt.Sprintf("the message of %s does not say how much the credit is", rule)
}

func msgMessageExpiry(rule string) string {
	return fmt.Sprintf("the message of %s does not say until when the credit can be used", rule)
}

func msgRestriction(rule, terms, missing string) string {
	return fmt.Sprintf("the message of %s is silent about what its terms %s ask: %s", rule, terms, missing)
}

func msgProportion(rule string, purchase, most money.Amount) string {
	return fmt.Sprintf("the rule %s gives at most %s, for a purchase of %s or more", rule, most, purchase)
}

func msgUnusedTerms(name string) string { return fmt.Sprintf("no rule has the terms %s", name) }

func msgUnusedTable(what string) string { return fmt.Sprintf("nothing reads the %s", what) }

func msgUnusedDefine(name, source string) string {
	return fmt.Sprintf("nothing on %s reads the definition %s", source, name)
}

func msgLoose(what, id, first, place string) string {
	return fmt.Sprintf("the %s %s never acts: %s (%s) allows no more than it does", what, id, first, place)
}

func msgIdle(limit string) string {
	return fmt.Sprintf("the limit %s never acts: an order gets its highest award, and no rule of the limit gives more than it allows", limit)
}

func msgTakesAway(limit rules.Limit, rule, other, place string) string {
	does := "denies"
	if limit.Exceed == rules.Trim {
		does = "trims or denies"
	}
	return fmt.Sprintf("the limit %s %s what %s gives, and %s (%s) does not take its place where both hit: the customer may get less than without %s", limit.ID, does, rule, other, place, rule)
}

func msgMinAward(limit string, most, least money.Amount) string {
	return fmt.Sprintf("the limit %s leaves at most %s, and min_award denies what is below %s", limit, most, least)
}

func msgDigits(amount money.Decimal, currency string) string {
	return fmt.Sprintf("%s %s has more digits after the point than the currency", amount, currency)
}

func msgAlike(what string, whole money.Decimal, wholeCode string, cents money.Decimal, centsCode string) string {
	return fmt.Sprintf("%s has %s %s beside %s %s", what, whole, wholeCode, cents, centsCode)
}

func (t *Table) String() string {
	files := "the newest file"
	if t.Files > 1 {
		files = fmt.Sprintf("the newest %d files", t.Files)
	}
	return fmt.Sprintf("%d rows of %s", t.Rows, files)
}

func msgNoText(column, text string, t *Table) string {
	return fmt.Sprintf("%s is %.60q in none of the %s", column, text, t)
}

// maxTexts bounds how many texts a hint lists.
const maxTexts = 8

func hintTexts(texts []string) string {
	switch {
	case len(texts) == 0:
		return "it has no value there"
	case len(texts) > maxTexts:
		return fmt.Sprintf("it has %d others, such as %.40q", len(texts), texts[0])
	}
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = fmt.Sprintf("%.40q", t)
	}
	return "it has " + strings.Join(quoted, ", ")
}

func msgAlwaysNull(column string, t *Table) string {
	return fmt.Sprintf("%s is missing in all of the %s", column, t)
}

func msgAlwaysSame(column string, v ir.Value, t *Table) string {
	return fmt.Sprintf("%s is %s in all of the %s", column, ir.Literal(v), t)
}
