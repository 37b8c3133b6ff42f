package page

import (
	"slices"
	"strings"

	"amends/pipeline/report"
	"amends/rules/money"
)

// DryRunFlag is what the commands on a dry run's page have and those on the
// run's have not.
const DryRunFlag = " --dry-run"

// nightDocument is the page of a night.
func nightDocument(a *report.Analysis) *Document {
	s := a.Summary
	return &Document{
		Title:    "Night of " + s.BusinessDate,
		Heading:  "Night of " + s.BusinessDate,
		Label:    RunLabel(a.DryRun),
		Subtitle: "Effective date " + s.EffectiveDate + ": new credits can be used from then. Settled as of " + s.AsOf + ", the midnight that ends the business date in " + s.Timezone + ".",
		Sections: []Section{
			firstSection(a), movesSection(a), peopleSection(a), flowSection(a), rulesSection(a), limitsSection(a), breakdownSection(a),
			liabilitySection(a), examplesSection(a), rejectsSection(a), anomaliesSection(a), shadowSection(a),
		},
		Footer: "Every figure here can be counted again in the Parquet files beside this page; the muted lines under tables name the file and the rows.",
	}
}

// currencies are the codes that some lines name, sorted.
func currencies[L any](lines []L, code func(*L) string) []string {
	var codes []string
	for i := range lines {
		codes = append(codes, code(&lines[i]))
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// of are the lines of one currency, in their order.
func of[L any](lines []L, currency string, code func(*L) string) []L {
	return slices.DeleteFunc(slices.Clone(lines), func(l L) bool { return code(&l) != currency })
}

// amounts shows sums per currency for a cell.
func amounts(b money.ByCurrency) string {
	if text := report.Amounts(b); text != "nothing" {
		return text
	}
	return none
}

// shellWord is a text as one word of a command line.
func shellWord(s string) string {
	safe := func(r rune) bool {
		return r < 128 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-_./:@,+%", r))
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !safe(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
