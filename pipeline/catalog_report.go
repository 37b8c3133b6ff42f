package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"amends/pipeline/match"
	"amends/rules/diag"
)

// maxReportColumns bounds report.by: each column is counted for every row that
// is read, and fills a table of the report.
const maxReportColumns = 8

// checkReport holds the columns of report.by to those of the event sources. One
// column counts in each source that has it, and some source must.
func (p *project) checkReport(found schemas, list *diag.List) {
	if len(p.work.ReportBy) > maxReportColumns {
		list.Add(p.work.ReportBy[maxReportColumns].Diagnose(0, "W105",
			fmt.Sprintf("report.by has %d columns, expected at most %d", len(p.work.ReportBy), maxReportColumns), ""))
	}
	for _, column := range p.work.ReportBy {
		var have []string // what event sources have instead
		known, absent := false, false
		for i := range p.work.Sources {
			s := &p.work.Sources[i]
			schema, there := found[s.Name]
			if s.Event == nil {
				continue
			}
			kind, named := schema.kinds[column.Source]
			switch {
			case !there:
				absent = true // its columns are not known
			case !named:
				have = append(have, fmt.Sprintf("%s has %s", s.Name, schema.names()))
			case !slices.Contains(match.ReportKinds, kind):
				known = true
				list.Add(column.Diagnose(0, "W102", fmt.Sprintf("source %q: column %q is to be reported by, expected %s, and %s has %s",
					s.Name, column.Source, kindList(match.ReportKinds), schema.file, schema.details[column.Source]), ""))
			default:
				known = true
			}
		}
		if known || absent {
			continue
		}
		hint := ""
		if strings.Contains(column.Source, ".") {
			hint = "fields of dimensions cannot be reported by, only columns of the events themselves"
		}
		list.Add(column.Diagnose(0, "W101",
			fmt.Sprintf("no event source has a column %q to report by: %s", column.Source, strings.Join(have, "; ")), hint))
	}
}
