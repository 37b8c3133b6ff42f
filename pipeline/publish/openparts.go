package publish

// What an open.parquet changes in a night is little of it, so row groups of the
// night before that stay as they are become row groups of the new file, byte for
// byte. Which do follows from the rows alone, not from the machine.

// openPart is a row group to write: one of the earlier file where there are no
// steps, and otherwise what they say.
type openPart struct {
	rows  int
	group int
	steps []step
}

// step is what becomes of rows in a run.
type step struct {
	kind     stepKind
	rows, at int32
}

type stepKind uint8

const (
	seek   stepKind = iota // go to row group at of the earlier file
	stay                   // take its next rows
	leave                  // pass over them
	come                   // take one that changed: at in what is given of changed
	follow                 // take those from at on in fresh: the last step of a part that has it
)

// parts are the row groups of the new file, which have up to groupRows rows. Row
// groups are copied, where that is wanted, unless a row of them changed; small
// ones, of less than half as many rows, are put together with what comes next.
func (m *openMerged) parts(groupRows int, copies bool) []openPart {
	var list openParts
	for group, n := range m.before.file.GroupRows() {
		rows, found := int(n), m.found[group]
		small := rows < groupRows/2 || list.rows > 0 && list.rows < groupRows/2
		if copies && len(found) == 0 && !small && rows <= groupRows {
			list.flush(groupRows)
			list.parts = append(list.parts, openPart{rows: rows, group: group})
			continue
		}
		list.steps = append(list.steps, step{seek, 0, int32(group)})
		at := int32(0)
		for _, f := range found {
			list.add(step{stay, f.row - at, 0})
			list.steps = append(list.steps, step{leave, 1, 0})
			if m.changed.given[f.changed].Remaining() > 0 {
				list.add(step{come, 1, f.changed})
			}
			at = f.row + 1
		}
		list.add(step{stay, int32(rows) - at, 0})
	}
	list.add(step{follow, int32(len(m.fresh)), 0})
	list.flush(groupRows)
	return list.parts
}

// openParts are parts, and what is to become the next of them.
type openParts struct {
	parts []openPart
	steps []step
	rows  int // that the steps take
}

// add appends a step that takes rows, if there are any.
func (p *openParts) add(s step) {
	if s.rows > 0 {
		p.steps = append(p.steps, s)
		p.rows += int(s.rows)
	}
}

// flush makes as few parts of the steps as hold them, of about the same size.
func (p *openParts) flush(groupRows int) {
	parts, steps := (p.rows+groupRows-1)/groupRows, p.steps
	for i := range parts {
		part := openPart{rows: p.rows*(i+1)/parts - p.rows*i/parts}
		for left := int32(part.rows); left > 0; {
			s := &steps[0]
			takes := s.kind == stay || s.kind == come || s.kind == follow
			if takes && s.rows > left {
				part.steps = append(part.steps, step{s.kind, left, s.at})
				s.rows -= left
				if s.kind == follow {
					s.at += left
				}
				break
			}
			if takes {
				left -= s.rows
			}
			part.steps = append(part.steps, *s)
			steps = steps[1:]
		}
		p.parts = append(p.parts, part)
	}
	p.steps, p.rows = nil, 0
}
