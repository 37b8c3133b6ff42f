package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/rules/money"
)

// maxDiffTransitions is how many ways of coming out differently are listed.
const maxDiffTransitions = 25

// phrase is how an incident came out, in few words.
func (s *diffSide) phrase(p *diffPair, i *diffIncident) string {
	if i == nil {
		if r, ok := s.rowReject(p); ok {
			return "row rejected: " + r.code
		}
		return "no rule hits"
	}
	switch i.outcome {
	case award.Issued:
		text := "issued by " + i.rule
		if i.limited != "" {
			text += ", lowered by " + i.limited
		}
		return text
	case diffLapsed:
		return "hold lapsed"
	case diffRejected:
		return "hold rejected by a person"
	}
	return string(i.outcome) + " (" + i.reason + ")"
}

// rowReject is why this side has no decision of an incident whose row the other
// used.
func (s *diffSide) rowReject(p *diffPair) (diffReject, bool) {
	i := p.either()
	r, ok := s.rejected[diffRow{i.source, i.place.File, i.place.RowGroup, i.place.Row}]
	return r, ok
}

// transitions counts the incidents that differ by how each side came out.
func (c *comparison) transitions() {
	t := newTally[[4]string, report.DiffTransition]()
	for k := range c.pairs {
		p := &c.pairs[k]
		if p.kind == "" {
			continue
		}
		key := [4]string{p.kind, c.differ.a.phrase(p, p.a), c.differ.b.phrase(p, p.b), strings.Join(p.what, ", ")}
		line := t.line(key, func() report.DiffTransition {
			return report.DiffTransition{Kind: key[0], From: key[1], To: key[2], What: key[3], Difference: money.ByCurrency{}}
		})
		line.Count++
		if a, b := p.minor(); a != b {
			add(line.Difference, p.either().currency, b-a)
		}
	}
	lines := t.sorted(func(a, b [4]string) int {
		return cmp.Or(cmp.Compare(kindOrder(a[0]), kindOrder(b[0])), slices.Compare(a[1:], b[1:]))
	})
	slices.SortStableFunc(lines, func(a, b report.DiffTransition) int { return cmp.Compare(b.Count, a.Count) })
	c.out.MoreTransitions = max(len(lines)-maxDiffTransitions, 0)
	c.out.Transitions = lines[:len(lines)-c.out.MoreTransitions]
}

func kindOrder(kind string) int {
	return slices.Index([]string{report.DiffGained, report.DiffLost, report.DiffChanged, report.DiffOther, report.DiffNothing}, kind)
}

// amounts counts by how much incidents differ, in steps of 1, 2, 5, 10 and so
// on of minor units.
func (c *comparison) amounts() {
	type key struct {
		currency string
		from     int64
	}
	t := newTally[key, report.DiffBin]()
	for k := range c.pairs {
		a, b := c.pairs[k].minor()
		if a == b {
			continue
		}
		from, to := step125(max(a-b, b-a))
		currency := c.pairs[k].either().currency
		bin := t.line(key{currency, from}, func() report.DiffBin { return report.DiffBin{Currency: currency, FromMinor: from, ToMinor: to} })
		if b < a {
			bin.Less++
		} else {
			bin.More++
		}
	}
	c.out.Amounts = t.sorted(func(a, b key) int { return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.from, b.from)) })
}

// step125 is the step [from, to) of 1, 2, 5, 10, 20, … that a number above zero
// lies in.
func step125(n int64) (from, to int64) {
	from = 1
	for n/10 >= from {
		from *= 10
	}
	switch {
	case n >= 5*from:
		if from > (1<<63-1)/10 {
			return 5 * from, 1<<63 - 1
		}
		return 5 * from, 10 * from
	case n >= 2*from:
		return 2 * from, 5 * from
	}
	return from, 2 * from
}

// ledgers sets both roll-forwards side by side.
func (c *comparison) ledgers() {
	a, b := rollForwardLines(c.differ.a.moved), rollForwardLines(c.differ.b.moved)
	t := newTally[string, report.DiffLedger]()
	line := func(currency string) *report.DiffLedger {
		return t.line(currency, func() report.DiffLedger {
			return report.DiffLedger{Currency: currency, A: report.RollForwardLine{Currency: currency}, B: report.RollForwardLine{Currency: currency}}
		})
	}
	for _, l := range a {
		line(l.Currency).A = l
	}
	for _, l := range b {
		line(l.Currency).B = l
	}
	c.out.RollForward = t.sorted(cmp.Compare[string])
	c.redemptions()
}

// keysOfBoth are the keys that either side has, sorted.
func keysOfBoth[V any](a, b map[[2]string]V) [][2]string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.SortFunc(keys, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(keys)
}

func (c *comparison) redemptions() {
	a, b := c.differ.a.redeemed, c.differ.b.redeemed
	for _, key := range keysOfBoth(a, b) {
		var inA, inB [2]int64
		if a[key] != nil {
			inA = *a[key]
		}
		if b[key] != nil {
			inB = *b[key]
		}
		if inA != inB {
			c.out.Redemptions = append(c.out.Redemptions, report.DiffRedemption{
				Outcome: key[0], Currency: key[1], A: inA[0], B: inB[0], AMinor: inA[1], BMinor: inB[1],
			})
		}
	}
}

// rejects counts rejected rows by source and code, where they differ.
func (c *comparison) rejects() {
	rows := map[diffRow]bool{}
	for row := range c.differ.a.rejected {
		rows[row] = true
	}
	for row := range c.differ.b.rejected {
		rows[row] = true
	}
	t := newTally[[2]string, report.DiffReject]()
	for _, row := range slices.SortedFunc(maps.Keys(rows), compareDiffRows) {
		a, inA := c.differ.a.rejected[row]
		b, inB := c.differ.b.rejected[row]
		line := func(r diffReject) *report.DiffReject {
			return t.line([2]string{row.source, r.code}, func() report.DiffReject { return report.DiffReject{Source: row.source, Code: r.code} })
		}
		only := func(l *report.DiffReject, count *int64, r diffReject, side string) {
			*count++
			if l.RejectBy == "" {
				l.File, l.Row, l.Detail, l.RejectBy = row.file, row.row, r.detail, side
			}
		}
		if inA {
			l := line(a)
			l.A++
			if !inB || a.code != b.code {
				only(l, &l.OnlyA, a, "a")
			}
		}
		if inB {
			l := line(b)
			l.B++
			if !inA || a.code != b.code {
				only(l, &l.OnlyB, b, "b")
			}
		}
	}
	c.out.Rejects = slices.DeleteFunc(t.sorted(func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }), func(l report.DiffReject) bool {
		return l.OnlyA == 0 && l.OnlyB == 0
	})
}

func compareDiffRows(a, b diffRow) int {
	return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.file, b.file), cmp.Compare(a.group, b.group), cmp.Compare(a.row, b.row))
}

// people lists the requests that came out differently.
func (c *comparison) people() {
	a, b := c.differ.a.requests, c.differ.b.requests
	for _, key := range keysOfBoth(a, b) {
		inA, inB := a[key], b[key]
		if inA.Outcome != inB.Outcome || inA.Detail != inB.Detail {
			c.out.Requests = append(c.out.Requests, report.DiffRequest{
				Date: key[0], ID: key[1], Kind: cmp.Or(inA.Kind, inB.Kind), A: outcomeText(inA.Outcome, inA.Detail), B: outcomeText(inB.Outcome, inB.Detail),
			})
		}
	}
}

func outcomeText(outcome, detail string) string {
	if detail == "" {
		return outcome
	}
	return outcome + ": " + detail
}

// finish says whether anything differs, and the whole in one sentence.
func (c *comparison) finish() {
	d, out := c.differ, c.out
	for _, n := range d.nights {
		out.Nights = append(out.Nights, n.date.String())
	}
	out.From, out.To = out.Nights[0], out.Nights[len(out.Nights)-1]
	ledgersDiffer := slices.ContainsFunc(out.RollForward, func(l report.DiffLedger) bool { return l.A != l.B })
	shown := out.Counts.Differing() > 0 || ledgersDiffer || len(out.Rejects)+len(out.Requests)+len(out.Redemptions) > 0
	out.Differs = shown || d.a.trail != d.b.trail
	switch {
	case !shown && out.Differs:
		d.note("All sums are equal, and yet value was voided, forfeited, redeemed or reminded of on other nights or in other credits.")
	case !out.Differs && d.a.sha256 == d.b.sha256:
		d.note("Both rulebooks have the same bytes.")
	}
	out.Notes = append([]string{}, d.notes...)
	out.Headline = c.headline(ledgersDiffer)
	emptyDiffLists(out)
}

// headline: "With rules-new, 1,204 credits change: $3,410.20 less would have
// been issued (…)".
func (c *comparison) headline(ledgersDiffer bool) string {
	d, out := c.differ, c.out
	counts := out.Counts
	switch money := counts.Gained + counts.Lost + counts.Changed; {
	case money > 0:
		verb := "change"
		if money == 1 {
			verb = "changes"
		}
		text := fmt.Sprintf("With %s, %s %s: %s would have been issued", d.b.name, report.Counted(money, "credit", "credits"), verb,
			c.difference(func(l *report.DiffLine) int64 { return l.Issued.Difference() }))
		if held := c.difference(func(l *report.DiffLine) int64 { return l.Held.Difference() }); held != "as much" {
			text += ", and " + held + " would wait for a person"
		}
		return fmt.Sprintf("%s (%s).", text, counts.Words())
	case counts.Other+counts.Nothing > 0:
		return fmt.Sprintf("With %s, every credit has the same amount; %s otherwise.", d.b.name, differs(counts.Other+counts.Nothing))
	case ledgersDiffer || out.Differs:
		return fmt.Sprintf("With %s, every credit is the same, and something else differs: see below.", d.b.name)
	}
	return fmt.Sprintf("No difference: %s gives every incident the same as %s.", d.b.name, d.a.name)
}

func differs(n int64) string {
	if n == 1 {
		return "1 incident differs"
	}
	return report.Count(n) + " incidents differ"
}

// difference says by how much a sum differs, per currency: "$3.00 less, €1.00
// more".
func (c *comparison) difference(of func(*report.DiffLine) int64) string {
	var parts []string
	for _, less := range []bool{true, false} {
		sums := money.ByCurrency{}
		for i := range c.out.Totals {
			l := &c.out.Totals[i]
			if minor := of(l); minor < 0 == less && minor != 0 {
				sums[l.Currency] = max(minor, -minor)
			}
		}
		switch {
		case len(sums) == 0:
		case less:
			parts = append(parts, report.Amounts(sums)+" less")
		default:
			parts = append(parts, report.Amounts(sums)+" more")
		}
	}
	if len(parts) == 0 {
		return "as much"
	}
	return strings.Join(parts, " and ")
}

// emptyDiffLists makes lists that JSON shows as [] of those that are nil.
func emptyDiffLists(d *report.Diff) {
	d.RuleChanges.Changes = notNil(d.RuleChanges.Changes)
	d.Totals, d.Rules, d.Breakdowns = notNil(d.Totals), notNil(d.Rules), notNil(d.Breakdowns)
	for i := range d.Breakdowns {
		d.Breakdowns[i].Lines, d.Breakdowns[i].Rest = notNil(d.Breakdowns[i].Lines), notNil(d.Breakdowns[i].Rest)
	}
	d.Transitions, d.Amounts, d.RollForward, d.Redemptions = notNil(d.Transitions), notNil(d.Amounts), notNil(d.RollForward), notNil(d.Redemptions)
	d.Bounds, d.Terms = notNil(d.Bounds), notNil(d.Terms)
	d.Rejects, d.Requests, d.Examples = notNil(d.Rejects), notNil(d.Requests), notNil(d.Examples)
	d.NearMisses = notNil(d.NearMisses)
}

func notNil[E any](list []E) []E {
	if list == nil {
		return []E{}
	}
	return list
}
