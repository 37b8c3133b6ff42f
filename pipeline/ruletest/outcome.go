package ruletest

import (
	"slices"
	"strings"

	"amends/rules/calendar"
)

// Outcome is what came of one row, in the texts that Expect has: what a field
// does not have is "" or an empty list.
type Outcome struct {
	Outcome, Reason, Rule, Amount, Gross, Terms, Funding, Expires, Message string
	// VoidedBy is the void rule that took back the credit which the incident had,
	// or none; "" where there was no credit.
	VoidedBy string

	MatchedRules, LimitedBy, Causes, WouldGive []string
	// Detail is why a row was rejected, merged or not decided, for people.
	Detail string
}

// field returns a single field's text.
func (o *Outcome) field(name string) string {
	switch name {
	case FieldOutcome:
		return o.Outcome
	case FieldReason:
		return o.Reason
	case FieldRule:
		return o.Rule
	case FieldAmount:
		return o.Amount
	case FieldGross:
		return o.Gross
	case FieldTerms:
		return o.Terms
	case FieldFunding:
		return o.Funding
	case FieldExpires:
		return o.Expires
	case FieldMessage:
		return o.Message
	case FieldVoidedBy:
		return o.VoidedBy
	}
	return strings.Join(o.list(name), ", ")
}

func (o *Outcome) list(name string) []string {
	switch name {
	case FieldMatched:
		return o.MatchedRules
	case FieldLimitedBy:
		return o.LimitedBy
	case FieldCauses:
		return o.Causes
	case FieldWouldGive:
		return o.WouldGive
	}
	return nil
}

// fieldNothing stands for the fields of a case that expects nothing yet.
const fieldNothing = "expect"

// Difference is a field that is not as expected.
type Difference struct {
	Field    string `json:"field"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// givesNothing are the outcomes that Nothing stands for.
var givesNothing = []string{Unmatched, Suppressed, Denied}

// Compare holds what came of a row against what is expected of it.
func (e *Expect) Compare(o *Outcome) []Difference {
	var all []Difference
	switch {
	case !e.Written():
		return []Difference{{Field: fieldNothing, Expected: "(nothing is written)", Got: o.Brief()}}
	case e.Outcome == Nothing && slices.Contains(givesNothing, o.Outcome):
	case e.Outcome != o.Outcome:
		expected := e.Outcome
		if _, written := e.Want(FieldOutcome); !written {
			expected += ", as no outcome is written"
		}
		all = append(all, Difference{FieldOutcome, expected, o.Brief()})
	}
	for _, w := range e.Fields {
		if w.Field == FieldOutcome || w.meets(o) {
			continue
		}
		expected := w.Text.Source
		if slices.Contains(listFields, w.Field) {
			expected = orNone(strings.Join(w.List, ", "))
		}
		all = append(all, Difference{w.Field, expected, orNone(o.field(w.Field))})
	}
	return all
}

// Asked returns the rules that a person who reads why a row came out otherwise
// asks about: the one that was to give, and those that were to hit and do not,
// or not for what they were to give.
func (e *Expect) Asked(o *Outcome) []string {
	var rules []string
	for _, w := range e.Fields {
		switch w.Field {
		case FieldRule:
			rules = append(rules, w.Text.Source)
		case FieldMatched:
			for _, id := range w.List {
				if !slices.Contains(o.MatchedRules, id) {
					rules = append(rules, id)
				}
			}
		case FieldWouldGive:
			for _, want := range w.List {
				if want = oneSpace(want); !slices.Contains(o.WouldGive, want) {
					id, _, _ := strings.Cut(want, " ")
					rules = append(rules, id)
				}
			}
		}
	}
	return rules
}

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}

func (w Want) meets(o *Outcome) bool {
	got := o.field(w.Field)
	switch w.Field {
	case FieldMatched:
		return slices.Equal(slices.Sorted(slices.Values(w.List)), slices.Sorted(slices.Values(o.MatchedRules)))
	case FieldLimitedBy, FieldCauses:
		list := o.list(w.Field)
		return len(list) == len(w.List) && !slices.ContainsFunc(w.List, func(want string) bool {
			return !slices.ContainsFunc(list, func(got string) bool { return names(want, got) })
		})
	case FieldWouldGive:
		return !slices.ContainsFunc(w.List, func(want string) bool { return !slices.Contains(o.WouldGive, oneSpace(want)) })
	case FieldReason:
		return names(w.Text.Source, got)
	case FieldAmount, FieldGross:
		want, err := parseAmount(w.Text.Source)
		return err == nil && want.String() == got
	case FieldMessage:
		return strings.TrimSpace(w.Text.Source) == strings.TrimSpace(got)
	}
	return w.Text.Source == got
}

// names reports whether a reason is meant: excluded:abuse by abuse alone, too.
func names(want, got string) bool {
	return want == got || strings.HasSuffix(got, ":"+want)
}

// Brief is an outcome in a few words: issued 5.00 USD by late-prime.
func (o *Outcome) Brief() string {
	switch o.Outcome {
	case Issued:
		return o.Outcome + " " + o.Amount + " by " + o.Rule
	case Held:
		return o.Outcome + " (" + o.Reason + ") " + o.Amount + " by " + o.Rule
	case Suppressed, Denied, Rejected:
		return o.Outcome + " (" + o.Reason + ")"
	}
	return o.Outcome
}

func isDate(text string) bool {
	_, err := calendar.ParseDate(text)
	return err == nil
}
