package scan

import (
	"math"
	"strings"
	"time"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// bulk converts the values of a column from row first on, and returns the first
// row that has to be converted by itself, or the number of rows where there is
// none: it takes over what nothing can be wrong with, and nothing else. A null
// holds 0, and stays so.
func (w *worker) bulk(p *columnPlan, c *columnBuffers, vector *ir.Vector, first int) int {
	ints := vector.Ints[first:]
	var done int
	switch {
	case p.kind == ir.Date:
		done = within(ints, int64(calendar.MinDate), int64(calendar.MaxDate))
	case p.kind == ir.Int:
		done = within(ints, 0, math.MaxInt64)
	case p.kind == ir.Time && p.field.Storage == parquetio.Stored64:
		done = w.bulkTimes(p, vector, first)
	case p.kind == ir.Money && p.Money == Minor && p.field.Kind == ir.Int:
		done = w.bulkMinor(vector, first)
	}
	return first + done
}

// within returns how many values, from the first on, lie from least to most.
func within(values []int64, least, most int64) int {
	for i, v := range values {
		if v < least || v > most {
			return i
		}
	}
	return len(values)
}

func (w *worker) bulkTimes(p *columnPlan, vector *ir.Vector, first int) int {
	const least, most = int64(calendar.MinInstant), int64(calendar.MaxInstant)
	ints := vector.Ints[first:]
	if local := p.field.Local && !isUTC(w.scan.request.Zone); local || p.field.Unit != parquetio.Microseconds {
		return w.eachTime(p, vector, first, local)
	}
	return within(ints, least, most)
}

// eachTime converts times whose unit or zone changes them.
func (w *worker) eachTime(p *columnPlan, vector *ir.Vector, first int, local bool) int {
	ints := vector.Ints[first:]
	for i, v := range ints {
		if vector.Valid != nil && !vector.Valid[first+i] {
			continue
		}
		switch p.field.Unit {
		case parquetio.Milliseconds:
			if v < int64(calendar.MinInstant)/1000 || v > int64(calendar.MaxInstant)/1000 {
				return i
			}
			v *= 1000
		case parquetio.Nanoseconds:
			v = floorMicros(v)
		}
		if !calendar.Instant(v).Valid() {
			return i
		}
		if local {
			v = int64(w.clock.FromLocal(v))
			if !calendar.Instant(v).Valid() {
				return i
			}
		}
		ints[i] = v
	}
	return len(ints)
}

// isUTC reports whether local times of a zone are instants as they stand.
func isUTC(zone *time.Location) bool { return zone == time.UTC }

// minorUnit is one minor unit of a currency, 0 where there is none, and the most
// of them that money holds.
type minorUnit struct{ unit, most int64 }

func minorUnitOf(currency string) minorUnit {
	unit, known := money.MinorUnit(currency)
	if !known {
		return minorUnit{}
	}
	return minorUnit{int64(unit), math.MaxInt64 / int64(unit)}
}

// dictionaryUnits are the units of the texts of a dictionary.
type dictionaryUnits struct {
	dict  *ir.Dictionary
	units []minorUnit
}

func (d *dictionaryUnits) of(dict *ir.Dictionary) []minorUnit {
	if d.dict != dict {
		d.dict, d.units = dict, d.units[:0]
		for _, text := range dict.Entries() {
			d.units = append(d.units, minorUnitOf(text))
		}
	}
	return d.units
}

// bulkMinor turns counts of minor units into money.
func (w *worker) bulkMinor(vector *ir.Vector, first int) int {
	ints := vector.Ints[first:]
	var codes []int32
	var units []minorUnit
	same := minorUnit{}
	if i := w.scan.request.CurrencyColumn; i < 0 {
		same = minorUnitOf(w.scan.request.Currency)
	} else {
		values := &w.columns[i].values
		if values.Dict == nil || values.Valid != nil {
			return 0 // one by one
		}
		codes, units = values.Codes[first:], w.dictUnits.of(values.Dict)
	}
	for i, count := range ints {
		if vector.Valid != nil && !vector.Valid[first+i] {
			continue
		}
		u := same
		if codes != nil {
			u = units[codes[i]]
		}
		if u.unit == 0 || count > u.most || count < -u.most {
			return i
		}
		ints[i] = count * u.unit
	}
	return len(ints)
}

// unitOf returns one minor unit of a currency.
func (w *worker) unitOf(currency string) (money.Decimal, bool) {
	if unit, ok := w.units[currency]; ok {
		return unit, true
	}
	unit, ok := money.MinorUnit(currency)
	if ok {
		w.units[strings.Clone(currency)] = unit // at most as many as there are currencies
	}
	return unit, ok
}
