package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"amends/rules/diag"
)

// logFlags are for commands whose stderr a log collector reads.
type logFlags struct {
	Log string `placeholder:"FORMAT" enum:"text,json" default:"text" help:"How diagnostics are written to stderr: text for people, or json, one object a line (default: text)."`
}

// logsJSON reads --log ahead of the parser, so that what the parser refuses is
// told in the same format.
func logsJSON(args []string) bool {
	for i, arg := range args {
		switch {
		case arg == "--":
			return false
		case arg == "--log=json", arg == "--log" && i+1 < len(args) && args[i+1] == "json":
			return true
		}
	}
	return false
}

// logger is where diagnostics go: with --log json an object a line, otherwise
// text, in which information is left out where a.level says so.
func (a *app) logger() *slog.Logger {
	a.logOnce.Do(func() {
		if !a.json {
			a.log = slog.New(&textHandler{w: a.err, level: &a.level, mu: new(sync.Mutex)})
			return
		}
		a.log = slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: utcTime}))
	})
	return a.log
}

// utcTime writes a line's own time in UTC, whatever the machine's zone.
func utcTime(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 && attr.Key == slog.TimeKey {
		attr.Value = slog.TimeValue(attr.Value.Time().UTC())
	}
	return attr
}

// tell writes a warning, or what else people should read.
func (a *app) tell(format string, args ...any) { a.logger().Warn(fmt.Sprintf(format, args...)) }

// fail writes what ended a command, and returns its exit code. The attributes
// are for JSON alone: text has them in the message.
func (a *app) fail(code int, message string, attributes ...any) int {
	if !a.json {
		attributes = nil
	} else {
		attributes = append([]any{"exit_code", code}, attributes...)
	}
	a.logger().Error(message, attributes...)
	return code
}

// diagnostics writes what an author has to mend: with carets for people, a line
// each for programs.
func (a *app) diagnostics(list diag.List) {
	if !a.json {
		list.Render(a.err)
		return
	}
	for _, d := range list {
		level := slog.LevelError
		if d.Severity != diag.Error {
			level = slog.LevelWarn
		}
		a.logger().Log(context.Background(), level, d.Message, "code", d.Code, "file", d.Pos.File, "line", d.Pos.Line, "column", d.Pos.Col, "hint", d.Hint)
	}
}

// textHandler writes `amends: message key=value …`, without times: who runs a
// command sees them, and systemd and its like add their own. A value of several
// lines, such as diagnostics with their carets, stands below the line.
type textHandler struct {
	w     io.Writer
	level *slog.LevelVar
	mu    *sync.Mutex // guards w; shared by the handlers made of this one
	attrs []slog.Attr
	group string // "" or "name."
}

// Enabled implements slog.Handler.
func (h *textHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// Handle implements slog.Handler.
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	var line, below strings.Builder
	line.WriteString("amends: " + r.Message)
	for _, attr := range h.attrs {
		writeAttr(&line, &below, "", attr)
	}
	r.Attrs(func(attr slog.Attr) bool {
		writeAttr(&line, &below, h.group, attr)
		return true
	})
	line.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := io.WriteString(h.w, line.String()+below.String())
	return err
}

func writeAttr(line, below *strings.Builder, group string, attr slog.Attr) {
	value := attr.Value.Resolve()
	switch {
	case attr.Equal(slog.Attr{}):
	case value.Kind() == slog.KindGroup:
		if attr.Key != "" {
			group += attr.Key + "."
		}
		for _, part := range value.Group() {
			writeAttr(line, below, group, part)
		}
	case value.Kind() == slog.KindTime:
		fmt.Fprintf(line, " %s%s=%s", group, attr.Key, value.Time().UTC().Format(time.RFC3339))
	case strings.Contains(value.String(), "\n"):
		text := strings.ReplaceAll(strings.TrimRight(value.String(), "\n"), "\n", "\n    ")
		fmt.Fprintf(below, "  %s%s:\n    %s\n", group, attr.Key, text)
	case strings.ContainsFunc(value.String(), quoted):
		fmt.Fprintf(line, " %s%s=%q", group, attr.Key, value.String())
	default:
		fmt.Fprintf(line, " %s%s=%s", group, attr.Key, value)
	}
}

// quoted reports whether a text needs quotes to be read as one value, or to keep
// it from moving the cursor of whoever reads the log.
func quoted(r rune) bool {
	return r == ' ' || r == '"' || r == '=' || r == utf8.RuneError || !unicode.IsPrint(r)
}

// WithAttrs implements slog.Handler.
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.attrs = append([]slog.Attr(nil), h.attrs...)
	for _, attr := range attrs {
		attr.Key = h.group + attr.Key
		next.attrs = append(next.attrs, attr)
	}
	return &next
}

// WithGroup implements slog.Handler.
func (h *textHandler) WithGroup(name string) slog.Handler {
	next := *h
	if name != "" {
		next.group += name + "."
	}
	return &next
}
