package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// takesFile reports why a file could not be written under this name, before the
// work whose result it is to hold is done: a file that is there stays as it is,
// and one that is not is made and removed. The name "" is no file. What is no
// plain file, such as /dev/stdout, is not tried. The error names the flag.
func takesFile(flag, name string) error {
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		err = errors.Join(file.Close(), os.Remove(name))
	} else if errors.Is(err, fs.ErrExist) {
		if file, err = os.OpenFile(name, os.O_WRONLY, 0); err == nil {
			err = file.Close()
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return nil
}

// takesWhole is takesFile for a file that is written beside its name and then
// renamed: the folder has to take it, and the name is no folder.
func takesWhole(flag, name string) error {
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fmt.Errorf("%s: %s is a folder: name a file", flag, name)
	}
	return takesFile(flag, name+".partial")
}

// takesFolder reports why files could not be written in a folder that may still
// have to be made: in the nearest one above it that is there, one is made and removed.
func takesFolder(flag, dir string) error {
	if dir == "" {
		return nil
	}
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	trial, err := os.MkdirTemp(dir, ".amends-out-*")
	if err == nil {
		err = os.Remove(trial)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return nil
}

// takesAll returns the first of these errors.
func takesAll(failed ...error) error {
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}
