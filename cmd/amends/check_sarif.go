package main

import (
	"slices"

	"amends/pipeline"
	"amends/rules/codes"
	"amends/rules/diag"
	"amends/rules/lint"
)

// SARIF 2.1.0, as far as findings need it. The names are the standard's.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string             `json:"id"`
		ShortDescription     sarifText          `json:"shortDescription"`
		Help                 sarifText          `json:"help"`
		DefaultConfiguration sarifConfiguration `json:"defaultConfiguration"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

const sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"

// newSARIF is the findings as a SARIF log; accepted ones are suppressed in it.
func newSARIF(list diag.List, accepted []lint.Accepted) sarifLog {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
		Tool: sarifTool{sarifDriver{Name: "amends", Version: pipeline.Version, Rules: []sarifRule{}}}}
	for _, d := range list {
		run.Results = append(run.Results, newSARIFResult(d))
	}
	for _, d := range accepted {
		result := newSARIFResult(d.Diagnostic)
		result.Suppressions = []sarifSuppression{{Kind: "inSource", Justification: d.Because}}
		run.Results = append(run.Results, result)
	}
	for _, c := range codes.All() {
		if slices.ContainsFunc(run.Results, func(r sarifResult) bool { return r.RuleID == c.ID }) {
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: c.ID, ShortDescription: sarifText{c.Title},
				Help: sarifText{c.Text}, DefaultConfiguration: sarifConfiguration{c.Severity.String()}})
		}
	}
	for i := range run.Results {
		run.Results[i].RuleIndex = slices.IndexFunc(run.Tool.Driver.Rules, func(r sarifRule) bool { return r.ID == run.Results[i].RuleID })
	}
	return sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}
}

func newSARIFResult(d diag.Diagnostic) sarifResult {
	message := d.Message
	if d.Hint != "" {
		message += "; " + d.Hint
	}
	at := sarifPhysical{ArtifactLocation: sarifArtifact{d.Pos.File}}
	if d.Pos.Line > 0 {
		at.Region = &sarifRegion{StartLine: d.Pos.Line, StartColumn: max(d.Pos.Col, 1)}
	}
	return sarifResult{RuleID: d.Code, Level: d.Severity.String(), Message: sarifText{message}, Locations: []sarifLocation{{at}}}
}
