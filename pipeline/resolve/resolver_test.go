package resolve_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"amends/pipeline/award"
	"amends/pipeline/resolve"
	"amends/rules/calendar"
	"amends/rules/money"
)

// pasts is a history of several customers, whose incidents and orders begin with
// their names.
type pasts map[string]past

func (p pasts) of(id string) past {
	for customer, past := range p {
		if len(id) >= len(customer) && (id[:len(customer)] == customer || len(id) > 3 && id[3:min(3+len(customer), len(id))] == customer) {
			return past
		}
	}
	return past{}
}

func (p pasts) Settled(incident award.Key) (string, bool) {
	return p.of("in-" + named(incident)).Settled(incident)
}

func (p pasts) Customer(customer string) []resolve.Given { return p.of(customer).Customer(customer) }
func (p pasts) Order(order string) []resolve.Given       { return p.of(order).Order(order) }

// What a resolver keeps of one customer decides nothing of the next.
func TestAResolverForgets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		policy, history := drawPolicy(t), pasts{}
		customers := []string{"ann", "ben", "cat", "dan"}
		failures := map[string][]failure{}
		for _, customer := range customers {
			failures[customer], history[customer] = drawFailures(t, customer), drawPast(t, customer)
		}
		r, err := resolve.NewResolver(history, policy, large)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []*award.Decision
		for _, customer := range customers {
			if got, err = r.Resolve(got, incidents(failures[customer])); err != nil {
				t.Fatal(err)
			}
			want = append(want, decide(t, failures[customer], history[customer], policy)...)
		}
		if diff := cmp.Diff(want, got, plainly); diff != "" {
			t.Fatalf("one resolver for all (-alone +together):\n%s", diff)
		}
	})
}

// asked is what decisions ask for, of whom each was taken in by another of three.
func asked(decisions []*award.Decision, policy *resolve.Policy) (*resolve.Asked, error) {
	var of [3]*resolve.Asked
	for i := range of {
		var err error
		if of[i], err = resolve.NewAsked(policy); err != nil {
			return nil, err
		}
	}
	for i, d := range decisions {
		if err := of[i%len(of)].Add(d); err != nil {
			return nil, err
		}
	}
	of[0].Join(of[1:]...)
	return of[0], nil
}

// settle takes decisions through the budgets.
func settle(decisions []*award.Decision, policy *resolve.Policy) error {
	a, err := asked(decisions, policy)
	if err != nil {
		return err
	}
	a.Settle(decisions)
	return nil
}

// guard holds decisions that were settled to the guardrails.
func guard(decisions []*award.Decision, policy *resolve.Policy, history resolve.GuardHistory) ([]resolve.Breach, money.ByCurrency, error) {
	a, err := asked(decisions, policy)
	if err != nil {
		return nil, nil, err
	}
	return a.Guard(decisions, history)
}

// plainly has incidents compared by what they say, wherever they keep it.
var plainly = cmp.Transformer("plain", func(inc award.Incident) any {
	return struct {
		Origin  *award.Origin
		Key     award.Key
		Parties award.Parties
		At      calendar.Instant
		Awards  []award.Award
		Special *award.Special
	}{inc.Origin, inc.Key, inc.Parties(), inc.At, inc.Awards(), inc.Special}
})
