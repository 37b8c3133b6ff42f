package page

import (
	"bytes"
	"fmt"
	"html"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"amends/pipeline/report"
	"amends/rules/money"
)

func mustNight(t *testing.T, a *report.Analysis) []byte {
	t.Helper()
	content, err := Night(a)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var (
	testScripts = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`)
	testTags    = regexp.MustCompile(`<[^>]*>`)
	testSpace   = regexp.MustCompile(`\s+`)
)

// textOf is what a reader without JavaScript reads, each element apart.
func textOf(content []byte) string {
	text := testTags.ReplaceAllString(testScripts.ReplaceAllString(string(content), ""), "\x00")
	return testSpace.ReplaceAllString(html.UnescapeString(text), " ")
}

// shownFigures walks what a page is made of: every amount, count and name of it.
func shownFigures(v reflect.Value, code, path string, say func(path, text string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			shownFigures(v.Elem(), code, path, say)
		}
	case reflect.Slice:
		for i := range v.Len() {
			shownFigures(v.Index(i), code, fmt.Sprintf("%s[%d]", path, i), say)
		}
	case reflect.Map:
		for c, minor := range v.Interface().(money.ByCurrency) {
			say(path, Money(minor, c))
		}
	case reflect.Struct:
		if c := v.FieldByName("Currency"); c.IsValid() {
			code = c.String()
		}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if !notShown[v.Type().Name()+"."+name] {
				shownFigures(v.Field(i), code, path+"."+name, say)
			}
		}
	case reflect.String:
		if s := v.String(); s != "" {
			say(path, s)
		}
	case reflect.Int64, reflect.Int:
		say(path, shownNumber(path, code, v.Int()))
	}
}

func shownNumber(path, code string, n int64) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	switch {
	case n == 0 && code == "": // of no currency
		return ""
	case strings.HasSuffix(name, "Minor") || name == "TonightMin" || strings.Contains(path, "RollForward"):
		return Money(n, code)
	case strings.HasSuffix(name, "Basis"):
		return Share(n)
	case strings.HasSuffix(name, "Per1000"):
		return hundredths(n)
	}
	return Count(n)
}

// notShown are the fields that a page does not show as they are, with why.
var notShown = map[string]bool{
	"Summary.Version": true, "SourceFlow.Files": true, // of the files
	"Summary.Issuable": true, "Summary.Rules": true, // what guardrails look at; the analysis has rules by currency
	"MoneyLine.Rule": true, "MoneyLine.Reason": true, "MoneyLine.Count": true, "MoneyLine.Minor": true, // sums of them
	"MoneyLine.Funding": true, "CountLine.Count": true,
	"NightFigure.Count": true, // of nights before: the last and the median alone
	"ExpiryWeek.Later":  true, "ExpiryWeek.WeeksAhead": true, "ExpiryWeek.RateAhead": true, "Example.Why": true,
	"BudgetAnalysis.Per": true, "LimitAnalysis.MaxMinor": true, "LimitAnalysis.MaxCount": true, "LimitAnalysis.NearMore": true, "LimitAnalysis.WindowDays": true,
	"RuleAnalysis.Mode": true, "Anomaly.Kind": true, "Anomaly.Minor": true, // in words; 0 where there is no amount
	"Anomaly.Subject": true, "BreakdownLine.Rated": true,
	"RuleMoney.MeanMinor": true, // a dash where there is no credit
}

func TestEveryFigureIsInTheText(t *testing.T) {
	t.Parallel()
	text := textOf(mustNight(t, fullNight()))
	seen := 0
	shownFigures(reflect.ValueOf(fullNight()), "", "night", func(path, want string) {
		seen++
		if !strings.Contains(text, testSpace.ReplaceAllString(want, " ")) {
			t.Errorf("%s: %q is not on the page", path, want)
		}
	})
	if seen < 2000 {
		t.Errorf("looked for %d figures only", seen)
	}
}

// Rows by hand, cell for cell: each figure stands under its own name.
func TestFiguresStandWhereTheyBelong(t *testing.T) {
	t.Parallel()
	cells := regexp.MustCompile(`(\x00| )*\x00(\x00| )*`).ReplaceAllString(textOf(mustNight(t, fullNight())), "|")
	for _, row := range []string{
		"|credits issued|423|€543.21|¥34,560|$3,834.55|awards newly held|82|¥12,345|$8,765.43|wait for a person|119|¥12,345|$9,137.52|credits forfeited|38|€43.21|$213.45|credits voided|5|$41.00|redemptions applied|370|€300.00|$1,900.00|rows rejected|39|",
		"|movement|tonight (count)|median (count)|against median|last night (count)|last nights|",
		"|issued|by seller|$612.34|(60)|$551.10|(54)|+$61.24|", "|redeemed|$1,900.00|(310)|",
		"|waited before|+ new|− released|− rejected|− lapsed|= wait now|61|82|20|3|1|119|",
		"|currency|wait|amount|of them lapse next night|amount|lapsed tonight|amount|JPY|9|¥12,345|0|¥0|0|¥0|USD|110|$9,137.52|2|$137.52|1|$76.10|",
		"|customer|amount|lapses on|held since|held by|rule|order|credit|c-0001111|$76.10|2026-02-18, tonight|2026-02-04|approval large|lost|o-20260204-000001|cr1_aa31cc83a1077ae45cda51dd7ab01|c-0002222|$97.52|2026-02-19, next night|",
		"|kind|by|outcome|asked|done|why|detail|request|reverse|lee|done|$45.00|5 credits|$41.00|5 credits|the storm was nobody's fault|rq1_0123456789abcdef0123456789abcdef|",
		"|Reverse by lee|5 credits of $41.00 voided, of $45.00 asked. Why: the storm was nobody's fault.|", "|Approve by kim|1 award of €40.00 issued. Why: parts arrived.|", "|Void by ana|nothing; refused, no such credit. Why: <img",
		"|Lapse next night|2 awards of $137.52 that nobody has decided yet: c-0002222 $97.52, <img", "|Lapsed tonight|1 award of $76.10 that nobody decided in time, and that will never be given: c-0001111 $76.10.|",
		"|source|read|issued|held|suppressed or denied|merged|no rule hits|not yet final|out of the window|rejected|deliveries|48,210|400|73|905|75|46,190|410|120|37|service|1,200|23|9|62|4|1,060|40|0|2|",
		"|reason|incidents|settled before|would have been|already-issued|512|512|€701.23, $5,120.00|",
		"|by|name|awards|amount|approval|large|73|$8,765.43|", "|limited by|awards|taken off|limit:per-customer-quarter|33|€12.00, $145.50|",
		"|rule|in|issued|would give|only because of it|of holds|hits|wins|credits|mean|share|late|rules/late.yaml:12|EUR|€543.21|€987.65|€123.45 settled|€503.21|€0.00|1,100|512 settled|360|90|€6.04|100.00 %|",
		"|from|up to, not with|credits|$0.00|$5.00|108|", "|rule|and rule|incidents|of the first|of the second|late|lost|71|6 %|54 %|",
		"|limit|per|within|in|cap|lowered|denied|held|taken off|near the cap|per-customer-quarter|customer|90 days|USD|$80.00 and 5 credits|31|61|0|$750.50|11|per-order|order|ever|EUR|€130.00|2|0|0|€12.00|0|",
		"|customer|used|credits|of the cap|of it tonight|c-0000163|$79.90|5|100.00 %|$15.00|",
		"|budget|of|in|cap|used|of the cap|awards that fit|that did not|refused|nightly|the night|JPY|¥100,000|¥46,905|46.90 %|32|0|¥0|nightly|the night|USD|$12,700.00|$12,599.98|99.21 %|383|6|$77.77|",
		"|carrier|events|new incidents|per 1,000|credits|per 1,000|issued|northern-freight|9,000|225|3 of earlier events|25.00|75|2 of earlier events|8.33|€180.00, ¥90,000, $810.00|", "|us-east|0|1|–|0|–|–|",
		"|currency|opening|+ issued|+ reinstated|− redeemed|− forfeited|− voided|= closing|EUR|€12,034.00|€543.21|€0.00|€300.00|€43.21|€0.00|€12,234.00|",
		"|USD|$81,234.56|$3,834.55|$12.50|$1,900.00|$213.45|$41.00|$82,927.16|",
		"|outcome|currency|rows|asked for|applied|applied|USD|310|$1,900.00|$1,900.00|", "|out-of-window|–|3|–|–|", "|reinstate|forfeit|2|$12.50|void|charged-back|5|$41.00|",
		"|week of|credits|outstanding|expected to be forfeited|from past weeks|2026-02-09, in grace|62|€440.00|€198.00|6|",
		"|week of|forecast made|weeks ahead|outstanding then|expected|came|off by|from past weeks|2026-01-26|2026-01-18|1|€550.00|€220.00|€231.11|+€11.11|3|",
		"|source|code|rows|deliveries|unexpected-null|37|service|at-before-since|2|", "|rule|hits|in|would give|late-flat-trial|rules/trial.yaml:3|1,040|USD|$5,200.00|",
	} {
		if !strings.Contains(cells, row) {
			t.Errorf("no row %s", row)
		}
	}
}

func TestTheSamePageForTheSameNight(t *testing.T) {
	t.Parallel()
	first := mustNight(t, fullNight())
	for range 5 {
		if !bytes.Equal(first, mustNight(t, fullNight())) {
			t.Fatal("the same night has another page")
		}
	}
}

// A dry run's page says that it is one, and is otherwise the run's.
func TestADryRunsPageDiffersInItsLabel(t *testing.T) {
	t.Parallel()
	a := fullNight()
	committed := string(mustNight(t, a))
	a.DryRun = true
	dry := string(mustNight(t, a))
	if strings.Contains(committed, DryRunLabel) || !strings.Contains(textOf([]byte(dry)), "\x00"+DryRunLabel+"\x00") {
		t.Error("the pages do not say which is the dry run")
	}
	if strings.Contains(committed, "--dry-run") || !strings.Contains(dry, "--date=2026-02-18 --dry-run<") {
		t.Error("the dry run's commands do not ask for a dry run")
	}
	if got := strings.ReplaceAll(strings.ReplaceAll(dry, DryRunLabel, CommittedLabel), DryRunFlag, ""); got != committed {
		t.Error("the pages differ in more than the label")
	}
}

func TestAnEmptyNightSaysSo(t *testing.T) {
	t.Parallel()
	content := mustNight(t, emptyNight())
	if bytes.Contains(content, []byte(`class="chart"`)) || bytes.Contains(content, []byte("<table")) || bytes.Contains(content, []byte(`id="chart-library"`)) {
		t.Error("an empty night has a chart or a table")
	}
	text := textOf(content)
	for _, sentence := range []string{"Nothing stands out", "Nothing moves tonight", "No row was read tonight", "No rule hits any incident", "There is no figure of any live rule", "No limit came to bear",
		"No budget came to bear", "There are no columns", "No credit was ever issued", "Nothing is outstanding", "No week of expiry has passed", "Nothing was decided tonight", "No row was rejected",
		"Nothing is unlike the nights before", "There is no rule on trial", "No award waits for a person"} {
		if !strings.Contains(text, sentence) {
			t.Errorf("it does not say %q", sentence)
		}
	}
	if sections := bytes.Count(content, []byte("<section ")); sections != 12 {
		t.Errorf("%d sections, want 12", sections)
	}
}

// With a few nights of history, nothing can be unlike them; and of very many customers
// it is said how many more there are.
func TestYoungLedgers(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]report.Analysis{
		"There is nothing to compare with yet: it takes 7 nights before this one, and none is settled.": {NightsToCompare: 7},
		"There is nothing to compare with yet: it takes 7 nights before this one, and 6 are settled.":   {NightsBefore: 6, NightsToCompare: 7},
		"Nothing is unlike the nights before.":                                                          {NightsBefore: 7, NightsToCompare: 7},
		"And 1,234 more customers who got far more credits":                                             {NightsBefore: 7, NightsToCompare: 7, MoreCustomers: 1234},
	} {
		night := emptyNight()
		night.NightsBefore, night.NightsToCompare, night.MoreCustomers = a.NightsBefore, a.NightsToCompare, a.MoreCustomers
		if !strings.Contains(textOf(mustNight(t, night)), want) {
			t.Errorf("not on the page: %s", want)
		}
	}
}

// What flows into a node flows out of it, and what is drawn is what was counted.
func TestFlowsAddUp(t *testing.T) {
	t.Parallel()
	a := fullNight()
	a.Summary.Sources[0].Issued -= 7     // seven of the credits are of released holds
	a.Summary.Sources[0].Suppressed -= 2 // and so are two that came to nothing
	a.Summary.Sources[0].Unmatched += 9
	flow := incidentFlow(a.Summary)
	in, out := map[string]int64{}, map[string]int64{}
	for _, l := range flow.Links {
		if l.Value <= 0 {
			t.Errorf("the stream from %s to %s has %d", l.From, l.To, l.Value)
		}
		out[l.From] += l.Value
		in[l.To] += l.Value
	}
	if len(flow.Nodes) != len(in)+3 {
		t.Errorf("%d nodes, and %d are flown into", len(flow.Nodes), len(in))
	}
	for name, want := range map[string]int64{"source deliveries": 400 - 7 + 73 + 905 - 2, "source service": 23 + 9 + 62, "released": 9, "issued": 423, "held": 82, "nothing": 967} {
		if out[name] != want {
			t.Errorf("%d flow out of %q, want %d", out[name], name, want)
		}
		if in[name] != 0 && in[name] != want {
			t.Errorf("%d flow into %q, want %d", in[name], name, want)
		}
	}
	for i := range a.Summary.Sources {
		f := &a.Summary.Sources[i]
		var rows int64
		for _, l := range rowsChart(f).Data.(*Sankey).Links {
			rows += l.Value
		}
		if rows != f.Read {
			t.Errorf("%s: %d of %d rows are drawn", f.Source, rows, f.Read)
		}
	}
}

// A hold may outlive its rule, and the values that its event had: what is issued
// of it is on the page all the same.
func TestCreditsOfGoneRulesAreOnThePage(t *testing.T) {
	t.Parallel()
	gone := []report.MoneyLine{{Rule: "gone", Reason: "OLD", Funding: "seller", Currency: "USD", Count: 2, Minor: 4321}}
	for name, a := range map[string]*report.Analysis{"full": fullNight(), "empty": emptyNight()} {
		a.Summary.Issued = append(a.Summary.Issued, gone...)
		a.Breakdowns = append(a.Breakdowns, report.Breakdown{Source: "deliveries", Column: "country", UnknownCredits: 2, UnknownIssued: money.ByCurrency{"USD": 4321}})
		text := textOf(mustNight(t, a))
		for _, want := range []string{"gone, which is no live rule any more, has 2 credits of $43.21 of released holds, paid by seller.",
			"By country of deliveries there is nothing: no event became final tonight. Not in the table: 2 credits of released holds, $43.21"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: it does not say %q", name, want)
			}
		}
	}
	if text := textOf(mustNight(t, fullNight())); strings.Contains(text, "no live rule any more") {
		t.Error("a live rule is said to be gone")
	}
}

// Holds with several causes are not parted by cause.
func TestHoldsOfSeveralCausesStayOneStream(t *testing.T) {
	t.Parallel()
	s := fullNight().Summary
	s.HoldCauses[0].Count++
	for _, l := range incidentFlow(s).Links {
		if l.From == "held" && l.Value != 82 {
			t.Errorf("%d of 82 holds flow to %s", l.Value, l.To)
		}
	}
}

func TestSumsThatDoNotAddUpComeFirst(t *testing.T) {
	t.Parallel()
	a := fullNight()
	a.Summary.RollForward[0].Closing++
	a.Summary.Sources[0].Read++
	text := textOf(mustNight(t, a))
	if strings.Count(text, "Does not add up") != 2 {
		t.Error("the page does not say that sums do not add up")
	}
}

// What comes from data is text: in elements, in attributes and in the JSON of
// charts, which holds no character that could end its element or its line.
func TestDataIsNeverMarkup(t *testing.T) {
	t.Parallel()
	a := fullNight()
	for _, evil := range []string{script, "</script><script>window.ran=1</script>", "\u2028\u2029", "<!--", "]]>", `" onmouseover="window.ran=1`, "&lt;b&gt;"} {
		a.Rules[0].Rule, a.Breakdowns[0].Lines[0].Value, a.Summary.Suppressions[1].Reason = "r"+evil, "v"+evil, "s"+evil
		a.Summary.Sources[0].Source, a.Budgets[0].Budget, a.Examples[0].EventID, a.Summary.BusinessDate = "d"+evil, "b"+evil, "e"+evil, "2026"+evil
		content := mustNight(t, a)
		if !strings.Contains(textOf(content), testSpace.ReplaceAllString("r"+evil, " ")) {
			t.Errorf("%q is not shown as it is", evil)
		}
		if n := bytes.Count(content, []byte("<img")); n != 0 {
			t.Errorf("%q: %d elements from data", evil, n)
		}
		for _, m := range regexp.MustCompile(`(?s)<script type="application/json">(.*?)</script>`).FindAllSubmatch(content, -1) {
			if bytes.ContainsAny(m[1], "<>&\u2028\u2029") {
				t.Errorf("%q: JSON holds it bare: %.80s", evil, m[1])
			}
		}
		if scripts := bytes.Count(content, []byte("<script")); scripts != 2+bytes.Count(content, []byte(`<script type="application/json">`)) {
			t.Errorf("%q: a script more", evil)
		}
	}
}

// What screen readers and links go by is there: one first heading, headings
// without a gap, ids once each, links and labels that lead somewhere, captions
// and scopes of tables, names of charts.
func TestThePageCanBeFoundOnesWayIn(t *testing.T) {
	t.Parallel()
	content := testScripts.ReplaceAllString(string(mustNight(t, fullNight())), "")
	all := func(pattern string) []string {
		var found []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(content, -1) {
			found = append(found, m[1])
		}
		return found
	}
	ids := map[string]bool{}
	for _, id := range all(` id="([^"]*)"`) {
		if ids[id] {
			t.Errorf("the id %q stands twice", id)
		}
		ids[id] = true
	}
	for _, to := range append(all(` href="#([^"]*)"`), all(` aria-labelledby="([^"]*)"`)...) {
		if !ids[to] {
			t.Errorf("%q leads nowhere", to)
		}
	}
	if hrefs := all(` (?:href|src)="([^#"][^"]*)"`); len(hrefs) > 0 {
		t.Errorf("the page points outside of itself: %q", hrefs)
	}
	before := "1"
	for _, level := range all(`<h([1-6])`)[1:] {
		if level > "3" || level == "1" || level == "3" && before == "1" {
			t.Errorf("a heading of level %s after %s", level, before)
		}
		before = level
	}
	for _, of := range []struct{ what, each string }{{"<table>", "<caption>"}, {`role="img"`, `role="img" aria-label="`}, {"<figure", `role="img"`}, {"<details", "<summary>"}} {
		if n, m := strings.Count(content, of.what), strings.Count(content, of.each); n == 0 || m < n {
			t.Errorf("%d times %s, %d times %s", n, of.what, m, of.each)
		}
	}
	for _, landmark := range []string{`<html lang="en">`, "<header", "<nav", "<main", "<footer", `class="skip" href="#content"`} {
		if strings.Count(content, landmark) != 1 {
			t.Errorf("%d times %s, want it once", strings.Count(content, landmark), landmark)
		}
	}
	if empty := all(`<th([^>]*)></th>`); len(empty) > 0 || strings.Contains(content, `aria-label=""`) {
		t.Errorf("a header or a name is empty: %q", empty)
	}
}
