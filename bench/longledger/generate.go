package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"amends/pipeline/durable"
	"amends/pipeline/ledger"
	"amends/pipeline/parquetio"
	"amends/pipeline/publish"
	"amends/pipeline/state"
	"amends/rules/calendar"
)

// The life of a generated credit: six in ten are spent within daysToSpend, the
// others expire, on the same day after their issue.
const (
	validDays   = 90
	daysToSpend = 60
	spentOfTen  = 6
	dayMicros   = 24 * 3600 * 1_000_000
)

// shape is how large a ledger is.
type shape struct {
	nights, credits int // credits a night
	customers       int
	first           calendar.Date
}

func (s shape) name() string { return fmt.Sprintf("%dx%d", s.nights, s.credits) }

// last is the last night of the ledger; the night after is measured.
func (s shape) last() calendar.Date { return s.first.AddDays(s.nights - 1) }

// open is a credit with value left.
type open struct {
	number  int
	spendOn calendar.Date // 0: it expires
	at      calendar.Date
	minor   int64
}

func id(prefix string, n int) string {
	digest := sha256.Sum256([]byte(prefix + strconv.Itoa(n)))
	return prefix + hex.EncodeToString(digest[:16])
}

func (s shape) credit(n int, issued calendar.Date, minor int64) ledger.Credit {
	digest := sha256.Sum256([]byte(strconv.Itoa(n)))
	customer := (int(digest[0])<<16 | int(digest[1])<<8 | int(digest[2])) % s.customers
	return ledger.Credit{
		CreditID: id("cr1_", n), IncidentID: "in1_" + id("cr1_", n)[4:], CustomerID: fmt.Sprintf("C%08d", customer),
		OrderID: fmt.Sprintf("O%016x", digest[3:11]), SellerID: fmt.Sprintf("S%05d", n%20_000), Source: "deliveries",
		EventID: fmt.Sprintf("D%016x", digest[11:19]), Currency: "USD", RuleID: "late-" + strconv.Itoa(n%10), Reason: "DELIVERY_LATE",
		Terms: "standard", Funding: "platform", Issued: issued, GrantedMinor: minor,
		EffectiveAt: midnight(issued + 1), ExpiresAt: midnight(issued + 1 + validDays),
	}
}

func midnight(date calendar.Date) calendar.Instant { return calendar.Instant(date) * dayMicros }

// generate writes the ledger's nights through the product's own publishing and
// commits. Only postings and holds are kept of a night but the last, to save disk.
func (s shape) generate(dir string) error {
	fsys := durable.OS{}
	stateDir := filepath.Join(dir, "state")
	release, err := state.Lock(fsys, stateDir)
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	chain, err := state.Open(fsys, stateDir)
	if err != nil {
		return err
	}
	l := life{shape: s, random: rand.New(rand.NewPCG(1, 2)), alive: map[calendar.Date][]open{}}
	for n := range s.nights {
		last := n == s.nights-1
		night, moved := l.night(s.first.AddDays(n), last)
		if err := commit(fsys, chain, night, moved, last); err != nil {
			return fmt.Errorf("%s: %w", night.Date, err)
		}
	}
	return chain.Checkpoint()
}

// life is the credits of a ledger that is being made.
type life struct {
	shape
	random  *rand.Rand
	alive   map[calendar.Date][]open // by the date on which something happens
	closing int64
	number  int // of credits so far
	posted  int // of postings so far
}

// night is what happens on a date: credits are spent or expire, others begin.
func (l *life) night(date calendar.Date, last bool) (*publish.Night, state.Moved) {
	night := &publish.Night{Date: date, SummaryJSON: []byte("{}"), Workspace: []byte("x")}
	moved := state.Moved{Opening: l.closing}
	for _, o := range l.alive[date] {
		c := l.credit(o.number, o.at, o.minor)
		if o.spendOn == date {
			moved.Redeemed += o.minor
			night.Postings = append(night.Postings, l.posting(date, ledger.Redeem, c, midnight(date)+dayMicros/2, "R"+strconv.Itoa(o.number)))
		} else {
			moved.Forfeited += o.minor
			night.Postings = append(night.Postings, l.posting(date, ledger.Forfeit, c, midnight(date+1), c.ExpiresAt.String()))
		}
	}
	delete(l.alive, date)
	for range l.credits {
		o := open{number: l.number, at: date, minor: int64(100 + l.random.IntN(900))}
		l.number++
		ends := date.AddDays(validDays) // as of its end the term is over
		if l.random.IntN(10) < spentOfTen {
			o.spendOn = date.AddDays(2 + l.random.IntN(daysToSpend))
			ends = o.spendOn
		}
		l.alive[ends] = append(l.alive[ends], o)
		moved.Issued += o.minor
		night.Postings = append(night.Postings, l.posting(date, ledger.Issue, l.credit(o.number, date, o.minor), midnight(date+1), "late"))
	}
	moved.Closing = moved.Opening + moved.Issued - moved.Redeemed - moved.Forfeited
	l.closing = moved.Closing
	if !last {
		return night, moved
	}
	for _, list := range l.alive {
		for _, o := range list {
			night.Open = append(night.Open, l.credit(o.number, o.at, o.minor))
		}
	}
	return night, moved
}

func (l *life) posting(date calendar.Date, kind ledger.Kind, c ledger.Credit, at calendar.Instant, reference string) ledger.Posting {
	l.posted++
	p := ledger.Posting{
		ID: id("po1_", l.posted), BusinessDate: date, Kind: kind, CreditID: c.CreditID, IncidentID: c.IncidentID,
		CustomerID: c.CustomerID, OrderID: c.OrderID, SellerID: c.SellerID, Source: c.Source, EventID: c.EventID, Currency: c.Currency,
		Minor: c.GrantedMinor, At: at, Reference: reference, RuleID: c.RuleID, Reason: c.Reason, Terms: c.Terms, Funding: c.Funding,
		DebitAccount: "6100", CreditAccount: "2300",
	}
	if kind == ledger.Issue {
		p.EffectiveAt, p.ExpiresAt = c.EffectiveAt, c.ExpiresAt
	}
	return p
}

// commit publishes a night; of all but the last only what later nights read.
func commit(fsys durable.FS, chain *state.Chain, night *publish.Night, moved state.Moved, last bool) error {
	stage, err := chain.Begin(night.Date)
	if err != nil {
		return err
	}
	outputs, err := publish.Write(fsys, stage.Dir, night)
	if err != nil {
		return err
	}
	m := &state.Manifest{
		Program: "generated", BusinessDate: state.Day(night.Date), EffectiveDate: state.Day(night.Date + 1), AsOf: state.Moment(midnight(night.Date + 1)),
		Timezone: "UTC", RollForward: map[string]state.Moved{"USD": moved}, IssuableMinor: map[string]int64{"USD": moved.Issued},
		Outcomes: map[string]map[string]int64{},
	}
	kept := []string{publish.PostingsFile, publish.HeldFile}
	if last {
		kept = append(kept, publish.OpenFile)
	}
	for _, o := range outputs {
		if slices.Contains(kept, o.Name) {
			m.Outputs = append(m.Outputs, state.Output(o))
		} else if err := os.Remove(filepath.Join(stage.Dir, o.Name)); err != nil {
			return err
		}
	}
	return stage.Commit(m)
}

// writeNight writes the files of the measured night: deliveries of which some
// are late, and redemptions of the credits that are due for it.
func (s shape) writeNight(dir string, rows, hits int) error {
	date := s.last() + 1
	columns := map[string]*parquetio.Column{}
	var order []string
	text := func(name string, value func(i int) string) {
		c := &parquetio.Column{Name: name, Type: parquetio.String}
		for i := range rows {
			c.Strings = append(c.Strings, value(i))
		}
		columns[name], order = c, append(order, name)
	}
	number := func(name string, kind parquetio.ColumnType, value func(i int) int64) {
		c := &parquetio.Column{Name: name, Type: kind}
		for i := range rows {
			c.Ints = append(c.Ints, value(i))
		}
		columns[name], order = c, append(order, name)
	}
	text("delivery_id", func(i int) string { return "T" + id("", i)[:15] })
	text("order_id", func(i int) string { return "U" + id("", i)[:15] })
	text("customer_id", func(i int) string { return fmt.Sprintf("C%08d", i*7919%s.customers) })
	number("shipped_at", parquetio.Timestamp, func(int) int64 { return int64(midnight(date - 4)) })
	number("promised_at", parquetio.Timestamp, func(i int) int64 {
		if i%max(1, rows/max(1, hits)) == 0 {
			return int64(midnight(date - 2))
		}
		return int64(midnight(date + 1))
	})
	number("delivered_at", parquetio.Timestamp, func(i int) int64 { return int64(midnight(date)) + int64(i) })
	number("item_price", parquetio.Int64, func(i int) int64 { return int64(1000 + i%9000) })
	var list []parquetio.Column
	for _, name := range order {
		list = append(list, *columns[name])
	}
	if err := write(filepath.Join(dir, "data/deliveries/dt="+date.String()+"/part.parquet"), list); err != nil {
		return err
	}
	return s.writeRedemptions(dir, date)
}

// writeRedemptions spends as many credits as a night issues, of the last week's.
func (s shape) writeRedemptions(dir string, date calendar.Date) error {
	ids, credits, customers := parquetio.Column{Name: "redemption_id", Type: parquetio.String}, parquetio.Column{Name: "credit_id", Type: parquetio.String},
		parquetio.Column{Name: "customer_id", Type: parquetio.String}
	amounts, at := parquetio.Column{Name: "amount", Type: parquetio.Int64}, parquetio.Column{Name: "redeemed_at", Type: parquetio.Timestamp}
	for i := range s.credits * spentOfTen / 10 {
		n := max(0, s.nights-7)*s.credits + i
		c := s.credit(n, 0, 1)
		ids.Strings, credits.Strings, customers.Strings = append(ids.Strings, "N"+strconv.Itoa(n)), append(credits.Strings, c.CreditID), append(customers.Strings, c.CustomerID)
		amounts.Ints, at.Ints = append(amounts.Ints, 50), append(at.Ints, int64(midnight(date))+int64(i))
	}
	return write(filepath.Join(dir, "data/redemptions/dt="+date.String()+"/part.parquet"), []parquetio.Column{ids, credits, customers, amounts, at})
}

func write(path string, columns []parquetio.Column) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := parquetio.Write(f, columns, parquetio.WriteOptions{}); err != nil {
		return err
	}
	return f.Close()
}

const workspaceFile = `timezone: UTC
state: state
rules: rules
horizon_days: 400
sources:
  deliveries:
    files: data/deliveries/dt={date}/*.parquet
    lookback_days: 0
    event:
      id: delivery_id
      incident: [delivery_id]
      order: order_id
      customer: customer_id
      since: shipped_at
      at: delivered_at
      value: item_price
    currency: USD
    money: {item_price: minor}
  redemptions:
    files: data/redemptions/dt={date}/*.parquet
    lookback_days: 0
    redemption: {id: redemption_id, credit: credit_id, customer: customer_id, amount: amount, at: redeemed_at}
    currency: USD
    money: {amount: minor}
accounts: {expense: "6100", liability: "2300", breakage: "4900"}
`

const rulesFile = `combine: highest
terms:
  standard: {valid_days: 90, remind_days: 7}
rules:
  - {id: late, on: deliveries, when: "delivered_at > promised_at and credits(90) < 1000", amount: 0.10 * item_price, reason: DELIVERY_LATE, terms: standard, funding: platform}
limits:
  - {id: per-quarter, per: customer, window_days: 90, max_count: 1000, exceed: deny}
`

func writeWorkspace(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "rules"), 0o755); err != nil {
		return err
	}
	for name, content := range map[string]string{"amends.yaml": workspaceFile, "rules/late.yaml": rulesFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.TrimPrefix(content, "\n")), 0o644); err != nil {
			return err
		}
	}
	return nil
}
