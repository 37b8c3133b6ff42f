package pipeline

import (
	"encoding/csv"
	"strings"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/report"

	"github.com/google/go-cmp/cmp"
)

// No text of a file becomes a formula, a side without a decision says so, and
// the largest difference of each currency comes first, more or less.
func TestIncidentsThatDifferAsCSV(t *testing.T) {
	t.Parallel()
	incident := func(customer, currency string, minor int64) *diffIncident {
		return &diffIncident{outcome: award.Issued, customer: customer, currency: currency, rule: "+late", minor: minor, by: []string{"=cmd()"}}
	}
	c := &comparison{differ: &differ{a: &diffSide{}, b: &diffSide{}, by: []string{"category"}}, pairs: []diffPair{
		{credit: "cr1_1", kind: report.DiffGained, b: incident("=1+1", "USD", 100)},
		{credit: "cr1_2", a: incident("c-2", "USD", 900), b: incident("c-2", "USD", 900)},
		{credit: "cr1_3", kind: report.DiffChanged, a: incident("@c", "USD", 700), b: incident("@c", "USD", 300)},
		{credit: "cr1_4", kind: report.DiffLost, a: incident("-4", "EUR", 1)},
	}}
	var out strings.Builder
	if err := c.writeCSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows[1:] { // kind, credit, customer, difference, A's outcome and rule, what B issues, category
		got = append(got, strings.Join([]string{row[0], row[1], row[4], row[8], row[11], row[13], row[24], row[28]}, " "))
	}
	if diff := cmp.Diff([]string{
		"lost cr1_4 '-4 -1 issued '+late 0 '=cmd()", "changed cr1_3 '@c -400 issued '+late 300 '=cmd()", "gained cr1_1 '=1+1 100 none  100 '=cmd()",
	}, got); diff != "" {
		t.Error(diff)
	}
	if rows[0][24] != "b_issued_minor" || rows[0][28] != "by_category" {
		t.Errorf("the heading is %q", rows[0])
	}
}

// The lines of a column are those that differ most in each currency first; the
// rest is added up, by the bound and where people are shown fewer.
func TestLinesOfAColumnByHowMuchTheyDiffer(t *testing.T) {
	t.Parallel()
	lines := map[diffKey]*report.DiffLine{}
	for _, l := range []report.DiffLine{
		{Value: "many", Currency: "USD", Changed: 9, Issued: report.DiffFlow{AMinor: 50, ChangedMinor: -10, BMinor: 40}},
		{Value: "more", Currency: "USD", Changed: 1, Issued: report.DiffFlow{AMinor: 10, ChangedMinor: 300, BMinor: 310}},
		{Value: "less", Currency: "USD", Lost: 1, Held: report.DiffFlow{AMinor: 400, LostMinor: 400}},
		{Value: "same", Currency: "USD", Issued: report.DiffFlow{AMinor: 70, BMinor: 70}},
		{Value: "yen", Currency: "JPY", Changed: 2, Issued: report.DiffFlow{AMinor: 5, BMinor: 5}},
	} {
		lines[diffKey{l.Value, l.Currency}] = &l
	}
	names := func(list []report.DiffLine) (out []string) {
		for _, l := range list {
			out = append(out, l.Value)
		}
		return out
	}
	whole := breakdown("seller", lines, 100)
	if diff := cmp.Diff([]string{"yen", "less", "more", "many", "same"}, names(whole.Lines)); diff != "" || whole.More != 0 {
		t.Errorf("%d more\n%s", whole.More, diff)
	}
	shown, rest, quiet := whole.Shown(1)
	if diff := cmp.Diff([]string{"yen", "less"}, names(shown)); diff != "" || quiet != 1 {
		t.Errorf("%d quiet\n%s", quiet, diff)
	}
	want := []report.DiffRest{{Lines: 2, DiffLine: report.DiffLine{Currency: "USD", Changed: 10, Issued: report.DiffFlow{AMinor: 60, ChangedMinor: 290, BMinor: 350}}}}
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Error(diff)
	}
	bounded := breakdown("seller", lines, 2)
	if diff := cmp.Diff([]string{"yen", "less", "more"}, names(bounded.Lines)); diff != "" || bounded.More != 2 || bounded.Rest[0].Lines != 2 || bounded.Rest[0].Issued.BMinor != 110 {
		t.Errorf("%+v\n%s", bounded, diff)
	}
}
