package scan

import (
	"math"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// Group is a row group as the footer describes it, by Request.Columns.
type Group struct {
	File     int
	RowGroup int
	FirstRow int64
	Rows     int64
	Columns  []Bounds
}

// Bounds are what the footer says of a column of a row group. Ranged says that
// every value that is no null is taken over, and lies between Least and Most: of
// times, days and signed ints as ir.Value.Order has them, and of texts, of which
// it does not say that they are taken over.
type Bounds struct {
	Known       bool // Nulls counts
	Nulls       int64
	Ranged      bool
	Least, Most int64
}

// Pass makes Scan pass over the row groups for which over is true. Their rows
// count in FileStats, their bytes in the digest, and Again reads them.
func (r *Reading) Pass(over func(Group) bool) {
	s := r.scanner
	for i := range s.jobs {
		if j := &s.jobs[i]; j.group >= 0 {
			j.passed = over(s.group(j))
		}
	}
}

func (s *scanner) group(j *job) Group {
	file := s.sources[j.file].parquet
	g := Group{File: j.file, RowGroup: j.group, FirstRow: j.firstRow, Rows: file.GroupRows()[j.group]}
	for i := range s.plans[j.file] {
		p := &s.plans[j.file][i]
		bounds := Bounds{}
		if stored, ok := file.Statistics(j.group, p.index); ok {
			bounds.Known, bounds.Nulls = true, stored.Nulls
			bounds.Least, bounds.Most, bounds.Ranged = p.bounds(&stored)
		}
		g.Columns = append(g.Columns, bounds)
	}
	return g
}

// slackMicros is more than local times can differ from UTC.
const slackMicros = 2 * dayMicros

// bounds are the range of a column's values as the vector has them.
func (p *columnPlan) bounds(stored *parquetio.Statistics) (least, most int64, ok bool) {
	if p.kind == ir.String && p.field.Storage == parquetio.StoredText && stored.Ranged {
		least, most = ir.StringValue(string(stored.Least)).Order(), ir.StringValue(string(stored.Most)).Order()
		return least, most, least <= most
	}
	least, most, ok = stored.Ints(&p.field)
	if !ok {
		return 0, 0, false
	}
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	switch p.kind {
	case ir.Int:
	case ir.Date:
		low, high = int64(calendar.MinDate), int64(calendar.MaxDate)
	case ir.Time:
		low, high = int64(calendar.MinInstant)+slackMicros, int64(calendar.MaxInstant)-slackMicros
		switch p.field.Unit {
		case parquetio.Milliseconds:
			if least < low/1000 || most > high/1000 {
				return 0, 0, false
			}
			least, most = least*1000, most*1000
		case parquetio.Nanoseconds:
			least, most = floorMicros(least), floorMicros(most)
		}
	default:
		return 0, 0, false
	}
	if least < low || most > high {
		return 0, 0, false
	}
	if p.kind == ir.Time && p.field.Local {
		least, most = least-slackMicros, most+slackMicros
	}
	return least, most, true
}
