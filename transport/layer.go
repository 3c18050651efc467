package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// unsentBytes is the maximum size of TLS records that wait to be written: one gathered write, and answers such as key
// updates that a peer requests but does not read.
const unsentBytes = 256 << 10

var errUnsent = errors.New("transport: the peer requests TLS answers but does not read them")

// wouldBlock is the error of a layer that has no bytes yet. It is a temporary network error, which crypto/tls does not
// store: the next Read continues where this one stopped, even within a record.
type wouldBlock struct{}

func (wouldBlock) Error() string   { return "transport: no more bytes yet" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

var errWouldBlock net.Error = wouldBlock{}

// layer stands between a TLS connection and its socket. During the handshake it passes everything through. After that,
// it never blocks: Read returns what the connection's goroutine has received, and Write stores records for the next
// flush.
type layer struct {
	net.Conn // the socket
	conn     *tls.Conn

	early    []byte // received before the handshake; Read returns it first
	live     bool   // the handshake is over; set before other goroutines know the connection
	received []byte // read from the socket, not yet decrypted; only for the connection's goroutine
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

// crypto/tls sets deadlines and closes the layer by itself. These calls must not affect the socket, which the
// connection manages.

func (l *layer) Close() error                     { return nil }
func (l *layer) SetDeadline(time.Time) error      { return nil }
func (l *layer) SetReadDeadline(time.Time) error  { return nil }
func (l *layer) SetWriteDeadline(time.Time) error { return nil }

// encrypt encrypts queued bytes, and returns how many. It encrypts a slice longer than buf in parts.
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

// handshake is the first goroutine of a TLS connection. It ends within Options.HandshakeTimeout. The connection
// continues in a new goroutine, because the handshake makes the stack large.
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

// inTime runs a step that comes before the first line, with Options.HandshakeTimeout as its deadline. A panic in the
// step ends the connection, like an error.
func (c *Conn) inTime(step func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.panicked(p, c.in.session)
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
