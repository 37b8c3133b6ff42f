package report

import "io"

// WhyText writes what an explanation says of one event, without which event it
// is: for a test, whose author knows. The error is the writer's.
func WhyText(w io.Writer, x *Explanation, e *ExplainedEvent) error {
	out := buffer(w)
	p := &printer{out: out, clock: newClock(x.Timezone)}
	p.line("%s", oneLine(e.Sentence))
	p.explainedRules(e)
	p.guards("Exclusions", e.Exclusions)
	p.guards("Approval rules", e.Approvals)
	p.steps(e)
	p.given(e)
	if p.err != nil {
		return p.err
	}
	return out.Flush()
}
