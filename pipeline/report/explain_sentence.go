package report

import (
	"fmt"
	"strings"
)

// Sentence says in words why an event came out as it did. It reads the other
// fields of the event only.
func Sentence(e *ExplainedEvent) string {
	s := sentence{e}
	switch e.Outcome {
	case "issued":
		return s.issued()
	case "held":
		return s.held()
	case "denied":
		return s.denied()
	case "suppressed":
		return s.suppressed()
	case RowRejected:
		return "Nothing, because the row was rejected (" + e.Reason + "): " + strings.TrimSuffix(e.Detail, ".") + "."
	case RowMerged:
		return s.merged()
	case RowNotYet:
		return "Nothing yet: " + e.Detail + "."
	case RowOutOfWindow:
		return "Nothing, because it is out of the window: " + e.Detail + "."
	}
	return s.unmatched()
}

type sentence struct{ e *ExplainedEvent }

func (s sentence) amount(minor int64) string { return Amount(minor, s.e.Currency) }

// named is a thing with its place: late (rules/late.yaml:12).
func named(id, place string) string {
	if place == "" {
		return id
	}
	return id + " (" + place + ")"
}

func (s sentence) chosen() *ExplainedRule {
	for i := range s.e.Rules {
		if s.e.Rules[i].Chosen {
			return &s.e.Rules[i]
		}
	}
	return nil
}

// gave says what the chosen rule came to: "late (rules/late.yaml:12) gave 10 %
// of $74.20". Other says "would have given" instead.
func (s sentence) gave(verb string) string {
	r := s.chosen()
	if r == nil {
		return ""
	}
	text := named(r.ID, r.Place) + " " + verb + " "
	switch {
	case r.Phrase == "" || r.Phrase == s.amount(r.Minor):
		return text + s.amount(r.Minor)
	case s.e.Outcome == "issued" && r.Minor == s.e.AmountMinor && !r.ByValue:
		return text + r.Phrase
	case r.ByValue:
		return text + r.Phrase + ", and the event's value bounds it to " + s.amount(r.Minor)
	}
	for _, after := range []string{" (", ", "} {
		if strings.HasPrefix(r.Phrase, s.amount(r.Minor)+after) {
			return text + r.Phrase // it begins with the amount
		}
	}
	return text + r.Phrase + " = " + s.amount(r.Minor)
}

// others says what the rules that lost would have given.
func (s sentence) others() string {
	var live, shadow []string
	for i := range s.e.Rules {
		r := &s.e.Rules[i]
		switch {
		case !r.Hit() || r.Chosen || len(s.e.Facts) > 0: // published facts do not say what others gave
		case r.Shadow:
			shadow = append(shadow, "the shadow rule "+r.ID+" would have given "+s.amount(r.Minor))
		default:
			live = append(live, r.ID+" would have given "+s.amount(r.Minor))
		}
	}
	if all := append(live, shadow...); len(all) > 0 {
		return "; " + strings.Join(all, ", ")
	}
	return ""
}

// lowered says what took something off the award.
func (s sentence) lowered() string {
	var parts []string
	for _, step := range s.e.Steps {
		if step.Effect == StepTrims {
			parts = append(parts, fmt.Sprintf("%s lowered it to %s (%s)", stepName(&step), s.amount(step.AfterMinor), step.Why))
		}
	}
	if len(s.e.Steps) == 0 && len(s.e.LimitedBy) > 0 { // as published
		parts = append(parts, strings.Join(s.e.LimitedBy, ", ")+" lowered it to "+s.amount(s.e.AmountMinor))
	}
	return strings.Join(parts, ", then ")
}

func stepName(step *ExplainedStep) string {
	if step.ID == "" {
		return step.Step
	}
	return step.Step + " " + named(step.ID, step.Place)
}

func (s sentence) issued() string {
	text := s.amount(s.e.AmountMinor) + " because " + s.gave("gave")
	lowered := s.lowered()
	switch {
	case s.e.ReleasedBy != "":
		if lowered != "" {
			lowered = "; " + lowered
		}
		return text + s.others() + "; " + s.approved() + lowered + "."
	case lowered != "":
		return text + "; " + lowered + s.others() + ". Not held."
	}
	return text + s.others() + ". Not held, not limited."
}

// approved says who let a hold go: "kim approved $40.00 of $76.10 after the night
// of 2026-02-12 (half the parts arrived)".
func (s sentence) approved() string {
	a := s.e.Approval
	switch {
	case a == nil && s.e.GrossMinor > s.e.AmountMinor: // its limits are not known either
		return "it was held, and " + s.e.ReleasedBy + " approved " + s.amount(s.e.AmountMinor)
	case a == nil:
		return "it was held, and " + s.e.ReleasedBy + " approved it"
	}
	text := a.By + " approved it"
	switch {
	case a.Minor < a.HeldMinor:
		text = a.By + " approved " + s.amount(a.Minor) + " of " + s.amount(a.HeldMinor)
	case a.HeldMinor < s.e.GrossMinor:
		text = a.By + " approved the " + s.amount(a.Minor) + " of it that were held"
	}
	return text + " after the night of " + a.After + " (" + strings.TrimSuffix(oneLine(a.Why), ".") + ")"
}

func (s sentence) held() string {
	var causes []string
	for _, c := range s.e.Causes {
		causes = append(causes, strings.TrimSpace(c.Kind+" "+c.ID)+" ("+c.Why+")")
	}
	text := s.amount(s.e.AmountMinor) + " waits for a person because of " + strings.Join(causes, ", ") + ": " + s.gave("gave")
	if lowered := s.lowered(); lowered != "" {
		text += "; " + lowered
	}
	return text + s.others() + "."
}

// denied names the step that left nothing.
func (s sentence) denied() string {
	by := strings.Replace(s.e.Reason, ":", " ", 1)
	for _, step := range s.e.Steps {
		if step.Effect == StepDenies {
			by = stepName(&step)
			if step.Why != "" {
				by += ", since " + step.Why
			}
		}
	}
	return "Nothing, for good, because of " + by + ": " + s.gave("would have given") + s.others() + "."
}

func (s sentence) suppressed() string {
	e := s.e
	would := ""
	if gave := s.gave("would have given"); gave != "" {
		would = ": " + gave
	}
	would += s.others() + "."
	id, excluded := strings.CutPrefix(e.Reason, "excluded:")
	switch {
	case excluded:
		place := ""
		for _, x := range e.Exclusions {
			if x.ID == id {
				place = x.Place
			}
		}
		return "Nothing, because the exclusion " + named(id, place) + " applies" + would
	case strings.HasPrefix(e.Reason, "already-"):
		return s.already(would)
	case e.Reason == "combined":
		why := "another award of its order counts"
		for _, step := range e.Steps {
			if step.Effect == StepDrops {
				why = step.Why
			}
		}
		return "Nothing, because " + why + would
	case e.Reason == "shadow-only":
		return "Nothing, because only shadow rules hit" + strings.Replace(would, "; the", ": the", 1)
	case e.Reason == "zero-amount":
		return "Nothing, because what the rules give comes to zero" + s.zero()
	}
	return "Nothing (" + e.Reason + ")" + would
}

func (s sentence) zero() string {
	var parts []string
	for i := range s.e.Rules {
		if r := &s.e.Rules[i]; r.Hit() {
			parts = append(parts, named(r.ID, r.Place)+" gave "+r.Phrase)
		}
	}
	if len(parts) == 0 {
		return "."
	}
	return ": " + strings.Join(parts, ", ") + "."
}

// already says what settled the incident before.
func (s sentence) already(would string) string {
	how := map[string]string{
		"already-issued": "it was paid before", "already-denied": "it was denied before", "already-rejected": "a person rejected it before",
		"already-lapsed": "its hold lapsed before", "already-held": "it waits for a person already",
	}[s.e.Reason]
	if p := s.e.Settled; p != nil {
		switch p.Kind {
		case "issue":
			how = Amount(p.Minor, p.Currency) + " was issued on " + p.Date
			if p.RuleID != "" {
				how += " by " + p.RuleID
			}
		case "deny":
			how = "it was denied on " + p.Date + " (" + p.Reason + ")"
		case "reject":
			how = "a person rejected it on " + p.Date + rejectedFor(p)
		case "lapse":
			how = "its hold lapsed on " + p.Date
		case "hold":
			how = "it was held on " + p.Date + " (" + p.Reason + ")"
			if s.e.Reason == "already-held" {
				how = "it has waited for a person since " + p.Date + " (" + p.Reason + ")"
			}
		}
	}
	if would != "." {
		would = strings.Replace(would, "would have given", "would now give", 1)
	}
	return "Nothing more, because one incident gets one credit, and " + how + would
}

// rejectedFor is why a person rejected a hold: " (it arrived)".
func rejectedFor(p *ExplainedPosting) string {
	if p.Reason == "" {
		return ""
	}
	return " (" + strings.TrimSuffix(oneLine(p.Reason), ".") + ")"
}

func (s sentence) merged() string {
	if s.e.Reason == "superseded" {
		return "Nothing of its own, because the row is superseded: " + s.e.Detail + "."
	}
	return "Nothing of its own, because the row is merged: " + s.e.Detail + "."
}

func (s sentence) unmatched() string {
	const none = "Nothing, because no rule hits."
	for i := range s.e.Rules {
		r := &s.e.Rules[i]
		if r.ID != s.e.Nearest || r.NearMiss == nil {
			continue
		}
		return none + " Nearest is " + named(r.ID, r.Place) + ", which failed only on " + r.NearMiss.Text + miss(r.NearMiss.Threshold) + "."
	}
	return none
}

// miss says by how much a condition failed.
func miss(t *ExplainedThreshold) string {
	if t == nil {
		return ""
	}
	text := ": " + t.Expression + " is " + t.Value + ", and it needs " + t.Needs
	if t.Distance != "" {
		text += " (" + t.Distance + ")"
	}
	return text
}
