package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sourcegraph/jsonrpc2"

	"amends/pipeline"
	"amends/pipeline/parquetio"
)

const workspaceText = `timezone: UTC
sources:
  deliveries:
    files: data/deliveries.parquet
    event: {id: delivery_id, incident: delivery_id, customer: customer_id, since: shipped_at, at: shipped_at, value: item_price}
    currency: USD
    money: {item_price: minor}
  customers:
    files: data/customers.parquet
    dimension: {as: customer, key: customer_id, on: customer_id}
`

const rulesText = `# 日本 and 🚚
define:
  deliveries:
    half: 0.5 * item_price
tables:
  caps: {late: {USD: 10.00}, other: {USD: 5.00}}
terms:
  standard: {valid_days: 30}
rules:
  - id: late
    on: deliveries
    when: customer.tier == "日本🚚" and item_price > 1.00
    amount: min(half, caps.late[currency])
    reason: DELIVERY_LATE
    message: "{amount} until {expires_on}"
exclude:
  - {id: abuse, on: deliveries, when: customer.tier == "gold"}
approval:
  - id: large
    when: amount > caps.other[currency]
`

const testsText = `on: deliveries
business_date: 2026-01-15
base:
  deliveries:
    default: {delivery_id: d, customer_id: c, shipped_at: 2026-01-10T12:00:00Z, item_price: 5000}
  customer:
    default: {customer_id: c, tier: gold}
cases:
  - case: Gold is excluded
    expect: unmatched
  - case: Others are late
    given: {customer.tier: "日本🚚"}
    expect: {rule: late}
`

// client is an editor that speaks with a server in this process.
type client struct {
	t        *testing.T
	conn     *jsonrpc2.Conn
	marks    chan publishParams
	dir      string
	versions map[string]int // of open files
	ended    chan struct{}
	clean    bool // valid once ended
}

type ends struct {
	io.Reader
	io.WriteCloser
}

// Close closes what is written to.
func (e ends) Close() error { return e.WriteCloser.Close() }

func newWorkspace(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			tb.Fatal(err)
		}
	}
	table := func(name string, columns ...parquetio.Column) {
		var out bytes.Buffer
		if err := parquetio.Write(&out, columns, parquetio.WriteOptions{}); err != nil {
			tb.Fatal(err)
		}
		write(name, out.String())
	}
	texts := func(name string, of func(int) string) parquetio.Column {
		c := parquetio.Column{Name: name, Type: parquetio.String}
		for i := range 60 {
			c.Strings = append(c.Strings, of(i))
		}
		return c
	}
	ints := func(name string, kind parquetio.ColumnType, of func(int) int64) parquetio.Column {
		c := parquetio.Column{Name: name, Type: kind}
		for i := range 60 {
			c.Ints = append(c.Ints, of(i))
		}
		return c
	}
	customer := func(i int) string { return fmt.Sprintf("c-%d", i) }
	table("data/deliveries.parquet", texts("delivery_id", func(i int) string { return fmt.Sprintf("d-%d", i) }), texts("customer_id", customer),
		ints("shipped_at", parquetio.Timestamp, func(i int) int64 { return 1_768_000_000_000_000 + int64(i) }),
		ints("item_price", parquetio.Int64, func(i int) int64 { return 1000 + int64(i) }))
	table("data/customers.parquet", texts("customer_id", customer), texts("tier", func(i int) string { return []string{"gold", "日本🚚"}[i%2] }))
	write("amends.yaml", workspaceText)
	write("rules/late.yaml", rulesText)
	write("rules/late_test.yaml", testsText)
	return dir
}

func connect(t *testing.T) *client {
	t.Helper()
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	c := &client{t: t, versions: map[string]int{}, marks: make(chan publishParams, 1000), dir: newWorkspace(t), ended: make(chan struct{})}
	day := time.Date(2026, 1, 16, 12, 0, 0, 0, time.UTC)
	go func() {
		c.clean = Serve(context.Background(), toServer, fromServer, func() time.Time { return day })
		_ = fromServer.Close()
		close(c.ended)
	}()
	handler := jsonrpc2.HandlerWithError(func(_ context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) (any, error) {
		if r.Method == "textDocument/publishDiagnostics" {
			var p publishParams
			if err := json.Unmarshal(*r.Params, &p); err != nil {
				t.Error(err)
			}
			c.marks <- p
		} else if t.Context().Err() == nil {
			t.Errorf("%s: %s", r.Method, *r.Params)
		}
		return nil, nil
	})
	c.conn = jsonrpc2.NewConn(context.Background(), jsonrpc2.NewBufferedStream(ends{toClient, fromClient}, jsonrpc2.VSCodeObjectCodec{}), handler)
	t.Cleanup(func() { // the folder is removed after it
		_ = c.conn.Close()
		<-c.ended
	})
	var result struct {
		Capabilities struct {
			TextDocumentSync struct{ Change int }
		}
	}
	c.call("initialize", map[string]any{"processId": nil, "rootUri": uriOf(c.dir), "capabilities": map[string]any{}}, &result)
	if result.Capabilities.TextDocumentSync.Change != 2 {
		t.Errorf("capabilities: %+v", result)
	}
	return c
}

func (c *client) call(method string, params, result any) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.conn.Call(ctx, method, params, result); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
}

func (c *client) notify(method string, params any) {
	c.t.Helper()
	if err := c.conn.Notify(context.Background(), method, params); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) uri(name string) string { return uriOf(filepath.Join(c.dir, name)) }

func (c *client) open(name, text string) {
	c.versions[name]++
	c.notify("textDocument/didOpen", documentParams{textDocument{URI: c.uri(name), Version: c.versions[name], Text: text}})
}

// replace puts text in the place of what is there; it is one incremental change.
func (c *client) replace(name, text, old, with string) string {
	c.t.Helper()
	at := strings.Index(text, old)
	if at < 0 {
		c.t.Fatalf("no %q", old)
	}
	c.versions[name]++
	c.notify("textDocument/didChange", map[string]any{
		"textDocument":   textDocument{URI: c.uri(name), Version: c.versions[name]},
		"contentChanges": []any{map[string]any{"range": span{positionOf(text, at), positionOf(text, at+len(old))}, "text": with}},
	})
	return text[:at] + with + text[at+len(old):]
}

// positionOf counts as the protocol does, for the test on its own.
func positionOf(text string, at int) position {
	line := strings.Count(text[:at], "\n")
	character := 0
	for _, r := range text[strings.LastIndexByte(text[:at], '\n')+1 : at] {
		if character++; r > 0xffff {
			character++
		}
	}
	return position{line, character}
}

// ask is the parameters of a question at the end of a piece of a text.
func (c *client) ask(name, text, piece string) positionParams {
	c.t.Helper()
	at := strings.Index(text, piece)
	if at < 0 {
		c.t.Fatalf("no %q", piece)
	}
	return positionParams{textDocument{URI: c.uri(name)}, positionOf(text, at+len(piece))}
}

// await returns the marks of a file's present version once they are as wanted.
func (c *client) await(name string, want ...string) []diagnostic {
	c.t.Helper()
	var said []string
	for timeout := time.After(10 * time.Second); ; {
		select {
		case p := <-c.marks:
			if p.URI != c.uri(name) {
				continue
			}
			said = nil
			for _, d := range p.Diagnostics {
				said = append(said, d.Code)
			}
			if slices.Equal(said, want) && (p.Version == nil || *p.Version == c.versions[name]) {
				return p.Diagnostics
			}
		case <-timeout:
			c.t.Fatalf("marks of %s: %v, want %v", name, said, want)
		}
	}
}

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
