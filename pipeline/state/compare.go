package state

import (
	"fmt"
	"maps"
	"slices"
)

// Differences are what a committed run was made with and is not so any more, by
// name. Each list is sorted, and empty where nothing differs.
type Differences struct {
	Rules []string // amends.yaml and rule files: people edit them for later nights
	Data  []string // {date} files, what the run was decided on, and growing tables that are gone
	Grown []string // growing tables: lookback sees their late rows
}

// Differences compares a committed run with what a run of its date would read
// now. Of now, only the inputs and the digests of rules and workspace are looked
// at.
func (m *Manifest) Differences(now *Manifest) Differences {
	var d Differences
	if m.WorkspaceSHA256 != now.WorkspaceSHA256 {
		d.Rules = append(d.Rules, "amends.yaml has other content")
	}
	rules := differing(m.Rules, now.Rules, func(r RuleDigest) string { return "rule file " + r.Path })
	if m.RulebookSHA256 != now.RulebookSHA256 && len(rules) == 0 {
		rules = []string{"the rulebook has another digest"} // made up of more than the files
	}
	d.Rules = append(d.Rules, rules...)
	dated := func(list []Input, want bool) []Input {
		return slices.DeleteFunc(slices.Clone(list), func(in Input) bool { return in.Dated != want })
	}
	key := func(in Input) string { return in.Source + ": " + in.Path }
	d.Data = differing(dated(m.Inputs, true), dated(now.Inputs, true), key)
	d.tables(dated(m.Inputs, false), dated(now.Inputs, false), key)
	slices.Sort(d.Data)
	slices.Sort(d.Grown)
	return d
}

// tables compares growing tables. One of whose files some are left, or others stand
// where they stood, has changed: files are also rewritten as fewer. One without any
// is gone, which is no growth: later nights do not see its rows either.
func (d *Differences) tables(was, now []Input, key func(Input) string) {
	left := map[string]bool{}
	for _, in := range now {
		left[in.Source] = true
	}
	for _, w := range was {
		i := slices.IndexFunc(now, func(in Input) bool { return key(in) == key(w) })
		switch {
		case i >= 0:
			if now[i].SHA256 != w.SHA256 { // more rows may be fewer bytes
				d.Grown = append(d.Grown, key(w)+" has grown or changed since")
			}
			now = slices.Delete(now, i, i+1)
		case left[w.Source]:
			d.Grown = append(d.Grown, key(w)+" is gone, and others of its table are there")
		default:
			d.Data = append(d.Data, key(w)+" is gone")
		}
	}
	for _, added := range now {
		d.Grown = append(d.Grown, key(added)+" is new")
	}
}

// differing lists the keys of elements that are in one list only or not equal.
func differing[E comparable](was, is []E, key func(E) string) []string {
	before, after := map[string]E{}, map[string]E{}
	for _, e := range was {
		before[key(e)] = e
	}
	for _, e := range is {
		after[key(e)] = e
	}
	var names []string
	for name, e := range before {
		switch now, there := after[name]; {
		case !there:
			names = append(names, name+" is gone")
		case now != e:
			names = append(names, name+" has other content")
		}
	}
	for name := range after {
		if _, there := before[name]; !there {
			names = append(names, name+" is new")
		}
	}
	slices.Sort(names)
	return names
}

// ChangedDefinitions names the sources whose incidents would get other ids than
// in earlier runs, or the same failure other kinds of keys, and says what
// changed. Both would pay incidents again.
func ChangedDefinitions(previous *Manifest, now map[string]Definition) []string {
	var changed []string
	sources := slices.Sorted(maps.Keys(now))
	if previous != nil {
		for _, source := range sources {
			is := now[source]
			was, known := previous.Definitions[source]
			if known && !was.Equal(is) {
				changed = append(changed, fmt.Sprintf("source %q was %s, and is %s", source, was, is))
			}
			if old, renamed := renamedFrom(previous.Definitions, now, source); renamed && !known {
				changed = append(changed, fmt.Sprintf("source %q reads the files of %q, which was %s, and is %s", source, old, previous.Definitions[old], is))
			}
		}
	}
	for i, source := range sources {
		for _, other := range sources[i+1:] {
			if a, b := now[source], now[other]; a.Failure == b.Failure && !sameKinds(a, b) {
				changed = append(changed, fmt.Sprintf("sources %q and %q share a failure and must have keys of the same kinds: %s, %s", source, other, a, b))
			}
		}
	}
	return changed
}

// renamedFrom finds a source of earlier runs whose files a new one reads with
// other incidents, where the old one's definition is only carried along.
func renamedFrom(before, now map[string]Definition, source string) (old string, renamed bool) {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		was := before[name]
		if name != source && was.Files == now[source].Files && !was.Equal(now[source]) && now[name].Carried {
			return name, true
		}
	}
	return "", false
}

func sameKinds(a, b Definition) bool {
	return slices.EqualFunc(a.Incident, b.Incident, func(x, y KeyColumn) bool { return x.Kind == y.Kind })
}

func (d Definition) String() string {
	text := "failure " + d.Failure + " by"
	for _, c := range d.Incident {
		text += " " + c.Name + " (" + c.Kind + ")"
	}
	return text + " since " + d.Since
}
