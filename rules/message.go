package rules

import (
	"slices"
	"strings"
	"unicode/utf8"

	"amends/rules/check"
	"amends/rules/diag"
	"amends/rules/document"
	"amends/rules/ir"
)

// message takes a rule's message apart: literal text and {placeholders}. Braces
// that are meant literally are doubled.
func (b *build) message(rule *Rule) []MessagePart {
	var parts []MessagePart
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			parts = append(parts, MessagePart{Literal: literal.String()})
			literal.Reset()
		}
	}
	text := rule.Message
	for rest, offset := text.Source, 0; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		if i < 0 {
			literal.WriteString(rest)
			break
		}
		literal.WriteString(rest[:i])
		offset += utf8.RuneCountInString(rest[:i])
		rest = rest[i:]
		brace := rest[:1]
		if strings.HasPrefix(rest[1:], brace) {
			literal.WriteString(brace)
			rest, offset = rest[2:], offset+2
			continue
		}
		name, after, closed := strings.Cut(rest[1:], "}")
		if brace == "}" || !closed || strings.Contains(name, "{") {
			b.list.Add(text.Diagnose(offset, codeMessage, msgBrace(brace), hintBrace))
			rest, offset = rest[1:], offset+1
			continue
		}
		flush()
		if found, ok := b.placeholder(rule, text.Piece(offset+1, name)); ok {
			parts = append(parts, found)
		}
		offset += utf8.RuneCountInString(name) + 2
		rest = after
	}
	flush()
	return parts
}

// placeholder resolves one name of a message.
func (b *build) placeholder(rule *Rule, text diag.Text) (MessagePart, bool) {
	columns := map[string]string{"order": b.source.Order, "customer": b.source.Customer, "seller": b.source.Seller}
	switch name := text.Source; name {
	case "amount", "expires_on":
		return MessagePart{Fact: name}, true
	case "source":
		return MessagePart{Literal: b.source.Name}, true
	case "reason":
		return MessagePart{Literal: rule.Reason}, rule.Reason != ""
	case "order", "customer", "seller":
		slot, ok := b.scope.Slots[columns[name]]
		switch {
		case !ok:
			b.list.Add(text.Diagnose(0, codeMessage, msgPlaceholderAbsent(name, b.source.Name), ""))
			return MessagePart{}, false
		case slot.Type.Nullable:
			b.list.Add(text.Diagnose(0, codeMessage, msgPlaceholderNull(name), hintPlaceholderNull(columns[name], slot.Type.Kind)))
			return MessagePart{}, false
		}
		return MessagePart{Expr: b.add(text, &ir.Read{Slot: b.scope.Used.Index(slot), Of: slot.Type})}, true
	}
	for _, word := range strings.Split(text.Source, ".") {
		if !validIdentifier(word) {
			b.list.Add(text.Diagnose(0, codeMessage, msgPlaceholderName(text.Source), hintPlaceholderName))
			return MessagePart{}, false
		}
	}
	if !strings.Contains(text.Source, ".") && !b.known(text.Source) {
		hint := document.Suggestion(text.Source, b.placeholders())
		if hint == "" {
			hint = hintPlaceholders
		}
		b.list.Add(text.Diagnose(0, codeMessage, msgPlaceholderUnknown(text.Source), hint))
		return MessagePart{}, false
	}
	expr := b.placed(text)
	if expr == nil {
		return MessagePart{}, false
	}
	if expr.Node.Type().Nullable {
		b.list.Add(text.Diagnose(0, codeMessage, msgPlaceholderNull(text.Source), hintPlaceholderNull(text.Source, expr.Node.Type().Kind)))
		return MessagePart{}, false
	}
	return MessagePart{Expr: expr}, true
}

// placed is the expression that a placeholder names. Many messages have the same
// few, and each is checked once.
func (b *build) placed(text diag.Text) *Expr {
	if node := b.placeholderNodes[text.Source]; node != nil {
		return b.add(text, node)
	}
	expr, list := b.expr(text, check.Want{NullableOK: true})
	b.list = append(b.list, list...)
	if expr != nil && len(list) == 0 {
		b.placeholderNodes[text.Source] = expr.Node
	}
	return expr
}

// known reports whether a name without a point is one of the placeholders that
// the source has of its own.
func (b *build) known(name string) bool {
	_, slot := b.scope.Slots[name]
	_, define := b.scope.Defines[name]
	return slot || define
}

// placeholders are the names that a message of the source can have, sorted.
func (b *build) placeholders() []string {
	names := []string{"amount", "customer", "expires_on", "order", "reason", "seller", "source"}
	for name := range b.scope.Slots {
		names = append(names, name)
	}
	for name := range b.scope.Defines {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
