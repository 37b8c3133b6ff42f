package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"amends/pipeline/award"
	"amends/pipeline/ledger"
	"amends/pipeline/match"
	"amends/pipeline/publish"
	"amends/pipeline/resolve"
	"amends/pipeline/scan"
	"amends/pipeline/workspace"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// row is one row of a small source, copied out of its batch.
type row struct {
	place  award.Place
	values []ir.Value
	reject *scan.Reject
}

// rows reads a whole source of which every row is kept: dimensions,
// redemptions, external credits. They come sorted by place.
func (n *night) rows(ctx context.Context, s *workspace.Source, columns []string) ([]row, error) {
	files := n.files[s.Name]
	if len(files) == 0 {
		return nil, nil
	}
	defer n.config.Profile.Part(s.Name)()
	request := n.project.request(s, files, columns, n.schemas[s.Name].kinds, n.config)
	var mu sync.Mutex
	var rows []row
	stats, err := scan.Scan(ctx, request, func(part scan.Part, batch *ir.Batch, rejects []scan.Reject) error {
		part0 := make([]row, batch.Rows)
		for i := range part0 {
			values := make([]ir.Value, len(batch.Columns))
			for c := range batch.Columns {
				values[c] = batch.Columns[c].Value(i)
				values[c].S = strings.Clone(values[c].S)
			}
			part0[i] = row{place: award.Place{File: files[part.File].Name, RowGroup: part.RowGroup, Row: part.FirstRow + int64(i)}, values: values}
		}
		for _, r := range rejects {
			part0[r.Row].reject = &r
		}
		mu.Lock()
		defer mu.Unlock()
		rows = append(rows, part0...)
		return nil
	})
	if err != nil {
		return nil, n.project.columnDiagnostic(err)
	}
	n.addInputs(s, stats)
	sortRows(rows)
	return rows, nil
}

func sortRows(rows []row) {
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.place.File, b.place.File), cmp.Compare(a.place.Row, b.place.Row))
	})
}

func (n *night) reject(s *workspace.Source, place award.Place, code, column, detail string) {
	n.rejects = append(n.rejects, rejectOf(s, place, code, column, detail))
}

func rejectOf(s *workspace.Source, place award.Place, code, column, detail string) publish.Reject {
	return publish.Reject{
		Source: s.Name, File: place.File, RowGroup: place.RowGroup, Row: place.Row, Code: code, Column: column, Detail: detail,
	}
}

// firstNull returns the first of the columns that is null in a row, or an empty
// text, which names nobody and nothing.
func firstNull(r row, columns []string) (string, bool) {
	for i, c := range columns {
		if v := r.values[i]; c != "" && (v.Null() || v.Kind == ir.String && v.S == "") {
			return c, true
		}
	}
	return "", false
}

// redemptionRows are tonight's redemptions, with where each stands.
type redemptionRows struct {
	rows        []ledger.Redemption
	places      []award.Place // by Redemption.Index
	outOfWindow int64         // rows of a growing table that earlier nights settled
}

func (n *night) readRedemptions(ctx context.Context) error {
	for i := range n.work.Sources {
		s := &n.work.Sources[i]
		if s.Redemption == nil {
			continue
		}
		r := s.Redemption
		columns := []string{r.ID.Source, r.Credit.Source, r.Customer.Source, r.Amount.Source, r.At.Source}
		if s.CurrencyColumn.Source != "" {
			columns = append(columns, s.CurrencyColumn.Source)
		}
		rows, err := n.rows(ctx, s, columns)
		if err != nil {
			return err
		}
		first := calendar.StartOfDay(n.window.from(s.LookbackDays), n.zone)
		for _, row := range rows {
			n.redemption(s, columns, row, first)
		}
	}
	return nil
}

func (n *night) redemption(s *workspace.Source, columns []string, r row, first calendar.Instant) {
	if r.reject != nil {
		n.reject(s, r.place, r.reject.Code, r.reject.Column, r.reject.Detail)
		return
	}
	if column, null := firstNull(r, columns); null {
		n.reject(s, r.place, match.CodeNullKey, column, "is null or empty, and every redemption needs it")
		return
	}
	at := calendar.Instant(r.values[4].I)
	currency := s.Currency
	if len(columns) > 5 {
		currency = r.values[5].S
	}
	amount, err := minorOf(r.values[3], currency)
	if err != nil {
		n.reject(s, r.place, scan.CodeMoneyOverflow, columns[3], err.Error())
		return
	}
	id, _ := match.Text(r.values[0])
	credit, _ := match.Text(r.values[1])
	customer, _ := match.Text(r.values[2])
	row := ledger.Redemption{ID: id, CreditID: credit, CustomerID: customer, Currency: currency, Minor: amount, At: at, Index: len(n.redemptions.places)}
	if !s.HasDate() && at < first && !n.stillCounts(row) {
		n.redemptions.outOfWindow++
		return
	}
	if amount < 0 {
		n.reject(s, r.place, match.CodeNegativeAmount, columns[3], fmt.Sprintf("%d minor units: a redemption is above zero", amount))
		return
	}
	n.redemptions.rows = append(n.redemptions.rows, row)
	n.redemptions.places = append(n.redemptions.places, r.place)
}

// stillCounts reports whether a row of a growing table, older than the window,
// was never applied and could be: it came later than lookback allows for, and
// what a customer spent must not be forfeited.
func (n *night) stillCounts(r ledger.Redemption) bool {
	c, seen, known := n.book.Look(r.CreditID, r.ID) // the table may have every redemption there was
	switch {
	case !known || r.Minor <= 0 || seen:
		return false
	case c.CustomerID != r.CustomerID || c.Currency != r.Currency || r.At < c.EffectiveAt || r.At >= c.ExpiresAt:
		return false
	case c.VoidedAt != 0 && r.At >= c.VoidedAt:
		return false
	}
	return c.Remaining()+c.ForfeitedMinor+c.VoidedMinor > 0
}

// readExternal reads compensation given elsewhere: history for limits, combine
// and history functions.
func (n *night) readExternal(ctx context.Context) error {
	for i := range n.work.Sources {
		s := &n.work.Sources[i]
		if s.ExternalCredit == nil {
			continue
		}
		e := s.ExternalCredit
		columns := []string{e.ID.Source, e.Customer.Source, e.Amount.Source, e.At.Source}
		if s.CurrencyColumn.Source != "" {
			columns = append(columns, s.CurrencyColumn.Source)
		}
		if e.Order.Source != "" {
			columns = append(columns, e.Order.Source)
		}
		rows, err := n.rows(ctx, s, columns)
		if err != nil {
			return err
		}
		n.external(s, columns, rows)
	}
	return nil
}

// external counts each external credit once: equal rows of one id are one. What
// cannot be read, or is told in two ways, is rejected, and what it was given to
// is in doubt: a customer must not be paid again because a row was bad.
func (n *night) external(s *workspace.Source, columns []string, rows []row) {
	byID := map[string][]row{}
	var ids []string
	for _, r := range rows {
		id, ok := match.Text(r.values[0])
		code, column, detail := "", "", ""
		if r.reject != nil {
			code, column, detail = r.reject.Code, r.reject.Column, r.reject.Detail
		} else if null, bad := firstNull(r, columns[:len(columns)-n.optionalOrder(s)]); bad || !ok {
			code, column, detail = match.CodeNullKey, null, "is null or empty, and every external credit needs it"
		}
		if code != "" {
			n.reject(s, r.place, code, column, detail)
			n.doubt(s, columns, r, "an external credit of theirs cannot be read: "+r.place.File)
			continue
		}
		if _, seen := byID[id]; !seen {
			ids = append(ids, id)
		}
		byID[id] = append(byID[id], r)
	}
	for _, id := range ids {
		same := byID[id]
		if slices.ContainsFunc(same, func(r row) bool { return !slices.Equal(r.values, same[0].values) }) {
			for _, r := range same {
				n.reject(s, r.place, match.CodeConflictingRows, columns[0], fmt.Sprintf("rows of external credit %s differ", id))
				n.doubt(s, columns, r, "rows of external credit "+id+" differ")
			}
			continue
		}
		n.externalCredit(s, columns, same[0])
	}
}

// givenOn is the day of an external credit's row, where it can be read.
func (n *night) givenOn(r row) (calendar.Date, bool) {
	switch v := r.values[3]; v.Kind {
	case ir.Date:
		return calendar.Date(v.I), true
	case ir.Time:
		return calendar.DateOf(calendar.Instant(v.I), n.zone), true
	}
	return 0, false
}

// doubt marks the customer and the order of a row that cannot be counted.
// One that is older than all that counts, or of a later night, is no doubt.
func (n *night) doubt(s *workspace.Source, columns []string, r row, why string) {
	if at, known := n.givenOn(r); known && (at <= n.date.AddDays(-historyDays(n.rulebook, n.work.HorizonDays)) || at > n.date) {
		return
	}
	customer, _ := match.Text(r.values[1])
	order := ""
	if n.optionalOrder(s) > 0 {
		order, _ = match.Text(r.values[len(columns)-1])
	}
	n.history.doubt(customer, order, why)
}

func (n *night) optionalOrder(s *workspace.Source) int {
	if s.ExternalCredit.Order.Source != "" {
		return 1 // the last column, which may be null
	}
	return 0
}

func (n *night) externalCredit(s *workspace.Source, columns []string, r row) {
	at := calendar.Instant(r.values[3].I)
	if r.values[3].Kind == ir.Date {
		at = calendar.StartOfDay(calendar.Date(r.values[3].I), n.zone)
	}
	if at >= n.asOf {
		return // a later night's
	}
	currency := s.Currency
	if s.CurrencyColumn.Source != "" {
		currency = r.values[4].S
	}
	minor, err := minorOf(r.values[2], currency)
	if err != nil {
		n.reject(s, r.place, scan.CodeMoneyOverflow, columns[2], err.Error())
		n.doubt(s, columns, r, "an external credit of theirs cannot be read: "+r.place.File)
		return
	}
	if minor <= 0 {
		n.reject(s, r.place, match.CodeNegativeAmount, columns[2], "an external credit is above zero")
		return
	}
	customer, _ := match.Text(r.values[1])
	given := resolve.Given{Date: calendar.DateOf(at, n.zone), Currency: currency, Minor: minor}
	if n.optionalOrder(s) > 0 {
		given.OrderID, _ = match.Text(r.values[len(columns)-1])
	}
	n.history.external.add(customer, given)
}
