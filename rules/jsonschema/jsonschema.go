// Package jsonschema makes JSON Schemas of the tables that the parsers read by,
// so that an editor's hover, completion and marks say what amends check will.
// Its law: a file that says something, and of which the parser finds nothing
// wrong, is valid. The other way round it does not hold: a schema cannot see
// everything that a parser does.
package jsonschema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"amends/rules/document"
)

// dialect is the one that the language servers of YAML know best.
const dialect = "http://json-schema.org/draft-07/schema#"

// Names are those of a workspace, by what they name. A kind without an entry is
// not known: any text serves.
type Names map[document.Names][]string

// closed are the names that stand in amends.yaml alone, so that one which is
// not there is a mistake. The others are defined in the very files that are
// being written: they are offered, and any other text serves too.
var closed = []document.Names{document.SourceNames, document.RowNames}

type object = map[string]any

// Make returns a schema as indented JSON with a newline at its end. The same
// shape and names give the same bytes.
func Make(shape *document.Shape, title string, names Names) ([]byte, error) {
	g := &generator{names: names, records: map[*document.Record]string{}, definitions: object{}}
	root := g.shape(shape)
	root["$schema"], root["title"] = dialect, title
	if len(g.definitions) > 0 {
		root["definitions"] = g.definitions
	}
	data, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(data, '\n'), nil
}

type generator struct {
	names       Names
	records     map[*document.Record]string // the definition of each
	definitions object
}

// texts is what YAML may make of a text without quotes.
var texts = []string{"string", "number", "boolean"}

func (g *generator) shape(s *document.Shape) object {
	o := g.form(s)
	if s.Or != nil {
		o = object{"anyOf": []any{o, g.shape(s.Or)}}
	}
	describe(o, s)
	return o
}

// describe adds what a hover shows.
func describe(o object, s *document.Shape) {
	doc := Describe(s)
	if doc == "" {
		return
	}
	if _, refers := o["$ref"]; refers { // what stands beside $ref is not read
		ref := o["$ref"]
		delete(o, "$ref")
		o["allOf"] = []any{object{"$ref": ref}}
	}
	o["description"] = doc
	if len(s.Examples) > 0 && s.Kind <= document.Message {
		o["examples"] = s.Examples
	}
}

// Describe says what a value is, in words, with what holds without it and an
// example.
func Describe(s *document.Shape) string {
	doc := s.Doc
	if s.Default != "" {
		doc += " Without it: " + s.Default + "."
	}
	if len(s.Examples) > 0 {
		doc += " Example: " + strings.Join(s.Examples, " or ")
	}
	return strings.TrimSpace(doc)
}

func (g *generator) form(s *document.Shape) object {
	switch s.Kind {
	case document.Whole:
		return object{"type": "integer", "minimum": s.Low, "maximum": s.High}
	case document.Number:
		o := object{"type": "number", "minimum": 0}
		if s.High > 0 {
			o["maximum"] = s.High
		}
		return o
	case document.Truth:
		return object{"type": "boolean"}
	case document.Day:
		return object{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`}
	case document.OneOf:
		return object{"enum": s.Words}
	case document.Words, document.Texts:
		item := g.text(s)
		if s.Kind == document.Words {
			item = object{"enum": s.Words}
		}
		return object{"anyOf": []any{item, object{"type": "array", "items": item, "minItems": least(s)}}}
	case document.Value:
		return object{"type": append(slices.Clone(texts), "null")}
	case document.Nothing:
		return object{"type": "null"}
	case document.Amounts:
		return object{"type": "object", "minProperties": 1, "propertyNames": object{"pattern": "^[A-Z]{3}$"},
			"additionalProperties": object{"type": "number", "minimum": 0}}
	case document.List:
		return object{"type": "array", "items": g.shape(s.Each)}
	case document.ByName:
		return g.byName(s)
	case document.Map:
		return g.record(s.Record)
	case document.Tree:
		return g.tree()
	default:
		return g.text(s)
	}
}

// least is how few values a list may have: of expectations none says that there
// is none.
func least(s *document.Shape) int {
	if s.Kind == document.Texts && s.Names == document.NoNames || s.Names == document.RuleNames {
		return 0
	}
	return 1
}

func (g *generator) text(s *document.Shape) object {
	o := object{"type": texts}
	if s.Pattern != "" {
		o = patterned(s.Pattern)
	}
	known := slices.Concat(s.Words, g.names[s.Names])
	switch {
	case len(known) == 0:
		return o
	case slices.Contains(closed, s.Names) && g.names[s.Names] != nil:
		return object{"enum": known}
	}
	return object{"anyOf": []any{object{"enum": known}, o}}
}

// patterned is a text with a pattern, which a schema holds only strings to.
func patterned(pattern string) object {
	types := []string{"string"}
	for kind, example := range map[string]string{"number": "5", "boolean": "true"} {
		if regexp.MustCompile(whole(pattern)).MatchString(example) {
			types = append(types, kind)
		}
	}
	slices.Sort(types)
	return object{"type": types, "pattern": whole(pattern)}
}

func whole(pattern string) string { return "^(?:" + pattern + ")$" }

func (g *generator) byName(s *document.Shape) object {
	o := object{"type": "object"}
	each := g.shape(s.Each)
	names := g.names[s.Names]
	if len(names) > 0 {
		properties := object{}
		for _, name := range names {
			properties[name] = each
		}
		o["properties"] = properties
	}
	if slices.Contains(closed, s.Names) && names != nil {
		o["additionalProperties"] = false
		return o
	}
	o["additionalProperties"] = each
	if s.Pattern != "" {
		o["propertyNames"] = object{"pattern": whole(s.Pattern)}
	}
	return o
}

// record refers to a definition, which is made once.
func (g *generator) record(r *document.Record) object {
	name, made := g.records[r]
	if !made {
		name = strings.ReplaceAll(r.What, " ", "-")
		for g.definitions[name] != nil {
			name += "-"
		}
		g.records[r] = name
		o := object{"type": "object", "additionalProperties": false}
		g.definitions[name] = o
		properties := object{}
		var needed []string
		for i := range r.Keys {
			key := &r.Keys[i]
			properties[key.Name] = g.shape(&key.Shape)
			if key.Needed {
				needed = append(needed, key.Name)
			}
		}
		o["properties"] = properties
		if len(needed) > 0 {
			o["required"] = needed
		}
		if r.Rest != nil {
			for _, name := range g.names[r.Rest.Names] {
				if properties[name] == nil {
					properties[name] = g.shape(r.Rest)
				}
			}
			o["additionalProperties"] = g.shape(r.Rest)
		}
	}
	return object{"$ref": "#/definitions/" + name}
}

// tree is constants by key, as deep as the author likes.
func (g *generator) tree() object {
	if g.definitions["constants"] == nil {
		ref := object{"$ref": "#/definitions/constants"}
		g.definitions["constants"] = object{"anyOf": []any{object{"type": texts},
			object{"type": "object", "minProperties": 1, "additionalProperties": ref}}}
	}
	return object{"$ref": "#/definitions/constants"}
}
