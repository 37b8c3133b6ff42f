package match

import "amends/pipeline/award"

// origins are what incidents share that come from the same: an Origin each.
type origins struct {
	few  []*award.Origin // those that came first
	many map[award.Origin]*award.Origin
}

// fewOrigins are compared with each other sooner than hashed: a file has rows in some
// currencies, and mostly in one zone.
const fewOrigins = 8

// of is the shared one that is equal to an origin, whose texts may be a batch's.
func (o *origins) of(origin *award.Origin) *award.Origin {
	for _, shared := range o.few {
		if *shared == *origin {
			return shared
		}
	}
	if shared := o.many[*origin]; shared != nil {
		return shared
	}
	shared := new(award.Origin)
	*shared = *origin
	shared.Currency, shared.Zone = cloned(origin.Currency), cloned(origin.Zone)
	if len(o.few) < fewOrigins {
		o.few = append(o.few, shared)
		return shared
	}
	if o.many == nil {
		o.many = map[award.Origin]*award.Origin{}
	}
	o.many[*shared] = shared
	return shared
}
