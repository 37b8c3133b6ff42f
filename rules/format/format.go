// Package format lays out the files that people write, as one hand would have:
// rulebooks, their tests and amends.yaml. Its law: a formatted file means what it
// meant, with every comment it had, and formatting it again changes nothing.
package format

import (
	"slices"
	"strings"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/document"
)

// codes of what makes a file unreadable as YAML, as rulebooks have them.
var codes = document.Codes{Syntax: "B001", UnknownKey: "B002", DuplicateKey: "B003", WrongType: "B004", MissingKey: "B005", BadValue: "B006"}

// ruleOrder is the order in which the keys of a rule stand: which events, how
// much, why, and then the rest.
var ruleOrder = []string{
	"id", "on", "when", "amount", "table", "hits", "gaps", "reason", "terms", "funding", "priority", "mode", "from", "until", "uncapped", "message",
}

var guardOrder = []string{"id", "on", "when"}

// orders are the conventions, by path.
var orders = map[string][]string{
	"rules/*": ruleOrder, "exclude/*": guardOrder, "approval/*": guardOrder, "void/*": guardOrder,
	"limits/*":  {"id", "per", "rules", "window_days", "max_count", "max_amount", "exceed"},
	"budgets/*": {"id", "per", "rules", "max_amount", "exceed"},
}

// expressions are the paths of scalars that are expressions of the language.
var expressions = []string{"rules/*/when", "rules/*/amount", "rules/*/funding", "exclude/*/when", "approval/*/when", "void/*/when", "define/*/*", "sources/*/event/at"}

// Bytes returns a file laid out, or what is wrong with its YAML.
func Bytes(file string, data []byte) ([]byte, diag.List) {
	return document.Format(file, data, codes, document.Formatting{
		Order: func(path []string) []string { return orders[strings.Join(path, "/")] },
		Rewrite: func(path []string, text string) string {
			if isExpression(path) {
				return check.Spaced(text)
			}
			return text
		},
		Same: func(path []string, a, b string) bool { return isExpression(path) && check.SameTokens(a, b) },
	})
}

func isExpression(path []string) bool {
	return slices.ContainsFunc(expressions, func(pattern string) bool { return matches(path, pattern) })
}

// matches compares a path with a pattern, in which * is any key.
func matches(path []string, pattern string) bool {
	words := strings.Split(pattern, "/")
	return slices.EqualFunc(path, words, func(key, word string) bool { return word == "*" || key == word })
}
