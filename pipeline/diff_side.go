package pipeline

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
	"amends/pipeline/state"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// The outcomes that an incident can have beside those of award.Outcome.
const (
	diffLapsed   award.Outcome = "lapsed"   // its hold, undecided
	diffRejected award.Outcome = "rejected" // its hold, by a person; of a row: see diffSide.rejected
	diffNone     award.Outcome = "none"     // no live rule hits it
)

// diffIncident is what one side finally gave one incident: as little of its
// decision as the comparison needs, for there is one for each of a month.
type diffIncident struct {
	outcome  award.Outcome
	date     calendar.Date // of the night that decided
	reason   string        // of the decision
	code     string        // the award's reason code, of what is issued or held
	rule     string
	funding  string
	terms    string
	use      string // what the terms allow, in words that only ever meet each other
	expires  calendar.Instant
	message  uint64 // a hash of the text for the customer
	source   string
	currency string
	seller   string
	event    string
	customer string
	order    string
	gross    int64
	minor    int64
	limited  string // limit:per-order, combine
	causes   []award.Cause
	approved string   // who released its hold
	by       []string // values of the columns to break down by; \x00 where there is none
	place    award.Place
}

// given is what the incident has or may yet have.
func (i *diffIncident) given() (issued, held int64) {
	switch {
	case i == nil:
		return 0, 0
	case i.outcome == award.Issued:
		return i.minor, 0
	case i.outcome == award.Held:
		return 0, i.minor
	}
	return 0, 0
}

func (i *diffIncident) gives() bool {
	return i != nil && (i.outcome == award.Issued || i.outcome == award.Held)
}

// diffRow is where a rejected row stands.
type diffRow struct {
	source, file string
	group        int
	row          int64
}

// diffReject is why a row was rejected.
type diffReject struct{ code, detail string }

// diffBreach is a guardrail that held a currency's new awards of a night.
type diffBreach struct {
	id       string
	date     calendar.Date
	currency string
}

// diffSide is one side over all nights.
type diffSide struct {
	name      string
	what      string
	sha256    string // of the rulebook
	by        []string
	places    map[string]string // of rules, by id
	terms     map[string]string // what they say, by name
	windows   map[string]int    // of limits, in days, by id
	rules     []rules.Rule
	parties   map[string]map[string]string // by source: its columns of ids, and which of diffColumns they are
	incidents map[string]*diffIncident
	rejected  map[diffRow]diffReject
	moved     map[string]ledger.Movement // by currency, over all nights
	held      money.ByCurrency           // by the holds themselves, when the last night is over
	heldCount int64
	issued    []map[string]int64 // credits of each night, by id
	redeemed  map[[2]string]*[2]int64
	requests  map[[2]string]publish.RequestOutcome // by date and id
	breached  []diffBreach
	hits      map[string]int64 // by rule, over all nights; a rule that hit nothing is there too
	read      map[string]int64 // rows, by source, over all nights
	trail     uint64           // adds up hashes of all that moved value or reminded of it
	words     map[string]string

	workspaceSHA256 string
}

func newDiffSide(r *diffRules, by []string) *diffSide {
	return &diffSide{
		name: r.name, what: r.what, sha256: r.project.rulebook.SHA256, by: by, places: r.places(), terms: r.termsTexts(), windows: r.windows(), rules: r.project.rulebook.Rules, parties: r.parties(),
		incidents: map[string]*diffIncident{}, rejected: map[diffRow]diffReject{},
		moved: map[string]ledger.Movement{}, redeemed: map[[2]string]*[2]int64{}, requests: map[[2]string]publish.RequestOutcome{},
		hits: map[string]int64{}, read: map[string]int64{},
		words: map[string]string{}, workspaceSHA256: state.Digest(r.project.workspaceBytes),
	}
}

// keep returns one copy of a text that many incidents share, and that pins no
// night's memory.
func (s *diffSide) keep(text string) string {
	kept, ok := s.words[text]
	if !ok {
		kept = strings.Clone(text)
		s.words[kept] = kept
	}
	return kept
}

// diffRead is what a run in memory knows of a decision's row, and its files do
// not say.
type diffRead struct {
	place award.Place
	by    []string // by column; diffUnknown, or nil for all, where it was not read
}

// add takes over a night. Rows are those of the decisions, or nil.
func (s *diffSide) add(out *publish.Night, moved map[string]ledger.Movement, rows []diffRead) error {
	date := out.Date
	err := out.EachDecision(func(d *publish.Decision) error {
		var row diffRead
		if rows != nil {
			row, rows = rows[0], rows[1:]
		}
		return s.decide(date, d, row)
	})
	if err != nil {
		return err
	}
	if err := s.issue(out); err != nil {
		return err
	}
	if err := s.hold(date, out.Holds); err != nil {
		return err
	}
	err = out.EachPosting(func(p *ledger.Posting) error {
		switch p.Kind {
		case ledger.Lapse:
			s.end(date, diffLapsed, p)
		case ledger.Reject:
			s.end(date, diffRejected, p)
		case ledger.Issue, ledger.Deny, ledger.Hold: // compared incident by incident
		default:
			s.track(date, string(p.Kind), p.CreditID, p.Minor)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range out.Expiring {
		s.track(date, "remind", e.CreditID, e.RemainingMinor)
	}
	for _, r := range out.Rejects {
		s.rejected[diffRow{s.keep(r.Source), s.keep(r.File), r.RowGroup, r.Row}] = diffReject{s.keep(r.Code), s.keep(r.Detail)}
	}
	for _, r := range out.Redemptions {
		key := [2]string{s.keep(r.Outcome), s.keep(r.Currency)}
		if s.redeemed[key] == nil {
			s.redeemed[key] = new([2]int64)
		}
		s.redeemed[key][0]++
		s.redeemed[key][1] = sum(s.redeemed[key][1], r.AppliedMinor)
	}
	for _, r := range out.Requests {
		s.requests[[2]string{date.String(), r.ID}] = r
	}
	return s.move(moved)
}

// decide keeps what a night decided of an incident. What an earlier night
// settled is that night's; a rule in trial gives nothing, and so decides nothing.
func (s *diffSide) decide(date calendar.Date, d *publish.Decision, row diffRead) error {
	if d.Repeat || d.Outcome == award.Suppressed && d.Reason == resolve.ShadowOnly {
		return nil
	}
	i := &diffIncident{
		outcome: d.Outcome, date: date, reason: s.keep(d.Reason), rule: s.keep(d.RuleID), source: s.keep(d.Source), currency: s.keep(d.Currency),
		seller: s.keep(d.SellerID), event: strings.Clone(d.EventID), customer: strings.Clone(d.CustomerID), order: strings.Clone(d.OrderID),
		gross: d.GrossMinor, minor: d.AmountMinor, limited: s.keep(strings.Join(d.LimitedBy, ", ")),
		place: award.Place{File: s.keep(row.place.File), RowGroup: row.place.RowGroup, Row: row.place.Row},
	}
	var err error
	if i.by, err = s.columns(d, i, row.by); err != nil {
		return err
	}
	s.incidents[award.CreditIDOf(d.IncidentID)] = i
	return nil
}

// diffUnknown stands for a column's value where the rules did not read it.
const diffUnknown = "\x00"

// columns are the incident's values of the columns to break down by: as read, or
// one of its ids, or as facts. Those that every incident has come later.
func (s *diffSide) columns(d *publish.Decision, i *diffIncident, read []string) ([]string, error) {
	if len(s.by) == 0 {
		return nil, nil
	}
	var facts map[string]json.RawMessage
	values := make([]string, len(s.by))
	for k, column := range s.by {
		values[k] = diffUnknown
		party := s.parties[d.Source][column]
		switch {
		case diffKnown(column):
			continue
		case read != nil && read[k] != diffUnknown:
			values[k] = s.keep(read[k])
			continue
		case party != "":
			values[k] = s.keep(diffColumns[party](i))
			continue
		case facts == nil:
			if err := json.Unmarshal([]byte(d.Facts), &facts); err != nil {
				return nil, fmt.Errorf("incident %s: facts: %w", d.IncidentID, err)
			}
		}
		if raw, ok := facts[column]; ok {
			values[k] = s.keep(factValue(raw))
		}
	}
	return values, nil
}

// factValue is a fact as a reader writes it; null is "".
func factValue(raw json.RawMessage) string {
	var text string
	switch {
	case string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}

// issue adds what only the issuance says.
func (s *diffSide) issue(out *publish.Night) error {
	issued := make(map[string]int64, max(len(out.Issuance), out.MadeIssuance.Rows))
	err := out.EachIssuance(func(r *publish.Issuance) error {
		i := s.incidents[r.CreditID]
		if i == nil || i.outcome != award.Issued || i.minor != r.AmountMinor {
			return fmt.Errorf("credit %s of %s is issued without a decision that says so", r.CreditID, out.Date)
		}
		i.code, i.funding, i.terms, i.expires, i.approved = s.keep(r.ReasonCode), s.keep(r.Funding), s.keep(r.Terms), r.ExpiresAt, s.keep(r.ApprovedBy)
		i.use = s.keep(fmt.Sprintf("%s %d %q %q %q %t %t", r.EffectiveAt, r.MinPurchaseMinor, r.CategoriesOnly, r.CategoriesExcept, r.SoldBy, r.Stackable, r.Transferable))
		h := fnv.New64a()
		_, _ = h.Write([]byte(r.Message)) // a hash takes everything
		i.message = h.Sum64()
		issued[strings.Clone(r.CreditID)] = r.AmountMinor
		return nil
	})
	s.issued = append(s.issued, issued)
	return err
}

// hold adds what only the holds say, and those that wait since before the first
// night.
func (s *diffSide) hold(date calendar.Date, holds []publish.Hold) error {
	s.held, s.heldCount = money.ByCurrency{}, int64(len(holds))
	for k := range holds {
		h := &holds[k]
		if err := s.held.Add(s.keep(h.Currency), h.AmountMinor); err != nil {
			return fmt.Errorf("sum of holds: %w", err)
		}
		i := s.incidents[h.CreditID]
		if i == nil {
			d := publish.Decision{
				IncidentID: h.IncidentID, Source: h.Source, EventID: h.EventID, CustomerID: h.CustomerID, OrderID: h.OrderID, SellerID: h.SellerID,
				Outcome: award.Held, RuleID: h.RuleID, Facts: h.Facts, GrossMinor: h.GrossMinor, AmountMinor: h.AmountMinor, Currency: h.Currency,
			}
			if len(h.HoldCauses) > 0 {
				d.Reason = h.HoldCauses[0].Kind + ":" + h.HoldCauses[0].ID
			}
			if err := s.decide(h.HeldSince, &d, diffRead{}); err != nil {
				return err
			}
			i = s.incidents[h.CreditID]
		}
		if i.outcome != award.Held || i.minor != h.AmountMinor {
			return fmt.Errorf("credit %s is held after %s, and its decision says %s", h.CreditID, date, i.outcome)
		}
		i.code, i.funding, i.terms, i.causes = s.keep(h.ReasonCode), s.keep(h.Funding), s.keep(h.Terms), h.HoldCauses
	}
	return nil
}

// end keeps what ended a hold without a credit.
func (s *diffSide) end(date calendar.Date, outcome award.Outcome, p *ledger.Posting) {
	i := s.incidents[p.CreditID]
	if i == nil { // it waited since before the first night
		i = &diffIncident{
			rule: s.keep(p.RuleID), source: s.keep(p.Source), currency: s.keep(p.Currency), seller: s.keep(p.SellerID),
			event: strings.Clone(p.EventID), customer: strings.Clone(p.CustomerID), order: strings.Clone(p.OrderID),
		}
		s.incidents[strings.Clone(p.CreditID)] = i
	}
	i.outcome, i.date, i.reason, i.minor = outcome, date, "", 0
}

// track takes down a movement of which sums alone are shown: two sides with
// equal sums may still differ in it.
func (s *diffSide) track(date calendar.Date, what, credit string, minor int64) {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %s %s %d", date, what, credit, minor)
	s.trail += h.Sum64()
}

// move adds a night's roll-forward.
func (s *diffSide) move(night map[string]ledger.Movement) error {
	for currency, m := range night {
		total, known := s.moved[currency]
		if !known {
			total.Opening = m.Opening // what comes in later stood at zero
		}
		for _, part := range []struct {
			to  *int64
			add int64
		}{{&total.Issued, m.Issued}, {&total.Reinstated, m.Reinstated}, {&total.Redeemed, m.Redeemed}, {&total.Forfeited, m.Forfeited}, {&total.Voided, m.Voided}} {
			next, err := money.AddInts(*part.to, part.add)
			if err != nil {
				return fmt.Errorf("sum over nights in %s: %w", currency, err)
			}
			*part.to = next
		}
		total.Closing = m.Closing
		s.moved[s.keep(currency)] = total
	}
	for currency, total := range s.moved {
		if _, moves := night[currency]; !moves {
			total.Closing = 0
			s.moved[currency] = total
		}
	}
	return nil
}

// summary is what both sides show of themselves.
func (s *diffSide) summary() report.DiffSide {
	out := report.DiffSide{Name: s.name, What: s.what, RulebookSHA256: s.sha256, Issued: money.ByCurrency{}, Held: s.held, HeldCount: s.heldCount}
	for currency, m := range s.moved {
		if m.Issued != 0 {
			out.Issued[currency] = m.Issued
		}
	}
	for _, night := range s.issued {
		out.IssuedCount += int64(len(night))
	}
	return out
}
