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

// WebSocket holds the options of a listener whose clients speak IRC over WebSocket, with one line per message.
// https://ircv3.net/specs/extensions/websocket
type WebSocket struct {
	// Path is the only path that requests can have; "" allows every path.
	Path string
	// Origin reports whether pages with an origin can connect. The host is the one that the browser asked for, with its
	// port. Origin is not called for clients that send no origin, because they are not browsers. Nil allows all.
	Origin func(origin, host string) bool
	// TrustedProxies lists the proxies that can report their clients' addresses and whether the clients use TLS, in
	// X-Forwarded-For and X-Forwarded-Proto. Everyone who can use a Unix socket is also trusted. The limits per address
	// apply to the client, not to the proxy.
	TrustedProxies []netip.Prefix
	// RequestBytes is the maximum size of the opening request, including its headers. Default 16 KiB.
	RequestBytes int
	// PingInterval is how often a ping is sent, so that proxies do not close an idle connection; 0 means never. A
	// client that does not answer is not disconnected: that is up to the session.
	PingInterval time.Duration
}

// mostMessageBytes is the maximum size of a message to the client.
const mostMessageBytes = 64 << 10

var errLongMessage = errors.New("transport: a line is too long for a message")

// framing is the state of a WebSocket connection.
type framing struct {
	in frameReader // only for the connection's goroutine

	binary atomic.Bool // send binary messages

	// Conn.mu protects these.
	pong   []byte // the payload of a ping that must be answered, or nil
	ping   bool   // send a ping
	closed bool   // the closing frame has been written
	echo   uint16 // the status in the peer's closing frame; 0 if there was none

	// Only for the flush.
	partial []byte // the start of a line whose end is still in the queue
	frames  unsent
}

// controls reports whether there is a control frame to send. Called with Conn.mu held.
func (w *framing) controls() bool { return w.pong != nil || w.ping }

// frame encodes queued data as frames: first control frames, then the complete lines. It returns how many queued bytes
// are in them. The start of an incomplete line is taken from the queue, but still counts as queued.
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

// appendLines appends a message for each line. The first line may have started in partial.
func (w *framing) appendLines(dst, lines []byte) []byte {
	op := byte(opText)
	if w.binary.Load() {
		op = opBinary
	}
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		if end == 0 {
			end = len(lines) // the queue ends without the end of its last line
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

// append appends to the frames. Their size is limited by how much is framed at once.
func (w *framing) append(appendTo func(dst []byte) []byte) {
	w.frames.extend(0, math.MaxInt, appendTo)
}

// frameClose appends the closing frame, after the rest of an incomplete line. It returns how many queued bytes that
// was.
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

// closeStatus returns the contents of the closing frame.
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
		return statusPolicy, "too much data at once"
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

// follow handles a client that negotiated no subprotocol. The kind of its first message shows which kind it
// understands.
func (w *framing) follow() {
	if w.in.accepts == 0 && w.in.first == opBinary {
		w.binary.Store(true)
	}
}

// afterFrames handles everything in the frames except lines. The argument is the error that ended reading.
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

// pingPeer sends a WebSocket ping.
func (c *Conn) pingPeer() { c.queueControl(func(w *framing) { w.ping = true }) }

// queueControl sends a control frame, unless the connection is closing.
func (c *Conn) queueControl(set func(w *framing)) {
	c.mu.Lock()
	if !c.closing {
		set(c.ws)
	}
	c.mu.Unlock()
	c.Flush()
}

// schedulePing schedules the next ping.
func (c *Conn) schedulePing() {
	c.in.ping = 0
	if c.ws != nil && c.options.WebSocket.PingInterval > 0 {
		c.in.ping = now() + moment(c.options.WebSocket.PingInterval)
	}
}

// trusts reports whether a peer at this address can speak for clients.
func (o *WebSocket) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(o.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
