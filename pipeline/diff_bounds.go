package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"amends/pipeline/award"
	"amends/pipeline/report"
	"amends/pipeline/resolve"
)

// diffBoundKinds are what bounds awards, in the order in which nights apply it.
var diffBoundKinds = []string{resolve.LimitCause, approvalCause, resolve.BudgetCause, resolve.GuardrailCause}

// approvalCause is the kind of the causes that approvals give.
const approvalCause = "approval"

// bounds counts what limits, approvals, budgets and guardrails did on both
// sides: incidents by how they finally came out, whether they differ or not.
func (c *comparison) bounds() {
	t := newTally[[3]string, report.DiffBound]()
	for _, side := range []struct {
		of  *diffSide
		did func(*report.DiffBound) *report.DiffBoundDid
	}{
		{c.differ.a, func(b *report.DiffBound) *report.DiffBoundDid { return &b.A }},
		{c.differ.b, func(b *report.DiffBound) *report.DiffBoundDid { return &b.B }},
	} {
		at := func(kind, id, currency string) *report.DiffBoundDid {
			return side.did(t.line([3]string{kind, id, currency}, func() report.DiffBound {
				return report.DiffBound{Kind: kind, ID: id, Currency: currency}
			}))
		}
		for _, i := range side.of.incidents {
			i.bounds(at)
		}
	}
	c.out.Bounds = t.sorted(func(a, b [3]string) int {
		return cmp.Or(cmp.Compare(slices.Index(diffBoundKinds, a[0]), slices.Index(diffBoundKinds, b[0])), slices.Compare(a[1:], b[1:]))
	})
}

// bounds adds one incident to what bounded it.
func (i *diffIncident) bounds(at func(kind, id, currency string) *report.DiffBoundDid) {
	if i.outcome == award.Denied {
		if kind, id, named := strings.Cut(i.reason, ":"); named && slices.Contains(diffBoundKinds, kind) {
			did := at(kind, id, i.currency)
			did.Denied++
			did.TakenMinor = sum(did.TakenMinor, i.gross)
		}
		return
	}
	if !i.gives() {
		return
	}
	last := i.limited[strings.LastIndex(i.limited, " ")+1:] // of "limit:a, limit:b"
	if id, limited := strings.CutPrefix(last, resolve.LimitPrefix); limited && i.minor < i.gross {
		did := at(resolve.LimitCause, id, i.currency)
		did.Lowered++
		did.TakenMinor = sum(did.TakenMinor, i.gross-i.minor)
	}
	if i.outcome != award.Held {
		return
	}
	for _, cause := range i.causes {
		if slices.Contains(diffBoundKinds, cause.Kind) {
			did := at(cause.Kind, cause.ID, i.currency)
			did.Held++
			did.HeldMinor = sum(did.HeldMinor, i.minor)
		}
	}
}
