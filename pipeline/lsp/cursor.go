package lsp

import (
	"regexp"
	"strings"
)

// cursor is where in a file somebody writes. It is found by indentation and
// brackets, not by a parser: what is being written is rarely whole.
type cursor struct {
	path  []string // keys from the top, "*" for the items of a list
	value bool     // in the value of the last key, else where a key is being written
	line  int      // from 0
	at    int      // the byte of the line
	entry [2]int   // the lines of the list item or map around it: first, and first beyond
	flow  string   // the text in braces around it, from the brace; "" outside of braces
}

var keyOf = regexp.MustCompile(`^(?:"([^"]*)"|'([^']*)'|([^\s:{}\[\],&*#?|>"'-][^:{}\[\],#]*?|-[^\s:{}\[\],][^:{}\[\],]*?))\s*:(?:\s+|$)`)

// header takes the indentation, dashes and key off a line: the columns at which
// each list item and the key stand.
type header struct {
	items  []int // columns of dashes
	column int   // of the key, or of what stands there
	key    string
	hasKey bool
	value  int // byte where the value begins
}

func headerOf(line string) header {
	h := header{column: len(line) - len(strings.TrimLeft(line, " "))}
	for strings.HasPrefix(line[h.column:], "- ") || line[h.column:] == "-" {
		h.items = append(h.items, h.column)
		rest := line[h.column+1:]
		h.column += 1 + len(rest) - len(strings.TrimLeft(rest, " "))
	}
	h.value = h.column
	if m := keyOf.FindStringSubmatch(line[h.column:]); m != nil {
		h.key, h.hasKey = m[1]+m[2]+m[3], true
		h.value = h.column + len(m[0])
	}
	return h
}

func blank(line string) bool {
	trimmed := strings.TrimSpace(line)
	return trimmed == "" || trimmed[0] == '#'
}

// locate finds where a position is.
func locate(all []string, line, at int) cursor {
	c := cursor{line: line, at: at}
	text := all[line]
	h := headerOf(text)
	indent := h.column
	if strings.TrimSpace(text) == "" {
		indent = at
	}
	var reversed []string
	block := -1 // the line whose key has the cursor in its value
	switch {
	case h.hasKey && at >= h.value-1 && at > h.column+len(h.key):
		reversed, block, c.value = append(reversed, h.key), line, true
	case len(h.items) > 0 && at < h.items[0]:
		indent = at
	}
	for range h.items {
		reversed = append(reversed, "*")
	}
	// What stands above is around it where it begins further to the left; a list
	// may begin in its key's column.
	beforeItem, beforeKey := indent, indent
	if len(h.items) > 0 {
		beforeItem, beforeKey = h.items[0], h.items[0]+1
	}
	for n := line - 1; n >= 0 && beforeKey > 0; n-- {
		if blank(all[n]) {
			continue
		}
		up := headerOf(all[n])
		if up.hasKey && up.column < beforeKey {
			if block < 0 && len(reversed) == 0 && opens(all[n][up.value:]) {
				block, c.value = n, true
			}
			reversed, beforeItem, beforeKey = append(reversed, up.key), up.column, up.column
		}
		for i := len(up.items) - 1; i >= 0; i-- {
			if up.items[i] < beforeItem {
				reversed, beforeItem, beforeKey = append(reversed, "*"), up.items[i], up.items[i]+1
			}
		}
	}
	for i := len(reversed) - 1; i >= 0; i-- {
		c.path = append(c.path, reversed[i])
	}
	c.around(all, h)
	c.braces(all, block, h)
	return c
}

// opens reports whether a value goes on below its line.
func opens(value string) bool {
	value = strings.TrimSpace(value)
	return value != "" && value[0] != '#'
}

// around finds the lines of the item that the cursor is in.
func (c *cursor) around(all []string, h header) {
	column := h.column
	if strings.TrimSpace(all[c.line]) == "" {
		column = c.at
	}
	first := c.line
	for first > 0 && len(headerOf(all[first]).items) == 0 {
		if up := headerOf(all[first-1]); !blank(all[first-1]) && len(up.items) == 0 && up.column == 0 && column > 0 {
			break
		}
		first--
	}
	start := headerOf(all[first])
	last := first + 1
	for last < len(all) && (blank(all[last]) || headerOf(all[last]).column >= start.column && len(start.items) > 0 && firstColumn(all[last]) > start.items[0]) {
		last++
	}
	c.entry = [2]int{first, last}
}

func firstColumn(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// braces goes through the flow text from its beginning up to the cursor.
func (c *cursor) braces(all []string, block int, h header) {
	first, from := c.line, h.value
	if block >= 0 && block != c.line {
		first, from = block, headerOf(all[block]).value
	}
	begin := strings.TrimLeft(all[first][min(from, len(all[first])):], " ")
	if begin == "" || begin[0] != '{' && begin[0] != '[' {
		return
	}
	var text strings.Builder
	for n := first; n <= c.line; n++ {
		part := all[n]
		if n == c.line {
			part = part[:c.at]
		}
		if n == first {
			part = part[min(from, len(part)):]
		}
		text.WriteString(part + "\n")
	}
	c.inside(strings.TrimSuffix(text.String(), "\n"))
}

// inside follows brackets, quotes and keys.
func (c *cursor) inside(text string) {
	type level struct {
		open  byte
		key   string
		start int
	}
	var stack []level
	word := 0 // where what is being written began
	var quote byte
	for i := 0; i < len(text); i++ {
		b := text[i]
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case (b == '"' || b == '\'') && strings.TrimSpace(text[word:i]) == "":
			quote = b
		case b == '{' && strings.TrimSpace(text[word:i]) == "", b == '[' && strings.TrimSpace(text[word:i]) == "":
			stack = append(stack, level{open: b, start: i})
			word = i + 1
		case b == '}' || b == ']':
			if len(stack) > 0 {
				stack = stack[:len(stack)-1]
			}
			word = i + 1
		case b == ',' && len(stack) > 0:
			stack[len(stack)-1].key = ""
			word = i + 1
		case b == ':' && len(stack) > 0 && stack[len(stack)-1].open == '{' && stack[len(stack)-1].key == "" && (i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\n'):
			stack[len(stack)-1].key = strings.Trim(strings.TrimSpace(text[word:i]), `"'`)
			word = i + 1
		}
	}
	if len(stack) == 0 {
		return
	}
	c.value = true
	for _, l := range stack {
		switch {
		case l.open == '[':
			c.path = append(c.path, "*")
		case l.key != "":
			c.path = append(c.path, l.key)
		default:
			c.value = false
		}
	}
	c.flow = text[stack[len(stack)-1].start:]
	if stack[len(stack)-1].open == '[' && len(stack) > 1 {
		c.flow = text[stack[len(stack)-2].start:]
	}
}

// beside returns the value of a key of the map around the cursor, as far as it
// is a word: the `on` of a rule.
func (c *cursor) beside(all []string, key string) string {
	find := regexp.MustCompile(`(?:^|[\s{,-])` + regexp.QuoteMeta(key) + `:\s+["']?([A-Za-z0-9_-]+)`)
	text := c.flow
	if text != "" {
		line := all[c.line] // what stands behind the cursor counts too
		text += line[c.at:]
	} else {
		text = strings.Join(all[c.entry[0]:c.entry[1]], "\n")
	}
	if m := find.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
