package lsp

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"amends/pipeline"
)

func TestDiagnosticsAsTyped(t *testing.T) {
	t.Parallel()
	c := connect(t)
	c.open("rules/late.yaml", rulesText)
	c.await("rules/late.yaml")
	text := c.replace("rules/late.yaml", rulesText, "item_price > 1.00", "item_prise > 1.00")
	marks := c.await("rules/late.yaml", "R010")
	// in runes the name begins at column 40, in UTF-16 one further
	at := strings.Index(text, "item_prise")
	if want := (span{positionOf(text, at), positionOf(text, at+len("item_prise"))}); marks[0].Range != want {
		t.Errorf("mark at %v, want %v", marks[0].Range, want)
	}
	if marks[0].Severity != 1 || !strings.Contains(marks[0].Message, `did you mean "item_price"`) {
		t.Errorf("mark: %+v", marks[0])
	}
	var told hover
	c.call("textDocument/hover", c.ask("rules/late.yaml", text, "and item_pri"), &told)
	if !strings.Contains(told.Contents.Value, "**R010**") {
		t.Errorf("hover on a mark: %q", told.Contents.Value)
	}
	text = c.replace("rules/late.yaml", text, "prise", "price")
	c.await("rules/late.yaml")
	if text != rulesText {
		t.Fatal("not the text of the beginning")
	}
	// a change of one file marks another: the test's rule is gone
	c.open("rules/late_test.yaml", testsText)
	c.replace("rules/late.yaml", text, "id: late", "id: later")
	c.await("rules/late_test.yaml", "T010")
	c.notify("textDocument/didClose", documentParams{textDocument{URI: c.uri("rules/late.yaml")}})
	c.await("rules/late_test.yaml") // closed without saving: what is on disk counts
	c.call("shutdown", nil, nil)
	c.notify("exit", nil)
	if <-c.ended; !c.clean {
		t.Error("the server did not see the shutdown")
	}
}

// TestDiagnosticsAreThoseOfCheck holds the marks to what amends check says of the
// same bytes on disk.
func TestDiagnosticsAreThoseOfCheck(t *testing.T) {
	t.Parallel()
	dir := newWorkspace(t)
	day := func() time.Time { return time.Date(2026, 1, 16, 12, 0, 0, 0, time.UTC) }
	for _, text := range []string{
		rulesText, strings.Replace(rulesText, "half,", "halve,", 1), strings.Replace(rulesText, "valid_days", "days", 1),
		strings.Replace(rulesText, `"gold"`, `"golt"`, 1), strings.Replace(rulesText, "min(half, caps.late[currency])", "half", 1), rulesText + "limits: [",
	} {
		draft := pipeline.NewDraft(pipeline.Config{Dir: dir}, day)
		buffers := map[string][]byte{"rules/late.yaml": []byte(text)}
		edited, err := draft.Check(buffers)
		if err == nil {
			err = draft.Learn(context.Background(), edited)
		}
		if err == nil {
			edited, err = draft.Check(buffers)
		}
		if err != nil {
			t.Fatal(err)
		}
		other := newWorkspace(t)
		if err := os.WriteFile(filepath.Join(other, "rules/late.yaml"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		config := pipeline.Config{Dir: other}
		today, err := pipeline.NextUnsettled(config, day())
		_, list, err := pipeline.Lint(context.Background(), config, pipeline.CheckOptions{Today: today, HasDate: err == nil})
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, d := range list {
			want = append(want, d.String())
		}
		for _, d := range edited.List {
			if !strings.HasSuffix(d.Pos.File, "_test.yaml") {
				got = append(got, d.String())
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-check +draft):\n%s", diff)
		}
	}
}

func TestHover(t *testing.T) {
	t.Parallel()
	c := connect(t)
	c.open("rules/late.yaml", rulesText)
	c.open("amends.yaml", workspaceText)
	c.open("rules/late_test.yaml", testsText)
	c.await("rules/late_test.yaml")
	for range 20 { // the columns' contents come a moment later
		var told hover
		c.call("textDocument/hover", c.ask("rules/late.yaml", rulesText, "when: customer.t"), &told)
		if strings.Contains(told.Contents.Value, "60 rows") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	tests := []struct{ file, text, piece, want string }{
		{"rules/late.yaml", rulesText, "when: customer.t", "`customer.tier`: string\n\nA column of customer, joined on customer_id. In 60 rows of the newest files: \"gold\", \"日本🚚\"."},
		{"rules/late.yaml", rulesText, "and item_p", "`item_price`: money"},
		{"rules/late.yaml", rulesText, "min(ha", "`half`: money\n\nDefined as: 0.5 * item_price"},
		{"rules/late.yaml", rulesText, "amount: mi", "`min`: min(a, b)\n\nthe least"},
		{"rules/late.yaml", rulesText, "caps.la", "`caps.late`: table"},
		{"rules/late.yaml", rulesText, "    reas", "**reason**\n\nThe reason code"},
		{"rules/late.yaml", rulesText, "- i", "**id**\n\nThe rule's name"},
		{"rules/late.yaml", rulesText, "{id: abuse, o", "**on**\n\nThe sources"},
		{"rules/late.yaml", rulesText, `{expires`, "`expires_on`: date"},
		{"amends.yaml", workspaceText, "    curr", "**currency**\n\nThe column"},
		{"rules/late_test.yaml", testsText, "{rule: la", "`late`\n\nA rule: customer.tier"},
	}
	for _, test := range tests {
		var told hover
		c.call("textDocument/hover", c.ask(test.file, test.text, test.piece), &told)
		if !strings.HasPrefix(told.Contents.Value, test.want) {
			t.Errorf("%q: %q, want %q", test.piece, told.Contents.Value, test.want)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	c := connect(t)
	c.open("rules/late.yaml", rulesText)
	c.await("rules/late.yaml")
	tests := []struct {
		old, with, piece string // what is written, and where
		want             []string
		not              []string
	}{
		{"item_price > 1.00", "it", "and it", []string{"item_price", "half", "customer", "caps", "days_between", "and", "as_of"}, []string{"customer.tier", "id"}},
		{"item_price > 1.00", "customer.", "and customer.", []string{"customer.tier", "customer.customer_id"}, []string{"item_price", "and"}},
		{"caps.late[currency]", "caps.", "caps.", []string{"caps.late", "caps.other"}, []string{"half"}},
		{"on: deliveries\n    when", "on: \n    when", "    on: ", []string{"deliveries"}, []string{"customers", "id"}},
		{"    reason: DELIVERY_LATE", "    reason: DELIVERY_LATE\n    ", "DELIVERY_LATE\n    ", []string{"mode", "priority", "terms"}, []string{"deliveries", "valid_days"}},
		{"    reason: DELIVERY_LATE", "    reason: DELIVERY_LATE\n    mode: ", "mode: ", []string{"live", "shadow"}, []string{"mode"}},
		{"    reason: DELIVERY_LATE", "    reason: DELIVERY_LATE\n    terms: ", "terms: ", []string{"standard"}, nil},
		{"{valid_days: 30}", "{valid_days: 30, ", "30, ", []string{"expires_on", "remind_days"}, []string{"id"}},
		{`when: customer.tier == "gold"}`, `when: customer.`, "when: customer.", []string{"customer.tier"}, []string{"item_price"}},
		{"    amount: min(half", "    amount: |\n      min(hal", "min(hal", []string{"half"}, []string{"id"}},
		{"# 日本 and 🚚\n", "# 日本 and 🚚\n\"", "\"", []string{"rules", "terms"}, []string{"id"}},
		{"# 日本 and 🚚\n", "# 日本 and 🚚\nlimits:\n  - id: twice\n    rules: ", "    rules: ", []string{"late"}, []string{"id", "deliveries"}},
		{"# 日本 and 🚚\n", "# 日本 and 🚚\nlimits:\n  - id: twice\n    rules: [late, ]\n", "[late, ", []string{"late"}, []string{"id", "deliveries"}},
		{"    reason: DELIVERY_LATE", "    reason: DELIVERY_LATE\n    table: ", "    table: ", []string{"unused.csv", "deeper/more.csv"}, []string{"late.yaml", "rules/unused.csv"}},
		{"{amount} until", "{order} ", "{ord", []string{"amount", "item_price"}, []string{"id"}},
	}
	for _, test := range tests {
		text := c.replace("rules/late.yaml", rulesText, test.old, test.with)
		var items []completion
		c.call("textDocument/completion", c.ask("rules/late.yaml", text, test.piece), &items)
		var labels []string
		for _, item := range items {
			labels = append(labels, item.Label)
		}
		for _, want := range test.want {
			if !slices.Contains(labels, want) {
				t.Errorf("%q: no %s in %v", test.with, want, labels)
			}
		}
		for _, not := range test.not {
			if slices.Contains(labels, not) {
				t.Errorf("%q: %s in %v", test.with, not, labels)
			}
		}
		c.notify("textDocument/didChange", map[string]any{"textDocument": textDocument{URI: c.uri("rules/late.yaml"), Version: c.versions["rules/late.yaml"]},
			"contentChanges": []any{map[string]any{"text": rulesText}}})
	}
}

// A test's row is offered the base rows of its own source.
func TestCompletionOfBaseRows(t *testing.T) {
	t.Parallel()
	c := connect(t)
	written := strings.Replace(testsText, "    default: {customer_id", "    other: {customer_id", 1)
	c.open("rules/late_test.yaml", written)
	c.await("rules/late_test.yaml")
	text := c.replace("rules/late_test.yaml", written, `given: {customer.tier: "日本🚚"}`, "given:\n      like: ")
	var items []completion
	c.call("textDocument/completion", c.ask("rules/late_test.yaml", text, "like: "), &items)
	var labels []string
	for _, item := range items {
		labels = append(labels, item.Label)
	}
	if !slices.Equal(labels, []string{"default"}) {
		t.Errorf("base rows: %v", labels)
	}
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	c := connect(t)
	c.open("rules/late.yaml", rulesText)
	c.open("rules/late_test.yaml", testsText)
	c.await("rules/late_test.yaml")
	tests := []struct{ file, text, piece, into, intoText, at string }{
		{"rules/late.yaml", rulesText, "min(ha", "rules/late.yaml", rulesText, "    half"},
		{"rules/late.yaml", rulesText, "caps.la", "rules/late.yaml", rulesText, "caps: {late"},
		{"rules/late.yaml", rulesText, "customer.ti", "amends.yaml", workspaceText, "{as: customer"},
		{"rules/late.yaml", rulesText, "on: deliv", "amends.yaml", workspaceText, "  deliveries"},
		{"rules/late_test.yaml", testsText, "{rule: la", "rules/late.yaml", rulesText, "id: late"},
	}
	for _, test := range tests {
		var to location
		c.call("textDocument/definition", c.ask(test.file, test.text, test.piece), &to)
		want := location{URI: c.uri(test.into)}
		end := strings.Index(test.intoText, test.at) + len(test.at)
		from, _ := wordAt(test.intoText, end-1, "-")
		want.Range = span{positionOf(test.intoText, from), positionOf(test.intoText, end)}
		if to != want {
			t.Errorf("%q goes to %+v, want %+v", test.piece, to, want)
		}
	}
	var nowhere *location
	c.call("textDocument/definition", c.ask("rules/late.yaml", rulesText, "amount: mi"), &nowhere)
	if nowhere != nil {
		t.Errorf("a function is defined at %+v", nowhere)
	}
}

func TestSymbolsAndFormatting(t *testing.T) {
	t.Parallel()
	c := connect(t)
	c.open("rules/late.yaml", rulesText)
	c.await("rules/late.yaml")
	var found []symbol
	c.call("textDocument/documentSymbol", documentParams{textDocument{URI: c.uri("rules/late.yaml")}}, &found)
	var names []string
	for _, s := range found {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"half", "caps", "standard", "late", "abuse", "large"}, names); diff != "" {
		t.Error(diff)
	}
	text := c.replace("rules/late.yaml", rulesText, "item_price > 1.00", "item_price>1.00")
	var edits []textEdit
	c.call("textDocument/formatting", documentParams{textDocument{URI: c.uri("rules/late.yaml")}}, &edits)
	if len(edits) != 1 || apply(text, &edits[0].Range, edits[0].NewText) != rulesText {
		t.Errorf("edits: %+v", edits)
	}
}

func init() {
	handlers["test/panic"] = func(*Server, json.RawMessage) (any, error) { panic("at the disco") }
}

// TestBadMessages holds that nothing an editor sends ends the server.
func TestBadMessages(t *testing.T) {
	t.Parallel()
	c := connect(t)
	ctx := context.Background()
	if err := c.conn.Call(ctx, "no/such", nil, nil); err == nil {
		t.Error("an unknown method was answered")
	}
	if err := c.conn.Call(ctx, "textDocument/hover", []int{1}, nil); err == nil {
		t.Error("parameters of another kind were taken")
	}
	c.notify("no/such", nil)
	c.open("rules/late.yaml", "a: [\xff \x00{{{\r\n\t- ")
	for _, p := range []position{{0, 0}, {99, 99}, {-1, -1}, {0, 5}, {1, 1}} {
		for _, method := range []string{"hover", "completion", "definition"} {
			c.call("textDocument/"+method, positionParams{textDocument{URI: c.uri("rules/late.yaml")}, p}, nil)
			c.call("textDocument/"+method, positionParams{textDocument{URI: "untitled:1"}, p}, nil)
		}
	}
	if err := c.conn.Call(ctx, "test/panic", nil, nil); err == nil || !strings.Contains(err.Error(), "at the disco") {
		t.Errorf("a panic was answered with %v", err)
	}
	c.call("shutdown", nil, nil)
}
