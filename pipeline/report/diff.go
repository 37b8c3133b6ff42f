package report

import (
	"math/big"
	"slices"

	"amends/rules/money"
)

// Where the sides of a Diff come from.
const (
	DiffSimulated = "simulated" // both rulebooks were run in memory on the ledger before the first night
	DiffPublished = "published" // both were read from the files of runs or dry runs
)

// The kinds of differing incidents. An incident is of one kind.
const (
	DiffGained  = "gained"  // B issues or holds something, A gives nothing
	DiffLost    = "lost"    // A issues or holds something, B gives nothing
	DiffChanged = "changed" // both give something: another amount, or issued against held
	DiffOther   = "other"   // the same money by another rule, for another reason, with other terms
	DiffNothing = "nothing" // neither gives anything, and they say different things why
)

// Diff is two rulebooks on the same inputs: what each finally gave every
// incident of the nights, side by side. Money is in minor units beside a
// currency; a difference is B − A. Every list is in a fixed order, and those of
// incidents and values are bounded; what a bound left out is counted beside it.
type Diff struct {
	Version int      `json:"version"` // of this schema: 1
	Basis   string   `json:"basis"`   // simulated or published
	From    string   `json:"from"`
	To      string   `json:"to"`
	Nights  []string `json:"nights"`
	A       DiffSide `json:"a"`
	B       DiffSide `json:"b"`
	Differs bool     `json:"differs"`
	// Headline is the whole in one sentence.
	Headline string   `json:"headline"`
	Notes    []string `json:"notes"` // what to know before believing the figures

	RuleChanges DiffRules `json:"rule_changes"`

	Counts          DiffCounts       `json:"counts"`
	Totals          []DiffLine       `json:"totals"` // one a currency
	Rules           []DiffLine       `json:"rules"`  // by rule and currency
	Breakdowns      []DiffBreakdown  `json:"breakdowns"`
	Transitions     []DiffTransition `json:"transitions"` // most incidents first
	MoreTransitions int              `json:"more_transitions"`
	Amounts         []DiffBin        `json:"amounts"` // how large the differences are, one incident by one
	Terms           []DiffTerms      `json:"terms"`   // most credits first
	Bounds          []DiffBound      `json:"bounds"`  // limits, budgets, approvals and guardrails that changed an award
	RollForward     []DiffLedger     `json:"roll_forward"`
	Redemptions     []DiffRedemption `json:"redemptions"` // outcomes that differ
	Rejects         []DiffReject     `json:"rejects"`     // codes that differ
	Requests        []DiffRequest    `json:"requests"`    // outcomes that differ
	Examples        []DiffExample    `json:"examples"`    // largest differences first
	MoreExamples    int64            `json:"more_examples"`

	// NearMisses are cut-offs that changed, or all where that is asked for, with
	// what their neighbours would do; none where the sides were published.
	NearMisses     []NearMiss `json:"near_misses"`
	MoreNearMisses int        `json:"more_near_misses"` // cut-offs beyond those tried

	// Lines is how many lines of a table people are shown; 0 means DiffLines.
	// The lists themselves are longer.
	Lines int `json:"-"`
}

// DiffLines is how many lines of a table people are shown where they do not say.
const DiffLines = 20

// LinesShown is how many lines of a table people are shown.
func (d *Diff) LinesShown() int {
	if d.Lines == 0 {
		return DiffLines
	}
	return d.Lines
}

// HeldDiffers reports whether what waits for a person differs.
func (d *Diff) HeldDiffers() bool {
	return slices.ContainsFunc(d.Totals, func(l DiffLine) bool {
		return l.Held.GainedMinor != 0 || l.Held.LostMinor != 0 || l.Held.AMinor != l.Held.BMinor
	})
}

// OwnLedgers says why an explanation of a later night of a comparison may have
// other amounts than its side.
const OwnLedgers = "Both read the ledger as it was really settled. After the first night, each side here goes on from its own: what limits, budgets and history leave may differ."

// DiffSide is one of the two.
type DiffSide struct {
	Name           string           `json:"name"` // the rules folder or the run's folder
	What           string           `json:"what"` // the same for people who did not name it: "half/late.yaml in place of rules/late.yaml"
	RulebookSHA256 string           `json:"rulebook_sha256"`
	Issued         money.ByCurrency `json:"issued"` // on all nights
	IssuedCount    int64            `json:"issued_count"`
	Held           money.ByCurrency `json:"held"` // waiting when the last night is over
	HeldCount      int64            `json:"held_count"`
}

// DiffCounts counts incidents by kind.
type DiffCounts struct {
	Gained  int64 `json:"gained"`
	Lost    int64 `json:"lost"`
	Changed int64 `json:"changed"`
	More    int64 `json:"changed_more"` // of Changed: B gives more, issued and held together
	Less    int64 `json:"changed_less"` // B gives less; the others are issued on one side and held on the other
	Other   int64 `json:"other"`
	Nothing int64 `json:"nothing"`
	Same    int64 `json:"same"` // with a decision on both sides, and no difference
}

// Differing is how many incidents differ in any way.
func (c DiffCounts) Differing() int64 {
	return c.Gained + c.Lost + c.Changed + c.Other + c.Nothing
}

// DiffFlow leads from A's sum to B's:
// A + Gained − Lost + Changed + Moved = B. Moved is what A gives to incidents
// that stand in another line on the other side; over all lines it is zero.
type DiffFlow struct {
	AMinor       int64 `json:"a_minor"`
	GainedMinor  int64 `json:"gained_minor"`
	LostMinor    int64 `json:"lost_minor"`
	ChangedMinor int64 `json:"changed_minor"`
	MovedMinor   int64 `json:"moved_minor"`
	BMinor       int64 `json:"b_minor"`
}

// Difference is B's sum less A's.
func (f DiffFlow) Difference() int64 { return f.BMinor - f.AMinor }

// DiffLine is one rule, or one value of a column, in one currency. Incidents
// are counted where B has them, lost ones where A has.
type DiffLine struct {
	Value    string   `json:"value,omitempty"` // of Totals: ""
	Currency string   `json:"currency"`
	Gained   int64    `json:"gained"`
	Lost     int64    `json:"lost"`
	Changed  int64    `json:"changed"`
	Other    int64    `json:"other"`
	Issued   DiffFlow `json:"issued"`
	Held     DiffFlow `json:"held"`
}

// Differing is how many incidents of the line differ.
func (l *DiffLine) Differing() int64 { return l.Gained + l.Lost + l.Changed + l.Other }

// Weight is how much the line differs, whichever way: issued and held.
func (l *DiffLine) Weight() int64 {
	issued, held := l.Issued.Difference(), l.Held.Difference()
	return max(issued, -issued) + max(held, -held)
}

// add adds a line; no sum of a part is above that of the whole, which was
// checked.
func (l *DiffLine) add(from *DiffLine) {
	l.Gained, l.Lost, l.Changed, l.Other = l.Gained+from.Gained, l.Lost+from.Lost, l.Changed+from.Changed, l.Other+from.Other
	for _, f := range []struct{ to, from *DiffFlow }{{&l.Issued, &from.Issued}, {&l.Held, &from.Held}} {
		f.to.AMinor += f.from.AMinor
		f.to.GainedMinor += f.from.GainedMinor
		f.to.LostMinor += f.from.LostMinor
		f.to.ChangedMinor += f.from.ChangedMinor
		f.to.MovedMinor += f.from.MovedMinor
		f.to.BMinor += f.from.BMinor
	}
}

// AddToRest adds a line that stands for so many to the one of its currency.
// Currencies are in the order in which they come.
func AddToRest(rest []DiffRest, l *DiffLine, lines int) []DiffRest {
	at := slices.IndexFunc(rest, func(r DiffRest) bool { return r.Currency == l.Currency })
	if at < 0 {
		at, rest = len(rest), append(rest, DiffRest{DiffLine: DiffLine{Currency: l.Currency}})
	}
	rest[at].add(l)
	rest[at].Lines += lines
	return rest
}

// Shown are the first lines of each currency in which something differs, what
// the others come to, and how many lines have no difference.
func (b *DiffBreakdown) Shown(most int) (lines []DiffLine, rest []DiffRest, quiet int) {
	shown := map[string]int{}
	for i := range b.Lines {
		switch l := &b.Lines[i]; {
		case !l.Moves():
			quiet++
		case shown[l.Currency] < most:
			shown[l.Currency]++
			lines = append(lines, *l)
		default:
			rest = AddToRest(rest, l, 1)
		}
	}
	for i := range b.Rest {
		rest = AddToRest(rest, &b.Rest[i].DiffLine, b.Rest[i].Lines)
	}
	return lines, rest, quiet
}

// Percent is a difference as a share of what there was, "-36.6%";
// "" where there was nothing.
func Percent(difference, of int64) string {
	if of == 0 {
		return ""
	}
	tenths := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(difference), big.NewInt(100)), big.NewInt(of))
	return tenths.FloatString(1) + "%"
}

// Moves reports whether the line has a difference in it.
func (l *DiffLine) Moves() bool {
	moved := l.Issued.MovedMinor != 0 || l.Held.MovedMinor != 0
	return moved || l.Gained+l.Lost+l.Changed+l.Other > 0
}

// DiffBreakdown is the same by the values of one column.
type DiffBreakdown struct {
	Column string     `json:"column"`
	Lines  []DiffLine `json:"lines"`       // by currency, largest difference of what is issued and held first
	More   int        `json:"more_values"` // lines beyond Lines
	Rest   []DiffRest `json:"rest"`        // what they come to, one a currency
}

// DiffRest is what several lines of one currency come to.
type DiffRest struct {
	DiffLine
	Lines int `json:"lines"`
}

// DiffTransition counts incidents that came out in one way in A and in another
// in B.
type DiffTransition struct {
	Kind       string           `json:"kind"`
	From       string           `json:"from"` // A: issued by late-week
	To         string           `json:"to"`
	What       string           `json:"what,omitempty"` // of kind other: what is another, in words
	Count      int64            `json:"count"`
	Difference money.ByCurrency `json:"difference"` // issued and held together
}

// DiffBin counts incidents whose money differs by FromMinor to below ToMinor,
// issued and held together.
type DiffBin struct {
	Currency  string `json:"currency"`
	FromMinor int64  `json:"from_minor"`
	ToMinor   int64  `json:"to_minor"`
	Less      int64  `json:"less"` // incidents that get less in B
	More      int64  `json:"more"`
}

// DiffBound is what a limit, a budget, an approval or a guardrail did to awards
// of one currency on both sides.
type DiffBound struct {
	Kind     string       `json:"kind"` // limit, budget, approval, guardrail
	ID       string       `json:"id"`
	Currency string       `json:"currency"`
	A        DiffBoundDid `json:"a"`
	B        DiffBoundDid `json:"b"`
}

// DiffBoundDid counts incidents by what a bound did to what they finally have.
// An incident that several limits lowered counts for the last of them, one that
// waits for several reasons for each of these.
type DiffBoundDid struct {
	Lowered    int64 `json:"lowered"` // issued or held with less than the rule would give
	Denied     int64 `json:"denied"`
	TakenMinor int64 `json:"taken_minor"` // from those that it lowered and denied
	Held       int64 `json:"held"`        // that wait when the last night is over
	HeldMinor  int64 `json:"held_minor"`
}

// DiffLedger is one currency's liability over all nights, on both sides.
type DiffLedger struct {
	Currency string          `json:"currency"`
	A        RollForwardLine `json:"a"`
	B        RollForwardLine `json:"b"`
}

// DiffRedemption counts rows of redemptions of one outcome.
type DiffRedemption struct {
	Outcome  string `json:"outcome"`
	Currency string `json:"currency"`
	A        int64  `json:"a"`
	B        int64  `json:"b"`
	AMinor   int64  `json:"a_minor"` // applied
	BMinor   int64  `json:"b_minor"`
}

// DiffReject counts rejected rows of one source and code, each row once however
// many nights read it, and shows one that only one side rejects.
type DiffReject struct {
	Source   string `json:"source"`
	Code     string `json:"code"`
	A        int64  `json:"a"`
	B        int64  `json:"b"`
	OnlyA    int64  `json:"only_a"`
	OnlyB    int64  `json:"only_b"`
	File     string `json:"file"`
	Row      int64  `json:"row"` // 0-based in the file
	Detail   string `json:"detail,omitempty"`
	RejectBy string `json:"rejected_by"` // of the row shown: a or b
}

// DiffRequest is a person's request that came out differently.
type DiffRequest struct {
	Date string `json:"date"`
	ID   string `json:"id"`
	Kind string `json:"kind"`
	A    string `json:"a"` // "" where the side did not see it
	B    string `json:"b"`
}

// DiffExample is one incident that differs, with a sentence for each side.
type DiffExample struct {
	Kind       string          `json:"kind"`
	What       string          `json:"what,omitempty"` // of kind other: what is another, in words
	CreditID   string          `json:"credit_id"`
	Source     string          `json:"source"`
	EventID    string          `json:"event_id"`
	CustomerID string          `json:"customer_id"`
	OrderID    string          `json:"order_id,omitempty"`
	SellerID   string          `json:"seller_id,omitempty"`
	Currency   string          `json:"currency"`
	A          DiffExampleSide `json:"a"`
	B          DiffExampleSide `json:"b"`
}

// Difference is what B gives more than A, issued and held together.
func (e *DiffExample) Difference() int64 { return e.B.Minor - e.A.Minor }

// DiffExampleSide is what one side finally gave the incident.
type DiffExampleSide struct {
	Date     string `json:"date,omitempty"` // the night that decided; "" where none did
	Outcome  string `json:"outcome"`        // issued, held, denied, suppressed, lapsed, rejected, none
	Reason   string `json:"reason,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Place    string `json:"place,omitempty"` // of the rule
	Minor    int64  `json:"minor"`
	Sentence string `json:"sentence"`
}
