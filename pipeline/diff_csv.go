package pipeline

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/report"
)

// diffCSVColumns are the columns of an incident; those of each side follow, and
// then those to break down by.
var (
	diffCSVColumns     = []string{"kind", "credit_id", "source", "event_id", "customer_id", "order_id", "seller_id", "currency", "difference_minor", "what"}
	diffCSVSideColumns = []string{"date", "outcome", "reason", "rule_id", "reason_code", "issued_minor", "held_minor", "funding", "terms"}
)

// writeCSV writes every incident that differs, the largest difference of each
// currency first, in the form of published CSV: amounts in minor units, texts
// guarded against formulas.
func (c *comparison) writeCSV(to io.Writer) error {
	var pairs []*diffPair
	for k := range c.pairs {
		if c.pairs[k].kind != "" {
			pairs = append(pairs, &c.pairs[k])
		}
	}
	slices.SortFunc(pairs, func(x, y *diffPair) int {
		return cmp.Or(cmp.Compare(x.either().currency, y.either().currency), cmp.Compare(y.difference(), x.difference()), cmp.Compare(x.credit, y.credit))
	})
	heading := slices.Clone(diffCSVColumns)
	for _, side := range []string{"a_", "b_"} {
		for _, name := range diffCSVSideColumns {
			heading = append(heading, side+name)
		}
	}
	var by []func(*diffPair, *diffIncident) string
	for at, column := range c.differ.by {
		if valueOf, known := c.column(at, column); known && !diffKnown(column) {
			by, heading = append(by, valueOf), append(heading, publish.GuardFormula("by_"+column))
		}
	}
	w := csv.NewWriter(to)
	if err := w.Write(heading); err != nil {
		return fmt.Errorf("incidents as CSV: %w", err)
	}
	for _, p := range pairs {
		record := c.csvRecord(p)
		for _, valueOf := range by {
			record = append(record, publish.GuardFormula(valueOf(p, p.either())))
		}
		if err := w.Write(record); err != nil {
			return fmt.Errorf("incidents as CSV: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("incidents as CSV: %w", err)
	}
	return nil
}

// difference is by how much the sides differ, whichever way.
func (p *diffPair) difference() int64 {
	a, b := p.minor()
	return max(a-b, b-a)
}

func (c *comparison) csvRecord(p *diffPair) []string {
	i := p.either()
	a, b := p.minor()
	record := []string{p.kind, p.credit, publish.GuardFormula(i.source), publish.GuardFormula(i.event), publish.GuardFormula(i.customer), publish.GuardFormula(i.order),
		publish.GuardFormula(i.seller), i.currency, strconv.FormatInt(b-a, 10), strings.Join(p.what, ", ")}
	return append(append(record, c.differ.a.csvCells(p, p.a)...), c.differ.b.csvCells(p, p.b)...)
}

// csvCells are one side of an incident, as diffCSVSideColumns names them.
func (s *diffSide) csvCells(p *diffPair, i *diffIncident) []string {
	issued, held := i.given()
	cells := make([]string, len(diffCSVSideColumns))
	cells[5], cells[6] = strconv.FormatInt(issued, 10), strconv.FormatInt(held, 10)
	if i == nil {
		cells[1] = string(diffNone)
		if r, ok := s.rowReject(p); ok {
			cells[1], cells[2] = report.RowRejected, publish.GuardFormula(r.code)
		}
		return cells
	}
	cells[0], cells[1], cells[2], cells[3] = i.date.String(), string(i.outcome), publish.GuardFormula(i.reason), publish.GuardFormula(i.rule)
	if i.outcome == award.Issued || i.outcome == award.Held {
		cells[4], cells[7], cells[8] = publish.GuardFormula(i.code), i.funding, publish.GuardFormula(i.terms)
	}
	return cells
}
