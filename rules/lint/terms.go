package lint

import (
	"slices"
	"strings"

	"amends/rules"
	"amends/rules/diag"
	"amends/rules/money"
)

// messages finds texts to customers that leave out what they have to know.
func (l *linter) messages() {
	for _, s := range l.sources {
		for _, r := range s.rules {
			if !r.Rule.HasMessage {
				continue
			}
			facts := map[string]bool{}
			var literal strings.Builder
			for _, part := range r.Message {
				facts[part.Fact] = true
				literal.WriteString(part.Literal + " ")
			}
			if !facts["amount"] {
				l.report(r.Rule.Message, 0, "L030", msgMessageAmount(r.Rule.ID), hintMessageAmount)
			}
			if !facts["expires_on"] {
				l.report(r.Rule.Message, 0, "L031", msgMessageExpiry(r.Rule.ID), hintMessageExpiry)
			}
			if terms := l.book.Terms[r.Rule.TermsName()]; terms != nil {
				l.restrictions(r.Rule, terms, strings.ToLower(literal.String()))
			}
		}
	}
}

// Words of messages that tell of a restriction, or of where to read it.
var (
	conditionWords = []string{"terms", "condition", "http", "www."}
	purchaseWords  = []string{"purchase", "order of", "orders of", "spend", "minimum", "from $", "above", "over ", "at least", "or more"}
	categoryWords  = []string{"categor", "except", "selected", "not for", "not valid", "only "}
	sellerWords    = []string{"sold by", "seller", "third part", "first part", "third-part", "first-part", "our own", "by us"}
)

func says(text string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
}

// restrictions names what the terms ask and the message does not mention. A
// message that points to conditions mentions them all.
func (l *linter) restrictions(r *rules.Rule, t *rules.Terms, text string) {
	if says(text, conditionWords) {
		return
	}
	var missing []string
	if len(t.MinPurchase) > 0 && !says(text, purchaseWords) && !says(text, written(t.MinPurchase)) {
		missing = append(missing, "a minimum purchase")
	}
	if categories := slices.Concat(t.CategoriesOnly, t.CategoriesExcept); len(categories) > 0 && !says(text, categoryWords) && !says(text, spoken(categories)) {
		missing = append(missing, "categories")
	}
	if t.SoldBy != "" && !says(text, sellerWords) {
		missing = append(missing, "who sells")
	}
	if len(missing) > 0 {
		l.report(r.Message, 0, "L032", msgRestriction(r.ID, t.Name, strings.Join(missing, ", ")), hintRestriction)
	}
}

// written are amounts as a message may have them: £30.00, £30.
func written(amounts money.ByCurrency) (all []string) {
	for _, currency := range amounts.Currencies() {
		text := strings.ToLower(money.Amount{Minor: amounts[currency], Currency: currency}.Display())
		all = append(all, text, strings.TrimSuffix(text, ".00"))
	}
	return all
}

// spoken returns category codes as a message may write them: gift-cards, gift
// cards.
func spoken(categories []string) []string {
	var all []string
	for _, c := range categories {
		c = strings.ToLower(c)
		all = append(all, c, strings.NewReplacer("-", " ", "_", " ").Replace(c))
	}
	return all
}

// mostPurchase is how many times the greatest credit a minimum purchase may be
// before it is out of proportion.
const mostPurchase = 10

// terms finds minimum purchases out of proportion, and terms that nothing uses.
func (l *linter) terms() {
	used := map[string]bool{}
	for i := range l.book.Rules {
		used[l.book.Rules[i].TermsName()] = true
	}
	for _, name := range sortedKeys(l.book.Terms) {
		if !used[name] {
			l.report(l.book.Terms[name].At, 0, "L042", msgUnusedTerms(name), hintUnused)
		}
	}
	for _, s := range l.sources {
		for _, r := range s.rules {
			if t := l.book.Terms[r.Rule.TermsName()]; t != nil && len(t.MinPurchase) > 0 {
				l.proportion(r, t)
			}
		}
	}
}

func (l *linter) proportion(r *rule, t *rules.Terms) {
	for _, currency := range r.source.currencies {
		least, ok := t.MinPurchase[currency]
		b := r.source.space.bounds(r.Amount.Node, currency)
		if !ok || !b.hasHi() || b.hi <= 0 {
			continue
		}
		most, err := money.Decimal(b.hi).ToMinor(currency, money.HalfEven)
		if err == nil && most.Minor > 0 && least/mostPurchase > most.Minor {
			l.report(r.Amount.Text, 0, "L033", msgProportion(r.Rule.ID, money.Amount{Minor: least, Currency: currency}, most), hintProportion)
			return
		}
	}
}

// limits finds limits and budgets that never act, since another acts before.
func (l *linter) limits() {
	for i, later := range l.book.Limits {
		for _, first := range l.book.Limits[:i] {
			if follows(later, first) {
				l.report(later.At, 0, "L043", msgLoose("limit", later.ID, first.ID, l.at(first.At)), hintLoose)
				break
			}
		}
		l.minimum(later)
		l.idle(later)
		l.takesAway(later)
	}
	for _, budget := range l.book.Budgets {
		for _, other := range l.book.Budgets {
			if other.Per == rules.PerRun && budget.Per != rules.PerRun && other.Rules.Cover(budget.Rules) && coveredBy(budget.MaxAmount, other.MaxAmount) {
				l.report(budget.At, 0, "L044", msgLoose("budget", budget.ID, other.ID, l.at(other.At)), hintLoose)
				break
			}
		}
	}
}

// follows reports whether what the first limit lets through is never more than
// the later one allows.
func follows(later, first rules.Limit) bool {
	if first.Exceed == rules.Hold || !first.Rules.Cover(later.Rules) || first.Per != later.Per && first.Per != rules.PerCustomer {
		return false
	}
	if first.WindowDays != 0 && (later.WindowDays == 0 || later.WindowDays > first.WindowDays) {
		return false
	}
	if later.HasCount && (!first.HasCount || first.MaxCount > later.MaxCount) {
		return false
	}
	return len(later.MaxAmount) == 0 || coveredBy(later.MaxAmount, first.MaxAmount)
}

// coveredBy reports whether each amount is at least the other's.
func coveredBy(loose, tight money.ByCurrency) bool {
	for currency, minor := range loose {
		if bound, ok := tight[currency]; !ok || bound > minor {
			return false
		}
	}
	return len(loose) > 0
}

// idle finds limits per order of some rules that none of these can exceed: where
// the highest award of an order counts, net of what the order already got, the
// order's sum is never above the most that one of them gives.
func (l *linter) idle(limit rules.Limit) {
	if len(limit.Rules) == 0 || limit.Per != rules.PerOrder || limit.HasCount || l.book.Combine != rules.Highest {
		return
	}
	gives := false
	for _, s := range l.sources {
		for _, r := range s.rules {
			if !limit.Rules.Has(r.Rule.ID) {
				continue
			}
			gives = true
			for _, currency := range s.currencies {
				capMinor, named := limit.MaxAmount[currency]
				b := s.space.bounds(r.Amount.Node, currency)
				if !named || !b.hasHi() {
					return
				}
				if most, err := money.Decimal(b.hi).ToMinor(currency, money.HalfEven); err != nil || most.Minor > capMinor {
					return
				}
			}
		}
	}
	if gives { // its rules may be on a source that has no file yet
		l.report(limit.At, 0, "L046", msgIdle(limit.ID), hintLoose)
	}
}

// minimum finds limits below min_award: what they leave is always a denial.
func (l *linter) minimum(limit rules.Limit) {
	for _, currency := range sortedKeys(limit.MaxAmount) {
		if least := l.book.MinAward[currency]; least > limit.MaxAmount[currency] {
			l.report(limit.At, 0, "L045", msgMinAward(limit.ID, money.Amount{Minor: limit.MaxAmount[currency], Currency: currency}, money.Amount{Minor: least, Currency: currency}), "")
			return
		}
	}
}

// textOf is every expression of the rulebook, for words that leave no trace in
// typed expressions.
func (l *linter) textOf() string {
	var b strings.Builder
	add := func(texts ...diag.Text) {
		for _, t := range texts {
			b.WriteString(t.Source + "\n")
		}
	}
	for _, source := range sortedKeys(l.book.Defines) {
		for _, d := range l.book.Defines[source] {
			add(d.Expr)
		}
	}
	for i := range l.book.Rules {
		r := &l.book.Rules[i]
		add(r.When, r.Amount, r.Funding, r.Message)
	}
	for _, x := range l.book.Exclusions {
		add(x.When)
	}
	for _, a := range l.book.Approvals {
		add(a.When)
	}
	for _, v := range l.book.Voids {
		add(v.When)
	}
	for _, f := range l.book.Files {
		if rules.IsTableFile(f.Path) {
			b.Write(f.Bytes)
		}
	}
	return b.String()
}
