package transport

import "sync"

// recordBufferBytes is the maximum size of a buffer that returns to the pool.
const recordBufferBytes = 64 << 10

// unsent holds encoded data, such as TLS records or WebSocket frames, until the socket accepts it. Its buffer comes
// from a pool and returns there once written, so that an idle connection holds none.
type unsent struct {
	// mu protects the fields between a flush and the connection's goroutine, which writes alerts and key updates. If
	// both are needed, Conn.mu is locked first.
	mu      sync.Mutex
	records *records
	offset  int // bytes of records that have been written
}

type records struct{ buf []byte }

var recordsPool = sync.Pool{New: func() any { return new(records) }}

// extend calls appendTo, which appends more bytes. If that would make the data larger than most, it does nothing and
// returns false.
func (u *unsent) extend(more, most int, appendTo func(buf []byte) []byte) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.records == nil {
		u.records = recordsPool.Get().(*records)
	}
	if len(u.records.buf)+more > most { // written bytes count too: they stay in the buffer until all are written
		return false
	}
	u.records.buf = appendTo(u.records.buf)
	return true
}

// any reports whether there is something to write.
func (u *unsent) any() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.records != nil
}

// pending returns the data to write, or nil.
func (u *unsent) pending() []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.records == nil {
		return nil
	}
	return u.records.buf[u.offset:]
}

// sent records that n bytes have been written.
func (u *unsent) sent(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.offset += n
	r := u.records
	if r == nil || u.offset < len(r.buf) {
		return
	}
	u.records, u.offset = nil, 0
	if cap(r.buf) <= recordBufferBytes {
		r.buf = r.buf[:0]
		recordsPool.Put(r)
	}
}
