package match

import (
	"fmt"
	"slices"
)

// tellApart reads the digests of rows that were read again without them, where
// another row of their incident has the same version.
func (c *company) tellApart(parts []merger, again func([]*Recall) error) error {
	byFinder := map[*Finder]*recallsBy{}
	var recalls []*Recall
	var rows []member
	for i := range parts {
		for list := parts[i].list; len(list) > 0; list = list[len(rows):] {
			if rows = c.sameKey(rows[:0], list); len(rows) == 1 || !slices.ContainsFunc(rows, member.counts) {
				continue
			}
			for n, r := range rows {
				if !r.brief || !tied(rows, n) {
					continue
				}
				by := byFinder[r.finder]
				if by == nil {
					by = &recallsBy{finder: r.finder}
					byFinder[r.finder] = by
				}
				recall := by.of(r.file(), int(r.rowGroup))
				recall.rows = append(recall.rows, recalled{row: r.row, sight: r.sighting})
			}
		}
	}
	for _, by := range byFinder {
		recalls = append(recalls, by.list...)
	}
	if len(recalls) == 0 {
		return nil
	}
	if err := again(inOrder(recalls)); err != nil {
		return err
	}
	for _, r := range recalls {
		for _, row := range r.rows {
			if row.sight.brief {
				return fmt.Errorf("source %q: %s: row %d was not found when it was read again", r.Source, r.File, row.row)
			}
		}
	}
	return nil
}

// tied reports whether row n has the version of another row of its source, or may
// have: a row without its version may be newer than any.
func tied(rows []member, n int) bool {
	same, equal, unknown := 0, 0, false
	for _, r := range rows {
		if r.finder.source != rows[n].finder.source {
			continue
		}
		same++
		unknown = unknown || r.version().Null()
		if compareVersions(r.version(), rows[n].version()) == 0 {
			equal++
		}
	}
	return equal > 1 || unknown && same > 1
}
