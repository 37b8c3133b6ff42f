package rules

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"

	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/grid"
	"amends/rules/money"
)

// defaultHoldDays is how long a hold waits for a person where the rulebook does
// not say.
const defaultHoldDays = 14

// maxDays bounds every number of days that people write: past it they meant
// something else.
const maxDays = 3650

// Parse reads the files of one rulebook, which it sorts by path; those named
// *.csv are decision tables, and count where a rule names them. Lists append
// and maps merge across files; what is defined twice is a diagnostic that names
// both places. The rulebook is never nil, and is whole only where no
// diagnostic is an error; Compile finds what else is wrong with one that is not.
// Expressions are located but not yet checked.
func Parse(files []File) (*Rulebook, diag.List) {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	p := &parser{
		book: &Rulebook{
			Tables:   map[string]*Table{},
			Defines:  map[string][]Define{},
			Terms:    map[string]*Terms{},
			HoldDays: defaultHoldDays,
			MinAward: money.ByCurrency{},
			places:   map[string]diag.Text{},
		},
		first:  map[thing]diag.Text{},
		tables: map[string]File{},
		sheets: map[string]*grid.Sheet{},
		used:   map[string]bool{},
	}
	for _, file := range files {
		if IsTableFile(file.Path) {
			p.tables[file.Path] = file
		}
	}
	for i, file := range files {
		if IsTableFile(file.Path) {
			continue
		}
		p.doc = document.Load(file.Path, file.Bytes, documentCodes)
		if i > 0 && files[i-1].Path == file.Path {
			p.doc.Report(codeTwice, msgFileTwice(file.Path), "")
		}
		if p.doc.Root != nil {
			p.file(p.doc.Root)
		}
		p.list = append(p.list, p.doc.Diagnostics()...)
	}
	p.checkTerms()
	p.checkRules()
	p.book.Files = slices.DeleteFunc(files, func(f File) bool { return IsTableFile(f.Path) && !p.used[f.Path] })
	p.book.SHA256 = digest(p.book.Files)
	p.list.Sort()
	p.book.broken = p.list.HasErrors()
	p.book.lost = slices.ContainsFunc(p.list, func(d diag.Diagnostic) bool { return slices.Contains(lostCodes, d.Code) })
	return p.book, p.list
}

// digest is the SHA-256 over the paths and bytes, each after its length in
// eight bytes, most significant first.
func digest(files []File) string {
	sum := sha256.New()
	write := func(b []byte) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(b)))
		_, _ = sum.Write(length[:]) // a hash never fails
		_, _ = sum.Write(b)
	}
	for _, file := range files {
		write([]byte(file.Path))
		write(file.Bytes)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// parser fills a rulebook from one document after another.
type parser struct {
	book  *Rulebook
	doc   *document.Document
	first map[thing]diag.Text // where each thing was defined first
	list  diag.List

	tables map[string]File        // CSV files by path
	sheets map[string]*grid.Sheet // those that were read; nil where one has errors
	used   map[string]bool        // those that some rule names
}

// thing is what may be defined once only: a section, or a name within one.
type thing struct{ section, name string }

func (p *parser) file(root *document.Node) {
	f := root.Read(fileRecord)
	p.scalars(f)
	for _, pair := range f.Get("tables").Pairs("tables by name") {
		p.table(pair)
	}
	for _, pair := range f.Get("define").Pairs("definitions by source") {
		p.defines(pair)
	}
	for _, pair := range f.Get("terms").Pairs("terms by name") {
		p.terms(pair)
	}
	for _, node := range f.Get("exclude").Items("a list of exclusions") {
		p.exclusion(node)
	}
	for _, node := range f.Get("rules").Items("a list of rules") {
		p.rule(node)
	}
	for _, node := range f.Get("limits").Items("a list of limits") {
		p.limit(node)
	}
	for _, node := range f.Get("budgets").Items("a list of budgets") {
		p.budget(node)
	}
	for _, node := range f.Get("approval").Items("a list of approvals") {
		p.approval(node)
	}
	for _, node := range f.Get("void").Items("a list of void rules") {
		p.void(node)
	}
}

// scalars reads the sections that stand once in a rulebook.
func (p *parser) scalars(f *document.Fields) {
	if node := p.onceOnly(f, "combine"); node != nil {
		p.book.places["combine"] = f.KeyAt("combine")
		if word, ok := f.Word("combine"); ok && word == "sum" {
			p.book.Combine = Sum
		}
	}
	if node := p.onceOnly(f, "hold_days"); node != nil {
		if days, ok := f.Int("hold_days", "a whole number of days"); ok {
			p.book.HoldDays = days
		}
	}
	if node := p.onceOnly(f, "min_award"); node != nil {
		p.book.MinAward = p.amounts(node)
		p.book.places["min_award"] = f.KeyAt("min_award")
	}
	if node := p.onceOnly(f, "guardrails"); node != nil {
		p.guardrails(node, f.KeyAt("guardrails"))
	}
}

// onceOnly returns a section that no file before this one had, or nil.
func (p *parser) onceOnly(f *document.Fields, section string) *document.Node {
	node := f.Get(section)
	if node == nil || !p.define(thing{section, ""}, section, f.KeyAt(section)) {
		return nil
	}
	return node
}

// define notes where a thing is defined, and reports the second time.
func (p *parser) define(t thing, what string, at diag.Text) bool {
	first, twice := p.first[t]
	if twice {
		p.list.Add(at.Diagnose(0, codeTwice, msgTwice(what, first), ""))
		return false
	}
	p.first[t] = at
	return true
}

// id reads the id of an entry of a section.
func (p *parser) id(f *document.Fields, section, what string) (string, diag.Text) {
	text, ok := f.Need("id").Text("an id")
	if !ok {
		return "", text
	}
	if !validID(text.Source) {
		p.list.Add(text.Diagnose(0, codeName, msgID(text.Source), hintID))
	}
	p.define(thing{section, text.Source}, what+" "+text.Source, text)
	return text.Source, text
}

// maxMessageBytes bounds messages, of which every credit carries one.
const maxMessageBytes = 2000

// maxNameBytes bounds ids and names, which outputs repeat on every row.
const maxNameBytes = 100

func validID(id string) bool {
	for i := range len(id) {
		if c := id[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return id != "" && len(id) <= maxNameBytes
}

func validReason(code string) bool {
	for i := range len(code) {
		c := code[i]
		letter := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		if !letter && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return code != "" && len(code) <= maxNameBytes
}

func validIdentifier(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) <= maxNameBytes
}

// amounts reads {USD: 10.00, JPY: 1500} into minor units.
func (p *parser) amounts(node *document.Node) money.ByCurrency {
	amounts := money.ByCurrency{}
	if node == nil {
		return amounts
	}
	pairs := node.Pairs("amounts by currency, such as {USD: 10.00}")
	if node.IsMap() && len(pairs) == 0 {
		node.Report(codeWrongType, "expected amounts by currency, such as {USD: 10.00}, found none", "")
	}
	for _, pair := range pairs {
		digits, known := money.Digits(pair.Key)
		if !known {
			p.list.Add(pair.At.Diagnose(0, codeCurrency, msgUnknownCurrency(pair.Key), hintCurrency))
			continue
		}
		text, ok := pair.Value.NumberText("an amount in " + pair.Key)
		if !ok {
			continue
		}
		if amount, message := parseAmount(text, pair.Key, digits); message != "" {
			pair.Value.Report(codeCurrency, message, "")
		} else {
			amounts[pair.Key] = amount.Minor
		}
	}
	return amounts
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
