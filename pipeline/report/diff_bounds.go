package report

// diffBounds are the rows of what limits, approvals, budgets and guardrails did,
// where that differs, under their headings, and a paragraph on the others.
func diffBounds(d *Diff, bound func(kind, id string) string) (names []string, rows [][]string, same string) {
	names = []string{"what binds", "currency", "lowered", "denied", "what it took", "waiting", "worth"}
	others := 0
	for i := range d.Bounds {
		b := &d.Bounds[i]
		if b.A == b.B {
			others++
			continue
		}
		rows = append(rows, []string{
			bound(b.Kind, b.ID), b.Currency, countChange(b.A.Lowered, b.B.Lowered), countChange(b.A.Denied, b.B.Denied),
			amountChange(b.A.TakenMinor, b.B.TakenMinor, b.Currency), countChange(b.A.Held, b.B.Held), amountChange(b.A.HeldMinor, b.B.HeldMinor, b.Currency),
		})
	}
	if others > 0 {
		same = "\nThe same before and after: " + Counted(int64(others), "other", "others") + ".\n"
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
	names, rows, _ := diffBounds(d, func(kind, id string) string { return kind + " " + id })
	if len(rows) == 0 {
		return
	}
	p.section("Limits, budgets and approvals that bind", "A → B, on all nights together")
	p.table(usedColumns(names, rows))
}
