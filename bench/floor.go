package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"amends/pipeline"
	"amends/pipeline/parquetio"
)

// chunks are the columns that a night reads of a source's files.
type chunks struct {
	paths   []string
	columns []string
}

// chunksRead asks amends which columns the rules in use read of every row.
func (c *contender) chunksRead(ctx context.Context) ([]chunks, error) {
	plan, list, err := pipeline.Plan(ctx, pipeline.Config{Dir: c.work, Workers: c.workers})
	if err := errors.Join(err, list.Err()); err != nil {
		return nil, err
	}
	var all []chunks
	for _, s := range plan.Sources {
		paths, err := filepath.Glob(filepath.Join(c.folder, "data", s.Source, "dt="+measuredNight, "*.parquet"))
		if err != nil {
			return nil, err
		}
		if len(paths) > 0 {
			all = append(all, chunks{paths, s.Columns})
		}
	}
	if len(all) == 0 {
		return nil, errNoFiles
	}
	return all, nil
}

// floor times the decompression of the columns that the rules need, and nothing
// else: no engine can be below it on these files.
func (c *contender) floor(all []chunks) (elapsed time.Duration, err error) {
	started := time.Now()
	for _, source := range all {
		for _, path := range source.paths {
			if err := inflate(path, source.columns, c.workers); err != nil {
				return 0, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return time.Since(started), nil
}

func inflate(path string, columns []string, workers int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := parquetio.Open(f, info.Size(), parquetio.Limits{})
	if err != nil {
		return err
	}
	fields := make([]int, len(columns))
	for i, name := range columns {
		field, found := file.Field(name)
		if !found {
			return fmt.Errorf("no column %q", name)
		}
		fields[i] = field
	}
	groups := make(chan int)
	failed := make(chan error, workers)
	for range workers {
		go func() {
			var buffers parquetio.Buffers
			var failure error
			for group := range groups {
				for _, field := range fields {
					if _, err := file.Inflate(group, field, &buffers); err != nil && failure == nil {
						failure = err
					}
				}
			}
			failed <- failure
		}()
	}
	for group := range file.GroupRows() {
		groups <- group
	}
	close(groups)
	var all error
	for range workers {
		all = errors.Join(all, <-failed)
	}
	return all
}
