// Package samples holds runnable workspaces, and the seeded generator of the
// data that the marketplace one reads. Its law: the same options and the same
// open credits give the same bytes, on every machine.
//
// It never runs rules: what became of the data is for whoever runs the nights.
package samples

import (
	"embed"
	"fmt"
	"io/fs"
	"path/filepath"
)

//go:embed marketplace/amends.yaml marketplace/rules/*.yaml marketplace/rules/*.csv
//go:embed starter/amends.yaml starter/README.md starter/rules/*.yaml
var workspaces embed.FS

// copyWorkspace writes the embedded files of one workspace into dir.
func copyWorkspace(name, dir string) error {
	err := fs.WalkDir(workspaces, name, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := workspaces.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(name, filepath.FromSlash(path))
		if err != nil {
			return err
		}
		return writeFile(filepath.Join(dir, relative), data)
	})
	if err != nil {
		return fmt.Errorf("workspace %s: %w", name, err)
	}
	return nil
}
