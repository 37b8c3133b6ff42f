package pipeline

import (
	"cmp"
	"fmt"

	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/state"
	"amends/rules/money"
)

// Verdict is what people's requests come to for one award that waits: the
// request that counts. A rejection beats approvals, a lower approval a higher
// one, and of equals the first by id counts.
type Verdict struct {
	Request *state.Request
	Minor   int64 // what an approval lets go; 0 for a rejection
	// Currency is the award's.
	Currency string
}

// verdicts are what requests come to, by credit id, for those awards that they
// name. Withdrawn and stale requests do not count, and neither do approvals of
// more than is held.
func verdicts(pending []*state.Request, seenSHA256 string, holds map[string]*publish.Hold) map[string]Verdict {
	count := map[string]Verdict{}
	for _, r := range state.Standing(pending) {
		if r.SeenSHA256 != seenSHA256 {
			continue
		}
		for _, target := range r.Credits {
			v, ok := verdictOf(r, holds[target])
			if before, is := count[target]; ok && (!is || v.compare(before) < 0) {
				count[target] = v
			}
		}
	}
	return count
}

// verdictOf is what one request says of an award, if it may.
func verdictOf(r *state.Request, h *publish.Hold) (v Verdict, ok bool) {
	if h == nil || r.Kind != state.Approve && r.Kind != state.Reject {
		return v, false
	}
	v = Verdict{Request: r, Currency: h.Currency}
	if r.Kind == state.Reject {
		return v, true
	}
	if v.Minor = r.AmountMinor; v.Minor == 0 {
		v.Minor = h.AmountMinor
	}
	return v, v.Minor <= h.AmountMinor && (r.Currency == "" || r.Currency == h.Currency)
}

// compare puts what counts first. A rejection lets nothing go, so it is lower
// than any approval.
func (v Verdict) compare(w Verdict) int {
	return cmp.Or(cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Request.ID, w.Request.ID))
}

// same reports whether two requests ask for the same.
func (v Verdict) same(w Verdict) bool { return v.Request.Kind == w.Request.Kind && v.Minor == w.Minor }

// Asks says who asks for what: kim asks to approve $50.00.
func (v Verdict) Asks() string {
	text := v.Request.By + " asks to " + string(v.Request.Kind)
	if v.Request.Kind == state.Approve {
		return text + " " + report.Amount(v.Minor, v.Currency)
	}
	return text + " it"
}

// over says why a request is not the one that counts: v is.
func (v Verdict) over(lost Verdict) string {
	switch {
	case v.same(lost):
		return fmt.Sprintf("%s asked for the same (%s)", v.Request.By, v.Request.ID)
	case v.Request.Kind == state.Reject:
		return fmt.Sprintf("overruled by %s, who rejects it (%s)", v.Request.By, v.Request.ID)
	}
	return fmt.Sprintf("overruled by %s, who approves %s (%s)", v.Request.By, report.Amount(v.Minor, v.Currency), v.Request.ID)
}

// holdsByID are awards by credit id. The pointers are into the list.
func holdsByID(holds []publish.Hold) map[string]*publish.Hold {
	byID := make(map[string]*publish.Hold, len(holds))
	for i := range holds {
		byID[holds[i].CreditID] = &holds[i]
	}
	return byID
}

// Asked are the verdicts on the awards that wait, by credit id, as the next
// night would carry them out.
func (s *Seen) Asked() (map[string]Verdict, error) {
	pending, err := s.Waiting()
	if err != nil {
		return nil, err
	}
	return verdicts(pending, s.ManifestSHA256, holdsByID(s.Holds)), nil
}

// Standing is what awards that wait come to as they are asked for: what nobody
// asked for counts as it is held, an approval at its amount, a rejection for
// nothing. Count is how many of them are asked for.
func Standing(holds []publish.Hold, asked map[string]Verdict) (total money.ByCurrency, count int, err error) {
	total = money.ByCurrency{}
	for i := range holds {
		minor := holds[i].AmountMinor
		if v, is := asked[holds[i].CreditID]; is {
			minor = v.Minor
			count++
		}
		if err := total.Add(holds[i].Currency, minor); err != nil {
			return nil, 0, err
		}
	}
	return total, count, nil
}
