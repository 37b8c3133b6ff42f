package pipeline_test

import (
	"maps"
	"slices"

	"amends/pipeline"
	"amends/pipeline/award"
	"amends/pipeline/publish"
	"amends/pipeline/state"
)

// window is the rows of a source that tonight reads.
func window[R any](s *season, source string, lookbackDays int) []R {
	from := s.night.AddDays(-lookbackDays)
	if s.any {
		from = min(from, s.previous.AddDays(1-lookbackDays))
	}
	var rows []R
	for folder, list := range s.files[source] {
		if folder >= from && folder <= s.night {
			rows = append(rows, typed[R](list)...)
		}
	}
	return rows
}

// fate is what becomes of the rows of one source, by what failed.
type fate struct {
	matched     map[string]bool  // the rows that count say so
	conflicting map[string]int64 // how many rows differ and none counts
	hit         map[string]bool  // some row, be it superseded, fits a rule
	read        int64
}

// fateOf groups rows by event: the highest version counts, and where rows of it
// differ none does.
func fateOf[R comparable](rows []R, failure func(R) string, version func(R) int64, matches func(R) bool) fate {
	f := fate{matched: map[string]bool{}, conflicting: map[string]int64{}, hit: map[string]bool{}, read: int64(len(rows))}
	events := map[string][]R{}
	for _, r := range rows {
		key := failure(r)
		f.hit[key] = f.hit[key] || matches(r)
		if list := events[key]; len(list) > 0 && version(list[0]) != version(r) {
			if version(list[0]) > version(r) {
				continue
			}
			events[key] = nil
		}
		events[key] = append(events[key], r)
	}
	for key, list := range events {
		if slices.ContainsFunc(list, func(r R) bool { return r != list[0] }) {
			f.conflicting[key] = int64(len(list))
		} else if matches(list[0]) {
			f.matched[key] = true
		}
	}
	return f
}

// rows holds the outcomes of tonight's event rows to the data: each row has one,
// what matched has a decision, and what conflicts a reject for each row.
func (s *season) rows(result *pipeline.NightResult) {
	night := s.night
	none := func(any) int64 { return 0 }
	fates := map[string]fate{
		"deliveries": fateOf(window[shopDelivery](s, "deliveries", shopDeliveryLookbackDays), func(d shopDelivery) string { return failed("deliveries", d.id) },
			func(d shopDelivery) int64 { return d.version }, func(d shopDelivery) bool { return d.daysLate > 0 && d.delivered <= night }),
		"carrier": fateOf(window[shopClaim](s, "carrier", shopOtherLookbackDays), func(c shopClaim) string { return failed("carrier", c.delivery.id) },
			func(c shopClaim) int64 { return none(c) }, func(c shopClaim) bool { return c.delayDays > 0 && c.reported <= night }),
		"defects": fateOf(window[shopDefect](s, "defects", shopOtherLookbackDays), func(d shopDefect) string { return failed("defects", d.id) },
			func(d shopDefect) int64 { return none(d) }, func(d shopDefect) bool { return d.kind == "damaged" && d.reported <= night }),
	}
	chain := s.shop.chain(s.fsys)
	want, got, rejects := map[string]bool{}, map[string]bool{}, map[string]int64{}
	for _, r := range readOutput(s, chain, night, "rejects.parquet", publish.ReadRejects) {
		rejects[r.Source]++
	}
	decided := map[string]int64{}
	for _, d := range readOutput(s, chain, night, "decisions.parquet", publish.ReadDecisions) {
		if d.Released {
			continue
		}
		decided[d.Source]++
		if got[failed(d.Source, d.EventID)] {
			s.Errorf("%s is decided twice", failed(d.Source, d.EventID))
		}
		got[failed(d.Source, d.EventID)] = true
		if pays := d.Outcome == award.Issued || d.Outcome == award.Held; pays && d.Repeat || pays != (d.AmountMinor > 0) || d.AmountMinor > d.GrossMinor {
			s.Errorf("decision %+v", d)
		}
	}
	hit := map[string]bool{}
	for _, f := range fates {
		for key := range f.hit {
			hit[key] = hit[key] || f.hit[key]
		}
	}
	for source, f := range fates {
		maps.Copy(want, f.matched)
		var conflicts int64 // rows that nothing could come of may differ
		for key, n := range f.conflicting {
			if hit[key] {
				conflicts += n
			}
		}
		outcomes := chain.Last().Outcomes[source]
		var sum int64
		for _, n := range outcomes {
			sum += n
		}
		if sum != f.read || outcomes["rejected"] != conflicts || rejects[source] != conflicts ||
			outcomes["issued"]+outcomes["held"]+outcomes["suppressed"] != decided[source] {
			s.Errorf("%s %s: %d rows of which %d conflict, %d rejects, %d decisions: %v", night, source, f.read, conflicts, rejects[source], decided[source], outcomes)
		}
	}
	if !maps.Equal(want, got) {
		s.Errorf("%s: matched %v, decided %v", night, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	}
	if spent := window[shopRedemption](s, "redemptions", shopOtherLookbackDays); len(spent) != len(readOutput(s, chain, night, "redemptions.parquet", publish.ReadRedemptions)) {
		s.Errorf("%s: %d redemptions were there", night, len(spent))
	}
	if result.Summary == nil || result.AllHeld {
		s.Errorf("summary %v, all held %v", result.Summary, result.AllHeld)
	}
}

// requests holds what people asked for tonight to what came of it.
func (s *season) requests() {
	chain := s.shop.chain(s.fsys)
	content, err := chain.ReadOutput(chain.Last(), publish.RequestsFile)
	mustDo(s, err)
	outcomes, err := publish.ReadRequests(content)
	mustDo(s, err)
	if len(outcomes) != len(s.asked) {
		s.Errorf("%d requests, %d outcomes", len(s.asked), len(outcomes))
	}
	became := map[string]string{}
	for _, o := range outcomes {
		became[o.ID] = o.Outcome
	}
	for _, r := range s.asked {
		stale := r.SeenSHA256 != chain.Last().PreviousSHA256
		if stale != (became[r.ID] == "stale") || became[r.ID] == "" {
			s.Errorf("request %+v: %q", r, became[r.ID])
		}
		for _, id := range r.Credits {
			_, held := s.books.holds[id]
			if !stale && (r.Kind == state.Reject && held || r.Kind == state.Void && s.books.credits[id].remaining() != 0) {
				s.Errorf("request %+v changed nothing", r)
			}
		}
		for id, c := range s.books.credits {
			if !stale && r.Kind == state.Reverse && c.issued == r.Run && c.remaining() != 0 {
				s.Errorf("the reversal left %d of %s", c.remaining(), id)
			}
		}
	}
}
