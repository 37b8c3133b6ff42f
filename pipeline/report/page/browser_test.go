package page

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserWait bounds one page: a busy machine is slow, a page is not.
const browserWait = 60 * time.Second

// browser is one headless Chromium for all tests of the package.
var browser = sync.OnceValues(func() (context.Context, error) {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "page-browser-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("hide-scrollbars", false))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	stopBrowser = func() {
		cancel()
		stop()
		_ = os.RemoveAll(dir)
	}
	return ctx, chromedp.Do(ctx)
})

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// view is how a page is looked at.
type view struct {
	width, height int64
	dark          bool
	noScript      bool
}

func (v view) String() string {
	theme := "light"
	if v.dark {
		theme = "dark"
	}
	return fmt.Sprintf("%d-%s", v.width, theme)
}

var views = []view{{1280, 900, false, false}, {1280, 900, true, false}, {400, 800, false, false}, {400, 800, true, false}}

// opened is a page in a tab of its own.
type opened struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string // of the console, and requests of the network
}

// open opens a page from a file, as a reader of a mail attachment does, and
// waits until its charts are drawn.
func open(t *testing.T, content []byte, v view) *opened {
	t.Helper()
	parent, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	if parent == nil {
		t.Skip("no Chromium on this machine: the page is not looked at in a browser")
	}
	name := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
	tab, closeTab := chromedp.NewContext(parent)
	ctx, cancel := context.WithTimeout(tab, browserWait)
	t.Cleanup(func() {
		cancel()
		closeTab()
	})
	p := &opened{t: t, ctx: ctx}
	url := "file://" + name
	if err := chromedp.Listen(tab, func(event any) { p.hear(event, url) }); err != nil {
		t.Fatal(err)
	}
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	ready := `html[data-charts="drawn"]`
	if v.noScript || !strings.Contains(string(content), `id="chart-library"`) {
		ready = "footer"
	}
	p.run(command(network.Enable, network.EnableParams{}), command(log.Enable, cdp.Empty{}), command(runtime.Enable, cdp.Empty{}),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.noScript}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		chromedp.EmulateViewport(v.width, v.height), chromedp.Navigate(url), chromedp.WaitReady(ready))
	return p
}

// command is one command of the protocol, whose result is of no interest.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func (p *opened) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatalf("browser: %v; heard %q", err, p.heard())
	}
}

// take runs an action for its value.
func take[T any](p *opened, action chromedp.Action[T]) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, action)
	if err != nil {
		p.t.Fatalf("browser: %v; heard %q", err, p.heard())
	}
	return value
}

// ask evaluates an expression of JavaScript.
func ask[T any](p *opened, expression string) T {
	p.t.Helper()
	return take(p, chromedp.Evaluate[T](expression))
}

// hear keeps what a page should not do.
func (p *opened) hear(event any, url string) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		problem = "console: " + string(e.Type)
		for _, a := range e.Args {
			problem += " " + string(a.Value) + a.Description
		}
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		problem = "log: " + e.Entry.Text
	case *network.EventRequestWillBeSent:
		if e.Request.URL != url {
			problem = "request: " + e.Request.URL
		}
	}
	if problem != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.problems = append(p.problems, problem)
	}
}

func (p *opened) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.problems
}

// quiet fails the test if the page said or asked for anything.
func (p *opened) quiet() {
	p.t.Helper()
	for _, problem := range p.heard() {
		p.t.Error(problem)
	}
}
