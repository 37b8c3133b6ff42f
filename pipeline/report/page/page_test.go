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
	for _, sentence := range []string{"Nothing stands out", "Nothing moves tonight", "No row was read tonight", "No rule fits any incident", "There is no figure of any live rule", "No limit came to bear",
		"No budget came to bear", "There are no columns", "No credit was ever issued", "Nothing is outstanding", "No week of expiry has passed", "Nothing was decided tonight", "No row was rejected",
		"Nothing is unlike the nights before", "There is no rule on trial"} {
		if !strings.Contains(text, sentence) {
			t.Errorf("it does not say %q", sentence)
		}
	}
	if sections := bytes.Count(content, []byte("<section ")); sections != 11 {
		t.Errorf("%d sections, want 11", sections)
	}
}

// What flows into a node flows out of it, and what is drawn is what was counted.
func TestFlowsAddUp(t *testing.T) {
	t.Parallel()
	a := fullNight()
	a.Summary.Sources[0].Issued -= 7 // seven of the credits are of released holds
	a.Summary.Sources[0].Unmatched += 7
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
	for name, want := range map[string]int64{"source deliveries": 400 - 7 + 73 + 905, "source service": 23 + 9 + 62, "released": 7, "issued": 423, "held": 82, "nothing": 967} {
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
