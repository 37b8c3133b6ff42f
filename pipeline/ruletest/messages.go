package ruletest

import (
	"fmt"
	"strings"

	"amends/rules/calendar"
	"amends/rules/diag"
	"amends/rules/ir"
	"amends/rules/money"
)

// Every message about test files.

func place(at diag.Text) string {
	pos, _ := at.At(0)
	return fmt.Sprintf("%s:%d", pos.File, pos.Line)
}

func msgTwice(what string, first diag.Text) string {
	return fmt.Sprintf("%s is already at %s", what, place(first))
}

func msgColumnTwice(name string, first diag.Text, kind ir.Kind) string {
	return fmt.Sprintf("the column %s is already at %s, as %s", name, place(first), kind)
}

func msgAmount(text string) string {
	return fmt.Sprintf("expected %s, found %.40q", wantAmount, text)
}

func msgOutcome(text string) string {
	return fmt.Sprintf("expected one of %s, found %.40q", strings.Join(outcomes, ", "), text)
}

func msgDate(text string) string {
	return fmt.Sprintf("expected a date such as 2026-11-30, found %.40q", text)
}

func msgFunding(text string) string {
	return fmt.Sprintf("expected platform or seller, found %.40q", text)
}

func msgExpectList(rows int) string {
	return fmt.Sprintf("the case gives %d rows, and says of one what is expected", rows)
}

func msgExpectCount(rows, found int) string {
	return fmt.Sprintf("the case gives %d rows, and says of %d what is expected", rows, found)
}

const hintExpectList = "write a list with one entry for each row, in their order"

func msgNoColumn(of, name string) string { return fmt.Sprintf("%s has no column %.60q", of, name) }

func msgNoBase(of, name string) string {
	return fmt.Sprintf("there is no base row %.60q of %s", name, of)
}

func msgWhichBase(of string, names []string) string {
	return fmt.Sprintf("which base row of %s is it: %s?", of, strings.Join(names, ", "))
}

func msgLoop(name string) string { return fmt.Sprintf("the base row %.60q is like itself", name) }

func msgNoSource(name string) string {
	return fmt.Sprintf("there is no source %.60q that rules can be on", name)
}

func msgValue(name string, want, found string) string {
	return fmt.Sprintf("%s is to be %s, found %.60q", name, want, found)
}

func msgTableHead() string {
	return "the first line of a table names what is given and what is expected: columns => fields"
}

func msgTableCells(want, found int) string {
	return fmt.Sprintf("the line has %d cells, and the table %d columns", found, want)
}

const hintTableCells = "put | between cells, and => before what is expected"

func msgTableArrow(split, found int) string {
	return fmt.Sprintf("the line has %s and no =>; the table's first line has it after %s", counted(found, "cell", "cells"), counted(split, "cell", "cells"))
}

func msgTableSplit(split, at int) string {
	return fmt.Sprintf("=> stands after %s of the line, and after %s of the table's first line", counted(at, "cell", "cells"), counted(split, "cell", "cells"))
}

const hintTableArrow = "write => before what is expected"

func msgTableRows() string { return "a table is of one row: `given` cannot be a list beside it" }

const (
	msgEmpty  = "the file is empty"
	hintEmpty = "write a case, or delete the file"

	msgRemainingAlone  = "the key \"remaining\" stands without the key \"credit\""
	hintRemainingAlone = "write credit: 5.00 USD, as it was issued"
)

const msgMapCell = "expected one value, found a map"

func hintMapCell(key string) string {
	return "of a joined row, each column is written by its whole name: " + key + ".COLUMN: VALUE"
}

func msgAboveZero(key string) string { return fmt.Sprintf("%q has to be above zero", key) }

func msgRemaining(credit, remaining money.Amount) string {
	return fmt.Sprintf("%s cannot be left of %s", remaining, credit)
}

func msgCreditSettled(how string) string {
	return fmt.Sprintf("the incident has a credit, so it was issued: it cannot be settled as %q", how)
}

func msgField(name string) string {
	return fmt.Sprintf("nothing can be expected of %.60q: the fields are %s", name, strings.Join(Fields, ", "))
}

func msgNoRule(id string) string { return fmt.Sprintf("there is no rule %.60q", id) }

func msgLacks(of string, columns []string, rows int) string {
	if rows > 1 {
		return fmt.Sprintf("%d rows of %s in this file, this one first, need %s", rows, of, strings.Join(columns, ", "))
	}
	return fmt.Sprintf("a row of %s needs %s", of, strings.Join(columns, ", "))
}

func hintLacks(of string) string {
	return "give what cases do not care about once, below `base: " + of + ": default:`"
}

func msgNoDimension(name string, fields []string, rows int) string {
	if rows > 1 {
		return fmt.Sprintf("rules read %s of %s, and %d rows of this file, this one first, have no row of it", strings.Join(fields, ", "), name, rows)
	}
	return fmt.Sprintf("rules read %s of %s, and there is no row of it", strings.Join(fields, ", "), name)
}

func hintNoDimension(name string) string {
	return "write one below `base: " + name + ": default:`, or `" + name + ": none` where none is to be found"
}

func msgConflict(name, key string) string {
	return fmt.Sprintf("two rows of the case give different values for %s %.60q", name, key)
}

func msgTooLate(on, night calendar.Date) string {
	return fmt.Sprintf("it was given on %s, and the night of the case is %s", on, night)
}
