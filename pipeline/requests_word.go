package pipeline

import "amends/pipeline/state"

// consumeWithdraw says what a withdrawal was good for: what it takes back finds
// it by itself.
func consumeWithdraw(r *state.Request, all []*state.Request) (outcome, detail string) {
	for _, other := range all {
		switch {
		case other.ID != r.Withdraws:
		case other.Kind == state.Withdraw:
			return requestNoTarget, other.ID + " is itself a withdrawal"
		case other.By != r.By:
			return requestNoTarget, other.ID + " was made by another person"
		default:
			return requestDone, ""
		}
	}
	return requestNoTarget, "no waiting request has the id " + r.Withdraws
}

// consumeConfirm says what a confirmation was good for: the request that it
// confirms finds it by itself.
func (n *night) consumeConfirm(r *state.Request, all []*state.Request) (outcome, detail string) {
	for _, other := range all {
		switch {
		case other.ID != r.Confirms:
		case other.By == r.By:
			return requestSamePerson, "another person confirms"
		default:
			return requestDone, ""
		}
	}
	return requestNoTarget, "no waiting request has the id " + r.Confirms
}
