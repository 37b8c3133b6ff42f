package main

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"amends/pipeline/publish"
	"amends/pipeline/report"
)

// How much of each list the closing story shows.
const (
	storyRules    = 10
	storyReasons  = 10
	storyMessages = 3
)

// story tells what came of the demo, from what its nights published.
func (d *demo) story(c demoCommand) error {
	var totals report.Totals
	var last *report.Summary
	flow := map[string]report.RollForwardLine{}
	for _, night := range d.nights {
		content, err := os.ReadFile(filepath.Join(d.folder(night), "summary.json"))
		if err != nil {
			return err
		}
		if last, err = report.Parse(content); err != nil {
			return err
		}
		if err := totals.Add(last); err != nil {
			return err
		}
		addFlow(flow, last.RollForward)
	}
	a := d.app
	a.print("%s of four marketplaces, %s to %s, about %s deliveries: the workspace is in %s.\n\n",
		report.Counted(int64(totals.Nights), "night", "nights"), d.nights[0], d.nights[len(d.nights)-1], report.Count(int64(c.Deliveries)), d.dir)
	d.sums(&totals, flow)

	a.print("\nRules that gave most:\n")
	t := report.Table{Columns: []report.Column{{Name: "rule", Wrap: 30}, {Name: "credits", Figures: true}, {Name: "issued", Wrap: 56}}}
	rules := totals.Rules()
	for _, r := range rules[:min(len(rules), storyRules)] {
		t.Rows = append(t.Rows, []string{r.Rule, report.Count(r.Count), report.Amounts(r.Issued)})
	}
	_ = t.Write(a.out) // a.out keeps the error

	a.print("\n%s got nothing (counted on each night that read them), and why:\n", report.Counted(totals.SuppressedCount, "incident", "incidents"))
	t = report.Table{Columns: []report.Column{{Name: "reason", Wrap: 50}, {Name: "incidents", Figures: true}}}
	reasons := totals.Suppressions()
	for _, r := range reasons[:min(len(reasons), storyReasons)] {
		t.Rows = append(t.Rows, []string{r.Reason, report.Count(r.Count)})
	}
	_ = t.Write(a.out) // a.out keeps the error
	if err := d.messages(); err != nil {
		return err
	}
	steps := []step{{"status", "where it stands, and the awards that wait for a person"}}
	explained, err := d.explained()
	if err != nil {
		return err
	}
	a.print("\nTry next:\n")
	for _, next := range slices.Concat(steps, explained, []step{
		{"verify --replay " + d.nights[len(d.nights)-1].String(), "check every file, and run the last night again, byte for byte"},
		{"schema", "the names and functions that rules can use"},
		{"check", "after a change in " + filepath.Join(d.dir, "rules")},
		{"run --dry-run --date " + d.nights[len(d.nights)-1].String(), "what the last night would do with your rules"},
	}) {
		a.print("  amends -C %s %s\n      %s\n", d.dir, next.command, next.what)
	}
	return nil
}

// addFlow adds a night's liability to that of the nights before, by currency:
// each opens with what the one before it closed with.
func addFlow(flow map[string]report.RollForwardLine, night []report.RollForwardLine) {
	for _, l := range night {
		all, before := flow[l.Currency]
		if !before {
			all.Currency, all.Opening = l.Currency, l.Opening
		}
		all.Issued += l.Issued // in range: the ledger added them before
		all.Reinstated += l.Reinstated
		all.Redeemed += l.Redeemed
		all.Forfeited += l.Forfeited
		all.Voided += l.Voided
		all.Closing = l.Closing
		flow[l.Currency] = all
	}
}

// sums is what was given and what became of it, as an addition; then what
// people were asked about.
func (d *demo) sums(totals *report.Totals, flow map[string]report.RollForwardLine) {
	lines := make([]report.RollForwardLine, 0, len(flow))
	for _, currency := range slices.Sorted(maps.Keys(flow)) {
		lines = append(lines, flow[currency])
	}
	a := d.app
	a.print("What customers can still use, over all nights:\n")
	_ = report.RollForward(a.out, lines) // a.out keeps the error
	a.print("%s issued, %s, %s forfeited.\n", report.Counted(totals.IssuedCount, "credit", "credits"),
		report.Counted(totals.RedeemedCount, "redemption", "redemptions"), report.Counted(totals.ForfeitedCount, "credit", "credits"))
	if totals.HeldCount > 0 {
		a.print("%s held for a person, in all: %s.\n", report.Counted(totals.HeldCount, "award was", "awards were"), report.Amounts(totals.Held))
	}
}

// step is a command to try, without the program and its folder, and what it does.
type step struct{ command, what string }

// explained names a credit that there is to explain: the largest of the last
// night that issued any, in the currency that comes first, by its order where it
// has one. Nothing where no night issued.
func (d *demo) explained() ([]step, error) {
	for _, night := range slices.Backward(d.nights) {
		rows, err := readRows(filepath.Join(d.folder(night), publish.IssuanceFile), publish.ReadIssuance)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		best := slices.MinFunc(rows, func(a, b publish.Issuance) int {
			return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(b.AmountMinor, a.AmountMinor), cmp.Compare(a.CreditID, b.CreditID))
		})
		id := "--order " + best.OrderID
		if best.OrderID == "" {
			id = "--credit " + best.CreditID
		}
		return []step{{"explain --date " + night.String() + " " + id, "why somebody got " + report.Amount(best.AmountMinor, best.Currency) + " that night, condition by condition"}}, nil
	}
	return nil, nil
}

// messages shows what customers read, each from another rule.
func (d *demo) messages() error {
	var shown []string
	seen := map[string]bool{}
	for i := len(d.nights) - 1; i >= 0 && len(shown) < storyMessages; i-- {
		rows, err := readRows(filepath.Join(d.folder(d.nights[i]), publish.IssuanceFile), publish.ReadIssuance)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Message != "" && !seen[r.RuleID] && len(shown) < storyMessages {
				seen[r.RuleID] = true
				shown = append(shown, r.Message)
			}
		}
	}
	if len(shown) > 0 {
		d.app.print("\nWhat customers read:\n")
	}
	for _, message := range shown {
		d.app.print("  %s\n", message)
	}
	return nil
}
