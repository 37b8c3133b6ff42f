package main

import (
	"slices"
	"strings"
	"time"

	"amends/pipeline/profile"
)

// piece is a part of a night that is shown by itself.
type piece struct {
	name string
	// same says that DuckDB is asked for this too. What is not, amends does beyond.
	same bool
	// stages are those of a profile, work the beginnings of names of their work.
	stages, work []string
}

// pieces are all that a night consists of, in the order in which they are shown.
// DuckDB reads of the ledger what it needs of its history, too; amends' own
// reading is shown beyond, because it brings every credit up to the night.
var pieces = []piece{
	{name: "rules and footers", same: true, stages: []string{"opening", "checking"}},
	{name: "customers read", same: true, stages: []string{"reading"}},
	{name: "scan and rules", same: true, stages: []string{"matching", "checking rows"}},
	{name: "combine, limit, budget", same: true, stages: []string{"resolving"}},
	{name: "issuance.parquet", same: true, work: []string{"encoding issuance."}},
	{name: "ledger read", stages: []string{"ledger"}},
	{name: "digests of inputs", work: []string{"digest of "}},
	{name: "whose orders were", work: []string{"owners of orders"}},
	{name: "ledger brought forward", stages: []string{"posting", "balancing"}},
	{name: "postings.parquet, open.parquet", work: []string{"encoding postings.", "encoding open."}},
	{name: "decisions, rejects and other files", stages: []string{"publishing"}, work: []string{"encoding "}},
	{name: "report and summary", stages: []string{"weighing", "reporting"}},
	{name: "files read again", work: []string{"re-reading"}},
	{name: "written, waits for the disk, commit", stages: []string{"committing"}, work: []string{"writing"}},
	{name: "start, printing, the rest", stages: nil},
}

// split shares a night out among the pieces. Work that a stage does beside its
// own on several cores counts with its part of the stage: in publishing, which
// consists of such work, its share of all of it; elsewhere as if it had kept one
// core of all busy. The pieces add up to the night.
func split(night *outcome, workers int) []time.Duration {
	shares := make([]time.Duration, len(pieces))
	rest := night.wall
	for _, stage := range night.profile.Stages {
		wall := time.Duration(stage.Wall) * time.Microsecond
		rest -= wall
		busy := time.Duration(0)
		for _, w := range stage.Work {
			busy += time.Duration(w.Busy) * time.Microsecond
		}
		left := wall
		for _, w := range stage.Work {
			took := time.Duration(w.Busy) * time.Microsecond / time.Duration(workers)
			if stage.Name == "publishing" && busy > 0 {
				took = time.Duration(float64(wall) * float64(w.Busy) * float64(time.Microsecond) / float64(busy))
			}
			took = min(took, left)
			left -= took
			shares[pieceOfWork(stage, w.Name)] += took
		}
		shares[pieceOfStage(stage)] += left
	}
	shares[len(pieces)-1] += rest
	return shares
}

func pieceOfStage(stage *profile.Stage) int {
	i := slices.IndexFunc(pieces, func(p piece) bool { return slices.Contains(p.stages, stage.Name) })
	if i < 0 {
		return len(pieces) - 1
	}
	return i
}

// pieceOfWork takes the longest beginning that fits. Work without a piece of its own
// is of its stage.
func pieceOfWork(stage *profile.Stage, name string) int {
	best, at := 0, pieceOfStage(stage)
	for i, p := range pieces {
		for _, beginning := range p.work {
			if strings.HasPrefix(name, beginning) && len(beginning) > best {
				best, at = len(beginning), i
			}
		}
	}
	return at
}

// sameWork is what of a night DuckDB is asked for, too.
func sameWork(shares []time.Duration) time.Duration {
	var sum time.Duration
	for i, p := range pieces {
		if p.same {
			sum += shares[i]
		}
	}
	return sum
}

// scanAndRules is the time of the rows alone: without the digests of their files.
func scanAndRules(night *outcome, workers int) time.Duration {
	i := slices.IndexFunc(pieces, func(p piece) bool { return slices.Contains(p.stages, "matching") })
	return split(night, workers)[i]
}
