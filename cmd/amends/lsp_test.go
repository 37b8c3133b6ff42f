package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"amends/pipeline"
)

// TestLanguageServer speaks with the program itself over pipes.
func TestLanguageServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := copyMissing("testdata/shop", dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.ToSlash(filepath.Join(dir, "rules", "late.yaml"))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		last string // what an editor says at the end
		ok   bool
	}{
		{`{"jsonrpc":"2.0","method":"exit"}`, true},
		{"", true}, // it hangs up after shutdown
	} {
		written, err := json.Marshal(string(text))
		if err != nil {
			t.Fatal(err)
		}
		var in, stderr bytes.Buffer
		for _, message := range []string{
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`,
			`{"jsonrpc":"2.0","method":"initialized","params":{}}`,
			`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file://` + path + `","version":1,"languageId":"yaml","text":` + string(written) + `}}}`,
			`{"jsonrpc":"2.0","id":2,"method":"textDocument/completion","params":{"textDocument":{"uri":"file://` + path + `"},"position":{"line":3,"character":4}}}`,
			`{"jsonrpc":"2.0","id":3,"method":"shutdown"}`, test.last,
		} {
			if message != "" {
				fmt.Fprintf(&in, "Content-Length: %d\r\n\r\n%s", len(message), message)
			}
		}
		c := exec.Command("amends", "lsp")
		c.Stdin, c.Stderr = &in, &stderr
		out, err := c.Output()
		if (err == nil) != test.ok {
			t.Errorf("%v: %s", err, &stderr)
		}
		for _, want := range []string{`"positionEncoding":"utf-16"`, `"label":"priority"`, `"id":3,"result":null`} {
			if !strings.Contains(string(out), want) {
				t.Errorf("no %s in %s", want, out)
			}
		}
	}
	c := exec.Command("amends", "lsp")
	c.Stdin = strings.NewReader("")
	if c.Run() == nil {
		t.Error("an editor that says nothing at all is no success")
	}
}

// TestEditorsPage reads what the page has editors read, as far as it is JSON, and
// holds its kinds of schemas to the program's.
func TestEditorsPage(t *testing.T) {
	t.Parallel()
	settings := 0
	for _, b := range blocks(t, "EDITORS.md") {
		if b.lang != "json" {
			continue
		}
		settings++
		var value map[string]any
		if err := json.Unmarshal([]byte(b.text), &value); err != nil {
			t.Errorf("%s: %v", b.place, err)
		}
	}
	if settings != 2 {
		t.Errorf("%d settings", settings)
	}
	content, err := os.ReadFile("EDITORS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range pipeline.SchemaFiles {
		if !strings.Contains(string(content), "--json-schema "+kind+" > ") {
			t.Errorf("the page does not say how the schema of %s is made", kind)
		}
	}
}
