package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// unsentBytes bounds the TLS records that wait to be written: one gathered write, and what a peer may make the reader
// answer (key updates) without reading it.
const unsentBytes = 256 << 10

var errUnsent = errors.New("transport: the peer makes TLS answers and does not read them")

// wouldBlock is what a layer without bytes answers. It is a temporary network error, which crypto/tls does not remember:
// the next Read goes on where this one stopped, within a record too.
type wouldBlock struct{}

func (wouldBlock) Error() string   { return "transport: no more bytes yet" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

var errWouldBlock net.Error = wouldBlock{}

// A layer is what the TLS connection believes to be its socket. During the handshake it is. After that nothing in it
// blocks: it reads what the connection's goroutine has received, and what it writes waits for the flusher.
type layer struct {
	net.Conn // the socket
	conn     *tls.Conn

	early    []byte // was received before the handshake; goes first
	live     bool   // the handshake is over; set before other goroutines know the connection
	received []byte // read from the socket, not yet decrypted; the connection's goroutine only
	eof      bool   // nothing follows received
	records  unsent
}

func newLayer(socket net.Conn, config *tls.Config) *layer {
	l := &layer{Conn: socket}
	l.conn = tls.Server(l, config)
	return l
}

func (l *layer) Read(p []byte) (int, error) {
	switch {
	case len(l.early) > 0:
		n := copy(p, l.early)
		l.early = l.early[n:]
		return n, nil
	case !l.live:
		return l.Conn.Read(p)
	case len(l.received) > 0:
		n := copy(p, l.received)
		l.received = l.received[n:]
		return n, nil
	case l.eof:
		return 0, io.EOF
	}
	return 0, errWouldBlock
}

func (l *layer) Write(p []byte) (int, error) {
	if !l.live {
		return l.Conn.Write(p)
	}
	if !l.records.extend(len(p), unsentBytes, func(buf []byte) []byte { return append(buf, p...) }) {
		return 0, errUnsent
	}
	return len(p), nil
}

// crypto/tls sets deadlines and closes on its own account; the socket's are the connection's affair.

func (l *layer) Close() error                     { return nil }
func (l *layer) SetDeadline(time.Time) error      { return nil }
func (l *layer) SetReadDeadline(time.Time) error  { return nil }
func (l *layer) SetWriteDeadline(time.Time) error { return nil }

// encrypt makes records of what waits, and tells how many queued bytes are in them. A slice longer than buf is encrypted in parts.
func (c *Conn) encrypt(buf []byte) (written int, err error) {
	switch {
	case c.ws != nil:
		if written, err = c.frame(buf); err != nil {
			return written, err
		}
		if frames := c.ws.frames.pending(); len(frames) > 0 {
			_, err = c.tls.conn.Write(frames)
			c.ws.frames.sent(len(frames))
		}
	case !c.out.empty():
		plain := c.out.gather(buf)
		plain = plain[:min(len(plain), len(buf))]
		if written, err = c.tls.conn.Write(plain); err == nil {
			c.out.advance(written)
		}
	}
	return written, err
}

// handshake is the first goroutine of a TLS connection. It ends within Options.HandshakeTimeout; the connection goes on in
// a goroutine of its own, because the handshake's stack is large.
func (c *Conn) handshake() {
	if err := c.inTime(c.tls.conn.Handshake); err != nil {
		c.listener.log.Debug("TLS handshake failed", "listener", c.listener.name, "remote", c.RemoteAddr(), "error", err)
		c.dispose()
		return
	}
	if c.options.WebSocket != nil && !c.upgraded() {
		return
	}
	c.tls.live = true
	// It ends when the connection is closed.
	go c.serve()
}

// inTime takes one step before the first line, and gives it Options.HandshakeTimeout. A panic in it ends the connection as
// its error does.
func (c *Conn) inTime(step func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.panicked(p)
		}
	}()
	_ = c.socket.SetDeadline(time.Now().Add(c.options.HandshakeTimeout))
	if c.stop.Load() { // closed before the deadline was set
		return net.ErrClosed
	}
	if err = step(); err != nil {
		return err
	}
	return c.socket.SetDeadline(time.Time{})
}
