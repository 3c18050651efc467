package transport

import "sync"

// recordBufferBytes is the largest buffer kept for other connections.
const recordBufferBytes = 64 << 10

// unsent is what a layer between the queue and the socket has made, such as records of TLS or frames of WebSocket, and the socket has not taken yet.
// Its buffer comes from a pool and goes back when all is written, so that an idle connection holds none.
type unsent struct {
	// mu is where the flusher and the connection's goroutine (alerts, key updates) meet. Taken after Conn.mu, if both.
	mu      sync.Mutex
	records *records
	offset  int // bytes of records that are written
}

type records struct{ buf []byte }

var recordsPool = sync.Pool{New: func() any { return new(records) }}

// extend has more appended. Without room for it, most being the bound of all that is held, it appends nothing and returns false.
func (u *unsent) extend(more, most int, appendTo func(buf []byte) []byte) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.records == nil {
		u.records = recordsPool.Get().(*records)
	}
	if len(u.records.buf)+more > most { // with those that are written: the buffer is only let go of when all are
		return false
	}
	u.records.buf = appendTo(u.records.buf)
	return true
}

// any tells whether something waits to be written.
func (u *unsent) any() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.records != nil
}

// pending is what waits, nil when nothing does.
func (u *unsent) pending() []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.records == nil {
		return nil
	}
	return u.records.buf[u.offset:]
}

// sent tells that n bytes have been written.
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
