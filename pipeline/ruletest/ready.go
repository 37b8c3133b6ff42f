package ruletest

import (
	"maps"
	"slices"
	"strings"

	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
)

// Shape is what the rows of a workspace look like, and what its rules need of
// them.
type Shape struct {
	Sources    map[string]*SourceShape // that rules can be on
	Dimensions map[string]*DimensionShape
	Rules      []string // ids
	Known      []string // sources and dimensions, those without a shape too
}

// SourceShape is an event source. Names are as rules see them.
type SourceShape struct {
	Columns        map[string]Kind
	Needs          []string // columns without which a row means nothing
	CurrencyColumn string
	Currency       string // the one currency, where no column says
	Dimensions     []string
	At             diag.Text
}

// DimensionShape is a dimension.
type DimensionShape struct {
	On             string // the event's column that holds its key
	Key            string // its own
	Columns        map[string]Kind
	Needs          []string // by rules that events hit
	Voids          []string // that void rules read beside them, of credits
	CurrencyColumn string
	Currency       string
}

// Ready is a case whose rows are values.
type Ready struct {
	*Case
	Events     []Event
	Dimensions []Dimension
}

// Event is one row of an event source.
type Event struct {
	Source   string
	Currency string
	Values   map[string]ir.Value
}

// Dimension is one row of a dimension.
type Dimension struct {
	Name     string
	Key      ir.Value
	Currency string
	Values   map[string]ir.Value
}

// none is the name of the base row that is not there.
const none = "none"

// Ready turns the rows of every case into values. Of a case that is reported,
// there is none.
func (s *Suite) Ready(shape *Shape) ([]*Ready, diag.List) {
	r := &readier{suite: s, shape: shape, told: map[diag.Pos]bool{}, lacking: map[lack]*lacking{}}
	r.references()
	var all []*Ready
	for _, c := range s.Cases {
		before := r.reports
		ready := &Ready{Case: c}
		for _, row := range c.Rows {
			r.event(ready, row)
		}
		r.rules(c)
		if r.reports == before {
			all = append(all, ready)
		}
	}
	for _, l := range r.lacking {
		r.list.Add(l.first.Diagnose(0, codeLacks, l.message(l.rows), l.hint))
	}
	r.list.Sort()
	return all, r.list
}

type readier struct {
	suite *Suite
	shape *Shape
	list  diag.List
	told  map[diag.Pos]bool // rules of histories that were reported: the cases of a table share theirs

	lacking map[lack]*lacking
	reports int // with those that the list has as one
}

// lack is what rows of a file do not give. A column that a new rule reads is
// missing from every case, and one line of a base row mends all: a file is told
// once, at its first.
type lack struct{ file, what string }

type lacking struct {
	first   diag.Text
	rows    int
	message func(rows int) string
	hint    string
}

func (r *readier) report(at diag.Text, code, message, hint string) {
	r.reports++
	r.list.Add(at.Diagnose(0, code, message, hint))
}

func (r *readier) reportLack(at diag.Text, message func(rows int) string, hint string) {
	r.reports++
	pos, _ := at.At(0)
	key := lack{file: pos.File, what: message(1)}
	if r.lacking[key] == nil {
		r.lacking[key] = &lacking{first: at, message: message, hint: hint}
	}
	r.lacking[key].rows++
}

// references reports what base rows are of, or give, and does not exist; also of
// base rows that no case begins with.
func (r *readier) references() {
	for _, of := range slices.Sorted(maps.Keys(r.suite.Base)) {
		source, isSource := r.shape.Sources[of]
		dimension, isDimension := r.shape.Dimensions[of]
		for _, name := range r.suite.baseNames(of) {
			row := r.suite.Base[of][name]
			f := &flat{cells: map[string]*Cell{}}
			f.lay(row.Cells)
			switch {
			case isSource:
				r.part(row, source, f)
			case isDimension:
				r.fields(of, dimension, f)
			case !slices.Contains(r.shape.Known, of):
				r.report(row.OnAt, codeName, msgNoSource(of), suggest(of, r.shape.Known))
			}
		}
	}
}

// fields reports cells of a dimension's row that it has no field for.
func (r *readier) fields(name string, shape *DimensionShape, f *flat) {
	for _, field := range f.names {
		if !r.hasField(name, field) {
			r.report(f.cells[field].At, codeName, msgNoColumn(name, field), suggest(field, slices.Sorted(maps.Keys(shape.Columns))))
		}
	}
}

// suggest is did-you-mean, or else the list of what there is.
func suggest(word string, known []string) string {
	if hint := document.Suggestion(word, known); hint != "" {
		return hint
	}
	known = slices.Sorted(slices.Values(known))
	const shown = 12
	if len(known) > shown {
		known = append(known[:shown:shown], "...")
	}
	return "there are " + strings.Join(known, ", ")
}

// flat is the cells of a row with those of its base rows, each name once, in the
// order of first writing.
type flat struct {
	names []string
	cells map[string]*Cell
}

// lay puts cells over those that are there.
func (f *flat) lay(cells []Cell) {
	for i := range cells {
		cell := &cells[i]
		if _, known := f.cells[cell.Name]; !known {
			f.names = append(f.names, cell.Name)
		}
		f.cells[cell.Name] = cell
	}
}

// flatten lays a row over the base rows that it is like.
func (r *readier) flatten(of string, row *Row) (*flat, bool) {
	var layers [][]Cell
	seen := map[string]bool{}
	for next := row; next != nil; {
		layers = append(layers, next.Cells)
		name := next.Like
		if name.Source == "" && next == row && !r.isBase(of, row) {
			base, ok := r.fallback(of, row.At)
			if !ok {
				return nil, false
			}
			next = base
			continue
		}
		if name.Source == "" {
			break
		}
		base, ok := r.suite.Base[of][name.Source]
		if !ok {
			r.report(name, codeName, msgNoBase(of, name.Source), suggestBase(name.Source, of, r.suite))
			return nil, false
		}
		if seen[name.Source] {
			r.report(name, codeName, msgLoop(name.Source), "")
			return nil, false
		}
		seen[name.Source] = true
		next = base
	}
	f := &flat{cells: map[string]*Cell{}}
	for _, cells := range slices.Backward(layers) {
		f.lay(cells)
	}
	return f, true
}

func suggestBase(word, of string, s *Suite) string {
	names := s.baseNames(of)
	if len(names) == 0 {
		return "write one below `base: " + of + ":`"
	}
	return suggest(word, names)
}

func (r *readier) isBase(of string, row *Row) bool {
	for _, base := range r.suite.Base[of] {
		if base == row {
			return true
		}
	}
	return false
}

// fallback is the base row of those that name none: the default, or the only
// one. It is nil where there is none at all.
func (r *readier) fallback(of string, at diag.Text) (*Row, bool) {
	rows := r.suite.Base[of]
	if base, ok := rows["default"]; ok {
		return base, true
	}
	switch names := r.suite.baseNames(of); len(names) {
	case 0:
		return nil, true
	case 1:
		return rows[names[0]], true
	default:
		r.report(at, codeName, msgWhichBase(of, names), "write `like: "+names[0]+"`, or name one of them default")
		return nil, false
	}
}

// event makes the values of one row, and of the dimensions that it joins.
func (r *readier) event(ready *Ready, row *Row) {
	if row.On == "" {
		return // reported when it was read
	}
	shape, ok := r.shape.Sources[row.On]
	if !ok {
		r.report(row.OnAt, codeName, msgNoSource(row.On), suggest(row.On, slices.Sorted(maps.Keys(r.shape.Sources))))
		return
	}
	f, ok := r.flatten(row.On, row)
	if !ok {
		return
	}
	own, joined := r.part(row, shape, f)
	event := Event{Source: row.On, Currency: shape.Currency, Values: map[string]ir.Value{}}
	if cell, ok := own[shape.CurrencyColumn]; ok && !cell.Null {
		event.Currency = cell.Value.Source
	}
	for _, name := range f.names {
		if cell, ok := own[name]; ok {
			r.value(event.Values, name, row.On+"."+name, cell, shape.Columns[name], event.Currency)
		}
	}
	r.lacks(row.At, row.On, "", shape.Needs, event.Values)
	ready.Events = append(ready.Events, event)
	for _, name := range shape.Dimensions {
		r.dimension(ready, row, &event, name, joined[name])
	}
}

// part sorts the cells of a row into its own and those of dimensions, and
// reports those that are neither.
func (r *readier) part(row *Row, shape *SourceShape, f *flat) (own map[string]*Cell, joined map[string]map[string]*Cell) {
	own, joined = map[string]*Cell{}, map[string]map[string]*Cell{}
	for _, name := range f.names {
		cell := f.cells[name]
		dimension, field, dotted := strings.Cut(name, ".")
		_, column := shape.Columns[name]
		switch {
		case column:
			own[name] = cell
			continue
		case !slices.Contains(shape.Dimensions, dimension):
			r.report(cell.At, codeName, msgNoColumn(row.On, name), suggest(name, r.names(shape)))
			continue
		case !dotted:
			field = ""
		case !r.hasField(dimension, field):
			r.report(cell.At, codeName, msgNoColumn(dimension, field), suggest(field, slices.Sorted(maps.Keys(r.shape.Dimensions[dimension].Columns))))
			continue
		}
		if joined[dimension] == nil {
			joined[dimension] = map[string]*Cell{}
		}
		joined[dimension][field] = cell
	}
	return own, joined
}

func (r *readier) hasField(dimension, field string) bool {
	_, ok := r.shape.Dimensions[dimension].Columns[field]
	return ok
}

// names are all names that a row of a source can have.
func (r *readier) names(shape *SourceShape) []string {
	names := slices.Sorted(maps.Keys(shape.Columns))
	for _, d := range shape.Dimensions {
		names = append(names, d)
		for _, field := range slices.Sorted(maps.Keys(r.shape.Dimensions[d].Columns)) {
			names = append(names, d+"."+field)
		}
	}
	return names
}

// value reads one cell into values.
func (r *readier) value(values map[string]ir.Value, column, shown string, cell *Cell, kind Kind, currency string) {
	if cell.Null {
		values[column] = ir.Value{}
		return
	}
	v, ok := kind.Read(cell.Value.Source, currency)
	if !ok {
		hint := ""
		if kind.Kind == ir.Money && currency == "" {
			hint = "the row has no currency"
		}
		values[column] = ir.Value{} // it is given, though wrong
		r.report(cell.Value, codeValue, msgValue(shown, kind.want(currency), cell.Value.Source), hint)
		return
	}
	values[column] = v
}

// lacks reports columns that are needed and not given, all in one.
func (r *readier) lacks(at diag.Text, of, prefix string, needs []string, values map[string]ir.Value) {
	var missing []string
	for _, column := range needs {
		if _, given := values[column]; !given {
			missing = append(missing, prefix+column)
		}
	}
	if len(missing) == 0 {
		return
	}
	r.reportLack(at, func(rows int) string { return msgLacks(of, missing, rows) }, hintLacks(of))
}

// dimension makes the row that an event joins.
func (r *readier) dimension(ready *Ready, row *Row, event *Event, name string, cells map[string]*Cell) {
	shape := r.shape.Dimensions[name]
	key := event.Values[shape.On]
	whole, named := cells[""]
	needs := shape.Needs
	if ready.History.Credit.Currency != "" {
		needs = slices.Concat(needs, shape.Voids)
	}
	if key.Null() || named && whole.Value.Source == none || len(needs) == 0 && len(cells) == 0 {
		return
	}
	over := &Row{On: name, At: row.At}
	if named {
		over.Like = whole.Value
	}
	f, ok := r.flatten(name, over)
	if !ok {
		return
	}
	for field, cell := range cells {
		if field != "" {
			of := *cell
			of.Name = field
			f.lay([]Cell{of})
		}
	}
	d := Dimension{Name: name, Key: key, Currency: shape.Currency, Values: map[string]ir.Value{shape.Key: key}}
	if shape.CurrencyColumn != "" {
		d.Currency = event.Currency
		d.Values[shape.CurrencyColumn] = ir.StringValue(event.Currency)
		if cell, ok := f.cells[shape.CurrencyColumn]; ok && !cell.Null {
			d.Currency = cell.Value.Source
		}
	}
	slices.Sort(f.names)
	for _, field := range f.names {
		if !r.hasField(name, field) {
			continue // reported with the base row, or with the event's
		}
		r.value(d.Values, field, name+"."+field, f.cells[field], shape.Columns[field], d.Currency)
	}
	if len(f.names) == 0 && len(needs) > 0 {
		r.reportLack(row.At, func(rows int) string { return msgNoDimension(name, needs, rows) }, hintNoDimension(name))
		return
	}
	r.lacks(row.At, name, name+".", needs, d.Values)
	for _, other := range ready.Dimensions {
		if other.Name == name && other.Key == key && !maps.Equal(other.Values, d.Values) {
			r.report(row.At, codeConflict, msgConflict(name, key.S), "rows of one case that have one "+shape.On+" join one row")
			return
		}
	}
	ready.Dimensions = append(ready.Dimensions, d)
}
