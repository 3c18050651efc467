package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The reasons that this package itself passes to Session.Closed.
var (
	// ErrSendQueue means that more than Options.SendQueueBytes waited to be written.
	ErrSendQueue = errors.New("transport: the send queue is full")
	// ErrReceiveQueue means that more than Options.ReceiveQueueBytes waited to be handled.
	ErrReceiveQueue = errors.New("transport: the receive queue is full")
	// ErrPanic means that a method of the session panicked. The error's text ends with the panic's value.
	ErrPanic = errors.New("transport: the session panicked")
)

// Session handles the lines of a connection. Its methods are called on the connection's own goroutine, one at a time.
// The event loop's goroutine counts as the own goroutine of each connection that it serves.
//
// If a Session has a method LogAttr() slog.Attr, the attribute identifies it in log entries about the connection.
type Session interface {
	// Line handles one line without its ending (LF or CRLF; any other CR stays in the line). The line is never empty
	// and can contain any byte except LF. The slice is valid until Line returns. Line may block: only this connection
	// waits. The result is how long to wait before the connection's next line is handled (flood control); 0 means no
	// wait.
	Line(line []byte) (wait time.Duration)
	// Overlong is called for each line that was dropped because it is longer than Options.LineBytes, once its end has
	// been read. The result is the same as for Line.
	Overlong() (wait time.Duration)
	// Batch is called after all complete lines of a read have been handled, before each wait, and after Open and Tick.
	// The session should flush now.
	Batch()
	// Tick is called when the duration that Open or the last Tick returned has passed, or after Conn.TickSoon. It
	// returns the duration until the next call; 0 or less means never.
	Tick() (next time.Duration)
	// Closed is called exactly once, as the last call. The reason is io.EOF, a network error, ErrSendQueue,
	// ErrReceiveQueue, ErrPanic, or the argument of Conn.Close.
	Closed(reason error)
}

// Open returns the Session of a new connection, and the duration until its first Tick. It is called on the connection's
// goroutine, after the TLS handshake. A nil Session closes the connection.
type Open func(c *Conn) (Session, time.Duration)

// Options are the options of a listener. A connection keeps those that were in force when it was accepted.
type Options struct {
	// LineBytes is the maximum length of a line, including tags but not its ending. Default 8703 (8191 for tags, 512).
	LineBytes int
	// SendQueueBytes is the maximum size of a connection's queue of bytes to write. Default 1 MiB.
	SendQueueBytes int
	// ReceiveQueueBytes is the maximum size of the lines that wait because of flood control. Default 32 KiB.
	ReceiveQueueBytes int
	// CloseBound is how long a closing connection can take to write its queue. Default 5 s.
	CloseBound time.Duration
	// HandshakeTimeout is how long a TLS handshake, a WebSocket handshake or a PROXY header can take. Default 10 s.
	HandshakeTimeout time.Duration
	// Proxy accepts connections from proxies only. Each connection must start with a PROXY protocol header, version 1
	// or 2, within HandshakeTimeout. The address in the header is the client's. Only peers in ProxyFrom can connect,
	// and everyone who can use a Unix socket.
	// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
	Proxy     bool
	ProxyFrom []netip.Prefix
	// WebSocket is set for a listener whose clients speak IRC over WebSocket.
	WebSocket *WebSocket
	// Anonymous keeps no addresses of clients, and does not apply limits per address to them.
	Anonymous bool
	// Connections is the maximum number of open connections on this listener; 0 means no limit. Burst and Every are like
	// those in Limits, and apply to the whole listener.
	Connections, Burst int
	Every              time.Duration
	// Reject returns the line to send to a refused connection before it is closed. The reason is ErrServerFull,
	// ErrAddressFull, ErrTooFast, ErrListenerFull, ErrListenerTooFast, ErrNotProxy or ErrShutdown. It runs on the
	// accepting goroutine and must not block. It can be nil or return nil. A TLS connection is refused without a line,
	// because its handshake has not started.
	Reject func(reason error) []byte
	// Farewell returns the last line of a connection that ends without Close. The reason is ErrReceiveQueue, ErrPanic,
	// io.EOF or a network error. It runs on the connection's goroutine and must not block. It can be nil or return nil.
	Farewell func(reason error) []byte

	// Barrier is called after bytes have been taken from a queue and before they are written. When it returns, everything
	// that they show must be allowed to be known. It can be nil.
	Barrier func()

	lingerBound  time.Duration // how long a connection that has written all waits for its peer to close
	restAfter    time.Duration // see inbound.rest
	ownGoroutine bool          // the loop does not serve the connection
}

func (o Options) withDefaults() *Options {
	setDefault(&o.LineBytes, 8191+512)
	setDefault(&o.SendQueueBytes, 1<<20)
	setDefault(&o.ReceiveQueueBytes, 32<<10)
	setDefault(&o.CloseBound, 5*time.Second)
	setDefault(&o.HandshakeTimeout, 10*time.Second)
	setDefault(&o.lingerBound, time.Second)
	setDefault(&o.restAfter, 5*time.Second)
	if o.WebSocket != nil {
		ws := *o.WebSocket
		setDefault(&ws.RequestBytes, 16<<10)
		o.WebSocket = &ws
	}
	return &o
}

// setDefault replaces a value that is not positive, so that no limit can be turned off by mistake.
func setDefault[T int | time.Duration](v *T, to T) {
	if *v <= 0 {
		*v = to
	}
}

// Conn is one connection. Its methods can be called from any goroutine.
type Conn struct {
	socket   net.Conn        // nil if the loop serves the connection
	raw      syscall.RawConn // nil if the loop serves the connection
	looped   *looped         // nil if the connection has a goroutine of its own
	listener *Listener
	options  *Options
	tls      *layer   // nil for a plain connection
	ws       *framing // nil without WebSocket; set before other goroutines know the connection
	slot     *slot    // counts the client's address; nil if it is not counted
	own      *slot    // counts the connections of the listener

	lastRead atomic.Int64 // a moment
	stop     atomic.Bool  // closing; can be read without the lock
	tickSoon atomic.Bool  // TickSoon was called, and Tick was not called since

	in inbound // only for the connection's goroutine
	// lingers is the time until which the connection waits for its peer to close, 0 before that wait. Only for the
	// connection's goroutine.
	lingers moment
	out     sequence // only for the goroutine that set flushing

	// mu protects the fields below between senders (which hold the state's lock), flushers, the writing goroutine and
	// the connection's own goroutine. It is held for a few instructions, never during a system call.
	mu      sync.Mutex
	waiting batch // queued, and not taken by a flush yet
	queued  int   // bytes in waiting and out
	// mostQueued is the limit for queued.
	mostQueued int
	waiter     *waiter
	reason     error  // why the connection closes
	closeBy    moment // when a closing connection stops trying to write
	remote     netip.AddrPort
	relayed    bool // remote is not the peer's address
	// A web proxy speaks for the client, and said whether the client uses TLS. Set before other goroutines know the
	// connection.
	forwarded, forwardedTLS bool
	state
}

// state holds the flags that mu protects.
type state struct {
	dirty    bool // someone will flush: a caller of Send that was told to, or a running flush
	flushing bool // someone is writing, or waits to
	open     bool // the handshake is over, so bytes can be queued
	closing  bool // nothing more can be queued
	said     bool // Close was called, and gave the reason
	roused   bool // the connection's goroutine was told that the connection closes
	notified bool // TLS: the close notification was written
	finished bool // closing, and everything has been written
	aborted  bool // nothing more will be written
}

// moment is a reading of the monotonic clock since the program started. 0 means never.
type moment int64

var epoch = time.Now()

func now() moment { return moment(time.Since(epoch)) }

func (m moment) time() time.Time { return epoch.Add(time.Duration(m)) }

// past is a deadline in the past: setting it wakes a goroutine that waits for the socket.
var past = time.Unix(1, 0)

// RemoteAddr returns the client's address and port: the peer's, or the one given by a trusted proxy or SetRemoteAddr.
// It is never an IPv4 address mapped to IPv6. It is the zero value for a Unix socket, and if Options.Anonymous is set.
func (c *Conn) RemoteAddr() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remote
}

// SetRemoteAddr changes the client's address, for gateways that report it. The limits per address apply to the new
// address; if they refuse it (ErrAddressFull, ErrTooFast), nothing changes. Only the session's methods may call it.
func (c *Conn) SetRemoteAddr(remote netip.AddrPort) error {
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	slot, err := c.listener.server.admission.move(c.slot, remote.Addr().WithZone(""), now())
	if err != nil {
		return err
	}
	c.slot = slot
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remote, c.relayed = remote, true
	return nil
}

// SetSendQueue replaces Options.SendQueueBytes for this connection. Bytes already in the queue stay.
func (c *Conn) SetSendQueue(mostBytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mostQueued = mostBytes
}

// LocalAddr returns the connection's address and port on this machine. It is the zero value if there is none, and if
// the peer speaks for a client elsewhere.
func (c *Conn) LocalAddr() netip.AddrPort {
	c.mu.Lock()
	relayed := c.relayed || !c.remote.IsValid()
	c.mu.Unlock()
	if relayed {
		return netip.AddrPort{}
	}
	if c.looped != nil {
		return c.looped.local
	}
	if a, ok := c.socket.LocalAddr().(*net.TCPAddr); ok {
		return netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	return netip.AddrPort{}
}

// Listener returns the name of the listener that accepted the connection.
func (c *Conn) Listener() string { return c.listener.name }

// TLS returns the state of the TLS connection, or nil for a plain connection. Each call returns a new copy.
func (c *Conn) TLS() *tls.ConnectionState {
	if c.tls == nil {
		return nil
	}
	s := c.tls.conn.ConnectionState()
	return &s
}

// Secure reports whether the client's connection is encrypted with TLS. If a trusted web proxy speaks for the client,
// the proxy's word counts.
func (c *Conn) Secure() bool {
	if c.forwarded {
		return c.forwardedTLS
	}
	return c.tls != nil
}

// CertificateFingerprint returns the SHA-256 of the client's certificate (DER) in lower-case hexadecimal, or "" if the
// client sent none. The certificate of a web proxy does not count.
func (c *Conn) CertificateFingerprint() string {
	s := c.TLS()
	if c.forwarded || s == nil || len(s.PeerCertificates) == 0 {
		return ""
	}
	sum := sha256.Sum256(s.PeerCertificates[0].Raw)
	return hex.EncodeToString(sum[:])
}

// TickSoon calls the session's Tick soon, on the connection's goroutine. It is for goroutines that have a result for
// the session. It never blocks. Several calls can result in one Tick. After the connection's end, it does nothing.
func (c *Conn) TickSoon() {
	c.tickSoon.Store(true)
	c.nudge()
}

// nudge wakes the connection's goroutine, so that it does what is due.
func (c *Conn) nudge() {
	if c.looped != nil {
		c.nudgeLoop()
		return
	}
	_ = c.socket.SetReadDeadline(past) // fails only if the socket is closed
}

// GiveWay lets other connections handle lines that arrived at the same time first, so that one flush writes more. The
// loop does this anyway, because it flushes at the end of each round.
func (c *Conn) GiveWay() {
	if c.looped == nil {
		runtime.Gosched()
	}
}

// WillWait must be called by a session, on the connection's own goroutine, before it waits for something slow, so that
// other connections do not wait too. Without the call, they wait for some milliseconds.
func (c *Conn) WillWait() { c.leave() }

// LastRead returns when bytes were last received, or when the connection was accepted. On a WebSocket only messages
// count, because a browser answers pings even if its page hangs.
func (c *Conn) LastRead() time.Time { return moment(c.lastRead.Load()).time() }
