package check

import (
	"slices"
	"strings"
)

// didYouMean returns a hint with the candidate nearest to name, or "" where none
// is near. Of equally near ones the first in bytewise order is taken.
func didYouMean(name string, candidates []string) string {
	best, least := "", min(3, max(1, len(name)/2))+1
	slices.Sort(candidates)
	for _, candidate := range candidates {
		if abs(len(candidate)-len(name)) >= least {
			continue
		}
		if d := distance(strings.ToLower(name), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return `did you mean "` + best + `"?`
}

func abs(n int) int { return max(n, -n) }

// distance counts the letters to add, drop, change, or swap with the next one,
// that make b of a.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	if len(s) > maxCompared || len(t) > maxCompared {
		return maxCompared
	}
	before, row := make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		next := make([]int, len(t)+1)
		next[0] = i
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(t)]
}

// maxCompared bounds the names that are compared letter by letter.
const maxCompared = 100

// shortList joins a few names.
func shortList(names []string) string {
	const shown = 8
	if len(names) > shown {
		return strings.Join(names[:shown], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
