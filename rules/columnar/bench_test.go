package columnar_test

import (
	"math/rand/v2"
	"os"
	"testing"

	"amends/rules"
	"amends/rules/calendar"
	"amends/rules/columnar"
	"amends/rules/diag"
	"amends/rules/ir"
)

// market is what the rules of testdata read, as samples/marketplace has it.
func market() *rules.Catalog {
	of := func(kind ir.Kind, names ...string) (columns []rules.Column) {
		for _, name := range names {
			columns = append(columns, rules.Column{Name: name, Type: ir.Type{Kind: kind}})
		}
		return columns
	}
	columns := of(ir.String, "delivery_id", "order_id", "customer_id", "currency", "category", "service_level", "fulfilled_by", "carrier", "zone")
	columns = append(columns, of(ir.Time, "shipped_at", "promised_at")...)
	columns = append(columns, of(ir.Money, "item_price")...)
	columns = append(columns, of(ir.Int, "quantity")...)
	columns = append(columns,
		rules.Column{Name: "delivered_at", Type: ir.Type{Kind: ir.Time, Nullable: true}},
		rules.Column{Name: "exception_code", Type: ir.Type{Kind: ir.String, Nullable: true}})
	customer := append(of(ir.String, "customer_id", "tier"), append(of(ir.Decimal, "lifetime_value"), of(ir.Bool, "abuse_flag")...)...)
	return &rules.Catalog{
		Currencies: []string{"EUR", "GBP", "JPY", "USD"},
		Sources: []rules.Source{{
			Name: "deliveries", CurrencyColumn: "currency", Order: "order_id", Customer: "customer_id", Since: "shipped_at",
			Value: "item_price", Zone: "zone", Columns: columns,
			At: diag.Text{Source: "delivered_at ?? (promised_at + hours(168))", Parts: []diag.Part{{Pos: diag.Pos{File: "amends.yaml", Line: 1, Col: 1}}}},
		}},
		Dimensions: []rules.Dimension{
			{Name: "customer", On: "customer_id", Required: true, Columns: customer},
			{Name: "order", On: "order_id", Required: true, Columns: of(ir.String, "order_id", "refund_status")},
		},
	}
}

// night is the program of so many rules, with batches of made deliveries: one in
// sixteen late, few lost.
type night struct {
	source  *rules.SourceProgram
	count   int // of rules
	guard   int // the indexes of expressions: when and amount of rule r are 2r and 2r+1
	exclude int
	program *columnar.Program
	batches []*table
}

const nightRows = 4096

func newNight(b testing.TB, count int) *night {
	b.Helper()
	data, err := os.ReadFile("testdata/rules.yaml")
	if err != nil {
		b.Fatal(err)
	}
	book, list := rules.Parse([]rules.File{{Path: "rules.yaml", Bytes: data}})
	if list.HasErrors() {
		b.Fatal(list)
	}
	book.Rules = book.Rules[:count]
	compiled, list := rules.Compile(book, market())
	if list.HasErrors() {
		b.Fatal(list)
	}
	n := &night{source: compiled.Sources["deliveries"], count: count}
	var all, whens []ir.Node
	for _, rule := range n.source.Rules {
		whens = append(whens, rule.When.Node)
		all = append(all, rule.When.Node, rule.Amount.Node)
	}
	n.exclude = len(all)
	for _, exclusion := range n.source.Exclusions {
		all = append(all, exclusion.When.Node)
	}
	n.guard = len(all)
	all = append(all, columnar.Guard(whens, func(slot int) bool { return n.event(slot) }))
	if n.program, err = columnar.Compile(all, n.source.Slots); err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, uint64(count)))
	dictionaries := map[string]*ir.Dictionary{}
	for range 8 {
		n.batches = append(n.batches, n.batch(random, dictionaries))
	}
	return n
}

// event reports whether a slot is known before dimensions and history.
func (n *night) event(slot int) bool {
	origin := n.source.Slots[slot].Origin
	return origin == ir.FromColumn || origin == ir.FromRun
}

var words = map[string][]string{
	"currency": {"USD", "USD", "USD", "EUR", "GBP", "JPY"}, "category": {"toys", "home", "grocery", "books", "fashion", "electronics"},
	"service_level": {"standard", "standard", "two-day", "next-day", "same-day"}, "fulfilled_by": {"platform", "platform", "seller"},
	"carrier": {"post-nl", "swift", "blue post", "rapid"}, "customer.tier": {"basic", "basic", "plus", "prime"},
	"exception_code": {"weather", "weather", "lost", "address", "refused"}, "order.refund_status": {"none", "none", "none", "refunded"},
}

func (n *night) batch(random *rand.Rand, dictionaries map[string]*ir.Dictionary) *table {
	const hour, asOf = 3_600_000_000, 1_770_000_000_000_000
	newYork, err := calendar.Load("America/New_York")
	if err != nil {
		panic(err) // unreachable: the zone is embedded
	}
	b := &table{columns: make([]columnar.Column, len(n.source.Slots)), zones: columnar.Zones{Same: newYork}}
	b.rows = make([]ir.Row, nightRows)
	for i := range b.rows {
		row := ir.Row{Zone: newYork, Values: make([]ir.Value, len(n.source.Slots))}
		promised := asOf - random.Int64N(72*hour)
		late := -random.Int64N(60 * hour)
		if random.IntN(16) == 0 {
			late = random.Int64N(240 * hour)
		}
		for slot, s := range n.source.Slots {
			v := ir.Value{Kind: s.Type.Kind}
			switch s.Name {
			case "promised_at":
				v.I = promised
			case "shipped_at":
				v.I = promised - 48*hour
			case "delivered_at":
				v.I = promised + late
				if random.IntN(50) == 0 {
					v = ir.Value{}
				}
			case "as_of":
				v.I = asOf
			case "item_price":
				v.I = (100 + random.Int64N(20_000)) * 10_000
			case "quantity":
				v.I = 1 + random.Int64N(6)
			case "credits(90)":
				v.I = random.Int64N(3)
			case "customer.lifetime_value":
				v.I = random.Int64N(5000) * 1_000_000
			case "customer.abuse_flag":
				v.I = int64(random.IntN(50) / 49)
			default:
				list := words[s.Name]
				v.S = list[random.IntN(len(list))]
				if s.Type.Nullable && random.IntN(12) > 0 {
					v = ir.Value{}
				}
			}
			row.Values[slot] = v
		}
		b.rows[i] = row
	}
	for slot, s := range n.source.Slots {
		b.columns[slot] = nightColumn(b.rows, slot, s, dictionaries)
	}
	return b
}

func nightColumn(rows []ir.Row, slot int, s ir.Slot, dictionaries map[string]*ir.Dictionary) columnar.Column {
	c := columnar.Column{Same: s.Origin == ir.FromRun}
	if c.Same {
		rows = rows[:1]
	}
	codes := map[string]int32{}
	if s.Type.Kind == ir.String {
		if dictionaries[s.Name] == nil {
			dictionaries[s.Name] = ir.NewDictionary(words[s.Name])
		}
		c.Dict = dictionaries[s.Name]
		for code := range c.Dict.Len() {
			codes[c.Dict.Entry(int32(code))] = int32(code)
		}
	}
	for i := range rows {
		v := rows[i].Values[slot]
		if s.Type.Kind == ir.String {
			c.Codes = append(c.Codes, codes[v.S])
		} else {
			c.Ints = append(c.Ints, v.I)
		}
		if s.Type.Nullable {
			c.Valid = append(c.Valid, !v.Null())
		}
	}
	return c
}

// work is what a worker keeps.
type work struct {
	machine                *columnar.Machine
	all, passed, hits, any columnar.Selection
	sum                    int64
}

// guarded evaluates the guard on a batch.
func (n *night) guarded(b testing.TB, w *work, batch *table) {
	w.machine.Begin(len(batch.rows))
	if err := w.machine.SetZones(batch.zones); err != nil {
		b.Fatal(err)
	}
	for slot := range batch.columns {
		if n.event(slot) {
			n.set(b, w, batch, slot)
		}
	}
	w.all.All(len(batch.rows))
	w.machine.Eval(n.guard, &w.all).MayHold(&w.passed)
}

func (n *night) set(b testing.TB, w *work, batch *table, slot int) {
	if err := w.machine.Set(slot, batch.columns[slot]); err != nil {
		b.Fatal(err)
	}
}

// rest evaluates what follows the guard, on what it let through.
func (n *night) rest(b testing.TB, w *work, batch *table) {
	for slot := range batch.columns {
		if !n.event(slot) {
			n.set(b, w, batch, slot)
		}
	}
	w.any.None(w.machine.Rows())
	for rule := range n.count {
		w.machine.Eval(2*rule, &w.passed).Holds(&w.hits)
		amounts := w.machine.Eval(2*rule+1, &w.hits)
		for row := range w.hits.Rows() {
			w.sum += amounts.Int(row)
		}
		w.any.Union(&w.hits)
	}
	for exclusion := n.exclude; exclusion < n.guard; exclusion++ {
		w.machine.Eval(exclusion, &w.any).Holds(&w.hits)
		w.any.Remove(&w.hits)
	}
}

// dense is the rest as a worker does it best: the rows that the guard lets
// through are gathered until they make a batch of their own.
type dense struct {
	work
	columns []columnar.Column
	rows    []int32
	count   int
	least   int // how many rows make a batch
	zones   columnar.Zones
}

// gather takes in the rows that the guard let through, and evaluates a full batch.
func (n *night) gather(b testing.TB, d *dense, guarded *work, batch *table) {
	d.rows = guarded.passed.AppendRows(d.rows[:0])
	for slot := range batch.columns {
		if !d.columns[slot].Append(&batch.columns[slot], d.rows) {
			b.Fatal("the dictionaries of the benchmark do not change")
		}
	}
	d.zones = batch.zones
	if d.count += len(d.rows); d.count < d.least {
		return
	}
	d.machine.Begin(d.count)
	if err := d.machine.SetZones(d.zones); err != nil {
		b.Fatal(err)
	}
	for slot := range d.columns {
		if n.event(slot) {
			if err := d.machine.Set(slot, d.columns[slot]); err != nil {
				b.Fatal(err)
			}
		}
	}
	d.passed.All(d.count)
	n.rest(b, &d.work, &table{columns: d.columns})
	for slot := range d.columns {
		d.columns[slot].Empty()
	}
	d.count = 0
}

var counts = map[string]int{"10": 10, "30": 30}

func BenchmarkNight(b *testing.B) {
	for name, count := range counts {
		n := newNight(b, count)
		stages := map[string]func(*work, *table){
			"guard": func(w *work, batch *table) { n.guarded(b, w, batch) },
			"whole": func(w *work, batch *table) { n.guarded(b, w, batch); n.rest(b, w, batch) },
		}
		for stage, run := range stages {
			b.Run(name+"/"+stage, func(b *testing.B) {
				b.ReportAllocs()
				w := &work{machine: n.program.NewMachine()}
				for _, batch := range n.batches {
					run(w, batch)
				}
				b.ResetTimer()
				passed, i := 0, 0
				for b.Loop() {
					run(w, n.batches[i%len(n.batches)])
					passed += w.passed.Len()
					i++
				}
				report(b, count)
				b.ReportMetric(100*float64(passed)/float64(b.N)/nightRows, "%passed")
			})
		}
		b.Run(name+"/gathered", func(b *testing.B) {
			b.ReportAllocs()
			w := &work{machine: n.program.NewMachine()}
			d := &dense{work: work{machine: n.program.NewMachine()}, columns: make([]columnar.Column, len(n.source.Slots)), least: nightRows}
			i := 0
			run := func() {
				n.guarded(b, w, n.batches[i%len(n.batches)])
				n.gather(b, d, w, n.batches[i%len(n.batches)])
				i++
			}
			for range 50 {
				run()
			}
			b.ResetTimer()
			for b.Loop() {
				run()
			}
			report(b, count)
		})
		b.Run(name+"/vm", func(b *testing.B) { n.machine(b) })
	}
}

func report(b *testing.B, rules int) {
	row := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / nightRows
	b.ReportMetric(row, "ns/row")
	b.ReportMetric(row/float64(rules), "ns/row/rule")
}

// machine is the reference on the same: every condition on every row, and the
// amount where it holds.
func (n *night) machine(b *testing.B) {
	var sum int64
	for b.Loop() {
		for i := range n.batches[0].rows {
			row := &n.batches[0].rows[i]
			for _, rule := range n.source.Rules {
				if when, fault := rule.When.Eval(row); fault == nil && when.I == 1 {
					amount, _ := rule.Amount.Eval(row)
					sum += amount.I
				}
			}
		}
	}
	report(b, n.count)
}
