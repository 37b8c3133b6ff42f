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

	"github.com/sourcegraph/jsonrpc2"

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
	write("rules/unused.csv", "item_price,amount\n")
	write("rules/deeper/more.csv", "item_price,amount\n")
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
