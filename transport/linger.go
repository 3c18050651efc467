package transport

import (
	"net"
	"syscall"
	"time"
)

// lingerBound is how long a connection that has written everything waits for its peer to close. Closing a socket with
// unread bytes resets the connection, and then the peer may lose the last lines.
const lingerBound = time.Second

// discardReads limits how much is read from a peer that keeps sending to a closing connection.
const discardReads = 64

// linger waits until everything is written, and then for the peer to close. It drops what still arrives.
func (c *Conn) linger() {
	until, finished, ok := c.lingerUntil()
	discard := c.discard
	for ok {
		if finished && until > now()+moment(lingerBound) {
			until = now() + moment(lingerBound)
		}
		_ = c.socket.SetReadDeadline(until.time())
		// A change before the deadline was set did not wake this goroutine, so check again.
		if _, f, live := c.lingerUntil(); f != finished || !live {
			until, finished, ok = c.lingerUntil()
			continue
		}
		if err := c.raw.Read(discard); err == nil { // the peer has closed, or the socket is unusable
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

// lingerUntil returns the deadline for writing, whether everything is written, and whether waiting makes sense.
func (c *Conn) lingerUntil() (until moment, finished, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeBy, c.finished, !c.aborted
}

// discard drops input, inside RawConn.Read. It returns true if the peer has closed after everything was written, or if
// the socket is unusable.
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
	// The peer sends too much. Until everything is written, the deadline or the flush ends the wait.
	_, finished, _ := c.lingerUntil()
	return finished
}

// dispose closes the socket. It is the last step of a connection.
func (c *Conn) dispose() {
	c.mu.Lock()
	reset := c.open && !c.finished
	c.abort(net.ErrClosed)
	c.mu.Unlock()
	if t, ok := c.socket.(*net.TCPConn); ok && reset {
		// A reset frees the kernel's buffer for a peer that does not read.
		_ = t.SetLinger(0)
	}
	_ = c.socket.Close()
	c.listener.server.remove(c)
}
