package transport

import (
	"bytes"
	"errors"
	"math"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// WebSocket are the options of a listener whose clients speak IRC over WebSocket: one line in each message.
// https://ircv3.net/specs/extensions/websocket
type WebSocket struct {
	// Path is the path of the requests that are answered; "" is every path.
	Path string
	// Origin tells whether pages of an origin may connect; host is what the browser asked for, with its port. It is not asked about clients
	// that name no origin: they are no browsers. Nil allows all.
	Origin func(origin, host string) bool
	// TrustedProxies may tell for whom they connect, and whether that one came by TLS (X-Forwarded-For, X-Forwarded-Proto). Whoever may use
	// a Unix socket may, too. The limits for each address count the client, not the proxy.
	TrustedProxies []netip.Prefix
	// RequestBytes bounds the request, its headers included. Default 16 KiB.
	RequestBytes int
	// PingInterval is how often a ping is sent, which keeps proxies from ending an idle connection; 0 is never. Nobody is disconnected who
	// does not answer: that is the session's affair.
	PingInterval time.Duration
}

// mostMessageBytes bounds a message that is sent.
const mostMessageBytes = 64 << 10

var errLongMessage = errors.New("transport: a line is too long for a message")

// framing is what a connection needs whose lines are messages of WebSocket.
type framing struct {
	in frameReader // the connection's goroutine only

	binary atomic.Bool // what is sent are binary messages

	// Conn.mu guards these.
	pong   []byte // the payload of a ping that has not been answered; nil: none
	ping   bool   // one is to be sent
	closed bool   // the closing frame has been made
	echo   uint16 // the status with which the peer has closed; 0: it has not

	// These are the flusher's.
	partial []byte // the start of a line whose end has not been taken from the queue
	frames  unsent
}

// controls tells whether a control frame is to be sent. Called with Conn.mu held.
func (w *framing) controls() bool { return w.pong != nil || w.ping }

// frame makes frames of what waits: first the control frames, then each line that the queue has whole. It tells how many queued bytes are in them.
// What has been taken of a line without its end still counts as queued.
func (c *Conn) frame(buf []byte) (written int, err error) {
	w := c.ws
	c.mu.Lock()
	pong, ping := w.pong, w.ping
	w.pong, w.ping = nil, false
	c.mu.Unlock()
	if pong != nil {
		w.append(func(dst []byte) []byte { return appendFrame(dst, opPong, pong) })
	}
	if ping {
		w.append(func(dst []byte) []byte { return appendFrame(dst, opPing, nil) })
	}
	if c.out.empty() {
		return 0, nil
	}
	chunk := c.out.gather(buf)
	chunk = chunk[:min(len(chunk), len(buf))]
	end := bytes.LastIndexByte(chunk, '\n') + 1
	if end == 0 {
		if len(w.partial)+len(chunk) > mostMessageBytes {
			return 0, errLongMessage
		}
		w.partial = append(w.partial, chunk...)
		c.out.advance(len(chunk))
		return 0, nil
	}
	written = len(w.partial) + end
	w.append(func(dst []byte) []byte { return w.appendLines(dst, chunk[:end]) })
	c.out.advance(end)
	return written, nil
}

// appendLines appends a message for each of the lines, the first of which may have begun in partial.
func (w *framing) appendLines(dst, lines []byte) []byte {
	op := byte(opText)
	if w.binary.Load() {
		op = opBinary
	}
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		if end == 0 {
			end = len(lines) // the queue has ended without the end of its last line
		}
		line := lines[:end]
		lines = lines[end:]
		if len(w.partial) > 0 {
			line = append(w.partial, line...)
			w.partial = nil
		}
		dst = appendMessage(dst, op, line)
	}
	return dst
}

// append appends to the frames. Their size is bounded by what is framed at once.
func (w *framing) append(appendTo func(dst []byte) []byte) {
	w.frames.extend(0, math.MaxInt, appendTo)
}

// frameClose makes the closing frame, when all that was queued is framed. It tells how many queued bytes were left over.
func (c *Conn) frameClose() (written int) {
	w := c.ws
	status, reason := c.closeStatus()
	written = len(w.partial)
	w.append(func(dst []byte) []byte {
		last := w.partial
		w.partial = nil
		return appendClose(w.appendLines(dst, last), status, reason)
	})
	return written
}

// closeStatus is what a closing connection's peer reads in the closing frame.
// https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
func (c *Conn) closeStatus() (status uint16, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var wrong *protocolError
	switch {
	case c.ws.echo != 0:
		return c.ws.echo, ""
	case errors.As(c.reason, &wrong):
		return wrong.status, wrong.text
	case errors.Is(c.reason, ErrReceiveQueue):
		return statusPolicy, "too much was sent at once"
	case errors.Is(c.reason, ErrPanic):
		return statusInternal, "internal error"
	}
	status = statusNormal
	select {
	case <-c.listener.closed:
		status = statusGoingAway
	default:
	}
	if c.said && c.reason != nil {
		reason = c.reason.Error()
	}
	return status, reason
}

// follow is for a client with which nothing was agreed on: it shows by its first message what it understands, before that is
// answered.
func (w *framing) follow() {
	if w.in.accepts == 0 && w.in.first == opBinary {
		w.binary.Store(true)
	}
}

// afterFrames does what frames have asked for besides their lines. err is why reading them ended.
func (c *Conn) afterFrames(err error) error {
	r := &c.ws.in
	if r.heard {
		r.heard = false
		c.lastRead.Store(int64(now()))
	}
	if ping := r.ping; ping != nil {
		r.ping = nil
		c.queueControl(func(w *framing) { w.pong = ping })
	}
	if !errors.Is(err, errPeerClosed) {
		return err
	}
	c.mu.Lock()
	c.ws.echo = r.status
	c.mu.Unlock()
	return c.end()
}

// pingPeer sends a ping.
func (c *Conn) pingPeer() { c.queueControl(func(w *framing) { w.ping = true }) }

// queueControl has a control frame sent, unless the connection closes.
func (c *Conn) queueControl(set func(w *framing)) {
	c.mu.Lock()
	if !c.closing {
		set(c.ws)
	}
	c.mu.Unlock()
	c.Flush()
}

// schedulePing sets when the next ping is due.
func (c *Conn) schedulePing() {
	c.in.ping = 0
	if c.ws != nil && c.options.WebSocket.PingInterval > 0 {
		c.in.ping = now() + moment(c.options.WebSocket.PingInterval)
	}
}

// trusts tells whether a peer at this address may speak for others.
func (o *WebSocket) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(o.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
