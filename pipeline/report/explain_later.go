package report

import (
	"fmt"
	"strings"
)

// later are the movements of nights after the explained one, in words.
var later = map[string]string{
	"issue":     "%s was issued on %s",
	"redeem":    "%s was redeemed on %s",
	"void":      "%s was taken back on %s",
	"reinstate": "%s was given back on %s",
	"forfeit":   "%s expired unused on %s",
}

// settledLater are the same of postings without an amount.
var settledLater = map[string]string{
	"deny":   "it was denied on %s",
	"hold":   "it was held on %s",
	"reject": "a person rejected it on %s",
	"lapse":  "nobody decided, and it lapsed on %s",
}

// maxLater bounds a sentence: the table of the ledger has them all.
const maxLater = 5

// Later says what became of an event after the night of a date, from the
// ledger's postings in order of their dates; "" where nothing did.
func Later(e *ExplainedEvent, date string, postings []ExplainedPosting) string {
	var clauses []string
	more := 0
	for i := range postings {
		p := &postings[i]
		if p.IncidentID != e.IncidentID || p.Date <= date || e.IncidentID == "" {
			continue
		}
		clause := fmt.Sprintf(settledLater[p.Kind], p.Date)
		if words, moved := later[p.Kind]; moved {
			clause = fmt.Sprintf(words, Amount(p.Minor, p.Currency), p.Date)
		}
		if p.Kind == "reject" {
			clause += rejectedFor(p)
		}
		if len(clauses) == maxLater {
			more++
			continue
		}
		clauses = append(clauses, clause)
	}
	if len(clauses) == 0 {
		return ""
	}
	if more > 0 {
		clauses = append(clauses, fmt.Sprintf("and %d more movements below", more))
	}
	return "Since then: " + strings.Join(clauses, "; ") + "."
}
