package transport

import (
	"math"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// scratchBytes is how much one write gathers. A TLS record holds as much.
	scratchBytes = 16 << 10
	// flushRounds is how often a flusher looks for more before it leaves a connection that others keep filling to a
	// goroutine of its own.
	flushRounds = 16
)

// A scratch is what a flush needs beside the connection; it is pooled, so that a flush allocates nothing.
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

// Send queues b, which is shared: nobody may modify it afterwards, and it is not copied. It never blocks, makes no syscall
// and does not allocate in the steady state. It returns true when the caller has become responsible to call Flush soon: it
// is the first to queue since the last flush, or the queue has just overflowed. Once the connection closes, b is dropped.
//
// Over WebSocket each line in what is queued becomes a message, without its ending (CR LF or LF); a line may be queued in parts and has at most
// 64 KiB.
func (c *Conn) Send(b []byte) (dirty bool) { return c.SendPair(b, nil) }

// SendPair is Send for bytes of which the second part is shared by more connections than the first: nothing comes between
// the two. The first may not be empty.
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

// Close queues final, which may be nil, and ends the connection when all that is queued has been written or
// Options.CloseBound has passed. Over WebSocket the peer also reads the reason's text in the closing frame. It returns at once and makes no syscall: the effect comes with the next Flush, which the
// caller does. The first call wins. No line is handled after it; Session.Closed gets the reason.
func (c *Conn) Close(final []byte, reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	if !c.open { // in its handshake: nothing can be said
		c.abort(reason)
		return
	}
	c.begin(reason)
	c.said = true
	c.queueLast(final)
	c.dirty = true
}

// queueLast queues the last line, which may be nil. Called with mu held.
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

// A waiter waits for the queue to drain, see Await.
type waiter struct {
	most int
	room chan struct{} // closed when there is room, or never will be
}

// Await waits until at most mostBytes are queued, and tells whether there is that room: false when the connection closes,
// or when timeout has passed. It is for a session that has much to say, on the connection's own goroutine, after a Flush:
// so it says as much as its peer reads.
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

// wake tells who waits that there is room, or that there will be none. Called with mu held.
func (c *Conn) wake() {
	if w := c.waiter; w != nil && (c.closing || c.queued <= w.most) {
		close(w.room)
		c.waiter = nil
	}
}

// abort gives up what is queued. Called with mu held. What a flusher has taken it drops itself.
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

// Flush writes out what is queued without blocking: what the socket does not take is written by a goroutine of its own when
// it can. If somebody is flushing already, it leaves all to him. It carries out a Close and an overflow.
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

// hasWork tells whether a flush would do anything. Called with mu held.
func (c *Conn) hasWork() bool {
	switch {
	case c.aborted || !c.open:
		return false
	case !c.waiting.empty() || c.closing && !c.finished:
		return true
	}
	return c.layersHold()
}

// layersHold tells whether a layer below the queue has something to write. Called with mu held.
func (c *Conn) layersHold() bool {
	return c.tls != nil && c.tls.records.any() || c.ws != nil && (c.ws.frames.any() || c.ws.controls())
}

// rouse tells the connection's goroutine that it closes, and bounds how long a writing goroutine may still wait. The flags
// are set before: whoever sets another deadline afterwards looks at them.
func (c *Conn) rouse() {
	c.mu.Lock()
	until := c.closeBy.time()
	if c.aborted {
		until = past
	}
	looped, socket := c.looped, c.socket // while it is adopted they change
	c.mu.Unlock()
	if looped != nil {
		c.nudgeLoop()
		return
	}
	_ = socket.SetWriteDeadline(until) // fails only when closed, and then nobody waits
	_ = socket.SetReadDeadline(past)
}

// drain is the writing goroutine of a connection whose socket is full. The flag flushing is its own.
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

// fail ends a flush that an error ended, and with it the connection.
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
	stepDone       step = iota // nothing to write, and the flag flushing is given back
	stepWrite                  // there is something to write
	stepCloseFrame             // WebSocket: tell the peer why no more will come
	stepNotify                 // TLS: tell the peer that no more will come
	stepShutdown               // as stepDone, and all has been written for a closing connection
)

// next settles what has been written and decides what the flusher does now. Giving back the flag and looking for more are
// one step under mu, so that no Send falls between.
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

// pump writes until nothing is left (false: the flag flushing has been given back), or the socket is full or has been
// written to that many times (true: the flag stays). It runs inside RawConn.Write, with the flag flushing set.
func (c *Conn) pump(fd int, buf []byte, rounds int) (full bool) {
	written := 0
	for ; rounds > 0; rounds-- {
		switch c.next(written) {
		case stepDone:
			return false
		case stepWrite:
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
			_ = c.tls.conn.CloseWrite() // fails when the peer has ended the connection, and then it needs no telling
		case stepShutdown:
			_ = syscall.Shutdown(fd, syscall.SHUT_WR) // fails when the peer is gone
			c.nudge()
			return false
		}
	}
	c.settle(written)
	return true
}

func (c *Conn) settle(written int) {
	c.mu.Lock()
	c.queued -= written
	c.wake()
	c.mu.Unlock()
}

// write writes once, and tells how many queued bytes are off the queue and whether the socket is full.
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

// writeLayer is write through a layer, which makes more of what waits only when all that it has made is written: at most
// one gathered write waits outside the queue.
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

// writeSocket writes what the socket takes. A full socket is no error.
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
