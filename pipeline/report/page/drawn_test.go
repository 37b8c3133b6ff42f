package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"amends/pipeline/report"
)

// lookAt finds what is wrong with how a page lies in its window: a page that is
// wider than it, a chart without a drawing or size, a text of a chart that is
// outside of it or on another.
const lookAt = `(() => {
  const wrong = [], rootBox = document.documentElement;
  if (rootBox.scrollWidth > rootBox.clientWidth) wrong.push("the page is " + rootBox.scrollWidth + " wide in a window of " + rootBox.clientWidth + ", for " +
    [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > rootBox.clientWidth + 1).filter((e, i, all) => i < 2 || i > all.length - 3).map((e) => e.outerHTML.slice(0, 200)));
  for (const box of document.querySelectorAll(".scroll, .chart, .cards li, .tiles li, .alerts li"))
    if (box.getBoundingClientRect().right > rootBox.clientWidth + 1) wrong.push("an element of class " + box.className + " ends right of the window");
  for (const canvas of document.querySelectorAll(".canvas")) {
    const name = canvas.id + " (" + canvas.getAttribute("aria-label").slice(0, 60) + ")", at = canvas.getBoundingClientRect(), svg = canvas.querySelector("svg");
    if (at.width < 60 || at.height < 20) wrong.push(name + " is " + at.width + " by " + at.height);
    if (!svg || [...svg.querySelectorAll("path, rect")].filter((p) => p.getBoundingClientRect().width > 0).length < 2) { wrong.push(name + " has no drawing"); continue; }
    const texts = [...svg.querySelectorAll("text")].filter((t) => t.textContent.trim()).map((t) => ({ says: t.textContent, box: t.getBoundingClientRect() }));
    if (!canvas.classList.contains("small") && texts.length < 2) wrong.push(name + " has no text");
    const frame = canvas.classList.contains("wide") ? svg.getBoundingClientRect() : at; // one that scrolls shows a part of its drawing
    for (const t of texts) {
      const b = t.box, at = frame;
      if (b.left < at.left - 1 || b.right > at.right + 1 || b.top < at.top - 1 || b.bottom > at.bottom + 1)
        wrong.push(name + ": " + t.says + " is outside: " + [b.left - at.left, b.top - at.top, b.right - at.left, b.bottom - at.top].map(Math.round) + " of " + Math.round(at.width) + " by " + Math.round(at.height));
    }
    for (let i = 0; i < texts.length; i++) for (let j = 0; j < i; j++) {
      const a = texts[i].box, b = texts[j].box;
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left), y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 1 && y > 3) wrong.push(name + ": " + texts[i].says + " lies on " + texts[j].says);
    }
  }
  return wrong;
})()`

func (p *opened) looksRight() {
	p.t.Helper()
	for _, wrong := range ask[[]string](p, lookAt) {
		p.t.Error(wrong)
	}
	if ran := ask[bool](p, `"ran" in window`); ran {
		p.t.Error("an id from data ran as a script")
	}
	p.quiet()
}

// until waits for a condition. It asks from outside, with the media, since a
// headless page that nobody asks may draw no frame, and learns of nothing.
func (p *opened) until(condition string) {
	p.t.Helper()
	for !ask[bool](p, `[matchMedia("print").matches, document.body.offsetHeight] && `+condition) {
		p.run(chromedp.Sleep(100 * time.Millisecond))
	}
}

func TestPagesInABrowser(t *testing.T) {
	for _, v := range views {
		t.Run(v.String(), func(t *testing.T) {
			p := open(t, mustNight(t, fullNight()), v)
			p.looksRight()
			if charts, want := ask[int](p, `document.querySelectorAll(".canvas svg").length`), 26; charts < want {
				t.Errorf("%d charts are drawn, want %d at least", charts, want)
			}
			// Every figure can be opened without the page growing wider.
			p.run(chromedp.Evaluate[chromedp.Void](`for (const d of document.querySelectorAll("details")) d.open = true`))
			p.looksRight()
			dark := ask[string](p, `getComputedStyle(document.body).backgroundColor`) == "rgb(18, 22, 28)"
			if dark != v.dark {
				t.Errorf("the page is dark: %v", dark)
			}
		})
	}
}

func TestAnEmptyNightInABrowser(t *testing.T) {
	for _, v := range views[2:] {
		p := open(t, mustNight(t, emptyNight()), v)
		p.looksRight()
	}
}

// Without JavaScript nothing is lost: all figures stand open.
func TestWithoutJavaScriptAllFiguresStandOpen(t *testing.T) {
	p := open(t, mustNight(t, fullNight()), view{width: 1280, height: 900, noScript: true})
	p.run(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false}))
	if closed := ask[int](p, `[...document.querySelectorAll("details")].filter((d) => !d.open).length + document.querySelectorAll(".canvas svg").length`); closed != 0 {
		t.Errorf("%d details are closed, or charts drawn", closed)
	}
	for _, text := range []string{"12,599.98", "Amounts of late, USD", "The last nights in USD", "2026-04-27"} {
		if !ask[bool](p, fmt.Sprintf(`document.body.innerText.includes(%q)`, text)) {
			t.Errorf("%q cannot be read", text)
		}
	}
	p.quiet()
}

// The toggle goes from the system's theme to light to dark and back, and the
// charts go with it.
func TestTheThemeCanBeChosen(t *testing.T) {
	p := open(t, mustNight(t, fullNight()), view{width: 1280, height: 900, dark: true})
	const look = `getComputedStyle(document.body).backgroundColor + " " + document.querySelector(".canvas:not(.small) svg text").getAttribute("fill") + " " + document.getElementById("theme").textContent`
	dark, light := "rgb(18, 22, 28) #e6eaf0 Theme: ", "rgb(245, 246, 248) #1c2430 Theme: "
	for i, want := range []string{dark + "auto", light + "light", dark + "dark", dark + "auto"} {
		if got := ask[string](p, look); got != want {
			t.Errorf("after %d clicks the page is %s, want %s", i, got, want)
		}
		if i < 3 { // the last choice is kept for the pages of other tests
			p.run(chromedp.Click("#theme"))
		}
	}
	p.quiet()
}

// On paper the page is light, charts too, and nothing is wider than it.
func TestOnPaper(t *testing.T) {
	p := open(t, mustNight(t, fullNight()), view{width: 1280, height: 900, dark: true})
	const first = `document.querySelector(".grid .canvas svg")`
	p.run(chromedp.EmulateViewport(700, 900), command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	p.until(first + `.getAttribute("width") === "314" && ` + first + `.querySelector("text").getAttribute("fill") === "#1c2430"`)
	p.looksRight()
	if shown := ask[bool](p, `document.getElementById("theme").offsetParent !== null || document.querySelector(".contents").offsetParent !== null`); shown {
		t.Error("the toggle or the contents are printed")
	}
	p.run(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}))
	p.until(first + `.getAttribute("width") !== "314" && ` + first + `.querySelector("text").getAttribute("fill") === "#e6eaf0"`)
	if pdf := take(p, chromedp.PrintToPDF()); len(pdf) < 50_000 {
		t.Errorf("the printed page has %d bytes", len(pdf))
	}
}

// A tooltip shows a name from data as it is.
func TestTooltipsAreText(t *testing.T) {
	a := fullNight()
	a.Breakdowns = a.Breakdowns[:1]
	a.Breakdowns[0].Lines = a.Breakdowns[0].Lines[3:4] // the one that is a script
	p := open(t, mustNight(t, a), view{width: 1280, height: 900})
	const bars = `section[aria-labelledby="breakdowns"] .canvas`
	p.run(chromedp.ScrollIntoView(bars))
	middle := ask[[]float64](p, `(() => { const b = document.querySelector('`+bars+`').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 3]; })()`)
	p.run(chromedp.MouseEvent("mouseMoved", middle[0], middle[1]), chromedp.Sleep(300*time.Millisecond))
	if got := ask[string](p, `document.querySelector('`+bars+` > div:last-child').innerText`); !strings.Contains(got, script) || !strings.Contains(got, "incidents per 1,000 events: 34.63") {
		t.Errorf("the tooltip says %q", got)
	}
	p.looksRight()
}

// hugeNight is as large as the bounds of an analysis let one grow.
func hugeNight() *report.Analysis {
	a := fullNight()
	a.Summary.Sources[0].Read, a.Summary.Sources[0].Unmatched = 1_000_000, 1_000_000-2020
	var rules []report.RuleAnalysis
	for i := range 200 {
		r := a.Rules[i%3]
		r.Rule = fmt.Sprintf("rule-with-a-long-name-%03d", i)
		r.Money = nil
		for _, code := range []string{"EUR", "GBP", "JPY", "USD"} {
			m := report.RuleMoney{Currency: code, Wins: int64(1000 - i), GrossMinor: 1 << 50, Minor: 1<<49 - int64(i)<<40, MeanMinor: 1 << 40, ShareBasis: 50, MarginalMinor: 1 << 48}
			for b := range int64(20) {
				m.Amounts = append(m.Amounts, report.AmountBin{FromMinor: b << 40, ToMinor: (b + 1) << 40, Count: 50 - b})
			}
			r.Money = append(r.Money, m)
		}
		rules = append(rules, r)
		a.Overlaps = append(a.Overlaps, report.Overlap{A: r.Rule, B: r.Rule, Count: 5000})
		for j := range i {
			a.Overlaps = append(a.Overlaps, report.Overlap{A: rules[j].Rule, B: r.Rule, Count: int64(j + 1)})
		}
	}
	a.Rules = append(a.Rules, rules...)
	for i := range 50 {
		b := a.Budgets[1]
		b.Scope, b.UsedBasis = fmt.Sprintf("seller-%d", i), int64(9000-i)
		a.Budgets = append(a.Budgets, b)
	}
	for i := range 20 {
		l := a.Limits[0]
		l.Limit = fmt.Sprintf("limit-%d", i)
		for j := range 100 {
			l.Near = append(l.Near, report.NearLimit{ID: fmt.Sprintf("customer-%d-%d", i, j), UsedMinor: 1 << 40, UsedCount: 4, UsedBasis: 8000})
		}
		a.Limits = append(a.Limits, l)
		b := a.Breakdowns[0]
		b.Column = fmt.Sprintf("column_%d", i)
		for j := range 50 {
			line := b.Lines[0]
			line.Value = fmt.Sprintf("value %d", j)
			b.Lines = append(b.Lines[:len(b.Lines):len(b.Lines)], line)
		}
		a.Breakdowns = append(a.Breakdowns, b)
		a.Summary.Suppressions = append(a.Summary.Suppressions, report.ReasonLine{Reason: fmt.Sprintf("excluded:some-long-reason-%d", i)})
	}
	return a
}

// A night of a million decisions stays small enough for a mail, and opens at
// once: its script leaves the page alone within a second on a free machine, of
// which a busy one gets many.
func TestAHugeNightStaysSmall(t *testing.T) {
	content := mustNight(t, hugeNight())
	if len(content) > 3_000_000 {
		t.Errorf("%d bytes, more than 3 MB", len(content))
	}
	started := time.Now()
	p := open(t, content, view{width: 1280, height: 900})
	t.Logf("%d bytes, all drawn after %v", len(content), time.Since(started))
	timing := ask[[]float64](p, `(() => { const n = performance.getEntriesByType("navigation")[0]; return [n.domInteractive, n.domComplete]; })()`)
	t.Logf("interactive after %.0f ms, complete after %.0f ms", timing[0], timing[1])
	p.looksRight()
}

// Numbers of axes are written from whole minor units.
func TestTicksOfAxes(t *testing.T) {
	p := open(t, mustNight(t, emptyNight()), view{width: 400, height: 800})
	content, err := scriptFiles.ReadFile("assets/format.js")
	if err != nil {
		t.Fatal(err)
	}
	for arguments, want := range map[string]string{
		`0, {}`: "0", `999, {}`: "999", `1000, {}`: "1k", `1250, {}`: "1.25k", `1002, {}`: "1k", `-2500000, {}`: "-2.5m", `3000000000, {}`: "3bn",
		`0, {prefix: "$", digits: 2}`: "$0", `5, {prefix: "$", digits: 2}`: "$0.05", `150, {prefix: "$", digits: 2}`: "$1.5", `99999, {prefix: "$", digits: 2}`: "$999.99",
		`120000, {prefix: "$", digits: 2}`: "$1.2k", `-100000, {prefix: "$", digits: 2}`: "-$1k", `1500, {prefix: "¥"}`: "¥1.5k", `1500, {prefix: "KWD ", digits: 3}`: "KWD 1.5",
	} {
		if got := ask[string](p, "(() => {"+string(content)+"; return tick("+arguments+"); })()"); got != want {
			t.Errorf("tick(%s) is %q, want %q", arguments, got, want)
		}
	}
}
