package main

import (
	"os"
	"path/filepath"

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
	}
	a := d.app
	a.print("%s of four marketplaces, %s to %s, about %s deliveries: the workspace is in %s.\n\n",
		report.Counted(int64(totals.Nights), "night", "nights"), d.nights[0], d.nights[len(d.nights)-1], report.Count(int64(c.Deliveries)), d.dir)
	d.sums(&totals, last)

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
	a.print("\nTry next:\n")
	for _, next := range []struct{ command, what string }{
		{"status", "where it stands, and the awards that wait for a person"},
		{"verify --replay " + d.nights[len(d.nights)-1].String(), "check every file, and run the last night again, byte for byte"},
		{"schema", "the names and functions that rules can use"},
		{"check", "after a change in " + filepath.Join(d.dir, "rules")},
		{"run --dry-run --date " + d.nights[len(d.nights)-1].String(), "what the last night would do with your rules"},
	} {
		a.print("  amends -C %s %s\n      %s\n", d.dir, next.command, next.what)
	}
	return nil
}

// sums is one line a currency: what was given, and what became of it.
func (d *demo) sums(totals *report.Totals, last *report.Summary) {
	t := report.Table{Columns: []report.Column{{Name: ""}, {Name: "issued", Figures: true}, {Name: "redeemed", Figures: true},
		{Name: "forfeited", Figures: true}, {Name: "still usable", Figures: true}, {Name: "held, in all", Figures: true}}}
	for _, line := range last.RollForward {
		show := func(minor int64) string { return report.Amount(minor, line.Currency) }
		t.Rows = append(t.Rows, []string{line.Currency, show(totals.Issued[line.Currency]), show(totals.Redeemed[line.Currency]),
			show(totals.Forfeited[line.Currency]), show(line.Closing), show(totals.Held[line.Currency])})
	}
	t.Footer = [][]string{{"credits", report.Count(totals.IssuedCount), report.Count(totals.RedeemedCount), report.Count(totals.ForfeitedCount),
		"", report.Count(totals.HeldCount)}}
	_ = t.Write(d.app.out) // d.app.out keeps the error
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
