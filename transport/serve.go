package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// readBytes is how much one read takes. The buffer is held while its lines are handled, not while waiting.
const readBytes = 8 << 10

var readBuffers = sync.Pool{New: func() any { return new([readBytes]byte) }}

// inbound is the reading half. Only the connection's goroutine touches it.
type inbound struct {
	session Session
	lines   splitter
	backlog []byte // lines with their LF that wait for hold; an empty one stands for an overlong line
	hold    moment // no line is handled before; 0: no wait
	tick    moment // when Session.Tick is due
	ping    moment // when a WebSocket's ping is due; 0: never
	armed   moment // the read deadline that is set; -1: none that is known
	rest    moment // when to go on with a fresh stack; 0: the stack is fresh
	early   []byte // came with the proxy's header or the WebSocket's request; not yet handled
	buf     *[readBytes]byte
	n       int
	err     error // of the last read
	eof     bool
}

// errRest ends a goroutine whose work goes on in a fresh one.
var errRest = errors.New("transport: rest")

// serve is the connection's goroutine. It ends when the connection is closed, or when a while has passed since a session
// used its stack: the runtime does not shrink a stack to its first size again, so an idle connection goes on with a new one.
func (c *Conn) serve() {
	reason := c.talk()
	if reason == errRest {
		// It ends as this one does.
		go c.serve()
		return
	}
	c.conclude(reason)
	c.linger()
	c.dispose()
}

// conclude ends the session, with what was said when somebody closed the connection.
func (c *Conn) conclude(reason error) {
	var final []byte
	if farewell := c.options.Farewell; farewell != nil {
		final = farewell(reason)
	}
	c.mu.Lock()
	if errors.As(reason, new(*os.SyscallError)) { // the socket is dead
		c.abort(reason)
	} else if !c.closing {
		c.begin(reason)
		if c.open { // in its handshake nothing can be said
			c.queueLast(final)
		}
	}
	reason = c.reason
	c.mu.Unlock()
	c.Flush()
	c.closed(reason)
}

// talk opens the session and serves it until it ends; the result tells why. A panic is the end of this connection only.
func (c *Conn) talk() (reason error) {
	defer func() {
		c.releaseBuffer()
		if p := recover(); p != nil {
			reason = c.panicked(p)
		}
	}()
	if c.in.session == nil {
		if err := c.start(); err != nil {
			return err
		}
	}
	fill := c.fill
	for !c.stop.Load() {
		c.arm()
		if c.stop.Load() { // closed before the deadline was set
			break
		}
		err := os.ErrDeadlineExceeded
		if !c.tickSoon.Load() { // else it may have been asked for before the deadline was set
			err = c.raw.Read(fill)
		}
		if err == nil {
			err = c.received()
		} else if errors.Is(err, os.ErrDeadlineExceeded) {
			err = c.due()
		}
		if err != nil {
			return err
		}
	}
	return nil // whoever stopped it has said why
}

// start makes the session, and handles what a TLS client sent with the end of its handshake.
func (c *Conn) start() error {
	c.mu.Lock()
	c.open = !c.closing
	open := c.open
	c.mu.Unlock()
	if !open {
		return nil
	}
	session, next := c.listener.server.open(c)
	if session == nil {
		return io.EOF
	}
	c.in.session = session
	c.tire()
	c.schedule(next)
	c.schedulePing()
	session.Batch()
	early := c.in.early
	c.in.early = nil
	if err := c.feed(early); err != nil || c.tls == nil {
		return err
	}
	return c.decrypt()
}

func (c *Conn) schedule(next time.Duration) {
	c.in.tick = 0
	if next > 0 {
		c.in.tick = now() + moment(next)
	}
}

// tire tells that the stack is used. The rest comes at a fixed time after, busy or not: it costs next to nothing.
func (c *Conn) tire() {
	if c.in.rest == 0 && c.looped == nil {
		c.in.rest = now() + moment(c.options.restAfter)
	}
}

// arm sets the read deadline to what is due next, if it is not set already: an arriving line changes nothing.
func (c *Conn) arm() {
	next := c.in.tick
	for _, m := range [...]moment{c.in.hold, c.in.ping, c.in.rest} {
		if m != 0 && (next == 0 || m < next) {
			next = m
		}
	}
	if next == c.in.armed {
		return
	}
	var deadline time.Time
	if next != 0 {
		deadline = next.time()
	}
	_ = c.socket.SetReadDeadline(deadline) // fails only when closed, as the read will
	c.in.armed = next
}

// due does what the deadline was set for.
func (c *Conn) due() error {
	c.in.armed = -1
	t := now()
	if c.tickSoon.Swap(false) || c.in.tick != 0 && t >= c.in.tick {
		c.tire()
		c.schedule(c.in.session.Tick())
		c.in.session.Batch()
	}
	if c.in.ping != 0 && t >= c.in.ping {
		c.schedulePing()
		c.pingPeer()
	}
	if c.in.hold != 0 && t >= c.in.hold {
		if err := c.resume(); err != nil {
			return err
		}
	}
	if c.in.rest != 0 && t >= c.in.rest {
		c.in.rest = 0
		return errRest
	}
	return nil
}

// fill is called inside RawConn.Read: first at once, then whenever the socket may have become readable.
func (c *Conn) fill(fd uintptr) (done bool) {
	buf := readBuffers.Get().(*[readBytes]byte)
	n, err := readSocket(int(fd), buf[:])
	switch {
	case err == syscall.EAGAIN, err == nil && n == 0 && c.in.eof:
		// After the end, only an error or a deadline can come.
		readBuffers.Put(buf)
		return false
	case err != nil:
		readBuffers.Put(buf)
		c.in.err = os.NewSyscallError("read", err)
		return true
	case n == 0:
		readBuffers.Put(buf)
		c.in.eof = true
		return true
	}
	c.in.buf, c.in.n = buf, n
	c.heard()
	return true
}

// heard tells that bytes have arrived. Of a WebSocket only messages count.
func (c *Conn) heard() {
	if c.ws == nil {
		c.lastRead.Store(int64(now()))
	}
}

func readSocket(fd int, p []byte) (int, error) {
	for {
		n, err := rawRead(fd, p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

func (c *Conn) releaseBuffer() {
	if c.in.buf != nil {
		readBuffers.Put(c.in.buf)
		c.in.buf = nil
	}
}

// received handles what fill has read.
func (c *Conn) received() error {
	switch {
	case c.in.err != nil:
		return c.in.err
	case c.tls != nil:
		c.tls.eof = c.in.eof
		if c.in.buf != nil {
			c.tls.received = c.in.buf[:c.in.n]
		}
		err := c.decrypt()
		c.releaseBuffer()
		return err
	case c.in.eof:
		c.releaseBuffer() // what follows a WebSocket's end is dropped
		return c.end()
	}
	err := c.feed(c.in.buf[:c.in.n])
	c.releaseBuffer()
	return err
}

// end is the end of what the peer sends. What it sent before is still handled, at the pace of the flood waits.
func (c *Conn) end() error {
	c.in.eof = true
	c.in.lines = splitter{}
	if len(c.in.backlog) > 0 {
		return nil
	}
	return io.EOF
}

// decrypt handles all that the TLS layer can make of what was received.
func (c *Conn) decrypt() error {
	plain := readBuffers.Get().(*[readBytes]byte)
	defer func() {
		readBuffers.Put(plain)
		c.tls.received = nil // empty, or never read again
	}()
	for !c.stop.Load() {
		n, err := c.tls.conn.Read(plain[:])
		if n > 0 {
			if err := c.feed(plain[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == nil:
			continue
		case err == io.EOF, err == io.ErrUnexpectedEOF:
			return c.end()
		case !errors.Is(err, errWouldBlock):
			return err
		}
		break
	}
	if c.tls.records.any() { // an answer of the TLS layer itself
		c.Flush()
	}
	return nil
}

// feed finds the lines in data and handles them, or keeps them while a wait lasts.
func (c *Conn) feed(data []byte) (err error) {
	handled := false
	for len(data) > 0 && err == nil && !c.stop.Load() {
		var line []byte
		var overlong, more bool
		if c.ws != nil {
			line, data, overlong, more, err = c.ws.in.next(data, c.options.LineBytes)
			c.ws.follow()
		} else {
			line, data, overlong, more = c.in.lines.next(data, c.options.LineBytes)
		}
		switch {
		case !more, len(line) == 0 && !overlong:
		case c.in.hold != 0:
			if len(c.in.backlog)+len(line)+1 > c.options.ReceiveQueueBytes {
				err = ErrReceiveQueue
				break
			}
			c.in.backlog = append(append(c.in.backlog, line...), '\n')
		default:
			c.handle(line)
			handled = true
		}
	}
	switch {
	case !handled:
	case c.looped != nil:
		c.looped.batch = true // at the end of the round
	default:
		c.in.session.Batch()
	}
	if c.ws != nil {
		return c.afterFrames(err)
	}
	return err
}

// handle gives one line to the session; an empty one is an overlong line.
func (c *Conn) handle(line []byte) {
	c.tire()
	var wait time.Duration
	if len(line) > 0 {
		wait = c.in.session.Line(line)
	} else {
		wait = c.in.session.Overlong()
	}
	if wait > 0 {
		c.in.hold = now() + moment(wait)
	}
}

// resume handles the backlog until the session asks for a wait again.
func (c *Conn) resume() error {
	c.in.hold = 0
	handled := false
	for len(c.in.backlog) > 0 && c.in.hold == 0 && !c.stop.Load() {
		i := bytes.IndexByte(c.in.backlog, '\n')
		line := c.in.backlog[:i]
		c.in.backlog = c.in.backlog[i+1:]
		c.handle(line)
		handled = true
	}
	if handled {
		c.in.session.Batch()
	}
	if len(c.in.backlog) == 0 {
		c.in.backlog = nil
		if c.in.eof {
			return io.EOF
		}
	}
	return nil
}

// panicked logs a panic and makes the error that ends the connection.
func (c *Conn) panicked(p any) error {
	c.listener.log.Error("panic on a connection", "listener", c.listener.name, "remote", c.RemoteAddr(),
		"panic", p, "stack", string(debug.Stack()))
	return fmt.Errorf("%w: %v", ErrPanic, p)
}

// closed tells the session of its end, and lets go of it.
func (c *Conn) closed(reason error) {
	defer func() {
		if p := recover(); p != nil {
			_ = c.panicked(p)
		}
	}()
	session := c.in.session
	c.in = inbound{eof: c.in.eof}
	if session != nil {
		session.Closed(reason)
	}
}
