package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"amends/pipeline/match"
	"amends/pipeline/report"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/diag"
)

// diffRules is the rulebook of one side, and what people call it.
type diffRules struct {
	name    string
	what    string // for people who did not name it
	project *project
	// file is where the place of a rule is shown instead of shown: of a single
	// file that stands in for one of the workspace's.
	shown, file string
}

// place puts the file that the author wrote into diagnostics of an error.
func (r *diffRules) place(err error) error {
	var bad *diag.ListError
	if r.file == "" || !errors.As(err, &bad) {
		return err
	}
	return r.replaced(bad.List).Err()
}

func (r *diffRules) replaced(list diag.List) diag.List {
	out := slices.Clone(list)
	for i := range out {
		if out[i].Pos.File == r.shown {
			out[i].Pos.File = r.file
		}
	}
	return out
}

// loadSides reads the workspace with its own rules and with the others. The
// error lists what is wrong with either.
func loadSides(dir string, request DiffRequest) (a, b *diffRules, err error) {
	p, list, err := loadProject(dir)
	if err != nil {
		return nil, nil, err
	}
	if p == nil && !rulesBroken(list) {
		return nil, nil, list.Err() // without amends.yaml there is nothing to compare
	}
	b, more, err := loadOther(dir, request)
	if err != nil {
		return nil, nil, err
	}
	list = append(list, more...)
	list.Sort()
	if err := list.Err(); err != nil {
		return nil, nil, err
	}
	if len(b.project.rulebook.Rules) == 0 && !request.Whole {
		return nil, nil, fmt.Errorf("%w: --with %s: no rule is left in B (%s has %s); to change one file of rules, name that file; to compare with nothing, add --whole",
			ErrUsage, request.With, p.work.Rules, report.Counted(int64(len(p.rulebook.Rules)), "rule", "rules"))
	}
	return &diffRules{name: p.work.Rules, what: "the workspace's rules as they are now (" + p.work.Rules + ")", project: p}, b, nil
}

// rulesBroken reports whether the errors are those of rule files alone.
func rulesBroken(list diag.List) bool {
	return !slices.ContainsFunc(list, func(d diag.Diagnostic) bool {
		return d.Severity == diag.Error && d.Pos.File == WorkspaceFile
	})
}

// loadOther reads the rulebook of side B for the workspace in dir: a folder of
// rules, the rules of another workspace, or one file that takes the place of the
// file of its name, or is one more.
func loadOther(dir string, request DiffRequest) (*diffRules, diag.List, error) {
	with := request.With
	content, err := readBounded(filepath.Join(dir, WorkspaceFile))
	if err != nil {
		return nil, nil, err
	}
	work, list := workspace.Parse(WorkspaceFile, content)
	if list.HasErrors() {
		return nil, nil, nil // the workspace's own diagnostics say so
	}
	other := &diffRules{name: filepath.ToSlash(filepath.Clean(with))}
	info, err := os.Stat(with)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: --with %s: no such file or folder (it is looked for from the current folder)", ErrUsage, with)
	}
	if err != nil {
		return nil, nil, err
	}
	var files []rules.File
	if info.IsDir() {
		files, err = other.folder(with, content, work)
		if err == nil && other.name == filepath.ToSlash(filepath.Clean(with)) && !request.Whole {
			err = wholeRulebook(dir, with, work, files, request.tests)
		}
	} else {
		files, err = other.single(dir, with, work)
	}
	if err != nil {
		return nil, nil, err
	}
	shown := *work
	if other.file == "" {
		shown.Rules = other.name // diagnostics name this folder
	}
	other.project, list, err = newProject(dir, &shown, content, files, nil)
	if other.project != nil && other.file != "" {
		other.project.stands = map[string]string{other.shown: other.file}
	}
	return other, other.replaced(list), err
}

// folder reads the files of a folder of rules, or of the rules of a workspace
// that says of its sources what this one says.
func (r *diffRules) folder(with string, content []byte, work *workspace.Workspace) ([]rules.File, error) {
	switch theirs, err := readBounded(filepath.Join(with, WorkspaceFile)); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !bytes.Equal(theirs, content):
		return nil, fmt.Errorf("%w: --with %s: its %s differs from this workspace's in line %d, and both sides must read the same rows in the same way; to compare the rules alone, name its rules folder",
			ErrUsage, with, WorkspaceFile, firstDifference(theirs, content))
	default:
		with = filepath.Join(with, filepath.FromSlash(work.Rules))
		r.name = filepath.ToSlash(filepath.Clean(with))
	}
	r.what = "the rulebook in " + r.name
	files, err := ruleFiles(with)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%w: --with %s: no rules there: it has no file *.yaml", ErrUsage, with)
	}
	return files, err
}

// wholeRulebook refuses a folder that holds copies of some of the workspace's
// files of rules and nothing else: whoever changed a file alone means that file,
// and without the others the comparison would be with most rules gone.
func wholeRulebook(dir, with string, work *workspace.Workspace, files []rules.File, tests bool) error {
	own, err := ruleFiles(filepath.Join(dir, filepath.FromSlash(work.Rules)))
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, f := range files {
		there[path.Base(f.Path)] = true
	}
	var missing []string
	known := 0
	for _, f := range own {
		if there[path.Base(f.Path)] {
			known++
			delete(there, path.Base(f.Path))
		} else {
			missing = append(missing, f.Path)
		}
	}
	if known == 0 || len(missing) == 0 || len(there) > 0 {
		return nil
	}
	mend := "copy the others beside them"
	if len(files) == 1 {
		mend = "to change this file alone, name it: --with " + path.Join(filepath.ToSlash(filepath.Clean(with)), files[0].Path)
	}
	if !tests {
		mend += "; to compare without them, add --whole; side A is always the workspace as it is: where it has the change already, compare in a copy of the workspace that has the rules from before (-C), with these"
	}
	return fmt.Errorf("%w: --with %s: a folder is the whole rulebook, and of the %s of %s this one lacks %s; %s",
		ErrUsage, with, report.Counted(int64(len(own)), "file", "files"), work.Rules, firstNames(missing), mend)
}

// firstNames lists a few names, and counts the rest.
func firstNames(names []string) string {
	const most = 6
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// firstDifference is the first line in which two texts differ, from 1.
func firstDifference(a, b []byte) int {
	theirs, ours := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(theirs), len(ours)) {
		if !bytes.Equal(theirs[i], ours[i]) {
			return i + 1
		}
	}
	return min(len(theirs), len(ours)) + 1
}

// single reads one file, and the workspace's others beside it.
func (r *diffRules) single(dir, with string, work *workspace.Workspace) ([]rules.File, error) {
	base := filepath.Base(with)
	if !rules.IsTableFile(base) && (!strings.HasSuffix(base, ".yaml") || strings.HasSuffix(base, "_test.yaml")) {
		return nil, fmt.Errorf("%w: --with %s: a file of rules is named *.yaml, and not *_test.yaml, or is a decision table *.csv", ErrUsage, with)
	}
	content, err := readBounded(with)
	if err != nil {
		return nil, err
	}
	files, err := ruleFiles(filepath.Join(dir, filepath.FromSlash(work.Rules)))
	if err != nil {
		return nil, err
	}
	var same []int
	for i, f := range files {
		if path.Base(f.Path) == base {
			same = append(same, i)
		}
	}
	r.file = r.name
	if rules.IsTableFile(base) && len(same) == 0 {
		return nil, fmt.Errorf("%w: --with %s: a file of rules is named *.yaml, and a decision table as the one of %s that it stands for", ErrUsage, with, work.Rules)
	}
	switch len(same) {
	case 0:
		files = append(files, rules.File{Path: base, Bytes: content})
		r.shown, r.name = showRule(work, base), work.Rules+" and "+r.file
		r.what = "the same with " + r.file + " as one more file"
	case 1:
		files[same[0]].Bytes = content
		r.shown = showRule(work, files[same[0]].Path)
		r.what = "the same with " + r.file + " in place of " + r.shown
	default:
		return nil, fmt.Errorf("%w: --with %s: %d files of %s have this name; name a folder with the whole rulebook", ErrUsage, with, len(same), work.Rules)
	}
	return files, nil
}

// line is where a rule stands.
func (r *diffRules) line(at diag.Text) string {
	p, _ := at.At(0)
	return fmt.Sprintf("%s:%d", placeOf(r.project, p.File), p.Line)
}

// places are where the rules stand, by id.
func (r *diffRules) places() map[string]string {
	places := map[string]string{}
	for _, rule := range r.project.rulebook.Rules {
		places[rule.ID] = r.line(rule.At)
	}
	return places
}

// parties are the columns of each source's ids, and which of diffColumns has
// them.
func (r *diffRules) parties() map[string]map[string]string {
	all := map[string]map[string]string{}
	for i := range r.project.work.Sources {
		s := &r.project.work.Sources[i]
		if s.Event != nil {
			all[s.Name] = map[string]string{
				s.Event.Customer.Source: "customer", s.Event.Order.Source: "order", s.Event.Seller.Source: "seller", s.CurrencyColumn.Source: "currency",
			}
		}
	}
	return all
}

// readBy makes the nights read the columns to break down by that their event
// sources have, whether rules read them or not.
func (r *diffRules) readBy(by []string, found schemas) {
	work := *r.project.work
	work.ReportBy = nil
	for _, column := range by {
		if diffKnown(column) || len(work.ReportBy) == maxReportColumns {
			continue
		}
		has, can := false, true
		for i := range work.Sources {
			if kind, named := found[work.Sources[i].Name].kinds[column]; named && work.Sources[i].Event != nil {
				has, can = true, can && slices.Contains(match.ReportKinds, kind)
			}
		}
		if has && can {
			work.ReportBy = append(work.ReportBy, diag.Text{Source: column})
		}
	}
	r.project.work = &work
}
