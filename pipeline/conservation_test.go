package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// season is some nights of a shop to which anything may happen, and what its
// data says of them.
type season struct {
	*rapid.T
	shop     *shop
	fsys     *durabletest.FS
	books    *accountant
	night    calendar.Date // the one that is being filled
	previous calendar.Date // the last committed; valid with any
	any      bool

	deliveries []shopDelivery // the newest row of each
	defects    []shopDefect
	charged    []string // orders that the bank took back
	// Every row by source and the date of its folder; tonight's are not written yet.
	files map[string]map[calendar.Date][]any
	fresh map[string]map[calendar.Date][]any
	asked []*state.Request // tonight's
	count int
}

var seasonCustomers = []shopCustomer{{id: "ann"}, {id: "bob"}, {id: "mallory", abuse: true}}

func newSeason(t *rapid.T, dir string) *season {
	s := &season{T: t, shop: newShop(t, dir, seasonCustomers...), night: date(t, paradeFrom)}
	s.fsys, s.books = s.shop.disk(), newAccountant(s.shop)
	// Rules on a source need its columns, so each has had a file once.
	s.shop.claims(s.night, "none")
	s.shop.defects(s.night, "none")
	s.shop.redemptions(s.night, "none")
	s.files, s.fresh = map[string]map[calendar.Date][]any{}, map[string]map[calendar.Date][]any{}
	return s
}

func (s *season) draw(low, high int, label string) int {
	return rapid.IntRange(low, high).Draw(s.T, label)
}

// put adds a row to a folder of a source.
func (s *season) put(source string, folder calendar.Date, row any) {
	if s.fresh[source] == nil {
		s.fresh[source] = map[calendar.Date][]any{}
	}
	s.fresh[source][folder] = append(s.fresh[source][folder], row)
}

func (s *season) someDelivery() (shopDelivery, bool) {
	if len(s.deliveries) == 0 {
		return shopDelivery{}, false
	}
	return s.deliveries[s.draw(0, len(s.deliveries)-1, "delivery")], true
}

// folder is tonight's, or, where late rows come, one that lookback still reads.
func (s *season) folder(lookbackDays int) calendar.Date {
	if !s.any {
		return s.night
	}
	return s.night.AddDays(-s.draw(0, lookbackDays, "late by"))
}

// customer is often one of two, so that limits bite, and rarely one that
// nothing is paid to.
func (s *season) customer() string {
	return seasonCustomers[s.draw(0, 8, "customer")/4].id
}

func (s *season) price() int64 {
	return int64(rapid.SampledFrom([]int{100, 999, 2_500, 6_000, 8_100, 12_345, 60_000}).Draw(s.T, "price"))
}

func (s *season) deliver() {
	s.count++
	d := shopDelivery{
		id: fmt.Sprint("d", s.count), customer: s.customer(), currency: rapid.SampledFrom([]string{"USD", "USD", "JPY"}).Draw(s.T, "currency"),
		priceMinor: s.price(), daysLate: s.draw(0, 3, "days late"),
		delivered: s.night.AddDays(-s.draw(-1, 2, "delivered")), version: 1, // -1 is tomorrow: not yet
	}
	d.shipped, d.order = d.delivered.AddDays(-10), fmt.Sprint("o", s.count/2, d.customer) // some orders have two deliveries
	s.deliveries = append(s.deliveries, d)
	s.put("deliveries", s.folder(shopDeliveryLookbackDays), d)
}

// again is the same row in another file or place, or a conflicting one.
func (s *season) again() {
	if d, ok := s.someDelivery(); ok {
		if s.draw(0, 2, "conflict") == 0 {
			d.priceMinor++
		}
		s.put("deliveries", s.folder(shopDeliveryLookbackDays), d)
	}
}

func (s *season) restate() {
	if len(s.deliveries) == 0 {
		return
	}
	d := &s.deliveries[s.draw(0, len(s.deliveries)-1, "delivery")]
	d.version++
	d.daysLate, d.priceMinor = s.draw(0, 5, "days late"), s.price()
	s.put("deliveries", s.folder(shopDeliveryLookbackDays), *d)
}

func (s *season) claim() {
	if d, ok := s.someDelivery(); ok && d.delivered <= s.night {
		d.version, d.daysLate = 0, 0 // the carrier does not say
		s.put("carrier", s.folder(shopOtherLookbackDays), shopClaim{delivery: d, delayDays: int64(s.draw(0, 2, "delay")), reported: d.delivered})
	}
}

func (s *season) defect() {
	s.count++
	d := shopDefect{
		id: fmt.Sprint("x", s.count), customer: s.customer(), currency: "USD",
		kind: rapid.SampledFrom([]string{"damaged", "dented"}).Draw(s.T, "kind"), priceMinor: s.price(), reported: s.night,
	}
	d.order = "ox" + d.id
	if known, ok := s.someDelivery(); ok { // of an order that may have got something, in any currency
		d.order, d.customer = known.order, known.customer
	}
	if len(s.defects) > 0 && s.draw(0, 3, "conflict") == 0 {
		last := s.defects[len(s.defects)-1]
		last.priceMinor++
		d = last
	}
	s.defects = append(s.defects, d)
	s.put("defects", s.folder(shopOtherLookbackDays), d)
}

func (s *season) chargeback() {
	if d, ok := s.someDelivery(); ok {
		s.charged = append(s.charged, d.order)
	}
}

// redeem uses a credit: a part, all, more; in its term, at its end, or so that
// the row comes after the forfeiture; by its customer or another; again.
func (s *season) redeem() {
	ids := slices.Sorted(maps.Keys(s.books.credits))
	if len(ids) == 0 {
		return
	}
	id := rapid.SampledFrom(ids).Draw(s.T, "credit")
	c := s.books.credits[id]
	s.count++
	r := shopRedemption{
		id: fmt.Sprint("r", s.draw(max(0, s.count-3), s.count, "redemption")), credit: id, customer: c.customer, currency: c.currency,
		minor: rapid.SampledFrom([]int64{1, c.granted / 2, c.granted, c.granted + 1}).Draw(s.T, "amount"),
		at:    rapid.SampledFrom([]calendar.Instant{c.effective, c.effective, c.effective - 1, c.expires - 1, c.expires - 1, c.expires, s.shop.instant(s.night, 12)}).Draw(s.T, "at"),
	}
	if s.draw(0, 7, "other customer") == 0 {
		r.customer = "carla"
	}
	s.put("redemptions", s.folder(shopOtherLookbackDays), r)
}

func (s *season) request() {
	if !s.any {
		return
	}
	chain := s.shop.chain(s.fsys)
	r := &state.Request{By: "ines", Why: fmt.Sprint("case ", s.count), SeenSHA256: chain.LastSHA256()}
	s.count++
	if s.draw(0, 4, "stale") == 0 {
		r.SeenSHA256 = chain.Nights()[0].SHA256
	}
	held, credits := slices.Sorted(maps.Keys(s.books.holds)), slices.Sorted(maps.Keys(s.books.credits))
	switch kind := s.draw(0, 5, "request"); {
	case kind <= 3 && len(held) > 0:
		r.Kind, r.Credits = state.Approve, []string{rapid.SampledFrom(held).Draw(s.T, "hold")}
		if kind == 3 {
			r.Kind = state.Reject
		} else if h := s.books.holds[r.Credits[0]]; kind == 2 {
			r.AmountMinor, r.Currency = h.AmountMinor/2+1, h.Currency
		}
	case kind == 4 && len(credits) > 0:
		r.Kind, r.Credits = state.Void, []string{rapid.SampledFrom(credits).Draw(s.T, "credit")}
	case kind == 5 && s.draw(0, 2, "reverse") == 0:
		r.Kind, r.Run = state.Reverse, s.previous
	default:
		return
	}
	_, err := state.PutRequest(s.fsys, s.shop.stateDir(), r)
	mustDo(s, err)
	s.asked = append(s.asked, r)
}

// write puts tonight's rows into files, each folder's in one or two.
func (s *season) write() {
	for d := s.night; !s.any || d > s.previous; d = d.AddDays(-1) {
		s.shop.deliveries(d, "none")
		s.shop.orders(d, s.orders()...)
		if !s.any {
			break
		}
	}
	for source, folders := range s.fresh {
		for folder, rows := range folders {
			half := len(rows) / 2
			for part, rows := range [][]any{rows[:half], rows[half:]} {
				s.writeRows(source, folder, fmt.Sprintf("%s-%d", s.night, part), rows)
			}
			if s.files[source] == nil {
				s.files[source] = map[calendar.Date][]any{}
			}
			s.files[source][folder] = append(s.files[source][folder], rows...)
		}
	}
	s.fresh = map[string]map[calendar.Date][]any{}
}

func (s *season) orders() []shopOrder {
	orders := []shopOrder{{id: "other", refundStatus: "none"}}
	for _, id := range s.charged {
		orders = append(orders, shopOrder{id: id, refundStatus: "chargeback"})
	}
	return orders
}

func (s *season) writeRows(source string, folder calendar.Date, part string, rows []any) {
	switch source {
	case "deliveries":
		s.shop.deliveries(folder, part, typed[shopDelivery](rows)...)
	case "carrier":
		s.shop.claims(folder, part, typed[shopClaim](rows)...)
	case "defects":
		s.shop.defects(folder, part, typed[shopDefect](rows)...)
	case "redemptions":
		s.shop.redemptions(folder, part, typed[shopRedemption](rows)...)
	}
}

func typed[R any](rows []any) []R {
	out := make([]R, len(rows))
	for i := range rows {
		out[i] = rows[i].(R)
	}
	return out
}

// close runs the night, or, where dates were skipped, refuses without a word
// from a person; then everything must add up.
func (s *season) close() {
	s.write()
	options := pipeline.RunOptions{From: s.night, To: s.night}
	if s.any && s.night > s.previous.AddDays(1) {
		if _, err := s.shop.run(s.fsys, s.night, s.night); !errors.Is(err, pipeline.ErrRefused) {
			s.Fatalf("dates were skipped: %v", err)
		}
		options.SkipTo = true
	}
	config := s.shop.config(s.fsys)
	config.Workers = s.draw(1, 2, "workers")
	results, err := pipeline.Run(context.Background(), config, options, nil)
	mustDo(s, err)
	s.books.check(s.fsys, s.night)
	s.rows(results[0])
	s.requests()
	s.any, s.previous, s.night, s.asked = true, s.night, s.night.AddDays(1), nil
}

func TestConservation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		workspace, err := os.MkdirTemp(dir, "shop")
		mustDo(t, err)
		defer os.RemoveAll(workspace)
		s := newSeason(t, workspace)
		actions := []func(){s.deliver, s.deliver, s.deliver, s.again, s.restate, s.claim, s.defect, s.chargeback, s.redeem, s.redeem, s.request, s.request}
		for range s.draw(2, 7, "nights") {
			if s.any && s.draw(0, 5, "skip") == 0 {
				s.night = s.night.AddDays(s.draw(1, 4, "days"))
			}
			for range s.draw(0, 12, "events") {
				actions[s.draw(0, len(actions)-1, "action")]()
			}
			s.close()
		}
		options := pipeline.VerifyOptions{ReplayAll: s.draw(0, 3, "replay") == 0}
		result, err := pipeline.Verify(context.Background(), s.shop.config(s.fsys), options)
		mustDo(t, err)
		if len(result.Findings) > 0 || options.ReplayAll && len(result.Replayed) != result.Runs {
			t.Fatalf("replay %v: %+v", options.ReplayAll, result.Findings)
		}
	})
}
