package ruletest

import (
	"testing"
	"time"

	"amends/rules/ir"
)

func TestValuesAsFilesHaveThem(t *testing.T) {
	t.Parallel()
	paulo, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * 60 * 60 * 1_000_000
	const noon = 20467*day + day/2 // 2026-01-14T12:00:00Z: 20,467 days after 1970
	for _, c := range []struct {
		text string
		kind Kind
		want ir.Value
		bad  bool
	}{
		{text: "5000", kind: Kind{Kind: ir.Money, Minor: true}, want: ir.Value{Kind: ir.Money, I: 50_000_000}},
		{text: "50.00", kind: Kind{Kind: ir.Money, Minor: true}, bad: true},
		{text: "50.00", kind: Kind{Kind: ir.Money}, want: ir.Value{Kind: ir.Money, I: 50_000_000}},
		{text: "-3", kind: Kind{Kind: ir.Int}, want: ir.Value{Kind: ir.Int, I: -3}},
		{text: "03", kind: Kind{Kind: ir.Int}, bad: true},
		{text: "3.0", kind: Kind{Kind: ir.Int}, bad: true},
		{text: "9223372036854775807", kind: Kind{Kind: ir.Int}, want: ir.Value{Kind: ir.Int, I: 1<<63 - 1}},
		{text: "0.1", kind: Kind{Kind: ir.Decimal}, want: ir.Value{Kind: ir.Decimal, I: 100_000}},
		{text: "yes", kind: Kind{Kind: ir.Bool}, bad: true},
		{text: "true", kind: Kind{Kind: ir.Bool}, want: ir.BoolValue(true)},
		{text: "2026-01-14", kind: Kind{Kind: ir.Date}, want: ir.Value{Kind: ir.Date, I: 20467}},
		{text: "2026-01-14T12:00:00Z", kind: Kind{Kind: ir.Time, Zone: paulo}, want: ir.Value{Kind: ir.Time, I: noon}},
		{text: "2026-01-14T09:00:00-03:00", kind: Kind{Kind: ir.Time, Zone: time.UTC}, want: ir.Value{Kind: ir.Time, I: noon}},
		{text: "2026-01-14 09:00", kind: Kind{Kind: ir.Time, Zone: paulo}, want: ir.Value{Kind: ir.Time, I: noon}},
		{text: "2026-01-14T09:00:00", kind: Kind{Kind: ir.Time, Zone: paulo}, want: ir.Value{Kind: ir.Time, I: noon}},
		{text: "2026-01-14", kind: Kind{Kind: ir.Time, Zone: paulo}, want: ir.Value{Kind: ir.Time, I: noon - 9*day/24}},
		{text: "noon", kind: Kind{Kind: ir.Time, Zone: paulo}, bad: true},
		{text: "2026-01-14 25:00", kind: Kind{Kind: ir.Time, Zone: paulo}, bad: true},
	} {
		got, ok := c.kind.Read(c.text, "USD")
		if ok == c.bad || ok && got != c.want {
			t.Errorf("%s as %s: %v, %t; want %v", c.text, c.kind.Kind, got, ok, c.want)
		}
		if !ok {
			continue
		}
		if again, ok := c.kind.Read(c.kind.Write(got, "USD"), "USD"); !ok || again != got {
			t.Errorf("%s as %s is written %s, and reads as %v", c.text, c.kind.Kind, c.kind.Write(got, "USD"), again)
		}
	}
}
