package transport

import (
	"net"
	"syscall"
	"time"
)

// lingerBound is how long a connection that has written all waits for its peer to close. Closing a socket that has unread
// bytes resets it, and a reset may overtake the last lines written.
const lingerBound = time.Second

// discardReads bounds how much is read from a peer that goes on sending to a closing connection.
const discardReads = 64

// linger waits until all is written, and then for the peer to close, and drops what still arrives.
func (c *Conn) linger() {
	until, finished, ok := c.lingerUntil()
	discard := c.discard
	for ok {
		if finished && until > now()+moment(lingerBound) {
			until = now() + moment(lingerBound)
		}
		_ = c.socket.SetReadDeadline(until.time())
		// What happened before the deadline was set has not woken this goroutine.
		if _, f, live := c.lingerUntil(); f != finished || !live {
			until, finished, ok = c.lingerUntil()
			continue
		}
		if err := c.raw.Read(discard); err == nil { // the end, or an error
			return
		}
		if now() >= until {
			return
		}
		if !finished {
			until, finished, ok = c.lingerUntil()
		}
	}
}

// lingerUntil tells how long to write at most, whether all is written, and whether it is worth waiting.
func (c *Conn) lingerUntil() (until moment, finished, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeBy, c.finished, !c.aborted
}

// discard is called inside RawConn.Read. True: the peer has closed after all was written, or the socket is dead.
func (c *Conn) discard(fd uintptr) (done bool) {
	buf := readBuffers.Get().(*[readBytes]byte)
	defer readBuffers.Put(buf)
	for range discardReads {
		n, err := readSocket(int(fd), buf[:])
		switch {
		case err == syscall.EAGAIN:
			return false
		case err != nil:
			return true
		case n == 0:
			_, finished, _ := c.lingerUntil()
			return finished
		}
	}
	// Enough of it. Before all is written the deadline or the flusher ends the wait.
	_, finished, _ := c.lingerUntil()
	return finished
}

// dispose closes the socket. It is the last thing that a connection does.
func (c *Conn) dispose() {
	c.mu.Lock()
	reset := c.open && !c.finished
	c.abort(net.ErrClosed)
	c.mu.Unlock()
	if t, ok := c.socket.(*net.TCPConn); ok && reset {
		// A reset frees what the kernel still holds for a peer that does not read.
		_ = t.SetLinger(0)
	}
	_ = c.socket.Close()
	c.listener.server.remove(c)
}
