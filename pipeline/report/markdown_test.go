package report

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"pgregory.net/rapid"
)

// rendered is what a reader of Markdown sees.
func rendered(t interface{ Fatal(...any) }, text string) string {
	var b strings.Builder
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// inParagraph is what a line becomes that stands after a word.
func inParagraph(t interface{ Fatal(...any) }, line string) string {
	out := strings.TrimSuffix(strings.TrimPrefix(rendered(t, "is "+line+" so"), "<p>is "), " so</p>\n")
	return strings.ReplaceAll(html.UnescapeString(out), "\u200b", "")
}

// hostile are pieces of texts that mean something to Markdown or to GitHub.
var hostile = []string{
	"a", "Z9", " ", "`", "``", "\\", "*", "**", "_", "~~", "[x](y)", "![i](j)", "<b>", "</details>", "<!-- ", "-->", "&amp;", "&", "|", "\\|", "$x$", "#12", "@kim", "GH-1",
	"https://x.example/a?b=c", "www.x.example", "kim@x.example", "# ", "- ", "1. ", "> ", ":", "://", "…", "日", "🙂", "~", "^", "(", ")", "{", "}", "\"", "'", "!", "=",
}

func hostileText() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(hostile), 1, 12), func(parts []string) string {
		return strings.Join(strings.Fields(strings.Join(parts, "")), " ") // spaces of their own are none of Markdown's business
	})
}

// The reader of a comment sees the bytes of a text, and nothing happens because
// of them: GitHub's parser of tables, links and code is followed by goldmark's.
func TestMarkdownShowsTextsAsTheyAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := hostileText().Draw(t, "text")
		if text == "" {
			return
		}
		if got := inParagraph(t, markdownText(text)); got != text {
			t.Fatalf("text %q: %q is seen as %q", text, markdownText(text), got)
		}
		if got := inParagraph(t, markdownCode(text)); got != "<code>"+text+"</code>" {
			t.Fatalf("code %q: %q is seen as %q", text, markdownCode(text), got)
		}
		table := strings.Join(markdownTable([]Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}, [][]string{{markdownCell(text), markdownText(text), "end"}}), "")
		page := strings.ReplaceAll(rendered(t, table), "\u200b", "")
		cells := regexp.MustCompile(`(?s)<td>(.*?)</td>`).FindAllStringSubmatch(page, -1)
		if len(cells) != 3 || cells[2][1] != "end" {
			t.Fatalf("%q is no table of three cells: %s", table, page)
		}
		// Of the code with a bar, goldmark leaves out the tags, which GitHub does not.
		code := strings.NewReplacer("<code>", "", "</code>", "", "<!-- raw HTML omitted -->", "").Replace(cells[0][1])
		if html.UnescapeString(code) != text || html.UnescapeString(cells[1][1]) != text {
			t.Fatalf("cells %q: %s", text, page)
		}
	})
}

// By hand: what GitHub makes of words, and no parser of Markdown does.
func TestMarkdownTextIsNoMentionReferenceOrFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"thanks @kim":            "thanks @&#8203;kim",
		"see #12":                "see #&#8203;12",
		"$1.00, -$2.00":          `\$1.00, -\$2.00`,
		"http://x.example":       "http:&#8203;//x.example",
		"www.x.example":          "www&#8203;.x.example",
		"<img src=x>":            `&lt;img src=x\>`,
		"a\nb\tc":                "a b c",
		"\x1b[2J \u202egnp.exe":  "\uFFFD\\[2J \uFFFDgnp.exe",
		"late_short *and* `old`": "late\\_short \\*and\\* \\`old\\`",
	} {
		if got := markdownText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"":        "(none)",
		" \n":     "(none)",
		"a":       "`a`",
		"a`b``c":  "```a`b``c```",
		"`a`":     "`` `a` ``",
		" a ":     "`  a  `",
		"a\nb":    "`a b`",
		"\u2066x": "`\uFFFDx`",
	} {
		if got := markdownCode(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
