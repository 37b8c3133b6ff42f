package archive_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amends/pipeline/archive"
	"amends/pipeline/durable/durabletest"
	"amends/pipeline/ledger"
	"amends/rules/calendar"
)

const dir = "/ws/state/derived"

// chain is nights that a test makes up, and how often each was read.
type chain struct {
	nights   []archive.Night
	postings [][]ledger.Posting
	read     map[int]int
}

func (c *chain) config(fsys *durabletest.FS, nights int) archive.Config {
	c.read = map[int]int{}
	later := func(n int) ([]archive.Night, error) {
		if n > len(c.nights) {
			return nil, nil
		}
		return c.nights[nights:n], nil
	}
	return archive.Config{FS: fsys, Dir: dir, Nights: c.nights[:nights], Later: later, Postings: func(n int, visit func(int, []ledger.Posting) error) error {
		c.read[n]++
		return inParts(c.postings[n-1], visit)
	}}
}

// inParts visits postings in order, few at a time and the last ones first, and
// leaves nothing of what it gave.
func inParts(postings []ledger.Posting, visit func(int, []ledger.Posting) error) error {
	const few = 3
	sorted := slices.SortedFunc(slices.Values(postings), ledger.Compare)
	for first := (len(sorted) - 1) / few * few; first >= 0 && len(sorted) > 0; first -= few {
		part := slices.Clone(sorted[first:min(first+few, len(sorted))])
		if err := visit(first, part); err != nil {
			return err
		}
		clear(part)
	}
	return nil
}

const firstDay = calendar.Date(20_000)

// drawChain makes nights with few ids, so that they meet, and every kind.
func drawChain(t *rapid.T, most int) *chain {
	c := &chain{}
	count := 0
	for n := range rapid.IntRange(0, most).Draw(t, "nights") {
		date := firstDay + calendar.Date(2*n)
		c.nights = append(c.nights, archive.Night{Date: date, SHA256: fmt.Sprintf("%064x", 1000+n)})
		var postings []ledger.Posting
		for range rapid.IntRange(0, 4).Draw(t, "postings") {
			count++
			credit := rapid.IntRange(0, 6).Draw(t, "credit")
			kind := rapid.SampledFrom([]ledger.Kind{ledger.Issue, ledger.Redeem, ledger.Void, ledger.Reinstate, ledger.Forfeit, ledger.Deny, ledger.Hold}).Draw(t, "kind")
			p := ledger.Posting{
				ID: fmt.Sprintf("po1_%032x", count), BusinessDate: date, Kind: kind,
				CreditID: fmt.Sprintf("cr1_%032x", credit), IncidentID: fmt.Sprintf("in1_%032x", credit),
				CustomerID: fmt.Sprint("customer ", credit%2), OrderID: rapid.SampledFrom([]string{"", "o1", "o2"}).Draw(t, "order"),
				EventID: rapid.SampledFrom([]string{"e1", "e2"}).Draw(t, "event"), RuleID: rapid.SampledFrom([]string{"late", "lost", "r00-0123456789abcdef0123456789abcdef"}).Draw(t, "rule"), Currency: "USD", Minor: int64(count), At: calendar.Instant(count),
				Reference: rapid.SampledFrom([]string{"", "po1_0123456789abcdef0123456789abcdeF", strings.Repeat("long ", 2000)}).Draw(t, "reference"),
			}
			if kind == ledger.Reinstate {
				p.Reason = rapid.SampledFrom([]string{"void", "forfeit"}).Draw(t, "what had taken it")
			}
			postings = append(postings, p)
		}
		c.postings = append(c.postings, postings)
	}
	return c
}

// under are the postings before a date that hold, in the order of the chain.
func (c *chain) under(until calendar.Date, holds func(*ledger.Posting) bool) []ledger.Posting {
	var found []ledger.Posting
	for _, night := range c.postings {
		for _, p := range slices.SortedFunc(slices.Values(night), ledger.Compare) {
			if p.BusinessDate < until && holds(&p) {
				found = append(found, p)
			}
		}
	}
	return found
}

// answers holds an archive to the postings, asked for everything there is.
func (c *chain) answers(t *rapid.T, a *archive.Archive, nights int) {
	for _, until := range []calendar.Date{firstDay, firstDay + calendar.Date(nights), firstDay + calendar.Date(2*nights)} {
		view := a.Before(until)
		c.prepare(t, view)
		for n := range 8 {
			id := fmt.Sprintf("cr1_%032x", n)
			got, err := view.Credit(id)
			want := c.under(until, func(p *ledger.Posting) bool { return p.CreditID == id })
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("credit %s before %s: %v\n%+v\nwant %+v", id, until, err, got, want)
			}
			sameSettlement(t, view, id, got)
		}
		for _, customer := range []string{"customer 0", "customer 1", "nobody"} {
			for _, from := range []calendar.Date{firstDay - 1, firstDay + calendar.Date(nights)} {
				got, err := view.Customer(customer, from)
				c.sameGiven(t, got, err, c.under(until, func(p *ledger.Posting) bool { return p.CustomerID == customer && p.BusinessDate >= from }))
				sameAmounts(t, view, customer, from, got)
			}
		}
		for _, order := range []string{"o1", "o2", "o3"} {
			got, err := view.Order(order)
			c.sameGiven(t, got, err, c.under(until, func(p *ledger.Posting) bool { return p.OrderID == order }))
		}
		for _, event := range []string{"e1", "e2", "e3"} {
			ids := map[string]bool{}
			for _, p := range c.under(until, func(p *ledger.Posting) bool {
				return p.EventID == event && slices.Contains([]ledger.Kind{ledger.Issue, ledger.Deny, ledger.Hold}, p.Kind)
			}) {
				ids[p.CreditID] = true
			}
			got, err := view.Postings(archive.OfEvent, event)
			want := c.under(until, func(p *ledger.Posting) bool { return ids[p.CreditID] })
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("event %s: %v\n%+v\nwant %+v", event, err, got, want)
			}
		}
	}
}

// prepare asks for some of everything there is at once, or for nothing.
func (c *chain) prepare(t *rapid.T, view *archive.View) {
	for range rapid.IntRange(0, 2).Draw(t, "preparations") {
		from := rapid.SampledFrom([]calendar.Date{firstDay - 1, firstDay + 3}).Draw(t, "customers from")
		askAll(t, view, archive.OfCredit, []string{"cr1_00000000000000000000000000000003", "cr1_00000000000000000000000000000005", ""}, from)
		askAll(t, view, archive.OfCustomer, []string{"customer 1", "customer 2", "nobody"}, from)
		askAll(t, view, archive.OfOrder, []string{"o3", "o2", "o4"}, from)
	}
	if rapid.IntRange(0, 3).Draw(t, "forget") == 0 {
		view.Forget()
	}
}

// askAll asks for some ids, several times each: the places are those that are found
// for one id.
func askAll(t *rapid.T, view *archive.View, kind archive.Kind, of []string, from calendar.Date) {
	ids := rapid.SliceOfN(rapid.SampledFrom(of), 0, 9).Draw(t, "ids")
	workers := rapid.IntRange(1, 3).Draw(t, "workers")
	places, err := view.Ask(kind, archive.Digests(len(ids), func(i int) string { return ids[i] }, workers), from, workers)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		if places.At(i).Known() != (id != "") || places.At(i) != view.Place(kind, id, from) {
			t.Fatalf("%q of %q: %+v is not %+v", id, ids, places.At(i), view.Place(kind, id, from))
		}
	}
}

// sameGiven compares what was given with a sum over postings: an issue gives, a
// void takes, what came back from a void gives, to the latest issue before it.
func (c *chain) sameGiven(t *rapid.T, got []ledger.Given, err error, postings []ledger.Posting) {
	var want []ledger.Given
	for _, p := range postings {
		minor := map[ledger.Kind]int64{ledger.Issue: p.Minor, ledger.Void: -p.Minor}[p.Kind]
		if p.Kind == ledger.Reinstate && p.Reason == "void" {
			minor = p.Minor
		}
		if p.Kind == ledger.Issue {
			want = append(want, ledger.Given{Date: p.BusinessDate, CreditID: p.CreditID, CustomerID: p.CustomerID, OrderID: p.OrderID, RuleID: p.RuleID, Currency: p.Currency, Minor: minor})
			continue
		}
		for i := range want {
			if want[i].CreditID == p.CreditID {
				want[i].Minor += minor
				break
			}
		}
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v\ngiven %+v\nwant  %+v", err, got, want)
	}
}

func open(t *rapid.T, c archive.Config) *archive.Archive {
	a, err := archive.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// files are the names in the derived folder.
func files(fsys *durabletest.FS) []string {
	var names []string
	for name := range fsys.Tree() {
		names = append(names, strings.TrimPrefix(name, strings.TrimPrefix(dir, "/")+"/"))
	}
	slices.Sort(names)
	return names
}

// Whatever there is of the archive, none, all, or what a crash, a deletion or a
// flipped byte left of it, it answers what the postings say; and once it is kept
// again, its files are those of an archive that nothing happened to.
func TestAnswersAreThoseOfThePostings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawChain(t, 20)
		fsys := durabletest.New()
		for n := 0; n <= len(c.nights); n++ {
			if n == len(c.nights) || rapid.Bool().Draw(t, "kept") {
				if err := archive.Keep(c.config(fsys, n)); err != nil {
					t.Fatal(err)
				}
			}
		}
		whole := fsys.Tree()
		a := open(t, c.config(fsys, len(c.nights)))
		if len(c.read) > 0 {
			t.Fatalf("a whole archive read nights %v", slices.Sorted(maps.Keys(c.read)))
		}
		c.answers(t, a, len(c.nights))
		if len(c.read) > 0 {
			t.Fatalf("a whole archive read nights %v", slices.Sorted(maps.Keys(c.read)))
		}
		if err := archive.Keep(c.config(fsys, len(c.nights))); err != nil || len(c.read) > 0 || !maps.Equal(fsys.Tree(), whole) {
			t.Fatalf("kept again: %v, nights read %v, files %v", err, c.read, files(fsys))
		}
		if shorter := rapid.IntRange(0, len(c.nights)).Draw(t, "opened before"); len(whole) > 0 {
			cut := *c
			cut.postings = c.postings[:shorter]
			cut.answers(t, open(t, cut.config(fsys, shorter)), shorter)
			if len(cut.read) > 0 {
				t.Fatalf("opened after %d of %d nights it read nights %v", shorter, len(c.nights), slices.Sorted(maps.Keys(cut.read)))
			}
		}
		c.damage(t, fsys)
		c.answers(t, open(t, c.config(fsys, len(c.nights))), len(c.nights))
		if shorter := rapid.IntRange(0, len(c.nights)).Draw(t, "shorter chain"); shorter < len(c.nights) {
			cut := *c
			cut.postings = c.postings[:shorter]
			cut.answers(t, open(t, cut.config(fsys, shorter)), shorter)
		}
	})
}

// damage deletes files and flips bytes.
func (c *chain) damage(t *rapid.T, fsys *durabletest.FS) {
	for _, name := range files(fsys) {
		full := dir + "/" + name
		switch rapid.SampledFrom([]string{"leave", "leave", "delete", "flip"}).Draw(t, name) {
		case "delete":
			if err := fsys.Remove(full); err != nil {
				t.Fatal(err)
			}
		case "flip":
			size := len(fsys.Tree()[strings.TrimPrefix(full, "/")])
			if err := fsys.Flip(full, rapid.IntRange(0, size-1).Draw(t, "byte")); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// An archive of another chain counts as none.
func TestAnArchiveOfAnotherChain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, other := drawChain(t, 12), drawChain(t, 12)
		for i := range other.nights {
			other.nights[i].SHA256 = fmt.Sprintf("%064x", 5000+i)
		}
		fsys := durabletest.New()
		if err := archive.Keep(one.config(fsys, len(one.nights))); err != nil {
			t.Fatal(err)
		}
		other.answers(t, open(t, other.config(fsys, len(other.nights))), len(other.nights))
		if err := archive.Keep(other.config(fsys, len(other.nights))); err != nil {
			t.Fatal(err)
		}
		fresh := durabletest.New()
		if err := archive.Keep(other.config(fresh, len(other.nights))); err != nil {
			t.Fatal(err)
		}
		if diff := differing(fresh.Tree(), fsys.Tree()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func differing(want, got map[string]string) string {
	var names []string
	for name := range want {
		if got[name] != want[name] {
			names = append(names, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			names = append(names, name+" is too many")
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	return strings.Join(names, "; ")
}

// steady are nights with one credit each, for tests of files.
func steady(nights int) *chain {
	c := &chain{}
	for n := range nights {
		date := firstDay + calendar.Date(n)
		c.nights = append(c.nights, archive.Night{Date: date, SHA256: fmt.Sprintf("%064x", 1000+n)})
		c.postings = append(c.postings, []ledger.Posting{{
			ID: fmt.Sprintf("po1_%032x", n), BusinessDate: date, Kind: ledger.Issue, CreditID: fmt.Sprintf("cr1_%032x", n),
			IncidentID: fmt.Sprintf("in1_%032x", n), CustomerID: "ann", OrderID: fmt.Sprint("o", n), EventID: fmt.Sprint("e", n), Currency: "USD", Minor: 1,
		}})
	}
	return c
}

// A night writes its own volume, and now and then a merged one: files stay few,
// and each night is read once.
func TestVolumesAreMergedByEights(t *testing.T) {
	t.Parallel()
	const nights = 150
	c, fsys := steady(nights), durabletest.New()
	for n := 1; n <= nights; n++ {
		if err := archive.Keep(c.config(fsys, n)); err != nil {
			t.Fatal(err)
		}
		if len(c.read) != 1 || c.read[n] != 1 {
			t.Fatalf("night %d read %v", n, c.read)
		}
		if got := len(files(fsys)); got > 7*3 {
			t.Fatalf("after %d nights %d files", n, got)
		}
	}
	want := []string{"postings-1-64.volume", "postings-129-136.volume", "postings-137-144.volume", "postings-145-145.volume", "postings-146-146.volume",
		"postings-147-147.volume", "postings-148-148.volume", "postings-149-149.volume", "postings-150-150.volume", "postings-65-128.volume"}
	if got := files(fsys); !slices.Equal(got, want) {
		t.Errorf("files %q", got)
	}
}

// Postings that cannot be read are an error, not an answer.
func TestPostingsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("postings are broken")
	c := steady(3)
	config := c.config(durabletest.New(), 3)
	config.Postings = func(int, func(int, []ledger.Posting) error) error { return broken }
	if _, err := archive.Open(config); !errors.Is(err, broken) {
		t.Errorf("open: %v", err)
	}
	if err := archive.Keep(config); !errors.Is(err, broken) {
		t.Errorf("keep: %v", err)
	}
}
