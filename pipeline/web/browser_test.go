package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/pipeline/web"

	"github.com/chromedp/chromedp"
)

// browserNames are what Chromium is called; tests that need it skip without.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// browserTime bounds a test in a browser: a busy machine is slow.
const browserTime = 2 * time.Minute

// browser is one headless Chromium for all tests of the package; nil where
// there is none.
var browser = sync.OnceValues(func() (context.Context, error) {
	for _, name := range browserNames {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		dir, err := os.MkdirTemp("", "web-browser-")
		if err != nil {
			return nil, err
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", false))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, cancel := chromedp.NewContext(allocator)
		stopBrowser = func() { cancel(); stop(); _ = os.RemoveAll(dir) }
		return ctx, chromedp.Do(ctx)
	}
	return nil, nil
})

var stopBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	stopBrowser()
	os.Exit(code)
}

// tab is a tab with nothing in it.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newTab(t *testing.T) *tab {
	t.Helper()
	parent, err := browser()
	if err != nil {
		t.Fatal(err)
	}
	if parent == nil {
		t.Skip("no Chromium on this machine: the pages are not looked at in a browser")
	}
	opened, closeTab := chromedp.NewContext(parent)
	ctx, cancel := context.WithTimeout(opened, browserTime)
	t.Cleanup(func() { cancel(); closeTab() })
	return &tab{t, ctx}
}

// serve serves pages on an address of this machine.
func serve(t *testing.T, pages http.Handler) string {
	t.Helper()
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	return server.URL
}

// do runs actions, which must succeed.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("browser: %v", err)
	}
}

// take runs an action for its value.
func take[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatalf("browser: %v", err)
	}
	return value
}

// shows holds what a person reads on the page that is open to texts.
func (b *tab) shows(texts ...string) {
	b.t.Helper()
	shown := take(b, chromedp.Text(chromedp.CSS("body")))
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Errorf("the page does not show %q:\n%s", text, shown)
		}
	}
}

// open opens a page.
func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS("h1")))
}

// fill types into a field of the page.
func (b *tab) fill(name, value string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS("input[name="+name+"]"), value))
}

// follow clicks and waits for the page that it leads to, by its heading.
func (b *tab) follow(selector, heading string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)), chromedp.WaitVisible(fmt.Sprintf(`//h1[contains(., %q)]`, heading)))
	b.loaded()
}

// loaded waits for the page's style, which comes after its heading.
func (b *tab) loaded() {
	b.t.Helper()
	for take(b, chromedp.Evaluate[string]("document.readyState")) != "complete" {
		b.do(chromedp.Sleep(10 * time.Millisecond))
	}
}

// A person looks at the overview, lets one award go with less, ends another, and
// sees the night carry both out.
func TestAPersonDecidesInABrowser(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	b := newTab(t)
	url := serve(t, newSite(t, web.Options{Config: w.config()}).pages)
	approved := w.largest()
	var rejected publish.Hold
	for _, h := range w.see().Holds {
		if h.CreditID != approved.CreditID && h.OrderID != approved.OrderID {
			rejected = h
		}
	}
	if rejected.CreditID == "" {
		t.Fatal("only one award waits")
	}
	b.open(url + "/")
	b.shows("Customers can still use", fmt.Sprintf("%d awards wait", len(w.see().Holds)), demoLast.String())
	b.follow(`nav a[href="/holds"]`, "Awards that wait")
	b.follow(`a[href="/holds/`+approved.CreditID+`"]`, approved.CustomerID)
	b.shows(approved.RuleID, approved.HoldCauses[0].Why)
	b.fill("by", "Mo Ali")
	b.fill("why", "half of it")
	b.fill("amount", "1.00")
	b.follow(`button[value=approve]`, "Let go 1 award of")
	b.shows("Mo Ali", "half of it", "1.00", "Nothing is written yet")
	if got := w.pending(); len(got) != 0 {
		t.Errorf("written already: %q", got)
	}
	b.follow(`form.card button`, "Approval by Mo Ali")

	b.open(url + "/holds/" + rejected.CreditID)
	b.fill("by", "Mo Ali")
	b.fill("why", "the parcel came")
	b.follow(`button[value=reject]`, "End without a credit 1 award")
	b.follow(`form.card button`, "Rejection by Mo Ali")
	b.follow(`nav a[href="/requests"]`, "Requests for the next night")
	b.shows("half of it", "the parcel came", "lets go 1 award", "ends without a credit 1 award", "waits for the next night")

	w.runNext()
	b.open(url + "/requests")
	b.shows("No request waits.")
	b.open(url + "/runs/" + demoNext.String())
	b.shows("Mo Ali", "done", approved.RuleID)
	var issued []publish.Issuance
	for _, i := range w.issuance(demoNext) {
		if i.CreditID == approved.CreditID {
			issued = append(issued, i)
		}
	}
	if len(issued) != 1 || issued[0].AmountMinor != 100 || issued[0].ApprovedBy != "Mo Ali" {
		t.Errorf("issued %+v", issued)
	}
	for _, h := range w.see().Holds {
		if h.CreditID == approved.CreditID || h.CreditID == rejected.CreditID {
			t.Errorf("%s waits still", h.CreditID)
		}
	}
}

// squeezed counts the frames of tables that are too narrow to show anything.
const squeezed = `[...document.querySelectorAll(".scroll")].filter(e => e.clientWidth < Math.min(100, e.scrollWidth)).length`

// No page is wider than the window: a wide table scrolls by itself.
func TestPagesFitTheWindow(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	w.run(demoNext, true)
	w.put("state/dry-runs/2026-01-20/x", nil)
	hold := w.largest()
	id := w.ask(state.Request{Kind: state.Reverse, Run: demoLast, By: "Mo Ali", Why: strings.Repeat("x", 300)})
	b := newTab(t)
	failed := &web.Scheduler{LastFailure: demoNow, LastFailureDate: demoNext, LastError: strings.Repeat("data/deliveries/dt=2026-01-13/", 9)}
	url := serve(t, newSite(t, web.Options{Config: w.config(), Scheduler: func() *web.Scheduler { return failed }}).pages)
	locked := serve(t, newSite(t, web.Options{Config: w.config(), Token: demoToken}).pages)
	for _, width := range []int64{1280, 400} {
		b.do(chromedp.EmulateViewport(width, 800))
		for _, page := range []string{
			url + "/", url + "/runs", url + "/runs/" + demoLast.String(), url + "/dry-runs", url + "/dry-runs/" + demoNext.String(), url + "/holds",
			url + "/holds/" + hold.CreditID, url + "/requests", url + "/requests/" + id, url + "/" + strings.Repeat("nope", 60), locked + "/",
		} {
			b.open(page)
			if got := take(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); got > width {
				t.Errorf("%s is %d wide in a window of %d", page, got, width)
			}
			if got := take(b, chromedp.Evaluate[int64](squeezed)); got > 0 {
				t.Errorf("%s in a window of %d: %d tables are squeezed to nothing", page, width, got)
			}
		}
		b.open(url + "/holds")
		b.fill("by", "Mo Ali")
		b.fill("why", strings.Repeat("y", 300))
		b.follow(`button[value=approve]`, "Let go")
		if got := take(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); got > width {
			t.Errorf("the page that asks again is %d wide in a window of %d", got, width)
		}
	}
}

// A page of another site posts a form here, and knows even the form's token.
func TestAnotherSitePostsAForm(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	b := newTab(t)
	s := newSite(t, web.Options{Config: w.config()})
	form := approvalForm(t, w, s)
	url := serve(t, s.pages)
	other := strings.Replace(serve(t, http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(out, `<h1>Win</h1><form method="post" action="%s/review/write">`, url)
		for name := range form {
			fmt.Fprintf(out, `<input type="hidden" name="%s" value="%s">`, name, form.Get(name))
		}
		fmt.Fprint(out, `<button>A prize</button></form>`)
	})), "127.0.0.1", "localhost", 1)
	b.open(other)
	b.follow("button", "This came from another site")
	if got := w.pending(); len(got) != 0 {
		t.Errorf("written: %q", got)
	}
}

// evilReport tries what a report's script must not be able to do here.
const evilReport = `<!doctype html><title>r</title><h1>r</h1><p id="out"></p>
<form method="post" action="/logout"><input name="x"></form>
<script>
const out = ["origin " + self.origin];
try { document.cookie; out.push("cookies read"); } catch { out.push("cookies refused"); }
try { localStorage.length; out.push("storage read"); } catch { out.push("storage refused"); }
document.forms[0].submit();
fetch("/status.json").then(() => out.push("fetch done"), () => out.push("fetch refused")).finally(() => {
  setTimeout(() => { document.getElementById("out").textContent = out.join("; ") + "; end"; }, 300);
});
</script>`

// The script of a report runs, and can do nothing to the pages.
func TestAReportCannotActOnThePages(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	b := newTab(t)
	w.run(demoNext, true)
	folder := "state/dry-runs/" + demoNext.String() + "/"
	m, err := state.DecodeManifest(w.get(folder + "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Outputs {
		if m.Outputs[i].Name == publish.ReportFile {
			m.Outputs[i].Size, m.Outputs[i].SHA256 = int64(len(evilReport)), state.Digest([]byte(evilReport))
		}
	}
	content, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	w.put(folder+"manifest.json", content)
	w.put(folder+publish.ReportFile, []byte(evilReport))
	url := serve(t, newSite(t, web.Options{Config: w.config()}).pages)
	b.open(url + "/dry-runs/" + demoNext.String() + "/report.html")
	b.do(chromedp.WaitVisible(`//p[contains(., "; end")]`))
	if got, want := take(b, chromedp.Text(chromedp.CSS("#out"))), "origin null; cookies refused; storage refused; fetch refused; end"; got != want {
		t.Errorf("the report did %q, want %q", got, want)
	}
	if got := take(b, chromedp.Location()); !strings.HasSuffix(got, "/report.html") {
		t.Errorf("it led to %s", got)
	}
}
