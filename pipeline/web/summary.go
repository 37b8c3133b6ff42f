package web

import (
	"fmt"

	"amends/pipeline/report"
)

// summaryParts are a night's figures, those of the text that `run` prints.
func summaryParts(s *report.Summary) []part {
	parts := []part{
		moneyPart("Issued", "No credit was issued.", s.Issued),
		moneyPart("Held", "No award was held.", s.Held),
		moneyPart("Forfeited", "Nothing expired unused.", s.Forfeited),
	}
	for _, p := range []part{
		rollForwardPart(s), holdFlowPart(s), rulesPart(s), reasonsPart("Suppressed", s.Suppressions), reasonsPart("Denied", s.Denials), causesPart(s),
		trimsPart(s), breachesPart(s), redemptionsPart(s), adjustmentsPart(s), rowsPart(s), rejectsPart(s), outcomesPart(s),
		countsPart("Trial rules that could not be evaluated", s.ShadowFaults), countsPart("Void rules that could not be evaluated", s.VoidFaults), noticesPart(s),
	} {
		if p.Table != nil && len(p.Table.Rows) > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}

func moneyPart(title, empty string, list []report.MoneyLine) part {
	if len(list) == 0 {
		return part{Title: title, Empty: empty}
	}
	rules := false
	for _, l := range list {
		rules = rules || l.Rule != ""
	}
	t := &table{Columns: columns("reason", "#credits", "#amount")}
	if rules {
		t.Columns = columns("rule", "reason", "funding", "#credits", "#amount")
	}
	for _, l := range list {
		row := []cell{text(l.Reason), count(l.Count), amount(l.Minor, l.Currency)}
		if rules {
			row = append([]cell{text(l.Rule), text(l.Reason), text(l.Funding)}, row[1:]...)
		}
		t.Rows = append(t.Rows, row)
	}
	return part{Title: title, Table: t}
}

func rollForwardPart(s *report.Summary) part {
	t := &table{Columns: columns("currency", "#opening", "#+ issued", "#+ reinstated", "#− redeemed", "#− forfeited", "#− voided", "#= closing")}
	for _, l := range s.RollForward {
		row := []cell{text(l.Currency)}
		for _, minor := range []int64{l.Opening, l.Issued, l.Reinstated, l.Redeemed, l.Forfeited, l.Voided, l.Closing} {
			row = append(row, amount(minor, l.Currency))
		}
		if l.Opening+l.Issued+l.Reinstated-l.Redeemed-l.Forfeited-l.Voided != l.Closing {
			row[len(row)-1].Lines, row[len(row)-1].Class = append(row[len(row)-1].Lines, "does not add up"), "bad"
		}
		t.Rows = append(t.Rows, row)
	}
	return part{Title: "What customers can still use", Table: t}
}

func holdFlowPart(s *report.Summary) part {
	f := s.HoldFlow
	if f == (report.HoldFlow{}) {
		return part{}
	}
	t := &table{Columns: columns("#waited", "#+ new", "#− released", "#− rejected", "#− lapsed", "#= wait")}
	t.Rows = [][]cell{{count(f.Opening), count(f.New), count(f.Released), count(f.Rejected), count(f.Lapsed), count(f.Closing)}}
	return part{Title: "Holds", Table: t}
}

func rulesPart(s *report.Summary) part {
	t := &table{Columns: columns("rule", "mode", "#hits", "#wins", "#would give", "#issued")}
	for _, l := range s.Rules {
		t.Rows = append(t.Rows, []cell{text(l.Rule), text(l.Mode), count(l.Hits), count(l.Wins), sums(l.Gross), sums(l.Issued)})
	}
	return part{Title: "Rules", Table: t}
}

func reasonsPart(title string, list []report.ReasonLine) part {
	t := &table{Columns: columns("reason", "#incidents", "#of them settled before", "#rules would give")}
	for _, l := range list {
		t.Rows = append(t.Rows, []cell{text(l.Reason), count(l.Count), count(l.Repeat), sums(l.Gross)})
	}
	return part{Title: title, Table: t}
}

func causesPart(s *report.Summary) part {
	t := &table{Columns: columns("kind", "id", "#awards", "#amount")}
	for _, l := range s.HoldCauses {
		t.Rows = append(t.Rows, []cell{text(l.Kind), text(l.ID), count(l.Count), sums(l.Amount)})
	}
	return part{Title: "What held awards", Table: t}
}

func trimsPart(s *report.Summary) part {
	t := &table{Columns: columns("limit", "#awards", "#taken off")}
	for _, l := range s.Trims {
		t.Rows = append(t.Rows, []cell{text(l.By), count(l.Count), sums(l.Amount)})
	}
	return part{Title: "Trimmed", Table: t}
}

func breachesPart(s *report.Summary) part {
	t := &table{Columns: columns("guardrail", "#amount", "bound")}
	for _, l := range s.Guardrails {
		t.Rows = append(t.Rows, []cell{text(l.Guardrail), amount(l.Minor, l.Currency), text(l.Bound)})
	}
	return part{Title: "Guardrails that held the night", Table: t}
}

func redemptionsPart(s *report.Summary) part {
	t := &table{Columns: columns("outcome", "#rows", "#asked", "#applied")}
	for _, l := range s.Redemptions {
		row := []cell{text(l.Outcome), count(l.Count), text(""), text("")}
		if l.Currency != "" {
			row[2], row[3] = amount(l.Minor, l.Currency), amount(l.AppliedMinor, l.Currency)
		}
		t.Rows = append(t.Rows, row)
	}
	return part{Title: "Redemptions", Table: t}
}

func adjustmentsPart(s *report.Summary) part {
	t := &table{Columns: columns("kind", "why", "#credits", "#amount")}
	for _, l := range s.Adjustments {
		t.Rows = append(t.Rows, []cell{text(l.Kind), text(l.Why), count(l.Count), amount(l.Minor, l.Currency)})
	}
	return part{Title: "Voided and reinstated", Table: t}
}

func rowsPart(s *report.Summary) part {
	t := &table{Columns: columns("source", "#rejected", "#+ out of window", "#+ not yet final", "#+ no rule hits", "#+ merged", "#+ suppressed or denied", "#+ held", "#+ issued", "#= read")}
	for _, f := range s.Sources {
		row := []cell{text(f.Source)}
		for _, n := range []int64{f.Rejected, f.OutOfWindow, f.NotYet, f.Unmatched, f.Merged, f.Suppressed, f.Held, f.Issued, f.Read} {
			row = append(row, count(n))
		}
		t.Rows = append(t.Rows, row)
	}
	return part{Title: "Rows", Table: t, Lead: "What became of each that was read."}
}

func rejectsPart(s *report.Summary) part {
	t := &table{Columns: columns("source", "code", "#rows")}
	for _, l := range s.Rejects {
		t.Rows = append(t.Rows, []cell{text(l.Source), text(l.Code), count(l.Count)})
	}
	return part{Title: "Rejected", Table: t, Lead: "Each is in rejects.parquet with its place and what is wrong."}
}

func outcomesPart(s *report.Summary) part {
	t := &table{Columns: columns("id", "kind", "by", "why", "#asked", "#done", "outcome", "detail")}
	for _, l := range s.Requests {
		t.Rows = append(t.Rows, []cell{code(l.ID), text(l.Kind), text(l.By), text(l.Why), sums(l.Asked), sums(l.Done), text(l.Outcome), text(l.Detail)})
	}
	return part{Title: "Requests of people", Table: t}
}

func countsPart(title string, list []report.CountLine) part {
	t := &table{Columns: columns("what", "#times")}
	for _, l := range list {
		t.Rows = append(t.Rows, []cell{text(l.Name), count(l.Count)})
	}
	return part{Title: title, Table: t}
}

func noticesPart(s *report.Summary) part {
	t := &table{Columns: columns("notice")}
	for i, n := range s.Notices {
		t.Rows = append(t.Rows, []cell{text(fmt.Sprintf("%d. %s", i+1, n))})
	}
	return part{Title: "Worth knowing", Table: t}
}
