package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"amends/pipeline/scan"
	"amends/pipeline/state"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/ir"
)

// window is the business dates that a night looks at: the night itself, its
// lookback, and every date since the last run.
type window struct {
	date     calendar.Date
	previous calendar.Date // the last run's; valid with hasPrevious
	first    calendar.Date // the chain's first run, or date where there is none
	hasPrior bool
	left     []state.Span // dates that runs left out for good
}

// gap is the dates that the night itself leaves out, or nil.
func (w window) gap() *state.Span {
	if !w.hasPrior || w.date <= w.previous.AddDays(1) {
		return nil
	}
	return &state.Span{From: state.Day(w.previous.AddDays(1)), To: state.Day(w.date.AddDays(-1))}
}

// leftOut tells whether --skip-to left the date out, now or before: what is there
// of its files is read, and nothing of it is missing.
func (w window) leftOut(date calendar.Date) bool {
	if w.hasPrior && w.previous < date && date < w.date {
		return true
	}
	return slices.ContainsFunc(w.left, func(s state.Span) bool {
		return calendar.Date(s.From) <= date && date <= calendar.Date(s.To)
	})
}

// from is the first date whose files or rows a source reads.
func (w window) from(lookbackDays int) calendar.Date {
	from := w.date.AddDays(-lookbackDays)
	if w.hasPrior {
		from = min(from, w.previous.AddDays(1-lookbackDays))
	}
	return from
}

// resolveFiles finds the files of every source for one night. A missing date is
// a MissingFilesError, beside the files that are there, unless the source is
// optional, or the date lies before the first run or was left out.
func (p *project) resolveFiles(w window, historyDays int) (map[string][]scan.File, error) {
	found := map[string][]scan.File{}
	var missing []MissingSource
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		from, strictFrom := w.from(s.LookbackDays), w.from(s.LookbackDays)
		switch {
		case s.Dimension != nil:
			from = w.date.AddDays(-s.LookbackDays)
			strictFrom = from
		case s.ExternalCredit != nil:
			from = min(from, w.date.AddDays(-historyDays))
		}
		files, absent, err := scan.Resolve(p.dir, s.Files.Source, from, w.date)
		if err != nil {
			return nil, fmt.Errorf("source %q: %w", s.Name, err)
		}
		found[s.Name] = files
		if s.Optional {
			continue
		}
		if !s.HasDate() && len(files) == 0 {
			missing = append(missing, MissingSource{Source: s.Name, Files: s.Files.Source})
		}
		absent = slices.DeleteFunc(absent, func(d calendar.Date) bool {
			return !s.HasDate() || d < strictFrom || d < w.first || w.leftOut(d)
		})
		if len(absent) > 0 {
			missing = append(missing, MissingSource{Source: s.Name, Files: s.Files.Source, Dates: absent})
		}
	}
	if len(missing) > 0 {
		return found, &MissingFilesError{Sources: missing}
	}
	return found, nil
}

// request is what to scan of a source: columns are named as rules see them.
func (p *project) request(s *workspace.Source, files []scan.File, columns []string, kinds map[string]ir.Kind, config Config) scan.Request {
	r := scan.Request{
		Source: s.Name, Files: files, CurrencyColumn: -1, Currency: s.Currency, Zone: s.TimestampsIn,
		BatchRows: config.BatchRows, Workers: config.Workers, Watch: config.Profile.Work,
	}
	for i, name := range columns {
		c := scan.Column{Name: fileColumn(s, name), Kind: kinds[name]}
		if unit, ok := s.Unit(name); ok {
			c.Kind, c.Money = ir.Money, scan.Minor
			if unit == workspace.Major {
				c.Money = scan.Major
			}
		}
		if name == s.CurrencyColumn.Source {
			r.CurrencyColumn = i
		}
		r.Columns = append(r.Columns, c)
	}
	return r
}

// fileColumn is the name in the files of a column that rules know by another.
func fileColumn(s *workspace.Source, name string) string {
	for _, r := range s.Renames {
		if r.To.Source == name {
			return r.From.Source
		}
	}
	return name
}

// historyCall finds credits(90) and credited(90). It may find one in a comment, or
// at the end of another word: then more history is read than is needed, which
// changes nothing. That it begins with letters lets it be looked for by them.
var historyCall = regexp.MustCompile(`credit(?:s|ed)\s*\(\s*([0-9]{1,6})`)

// historyDays is how far back the rulebook looks at what customers were given.
func historyDays(book *rules.Rulebook, horizonDays int) int {
	days := 0
	for _, l := range book.Limits {
		if l.WindowDays == 0 {
			days = max(days, horizonDays)
		}
		days = max(days, l.WindowDays)
	}
	if book.Combine == rules.Highest {
		days = max(days, horizonDays)
	}
	for _, f := range book.Files {
		for _, call := range historyCall.FindAllSubmatch(f.Bytes, -1) {
			n, _ := strconv.Atoi(string(call[1])) // at most six digits
			days = max(days, n)
		}
	}
	return days
}
