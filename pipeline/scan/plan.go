package scan

import (
	"slices"
	"strings"

	"amends/pipeline/parquetio"
	"amends/rules/ir"
)

// columnPlan is how one wanted column is taken from one file.
type columnPlan struct {
	Column
	place int // in Request.Columns, and in batches
	index int // in the file's fields
	field parquetio.Field
	kind  ir.Kind // of the batch's vector
}

// plan matches the wanted columns with those of a file.
func plan(request *Request, s *source) ([]columnPlan, error) {
	plans := make([]columnPlan, len(request.Columns))
	fields := s.parquet.Fields()
	for i, c := range request.Columns {
		fault := &ColumnError{Source: request.Source, File: s.file.Name, Column: c.Name, Expected: c.expected()}
		index, ok := s.parquet.Field(c.Name)
		if !ok {
			fault.Similar = similar(c.Name, fields)
			return nil, fault
		}
		p := columnPlan{Column: c, place: i, index: index, field: fields[index]}
		if i == request.CurrencyColumn {
			p.Kind, fault.Expected = ir.String, "string (the currency)"
		}
		if p.kind, ok = p.target(); !ok {
			fault.Found = p.field.Detail
			return nil, fault
		}
		plans[i] = p
	}
	return plans, nil
}

// plansOf are those of the columns that a job reads: of all, or of some with the
// currency where one of them is money.
func (s *scanner) plansOf(j job) []columnPlan {
	all := s.plans[j.file]
	if j.columns == nil {
		return all
	}
	money := slices.ContainsFunc(j.columns, func(c int) bool { return all[c].Money != NotMoney })
	var some []columnPlan
	for i := range all {
		if slices.Contains(j.columns, i) || money && i == s.request.CurrencyColumn {
			some = append(some, all[i])
		}
	}
	return some
}

// target returns the kind that the column becomes, if it can.
func (p *columnPlan) target() (ir.Kind, bool) {
	natural := p.field.Kind
	switch {
	case natural == ir.Invalid:
		return ir.Invalid, false
	case p.Money == Minor: // DECIMAL(p,0) holds whole minor units as well
		return ir.Money, natural == ir.Int || natural == ir.Decimal && p.scaled() && p.field.Scale == 0
	case p.Money == Major:
		return ir.Money, natural == ir.Int || natural == ir.Decimal
	case p.Kind == ir.Invalid || p.Kind == natural:
		return natural, true
	case p.Kind == ir.Decimal:
		return ir.Decimal, natural == ir.Int
	default:
		return p.Kind, false
	}
}

// scaled reports whether the column is a decimal with a scale, not a float.
func (p *columnPlan) scaled() bool {
	return p.field.Kind == ir.Decimal && p.field.Storage != parquetio.StoredFloat && p.field.Storage != parquetio.StoredDouble
}

func (c Column) expected() string {
	switch {
	case c.Money == Minor:
		return "integer (money in minor units)"
	case c.Money == Major:
		return "decimal, double or integer (money in major units)"
	case c.Kind == ir.Invalid:
		return "a column of any type that is read"
	case c.Kind == ir.Decimal:
		return "decimal (DECIMAL, FLOAT, DOUBLE or an integer)"
	default:
		return c.Kind.String()
	}
}

// similar returns the name of a field that differs from name in case,
// separators or one letter.
func similar(name string, fields []parquetio.Field) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
	}
	for _, f := range fields {
		if plain(f.Name) == plain(name) || oneEdit(f.Name, name) {
			return f.Name
		}
	}
	return ""
}

// oneEdit reports whether one inserted, removed or replaced byte turns a into b.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i == len(a) || a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}
