package state

import (
	"fmt"
	"maps"
	"slices"
)

// Differences compares a committed run with what a run of its date would read
// now. Changed names what makes it another run: {date} files, rules, the
// workspace. Grown names what only lookback will see: growing tables. Of now,
// only the inputs and the digests of rules and workspace are looked at.
func (m *Manifest) Differences(now *Manifest) (changed, grown []string) {
	if m.WorkspaceSHA256 != now.WorkspaceSHA256 {
		changed = append(changed, "amends.yaml")
	}
	rules := differing(m.Rules, now.Rules, func(r RuleDigest) string { return "rule file " + r.Path })
	if m.RulebookSHA256 != now.RulebookSHA256 && len(rules) == 0 {
		rules = []string{"the rulebook's digest"} // made up of more than the files
	}
	changed = append(changed, rules...)
	dated := func(list []Input, want bool) []Input {
		return slices.DeleteFunc(slices.Clone(list), func(in Input) bool { return in.Dated != want })
	}
	key := func(in Input) string { return in.Source + ": " + in.Path }
	changed = append(changed, differing(dated(m.Inputs, true), dated(now.Inputs, true), key)...)
	return changed, differing(dated(m.Inputs, false), dated(now.Inputs, false), key)
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
// in earlier runs, and says what changed.
func ChangedDefinitions(previous *Manifest, now map[string]Definition) []string {
	if previous == nil {
		return nil
	}
	var changed []string
	for _, source := range slices.Sorted(maps.Keys(now)) {
		was, known := previous.Definitions[source]
		if is := now[source]; known && !was.Equal(is) {
			changed = append(changed, fmt.Sprintf("source %q was %s, and is %s", source, was, is))
		}
	}
	return changed
}

func (d Definition) String() string {
	text := "failure " + d.Failure + " by"
	for _, c := range d.Incident {
		text += " " + c.Name + " (" + c.Kind + ")"
	}
	return text + " since " + d.Since
}
