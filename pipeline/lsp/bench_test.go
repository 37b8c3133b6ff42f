package lsp

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amends/pipeline"
)

// BenchmarkAnswers asks in a rulebook of 500 rules: what an answer takes, which
// the editor waits for, and what a check takes, which it does not.
func BenchmarkAnswers(b *testing.B) {
	dir := newWorkspace(b)
	var text strings.Builder
	text.WriteString(rulesText[:strings.Index(rulesText, "exclude:")])
	for i := range 500 {
		fmt.Fprintf(&text, "  - id: r-%d\n    on: deliveries\n    when: customer.tier == \"gold\" and item_price > %d.00\n    amount: min(half, caps.late[currency])\n    reason: LATE\n", i, i+1)
	}
	path := filepath.Join(dir, "rules/late.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o666); err != nil {
		b.Fatal(err)
	}
	day := func() time.Time { return time.Date(2026, 1, 16, 12, 0, 0, 0, time.UTC) }
	s := &Server{now: day, open: map[string]*buffer{}, workspaces: map[string]*folder{}}
	s.open[path] = &buffer{uri: uriOf(path), path: path, text: text.String()}
	f := &folder{server: s, dir: dir, draft: pipeline.NewDraft(pipeline.Config{Dir: dir}, day), told: map[string]bool{}}
	s.workspaces[dir] = f
	check := func() {
		buffers, _ := f.buffers()
		e, err := f.draft.Check(buffers)
		if err != nil || e.Program == nil {
			b.Fatal(err, e.List)
		}
		f.last, f.whole, f.book, f.marked = e, e, e.Book, e.List
	}
	check()
	last := lines(text.String())
	ask := positionParams{textDocument{URI: uriOf(path)}, position{len(last) - 4, 12}}
	for name, answer := range map[string]func() (any, error){
		"hover":      func() (any, error) { return s.hover(ask) },
		"completion": func() (any, error) { return s.completion(ask) },
		"definition": func() (any, error) { return s.definition(ask) },
		"change": func() (any, error) {
			s.open[path].text = apply(text.String(), &span{ask.Position, ask.Position}, "x")
			return nil, nil
		},
		"check": func() (any, error) {
			s.open[path].text = text.String()
			check()
			return nil, nil
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := answer(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
