package pipeline

import (
	"bytes"

	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
)

// publishedCredits adds to the events that a settled night paid what it published
// of their credits: when they can be used, what the customer read, and who let
// them go. Where the file is gone, a note says so: the rest needs it not.
func (x *explainer) publishedCredits() error {
	paid := map[string]*report.ExplainedEvent{}
	for i := range x.out.Events {
		if e := &x.out.Events[i]; e.Outcome == string(award.Issued) {
			paid[e.CreditID] = e
		}
	}
	m, err := x.chain.Manifest(x.date)
	if err != nil || m == nil || x.out.Basis == report.BasisDryRun || len(paid) == 0 {
		return err
	}
	content, err := x.chain.ReadOutput(m, publish.IssuanceFile)
	if err != nil {
		x.note("What the customer was told is not shown: %v", err)
		return nil
	}
	rows, err := publish.ReadIssuance(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		e := paid[r.CreditID]
		if e == nil {
			continue
		}
		e.Credit = &report.ExplainedCredit{
			EffectiveAt: r.EffectiveAt.String(), ExpiresAt: r.ExpiresAt.String(), MinPurchaseMinor: r.MinPurchaseMinor, Message: r.Message,
		}
		if e.ReleasedBy == "" {
			e.ReleasedBy = r.ApprovedBy // what is published alone says no more of it
		}
	}
	return nil
}
