package report

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"amends/rules/money"

	"github.com/google/go-cmp/cmp"
)

// By hand: c-1 loses $1.00 of $5.00, c-2 gains £2.00.
func smallDiff() *Diff {
	usd := DiffLine{Currency: "USD", Changed: 1, Issued: DiffFlow{AMinor: 500, ChangedMinor: -100, BMinor: 400}}
	gbp := DiffLine{Currency: "GBP", Gained: 1, Issued: DiffFlow{GainedMinor: 200, BMinor: 200}}
	late, lost := usd, gbp
	late.Value, lost.Value = "late", "lost"
	return &Diff{
		Basis: DiffSimulated, From: "2026-01-05", To: "2026-01-06", Nights: []string{"2026-01-05", "2026-01-06"}, Differs: true,
		A: DiffSide{Name: "rules", What: "the workspace's rules as they are now (rules)", HeldCount: 1, Held: money.ByCurrency{"USD": 3000}}, B: DiffSide{Name: "new_rules", What: "the rulebook in new_rules"},
		Headline: "With new_rules, 2 credits change.", Notes: []string{"A *note*."},
		RuleChanges: DiffRules{Changes: []DiffRuleChange{
			{Change: RuleMissing, Kind: "limit", Name: "per-order", A: "per: order", Parts: []DiffRulePart{{"per", "order"}, {"exceed", "deny"}}, PlaceA: "rules/limits.yaml:3"},
			{Change: RuleAdded, Kind: "table", Name: "caps.lost", B: "30", Parts: []DiffRulePart{{"", "30"}}, PlaceB: "new_rules/lost.yaml:2"},
			{Change: RuleChanged, Kind: "rule", Name: "late", Part: "when", A: `days_late >= 1 and (exception_code ?? "") != "weather" and customer.tier == "prime"`, B: `days_late >= 2 and (exception_code ?? "") != "weather" and customer.tier == "prime"`, PlaceA: "rules/late.yaml:2", PlaceB: "new_rules/late.yaml:2"},
			{Change: RuleChanged, Kind: "rule", Name: "late", Part: "message", A: "We are sorry that order {order_id} came late.", B: "Order {order_id} came {days_late} days later than promised.", PlaceB: "new_rules/late.yaml:2"},
			{Change: RuleChanged, Kind: "rule", Name: "late", Part: "terms", A: "standard", B: "holiday", PlaceA: "rules/late.yaml:2", PlaceB: "new_rules/late.yaml:2"},
			{Change: RuleChanged, Kind: "table", Name: "caps.late.USD", A: "5.00", B: "4.00", PlaceA: "rules/tables.yaml:2", PlaceB: "new_rules/tables.yaml:2"},
		}},
		Counts: DiffCounts{Gained: 1, Changed: 1, Less: 1, Other: 2, Same: 1234}, Totals: []DiffLine{gbp, usd}, Rules: []DiffLine{lost, late, {Value: "quiet", Currency: "USD"}},
		Bounds: []DiffBound{
			{Kind: "limit", ID: "per-customer", Currency: "USD", A: DiffBoundDid{Lowered: 3, TakenMinor: 700}, B: DiffBoundDid{Lowered: 2, Denied: 1, TakenMinor: 900}},
			{Kind: "approval", ID: "large", Currency: "USD", A: DiffBoundDid{Held: 1, HeldMinor: 3000}},
			{Kind: "budget", ID: "nightly", Currency: "USD", A: DiffBoundDid{Denied: 1, TakenMinor: 5}, B: DiffBoundDid{Denied: 1, TakenMinor: 5}},
		},
		RollForward: []DiffLedger{{Currency: "USD", A: RollForwardLine{Opening: 100, Issued: 500, Redeemed: 50, Closing: 550}, B: RollForwardLine{Opening: 100, Issued: 400, Redeemed: 30, Closing: 470}}},
		NearMisses: []NearMiss{{
			CutOff: CutOff{Of: "rule late", Rules: []string{"late"}, Text: "days_late >= 2", Value: "2", Place: "new_rules/late.yaml:2"}, Before: "1",
			Now:   CutOffStep{Value: "2", Hits: 10, WouldGive: money.ByCurrency{"USD": 450}, Credits: 10, Issued: money.ByCurrency{"USD": 400}},
			Steps: []CutOffStep{{Value: "1", Hits: 12, Credits: 12, Issued: money.ByCurrency{"USD": 500}, Gained: 2}, {Value: "3", Refused: "no"}, {Value: "7", Hits: 10, Credits: 10, Issued: money.ByCurrency{"USD": 400}}, {Value: "8", Hits: 10, Credits: 10, Issued: money.ByCurrency{"USD": 400}}},
		}, {
			CutOff: CutOff{Of: "exclusion old", Text: "age > 90", Value: "90", Place: "rules/x.yaml:3"}, Before: "90",
			Now:   CutOffStep{Value: "90", Credits: 10},
			Steps: []CutOffStep{{Value: "89", Credits: 10}, {Value: "91", Credits: 10}},
		}},
		Examples: []DiffExample{{Kind: DiffChanged, CreditID: "cr1_0", Source: "deliveries", EventID: "d|1", CustomerID: "c-1", OrderID: "o-1", Currency: "USD",
			A: DiffExampleSide{Date: "2026-01-05", Minor: 500, Sentence: "$5.00 because late gave $5.00. Not held, not limited."}, B: DiffExampleSide{Date: "2026-01-06", Minor: 400, Sentence: "$4.00 because late gave $4.00."}}},
		Transitions: []DiffTransition{{Kind: DiffOther, From: "issued by early", To: "issued by late", What: "rule, message", Count: 2}, {Kind: DiffChanged, From: "issued by late", To: "issued by late", Count: 1, Difference: money.ByCurrency{"USD": -100}}},
	}
}

func TestDiffMarkdown(t *testing.T) {
	t.Parallel()
	want := strings.ReplaceAll(`### What would change with 'new_rules'

**With new\_rules, 2 credits change.**

*Before* is the workspace's rules as they are now (rules). *After* is the rulebook in new\_rules.
2 nights, 2026-01-05 to 2026-01-06. Both ran in memory over the same files, each on a ledger of its own that begins alike; nothing was written.

> [!NOTE]
> - A \*note\*.

#### What changed in the rules

- **removed** limit 'per-order' ('rules/limits.yaml:3')
  - 'per': 'order'
  - 'exceed': 'deny'
- **new** table value 'caps.lost' ('new_rules/lost.yaml:2'): '30'
- rule 'late' ('new_rules/late.yaml:2')
  - 'when': 'days_late >= 1 and (exception_code …' → 'days_late >= 2 and (exception_code …'
    - after: 'days_late >= 2 and (exception_code ?? "") != "weather" and customer.tier == "prime"'
  - 'message':
    - before: 'We are sorry that order {order_id} came late.'
    - after: 'Order {order_id} came {days_late} days later than promised.'
  - 'terms': 'standard' → 'holiday'
- table value 'caps.late.USD' ('new_rules/tables.yaml:2'): '5.00' → '4.00'

#### Credits and their money

- **1** gained: nothing before, issued or held after
- **1** changed: another amount, or issued against held: 1 less
- **2** with the same money, and something else is another: rule, message
- 1,234 incidents that came out the same before and after

| currency | before | gained | changed | after | difference | % | credits |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 'GBP' |  | +£2.00 |  | £2.00 | +£2.00 |  | 1 |
| 'USD' | \$5.00 |  | -\$1.00 | \$4.00 | -\$1.00 | -20.0% | 1 |

**By rule**

| rule | before | gained | changed | after | difference | % | credits |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 'lost' |  | +£2.00 |  | £2.00 | +£2.00 |  | 1 |
| 'late' | \$5.00 |  | -\$1.00 | \$4.00 | -\$1.00 | -20.0% | 1 |

Without a difference: 1 line.

#### What customers can still use after these nights

| currency | before | after | difference | issued | redeemed |
| --- | ---: | ---: | ---: | ---: | ---: |
| USD | \$5.50 | \$4.70 | -\$0.80 | -\$1.00 | +\$0.20 |

The columns after the difference are its parts: what is redeemed, forfeited or voided less adds to it, and more takes from it.

Waiting for a person then: 1 award (\$30.00) before, 0 awards after.

#### Limits, budgets and approvals that bind

Before → after, on all nights together.

| what binds | currency | lowered | denied | what it took | waiting | worth |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| limit 'per-customer' | USD | 3 → 2 | 0 → 1 | \$7.00 → \$9.00 |  |  |
| approval 'large' | USD |  |  |  | 1 → 0 | \$30.00 → \$0.00 |

The same before and after: 1 other.

#### Near misses

What other numbers beside a cut-off would give on the same nights, all rules, limits and budgets applied.

- 'days_late >= 2' of rule late ('new_rules/late.yaml:2'), 1 before: 10 hits, which would give \$4.50 before any limit
  - 1 instead of 2: 2 credits more, \$1.00 more
  - 3 instead of 2: check refuses it: no
  - 7, 8 instead of 2: no difference

<details>
<summary>1 cut-off where no number that was tried makes a difference</summary>

- 'age > 90' of exclusion old ('rules/x.yaml:3')
  - 89, 91 instead of 90: no difference

</details>

#### The largest changes

Some of each kind and currency, the largest first.

| event, credit | before | after | difference |
| --- | --- | --- | ---: |
| deliveries <code>d&#124;1</code><br>'cr1_0' | 2026-01-05: \$5.00 because late gave \$5.00. | 2026-01-06: \$4.00 because late gave \$4.00. | changed -\$1.00 |

Why it was so before, condition by condition: 'amends explain --dry-run --date DATE --credit CREDIT'. After: the same in a copy of the workspace that has these rules.
Both read the ledger as it was really settled. After the first night, each side here goes on from its own: what limits, budgets and history leave may differ.

<details>
<summary>Where and why, and what else came out differently</summary>

**What became of them**

| before | after | credits | difference |
| --- | --- | ---: | ---: |
| issued by early | issued by late; other: rule, message | 2 |  |
| issued by late | issued by late | 1 | -\$1.00 |

</details>

<sub>A difference is after less before. '--html FILE' draws all of this, '--csv FILE' lists every credit that differs.</sub>
`, "'", "`")
	want = strings.ReplaceAll(want, "workspace`s", "workspace's")
	if diff := cmp.Diff(want, DiffMarkdown(smallDiff())); diff != "" {
		t.Error(diff)
	}
}

// Rulebooks with nothing in common, hundreds of rules in fifty currencies and
// names as long as a file system takes: what has no room is counted, what is
// shown adds up, and folded parts end.
func TestDiffMarkdownFitsAComment(t *testing.T) {
	t.Parallel()
	d := smallDiff()
	long := strings.Repeat("@`|*<日", 150)
	d.A.Name, d.B.Name, d.A.What, d.B.What, d.Headline = strings.Repeat(long, 4), strings.Repeat(long, 4), strings.Repeat(long, 6), strings.Repeat(long, 6), strings.Repeat(long, 6)
	line, transition, example, bound, near := d.Rules[1], d.Transitions[0], d.Examples[0], d.Bounds[0], d.NearMisses[0]
	d.Rules, d.Totals = nil, nil
	for i := range 300 {
		d.Notes = append(d.Notes, long)
		d.RuleChanges.Changes = append(d.RuleChanges.Changes, DiffRuleChange{Change: RuleChanged, Kind: "rule", Name: fmt.Sprint(i, long), Part: "when", A: long, B: "x" + long, PlaceB: long})
		line.Value, line.Currency = fmt.Sprint("rule-", i), fmt.Sprintf("X%02d", i%50)
		d.Rules = append(d.Rules, line)
		transition.From, example.EventID, bound.ID, near.Text = long, long, long, long
		d.Transitions, d.Examples, d.Bounds, d.NearMisses = append(d.Transitions, transition), append(d.Examples, example), append(d.Bounds, bound), append(d.NearMisses, near)
		d.Redemptions, d.Rejects = append(d.Redemptions, DiffRedemption{Outcome: long}), append(d.Rejects, DiffReject{Code: long, File: long, Detail: long})
		d.Requests = append(d.Requests, DiffRequest{ID: long, A: long})
		d.RollForward = append(d.RollForward, DiffLedger{Currency: line.Currency, B: RollForwardLine{Issued: 1, Closing: 1}})
	}
	for i := range 50 {
		l := line
		l.Currency = fmt.Sprintf("X%02d", i)
		d.Totals = append(d.Totals, l)
	}
	for range 8 {
		d.Breakdowns = append(d.Breakdowns, DiffBreakdown{Column: long, Lines: d.Rules})
	}
	for _, name := range []string{"all", "short names", "one currency"} {
		switch name {
		case "short names":
			d.A.Name, d.B.Name, d.A.What, d.B.What, d.Headline = "rules", "new", "the rules", "the new rules", "Much changes."
		case "one currency":
			for i := range d.Rules {
				d.Rules[i].Currency = "USD"
			}
		}
		text := DiffMarkdown(d)
		if len(text) > MaxMarkdown || !utf8.ValidString(text) || !strings.Contains(text, "\nLeft out, because a comment has room for 65,536 characters: ") ||
			strings.Count(text, "<details>") != strings.Count(text, "</details>") {
			t.Errorf("%s: %d bytes: %s", name, len(text), text[max(0, len(text)-600):])
		}
		if name == "one currency" && !strings.Contains(text, " others | \\$") {
			t.Errorf("no line adds up the rules that have no room:\n%s", text)
		}
		if text != DiffMarkdown(d) {
			t.Errorf("%s: other bytes the second time", name)
		}
	}
}

func TestDiffMarkdownOfNoDifference(t *testing.T) {
	t.Parallel()
	d := &Diff{Basis: DiffPublished, From: "2026-01-05", Nights: []string{"2026-01-05"}, A: DiffSide{Name: "a"}, B: DiffSide{Name: "b", RulebookSHA256: "1"}, Headline: "No difference."}
	want := "### What differs between `a` and `b`\n\n**No difference.**\n\n*Before* is . *After* is .\nNight of 2026-01-05.\n\n" +
		"#### What changed in the rules\n\nNothing that has a meaning: names of files, comments and spacing have none.\n"
	if diff := cmp.Diff(want, DiffMarkdown(d)); diff != "" {
		t.Error(diff)
	}
}
