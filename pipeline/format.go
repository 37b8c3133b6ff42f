package pipeline

import (
	"os"
	"path/filepath"

	"amends/pipeline/workspace"
	"amends/rules"
	"amends/rules/diag"
)

// WrittenFiles are the YAML files that people write in a workspace, relative to
// its folder: amends.yaml, the rulebook and its tests.
func WrittenFiles(c Config) ([]string, diag.List, error) {
	c = c.withDefaults()
	content, err := readBounded(filepath.Join(c.Dir, WorkspaceFile))
	if err != nil {
		return nil, nil, err
	}
	work, list := workspace.Parse(WorkspaceFile, content)
	if list.HasErrors() {
		return nil, list, nil
	}
	names := []string{WorkspaceFile}
	for _, tests := range []bool{false, true} {
		files, err := rulebookFiles(filepath.Join(c.Dir, filepath.FromSlash(work.Rules)), tests)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range files {
			if !rules.IsTableFile(f.Path) {
				names = append(names, showRule(work, f.Path))
			}
		}
	}
	return names, nil, nil
}

// ReplaceFile puts content in the place of a file, with its permissions: whoever
// reads it finds the old or the new.
func ReplaceFile(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(path), ".amends-fmt-*")
	if err != nil {
		return err
	}
	_, err = beside.Write(content)
	if err == nil {
		err = beside.Chmod(info.Mode().Perm())
	}
	if closed := beside.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(beside.Name(), path)
	}
	if err != nil {
		_ = os.Remove(beside.Name()) // the error before says what is wrong
	}
	return err
}
