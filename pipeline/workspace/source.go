package workspace

import (
	"regexp"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"amends/rules/document"
	"amends/rules/money"
)

// source reads one entry of `sources`.
func (p *parser) source(pair document.Pair) {
	if !sourceName.MatchString(pair.Key) {
		p.report(pair.At, codeName, msgSourceName(pair.Key), "")
	}
	f := pair.Value.Read(sourceRecord)
	if f == nil {
		return
	}
	s := Source{Name: pair.Key, At: pair.At, Timestamps: "UTC", TimestampsIn: time.UTC}
	p.files(&s, f.Need("files"))
	s.LookbackDays, _ = f.Int("lookback_days", days)
	if s.LookbackDays > p.w.HorizonDays {
		f.Get("lookback_days").Report(codeLookback, msgLookback(s.LookbackDays, p.w.HorizonDays), "")
	}
	s.Optional, _ = f.Get("optional").Bool()
	if node := f.Get("timestamps"); node != nil {
		s.Timestamps, s.TimestampsIn = p.zone(node)
	}
	p.money(&s, f.Get("money"))
	s.Nullable = p.columns(f.Get("nullable"))
	p.renames(&s, f.Get("rename"))
	p.currency(&s, f.Get("currency"))
	p.role(&s, f)
	p.w.Sources = append(p.w.Sources, s)
}

var (
	sourceName  = shortName{regexp.MustCompile(`^[A-Za-z0-9_-]+$`)}
	identifier  = shortName{regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)}
	placeholder = regexp.MustCompile(`\{[^{},]*\}?`)
)

// maxNameBytes is what a shortName may have.
const maxNameBytes = 100

// shortName is a pattern of names. That it counts nothing makes it a thing of
// microseconds in every start; a pattern that counts to a hundred takes a hundred
// times as long to compile.
type shortName struct{ pattern *regexp.Regexp }

// MatchString reports whether a text is such a name.
func (n shortName) MatchString(s string) bool {
	return len(s) <= maxNameBytes && n.pattern.MatchString(s)
}

// files reads the pattern of paths. A pair of braces without a comma is a
// placeholder; with one it is a list of alternatives.
func (p *parser) files(s *Source, node *document.Node) {
	text, ok := node.Text("a pattern of paths")
	if !ok || !p.local(text) {
		return
	}
	s.Files = text
	for _, found := range placeholder.FindAllString(text.Source, -1) {
		if found != "{date}" && strings.HasSuffix(found, "}") {
			p.report(text, codePath, msgPlaceholder(found), hintPlaceholder)
			return
		}
	}
	if !doublestar.ValidatePattern(strings.ReplaceAll(text.Source, "{date}", "2026-01-01")) {
		p.report(text, codePath, msgPattern(text.Source), "")
	}
}

// HasDate reports whether each day has files of its own.
func (s *Source) HasDate() bool { return strings.Contains(s.Files.Source, "{date}") }

func (p *parser) money(s *Source, node *document.Node) {
	for _, pair := range node.Pairs("units by column, such as {item_price: minor}") {
		unit, _ := pair.Value.Word(unitWords...)
		s.Money = append(s.Money, MoneyColumn{Column: pair.At, Unit: map[string]Unit{"minor": Minor, "major": Major}[unit]})
	}
}

// renames reads {column of the file: name in rules}.
func (p *parser) renames(s *Source, node *document.Node) {
	seen := map[string]bool{}
	for _, pair := range node.Pairs("new names by column") {
		to, ok := pair.Value.Text("a new name")
		switch {
		case !ok:
			continue
		case !identifier.MatchString(to.Source):
			p.report(to, codeName, msgIdentifier("the name", to.Source), hintIdentifier)
		case seen[to.Source]:
			p.report(to, codeName, msgTwice("the name", to.Source), "")
		}
		seen[to.Source] = true
		s.Renames = append(s.Renames, Rename{From: pair.At, To: to})
	}
}

// currency tells a constant, which is a code of ISO 4217, from a column.
func (p *parser) currency(s *Source, node *document.Node) {
	text := p.column(node)
	if _, constant := money.Digits(text.Source); !constant {
		s.CurrencyColumn = text
		return
	}
	s.Currency = text.Source
	if listed := p.w.Currencies; len(listed) > 0 && !contains(listed, s.Currency) {
		p.report(text, codeCurrency, msgCurrencyUnlisted(s.Currency), "")
	}
}

func contains(sorted []string, word string) bool {
	for _, s := range sorted {
		if s == word {
			return true
		}
	}
	return false
}
