package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"amends/pipeline/scan"
	"amends/pipeline/state"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
)

// schemas is what the files of each source hold, by source and by column as
// rules see it. Sources without any file are absent.
type schemas map[string]sourceSchema

type sourceSchema struct {
	file    string
	fields  []scan.Field // named as rules see them
	kinds   map[string]ir.Kind
	details map[string]string
}

// learnSchemas reads the schema of each named source from the newest of its
// given files.
func (p *project) learnSchemas(files map[string][]scan.File, names ...string) (schemas, error) {
	out := schemas{}
	for _, name := range names {
		s := p.work.Source(name)
		file := files[name][len(files[name])-1]
		fields, err := scan.Describe(file)
		if err != nil {
			return nil, fmt.Errorf("source %q: %w", s.Name, err)
		}
		schema := sourceSchema{file: file.Name, kinds: map[string]ir.Kind{}, details: map[string]string{}}
		for _, f := range fields {
			f.Name = s.NameOf(f.Name)
			schema.details[f.Name] = f.Detail
			if _, money := s.Unit(f.Name); money && f.Kind != ir.Invalid {
				f.Kind = ir.Money
			}
			schema.kinds[f.Name] = f.Kind
			schema.fields = append(schema.fields, f)
		}
		out[s.Name] = schema
	}
	return out, nil
}

// anyDate lets learnMissing take the newest file of all.
const anyDate = calendar.MaxDate

// learnMissing adds the schemas of sources without a file tonight, from the
// newest file up to a date: what a night knows does not depend on later ones.
func (p *project) learnMissing(found schemas, until calendar.Date) (schemas, error) {
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		if _, known := found[s.Name]; known {
			continue
		}
		newest, err := p.newestFile(s, until)
		if err != nil {
			return nil, fmt.Errorf("source %q: %w", s.Name, err)
		}
		if len(newest) == 0 {
			continue
		}
		learned, err := p.learnSchemas(map[string][]scan.File{s.Name: newest}, s.Name)
		if err != nil {
			return nil, err
		}
		found[s.Name] = learned[s.Name]
	}
	return found, nil
}

// newestFiles returns the files of a source on whatever date, the newest first. It
// looks for them once: what is checked is the workspace of one moment. A night
// looks anew.
func (p *project) newestFiles(s *workspace.Source) ([]scan.File, error) {
	if files, known := p.newest[s.Name]; known {
		return files, nil
	}
	files, err := scan.Newest(p.dir, s.Files.Source)
	if err != nil {
		return nil, err
	}
	if p.newest == nil {
		p.newest = map[string][]scan.File{}
	}
	p.newest[s.Name] = files
	return files, nil
}

// newestFile returns the newest file of a source up to a date, within the
// horizon; none where there is none.
func (p *project) newestFile(s *workspace.Source, until calendar.Date) ([]scan.File, error) {
	switch {
	case until == anyDate:
		newest, err := p.newestFiles(s)
		return newest[:min(len(newest), 1)], err
	case !s.HasDate():
		newest, err := scan.Newest(p.dir, s.Files.Source)
		return newest[:min(len(newest), 1)], err
	}
	for d := until; d > until.AddDays(-p.work.HorizonDays); d = d.AddDays(-1) {
		files, _, err := scan.Resolve(p.dir, s.Files.Source, d, d)
		if err != nil || len(files) > 0 {
			return files[:min(len(files), 1)], err
		}
	}
	return nil, nil
}

// catalog is what rules may read, and what amends.yaml says of columns that the
// files do not bear out.
func (p *project) catalog(found schemas) (*rules.Catalog, diag.List) {
	var list diag.List
	c := &rules.Catalog{Currencies: p.currencies()}
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		schema, ok := found[s.Name]
		if !ok {
			if !s.Optional {
				list.Add(s.Files.Diagnose(0, "W100", fmt.Sprintf("source %q: no file matches %q, so its columns are not known", s.Name, s.Files.Source),
					"put a file there, or say `optional: true`"))
			}
			if s.Event != nil {
				c.Absent = append(c.Absent, s.Name)
			} else if s.Dimension != nil && s.Optional {
				d := s.Files.Diagnose(0, "W106", fmt.Sprintf("no file matches %q, so the columns of %s are not known and rules cannot read them", s.Files.Source, s.Dimension.As.Source), "")
				d.Severity = diag.Warning
				list.Add(d)
			}
			continue
		}
		checker := columnChecker{source: s, schema: schema, list: &list}
		checker.check()
		columns := schema.columns(s)
		switch {
		case s.Event != nil:
			e := s.Event
			c.Sources = append(c.Sources, rules.Source{
				Name: s.Name, Columns: columns, Currency: s.Currency, CurrencyColumn: s.CurrencyColumn.Source,
				Order: e.Order.Source, Customer: e.Customer.Source, Seller: e.Seller.Source, Since: e.Since.Source,
				Value: e.Value.Source, Zone: e.Zone.Source, At: e.At,
			})
		case s.Dimension != nil:
			d := s.Dimension
			c.Dimensions = append(c.Dimensions, rules.Dimension{Name: d.As.Source, At: d.As, On: d.On.Source, Columns: columns, Required: d.Required})
		}
	}
	p.checkReport(found, &list)
	for _, conflict := range state.ChangedDefinitions(nil, p.definitions(found)) {
		list.Add(diag.Diagnostic{Pos: diag.Pos{File: WorkspaceFile}, Code: "W104", Message: conflict, Hint: "the same delivery would be two incidents, and be paid twice"})
	}
	slices.SortFunc(c.Dimensions, func(a, b rules.Dimension) int { return strings.Compare(a.Name, b.Name) })
	return c, list
}

// definitions says what the incidents of each event source with files are.
func (p *project) definitions(found schemas) map[string]state.Definition {
	defined := map[string]state.Definition{}
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		schema, known := found[s.Name]
		if s.Event == nil || !known {
			continue
		}
		d := state.Definition{Failure: s.Event.Failure, Since: fileColumn(s, s.Event.Since.Source), Files: s.Files.Source}
		for _, c := range s.Event.Incident {
			kind := schema.kinds[c.Source].String()
			if schema.kinds[c.Source] == ir.Time {
				kind += " in " + s.Timestamps
			}
			d.Incident = append(d.Incident, state.KeyColumn{Name: fileColumn(s, c.Source), Kind: kind})
		}
		defined[s.Name] = d
	}
	return defined
}

// currencies are those that rows may have: as the workspace says, or its
// constant ones where no event names a column.
func (p *project) currencies() []string {
	if len(p.work.Currencies) > 0 {
		return p.work.Currencies
	}
	var constant []string
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		if s.Event == nil {
			continue
		}
		if s.Currency == "" {
			return nil
		}
		constant = append(constant, s.Currency)
	}
	slices.Sort(constant)
	return slices.Compact(constant)
}

func (s sourceSchema) columns(source *workspace.Source) []rules.Column {
	var columns []rules.Column
	for _, f := range s.fields {
		if f.Kind != ir.Invalid {
			columns = append(columns, rules.Column{Name: f.Name, Type: ir.Type{Kind: f.Kind, Nullable: source.IsNullable(f.Name)}})
		}
	}
	return columns
}

// columnChecker holds the columns that amends.yaml names against a file.
type columnChecker struct {
	source *workspace.Source
	schema sourceSchema
	list   *diag.List
}

var (
	idKinds   = []ir.Kind{ir.String, ir.Int, ir.Date, ir.Decimal, ir.Time}
	timeKinds = []ir.Kind{ir.Time, ir.Date}
)

func (c *columnChecker) check() {
	s := c.source
	for _, m := range s.Money {
		if m.Unit == workspace.Minor {
			c.minor(m.Column)
			continue
		}
		c.column(m.Column, "money in major units", ir.Money)
	}
	for _, n := range s.Nullable {
		c.present(n)
	}
	c.column(s.CurrencyColumn, "a currency", ir.String)
	switch {
	case s.Event != nil:
		c.event(s.Event)
	case s.Dimension != nil:
		c.column(s.Dimension.Key, "a key", idKinds...)
	case s.Redemption != nil:
		r := s.Redemption
		for _, id := range []diag.Text{r.ID, r.Credit, r.Customer} {
			c.column(id, "an id", ir.String, ir.Int)
		}
		c.column(r.Amount, "money", ir.Money)
		c.column(r.At, "a time", ir.Time)
	case s.ExternalCredit != nil:
		e := s.ExternalCredit
		for _, id := range []diag.Text{e.ID, e.Customer, e.Order} {
			c.column(id, "an id", ir.String, ir.Int)
		}
		c.column(e.Amount, "money", ir.Money)
		c.column(e.At, "a time", timeKinds...)
	}
}

func (c *columnChecker) event(e *workspace.Event) {
	for _, id := range append(append([]diag.Text{}, e.ID...), e.Incident...) {
		c.column(id, "a key", idKinds...)
	}
	for _, id := range []diag.Text{e.Order, e.Customer, e.Seller} {
		c.column(id, "an id", ir.String, ir.Int)
	}
	c.column(e.Version, "a version", idKinds...)
	c.column(e.Since, "a time", timeKinds...)
	c.column(e.Value, "money", ir.Money)
	c.column(e.Zone, "a time zone's name", ir.String)
}

// present reports whether the file has the column, and says so where it has not.
func (c *columnChecker) present(column diag.Text) bool {
	name := column.Source
	if name == "" {
		return false
	}
	if _, ok := c.schema.kinds[name]; ok {
		return true
	}
	c.list.Add(column.Diagnose(0, "W101",
		fmt.Sprintf("source %q has no column %q: %s has %s", c.source.Name, name, c.schema.file, c.schema.names()), document.Suggestion(name, slices.Sorted(maps.Keys(c.schema.kinds)))))
	return false
}

const maxNamesShown = 12

func (s sourceSchema) names() string {
	var names []string
	for i, f := range s.fields {
		if i == maxNamesShown {
			names = append(names, fmt.Sprintf("and %d more", len(s.fields)-maxNamesShown))
			break
		}
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// column holds a column to the kinds that its part takes.
func (c *columnChecker) column(column diag.Text, part string, kinds ...ir.Kind) {
	if !c.present(column) || slices.Contains(kinds, c.schema.kinds[column.Source]) {
		return
	}
	hint := ""
	if slices.Contains(kinds, ir.Money) {
		hint = fmt.Sprintf("name it under `money: {%s: minor}` or `major`", column.Source)
	}
	c.list.Add(column.Diagnose(0, "W102", fmt.Sprintf("source %q: column %q is to be %s, expected %s, and %s has %s",
		c.source.Name, column.Source, part, kindList(kinds), c.schema.file, c.schema.details[column.Source]), hint))
}

// minor holds a column in minor units to whole numbers.
func (c *columnChecker) minor(column diag.Text) {
	if !c.present(column) {
		return
	}
	if detail := c.schema.details[column.Source]; strings.HasPrefix(detail, "FLOAT") || strings.HasPrefix(detail, "DOUBLE") || strings.Contains(detail, "DECIMAL") {
		c.list.Add(column.Diagnose(0, "W102", fmt.Sprintf("source %q: column %q is to be money in minor units, expected whole numbers, and %s has %s",
			c.source.Name, column.Source, c.schema.file, detail), fmt.Sprintf("if it counts dollars rather than cents: `money: {%s: major}`", column.Source)))
	}
}

func kindList(kinds []ir.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, " or ")
}

// columnDiagnostic locates a scan's complaint about one file in amends.yaml.
func (p *project) columnDiagnostic(err error) error {
	var column *scan.ColumnError
	if !errors.As(err, &column) {
		return err
	}
	if s := p.work.Source(column.Source); s != nil {
		return diag.List{s.Files.Diagnose(0, "W103", column.Error(), "")}.Err()
	}
	return err
}
