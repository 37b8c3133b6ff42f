package page

import "amends/pipeline/report"

// nightDocument is the page of a night.
func nightDocument(a *report.Analysis) *Document {
	s := a.Summary
	return &Document{
		Title:    "Night of " + s.BusinessDate,
		Heading:  "Night of " + s.BusinessDate,
		Label:    RunLabel(a.DryRun),
		Subtitle: "Settled as of " + s.AsOf + ", the midnight that ends it in " + s.Timezone + ". New credits can be used from " + s.EffectiveDate + ".",
		Sections: []Section{},
		Footer:   "Every figure here can be counted again in the Parquet files beside this one.",
	}
}
