package scan

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"amends/pipeline/parquetio"
	"amends/rules/calendar"
	"amends/rules/ir"
	"amends/rules/money"
)

// job is a piece of work: a row group to read, or, with group -1, a file whose
// digest is to be computed.
type job struct {
	file     int
	group    int
	firstRow int64
	sequence int64 // of the group's first batch
	passed   bool  // the group is not read; see Reading.Pass
	columns  []int // indices of those to read; nil is all
}

// scanner is what a Reading knows of its files.
type scanner struct {
	request *Request
	sources []*source
	plans   [][]columnPlan // of each file
	jobs    []job
	stats   []FileStats
}

// newScan opens every file and plans the work, so that a bad footer or a
// missing column shows before any row is read.
func newScan(ctx context.Context, request *Request) (*scanner, error) {
	n := len(request.Files)
	s := &scanner{request: request,
		sources: make([]*source, n), plans: make([][]columnPlan, n), stats: make([]FileStats, n)}
	err := inOrder(ctx, n, request.Workers, func(_, i int) error {
		opened, err := openFile(request.Files[i])
		if err != nil {
			return fmt.Errorf("source %q: %w", request.Source, err)
		}
		opened.release() // it is opened again when its turn comes
		s.sources[i] = opened
		s.plans[i], err = plan(request, opened)
		return err
	})
	if err != nil {
		return nil, err
	}
	sequence := int64(0)
	for i, source := range s.sources {
		s.stats[i] = FileStats{Name: source.file.Name, Size: source.size, Rows: source.parquet.Rows()}
		if !request.NoDigests {
			s.jobs = append(s.jobs, job{file: i, group: -1})
		}
		first := int64(0)
		for group, rows := range source.parquet.GroupRows() {
			s.jobs = append(s.jobs, job{file: i, group: group, firstRow: first, sequence: sequence})
			batch := int64(request.BatchRows)
			sequence += (rows + batch - 1) / batch
			first += rows
		}
	}
	return s, nil
}

// run does jobs, each worker with buffers of its own.
func (s *scanner) run(ctx context.Context, jobs []job, visit func(Part, *ir.Batch, []Reject) error) error {
	workers := make([]*worker, s.request.Workers)
	defer func() {
		for _, w := range workers {
			w.release()
		}
	}()
	return inOrder(ctx, len(jobs), s.request.Workers, func(id, i int) error {
		j := jobs[i]
		if j.group < 0 {
			return s.digest(j.file)
		}
		if workers[id] == nil {
			workers[id] = newWorker(ctx, s, id, visit)
		}
		return workers[id].readGroup(j)
	})
}

func (s *scanner) digest(file int) (err error) {
	if watch := s.request.Watch; watch != nil {
		defer watch("digest of " + s.request.Source)()
	}
	if s.stats[file].SHA256, err = s.sources[file].digest(); err != nil {
		return fmt.Errorf("source %q: %w", s.request.Source, err)
	}
	return nil
}

// inOrder calls work for 0 to n-1 from so many goroutines, and returns the
// error of the lowest index that has one. Indices are handed out in order, so
// all below the first failure have been begun, and they are finished.
func inOrder(ctx context.Context, n, workers int, work func(worker, i int) error) error {
	var (
		next   atomic.Int64
		failed atomic.Bool
		mu     sync.Mutex
		first  error
		at     = n
		group  sync.WaitGroup
	)
	for id := range min(workers, n) {
		group.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = work(id, i)
				}
				if err != nil {
					failed.Store(true)
					mu.Lock()
					if i < at {
						at, first = i, err
					}
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	return first
}

// worker owns the buffers of one goroutine.
type worker struct {
	ctx     context.Context // of one run
	scan    *scanner
	visit   func(Part, *ir.Batch, []Reject) error
	id      int
	columns []*columnBuffers
	batch   ir.Batch
	rejects rejects
	clock   *calendar.Offsets
	units   map[string]money.Decimal // minor units of the currencies seen

	dictUnits dictionaryUnits // of the currency column
}

// columnBuffers is what reading one column reuses.
type columnBuffers struct {
	buffers parquetio.Buffers
	values  parquetio.Values
	chunk   *parquetio.Chunk
	ints    []int64
	valid   []bool
	checked *ir.Dictionary // the last whose texts were looked at
	bad     []bool         // its entries that are not UTF-8; empty where all are
}

// spareColumns are the buffers of columns that no worker reads at the time: a small
// night has a scan for each of a dozen tables, and its memory is cleared by the
// system page by page.
var spareColumns = sync.Pool{New: func() any { return new(columnBuffers) }}

func newWorker(ctx context.Context, s *scanner, id int, visit func(Part, *ir.Batch, []Reject) error) *worker {
	n := len(s.request.Columns)
	w := &worker{ctx: ctx, scan: s, visit: visit, id: id, columns: make([]*columnBuffers, n), batch: ir.Batch{Columns: make([]ir.Vector, n)},
		clock: calendar.NewOffsets(s.request.Zone), units: map[string]money.Decimal{}}
	var inflater parquetio.Inflater
	for i := range w.columns {
		w.columns[i] = spareColumns.Get().(*columnBuffers)
		w.columns[i].buffers.Borrow, w.columns[i].buffers.Inflater = true, &inflater
	}
	return w
}

// release gives the buffers to others; the worker, which may be nil, reads no more.
func (w *worker) release() {
	if w == nil {
		return
	}
	for _, c := range w.columns {
		c.chunk, c.checked, c.values.Dict, c.buffers.Inflater = nil, nil, nil, nil
		spareColumns.Put(c)
	}
	w.columns = nil
}

// readGroup reads one row group batch by batch.
func (w *worker) readGroup(j job) error {
	s := w.scan
	source, plans := s.sources[j.file], s.plansOf(j)
	clear(w.batch.Columns)
	fail := func(err error) error { return fmt.Errorf("source %q: %s: %w", s.request.Source, source.file.Name, err) }
	if err := source.acquire(); err != nil {
		return fmt.Errorf("source %q: %w", s.request.Source, err)
	}
	defer source.release()
	for i := range plans {
		c := w.columns[plans[i].place]
		var err error
		if c.chunk, err = source.parquet.Chunk(j.group, plans[i].index, &c.buffers); err != nil {
			return fail(err)
		}
	}
	groupRows := source.parquet.GroupRows()[j.group]
	for done := int64(0); done < groupRows; {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		rows := int(min(int64(s.request.BatchRows), groupRows-done))
		for i := range plans {
			c := w.columns[plans[i].place]
			if err := c.chunk.Read(rows, &c.values); err != nil {
				return fail(err)
			}
		}
		w.convert(plans, rows)
		part := Part{File: j.file, RowGroup: j.group, FirstRow: j.firstRow + done, Worker: w.id, Sequence: j.sequence}
		if err := w.visit(part, &w.batch, w.rejects.sorted()); err != nil {
			return err
		}
		j.sequence++
		done += int64(rows)
	}
	return nil
}
