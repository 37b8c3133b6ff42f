package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/money"
)

// files makes rulebook files of path, text pairs.
func files(pairs ...string) []File {
	var made []File
	for i := 0; i < len(pairs); i += 2 {
		made = append(made, File{Path: pairs[i], Bytes: []byte(pairs[i+1])})
	}
	return made
}

func TestParseOrder(t *testing.T) {
	t.Parallel()
	book, list := Parse(files(
		"b.yaml", "rules:\n- {id: third, on: x, when: a, amount: b, reason: R}\ntables: {caps: {b: 2}}\nterms: {standard: {valid_days: 3}}\n",
		"a/z.yaml", "rules:\n- {id: second, on: x, when: a, amount: b, reason: R}\ndefine: {x: {d: '1', c: '2'}}\n",
		"B.yaml", "rules:\n- {id: first, on: x, when: a, amount: b, reason: R}\ntables: {caps: {a: 1}}\ndefine: {x: {e: '3'}}\n",
	))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	var ids, names []string
	for _, rule := range book.Rules {
		ids = append(ids, rule.ID)
	}
	for _, define := range book.Defines["x"] {
		names = append(names, define.Name)
	}
	if diff := cmp.Diff([]string{"first", "second", "third"}, ids); diff != "" {
		t.Errorf("rules are not in bytewise order of paths: %s", diff)
	}
	if diff := cmp.Diff([]string{"e", "d", "c"}, names); diff != "" {
		t.Errorf("definitions are not in order: %s", diff)
	}
	caps := book.Tables["caps"].Entries
	if len(caps) != 2 || caps["a"].Leaf != "1" || caps["b"].Leaf != "2" {
		t.Errorf("the table was not merged: %+v", caps)
	}
}

func TestParseTwice(t *testing.T) {
	t.Parallel()
	first := `
combine: sum
hold_days: 3
min_award: {USD: 1}
guardrails: {max_amount: {USD: 1}}
terms: {standard: {valid_days: 3}}
tables: {caps: {late: {USD: 1}, other: 2}}
define: {x: {d: "1"}}
rules: [{id: r, on: x, when: a, amount: b, reason: R}]
limits: [{id: l, per: customer, max_count: 1, exceed: deny}]
void: [{id: r, when: a}]
`
	second := `combine: sum
hold_days: 3
min_award: {USD: 1}
guardrails: {max_amount: {USD: 1}}
terms: {standard: {valid_days: 3}}
tables: {caps: {late: {USD: 1, GBP: 1}, other: {a: 2}}}
define: {x: {d: "1"}}
rules: [{id: r, on: x, when: a, amount: b, reason: R}]
limits: [{id: l, per: customer, max_count: 1, exceed: deny}]
void: [{id: v, when: a}]
`
	_, list := Parse(files("1.yaml", first, "2.yaml", second))
	var found []string
	for _, d := range list {
		found = append(found, d.String())
	}
	want := []string{
		"2.yaml:1:1: B010: combine is already at 1.yaml:2",
		"2.yaml:2:1: B010: hold_days is already at 1.yaml:3",
		"2.yaml:3:1: B010: min_award is already at 1.yaml:4",
		"2.yaml:4:1: B010: guardrails is already at 1.yaml:5",
		"2.yaml:5:9: B010: the terms standard is already at 1.yaml:6",
		"2.yaml:6:24: B010: the table key caps.late.USD is already at 1.yaml:7",
		"2.yaml:6:41: B010: the table key caps.other is already at 1.yaml:7",
		"2.yaml:7:14: B010: the definition d is already at 1.yaml:8",
		"2.yaml:8:14: B010: the rule r is already at 1.yaml:9",
		"2.yaml:9:15: B010: the limit l is already at 1.yaml:10",
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
	_, list = Parse(files("1.yaml", "hold_days: 3", "1.yaml", "combine: sum"))
	if !strings.Contains(list.Err().Error(), `1.yaml: B010: the file "1.yaml" is given twice`) {
		t.Errorf("one path twice: %v", list)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	var bytes []byte
	for _, s := range []string{"a.yaml", "combine: sum", "b.yaml", ""} {
		bytes = append(bytes, 0, 0, 0, 0, 0, 0, 0, byte(len(s)))
		bytes = append(bytes, s...)
	}
	sum := sha256.Sum256(bytes)
	book, _ := Parse(files("b.yaml", "", "a.yaml", "combine: sum"))
	if want := hex.EncodeToString(sum[:]); book.SHA256 != want {
		t.Errorf("digest %s, want %s", book.SHA256, want)
	}
	moved, _ := Parse(files("b.yaml", "combine: sum", "a.yaml", ""))
	if moved.SHA256 == book.SHA256 {
		t.Error("bytes in another file have the same digest")
	}
}

// TestParseValues reads DESIGN's rulebook.
func TestParseValues(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/good/design.yaml")
	if err != nil {
		t.Fatal(err)
	}
	book, list := Parse(files("late.yaml", string(data)))
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	if book.Combine != Highest || book.HoldDays != 14 {
		t.Errorf("combine %v, hold_days %d", book.Combine, book.HoldDays)
	}
	if diff := cmp.Diff(money.ByCurrency{"USD": 25, "GBP": 20, "JPY": 30}, book.MinAward); diff != "" {
		t.Error(diff)
	}
	standard := *book.Terms["standard"]
	standard.At = diag.Text{}
	if diff := cmp.Diff(Terms{
		Name: "standard", ValidDays: 30, MinPurchase: money.ByCurrency{"USD": 2500, "GBP": 2000, "JPY": 3000},
		CategoriesExcept: []string{"gift-cards"}, SoldBy: "first-party", RemindDays: 7,
	}, standard); diff != "" {
		t.Errorf("standard terms: %s", diff)
	}
	// 2026-11-30 is day 20787 of the epoch: 56 years with 14 leap days, and 333 days.
	holiday := book.Terms["holiday"]
	if !holiday.HasExpiresOn || holiday.ExpiresOn != 56*365+14+333 || holiday.MinValidDays != 14 || !holiday.Stackable {
		t.Errorf("holiday terms: %+v", holiday)
	}
	late := book.Rules[0]
	if late.ID != "late-prime" || late.On != "deliveries" || late.Priority != 10 || late.Mode != Live || !late.HasMessage ||
		!late.HasFrom || late.HasUntil || late.From.String() != "2026-01-01" || late.Uncapped || late.Funding.Source != "platform" {
		t.Errorf("rule: %+v", late)
	}
	damaged := book.Rules[1]
	if damaged.Priority != 100 || damaged.Terms != "holiday" || !damaged.Uncapped || damaged.HasMessage || damaged.Funding.Source != "platform" {
		t.Errorf("rule: %+v", damaged)
	}
	limit := book.Limits[0]
	if limit.Per != PerCustomer || limit.WindowDays != 90 || !limit.HasCount || limit.MaxCount != 3 || limit.MaxAmount["JPY"] != 6000 || limit.Exceed != Trim {
		t.Errorf("limit: %+v", limit)
	}
	if b := book.Budgets[0]; b.Per != PerRun || b.MaxAmount["USD"] != 5000000 || b.Exceed != Hold {
		t.Errorf("budget: %+v", b)
	}
	if g := book.Guardrails; g.MaxAmountVsMedian != 3*money.One || g.MedianDays != 28 || g.MinHistory != 7 || g.MaxAmount["GBP"] != 6500000 {
		t.Errorf("guardrails: %+v", g)
	}
	if x := book.Exclusions[0]; x.ID != "compensated" || !cmp.Equal(x.On, []string{"deliveries", "defects"}) {
		t.Errorf("exclusion: %+v", x)
	}
	if pos, _ := late.When.At(strings.Index(late.When.Source, "customer")); pos != (diag.Pos{File: "late.yaml", Line: 16, Col: 30}) {
		t.Errorf("customer in when: %v", pos)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	book, list := Parse(nil)
	if len(list) > 0 || book.HoldDays != 14 || book.Combine != Highest || book.MinAward == nil || book.Guardrails != nil {
		t.Errorf("an empty rulebook: %+v, %v", book, list)
	}
	book, _ = Parse(files("a.yaml", "rules: [{id: r, on: x, when: a, amount: b, reason: R, mode: shadow, until: 2026-01-02}]\nguardrails: {max_amount: {USD: 1}}\ncombine: sum"))
	rule := book.Rules[0]
	if rule.TermsName() != "standard" || rule.Mode != Shadow || rule.Until != calendar.Date(56*365+14+1) || !rule.HasUntil {
		t.Errorf("rule: %+v", rule)
	}
	if g := book.Guardrails; g.MedianDays != 28 || g.MinHistory != 7 || g.MaxAmountVsMedian != 0 {
		t.Errorf("guardrails: %+v", g)
	}
	if book.Combine != Sum {
		t.Error("combine: sum")
	}
}

func TestLongMessage(t *testing.T) {
	t.Parallel()
	for _, length := range []int{2000, 2001} {
		text := "rules: [{id: r, on: x, when: a, amount: b, reason: R, message: " + strings.Repeat("x", length) + "}]\nterms: {standard: {valid_days: 3}}"
		if _, list := Parse(files("a.yaml", text)); list.HasErrors() != (length > 2000) {
			t.Errorf("%d bytes: %v", length, list)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, path := range []string{"good/design.yaml", "bad/structure.yaml", "bad/references.yaml", "bad/caps.yaml", "bad/messages.yaml", "bad/scope.yaml"} {
		data, err := os.ReadFile("testdata/" + path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		book, list := Parse(files("a.yaml", string(data)))
		program, more := Compile(book, shop())
		if (program == nil) != (list.HasErrors() || more.HasErrors()) {
			t.Errorf("program %v with %v and %v", program != nil, list, more)
		}
		if program == nil {
			return
		}
		for _, source := range program.Sources {
			for _, r := range source.Rules {
				if r.When == nil || r.Amount == nil || r.Funding == nil {
					t.Errorf("rule %s of a good rulebook is not whole", r.Rule.ID)
				}
			}
			for _, guard := range append(append([]GuardProgram{}, source.Exclusions...), source.Approvals...) {
				if guard.When == nil {
					t.Errorf("guard %s of a good rulebook is not whole", guard.ID)
				}
			}
		}
	})
}
