package ruletest

// JSON is a result for programs.
type JSON struct {
	OK      bool       `json:"ok"`
	Cases   int        `json:"cases"`
	Failed  int        `json:"failed"`
	Skipped int        `json:"skipped"`
	Results []CaseJSON `json:"results"`

	Coverage *CoverageJSON `json:"coverage,omitempty"`
	Mutation *MutationJSON `json:"mutation,omitempty"`
}

// CaseJSON is one case.
type CaseJSON struct {
	Name string    `json:"name"`
	File string    `json:"file"`
	Line int       `json:"line"`
	OK   bool      `json:"ok"`
	Rows []RowJSON `json:"rows"`
}

// RowJSON is one row of a case with what came of it.
type RowJSON struct {
	Source       string       `json:"source"`
	Outcome      string       `json:"outcome"`
	Reason       string       `json:"reason,omitempty"`
	Rule         string       `json:"rule,omitempty"`
	Amount       string       `json:"amount,omitempty"`
	Gross        string       `json:"gross,omitempty"`
	Terms        string       `json:"terms,omitempty"`
	Funding      string       `json:"funding,omitempty"`
	ExpiresOn    string       `json:"expires_on,omitempty"`
	Message      string       `json:"message,omitempty"`
	MatchedRules []string     `json:"matched_rules"`
	LimitedBy    []string     `json:"limited_by"`
	Causes       []string     `json:"causes"`
	WouldGive    []string     `json:"would_give"`
	Differences  []Difference `json:"differences"`
	Why          string       `json:"why,omitempty"`
}

// JSON returns the result for programs.
func (r *Result) JSON() *JSON {
	j := &JSON{OK: r.Failed() == 0, Cases: len(r.Cases), Failed: r.Failed(), Skipped: r.Skipped, Results: []CaseJSON{}}
	for _, c := range r.Cases {
		out := CaseJSON{Name: c.Ready.Name, File: c.Ready.Place().File, Line: c.Ready.Place().Line, OK: c.Passed(), Rows: []RowJSON{}}
		for i := range c.Rows {
			o := c.Rows[i].Outcome
			out.Rows = append(out.Rows, RowJSON{
				Source: c.Ready.Rows[i].On, Outcome: o.Outcome, Reason: o.Reason, Rule: o.Rule, Amount: o.Amount, Gross: o.Gross, Terms: o.Terms,
				Funding: o.Funding, ExpiresOn: o.Expires, Message: o.Message, MatchedRules: full(o.MatchedRules), LimitedBy: full(o.LimitedBy),
				Causes: full(o.Causes), WouldGive: full(o.WouldGive), Differences: full(c.Rows[i].Differences), Why: c.Rows[i].Why,
			})
		}
		j.Results = append(j.Results, out)
	}
	if r.Coverage != nil {
		j.Coverage = r.Coverage.JSON()
	}
	if r.Mutation != nil {
		j.Mutation = r.Mutation.JSON()
	}
	return j
}

// full is the list, or one that JSON shows as [].
func full[E any](list []E) []E {
	if list == nil {
		return []E{}
	}
	return list
}
