package main

import (
	"testing"

	"amends/pipeline/report"

	"github.com/google/go-cmp/cmp"
)

// By hand: what opens the first night, what moved on both, what closes the last.
func TestTheDemosTableAddsUp(t *testing.T) {
	t.Parallel()
	flow := map[string]report.RollForwardLine{}
	addFlow(flow, []report.RollForwardLine{{Currency: "USD", Opening: 5, Issued: 100, Redeemed: 10, Closing: 95}})
	addFlow(flow, []report.RollForwardLine{
		{Currency: "EUR", Issued: 7, Closing: 7},
		{Currency: "USD", Opening: 95, Issued: 50, Reinstated: 3, Redeemed: 20, Forfeited: 8, Voided: 30, Closing: 90},
	})
	want := map[string]report.RollForwardLine{
		"EUR": {Currency: "EUR", Issued: 7, Closing: 7},
		"USD": {Currency: "USD", Opening: 5, Issued: 150, Reinstated: 3, Redeemed: 30, Forfeited: 8, Voided: 30, Closing: 90},
	}
	if diff := cmp.Diff(want, flow); diff != "" {
		t.Errorf("two nights (-want +got):\n%s", diff)
	}
}
