package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"amends/pipeline/publish"
	"amends/pipeline/scan"
	"amends/pipeline/state"
	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/diag"
)

// WorkspaceFile is the name of the workspace file in its folder.
const WorkspaceFile = "amends.yaml"

// maxRuleFileBytes bounds one file of the rulebook and the workspace file: far
// above what people write, far below what could hurt.
const maxRuleFileBytes = 1 << 20

// project is a workspace with its rulebook: the bytes, and what they mean.
type project struct {
	dir            string
	work           *workspace.Workspace
	workspaceBytes []byte
	rulebook       *rules.Rulebook
	// stands is where a rule file really stands that takes the place of one of
	// the workspace's, by the path of that one; nil for most.
	stands map[string]string

	newest map[string][]scan.File // by source, as far as they were looked for; see newestFiles
}

// loadProject reads amends.yaml and the rules folder. Diagnostics are what the
// authors got wrong; an error is what the machine did not give.
func loadProject(dir string) (*project, diag.List, error) {
	p, list, err := readProject(dir)
	if err != nil || list.HasErrors() {
		return nil, list, err
	}
	return p, list, nil
}

// readProject is loadProject, and returns the project also where its rulebook
// has errors: for whoever looks for more of them.
func readProject(dir string) (*project, diag.List, error) {
	content, err := readBounded(filepath.Join(dir, WorkspaceFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("no workspace here: %s has no %s; `amends init` makes one, `-C DIR` names another folder", dir, WorkspaceFile)
	}
	if err != nil {
		return nil, nil, err
	}
	work, list := workspace.Parse(WorkspaceFile, content)
	if list.HasErrors() {
		return nil, list, nil
	}
	files, err := ruleFiles(filepath.Join(dir, filepath.FromSlash(work.Rules)))
	if err != nil {
		return nil, list, err
	}
	p, list := openProject(dir, work, content, files, list)
	return p, list, nil
}

// parseProject makes a project of bytes that a run was made with.
func parseProject(dir string, content []byte, files []rules.File) (*project, diag.List, error) {
	work, list := workspace.Parse(WorkspaceFile, content)
	if list.HasErrors() {
		return nil, list, nil
	}
	return newProject(dir, work, content, files, list)
}

// publishedProject is the workspace and rulebook as the run published them.
func publishedProject(dir string, chain *state.Chain, m *state.Manifest) (*project, error) {
	content, err := chain.ReadOutput(m, publish.WorkspaceFile)
	if err != nil {
		return nil, err
	}
	var files []rules.File
	for _, r := range m.Rules {
		bytes, err := chain.ReadOutput(m, publish.RulesFolder+"/"+r.Path)
		if err != nil {
			return nil, err
		}
		files = append(files, rules.File{Path: r.Path, Bytes: bytes})
	}
	p, list, err := parseProject(dir, content, files)
	if err != nil {
		return nil, err
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("the run of %s: its own rulebook: %w", m.BusinessDate, err)
	}
	return p, nil
}

func newProject(dir string, work *workspace.Workspace, content []byte, files []rules.File, list diag.List) (*project, diag.List, error) {
	p, list := openProject(dir, work, content, files, list)
	if list.HasErrors() {
		return nil, list, nil
	}
	return p, list, nil
}

func openProject(dir string, work *workspace.Workspace, content []byte, files []rules.File, list diag.List) (*project, diag.List) {
	book, more := rules.Parse(files)
	for i := range more {
		more[i].Pos.File = showRule(work, more[i].Pos.File)
	}
	list = append(list, more...)
	list = append(list, checkWindows(work, book)...)
	list.Sort()
	return &project{dir: dir, work: work, workspaceBytes: content, rulebook: book}, list
}

// checkWindows refuses limits that look further back than history is kept.
func checkWindows(work *workspace.Workspace, book *rules.Rulebook) diag.List {
	var list diag.List
	for _, l := range book.Limits {
		if l.WindowDays > work.HorizonDays {
			d := l.At.Diagnose(0, "B091", fmt.Sprintf("the limit %s looks %d days back, and history is kept for %d", l.ID, l.WindowDays, work.HorizonDays),
				"raise horizon_days in amends.yaml, or shorten window_days")
			d.Pos.File = showRule(work, d.Pos.File)
			list.Add(d)
		}
	}
	return list
}

// windowsOf are the days that rules look back, each with the call that does.
func windowsOf(program *rules.Program) map[int]string {
	windows := map[int]string{}
	for _, source := range program.Sources {
		for _, slot := range source.Slots {
			if slot.Days > 0 {
				windows[slot.Days] = slot.Name
			}
		}
	}
	return windows
}

// checkHistory refuses credits(N) and credited(N) that look further back than
// history is kept. What rules read says which; the text says where, and how much
// history a night reads: a window that it does not show is refused too.
func checkHistory(work *workspace.Workspace, program *rules.Program) diag.List {
	var list diag.List
	windows := windowsOf(program)
	if len(windows) == 0 {
		return nil
	}
	unread := maps.Clone(windows)
	for _, f := range program.Book.Files {
		for n, line := range strings.Split(string(f.Bytes), "\n") {
			if !strings.Contains(line, "credit") {
				continue // as nearly all: the pattern is slower to say so
			}
			for _, at := range historyCall.FindAllStringSubmatchIndex(line, -1) {
				days, _ := strconv.Atoi(line[at[2]:at[3]]) // at most six digits
				delete(unread, days)
				if _, read := windows[days]; !read || days <= work.HorizonDays {
					continue
				}
				list.Add(diag.Diagnostic{
					Pos:  diag.Pos{File: showRule(work, f.Path), Line: n + 1, Col: utf8.RuneCountInString(line[:at[0]]) + 1},
					Code: "B091", Message: fmt.Sprintf("%s) looks %d days back, and history is kept for %d", line[at[0]:at[1]], days, work.HorizonDays),
					Hint: "raise horizon_days in amends.yaml, or look less far back", Line: line,
				})
			}
		}
	}
	for _, days := range slices.Sorted(maps.Keys(unread)) { // nobody would read as much history
		list.Add(diag.Diagnostic{
			Pos: diag.Pos{File: showRule(work, "")}, Code: "B091",
			Message: fmt.Sprintf("how far back %s looks cannot be read from the rules' text", unread[days]),
			Hint:    "write it as " + unread[days] + ", plain digits right between the brackets",
		})
	}
	return list
}

// showRule gives a rule file's path relative to the workspace.
func showRule(work *workspace.Workspace, path string) string {
	if path == "" {
		return work.Rules
	}
	return strings.TrimSuffix(work.Rules, "/") + "/" + path
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRuleFileBytes {
		return nil, fmt.Errorf("%s: has %d bytes, at most %d are read", path, info.Size(), maxRuleFileBytes)
	}
	return os.ReadFile(path)
}

// testSuffix is what the names of test files beside rules end with.
const testSuffix = "_test.yaml"

// ruleFiles reads *.yaml, tests left out, and the decision tables *.csv below
// dir, in bytewise order of paths.
func ruleFiles(dir string) ([]rules.File, error) { return rulebookFiles(dir, false) }

// rulebookFiles reads the rules below dir, or the tests that stand beside them.
func rulebookFiles(dir string, tests bool) ([]rules.File, error) {
	var files []rules.File
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && path != dir && strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		if table := rules.IsTableFile(name); table && tests || !table && (!strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, testSuffix) != tests) || entry.IsDir() || strings.HasPrefix(name, ".") {
			return nil
		}
		content, err := readBounded(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files = append(files, rules.File{Path: filepath.ToSlash(relative), Bytes: content})
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		if _, missing := os.Stat(dir); missing != nil {
			return nil, fmt.Errorf("there is no folder %s: rules: in %s names the folder of the files of rules: %w", dir, WorkspaceFile, fs.ErrNotExist)
		}
		return nil, fmt.Errorf("rules folder: %w", err)
	}
	slices.SortFunc(files, func(a, b rules.File) int { return strings.Compare(a.Path, b.Path) })
	return files, err
}

// pathOf is where a file that a manifest names is opened.
func (p *project) pathOf(name string) string {
	path := filepath.FromSlash(name)
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.dir, path)
}
