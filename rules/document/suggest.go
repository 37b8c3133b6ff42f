package document

// Suggestion returns `did you mean "..."?` with the known word nearest to one
// that is not known, or "" where none is near. Of equally near words the first
// of known wins.
func Suggestion(word string, known []string) string {
	const longest = 64 // runes; no name worth suggesting is longer
	best, nearest := "", 0
	w := []rune(word)
	if len(w) > longest {
		return ""
	}
	for _, candidate := range known {
		c := []rune(candidate)
		if len(c) > longest || len(c) == 0 {
			continue
		}
		distance := editDistance(w, c)
		if distance > max(1, min(len(w), len(c))/3) || (best != "" && distance >= nearest) {
			continue
		}
		best, nearest = candidate, distance
	}
	if best == "" {
		return ""
	}
	return didYouMean(best)
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours.
func editDistance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := last[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
