package parquetio

// Limits bound what a file may make its reader allocate or do. A zero field
// means its default, which is above what the known writers make.
type Limits struct {
	FooterBytes int64 // default 32 MiB
	PageBytes   int64 // a page or dictionary, compressed or not; default 128 MiB, as DuckDB's pages reach 100 MB
	PageValues  int64 // values of one page; default 16 Mi
	GroupRows   int64 // rows of one row group; default 64 Mi, the most that pyarrow writes
	Columns     int   // default 10,000
	RowGroups   int   // default 100,000
}

func (l Limits) orDefault() Limits {
	fill := func(v *int64, otherwise int64) {
		if *v <= 0 {
			*v = otherwise
		}
	}
	fill(&l.FooterBytes, 32<<20)
	fill(&l.PageBytes, 128<<20)
	fill(&l.PageValues, 16<<20)
	fill(&l.GroupRows, 64<<20)
	if l.Columns <= 0 {
		l.Columns = 10_000
	}
	if l.RowGroups <= 0 {
		l.RowGroups = 100_000
	}
	return l
}
