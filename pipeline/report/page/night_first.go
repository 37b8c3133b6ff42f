package page

import (
	"strings"

	"amends/pipeline/report"
	"amends/rules/money"
)

// firstAnomalies is how many anomalies the page begins with; all are below.
const firstAnomalies = 5

// firstNotices bounds the notices: there is one for each file that changed.
const firstNotices = 20

// firstSection is what the night came to, and what to look at first.
func firstSection(a *report.Analysis) Section {
	section := Section{ID: "first", Title: "What to look at first"}
	section.Blocks = append(section.Blocks, headline(a),
		Note("Issued: issuance.parquet, sum of amount_minor. Newly held: held.parquet where held_since is the business date; all its rows wait. Voided: adjustments.parquet where kind is void, sum of amount_minor. Forfeited: forfeiture.parquet, sum of forfeited_minor. "+
			"Redeemed: redemptions.parquet, sum of applied_minor. Rejected: rejects.parquet."))
	if alerts := nightAlerts(a); len(alerts) > 0 {
		section.Blocks = append(section.Blocks, &Alerts{alerts})
	} else {
		section.Blocks = append(section.Blocks, Text("Nothing stands out: no guardrail was breached, no row was rejected, nothing is unlike the nights before."))
	}
	return section
}

func headline(a *report.Analysis) *Tiles {
	s := a.Summary
	money4 := func(tone Tone, name string, lines []report.MoneyLine) Tile {
		t := Tile{Tone: tone, Name: name}
		sums := money.ByCurrency{}
		var count int64
		for _, l := range lines {
			count += l.Count
			sums[l.Currency] += l.Minor
		}
		t.Count, t.Lines = Count(count), amountLines(sums)
		return t
	}
	tiles := []Tile{
		money4(ToneIssued, "credits issued", s.Issued),
		money4(ToneHeld, "awards newly held", s.Held),
		waitingTile(a.Waiting),
		money4(ToneForfeited, "credits forfeited", s.Forfeited),
		money4(ToneVoided, "credits voided", voided(s.Adjustments)),
	}
	redeemed := money.ByCurrency{}
	var redemptions, rejected int64
	for _, l := range s.Redemptions {
		if l.AppliedMinor != 0 {
			redeemed[l.Currency] += l.AppliedMinor
			redemptions += l.Count
		}
	}
	for _, l := range s.Rejects {
		rejected += l.Count
	}
	return &Tiles{append(tiles,
		Tile{Tone: ToneRedeemed, Name: "redemptions applied", Count: Count(redemptions), Lines: amountLines(redeemed)},
		Tile{Tone: ToneRejected, Name: "rows rejected", Count: Count(rejected)},
	)}
}

// waitingTile is what waits for a person after tonight, of any night.
func waitingTile(waiting []report.WaitingMoney) Tile {
	t := Tile{Tone: ToneHeld, Name: "wait for a person"}
	sums := money.ByCurrency{}
	var count int64
	for _, w := range waiting {
		count += w.Count
		sums[w.Currency] += w.Minor
	}
	t.Count, t.Lines = Count(count), amountLines(sums)
	return t
}

// voided are the credits that people or void rules took back.
func voided(adjustments []report.AdjustmentLine) []report.MoneyLine {
	var lines []report.MoneyLine
	for _, l := range adjustments {
		if l.Kind == "void" {
			lines = append(lines, report.MoneyLine{Currency: l.Currency, Count: l.Count, Minor: l.Minor})
		}
	}
	return lines
}

func amountLines(b money.ByCurrency) []string {
	var lines []string
	for _, code := range b.Currencies() {
		if b[code] != 0 {
			lines = append(lines, Money(b[code], code))
		}
	}
	return lines
}

// nightAlerts are gravest first.
func nightAlerts(a *report.Analysis) []Alert {
	s := a.Summary
	var alerts []Alert
	add := func(level, what, text, href string) {
		alerts = append(alerts, Alert{Level: level, What: what, Text: text, Href: href})
	}
	for _, g := range s.Guardrails {
		add(LevelStop, "Guardrail "+g.Guardrail, "held every new award in "+g.Currency+": "+Money(g.Minor, g.Currency)+"; the bound is "+g.Bound+".", "#flow")
	}
	for _, text := range mismatches(s) {
		add(LevelStop, "Does not add up", text, "")
	}
	peopleAlerts(a, add)
	for _, b := range a.Budgets {
		if b.Refused > 0 {
			add(LevelWatch, "Budget "+named(b.Budget, b.Scope), report.Counted(b.Refused, "award", "awards")+" did not fit: "+Money(b.RefusedMinor, b.Currency)+" beside "+Money(b.UsedMinor, b.Currency)+" of "+Money(b.MaxMinor, b.Currency)+".", "#limits")
		}
	}
	for i, x := range a.Anomalies {
		if i == firstAnomalies {
			add(LevelWatch, "And more", report.Counted(int64(len(a.Anomalies)-i), "other figure", "other figures")+" unlike the nights before.", "#anomalies")
			break
		}
		add(LevelWatch, anomalyTitle(&x), strings.TrimSuffix(x.Sentence, ".")+".", "#anomalies")
	}
	for _, r := range s.Rejects {
		add(LevelWatch, "Rejects", report.Counted(r.Count, "row", "rows")+" of "+r.Source+" with code "+r.Code+".", "#rejects")
	}
	for _, f := range s.VoidFaults {
		add(LevelWatch, "Void rule "+f.Name, "could not be evaluated on "+report.Counted(f.Count, "credit", "credits")+"; nothing was changed there.", "")
	}
	for _, f := range s.ShadowFaults {
		add(LevelKnow, "Shadow rule "+f.Name, "could not be evaluated on "+report.Counted(f.Count, "row", "rows")+".", "#shadow")
	}
	for i, n := range s.Notices {
		if i == firstNotices {
			add(LevelKnow, "And more", report.Counted(int64(len(s.Notices)-i), "other notice", "other notices")+" in summary.json.", "")
			break
		}
		add(LevelKnow, "Notice", n, "")
	}
	return alerts
}

// mismatches are the sums of the night that are not what they are sums of: none,
// or the night had not been settled.
func mismatches(s *report.Summary) []string {
	var texts []string
	for _, f := range s.Sources {
		if f.Outcomes() != f.Read {
			texts = append(texts, "Of "+f.Source+", "+Count(f.Read)+" rows were read, and "+Count(f.Outcomes())+" have an outcome.")
		}
	}
	for _, l := range s.RollForward {
		if closing := l.Opening + l.Issued + l.Reinstated - l.Redeemed - l.Forfeited - l.Voided; closing != l.Closing {
			texts = append(texts, "The liability in "+l.Currency+" is "+Money(l.Closing, l.Currency)+", and its movements come to "+Money(closing, l.Currency)+".")
		}
	}
	return texts
}

// named is a name with what it is of: nightly, seller s-12.
func named(name, scope string) string {
	if scope == "" {
		return name
	}
	return name + " (" + scope + ")"
}
