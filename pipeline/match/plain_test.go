package match_test

import (
	"github.com/google/go-cmp/cmp"

	"amends/pipeline/award"
	"amends/rules/calendar"
)

// plainly has incidents compared by what they say, wherever they keep it.
var plainly = cmp.Transformer("plain", func(inc award.Incident) plain {
	origin := *inc.Origin
	origin.Packer = nil
	return plain{
		&origin, inc.Key, inc.Parties(), inc.Since, inc.At, inc.RowGroup, inc.Row, inc.NewOrder, inc.Facts().JSON(), inc.Awards(), inc.Special,
	}
})

type plain struct {
	Origin    *award.Origin
	Key       award.Key
	Parties   award.Parties
	Since, At calendar.Instant
	RowGroup  int32
	Row       int64
	NewOrder  bool
	Facts     string
	Awards    []award.Award
	Special   *award.Special
}
