package page

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestShots leaves pictures of pages in the folder that PAGE_SHOTS names, for
// people to look at: of the made-up night, or of the page that PAGE_FILE names.
func TestShots(t *testing.T) {
	dir := os.Getenv("PAGE_SHOTS")
	if dir == "" {
		t.Skip("PAGE_SHOTS names no folder for pictures")
	}
	name, content := "full", mustNight(t, fullNight())
	if file := os.Getenv("PAGE_FILE"); file != "" {
		read, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, content = "file", read
	}
	for _, v := range views {
		p := open(t, content, v)
		shot(t, dir, name+"-"+v.String()+"-top.png", take(p, chromedp.CaptureScreenshot()))
		if strings.Contains(string(content), `<ul class="cards">`) {
			shot(t, dir, name+"-"+v.String()+"-card.png", take(p, chromedp.Screenshot(".cards li:nth-child(3)")))
		}
		for _, id := range ask[[]string](p, `[...document.querySelectorAll("section > h2")].map((h) => h.id)`) {
			shot(t, dir, name+"-"+v.String()+"-"+id+".png", take(p, chromedp.Screenshot(`section[aria-labelledby="`+id+`"]`)))
		}
	}
	p := open(t, content, view{width: 1280, height: 900, dark: true})
	paper := take(p, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground(), chromedp.PDFPreferCSSPageSize()))
	shot(t, dir, name+".pdf", paper)
}

func shot(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
		t.Fatal(err)
	}
}
