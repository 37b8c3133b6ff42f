package report

import "strings"

// DiffTerms counts the credits that both sides give, and for which A has other
// terms than B.
type DiffTerms struct {
	A     string `json:"a"` // their names
	B     string `json:"b"`
	SaysA string `json:"says_a,omitempty"` // what they say
	SaysB string `json:"says_b,omitempty"`
	Count int64  `json:"count"`
}

// parted says in words in how many of the changed incidents B gives more, less,
// and as much: "37 more, 1 less".
func (c DiffCounts) parted() string {
	var parts []string
	for _, l := range []struct {
		count int64
		word  string
	}{{c.More, "more"}, {c.Less, "less"}, {c.Changed - c.More - c.Less, "as much"}} {
		if l.count > 0 {
			parts = append(parts, Count(l.count)+" "+l.word)
		}
	}
	return strings.Join(parts, ", ")
}

// Words says how many incidents gain, lose and change: "0 gained, 0 lost, 38
// changed: 37 more, 1 less".
func (c DiffCounts) Words() string {
	text := Count(c.Gained) + " gained, " + Count(c.Lost) + " lost, " + Count(c.Changed) + " changed"
	if parted := c.parted(); parted != "" {
		text += ": " + parted
	}
	return text
}

// diffTerms shows the terms that change on a terminal.
func (p *printer) diffTerms(d *Diff) {
	if len(d.Terms) == 0 {
		return
	}
	p.section("Other terms", "credits that both give")
	for i := range d.Terms {
		t := &d.Terms[i]
		p.wrapped(Counted(t.Count, "credit", "credits") + ": " + termsSay(t.A, t.SaysA) + " → " + termsSay(t.B, t.SaysB) + ".")
	}
}

// terms shows them in Markdown.
func (m *markdownDiff) terms() {
	var lines []string
	for i := range m.diff.Terms {
		t := &m.diff.Terms[i]
		lines = append(lines, "- **"+Count(t.Count)+"** "+words(termsSay(t.A, t.SaysA)+" → "+termsSay(t.B, t.SaysB))+"\n")
	}
	m.lines(shareTerms, "\n**Other terms, of credits that are given before and after**\n\n", lines, "", "change of terms", "changes of terms")
}

func termsSay(name, says string) string {
	if says == "" {
		return name
	}
	return name + " (" + says + ")"
}
