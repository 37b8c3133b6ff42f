package resolve_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/money"
)

// tonight is the business date of every test that does not say otherwise.
const tonight calendar.Date = 20_000

// failure is an incident as tests write it: one live award of minor USD by rule
// "late", for customer "ann".
type failure struct {
	id       string
	customer string
	order    string
	seller   string
	currency string
	rule     string
	priority int
	at       calendar.Instant
	minor    int64

	awards   []award.Award // instead of minor
	excluded string
	faults   []string
	release  *award.Release
}

func (f failure) incident() *award.Incident {
	inc := &award.Incident{
		Origin:  &award.Origin{Currency: orElse(f.currency, "USD")},
		Key:     keyOf(f.id),
		At:      f.at,
		Special: &award.Special{Exclusion: f.excluded, ExclusionFaults: f.faults, Release: f.release},
	}
	inc.SetParties(award.Parties{Customer: orElse(f.customer, "ann"), Order: f.order, Seller: f.seller})
	awards := f.awards
	if awards == nil {
		awards = []award.Award{{Rule: &award.Rule{RuleID: orElse(f.rule, "late"), Priority: f.priority, Reason: "LATE"}, Minor: f.minor}}
	}
	inc.SetAwards(awards)
	return inc
}

// keyOf is the key of a failure's incident, of at most 16 bytes, and nameOf the
// failure's name again.
func keyOf(failure string) (key award.Key) {
	if copy(key[:], failure) < len(failure) {
		panic("too long: " + failure)
	}
	return key
}

func nameOf(inc *award.Incident) string { return named(inc.Key) }

func named(key award.Key) string { return strings.TrimRight(string(key[:]), "\x00") }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func incidents(failures []failure) []*award.Incident {
	var all []*award.Incident
	for _, f := range failures {
		all = append(all, f.incident())
	}
	return all
}

// released is a release of a hold of grossMinor by causes written kind:id.
func released(grossMinor int64, causes ...string) *award.Release {
	release := &award.Release{RequestID: "r", By: "bea", GrossMinor: grossMinor, HeldSince: tonight - 1}
	for _, text := range causes {
		kind, id, _ := strings.Cut(text, ":")
		release.Causes = append(release.Causes, award.Cause{Kind: kind, ID: id})
	}
	return release
}

// past is a history in memory: kinds by incident, and all that one customer was given.
type past struct {
	settled map[string]string
	given   []resolve.Given
}

func (p past) Settled(incident award.Key) (string, bool) {
	kind, ok := p.settled["in-"+named(incident)]
	return kind, ok
}

func (p past) Customer(string) []resolve.Given { return p.given }

func (p past) Order(id string) []resolve.Given {
	return slices.DeleteFunc(slices.Clone(p.given), func(g resolve.Given) bool { return g.OrderID != id })
}

// given is a credit of USD so many days before tonight.
func given(daysAgo int, order string, minor int64) resolve.Given {
	return resolve.Given{Date: tonight.AddDays(-daysAgo), OrderID: order, Currency: "USD", Minor: minor}
}

// givenBy is a credit that a rule gave.
func givenBy(rule string, daysAgo int, minor int64) resolve.Given {
	g := given(daysAgo, "", minor)
	g.RuleID = rule
	return g
}

// show is a decision on one line:
//
//	credit outcome reason minor/gross [by limits] [for causes] [repeat]
func show(d *award.Decision) string {
	text := fmt.Sprintf("%s %s %s %d/%d", nameOf(d.Incident), d.Outcome, d.Reason, d.Minor, d.GrossMinor)
	if len(d.LimitedBy()) > 0 {
		text += " by " + strings.Join(d.LimitedBy(), ",")
	}
	if len(d.Causes()) > 0 {
		var causes []string
		for _, c := range d.Causes() {
			causes = append(causes, c.Kind+":"+c.ID)
		}
		text += " for " + strings.Join(causes, ",")
	}
	if d.Repeat {
		text += " repeat"
	}
	return text
}

func showAll(decisions []*award.Decision) []string {
	var lines []string
	for _, d := range decisions {
		lines = append(lines, show(d))
	}
	return lines
}

// nightCase is one customer's night, worked out by hand.
type nightCase struct {
	name     string
	policy   resolve.Policy // Date is tonight
	past     past
	approve  resolve.Approver
	failures []failure
	want     []string // in order of credit ids
}

func runNights(t *testing.T, cases []nightCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.policy.Date = tonight
			got, err := resolve.Resolve(incidents(test.failures), test.past, &test.policy, test.approve)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, test.want)
		})
	}
}

func same(t *testing.T, got []*award.Decision, want []string) {
	t.Helper()
	if lines := showAll(got); !slices.Equal(lines, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(lines, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func usd(minor int64) money.ByCurrency { return money.ByCurrency{"USD": minor} }

// amountLimit caps a customer's credits, in 90 days.
func amountLimit(id string, maxAmount money.ByCurrency, exceed rules.Exceed) rules.Limit {
	return rules.Limit{ID: id, Per: rules.PerCustomer, WindowDays: 90, MaxAmount: maxAmount, Exceed: exceed}
}

func countLimit(id string, maxCount int, exceed rules.Exceed) rules.Limit {
	return rules.Limit{ID: id, Per: rules.PerCustomer, WindowDays: 90, MaxCount: maxCount, HasCount: true, Exceed: exceed}
}
