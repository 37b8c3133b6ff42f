package document

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Every message of the package.

func tooLarge(bytes int) string {
	return fmt.Sprintf("the file has %d bytes, and at most %d are read", bytes, MaxBytes)
}

func tooLong(tokens int) string {
	return fmt.Sprintf("the file has %d words and marks, and at most %d are read", tokens, MaxTokens)
}

const hintSplit = "split it into several files"

func tooDeep() string { return fmt.Sprintf("lists and maps nest deeper than %d levels", MaxDepth) }

func notUTF8(b byte) string { return fmt.Sprintf("the byte 0x%02x is not UTF-8", b) }

func controlCharacter(r rune) string {
	return fmt.Sprintf("the control character %U is not allowed", r)
}

func notYAML(why string) string {
	line, _, _ := strings.Cut(why, "\n")
	return "not valid YAML: " + line
}

func libraryFailed(p any) string {
	return fmt.Sprintf("the YAML library failed on this file: %.100s", fmt.Sprint(p))
}

func unsupportedNode(n any) string { return fmt.Sprintf("unsupported YAML (%T)", n) }

func wrongType(want string, n *Node) string {
	return fmt.Sprintf("expected %s, found %s", want, n.describe())
}

func unknownKey(key string) string { return fmt.Sprintf("unknown key %.60q", key) }

func keyWithoutValue(key string) string {
	return fmt.Sprintf("the key %.60q has no value: inside braces a comma ends a text", key)
}

const hintFlow = "inside { } and [ ], put quotes around a text with a comma, a bracket or a brace"

// syntaxHints say how to mend what the library's words describe.
var syntaxHints = []struct{ what, hint string }{
	{"',' or '", hintFlow},
	{"flow map content", hintFlow},
	{"'\t'", "indent with spaces: YAML takes no tabs"},
	{"mapping value is not allowed", "put quotes around a text that has a colon in it; and a line that stands deeper than the key above it belongs to that key"},
	{"value is not allowed in this context", "keys of one map begin in the same column: look at the spaces before this line"},
	{"end character of single-quoted", "a text that begins with ' ends with '; inside, '' stands for one"},
	{"end character of double-quoted", "a text that begins with \" ends with \"; an expression with texts in it goes into single quotes"},
	{"non-map value is specified", "write `key: value`, with a colon and a space"},
}

func syntaxHint(why string) string {
	for _, h := range syntaxHints {
		if strings.Contains(why, h.what) {
			return h.hint
		}
	}
	return ""
}

func missingKey(key string) string { return fmt.Sprintf("the key %q is missing", key) }

func duplicateKey(key string, firstLine int) string {
	return fmt.Sprintf("the key %.60q is already on line %d", key, firstLine)
}

// CommaInNumber says what is wrong with a number that CommaHint has a word on.
func CommaInNumber(number string) string {
	return fmt.Sprintf("%.60q has a comma where a number has a point", number)
}

// CommaHint says how to write a number that has a decimal comma, such as 4,50;
// "" where s is none. With three digits behind the comma, thousands may be meant.
func CommaHint(s string) string {
	whole, rest, ok := strings.Cut(s, ",")
	if !ok || !digits(strings.TrimPrefix(whole, "-")) || !digits(rest) {
		return ""
	}
	hint := "write " + whole + "." + rest
	if len(rest) == 3 {
		hint += ", or " + whole + rest + " where thousands are meant"
	}
	return hint
}

const hintItems = "begin each entry with \"- \""

func didYouMean(word string) string { return fmt.Sprintf("did you mean %q?", word) }

func oneOf(allowed []string) string { return "one of " + strings.Join(allowed, ", ") }

// refused says what is wrong with a token of this type, or "".
func refused(t token.Type, first bool) (what, hint string) {
	const quote = "put quotes around the text if it is meant literally"
	switch t {
	case token.AnchorType:
		return "YAML anchors (&name) are not supported", quote
	case token.AliasType:
		return "YAML aliases (*name) are not supported", quote
	case token.MergeKeyType:
		return "YAML merge keys (<<) are not supported", "write the keys out"
	case token.TagType:
		return "YAML tags (!name) are not supported", quote
	case token.DirectiveType:
		return "YAML directives (%NAME) are not supported", quote
	case token.MappingKeyType:
		return "YAML's explicit keys (? key) are not supported", "write `key: value`"
	case token.DocumentHeaderType:
		if first {
			return "", ""
		}
		return "several YAML documents in one file are not supported", "use one file for each"
	case token.DocumentEndType:
		return "the end-of-document marker (...) is not supported", "leave it out"
	default:
		return "", ""
	}
}
