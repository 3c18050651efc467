package transport

import (
	"net"
	"syscall"
	"time"
)

// leavingStep is how often a connection checks whether its peer has received everything, while the server stops.
const leavingStep = 10 * time.Millisecond

// discardReads limits how much is read from a peer that keeps sending to a closing connection.
const discardReads = 64

// parting is what the wait of a closing connection depends on.
type parting struct {
	until   moment // the deadline for writing
	written bool   // everything is written
	live    bool   // waiting makes sense
	leaving bool   // the server stops
}

func (c *Conn) parting() parting {
	leaving := c.listener.server.leaving.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	return parting{c.closeBy, c.finished, !c.aborted, leaving}
}

// linger waits until everything is written, and then for the peer to close. It drops what still arrives.
func (c *Conn) linger() {
	discard := c.discard
	for {
		f := c.parting()
		var again moment
		over := true
		_ = c.raw.Control(func(fd uintptr) { again, over = c.lingerStep(f, int(fd)) }) // it fails only when closed
		if over {
			return
		}
		_ = c.socket.SetReadDeadline(again.time())
		// A change before the deadline was set did not wake this goroutine, so check again.
		if c.parting() != f {
			continue
		}
		if err := c.raw.Read(discard); err == nil { // the peer has closed, or the socket is unusable
			return
		}
	}
}

// lingerStep returns when to check a closing connection again, unless something arrives before, or that the wait is
// over. A peer has some time to close, because closing a socket with unread bytes resets the connection, and then the
// peer may lose the last lines. A server that stops waits only until its peers have received everything, and not for
// them to close.
func (c *Conn) lingerStep(f parting, fd int) (again moment, over bool) {
	t := now()
	if f.written && c.lingers == 0 {
		c.lingers = min(f.until, t+moment(c.options.lingerBound))
	}
	again = f.until
	if f.written {
		again = c.lingers
	}
	switch {
	case !f.live || t >= again:
		return 0, true
	case f.written && f.leaving:
		c.discard(uintptr(fd))
		if c.listener.isUnix() || unacknowledged(fd) == 0 {
			return 0, true
		}
		return min(again, t+moment(leavingStep)), false
	}
	return again, false
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
			return c.parting().written
		}
	}
	// The peer sends too much. Until everything is written, the deadline or the flush ends the wait.
	return c.parting().written
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
