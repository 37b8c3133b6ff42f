package page

import (
	"bytes"
	"testing"

	"amends/pipeline/report"
	"amends/rules/money"
)

func TestAPageOfNearMisses(t *testing.T) {
	t.Parallel()
	content := mustDiff(t, fullDiff())
	for _, want := range []string{
		`rule late: days_late &gt;= 20 (rules-new/late.yaml:5), in A 25`, "20, as it is", "$251.88",
		"1,234", "1,115", "&#43;¥77, &#43;$4,180.00", "&#43;$6.06", "check refuses it: ", "And 3 more cut-offs, which were not tried.",
	} {
		if !bytes.Contains(content, []byte(want)) {
			t.Errorf("the page has no %q", want)
		}
	}
	if bytes.Contains(content, []byte(hostile)) {
		t.Error("a message is on the page as it is")
	}
}

// sweptFixture is a sweep of two currencies, one of which nothing moves.
func sweptFixture() *report.Sweep {
	step := func(value string, hits, credits, usd int64) report.CutOffStep {
		return report.CutOffStep{Value: value, Hits: hits, WouldGive: money.ByCurrency{"USD": 2 * usd}, Credits: credits,
			Issued: money.ByCurrency{"USD": usd, "JPY": 900}, Held: money.ByCurrency{}}
	}
	return &report.Sweep{
		Version: 1, From: "2026-01-05", To: "2026-01-05", Nights: []string{"2026-01-05"}, Base: "the rules as they are", What: "the rules as they are",
		Headline: "Rule late: days_late >= 20", Notes: []string{hostile},
		CutOff: report.CutOff{Of: "rule late", Rules: []string{"late"}, Text: "days_late >= 20", Value: "20", Place: "rules/late.yaml:5"},
		Today:  step("20", 907, 803, 2400), Steps: []report.CutOffStep{step("19", 1234, 1115, 6000), step("20", 907, 803, 2400), step("21", 5, 4, 600)},
	}
}

func TestAPageOfASweep(t *testing.T) {
	t.Parallel()
	content, err := Sweep(sweptFixture())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<h1>What would rule late give with other numbers?</h1>", "20 (today)", `"t":"1,115"`, `"t":"$60.00"`, `"t":"today $24.00"`,
		"&#43;$36.00", "150.0%", "-$18.00", "-75.0%", "$120.00", "Every number gives the same in JPY.",
	} {
		if !bytes.Contains(content, []byte(want)) {
			t.Errorf("the page has no %q", want)
		}
	}
	if bytes.Contains(content, []byte(hostile)) || bytes.Contains(content, []byte("Money in JPY")) {
		t.Error("a note is on the page as it is, or a currency that nothing moves has a chart")
	}
}
