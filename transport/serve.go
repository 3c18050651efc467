package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// readBytes is the size of a read. The buffer is held while its lines are handled, but not while waiting.
const readBytes = 8 << 10

var readBuffers = sync.Pool{New: func() any { return new([readBytes]byte) }}

// inbound is the reading half of a connection. Only the connection's goroutine uses it.
type inbound struct {
	session Session
	lines   splitter
	backlog []byte // lines with their LF that wait until hold; an empty one stands for an overlong line
	hold    moment // no line is handled before this; 0 for no wait
	shared  bool   // hold only lets other connections have their turn
	tick    moment // when Session.Tick is due
	ping    moment // when a WebSocket ping is due; 0 for never
	armed   moment // the current read deadline; -1 if it is not known
	rest    moment // when to continue on a new stack; 0 if the stack is new
	early   []byte // received together with the PROXY header or the WebSocket request, and not handled yet
	buf     *[readBytes]byte
	n       int
	err     error // from the last read
	eof     bool
}

// errRest ends a goroutine so that a new one continues its work.
var errRest = errors.New("transport: rest")

// serve is the connection's goroutine. It ends when the connection is closed. It also ends a while after the session
// used its stack, and a new goroutine continues: the runtime does not shrink a stack to its first size, so an idle
// connection needs a new one.
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

// conclude ends the session. If Close was called, its reason counts; otherwise the given one does.
func (c *Conn) conclude(reason error) {
	var final []byte
	if farewell := c.options.Farewell; farewell != nil {
		final = farewell(reason)
	}
	c.mu.Lock()
	if errors.As(reason, new(*os.SyscallError)) { // the socket is unusable
		c.abort(reason)
	} else if !c.closing {
		c.begin(reason)
		if c.open { // nothing can be sent during a handshake
			c.queueLast(final)
		}
	}
	reason = c.reason
	c.mu.Unlock()
	c.Flush()
	c.closed(reason)
}

// talk opens the session and serves it until it ends. It returns the reason. A panic ends only this connection.
func (c *Conn) talk() (reason error) {
	defer func() {
		c.releaseBuffer()
		if p := recover(); p != nil {
			reason = c.panicked(p, c.in.session)
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
		if !c.tickSoon.Load() { // if set, TickSoon may have been called before the deadline was set
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
	return nil // the caller of Close gave the reason
}

// start creates the session, and handles what the client sent together with the end of its handshake.
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

// tire records that the session uses the stack. The change to a new stack follows after a fixed time, even if the
// connection is busy, because it costs very little.
func (c *Conn) tire() {
	if c.in.rest == 0 && c.looped == nil {
		c.in.rest = now() + moment(c.options.restAfter)
	}
}

// arm sets the read deadline to the next due time, unless it is set already: an arriving line changes nothing.
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
	_ = c.socket.SetReadDeadline(deadline) // fails only if the socket is closed, and then the read fails too
	c.in.armed = next
}

// due does what is due at the deadline.
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

// fill reads once. RawConn.Read calls it at once, and then whenever the socket may have become readable.
func (c *Conn) fill(fd uintptr) (done bool) {
	buf := readBuffers.Get().(*[readBytes]byte)
	n, err := readSocket(int(fd), buf[:])
	switch {
	case err == syscall.EAGAIN, err == nil && n == 0 && c.in.eof:
		// After the end of the input, only an error or a deadline can follow.
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

// heard records that bytes have arrived. On a WebSocket, only messages count.
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

// received handles what fill read.
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
		c.releaseBuffer() // data after the end of a WebSocket is dropped
		return c.end()
	}
	err := c.feed(c.in.buf[:c.in.n])
	c.releaseBuffer()
	return err
}

// end handles the end of the peer's input. Lines that wait because of flood control are still handled, at their pace.
func (c *Conn) end() error {
	c.in.eof = true
	c.in.lines = splitter{}
	if len(c.in.backlog) > 0 {
		return nil
	}
	return io.EOF
}

// decrypt handles everything that the TLS layer can decrypt so far.
func (c *Conn) decrypt() error {
	plain := readBuffers.Get().(*[readBytes]byte)
	defer func() {
		readBuffers.Put(plain)
		c.tls.received = nil // it is empty, or is never read again
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
	if c.tls.records.any() { // the TLS layer itself wrote an answer
		c.Flush()
	}
	return nil
}

// feed finds the lines in data and handles them, or adds them to the backlog during a wait.
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
			c.share(len(data) > 0)
			handled = true
		}
	}
	if handled {
		c.endOfLines()
	}
	if c.ws != nil {
		return c.afterFrames(err)
	}
	return err
}

// endOfLines calls the session's Batch. If the loop serves the connection, the loop does so at the end of its round.
func (c *Conn) endOfLines() {
	if c.looped != nil {
		c.looped.batch = true
	} else {
		c.in.session.Batch()
	}
}

// share makes the remaining lines wait if the session has used up its share of the loop's round.
func (c *Conn) share(more bool) {
	if more && c.in.hold == 0 && c.overstays() {
		c.in.hold, c.in.shared = now(), true
	}
}

// handle passes one line to the session. An empty one stands for an overlong line.
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

// resume handles the backlog until the session requests another wait.
func (c *Conn) resume() error {
	c.in.hold, c.in.shared = 0, false
	handled := false
	for len(c.in.backlog) > 0 && c.in.hold == 0 && !c.stop.Load() {
		i := bytes.IndexByte(c.in.backlog, '\n')
		line := c.in.backlog[:i]
		c.in.backlog = c.in.backlog[i+1:]
		c.handle(line)
		c.share(len(c.in.backlog) > 0)
		handled = true
	}
	if handled {
		c.endOfLines()
	}
	if len(c.in.backlog) == 0 {
		c.in.backlog = nil
		if c.in.eof {
			return io.EOF
		}
	}
	return nil
}

// panicked logs a panic and returns the error that ends the connection. The session can be nil.
func (c *Conn) panicked(p any, session Session) error {
	log := c.listener.log
	if identified, ok := session.(interface{ LogAttr() slog.Attr }); ok {
		log = log.With(identified.LogAttr())
	}
	log.Error("panic on a connection", "listener", c.listener.name, "remote", c.RemoteAddr(),
		"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	return fmt.Errorf("%w: %v", ErrPanic, p)
}

// closed calls the session's Closed method and drops the session.
func (c *Conn) closed(reason error) {
	session := c.in.session
	defer func() {
		if p := recover(); p != nil {
			_ = c.panicked(p, session)
		}
	}()
	c.in = inbound{eof: c.in.eof}
	if session != nil {
		session.Closed(reason)
	}
}
