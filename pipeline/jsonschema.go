package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"amends/pipeline/ruletest"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/document"
	"amends/rules/jsonschema"
)

// SchemaFiles are the kinds of files that JSONSchema knows.
var SchemaFiles = []string{"workspace", "rules", "tests"}

// JSONSchema is the schema of one of SchemaFiles, for editors. In a workspace it
// knows its names, as far as its files can be read; elsewhere only the keys.
func JSONSchema(c Config, kind string) ([]byte, error) {
	c = c.withDefaults()
	shapes := map[string]struct {
		shape *document.Shape
		title string
	}{
		"workspace": {workspace.FileShape(), "amends.yaml"},
		"rules":     {rules.FileShape(), "rules of amends"},
		"tests":     {ruletest.FileShape(), "tests of rules of amends"},
	}
	of, known := shapes[kind]
	if !known {
		return nil, fmt.Errorf("%w: %q: expected one of %v", ErrUsage, kind, SchemaFiles)
	}
	return jsonschema.Make(of.shape, of.title, schemaNames(c.Dir))
}

// schemaNames are the names of a workspace; nil where there is none, or its
// amends.yaml has errors.
func schemaNames(dir string) jsonschema.Names {
	content, err := readBounded(filepath.Join(dir, WorkspaceFile))
	if err != nil {
		return nil
	}
	work, list := workspace.Parse(WorkspaceFile, content)
	if list.HasErrors() {
		return nil // of half the sources the other half would be mistakes
	}
	p := &project{dir: dir, work: work}
	folder := filepath.Join(dir, filepath.FromSlash(work.Rules))
	if files, err := rulebookFiles(folder, false); err == nil {
		p.rulebook, _ = rules.Parse(files)
	}
	names := projectNames(p)
	tables, _ := filepath.Glob(filepath.Join(folder, "*.csv"))
	for _, table := range tables {
		if info, err := os.Stat(table); err == nil && info.Mode().IsRegular() {
			names[document.TableFiles] = append(names[document.TableFiles], filepath.Base(table))
		}
	}
	return names
}

// projectNames are the names that a project's files define.
func projectNames(p *project) jsonschema.Names {
	names := jsonschema.Names{}
	add := func(of document.Names, name string) {
		if name != "" && !slices.Contains(names[of], name) {
			names[of] = append(names[of], name)
		}
	}
	found, err := p.learnMissing(schemas{}, anyDate)
	if err != nil {
		found = schemas{} // a file that cannot be read has no columns to offer
	}
	for i := range p.work.Sources {
		s := &p.work.Sources[i]
		add(document.AnySources, s.Name)
		prefix := ""
		switch {
		case s.Event != nil:
			add(document.SourceNames, s.Name)
			add(document.RowNames, s.Name)
		case s.Dimension != nil:
			add(document.RowNames, s.Dimension.As.Source)
			prefix = s.Dimension.As.Source + "."
		}
		for _, f := range found[s.Name].fields {
			add(document.ColumnNames, f.Name)
			if prefix != "" {
				add(document.ColumnNames, prefix+f.Name)
			}
		}
	}
	if p.rulebook != nil {
		for name := range p.rulebook.Terms {
			add(document.TermsNames, name)
		}
		for i := range p.rulebook.Rules {
			add(document.RuleNames, p.rulebook.Rules[i].ID)
			add(document.ReasonNames, p.rulebook.Rules[i].Reason)
		}
	}
	for _, list := range names {
		slices.Sort(list)
	}
	return names
}
