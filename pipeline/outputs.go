package pipeline

import (
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/publish"
	"amends/rules/calendar"
	"amends/rules/money"
)

// output gathers what the night publishes, but for its summary.
func (n *night) output() *publish.Night {
	out := &publish.Night{
		Date: n.date, Holds: n.holdsAfter(), MadePostings: n.madePostings(), Open: n.book.ChangedBefore(n.date), MadeOpen: n.madeOpen(), OpenBefore: n.session.memory.open, Requests: n.requests.outcomes,
		Workspace: n.project.workspaceBytes, CSV: n.withCSV,
	}
	if out.OpenBefore == nil { // nothing to take the place of
		out.Open = slices.DeleteFunc(out.Open, func(c ledger.Credit) bool { return c.Remaining() == 0 })
	}
	out.MadeDecisions = publish.Made[publish.Decision]{
		Rows: len(n.decisions), InOrder: true, // as decide left them
		Row: func(i int, row *publish.Decision) {
			inc := n.decisions[i].Incident
			*row = decisionRow(n.decisions[i], inc.ID())
			row.Facts = inc.Facts().JSON()
		},
		In: func(i int, row *publish.Decision, texts *publish.Texts) {
			inc := n.decisions[i].Incident
			*row = decisionRow(n.decisions[i], texts.Of(inc.Key.AppendIncidentID))
			row.Facts = texts.Of(inc.Facts().AppendJSON)
		},
	}
	out.MadeIssuance = publish.Made[publish.Issuance]{
		Rows: len(n.issued), InOrder: true, // credit ids stand as incident ids do
		Row: func(i int, row *publish.Issuance) {
			*row = n.issuanceRow(n.issued[i], idsOf(n.issued[i].Incident))
		},
		In: func(i int, row *publish.Issuance, texts *publish.Texts) {
			*row = n.issuanceRow(n.issued[i], idsIn(texts, n.issued[i].Incident))
		},
	}
	for _, p := range n.postings {
		switch p.Kind {
		case ledger.Forfeit:
			out.Forfeiture = append(out.Forfeiture, n.forfeitureRow(p))
		case ledger.Void, ledger.Reinstate:
			out.Adjustments = append(out.Adjustments, publish.Adjustment{
				CreditID: p.CreditID, Kind: string(p.Kind), AmountMinor: p.Minor, Currency: p.Currency, Why: p.Reason,
			})
		}
	}
	out.Rejects = n.rejectRows()
	out.Expiring = n.expiring(out.Open)
	for _, r := range n.redeemed {
		place := n.redemptions.places[r.Index]
		out.Redemptions = append(out.Redemptions, publish.Redemption{
			RedemptionID: r.ID, CreditID: r.CreditID, CustomerID: r.CustomerID, AmountMinor: r.Minor, Currency: r.Currency, At: r.At,
			Outcome: string(r.Outcome), AppliedMinor: r.AppliedMinor, ExcessMinor: r.ExcessMinor,
			File: place.File, RowGroup: place.RowGroup, Row: place.Row,
		})
	}
	for _, f := range n.rulebook.Files {
		out.Rules = append(out.Rules, publish.RawFile{Path: f.Path, Bytes: f.Bytes})
	}
	return out
}

// ids are an incident's and its credit's.
type ids struct{ incident, credit string }

// idsOf makes the ids of an incident.
func idsOf(inc *award.Incident) ids {
	both := string(inc.Key.AppendCreditID(inc.Key.AppendIncidentID(make([]byte, 0, 2*award.IDBytes))))
	return ids{both[:award.IDBytes], both[award.IDBytes:]}
}

// idsIn makes the ids of an incident for a row of a file.
func idsIn(texts *publish.Texts, inc *award.Incident) ids {
	return ids{texts.Of(inc.Key.AppendIncidentID), texts.Of(inc.Key.AppendCreditID)}
}

// decisionRow is a decision's row, but for its facts.
func decisionRow(d *award.Decision, incidentID string) publish.Decision {
	inc := d.Incident
	row := publish.Decision{
		IncidentID: incidentID, Source: inc.Source, EventID: inc.EventID(), CustomerID: inc.Customer(), OrderID: inc.Order(), SellerID: inc.Seller(),
		Outcome: d.Outcome, Reason: d.Reason, Repeat: d.Repeat, Released: inc.Released() != nil,
		GrossMinor: d.GrossMinor, AmountMinor: d.Minor, Currency: inc.Currency, LimitedBy: d.LimitedBy(),
	}
	if d.Award != nil {
		row.RuleID = d.Award.RuleID
	}
	row.MatchedRules = make([]string, 0, len(inc.Awards()))
	for _, a := range inc.Awards() {
		row.MatchedRules = append(row.MatchedRules, a.RuleID)
	}
	return row
}

// issuanceRow is a credit's row.
func (n *night) issuanceRow(d *award.Decision, of ids) publish.Issuance {
	inc, a := d.Incident, d.Award
	t := n.rulebook.Terms[a.Terms]
	from, until := n.term(a.Terms)
	row := publish.Issuance{
		CreditID: of.credit, IncidentID: of.incident, Source: inc.Source, EventID: inc.EventID(),
		CustomerID: inc.Customer(), OrderID: inc.Order(), SellerID: inc.Seller(), AmountMinor: d.Minor, Currency: inc.Currency,
		ReasonCode: a.Reason, RuleID: a.RuleID, Funding: a.Funding, EffectiveAt: from, ExpiresAt: until,
		Terms: t.Name, MinPurchaseMinor: t.MinPurchase[inc.Currency], CategoriesOnly: t.CategoriesOnly, CategoriesExcept: t.CategoriesExcept,
		SoldBy: t.SoldBy, Stackable: t.Stackable, RulebookSHA256: n.rulebook.SHA256, Message: n.message(d),
	}
	if inc.Released() != nil {
		row.ApprovedBy = inc.Released().By
	}
	return row
}

func (n *night) message(d *award.Decision) string {
	t := n.rulebook.Terms[d.Award.Terms]
	return renderMessage(d.Award.Message(), money.Amount{Minor: d.Minor, Currency: d.Incident.Currency}, lastUsableDay(t, n.effective))
}

// renderMessage puts in what is known once the award is resolved.
func renderMessage(parts []award.MessagePart, amount money.Amount, lastDay calendar.Date) string {
	var b strings.Builder
	for _, p := range parts {
		switch p.Fact {
		case "amount":
			b.WriteString(amount.Display())
		case "expires_on":
			b.WriteString(lastDay.String())
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func (n *night) forfeitureRow(p ledger.Posting) publish.Forfeiture {
	c, _ := n.book.Credit(p.CreditID) // it was posted to just now
	return publish.Forfeiture{
		CreditID: c.CreditID, CustomerID: c.CustomerID, OrderID: c.OrderID, Currency: c.Currency,
		GrantedMinor: c.GrantedMinor, RedeemedMinor: c.RedeemedMinor, ForfeitedMinor: p.Minor,
		EffectiveAt: c.EffectiveAt, ExpiresAt: c.ExpiresAt, ReasonCode: c.Reason,
	}
}

func (n *night) rejectRows() []publish.Reject {
	rows := n.rejects
	for _, r := range n.matched.Rejects {
		rows = append(rows, publish.Reject{
			Source: r.Source, File: r.Place.File, RowGroup: r.Place.RowGroup, Row: r.Place.Row,
			Code: r.Code, Column: r.Column, Detail: r.Detail,
		})
	}
	return rows
}
