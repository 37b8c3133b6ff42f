package report

import (
	"errors"
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"amends/rules/money"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden file anew")

func shown(t interface{ Fatal(...any) }, s *Summary, o TextOptions) string {
	var b strings.Builder
	if err := Text(&b, s, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The golden file was read line by line against sampleNight.
func TestTextOfANight(t *testing.T) {
	t.Parallel()
	const golden = "testdata/night.txt"
	got := shown(t, sampleNight(), TextOptions{Dir: "state/runs/2026-01-15"})
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("text of the night (-want +got):\n%s", diff)
	}
}

func TestADryRunSaysSoFirst(t *testing.T) {
	t.Parallel()
	first, _, _ := strings.Cut(shown(t, sampleNight(), TextOptions{DryRun: true}), "\n")
	if !strings.HasPrefix(first, "Dry run: nothing was committed.") || !strings.Contains(first, "2026-01-15") {
		t.Errorf("the first line is %q", first)
	}
}

func TestEmptySectionsAreLeftOut(t *testing.T) {
	t.Parallel()
	got := shown(t, &Summary{BusinessDate: "2026-01-15", EffectiveDate: "2026-01-16", AsOf: "2026-01-16T05:00:00Z", Timezone: "America/New_York"}, TextOptions{})
	want := `Night of 2026-01-15, committed.
Settled as of 2026-01-16T05:00:00Z, the midnight that ends it in America/New_York.
New credits can be used from 2026-01-16.

Nothing was issued, held or forfeited.
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("an empty night (-want +got):\n%s", diff)
	}
}

func TestColourOnlyWhereAskedFor(t *testing.T) {
	t.Parallel()
	if got := shown(t, sampleNight(), TextOptions{}); strings.Contains(got, "\x1b") {
		t.Error("an escape without a terminal")
	}
	if got := shown(t, sampleNight(), TextOptions{Colour: true}); !strings.Contains(got, "\x1b[1mIssued\x1b[0m: 21 credits") {
		t.Error("no bold heading on a terminal")
	}
}

func TestSumsThatDoNotAddUpSaySo(t *testing.T) {
	t.Parallel()
	const cry = "DOES NOT ADD UP"
	if strings.Contains(shown(t, sampleNight(), TextOptions{}), cry) {
		t.Error("the sample adds up")
	}
	for name, spoil := range map[string]func(*Summary){
		"rows":    func(s *Summary) { s.Sources[0].Read++ },
		"holds":   func(s *Summary) { s.HoldFlow.Lapsed++ },
		"opening": func(s *Summary) { s.RollForward[1].Opening++ },
		"closing": func(s *Summary) { s.RollForward[0].Closing-- },
		"voided":  func(s *Summary) { s.RollForward[1].Voided = 0 },
	} {
		s := sampleNight()
		spoil(s)
		if n := strings.Count(shown(t, s, TextOptions{}), cry); n != 1 {
			t.Errorf("%s: said %d times, want once", name, n)
		}
	}
}

func TestTextIsNarrowAndHasNoTrailingSpaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z\-_ü]{1,64}`)
		minor, count := rapid.Int64Range(-1_000_000_000, 1_000_000_000), rapid.Int64Range(0, 1_000_000)
		s := sampleNight()
		for i := range s.Rules {
			s.Rules[i].Rule, s.Rules[i].Hits = name.Draw(t, "rule"), count.Draw(t, "hits")
			s.Rules[i].Gross = money.ByCurrency{"USD": minor.Draw(t, "usd"), "KWD": minor.Draw(t, "kwd"), "CHF": 1}
		}
		for i := range s.Issued {
			s.Issued[i].Rule, s.Issued[i].Reason, s.Issued[i].Minor = name.Draw(t, "rule"), name.Draw(t, "reason"), minor.Draw(t, "issued")
		}
		s.Suppressions[0].Reason, s.HoldCauses[0].ID, s.Trims[0].By = name.Draw(t, "reason"), name.Draw(t, "id"), name.Draw(t, "by")
		s.Requests[0].ID, s.Requests[0].By, s.Requests[0].Detail = name.Draw(t, "id"), name.Draw(t, "by"), name.Draw(t, "detail")
		s.Rejects[0].Code, s.Notices[0] = name.Draw(t, "code"), strings.Repeat(name.Draw(t, "file"), 3)
		for range rapid.IntRange(0, 8).Draw(t, "more") {
			s.Sources = append(s.Sources, SourceFlow{Source: name.Draw(t, "source"), Read: count.Draw(t, "read")})
			s.RollForward = append(s.RollForward, RollForwardLine{Currency: "GBP", Opening: minor.Draw(t, "opening")})
		}
		for line := range strings.Lines(shown(t, s, TextOptions{})) {
			line = strings.TrimSuffix(line, "\n")
			if text.StringWidth(line) > MaxWidth || strings.TrimRight(line, " ") != line {
				t.Fatalf("%d columns: %q", text.StringWidth(line), line)
			}
		}
	})
}

func TestControlCharactersDoNotReachATerminal(t *testing.T) {
	t.Parallel()
	s := sampleNight()
	s.Rules[0].Rule, s.Requests[0].Detail, s.Notices[0] = "a\x1b[2J", "b\rc", "d\x07"
	if got := shown(t, s, TextOptions{}); strings.ContainsAny(got, "\x1b\r\x07") {
		t.Errorf("a control character in:\n%q", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestTheWritersErrorIsReturned(t *testing.T) {
	t.Parallel()
	if err := Text(full{}, sampleNight(), TextOptions{}); err == nil {
		t.Error("no error from a full disk")
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 12: "12", 999: "999", 1000: "1,000", -1234567: "-1,234,567",
		math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		b    money.ByCurrency
		want string
	}{
		{nil, "nothing"},
		{money.ByCurrency{"USD": 123456, "JPY": 1500, "KWD": 1234, "CHF": 5}, "CHF 0.05, ¥1,500, KWD 1.234, $1,234.56"},
		{money.ByCurrency{"USD": -5, "EUR": 0}, "-$0.05"},
		{money.ByCurrency{"USD": 0}, "nothing"},
	} {
		if got := Amounts(c.b); got != c.want {
			t.Errorf("Amounts(%v) = %q, want %q", c.b, got, c.want)
		}
	}
}

// Five sentences and how many more: the page has them all.
func TestTheTextEndsWithAnomaliesAndThePage(t *testing.T) {
	t.Parallel()
	six := []Anomaly{{Sentence: "a paid much"}, {Sentence: "b hit nothing."}, {Sentence: "c"}, {Sentence: "d"}, {Sentence: "e"}, {Sentence: "f"}}
	got := shown(t, sampleNight(), TextOptions{Dir: "runs/1", Report: "runs/1/report.html", Anomalies: six})
	want := "\nUnlike the nights before: 6 figures\n  a paid much.\n  b hit nothing.\n  c.\n  d.\n  e.\n  And 1 more, in the report.\n\nFiles: runs/1\nReport: runs/1/report.html\n"
	if !strings.HasSuffix(got, want) {
		t.Errorf("the text ends with\n%s\nwant\n%s", got[max(0, len(got)-len(want)-40):], want)
	}
	got = shown(t, sampleNight(), TextOptions{Anomalies: six[:5]})
	if !strings.HasSuffix(got, "  e.\n") {
		t.Errorf("five anomalies end with %q, want no count of more", got[len(got)-40:])
	}
}
