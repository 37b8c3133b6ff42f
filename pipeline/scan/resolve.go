package scan

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"amends/rules/calendar"

	"github.com/bmatcuk/doublestar/v4"
)

// datePlaceholder is what a pattern holds where its files name their date.
const datePlaceholder = "{date}"

// maxFiles bounds what one source can match.
const maxFiles = 100_000

// Resolve returns the files that a pattern names, in bytewise order of their
// names, each once. Where the pattern holds {date}, they are those of the dates
// from to to, both included, and missing lists the dates without any; otherwise
// the dates do not matter. Patterns are relative to root, or absolute, and may
// leave root; *, ?, [..], {..,..} and ** match as in shells.
func Resolve(root, pattern string, from, to calendar.Date) (files []File, missing []calendar.Date, err error) {
	if !strings.Contains(pattern, datePlaceholder) {
		files, err = match(root, pattern)
		return files, nil, err
	}
	seen := map[string]bool{}
	for date := from; date <= to; date++ {
		found, err := match(root, strings.ReplaceAll(pattern, datePlaceholder, date.String()))
		if err != nil {
			return nil, nil, err
		}
		if len(found) == 0 {
			missing = append(missing, date)
		}
		for _, f := range found {
			if !seen[f.Name] {
				seen[f.Name] = true
				files = append(files, f)
			}
		}
	}
	sortFiles(files)
	return files, missing, nil
}

// Newest returns the files that a pattern names on whatever date, those of the
// newest date first and otherwise by name: to learn a schema from.
func Newest(root, pattern string) ([]File, error) {
	if !strings.Contains(pattern, datePlaceholder) {
		return match(root, pattern)
	}
	files, err := match(root, strings.ReplaceAll(pattern, datePlaceholder, "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"))
	if err != nil {
		return nil, err
	}
	// The glob takes any digits, and different ones in each place.
	kept, dates := files[:0], map[string]string{}
	for _, f := range files {
		for _, text := range isoDate.FindAllString(f.Name, -1) {
			if _, err := calendar.ParseDate(text); err != nil {
				continue
			}
			again, err := doublestar.Match(rooted(root, strings.ReplaceAll(pattern, datePlaceholder, text)), filepath.ToSlash(f.Path))
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", pattern, err)
			}
			if again && text > dates[f.Name] {
				dates[f.Name] = text
			}
		}
		if dates[f.Name] != "" {
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b File) int { return cmp.Compare(dates[b.Name], dates[a.Name]) })
	return kept, nil
}

var isoDate = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}`)

// rooted returns a pattern that starts at root, whose own characters stand for
// themselves.
func rooted(root, pattern string) string {
	pattern = filepath.ToSlash(pattern)
	if path.IsAbs(pattern) {
		return path.Clean(pattern)
	}
	return path.Join(literal(filepath.ToSlash(root)), pattern)
}

// plainly escapes what a pattern gives a meaning.
var plainly = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `{`, `\{`, `}`, `\}`)

func literal(name string) string { return plainly.Replace(name) }

// match returns the files that a pattern without {date} names.
func match(root, pattern string) ([]File, error) {
	if pattern == "" || strings.ContainsRune(pattern, 0) {
		return nil, fmt.Errorf("pattern %q names no file", pattern)
	}
	full := rooted(root, pattern)
	if !doublestar.ValidatePattern(full) {
		return nil, fmt.Errorf("pattern %q: %w", pattern, doublestar.ErrBadPattern)
	}
	var files []File
	seen := map[string]bool{}
	add := func(p string) error {
		name := p
		if !path.IsAbs(filepath.ToSlash(pattern)) {
			relative, err := filepath.Rel(root, filepath.FromSlash(p))
			if err != nil {
				return fmt.Errorf("pattern %q: %w", pattern, err)
			}
			name = filepath.ToSlash(relative)
		}
		if seen[name] {
			return nil
		}
		if len(files) == maxFiles {
			return fmt.Errorf("pattern %q names more than %d files", pattern, maxFiles)
		}
		seen[name] = true
		files = append(files, File{Path: filepath.FromSlash(p), Name: name})
		return nil
	}
	base, rest := doublestar.SplitPattern(full)
	if info, err := os.Stat(filepath.FromSlash(base)); err != nil || !info.IsDir() {
		if err != nil && !os.IsNotExist(err) {
			return nil, fmt.Errorf("pattern %q: %w", pattern, err)
		}
		return nil, nil
	}
	err := doublestar.GlobWalk(os.DirFS(filepath.FromSlash(base)), rest, func(p string, d fs.DirEntry) error {
		return add(path.Join(base, p))
	}, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors())
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	sortFiles(files)
	return files, nil
}

func sortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}
