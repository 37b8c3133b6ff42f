package rules

import "amends/rules/check"

// Functions returns every function that expressions can call and how each is
// written, sorted by name.
func Functions() []check.Function { return check.Functions() }
