package report

// BoundRows are the rows of what limits, approvals, budgets and guardrails did on
// all nights together, A → B, under their headings: those that differ, and how
// many do the same on both sides. Bound shows its kind and id.
func (d *Diff) BoundRows(bound func(kind, id string) string) (names []string, rows [][]string, same int) {
	names = []string{"what binds", "currency", "lowered", "denied", "what it took", "waiting", "worth"}
	for i := range d.Bounds {
		b := &d.Bounds[i]
		if b.A == b.B {
			same++
			continue
		}
		rows = append(rows, []string{
			bound(b.Kind, b.ID), b.Currency, countChange(b.A.Lowered, b.B.Lowered), countChange(b.A.Denied, b.B.Denied),
			amountChange(b.A.TakenMinor, b.B.TakenMinor, b.Currency), countChange(b.A.Held, b.B.Held), amountChange(b.A.HeldMinor, b.B.HeldMinor, b.Currency),
		})
	}
	return names, rows, same
}

// countChange and amountChange are one figure where both sides have the same.
func countChange(a, b int64) string {
	if a == b {
		return countOrNone(a)
	}
	return Count(a) + " → " + Count(b)
}

func amountChange(a, b int64, currency string) string {
	if a == b {
		return amountOrNone(a, currency)
	}
	return Amount(a, currency) + " → " + Amount(b, currency)
}

// diffBounds shows them on a terminal.
func (p *printer) diffBounds(d *Diff) {
	names, rows, same := d.BoundRows(func(kind, id string) string { return kind + " " + id })
	if len(rows) == 0 {
		return
	}
	p.section("Limits, budgets and approvals that bind", "A → B, on all nights together")
	p.table(usedColumns(widthOf(p.out), names, rows))
	if same > 0 {
		p.wrapped("The same on both sides: " + Counted(int64(same), "other", "others") + ".")
	}
}

func valueCell(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}
