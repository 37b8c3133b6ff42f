package award_test

import (
	"fmt"
	"strings"
	"testing"

	"amends/pipeline/award"
)

// What incidents keep together is each one's own, also of one that is too large
// for that, and of one that changes or is copied.
func TestKept(t *testing.T) {
	t.Parallel()
	parties := []award.Parties{
		{EventID: "e0", Customer: "c0", Order: "o0", Seller: "s0"},
		{Customer: "cé1"},
		{EventID: strings.Repeat("e", 70_000), Customer: "c2", Seller: "s2"},
		{EventID: "e3", Customer: strings.Repeat("c", 65_533)}, // as much as fits
		{EventID: "e4", Customer: "c4", Order: "o4"},
	}
	packer := &award.FactPacker{AppendJSON: func(b []byte, packed string) []byte { return fmt.Appendf(b, "%q", packed) }}
	var keeper award.Keeper
	incidents := make([]award.Incident, len(parties))
	for range 2 { // its memory is used again
		keeper.Begin()
		for i := range parties {
			incidents[i].Origin = &award.Origin{Packer: packer}
			awards := []award.Award{{Minor: int64(i)}, {Minor: int64(10 + i)}}
			keeper.Add(&incidents[i], parties[i], awards[:2-i%2], func(to []byte) []byte { return append(to, parties[i].Customer...) })
		}
		keeper.End()
	}
	see := func(when string) {
		t.Helper()
		for i := range incidents {
			inc := &incidents[i]
			if got := inc.Parties(); got != parties[i] {
				t.Errorf("%s: incident %d: %.60v, want %.60v", when, i, got, parties[i])
			}
			if got, want := inc.Facts().JSON(), fmt.Sprintf("%q", parties[i].Customer); got != want {
				t.Errorf("%s: incident %d: facts %.60s, want %.60s", when, i, got, want)
			}
			if got := inc.Awards(); len(got) != 2-i%2 || cap(got) != len(got) || got[0].Minor != int64(i) || len(got) > 1 && got[1].Minor != int64(10+i) {
				t.Errorf("%s: incident %d: awards %v", when, i, got)
			}
		}
	}
	see("kept")
	for i := range incidents {
		other := incidents[i]
		other.SetAwards([]award.Award{{Minor: -1}})
		other.SetFacts(award.FactsOf("{}"))
		another := other
		another.SetParties(award.Parties{Order: "another"})
		if other.Parties() != parties[i] || other.Awards()[0].Minor != -1 || other.Facts().JSON() != "{}" {
			t.Errorf("a changed copy of incident %d has %v, %v and %s", i, other.Parties(), other.Awards(), other.Facts().JSON())
		}
		if another.Order() != "another" || another.Customer() != "" || another.Awards()[0].Minor != -1 {
			t.Errorf("a changed copy of the copy has %v and %v", another.Parties(), another.Awards())
		}
	}
	see("copies were changed")
	keeper.Begin()
	for _, i := range []int{3, 1, 0, 2, 4} {
		keeper.Move(&incidents[i])
	}
	keeper.End()
	see("moved")
	var none award.Incident
	if none.Parties() != (award.Parties{}) || none.Awards() != nil || none.Facts().JSON() != "" {
		t.Errorf("an incident without anything has %v", none)
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	id := "in1_84e46df423fd72dbdfb3f93199b20494"
	if key, err := award.ParseKey(id); err != nil || key.IncidentID() != id {
		t.Errorf("%s: %v, %v", id, key, err)
	}
	for _, bad := range []string{"", "in1_", "cr1" + id[3:], id[:35], id + "0", strings.ToUpper(id), "in1_" + strings.ToUpper(id[4:]), id[:35] + "g"} {
		if key, err := award.ParseKey(bad); err == nil {
			t.Errorf("%q is %v", bad, key)
		}
	}
}
