package lsp

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"amends/pipeline"
	"amends/rules"
	"amends/rules/diag"
)

// folder is a workspace: its checks and what they found last.
type folder struct {
	server *Server
	dir    string
	draft  *pipeline.Draft

	running sync.Mutex // one check at a time

	mu     sync.Mutex
	timer  *time.Timer
	last   *pipeline.Edited // nil before the first check
	book   *rules.Rulebook  // of the last files that were YAML
	whole  *pipeline.Edited // the last without errors
	marked diag.List
	told   map[string]bool // files with marks
}

// later starts a check after a while, in place of one that waits.
func (f *folder) later(after time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
	}
	f.timer = time.AfterFunc(after, f.check)
}

// end waits for a check that runs; the server's context has ended.
func (f *folder) end() {
	f.mu.Lock()
	if f.timer != nil {
		f.timer.Stop()
	}
	f.mu.Unlock()
	f.running.Lock()
	defer f.running.Unlock()
}

// check checks the folder and tells the editor. A panic in it is told too.
func (f *folder) check() {
	f.running.Lock()
	defer f.running.Unlock()
	if f.server.ctx.Err() != nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			f.complain(fmt.Sprintf("amends could not check %s: %v", f.dir, p))
		}
	}()
	e := f.once()
	if e == nil || !e.Behind {
		return
	}
	if err := f.draft.Learn(f.server.ctx, e); err != nil {
		f.complain(err.Error())
		return
	}
	f.once()
}

// once checks the buffers as they are now.
func (f *folder) once() *pipeline.Edited {
	buffers, open := f.buffers()
	e, err := f.draft.Check(buffers)
	if err != nil {
		f.complain(err.Error())
		return nil
	}
	f.mu.Lock()
	f.last, f.marked = e, e.List
	if f.book == nil || !slices.ContainsFunc(e.List, func(d diag.Diagnostic) bool { return d.Code == "B001" }) {
		f.book = e.Book
	}
	if e.Program != nil {
		f.whole = e
	}
	f.mu.Unlock()
	f.publish(e.List, open)
	return e
}

// buffers are the open files of the folder, by path in the workspace.
func (f *folder) buffers() (map[string][]byte, map[string]*buffer) {
	f.server.mu.Lock()
	defer f.server.mu.Unlock()
	contents, open := map[string][]byte{}, map[string]*buffer{}
	for path, b := range f.server.open {
		name, err := filepath.Rel(f.dir, path)
		if err == nil && !strings.HasPrefix(name, "..") {
			copied := *b
			contents[filepath.ToSlash(name)], open[filepath.ToSlash(name)] = []byte(b.text), &copied
		}
	}
	return contents, open
}

// publish tells the marks of every file that has some, and of those that had.
func (f *folder) publish(list diag.List, open map[string]*buffer) {
	files := map[string][]diagnostic{}
	for name := range open {
		files[name] = []diagnostic{}
	}
	for name := range f.told {
		files[name] = []diagnostic{}
	}
	texts := map[string][]string{}
	for _, d := range list {
		name := d.Pos.File
		if texts[name] == nil {
			texts[name] = f.linesOf(name, open[name])
		}
		message := d.Message
		if d.Hint != "" {
			message += "; " + d.Hint
		}
		files[name] = append(files[name], diagnostic{Range: place(texts[name], d.Pos.Line, d.Pos.Col),
			Severity: int(d.Severity) + 1, Code: d.Code, Source: "amends", Message: message})
	}
	f.told = map[string]bool{}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		params := publishParams{URI: uriOf(filepath.Join(f.dir, filepath.FromSlash(name))), Diagnostics: files[name]}
		if b := open[name]; b != nil {
			params.URI, params.Version = b.uri, &b.version
		}
		f.told[name] = len(files[name]) > 0
		_ = f.server.conn.Notify(f.server.ctx, "textDocument/publishDiagnostics", params) // an editor that hung up needs none
	}
}

// linesOf is a file's text: as it is open, or on disk.
func (f *folder) linesOf(name string, b *buffer) []string {
	if b != nil {
		return lines(b.text)
	}
	content, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(name)))
	if err != nil {
		return []string{""} // the mark stands at the file's beginning
	}
	return lines(string(content))
}

// complain tells what the machine did not give.
func (f *folder) complain(message string) {
	_ = f.server.conn.Notify(f.server.ctx, "window/logMessage", map[string]any{"type": 1, "message": message}) // as above
}

// known is what requests are answered from.
type known struct {
	last, whole *pipeline.Edited
	book        *rules.Rulebook
	marked      diag.List
	file        string // the path in the workspace
	dir         string
}

// known returns the last check's findings for a file; false before the first.
func (f *folder) known(path string) (known, bool) {
	if f == nil {
		return known{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name, _ := filepath.Rel(f.dir, path)
	return known{last: f.last, whole: f.whole, book: f.book, marked: f.marked, file: filepath.ToSlash(name), dir: f.dir}, f.last != nil
}
