package report

import "strings"

// noDifference is what a step says that changes nothing.
const noDifference = "no difference"

// nearMisses are what the numbers beside cut-offs would give; those of which no
// number makes a difference are folded away.
func (m *markdownDiff) nearMisses() {
	var lines, same []string
	for i := range m.diff.NearMisses {
		n := &m.diff.NearMisses[i]
		steps, differs := n.markdownSteps()
		if differs {
			lines = append(lines, n.markdownTitle()+"\n"+steps)
		} else {
			same = append(same, n.markdownTitle()+"\n"+steps)
		}
	}
	tail := ""
	if more := m.diff.MoreNearMisses; more > 0 {
		tail = "\n" + Counted(int64(more), "more cut-off was", "more cut-offs were") + " not tried.\n"
	}
	const one, many = "cut-off with its near misses", "cut-offs with their near misses"
	head := "\n#### Near misses\n\nWhat other numbers beside a cut-off would give on the same nights, all rules, limits and budgets applied.\n\n"
	if len(lines) == 0 && len(same) > 0 {
		m.write("%sNo number that was tried makes a difference.\n%s", head, tail)
	} else {
		m.lines(shareNear, head, lines, tail, one, many)
	}
	m.lines(shareSame, "\n<details>\n<summary>"+Counted(int64(len(same)), "cut-off", "cut-offs")+" where no number that was tried makes a difference</summary>\n\n", same, "\n</details>\n", one, many)
}

// markdownTitle names the cut-off, and what its rules hit.
func (n *NearMiss) markdownTitle() string {
	line := "- " + markdownCode(n.Text) + " of " + words(n.Of) + " (" + markdownCode(n.Place) + ")"
	switch n.Before {
	case n.Value:
	case "":
		line += ", new"
	default:
		line += ", " + words(n.Before) + " before"
	}
	if len(n.Rules) == 0 {
		return line
	}
	line += ": " + Counted(n.Now.Hits, "hit", "hits")
	if worth := amountList(n.Now.WouldGive); worth != "" {
		line += ", which would give " + words(worth) + " before any limit"
	}
	if fates := n.Now.HitFates.Sentence(); fates != "" {
		line += ". " + words(fates)
	}
	return line
}

// markdownSteps are a line for each number that makes a difference, and one for
// all others.
func (n *NearMiss) markdownSteps() (lines string, differs bool) {
	var same []string
	for k := range n.Steps {
		step := &n.Steps[k]
		if step.Against(&n.Now, len(n.Rules) > 0) == noDifference {
			same = append(same, step.Value)
			continue
		}
		differs = true
		lines += "  - " + words(n.Sentence(step)) + "\n"
	}
	if len(same) > 0 {
		lines += "  - " + words(strings.Join(same, ", ")+" instead of "+n.Value+": "+noDifference) + "\n"
	}
	return lines, differs
}
