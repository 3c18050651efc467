package transport

import (
	"math"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// scratchBytes is how much one write can gather. A TLS record can hold as much.
	scratchBytes = 16 << 10
	// flushRounds is how often a flush writes before it leaves the rest, which others keep adding to, to a goroutine.
	flushRounds = 16
)

// scratch is the working memory of a flush. It comes from a pool, so that a flush allocates nothing.
type scratch struct {
	buf  [scratchBytes]byte
	conn *Conn
	full bool
	once func(fd uintptr) bool
}

var scratches = sync.Pool{New: func() any {
	s := new(scratch)
	s.once = func(fd uintptr) bool {
		s.full = s.conn.pump(int(fd), s.buf[:], flushRounds)
		return true
	}
	return s
}}

// Send queues b. It does not copy b, which nobody may modify afterwards. It never blocks, makes no system call, and
// usually does not allocate. It returns true if the caller must call Flush soon, because it is the first to queue
// something since the last flush, or because the queue has overflowed. If the connection is closing, b is dropped.
//
// Over WebSocket, each queued line becomes a message without its ending (CR LF or LF). A line can be queued in parts,
// and can have at most 64 KiB.
func (c *Conn) Send(b []byte) (dirty bool) { return c.SendPair(b, nil) }

// SendPair queues two slices with nothing in between, like Send. More connections can share the second than the first.
// The first must not be empty.
func (c *Conn) SendPair(head, tail []byte) (dirty bool) {
	c.mu.Lock()
	if c.closing || len(head) == 0 {
		c.mu.Unlock()
		return false
	}
	if c.queued+len(head)+len(tail) > c.mostQueued {
		c.abort(ErrSendQueue)
		c.mu.Unlock()
		return true
	}
	c.queued += len(head) + len(tail)
	c.waiting.push(head)
	if len(tail) > 0 {
		c.waiting.push(tail)
	}
	dirty = !c.dirty
	c.dirty = true
	c.mu.Unlock()
	return dirty
}

// Close queues final, which can be nil, and ends the connection once the queue has been written or Options.CloseBound
// has passed. Over WebSocket, the closing frame also contains the text of the reason. Close returns at once and makes
// no system call: it takes effect with the next Flush, which the caller must call. Only the first call counts. After
// it, no more lines are handled, and Session.Closed gets the reason.
func (c *Conn) Close(final []byte, reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	if !c.open { // nothing can be sent during a handshake
		c.abort(reason)
		return
	}
	c.begin(reason)
	c.said = true
	c.queueLast(final)
	c.dirty = true
}

// queueLast queues the last line, which can be nil. Called with mu held.
func (c *Conn) queueLast(final []byte) {
	if len(final) > 0 {
		c.queued += len(final)
		c.waiting.push(final)
	}
}

// begin marks the connection as closing. Called with mu held.
func (c *Conn) begin(reason error) {
	c.closing = true
	c.reason = reason
	c.closeBy = now() + moment(c.options.CloseBound)
	c.stop.Store(true)
	c.wake()
}

// waiter is a goroutine in Await.
type waiter struct {
	most int
	room chan struct{} // closed when there is room, or when there never will be
}

// Await waits until at most mostBytes are queued. It returns false if the connection closes or timeout passes first. A
// session with much to send calls it on the connection's own goroutine, after a Flush, so that it sends no faster than
// its peer reads.
func (c *Conn) Await(mostBytes int, timeout time.Duration) bool {
	c.mu.Lock()
	if c.closing || c.queued <= mostBytes {
		defer c.mu.Unlock()
		return !c.closing
	}
	w := &waiter{mostBytes, make(chan struct{})}
	c.waiter = w
	c.mu.Unlock()
	c.leave()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-w.room:
	case <-timer.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiter = nil
	return !c.closing && c.queued <= mostBytes
}

// wake wakes the waiter if there is room, or if the connection closes. Called with mu held.
func (c *Conn) wake() {
	if w := c.waiter; w != nil && (c.closing || c.queued <= w.most) {
		close(w.room)
		c.waiter = nil
	}
}

// abort drops the queue. Called with mu held. A running flush drops what it has taken itself.
func (c *Conn) abort(reason error) {
	if !c.closing {
		c.begin(reason)
	}
	c.aborted = true
	c.roused = false
	c.waiting.release()
	if !c.flushing {
		c.out.release()
	}
}

// Flush writes the queue without blocking. If the socket is full, a goroutine (or the loop) writes the rest later. If a
// flush is already running, it writes everything. Flush also carries out a Close, or the end after an overflow.
func (c *Conn) Flush() {
	c.mu.Lock()
	rouse := c.closing && !c.roused
	if rouse {
		c.roused = true
	}
	work := !c.flushing && c.hasWork()
	if work {
		c.flushing = true
		if c.looped != nil {
			c.hold()
		}
	}
	c.mu.Unlock()
	if rouse {
		c.rouse()
	}
	if !work {
		return
	}
	if c.looped != nil {
		c.flushLooped()
		return
	}
	s := scratches.Get().(*scratch)
	s.conn, s.full = c, false
	err := c.raw.Write(s.once)
	full := s.full
	s.conn = nil
	scratches.Put(s)
	switch {
	case err != nil:
		c.fail(err)
	case full:
		// It ends when the queue has drained, at the latest when the connection is closed.
		go c.drain()
	}
}

// hasWork reports whether a flush would do anything. Called with mu held.
func (c *Conn) hasWork() bool {
	switch {
	case c.aborted || !c.open:
		return false
	case !c.waiting.empty() || c.closing && !c.finished:
		return true
	}
	return c.layersHold()
}

// layersHold reports whether a layer below the queue has something to write. Called with mu held.
func (c *Conn) layersHold() bool {
	return c.tls != nil && c.tls.records.any() || c.ws != nil && (c.ws.frames.any() || c.ws.controls())
}

// rouse wakes the connection's goroutine because the connection closes, and limits how long a writing goroutine can
// still wait. The flags must be set before: anyone who sets a different deadline later checks them.
func (c *Conn) rouse() {
	c.mu.Lock()
	until := c.closeBy.time()
	if c.aborted {
		until = past
	}
	looped, socket := c.looped, c.socket // adopt changes them
	c.mu.Unlock()
	if looped != nil {
		c.nudgeLoop()
		return
	}
	_ = socket.SetWriteDeadline(until) // fails only if the socket is closed, and then nobody waits
	_ = socket.SetReadDeadline(past)
}

// drain is the writing goroutine of a connection whose socket is full. It owns the flag flushing.
func (c *Conn) drain() {
	err := c.raw.Write(func(fd uintptr) bool {
		s := scratches.Get().(*scratch) // not held while waiting
		full := c.pump(int(fd), s.buf[:], math.MaxInt)
		scratches.Put(s)
		return !full
	})
	if err != nil {
		c.fail(err)
	}
}

// fail ends a flush after an error, and with it the connection.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	c.flushing = false
	c.abort(err)
	c.roused = true
	c.mu.Unlock()
	c.rouse()
}

type step int

const (
	stepDone       step = iota // nothing to write; the flag flushing is cleared
	stepWrite                  // there is something to write
	stepCloseFrame             // WebSocket: write the closing frame
	stepNotify                 // TLS: write the close notification
	stepShutdown               // like stepDone, but the connection is closing and everything has been written
)

// next accounts for written bytes and returns the flush's next step. It checks for more data and clears the flag under
// one lock, so that no Send is missed in between.
func (c *Conn) next(written int) step {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued -= written
	c.wake()
	switch {
	case c.aborted:
		c.waiting.release()
		c.out.release()
	case !c.out.empty() || c.layersHold():
		return stepWrite
	case !c.waiting.empty():
		c.out.batch, c.waiting = c.waiting, batch{}
		return stepWrite
	case c.closing && c.ws != nil && !c.ws.closed:
		c.ws.closed = true
		return stepCloseFrame
	case c.closing && c.tls != nil && !c.notified:
		c.notified = true
		return stepNotify
	case c.closing && !c.finished:
		c.finished = true
		c.flushing, c.dirty = false, false
		return stepShutdown
	}
	c.flushing, c.dirty = false, false
	return stepDone
}

// pump writes until nothing is left, and returns false after clearing the flag flushing. It returns true and leaves the
// flag set if the socket is full, or after the given number of rounds. The caller must have set the flag. For
// connections outside the loop, pump runs inside RawConn.Write.
func (c *Conn) pump(fd int, buf []byte, rounds int) (full bool) {
	written := 0
	for ; rounds > 0; rounds-- {
		switch c.next(written) {
		case stepDone:
			return false
		case stepWrite:
			if c.options.Barrier != nil {
				c.options.Barrier()
			}
			var err error
			written, full, err = c.write(fd, buf)
			switch {
			case err != nil:
				c.fail(err)
				return false
			case full:
				c.settle(written)
				return true
			}
		case stepCloseFrame:
			written = c.frameClose()
		case stepNotify:
			written = 0
			_ = c.tls.conn.CloseWrite() // fails if the peer has ended the connection, and then it does not matter
		case stepShutdown:
			_ = syscall.Shutdown(fd, syscall.SHUT_WR) // fails if the peer is gone
			c.nudge()
			return false
		}
	}
	c.settle(written)
	return true
}

// settle accounts for written bytes.
func (c *Conn) settle(written int) {
	c.mu.Lock()
	c.queued -= written
	c.wake()
	c.mu.Unlock()
}

// write writes once. It returns how many bytes have left the queue, and whether the socket is full.
func (c *Conn) write(fd int, buf []byte) (written int, full bool, err error) {
	switch {
	case c.tls != nil:
		return c.writeLayer(fd, buf, &c.tls.records, c.encrypt)
	case c.ws != nil:
		return c.writeLayer(fd, buf, &c.ws.frames, c.frame)
	}
	p := c.out.gather(buf)
	n, err := writeSocket(fd, p)
	c.out.advance(n)
	return n, n < len(p), err
}

// writeLayer is write for a connection with a layer below the queue. It lets the layer encode more only when everything
// encoded has been written, so that at most one gathered write waits outside the queue.
func (c *Conn) writeLayer(fd int, buf []byte, made *unsent, more func(buf []byte) (int, error)) (written int, full bool, err error) {
	p := made.pending()
	if p == nil {
		if written, err = more(buf); err != nil {
			return written, false, err
		}
		p = made.pending()
	}
	n, err := writeSocket(fd, p)
	made.sent(n)
	return written, n < len(p), err
}

// writeSocket writes as much as the socket accepts. A full socket is not an error.
func writeSocket(fd int, p []byte) (int, error) {
	for {
		n, err := rawWrite(fd, p)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, nil
		default:
			return 0, os.NewSyscallError("write", err)
		}
	}
}
