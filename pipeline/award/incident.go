package award

import (
	"amends/rules/calendar"
	"amends/rules/ir"
)

// Incident is one real-world failure with every award that rules would give
// for it: the rows of its key are merged. A large night has more than a million,
// so that each is kept small: its texts, facts and awards lie in a Kept, together
// with those of incidents that were made with it.
type Incident struct {
	*Origin          // shared by incidents once they are matched: nobody changes it
	Special *Special // nil for most; methods of Incident read it
	kept    *Kept    // nil: it has no parties, facts and awards
	Key     Key
	Since   calendar.Instant
	At      calendar.Instant
	Row     int64 // 0-based in the file

	RowGroup int32
	text     uint32 // where its parties begin in the Kept
	fact     uint32 // where its facts begin there
	factEnd  uint32
	award    uint32              // the first of its awards there
	awards   uint16              // how many those are
	ends     [partiesOf]partyEnd // of its parties, from where the first begins
	NewOrder bool                // no earlier run gave or holds anything for its order; only of matched ones
}

// Special is what few incidents have, or those of few workspaces.
type Special struct {
	Values []ir.Value // what approvals read of its row, as its source keeps it
	Report []string   // values of the columns that reports count by, in their order; nil for a released hold

	// Exclusion is the id of the first exclusion that holds, "" where none does.
	Exclusion string
	// ExclusionFaults names exclusions that could not be evaluated: "id: fault".
	ExclusionFaults []string
	// Release is set where a person released a hold: the award is frozen.
	Release *Release
}

// nothingSpecial is what incidents without a Special have. Nobody changes it.
var nothingSpecial Special

func (inc *Incident) special() *Special {
	if inc.Special == nil {
		return &nothingSpecial
	}
	return inc.Special
}

// Own is the incident's Special, made where it had none.
func (inc *Incident) Own() *Special {
	if inc.Special == nil {
		inc.Special = &Special{}
	}
	return inc.Special
}

// ID is the incident's key as people see it. It is made anew each time.
func (inc *Incident) ID() string { return inc.Key.IncidentID() }

// CreditID is the id of the one credit that the incident can ever have. It is made
// anew each time. Credit ids stand in the order of keys.
func (inc *Incident) CreditID() string { return inc.Key.CreditID() }

// EventID is the id of the event that reported the incident.
func (inc *Incident) EventID() string { return inc.party(eventID) }

// Customer is whom the incident happened to.
func (inc *Incident) Customer() string { return inc.party(customer) }

// Order is "" where the source has none: the incident stands alone.
func (inc *Incident) Order() string { return inc.party(order) }

// Seller is "" where there is none.
func (inc *Incident) Seller() string { return inc.party(seller) }

// Awards are in rulebook order, at least one. Their memory is the incident's.
func (inc *Incident) Awards() []Award {
	switch k := inc.kept; {
	case k == nil:
		return nil
	case k.alone != nil:
		return k.awards
	default:
		end := inc.award + uint32(inc.awards)
		return k.awards[inc.award:end:end]
	}
}

// Facts are the values that rules read.
func (inc *Incident) Facts() Facts {
	switch k := inc.kept; {
	case k == nil:
		return Facts{}
	case k.aside != nil:
		all := k.aside()
		if len(all) < int(inc.factEnd) {
			return Facts{}
		}
		return Facts{all[inc.fact:inc.factEnd], inc.Packer}
	case k.alone != nil:
		return Facts{k.facts, k.packer}
	default:
		return Facts{k.facts[inc.fact:inc.factEnd], inc.Packer}
	}
}

// Values are Special.Values.
func (inc *Incident) Values() []ir.Value { return inc.special().Values }

// Report is Special.Report.
func (inc *Incident) Report() []string { return inc.special().Report }

// Exclusion is Special.Exclusion.
func (inc *Incident) Exclusion() string { return inc.special().Exclusion }

// ExclusionFaults are Special.ExclusionFaults.
func (inc *Incident) ExclusionFaults() []string { return inc.special().ExclusionFaults }

// Released is Special.Release: nil but for released holds.
func (inc *Incident) Released() *Release { return inc.special().Release }

// Place is where the incident's row stands.
func (inc *Incident) Place() Place {
	return Place{File: inc.File, RowGroup: int(inc.RowGroup), Row: inc.Row}
}
