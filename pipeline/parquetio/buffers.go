package parquetio

import "sync/atomic"

// Buffers is what reading a column needs: kept by one goroutine, reused for
// chunk after chunk, so that a scan allocates little. The zero value is ready.
//
// Texts share the memory of their pages. They never change; a page whose texts
// were handed out stays in memory as long as one of them does, so clone what
// lives longer than its batch. With Borrow, pages are read over one another: a
// text is valid until the next Read that uses the buffers, and whatever lives
// longer must be cloned.
type Buffers struct {
	values Values // of ReadColumn
	Borrow bool   // texts are borrowed until the next Read, and codes stay codes; see Values.Dict

	// Inflater may be that of other buffers of the same goroutine: columns that
	// are read in turn need one. Nil stands for one of its own.
	Inflater *Inflater

	in      window
	page    []byte
	recycle bool     // pages whose texts were handed out are held until a Cursor lets go of them
	lent    bool     // texts of page were handed out
	held    [][]byte // pages before page whose texts this Read hands out, or with recycle any Read did
	free    [][]byte
	codes   []int32
	valid   []bool
}

// Scribble makes every Read with Borrow overwrite the texts that the one before
// lent. Tests of who reads set it: a text that is kept by mistake is otherwise
// wrong only where another page takes its memory.
var Scribble atomic.Bool

// scribble overwrites what was lent.
func (c *Chunk) scribble() {
	if !c.buffers.Borrow {
		return
	}
	for _, page := range c.buffers.held {
		overwrite(page)
	}
	if source, ok := c.source.(*plain); ok {
		lent := len(source.body) - len(source.text)
		overwrite(source.body[source.gone:lent])
		source.gone = lent
	}
}

func overwrite(page []byte) {
	for i := range page {
		page[i] = '#'
	}
}

// begin begins a Read: what the one before handed out is not used any more.
func (b *Buffers) begin() {
	if !b.Borrow {
		return
	}
	b.lent = false
	b.free = append(b.free, b.held...)
	b.held = b.held[:0]
}

// nextPage returns memory for the next page.
func (b *Buffers) nextPage() []byte {
	if !b.lent {
		return b.page
	}
	b.lent = false
	if !b.Borrow && !b.recycle {
		return nil
	}
	b.held = append(b.held, b.page)
	if n := len(b.free); n > 0 {
		page := b.free[n-1]
		b.free = b.free[:n-1]
		return page
	}
	return nil
}
