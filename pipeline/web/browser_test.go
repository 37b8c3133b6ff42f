package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"amends/pipeline/publish"
	"amends/pipeline/web"

	"github.com/chromedp/chromedp"
)

// browserNames are what Chromium is called; tests that need it skip without.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// browserTime bounds a test in a browser.
const browserTime = 90 * time.Second

// tab is a browser of its own, with nothing in it.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *tab {
	t.Helper()
	for _, name := range browserNames {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.NoFirstRun, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", false))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		opened, closeTab := chromedp.NewContext(allocator)
		ctx, cancel := context.WithTimeout(opened, browserTime)
		t.Cleanup(func() { cancel(); closeTab(); stop() })
		b := &tab{t, ctx}
		b.do()
		return b
	}
	t.Skip("no Chromium on this machine: the pages are not looked at in a browser")
	return nil
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
}

// A person looks at the overview, lets one award go with less, ends another, and
// sees the night carry both out.
func TestAPersonDecidesInABrowser(t *testing.T) {
	t.Parallel()
	w := newDemo(t)
	b := newBrowser(t)
	pages, err := web.New(web.Options{Config: w.config(), Now: func() time.Time { return demoNow }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(pages)
	defer server.Close()
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
	b.open(server.URL + "/")
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

	b.open(server.URL + "/holds/" + rejected.CreditID)
	b.fill("by", "Mo Ali")
	b.fill("why", "the parcel came")
	b.follow(`button[value=reject]`, "End without a credit 1 award")
	b.follow(`form.card button`, "Rejection by Mo Ali")
	b.follow(`nav a[href="/requests"]`, "Requests for the next night")
	b.shows("half of it", "the parcel came", "lets go 1 award", "ends without a credit 1 award", "waits for the next night")

	w.runNext()
	b.open(server.URL + "/requests")
	b.shows("No request waits.")
	b.open(server.URL + "/runs/" + demoNext.String())
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
