package parquetio

// Inflate reads and decompresses every page of one column chunk, decodes none,
// and returns their bytes: what any reader of the column has to do at the least.
// Benchmarks hold a scan against it. Only one call at a time may use buffers.
func (f *File) Inflate(group, field int, buffers *Buffers) (bytes int64, err error) {
	c, err := f.Chunk(group, field, buffers)
	if err != nil {
		return 0, err
	}
	for c.pages.left > 0 {
		h, err := c.pages.header()
		if err == nil {
			buffers.page, err = c.pages.body(h, buffers.nextPage())
		}
		if err != nil {
			return 0, place(group, c.field, err)
		}
		bytes += int64(len(buffers.page))
	}
	return bytes, nil
}
