package report

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// How many bytes each part of a comparison is granted; what one does not need is
// for those after it. Together they stay below MaxMarkdown.
const (
	shareFixed     = 5_000 // the first lines, headings, and the last lines
	shareNotes     = 4_000
	shareRules     = 12_000
	shareMoney     = 3_500
	shareByRule    = 8_000
	shareTerms     = 1_500
	shareLedger    = 2_500
	shareBounds    = 3_500
	shareNear      = 4_000
	shareSame      = 1_000
	shareExamples  = 8_000
	shareByColumns = 5_000
	shareDetail    = 1_500 // of transitions, amounts, rows and requests each
)

// markdownDiff writes a comparison within MaxMarkdown.
type markdownDiff struct {
	diff *Diff
	b    *strings.Builder
	room int      // what is granted and not used up; may be below zero
	left []string // what was left out for want of room
}

// DiffMarkdown is a comparison as Markdown for a comment of a pull request: what
// a reviewer asks first is seen at once, the rest is folded away. The same
// comparison gives the same bytes, at most MaxMarkdown of them; what had no room
// is counted at its end. Texts of rules and data are shown as they are, never
// as marks of Markdown. Side A is called before, side B after.
func DiffMarkdown(d *Diff) string {
	m := &markdownDiff{diff: d, b: new(strings.Builder), room: shareFixed}
	m.head()
	m.rules()
	if d.Differs {
		m.money()
		m.ledger()
		m.bounds()
	}
	m.nearMisses()
	if d.Differs {
		m.examples()
		m.details()
	}
	m.foot()
	return m.b.String()
}

// write writes what is always there.
func (m *markdownDiff) write(format string, args ...any) { m.text(fmt.Sprintf(format, args...)) }

func (m *markdownDiff) text(text string) {
	m.b.WriteString(text)
	m.room -= len(text)
}

// lines writes a part: its head, as many of its lines as have room, and its
// tail; nothing where there is none.
func (m *markdownDiff) lines(share int, head string, lines []string, tail string, one, many string) {
	m.room += share
	used, kept := len(head)+len(tail), 0
	for _, line := range lines {
		if used+len(line) > m.room {
			break
		}
		used += len(line)
		kept++
	}
	if left := len(lines) - kept; left > 0 {
		m.left = append(m.left, Counted(int64(left), one, many))
	}
	if kept > 0 {
		m.text(head + strings.Join(lines[:kept], "") + tail)
	}
}

// most writes a part that can be made with more lines and with fewer, with as
// many as have room.
func (m *markdownDiff) most(share, lines int, part func(lines int) string) {
	m.room += share
	fits := sort.Search(lines+1, func(n int) bool { return len(part(n)) > m.room }) - 1
	switch {
	case fits < 0:
		m.left = append(m.left, "a table")
	case fits < lines:
		m.left = append(m.left, "lines of a table, added up in it")
	}
	if fits >= 0 {
		m.text(part(fits))
	}
}

// maxMarkdownWords bounds what is said in a sentence, in bytes.
const maxMarkdownWords = 1500

// words is a text of a sentence, cut where somebody gave a rulebook a name of a page.
func words(text string) string {
	if len(text) > maxMarkdownWords {
		text = strings.ToValidUTF8(text[:maxMarkdownWords], "") + "…"
	}
	return markdownText(text)
}

func (m *markdownDiff) head() {
	d := m.diff
	if d.Basis == DiffPublished {
		m.write("### What differs between %s and %s\n\n", markdownCode(d.A.Name), markdownCode(d.B.Name))
	} else {
		m.write("### What would change with %s\n\n", markdownCode(d.B.Name))
	}
	m.write("**%s**\n\n", words(d.Headline))
	m.write("*Before* is %s. *After* is %s.\n%s", words(d.A.What), words(d.B.What), DiffNightsSentence(d))
	if d.Basis == DiffSimulated {
		m.write(" Both ran in memory over the same files, each on a ledger of its own that begins alike; nothing was written.")
	}
	m.write("\n")
	var notes []string
	for _, note := range d.Notes {
		notes = append(notes, "> - "+words(note)+"\n")
	}
	m.lines(shareNotes, "\n> [!NOTE]\n", notes, "", "note", "notes")
}

// rules is what changed in their texts, one thing below another.
func (m *markdownDiff) rules() {
	changes := m.diff.RuleChanges.Changes
	m.write("\n#### What changed in the rules\n\n")
	switch {
	case len(changes) > 0:
	case m.diff.A.RulebookSHA256 == m.diff.B.RulebookSHA256:
		m.write("Nothing: both have the same bytes.\n")
		return
	default:
		m.write("Nothing that has a meaning: names of files, comments and spacing have none.\n")
		return
	}
	var things []string
	for i := 0; i < len(changes); {
		end := i + 1
		for end < len(changes) && changes[end].Change == RuleChanged && changes[i].Change == RuleChanged &&
			changes[end].Kind == changes[i].Kind && changes[end].Name == changes[i].Name {
			end++
		}
		things = append(things, markdownThing(changes[i:end]))
		i = end
	}
	if more := m.diff.RuleChanges.More; more > 0 {
		m.left = append(m.left, Counted(more, "part of the rules that changed", "parts of the rules that changed"))
	}
	m.lines(shareRules, "", things, "", "thing of the rules that changed", "things of the rules that changed")
}

// markdownThing is one rule, value of a table, limit and so on, with each part of
// it that changed.
func markdownThing(parts []DiffRuleChange) string {
	c := &parts[0]
	var b strings.Builder
	kind := map[string]string{"table": "table value", "row": "row of the decision table", "define": "definition", "void": "void rule"}[c.Kind]
	if kind == "" {
		kind = c.Kind
	}
	what := kind + " " + markdownCode(c.Name)
	place := ""
	if at := c.PlaceB + c.PlaceA; at != "" {
		if c.PlaceB != "" {
			at = c.PlaceB
		}
		place = " (" + markdownCode(at) + ")"
	}
	switch {
	case c.Change == RuleAdded:
		return "- **new** " + what + place + markdownParts(c.Parts)
	case c.Change == RuleMissing:
		return "- **removed** " + what + place + markdownParts(c.Parts)
	case len(parts) == 1 && c.Part == "":
		return "- " + what + place + ":" + markdownChange(c, "  ")
	}
	b.WriteString("- " + what + place + "\n")
	for i := range parts {
		p := &parts[i]
		b.WriteString("  - " + markdownCode(p.Part) + ":" + markdownChange(p, "    "))
	}
	return b.String()
}

// markdownParts is what a thing says that only one side has.
func markdownParts(parts []DiffRulePart) string {
	if len(parts) == 1 && parts[0].Name == "" {
		return ": " + markdownCode(parts[0].Text) + "\n"
	}
	var b strings.Builder
	b.WriteByte('\n')
	for _, p := range parts {
		b.WriteString("  - " + markdownCode(p.Name) + ": " + markdownCode(p.Text) + "\n")
	}
	return b.String()
}

// The bounds of what is shown on one line of a change.
const (
	shortChange    = 80  // of both sides' text together, in bytes
	wordsAround    = 2   // on each side of what changed in a long text
	longestExtract = 160 // of both sides together, in bytes
)

// markdownChange is what was and what is: on one line where both are short, or
// where a few words of a long text changed; then all of what is after stands below it. Else
// both stand below each other, so that they can be compared.
func markdownChange(c *DiffRuleChange, indent string) string {
	if len(c.A)+len(c.B) <= shortChange {
		return " " + markdownCode(c.A) + " → " + markdownCode(c.B) + "\n"
	}
	if a, b := extracts(c.A, c.B); len(a)+len(b) <= longestExtract && 3*len(b) < 2*len(c.B) {
		return " " + markdownCode(a) + " → " + markdownCode(b) + "\n" + indent + "- after: " + markdownCode(c.B) + "\n"
	}
	return "\n" + indent + "- before: " + markdownCode(c.A) + "\n" + indent + "- after: " + markdownCode(c.B) + "\n"
}

// extracts are the words in which two texts differ, and a few around them.
func extracts(a, b string) (string, string) {
	x, y := strings.Split(a, " "), strings.Split(b, " ")
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	after := 0
	for after < min(len(x), len(y))-same && x[len(x)-1-after] == y[len(y)-1-after] {
		after++
	}
	from := max(same-wordsAround, 0)
	extract := func(words []string) string {
		to := min(len(words)-after+wordsAround, len(words))
		text := strings.Join(words[from:to], " ")
		if from > 0 {
			text = "… " + text
		}
		if to < len(words) {
			text += " …"
		}
		return text
	}
	return extract(x), extract(y)
}

// money is who gains and loses, and how much, by currency and by rule.
func (m *markdownDiff) money() {
	d := m.diff
	m.write("\n#### Credits and their money\n\n")
	for _, l := range []struct {
		count int64
		text  string
	}{
		{d.Counts.Gained, "gained: nothing before, issued or held after"}, {d.Counts.Lost, "lost: issued or held before, nothing after"},
		{d.Counts.Changed, "changed: another amount, or issued against held" + inParts(d.Counts.parted())}, {d.Counts.Other, "with the same money, and something else is another" + others(d)},
		{d.Counts.Nothing, "without a credit before and after, for another reason"},
	} {
		if l.count > 0 {
			m.write("- **%s** %s\n", Count(l.count), l.text)
		}
	}
	m.write("- %s incidents that came out the same before and after\n", Count(d.Counts.Same))
	totals := DiffBreakdown{Column: "currency", Lines: slices.Clone(d.Totals)}
	for i := range totals.Lines {
		totals.Lines[i].Value = totals.Lines[i].Currency
	}
	m.breakdown(shareMoney, "", &totals, 1)
	m.terms()
	m.breakdown(shareByRule, "\n**By rule**\n", &DiffBreakdown{Column: "rule", Lines: d.Rules}, d.LinesShown())
}

// inParts adds what a count consists of, where that was counted.
func inParts(parts string) string {
	if parts == "" {
		return ""
	}
	return ": " + parts
}

// others names what is another where the money is the same.
func others(d *Diff) string {
	var what []string
	for i := range d.Transitions {
		for _, part := range strings.Split(d.Transitions[i].What, ", ") {
			if part != "" && !slices.Contains(what, part) {
				what = append(what, part)
			}
		}
	}
	if len(what) == 0 || d.MoreTransitions > 0 {
		return ""
	}
	return ": " + strings.Join(what, ", ")
}

// breakdown is a table of the lines in which something differs, as many of each
// currency as are asked for and have room; what is left out is added up in it.
func (m *markdownDiff) breakdown(share int, title string, b *DiffBreakdown, most int) {
	most = min(most, len(b.Lines))
	if lines, rest, _ := b.Shown(most); len(lines)+len(rest) == 0 {
		return
	}
	m.most(share, most, func(most int) string {
		return title + "\n" + markdownLines(b, most)
	})
}

func markdownLines(b *DiffBreakdown, most int) string {
	lines, rest, quiet := b.Shown(most)
	names := []string{markdownText(b.Column), "before", "gained", "lost", "changed", "after", "difference", "%", "credits"}
	var rows [][]string
	add := func(l *DiffLine, value string) {
		for _, row := range diffRows(l, "") {
			if strings.Join(row[2:5], "")+row[len(row)-1] == "" {
				continue // what is held, where only what is issued differs
			}
			row[0] = value + row[0]
			if row[7] == "0.0%" {
				row[7] = ""
			}
			for _, signs := range []int{2, 4, 6} { // gained, changed, difference
				if text := row[signs]; strings.ContainsAny(text, "123456789") && !strings.HasPrefix(text, "-") {
					row[signs] = "+" + text
				}
			}
			for i := 1; i < len(row); i++ {
				row[i] = markdownText(row[i])
			}
			rows = append(rows, row)
		}
	}
	moved := false
	for i := range lines {
		l := &lines[i]
		moved = moved || l.Issued.MovedMinor != 0 || l.Held.MovedMinor != 0
		add(l, markdownCell(l.Value))
	}
	for i := range rest {
		add(&rest[i].DiffLine, Counted(int64(rest[i].Lines), "other", "others"))
	}
	if moved {
		names[4] = "changed, moved"
	}
	text := strings.Join(markdownUsed(names, rows), "")
	if moved {
		text += "\nMoved: a credit that stands in one line before and in another after takes its money along.\n"
	}
	if quiet > 0 {
		text += "\nWithout a difference: " + Counted(int64(quiet), "line", "lines") + ".\n"
	}
	return text
}

func (m *markdownDiff) foot() {
	if len(m.left) > 0 {
		m.write("\nLeft out, because a comment has room for 65,536 characters: %s. `--html FILE` and `--json` have all of it.\n", strings.Join(slices.Compact(m.left), "; "))
	}
	if m.diff.Differs {
		m.write("\n<sub>A difference is after less before. `--html FILE` draws all of this, `--csv FILE` lists every credit that differs.</sub>\n")
	}
}
