// Package lsp is a language server for the files that people write: amends.yaml,
// rules and their tests. Its law: what it marks is what amends check says, of
// files that need not be saved; and nothing that stands in a file ends it.
//
// Requests are answered at once from the last check; checks run beside them, a
// moment after the last change.
package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"amends/pipeline"
	"amends/rules/format"
)

// pause is how long after the last change a check begins: longer than between
// two strokes of a key, shorter than a glance at what was written.
const pause = 150 * time.Millisecond

// Server is one connection with an editor.
type Server struct {
	now   func() time.Time
	conn  *jsonrpc2.Conn
	ctx   context.Context
	ended chan struct{} // closed by exit
	once  sync.Once

	mu         sync.Mutex
	shutdown   bool
	open       map[string]*buffer // by path of the file
	workspaces map[string]*folder // by path
}

// buffer is an open file.
type buffer struct {
	uri     string
	path    string
	text    string
	version int
}

// Serve speaks with an editor until it says exit or hangs up, and reports whether
// it said shutdown before.
func Serve(ctx context.Context, in io.Reader, out io.Writer, now func() time.Time) bool {
	ctx, cancel := context.WithCancel(ctx)
	s := &Server{now: now, ctx: ctx, ended: make(chan struct{}), open: map[string]*buffer{}, workspaces: map[string]*folder{}}
	stream := jsonrpc2.NewBufferedStream(pipe{in, out}, jsonrpc2.VSCodeObjectCodec{})
	ready := make(chan struct{})
	s.conn = jsonrpc2.NewConn(ctx, stream, waiting{ready, jsonrpc2.HandlerWithError(s.handle).SuppressErrClosed()}, jsonrpc2.SetLogger(quiet{}))
	close(ready)
	select {
	case <-s.ended:
	case <-s.conn.DisconnectNotify():
	case <-ctx.Done():
	}
	cancel()
	_ = s.conn.Close() // it may be closed already
	s.mu.Lock()
	clean, folders := s.shutdown, slices.Collect(maps.Values(s.workspaces))
	s.mu.Unlock()
	for _, f := range folders {
		f.end()
	}
	return clean
}

type pipe struct {
	io.Reader
	io.Writer
}

// Close leaves both ends to who opened them.
func (pipe) Close() error { return nil }

// waiting handles nothing before the connection is known to the server.
type waiting struct {
	ready chan struct{}
	jsonrpc2.Handler
}

// Handle implements jsonrpc2.Handler.
func (w waiting) Handle(ctx context.Context, conn *jsonrpc2.Conn, r *jsonrpc2.Request) {
	<-w.ready
	w.Handler.Handle(ctx, conn, r)
}

type quiet struct{}

// Printf says nothing: stderr is shown to people, and answers say what is wrong.
func (quiet) Printf(string, ...any) {}

// handle answers one message; messages come one after another, in their order.
func (s *Server) handle(_ context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInternalError, Message: fmt.Sprintf("%s: %v", r.Method, p)}
		}
	}()
	handler, known := handlers[r.Method]
	switch {
	case !known && (r.Notif || strings.HasPrefix(r.Method, "$/")):
		return nil, nil
	case !known:
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "no method " + r.Method}
	case r.Params == nil:
		return handler(s, []byte("{}"))
	}
	return handler(s, *r.Params)
}

var handlers map[string]func(*Server, json.RawMessage) (any, error)

func init() {
	handlers = map[string]func(*Server, json.RawMessage) (any, error){
		"initialize": func(*Server, json.RawMessage) (any, error) { return capabilities, nil },
		"shutdown": func(s *Server, _ json.RawMessage) (any, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.shutdown = true
			return nil, nil
		},
		"exit": func(s *Server, _ json.RawMessage) (any, error) {
			s.once.Do(func() { close(s.ended) })
			return nil, nil
		},
		"textDocument/didOpen":        with((*Server).didOpen),
		"textDocument/didChange":      with((*Server).didChange),
		"textDocument/didSave":        with((*Server).didSave),
		"textDocument/didClose":       with((*Server).didClose),
		"textDocument/hover":          with((*Server).hover),
		"textDocument/completion":     with((*Server).completion),
		"textDocument/definition":     with((*Server).definition),
		"textDocument/documentSymbol": with((*Server).symbols),
		"textDocument/formatting":     with((*Server).formatting),
	}
}

// with reads a message's parameters.
func with[P any](handler func(*Server, P) (any, error)) func(*Server, json.RawMessage) (any, error) {
	return func(s *Server, raw json.RawMessage) (any, error) {
		var params P
		if err := json.Unmarshal(raw, &params); err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: err.Error()}
		}
		return handler(s, params)
	}
}

// pathOf is the file of a URI; "" where it is none.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return ""
	}
	return filepath.Clean(u.Path)
}

func uriOf(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

func (s *Server) didOpen(p documentParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	if path == "" {
		return nil, nil
	}
	s.mu.Lock()
	s.open[path] = &buffer{uri: p.TextDocument.URI, path: path, text: p.TextDocument.Text, version: p.TextDocument.Version}
	s.mu.Unlock()
	s.check(path, 0)
	return nil, nil
}

func (s *Server) didChange(p changeParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	s.mu.Lock()
	b := s.open[path]
	if b != nil {
		for _, change := range p.ContentChanges {
			b.text = apply(b.text, change.Range, change.Text)
		}
		b.version = p.TextDocument.Version
	}
	s.mu.Unlock()
	if b != nil {
		s.check(path, pause)
	}
	return nil, nil
}

func (s *Server) didSave(p documentParams) (any, error) {
	s.check(pathOf(p.TextDocument.URI), 0)
	return nil, nil
}

func (s *Server) didClose(p documentParams) (any, error) {
	path := pathOf(p.TextDocument.URI)
	s.mu.Lock()
	delete(s.open, path)
	s.mu.Unlock()
	s.check(path, 0)
	return nil, nil
}

// text is an open file and the folder that it belongs to; nil where it is not
// open, or in no workspace.
func (s *Server) text(uri string) (*buffer, *folder) {
	path := pathOf(uri)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.open[path]
	if b == nil {
		return nil, nil
	}
	copied := *b
	return &copied, s.folder(path)
}

// folder is the workspace around a file: the nearest folder above it that has an
// amends.yaml, on disk or open.
func (s *Server) folder(path string) *folder {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if f := s.workspaces[dir]; f != nil {
			return f
		}
		file := filepath.Join(dir, pipeline.WorkspaceFile)
		if _, err := os.Stat(file); err == nil || s.open[file] != nil {
			f := &folder{server: s, dir: dir, draft: pipeline.NewDraft(pipeline.Config{Dir: dir}, s.now), told: map[string]bool{}}
			s.workspaces[dir] = f
			return f
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// check has the workspace of a file checked after a while.
func (s *Server) check(path string, after time.Duration) {
	if path == "" {
		return
	}
	s.mu.Lock()
	f := s.folder(path)
	s.mu.Unlock()
	if f != nil {
		f.later(after)
	}
}

func (s *Server) formatting(p documentParams) (any, error) {
	b, _ := s.text(p.TextDocument.URI)
	if b == nil {
		return nil, nil
	}
	formatted, list := format.Bytes(filepath.Base(b.path), []byte(b.text))
	if list.HasErrors() || string(formatted) == b.text {
		return []textEdit{}, nil
	}
	all := strings.Split(b.text, "\n")
	last := len(all) - 1
	end := position{last, units(all[last])}
	return []textEdit{{Range: span{End: end}, NewText: string(formatted)}}, nil
}
