package scan

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// rejects collects those of one batch, the first of each row.
type rejects struct {
	list []Reject
	row  []bool // which rows have one
}

func (r *rejects) reset(rows int) {
	r.list = r.list[:0]
	r.row = resize(r.row, rows)
	clear(r.row)
}

func (r *rejects) add(row int, code, column, detail string) {
	if !r.row[row] {
		r.row[row] = true
		r.list = append(r.list, Reject{Row: row, Code: code, Column: column, Detail: detail})
	}
}

func (r *rejects) sorted() []Reject {
	slices.SortFunc(r.list, func(a, b Reject) int { return cmp.Compare(a.Row, b.Row) })
	return r.list
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// convert turns the values that were read into the batch's vectors, in the
// order of the columns, as the first reject of a row counts.
func (w *worker) convert(plans []columnPlan, rows int) {
	w.rejects.reset(rows)
	w.batch.Rows = rows
	for i := range plans {
		p := &plans[i]
		c, vector := w.columns[p.place], &w.batch.Columns[p.place]
		*vector = ir.Vector{Kind: p.kind, Valid: c.values.Valid}
		if p.kind == ir.String {
			switch vector.Dict = c.values.Dict; {
			case vector.Dict != nil:
				vector.Codes = c.values.Codes[:rows]
			case c.values.ASCII && c.values.Even.Any():
				vector.Even = c.values.Even
			default: // each may have to be made a null
				vector.Strings = c.values.Texts(rows)
			}
			switch {
			case c.values.ASCII: // which is UTF-8
			case vector.Dict != nil:
				w.checkCodes(p, c, vector)
			default:
				w.checkTexts(p, c, vector)
			}
			continue
		}
		vector.Ints = w.ints(c, p, rows)
		w.fill(p, c, vector)
	}
}

// ints returns where the vector's integers go: onto the stored integers
// themselves, or, where those are something else, into a slice of their own.
func (w *worker) ints(c *columnBuffers, p *columnPlan, rows int) []int64 {
	switch p.field.Storage {
	case parquetio.StoredBool, parquetio.Stored32, parquetio.Stored64:
		return c.values.Ints[:rows]
	default:
		c.ints = resize(c.ints, rows)
		return c.ints
	}
}

// null makes row a null of vector, whose validity it takes from c if there is
// none yet.
func null(vector *ir.Vector, c *columnBuffers, row int) {
	if vector.Valid == nil {
		n := max(len(vector.Ints), len(vector.Strings), len(vector.Codes))
		c.valid = resize(c.valid, n)
		for i := range c.valid {
			c.valid[i] = true
		}
		vector.Valid = c.valid
	}
	vector.Valid[row] = false
	switch {
	case vector.Dict != nil: // a code is not read then
	case vector.Kind == ir.String:
		vector.Strings[row] = ""
	default:
		vector.Ints[row] = 0
	}
}

// checkCodes rejects rows whose text is not UTF-8, which each entry of a
// dictionary is or is not.
func (w *worker) checkCodes(p *columnPlan, c *columnBuffers, vector *ir.Vector) {
	if c.checked != vector.Dict {
		c.checked, c.bad = vector.Dict, c.bad[:0]
		for code, text := range vector.Dict.Entries() {
			if utf8.ValidString(text) {
				continue
			}
			if len(c.bad) == 0 {
				c.bad = resize(c.bad, vector.Dict.Len())
				clear(c.bad)
			}
			c.bad[code] = true
		}
	}
	if len(c.bad) == 0 {
		return
	}
	for row, code := range vector.Codes {
		if (vector.Valid == nil || vector.Valid[row]) && c.bad[code] {
			w.rejects.add(row, CodeInvalidText, p.Name, fmt.Sprintf("%.60q", vector.Dict.Entry(code)))
			null(vector, c, row)
		}
	}
}

func (w *worker) checkTexts(p *columnPlan, c *columnBuffers, vector *ir.Vector) {
	for row, text := range vector.Strings {
		if !utf8.ValidString(text) {
			w.rejects.add(row, CodeInvalidText, p.Name, fmt.Sprintf("%.60q", text))
			null(vector, c, row)
		}
	}
}

// fill converts each value of a column whose vector holds integers.
func (w *worker) fill(p *columnPlan, c *columnBuffers, vector *ir.Vector) {
	convert := w.converter(p, c)
	if convert == nil { // stored as the vector wants it
		return
	}
	rows := len(vector.Ints)
	for row := w.bulk(p, c, vector, 0); row < rows; row = w.bulk(p, c, vector, row+1) {
		if vector.Valid != nil && !vector.Valid[row] {
			vector.Ints[row] = 0
			continue
		}
		value, fault := convert(row)
		if fault.code != "" {
			w.rejects.add(row, fault.code, p.Name, fault.detail)
			null(vector, c, row)
			continue
		}
		vector.Ints[row] = value
	}
}

// fault is why a value is not taken; without a code there is none.
type fault struct{ code, detail string }

// converter returns the function that makes the integer of a row.
func (w *worker) converter(p *columnPlan, c *columnBuffers) func(row int) (int64, fault) {
	switch p.kind {
	case ir.Int:
		if p.field.Unsigned && p.field.Storage == parquetio.Stored64 {
			return func(row int) (int64, fault) { return c.integer(p, row) }
		}
		return nil
	case ir.Decimal:
		return func(row int) (int64, fault) { return c.decimal(p, row) }
	case ir.Money:
		if p.Money == Minor {
			return func(row int) (int64, fault) { return w.minor(p, c, row) }
		}
		return func(row int) (int64, fault) { return w.major(p, c, row) }
	case ir.Date:
		return func(row int) (int64, fault) {
			day := c.values.Ints[row]
			if !calendar.Date(day).Valid() {
				return 0, fault{CodeTimeOutOfRange, fmt.Sprintf("%d days since 1970-01-01", day)}
			}
			return day, fault{}
		}
	case ir.Time:
		return func(row int) (int64, fault) { return w.instant(p, c, row) }
	default:
		return nil
	}
}

func (c *columnBuffers) integer(p *columnPlan, row int) (int64, fault) {
	v := c.values.Ints[row]
	if v < 0 && p.field.Unsigned {
		return 0, fault{CodeOutOfRange, fmt.Sprintf("%d", uint64(v))}
	}
	return v, fault{}
}

// decimal returns millionths.
func (c *columnBuffers) decimal(p *columnPlan, row int) (int64, fault) {
	var value money.Decimal
	var err error
	switch p.field.Storage {
	case parquetio.StoredFloat, parquetio.StoredDouble:
		return c.float(p, row)
	case parquetio.StoredFixed:
		width := p.field.Width
		value, err = money.DecimalFromBigEndian(c.values.Fixed[row*width:(row+1)*width], p.field.Scale)
	case parquetio.StoredText:
		value, err = money.DecimalFromBigEndian([]byte(c.values.Text(row)), p.field.Scale)
	default:
		unscaled, bad := c.integer(p, row)
		if bad.code != "" {
			return 0, bad
		}
		value, err = money.DecimalFromScaled(unscaled, p.field.Scale)
	}
	return int64(value), c.decimalFault(p, row, err)
}

func (c *columnBuffers) float(p *columnPlan, row int) (int64, fault) {
	f := c.values.Floats[row]
	switch {
	case math.IsNaN(f):
		return 0, fault{CodeNaN, "NaN"}
	case math.IsInf(f, 0):
		return 0, fault{CodeNotFinite, fmt.Sprint(f)}
	}
	var value money.Decimal
	var err error
	if p.field.Storage == parquetio.StoredFloat {
		value, err = money.DecimalFromFloat32(float32(f))
	} else {
		value, err = money.DecimalFromFloat(f)
	}
	return int64(value), c.decimalFault(p, row, err)
}

func (c *columnBuffers) decimalFault(p *columnPlan, row int, err error) fault {
	switch {
	case err == nil:
		return fault{}
	case errors.Is(err, money.ErrPrecision):
		return fault{CodePrecisionLost, c.text(p, row) + " has more than six digits after the point"}
	case p.Money != NotMoney:
		return fault{CodeMoneyOverflow, c.text(p, row)}
	default:
		return fault{CodeOutOfRange, c.text(p, row)}
	}
}

// text shows a stored number.
func (c *columnBuffers) text(p *columnPlan, row int) string {
	scale := ""
	if p.scaled() && p.field.Scale != 0 {
		scale = fmt.Sprintf("e%d", -p.field.Scale)
	}
	switch p.field.Storage {
	case parquetio.StoredFloat, parquetio.StoredDouble:
		return fmt.Sprint(c.values.Floats[row])
	case parquetio.StoredFixed:
		return fmt.Sprintf("0x%x%s", c.values.Fixed[row*p.field.Width:(row+1)*p.field.Width], scale)
	case parquetio.StoredText:
		return fmt.Sprintf("0x%.40x%s", c.values.Text(row), scale)
	default:
		return fmt.Sprintf("%d%s", c.values.Ints[row], scale)
	}
}

// unit returns one minor unit of the row's currency.
func (w *worker) unit(row int) (money.Decimal, fault) {
	request := w.scan.request
	code := request.Currency
	if i := request.CurrencyColumn; i >= 0 {
		// As stored: the vector may not have been made yet, when money stands first.
		values := &w.columns[i].values
		if values.Valid != nil && !values.Valid[row] {
			return 0, fault{CodeUnknownCurrency, "its currency is null"}
		}
		code = values.Text(row)
	}
	if unit, ok := w.unitOf(code); ok {
		return unit, fault{}
	}
	return 0, fault{CodeUnknownCurrency, fmt.Sprintf("%.20q is no currency", code)}
}

func (w *worker) minor(p *columnPlan, c *columnBuffers, row int) (int64, fault) {
	unit, bad := w.unit(row)
	if bad.code != "" {
		return 0, bad
	}
	var count int64
	if p.field.Kind == ir.Int {
		count, bad = c.integer(p, row)
	} else { // DECIMAL(p,0): whole, so the division is exact
		count, bad = c.decimal(p, row)
		count /= int64(money.One)
	}
	if bad.code != "" {
		return 0, fault{CodeMoneyOverflow, bad.detail}
	}
	value, err := unit.MulInt(count)
	return int64(value), c.decimalFault(p, row, err)
}

func (w *worker) major(p *columnPlan, c *columnBuffers, row int) (int64, fault) {
	if _, bad := w.unit(row); bad.code != "" {
		return 0, bad
	}
	return c.decimal(p, row)
}

const (
	dayMicros    = 24 * 60 * 60 * 1_000_000
	julianOf1970 = 2440588 // Julian day of 1970-01-01
)

// instant returns microseconds since 1970 in UTC. What is finer is cut off,
// towards the past.
func (w *worker) instant(p *columnPlan, c *columnBuffers, row int) (int64, fault) {
	var micros int64
	good := true
	switch {
	case p.field.Storage == parquetio.Stored96:
		stored := c.values.Fixed[row*12 : row*12+12]
		nanos := int64(binary.LittleEndian.Uint64(stored))
		day := int64(binary.LittleEndian.Uint32(stored[8:])) - julianOf1970
		good = nanos >= 0 && nanos < dayMicros*1000 && day >= int64(calendar.MinDate) && day <= int64(calendar.MaxDate)
		if !good {
			return 0, fault{CodeTimeOutOfRange, fmt.Sprintf("%d nanoseconds of day %d since 1970-01-01", nanos, day)}
		}
		micros = day*dayMicros + nanos/1000
	case p.field.Unit == parquetio.Milliseconds:
		micros = c.values.Ints[row]
		if good = micros <= int64(calendar.MaxInstant)/1000 && micros >= int64(calendar.MinInstant)/1000; good {
			micros *= 1000
		}
	case p.field.Unit == parquetio.Nanoseconds:
		micros = floorMicros(c.values.Ints[row])
	default:
		micros = c.values.Ints[row]
	}
	if good = good && calendar.Instant(micros).Valid(); good && p.field.Local {
		micros = int64(w.clock.FromLocal(micros))
		good = calendar.Instant(micros).Valid()
	}
	if !good {
		return 0, fault{CodeTimeOutOfRange, fmt.Sprintf("%d, %s", c.values.Ints[row], p.field.Detail)}
	}
	return micros, fault{}
}

// floorMicros cuts nanoseconds to microseconds, towards the past.
func floorMicros(nanos int64) int64 {
	micros := nanos / 1000
	if nanos%1000 < 0 {
		micros--
	}
	return micros
}
