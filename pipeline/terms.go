package pipeline

import (
	"fmt"
	"time"

	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
)

// lastUsableDay is the day that an award given under the terms ends with.
func lastUsableDay(t *rules.Terms, effective calendar.Date) calendar.Date {
	if !t.HasExpiresOn {
		return effective.AddDays(t.ValidDays)
	}
	if t.MinValidDays == 0 {
		return t.ExpiresOn // even where that is over: see checkTerms
	}
	return max(t.ExpiresOn, effective.AddDays(t.MinValidDays))
}

// term is the half-open interval in which a credit can be used.
func term(t *rules.Terms, effective calendar.Date, zone *time.Location) (from, until calendar.Instant) {
	return calendar.StartOfDay(effective, zone), calendar.AsOf(lastUsableDay(t, effective), zone)
}

// usable reports whether an award of a business date can be used at all.
func usable(t *rules.Terms, date, effective calendar.Date) bool {
	return lastUsableDay(t, effective) >= effective && lastUsableDay(t, effective) > date
}

// checkTerms finds rules that are active tonight and whose awards would expire
// before they could be used.
func checkTerms(book *rules.Rulebook, date, effective calendar.Date) diag.List {
	var list diag.List
	for _, r := range book.Rules {
		if r.HasFrom && date < r.From || r.HasUntil && date > r.Until {
			continue
		}
		t := book.Terms[r.TermsName()]
		if r.Mode == rules.Shadow || t == nil || usable(t, date, effective) {
			continue
		}
		list.Add(t.At.Diagnose(0, "B090",
			fmt.Sprintf("terms %q expire on %s, before rule %q could give anything: the effective date is %s", t.Name, t.ExpiresOn, r.ID, effective),
			"give the rule an `until:`, the terms a later `expires_on:`, or `min_valid_days:`"))
	}
	return list
}
