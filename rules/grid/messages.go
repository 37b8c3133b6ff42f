package grid

import (
	"fmt"
	"strconv"
	"strings"
)

// The codes of diagnostics on decision tables.
const (
	codeFile    = "B040" // the file cannot be read as a table
	codeHeader  = "B041"
	codeCell    = "B042" // a condition
	codeAmount  = "B043"
	codeOverlap = "B044" // two rows fit one event, and hits: unique
	codeGap     = "B045" // an event that no row fits
	codeNever   = "B046" // a row that no event can come to
	codeUnsure  = "B047" // too many combinations to look for gaps
)

func itoa(n int) string { return strconv.Itoa(n) }

const maxShown = 40

// shown is a cell's text for a message.
func shown(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		text = string(runes[:maxShown-1]) + "…"
	}
	return strconv.Quote(text)
}

// inCell puts the cell before a message.
func inCell(c Cell, message string) string {
	return fmt.Sprintf("cell %s (%s): %s", c.Name, shown(c.Text), message)
}

func msgTooLarge(bytes int) string {
	return fmt.Sprintf("the table has %d bytes, and at most %d are read", bytes, MaxBytes)
}

const (
	hintTooLarge = "split it into several tables, each with a rule of its own"
	msgUTF16     = "the file is UTF-16, not UTF-8"
	msgNotUTF8   = "a byte that is not UTF-8"
	msgWorkbook  = "the file is a workbook, not CSV"
	hintUTF8     = `save the sheet as "CSV UTF-8"`
	hintQuotes   = `a cell with a comma, a quote or a line break stands in quotes, and a quote in it is doubled: "Smith, ""Joe"""`
	hintLimits   = "split it into several tables, each with a rule of its own"
	msgNoHeader  = "the header has no cell above this one"
	hintNoHeader = "give the column a header; a cell that has the separator in it stands in quotes"
	msgEmpty     = "the table is empty"
	msgNoRows    = "the table has a header and no rows"
	hintEmpty    = "a table has a header, and a row for each case"
)

func msgControl(c byte) string {
	return fmt.Sprintf("the control character %U is not allowed", rune(c))
}

func msgSeparator(c rune) string {
	return fmt.Sprintf("cells are separated by a comma, a semicolon or a tab, not by %q", c)
}

func msgColumns(n int) string {
	return fmt.Sprintf("the table has %d columns, and at most %d are read", n, MaxColumns)
}

func msgRows(rows, columns int) string {
	return fmt.Sprintf("row %d of %d columns: at most %d rows and %d cells are read", rows, columns, MaxRows, MaxCells)
}

func msgNotCSV(why string) string { return "not CSV: " + why }

// Of headers.
const (
	msgBlankHeader  = "a column with cells and without a header"
	hintBlankHeader = "name what it tests, or begin the header with # where it is for people only"
	msgNoCondition  = "the table has no column that tests anything"
	hintNoCondition = "the header of a condition names a column of the source, customer.tier or any expression"
	msgNoAmount     = "the table has no column that says how much"
	hintNoAmount    = "add a column for each currency (amount USD), a column amount with expressions, or percent of item_price"
	hintComma       = "a header with a comma stands in quotes"
	msgTwoCaps      = "a table has either cap or cap columns by currency"
	msgOneCurrency  = "rows here have one currency"
)

func msgTwice(other Cell) string { return "the header is already in cell " + other.Name }

func msgKind(kind string) string { return "a table cannot test " + kind }

func hintKind(kind, header string) string {
	switch kind {
	case "a time":
		return "test its day: date(" + header + ")"
	default:
		return "test hours: hours_between(from, until)"
	}
}

func msgLacks(what string, missing []string) string {
	return fmt.Sprintf("there is no column %q, and rows can have %s", what+" "+missing[0], strings.Join(missing, ", "))
}

func hintLacks(what string) string {
	return fmt.Sprintf("add it, or name the currencies that rows can have under currencies: in amends.yaml; a column is headed %q", what)
}

func msgNotMoney(header, kind string) string {
	return fmt.Sprintf("only money is tested or counted by currency, and %s is %s", shown(header), kind)
}

func msgBareMoney(header string) string {
	return fmt.Sprintf("%s is money, and the rows have several currencies", header)
}

func hintBareMoney(header string, codes []string) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = header + " " + code
	}
	return "write a column for each: " + strings.Join(names, ", ")
}

// Of cells.
const (
	hintBands        = "write a value, a list (1, 2, 5), a band (10..20, [10..20), >= 20), not ..., null, or - for any"
	hintTexts        = "write a text, a list (gold, silver), not ..., null, or - for any; a text with a comma stands in quotes"
	msgDecimalComma  = "a number has a point, not a comma"
	hintDecimalComma = "write 10.5 for ten and a half, 1500 without a separator, and a space after each comma of a list"
	msgNeverNull     = "what this column tests is never null, so the row never fits"
	hintNeverNull    = "list the column under nullable in amends.yaml, or leave the row out"
	msgNotAny        = "not any is nothing"
	msgEmptyItem     = "a list with an empty place"
	msgOpenBand      = "a band without one of its ends"
	hintOpenBand     = "write >= 10 or < 20"
	msgHalfBand      = "a band with one bracket"
	hintHalfBand     = "[ and ] take the end in, ( and ) leave it out: [10..20); 10..20 is [10..20]"
	msgCompareList   = "a comparison stands alone in its cell"
	hintCompareList  = "commas mean or; for between write a band: [10..20)"
	msgTextBand      = "texts have no order"
	hintTextBand     = `list them, or put the text in quotes: ">= 5"`
	msgEquals        = "the value alone means equal"
	hintEquals       = "leave = out; a spreadsheet would take it for a formula"
	hintNot          = "write not ..."
	hintRange        = "a band is written 10..20"
	hintPercent      = "write the number alone"
	hintDate         = "write 2026-01-31; spreadsheets change dates as they like, so format the column as text"
	msgNoText        = "a text without a word"
	msgQuotes        = "a quote without its partner"
)

func msgValue(text, kind string) string { return fmt.Sprintf("%s is not %s", shown(text), kind) }

func msgEmptyBand(low, high string) string {
	return fmt.Sprintf("nothing lies between %s and %s", low, high)
}

// Of amounts.
const (
	msgNoAmountCell   = "the row does not say how much"
	hintNoAmountCell  = "write 0 where it deliberately gives nothing"
	msgTwoAmounts     = "the row says how much in two ways"
	hintTwoAmounts    = "leave all but one empty"
	hintPercentCell   = "write 10 or 10 %"
	hintPercentHeader = `a share has a column of its own, with the header "percent of item_price"`
	msgBareAmount     = "a bare number is no amount where rows have several currencies"
	hintBareAmount    = "write columns amount USD, amount GBP and so on"
)

func msgAmountLacks(codes []string) string {
	return "the row has amounts in some currencies and none in " + strings.Join(codes, ", ")
}

func msgDigits(code string, digits int) string {
	return fmt.Sprintf("%s has %d digits after the point", code, digits)
}

const msgNegative = "an amount is not negative"

func msgNumber(what string) string { return "expected " + what }

// Of rows.
func msgOverlap(a, b, example string) string {
	return fmt.Sprintf("rows %s and %s both fit %s", a, b, example)
}

const hintOverlap = "change one of them, or say in the rule which counts: hits: first, or hits: highest"

func msgMore(n int) string { return fmt.Sprintf("%d more pairs of rows meet", n) }

func msgGap(example string) string { return "no row fits " + example }

const hintGap = "add a row, with the amount 0 where it gives nothing; gaps: allowed in the rule says that gaps are meant"

func msgNever(row, before string) string {
	return fmt.Sprintf("row %s never counts: whatever fits it fits row %s, which stands before it", row, before)
}

const hintNever = "move it up, or leave it out"

const msgUnsure = "the columns have too many combinations to look for gaps"
