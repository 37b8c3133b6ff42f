package pipeline

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"amends/pipeline/publish"
)

// maxChoiceBytes bounds a file of credits: held.csv of the longest list that one
// request can have, with all its facts.
const maxChoiceBytes = 64 << 20

// maxWrongShown bounds how many wrong lines a refusal lists.
const maxWrongShown = 20

// creditColumn is the column of held.csv that names credits.
const creditColumn = "credit_id"

// namedCredit is a credit id with the line of a file that names it, 1-based.
type namedCredit struct {
	id   string
	line int
}

// ReadCreditIDs reads the credits that a file names, each of which must be among
// holds: a CSV with the column credit_id, of which nothing else counts, or one
// id a line. ErrRefused with every line that is unknown, repeated or no award
// that waits.
func ReadCreditIDs(name string, file io.Reader, holds []publish.Hold) ([]string, error) {
	content, err := io.ReadAll(io.LimitReader(file, maxChoiceBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(content) > maxChoiceBytes {
		return nil, fmt.Errorf("%w: %s: more than %d bytes", ErrRefused, name, maxChoiceBytes)
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // spreadsheets write it
	named, err := namedCredits(content)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRefused, name, err)
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("%w: %s names no credit", ErrRefused, name)
	}
	waits := make(map[string]bool, len(holds))
	for _, h := range holds {
		waits[h.CreditID] = true
	}
	first := make(map[string]int, len(named))
	var ids, wrong []string
	for _, c := range named {
		if line := first[c.id]; line > 0 {
			wrong = append(wrong, fmt.Sprintf("%s:%d: %.80q stands on line %d already", name, c.line, c.id, line))
			continue
		}
		first[c.id] = c.line
		if !waits[c.id] {
			wrong = append(wrong, fmt.Sprintf("%s:%d: %.80q does not wait for a person", name, c.line, c.id))
			continue
		}
		ids = append(ids, c.id)
	}
	if len(wrong) > 0 {
		more := len(wrong) - maxWrongShown
		if more > 0 {
			wrong = append(wrong[:maxWrongShown:maxWrongShown], fmt.Sprintf("and %d more", more))
		}
		return nil, fmt.Errorf("%w: nothing is asked for, because of\n  %s", ErrRefused, strings.Join(wrong, "\n  "))
	}
	return ids, nil
}

// namedCredits reads either form. The first line that says something tells which.
func namedCredits(content []byte) ([]namedCredit, error) {
	before := 0 // lines that say nothing
	rest := content
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		heading := strings.TrimSpace(string(line))
		if heading != "" && !strings.HasPrefix(heading, "#") {
			if strings.ContainsAny(heading, ",;\t") || strings.Trim(heading, `"`) == creditColumn {
				return creditsOfCSV(append(bytes.Repeat([]byte("\n"), before), rest...))
			}
			break
		}
		before, rest = before+1, after
	}
	return creditsOfLines(content)
}

func creditsOfLines(content []byte) (named []namedCredit, err error) {
	line := 0
	for text := range bytes.Lines(content) {
		line++
		id, _, _ := strings.Cut(string(text), "#")
		if id = strings.TrimSpace(id); id != "" {
			named = append(named, namedCredit{id, line})
		}
	}
	return named, nil
}

// creditsOfCSV reads a CSV that begins with its heading, after empty lines.
func creditsOfCSV(content []byte) (named []namedCredit, err error) {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.ReuseRecord = true
	heading, err := reader.Read()
	if err != nil {
		return nil, err
	}
	at := slices.Index(heading, creditColumn)
	if at < 0 {
		return nil, fmt.Errorf("its heading has no column %s, separated by commas: %.100q", creditColumn, heading)
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return named, nil
		}
		marked := len(record) > 0 && strings.HasPrefix(record[0], "#")
		if marked && (at == 0 || errors.Is(err, csv.ErrFieldCount)) {
			continue // a comment, or a credit that is commented out
		}
		if err != nil {
			return nil, err
		}
		line, _ := reader.FieldPos(at)
		id := strings.TrimSpace(record[at])
		switch {
		case id == "":
			return nil, fmt.Errorf("line %d has no %s", line, creditColumn)
		case marked: // an order may be named #1001
			return nil, fmt.Errorf("line %d begins with # and names %.80q: a comment, or a row? Take the line away, or let %s be the first column", line, id, creditColumn)
		}
		named = append(named, namedCredit{id, line})
	}
}
